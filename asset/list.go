package asset

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Filter chooses assets; its zero value takes all of an organisation.
type Filter struct {
	Tenant  string
	Text    string       // part of a name, an address, a maker, an owner; without regard to case
	Segment string       // where it has an address
	Prefix  netip.Prefix // that holds one of its addresses
	Role    string
	Vendor  string    // part of the maker's name
	Owner   string    // whole
	Seen    time.Time // active since
	New     time.Time // first seen since
	Similar bool      // only those that may be the same machine as another
}

// A Page is one part of a list.
type Page struct {
	Assets []Asset
	Next   string // cursor of the next page, "" after the last
	Total  int    // that the filter takes
}

// Sizes of pages.
const (
	usualPage = 100
	maxPage   = 1000
)

// List returns a page of assets, those that were active last first. n 0 is the
// usual number. A cursor that no list gave is ErrInvalid.
func (v *Inventory) List(f Filter, cursor string, n int) (Page, error) {
	var after struct {
		last int64
		id   string
	}
	if cursor != "" {
		last, id, _ := strings.Cut(cursor, ".")
		number, err := strconv.ParseInt(last, 36, 64)
		if err != nil || !strings.HasPrefix(id, "ast_") {
			return Page{}, fmt.Errorf("list assets: %w: cursor %q is not one of this list's; begin again without one", ErrInvalid, cursor)
		}
		after.last, after.id = number, id
	}
	if n <= 0 {
		n = usualPage
	}
	n = min(n, maxPage)
	f.Text, f.Vendor = strings.ToLower(f.Text), strings.ToLower(f.Vendor)

	v.mu.Lock()
	defer v.mu.Unlock()
	var found []*record
	total := 0
	for _, r := range v.byID {
		if r.into != nil || !f.takes(r) {
			continue
		}
		total++
		if cursor == "" || r.last < after.last || r.last == after.last && r.ID > after.id {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *record) int {
		if a.last != b.last {
			return cmp.Compare(b.last, a.last)
		}
		return strings.Compare(a.ID, b.ID)
	})
	p := Page{Total: total}
	if len(found) > n {
		found = found[:n]
		p.Next = strconv.FormatInt(found[n-1].last, 36) + "." + found[n-1].ID
	}
	for _, r := range found {
		p.Assets = append(p.Assets, r.view())
	}
	return p, nil
}

// takes reports whether a filter takes the machine that a record is the root of.
func (f *Filter) takes(r *record) bool {
	if f.Tenant != "" && r.Tenant != f.Tenant || !f.Seen.IsZero() && r.Last.Before(f.Seen) {
		return false
	}
	if !f.New.IsZero() && !r.each(func(p *record) bool { return !p.First.Before(f.New) }) {
		return false
	}
	some := func(ask bool, has func(p *record) bool) bool {
		return !ask || !r.each(func(p *record) bool { return !has(p) })
	}
	return some(f.Segment != "", func(p *record) bool {
		return slices.ContainsFunc(p.Addresses, func(a Address) bool { return a.Segment == f.Segment })
	}) && some(f.Prefix.IsValid(), func(p *record) bool {
		return slices.ContainsFunc(p.Addresses, func(a Address) bool { return f.Prefix.Contains(a.IP) })
	}) && some(f.Role != "", func(p *record) bool {
		return p.Decided.Role == f.Role || slices.ContainsFunc(p.Roles, func(x Fact) bool { return x.Value == f.Role })
	}) && some(f.Vendor != "", func(p *record) bool {
		return slices.ContainsFunc(p.Interfaces, func(i Interface) bool { return strings.Contains(strings.ToLower(i.Vendor), f.Vendor) })
	}) && some(f.Owner != "", func(p *record) bool { return p.Decided.Owner == f.Owner }) &&
		some(f.Similar, func(p *record) bool { return len(p.Similar) > 0 }) &&
		some(f.Text != "", func(p *record) bool { return p.mentions(f.Text) })
}

