package asset

import (
	"net/netip"
	"strings"

	"github.com/bongsu/bongsu/event"
)

// Activities of DHCP Activity.
const (
	dhcpOffer   = 2
	dhcpAck     = 5
	dhcpNak     = 6
	dhcpRelease = 7
	dhcpInform  = 8
)

// dhcp learns from a message of DHCP, or from a line of a log that sums up an
// exchange. The client's interface and names are in the message itself, so a
// relay on the way changes nothing.
func (v *Inventory) dhcp(s *sight) {
	e := s.event
	v.dhcpServer(s)
	text := e.UnmappedStr("mac")
	if text == "" {
		text = e.Str(event.SrcMAC)
	}
	mac, ok := ParseMAC(text)
	if !ok || !mac.usable() {
		return
	}
	r := v.client(s, mac)
	if r == nil {
		return
	}
	act := e.Activity()
	switch act {
	case dhcpAck:
		given := e.UnmappedStr("assigned_addr")
		if given == "" && e.UnmappedStr("transaction_uid") == "" { // a line of a log
			given = e.Str(event.SrcIP)
		}
		r = v.lease(s, r, given)
	case dhcpInform:
		r = v.lease(s, r, e.UnmappedStr("client_addr"))
	case dhcpRelease:
		v.release(s, r, e.UnmappedStr("client_addr"))
	}
	if act == dhcpOffer || act == dhcpNak {
		return // what a server would like is not yet so
	}
	v.name(s, r, e.UnmappedStr("client_fqdn"), ViaDHCP)
	v.name(s, r, e.Str(event.SrcHostname), ViaDHCP)
	v.name(s, r, e.UnmappedStr("host_name"), ViaDHCP)
	if class := e.UnmappedStr("vendor_class"); class != "" {
		v.once(s, r, "class", class, func() { v.system(s, r, systemOfClass(class), ViaDHCP) })
	}
	if id := identifier(e); id != "" {
		v.identified(s, r, mac, id)
	}
}

// client returns the record of who asks. An interface whose address is made up
// belongs to the machine whose identifier it gives, if that is known.
func (v *Inventory) client(s *sight, mac MAC) *record {
	key := macKey{s.tenant, mac}
	if mac.Random() && v.byMAC[key] == nil {
		if id := identifier(s.event); id != "" {
			if r := v.byText[textKey{s.tenant, "identifier", id}]; r != nil {
				v.byMAC[key] = r
				v.wired(r, mac, ViaDHCP, s)
				r.because(Reason{Kind: SameIdentifier, Value: id, Time: s.at, Event: s.uid()})
				v.see(r.root(), s)
				return r.root()
			}
		}
	}
	return v.station(s, mac, ViaDHCP)
}

// identifier returns what a client tells itself apart by, if that is more than
// its interface. Of an identifier made for each interface (RFC 4361) the part
// counts that stands for the machine.
func identifier(e *event.Event) string {
	id := e.UnmappedStr("client_id")
	if id == "" || e.UnmappedStr("client_id_own") != "true" {
		return ""
	}
	if len(id) > 10 && strings.HasPrefix(id, "ff") {
		return "duid " + id[10:]
	}
	return clean(id)
}

// identified notes an identifier. Two interfaces with makers' addresses may be
// two machines made from one image, so that they are only proposed.
func (v *Inventory) identified(s *sight, r *record, mac MAC, id string) {
	v.once(s, r, "identifier", id, func() {
		key := textKey{s.tenant, "identifier", id}
		if other := v.byText[key]; other == nil {
			v.byText[key] = r
		} else if other.root() != r.root() {
			v.resemble(r, other, Reason{Kind: SameIdentifier, Value: id, Time: s.at, Event: s.uid()})
			return
		}
		changed, full := fact(&r.Identifiers, maxIdentifiers, id, ViaDHCP, s)
		v.noted(r, changed, full)
	})
}

// lease says that a machine was given an address. It returns the machine.
func (v *Inventory) lease(s *sight, r *record, text string) *record {
	addr, zone, ok := v.judge(text, "")
	if !ok {
		return r
	}
	// What it was given before in this segment it has no longer.
	r.each(func(p *record) bool {
		for i := range p.Addresses {
			a := &p.Addresses[i]
			if a.Via != ViaDHCP || a.Segment != zone || a.IP == addr || !a.Until.IsZero() || !a.IP.Is4() || a.First.After(s.at) {
				continue
			}
			if b := v.byAddress[addressKey{s.tenant, zone, a.IP}]; b != nil && b.rec == p {
				v.part(b, a.IP, zone, s.at)
			}
		}
		return true
	})
	return v.bind(s, r, addr, zone, ViaDHCP)
}

func (v *Inventory) release(s *sight, r *record, text string) {
	addr, zone, ok := v.judge(text, "")
	if !ok {
		return
	}
	if b := v.byAddress[addressKey{s.tenant, zone, addr}]; b != nil && b.rec.root() == r && b.holds(s.at) {
		v.part(b, addr, zone, s.at)
	}
}

// dhcpServer learns from what a server says of itself.
func (v *Inventory) dhcpServer(s *sight) {
	e := s.event
	act := e.Activity()
	if act != dhcpAck && act != dhcpOffer && act != dhcpNak {
		return
	}
	text := e.UnmappedStr("server_addr")
	if text == "" && e.Int(event.DstPort) == 67 {
		text = e.Str(event.DstIP)
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return
	}
	r := v.machine(s, place{ip: addr.String(), alive: true, via: ViaDHCP})
	if r == nil {
		return
	}
	v.once(s, r, "dhcp", "", func() { v.role(r, RoleDHCP, ViaDHCP, s) })
}
