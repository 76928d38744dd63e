package asset

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/segment"
)

// A place is one end of an event.
type place struct {
	ip, mac, zone string
	alive         bool // it took part, so it is there
	link          bool // the frame came from the machine itself, no router passed it on
	via           Via  // of what is learnt from it
}

// machine returns the record of an end, nil where it belongs to nobody inside.
func (v *Inventory) machine(s *sight, p place) *record {
	if p.ip == "" || p.zone == segment.External {
		return nil
	}
	key := endpointKey{s.tenant, p.zone, p.ip, p.mac}
	e := v.cache[key]
	if e != nil && e.age == v.age && (!p.link || e.strong && (e.via == p.via || rank[e.via] < rank[p.via])) {
		if e.rec == nil || s.minute == e.minute && !s.at.Before(e.bound.since) {
			if e.rec != nil && s.at.UnixNano() < e.rec.first {
				v.see(e.rec, s)
			}
			return e.rec
		}
		if s.minute > e.minute && s.minute-e.minute < int64(boundFor/time.Minute) {
			e.minute = s.minute
			v.again(e, s, p)
			return e.rec
		}
	}
	e = &endpoint{age: v.age, minute: s.minute, strong: p.link, via: p.via}
	addr, zone, ok := v.judge(p.ip, p.zone)
	if ok {
		e.ip = addr
		e.rec = v.resolve(s, p, addr, zone)
		if e.rec == nil {
			return nil // not yet known to be there
		}
		e.bound, e.age = v.byAddress[addressKey{s.tenant, zone, addr}], v.age
		if e.bound == nil || !e.bound.holds(s.at) {
			return e.rec // as it was then
		}
	}
	if len(v.cache) >= maxCache {
		clear(v.cache)
	}
	v.cache[key] = e
	return e.rec
}

// again says that a machine was active at an address that it has.
func (v *Inventory) again(e *endpoint, s *sight, p place) {
	v.see(e.rec, s)
	if mac, ok := ParseMAC(p.mac); ok && p.link {
		if r := v.byMAC[macKey{s.tenant, mac}]; r != nil {
			v.wired(r, mac, p.via, s)
		}
	}
	if e.bound == nil || e.bound.last >= s.minute {
		return
	}
	e.bound.last = s.minute
	v.stamp(e.bound.rec, e.ip, s)
}

// stamp moves the time at which an address was last seen.
func (v *Inventory) stamp(r *record, ip netip.Addr, s *sight) {
	for i := range r.Addresses {
		if a := &r.Addresses[i]; a.IP == ip && a.Until.IsZero() && a.Last.Before(s.clock()) {
			a.Last = s.clock()
			v.touch(r)
		}
	}
}

// judge returns the address of one machine inside, and its segment.
func (v *Inventory) judge(text, zone string) (addr netip.Addr, in string, ok bool) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return addr, "", false
	}
	addr = addr.Unmap().WithZone("")
	if !single(addr) {
		return addr, "", false
	}
	if zone == "" {
		zone = v.config.Segments.Of(addr)
	}
	return addr, zone, inside(zone)
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// single reports whether an address can be that of one machine on a network.
func single(a netip.Addr) bool {
	return !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && a != broadcast
}

// resolve finds or makes the record of an address.
func (v *Inventory) resolve(s *sight, p place, addr netip.Addr, zone string) *record {
	mac, _ := ParseMAC(p.mac)
	if p.link && mac.usable() {
		if rec := v.station(s, mac, p.via); rec != nil {
			return v.bind(s, rec, addr, zone, p.via)
		}
	}
	key := addressKey{s.tenant, zone, addr}
	last := v.byAddress[key]
	if b := last.at(s.at); b != nil {
		root := b.rec.root()
		hold := boundFor
		if !root.keyed() {
			hold = addressFor
		}
		if s.minute-b.last < int64(hold/time.Minute) {
			b.last = max(b.last, s.minute)
			v.see(root, s)
			v.stamp(b.rec, addr, s)
			if mac.usable() {
				v.hint(s, b.rec, mac, addr)
			}
			return root
		}
		// It was silent for so long that the address may have passed on.
		if b != last {
			return nil
		}
		v.part(b, addr, zone, minuteTime(b.last))
	} else if last != nil && s.at.Before(last.since) {
		return nil // late, and nobody knows whose it was
	}
	if !p.alive || addr.IsLinkLocalUnicast() { // which means little without its link
		return nil
	}
	name := keyAddress + zone + " " + addr.String()
	if last != nil || v.byID[assetID(s.tenant, name)] != nil {
		name += " " + s.clock().Format("2006-01-02T15:04")
	}
	rec := v.create(name, s)
	if rec == nil {
		return nil
	}
	v.see(rec, s)
	rec.holds(addr, zone, p.via, s).Since = s.at
	v.byAddress[key] = &binding{rec: rec, since: s.at, last: s.minute, before: last.without(rec)}
	v.byAddress[key].shorten()
	if mac.usable() {
		v.hint(s, rec, mac, addr)
	}
	return rec.root()
}

