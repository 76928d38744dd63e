package incident_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/internal/ocsftest"
	"github.com/bongsu/bongsu/text"
)

func (o *office) suppress(t *testing.T, s incident.Suppression) incident.Suppression {
	t.Helper()
	if s.Reason == "" {
		s.Reason = "approved scan"
	}
	if s.Until.IsZero() && !s.UntilRemoved {
		s.Until = o.now.Add(24 * time.Hour)
	}
	saved, err := o.Suppress(as(t.Context(), "mina"), s)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func (o *office) get(t *testing.T, id string) detect.Finding {
	t.Helper()
	f, err := o.Finding(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What a suppression means is silenced, counted and told with the finding, and
// Preview tells the same of findings that are there.
func TestSuppress(t *testing.T) {
	scope := incident.Scope{Rule: "scan/vertical", TargetSegment: "internal", Port: 22, Tenant: "org"}
	findings := story(t, `
		2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-02T09:01 1m scan a=ip:203.0.113.9 t=ip:192.0.2.1
		2026-03-02T09:02 1m spray a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-02T09:03 1m scan a=ip:203.0.113.10 t=ip:10.0.0.6`)
	for i := range findings {
		findings[i].Evidence[0].DstPort = []int64{22, 22, 22, 23}[i]
	}
	o := newOffice(t, nil)
	s := o.suppress(t, incident.Suppression{Scope: scope})
	o.record(t, findings...)
	for i, f := range findings {
		h := o.get(t, f.ID).Handling
		if suppressed := h.SuppressedBy == s.ID && h.Reason == s.Reason && h.Until.Equal(s.Until) && h.IncidentID == ""; suppressed != (i == 0) {
			t.Errorf("finding %d: %+v", i, h)
		}
		if i > 0 && (h.IncidentID == "" || h.SuppressedBy != "") {
			t.Errorf("finding %d: %+v", i, h)
		}
	}
	saved, err := o.Suppression(t.Context(), s.ID)
	if err != nil || saved.Used != 1 || !saved.LastUsed.Equal(*o.now) {
		t.Errorf("counted %d at %v; %v", saved.Used, saved.LastUsed, err)
	}
	p := newOffice(t, nil)
	p.record(t, findings...)
	told, err := p.Preview(t.Context(), incident.Suppression{Scope: scope})
	if err != nil || told.Count != 1 || told.Looked != 4 || len(told.Examples) != 1 || told.Examples[0].ID != findings[0].ID || told.Whole != 0 {
		t.Errorf("preview %+v, %v", told, err)
	}
}

// What is refused is not saved.
func TestSuppressionRefuses(t *testing.T) {
	o := newOffice(t, nil)
	for field, s := range map[string]incident.Suppression{
		"reason": {Until: o.now.Add(time.Hour), Scope: incident.Scope{Detector: "scan"}},
		"until":  {Reason: "r", Scope: incident.Scope{Detector: "scan"}},
		"scope":  {Reason: "r", UntilRemoved: true, Review: o.now.Add(time.Hour)},
	} {
		_, err := o.Suppress(t.Context(), s)
		var wrong *incident.FieldError
		if !errors.As(err, &wrong) || wrong.Field != field || !errors.Is(err, incident.ErrInvalid) {
			t.Errorf("%s: %v", field, err)
		}
		if said, ok := incident.Words(err); !ok || said != wrong.Said {
			t.Errorf("%s: says %q", field, said)
		}
	}
	if list, _, err := o.Suppressions(t.Context(), true, incident.Page{}); len(list) != 0 || err != nil {
		t.Errorf("%d suppressions were saved, %v", len(list), err)
	}
	if got := o.actions(t); len(got) != 0 {
		t.Errorf("audit log has %q", got)
	}
}

// Suppressed findings leave their incidents at once where asked, the incident
// that has none left is closed, and all of it comes back when it was a mistake.
func TestSuppressOpen(t *testing.T) {
	o := newOffice(t, nil)
	findings := story(t, `
		2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-02T09:10 1m guess a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-02T09:20 1m scan a=ip:203.0.113.70 t=ip:10.0.7.5`)
	recorded := parse(t, `2026-03-02T09:20 1m scan a=ip:203.0.113.70 t=ip:10.0.7.5`)
	o.record(t, append(slices.Clone(findings), recorded...)...)
	before := o.all(t)
	if len(before) != 3 {
		t.Fatalf("%d incidents:\n%s", len(before), show(before))
	}
	mixed := o.get(t, findings[0].ID).Handling.IncidentID
	alone := o.get(t, findings[2].ID).Handling.IncidentID
	inRecording := o.get(t, recorded[0].ID).Handling.IncidentID
	o.edit(t, "jun", mixed, incident.Edit{Version: 1, State: incident.Open, Owner: ptr("jun")})

	scope := incident.Scope{Rule: "scan/vertical"}
	p, err := o.Preview(t.Context(), incident.Suppression{Scope: scope})
	if err != nil || p.Count != 3 || p.Incidents != 3 || p.Whole != 2 {
		t.Errorf("preview %+v, %v", p, err)
	}
	o.suppress(t, incident.Suppression{Scope: scope})
	if diff := gocmp.Diff(len(before), len(o.all(t))); diff != "" {
		t.Error("a suppression that was not to apply to open findings does")
	}
	s := o.suppress(t, incident.Suppression{Scope: scope, ApplyToOpen: true})
	if s.Used != 3 {
		t.Errorf("used %d, want 3", s.Used)
	}
	check := func(when string) {
		t.Helper()
		if in := o.detail(t, mixed); in.Life.State != incident.Open || len(in.Findings) != 1 || in.Suppressed != 1 || in.Life.Owner != "jun" {
			t.Errorf("%s: mixed: %+v, %d findings, %d suppressed", when, in.Life, len(in.Findings), in.Suppressed)
		}
		for _, id := range []string{alone, inRecording} {
			if in := o.detail(t, id); in.Life.State != incident.Closed || in.Life.Resolution != incident.Hushed || len(in.Findings) != 0 || in.Suppressed != 1 {
				t.Errorf("%s: alone: %+v, %d findings, %d suppressed", when, in.Life, len(in.Findings), in.Suppressed)
			}
		}
	}
	check("at once")
	checker := ocsftest.Load(t).NewChecker()
	f := o.get(t, findings[0].ID)
	for _, lang := range text.Langs() {
		doc := f.AppendOCSF(nil, lang)
		if err := checker.Check(doc); err != nil || !strings.Contains(string(doc), `"status":"Suppressed"`) || !strings.Contains(string(doc), `"uid":"`+s.ID+`","reason":"approved scan"`) {
			t.Errorf("%v: %s", err, doc)
		}
	}
	o.restart()
	o.flush(t)
	check("after a restart")
	o.record(t, findings...)
	check("when they come again")

	if err := o.Unsuppress(as(t.Context(), "mina"), s.ID, 9, true); !errors.Is(err, incident.ErrConflict) {
		t.Errorf("removing another version: %v", err)
	}
	// The first suppression still holds, but was not for open findings; it holds
	// for what is suppressed when the other ends.
	list, _, err := o.Suppressions(t.Context(), false, incident.Page{})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d suppressions, %v", len(list), err)
	}
	first := list[0] // both are of one moment, so that their order says nothing
	if first.ID == s.ID {
		first = list[1]
	}
	if err := o.Unsuppress(as(t.Context(), "mina"), first.ID, 1, false); err != nil {
		t.Fatal(err)
	}
	if err := o.Unsuppress(as(t.Context(), "mina"), s.ID, 1, true); err != nil {
		t.Fatal(err)
	}
	if diff := sameMatters(before, o.all(t)); diff != "" {
		t.Errorf("what came back is not what there was:\n%s", diff)
	}
	if in := o.detail(t, alone); in.Life.State != incident.New || in.Life.Resolution != "" || kinds(in.History) != "opened suppressed returned" {
		t.Errorf("alone again: %+v, %s", in.Life, kinds(in.History))
	}
	if err := o.Unsuppress(t.Context(), s.ID, 2, true); !errors.Is(err, incident.ErrInvalid) {
		t.Errorf("removing what has ended: %v", err)
	}
	if err := o.Unsuppress(t.Context(), "sup_none", 1, true); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("removing what is not there: %v", err)
	}
	want := []string{"jun incident.state", "mina suppression.add", "mina suppression.add", "mina suppression.remove", "mina suppression.remove"}
	if diff := gocmp.Diff(want, o.actions(t)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

// When its time is over, what still goes on comes back, what was over stays.
func TestSuppressionExpires(t *testing.T) {
	o := newOffice(t, nil)
	s := o.suppress(t, incident.Suppression{Scope: incident.Scope{Detector: "scan"}, Until: o.now.Add(72 * time.Hour)})
	findings := story(t, `
		2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-05T08:00 1m scan a=ip:203.0.113.10 t=ip:10.0.0.6`)
	o.record(t, findings...)
	if all := o.all(t); len(all) != 0 {
		t.Fatalf("suppressed findings make incidents:\n%s", show(all))
	}
	o.later(72*time.Hour - time.Second)
	o.flush(t)
	if all := o.all(t); len(all) != 0 {
		t.Fatalf("it ended too early:\n%s", show(all))
	}
	o.restart() // it ends although nothing was running when its time was over
	o.later(time.Hour)
	o.flush(t)
	in := o.only(t)
	if len(in.Findings) != 1 || in.Findings[0].ID != findings[1].ID {
		t.Errorf("came back: %s", show([]incident.Incident{in.Incident}))
	}
	ended, err := o.Suppression(t.Context(), s.ID)
	if err != nil || ended.Ended.IsZero() || ended.EndedBy != "system" || ended.Used != 2 {
		t.Errorf("ended: %+v, %v", ended, err)
	}
	if got := o.get(t, findings[0].ID).Handling; got.SuppressedBy != s.ID {
		t.Errorf("what was over came back: %+v", got)
	}
	if diff := gocmp.Diff([]string{"mina suppression.add", "system suppression.expire"}, o.actions(t)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
	// The old one grows after all: it is no longer suppressed.
	grown := findings[0].Clone()
	grown.Count++
	grown.Span(o.now.Add(0))
	o.record(t, grown)
	if got := o.get(t, grown.ID).Handling; got.SuppressedBy != "" || got.IncidentID == "" {
		t.Errorf("grown: %+v", got)
	}
}

// A suppressed finding that grows beyond its suppression is told of.
func TestOutgrown(t *testing.T) {
	o := newOffice(t, nil)
	o.suppress(t, incident.Suppression{Scope: incident.Scope{Entities: []incident.Match{{Kind: "ip", Value: "10.0.0.5", Role: detect.Target}}}})
	f := story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)[0]
	o.record(t, f)
	if o.get(t, f.ID).Handling.SuppressedBy == "" {
		t.Fatal("not suppressed")
	}
	f.Involve("ip", "10.0.0.6", detect.Target)
	f.Count++
	f.Span(f.Last.Add(time.Second))
	o.record(t, f)
	if got := o.get(t, f.ID).Handling; got.SuppressedBy != "" || got.IncidentID == "" {
		t.Errorf("a finding about more machines than the suppression names stays suppressed: %+v", got)
	}
}

func TestUntilRemoved(t *testing.T) {
	o := newOffice(t, nil)
	s := o.suppress(t, incident.Suppression{Scope: incident.Scope{Detector: "scan"}, UntilRemoved: true, Review: o.now.Add(30 * 24 * time.Hour)})
	o.later(40 * 24 * time.Hour)
	o.flush(t)
	o.record(t, story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	if len(o.all(t)) != 0 || !s.Holds(o.clock()) || !s.ReviewDue(o.clock()) {
		t.Error("it ended, or no review is due")
	}
	e := incident.Extension{Reason: "still approved", UntilRemoved: true, Review: o.now.Add(24 * time.Hour)}
	if _, err := o.Extend(t.Context(), s.ID, 7, e); !errors.Is(err, incident.ErrConflict) {
		t.Errorf("another version: %v", err)
	}
	longer, err := o.Extend(as(t.Context(), "jun"), s.ID, 1, e)
	if err != nil || longer.Version != 2 || longer.ReviewDue(o.clock()) {
		t.Errorf("extended: %+v, %v", longer, err)
	}
	if _, err := o.Extend(t.Context(), s.ID, 2, incident.Extension{Reason: "r"}); !errors.Is(err, incident.ErrInvalid) {
		t.Errorf("without end: %v", err)
	}
	if x, err := o.Extend(t.Context(), s.ID, 2, incident.Extension{UntilRemoved: true, Review: o.now.Add(48 * time.Hour)}); err != nil || x.Reason != "still approved" {
		t.Errorf("the end alone: %+v, %v", x, err)
	}
	o.restart()
	stored, err := o.Suppression(t.Context(), s.ID)
	if err != nil || stored.Reason != "still approved" || stored.Used != 1 {
		t.Errorf("stored: %+v, %v", stored, err)
	}
}
