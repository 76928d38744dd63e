package incident

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/suppress"
)

// load reads suppressions and live findings, once and after an error left
// memory and store apart.
func (d *Desk) load(ctx context.Context) error {
	if d.loaded {
		return nil
	}
	hushes, err := d.readHushes(ctx)
	if err != nil {
		return err
	}
	live, err := d.scopeOf(ctx, "")
	if err != nil {
		return err
	}
	d.hushes, d.live, d.loaded, d.dirty = hushes, live, true, true
	for id, f := range d.pending {
		d.intern(&f)
		h := d.live.findings[id]
		if h == nil { // withdrawn, or settled, while it grew
			delete(d.pending, id)
			continue
		}
		f.Handling = h.f.Handling
		h.sum, h.port = sumOf(&f), suppress.OnePort(&f)
		h.f = light(f)
	}
	return nil
}

// scopeOf reads what may still be linked of a recording, "" for live findings.
func (d *Desk) scopeOf(ctx context.Context, recording string) (*scope, error) {
	s := &scope{
		recording: recording, findings: map[string]*held{},
		incidents: map[string]*Incident{}, contents: map[string]uint64{}, members: map[string]uint64{},
	}
	err := d.cfg.Findings.UnsettledFindings(ctx, recording, func(f detect.Finding) error {
		d.hold(s, f)
		return nil
	})
	if err == nil {
		err = d.readIncidents(ctx, s)
	}
	if err != nil {
		return nil, fmt.Errorf("load findings of recording %q: %w", recording, err)
	}
	return s, nil
}

// hold puts a stored finding into a scope.
func (d *Desk) hold(s *scope, f detect.Finding) {
	d.intern(&f)
	d.changes++
	s.findings[f.ID] = &held{f: light(f), port: suppress.OnePort(&f), sum: sumOf(&f), change: d.changes}
}

// readIncidents reads the incidents of the findings of a scope that it does not
// have yet.
func (d *Desk) readIncidents(ctx context.Context, s *scope) error {
	missing := map[string]bool{}
	for _, h := range s.findings {
		if id := h.f.Handling.IncidentID; id != "" && s.incidents[id] == nil {
			missing[id] = true
		}
	}
	read, err := d.incidentsByID(ctx, missing)
	if err != nil {
		return err
	}
	for i := range read {
		in := &read[i]
		s.incidents[in.ID] = in
		s.contents[in.ID] = contentSum(in)
	}
	now := d.cfg.Clock()
	for _, h := range s.findings {
		if !h.touched.IsZero() {
			continue
		}
		h.touched = now
		if in := s.incidents[h.f.Handling.IncidentID]; in != nil {
			h.touched = in.Life.Changed
		}
	}
	return nil
}

// incidentsByID reads incidents in portions that a statement can take.
func (d *Desk) incidentsByID(ctx context.Context, ids map[string]bool) ([]Incident, error) {
	var all []string
	for id := range ids {
		all = append(all, id)
	}
	slices.Sort(all)
	var out []Incident
	for portion := range slices.Chunk(all, portionSize) {
		read, err := d.cfg.Incidents.IncidentsByID(ctx, portion)
		if err != nil {
			return nil, err
		}
		out = append(out, read...)
	}
	return out, nil
}

// portionSize is how many ids a store is asked for at once.
const portionSize = 500

