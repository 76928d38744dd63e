package dns

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
)

// GroupName is the flag of a NetBIOS name that many machines share, in the
// first two bytes of the data of an NB record (RFC 1002 §4.2.1.3).
const GroupName = 0x8000

// AppendNetBIOSAddresses appends the data of an NB record as text: each
// address, with the word "group" behind those of a name that many share
// (RFC 1002 §4.2.1.3).
func AppendNetBIOSAddresses(dst, data []byte) []byte {
	if len(data) < 6 || len(data)%6 != 0 {
		return appendUnknown(dst, data)
	}
	for i := 0; i < len(data); i += 6 {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = netip.AddrFrom4([4]byte(data[i+2 : i+6])).AppendTo(dst)
		if binary.BigEndian.Uint16(data[i:])&GroupName != 0 {
			dst = append(dst, " group"...)
		}
	}
	return dst
}

// AppendNetBIOSStatus appends the data of an NBSTAT answer as text: the names
// of the machine, with the word "group" behind those that many share, and at
// the end its hardware address (RFC 1002 §4.2.18).
func AppendNetBIOSStatus(dst, data []byte) []byte {
	const size = 18 // of one name with its flags
	if len(data) == 0 || len(data) < 1+int(data[0])*size {
		return appendUnknown(dst, data)
	}
	start := len(dst)
	for i := range int(data[0]) {
		b := data[1+i*size:]
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = appendNetBIOS(dst, b[:16])
		if binary.BigEndian.Uint16(b[16:])&GroupName != 0 {
			dst = append(dst, " group"...)
		}
	}
	if unit := data[1+int(data[0])*size:]; len(unit) >= 6 {
		for i := range 6 {
			c := byte(':')
			if i == 0 {
				c = ' '
			}
			dst = hex.AppendEncode(append(dst, c), unit[i:i+1])
		}
	}
	return dst
}

// appendNetBIOS appends a name of 16 bytes; the last one, the kind of name,
// follows in angle brackets.
func appendNetBIOS(dst, raw []byte) []byte {
	n := 15
	for n > 0 && (raw[n-1] == ' ' || raw[n-1] == 0) {
		n--
	}
	const digits = "0123456789abcdef"
	return append(appendLabel(dst, raw[:n]), '<', digits[raw[15]>>4], digits[raw[15]&15], '>')
}
