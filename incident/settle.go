package incident

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// A settlement is one transaction over the findings of a scope: what is stored
// of them first, then the incidents that they make.
type settlement struct {
	scope   *scope
	put     []detect.Finding
	assign  []Assignment
	uses    map[string]int64
	changes []Change
	sweep   bool // also settle what has been quiet for long
	// Hold takes the changes to tell, where the transaction is part of a larger
	// one; that one counts uses too.
	hold func([]Change)
}

// settle correlates a scope and stores the outcome. After an error memory is
// read anew.
func (d *Desk) settle(ctx context.Context, s settlement) error {
	now := d.cfg.Clock()
	p, err := d.plan(ctx, s.scope, now)
	if err != nil {
		d.loaded = false
		return err
	}
	assign := append(s.assign, p.assign...)
	var gone []string
	if s.sweep && s.scope.recording == "" {
		gone = d.settledIDs(s.scope, now)
		for _, id := range gone {
			f := &s.scope.findings[id].f
			assign = append(assign, Assignment{FindingID: id, IncidentID: f.Handling.IncidentID, SuppressedBy: f.Handling.SuppressedBy, Settled: true})
		}
	}
	put := slices.Clone(s.put)
	for i := range put {
		put[i].Handling = s.scope.findings[put[i].ID].f.Handling
	}
	if len(put)+len(assign)+len(p.write.Incidents)+len(s.uses) > 0 {
		err = d.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
			if len(s.uses) > 0 {
				if err := d.cfg.Suppressions.UseSuppressions(ctx, s.uses, now); err != nil {
					return err
				}
			}
			if len(p.write.Incidents) > 0 {
				if err := d.cfg.Incidents.SaveIncidents(ctx, p.write); err != nil {
					return err
				}
			}
			if len(put) > 0 {
				if err := d.cfg.Findings.PutFindings(ctx, put); err != nil {
					return err
				}
			}
			if len(assign) == 0 {
				return nil
			}
			return d.cfg.Findings.AssignFindings(ctx, assign)
		})
	}
	if err != nil {
		d.loaded = false
		return fmt.Errorf("store incidents: %w", err)
	}
	if s.scope == d.live {
		d.dirty = false
		for _, f := range put {
			delete(d.pending, f.ID)
			d.live.findings[f.ID].stored = now
		}
		d.forget(gone)
	}
	if s.sweep {
		d.swept = now
	}
	changes := append(s.changes, p.changes...)
	if s.hold != nil {
		s.hold(changes)
		return nil
	}
	d.used(s.uses, now)
	d.tell(changes)
	return nil
}

// forget takes settled findings out of memory, and incidents without findings.
func (d *Desk) forget(ids []string) {
	if len(ids) == 0 {
		return
	}
	for _, id := range ids {
		delete(d.live.findings, id)
	}
	used := map[string]bool{}
	for _, h := range d.live.findings {
		used[h.f.Handling.IncidentID] = true
	}
	for id := range d.live.incidents {
		if !used[id] {
			delete(d.live.incidents, id)
			delete(d.live.contents, id)
			delete(d.live.members, id)
		}
	}
}

// A plan is what a correlation changes.
type plan struct {
	write   Write
	assign  []Assignment
	changes []Change
}

// plan correlates the findings of a scope and tells which incident each group
// is. It changes the scope accordingly.
//
// An incident goes on in the group that has most of its findings. Where several
// go on in one group, the one that was opened first stays, and the others
// become part of it.
func (d *Desk) plan(ctx context.Context, s *scope, now time.Time) (*plan, error) {
	active := make([]detect.Finding, 0, len(s.findings))
	for _, h := range s.findings {
		if h.f.Handling.SuppressedBy == "" {
			active = append(active, h.f)
		}
	}
	groups := d.cfg.Correlate.groups(active)
	homes, claims := homesOf(groups, s)
	p := &plan{}
	w := &writer{desk: d, scope: s, plan: p, now: now, filed: map[string]bool{}}
	known, err := d.namesakes(ctx, s, groups, claims)
	if err != nil {
		return nil, err
	}
	for gi, group := range groups {
		ids := claims[gi]
		var in *Incident
		if len(ids) > 0 {
			in = s.incidents[ids[0]]
		}
		sum := memberSum(group, s)
		if len(ids) == 1 && s.members[in.ID] == sum {
			continue
		}
		var parted string // where findings of this group were before
		if in == nil {
			in, parted, err = w.open(ctx, group, homes, known)
			if err != nil {
				return nil, err
			}
		}
		w.file(in, group, ids, parted)
		s.members[in.ID] = sum
	}
	w.emptied(homes)
	return p, nil
}

