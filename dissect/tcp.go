package dissect

import "encoding/binary"

// The semantics of states, history and timers below are those of Zeek, whose
// words the flow event uses; RFC 9293 is the protocol.

// States of one end of a TCP connection.
const (
	inactive    = iota // nothing seen
	synSent            // SYN
	synAckSent         // SYN and ACK, from the client
	partial            // something else than SYN came first
	established        // SYN answered
	closed             // FIN
	reset              // RST
)

// Flags of a segment.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
)

// Letters that stand once for each side; the bits are those of flow.seen.
const (
	onceSYN uint32 = 1 << iota
	onceFIN
	onceRST
	onceData
	onceACK
	onceMulti
	onceFINRST
	onceUnknown
)

// farAway is a step in sequence numbers that a SYN or RST is not trusted with.
const farAway = 1 << 20

// endpoint is what one side of a TCP connection has sent.
type endpoint struct {
	state, before uint8 // before: the state that came before this one
	didClose      bool
	fins          bool
	last, ack     uint32
	lastWraps     uint32
	ackWraps      uint32
	start         int64 // sequence number of the SYN, seen or supposed
	finSeq        uint64
	stream

	synAt uint64 // relative numbers of the last letter of each kind
	finAt uint64
	rstAt uint64
	gaps  scaled
	sums  scaled
	again scaled
	zero  scaled
}

// segment is one TCP segment.
type segment struct {
	seq, ack uint32
	flags    uint8
	window   uint16
	length   int    // of its payload
	data     []byte // nil when not all of it was captured
}

func (s *segment) has(flag uint8) bool { return s.flags&flag != 0 }

// delta is the signed distance between two sequence numbers.
func delta(a, b uint32) int32 { return int32(a - b) }

func full(seq, wraps uint32) uint64 { return uint64(wraps)<<32 + uint64(seq) }

func (n *endpoint) setAck(seq uint32) {
	if seq < n.ack {
		n.ackWraps++
	}
	n.ack = seq
}

func (n *endpoint) setLast(seq uint32) {
	if seq < n.last {
		n.lastWraps++
	}
	n.last = seq
}

// from begins the numbering of an end.
func (n *endpoint) from(start, last uint32) {
	n.start = int64(start)
	n.ack = start
	n.last = last
}

// relative returns a sequence number counted from the SYN, given the last one
// of its kind. Under says that it lies before the SYN.
func (n *endpoint) relative(seq, last, wraps uint32) (rel uint64, under bool) {
	switch d := delta(seq, last); {
	case d < 0 && wraps > 0 && seq > last:
		wraps--
	case d > 0 && seq < last:
		wraps++
	}
	if wraps == 0 {
		d := delta(seq, uint32(n.start))
		return uint64(int64(d)), d < 0
	}
	return full(seq, wraps) - uint64(n.start), false
}

// nothingAcked reports whether no payload of this end was acknowledged.
func (n *endpoint) nothingAcked() bool {
	ack, start := full(n.ack, n.ackWraps), uint64(n.start)
	return ack == start || ack == start+1
}

// size is how many payload bytes this end sent, by its sequence numbers.
func (f *flow) size(side Side) uint64 {
	n, peer := &f.ends[side], &f.ends[side.Other()]
	if n.before == synSent && n.state == reset && peer.state == inactive && !n.nothingAcked() {
		return 0 // a half-open connection was found and given up
	}
	size := max(full(n.last, n.lastWraps), full(n.ack, n.ackWraps)) - uint64(n.start)
	if size != 0 {
		size-- // the SYN
	}
	if n.fins && size != 0 {
		size--
	}
	return size
}

