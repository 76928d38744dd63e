package asset_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/segment"
)

// seen returns the assets after a story.
func seen(t testing.TB, y *story) (*asset.Inventory, []asset.Asset) {
	t.Helper()
	v := open(t, newStore())
	observe(t, v, y.events, 10)
	return v, all(t, v)
}

// values are those of a list of facts.
func values(facts []asset.Fact) []string {
	var out []string
	for _, f := range facts {
		out = append(out, f.Value)
	}
	return out
}

// A laptop gets another address after a weekend: it is the same machine, and
// the old address is no longer its own.
func TestRenewal(t *testing.T) {
	y := tell().leased(mac(1), ip(10), "pc-1").wait(60*time.Hour).leased(mac(1), ip(11), "pc-1")
	v, assets := seen(t, y)
	pc := holding(t, v, ip(11))
	if diff := cmp.Diff([]string{"pc-1"}, values(pc.Names)); diff != "" {
		t.Error(diff)
	}
	if len(pc.Addresses) != 2 || pc.Addresses[0].IP.String() != ip(11) || !pc.Addresses[0].Until.IsZero() || pc.Addresses[1].Until.IsZero() {
		t.Errorf("addresses %+v", pc.Addresses)
	}
	if id, ok := v.Holder("org_default", netip.MustParseAddr(ip(10)), time.Time{}); ok {
		t.Errorf("%s still has %s", id, ip(10))
	}
	if id, ok := v.Holder("org_default", netip.MustParseAddr(ip(10)), start.Add(time.Hour)); !ok || id != pc.ID {
		t.Errorf("nobody had %s then", ip(10))
	}
	if server := holding(t, v, ip(1)); !slices.Contains(values(server.Roles), asset.RoleDHCP) || len(assets) != 2 {
		t.Errorf("server %v of %d assets", server.Roles, len(assets))
	}
}

// An address is first one machine's, then another's: they are two machines, and
// what was said at a time is said of the one that had it.
func TestSharedAddress(t *testing.T) {
	y := tell().leased(mac(1), ip(10), "pc-1").wait(48*time.Hour).leased(mac(2), ip(10), "pc-2")
	v, _ := seen(t, y)
	now := holding(t, v, ip(10))
	before, ok := v.Holder("org_default", netip.MustParseAddr(ip(10)), start.Add(time.Hour))
	if !ok || before == now.ID || now.Label() != "pc-2" {
		t.Errorf("%s had it, then %s (%s)", before, now.ID, now.Label())
	}
	if now.Addresses[0].Disputed {
		t.Error("a renewal after two days is no dispute")
	}
	y.wait(time.Minute).arp(ip(10), mac(1))
	v, _ = seen(t, y)
	if a := holding(t, v, ip(10)); !a.Addresses[0].Disputed || a.Label() != "pc-1" {
		t.Errorf("two machines claim it within a minute: %s", describe(a))
	}
}

// A machine behind a router is known by its address alone; the router's
// interface tells nothing of it.
func TestRouter(t *testing.T) {
	router := mac(0x20)
	y := tell()
	for i := range 20 {
		y.flow(fmt.Sprintf("10.2.0.%d", i+1), router, ip(5), mac(5), 443, "tls")
	}
	v, assets := seen(t, y)
	if len(assets) != 22 { // 20 behind it, the server, the router
		t.Errorf("%d assets", len(assets))
	}
	for _, a := range assets {
		for _, i := range a.Interfaces {
			if i.Value == router && a.Key != "mac "+router {
				t.Errorf("%s has the router's interface", a.Label())
			}
		}
	}
	p, err := v.List(asset.Filter{Role: asset.RoleRouter}, "", 0)
	if err != nil || len(p.Assets) != 1 || p.Assets[0].Interfaces[0].Value != router {
		t.Errorf("routers %+v, %v", p.Assets, err)
	}
	// One connection outside shows a gateway too.
	_, assets = seen(t, tell().flow(ip(9), mac(9), "198.51.100.1", mac(0x21), 443, "tls"))
	if got := labels(assets); !slices.Contains(got, mac(0x21)+" router") {
		t.Errorf("assets %v", got)
	}
}

