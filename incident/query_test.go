package incident_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
)

func TestChanges(t *testing.T) {
	var told []incident.Change
	o := newOffice(t, func(c *incident.DeskConfig) { c.Notify = func(x incident.Change) { told = append(told, x) } })
	start := o.Latest()
	o.record(t, story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	got, missed, err := o.Changes(t.Context(), start)
	if err != nil || missed || len(got) != 2 || got[0].Kind != incident.FindingNew || got[1].Kind != incident.IncidentNew || got[1].Title.KO == "" {
		t.Fatalf("changes %+v, missed %v, %v", got, missed, err)
	}
	if diff := gocmp.Diff(told, got); diff != "" {
		t.Errorf("Notify was told something else:\n%s", diff)
	}
	if again, _, _ := o.Changes(t.Context(), got[0].Sequence); len(again) != 1 || again[0].Sequence != got[1].Sequence {
		t.Errorf("resumed with %+v", again)
	}
	for name, after := range map[string]uint64{"before all": 3, "of another start, later": got[1].Sequence + 100} {
		if _, missed, err := o.Changes(t.Context(), after); !missed || err != nil {
			t.Errorf("%s: missed %v, %v", name, missed, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	heard := make(chan error, 1)
	go func() {
		_, _, err := o.Changes(ctx, o.Latest())
		heard <- err
	}()
	cancel()
	if err := <-heard; !errors.Is(err, context.Canceled) {
		t.Errorf("waiting ended with %v", err)
	}
	go func() {
		c, _, err := o.Changes(t.Context(), got[1].Sequence)
		if err == nil && c[0].Kind != incident.FindingNew {
			err = fmt.Errorf("heard %+v", c)
		}
		heard <- err
	}()
	o.record(t, story(t, `2026-03-02T09:00 1m guess a=ip:203.0.113.9 t=ip:10.0.0.5`)...)
	if err := <-heard; err != nil {
		t.Error(err)
	}
	before := o.Latest()
	o.later(time.Hour)
	o.restart()
	if o.Latest() <= before {
		t.Errorf("numbers of the next start begin at %d, the last was %d", o.Latest(), before)
	}
	if _, missed, _ := o.Changes(t.Context(), before); !missed {
		t.Error("who comes back after a restart does not hear that changes were missed")
	}
}

// The feed is bounded: who was away for longer hears that changes were missed,
// and what is kept has no gap.
func TestChangesAreBounded(t *testing.T) {
	o := newOffice(t, nil)
	start := o.Latest()
	for _, n := range []int{1, incident.FeedSize - 1, 1, 3 * incident.FeedSize} {
		o.Publish(n)
		recent := o.Latest() - 100
		got, missed, err := o.Changes(t.Context(), max(recent, start))
		if missed || err != nil || len(got) != int(min(o.Latest()-start, 100)) {
			t.Fatalf("%d changes, missed %v, %v", len(got), missed, err)
		}
		for i, c := range got {
			if c.Sequence != max(recent, start)+uint64(i)+1 {
				t.Fatalf("change %d has number %d", i, c.Sequence)
			}
		}
		got, missed, err = o.Changes(t.Context(), start)
		if all := o.Latest()-start <= incident.FeedSize; missed == all || err != nil || len(got) > incident.FeedSize {
			t.Errorf("after %d: %d changes, missed %v, %v", o.Latest()-start, len(got), missed, err)
		}
	}
}

func TestQueries(t *testing.T) {
	o := newOffice(t, nil)
	o.record(t, story(t, `
		2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-02T09:10 1m success a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-04T09:00 1m trace a=ip:203.0.113.50 t=ip:10.0.0.6
		2026-03-06T09:00 1m beacon a=ip:10.0.0.8 t=domain:100%_odd.example`)...)
	all := o.all(t)
	if len(all) != 3 {
		t.Fatalf("%d incidents:\n%s", len(all), show(all))
	}
	o.edit(t, "mina", all[0].ID, incident.Edit{Version: 1, State: incident.Open, Owner: ptr("mina")})
	live := ""
	other := "upl_1"
	for _, c := range []struct {
		name   string
		filter incident.Filter
		want   int
	}{
		{"all", incident.Filter{}, 3},
		{"open", incident.Filter{States: []incident.State{incident.Open}}, 1},
		{"new or open", incident.Filter{States: []incident.State{incident.New, incident.Open}}, 3},
		{"owner", incident.Filter{Owner: "mina"}, 1},
		{"nobody's", incident.Filter{Owner: incident.Nobody}, 2},
		{"high", incident.Filter{MinSeverity: event.SeverityHigh}, 2},
		{"entity", incident.Filter{EntityKind: "ip", EntityValue: "10.0.0.6"}, 1},
		{"half an entity", incident.Filter{EntityKind: "ip", EntityValue: "10.0.0."}, 0},
		{"text", incident.Filter{Text: "100%_ODD"}, 1},
		{"text with a wildcard", incident.Filter{Text: "1_0"}, 0},
		{"text that tries", incident.Filter{Text: `' OR 1=1 --`}, 0},
		{"from", incident.Filter{From: monday.Add(36 * time.Hour)}, 2},
		{"to", incident.Filter{To: monday.Add(36 * time.Hour)}, 1},
		{"live", incident.Filter{Recording: &live}, 3},
		{"recording", incident.Filter{Recording: &other}, 0},
		{"organisation", incident.Filter{Tenant: "org"}, 3},
		{"another's", incident.Filter{Tenant: "other"}, 0},
	} {
		for _, order := range []incident.Order{incident.ByRank, incident.ByTime} {
			c.filter.Order = order
			got, _, err := o.Incidents(t.Context(), c.filter, incident.Page{})
			if err != nil || len(got) != c.want {
				t.Errorf("%s by %s: %d incidents, want %d; %v", c.name, order, len(got), c.want, err)
			}
			sorted := slices.IsSortedFunc(got, func(a, b incident.Incident) int {
				if order == incident.ByTime {
					return b.Last.Compare(a.Last)
				}
				return b.Rank - a.Rank
			})
			if !sorted {
				t.Errorf("%s: not sorted by %s", c.name, order)
			}
		}
	}
	h, err := o.Headline(t.Context(), "")
	want := incident.Headline{
		Incidents: map[incident.State]int{incident.Open: 1, incident.New: 2},
		Waiting:   map[event.Severity]int{}, Unowned: 2,
	}
	for _, in := range all {
		want.Waiting[in.Severity]++
		want.Worst = max(want.Worst, in.Severity)
	}
	if diff := gocmp.Diff(want, h); diff != "" || err != nil {
		t.Errorf("headline (-want +got): %v\n%s", err, diff)
	}
	if _, _, err := o.Incidents(t.Context(), incident.Filter{}, incident.Page{Cursor: "odd"}); err == nil {
		t.Error("a cursor that was made up is taken")
	}
	for filter, want := range map[*incident.FindingFilter]int{
		{Rule: "scan/vertical"}:                           1,
		{Detector: "guess"}:                               1,
		{MinSeverity: event.SeverityHigh}:                 2,
		{EntityKind: "ip", EntityValue: "10.0.0.5"}:       2,
		{States: []incident.State{incident.Open}}:         2,
		{Text: "reports to"}:                              1,
		{From: monday.Add(36 * time.Hour), Tenant: "org"}: 2,
		{Recorded: true}:                                  0,
	} {
		got, _, err := o.Findings(t.Context(), *filter, incident.Page{})
		if err != nil || len(got) != want {
			t.Errorf("%+v: %d findings, want %d; %v", *filter, len(got), want, err)
		}
		counts, err := o.db.Findings().CountFindings(t.Context(), *filter)
		n := 0
		for _, c := range counts {
			n += c
		}
		if err != nil || n != want {
			t.Errorf("%+v: counted %d, want %d; %v", *filter, n, want, err)
		}
	}
}
