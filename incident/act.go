package incident

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/suppress"
	"github.com/bongsu/bongsu/text"
)

// An Edit is what a person changes about an incident, all of it or nothing.
// Version is the Life.Version that they saw; who else changed state, resolution
// or owner since is not overwritten. A note alone needs no Version.
type Edit struct {
	Version    int
	State      State      // "": as it is
	Resolution Resolution // with Closed
	Owner      *string    // nil: as it is; "": nobody
	Note       string     // "": none
}

// Edit changes an incident for the actor of ctx and returns it as it is then.
// Errors: ErrNotFound, ErrMerged, *ConflictError, *FieldError, ErrTooMany.
func (d *Desk) Edit(ctx context.Context, id string, e Edit) (Incident, error) {
	if err := e.check(); err != nil {
		return Incident{}, err
	}
	return d.act(ctx, id, func(in *Incident, now time.Time) (*action, error) {
		before := in.Life
		a := &action{name: "incident.edit", detail: map[string]any{}}
		if (e.State != "" || e.Owner != nil) && e.Version != before.Version {
			return nil, &ConflictError{ID: id, Seen: e.Version, Have: before.Version}
		}
		if e.State != "" && (e.State != before.standing().State || e.Resolution != before.Resolution) {
			in.Life.State, in.Life.Resolution = e.State, e.Resolution
			what, args := stepState, text.Args{"from": before.State.Name(), "to": e.State.Name()}
			if e.State == Closed {
				what, args = stepClosed, text.Args{"resolution": e.Resolution.Name()}
			}
			a.step(StepState, before, in.Life, what, args)
			a.name = "incident.state"
			a.detail["from"], a.detail["to"], a.detail["resolution"] = before.standing().State, e.State, e.Resolution
		}
		if e.Owner != nil && *e.Owner != before.Owner {
			middle := in.Life
			in.Life.Owner = *e.Owner
			what, args := stepOwner, text.Args{"owner": *e.Owner}
			if *e.Owner == "" {
				what, args = stepNoOwner, nil
			}
			a.step(StepOwner, middle, in.Life, what, args)
			if a.name == "incident.edit" {
				a.name = "incident.owner"
			}
			a.detail["owner_from"], a.detail["owner"] = before.Owner, *e.Owner
		}
		if note := strings.TrimSpace(e.Note); note != "" {
			notes, err := d.cfg.Incidents.Notes(ctx, id)
			if err != nil {
				return nil, err
			}
			if len(notes) >= MaxNotes {
				return nil, fmt.Errorf("%w: %w", ErrTooMany, suppress.Wrong("note", "", sayTooManyNotes, text.Args{"max": MaxNotes}))
			}
			a.note = &Note{ID: newID("not_", now, id, note, fmt.Sprint(len(notes))), IncidentID: id, Time: now, Author: audit.ActorOf(ctx).Name, Text: note}
			if a.name == "incident.edit" {
				a.name = "incident.note"
			}
			a.detail["note"] = a.note.ID
		}
		return a, nil
	})
}

func (e *Edit) check() error {
	switch {
	case e.State != "" && e.State != Open && e.State != Contained && e.State != Closed:
		return suppress.Wrong("state", string(e.State), sayState, nil)
	case e.State == Closed && !slices.Contains(Resolutions(), e.Resolution):
		return suppress.Wrong("resolution", string(e.Resolution), sayNoResolution, nil)
	case e.State != Closed && e.Resolution != "":
		return suppress.Wrong("resolution", string(e.Resolution), sayResolution, nil)
	case e.Owner != nil && (len(*e.Owner) > MaxOwner || !utf8.ValidString(*e.Owner)):
		return suppress.Wrong("owner", *e.Owner, sayTooLong, text.Args{"max": MaxOwner})
	case len(e.Note) > MaxNote || !utf8.ValidString(e.Note):
		return suppress.Wrong("note", e.Note, sayTooLong, text.Args{"max": MaxNote})
	case e.State == "" && e.Owner == nil && e.Note == "":
		return suppress.Wrong("state", "", sayNothing, nil)
	case e.Note != "" && strings.TrimSpace(e.Note) == "":
		return suppress.Wrong("note", e.Note, sayEmpty, nil)
	}
	return nil
}

