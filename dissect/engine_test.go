package dissect_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/google/go-cmp/cmp"
)

// talk is a TCP connection whose segments a test writes by hand.
type talk struct {
	*recorder
	client, server netip.AddrPort
	c, s           uint32 // next sequence numbers
}

func newTalk(cfg dissect.Config) *talk {
	return &talk{recorder: record(cfg), client: alice, server: web, c: 1000, s: 9000}
}

func (t *talk) syn() *talk {
	t.packet(tcpPacket(t.client, t.server, t.c, 0, syn, ""))
	t.c++
	return t
}

func (t *talk) synAck() *talk {
	t.packet(tcpPacket(t.server, t.client, t.s, t.c, syn|ack, ""))
	t.s++
	return t
}

func (t *talk) handshake() *talk { return t.syn().synAck().ack() }

func (t *talk) ack() *talk {
	t.packet(tcpPacket(t.client, t.server, t.c, t.s, ack, ""))
	return t
}

func (t *talk) serverAck() *talk {
	t.packet(tcpPacket(t.server, t.client, t.s, t.c, ack, ""))
	return t
}

func (t *talk) say(data string) *talk {
	t.packet(tcpPacket(t.client, t.server, t.c, t.s, ack|psh, data))
	t.c += uint32(len(data))
	return t
}

func (t *talk) answer(data string) *talk {
	t.packet(tcpPacket(t.server, t.client, t.s, t.c, ack|psh, data))
	t.s += uint32(len(data))
	return t
}

func (t *talk) fin() *talk {
	t.packet(tcpPacket(t.client, t.server, t.c, t.s, fin|ack, ""))
	t.c++
	return t
}

func (t *talk) serverFin() *talk {
	t.packet(tcpPacket(t.server, t.client, t.s, t.c, fin|ack, ""))
	t.s++
	return t
}

func (t *talk) rst() *talk {
	t.packet(tcpPacket(t.client, t.server, t.c, 0, rst, ""))
	return t
}

func (t *talk) serverRst() *talk {
	t.packet(tcpPacket(t.server, t.client, t.s, t.c, rst|ack, ""))
	return t
}

