package dissect

import (
	"net/netip"
	"time"
)

// flow is what the engine knows of one connection or exchange. What every
// packet touches stands first, so that it lies together in memory.
type flow struct {
	key       key
	proto     uint8
	lowOrig   bool // the client is the smaller end of the key
	settled   bool // somebody answered
	mute      bool // no dissector wants it
	v6        bool
	firstSeen [2]bool
	over      bool   // its end was seen: only the last timer remains
	partial   bool   // its beginning was not seen
	seen      uint32 // letters that are written once only
	last      int64
	packets   [2]uint64
	ipBytes   [2]uint64
	history   []byte
	talk      *Conversation // nil until it has payload, and after it has nothing more to say
	view      *Flow         // for its dissector; nil until it has payload
	sent      [2]int64      // payload bytes, of all but TCP; -1: nothing was sent
	ends      [2]endpoint

	serial uint64
	at     int64 // when it must be looked at
	index  int   // in the heap
	prev   *flow
	next   *flow

	addrs  [2][16]byte // by Side
	ports  [2]uint16   // of ICMP: type and what answers it, or the code
	macs   [2][6]byte
	hasMAC bool

	refused     bool   // an ICMP message said that nobody is there
	opaque      bool   // is at the port of a tunnel and is none
	tunnel      string // the protocol of a tunnel that was unwrapped
	deferred    bool   // the close waits for data
	deferredEnd bool

	// When it ends by itself; 0: never.
	timeout  int64 // without a packet
	idleAt   int64
	expireAt [2]int64
	tryAt    int64
	deleteAt int64

	start  int64
	missed uint64
	kept   int // bytes that talk keeps
	uid    string
	cid    string
}

// locate returns the key of a packet's flow and whether its sender is the
// smaller end.
func (p *packet) locate(sport, dport uint16, proto uint8, oneWay bool) (k key, low bool) {
	k.proto = proto
	if oneWay {
		k.lo, k.hi, k.loPort, k.hiPort, k.oneWay = p.src, p.dst, sport, dport, 1
		return k, true
	}
	if before(&p.dst, &p.src, dport, sport) {
		k.lo, k.hi, k.loPort, k.hiPort = p.dst, p.src, dport, sport
		return k, false
	}
	k.lo, k.hi, k.loPort, k.hiPort = p.src, p.dst, sport, dport
	return k, true
}

// side says which end of the flow sent a packet. Both ends are the same in a
// packet sent to oneself: it counts as the client's.
func (f *flow) side(low bool) Side {
	if low == f.lowOrig || f.key.loPort == f.key.hiPort && f.key.lo == f.key.hi {
		return Client
	}
	return Server
}

// begin opens a flow with the sender of the packet as the client.
func (e *Engine) begin(k key, low bool, p *packet, sport, dport uint16, timeout time.Duration) *flow {
	if e.table.flows.n >= e.cfg.MaxFlows {
		e.table.evicted++
		e.remove(e.table.victim())
	}
	f := e.table.add(k, e.now+int64(timeout))
	f.addrs = [2][16]byte{p.src, p.dst}
	f.ports = [2]uint16{sport, dport}
	if e.frame.hasMAC {
		f.macs = [2][6]byte{e.frame.src, e.frame.dst}
		f.hasMAC = true
	}
	f.v6 = p.v6
	f.lowOrig = low
	f.proto = k.proto
	f.start, f.last = e.now, e.now
	f.timeout = int64(timeout)
	f.idleAt = f.at
	f.sent = [2]int64{-1, -1}
	f.mute = e.cfg.Set == nil
	e.stats.Flows++
	return f
}

// turn exchanges the roles of the two ends. What was said until then was
// understood the wrong way round.
func (e *Engine) turn(f *flow) {
	if f.talk != nil {
		f.talk.End()
		f.talk = nil
		e.account(f)
	}
	f.view = nil
	f.addrs[0], f.addrs[1] = f.addrs[1], f.addrs[0]
	f.ports[0], f.ports[1] = f.ports[1], f.ports[0]
	f.macs[0], f.macs[1] = f.macs[1], f.macs[0]
	f.packets[0], f.packets[1] = f.packets[1], f.packets[0]
	f.ipBytes[0], f.ipBytes[1] = f.ipBytes[1], f.ipBytes[0]
	f.sent[0], f.sent[1] = f.sent[1], f.sent[0]
	f.ends[0], f.ends[1] = f.ends[1], f.ends[0]
	f.firstSeen[0], f.firstSeen[1] = f.firstSeen[1], f.firstSeen[0]
	f.lowOrig = !f.lowOrig
	f.partial = false
	f.note('^')
}

// maxHistory bounds the letters of a flow: those for a SYN, FIN or RST come
// again with each new sequence number.
const maxHistory = 256

// note writes a letter of history.
func (f *flow) note(letter byte) {
	if len(f.history) < maxHistory {
		f.history = append(f.history, letter)
	}
}

// letter returns the letter as the side writes it: the client in upper case.
func letter(side Side, upper byte) byte {
	if side == Server {
		return upper | 0x20
	}
	return upper
}

// once writes a letter that stands at most once for each side. It reports
// whether the letter was there before.
func (f *flow) once(side Side, bit uint32, upper byte) bool {
	if side == Server {
		bit <<= 16
	}
	if f.seen&bit != 0 {
		return true
	}
	f.seen |= bit
	f.note(letter(side, upper))
	return false
}