// homesOf finds the group in which each incident goes on, and for each group
// the incidents that do, the oldest first.
func homesOf(groups [][]detect.Finding, s *scope) (homes map[string]int, claims [][]string) {
	type count struct{ group, n int }
	most := map[string]count{}
	for gi, group := range groups {
		here := map[string]int{}
		for i := range group {
			if id := group[i].Handling.IncidentID; id != "" && s.incidents[id] != nil {
				here[id]++
			}
		}
		for id, n := range here {
			if c, ok := most[id]; !ok || n > c.n {
				most[id] = count{gi, n}
			}
		}
	}
	homes, claims = map[string]int{}, make([][]string, len(groups))
	for id, c := range most {
		homes[id] = c.group
		claims[c.group] = append(claims[c.group], id)
	}
	for _, ids := range claims {
		slices.SortFunc(ids, func(a, b string) int {
			x, y := s.incidents[a], s.incidents[b]
			return cmp.Or(x.Life.Opened.Compare(y.Life.Opened), x.First.Compare(y.First), cmp.Compare(a, b))
		})
	}
	return homes, claims
}

// namesakes reads the stored incidents that have the ids which new groups would
// be given.
func (d *Desk) namesakes(ctx context.Context, s *scope, groups [][]detect.Finding, claims [][]string) (map[string]*Incident, error) {
	ids := map[string]bool{}
	for gi, group := range groups {
		if id := idOf(group[0].ID); len(claims[gi]) == 0 && s.incidents[id] == nil {
			ids[id] = true
		}
	}
	stored, err := d.incidentsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[string]*Incident{}
	for i := range stored {
		out[stored[i].ID] = &stored[i]
	}
	return out, nil
}

func memberSum(group []detect.Finding, s *scope) uint64 {
	h := fnv.New64a()
	var n [8]byte
	for i := range group {
		binary.LittleEndian.PutUint64(n[:], s.findings[group[i].ID].change)
		_, _ = h.Write(n[:])
	}
	return h.Sum64()
}

// A writer turns groups into incidents.
type writer struct {
	desk  *Desk
	scope *scope
	plan  *plan
	now   time.Time
	filed map[string]bool // incidents that have a group
}

// open returns the incident of a group that none goes on in: a new one, or one
// that was merged or suppressed away and is a matter of its own again.
func (w *writer) open(ctx context.Context, group []detect.Finding, homes map[string]int, known map[string]*Incident) (in *Incident, parted string, err error) {
	for i := range group {
		if id := group[i].Handling.IncidentID; w.scope.incidents[id] != nil {
			parted = id
			break
		}
	}
	seed := group[0].ID
	for n := 0; ; n++ {
		id := idOf(seed)
		in = cmp.Or(w.scope.incidents[id], known[id])
		if in == nil && n > 0 {
			stored, err := w.desk.cfg.Incidents.IncidentsByID(ctx, []string{id})
			if err != nil {
				return nil, "", err
			}
			if len(stored) > 0 {
				in = &stored[0]
			}
		}
		_, elsewhere := homes[id]
		if in == nil || !elsewhere && (in.MergedAway() || in.Life.Findings == 0) {
			break
		}
		seed = fmt.Sprintf("%s\x00%d", group[0].ID, n+1)
	}
	if in == nil {
		in = &Incident{ID: idOf(seed), Life: Life{State: New, Opened: w.now}}
	}
	w.scope.incidents[in.ID] = in
	return in, parted, nil
}

// MergedAway reports whether the incident turned out to be part of another.
func (in *Incident) MergedAway() bool { return in.Life.MergedInto != "" }

