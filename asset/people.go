package asset

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/segment"
)

// An Edit is what a person changes of an asset; nil leaves a value as it is, an
// empty one takes it back.
type Edit struct {
	Name  *string        `json:"name,omitempty"`
	Owner *string        `json:"owner,omitempty"`
	Note  *string        `json:"note,omitempty"`
	Grade *segment.Grade `json:"grade,omitempty"`
	Role  *string        `json:"role,omitempty"`
}

func (e Edit) check() error {
	for _, f := range [...]struct {
		name  string
		text  *string
		limit int
	}{{"name", e.Name, maxValue}, {"owner", e.Owner, maxValue}, {"role", e.Role, maxValue}, {"note", e.Note, maxNote}} {
		switch {
		case f.text == nil:
		case len(*f.text) > f.limit:
			return fmt.Errorf("%w: %s has %d bytes, at most %d are kept", ErrInvalid, f.name, len(*f.text), f.limit)
		case !utf8.ValidString(*f.text):
			return fmt.Errorf("%w: %s is not UTF-8", ErrInvalid, f.name)
		}
	}
	if e.Grade != nil {
		switch *e.Grade {
		case "", segment.Classified, segment.Sensitive, segment.Open:
		default:
			return fmt.Errorf("%w: unknown grade %q: use C, S, O or nothing", ErrInvalid, *e.Grade)
		}
	}
	return nil
}

// Edit changes what people say of an asset and records it. It blocks until the
// change is stored. ErrNotFound, ErrInvalid.
func (v *Inventory) Edit(ctx context.Context, id string, edit Edit) (Asset, error) {
	if err := edit.check(); err != nil {
		return Asset{}, fmt.Errorf("edit asset %s: %w", id, err)
	}
	return v.decide(ctx, "asset.edit", id, edit, func(r *record) error {
		d := &r.Decided
		for _, pair := range [...]struct{ to, from *string }{{&d.Name, edit.Name}, {&d.Owner, edit.Owner}, {&d.Note, edit.Note}, {&d.Role, edit.Role}, {(*string)(&d.Grade), (*string)(edit.Grade)}} {
			if pair.from != nil {
				*pair.to = *pair.from
			}
		}
		return nil
	})
}

// Merge says that others are the same machine as an asset. Split takes it back.
func (v *Inventory) Merge(ctx context.Context, id string, others []string, note string) (Asset, error) {
	return v.decide(ctx, "asset.merge", id, map[string]any{"others": others, "note": clip(note)}, func(r *record) error {
		for _, other := range others {
			from := v.byID[other]
			if from == nil {
				return fmt.Errorf("%s: %w", other, ErrNotFound)
			}
			from = from.root()
			if from == r {
				return fmt.Errorf("%w: %s is part of it already", ErrInvalid, other)
			}
			v.reconcile(r, from)
			if !v.merge(r, from, v.byHand(ctx, ByPerson, note)) {
				return fmt.Errorf("%w: more than %d parts, or another organisation", ErrInvalid, maxParts)
			}
		}
		return nil
	}, others...)
}

// reconcile forgets that two assets were said to be two machines.
func (v *Inventory) reconcile(a, b *record) {
	a.each(func(p *record) bool {
		b.each(func(q *record) bool {
			p.Apart = slices.DeleteFunc(p.Apart, func(id string) bool { return id == q.ID })
			q.Apart = slices.DeleteFunc(q.Apart, func(id string) bool { return id == p.ID })
			return true
		})
		return true
	})
}

// Split takes a part out of an asset, which is then never merged with it
// again by what is seen. The part is the id of an asset that was merged into
// it, the MAC address of one of its interfaces, or one of its IP addresses.
func (v *Inventory) Split(ctx context.Context, id, part, note string) (Asset, error) {
	return v.decide(ctx, "asset.split", id, map[string]string{"part": part, "note": clip(note)}, func(r *record) error {
		reason := v.byHand(ctx, SplitByPerson, note)
		reason.Value = part
		from := v.byID[part]
		switch {
		case from != nil:
			if from.into == nil || from.root() != r {
				return fmt.Errorf("%w: %s is no part of it", ErrInvalid, part)
			}
			from.into.parts = slices.DeleteFunc(from.into.parts, func(p *record) bool { return p == from })
			from.into, from.MergedInto = nil, ""
		default:
			var err error
			if from, err = v.detach(r, part, reason); err != nil {
				return err
			}
		}
		v.separate(r, from, reason)
		v.renew()
		return nil
	})
}

