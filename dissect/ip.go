package dissect

import "encoding/binary"

// Protocol numbers, from the IANA registry.
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoIPv4     = 4
	protoTCP      = 6
	protoUDP      = 17
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoGRE      = 47
	protoESP      = 50
	protoAH       = 51
	protoICMPv6   = 58
	protoNone     = 59
	protoOptions  = 60
	protoMobility = 135
)

// packet is one IP packet, whole or reassembled.
type packet struct {
	src, dst [16]byte // IPv4 addresses as ::ffff:a.b.c.d
	v6       bool
	proto    uint8
	total    int    // length with its header, as the header says; 0 where a network card has yet to fill it in
	length   int    // length of what follows the header, as the header says
	payload  []byte // what of that was captured; may be longer than length, with padding of the link
	header   []byte // the IP header, for the checksums
	whole    bool   // everything on the wire was captured
}

// v4in6 writes an IPv4 address in the form in which flows are keyed.
func v4in6(dst *[16]byte, b []byte) {
	*dst = [16]byte{10: 0xff, 11: 0xff}
	copy(dst[12:], b[:4])
}

// ip takes an IP packet apart that the link or a tunnel carried.
func (e *Engine) ip(b []byte) {
	if len(b) < 20 {
		e.skipped(skipShort)
		return
	}
	var p packet
	switch b[0] >> 4 {
	case 4:
		e.ipv4(&p, b)
	case 6:
		e.ipv6(&p, b)
	default:
		e.skipped(skipVersion)
	}
}

func (e *Engine) ipv4(p *packet, b []byte) {
	header := int(b[0]&15) * 4
	p.total = int(binary.BigEndian.Uint16(b[2:4]))
	total := p.total
	if total == 0 {
		// Segmentation offload: the sending card fills in length and checksum.
		if !e.cfg.IgnoreChecksums {
			e.skipped(skipIPLength)
			return
		}
		total = len(b)
	}
	if len(b)+e.frame.missing < total {
		e.skipped(skipIPLength)
		return
	}
	if header < 20 || header > total || header > len(b) {
		e.skipped(skipIPHeader)
		return
	}
	if !e.cfg.IgnoreChecksums && sum16(b[:header], 0) != 0xffff {
		e.skipped(skipIPChecksum)
		return
	}
	v4in6(&p.src, b[12:16])
	v4in6(&p.dst, b[16:20])
	p.proto = b[9]
	p.header = b[:header]
	p.payload = b[header:]
	if p.total > 0 {
		p.length = p.total - header
	}
	p.whole = e.frame.missing == 0
	if off := binary.BigEndian.Uint16(b[6:8]); off&0x3fff != 0 {
		e.stats.Fragments++
		if len(b) < total {
			// Only the first fragment of what was cut says anything.
			e.skipped(skipFragment)
			if off&0x1fff != 0 {
				return
			}
		} else if !e.frags.add(p, uint32(binary.BigEndian.Uint16(b[4:6])), int(off&0x1fff)*8, off&0x2000 != 0, header) {
			return
		}
	}
	e.transport(p)
}

func (e *Engine) ipv6(p *packet, b []byte) {
	if len(b) < 40 {
		e.skipped(skipShort)
		return
	}
	size := int(binary.BigEndian.Uint16(b[4:6]))
	p.total = size + 40
	if len(b)+e.frame.missing < p.total {
		e.skipped(skipIPLength)
		return
	}
	p.v6 = true
	copy(p.src[:], b[8:24])
	copy(p.dst[:], b[24:40])
	p.header = b[:40]
	p.whole = e.frame.missing == 0
	e.extensions(p, b[6], b, 40)
}

