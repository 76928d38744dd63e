package live_test

import (
	"testing"

	"github.com/bongsu/bongsu/capture/live"
)

func TestDefaultRoute(t *testing.T) {
	const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	for _, c := range []struct{ name, table, want string }{
		{"one", head + "eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t0000000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n", "eth0"},
		{"the lowest metric", head + "wlan0\t00000000\t0100000A\t0003\t0\t0\t600\t00000000\t0\t0\t0\neth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n", "eth0"},
		{"half of everything, as a VPN has it", head + "tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000080\t0\t0\t0\neth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n", "eth0"},
		{"not up", head + "eth0\t00000000\t0100000A\t0002\t0\t0\t100\t00000000\t0\t0\t0\n", ""},
		{"none", head, ""},
		{"nonsense", "x y\nz\n", ""},
	} {
		if got := live.DefaultRoute4(c.table); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	const zero = "00000000000000000000000000000000"
	for _, c := range []struct{ name, table, want string }{
		{"one", zero + " 00 " + zero + " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n" + zero + " 00 " + zero + " 00 " + zero + " ffffffff 00000001 00000000 00200200       lo\n", "eth0"},
		{"the loopback only", zero + " 00 " + zero + " 00 " + zero + " ffffffff 00000001 00000000 00200200       lo\n", ""},
		{"a network", "20010db8000000000000000000000000 40 " + zero + " 00 " + zero + " 00000100 00000001 00000000 00000001     eth0\n", ""},
	} {
		if got := live.DefaultRoute6(c.table); got != c.want {
			t.Errorf("IPv6, %s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzDefaultRoute(f *testing.F) {
	f.Add("eth0 00000000 0100000A 0003 0 0 100 00000000 0 0 0")
	f.Add("00 00 0 00 0 00000400 1 0 3 eth0")
	f.Fuzz(func(_ *testing.T, table string) {
		live.DefaultRoute4(table)
		live.DefaultRoute6(table)
	})
}