// detach makes a record of an interface or an address of another.
func (v *Inventory) detach(r *record, part string, reason Reason) (*record, error) {
	var owner *record
	mac, isMAC := ParseMAC(part)
	ip, err := netip.ParseAddr(part)
	if !isMAC && err != nil {
		return nil, fmt.Errorf("%w: %q is no asset, MAC address or IP address", ErrInvalid, part)
	}
	r.each(func(p *record) bool {
		if isMAC && slices.ContainsFunc(p.Interfaces, func(i Interface) bool { return i.Value == mac.String() }) ||
			!isMAC && slices.ContainsFunc(p.Addresses, func(a Address) bool { return a.IP == ip }) {
			owner = p
		}
		return owner == nil
	})
	switch {
	case owner == nil:
		return nil, fmt.Errorf("%w: it does not have %s", ErrInvalid, part)
	case len(owner.Interfaces)+len(owner.Addresses) < 2:
		return nil, fmt.Errorf("%w: %s is all that is known of it", ErrInvalid, part)
	case len(v.byID) >= v.config.Limit:
		return nil, fmt.Errorf("%w: there is no room for another asset", ErrInvalid)
	}
	key := keySplit + owner.ID + " " + part + " " + reason.Time.UTC().Format(time.RFC3339Nano)
	n := &record{Asset: Asset{ID: assetID(r.Tenant, key), Tenant: r.Tenant, Key: key, First: owner.First, Last: owner.Last}, first: owner.first, last: owner.last}
	if isMAC {
		at := slices.IndexFunc(owner.Interfaces, func(i Interface) bool { return i.Value == mac.String() })
		n.Interfaces = append(n.Interfaces, owner.Interfaces[at])
		owner.Interfaces = slices.Delete(owner.Interfaces, at, at+1)
		if v.byMAC[macKey{r.Tenant, mac}] == owner {
			v.byMAC[macKey{r.Tenant, mac}] = n
		}
	} else {
		at := slices.IndexFunc(owner.Addresses, func(a Address) bool { return a.IP == ip })
		a := owner.Addresses[at]
		n.Addresses, n.First, n.Last = append(n.Addresses, a), a.First, a.Last
		n.first, n.last = a.First.UnixNano(), minuteOf(a.Last)
		owner.Addresses = slices.Delete(owner.Addresses, at, at+1)
		for b := v.byAddress[addressKey{r.Tenant, a.Segment, ip}]; b != nil; b = b.before {
			if b.rec == owner {
				b.rec = n
			}
		}
	}
	v.byID[n.ID] = n
	v.touch(owner)
	return n, nil
}

// separate notes that two records are two machines.
func (v *Inventory) separate(a, b *record, reason Reason) {
	for _, pair := range [2][2]*record{{a, b}, {b, a}} {
		r, other := pair[0], pair[1]
		if len(r.Apart) < maxApart && !slices.Contains(r.Apart, other.ID) {
			r.Apart = append(r.Apart, other.ID)
		}
		r.Similar = slices.DeleteFunc(r.Similar, func(x Similar) bool { return x.ID == other.ID })
		reason.Other = other.ID
		r.because(reason)
		v.touch(r)
	}
}

// Distinguish says that two assets are two machines, whatever they share.
func (v *Inventory) Distinguish(ctx context.Context, id, other, note string) (Asset, error) {
	return v.decide(ctx, "asset.distinguish", id, map[string]string{"other": other, "note": clip(note)}, func(r *record) error {
		o := v.byID[other]
		if o == nil {
			return fmt.Errorf("%s: %w", other, ErrNotFound)
		}
		if o = o.root(); o == r {
			return fmt.Errorf("%w: %s is part of it: split it first", ErrInvalid, other)
		}
		v.separate(r, o, v.byHand(ctx, ApartByPerson, note))
		return nil
	}, other)
}