// recall brings findings back into memory that settled, and now come again,
// with those of their incidents. An incident of so many findings that it would
// settle again at once stays as it is; apart are its findings that come again,
// as they are stored.
func (d *Desk) recall(ctx context.Context, findings []detect.Finding) (apart map[string]detect.Finding, err error) {
	var unknown []string
	for i := range findings {
		if id := findings[i].ID; d.live.findings[id] == nil {
			unknown = append(unknown, id)
		}
	}
	var stored []detect.Finding
	for portion := range slices.Chunk(unknown, portionSize) {
		read, err := d.cfg.Findings.FindingsByID(ctx, portion)
		if err != nil {
			return nil, err
		}
		stored = append(stored, slices.DeleteFunc(read, func(f detect.Finding) bool { return f.Recording != "" })...)
	}
	if len(stored) == 0 {
		return nil, nil
	}
	ids := map[string]bool{}
	for i := range stored {
		if id := stored[i].Handling.IncidentID; id != "" && d.live.incidents[id] == nil {
			ids[id] = true
		}
	}
	incidents, err := d.incidentsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	large := map[string]bool{}
	for i := range incidents {
		if incidents[i].Life.Findings > d.cfg.MaxOpen/2 {
			large[incidents[i].ID] = true
			delete(ids, incidents[i].ID)
		}
	}
	apart = map[string]detect.Finding{}
	for _, f := range stored {
		if large[f.Handling.IncidentID] {
			d.intern(&f)
			apart[f.ID] = f
			continue
		}
		d.hold(d.live, f)
	}
	if err := d.unsettle(ctx, ids, stored); err != nil {
		d.loaded = false // memory holds part of it
		return nil, err
	}
	return apart, nil
}

// unsettle reads the findings of incidents into memory and notes that they, and
// the findings given, are no longer settled.
func (d *Desk) unsettle(ctx context.Context, incidents map[string]bool, stored []detect.Finding) error {
	var assign []Assignment
	for _, f := range stored {
		if d.live.findings[f.ID] != nil {
			assign = append(assign, Assignment{FindingID: f.ID, IncidentID: f.Handling.IncidentID, SuppressedBy: f.Handling.SuppressedBy})
		}
	}
	for id := range incidents {
		err := d.eachFinding(ctx, FindingFilter{IncidentID: id}, func(f *detect.Finding) bool {
			if d.live.findings[f.ID] == nil {
				d.hold(d.live, *f)
				assign = append(assign, Assignment{FindingID: f.ID, IncidentID: id, SuppressedBy: f.Handling.SuppressedBy})
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	if len(assign) == 0 {
		return nil
	}
	if err := d.cfg.Findings.AssignFindings(ctx, assign); err != nil {
		return err
	}
	now := d.cfg.Clock()
	for _, a := range assign {
		d.live.findings[a.FindingID].touched = now
	}
	return d.readIncidents(ctx, d.live)
}

// contentSum sums up what an incident says, apart from what became of it.
func contentSum(in *Incident) uint64 {
	c := *in
	c.Findings, c.Life = nil, Life{}
	c.First, c.Last = c.First.UTC(), c.Last.UTC()
	if len(c.Entities) == 0 {
		c.Entities = nil
	}
	if len(c.Techniques) == 0 {
		c.Techniques = nil
	}
	if len(c.Timeline) == 0 {
		c.Timeline = nil
	}
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(&c) // text, numbers and times always encode
	return h.Sum64()
}

// settledIDs returns the findings of a scope that nothing new is linked to any
// more: those of incidents that have not grown for long, and those that grew
// least lately where there are too many.
func (d *Desk) settledIDs(s *scope, now time.Time) []string {
	type matter struct {
		key     string
		touched time.Time
		ids     []string
	}
	matters := map[string]*matter{}
	for id, h := range s.findings {
		key := cmp.Or(h.f.Handling.IncidentID, id)
		m := matters[key]
		if m == nil {
			m = &matter{key: key}
			matters[key] = m
		}
		m.ids = append(m.ids, id)
		if h.touched.After(m.touched) {
			m.touched = h.touched
		}
	}
	sorted := make([]*matter, 0, len(matters))
	for _, m := range matters {
		sorted = append(sorted, m)
	}
	slices.SortFunc(sorted, func(a, b *matter) int { return cmp.Or(a.touched.Compare(b.touched), cmp.Compare(a.key, b.key)) })
	left := len(s.findings)
	target := d.cfg.MaxOpen
	if left > target {
		target -= target / 5 // so that this is not done again at once
	}
	var out []string
	for _, m := range sorted {
		if left <= target && now.Sub(m.touched) < d.cfg.Reach {
			break
		}
		out = append(out, m.ids...)
		left -= len(m.ids)
	}
	return out
}
