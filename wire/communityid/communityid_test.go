package communityid_test

import (
	"net/netip"
	"testing"

	"github.com/bongsu/bongsu/wire/communityid"
)

func TestOf(t *testing.T) {
	tests := []struct {
		protocol     uint8
		src, dst     string
		sport, dport uint16
		want         string
	}{
		// The first is the example of the specification's README.
		{6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{17, "192.0.2.1", "2001:db8::1", 1, 2, ""},
	}
	for _, tt := range tests {
		got := communityid.Of(tt.protocol, netip.MustParseAddr(tt.src), netip.MustParseAddr(tt.dst), tt.sport, tt.dport)
		if got != tt.want {
			t.Errorf("%d %s %s: %s, want %s", tt.protocol, tt.src, tt.dst, got, tt.want)
		}
	}
	request := communityid.Of(1, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), 8, 0)
	reply := communityid.Of(1, netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.1"), 0, 0)
	if request != reply || request == "" {
		t.Errorf("an echo request has %s, its reply %s", request, reply)
	}
}
