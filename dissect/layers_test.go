package dissect_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/dissect"
	"github.com/google/go-cmp/cmp"
)

func cat(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// TestLayers finds the same packet inside of everything that can carry it.
func TestLayers(t *testing.T) {
	four, six := udpPacket(alice, web, "x"), udpPacket(alic6, web6, "x")
	tag := func(id uint16, kind uint16) []byte {
		return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, id), kind)
	}
	snap := []byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}
	dot3 := func(payload []byte) []byte { return ether(uint16(len(payload)), payload) }
	wifi := func(control ...byte) []byte { return append(control, make([]byte, 24-len(control))...) }
	radiotap := []byte{0, 0, 8, 0, 0, 0, 0, 0}
	extension := func(headers []byte, first byte) []byte {
		inner := six[40:]
		b := append([]byte(nil), six[:40]...)
		b[6] = first
		binary.BigEndian.PutUint16(b[4:], uint16(len(headers)+len(inner)))
		return cat(b, headers, inner)
	}
	nflog := func(payload []byte) []byte {
		b := []byte{2, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0, 0}
		b = binary.LittleEndian.AppendUint16(b, uint16(4+len(payload)))
		return cat(append(b, 9, 0), payload)
	}
	tests := []struct {
		name string
		link capture.LinkType
		data []byte
		want []netip.AddrPort
	}{
		{"raw IPv4", capture.RawIP, four, []netip.AddrPort{alice}},
		{"raw IPv6", capture.IPv6, six, []netip.AddrPort{alic6}},
		{"Ethernet", capture.Ethernet, ether(0x0800, four), []netip.AddrPort{alice}},
		{"Ethernet with padding", capture.Ethernet, ether(0x0800, cat(four, make([]byte, 18))), []netip.AddrPort{alice}},
		{"VLAN", capture.Ethernet, ether(0x8100, cat(tag(7, 0x86dd), six)), []netip.AddrPort{alic6}},
		{"QinQ", capture.Ethernet, ether(0x88a8, cat(tag(7, 0x8100), tag(8, 0x0800), four)), []netip.AddrPort{alice}},
		{"old QinQ", capture.Ethernet, ether(0x9100, cat(tag(7, 0x8100), tag(8, 0x0800), four)), []netip.AddrPort{alice}},
		{"MPLS", capture.Ethernet, ether(0x8847, cat([]byte{0, 0, 0x10, 64, 0, 0, 0x21, 64}, four)), []netip.AddrPort{alice}},
		{"pseudo-wire", capture.Ethernet, ether(0x8847, cat([]byte{0, 0, 0x11, 64, 0, 0, 0, 0}, ether(0x0800, four))), []netip.AddrPort{alice}},
		{"PPPoE", capture.Ethernet, ether(0x8864, cat([]byte{0x11, 0, 0, 1, 0, 31, 0, 0x21}, four)), []netip.AddrPort{alice}},
		{"PPPoE in QinQ", capture.Ethernet, ether(0x88a8, cat(tag(7, 0x8100), tag(8, 0x8864), []byte{0x11, 0, 0, 1, 0, 31, 0, 0x57}, six)), []netip.AddrPort{alic6}},
		{"SNAP", capture.Ethernet, dot3(cat(snap, four)), []netip.AddrPort{alice}},
		{"FabricPath", capture.Ethernet, cat(ether(0x8903, []byte{0, 0}), ether(0x0800, four)), []netip.AddrPort{alice}},
		{"Linux cooked", capture.LinuxSLL, cat([]byte{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, four), []netip.AddrPort{alice}},
		{"Linux cooked 2", capture.LinuxSLL2, cat([]byte{8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, four), []netip.AddrPort{alice}},
		{"loopback, little endian", capture.Null, cat([]byte{2, 0, 0, 0}, four), []netip.AddrPort{alice}},
		{"loopback, big endian", capture.Loop, cat([]byte{0, 0, 0, 30}, six), []netip.AddrPort{alic6}},
		{"PPP", capture.PPP, cat([]byte{0xff, 3, 0, 0x21}, four), []netip.AddrPort{alice}},
		{"PPP, compressed", capture.PPPHDLC, cat([]byte{0x21}, four), []netip.AddrPort{alice}},
		{"netfilter log", 239, nflog(four), []netip.AddrPort{alice}},
		{"FDDI", 10, cat([]byte{0x50, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, snap, four), []netip.AddrPort{alice}},
		{"Cisco HDLC", 104, cat([]byte{0x0f, 0, 8, 0}, four), []netip.AddrPort{alice}},
		{"pflog", 117, cat([]byte{61, 2, 0, 0}, make([]byte, 60), four), []netip.AddrPort{alice}},
		{"PPI", 192, cat([]byte{0, 0, 8, 0, 105, 0, 0, 0}, wifi(0x08, 0x01), snap, four), []netip.AddrPort{alice}},
		{"AVS", 163, cat([]byte{0, 0, 0, 1, 0, 0, 0, 64}, make([]byte, 56), wifi(0x08, 0x01), snap, four), []netip.AddrPort{alice}},
		{"802.11", capture.IEEE80211, cat(wifi(0x08, 0x01), snap, four), []netip.AddrPort{alice}},
		{"802.11 with QoS and radiotap", capture.Radiotap, cat(radiotap, wifi(0x88, 0x02), []byte{0, 0}, snap, four), []netip.AddrPort{alice}},
		{"802.11, encrypted", capture.IEEE80211, cat(wifi(0x08, 0x41), snap, four), nil},
		{"802.11, beacon", capture.IEEE80211, cat(wifi(0x80, 0), make([]byte, 40)), nil},
		{"IPv6 extension headers", capture.RawIP, extension([]byte{60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0}, 0), []netip.AddrPort{alic6}},
		{"IPv6 atomic fragment", capture.RawIP, extension([]byte{17, 0, 0, 0, 0, 0, 0, 9}, 44), []netip.AddrPort{alic6}},
		{"ESP", capture.RawIP, extension([]byte{0, 0, 0, 0, 0, 0, 0, 0}, 50), nil},
		{"IP in IP", capture.RawIP, ipPacket(web.Addr(), alice.Addr(), 4, four), []netip.AddrPort{alice}},
		{"6in4", capture.RawIP, ipPacket(web.Addr(), alice.Addr(), 41, six), []netip.AddrPort{alic6}},
		{"GRE", capture.RawIP, ipPacket(web.Addr(), alice.Addr(), 47, cat([]byte{0x30, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0, 2}, four)), []netip.AddrPort{alice}},
		{"GRE with Ethernet", capture.RawIP, ipPacket(web.Addr(), alice.Addr(), 47, cat([]byte{0, 0, 0x65, 0x58}, ether(0x0800, four))), []netip.AddrPort{alice}},
		{"ERSPAN II", capture.RawIP, ipPacket(web.Addr(), alice.Addr(), 47, cat([]byte{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1}, make([]byte, 8), ether(0x0800, four))), []netip.AddrPort{alice}},
		{"PPTP", capture.RawIP, ipPacket(web.Addr(), alice.Addr(), 47, cat([]byte{0x30, 1, 0x88, 0x0b, 0, 33, 0, 0, 0, 0, 0, 1, 0xff, 3, 0, 0x21}, four)), []netip.AddrPort{alice}},
		{"VXLAN", capture.RawIP, tunnelled(4789, cat([]byte{8, 0, 0, 0, 0, 0, 1, 0}, ether(0x0800, four))), []netip.AddrPort{outer, alice}},
		{"Geneve", capture.RawIP, tunnelled(6081, cat([]byte{1, 0, 0x65, 0x58, 0, 0, 1, 0, 0, 0, 0, 0}, ether(0x0800, four))), []netip.AddrPort{outer, alice}},
		{"GTP", capture.RawIP, tunnelled(2152, cat([]byte{0x30, 0xff, 0, 29, 0, 0, 0, 1}, four)), []netip.AddrPort{outer, alice}},
		{"Teredo", capture.RawIP, tunnelled(3544, cat([]byte{0, 0, 1, 2, 3, 4, 5, 6}, six)), []netip.AddrPort{outer, alic6}},
		{"AYIYA", capture.RawIP, tunnelled(5072, cat([]byte{0x40, 0x52, 0x11, 41, 0, 0, 0, 0}, make([]byte, 16+20), six)), []netip.AddrPort{outer, alic6}},
		{"too deep", capture.RawIP, ipPacket(web.Addr(), alice.Addr(), 4, ipPacket(web.Addr(), alice.Addr(), 4, ipPacket(web.Addr(), alice.Addr(), 4, four))), nil},
		{"ARP is no flow", capture.Ethernet, ether(0x0806, make([]byte, 28)), nil},
		{"unknown link", 147, four, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := record(dissect.Config{})
			r.link = tt.link
			r.packet(tt.data)
			var got []string
			for _, f := range r.flows() {
				got = append(got, f.From)
			}
			var want []string
			for _, a := range tt.want {
				want = append(want, a.String())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("clients (-want +got):\n%s\nskipped: %v", diff, r.engine.Stats().Skipped)
			}
			if len(tt.want) == 0 && len(r.engine.Stats().Skipped) == 0 {
				t.Error("nothing says why the packet was skipped")
			}
		})
	}
}

var outer = netip.MustParseAddrPort("203.0.113.5:40000")

func tunnelled(port uint16, payload []byte) []byte {
	return udpPacket(outer, netip.AddrPortFrom(netip.MustParseAddr("203.0.113.6"), port), string(payload))
}

// FuzzPacket feeds anything as any link type: no panic, no hang, no event that
// is not JSON, and memory that stays bounded.
func FuzzPacket(f *testing.F) {
	four, six := udpPacket(alice, web, "GET / HTTP/1.1\r\n"), tcpPacket(alic6, web6, 1, 1, syn, "data")
	for _, seed := range [][]byte{
		ether(0x0800, four), ether(0x86dd, six), ether(0x8100, cat([]byte{0, 1, 8, 0}, four)), tunnelled(4789, make([]byte, 40)),
		ipPacket(web.Addr(), alice.Addr(), 47, cat([]byte{0x30, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0, 2}, four)),
		ipPacket(alice.Addr(), web.Addr(), 1, icmpMessage(3, 3, "\x00\x00\x00\x00"+string(four[:28]))),
	} {
		f.Add(uint16(1), seed, uint16(7), uint8(3))
		f.Add(uint16(101), seed, uint16(0), uint8(1))
	}
	f.Fuzz(func(t *testing.T, link uint16, data []byte, cut uint16, times uint8) {
		var log []string
		r := record(dissect.Config{IgnoreChecksums: link&0x8000 == 0, MaxFlows: 8, Set: keeping(&log)})
		for _, kind := range []capture.LinkType{capture.LinkType(link & 0x1ff), capture.Ethernet, capture.RawIP, capture.IEEE80211} {
			r.link = kind
			for i := range int(times%4) + 1 {
				b := append([]byte(nil), data...)
				if i > 0 && len(b) > 0 {
					b[int(cut)%len(b)] += byte(i)
				}
				r.packet(b)
				r.packet(b[:min(int(cut), len(b))])
			}
		}
		if n := r.engine.Stats().OpenFlows; n > 8 {
			t.Errorf("%d flows open, the limit is 8", n)
		}
		r.engine.Close()
		for _, e := range r.events {
			checkJSON(t, e)
		}
	})
}