func labels(assets []asset.Asset) []string {
	var out []string
	for _, a := range assets {
		out = append(out, strings.TrimSpace(a.Label()+" "+strings.Join(values(a.Roles), " ")))
	}
	slices.Sort(out)
	return out
}

// A proxy answers ARP for a whole network: past a few addresses its interface
// says nothing of who has them.
func TestProxyARP(t *testing.T) {
	y := tell()
	for i := range 40 {
		y.arp(ip(i+1), mac(1))
	}
	_, assets := seen(t, y)
	for _, a := range assets {
		if len(a.Addresses) > 8 {
			t.Errorf("%s has %d addresses", a.Label(), len(a.Addresses))
		}
	}
}

// A phone makes up an address for each visit. By an identifier of its own it is
// one machine; by a name alone it may be.
func TestRandomMACs(t *testing.T) {
	id := []string{"client_id", "ff00000001000100012233445566", "client_id_own", "true"}
	y := tell().leased("02:11:22:33:44:01", ip(10), "phone-of-ann", id...).wait(24*time.Hour).leased("06:11:22:33:44:02", ip(11), "phone-of-ann", id...)
	v, assets := seen(t, y)
	phone := holding(t, v, ip(11))
	if len(phone.Interfaces) != 2 || !phone.Interfaces[1].Random || len(assets) != 2 {
		t.Errorf("%d assets, phone %s", len(assets), describe(phone))
	}
	if len(phone.Because) != 1 || !strings.Contains(phone.Because[0].Say().EN, "identifier") || phone.Because[0].Event == "" {
		t.Errorf("because %+v", phone.Because)
	}

	y = tell().leased("02:11:22:33:44:01", ip(10), "phone-of-ann").wait(24*time.Hour).leased("06:11:22:33:44:02", ip(11), "phone-of-ann")
	v, assets = seen(t, y)
	phone = holding(t, v, ip(11))
	if len(phone.Similar) != 1 || phone.Similar[0].Kind != asset.SameName || len(assets) != 3 {
		t.Errorf("%d assets, similar %+v", len(assets), phone.Similar)
	}
	// What a maker calls all of its phones proposes nothing.
	v, _ = seen(t, tell().leased("02:11:22:33:44:01", ip(10), "iPhone").leased("06:11:22:33:44:02", ip(11), "iPhone"))
	if phone = holding(t, v, ip(11)); len(phone.Similar) != 0 {
		t.Errorf("similar %+v", phone.Similar)
	}
}

// A machine that was known by an address alone turns out to have an interface.
func TestAbsorbed(t *testing.T) {
	y := tell().flow(ip(10), "", ip(5), "", 443, "tls").wait(10*time.Minute).arp(ip(5), mac(5))
	v, assets := seen(t, y)
	server := holding(t, v, ip(5))
	if len(assets) != 2 || server.Key != "mac "+mac(5) || len(server.Parts) != 1 || len(server.Services) != 1 || !server.First.Before(start.Add(time.Minute)) {
		t.Errorf("%d assets, server %+v", len(assets), server)
	}
	if old, err := v.Get(server.Parts[0]); err != nil || old.ID != server.ID {
		t.Errorf("its former id leads to %s, %v", old.ID, err)
	}
	// After a day of silence it may be another machine.
	y = tell().flow(ip(10), "", ip(5), "", 443, "tls").wait(24*time.Hour).arp(ip(5), mac(5))
	v, assets = seen(t, y)
	if server = holding(t, v, ip(5)); len(assets) != 3 || len(server.Similar) != 1 || server.Similar[0].Kind != asset.PassedAddress {
		t.Errorf("%d assets, similar %+v", len(assets), server.Similar)
	}
}