// file brings an incident up to date with its group. Ids are the incidents that
// go on in the group, itself first, if it is not new.
func (w *writer) file(in *Incident, group []detect.Finding, ids []string, parted string) {
	s := w.scope
	w.filed[in.ID] = true
	before := in.Life
	severity := in.Severity
	fresh := in.Life.Version == 0
	built := build(slices.Clone(group))
	built.ID, built.Findings, built.Life = in.ID, nil, in.Life
	*in = built
	life := &in.Life
	life.Findings = len(group)
	if fresh {
		w.step(in, StepOpened, before, stepOpened, nil, "")
	}
	parted = cmp.Or(parted, before.MergedInto)
	life.MergedInto = ""
	if parted != "" && parted != in.ID {
		if from := s.incidents[parted]; from != nil && life.Owner == "" {
			life.Owner = from.Life.Owner
		}
		w.step(in, StepSplit, before, stepSplit, text.Args{"other": parted}, parted)
	}
	for _, id := range ids[min(1, len(ids)):] {
		w.merge(in, s.incidents[id])
	}
	joined, returned := 0, 0
	for i := range group {
		h := s.findings[group[i].ID]
		switch {
		case h.returned:
			returned++
		case h.f.Handling.IncidentID == "":
			joined++
		}
	}
	w.reopen(in, before, joined, returned, severity)
	if before.standing() != life.standing() || fresh || before.MergedInto != life.MergedInto {
		life.Version = before.Version + 1
	}
	for i := range group {
		h := s.findings[group[i].ID]
		if h.returned || h.f.Handling.IncidentID != in.ID {
			h.returned = false
			h.f.Handling.IncidentID = in.ID
			w.plan.assign = append(w.plan.assign, Assignment{FindingID: h.f.ID, IncidentID: in.ID})
		}
	}
	sum := contentSum(in)
	if sum == s.contents[in.ID] && before == *life {
		return
	}
	s.contents[in.ID] = sum
	life.Changed = w.now
	w.plan.write.Incidents = append(w.plan.write.Incidents, *in)
	kind := IncidentChanged
	switch {
	case fresh:
		kind = IncidentNew
	case before.State == Closed && life.State != Closed:
		kind = IncidentReopened
	}
	w.plan.changes = append(w.plan.changes, w.desk.incidentChange(kind, in))
}

// reopen opens a closed incident that goes on: findings that nobody has seen
// yet joined it, findings are no longer suppressed, or it became graver.
func (w *writer) reopen(in *Incident, before Life, joined, returned int, severity event.Severity) {
	life := &in.Life
	if life.State != Closed {
		return
	}
	said := life.Resolution.Name()
	kind, what, args := StepReopened, stepReopened, text.Args{"n": joined, "resolution": said}
	switch {
	case returned > 0 || life.Resolution == Hushed:
		kind, what, args = StepReturned, stepReturned, text.Args{"n": max(returned, 1)}
	case joined > 0:
	case in.Severity > severity:
		what = stepGraver
	default:
		return
	}
	life.State, life.Resolution = New, ""
	if life.Owner != "" {
		life.State = Open
	}
	w.step(in, kind, before, what, args, "")
}

// merge makes other part of an incident. Notes go along; an owner and a state
// that says more do too.
func (w *writer) merge(in, other *Incident) {
	before, gone := in.Life, other.Life
	if in.Life.Owner == "" {
		in.Life.Owner = other.Life.Owner
	}
	switch state := other.Life.standing().State; {
	case in.Life.State == Closed && state != Closed:
		in.Life.State, in.Life.Resolution = state, ""
	case in.Life.standing().State == New && (state == Open || state == Contained):
		// What is contained of one part is not of the whole.
		in.Life.State = Open
	}
	w.step(in, StepMerged, before, stepMerged, text.Args{"other": other.ID}, other.ID)
	other.Life.MergedInto = in.ID
	other.Life.Findings = 0
	other.Life.Version++
	other.Life.Changed = w.now
	w.step(other, StepInto, gone, stepInto, text.Args{"other": in.ID}, in.ID)
	w.plan.write.Incidents = append(w.plan.write.Incidents, *other)
	if w.plan.write.NotesTo == nil {
		w.plan.write.NotesTo = map[string]string{}
	}
	w.plan.write.NotesTo[other.ID] = in.ID
	change := w.desk.incidentChange(IncidentMerged, other)
	change.Into = in.ID
	w.plan.changes = append(w.plan.changes, change)
	delete(w.scope.members, other.ID)
}

// emptied closes incidents all of whose findings are suppressed.
func (w *writer) emptied(homes map[string]int) {
	ids := slices.Sorted(maps.Keys(w.scope.incidents))
	for _, id := range ids {
		in := w.scope.incidents[id]
		if _, goesOn := homes[id]; goesOn || w.filed[id] || in.MergedAway() || in.Life.Findings == 0 {
			continue
		}
		before := in.Life
		in.Life.Findings = 0
		delete(w.scope.members, id)
		if in.Life.State != Closed {
			in.Life.State, in.Life.Resolution = Closed, Hushed
			in.Life.Version++
			w.step(in, StepHushed, before, stepHushed, nil, "")
		}
		in.Life.Changed = w.now
		w.plan.write.Incidents = append(w.plan.write.Incidents, *in)
		w.plan.changes = append(w.plan.changes, w.desk.incidentChange(IncidentChanged, in))
	}
}

// step notes a step of Bongsu's own.
func (w *writer) step(in *Incident, kind string, before Life, what text.Message, args text.Args, other string) {
	w.plan.write.Steps = append(w.plan.write.Steps, Step{
		IncidentID: in.ID, Time: w.now, Actor: audit.System, Kind: kind,
		From: before.standing(), To: in.Life.standing(), Other: other, What: what.Say(args),
	})
}
