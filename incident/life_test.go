package incident_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/internal/ocsftest"
	"github.com/bongsu/bongsu/text"
)

// story parses findings as live ones.
func story(t *testing.T, lines string) []detect.Finding {
	t.Helper()
	all := parse(t, lines)
	for i := range all {
		all[i].Recording = ""
	}
	return all
}

func as(ctx context.Context, name string) context.Context {
	return audit.WithActor(ctx, audit.Actor{ID: "usr_" + name, Name: name})
}

func (o *office) only(t *testing.T) incident.Detail {
	t.Helper()
	all := o.all(t)
	if len(all) != 1 {
		t.Fatalf("%d incidents, want 1:\n%s", len(all), show(all))
	}
	return o.detail(t, all[0].ID)
}

func (o *office) detail(t *testing.T, id string) incident.Detail {
	t.Helper()
	d, err := o.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (o *office) edit(t *testing.T, who, id string, e incident.Edit) incident.Incident {
	t.Helper()
	in, err := o.Edit(as(t.Context(), who), id, e)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func (o *office) actions(t *testing.T) []string {
	t.Helper()
	var out []string
	err := o.db.Audit().Walk(t.Context(), audit.Filter{}, func(e audit.Entry) error {
		out = append(out, e.Actor.Name+" "+e.Action)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func kinds(steps []incident.Step) string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Kind)
	}
	return strings.Join(out, " ")
}

func ptr[T any](v T) *T { return &v }

func TestLifeCycle(t *testing.T) {
	o := newOffice(t, nil)
	o.record(t, story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	in := o.only(t)
	if in.Life.State != incident.New || in.Life.Version != 1 || kinds(in.History) != "opened" {
		t.Fatalf("a new incident is %+v with history %s", in.Life, kinds(in.History))
	}
	o.later(time.Minute)
	o.edit(t, "mina", in.ID, incident.Edit{Version: 1, State: incident.Open, Owner: ptr("mina"), Note: "looking\ninto it"})
	// It grows while mina looks: her version stays good.
	o.record(t, story(t, `2026-03-02T09:20 1m guess a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	in = o.only(t)
	if in.Life.Version != 2 || len(in.Findings) != 2 || in.Life.Findings != 2 || in.Life.Owner != "mina" || in.Life.State != incident.Open {
		t.Fatalf("after growth: %+v with %d findings", in.Life, len(in.Findings))
	}
	o.edit(t, "mina", in.ID, incident.Edit{Version: 2, State: incident.Contained})
	o.edit(t, "mina", in.ID, incident.Edit{Version: 3, State: incident.Closed, Resolution: incident.FalsePositive})
	closed := o.only(t)
	if closed.Life.State != incident.Closed || closed.Life.Resolution != incident.FalsePositive {
		t.Fatalf("closed: %+v", closed.Life)
	}
	o.restart()
	o.flush(t)
	if got := o.only(t).Life; got != closed.Life {
		t.Errorf("after a restart %+v, before %+v", got, closed.Life)
	}

	undone, err := o.Undo(as(t.Context(), "jun"), in.ID, 4)
	if err != nil || undone.Life.State != incident.Contained || undone.Life.Resolution != "" {
		t.Fatalf("undone: %+v, %v", undone.Life, err)
	}
	redone, err := o.Undo(as(t.Context(), "jun"), in.ID, 5)
	if err != nil || redone.Life.State != incident.Closed || redone.Life.Resolution != incident.FalsePositive {
		t.Fatalf("redone: %+v, %v", redone.Life, err)
	}

	// The same findings do not reopen it; a new one does, and says so.
	o.record(t, story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	if s := o.only(t).Life.State; s != incident.Closed {
		t.Errorf("a known finding made it %s", s)
	}
	o.record(t, story(t, `2026-03-02T10:00 1m success a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	in = o.only(t)
	if in.Life.State != incident.Open || in.Life.Resolution != "" || in.Life.Version != 7 {
		t.Errorf("a new finding made it %+v", in.Life)
	}
	if got, want := kinds(in.History), "opened state owner state state undone undone reopened"; got != want {
		t.Errorf("history %s, want %s", got, want)
	}
	if said := in.History[len(in.History)-1].What; !strings.Contains(said.EN, "1 new finding joined") || !strings.Contains(said.EN, "false alarm") || !strings.Contains(said.KO, "1건") {
		t.Errorf("reopening says %q, %q", said.EN, said.KO)
	}
	if len(in.Notes) != 1 || in.Notes[0].Author != "mina" || in.Notes[0].Text != "looking\ninto it" {
		t.Errorf("notes %+v", in.Notes)
	}
	want := []string{"mina incident.state", "mina incident.state", "mina incident.state", "jun incident.undo", "jun incident.undo"}
	if diff := gocmp.Diff(want, o.actions(t)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
	report, err := o.log.Verify(t.Context())
	if err != nil || !report.Whole() {
		t.Errorf("audit log: %+v, %v", report, err)
	}
}

func TestEditRefuses(t *testing.T) {
	o := newOffice(t, nil)
	o.record(t, story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	id := o.only(t).ID
	for _, c := range []struct {
		name string
		edit incident.Edit
		want error
		says string
	}{
		{"nothing", incident.Edit{Version: 1}, incident.ErrInvalid, "Nothing"},
		{"unknown state", incident.Edit{Version: 1, State: "done"}, incident.ErrInvalid, "open, contained or closed"},
		{"back to new", incident.Edit{Version: 1, State: incident.New}, incident.ErrInvalid, "open, contained or closed"},
		{"closed without resolution", incident.Edit{Version: 1, State: incident.Closed}, incident.ErrInvalid, "say what it was"},
		{"closed as Bongsu does", incident.Edit{Version: 1, State: incident.Closed, Resolution: incident.Hushed}, incident.ErrInvalid, "say what it was"},
		{"open with resolution", incident.Edit{Version: 1, State: incident.Open, Resolution: incident.Benign}, incident.ErrInvalid, "Only a closed"},
		{"blank note", incident.Edit{Note: " \n"}, incident.ErrInvalid, "empty"},
		{"long note", incident.Edit{Note: strings.Repeat("n", incident.MaxNote+1)}, incident.ErrInvalid, "8,192"},
		{"stale", incident.Edit{Version: 7, State: incident.Open}, incident.ErrConflict, "meanwhile"},
	} {
		_, err := o.Edit(t.Context(), id, c.edit)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if said, ok := incident.Words(err); !ok || !strings.Contains(said.EN, c.says) || said.KO == "" || strings.ContainsAny(said.EN+said.KO, "{}") {
			t.Errorf("%s: says %q, %q", c.name, said.EN, said.KO)
		}
	}
	if _, err := o.Edit(t.Context(), "inc_none", incident.Edit{Note: "x"}); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("an unknown incident: %v", err)
	}
	if _, err := o.Undo(t.Context(), id, 1); !errors.Is(err, incident.ErrNoUndo) {
		t.Errorf("undo of nothing: %v", err)
	}
	if got := o.only(t).Life.Version; got != 1 {
		t.Errorf("version %d after refusals", got)
	}
	if got := o.actions(t); len(got) != 0 {
		t.Errorf("audit log has %q after refusals", got)
	}
}

// Of operators who decide at once on what they all saw, one wins; the others
// hear of it, and nothing is lost.
func TestOperatorsAtOnce(t *testing.T) {
	o := newOffice(t, nil)
	o.record(t, story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	id := o.only(t).ID
	var wg sync.WaitGroup
	won := make([]bool, 8)
	for i := range won {
		wg.Go(func() {
			name := fmt.Sprint("operator", i)
			_, err := o.Edit(as(t.Context(), name), id, incident.Edit{Version: 1, State: incident.Open, Owner: &name})
			switch {
			case err == nil:
				won[i] = true
			case !errors.Is(err, incident.ErrConflict):
				t.Error(err)
			}
			if _, err := o.Edit(as(t.Context(), name), id, incident.Edit{Note: "seen by " + name}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	winner := slices.Index(won, true)
	in := o.only(t)
	if winner < 0 || slices.Index(won[winner+1:], true) >= 0 || in.Life.Owner != fmt.Sprint("operator", winner) || in.Life.Version != 2 {
		t.Errorf("won %v, owner %s, version %d", won, in.Life.Owner, in.Life.Version)
	}
	if len(in.Notes) != 8 || len(o.actions(t)) != 9 {
		t.Errorf("%d notes, %d entries of the audit log", len(in.Notes), len(o.actions(t)))
	}
}

// Two incidents turn out to be one matter: the older keeps its id and takes
// what people did to the other.
func TestMerge(t *testing.T) {
	o := newOffice(t, nil)
	o.record(t, story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	older := o.only(t).ID
	o.later(time.Minute)
	o.record(t, story(t, `2026-03-02T12:00 1m beacon a=ip:10.0.0.8 t=ip:198.51.100.1`)...)
	var other string
	for _, in := range o.all(t) {
		if in.ID != older {
			other = in.ID
		}
	}
	o.edit(t, "mina", other, incident.Edit{Version: 1, State: incident.Open, Owner: ptr("mina"), Note: "I know this machine"})
	before := o.Latest()
	// The bridge: who scanned got into the machine that reports.
	o.record(t, story(t, `2026-03-02T11:00 1m success a=ip:203.0.113.9 t=ip:10.0.0.8`)...)
	in := o.only(t)
	if in.ID != older || in.Life.Owner != "mina" || in.Life.State != incident.Open || len(in.Notes) != 1 || len(in.Findings) != 3 {
		t.Errorf("merged: id %s (older %s), %+v, %d notes, %d findings", in.ID, older, in.Life, len(in.Notes), len(in.Findings))
	}
	gone := o.detail(t, other)
	if gone.Life.MergedInto != older || len(gone.Findings) != 0 || kinds(gone.History) != "opened state owner into" {
		t.Errorf("the other: %+v, history %s", gone.Life, kinds(gone.History))
	}
	if _, err := o.Edit(t.Context(), other, incident.Edit{Note: "x"}); !errors.Is(err, incident.ErrMerged) {
		t.Errorf("changing the merged one: %v", err)
	}
	changes, _, err := o.Changes(t.Context(), before)
	if err != nil || !slices.ContainsFunc(changes, func(c incident.Change) bool {
		return c.Kind == incident.IncidentMerged && c.ID == other && c.Into == older
	}) {
		t.Errorf("changes %+v, %v", changes, err)
	}
	history := o.footprint(t)
	o.restart()
	o.flush(t)
	if diff := gocmp.Diff(history, o.footprint(t)); diff != "" {
		t.Errorf("a restart changes something:\n%s", diff)
	}
}

// What links two matters turns out to be shared by all: they part again, and
// the part that has most of the findings keeps the id.
func TestSplit(t *testing.T) {
	o := newOffice(t, nil)
	first := story(t, `
		2026-03-02T09:00 1m odd a=ip:203.0.113.1 t=ip:10.0.0.5
		2026-03-02T09:10 1m scan a=ip:203.0.113.2 t=ip:10.0.0.5
		2026-03-02T09:15 1m trace a=ip:203.0.113.2 t=ip:10.0.0.6
		2026-03-02T09:20 1m trace a=ip:203.0.113.2 t=ip:10.0.0.7`)
	o.record(t, first...)
	one := o.only(t)
	o.edit(t, "mina", one.ID, incident.Edit{Version: 1, State: incident.Open, Owner: ptr("mina")})
	more := story(t, `2026-03-03T20:00 1m trace a=ip:203.0.113.{3..8} t=ip:10.0.0.5`)
	o.record(t, more...)
	all := append(first, more...)
	want := incident.Correlate(all)
	if diff := sameMatters(want, o.all(t)); diff != "" {
		t.Fatalf("incidents (-batch +desk):\n%s", diff)
	}
	kept := o.detail(t, one.ID)
	if kept.Life.Owner != "mina" || len(kept.Findings) != 3 || kept.Findings[0].ID != first[1].ID {
		t.Errorf("the first: %+v with %d findings", kept.Life, len(kept.Findings))
	}
	n := 0
	for _, in := range o.all(t) {
		d := o.detail(t, in.ID)
		if strings.Contains(kinds(d.History), "split") {
			n++
			if d.Life.Owner != "mina" || len(d.Findings) != 1 || d.Findings[0].ID != first[0].ID {
				t.Errorf("who owned it before does not own the part: %+v", d.Life)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d incidents say that they parted from another, want 1", n)
	}
}

func TestRecordings(t *testing.T) {
	o := newOffice(t, nil)
	live := story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)
	recorded := parse(t, `
		2026-03-02T09:05 1m guess a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-02T09:10 1m success a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-02T10:10 1m odd a=ip:10.0.0.77 t=ip:10.0.0.78`)
	o.record(t, append(slices.Clone(live), recorded...)...)
	name := "story"
	got, _, err := o.Incidents(t.Context(), incident.Filter{Recording: &name}, incident.Page{})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d incidents of the recording, %v", len(got), err)
	}
	o.edit(t, "mina", got[0].ID, incident.Edit{Version: 1, State: incident.Open, Note: "mine"})
	before := o.footprint(t)
	o.later(time.Hour)
	o.record(t, recorded...) // the job ran again
	if diff := gocmp.Diff(before, o.footprint(t)); diff != "" {
		t.Errorf("the same recording again changes something:\n%s", diff)
	}
	if diff := sameMatters(incident.Correlate(append(slices.Clone(live), recorded...)), o.all(t)); diff != "" {
		t.Errorf("incidents (-batch +desk):\n%s", diff)
	}
	if err := o.Withdraw(as(t.Context(), "mina"), name); err != nil {
		t.Fatal(err)
	}
	if left := o.all(t); len(left) != 1 || left[0].Recording != "" {
		t.Errorf("after withdrawing:\n%s", show(left))
	}
	if _, err := o.Finding(t.Context(), recorded[0].ID); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("a finding of the withdrawn recording: %v", err)
	}
	if err := o.Withdraw(t.Context(), "never"); err != nil {
		t.Errorf("withdrawing what is not there: %v", err)
	}
	if err := o.Withdraw(t.Context(), ""); !errors.Is(err, incident.ErrInvalid) {
		t.Errorf("withdrawing live findings: %v", err)
	}
}

// Findings of a rule that is no longer there stay readable and linked.
func TestRuleGone(t *testing.T) {
	o := newOffice(t, func(c *incident.DeskConfig) { c.Rules = nil })
	all := story(t, `
		2026-03-02T09:00 1m success a=ip:203.0.113.{1..3} t=ip:10.0.0.5
		2026-03-02T09:05 1m guess a=ip:203.0.113.1 t=ip:10.0.0.5`)
	o.record(t, all[:2]...)
	o.restart()
	for i := range all {
		r := *all[i].Rule // as another start of the program loads it
		all[i].Rule = &r
	}
	o.record(t, all...)
	if diff := sameMatters(incident.Correlate(story(t, `
		2026-03-02T09:00 1m success a=ip:203.0.113.{1..3} t=ip:10.0.0.5
		2026-03-02T09:05 1m guess a=ip:203.0.113.1 t=ip:10.0.0.5`)), o.all(t)); diff != "" {
		t.Errorf("incidents (-batch +desk):\n%s", diff)
	}
}

// What has not grown for long, or is too much, settles: it stays as it is, is
// out of memory, and comes back when one of its findings grows after all.
func TestSettle(t *testing.T) {
	o := newOffice(t, func(c *incident.DeskConfig) { c.Reach = time.Hour; c.MaxOpen = 10 })
	first := story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)
	o.record(t, first...)
	id := o.only(t).ID
	o.later(2 * time.Hour)
	o.record(t, story(t, `2026-03-02T11:00 1m odd a=ip:10.0.0.77 t=ip:10.0.0.78`)...)
	unsettled := func() (ids []string) {
		t.Helper()
		err := o.db.Findings().UnsettledFindings(t.Context(), "", func(f detect.Finding) error {
			ids = append(ids, f.ID)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if got := unsettled(); len(got) != 1 || got[0] == first[0].ID {
		t.Errorf("unsettled: %q", got)
	}
	grown := first[0].Clone()
	grown.Span(grown.Last.Add(time.Minute))
	grown.Count += 5
	o.record(t, grown)
	if got := o.detail(t, id); got.Findings[0].Count != grown.Count || !got.Last.Equal(grown.Last) {
		t.Errorf("a settled finding did not grow: %+v", got.Findings[0])
	}
	if len(unsettled()) != 2 {
		t.Errorf("unsettled: %q", unsettled())
	}
	o.later(30 * time.Minute)
	o.record(t, story(t, `2026-03-02T11:{10..29} 1m odd a=ip:10.0.1.{1..3} t=ip:10.0.2.1`)...)
	o.flush(t)
	if n := len(unsettled()); n > 10 {
		t.Errorf("%d findings in memory, at most 10 wanted", n)
	}
}

// An incident of more findings than memory is for settles for good: its findings
// grow by themselves, and new ones make another incident.
func TestTooLarge(t *testing.T) {
	o := newOffice(t, func(c *incident.DeskConfig) { c.MaxOpen = 20 })
	many := story(t, `2026-03-02T09:00 1m guess a=ip:203.0.113.{1..25} t=ip:10.0.0.5`)
	o.record(t, many...)
	id := o.only(t).ID
	for range 3 {
		o.later(time.Minute)
		many[7].Count++
		many[7].Span(many[7].Last.Add(time.Minute))
		o.record(t, many...)
	}
	if got := o.get(t, many[7].ID); got.Count != many[7].Count || got.Handling.IncidentID != id {
		t.Errorf("it has %d events in %s, want %d in %s", got.Count, got.Handling.IncidentID, many[7].Count, id)
	}
	o.record(t, story(t, `2026-03-02T09:30 1m guess a=ip:203.0.113.77 t=ip:10.0.0.5`)...)
	all := o.all(t)
	if len(all) != 2 || len(all[0].Findings)+len(all[1].Findings) != 26 {
		t.Errorf("incidents:\n%s", show(all))
	}
}

// Growth waits a little, what is new does not, and Flush leaves nothing behind.
func TestGrowthWaits(t *testing.T) {
	o := newOffice(t, nil)
	f := story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)[0]
	stored := func() int {
		t.Helper()
		got, err := o.Finding(t.Context(), f.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got.Count
	}
	o.record(t, f)
	grow := func(by int) {
		f = f.Clone()
		f.Count += by
		f.Span(f.Last.Add(time.Second))
		if err := o.Record(t.Context(), []detect.Finding{f}); err != nil {
			t.Fatal(err)
		}
		if err := o.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	o.later(time.Second)
	grow(1)
	if stored() != 1 {
		t.Errorf("growth within a second was stored at once: %d", stored())
	}
	o.later(time.Minute)
	grow(1)
	if stored() != 3 {
		t.Errorf("growth was not stored after a minute: %d", stored())
	}
	grow(1)
	o.flush(t)
	if stored() != 4 {
		t.Errorf("Flush left growth behind: %d", stored())
	}
	grow(1)
	f.Severity = event.SeverityCritical
	grow(1)
	if stored() != 6 {
		t.Errorf("a rise was not stored at once: %d", stored())
	}
	old := f.Clone()
	old.Count, old.Severity = 2, event.SeverityLow
	o.record(t, old)
	if stored() != 6 {
		t.Errorf("an older state came back: %d", stored())
	}
}

// What is handed on in OCSF's form says what became of it, and is valid.
func TestHandledOCSF(t *testing.T) {
	o := newOffice(t, nil)
	checker := ocsftest.Load(t).NewChecker()
	o.record(t, story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	id := o.only(t).ID
	check := func(want ...string) {
		t.Helper()
		d := o.detail(t, id)
		for _, lang := range text.Langs() {
			docs := [][]byte{d.AppendOCSF(nil, lang)}
			for i := range d.Findings {
				docs = append(docs, d.Findings[i].AppendOCSF(nil, lang))
			}
			for _, doc := range docs {
				if err := checker.Check(doc); err != nil {
					t.Error(err)
				}
			}
			for _, w := range want {
				if !slices.ContainsFunc(docs, func(b []byte) bool { return strings.Contains(string(b), w) }) {
					t.Errorf("%s is not said", w)
				}
			}
		}
	}
	check(`"status":"New"`, `"verdict":"Suspicious"`, `"assignee_group"`)
	o.edit(t, "mina", id, incident.Edit{Version: 1, State: incident.Contained, Owner: ptr("mina")})
	check(`"status":"In Progress"`, `"assignee":{"name":"mina"}`, `"state":"contained"`, `"owner":"mina"`, `"type_uid":200502`, `"type_uid":200402`)
	for i, r := range incident.Resolutions() {
		o.edit(t, "mina", id, incident.Edit{Version: 2 + i, State: incident.Closed, Resolution: r})
		check(`"status":"Closed"`, `"resolution":"`+string(r)+`"`, `"status":"Resolved"`)
	}
}
