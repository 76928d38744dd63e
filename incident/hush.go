package incident

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/suppress"
	"github.com/bongsu/bongsu/text"
)

// hush is a suppression that has not ended, ready to be used.
type hush struct {
	Suppression
	matcher *suppress.Matcher
}

func (d *Desk) readHushes(ctx context.Context) ([]*hush, error) {
	var out []*hush
	cursor := ""
	for {
		page, next, err := d.cfg.Suppressions.ListSuppressions(ctx, false, Page{Cursor: cursor, Limit: portionSize})
		if err != nil {
			return nil, fmt.Errorf("load suppressions: %w", err)
		}
		for _, s := range page {
			m, err := s.Scope.Compile()
			if err != nil {
				// It was checked when it was made. One that is not understood any more
				// must silence nothing, and must not keep the rest from being read.
				d.cfg.Log.Warn("suppression is not understood and silences nothing", "suppression", s.ID, "error", err)
				continue
			}
			out = append(out, &hush{s, m})
		}
		if next == "" {
			break
		}
		cursor = next
	}
	slices.SortFunc(out, func(a, b *hush) int { return compareHushes(&a.Suppression, &b.Suppression) })
	return out, nil
}

func compareHushes(a, b *Suppression) int {
	if c := a.Created.Compare(b.Created); c != 0 {
		return c
	}
	if a.ID < b.ID {
		return -1
	}
	return 1
}

// hushedBy returns the suppression that silences a finding, "" for none. Was is
// the one that did so far, which goes before others. A finding that is not new,
// and was not suppressed, is silenced only by those that apply to open ones.
func (d *Desk) hushedBy(f *detect.Finding, port int64, now time.Time, was string, fresh bool) string {
	by := ""
	for _, h := range d.hushes {
		if !h.Holds(now) || !fresh && was == "" && !h.ApplyToOpen || by != "" && h.ID != was {
			continue
		}
		if h.matcher.Fits(f, port, d.cfg.Segments) {
			if h.ID == was {
				return was
			}
			by = h.ID
		}
	}
	return by
}

// used brings the counters in memory up to date.
func (d *Desk) used(uses map[string]int64, at time.Time) {
	for _, h := range d.hushes {
		if n := uses[h.ID]; n > 0 {
			h.Used += n
			h.LastUsed = at
		}
	}
}

// Suppress saves a new suppression for the actor of ctx. It silences findings
// from now on and, if ApplyToOpen is set, those of incidents that are not
// closed. ID, Version, Created and Creator are given here. Errors: *FieldError,
// ErrTooMany.
func (d *Desk) Suppress(ctx context.Context, s Suppression) (Suppression, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.load(ctx); err != nil {
		return Suppression{}, err
	}
	now := d.cfg.Clock().UTC()
	if err := s.Check(now); err != nil {
		return Suppression{}, err
	}
	if len(d.hushes) >= MaxSuppressions {
		return Suppression{}, fmt.Errorf("%w: %w", ErrTooMany, suppress.Wrong("scope", "", sayTooManyHushes, text.Args{"max": MaxSuppressions}))
	}
	m, err := s.Scope.Compile()
	if err != nil {
		return Suppression{}, err
	}
	actor := audit.ActorOf(ctx)
	s = Suppression{
		ID: newID("sup_", now, s.Reason, actor.ID, fmt.Sprint(len(d.hushes)), fmt.Sprintf("%+v", s.Scope)), Version: 1,
		Reason: s.Reason, Scope: s.Scope, Created: now, Creator: actor.Name,
		Until: s.Until.UTC(), UntilRemoved: s.UntilRemoved, Review: s.Review.UTC(), ApplyToOpen: s.ApplyToOpen,
	}
	h := &hush{s, m}
	entry := entryOf("suppression.add", s.ID, s)
	save := func(ctx context.Context) error {
		if err := d.cfg.Suppressions.PutSuppression(ctx, s); err != nil {
			return err
		}
		return d.cfg.Audit.Record(ctx, entry)
	}
	d.hushes = append(d.hushes, h)
	var chosen map[string][]string // findings by recording
	if s.ApplyToOpen {
		if chosen, err = d.openFits(ctx, h); err != nil {
			d.loaded = false
			return Suppression{}, err
		}
	}
	if err := d.reassign(ctx, chosen, s.ID, save, Change{Time: now, Kind: SuppressionNew, ID: s.ID}); err != nil {
		return Suppression{}, fmt.Errorf("save suppression: %w", err)
	}
	s.Used, s.LastUsed = h.Used, h.LastUsed
	return s, nil
}

