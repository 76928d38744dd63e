package asset

import (
	"slices"
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/segment"
)

// observe learns from one event.
func (v *Inventory) observe(s *sight) {
	e := s.event
	switch {
	case e.Class == event.DHCPActivity:
		v.dhcp(s)
		return
	case e.Class/1000 == 4, e.Class == event.Authentication, e.Class == event.WebResources, e.Class == event.APIActivity:
		if e.Class == event.NetworkActivity && e.Str(event.ProtocolName) == "arp" {
			v.arp(s)
			return
		}
		v.talk(s)
	}
	v.device(s)
}

// arp learns from who speaks: what it asks for need not be there.
func (v *Inventory) arp(s *sight) {
	e := s.event
	v.machine(s, place{ip: e.Str(event.SrcIP), mac: e.Str(event.SrcMAC), zone: e.Str(event.SrcZone), alive: true, link: true, via: ViaARP})
}

// talk learns from what two ends did with each other.
func (v *Inventory) talk(s *sight) {
	e := s.event
	answered := took(e)
	dstMAC := e.Str(event.DstMAC)
	src := place{ip: e.Str(event.SrcIP), mac: e.Str(event.SrcMAC), zone: e.Str(event.SrcZone), alive: answered, via: ViaFlow}
	dst := place{ip: e.Str(event.DstIP), mac: dstMAC, zone: e.Str(event.DstZone), alive: answered, via: ViaFlow}
	if group(dstMAC) && onLink(dst.ip) {
		src.link, src.alive, src.via = true, true, ViaLink
	} else if strings.HasPrefix(src.ip, "fe80:") && src.mac != "" {
		src.link, src.via = true, ViaLink
	}
	client := v.machine(s, src)
	var server *record
	if !group(dstMAC) {
		server = v.machine(s, dst)
	}
	if answered && client != nil && dst.zone == segment.External && dstMAC != "" {
		v.gateway(s, dstMAC)
	}
	if server != nil && answered {
		v.serves(s, server)
	}
	switch e.Class {
	case event.DNSActivity:
		v.dns(s, client, server)
	case event.HTTPActivity:
		v.http(s, client, server)
	case event.SSHActivity:
		v.ssh(s, client, server)
	case event.NetworkActivity:
		if server != nil && (e.Has(event.TLSSNI) || e.Has(event.TLSSubject)) {
			v.tls(s, server)
		}
	case event.Authentication:
		v.logon(s, client)
	}
	if client != nil && answered && client != server {
		v.once(s, client, "client", "", func() { v.role(client, RoleClient, ViaFlow, s) })
	}
}

// took reports whether both ends took part.
func took(e *event.Event) bool {
	switch e.Class {
	case event.NetworkActivity:
		switch e.Activity() {
		case event.ConnOpen, event.ConnClose, event.ConnReset:
			return true
		case event.ConnTraffic:
			return e.Int(event.BytesIn) > 0 || e.Has(event.TLSCipher)
		}
		return false
	case event.DNSActivity:
		return e.Activity() == 2
	case event.HTTPActivity:
		return e.Has(event.HTTPStatus)
	}
	return true
}

// group reports whether a MAC address is that of many.
func group(mac string) bool {
	return len(mac) == 17 && digit(mac[1])&1 != 0 && digit(mac[1]) < 16
}

// onLink reports whether what is sent to an address stays on its link, or is
// sent with a hop limit that keeps it there.
func onLink(ip string) bool {
	return ip == "255.255.255.255" || ip == "239.255.255.250" || strings.HasPrefix(ip, "224.0.0.") || strings.HasPrefix(ip, "ff02:") ||
		strings.HasSuffix(ip, ".255")
}

// once runs do the first time in a minute that this is said of a record.
func (v *Inventory) once(s *sight, r *record, kind, value string, do func()) {
	key := toldKey{r, kind, value}
	if at, ok := v.told[key]; ok && at == s.minute {
		return
	}
	if len(v.told) >= maxTold {
		clear(v.told)
	}
	v.told[key] = s.minute
	do()
}

// gateway says that who has this interface passes on what goes outside.
func (v *Inventory) gateway(s *sight, text string) {
	mac, ok := ParseMAC(text)
	if !ok || !mac.usable() {
		return
	}
	if r := v.routers[macKey{s.tenant, mac}]; r != nil {
		v.see(r.root(), s)
		return
	}
	v.routes(s, mac)
}

// role says that a machine plays one.
func (v *Inventory) role(r *record, role string, via Via, s *sight) {
	changed, full := fact(&r.Roles, maxRoles, role, via, s)
	v.noted(r, changed, full)
}

func (v *Inventory) noted(r *record, changed, full bool) {
	if full && !r.Truncated {
		r.Truncated, changed = true, true
	}
	if changed {
		v.touch(r)
	}
}

// name says what a machine is called. What it calls itself is also what may
// show that two assets are one machine.
func (v *Inventory) name(s *sight, r *record, text string, via Via) {
	if r == nil || text == "" {
		return
	}
	r = r.root()
	v.once(s, r, string(via), text, func() {
		name := hostName(text)
		if name == "" {
			return
		}
		limit := maxNames
		if !via.own() {
			others := 0
			for i := range r.Names {
				if !r.Names[i].Via.own() && !strings.EqualFold(r.Names[i].Value, name) {
					others++
				}
			}
			if others >= maxOtherNames {
				limit = 0
			}
		}
		changed, full := fact(&r.Names, limit, name, via, s)
		v.noted(r, changed, full)
		if changed && via.own() {
			for _, other := range v.called(r, name) {
				v.resemble(r, other, Reason{Kind: SameName, Value: shortName(name), Time: s.at, Event: s.uid()})
			}
		}
	})
}

// called notes what a machine calls itself and returns the others of that name.
func (v *Inventory) called(r *record, name string) []*record {
	short := shortName(name)
	if generic[short] {
		return nil
	}
	key := textKey{r.Tenant, "name", short}
	list := v.named[key]
	var others []*record
	known := false
	for _, other := range list {
		if other.root() == r.root() {
			known = true
		} else {
			others = append(others, other)
		}
	}
	if !known && len(list) < maxNamed {
		at, _ := slices.BinarySearchFunc(list, r.ID, func(o *record, id string) int { return strings.Compare(o.ID, id) })
		v.named[key] = slices.Insert(list, at, r)
	}
	return others
}

// device learns from where a log comes from.
func (v *Inventory) device(s *sight) {
	e := s.event
	host, ip := e.Str(event.DeviceHostname), e.Str(event.DeviceIP)
	var r *record
	if ip != "" {
		r = v.machine(s, place{ip: ip, zone: e.Str(event.DeviceZone), alive: true, via: ViaLog})
		if r == nil {
			return
		}
		v.name(s, r, host, ViaLog)
		return
	}
	if host == "" {
		return
	}
	key := textKey{s.tenant, "name", host}
	if r = v.byText[key]; r == nil {
		name := strings.ToLower(hostName(host))
		if name == "" {
			return
		}
		key.value = name
		if r = v.byText[key]; r == nil {
			if r = v.create(keyName+name, s); r == nil {
				return
			}
			v.byText[key] = r
		}
	}
	r = r.root()
	v.see(r, s)
	v.name(s, r, host, ViaLog)
}