// TestTCPStates holds the words for a connection against what happened to it.
func TestTCPStates(t *testing.T) {
	tests := []struct {
		name     string
		run      func(*talk)
		state    string
		history  string
		activity int
		out, in  int64
	}{
		{"asked and never answered", func(k *talk) { k.syn() }, "S0", "S", event.ConnFail, 0, 0},
		{"asked again with the same number", func(k *talk) {
			k.syn()
			k.c--
			k.syn()
		}, "S0", "S", event.ConnFail, 0, 0},
		{"refused", func(k *talk) { k.syn(); k.s = 0; k.serverRst() }, "REJ", "Sr", event.ConnRefuse, 0, 0},
		{"open at the end", func(k *talk) { k.handshake().say("hello").answer("hi") }, "S1", "ShADd", event.ConnOpen, 5, 2},
		{"closed in order", func(k *talk) {
			k.handshake().say("hello").answer("hi").fin().serverFin().ack()
		}, "SF", "ShADdFf", event.ConnClose, 5, 2},
		{"client closed only", func(k *talk) { k.handshake().say("x").serverAck().fin() }, "S2", "ShADaF", event.ConnOpen, 1, 0},
		{"server closed only", func(k *talk) { k.handshake().answer("x").ack().serverFin() }, "S3", "ShAdf", event.ConnOpen, 0, 1},
		{"reset by the client", func(k *talk) { k.handshake().say("x").serverAck().rst() }, "RSTO", "ShADaR", event.ConnReset, 1, 0},
		{"reset by the server", func(k *talk) { k.handshake().say("x").serverAck().serverRst() }, "RSTR", "ShADar", event.ConnReset, 1, 0},
		{"asked, then reset by itself", func(k *talk) { k.syn().rst() }, "RSTOS0", "SR", event.ConnReset, 0, 0},
		{"asked, then closed by itself", func(k *talk) { k.syn().fin() }, "SH", "SF", event.ConnFail, 0, 0},
		{"beginning not seen", func(k *talk) { k.say("abc").serverAck().say("d").answer("ef") }, "OTH", "Dad", event.ConnTraffic, 4, 2},
		{"reset out of nothing", func(k *talk) { k.rst() }, "OTH", "R", event.ConnTraffic, 0, 0},
		{"acknowledged without an answer, then reset", func(k *talk) { k.syn().serverAck().rst() }, "RSTOS0", "SaR", event.ConnReset, 0, 0},
		{"acknowledged without an answer, closed, then reset", func(k *talk) {
			k.syn().serverAck().fin().rst()
		}, "OTH", "SaFR", event.ConnTraffic, 0, 0},
		{"only the answer was seen", func(k *talk) { k.synAck() }, "OTH", "^h", event.ConnTraffic, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := newTalk(dissect.Config{})
			tt.run(k)
			got := k.flows()
			if len(got) != 1 {
				t.Fatalf("%d flows, want 1: %+v", len(got), got)
			}
			f := got[0]
			have := flow{From: f.From, To: f.To, State: f.State, History: f.History, Activity: f.Activity, Out: f.Out, In: f.In}
			want := flow{From: alice.String(), To: web.String(), State: tt.state, History: tt.history, Activity: tt.activity, Out: tt.out, In: tt.in}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("flow (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTurned follows connections whose first segment is the server's.
func TestTurned(t *testing.T) {
	odd := netip.AddrPortFrom(web.Addr(), 28080)
	for _, server := range []netip.AddrPort{web, odd} {
		k := newTalk(dissect.Config{})
		k.server = server
		k.synAck().ack().say("GET").answer("OK").fin().serverFin().ack()
		got := k.flows()
		if len(got) != 1 || got[0].From != alice.String() || got[0].State != "SF" || got[0].History != "^hADdFf" {
			t.Errorf("server port %d: %+v", server.Port(), got)
		}
		if got[0].POut != 4 || got[0].PIn != 3 {
			t.Errorf("server port %d: %d packets out, %d in; want 4 and 3", server.Port(), got[0].POut, got[0].PIn)
		}
	}
	// SYN and its answer in the wrong order, as from two interfaces.
	k := newTalk(dissect.Config{})
	k.server = odd
	k.c++
	k.synAck()
	k.c--
	k.syn().ack().say("x").serverAck()
	got := k.flows()
	if len(got) != 1 || got[0].From != alice.String() || got[0].State != "S1" || got[0].POut != 3 || got[0].PIn != 2 {
		t.Errorf("wrong order: %+v", got)
	}
}

// TestTimeouts lets flows end in packet time.
func TestTimeouts(t *testing.T) {
	k := newTalk(dissect.Config{})
	k.handshake().say("a").serverAck()
	k.wait(6 * time.Minute)
	k.say("b")
	if got := k.flows(); len(got) != 2 || got[0].State != "S1" || got[1].State != "OTH" {
		t.Errorf("a TCP flow that was silent for 6 minutes: %+v", got)
	}
	k = newTalk(dissect.Config{})
	k.syn().wait(10 * time.Second)
	k.c--
	k.syn()
	if got := k.flows(); len(got) != 2 {
		t.Errorf("a SYN 10 s after one that nobody answered is a new flow: %+v", got)
	}
	r := record(dissect.Config{})
	r.packet(udpPacket(alice, web, "x")).wait(2 * time.Minute).packet(udpPacket(alice, web, "y"))
	if got := r.flows(); len(got) != 2 {
		t.Errorf("a UDP flow that was silent for 2 minutes: %+v", got)
	}
	k = newTalk(dissect.Config{})
	k.handshake().fin().serverFin().ack().wait(time.Second)
	k.c, k.s = 5000, 7000
	k.handshake()
	if got := k.flows(); len(got) != 2 || got[0].State != "SF" || got[1].State != "S1" {
		t.Errorf("ports used again after a close: %+v", got)
	}
}

// TestTick ends flows by the clock, each once and under an id of its own, also
// when the clock that ticks is ahead of the packets.
func TestTick(t *testing.T) {
	r := record(dissect.Config{})
	other := netip.AddrPortFrom(alice.Addr(), 4444)
	r.packet(udpPacket(alice, web, "x")).packet(udpPacket(other, web, "x"))
	r.engine.Tick(r.now.Add(30 * time.Second))
	if len(r.events) != 0 {
		t.Fatalf("%d events after 30 s of silence", len(r.events))
	}
	r.engine.Tick(r.now.Add(2 * time.Minute))
	if len(r.events) != 2 || r.events[0].ID() == r.events[1].ID() {
		t.Fatalf("events after 2 min of silence: %v", r.events)
	}
	r.engine.Tick(r.now) // back in time: nothing happens
	r.packet(udpPacket(alice, web, "y"))
	r.engine.Close()
	if got := r.flows(); len(got) != 3 {
		t.Errorf("flows: %+v", got)
	}
}

// keeper is a protocol that keeps the bytes it is given.
type keeper struct{ log *[]string }

func (d keeper) Feed(_ *dissect.Flow, from dissect.Side, data []byte) int {
	*d.log = append(*d.log, fmt.Sprintf("%d:%s", from, data))
	return len(data)
}

func (d keeper) Gap(_ *dissect.Flow, from dissect.Side, n int) bool {
	*d.log = append(*d.log, fmt.Sprintf("%d:-%d", from, n))
	return true
}

func (d keeper) End(*dissect.Flow) { *d.log = append(*d.log, "end") }

func keeping(log *[]string) *dissect.Set {
	return dissect.NewSet([]dissect.Kind{{
		Name: "keep", Transport: dissect.TCP | dissect.UDP,
		Probe: func(dissect.Opening) dissect.Verdict { return dissect.Yes },
		New:   func() dissect.Dissector { return keeper{log} },
	}})
}

// TestStreams puts segments in every order and looks at what a dissector gets.
func TestStreams(t *testing.T) {
	type seg struct {
		at   uint32 // from the first byte of payload
		data string
	}
	tests := []struct {
		name    string
		segs    []seg
		acked   uint32
		want    []string
		history string
		missed  int64
	}{
		{"in order", []seg{{0, "ab"}, {2, "cd"}}, 4, []string{"0:ab", "0:cd", "end"}, "ShADa", 0},
		{"swapped", []seg{{2, "cd"}, {0, "ab"}}, 4, []string{"0:ab", "0:cd", "end"}, "ShADTa", 0},
		{"three deep", []seg{{4, "ef"}, {2, "cd"}, {0, "ab"}}, 6, []string{"0:ab", "0:cd", "0:ef", "end"}, "ShADTa", 0},
		{"sent again", []seg{{0, "ab"}, {0, "ab"}, {2, "c"}}, 3, []string{"0:ab", "0:c", "end"}, "ShADTa", 0},
		{"sent again with more", []seg{{0, "ab"}, {0, "abcd"}}, 4, []string{"0:ab", "0:cd", "end"}, "ShADa", 0},
		{"what came first wins", []seg{{2, "CD"}, {0, "abcdef"}}, 6, []string{"0:ab", "0:CD", "0:ef", "end"}, "ShADa", 0},
		{"overlap beyond a hole", []seg{{3, "de"}, {1, "BCDEF"}, {0, "a"}}, 6, []string{"0:a", "0:BC", "0:de", "0:F", "end"}, "ShADTa", 0},
		{"lost", []seg{{0, "ab"}, {4, "ef"}}, 6, []string{"0:ab", "0:-2", "0:ef", "end"}, "ShADGa", 2},
		{"lost at the end of the capture", []seg{{0, "ab"}, {4, "ef"}}, 2, []string{"0:ab", "0:-2", "0:ef", "end"}, "ShADa", 0},
		{"lost and never followed", []seg{{0, "ab"}}, 5, []string{"0:ab", "0:-3", "end"}, "ShADGa", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log []string
			k := newTalk(dissect.Config{Set: keeping(&log)})
			k.handshake()
			base := k.c
			for _, s := range tt.segs {
				k.packet(tcpPacket(k.client, k.server, base+s.at, k.s, ack, s.data))
			}
			k.c = base + tt.acked
			k.serverAck()
			got := k.flows()
			if diff := cmp.Diff(tt.want, log); diff != "" {
				t.Errorf("bytes (-want +got):\n%s", diff)
			}
			if len(got) != 1 || got[0].Missed != tt.missed || sorted(got[0].History) != sorted(tt.history) || got[0].App != "keep" {
				t.Errorf("got %+v, want history %s and %d missed", got, tt.history, tt.missed)
			}
		})
	}
}

func sorted(s string) string {
	b := []byte(s)
	for i := range b {
		for j := i + 1; j < len(b); j++ {
			if b[j] < b[i] {
				b[i], b[j] = b[j], b[i]
			}
		}
	}
	return string(b)
}

// TestWrap carries a stream over the end of the sequence numbers.
func TestWrap(t *testing.T) {
	var log []string
	k := newTalk(dissect.Config{Set: keeping(&log)})
	k.c, k.s = 0xfffffffe, 0xffffffff
	k.handshake().say("abcdef").serverAck().say("gh").answer("12").ack()
	k.fin().serverFin().ack()
	got := k.flows()
	if diff := cmp.Diff([]string{"0:abcdef", "0:gh", "1:12", "end"}, log); diff != "" {
		t.Errorf("bytes (-want +got):\n%s", diff)
	}
	if len(got) != 1 || got[0].Out != 8 || got[0].In != 2 || got[0].State != "SF" {
		t.Errorf("got %+v", got)
	}
}

// TestDatagrams looks at UDP, ICMP and what they say about each other.
func TestDatagrams(t *testing.T) {
	dns := netip.MustParseAddrPort("198.51.100.1:53")
	multicast := netip.MustParseAddrPort("224.0.0.251:5353")
	echo := func(kind byte, from, to netip.Addr) []byte {
		return ipPacket(from, to, 1, icmpMessage(kind, 0, "\x00\x01\x00\x01payload"))
	}
	asked := udpPacket(alice, dns, "question")
	refusal := ipPacket(dns.Addr(), alice.Addr(), 1, icmpMessage(3, 3, "\x00\x00\x00\x00"+string(asked[:28])))
	tests := []struct {
		name    string
		packets [][]byte
		want    []flow
	}{
		{"answered", [][]byte{asked, udpPacket(dns, alice, "answer")}, []flow{{
			From: alice.String(), To: dns.String(), Proto: "udp", State: "SF", History: "Dd", Out: 8, In: 6, POut: 1, PIn: 1,
			Activity: event.ConnTraffic, Milliseconds: 1, IPOut: "36", IPIn: "34",
		}}},
		{"not answered", [][]byte{asked}, []flow{{
			From: alice.String(), To: dns.String(), Proto: "udp", State: "S0", History: "D", Out: 8, POut: 1,
			Activity: event.ConnFail, IPOut: "36", IPIn: "0",
		}}},
		{"to a group", [][]byte{udpPacket(alice, multicast, "x")}, []flow{{
			From: alice.String(), To: multicast.String(), Proto: "udp", State: "S0", History: "D", Out: 1, POut: 1,
			Activity: event.ConnTraffic, IPOut: "29", IPIn: "0",
		}}},
		{"refused", [][]byte{asked, refusal}, []flow{
			{
				From: alice.String(), To: dns.String(), Proto: "udp", State: "S0", History: "D", Out: 8, POut: 1,
				Activity: event.ConnRefuse, IPOut: "36", IPIn: "0",
			},
			{
				From: dns.Addr().String(), To: alice.Addr().String(), Proto: "icmp", State: "OTH", Out: 28, POut: 1,
				Activity: event.ConnTraffic, IPOut: "56", IPIn: "0", ICMPType: "3", Code: "3",
			},
		}},
		{"answer only", [][]byte{udpPacket(dns, alice, "answer")}, []flow{{
			From: alice.String(), To: dns.String(), Proto: "udp", State: "SHR", History: "^d", In: 6, PIn: 1,
			Activity: event.ConnTraffic, IPOut: "0", IPIn: "34",
		}}},
		{"echo", [][]byte{echo(8, alice.Addr(), web.Addr()), echo(0, web.Addr(), alice.Addr())}, []flow{{
			From: alice.Addr().String(), To: web.Addr().String(), Proto: "icmp", State: "OTH", Out: 7, In: 7, POut: 1, PIn: 1,
			Activity: event.ConnTraffic, Milliseconds: 1, IPOut: "35", IPIn: "35", ICMPType: "8", Code: "0",
		}}},
		{"echo not answered", [][]byte{echo(8, alice.Addr(), web.Addr())}, []flow{{
			From: alice.Addr().String(), To: web.Addr().String(), Proto: "icmp", State: "OTH", Out: 7, POut: 1,
			Activity: event.ConnFail, IPOut: "35", IPIn: "0", ICMPType: "8", Code: "0",
		}}},
		{"a protocol without ports", [][]byte{ipPacket(alice.Addr(), web.Addr(), 89, []byte("hello"))}, []flow{{
			From: alice.Addr().String(), To: web.Addr().String(), Proto: "ospf", State: "OTH", Out: 5, POut: 1,
			Activity: event.ConnTraffic, IPOut: "25", IPIn: "0",
		}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := record(dissect.Config{})
			for _, p := range tt.packets {
				r.packet(p)
			}
			if diff := cmp.Diff(tt.want, r.flows()); diff != "" {
				t.Errorf("flows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestChecksums drops what is damaged, unless told to ignore that.
func TestChecksums(t *testing.T) {
	damage := func(b []byte, at int) []byte {
		b = append([]byte(nil), b...)
		b[at] ^= 0x55
		return b
	}
	good := tcpPacket(alice, web, 1, 0, syn, "")
	tests := []struct {
		name    string
		packet  []byte
		ignore  bool
		history []string
	}{
		{"right", good, false, []string{"S"}},
		{"TCP", damage(good, 24), false, []string{"C"}},
		{"TCP ignored", damage(good, 24), true, []string{"S"}},
		{"UDP", damage(udpPacket(alice, web, "hello"), 28), false, []string{"C"}},
		{"IP", damage(good, 8), false, nil},
		{"IP ignored", damage(good, 8), true, []string{"S"}},
		{"IPv6", damage(tcpPacket(alic6, web6, 1, 0, syn, ""), 44), false, []string{"C"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := record(dissect.Config{IgnoreChecksums: tt.ignore}).packet(tt.packet)
			var got []string
			for _, f := range r.flows() {
				got = append(got, f.History)
			}
			if diff := cmp.Diff(tt.history, got); diff != "" {
				t.Errorf("histories (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFlood keeps the table bounded and the flow that is answered in it.
func TestFlood(t *testing.T) {
	const limit = 1000
	r := record(dissect.Config{MaxFlows: limit})
	k := &talk{recorder: r, client: alice, server: web, c: 1000, s: 9000}
	r.step = time.Microsecond
	k.handshake()
	for i := range 5 * limit {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}), 1024)
		r.packet(tcpPacket(from, web, 1, 0, syn, ""))
		if n := r.engine.Stats().OpenFlows; n > limit {
			t.Fatalf("%d flows open after %d packets, the limit is %d", n, i, limit)
		}
	}
	k.say("still here")
	if n := r.engine.Stats().Evicted; n != 4*limit+1 {
		t.Errorf("%d evicted, want %d", n, 4*limit+1)
	}
	for _, f := range k.flows() {
		if f.From == alice.String() && f.Out != 10 {
			t.Errorf("the answered flow was given up: %+v", f)
		}
	}
}

// idler never uses what it is given.
type idler struct{ keeper }

func (idler) Feed(*dissect.Flow, dissect.Side, []byte) int { return 0 }

// TestKept bounds what all conversations together keep for later.
func TestKept(t *testing.T) {
	var log []string
	r := record(dissect.Config{IgnoreChecksums: true, Set: dissect.NewSet([]dissect.Kind{{
		Name: "idle", Transport: dissect.TCP,
		Probe: func(dissect.Opening) dissect.Verdict { return dissect.Yes },
		New:   func() dissect.Dissector { return idler{keeper{&log}} },
	}})})
	r.step = time.Microsecond
	packet := tcpPacket(alice, web, 1, 1, ack, strings.Repeat("x", 60000))
	const flows = 1300 // 78 MB, of which 64 MiB are kept
	for i := range flows {
		binary.BigEndian.PutUint16(packet[14:], uint16(i)) // of the source address
		r.packet(packet)
	}
	ended := len(log)
	if s := r.engine.Stats(); s.Dropped == 0 || ended == 0 || ended > flows/2 {
		t.Errorf("%d bytes dropped, %d of %d conversations ended", s.Dropped, ended, flows)
	}
	r.engine.Close()
	if len(log) != flows {
		t.Errorf("%d of %d conversations were told their end", len(log), flows)
	}
}

// TestOrigins are distinct and the same each time.
func TestOrigins(t *testing.T) {
	run := func() (ids []string) {
		r := record(dissect.Config{MaxFlows: 50})
		for i := range 200 {
			r.packet(udpPacket(netip.AddrPortFrom(alice.Addr(), uint16(1000+i)), web, "x")).wait(time.Duration(i%7) * time.Second)
		}
		r.engine.Close()
		for _, e := range r.events {
			ids = append(ids, e.ID()+" "+string(e.AppendJSON(nil)))
		}
		return ids
	}
	first, second := run(), run()
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
	seen := map[string]bool{}
	for _, id := range first {
		id, _, _ = strings.Cut(id, " ")
		if seen[id] {
			t.Errorf("id %s twice", id)
		}
		seen[id] = true
	}
}

// TestARP reads who asks for whom.
func TestARP(t *testing.T) {
	arp := func(op byte, sender, target netip.Addr) []byte {
		b := []byte{0, 1, 8, 0, 6, 4, 0, op, 2, 0, 0, 0, 0, 1}
		b = append(b, sender.AsSlice()...)
		b = append(b, 0, 0, 0, 0, 0, 0)
		return ether(0x0806, append(b, target.AsSlice()...))
	}
	r := record(dissect.Config{})
	r.link = capture.Ethernet
	r.packet(arp(1, alice.Addr(), web.Addr())).packet(arp(2, alice.Addr(), alice.Addr()))
	var got []string
	for _, e := range r.events {
		gratuitous, _ := e.Unmapped("arp_gratuitous")
		got = append(got, strings.Join([]string{e.Str(event.SrcIP), e.Str(event.SrcMAC), e.Str(event.DstIP), e.UnmappedStr("arp_op"), gratuitous}, " "))
	}
	want := []string{"192.0.2.1 02:00:00:00:00:01 198.51.100.1 request ", "192.0.2.1 02:00:00:00:00:01 192.0.2.1 reply true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ARP (-want +got):\n%s", diff)
	}
}

// TestCommunityID holds the ids against the published examples' construction:
// the same for both directions, and the value of the specification's baseline.
func TestCommunityID(t *testing.T) {
	// From the table of the specification: 128.232.110.120:34855 to
	// 66.35.250.204:80 over TCP with seed 0.
	a, b := netip.MustParseAddrPort("128.232.110.120:34855"), netip.MustParseAddrPort("66.35.250.204:80")
	const want = "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
	for _, p := range [][]byte{tcpPacket(a, b, 1, 0, syn, ""), tcpPacket(b, a, 1, 0, syn, "")} {
		r := record(dissect.Config{}).packet(p)
		r.engine.Close()
		if got := r.events[0].Str(event.CommunityUID); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestFragments puts packets together and stays bounded.
func TestFragments(t *testing.T) {
	whole := udpDatagram(alice, web, strings.Repeat("0123456789abcdef", 100))
	fragment := func(at, n int, more bool) []byte {
		p := ipPacket(alice.Addr(), web.Addr(), 17, whole[at:at+n])
		off := uint16(at / 8)
		if more {
			off |= 0x2000
		}
		binary.BigEndian.PutUint16(p[6:], off)
		p[10], p[11] = 0, 0
		binary.BigEndian.PutUint16(p[10:], sum(p[:20]))
		return p
	}
	last := len(whole) - 1200
	orders := [][][]byte{
		{fragment(0, 600, true), fragment(600, 600, true), fragment(1200, last, false)},
		{fragment(1200, last, false), fragment(600, 600, true), fragment(0, 600, true)},
		{fragment(600, 600, true), fragment(600, 600, true), fragment(0, 800, true), fragment(1200, last, false)},
	}
	for i, packets := range orders {
		r := record(dissect.Config{})
		for _, p := range packets {
			r.packet(p)
		}
		got := r.flows()
		if len(got) != 1 || got[0].Out != 1600 || got[0].POut != 1 {
			t.Errorf("order %d: %+v", i, got)
		}
	}
}