// extensions walks the chain of IPv6 headers (RFC 8200) from offset at on.
func (e *Engine) extensions(p *packet, next uint8, b []byte, at int) {
	for {
		switch next {
		case protoHopByHop, protoRouting, protoOptions, protoAH:
			if len(b) < at+8 {
				e.skipped(skipShort)
				return
			}
			size := (int(b[at+1]) + 1) * 8
			if next == protoAH {
				size = (int(b[at+1]) + 2) * 4
			}
			if len(b) < at+size || p.total < at+size {
				e.skipped(skipIPHeader)
				return
			}
			switch {
			case next == protoRouting && b[at+2] == 0 && b[at+3] > 0 && size >= 24:
				// The destination that counts is the last one (RFC 2460).
				copy(p.dst[:], b[at+size-16:at+size])
			case next == protoOptions:
				homeAddress(p, b[at+2:at+size])
			}
			next, at = b[at], at+size
		case protoFragment:
			if len(b) < at+8 {
				e.skipped(skipShort)
				return
			}
			off := binary.BigEndian.Uint16(b[at+2 : at+4])
			id := binary.BigEndian.Uint32(b[at+4 : at+8])
			p.proto = b[at]
			p.payload = b[at+8:]
			p.length = p.total - at - 8
			if p.length < 0 {
				e.skipped(skipIPHeader)
				return
			}
			e.stats.Fragments++
			whole := off&^7 == 0 && off&1 == 0 // an atomic fragment (RFC 6946)
			switch {
			case len(b) < p.total:
				e.skipped(skipFragment)
				if off>>3 != 0 {
					return
				}
			case !whole:
				if e.frags.add(p, id, int(off&^7), off&1 != 0, at) {
					e.reassembled(p)
				}
				return
			}
			next, at = b[at], at+8
		case protoESP, protoMobility:
			e.skipped(skipEncrypted)
			return
		case protoNone:
			e.skipped(skipNotIP)
			return
		default:
			p.proto = next
			p.length = p.total - at
			if p.length < 0 {
				e.skipped(skipIPHeader)
				return
			}
			p.payload = b[at:]
			e.transport(p)
			return
		}
	}
}

// reassembled goes on with the headers behind a fragment header.
func (e *Engine) reassembled(p *packet) {
	b := p.payload
	at, next := 0, p.proto
	for next == protoHopByHop || next == protoRouting || next == protoOptions {
		if len(b) < at+8 || len(b) < at+(int(b[at+1])+1)*8 {
			e.skipped(skipIPHeader)
			return
		}
		if next == protoOptions {
			homeAddress(p, b[at+2:at+(int(b[at+1])+1)*8])
		}
		next, at = b[at], at+(int(b[at+1])+1)*8
	}
	switch next {
	case protoESP, protoMobility, protoFragment:
		e.skipped(skipEncrypted)
		return
	case protoNone:
		e.skipped(skipNotIP)
		return
	}
	p.proto = next
	p.payload = b[at:]
	p.length = len(b) - at
	e.transport(p)
}

// homeAddress takes the home address of a mobile node for the source (RFC 6275
// section 6.3).
func homeAddress(p *packet, options []byte) {
	for len(options) >= 2 {
		if options[0] == 0 { // Pad1
			options = options[1:]
			continue
		}
		size := int(options[1])
		if len(options) < 2+size {
			return
		}
		if options[0] == 0xc9 && size == 16 {
			copy(p.src[:], options[2:18])
			return
		}
		options = options[2+size:]
	}
}

// transport hands an IP packet to what it carries.
func (e *Engine) transport(p *packet) {
	switch p.proto {
	case protoTCP:
		e.tcp(p)
	case protoUDP:
		e.udp(p)
	case protoICMP, protoICMPv6:
		e.icmp(p)
	case protoIPv4, protoIPv6:
		e.ipInIP(p)
	case protoGRE:
		e.gre(p)
	default:
		e.other(p)
	}
}

// captured returns what of the payload is really its own: without padding.
func (p *packet) captured() []byte {
	if p.length > 0 && p.length < len(p.payload) {
		return p.payload[:p.length]
	}
	return p.payload
}

// sum16 is the ones' complement sum of RFC 1071 over b, begun with sum, folded
// to 16 bits. Over a header with a right checksum it is 0xffff.
func sum16(b []byte, sum uint64) uint16 {
	for len(b) >= 8 {
		v := binary.BigEndian.Uint64(b)
		sum += v >> 32
		sum += v & 0xffffffff
		b = b[8:]
	}
	for len(b) >= 2 {
		sum += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

// goodSum reports whether the checksum of a transport segment is right, over
// the pseudo header too.
func (p *packet) goodSum(segment []byte, proto uint8) bool {
	sum := uint64(proto) + uint64(len(segment))
	if p.v6 {
		for i := 0; i < 16; i += 2 {
			sum += uint64(binary.BigEndian.Uint16(p.src[i:])) + uint64(binary.BigEndian.Uint16(p.dst[i:]))
		}
	} else {
		for i := 12; i < 16; i += 2 {
			sum += uint64(binary.BigEndian.Uint16(p.src[i:])) + uint64(binary.BigEndian.Uint16(p.dst[i:]))
		}
	}
	return sum16(segment, sum) == 0xffff
}