// Nothing outside, no group, and nothing that never answered is inventoried.
func TestNotInventoried(t *testing.T) {
	y := tell().flow("203.0.113.9", "", "198.51.100.1", "", 443, "tls").arp("0.0.0.0", mac(1)).arp("224.0.0.1", mac(1))
	for i := range 200 { // a scan of what is not there
		e := ends(y.event(event.NetworkActivity), "203.0.113.9", "", ip(i), "")
		e.SetActivity(event.ConnFail)
		e.SetInt(event.DstPort, 22)
	}
	e := ends(y.event(event.NetworkActivity), "127.0.0.1", "", "127.0.0.1", "")
	e.SetActivity(event.ConnClose)
	if _, assets := seen(t, y); len(assets) != 0 {
		t.Errorf("assets %v", labels(assets))
	}
}

// What a stranger chooses is bounded and can be shown.
func TestHostile(t *testing.T) {
	y := tell()
	for i := range 10_000 {
		y.leased(mac(1), ip(10), fmt.Sprintf("\x1b[2J\nname-%d\x00\u202e%s", i, strings.Repeat("x", 500)))
	}
	v, assets := seen(t, y)
	a := holding(t, v, ip(10))
	if len(a.Names) > 16 || !a.Truncated || len(assets) != 2 {
		t.Errorf("%d names, truncated %v, %d assets", len(a.Names), a.Truncated, len(assets))
	}
	for _, n := range a.Names {
		if len(n.Value) > 128 || strings.ContainsFunc(n.Value, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("name %q", n.Value)
		}
	}
	// More machines than there is room for: those that stayed are kept.
	s := newStore()
	v = open(t, s, func(c *asset.Config) { c.Limit = 500 })
	y = tell().leased(mac(1), ip(10), "pc-1")
	for i := range 6_000 {
		y.arp(fmt.Sprintf("10.1.%d.%d", 1+i>>8&127, i&255), fmt.Sprintf("02:00:00:00:%02x:%02x", i>>8, i&255))
	}
	observe(t, v, y.events, 100)
	flush(t, v)
	if n := v.Counts(); n.Assets > 500 || n.Refused == 0 || len(s.rows) != n.Assets {
		t.Errorf("%+v, %d stored", n, len(s.rows))
	}
	if holding(t, v, ip(10)).Label() != "pc-1" {
		t.Error("a machine that stays is forgotten for a flood")
	}
}

