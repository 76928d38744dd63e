package asset_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bongsu/bongsu/event"
)

// mess is a few machines that do everything that an inventory learns from,
// and take each other's addresses, in an order that chance decides.
func mess(seed uint64, n int) event.Frame {
	r := rand.New(rand.NewPCG(seed, 1))
	y := tell()
	pick := func(n int) int { return r.IntN(n) }
	for len(y.events) < n {
		m, a, b := pick(12), pick(16)+1, pick(16)+1
		switch pick(16) {
		case 0, 1:
			y.arp(ip(a), mac(m))
		case 2:
			y.leased(mac(m), ip(a), fmt.Sprintf("pc-%d", m))
		case 3:
			y.leased(fmt.Sprintf("02:11:22:33:44:%02x", m), ip(a), fmt.Sprintf("phone-%d", m%3), "client_id", fmt.Sprintf("00aabb%02x", m%3), "client_id_own", "true")
		case 4:
			e := ends(y.event(event.DHCPActivity), ip(a), mac(m), "10.1.0.1", "")
			e.SetActivity(7)
			e.AddUnmappedStr("mac", mac(m))
			e.AddUnmappedStr("client_addr", ip(a))
		case 5, 6, 7:
			y.flow(ip(a), mac(m), ip(b), mac(pick(12)), int64([]int{80, 443, 22, 88, 389, 9100}[pick(6)]), "")
		case 8:
			y.flow(ip(a), mac(m), "198.51.100.7", mac(60), 443, "tls")
		case 9:
			y.flow(fmt.Sprintf("10.2.0.%d", a), mac(61), ip(b), mac(m), 443, "tls")
		case 10:
			e := ends(y.event(event.DNSActivity), ip(a), mac(m), "224.0.0.251", "01:00:5e:00:00:fb")
			e.SetActivity(2)
			e.SetStr(event.AppProtocol, "mdns")
			e.SetStr(event.DNSAnswers, fmt.Sprintf(`[{"hostname":"thing-%d.local","rdata":%q,"type":"A"}]`, b, ip(a)))
		case 11:
			e := ends(y.event(event.DNSActivity), ip(a), "", "10.1.0.1", "")
			e.SetActivity(2)
			e.SetStr(event.DNSQuery, fmt.Sprintf("name-%d.example.com", b))
			e.SetStr(event.DNSAnswers, fmt.Sprintf(`[{"rdata":%q,"type":"A"}]`, ip(b)))
		case 12:
			y.host(fmt.Sprintf("pc-%d", m))
		case 13:
			e := ends(y.event(event.HTTPActivity), ip(a), "", ip(b), "")
			e.SetInt(event.HTTPStatus, 200)
			e.SetInt(event.DstPort, 8080)
			e.SetStr(event.ProtocolName, "tcp")
			e.SetStr(event.AppProtocol, "http")
			e.SetStr(event.HTTPUserAgent, "Mozilla/5.0 (X11; Linux x86_64)")
			e.AddUnmappedStr("http_server", "Apache/2.4 (Debian)")
		case 14:
			y.wait(time.Duration(pick(120)) * time.Minute)
		case 15:
			if pick(20) == 0 {
				y.wait(time.Duration(pick(40*24)) * time.Hour)
			}
			if pick(4) == 0 {
				y.at = y.at.Add(-time.Duration(pick(90)) * time.Second) // late
			}
		}
	}
	return y.events
}

// TestBatching shows that how events are put into frames, and how often they
// are stored, changes nothing.
func TestBatching(t *testing.T) {
	for seed := range uint64(4) {
		events := mess(seed, 500)
		v := open(t, newStore())
		observe(t, v, events, 1)
		want := all(t, v)
		for _, n := range []int{2, 7, 500} {
			v := open(t, newStore())
			for i := 0; i < len(events); i += n {
				observe(t, v, events[i:min(i+n, len(events))], n)
				if i%3 == 0 {
					flush(t, v)
				}
			}
			if diff := cmp.Diff(want, all(t, v), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Fatalf("seed %d, frames of %d (-one by one +so):\n%s", seed, n, diff)
			}
		}
	}
}

// TestCrash shows that a crash changes nothing where the position is stored
// with the inventory: what was lost from memory is seen again.
func TestCrash(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	for seed := range uint64(6) {
		events := mess(seed, 500)
		v := open(t, newStore())
		observe(t, v, events, 50)
		want := all(t, v)

		s := newStore()
		position := 0
		for position < len(events) {
			v := open(t, s)
			for begin := position; ; {
				next := min(begin+1+r.IntN(120), len(events))
				observe(t, v, events[begin:next], 50)
				if begin = next; r.IntN(3) == 0 && begin < len(events) {
					break // lost
				}
				err := v.Flush(t.Context(), func(context.Context) error { position = next; return nil })
				if err != nil {
					t.Fatal(err)
				}
				if begin == len(events) {
					break
				}
			}
		}
		got := all(t, open(t, s))
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("seed %d (-without a crash +with):\n%s", seed, diff)
		}
	}
}

// TestReplay shows that what is read once more is known already, where nobody
// takes another's address.
func TestReplay(t *testing.T) {
	for _, again := range []int{1, 30, 300} {
		s := newStore()
		events := office(3000)
		v := open(t, s)
		observe(t, v, events, 100)
		want := all(t, v)
		flush(t, v)
		v = open(t, s)
		observe(t, v, events[len(events)-again:], 7)
		if diff := cmp.Diff(want, all(t, v), cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%d events again (-before +after):\n%s", again, diff)
		}
	}
}
