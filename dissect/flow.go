package dissect

import (
	"net/netip"
	"time"

	"github.com/bongsu/bongsu/event"
)

// A Flow is one connection, or one exchange of datagrams, as its dissector sees
// it. It is valid during the calls of the dissector only.
type Flow struct {
	ClientAddr, ServerAddr netip.AddrPort
	Transport              Transport // exactly one
	Start                  time.Time // of its first packet
	Now                    time.Time // of the packet that is being looked at

	service string
	prepare func(*event.Event) // adds what only the engine knows: ids, segment, MAC
	emit    func(*event.Event)

	texts [2]struct {
		addr netip.Addr
		text string
	}

	skip [2]int64
	next string
	anew bool
	done bool
}

// NewFlow returns a flow for the engine or a test. Prepare may be nil. The
// events that the flow's dissector gives go to emit.
func NewFlow(client, server netip.AddrPort, transport Transport, start time.Time, prepare, emit func(*event.Event)) *Flow {
	return &Flow{
		ClientAddr: client, ServerAddr: server, Transport: transport, Start: start, Now: start,
		prepare: prepare, emit: emit,
	}
}

// Event returns a new event of this flow, at the time of the current packet,
// with both endpoints, the transport, the protocol's name and the ids of the
// connection. It is not given out before Emit.
func (f *Flow) Event(class event.Class) *event.Event {
	e := event.New(class, f.Now, event.Origin{})
	connected := class/1000 == 4 && class != event.EmailActivity
	if connected {
		e.SetText(event.AppProtocol, f.service)
	}
	e.SetStr(event.SrcIP, f.text(Client, f.ClientAddr.Addr()))
	e.SetInt(event.SrcPort, int64(f.ClientAddr.Port()))
	e.SetStr(event.DstIP, f.text(Server, f.ServerAddr.Addr()))
	e.SetInt(event.DstPort, int64(f.ServerAddr.Port()))
	// Email Activity is of the network category, yet has no connection.
	if connected {
		num, name := int64(6), "tcp"
		if f.Transport == UDP {
			num, name = 17, "udp"
		}
		e.SetInt(event.ProtocolNum, num)
		e.SetStr(event.ProtocolName, name)
	}
	if f.prepare != nil {
		f.prepare(e)
	}
	return e
}

// text returns an address as text, made once for each side.
func (f *Flow) text(side Side, a netip.Addr) string {
	t := &f.texts[side]
	if t.addr != a || t.text == "" {
		t.addr, t.text = a, a.String()
	}
	return t.text
}

// Emit gives an event out. The caller must not touch it afterwards.
func (f *Flow) Emit(e *event.Event) { f.emit(e) }

// Service returns the name of the protocol that was recognised, "" before.
func (f *Flow) Service() string { return f.service }

// SetService names the protocol more exactly than the dissector's kind does.
func (f *Flow) SetService(name string) { f.service = name }

// Skip leaves out the next n bytes of one side, counted from the first byte
// that Feed does not use: bodies and files that nobody needs to look into.
func (f *Flow) Skip(side Side, n int64) {
	if n > 0 {
		f.skip[side] += n
	}
}

// Next hands the flow on to another protocol by name, beginning with the first
// byte of either side that is not yet used: STARTTLS, CONNECT, Upgrade. The
// present dissector gets End first. An unknown name ends the following of the
// flow.
func (f *Flow) Next(protocol string) { f.next = protocol }

// Restart says that what follows is another conversation, which is to be
// recognised by its content like a new flow: the inside of a tunnel. The present
// dissector gets End first.
func (f *Flow) Restart() { f.anew = true }

// Stop says that the dissector has seen all that it needs.
func (f *Flow) Stop() { f.done = true }