func (v *Inventory) byHand(ctx context.Context, kind ReasonKind, note string) Reason {
	return Reason{Kind: kind, Time: v.config.Clock().UTC(), Actor: audit.ActorOf(ctx).Name, Note: clip(note)}
}

func clip(note string) string {
	for len(note) > maxNote || !utf8.ValidString(note) {
		note = note[:min(len(note)-1, maxNote)]
	}
	return note
}

// decide runs a person's change of the machines that id and others stand for,
// stores what it touched together with its entry in the audit log, and undoes it in
// memory if that does not work.
func (v *Inventory) decide(ctx context.Context, action, id string, detail any, change func(*record) error, others ...string) (Asset, error) {
	told, err := json.Marshal(detail)
	if err != nil {
		return Asset{}, fmt.Errorf("%s %s: %w", action, id, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.byID[id]
	if r == nil {
		return Asset{}, fmt.Errorf("%s %s: %w", action, id, ErrNotFound)
	}
	r = r.root()
	pending := v.dirty
	before := v.snapshot(append(others, id)...)
	v.dirty = nil
	for _, p := range pending {
		p.dirty = false
	}
	err = change(r)
	if err == nil {
		v.touch(r)
		err = v.storeDecision(ctx, audit.Entry{Action: action, Object: r.ID, Detail: told})
	}
	if err != nil {
		v.restore(before)
		v.dirty = pending
		for _, p := range pending {
			p.dirty = true
		}
		return Asset{}, fmt.Errorf("%s %s: %w", action, id, err)
	}
	for _, p := range v.dirty {
		p.dirty = false
	}
	v.dirty = nil
	for _, p := range pending {
		v.touch(p)
	}
	return r.root().view(), nil
}

func (v *Inventory) storeDecision(ctx context.Context, entry audit.Entry) error {
	save := make([]Asset, 0, len(v.dirty))
	for _, p := range v.dirty {
		save = append(save, p.Asset)
	}
	return v.together(ctx, func(ctx context.Context) error {
		if err := v.config.Store.SaveAssets(ctx, save); err != nil {
			return err
		}
		if v.config.Audit == nil {
			return nil
		}
		return v.config.Audit.Record(ctx, entry)
	})
}

// A state is what a person's change may touch, as it was before.
type state struct {
	byID    map[string]*record
	byMAC   map[macKey]*record
	copies  map[*record]record
	holders map[*binding]*record
	changes int
}

// snapshot keeps the machines that ids stand for, and the indexes.
func (v *Inventory) snapshot(ids ...string) state {
	s := state{byID: maps.Clone(v.byID), byMAC: maps.Clone(v.byMAC), copies: map[*record]record{}, holders: map[*binding]*record{}, changes: len(v.changes)}
	for _, id := range ids {
		if r := v.byID[id]; r != nil {
			r.root().each(func(r *record) bool {
				c := *r
				c.parts, c.Interfaces, c.Addresses = slices.Clone(r.parts), slices.Clone(r.Interfaces), slices.Clone(r.Addresses)
				c.Because, c.Similar, c.Apart = slices.Clone(r.Because), slices.Clone(r.Similar), slices.Clone(r.Apart)
				s.copies[r] = c
				return true
			})
		}
	}
	for _, b := range v.byAddress {
		for ; b != nil; b = b.before {
			if _, there := s.copies[b.rec]; there {
				s.holders[b] = b.rec
			}
		}
	}
	return s
}

func (v *Inventory) restore(s state) {
	v.byID, v.byMAC, v.changes = s.byID, s.byMAC, v.changes[:s.changes]
	for r, c := range s.copies {
		*r = c
	}
	for b, r := range s.holders {
		b.rec = r
	}
	v.renew()
}
