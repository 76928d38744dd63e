package asset

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
)

// A record is an asset in memory. One that was found to be another points to
// it; what is seen from then on goes to that one, so that both come apart again
// as they were.
type record struct {
	Asset

	into  *record
	parts []*record
	dirty bool
	last  int64 // minute of Last
	first int64 // nanoseconds of First
}

// root is the record that a record was found to be, or itself.
func (r *record) root() *record {
	for r.into != nil {
		r = r.into
	}
	return r
}

// each calls yield with the record and all that were found to be it, until it
// returns false.
func (r *record) each(yield func(*record) bool) bool {
	if !yield(r) {
		return false
	}
	for _, p := range r.parts {
		if !p.each(yield) {
			return false
		}
	}
	return true
}

// keyed reports whether more is known of the machine than an address or a name.
func (r *record) keyed() bool {
	return !r.each(func(p *record) bool { return !p.strong() && len(p.Identifiers) == 0 })
}

// strong reports whether the record itself has an interface of its own.
func (r *record) strong() bool {
	for i := range r.Interfaces {
		if r.Interfaces[i].Via != ViaFlow {
			return true
		}
	}
	return false
}

// decided reports whether a person has said anything of the asset.
func (r *record) decided() bool {
	return r.Decided != (Decided{}) || len(r.Apart) > 0 || slices.ContainsFunc(r.Because, func(b Reason) bool { return b.Actor != "" })
}

// A sight is the event that is being looked at.
type sight struct {
	event  *event.Event
	tenant string
	at     time.Time
	minute int64
	id     string // made when it is needed
}

func (s *sight) uid() string {
	if s.id == "" {
		s.id = s.event.ID()
	}
	return s.id
}

func (s *sight) clock() time.Time { return minuteTime(s.minute) }

func minuteTime(m int64) time.Time { return time.Unix(m*60, 0).UTC() }

func minuteOf(t time.Time) int64 {
	n := t.Unix()
	if n < 0 {
		n -= 59
	}
	return n / 60
}

// fact adds a statement to a list, or says that it holds still. It returns
// whether the list has changed. Where the list is full, a statement that was
// not seen for long makes room.
func fact(list *[]Fact, limit int, value string, via Via, s *sight) (changed, full bool) {
	for i := range *list {
		f := &(*list)[i]
		if f.Value == value || strings.EqualFold(f.Value, value) {
			return refresh(f, via, s), false
		}
	}
	if limit <= 0 || len(*list) > limit {
		return false, true
	}
	f := Fact{Value: value, Via: via, First: s.at, Last: s.clock(), Event: s.uid()}
	if len(*list) < limit {
		*list = append(*list, f)
		return true, false
	}
	oldest := 0
	for i := range *list {
		if (*list)[i].Last.Before((*list)[oldest].Last) {
			oldest = i
		}
	}
	if s.at.Sub((*list)[oldest].Last) < staleAfter {
		return false, true
	}
	(*list)[oldest] = f
	return true, true
}

// refresh says that a statement holds at the time of s. Better evidence takes
// the place of worse.
func refresh(f *Fact, via Via, s *sight) (changed bool) {
	if f.First.After(s.at) {
		f.First, changed = s.at, true
	}
	if m := s.clock(); f.Last.Before(m) {
		f.Last, changed = m, true
	}
	if rank[via] < rank[f.Via] {
		f.Via, f.Event, changed = via, s.uid(), true
	}
	return changed
}

func (r *record) address(ip netip.Addr, segment string) *Address {
	for i := range r.Addresses {
		if a := &r.Addresses[i]; a.IP == ip && a.Segment == segment {
			return a
		}
	}
	return nil
}

// holds adds an address, or says that the record has it still or again.
func (r *record) holds(ip netip.Addr, segment string, via Via, s *sight) *Address {
	if a := r.address(ip, segment); a != nil {
		if a.First.After(s.at) {
			a.First = s.at
		}
		if m := s.clock(); a.Last.Before(m) {
			a.Last = m
		}
		if rank[via] < rank[a.Via] {
			a.Via, a.Event = via, s.uid()
		}
		if s.at.After(a.Until) {
			a.Until = time.Time{}
		}
		return a
	}
	a := Address{IP: ip, Segment: segment, Via: via, First: s.at, Last: s.clock(), Event: s.uid()}
	if len(r.Addresses) < maxAddresses {
		r.Addresses = append(r.Addresses, a)
		return &r.Addresses[len(r.Addresses)-1]
	}
	r.Truncated = true
	// One that it no longer has makes room, otherwise the one that was silent
	// for longest.
	oldest := 0
	older := func(a, b *Address) bool {
		if a.Until.IsZero() != b.Until.IsZero() {
			return !a.Until.IsZero()
		}
		return a.Last.Before(b.Last)
	}
	for i := range r.Addresses {
		if older(&r.Addresses[i], &r.Addresses[oldest]) {
			oldest = i
		}
	}
	r.Addresses[oldest] = a
	return &r.Addresses[oldest]
}

// because adds a reason. The latest are kept.
func (r *record) because(reason Reason) {
	for _, b := range r.Because {
		if b.Kind == reason.Kind && b.Other == reason.Other && b.Value == reason.Value && b.Actor == "" && reason.Actor == "" {
			return
		}
	}
	r.Because = append(r.Because, reason)
	if n := len(r.Because); n > maxReasons {
		// What people did goes last.
		at := slices.IndexFunc(r.Because, func(b Reason) bool { return b.Actor == "" })
		r.Because = slices.Delete(r.Because, max(at, 0), max(at, 0)+1)
	}
}