// scaled counts something whose letter is written at 1, 10, 100, … times.
type scaled struct{ n, limit uint32 }

func (f *flow) scale(c *scaled, side Side, upper byte) {
	if c.limit == 0 {
		c.limit = 1
	}
	c.n++
	if c.n != c.limit {
		return
	}
	f.note(letter(side, upper))
	if next := c.limit * 10; next > c.limit {
		c.limit = next
	} else {
		c.n = 0
	}
}

// idle sets the time after which a silent flow is over.
func (e *Engine) idle(f *flow, timeout time.Duration) {
	if f.timeout == int64(timeout) {
		return
	}
	f.timeout = int64(timeout)
	f.idleAt = f.last + f.timeout
	e.table.sooner(f, f.idleAt)
}

// expire ends the flows whose time has come.
func (e *Engine) expire() {
	for len(e.table.due) > 0 && e.table.due[0].at <= e.now {
		f := e.table.due[0]
		if e.look(f) {
			e.remove(f)
			continue
		}
		f.at = f.soonest()
		e.table.due.fix(f.index)
	}
}

// soonest returns when the flow must be looked at next.
func (f *flow) soonest() int64 {
	at := f.idleAt
	for _, t := range [...]int64{f.expireAt[0], f.expireAt[1], f.tryAt, f.deleteAt} {
		if t != 0 && t < at {
			at = t
		}
	}
	return at
}

// look runs the timers of a flow that are due, in their order. It reports
// whether the flow is over.
func (e *Engine) look(f *flow) bool {
	for {
		at := f.soonest()
		if at > e.now {
			return false
		}
		switch at {
		case f.deleteAt:
			return true
		case f.tryAt:
			f.tryAt = 0
			if !f.over && (f.ends[Client].state == synSent || f.ends[Client].state == synAckSent) && f.ends[Server].state == inactive {
				return true
			}
		case f.expireAt[0], f.expireAt[1]:
			i := 0
			if at != f.expireAt[0] {
				i = 1
			}
			f.expireAt[i] = 0
			if f.over {
				continue
			}
			if e.gone(f) {
				return true
			}
			f.expireAt[i] = e.now + int64(e.timeouts.Session)
		default:
			if f.last+f.timeout <= e.now {
				return true
			}
			f.idleAt = f.last + f.timeout
		}
	}
}

// remove ends a flow: its dissector, its event, its place in the table.
func (e *Engine) remove(f *flow) {
	if f.talk != nil {
		f.view.Now = time.Unix(0, f.last).UTC()
		e.flush(f)
		if f.talk != nil {
			f.talk.End()
			f.talk = nil
		}
		e.account(f)
	}
	if !e.cfg.NoFlows {
		e.emit(e.flowEvent(f))
	}
	e.table.drop(f)
}

// give hands payload to the conversation of a flow.
func (e *Engine) give(f *flow, side Side, data []byte) {
	if f.mute || len(data) == 0 {
		return
	}
	if f.talk == nil {
		e.converse(f)
	}
	f.view.Now = e.time
	f.talk.Data(side, data)
	e.heard(f)
}

// account adds up what conversations keep. Where that is too much in all, the
// one that has grown is ended.
func (e *Engine) account(f *flow) {
	n := 0
	if f.talk != nil {
		n = f.talk.held()
	}
	e.held += n - f.kept
	f.kept = n
	if n > 0 && e.held > maxHeldInTotal {
		e.stats.Dropped += uint64(n)
		f.talk.End()
		e.held -= n
		f.kept = 0
	}
}

// lost tells the conversation of a flow that bytes are missing.
func (e *Engine) lost(f *flow, side Side, n uint64) {
	if f.mute || f.talk == nil || n == 0 {
		return
	}
	f.view.Now = e.time
	f.talk.Gap(side, int(min(n, 1<<40)))
	e.heard(f)
}

// heard lets go of a conversation that has nothing more to say, and gives
// those that are known to be quiet for long more time.
func (e *Engine) heard(f *flow) {
	if s := f.view.service; (s == "ssh" || s == "ftp") && f.timeout == int64(e.timeouts.TCP) {
		e.idle(f, patientTimeout)
	}
	e.account(f)
	if f.talk.Over() {
		f.talk = nil
		f.mute = true
		e.release(f)
	}
}

// patientTimeout is for protocols whose users stop to think: SSH, Telnet,
// rlogin and the control connection of FTP.
const patientTimeout = time.Hour

// patient reports whether the server's port is that of such a protocol.
func (f *flow) patient() bool {
	switch f.ports[Server] {
	case 21, 22, 23, 513:
		return true
	}
	return false
}

// converse makes the dissectors' view of a flow.
func (e *Engine) converse(f *flow) {
	transport := TCP
	if f.proto == protoUDP {
		transport = UDP
	}
	f.view = NewFlow(f.addr(Client), f.addr(Server), transport, time.Unix(0, f.start).UTC(), nil, e.emit)
	f.view.prepare = func(ev eventPtr) { e.prepare(f, ev) }
	f.talk = NewConversation(e.cfg.Set, f.view)
}

func (f *flow) addr(side Side) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(f.addrs[side]).Unmap(), f.ports[side])
}
