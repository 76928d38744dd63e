package dissect_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
)

func checkJSON(t *testing.T, e *event.Event) {
	t.Helper()
	if b := e.AppendJSON(nil); !json.Valid(b) {
		t.Errorf("event is not JSON: %s", b)
	}
}

// mixture is traffic like that of an office: TCP connections of 20 segments
// with 600 bytes on average, and as many UDP questions and answers.
func mixture(flows int) (packets []capture.Packet) {
	body := strings.Repeat("x", 1200)
	add := func(data []byte) {
		packets = append(packets, capture.Packet{Data: ether(0x0800, data), Link: capture.Ethernet})
	}
	type conn struct {
		client, server netip.AddrPort
		c, s           uint32
	}
	conns := make([]conn, flows)
	for i := range conns {
		c := &conns[i]
		c.client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), uint16(20000+i%20000))
		c.server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), 8443)
		c.c, c.s = uint32(i)*7919, uint32(i)*104729
		add(tcpPacket(c.client, c.server, c.c, 0, syn, ""))
		add(tcpPacket(c.server, c.client, c.s, c.c+1, syn|ack, ""))
		c.c, c.s = c.c+1, c.s+1
	}
	for range 8 {
		for i := range conns {
			c := &conns[i]
			add(tcpPacket(c.client, c.server, c.c, c.s, ack, ""))
			add(tcpPacket(c.server, c.client, c.s, c.c, ack|psh, body))
			c.s += uint32(len(body))
		}
	}
	for i := range conns {
		c := &conns[i]
		add(tcpPacket(c.client, c.server, c.c, c.s, fin|ack, ""))
		add(tcpPacket(c.server, c.client, c.s, c.c+1, fin|ack, ""))
		q := netip.AddrPortFrom(c.client.Addr(), uint16(50000+i%10000))
		d := netip.AddrPortFrom(c.server.Addr(), 9053)
		add(udpPacket(q, d, "question"))
		add(udpPacket(d, q, "a longer answer"))
	}
	// One behind the other, as a reader has them in its buffer.
	var all []byte
	for i := range packets {
		all = append(all, packets[i].Data...)
	}
	for i := range packets {
		n := len(packets[i].Data)
		packets[i].Data, all = all[:n:n], all[n:]
	}
	return packets
}

// BenchmarkPacket measures the engine alone: without any event, with those of
// flows, and with a dissector that takes every byte.
func BenchmarkPacket(b *testing.B) {
	packets := mixture(1000)
	bench := func(b *testing.B, set *dissect.Set, bare bool) {
		b.ReportAllocs()
		now := start
		var number uint64
		events := 0
		engine := dissect.NewEngine(dissect.Config{IgnoreChecksums: true, Set: set, NoFlows: bare, Source: "0123456789abcdef", Emit: func(*event.Event) { events++ }})
		b.ResetTimer()
		for i := range b.N {
			p := packets[i%len(packets)]
			if i%len(packets) == 0 {
				now = now.Add(10 * time.Minute)
			}
			number++
			p.Number, p.Time, p.Length = number, now, len(p.Data)
			engine.Packet(&p)
		}
		b.StopTimer()
		engine.Close()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpackets/s")
		b.ReportMetric(float64(events)/float64(b.N), "events/packet")
	}
	b.Run("bare", func(b *testing.B) { bench(b, nil, true) })
	b.Run("flows", func(b *testing.B) { bench(b, nil, false) })
	swallow := dissect.NewSet([]dissect.Kind{{
		Name: "any", Transport: dissect.TCP | dissect.UDP,
		Probe: func(dissect.Opening) dissect.Verdict { return dissect.Yes },
		New:   func() dissect.Dissector { return swallower{} },
	}})
	b.Run("streams", func(b *testing.B) { bench(b, swallow, false) })
}

type swallower struct{}

func (swallower) Feed(_ *dissect.Flow, _ dissect.Side, data []byte) int { return len(data) }
func (swallower) Gap(*dissect.Flow, dissect.Side, int) bool             { return true }
func (swallower) End(*dissect.Flow)                                     {}
