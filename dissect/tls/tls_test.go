package tls_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	stdnetip "net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/tls"
	"github.com/bongsu/bongsu/event"
	"github.com/google/go-cmp/cmp"
)

// recorder notes what passes through a connection.
type recorder struct {
	net.Conn
	from  dissect.Side
	mu    *sync.Mutex
	talk  *[]dissecttest.Piece
	after int // pieces are cut to this size
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	for rest := bytes.Clone(b); len(rest) > 0; {
		n := min(len(rest), r.after)
		*r.talk = append(*r.talk, dissecttest.Piece{From: r.from, Data: rest[:n]})
		rest = rest[n:]
	}
	r.mu.Unlock()
	return r.Conn.Write(b)
}

// connected returns both ends of a connection that takes what is written before
// it is read, as a pipe does not.
func connected(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// record lets the standard library shake hands and returns what was said.
func record(t testing.TB, client, server *stdtls.Config, size int) []dissecttest.Piece {
	t.Helper()
	left, right := connected(t)
	var mu sync.Mutex
	var talk []dissecttest.Piece
	c := stdtls.Client(&recorder{left, dissect.Client, &mu, &talk, size}, client)
	s := stdtls.Server(&recorder{right, dissect.Server, &mu, &talk, size}, server)
	done := make(chan error, 1)
	go func() {
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte("hello from the server"))
		}
		done <- err
	}()
	if err := c.Handshake(); err == nil {
		if _, err := c.Read(make([]byte, 64)); err != nil {
			t.Fatal(err)
		}
	}
	_ = left.Close()
	<-done
	_ = right.Close()
	return talk
}

func certificate(t testing.TB) stdtls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(0x1234), Subject: pkix.Name{CommonName: "server.example.com"}, DNSNames: []string{"server.example.com"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func configs(t testing.TB, version uint16) (client, server *stdtls.Config) {
	client = &stdtls.Config{ServerName: "server.example.com", InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}, MinVersion: version, MaxVersion: version}
	server = &stdtls.Config{Certificates: []stdtls.Certificate{certificate(t)}, MinVersion: stdtls.VersionTLS10, NextProtos: []string{"h2"}}
	return client, server
}

var netip = stdnetip.MustParseAddrPort

func talk(pieces []dissecttest.Piece) []*event.Event {
	return dissecttest.Talk([]dissect.Kind{tls.Kind()}, dissect.TCP, 4443, pieces...)
}

func TestHandshakes(t *testing.T) {
	type view struct {
		Service, SNI, Version, Subject, Issuer, Serial, SANs string
		SelfSigned                                           bool
		Alert, Status                                        int64
		Chosen                                               string
	}
	named := view{Service: "tls", SNI: "server.example.com", Chosen: "h2"}
	shown := func(version string) view {
		v := named
		v.Version, v.Subject, v.Issuer, v.Serial, v.SelfSigned = version, "CN=server.example.com", "CN=server.example.com", "1234", true
		v.SANs = `[{"name":"server.example.com","type":"DNS"}]`
		return v
	}
	hidden := named
	hidden.Version, hidden.Chosen = "1.3", ""
	refused := hidden
	refused.Version, refused.Alert, refused.Status = "1.2", 70, event.Failure
	distrusted := shown("1.2")
	distrusted.Alert, distrusted.Status = 42, event.Failure
	for _, size := range []int{1, 100, 1 << 20} {
		tests := []struct {
			name   string
			change func(client, server *stdtls.Config)
			max    uint16
			want   view
		}{
			{"1.0", nil, stdtls.VersionTLS10, shown("1.0")},
			{"1.1", nil, stdtls.VersionTLS11, shown("1.1")},
			{"1.2", nil, stdtls.VersionTLS12, shown("1.2")},
			{"1.3", nil, stdtls.VersionTLS13, hidden},
			{"1.3 with a second hello", func(_, server *stdtls.Config) { server.CurvePreferences = []stdtls.CurveID{stdtls.CurveP521} }, stdtls.VersionTLS13, hidden},
			{"refused version", func(_, server *stdtls.Config) { server.MinVersion = stdtls.VersionTLS13 }, stdtls.VersionTLS12, refused},
			{"distrusted certificate", func(client, _ *stdtls.Config) { client.InsecureSkipVerify = false; client.RootCAs = x509.NewCertPool() }, stdtls.VersionTLS12, distrusted},
			{"client with a certificate", func(client, server *stdtls.Config) {
				server.ClientAuth = stdtls.RequestClientCert
				client.Certificates = []stdtls.Certificate{certificate(t)}
			}, stdtls.VersionTLS12, shown("1.2")},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				client, server := configs(t, tt.max)
				if tt.change != nil {
					tt.change(client, server)
				}
				events := talk(record(t, client, server, size))
				if len(events) != 1 {
					t.Fatalf("%d events", len(events))
				}
				e := events[0]
				dissecttest.CheckJSON(t, e)
				got := view{
					Service: e.Str(event.AppProtocol), SNI: e.Str(event.TLSSNI), Version: e.Str(event.TLSVersion), Subject: e.Str(event.TLSSubject),
					Issuer: e.Str(event.TLSIssuer), Serial: e.Str(event.TLSSerial), SANs: e.Str(event.TLSCertSANs), SelfSigned: e.Bool(event.TLSSelfSigned),
					Alert: e.Int(event.TLSAlert), Status: e.Int(event.StatusID), Chosen: e.UnmappedStr("tls_alpn"),
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
				if !strings.Contains(e.Str(event.JA4List), `"value":"t1`) || !strings.Contains(e.Str(event.JA4List), "h2_") {
					t.Errorf("JA4 %s", e.Str(event.JA4List))
				}
				if tt.want.Alert != 70 && !strings.HasPrefix(e.Str(event.TLSCipher), "TLS_") {
					t.Errorf("cipher %q", e.Str(event.TLSCipher))
				}
			})
		}
	}
}