// Undo takes back the last change of the state, a person's or Bongsu's own
// reopening, with its resolution. Undoing twice brings the change back. Errors:
// as Edit's, and ErrNoUndo.
func (d *Desk) Undo(ctx context.Context, id string, version int) (Incident, error) {
	return d.act(ctx, id, func(in *Incident, _ time.Time) (*action, error) {
		if version != in.Life.Version {
			return nil, &ConflictError{ID: id, Seen: version, Have: in.Life.Version}
		}
		steps, err := d.cfg.Incidents.History(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, s := range slices.Backward(steps) {
			switch s.Kind {
			case StepState, StepUndone, StepReopened:
			case StepHushed, StepReturned, StepMerged, StepSplit:
				return nil, ErrNoUndo // what the state was before stands for other findings
			default:
				continue
			}
			before := in.Life
			in.Life.State, in.Life.Resolution = s.From.State, s.From.Resolution
			a := &action{name: "incident.undo", detail: map[string]any{"from": before.standing().State, "to": in.Life.State, "resolution": in.Life.Resolution}}
			a.step(StepUndone, before, in.Life, stepUndone, text.Args{"to": in.Life.State.Name()})
			return a, nil
		}
		return nil, ErrNoUndo
	})
}

// An action is what a person does to an incident.
type action struct {
	name   string
	detail map[string]any
	steps  []Step
	note   *Note
}

func (a *action) step(kind string, before, after Life, what text.Message, args text.Args) {
	a.steps = append(a.steps, Step{Kind: kind, From: before.standing(), To: after.standing(), What: what.Say(args)})
}

// act lets change alter an incident, and stores it with the steps, the note and
// the entry of the audit log.
func (d *Desk) act(ctx context.Context, id string, change func(in *Incident, now time.Time) (*action, error)) (Incident, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.load(ctx); err != nil {
		return Incident{}, err
	}
	now := d.cfg.Clock()
	in := d.live.incidents[id]
	held := in != nil
	if !held {
		stored, err := d.cfg.Incidents.IncidentsByID(ctx, []string{id})
		if err != nil {
			return Incident{}, err
		}
		if len(stored) == 0 {
			return Incident{}, fmt.Errorf("incident %q: %w", id, ErrNotFound)
		}
		in = &stored[0]
	}
	if in.MergedAway() {
		return Incident{}, fmt.Errorf("incident %s was merged into %s: %w", id, in.Life.MergedInto, ErrMerged)
	}
	after := *in
	a, err := change(&after, now)
	if err != nil {
		return Incident{}, err
	}
	if len(a.steps) == 0 && a.note == nil {
		return after, nil
	}
	after.Life.Changed = now
	if after.Life.standing() != in.Life.standing() {
		after.Life.Version++
	}
	w := Write{Incidents: []Incident{after}}
	actor := audit.ActorOf(ctx)
	for _, s := range a.steps {
		s.IncidentID, s.Time, s.Actor = id, now, actor.Name
		w.Steps = append(w.Steps, s)
	}
	if a.note != nil {
		w.Notes = []Note{*a.note}
	}
	entry := entryOf(a.name, id, a.detail)
	err = d.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
		if err := d.cfg.Incidents.SaveIncidents(ctx, w); err != nil {
			return err
		}
		return d.cfg.Audit.Record(ctx, entry)
	})
	if err != nil {
		return Incident{}, fmt.Errorf("change incident %s: %w", id, err)
	}
	if held {
		*in = after
	}
	d.tell([]Change{d.incidentChange(IncidentChanged, &after)})
	return after, nil
}

func entryOf(action, object string, detail any) audit.Entry {
	return audit.Entry{Action: action, Object: object, Detail: audit.Detail(detail)}
}

// newID makes an id of what tells a thing from all others.
func newID(kind string, now time.Time, parts ...string) string {
	sum := sha256.Sum256([]byte(now.UTC().Format(time.RFC3339Nano) + "\x00" + strings.Join(parts, "\x00")))
	return kind + hex.EncodeToString(sum[:10])
}

// Withdraw removes the findings and incidents of a recording, as when it is
// deleted. What people did to them stays in the audit log. A recording that
// nothing is known of is no error.
func (d *Desk) Withdraw(ctx context.Context, recording string) error {
	if recording == "" {
		return suppress.Wrong("recording", "", sayEmpty, nil)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var removed []string
	err := d.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
		var err error
		if removed, err = d.cfg.Incidents.WithdrawIncidents(ctx, recording); err != nil {
			return err
		}
		if err := d.cfg.Findings.WithdrawFindings(ctx, recording); err != nil {
			return err
		}
		entry := entryOf("recording.withdraw", recording, map[string]any{"incidents": len(removed)})
		return d.cfg.Audit.Record(ctx, entry)
	})
	if err != nil {
		return fmt.Errorf("withdraw recording %q: %w", recording, err)
	}
	var changes []Change
	for _, id := range removed {
		changes = append(changes, Change{Time: d.cfg.Clock(), Kind: IncidentRemoved, ID: id, Recording: recording})
	}
	d.tell(changes)
	return nil
}

// tell publishes changes that are stored.
func (d *Desk) tell(changes []Change) {
	for _, c := range d.feed.publish(changes) {
		if d.cfg.Notify != nil {
			d.cfg.Notify(c)
		}
	}
}

func (d *Desk) incidentChange(kind string, in *Incident) Change {
	return Change{
		Time: d.cfg.Clock(), Kind: kind, ID: in.ID, Recording: in.Recording, Tenant: in.Tenant, State: in.Life.standing().State,
		Severity: in.Severity, Rank: in.Rank, Findings: in.Life.Findings, Title: in.Title,
	}
}

func (d *Desk) changeOf(kind string, f *detect.Finding) Change {
	return Change{Time: d.cfg.Clock(), Kind: kind, ID: f.ID, Recording: f.Recording, Tenant: f.Tenant, Severity: f.Severity, Title: f.Title}
}
