package dissect

import (
	"time"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/event"
)

// Config says how an Engine follows packets.
type Config struct {
	// Set is the protocols that are looked for. Nil follows flows only.
	Set *Set
	// Source is the content hash of the capture, or the boot id of a live
	// source. It becomes part of the id of every event.
	Source string
	// Emit takes the events. It is called from Packet, Tick and Close, in an
	// order that depends on the packets and ticks only.
	Emit func(*event.Event)
	// IgnoreChecksums accepts packets with wrong checksums, as captures of a
	// sending machine have them. False drops them and notes a 'C' in the
	// history of the flow.
	IgnoreChecksums bool
	// NoFlows leaves out the event at the end of each flow and those of ARP.
	NoFlows bool
	// Timeouts are those of Zeek where they are zero.
	Timeouts Timeouts
	// LikelyServer reports whether a port is usually a server's. It decides
	// who is the client of a flow whose beginning was not seen. Nil takes the
	// well-known ports and those of the Set.
	LikelyServer func(t Transport, port uint16) bool
	// MaxFlows bounds the flow table; 0 means DefaultMaxFlows.
	MaxFlows int
}

// DefaultMaxFlows bounds the flow table. Past it the oldest flow that nobody
// has answered is given up, then the oldest of all.
const DefaultMaxFlows = 1 << 18

// Timeouts decide when a flow is over, in packet time.
type Timeouts struct {
	TCP     time.Duration // without a packet, once established; 5 min
	UDP     time.Duration // without a packet; also TCP before it is established; 1 min
	ICMP    time.Duration // 1 min
	Attempt time.Duration // a SYN that nobody answers; 5 s
	Close   time.Duration // kept after both sides have closed; 5 s
	Linger  time.Duration // without a packet, once one side has closed; 5 s
	Session time.Duration // between looks at a flow that is half closed; 6 s
}

func (t Timeouts) withDefaults() Timeouts {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&t.TCP, 5*time.Minute)
	set(&t.UDP, time.Minute)
	set(&t.ICMP, time.Minute)
	set(&t.Attempt, 5*time.Second)
	set(&t.Close, 5*time.Second)
	set(&t.Linger, 5*time.Second)
	set(&t.Session, 6*time.Second)
	return t
}

// An Engine turns the packets of one capture into events. It is not safe for
// concurrent use; its memory is bounded whatever the packets hold.
type Engine struct {
	cfg      Config
	timeouts Timeouts
	likely   func(t Transport, port uint16) bool

	now     int64 // time of the packet, nanoseconds since 1970
	time    time.Time
	number  uint64
	ordinal uint32
	frame   frame

	table table
	frags fragments
	names names
	reorder
	stats Stats
	skips [skipKinds]uint64
}

// NewEngine returns an engine for one capture.
func NewEngine(cfg Config) *Engine {
	if cfg.MaxFlows <= 0 {
		cfg.MaxFlows = DefaultMaxFlows
	}
	if cfg.Emit == nil {
		cfg.Emit = func(*event.Event) {}
	}
	e := &Engine{cfg: cfg, timeouts: cfg.Timeouts.withDefaults(), likely: cfg.LikelyServer}
	if e.likely == nil {
		e.likely = func(t Transport, port uint16) bool {
			return wellKnown(t, port) || cfg.Set != nil && cfg.Set.usual(t, port)
		}
	}
	e.table.init()
	e.frags.init()
	return e
}

// wellKnown reports whether a port is usually a server's. It is asked only of
// flows whose beginning was not seen.
func wellKnown(t Transport, port uint16) bool { return wellKnownPorts[portKey{t, port}] }

// Packet takes the next packet. The data is not kept.
func (e *Engine) Packet(p *capture.Packet) {
	e.stats.Packets++
	e.stats.Bytes += uint64(max(p.Length, len(p.Data)))
	e.time = p.Time
	e.now = p.Time.UnixNano()
	e.number = p.Number
	e.ordinal = 0
	e.expire()
	e.frame = frame{missing: max(p.Length-len(p.Data), 0)}
	if e.frame.missing > 0 {
		e.stats.Truncated++
	}
	e.link(p.Link, p.Data)
}

// Tick lets the time go on while no packet comes, so that flows of a live
// capture end. Packets that come later may be older.
func (e *Engine) Tick(now time.Time) {
	if n := now.UnixNano(); n > e.now {
		e.time, e.now = now, n
		e.expire()
	}
}

// Close says that the capture is over: flows that are still open end now. The
// engine must not be used afterwards.
func (e *Engine) Close() {
	for f := e.table.oldest(); f != nil; f = e.table.oldest() {
		e.remove(f)
	}
}

// emit gives an event out under the place where it was seen.
func (e *Engine) emit(ev *event.Event) {
	ev.Origin = event.Origin{Source: e.cfg.Source, Position: e.number, Ordinal: e.ordinal}
	e.ordinal++
	e.stats.Events++
	e.cfg.Emit(ev)
}

// Stats counts what an engine has seen.
type Stats struct {
	Packets   uint64 // handed to the engine
	Bytes     uint64 // their length on the wire
	Truncated uint64 // captured in part only
	Flows     uint64 // begun
	OpenFlows int    // followed at this moment
	Evicted   uint64 // flows given up because the table was full
	Fragments uint64 // IP fragments
	ARP       uint64 // messages of ARP
	Dropped   uint64 // bytes of streams given up because too much was out of order
	Events    uint64 // given out
	// Skipped counts packets that no flow was made of, by reason, and frames
	// within them.
	Skipped map[string]uint64
}

// Stats returns the counts so far.
func (e *Engine) Stats() Stats {
	s := e.stats
	s.OpenFlows = e.table.flows.n
	s.Evicted = e.table.evicted
	s.Skipped = map[string]uint64{}
	for i, n := range e.skips {
		if n > 0 {
			s.Skipped[skipNames[i]] = n
		}
	}
	return s
}

// skip is why a packet was not followed.
type skip uint8

const (
	skipLink skip = iota
	skipShort
	skipNotIP
	skipVersion
	skipIPLength
	skipIPHeader
	skipIPChecksum
	skipFragment
	skipEncrypted
	skipTransport
	skipTunnelDepth
	skipTunnel
	skipWireless
	skipKinds
)

var skipNames = [skipKinds]string{
	skipLink:        "unknown link type",
	skipShort:       "cut inside a header",
	skipNotIP:       "not IP",
	skipVersion:     "unknown IP version",
	skipIPLength:    "IP length beyond the packet",
	skipIPHeader:    "bad IP header",
	skipIPChecksum:  "bad IP checksum",
	skipFragment:    "fragment not captured in full",
	skipEncrypted:   "IPsec or Mobile IPv6",
	skipTransport:   "bad transport header",
	skipTunnelDepth: "tunnels nested too deep",
	skipTunnel:      "bad tunnel header",
	skipWireless:    "wireless frame without readable data",
}

func (e *Engine) skipped(why skip) { e.skips[why]++ }