// tcp takes a TCP segment.
func (e *Engine) tcp(p *packet) {
	b := p.payload
	length := p.length
	if length > 0 && length < 20 || len(b) < 20 {
		e.skipped(skipTransport)
		return
	}
	if length == 0 {
		length = len(b)
	}
	sport, dport := binary.BigEndian.Uint16(b[0:2]), binary.BigEndian.Uint16(b[2:4])
	k, low := p.locate(sport, dport, protoTCP, false)
	s := segment{
		seq: binary.BigEndian.Uint32(b[4:8]), ack: binary.BigEndian.Uint32(b[8:12]),
		flags: b[13], window: binary.BigEndian.Uint16(b[14:16]),
	}
	header := int(b[12]>>4) * 4
	f := e.table.flows.get(&k)
	if f != nil && header >= 20 && e.reused(f, &s) {
		e.remove(f)
		f = nil
	}
	if f == nil {
		f = e.begin(k, low, p, sport, dport, e.timeouts.UDP)
		f.expireAt[0] = e.now + int64(e.timeouts.Attempt)
		f.ends[0].begin()
		f.ends[1].begin()
		e.table.sooner(f, f.expireAt[0])
		if e.backwards(&s, sport, dport) && !broadcast(&p.dst) {
			e.turn(f)
		}
	}
	side := f.side(low)
	if header < 20 || header > length || header > len(b) {
		e.skipped(skipTransport)
		return
	}
	if !e.cfg.IgnoreChecksums && len(b) >= length && !p.goodSum(b[:length], protoTCP) {
		f.scale(&f.ends[side].sums, side, 'C')
		return
	}
	s.length = length - header
	if len(b) >= length {
		s.data = b[header:length]
	}
	if e.missedSYN(f, &s) {
		side = f.side(low)
	}
	if side == Server {
		e.table.settle(f)
	}
	side = e.segment(f, side, &s)
	f.packets[side]++
	f.ipBytes[side] += uint64(p.total)
}

// backwards guesses from the ports whether the sender of the first segment is
// the server. A SYN says by itself who is the client; of a SYN with ACK the
// ports are still believed, but not against each other, because a scan sends
// such.
func (e *Engine) backwards(s *segment, sport, dport uint16) bool {
	if s.has(flagSYN) && !s.has(flagACK) || !e.likely(TCP, sport) {
		return false
	}
	if e.likely(TCP, dport) {
		return !s.has(flagSYN) && sport < dport
	}
	return true
}

// missedSYN turns a flow round that began with SYN and ACK once something else
// follows: a scan with such segments gets no answer but RST, so the beginning
// was missed.
func (e *Engine) missedSYN(f *flow, s *segment) bool {
	if len(f.history) != 1 || f.history[0] != 'H' || s.flags&(flagSYN|flagFIN|flagRST) != 0 ||
		!s.has(flagACK) && s.length == 0 {
		return false
	}
	e.turn(f)
	f.history = append(f.history[:0], "^h"...)
	e.become(f, Server, established)
	return true
}

// broadcast reports whether an address is 255.255.255.255.
func broadcast(a *[16]byte) bool {
	return *a == [16]byte{10: 0xff, 11: 0xff, 12: 0xff, 13: 0xff, 14: 0xff, 15: 0xff}
}

// reused reports whether a segment opens a new connection between the ports of
// one that is still in the table.
func (e *Engine) reused(f *flow, s *segment) bool {
	if !s.has(flagSYN) {
		return false
	}
	client, server := &f.ends[Client], &f.ends[Server]
	n := client
	if s.has(flagACK) {
		if client.state != inactive {
			return false
		}
		n = server
	}
	if client.didClose || server.didClose {
		return true
	}
	if s.seq == uint32(n.start) {
		return false
	}
	// The SYN and its answer came in the wrong order.
	return s.has(flagACK) || n.state != synAckSent || server.state != inactive || s.seq != uint32(server.start)
}