// part ends the time in which a machine had an address.
func (v *Inventory) part(b *binding, ip netip.Addr, zone string, at time.Time) {
	b.until = at
	if a := b.rec.address(ip, zone); a != nil && a.Until.IsZero() {
		a.Until = at
		v.touch(b.rec)
	}
	v.renew()
}

// station returns the record of an interface, made where there is none. It is
// nil for one that tells no machine apart.
func (v *Inventory) station(s *sight, mac MAC, via Via) *record {
	key := macKey{s.tenant, mac}
	if r := v.byMAC[key]; r != nil {
		v.see(r.root(), s)
		v.wired(r, mac, via, s)
		return r.root()
	}
	r := v.create(keyMAC+mac.String(), s)
	if r == nil {
		return nil
	}
	v.byMAC[key] = r
	r.Behind = v.behind[key]
	delete(v.behind, key)
	v.wired(r, mac, via, s)
	v.see(r, s)
	if mac.virtual() {
		v.role(r, RoleRouter, via, s)
		v.routers[key] = r
	}
	return r.root()
}

// wired says that a record has an interface.
func (v *Inventory) wired(r *record, mac MAC, via Via, s *sight) {
	text := mac.String()
	for i := range r.Interfaces {
		if r.Interfaces[i].Value == text {
			if via != ViaFlow && refresh(&r.Interfaces[i].Fact, via, s) {
				v.touch(r)
			}
			return
		}
	}
	if len(r.Interfaces) >= maxInterfaces {
		r.Truncated = true
		return
	}
	r.Interfaces = append(r.Interfaces, Interface{
		Fact:   Fact{Value: text, Via: via, First: s.at, Last: s.clock(), Event: s.uid()},
		Vendor: v.vendors.Of(mac), Random: mac.Random(),
	})
	v.touch(r)
}

// bind says that a machine has an address, by evidence that names its
// interface. It returns the machine.
func (v *Inventory) bind(s *sight, rec *record, addr netip.Addr, zone string, via Via) *record {
	key := addressKey{s.tenant, zone, addr}
	last := v.byAddress[key]
	if last != nil && last.rec.root() == rec {
		if last.rec.address(addr, zone) == nil { // it made room for others
			last.rec = rec
		}
		last.last = max(last.last, s.minute)
		if !last.until.IsZero() && s.at.After(last.until) {
			last.until = time.Time{}
			v.renew()
		}
		last.rec.holds(addr, zone, via, s)
		v.touch(last.rec)
		return rec
	}
	if v.proxied(rec, addr, zone) {
		return v.resolve(s, place{ip: addr.String(), zone: zone, alive: true, via: via}, addr, zone)
	}
	if last != nil {
		if s.at.Before(last.since) { // of a time before the other machine had it
			var until time.Time
			if a := rec.address(addr, zone); a != nil {
				until = a.Until
			}
			a := rec.holds(addr, zone, via, s)
			if a.Until = until; a.Since.IsZero() {
				a.Since, a.Until = s.at, last.since
				last.follow(&binding{rec: rec, since: s.at, until: last.since, last: s.minute})
			}
			v.touch(rec)
			return rec
		}
		v.takeOver(s, last, rec, addr, zone)
	}
	rec.holds(addr, zone, via, s).Since = s.at
	v.touch(rec)
	v.byAddress[key] = &binding{rec: rec, since: s.at, last: s.minute, before: last.without(rec)}
	v.byAddress[key].shorten()
	v.renew()
	return rec
}

// takeOver decides what becomes of the machine that had an address which
// another one is found to have.
func (v *Inventory) takeOver(s *sight, b *binding, rec *record, addr netip.Addr, zone string) {
	before := b.rec.root()
	known := before.keyed()
	silent := s.at.Sub(minuteTime(b.last))
	if b.until.IsZero() {
		b.until = s.at
	}
	if a := b.rec.address(addr, zone); a != nil {
		if a.Until.IsZero() {
			a.Until = b.until
		}
		if known && silent <= disputeWithin {
			a.Disputed = true
			rec.holds(addr, zone, a.Via, s).Disputed = true
		}
		v.touch(b.rec)
	}
	if !known && silent <= sameSitting && v.merge(rec, before, Reason{Kind: SameAddress, Value: addr.String(), Time: s.at, Event: s.uid()}) {
		return
	}
	if !known && silent <= addressFor {
		v.resemble(rec, before, Reason{Kind: PassedAddress, Value: addr.String(), Time: s.at, Event: s.uid()})
	}
}

// proxied reports whether an interface answers for so many addresses that one
// more is not a statement about its machine (RFC 1027).
func (v *Inventory) proxied(rec *record, addr netip.Addr, zone string) bool {
	if !addr.Is4() || rec.address(addr, zone) != nil {
		return false
	}
	held := 0
	for i := range rec.Addresses {
		if a := &rec.Addresses[i]; a.IP.Is4() && a.Until.IsZero() && a.Via == ViaARP {
			held++
		}
	}
	return held >= manyAddresses
}

