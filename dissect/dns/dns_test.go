package dns_test

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/dns"
	"github.com/bongsu/bongsu/event"
	"github.com/google/go-cmp/cmp"
)

// header returns the fixed part of a message with its counts.
func header(id, flags uint16, questions, answers uint16) string {
	b := binary.BigEndian.AppendUint16(nil, id)
	for _, n := range []uint16{flags, questions, answers, 0, 0} {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return string(b)
}

func name(s string) string {
	var b []byte
	for _, l := range strings.Split(s, ".") {
		b = append(append(b, byte(len(l))), l...)
	}
	return string(append(b, 0))
}

func ask(id uint16, host string) string {
	return header(id, 0x0100, 1, 0) + name(host) + "\x00\x01\x00\x01"
}

const addressAnswer = "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x05"

func answer(id uint16, host string) string {
	return header(id, 0x8180, 1, 1) + name(host) + "\x00\x01\x00\x01" + addressAnswer
}

func stream(messages ...string) string {
	var out []byte
	for _, m := range messages {
		out = binary.BigEndian.AppendUint16(out, uint16(len(m)))
		out = append(out, m...)
	}
	return string(out)
}

func talk(transport dissect.Transport, port uint16, pieces ...dissecttest.Piece) []*event.Event {
	return dissecttest.Talk([]dissect.Kind{dns.Kind()}, transport, port, pieces...)
}

// line says what matters of an event.
func line(e *event.Event) string {
	out := []string{e.Str(event.AppProtocol), map[int]string{1: "query", 2: "response"}[e.Activity()], e.Str(event.DNSQuery), e.Str(event.DNSType), e.Str(event.DNSRcode), e.Str(event.DNSAnswers)}
	return strings.TrimRight(strings.Join(out, " "), " ")
}

const told = `[{"class":"IN","rdata":"192.0.2.5","ttl":60,"type":"A"}]`

func TestDNS(t *testing.T) {
	c, s := dissecttest.C, dissecttest.S
	whole := stream(ask(1, "a.example.com"), ask(2, "b.example.com"))
	nb := header(9, 0x0110, 1, 0) + "\x20FEEFFDFECACACACACACACACACACACAAA\x00\x00\x20\x00\x01"
	tests := []struct {
		name      string
		transport dissect.Transport
		port      uint16
		talk      []dissecttest.Piece
		want      []string
	}{
		{
			"answered", dissect.UDP, 53,
			[]dissecttest.Piece{c(ask(1, "www.example.com")), s(answer(1, "www.example.com"))},
			[]string{"dns response www.example.com A NoError " + told},
		},
		{
			"not answered", dissect.UDP, 53,
			[]dissecttest.Piece{c(ask(1, "www.example.com"))},
			[]string{"dns query www.example.com A"},
		},
		{
			"asked twice, answered once", dissect.UDP, 53,
			[]dissecttest.Piece{c(ask(1, "x.example")), c(ask(1, "x.example")), s(answer(1, "x.example"))},
			[]string{"dns response x.example A NoError " + told},
		},
		{
			"answers out of order", dissect.UDP, 53,
			[]dissecttest.Piece{c(ask(1, "a.example")), c(ask(2, "b.example")), s(answer(2, "b.example")), s(answer(1, "a.example"))},
			[]string{"dns response b.example A NoError " + told, "dns response a.example A NoError " + told},
		},
		{
			"same id, other name", dissect.UDP, 53,
			[]dissecttest.Piece{c(ask(1, "a.example")), s(answer(1, "evil.example"))},
			[]string{"dns response evil.example A NoError " + told, "dns query a.example A"},
		},
		{
			"answer in lower case", dissect.UDP, 53,
			[]dissecttest.Piece{c(ask(1, "A.eXample")), s(answer(1, "a.example"))},
			[]string{`dns response A.eXample A NoError [{"class":"IN","hostname":"a.example","rdata":"192.0.2.5","ttl":60,"type":"A"}]`},
		},
		{
			"no such name", dissect.UDP, 53,
			[]dissecttest.Piece{c(ask(1, "x.example")), s(header(1, 0x8183, 1, 0) + name("x.example") + "\x00\x01\x00\x01")},
			[]string{"dns response x.example A NXDomain"},
		},
		{
			"answer cut at the capture", dissect.UDP, 53,
			[]dissecttest.Piece{c(ask(1, "x.example")), s(answer(1, "x.example")[:30])},
			[]string{"dns response x.example A NoError"},
		},
		{"another port", dissect.UDP, 9953, []dissecttest.Piece{c(ask(1, "x.example"))}, []string{"dns query x.example A"}},
		{
			"stream", dissect.TCP, 53,
			[]dissecttest.Piece{c(whole[:1]), c(whole[1:20]), c(whole[20:]), s(stream(answer(1, "a.example.com"), answer(2, "b.example.com")))},
			[]string{"dns response a.example.com A NoError " + told, "dns response b.example.com A NoError " + told},
		},
		{
			"stream with a loss", dissect.TCP, 53,
			[]dissecttest.Piece{c(whole[:40]), {From: dissect.Client, Lost: 10}, s(stream(answer(1, "a.example.com")))},
			[]string{"dns query a.example.com A"},
		},
		{
			"mdns", dissect.UDP, 5353,
			[]dissecttest.Piece{c(header(0, 0, 1, 0) + name("프린터._ipp._tcp.local") + "\x00\x21\x80\x01")},
			[]string{"mdns query 프린터._ipp._tcp.local SRV"},
		},
		{
			"mdns announcement", dissect.UDP, 5353,
			[]dissecttest.Piece{c(header(0, 0x8400, 0, 1) + name("host.local") + "\x00\x01\x80\x01\x00\x00\x00\x78\x00\x04\xc0\x00\x02\x09")},
			[]string{`mdns response    [{"class":"IN","hostname":"host.local","rdata":"192.0.2.9","ttl":120,"type":"A"}]`},
		},
		{
			"mdns answer with what will be asked next", dissect.UDP, 5353,
			[]dissecttest.Piece{c(header(0, 0x8400, 0, 1)[:10] + "\x00\x02" + name("_ipp._tcp.local") + "\x00\x0c\x00\x01\x00\x00\x00\x78\x00\x06\x03one\xc0\x0c" +
				name("host.local") + "\x00\x01\x80\x01\x00\x00\x00\x78\x00\x04\xc0\x00\x02\x09" + name("host.local") + "\x00\x2f\x80\x01\x00\x00\x00\x78\x00\x01\x00")},
			[]string{`mdns response    [{"class":"IN","hostname":"_ipp._tcp.local","rdata":"one._ipp._tcp.local","ttl":120,"type":"PTR"},{"class":"IN","hostname":"host.local","rdata":"192.0.2.9","ttl":120,"type":"A"}]`},
		},
		{"llmnr", dissect.UDP, 5355, []dissecttest.Piece{c(header(5, 0, 1, 0) + name("wpad") + "\x00\x01\x00\x01")}, []string{"llmnr query wpad A"}},
		{"netbios", dissect.UDP, 137, []dissecttest.Piece{c(nb)}, []string{"netbios-ns query TEST<00> NB"}},
		{
			"netbios answer", dissect.UDP, 137,
			[]dissecttest.Piece{c(nb), s(header(9, 0x8580, 0, 1) + nb[12:46] + "\x00\x20\x00\x01\x00\x00\x00\x78\x00\x0c\x00\x00\xc0\x00\x02\x07\x80\x00\xc0\x00\x02\x08")},
			[]string{`netbios-ns response TEST<00> NB NoError [{"class":"IN","rdata":"192.0.2.7 192.0.2.8 group","ttl":120,"type":"NB"}]`},
		},
		{
			"netbios status", dissect.UDP, 137,
			[]dissecttest.Piece{
				c(header(9, 0, 1, 0) + "\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01"),
				s(header(9, 0x8400, 0, 1) + "\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01\x00\x00\x00\x00\x00\x2b" +
					"\x02PC             \x20\x04\x00HOME           \x00\x84\x00\x00\x00\x5e\x00\x53\x01"),
			},
			[]string{`netbios-ns response *<00> NBSTAT NoError [{"class":"IN","rdata":"PC<20> HOME<00> group 00:00:5e:00:53:01","ttl":0,"type":"NBSTAT"}]`},
		},
		{
			"tunnel", dissect.UDP, 53,
			[]dissecttest.Piece{c(header(3, 0x0100, 1, 0) + "\x04z\xbd\x00\x81" + name("t.example") + "\x00\x0a\x00\x01")},
			[]string{`dns query z\189\000\129.t.example NULL`},
		},
		{"inverse query", dissect.UDP, 53, []dissecttest.Piece{c(header(3, 0x0900, 0, 1) + "\x00" + addressAnswer[2:])}, []string{"dns query"}},
		{"junk", dissect.UDP, 53, []dissecttest.Piece{c("GET / HTTP/1.1\r\nHost: x\r\n\r\n")}, nil},
		{"too short", dissect.UDP, 53, []dissecttest.Piece{c(header(1, 0x0100, 1, 0))}, nil},
		{"trailing bytes elsewhere", dissect.UDP, 9953, []dissecttest.Piece{c(ask(1, "x.example") + "zz")}, nil},
		{"trailing bytes at 53", dissect.UDP, 53, []dissecttest.Piece{c(ask(1, "x.example") + "zz")}, []string{"dns query x.example A"}},
		{"stream of something else", dissect.TCP, 53, []dissecttest.Piece{c("\x00\x1dSSH-2.0-example_of_a_banner\r\n")}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range talk(tt.transport, tt.port, tt.talk...) {
				dissecttest.CheckJSON(t, e)
				got = append(got, line(e))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	e := talk(dissect.UDP, 53, dissecttest.C(ask(1, "x.example")), dissecttest.S(answer(1, "x.example")))[0]
	later := dissecttest.Start.Add(time.Millisecond)
	if !e.TimeOf(event.DNSQueryTime).Equal(dissecttest.Start) || !e.TimeOf(event.DNSResponseTime).Equal(later) || !e.Time.Equal(later) {
		t.Errorf("asked %v, answered %v, time %v", e.TimeOf(event.DNSQueryTime), e.TimeOf(event.DNSResponseTime), e.Time)
	}
}

// A flood from one port must not gather for ever, and nothing of it is lost.
func TestPendingIsBounded(t *testing.T) {
	var pieces []dissecttest.Piece
	const asked = 2000
	for i := range asked {
		pieces = append(pieces, dissecttest.C(ask(uint16(i), "flood.example")))
	}
	events := talk(dissect.UDP, 53, pieces...)
	if len(events) != asked {
		t.Fatalf("%d events", len(events))
	}
	for i, e := range events {
		if e.Int(event.DNSTransaction) != int64(i) {
			t.Fatalf("event %d has transaction %d", i, e.Int(event.DNSTransaction))
		}
	}
}

// Random bytes must not be taken for DNS, at the usual port and elsewhere.
func TestProbeRefusesNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	probe := dns.Kind().Probe
	for _, port := range []uint16{53, 40000} {
		taken := 0
		const tries = 50_000
		for range tries {
			b := make([]byte, 12+r.IntN(100))
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			if probe(dissect.Opening{Client: b, ServerPort: port, ClientPort: 50000, Transport: dissect.UDP}) == dissect.Yes {
				taken++
			}
		}
		if taken > 0 {
			t.Errorf("port %d: %d of %d random datagrams taken for DNS", port, taken, tries)
		}
	}
}

func FuzzTalk(f *testing.F) {
	dissecttest.Fuzz(f, dns.Kind(), stream(ask(1, "a.example"), answer(1, "a.example")), ask(1, "a.example"), answer(1, "a.example"))
}

func FuzzProbe(f *testing.F) {
	f.Add([]byte(ask(1, "a.example")), []byte(answer(1, "a.example")), uint16(53))
	f.Fuzz(func(_ *testing.T, client, server []byte, port uint16) {
		for _, tr := range []dissect.Transport{dissect.TCP, dissect.UDP} {
			dns.Kind().Probe(dissect.Opening{Client: client, Server: server, ServerPort: port, Transport: tr})
		}
	})
}

// converse runs a talk without building the set anew.
func converse(b *testing.B, kind dissect.Kind, transport dissect.Transport, pieces []dissecttest.Piece) {
	set := dissect.NewSet([]dissect.Kind{kind})
	client, server := netip.MustParseAddrPort("192.0.2.1:50000"), netip.MustParseAddrPort("198.51.100.1:9")
	events := 0
	b.ReportAllocs()
	for b.Loop() {
		flow := dissect.NewFlow(client, server, transport, dissecttest.Start, nil, func(*event.Event) { events++ })
		c := dissect.NewConversation(set, flow)
		for _, p := range pieces {
			c.Data(p.From, p.Data)
		}
		c.End()
	}
	if events < b.N {
		b.Fatalf("%d events", events)
	}
}

func BenchmarkAnswered(b *testing.B) {
	pieces := []dissecttest.Piece{dissecttest.C(ask(1, "www.example.com")), dissecttest.S(answer(1, "www.example.com"))}
	converse(b, dns.Kind(), dissect.UDP, pieces)
}
