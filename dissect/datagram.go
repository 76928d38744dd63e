package dissect

import "encoding/binary"

// udp takes a UDP datagram (RFC 768).
func (e *Engine) udp(p *packet) {
	b := p.payload
	length := p.length
	if length > 0 && length < 8 || len(b) < 8 {
		e.skipped(skipTransport)
		return
	}
	if length == 0 {
		length = len(b)
	}
	sport, dport := binary.BigEndian.Uint16(b[0:2]), binary.BigEndian.Uint16(b[2:4])
	k, low := p.locate(sport, dport, protoUDP, false)
	f := e.table.flows.get(&k)
	if f == nil {
		f = e.begin(k, low, p, sport, dport, e.timeouts.UDP)
		if e.likely(UDP, sport) && !e.likely(UDP, dport) && !broadcast(&p.dst) {
			e.turn(f)
		}
	}
	side := f.side(low)
	data := b[8:min(length, len(b))]
	if !e.cfg.IgnoreChecksums && p.whole && len(b) >= length && !e.goodUDP(p, b[:length], dport) {
		f.scale(&f.ends[side].sums, side, 'C')
		return
	}
	f.last = e.now
	f.once(side, onceData, 'D')
	size := int64(binary.BigEndian.Uint16(b[4:6])) - 8
	if f.sent[side] < 0 {
		f.sent[side] = size
	} else {
		f.sent[side] += size
	}
	f.packets[side]++
	f.ipBytes[side] += uint64(p.total)
	if side == Server {
		e.table.settle(f)
	}
	e.give(f, side, data)
	e.udpTunnel(f, data)
}

// goodUDP checks a checksum; over IPv4 zero means that there is none, and so it
// does for VXLAN (RFC 7348).
func (e *Engine) goodUDP(p *packet, datagram []byte, dport uint16) bool {
	sum := binary.BigEndian.Uint16(datagram[6:8])
	if sum == 0 && !p.v6 {
		return true
	}
	if dport == portVXLAN && len(datagram) > 8+8+14 && datagram[8]&8 != 0 {
		return true
	}
	return p.goodSum(datagram, protoUDP)
}

// ICMP types that matter here, from the IANA registries.
const (
	icmpUnreachable  = 3
	icmpEcho         = 8
	icmp6Unreachable = 1
	icmp6EchoRequest = 128
	icmpTimestamp    = 13
	icmpAddressMask  = 17
	icmp6NodeQuery   = 139
)

// icmpAnswer returns the type that answers an ICMP type, or that it answers.
func icmpAnswer(kind uint8, v6 bool) (other uint8, ok bool) {
	if v6 {
		switch kind {
		case 128, 130, 144:
			return kind + 1, true
		case 129, 131, 145:
			return kind - 1, true
		case 133, 135, 139:
			return kind + 1, true
		case 134, 136, 140:
			return kind - 1, true
		}
		return 0, false
	}
	switch kind {
	case 8:
		return 0, true
	case 0:
		return 8, true
	case 13, 15, 17:
		return kind + 1, true
	case 14, 16, 18:
		return kind - 1, true
	case 10:
		return 9, true
	case 9:
		return 10, true
	}
	return 0, false
}

// icmp takes an ICMP message (RFC 792, RFC 4443). Its flow is that of the type
// and of what answers it.
func (e *Engine) icmp(p *packet) {
	b := p.payload
	length := p.length
	if length > 0 && length < 8 || len(b) < 8 {
		e.skipped(skipTransport)
		return
	}
	if length == 0 {
		length = len(b)
	}
	kind, code := b[0], b[1]
	v6 := p.proto == protoICMPv6
	answer, both := icmpAnswer(kind, v6)
	if !both {
		answer = code
	}
	k, low := p.locate(uint16(kind), uint16(answer), p.proto, !both)
	f := e.table.flows.get(&k)
	if f == nil {
		f = e.begin(k, low, p, uint16(kind), uint16(answer), e.timeouts.ICMP)
	}
	side := f.side(low)
	if !e.cfg.IgnoreChecksums && len(b) >= length {
		if v6 && !p.goodSum(b[:length], protoICMPv6) || !v6 && sum16(b[:length], 0) != 0xffff {
			return
		}
	}
	f.last = e.now
	f.sent[side] = max(f.sent[side], 0) + int64(length) - 8
	if side == Server {
		e.table.settle(f)
	}
	if len(b) >= length {
		f.packets[side]++
		f.ipBytes[side] += uint64(p.total)
	}
	if !v6 && kind == icmpUnreachable || v6 && kind == icmp6Unreachable {
		e.unreachable(p, b[8:min(length, len(b))], kind, code)
	}
}

// unreachable marks the flow that an ICMP error speaks of.
func (e *Engine) unreachable(outer *packet, b []byte, kind, code uint8) {
	if kind == icmpUnreachable && (code == 0 || code == 1 || code == 4 || code == 5) ||
		kind == icmp6Unreachable && (code == 0 || code == 3) {
		return // the way there is broken: that says nothing of the port
	}
	var p packet
	var ports []byte
	switch {
	case len(b) >= 28 && b[0]>>4 == 4 && !outer.v6:
		header := int(b[0]&15) * 4
		if header < 20 || len(b) < header+4 {
			return
		}
		v4in6(&p.src, b[12:16])
		v4in6(&p.dst, b[16:20])
		p.proto, ports = b[9], b[header:]
	case len(b) >= 44 && b[0]>>4 == 6 && outer.v6:
		copy(p.src[:], b[8:24])
		copy(p.dst[:], b[24:40])
		p.proto, ports = b[6], b[40:]
	default:
		return
	}
	if p.proto != protoTCP && p.proto != protoUDP {
		return
	}
	k, _ := p.locate(binary.BigEndian.Uint16(ports), binary.BigEndian.Uint16(ports[2:]), p.proto, false)
	if f := e.table.flows.get(&k); f != nil {
		f.refused = true
	}
}

// other takes an IP packet of a protocol without ports.
func (e *Engine) other(p *packet) {
	k, low := p.locate(uint16(p.proto), uint16(p.proto), p.proto, false)
	f := e.table.flows.get(&k)
	if f == nil {
		f = e.begin(k, low, p, 0, 0, e.timeouts.ICMP)
	}
	side := f.side(low)
	f.last = e.now
	f.sent[side] = max(f.sent[side], 0) + int64(max(p.length, 0))
	f.packets[side]++
	f.ipBytes[side] += uint64(p.total)
	if side == Server {
		e.table.settle(f)
	}
}
