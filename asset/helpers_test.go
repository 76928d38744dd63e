package asset_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/segment"
)

// start is the time of the first event of a story.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A store keeps assets as a database would: as bytes.
type store struct {
	rows   map[string][]byte
	writes int
	fail   error
	log    []audit.Entry
}

func newStore() *store { return &store{rows: map[string][]byte{}} }

func (s *store) Assets(_ context.Context, yield func(asset.Asset) error) error {
	for _, id := range slices.Sorted(maps.Keys(s.rows)) {
		var a asset.Asset
		if err := json.Unmarshal(s.rows[id], &a); err != nil {
			return err
		}
		if err := yield(a); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) SaveAssets(_ context.Context, assets []asset.Asset) error {
	if s.fail != nil {
		return s.fail
	}
	for _, a := range assets {
		b, err := json.Marshal(a)
		if err != nil {
			return err
		}
		s.rows[a.ID] = b
		s.writes++
	}
	return nil
}

func (s *store) ForgetAssets(_ context.Context, ids []string) error {
	for _, id := range ids {
		delete(s.rows, id)
	}
	return s.fail
}

func (s *store) Record(_ context.Context, e audit.Entry) error {
	s.log = append(s.log, e)
	return nil
}

// vendors is the table, read once.
var vendors = sync.OnceValue(func() *asset.Vendors {
	v, err := asset.NewVendors()
	if err != nil {
		panic(err)
	}
	return v
})

// segments are two offices and what is outside.
func segments() *segment.Map {
	return segment.NewMap(append(segment.Defaults(),
		segment.Segment{Name: "office", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32"), netip.MustParsePrefix("fe80::/10")}},
		segment.Segment{Name: "plant", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.2.0.0/16")}},
	))
}

func open(t testing.TB, s *store, change ...func(*asset.Config)) *asset.Inventory {
	t.Helper()
	config := asset.Config{Vendors: vendors(), Store: s, Audit: s, Segments: segments(), Clock: func() time.Time { return start.Add(time.Hour) }}
	for _, c := range change {
		c(&config)
	}
	v, err := asset.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A story makes events one after the other.
type story struct {
	at     time.Time
	events event.Frame
}

func tell() *story { return &story{at: start} }

func (y *story) wait(d time.Duration) *story { y.at = y.at.Add(d); return y }

// event adds an event a second after the one before.
func (y *story) event(class event.Class) *event.Event {
	y.at = y.at.Add(time.Second)
	e := event.New(class, y.at, event.Origin{Source: "0123456789abcdef", Position: uint64(len(y.events) + 1)})
	y.events = append(y.events, e)
	return e
}

// ends sets both ends and their segments.
func ends(e *event.Event, src, srcMAC, dst, dstMAC string) *event.Event {
	s := segments()
	set := func(ip, mac string, ipPath, macPath, zone event.Path) {
		e.SetText(ipPath, ip)
		e.SetText(macPath, mac)
		if a, err := netip.ParseAddr(ip); err == nil {
			e.SetText(zone, s.Of(a))
		}
	}
	set(src, srcMAC, event.SrcIP, event.SrcMAC, event.SrcZone)
	set(dst, dstMAC, event.DstIP, event.DstMAC, event.DstZone)
	return e
}

func (y *story) arp(ip, mac string) *story {
	e := ends(y.event(event.NetworkActivity), ip, mac, "10.1.0.254", "00:00:00:00:00:00")
	e.SetActivity(event.ConnTraffic)
	e.SetStr(event.ProtocolName, "arp")
	return y
}

// flow is an answered TCP connection.
func (y *story) flow(src, srcMAC, dst, dstMAC string, port int64, app string) *story {
	e := ends(y.event(event.NetworkActivity), src, srcMAC, dst, dstMAC)
	e.SetActivity(event.ConnClose)
	e.SetStr(event.ProtocolName, "tcp")
	e.SetInt(event.ProtocolNum, 6)
	e.SetInt(event.DstPort, port)
	e.SetText(event.AppProtocol, app)
	e.SetInt(event.BytesIn, 100)
	return y
}

// dhcp is one message; activity 3 is a request, 5 an acknowledgement.
func (y *story) dhcp(activity int, mac, given, name string, more ...string) *story {
	e := ends(y.event(event.DHCPActivity), "0.0.0.0", mac, "255.255.255.255", "ff:ff:ff:ff:ff:ff")
	e.SetActivity(activity)
	e.AddUnmappedStr("transaction_uid", "1")
	e.AddUnmappedStr("mac", mac)
	e.AddUnmappedStr("assigned_addr", given)
	if activity == 5 {
		e.AddUnmappedStr("server_addr", "10.1.0.1")
	}
	e.SetText(event.SrcHostname, name)
	for i := 0; i+1 < len(more); i += 2 {
		e.AddUnmappedStr(more[i], more[i+1])
	}
	return y
}

// leased is a whole exchange.
func (y *story) leased(mac, given, name string, more ...string) *story {
	return y.dhcp(3, mac, "", name, more...).dhcp(5, mac, given, "")
}

func (y *story) host(name string) *story {
	y.event(event.Base).SetStr(event.DeviceHostname, name)
	return y
}

// observe gives events to an inventory in frames of n.
func observe(t testing.TB, v *asset.Inventory, events event.Frame, n int) {
	t.Helper()
	for chunk := range slices.Chunk(events, n) {
		if err := v.Observe(t.Context(), chunk); err != nil {
			t.Fatal(err)
		}
	}
}

func flush(t testing.TB, v *asset.Inventory) {
	t.Helper()
	if err := v.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// all returns every asset, by id.
func all(t testing.TB, v *asset.Inventory) []asset.Asset {
	t.Helper()
	var out []asset.Asset
	for cursor := ""; ; {
		p, err := v.List(asset.Filter{}, cursor, 7)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Assets...)
		if cursor = p.Next; cursor == "" {
			if len(out) != p.Total {
				t.Fatalf("%d assets on all pages, total %d", len(out), p.Total)
			}
			slices.SortFunc(out, func(a, b asset.Asset) int { return cmpStrings(a.ID, b.ID) })
			return out
		}
	}
}

func cmpStrings(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// holding returns the asset that has an address now.
func holding(t testing.TB, v *asset.Inventory, ip string) asset.Asset {
	t.Helper()
	id, ok := v.Holder("org_default", netip.MustParseAddr(ip), time.Time{})
	if !ok {
		t.Fatalf("nobody has %s", ip)
	}
	a, err := v.Get(id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// mac returns one of the addresses that are for documentation (RFC 7042 §2.1.1).
func mac(n int) string {
	return "00:00:5e:00:53:" + string("0123456789abcdef"[n>>4&15]) + string("0123456789abcdef"[n&15])
}

func ip(n int) string { return "10.1.0." + strconv.Itoa(n) }