// openFits finds the findings of open incidents that a suppression fits.
func (d *Desk) openFits(ctx context.Context, h *hush) (map[string][]string, error) {
	out := map[string][]string{}
	for id, f := range d.live.findings {
		in := d.live.incidents[f.f.Handling.IncidentID]
		if f.f.Handling.SuppressedBy == "" && (in == nil || in.Life.State != Closed) && h.matcher.Fits(&f.f, f.port, d.cfg.Segments) {
			out[""] = append(out[""], id)
		}
	}
	slices.Sort(out[""])
	no := false
	err := d.eachFinding(ctx, FindingFilter{Suppressed: &no, Recorded: true, States: []State{New, Open, Contained}}, func(f *detect.Finding) bool {
		if h.matcher.Fits(f, suppress.OnePort(f), d.cfg.Segments) {
			out[f.Recording] = append(out[f.Recording], f.ID)
		}
		return true
	})
	return out, err
}

// eachFinding walks through a list of stored findings until each says no.
func (d *Desk) eachFinding(ctx context.Context, filter FindingFilter, each func(*detect.Finding) bool) error {
	cursor := ""
	for {
		page, next, err := d.cfg.Findings.ListFindings(ctx, filter, Page{Cursor: cursor, Limit: portionSize})
		if err != nil {
			return err
		}
		for i := range page {
			if !each(&page[i]) {
				return nil
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

var errInterrupted = errors.New("the transaction was interrupted; do it again")

// reassign makes findings, by recording, suppressed by a suppression, or no
// longer suppressed where by is "", correlates anew, and saves, all in one
// transaction.
func (d *Desk) reassign(ctx context.Context, chosen map[string][]string, by string, save func(context.Context) error, changes ...Change) error {
	if err := d.load(ctx); err != nil {
		return err
	}
	if _, live := chosen[""]; !live {
		if chosen == nil {
			chosen = map[string][]string{}
		}
		chosen[""] = nil
	}
	now := d.cfg.Clock()
	var recordings []string
	for r := range chosen {
		recordings = append(recordings, r)
	}
	slices.Sort(recordings) // "" first
	var told []Change
	// Changes are told when the whole is stored.
	hold := func(c []Change) { told = append(told, c...) }
	total := map[string]int64{}
	ran := false
	err := d.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
		if ran { // memory has changed already, so it is not done twice
			return errInterrupted
		}
		ran = true
		told = slices.Clone(changes)
		if err := save(ctx); err != nil {
			return err
		}
		for _, r := range recordings {
			s := d.live
			var err error
			if r != "" {
				if s, err = d.scopeOf(ctx, r); err != nil {
					return err
				}
			}
			st := settlement{scope: s, uses: map[string]int64{}, hold: hold}
			for _, id := range chosen[r] {
				f := s.findings[id]
				if f == nil {
					continue
				}
				was := f.f.Handling.SuppressedBy
				to := by
				if to == "" { // another suppression may hold for it
					to = d.hushedBy(&f.f, f.port, now, was, false)
				}
				if to == was {
					continue
				}
				f.f.Handling.SuppressedBy = to
				kind := FindingHushed
				if to == "" {
					kind, f.returned = FindingReturned, true
				} else {
					st.uses[to]++
					total[to]++
				}
				d.changes++
				f.change = d.changes
				st.assign = append(st.assign, Assignment{FindingID: id, IncidentID: f.f.Handling.IncidentID, SuppressedBy: to})
				st.changes = append(st.changes, d.changeOf(kind, &f.f))
			}
			if err := d.settle(ctx, st); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.loaded = false
		return err
	}
	d.used(total, now)
	d.tell(told)
	return nil
}

// expire ends suppressions whose time is over. Live findings that still go on,
// those with an event within the window of correlation, come back; what was over
// before the suppression ended stays suppressed, as its reason held then.
func (d *Desk) expire(ctx context.Context, now time.Time) error {
	for i := 0; i < len(d.hushes); i++ {
		h := d.hushes[i]
		if h.UntilRemoved || now.Before(h.Until) {
			continue
		}
		s := h.Suppression
		s.Ended, s.EndedBy = now.UTC(), audit.System
		chosen := map[string][]string{}
		window := d.cfg.Correlate.filled().Window
		for id, f := range d.live.findings {
			if f.f.Handling.SuppressedBy == s.ID && !f.f.Last.Before(s.Until.Add(-window)) {
				chosen[""] = append(chosen[""], id)
			}
		}
		slices.Sort(chosen[""])
		if err := d.end(ctx, s, "suppression.expire", chosen); err != nil {
			return fmt.Errorf("end suppression %s: %w", s.ID, err)
		}
		i--
	}
	return nil
}

// end stores that a suppression has ended and brings findings back.
func (d *Desk) end(ctx context.Context, s Suppression, action string, chosen map[string][]string) error {
	entry := entryOf(action, s.ID, map[string]any{"reason": s.Reason, "used": s.Used, "findings_returned": count(chosen)})
	d.hushes = slices.DeleteFunc(d.hushes, func(h *hush) bool { return h.ID == s.ID })
	return d.reassign(audit.WithActor(ctx, actorFor(ctx, action)), chosen, "", func(ctx context.Context) error {
		if err := d.cfg.Suppressions.PutSuppression(ctx, s); err != nil {
			return err
		}
		return d.cfg.Audit.Record(ctx, entry)
	}, Change{Time: d.cfg.Clock(), Kind: SuppressionEnded, ID: s.ID})
}

// actorFor is who ends a suppression: Bongsu itself, where its time is over
// while somebody does something else.
func actorFor(ctx context.Context, action string) audit.Actor {
	if action == "suppression.expire" {
		return audit.Actor{ID: audit.System, Name: audit.System}
	}
	return audit.ActorOf(ctx)
}

func count(chosen map[string][]string) int {
	n := 0
	for _, ids := range chosen {
		n += len(ids)
	}
	return n
}

// Unsuppress ends a suppression before its time, for the actor of ctx. With
// bringBack every finding that it ever silenced comes back, as when it was a
// mistake; without, those stay suppressed, and only new ones are told of.
// Errors: ErrNotFound, *ConflictError, *FieldError where it has ended.
func (d *Desk) Unsuppress(ctx context.Context, id string, version int, bringBack bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.editable(ctx, id, version)
	if err != nil {
		return err
	}
	s.Ended, s.EndedBy = d.cfg.Clock().UTC(), audit.ActorOf(ctx).Name
	s.Version++
	chosen := map[string][]string{}
	if bringBack {
		var settled []detect.Finding
		err := d.eachFinding(ctx, FindingFilter{SuppressedBy: id}, func(f *detect.Finding) bool {
			chosen[f.Recording] = append(chosen[f.Recording], f.ID)
			if f.Recording == "" && d.live.findings[f.ID] == nil {
				settled = append(settled, *f)
			}
			return true
		})
		if err != nil {
			return err
		}
		if _, err := d.recall(ctx, settled); err != nil {
			return err
		}
	}
	if err := d.end(ctx, s, "suppression.remove", chosen); err != nil {
		return fmt.Errorf("remove suppression %s: %w", id, err)
	}
	return nil
}

// MaxSuppressions is how many may hold at once.
const MaxSuppressions = 2000

// An Extension changes the reason and the end of a suppression. Its scope stays:
// another scope is another suppression.
type Extension struct {
	Reason       string // "": as it is
	Until        time.Time
	UntilRemoved bool
	Review       time.Time
}

// Extend changes the reason and the end of a suppression. Errors: as
// Unsuppress's.
func (d *Desk) Extend(ctx context.Context, id string, version int, e Extension) (Suppression, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.editable(ctx, id, version)
	if err != nil {
		return Suppression{}, err
	}
	before := s
	s.Reason, s.Until, s.UntilRemoved, s.Review = cmp.Or(e.Reason, s.Reason), e.Until.UTC(), e.UntilRemoved, e.Review.UTC()
	if err := s.Check(d.cfg.Clock()); err != nil {
		return Suppression{}, err
	}
	s.Version++
	entry := entryOf("suppression.change", id, map[string]any{"from": before, "to": s})
	err = d.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
		if err := d.cfg.Suppressions.PutSuppression(ctx, s); err != nil {
			return err
		}
		return d.cfg.Audit.Record(ctx, entry)
	})
	if err != nil {
		return Suppression{}, fmt.Errorf("change suppression %s: %w", id, err)
	}
	for _, h := range d.hushes {
		if h.ID == id {
			h.Suppression = s
		}
	}
	d.tell([]Change{{Time: d.cfg.Clock(), Kind: SuppressionChanged, ID: id}})
	return s, nil
}

// editable returns a suppression that holds, in the version that was seen.
func (d *Desk) editable(ctx context.Context, id string, version int) (Suppression, error) {
	if err := d.load(ctx); err != nil {
		return Suppression{}, err
	}
	for _, h := range d.hushes {
		if h.ID != id {
			continue
		}
		if h.Version != version {
			return Suppression{}, &ConflictError{ID: id, Seen: version, Have: h.Version}
		}
		return h.Suppression, nil
	}
	s, err := d.cfg.Suppressions.SuppressionByID(ctx, id)
	if err != nil {
		return Suppression{}, fmt.Errorf("suppression %q: %w", id, err)
	}
	return Suppression{}, suppress.Wrong("id", s.ID, sayHasEnded, nil)
}