// Names by each way in which they are said.
func TestNames(t *testing.T) {
	dns := func(y *story, protocol, src, dst, dstMAC, asked, answers string) {
		e := ends(y.event(event.DNSActivity), src, mac(1), dst, dstMAC)
		e.SetActivity(2)
		e.SetStr(event.AppProtocol, protocol)
		e.SetStr(event.DNSQuery, asked)
		e.SetStr(event.DNSAnswers, answers)
	}
	server := func(y *story, class event.Class) *event.Event {
		e := ends(y.event(class), ip(10), mac(1), ip(20), mac(2))
		e.SetActivity(event.ConnClose)
		e.SetInt(event.DstPort, 443)
		e.SetStr(event.ProtocolName, "tcp")
		return e
	}
	const group = "01:00:5e:00:00:fb"
	for name, tt := range map[string]struct {
		tell func(y *story)
		of   string
		want string
	}{
		"dhcp":      {func(y *story) { y.leased(mac(1), ip(10), "pc-1") }, ip(10), "pc-1 dhcp"},
		"full name": {func(y *story) { y.leased(mac(1), ip(10), "", "client_fqdn", "pc-1.example.com") }, ip(10), "pc-1.example.com dhcp"},
		"mdns": {func(y *story) {
			dns(y, "mdns", ip(10), "224.0.0.251", group, "", `[{"hostname":"tv.local","rdata":"10.1.0.10","type":"A"}]`)
		}, ip(10), "tv.local mdns"},
		"mdns of another": {func(y *story) {
			dns(y, "mdns", ip(10), "224.0.0.251", group, "", `[{"hostname":"tv.local","rdata":"10.1.0.99","type":"A"}]`)
		}, ip(10), ""},
		"llmnr": {func(y *story) {
			y.arp(ip(20), mac(2))
			dns(y, "llmnr", ip(10), ip(20), "", "nas", `[{"rdata":"10.1.0.20","type":"A"}]`)
		}, ip(20), "nas llmnr"},
		"dns": {func(y *story) {
			y.arp(ip(20), mac(2))
			dns(y, "dns", ip(10), ip(1), "", "nas.example.com", `[{"rdata":"10.1.0.20","type":"A"}]`)
		}, ip(20), "nas.example.com dns"},
		"dns backwards": {func(y *story) {
			y.arp(ip(20), mac(2))
			dns(y, "dns", ip(10), ip(1), "", "20.0.1.10.in-addr.arpa", `[{"rdata":"nas.example.com","type":"PTR"}]`)
		}, ip(20), "nas.example.com dns"},
		"netbios answer": {func(y *story) {
			y.arp(ip(20), mac(2))
			dns(y, "netbios-ns", ip(10), ip(20), "", "NAS<20>", `[{"rdata":"10.1.0.20","type":"NB"}]`)
		}, ip(20), "NAS netbios"},
		"netbios status": {func(y *story) {
			dns(y, "netbios-ns", ip(10), ip(20), mac(2), "*<00>", `[{"rdata":"NAS<00> HOME<00> group 00:00:5e:00:53:02","type":"NBSTAT"}]`)
		}, ip(20), "NAS netbios"},
		"netbios workgroup": {func(y *story) {
			dns(y, "netbios-ns", ip(10), ip(20), mac(2), "HOME<00>", `[{"rdata":"10.1.0.20 group","type":"NB"}]`)
		}, ip(20), ""},
		"netbios claim": {func(y *story) {
			e := ends(y.event(event.DNSActivity), ip(10), mac(1), "10.1.0.255", "ff:ff:ff:ff:ff:ff")
			e.SetActivity(1)
			e.SetStr(event.AppProtocol, "netbios-ns")
			e.SetInt(event.DNSOpcodeID, 5)
			e.SetStr(event.DNSQuery, "PC-1<00>")
		}, ip(10), "PC-1 netbios"},
		"server name": {func(y *story) { server(y, event.NetworkActivity).SetStr(event.TLSSNI, "intranet.example.com") }, ip(20), "intranet.example.com sni"},
		"certificate": {func(y *story) {
			server(y, event.NetworkActivity).SetStr(event.TLSSubject, "C=KR, O=Example, CN=*.example.com")
		}, ip(20), "example.com certificate"},
		"web host": {func(y *story) {
			e := server(y, event.HTTPActivity)
			e.SetInt(event.HTTPStatus, 200)
			e.SetStr(event.HTTPHost, "wiki.example.com")
		}, ip(20), "wiki.example.com http"},
		"web host that is an address": {func(y *story) {
			e := server(y, event.HTTPActivity)
			e.SetInt(event.HTTPStatus, 200)
			e.SetStr(event.HTTPHost, ip(20))
		}, ip(20), ""},
		"machine account": {func(y *story) {
			e := server(y, event.Authentication)
			e.SetStatus(event.Success)
			e.SetStr(event.AuthProtocol, "Kerberos")
			e.SetStr(event.UserName, "PC-1$")
		}, ip(10), "PC-1 kerberos"},
		"workstation": {func(y *story) {
			e := server(y, event.Authentication)
			e.SetStr(event.AuthProtocol, "NTLM")
			e.SetStr(event.SrcHostname, `\\PC-1`)
		}, ip(10), "PC-1 ntlm"},
		"log of an address": {func(y *story) {
			e := y.event(event.Base)
			e.SetStr(event.DeviceIP, ip(30))
			e.SetStr(event.DeviceHostname, "switch-1")
		}, ip(30), "switch-1 log"},
	} {
		t.Run(name, func(t *testing.T) {
			y := tell()
			tt.tell(y)
			v, _ := seen(t, y)
			got := ""
			for _, n := range holding(t, v, tt.of).Names {
				got += n.Value + " " + string(n.Via)
				if n.Event == "" || n.First.IsZero() {
					t.Errorf("no evidence: %+v", n)
				}
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	for role, tell := range map[string]func(y *story){
		asset.RoleWeb:        func(y *story) { y.flow(ip(10), mac(1), ip(20), mac(2), 8080, "http") },
		asset.RoleDNS:        func(y *story) { y.flow(ip(10), mac(1), ip(20), mac(2), 53, "dns") },
		asset.RoleMail:       func(y *story) { y.flow(ip(10), mac(1), ip(20), mac(2), 587, "smtp") },
		asset.RolePrinter:    func(y *story) { y.flow(ip(10), mac(1), ip(20), mac(2), 9100, "") },
		asset.RoleController: func(y *story) { y.flow(ip(10), mac(1), ip(20), mac(2), 502, "") },
		asset.RoleCamera:     func(y *story) { y.flow(ip(10), mac(1), ip(20), mac(2), 554, "") },
		asset.RoleDomainController: func(y *story) {
			y.flow(ip(10), mac(1), ip(20), mac(2), 389, "").flow(ip(10), mac(1), ip(20), mac(2), 88, "kerberos")
		},
	} {
		y := tell2(tell)
		v, _ := seen(t, y)
		if server := holding(t, v, ip(20)); !slices.Contains(values(server.Roles), role) {
			t.Errorf("%s: %s", role, describe(server))
		}
		if client := holding(t, v, ip(10)); !slices.Equal(values(client.Roles), []string{asset.RoleClient}) {
			t.Errorf("%s: its client is %s", role, describe(client))
		}
	}
	v, _ := seen(t, tell2(func(y *story) { y.flow(ip(10), mac(1), ip(20), mac(2), 88, "kerberos") }))
	if a := holding(t, v, ip(20)); slices.Contains(values(a.Roles), asset.RoleDomainController) {
		t.Error("Kerberos alone makes a domain controller")
	}
}

func tell2(f func(y *story)) *story {
	y := tell()
	f(y)
	return y
}

func TestSystems(t *testing.T) {
	for class, want := range map[string]string{
		"MSFT 5.0": "Windows", "android-dhcp-13": "Android 13", "udhcp 1.24.2": "embedded Linux", "dhcpcd-9.4.1:Linux-6.1:x86_64": "Linux", "whatever": "",
	} {
		v, _ := seen(t, tell().leased(mac(1), ip(10), "", "vendor_class", class))
		if got := strings.Join(values(holding(t, v, ip(10)).Systems), ","); got != want {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64)": "Windows NT 10.0", "Dalvik/2.1.0 (Linux; U; Android 5.1.1; SM-G900F)": "Android 5.1.1",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X)": "iOS 17.2", "curl/8.0": "",
	} {
		y := tell()
		e := ends(y.event(event.HTTPActivity), ip(10), mac(1), "198.51.100.1", "")
		e.SetInt(event.HTTPStatus, 200)
		e.SetStr(event.HTTPUserAgent, agent)
		v, _ := seen(t, y)
		if got := strings.Join(values(holding(t, v, ip(10)).Systems), ","); got != want {
			t.Errorf("%s: %q, want %q", agent, got, want)
		}
	}
}

// What people decide stays, is recorded, and can be taken back.
func TestPeople(t *testing.T) {
	s := newStore()
	v := open(t, s)
	ctx := audit.WithActor(t.Context(), audit.Actor{ID: "usr_1", Name: "kim"})
	y := tell().leased(mac(1), ip(10), "laptop-lan").leased(mac(2), ip(11), "laptop-wlan")
	observe(t, v, y.events, 10)
	lan, wlan := holding(t, v, ip(10)), holding(t, v, ip(11))
	name, grade := "김 대리 노트북", segment.Sensitive
	if _, err := v.Edit(ctx, lan.ID, asset.Edit{Name: &name, Grade: &grade}); err != nil {
		t.Fatal(err)
	}
	one, err := v.Merge(ctx, lan.ID, []string{wlan.ID}, "docking station")
	if err != nil {
		t.Fatal(err)
	}
	if len(one.Addresses) != 2 || one.Label() != name || !strings.Contains(one.Because[0].Say().KO, "kim 님이") {
		t.Errorf("merged: %s, because %+v", describe(one), one.Because)
	}
	// It holds after a restart, and for what is seen later.
	flush(t, v)
	v = open(t, s)
	observe(t, v, tell().wait(time.Hour).leased(mac(2), ip(12), "renamed").events, 10)
	if a := holding(t, v, ip(12)); a.ID != lan.ID || a.Decided.Grade != segment.Sensitive {
		t.Errorf("later: %s", describe(a))
	}
	if _, err := v.Split(ctx, lan.ID, wlan.ID, ""); err != nil {
		t.Fatal(err)
	}
	if a, err := v.Get(wlan.ID); err != nil || a.ID != wlan.ID || !slices.Contains(a.Apart, lan.ID) {
		t.Errorf("split: %+v, %v", a, err)
	}
	// Apart by hand stays apart, whatever they share.
	observe(t, v, tell().wait(2*time.Hour).leased(mac(2), ip(13), "laptop-lan").events, 10)
	if a, _ := v.Get(wlan.ID); len(a.Similar) != 0 {
		t.Errorf("proposed again: %+v", a.Similar)
	}
	// An interface can be taken out too.
	if _, err := v.Merge(ctx, lan.ID, []string{wlan.ID}, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Split(ctx, lan.ID, mac(2), ""); err != nil {
		t.Fatal(err)
	}
	flush(t, v)
	v = open(t, s)
	observe(t, v, tell().wait(3*time.Hour).arp(ip(14), mac(2)).events, 10)
	if a := holding(t, v, ip(14)); a.ID == lan.ID || !strings.HasPrefix(a.Key, "split ") {
		t.Errorf("the interface is %s's", a.Key)
	}
	var did []string
	for _, e := range s.log {
		did = append(did, e.Action)
	}
	if diff := cmp.Diff([]string{"asset.edit", "asset.merge", "asset.split", "asset.merge", "asset.split"}, did); diff != "" {
		t.Error(diff)
	}
}

// A change that cannot be stored has not happened.
func TestPeopleWithoutDisk(t *testing.T) {
	s := newStore()
	v := open(t, s)
	observe(t, v, tell().leased(mac(1), ip(10), "a").leased(mac(2), ip(11), "b").events, 10)
	before := all(t, v)
	a, b := holding(t, v, ip(10)), holding(t, v, ip(11))
	s.fail = errors.New("disk is full")
	name := "x"
	for what, err := range map[string]error{
		"edit":        second(v.Edit(t.Context(), a.ID, asset.Edit{Name: &name})),
		"merge":       second(v.Merge(t.Context(), a.ID, []string{b.ID}, "")),
		"split":       second(v.Split(t.Context(), a.ID, mac(1), "")),
		"distinguish": second(v.Distinguish(t.Context(), a.ID, b.ID, "")),
	} {
		if !errors.Is(err, s.fail) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if diff := cmp.Diff(before, all(t, v), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("changed nevertheless (-before +after):\n%s", diff)
	}
	if err := v.Flush(t.Context()); !errors.Is(err, s.fail) {
		t.Errorf("flush: %v", err)
	}
	s.fail = nil
	flush(t, v)
	if len(s.rows) != 3 {
		t.Errorf("%d stored once there is room", len(s.rows))
	}
}

func second(_ asset.Asset, err error) error { return err }

func TestRefused(t *testing.T) {
	v := open(t, newStore())
	observe(t, v, tell().arp(ip(10), mac(1)).events, 10)
	a := holding(t, v, ip(10))
	long, bad, grade := strings.Repeat("x", 200), "\xff", segment.Grade("X")
	for what, tt := range map[string]struct {
		err  error
		want error
	}{
		"unknown":     {second(v.Edit(t.Context(), "ast_none", asset.Edit{})), asset.ErrNotFound},
		"long name":   {second(v.Edit(t.Context(), a.ID, asset.Edit{Name: &long})), asset.ErrInvalid},
		"not UTF-8":   {second(v.Edit(t.Context(), a.ID, asset.Edit{Note: &bad})), asset.ErrInvalid},
		"grade":       {second(v.Edit(t.Context(), a.ID, asset.Edit{Grade: &grade})), asset.ErrInvalid},
		"itself":      {second(v.Merge(t.Context(), a.ID, []string{a.ID}, "")), asset.ErrInvalid},
		"other":       {second(v.Merge(t.Context(), a.ID, []string{"ast_none"}, "")), asset.ErrNotFound},
		"no part":     {second(v.Split(t.Context(), a.ID, a.ID, "")), asset.ErrInvalid},
		"nothing":     {second(v.Split(t.Context(), a.ID, "eth0", "")), asset.ErrInvalid},
		"not its own": {second(v.Split(t.Context(), a.ID, mac(9), "")), asset.ErrInvalid},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", what, tt.err, tt.want)
		}
	}
	if _, err := v.List(asset.Filter{}, "nonsense", 0); !errors.Is(err, asset.ErrInvalid) {
		t.Errorf("cursor: %v", err)
	}
}

// Changes are told once each, and again where they may not have arrived.
func TestChanges(t *testing.T) {
	var told []string
	var fail error
	v := open(t, newStore(), func(c *asset.Config) {
		c.Changes = func(_ context.Context, changes []asset.Change) error {
			if fail == nil {
				for _, x := range changes {
					told = append(told, string(x.Kind)+" "+x.Asset.Label())
				}
			}
			return fail
		}
	})
	observe(t, v, tell().flow(ip(10), "", ip(5), "", 443, "tls").arp(ip(5), mac(5)).events, 10)
	fail = errors.New("not now")
	if err := v.Flush(t.Context()); !errors.Is(err, fail) {
		t.Errorf("flush: %v", err)
	}
	fail = nil
	flush(t, v)
	flush(t, v)
	slices.Sort(told)
	if diff := cmp.Diff([]string{"appeared " + ip(10), "appeared " + ip(5), "appeared " + ip(5), "merged " + ip(5)}, told); diff != "" {
		t.Error(diff)
	}
}

func TestListAndCSV(t *testing.T) {
	y := tell().leased(mac(1), ip(10), "=HYPERLINK(1)").leased(mac(2), ip(11), "pc-2").host("srv-1").flow("10.2.0.4", "", ip(11), "", 80, "http")
	v, assets := seen(t, y)
	for name, tt := range map[string]struct {
		filter asset.Filter
		want   int
	}{
		"all": {asset.Filter{}, len(assets)}, "text": {asset.Filter{Text: "PC-2"}, 1}, "segment": {asset.Filter{Segment: "plant"}, 1},
		"prefix": {asset.Filter{Prefix: netip.MustParsePrefix("10.1.0.10/31")}, 2}, "role": {asset.Filter{Role: asset.RoleWeb}, 1},
		"vendor": {asset.Filter{Vendor: "iana"}, 2}, "organisation": {asset.Filter{Tenant: "org_other"}, 0},
		"seen": {asset.Filter{Seen: start.Add(time.Hour)}, 0}, "new": {asset.Filter{New: start.Add(5 * time.Second)}, 2}, "owner": {asset.Filter{Owner: "kim"}, 0},
	} {
		p, err := v.List(tt.filter, "", 0)
		if err != nil || p.Total != tt.want || len(p.Assets) != tt.want {
			t.Errorf("%s: %d of %d, want %d, %v", name, len(p.Assets), p.Total, tt.want, err)
		}
	}
	var b strings.Builder
	if err := asset.WriteCSV(&b, assets); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(rows) != len(assets)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
}