// mentions reports whether a text, in lower case, stands anywhere in what names
// the machine.
func (r *record) mentions(text string) bool {
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	list := func(facts []Fact) bool {
		return slices.ContainsFunc(facts, func(f Fact) bool { return has(f.Value) })
	}
	return has(r.ID) || has(r.Decided.Name) || has(r.Decided.Owner) || has(r.Decided.Note) || list(r.Names) || list(r.Systems) || list(r.Models) || list(r.Roles) ||
		slices.ContainsFunc(r.Addresses, func(a Address) bool { return has(a.IP.String()) }) ||
		slices.ContainsFunc(r.Interfaces, func(i Interface) bool { return has(i.Value) || has(i.Vendor) }) ||
		slices.ContainsFunc(r.Services, func(s Service) bool { return has(s.App) || has(s.Software) })
}

// Get returns the machine that an id stands for; where that asset was found to
// be another, it returns that one. ErrNotFound.
func (v *Inventory) Get(id string) (Asset, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.byID[id]
	if r == nil {
		return Asset{}, fmt.Errorf("get asset %s: %w", id, ErrNotFound)
	}
	return r.root().view(), nil
}

// Holder returns the machine that had an address at a time; the zero time is
// now. ok is false where nobody is known.
func (v *Inventory) Holder(tenant string, ip netip.Addr, at time.Time) (id string, ok bool) {
	ip = ip.Unmap().WithZone("")
	v.mu.Lock()
	defer v.mu.Unlock()
	b := v.byAddress[addressKey{tenant, v.config.Segments.Of(ip), ip}]
	if at.IsZero() {
		if b == nil || !b.until.IsZero() {
			return "", false
		}
		return b.rec.root().ID, true
	}
	if b = b.at(at); b == nil {
		return "", false
	}
	return b.rec.root().ID, true
}

// Columns are the headings of what WriteCSV writes.
func Columns() []string {
	return []string{"id", "name", "segment", "addresses", "mac", "vendor", "random_mac", "names", "roles", "systems", "models", "services", "first_seen", "last_seen", "owner", "grade", "note", "may_be"}
}

// WriteCSV writes assets as CSV (RFC 4180), with headings. What a spreadsheet
// would take for a formula is written as text.
func WriteCSV(w io.Writer, assets []Asset) error {
	out := csv.NewWriter(w)
	if err := out.Write(Columns()); err != nil {
		return fmt.Errorf("write assets: %w", err)
	}
	for i := range assets {
		if err := out.Write(assets[i].row()); err != nil {
			return fmt.Errorf("write assets: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write assets: %w", err)
	}
	return nil
}

func (a *Asset) row() []string {
	var segments, ips, macs, services, similar []string
	random := ""
	for _, x := range a.Addresses {
		if !slices.Contains(segments, x.Segment) {
			segments = append(segments, x.Segment)
		}
		if x.Until.IsZero() {
			ips = append(ips, x.IP.String())
		}
	}
	for _, x := range a.Interfaces {
		macs = append(macs, x.Value)
		if x.Random {
			random = "yes"
		}
	}
	for _, x := range a.Services {
		services = append(services, strings.TrimSpace(x.Protocol+"/"+strconv.Itoa(int(x.Port))+" "+x.App+" "+x.Software))
	}
	for _, x := range a.Similar {
		similar = append(similar, x.ID)
	}
	list := func(items []string) string { return strings.Join(items, "; ") }
	row := []string{
		a.ID, a.Label(), list(segments), list(ips), list(macs), a.Vendor(), random, list(values(a.Names)), list(values(a.Roles)), list(values(a.Systems)), list(values(a.Models)),
		list(services), a.First.UTC().Format(time.RFC3339), a.Last.UTC().Format(time.RFC3339), a.Decided.Owner, string(a.Decided.Grade), a.Decided.Note, list(similar),
	}
	for i, cell := range row {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			row[i] = "'" + cell
		}
	}
	return row
}

func values(facts []Fact) []string {
	out := make([]string, len(facts))
	for i := range facts {
		out[i] = facts[i].Value
	}
	return out
}