// hint notes behind which interface an address is. That may be a router's, so
// it tells no machine apart; it names the maker where the interface has few
// addresses.
func (v *Inventory) hint(s *sight, r *record, mac MAC, addr netip.Addr) {
	if !addr.Is4() || r.root().strong() || mac.virtual() {
		return
	}
	key := macKey{s.tenant, mac}
	if v.routers[key] != nil {
		return
	}
	if v.notice(key, addr) >= manyAddresses {
		v.routes(s, mac)
		return
	}
	if v.byMAC[key] != nil {
		return
	}
	v.wired(r, mac, ViaFlow, s)
}

// notice counts the addresses behind an interface.
func (v *Inventory) notice(key macKey, addr netip.Addr) int {
	if r := v.byMAC[key]; r != nil {
		var added bool
		if r.Behind, added = withAddress(r.Behind, addr); added {
			v.touch(r)
		}
		return len(r.Behind)
	}
	list, added := withAddress(v.behind[key], addr)
	if added {
		if len(v.behind) >= maxCache {
			clear(v.behind)
		}
		v.behind[key] = list
	}
	return len(list)
}

// withAddress adds an address to a short list in order.
func withAddress(list []netip.Addr, addr netip.Addr) (out []netip.Addr, added bool) {
	at, found := slices.BinarySearchFunc(list, addr, netip.Addr.Compare)
	if found || len(list) >= manyAddresses {
		return list, false
	}
	return slices.Insert(list, at, addr), true
}

// routes says that an interface is a router's: who is behind it has it no
// longer.
func (v *Inventory) routes(s *sight, mac MAC) {
	key := macKey{s.tenant, mac}
	if v.routers[key] != nil {
		return
	}
	text := mac.String()
	list := v.behind[key]
	if r := v.byMAC[key]; r != nil {
		list = r.Behind
	}
	if len(list) > 0 {
		for k, b := range v.byAddress {
			if k.tenant != s.tenant || !slices.Contains(list, k.ip) || b.rec.strong() {
				continue
			}
			n := len(b.rec.Interfaces)
			b.rec.Interfaces = slices.DeleteFunc(b.rec.Interfaces, func(i Interface) bool { return i.Value == text && i.Via == ViaFlow })
			if len(b.rec.Interfaces) < n {
				b.rec.because(Reason{Kind: ManyBehind, Value: text, Time: s.at, Event: s.uid()})
				v.touch(b.rec)
			}
		}
	}
	r := v.station(s, mac, ViaLink)
	if r == nil {
		return
	}
	v.routers[key] = r
	v.role(r, RoleRouter, ViaFlow, s)
	v.renew()
}

// merge makes one record part of another, unless a person said that they are
// two machines or there is no room.
func (v *Inventory) merge(into, from *record, reason Reason) bool {
	into, from = into.root(), from.root()
	if into == from {
		return true
	}
	parts := 0
	into.each(func(*record) bool { parts++; return true })
	from.each(func(*record) bool { parts++; return true })
	if parts > maxParts || into.Tenant != from.Tenant || isApart(into, from) {
		return false
	}
	from.into, from.MergedInto = into, into.ID
	at, _ := slices.BinarySearchFunc(into.parts, from.ID, func(p *record, id string) int { return strings.Compare(p.ID, id) })
	into.parts = slices.Insert(into.parts, at, from)
	reason.Other = from.ID
	into.because(reason)
	reason.Other = into.ID
	from.because(reason)
	into.Similar = slices.DeleteFunc(into.Similar, func(x Similar) bool { return x.ID == from.ID })
	from.Similar = slices.DeleteFunc(from.Similar, func(x Similar) bool { return x.ID == into.ID })
	if from.last > into.last {
		into.last, into.Last = from.last, from.Last
	}
	v.touch(into)
	v.touch(from)
	v.renew()
	v.change(Change{Kind: Merged, Asset: Asset{ID: into.ID}, Other: from.ID, Time: reason.Time, Event: reason.Event})
	return true
}

// resemble proposes that two records may be one machine.
func (v *Inventory) resemble(a, b *record, reason Reason) {
	a, b = a.root(), b.root()
	if a == b || isApart(a, b) {
		return
	}
	told := false
	for _, pair := range [2][2]*record{{a, b}, {b, a}} {
		r, other := pair[0], pair[1]
		if len(r.Similar) >= maxSimilar || slices.ContainsFunc(r.Similar, func(x Similar) bool { return x.ID == other.ID }) {
			continue
		}
		r.Similar = append(r.Similar, Similar{ID: other.ID, Reason: reason})
		v.touch(r)
		told = true
	}
	if told {
		v.change(Change{Kind: Resemble, Asset: Asset{ID: a.ID}, Other: b.ID, Time: reason.Time, Event: reason.Event})
	}
}
