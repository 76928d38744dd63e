// Package dissecttest feeds dissectors with talk instead of packets, and with
// anything at all.
package dissecttest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
)

// Start is the time of the first byte of every talk; each further piece comes a
// millisecond later.
var Start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// A Piece is what one side says at once; Lost instead says that so many bytes
// were not captured.
type Piece struct {
	From dissect.Side
	Data []byte
	Lost int
}

// C and S make pieces of the client and of the server.
func C(data string) Piece { return Piece{From: dissect.Client, Data: []byte(data)} }

// S is a piece of the server.
func S(data string) Piece { return Piece{From: dissect.Server, Data: []byte(data)} }

// Talk runs a conversation between 192.0.2.1:50000 and 198.51.100.1:port, over
// the transport, with every kind given, and returns the events in order.
func Talk(kinds []dissect.Kind, transport dissect.Transport, port uint16, pieces ...Piece) []*event.Event {
	var events []*event.Event
	client := netip.MustParseAddrPort("192.0.2.1:50000")
	server := netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), port)
	flow := dissect.NewFlow(client, server, transport, Start, nil, func(e *event.Event) { events = append(events, e) })
	talk := dissect.NewConversation(dissect.NewSet(kinds), flow)
	for _, p := range pieces {
		if p.Lost > 0 {
			talk.Gap(p.From, p.Lost)
		} else {
			talk.Data(p.From, p.Data)
		}
		flow.Now = flow.Now.Add(time.Millisecond)
	}
	talk.End()
	return events
}

// Fuzz feeds arbitrary bytes in arbitrary pieces, with gaps, to a kind, past
// its probe. It looks for panics, for hangs and for events that are not JSON.
func Fuzz(f *testing.F, kind dissect.Kind, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s), []byte(s), uint64(0x0103_0507_1113_1719))
	}
	f.Fuzz(func(t *testing.T, client, server []byte, cuts uint64) {
		always := kind
		always.Probe = func(dissect.Opening) dissect.Verdict { return dissect.Yes }
		sides := [2][]byte{client, server}
		var pieces []Piece
		for i := 0; len(sides[0])+len(sides[1]) > 0; i++ {
			draw := cuts >> (uint(i*5) % 60)
			side := dissect.Side(draw & 1)
			if len(sides[side]) == 0 {
				side = side.Other()
			}
			n := min(len(sides[side]), 1+int(draw>>1&15)*(1+i))
			p := Piece{From: side, Data: sides[side][:n]}
			if draw&0x1f == 0x1f {
				p = Piece{From: side, Lost: n}
			}
			pieces = append(pieces, p)
			sides[side] = sides[side][n:]
		}
		for _, tr := range []dissect.Transport{dissect.TCP, dissect.UDP} {
			if kind.Transport&tr == 0 {
				continue
			}
			for _, e := range Talk([]dissect.Kind{always}, tr, 9, pieces...) {
				CheckJSON(t, e)
			}
		}
	})
}
