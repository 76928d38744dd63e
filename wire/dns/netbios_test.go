package dns_test

import (
	"testing"
	"unicode/utf8"

	"github.com/bongsu/bongsu/wire/dns"
)

func TestNetBIOSData(t *testing.T) {
	for in, want := range map[string]string{
		"": `\# 0`, "\x00\x00\xc0": `\# 3 0000c0`, "\x00\x00\xc0\x00\x02\x07": "192.0.2.7", "\x84\x00\xc0\x00\x02\x07": "192.0.2.7 group",
	} {
		if got := string(dns.AppendNetBIOSAddresses(nil, []byte(in))); got != want {
			t.Errorf("addresses %x: %s, want %s", in, got, want)
		}
	}
	const pc = "PC\x1b            \x20\x04\x00"
	for in, want := range map[string]string{
		"": `\# 0`, "\x02" + pc: "", "\x01" + pc: `PC\027<20>`,
		"\x01" + pc + "\x00\x00\x5e\x00\x53\x01": `PC\027<20> 00:00:5e:00:53:01`, "\x00": "",
	} {
		got := string(dns.AppendNetBIOSStatus(nil, []byte(in)))
		if in == "\x02"+pc { // fewer names than it says
			if got[:3] != `\# ` {
				t.Errorf("status that is cut: %s", got)
			}
			continue
		}
		if got != want {
			t.Errorf("status %x: %s, want %s", in, got, want)
		}
	}
}

func FuzzNetBIOSData(f *testing.F) {
	f.Add([]byte("\x01PC             \x20\x04\x00\x00\x00\x5e\x00\x53\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, text := range [][]byte{dns.AppendNetBIOSAddresses(nil, b), dns.AppendNetBIOSStatus(nil, b)} {
			if !utf8.Valid(text) {
				t.Errorf("%q is not UTF-8", text)
			}
		}
	})
}