func TestResumption(t *testing.T) {
	client, server := configs(t, stdtls.VersionTLS12)
	client.ClientSessionCache = stdtls.NewLRUClientSessionCache(1)
	record(t, client, server, 1<<20)
	events := talk(record(t, client, server, 1<<20))
	if len(events) != 1 || events[0].Str(event.TLSCipher) == "" || events[0].Has(event.TLSSubject) {
		t.Fatalf("%d events: %s", len(events), events[0].AppendJSON(nil))
	}
}

func TestPartOfATalk(t *testing.T) {
	client, server := configs(t, stdtls.VersionTLS12)
	whole := record(t, client, server, 1<<20)
	var fromServer []dissecttest.Piece
	for _, p := range whole {
		if p.From == dissect.Server {
			fromServer = append(fromServer, p)
		}
	}
	tests := []struct {
		name string
		talk []dissecttest.Piece
		want []string // version and cipher known, name known, certificate known
	}{
		{"hello only", whole[:1], []string{"name"}},
		{"server lost", []dissecttest.Piece{whole[0], {From: dissect.Server, Lost: 10}, whole[1]}, []string{"name"}},
		{"server only", fromServer, []string{"cipher certificate"}},
		{"hello and server's hello cut", []dissecttest.Piece{whole[0], {From: dissect.Server, Data: whole[1].Data[:30]}}, []string{"name"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range talk(tt.talk) {
				dissecttest.CheckJSON(t, e)
				var has []string
				for word, p := range map[string]event.Path{"cipher": event.TLSCipher} {
					if e.Has(p) {
						has = append(has, word)
					}
				}
				if e.Has(event.TLSSNI) {
					has = append(has, "name")
				}
				if e.Has(event.TLSSubject) {
					has = append(has, "certificate")
				}
				if !e.Has(event.TLSVersion) {
					t.Error("no version, which OCSF demands")
				}
				got = append(got, strings.Join(has, " "))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOldHellos(t *testing.T) {
	hello := "\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x01\x00\x80" + "0123456789abcdef"
	answer := "\x80\x0e\x04\x00\x01\x00\x02\x00\x00\x00\x03\x00\x00\x01\x00\x80"
	events := talk([]dissecttest.Piece{dissecttest.C(hello), dissecttest.S(answer)})
	if len(events) != 1 || events[0].Str(event.TLSVersion) != "SSLv2" {
		t.Fatalf("%d events", len(events))
	}
}

func TestProbe(t *testing.T) {
	client, server := configs(t, stdtls.VersionTLS13)
	whole := record(t, client, server, 1<<20)
	tests := []struct {
		name           string
		client, server string
		want           dissect.Verdict
	}{
		{"hello", string(whole[0].Data), "", dissect.Yes},
		{"server's hello", "", string(whole[1].Data), dissect.Yes},
		{"beginning", string(whole[0].Data[:5]), "", dissect.More},
		{"first byte", "\x16", "", dissect.More},
		{"http", "GET / HTTP/1.1\r\n", "", dissect.No},
		{"banner", "", "220 mail.example.com", dissect.No},
		{"data without a handshake", "\x17\x03\x03\x00\x20" + strings.Repeat("x", 32), "", dissect.No},
		{"other message", "\x16\x03\x01\x00\x40\x05\x00\x00\x3c\x03\x03", "", dissect.No},
		{"inside another protocol", "\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x09\x09", "", dissect.No},
		{"high bit", "\x80\x05abcdefghijklmnop", "", dissect.No},
	}
	for _, tt := range tests {
		if got := tls.Kind().Probe(dissect.Opening{Client: []byte(tt.client), Server: []byte(tt.server), Transport: dissect.TCP}); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Bulk data must not gather anywhere.
func TestStopsAfterTheHandshake(t *testing.T) {
	client, server := configs(t, stdtls.VersionTLS13)
	whole := record(t, client, server, 1<<20)
	flow := dissect.NewFlow(netip("192.0.2.1:1"), netip("192.0.2.2:443"), dissect.TCP, dissecttest.Start, nil, func(*event.Event) {})
	c := dissect.NewConversation(dissect.NewSet([]dissect.Kind{tls.Kind()}), flow)
	for _, p := range whole[:2] {
		c.Data(p.From, p.Data)
	}
	if !c.Over() {
		t.Error("the flow is still followed")
	}
}

// Whole handshakes are in testdata/fuzz, since a fresh one differs in each run.
func FuzzTalk(f *testing.F) {
	dissecttest.Fuzz(f, tls.Kind(),
		"\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x01\x00\x800123456789abcdef",
		"\x16\x03\x01\x00\x04\x0b\x00\x00\x00\x15\x03\x01\x00\x02\x02\x28")
}

// converse runs a talk without building the set anew.
func converse(b *testing.B, kind dissect.Kind, transport dissect.Transport, pieces []dissecttest.Piece) {
	set := dissect.NewSet([]dissect.Kind{kind})
	client, server := netip("192.0.2.1:50000"), netip("198.51.100.1:9")
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

func BenchmarkHandshake(b *testing.B) {
	client, server := configs(b, stdtls.VersionTLS12)
	whole := record(b, client, server, 1400)
	converse(b, tls.Kind(), dissect.TCP, whole)
}
