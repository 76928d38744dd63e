package zeekconn

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/bongsu/bongsu/capture"
)

// view is what a filter sees of a packet: like libpcap, it looks at the first
// headers only, and not into tunnels or behind VLAN tags.
type view struct {
	link         []byte // from the first header on
	ip, ip6, arp []byte
	transport    []byte // of an IPv4 packet that is no later fragment, or of IPv6
	proto        uint8
	src, dst     netip.Addr
	ports        bool
	sport, dport uint16
	length       int
}

// look decodes as much as a filter may ask for.
func look(p *capture.Packet) (v view) {
	v.link, v.length = p.Data, p.Length
	kind, b := uint16(0), []byte(nil)
	switch {
	case p.Link == capture.Ethernet && len(p.Data) >= 14:
		kind, b = binary.BigEndian.Uint16(p.Data[12:]), p.Data[14:]
	case p.Link == capture.LinuxSLL && len(p.Data) >= 16:
		kind, b = binary.BigEndian.Uint16(p.Data[14:]), p.Data[16:]
	case p.Link == capture.LinuxSLL2 && len(p.Data) >= 20:
		kind, b = binary.BigEndian.Uint16(p.Data), p.Data[20:]
	case (p.Link == capture.Null || p.Link == capture.Loop) && len(p.Data) > 4:
		kind, b = version(p.Data[4:]), p.Data[4:]
	case p.Link == capture.RawIP || p.Link == capture.Raw12 || p.Link == capture.Raw14 || p.Link == capture.IPv4 || p.Link == capture.IPv6:
		kind, b = version(p.Data), p.Data
	}
	switch {
	case kind == 0x0806:
		v.arp = b
	case kind == 0x0800 && len(b) >= 20:
		v.ip, v.proto = b, b[9]
		v.src, v.dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		if header := int(b[0]&15) * 4; binary.BigEndian.Uint16(b[6:])&0x1fff == 0 && len(b) >= header {
			v.transport = b[header:]
		}
	case kind == 0x86dd && len(b) >= 40:
		v.ip6, v.proto, v.transport = b, b[6], b[40:]
		v.src, v.dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	}
	if (v.proto == 6 || v.proto == 17 || v.proto == 132) && len(v.transport) >= 4 {
		v.ports = true
		v.sport, v.dport = binary.BigEndian.Uint16(v.transport), binary.BigEndian.Uint16(v.transport[2:])
	}
	return v
}

func version(b []byte) uint16 {
	if len(b) > 0 && b[0]>>4 == 6 {
		return 0x86dd
	}
	return 0x0800
}

// protocol reports whether the packet is of a protocol; of any for "".
func (v *view) protocol(name string) bool {
	isIP := v.ip != nil || v.ip6 != nil
	switch name {
	case "":
		return isIP
	case "ip":
		return v.ip != nil
	case "ip6":
		return v.ip6 != nil
	case "arp":
		return v.arp != nil
	case "ether":
		return true
	case "tcp":
		return isIP && v.proto == 6
	case "udp":
		return isIP && v.proto == 17
	case "sctp":
		return isIP && v.proto == 132
	case "icmp":
		return v.ip != nil && v.proto == 1
	case "icmp6":
		return v.ip6 != nil && v.proto == 58
	}
	return false
}

// header returns the bytes that a name in front of brackets stands for.
func (v *view) header(name string) []byte {
	switch name {
	case "ether":
		return v.link
	case "ip":
		return v.ip
	case "ip6":
		return v.ip6
	case "arp":
		return v.arp
	}
	if !v.protocol(name) || v.ip == nil && name != "icmp6" {
		return nil // libpcap finds transport headers of IPv4 only
	}
	return v.transport
}

// amount is an arithmetic expression; not ok means that the packet has no such
// bytes, and that the comparison is false.
type amount func(*view) (n uint32, ok bool)

var constants = map[string]uint32{
	"tcpflags": 13, "tcp-fin": 1, "tcp-syn": 2, "tcp-rst": 4, "tcp-push": 8, "tcp-ack": 16, "tcp-urg": 32, "tcp-ece": 64, "tcp-cwr": 128,
	"icmptype": 0, "icmpcode": 1, "icmp-echo": 8, "icmp-echoreply": 0, "icmp-unreach": 3,
}

// compare reads two numbers and a sign between them.
func (p *parser) compare() (filter, error) {
	left, err := p.bitwise()
	if err != nil {
		return nil, err
	}
	sign := p.peek()
	p.at++
	right, err := p.bitwise()
	if err != nil {
		return nil, err
	}
	return func(v *view) bool {
		a, ok1 := left(v)
		b, ok2 := right(v)
		if !ok1 || !ok2 {
			return false
		}
		switch sign {
		case "=", "==":
			return a == b
		case "!=":
			return a != b
		case "<":
			return a < b
		case ">":
			return a > b
		case "<=":
			return a <= b
		case ">=":
			return a >= b
		}
		return false
	}, nil
}

// bitwise reads operands joined by signs, from the left.
func (p *parser) bitwise() (amount, error) {
	left, err := p.operand()
	for err == nil {
		sign := p.peek()
		switch sign {
		case "&", "|", "+", "*", "<<", ">>":
		default:
			return left, nil
		}
		p.at++
		var right amount
		if right, err = p.operand(); err != nil {
			break
		}
		l, r := left, right
		left = func(v *view) (uint32, bool) {
			a, ok1 := l(v)
			b, ok2 := r(v)
			switch sign {
			case "&":
				a &= b
			case "|":
				a |= b
			case "+":
				a += b
			case "*":
				a *= b
			case "<<":
				a <<= b
			case ">>":
				a >>= b
			}
			return a, ok1 && ok2
		}
	}
	return nil, err
}

func (p *parser) operand() (amount, error) {
	word := p.peek()
	p.at++
	switch {
	case word == "(":
		n, err := p.bitwise()
		if err == nil && !p.accept(")") {
			err = fmt.Errorf("a bracket is not closed")
		}
		return n, err
	case word == "len":
		return func(v *view) (uint32, bool) { return uint32(v.length), true }, nil
	case protocols[word]:
		return p.bytesOf(word)
	}
	if c, ok := constants[word]; ok {
		return func(*view) (uint32, bool) { return c, true }, nil
	}
	c, err := strconv.ParseUint(word, 0, 32)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", word)
	}
	return func(*view) (uint32, bool) { return uint32(c), true }, nil
}

// bytesOf reads proto[offset:size].
func (p *parser) bytesOf(name string) (amount, error) {
	if !p.accept("[") {
		return nil, fmt.Errorf("%q is no number", name)
	}
	offset, err := p.bitwise()
	if err != nil {
		return nil, err
	}
	size := 1
	if p.accept(":") {
		if size, err = strconv.Atoi(p.peek()); err != nil || size != 1 && size != 2 && size != 4 {
			return nil, fmt.Errorf("%q is not a size of 1, 2 or 4 bytes", p.peek())
		}
		p.at++
	}
	if !p.accept("]") {
		return nil, fmt.Errorf("a bracket is not closed")
	}
	return func(v *view) (n uint32, ok bool) {
		b := v.header(name)
		at, ok := offset(v)
		if !ok || uint64(at)+uint64(size) > uint64(len(b)) {
			return 0, false
		}
		for _, c := range b[at : int(at)+size] {
			n = n<<8 | uint32(c)
		}
		return n, true
	}, nil
}
