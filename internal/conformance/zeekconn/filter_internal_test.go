package zeekconn

import (
	"testing"

	"github.com/bongsu/bongsu/capture"
)

// TestFilter holds filters against one TCP and one UDP packet over IPv4.
func TestFilter(t *testing.T) {
	packet := func(proto byte, sport, dport uint16, flags byte) *capture.Packet {
		b := []byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1}
		b = append(b, byte(sport>>8), byte(sport), byte(dport>>8), byte(dport), 0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0)
		return &capture.Packet{Data: b, Length: len(b), Link: capture.RawIP}
	}
	syn, data, dns := packet(6, 40000, 445, 2), packet(6, 445, 40000, 16), packet(17, 40001, 53, 0)
	tests := []struct {
		filter string
		want   [3]bool
	}{
		{"", [3]bool{true, true, true}},
		{"tcp", [3]bool{true, true, false}},
		{"port 445", [3]bool{true, true, false}},
		{"tcp port 53", [3]bool{false, false, false}},
		{"udp port 53", [3]bool{false, false, true}},
		{"port 53 or 445", [3]bool{true, true, true}},
		{"src port 445", [3]bool{false, true, false}},
		{"src port not 445", [3]bool{true, false, true}},
		{"not src port 445", [3]bool{true, false, true}},
		{"portrange 50-60", [3]bool{false, false, true}},
		{"host 192.0.2.1 and not udp", [3]bool{true, true, false}},
		{"dst host 192.0.2.1", [3]bool{false, false, false}},
		{"net 198.51.100.0/24", [3]bool{true, true, true}},
		{"src net 192.0.2", [3]bool{true, true, true}},
		{"tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0", [3]bool{true, false, false}},
		{"tcp[13] = 16 or udp", [3]bool{false, true, true}},
		{"src port not 445 or tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0", [3]bool{true, false, true}},
		{"(tcp and dst port 445) or (udp and dst port 53)", [3]bool{true, false, true}},
		{"ip[2:2] > 39 && ip proto 17", [3]bool{false, false, true}},
		{"ip6 or arp", [3]bool{false, false, false}},
		{"len < 10", [3]bool{false, false, false}},
	}
	for _, tt := range tests {
		f, err := compileFilter(tt.filter)
		if err != nil {
			t.Errorf("%s: %v", tt.filter, err)
			continue
		}
		if got := [3]bool{f(syn), f(data), f(dns)}; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.filter, got, tt.want)
		}
	}
	for _, bad := range []string{"port", "port x", "tcp[", "tcp[0:3] = 1", "host 1.2.3.4.5", "(tcp", "tcp )", "gateway foo", "= 3"} {
		if _, err := compileFilter(bad); err == nil {
			t.Errorf("%q was understood", bad)
		}
	}
}
