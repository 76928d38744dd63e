package decode_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"ascii with an end", "abc\r\n", "abc"},
		{"utf-8", "로그인 실패", "로그인 실패"},
		{"euc-kr", "user \xb7\xce\xb1\xd7\xc0\xce \xbd\xc7\xc6\xd0", "user 로그인 실패"},
		{"cp949 only", "\x8c\x63\xb0\xa1\xb0\xa1", "똠가가"},
		{"utf-8 cut inside a letter", "로그인\xec\x8b", "로그인\xec\x8b"},
		{"latin-1", "caf\xe9 x", "caf\xe9 x"},
		{"garbage", "\xff\xfe\x80\x81", "\xff\xfe\x80\x81"},
	} {
		if got := decode.Text([]byte(c.in)); got != c.want {
			t.Errorf("%s: Text(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "[2001:DB8::1]": "2001:db8::1", "fe80::1%eth0": "fe80::1",
		"host": "", "1.2.3": "", "": "", "300.1.1.1": "",
	} {
		if got, _ := decode.Address(in); got != want {
			t.Errorf("Address(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestAddressAgreesWithTheLibrary compares spellings of IPv4 with netip's.
func TestAddressAgreesWithTheLibrary(t *testing.T) {
	parts := []string{"", "0", "1", "9", "00", "01", "10", "99", "100", "255", "256", "999", "1000", "a", "-1", " 1"}
	for _, a := range parts {
		for _, b := range parts {
			for _, s := range []string{a + "." + b + ".3.4", "1.2." + a + "." + b, a + "." + b, "1." + a + "." + b, a + ".2.3.4." + b} {
				_, err := netip.ParseAddr(s)
				if _, ok := decode.Address(s); ok != (err == nil) {
					t.Errorf("Address(%q) = %t, netip says %v", s, ok, err)
				}
			}
		}
	}
}

func TestSetEndpoint(t *testing.T) {
	e := event.New(event.Base, time.Time{}, event.Origin{})
	decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, "192.0.2.1")
	decode.SetEndpoint(e, event.DstIP, event.DstHostname, "www.example.com")
	decode.SetEndpoint(e, event.ProxyIP, event.ProxyHostname, "-")
	got := map[string]string{}
	e.Each(func(p event.Path, text string, _ int64) bool { got[p.Name()] = text; return true })
	want := map[string]string{"src_endpoint.ip": "192.0.2.1", "dst_endpoint.hostname": "www.example.com"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("columns, -want +got:\n%s", d)
	}
}

func TestClockFollowsArrival(t *testing.T) {
	opened := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	rec := decode.Record{}
	rec.Received = opened.AddDate(1, 0, 0)
	if got := (decode.Options{Reference: opened}).Clock(rec).Reference; !got.Equal(rec.Received) {
		t.Errorf("reference = %v, want %v", got, rec.Received)
	}
}
