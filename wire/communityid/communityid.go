// Package communityid computes the Community ID of a flow, version 1 with seed
// 0 (https://github.com/corelight/community-id-spec): the same text for a flow
// whoever saw it. It does not follow flows.
package communityid

import (
	"crypto/sha1" //nolint:gosec // the specification says SHA-1; it protects nothing
	"encoding/base64"
	"encoding/binary"
	"net/netip"
)

// Protocols whose ports, or type and code, are part of the id.
const (
	icmp   = 1
	tcp    = 6
	udp    = 17
	icmpv6 = 58
	sctp   = 132
)

// counterpart holds, for ICMP and ICMPv6, the type that answers a type.
var (
	counterpart4 = map[uint16]uint16{0: 8, 8: 0, 9: 10, 10: 9, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17}
	counterpart6 = map[uint16]uint16{128: 129, 129: 128, 130: 131, 131: 130, 133: 134, 134: 133, 135: 136, 136: 135, 139: 140, 140: 139, 144: 145, 145: 144}
)

// Paired reports whether an ICMP type asks for, or is, an answer of another
// type, and so makes a flow of two directions.
func Paired(protocol uint8, kind uint16) bool {
	_, ok := counterpart4[kind]
	if protocol == icmpv6 {
		_, ok = counterpart6[kind]
	}
	return ok
}

// Of returns the id of a flow; for ICMP the ports are type and code. It is ""
// where the addresses are not of one family.
func Of(protocol uint8, src, dst netip.Addr, sport, dport uint16) string {
	src, dst = src.Unmap().WithZone(""), dst.Unmap().WithZone("")
	if !src.IsValid() || !dst.IsValid() || src.Is4() != dst.Is4() {
		return ""
	}
	oneWay := false
	if protocol == icmp || protocol == icmpv6 {
		counterpart := counterpart4
		if protocol == icmpv6 {
			counterpart = counterpart6
		}
		if answer, ok := counterpart[sport]; ok {
			dport = answer
		} else {
			oneWay = true
		}
	}
	if c := src.Compare(dst); !oneWay && (c > 0 || c == 0 && sport > dport) {
		src, dst, sport, dport = dst, src, dport, sport
	}
	var space [42]byte
	buf := space[:2] // the seed
	if src.Is4() {
		a, b := src.As4(), dst.As4()
		buf = append(append(buf, a[:]...), b[:]...)
	} else {
		a, b := src.As16(), dst.As16()
		buf = append(append(buf, a[:]...), b[:]...)
	}
	buf = append(buf, protocol, 0)
	switch protocol {
	case tcp, udp, icmp, icmpv6, sctp:
		buf = binary.BigEndian.AppendUint16(buf, sport)
		buf = binary.BigEndian.AppendUint16(buf, dport)
	}
	sum := sha1.Sum(buf) //nolint:gosec // as above
	var text [30]byte
	out := append(text[:0], "1:"...)
	return string(base64.StdEncoding.AppendEncode(out, sum[:]))
}
