package tlshello_test

import (
	"encoding/binary"
	"testing"

	"github.com/bongsu/bongsu/wire/tlshello"
	"github.com/google/go-cmp/cmp"
)

func numbers(list ...uint16) []byte {
	var b []byte
	for _, n := range list {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}

func short(b []byte) []byte { return append([]byte{byte(len(b))}, b...) }
func long(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

type ext struct {
	kind uint16
	data []byte
}

func serverName(s string) ext {
	return ext{0, long(append([]byte{0}, long([]byte(s))...))}
}

func protocols(list ...string) ext {
	var b []byte
	for _, p := range list {
		b = append(b, short([]byte(p))...)
	}
	return ext{16, long(b)}
}

func versions(list ...uint16) ext        { return ext{43, short(numbers(list...))} }
func signatures(list ...uint16) ext      { return ext{13, long(numbers(list...))} }
func plain(kind uint16, data string) ext { return ext{kind, []byte(data)} }

func clientHello(version uint16, ciphers []uint16, exts ...ext) []byte {
	b := numbers(version)
	b = append(b, make([]byte, 32)...)
	b = append(b, short(nil)...)
	b = append(b, long(numbers(ciphers...))...)
	b = append(b, short([]byte{0})...)
	if exts == nil {
		return b
	}
	var x []byte
	for _, e := range exts {
		x = append(append(x, numbers(e.kind)...), long(e.data)...)
	}
	return append(b, long(x)...)
}

// The hashes were computed with sha256sum over the lists that the description
// of JA4 asks for.
func TestJA4(t *testing.T) {
	three := []uint16{0xc02b, 0x1301, 0x002f}
	many := make([]uint16, 120)
	for i := range many {
		many[i] = uint16(i)
	}
	tests := []struct {
		name  string
		hello []byte
		over  byte
		want  string
	}{
		{"nothing but ciphers", clientHello(tlshello.TLS12, three), 't', "t12i030000_58a34ed92d94_000000000000"},
		{"all", clientHello(tlshello.TLS12, three, serverName("www.example.com"), protocols("h2", "http/1.1"), versions(0x0a0a, 0x0303, 0x0304), signatures(0x0403, 0x0804)), 't', "t13d0304h2_58a34ed92d94_ef5f37ab036a"},
		{"grease everywhere", clientHello(tlshello.TLS12, []uint16{0x3a3a, 0xc02b, 0x1301, 0x002f}, plain(0x5a5a, ""), serverName("www.example.com"), protocols("h2"), versions(0xfafa, 0x0304), signatures(0x0a0a, 0x0403, 0x0804), plain(0x1a1a, "\x00")), 't', "t13d0304h2_58a34ed92d94_ef5f37ab036a"},
		{"only name and protocol", clientHello(tlshello.TLS11, three, serverName("x"), protocols("http/1.1")), 't', "t11d0302h1_58a34ed92d94_000000000000"},
		{"no signature algorithms", clientHello(tlshello.TLS10, three, versions(0x0304)), 't', "t13i030100_58a34ed92d94_b9a491fefe05"},
		{"old version", clientHello(tlshello.SSL3, three), 't', "ts3i030000_58a34ed92d94_000000000000"},
		{"unknown version", clientHello(0x0999, three), 't', "t00i030000_58a34ed92d94_000000000000"},
		{"no cipher", clientHello(tlshello.TLS12, nil), 't', "t12i000000_000000000000_000000000000"},
		{"more than two digits", clientHello(tlshello.TLS12, many), 't', "t12i990000_13b0a67ab2fd_000000000000"},
		{"over quic", clientHello(tlshello.TLS12, three, versions(0x0304)), 'q', "q13i030100_58a34ed92d94_b9a491fefe05"},
		{"one letter", clientHello(tlshello.TLS12, three, protocols("x")), 't', "t12i0301xx_58a34ed92d94_000000000000"},
		{"empty protocol", clientHello(tlshello.TLS12, three, protocols("")), 't', "t12i030100_58a34ed92d94_000000000000"},
		{"no letter at the end", clientHello(tlshello.TLS12, three, protocols("a\xcd")), 't', "t12i03016d_58a34ed92d94_000000000000"},
		{"no letter at the front", clientHello(tlshello.TLS12, three, protocols("\xabz1")), 't', "t12i0301a1_58a34ed92d94_000000000000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h tlshello.ClientHello
			if err := h.Parse(tt.hello); err != nil {
				t.Fatal(err)
			}
			if got := h.JA4(tt.over); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestClientHello(t *testing.T) {
	in := clientHello(tlshello.TLS12, []uint16{0x1301}, serverName("www.example.com"), protocols("h2", "http/1.1"), versions(0x0304, 0x0303),
		signatures(0x0403), ext{10, long(numbers(0x001d, 0x0017))})
	var h tlshello.ClientHello
	if err := h.Parse(in); err != nil {
		t.Fatal(err)
	}
	h.Extensions = nil
	want := tlshello.ClientHello{
		Version: tlshello.TLS12, Ciphers: []uint16{0x1301}, ServerName: "www.example.com", Protocols: []string{"h2", "http/1.1"},
		SupportedVersions: []uint16{0x0304, 0x0303}, Groups: []uint16{0x001d, 0x0017}, SignatureAlgorithms: []uint16{0x0403},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
	if h.Offered() != tlshello.TLS13 {
		t.Errorf("offered %x", h.Offered())
	}
	for n := range in[:40] {
		if err := h.Parse(in[:n]); err == nil {
			t.Errorf("%d bytes were enough", n)
		}
	}
}

func TestDatagramHelloHasACookie(t *testing.T) {
	in := numbers(tlshello.DTLS12)
	in = append(in, make([]byte, 32)...)
	in = append(in, 0, 2, 0xaa, 0xbb, 0, 2, 0xc0, 0x2b, 1, 0)
	var h tlshello.ClientHello
	if err := h.ParseDatagram(in); err != nil || len(h.Ciphers) != 1 || h.Ciphers[0] != 0xc02b {
		t.Fatalf("%v %x", err, h.Ciphers)
	}
	if got := h.JA4(tlshello.OverDTLS); got[:10] != "dd2i010000" {
		t.Error(got)
	}
}

func TestServerHello(t *testing.T) {
	random := make([]byte, 32)
	retry := []byte("\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c")
	build := func(random, exts []byte) []byte {
		b := append(numbers(tlshello.TLS12), random...)
		b = append(b, 0, 0x13, 0x02, 0)
		if exts != nil {
			b = append(b, long(exts)...)
		}
		return b
	}
	tests := []struct {
		name string
		in   []byte
		want tlshello.ServerHello
	}{
		{"plain", build(random, nil), tlshello.ServerHello{Version: tlshello.TLS12, Cipher: 0x1302}},
		{"1.3", build(random, []byte("\x00\x2b\x00\x02\x03\x04")), tlshello.ServerHello{Version: tlshello.TLS13, Cipher: 0x1302}},
		{"retry", build(retry, []byte("\x00\x2b\x00\x02\x03\x04")), tlshello.ServerHello{Version: tlshello.TLS13, Cipher: 0x1302, Retry: true}},
		{"protocol", build(random, []byte("\x00\x10\x00\x05\x00\x03\x02h2")), tlshello.ServerHello{Version: tlshello.TLS12, Cipher: 0x1302, Protocol: "h2"}},
	}
	for _, tt := range tests {
		got, err := tlshello.ParseServerHello(tt.in)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	if _, err := tlshello.ParseServerHello(tests[0].in[:20]); err == nil {
		t.Error("a cut hello was accepted")
	}
}

func TestOldHello(t *testing.T) {
	client := "\x80\x1f\x01\x03\x01\x00\x06\x00\x00\x00\x10\x01\x00\x80\x00\x00\x2f" + "0123456789abcdef"
	h, n, ok := tlshello.ParseOldHello([]byte(client), false)
	if !ok || n != len(client) || h.Version != tlshello.TLS10 || len(h.Ciphers) != 2 || h.Ciphers[1] != 0x2f {
		t.Errorf("client: %v %d %+v", ok, n, h)
	}
	if _, n, ok := tlshello.ParseOldHello([]byte(client)[:20], false); ok || n != len(client) {
		t.Errorf("cut: %v %d", ok, n)
	}
	server := "\x80\x12\x04\x00\x01\x00\x02\x00\x04\x00\x03\x00\x00cert\x01\x00\x80"
	if h, n, ok := tlshello.ParseOldHello([]byte(server), true); !ok || n != len(server) || string(h.Certificate) != "cert" {
		t.Errorf("server: %v %d %+v", ok, n, h)
	}
	for _, bad := range []string{"", "\x80", "\x80\x1f\x02", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\x00\x00", client[:5] + "\x00\x07" + client[7:]} {
		if _, _, ok := tlshello.ParseOldHello([]byte(bad), false); ok {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestNames(t *testing.T) {
	for id, want := range map[uint16]string{0x1301: "TLS_AES_128_GCM_SHA256", 0xc02f: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0x0005: "TLS_RSA_WITH_RC4_128_SHA", 0x1a1a: "0x1a1a"} {
		if got := tlshello.CipherName(id); got != want {
			t.Errorf("cipher %04x: %s", id, got)
		}
	}
	for v, want := range map[uint16]string{0x0002: "SSLv2", 0x0300: "SSLv3", 0x0301: "1.0", 0x0304: "1.3", 0x7f1c: "1.3", 0x0999: "0x0999"} {
		if got := tlshello.VersionName(v); got != want {
			t.Errorf("version %04x: %s", v, got)
		}
	}
}

func FuzzHello(f *testing.F) {
	f.Add(clientHello(tlshello.TLS12, []uint16{0x1301, 0x0a0a}, serverName("www.example.com"), protocols("h2"), versions(0x0304), signatures(0x0403)))
	f.Add([]byte("\x80\x1f\x01\x03\x01\x00\x06\x00\x00\x00\x10\x01\x00\x80\x00\x00\x2f0123456789abcdef"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h tlshello.ClientHello
		if h.Parse(b) == nil {
			if got := h.JA4(tlshello.OverTCP); len(got) != 36 {
				t.Fatalf("JA4 %q", got)
			}
		}
		if h.ParseDatagram(b) == nil {
			h.JA4(tlshello.OverDTLS)
		}
		_, _ = tlshello.ParseServerHello(b)
		for _, server := range []bool{false, true} {
			if _, n, ok := tlshello.ParseOldHello(b, server); ok && n > len(b) {
				t.Fatalf("%d of %d bytes", n, len(b))
			}
		}
		tlshello.EachCertificate(b, func([]byte) bool { return true })
	})
}

func BenchmarkJA4(b *testing.B) {
	in := clientHello(tlshello.TLS12, []uint16{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f}, serverName("www.example.com"), protocols("h2"), versions(0x0304), signatures(0x0403, 0x0804))
	var h tlshello.ClientHello
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Parse(in); err != nil {
			b.Fatal(err)
		}
		h.JA4(tlshello.OverTCP)
	}
}
