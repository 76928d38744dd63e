package asset_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bongsu/bongsu/event"
)

// FuzzObserve gives events whose every text a stranger has chosen. What comes
// out can be stored and read back as it was.
func FuzzObserve(f *testing.F) {
	f.Add(byte(0), "10.1.0.10", "00:00:5e:00:53:01", "pc", `[{"hostname":"a.local","rdata":"10.1.0.10","type":"A"}]`, "mdns")
	f.Add(byte(1), "10.1.0.10", "02:00:5e:00:53:01", "pc.example.com", "MSFT 5.0", "dhcp")
	f.Add(byte(2), "fe80::1", "00:00:5e:00:53:01", "Mozilla/5.0 (Windows NT 10.0)", "nginx (Ubuntu)", "http")
	f.Add(byte(3), "10.1.0.10", "", "PC$", "", "kerberos")
	f.Add(byte(4), "10.1.0.10", "00:00:5e:00:53:01", "*<00>", `[{"rdata":"PC<00> HOME<00> group","type":"NBSTAT"}]`, "netbios-ns")
	classes := []event.Class{event.DNSActivity, event.DHCPActivity, event.HTTPActivity, event.Authentication, event.NetworkActivity, event.SSHActivity, event.Base}
	f.Fuzz(func(t *testing.T, kind byte, address, hardware, name, text, app string) {
		y := tell()
		for range 2 {
			e := ends(y.event(classes[int(kind)%len(classes)]), address, hardware, "10.1.0.20", "01:00:5e:00:00:fb")
			e.SetActivity(int(kind>>4) % 9)
			e.SetInt(event.DstPort, int64(kind)*257)
			e.SetInt(event.BytesIn, 1)
			e.SetInt(event.HTTPStatus, 200)
			for _, p := range []event.Path{event.SrcHostname, event.DNSQuery, event.HTTPHost, event.HTTPUserAgent, event.UserName, event.TLSSNI, event.TLSSubject, event.DeviceHostname} {
				e.SetText(p, name)
			}
			e.SetText(event.DNSAnswers, text)
			e.SetText(event.AppProtocol, app)
			e.SetText(event.AuthProtocol, "NTLM")
			for _, n := range []string{"client_fqdn", "vendor_class", "http_server", "server_software", "client_id"} {
				e.AddUnmappedStr(n, text)
			}
			e.AddUnmapped("client_id_own", "true")
			e.AddUnmappedStr("mac", hardware)
			e.AddUnmappedStr("assigned_addr", address)
			e.AddUnmappedStr("server_addr", name)
			kind += 3
		}
		s := newStore()
		v := open(t, s)
		observe(t, v, y.events, 1)
		flush(t, v)
		want := all(t, v)
		if diff := cmp.Diff(want, all(t, open(t, s)), cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("read back otherwise (-seen +stored):\n%s", diff)
		}
	})
}