// isApart reports whether a person said that two records are two machines.
func isApart(a, b *record) bool {
	found := false
	a.each(func(p *record) bool {
		b.each(func(q *record) bool {
			found = slices.Contains(p.Apart, q.ID) || slices.Contains(q.Apart, p.ID)
			return !found
		})
		return !found
	})
	return found
}

// view is the asset with everything that was found to be it. It shares nothing
// with the record.
func (r *record) view() Asset {
	a := r.Asset
	a.Interfaces, a.Addresses, a.Services = slices.Clone(a.Interfaces), slices.Clone(a.Addresses), slices.Clone(a.Services)
	a.Names, a.Roles, a.Systems = slices.Clone(a.Names), slices.Clone(a.Roles), slices.Clone(a.Systems)
	a.Models, a.Identifiers = slices.Clone(a.Models), slices.Clone(a.Identifiers)
	a.Because, a.Similar, a.Apart, a.Parts = slices.Clone(a.Because), slices.Clone(a.Similar), slices.Clone(a.Apart), nil
	a.Behind = slices.Clone(a.Behind)
	for _, p := range r.parts {
		p.each(func(p *record) bool {
			a.Parts = append(a.Parts, p.ID)
			a.add(&p.Asset)
			return true
		})
	}
	slices.Sort(a.Parts)
	slices.SortStableFunc(a.Names, func(x, y Fact) int { return rank[x.Via] - rank[y.Via] })
	slices.SortStableFunc(a.Services, func(x, y Service) int { return int(x.Port) - int(y.Port) })
	slices.SortStableFunc(a.Addresses, func(x, y Address) int {
		if x.Until.IsZero() != y.Until.IsZero() {
			if x.Until.IsZero() {
				return -1
			}
			return 1
		}
		return x.IP.Compare(y.IP)
	})
	return a
}

// add takes over what is known of another asset.
func (a *Asset) add(b *Asset) {
	if b.First.Before(a.First) {
		a.First = b.First
	}
	if b.Last.After(a.Last) {
		a.Last = b.Last
	}
	a.Truncated = a.Truncated || b.Truncated
	for _, x := range b.Interfaces {
		if !slices.ContainsFunc(a.Interfaces, func(y Interface) bool { return y.Value == x.Value }) {
			a.Interfaces = append(a.Interfaces, x)
		}
	}
	for _, x := range b.Addresses {
		at := slices.IndexFunc(a.Addresses, func(y Address) bool { return y.IP == x.IP && y.Segment == x.Segment })
		if at < 0 {
			a.Addresses = append(a.Addresses, x)
			continue
		}
		y := &a.Addresses[at]
		if x.First.Before(y.First) {
			y.First = x.First
		}
		if x.Last.After(y.Last) {
			y.Last = x.Last
		}
		if x.Since.After(y.Since) {
			y.Since, y.Until = x.Since, x.Until
		}
		y.Disputed = y.Disputed || x.Disputed
	}
	for _, x := range b.Services {
		at := slices.IndexFunc(a.Services, func(y Service) bool { return y.Port == x.Port && y.Protocol == x.Protocol })
		if at < 0 {
			a.Services = append(a.Services, x)
			continue
		}
		y := &a.Services[at]
		if x.First.Before(y.First) {
			y.First, y.Event = x.First, x.Event
		}
		if x.Last.After(y.Last) {
			y.Last = x.Last
		}
	}
	union(&a.Names, b.Names)
	union(&a.Roles, b.Roles)
	union(&a.Systems, b.Systems)
	union(&a.Models, b.Models)
	union(&a.Identifiers, b.Identifiers)
	d, e := &a.Decided, b.Decided
	for _, pair := range [...]struct {
		to   *string
		from string
	}{{&d.Name, e.Name}, {&d.Owner, e.Owner}, {&d.Note, e.Note}, {(*string)(&d.Grade), string(e.Grade)}, {&d.Role, e.Role}} {
		if *pair.to == "" {
			*pair.to = pair.from
		}
	}
}

func union(to *[]Fact, from []Fact) {
	for _, x := range from {
		at := slices.IndexFunc(*to, func(y Fact) bool { return strings.EqualFold(x.Value, y.Value) })
		if at < 0 {
			*to = append(*to, x)
			continue
		}
		y := &(*to)[at]
		if x.First.Before(y.First) {
			y.First, y.Event = x.First, x.Event
		}
		if x.Last.After(y.Last) {
			y.Last = x.Last
		}
	}
}

// Label is what people call the machine: the name that they gave it, otherwise
// the best that is known.
func (a Asset) Label() string {
	if a.Decided.Name != "" {
		return a.Decided.Name
	}
	if name := a.bestName(); name != "" {
		return name
	}
	for i := range a.Addresses {
		if a.Addresses[i].Until.IsZero() {
			return a.Addresses[i].IP.String()
		}
	}
	if len(a.Interfaces) > 0 {
		return a.Interfaces[0].Value
	}
	return a.ID
}

func (a Asset) bestName() string {
	best := -1
	for i := range a.Names {
		if best < 0 || rank[a.Names[i].Via] < rank[a.Names[best].Via] {
			best = i
		}
	}
	if best < 0 {
		return ""
	}
	return a.Names[best].Value
}

// Vendor is who made the machine's interface, "" where nobody knows.
func (a Asset) Vendor() string {
	for _, i := range a.Interfaces {
		if i.Vendor != "" {
			return i.Vendor
		}
	}
	return ""
}