// segment follows one segment. It returns the side that the sender has
// afterwards.
func (e *Engine) segment(f *flow, side Side, s *segment) Side {
	if !f.firstSeen[side] {
		if side == Client {
			f.partial = !s.has(flagSYN) || s.has(flagACK)
		} else if !f.partial {
			f.partial = !s.has(flagSYN)
		}
	}
	n, peer := &f.ends[side], &f.ends[side.Other()]
	extent := s.length
	if s.has(flagRST) {
		extent = 0
	}
	if s.has(flagSYN) {
		extent++
	}
	if s.has(flagFIN) {
		extent++
	}
	end := s.seq + uint32(extent)
	n.open(s, end)
	rel, under := n.relative(s.seq, n.last, n.lastWraps)
	f.flags(side, s, rel)
	if s.window == 0 && !s.has(flagRST) && peer.state != closed && n.state != reset {
		f.scale(&n.zero, side, 'W')
	}
	if !n.didClose || !peer.didClose {
		f.last = e.now
	}
	if s.has(flagFIN) {
		n.fins = true
		n.finSeq = rel + uint64(extent)
	}
	var ack uint64
	if s.has(flagACK) {
		ack = peer.acked(s)
	}
	f.advance(side, s, end)
	physical := side
	side, closing, gen := e.transit(f, side, s)
	if s.has(flagACK) {
		e.acknowledge(f, side.Other(), ack)
	}
	f.firstSeen[physical] = true
	if s.has(flagSYN) {
		rel++
	}
	if s.length > 0 && !s.has(flagRST) && !under && s.data != nil {
		e.arrive(f, side, rel, s.data)
	}
	e.checkEnd(f, side)
	if closing {
		e.closing(f, side, gen)
	}
	return side
}

// open begins or corrects the numbering of an end.
func (n *endpoint) open(s *segment, end uint32) {
	switch n.state {
	case inactive:
		if s.has(flagSYN) {
			n.from(s.seq, end)
		} else {
			// As though a SYN had come, so that numbers stay consistent.
			n.from(s.seq-1, s.seq)
		}
	case synSent, synAckSent:
		if s.has(flagSYN) && s.seq != uint32(n.start) {
			n.from(s.seq, end)
		}
	case partial, established:
		if s.has(flagSYN) {
			n.from(s.seq, end)
		}
	case reset:
		if s.has(flagSYN) && n.before == inactive {
			n.from(s.seq, end)
		}
	}
}

// flags writes the history of a segment.
func (f *flow) flags(side Side, s *segment, rel uint64) {
	n := &f.ends[side]
	again := func(bit uint32, upper byte, at *uint64, now uint64) {
		if f.once(side, bit, upper) && *at != now {
			f.note(letter(side, upper))
		}
		*at = now
	}
	switch s.flags & (flagSYN | flagFIN | flagRST) {
	case 0:
		if s.length > 0 {
			f.once(side, onceData, 'D')
		} else if s.has(flagACK) {
			f.once(side, onceACK, 'A')
		}
	case flagSYN:
		if s.has(flagACK) {
			again(onceSYN, 'H', &n.synAt, rel)
		} else {
			again(onceSYN, 'S', &n.synAt, rel)
		}
	case flagFIN:
		again(onceFIN, 'F', &n.finAt, rel+uint64(s.length))
	case flagRST:
		again(onceRST, 'R', &n.rstAt, rel)
	case flagFIN | flagRST, flagFIN | flagRST | flagSYN:
		f.once(side, onceFINRST, 'I')
	default:
		f.once(side, onceMulti, 'Q')
	}
}

// acked takes an acknowledgement of what this end sent, and returns it relative
// to the SYN.
func (n *endpoint) acked(s *segment) uint64 {
	if n.state == inactive {
		n.from(s.ack-1, s.ack-1)
		return 1
	}
	rel, under := n.relative(s.ack, n.ack, n.ackWraps)
	if under {
		return 0
	}
	if s.has(flagRST) {
		return rel
	}
	if d := delta(s.ack, n.ack); d > 0 && (s.ack != 0 || d <= farAway) {
		n.setAck(s.ack)
	}
	return rel
}

// advance moves the highest sequence number of an end; a segment that does not
// move it was sent again.
func (f *flow) advance(side Side, s *segment, end uint32) {
	n := &f.ends[side]
	switch d := delta(end, n.last); {
	case (s.has(flagSYN) || s.has(flagRST)) && (d > farAway || d < -farAway):
	case s.has(flagFIN) && n.last == uint32(n.start)+1:
		n.setLast(end)
	case n.state == reset:
	case d > 0:
		n.setLast(end)
	case s.length > 0:
		f.scale(&n.again, side, 'T')
	}
}
