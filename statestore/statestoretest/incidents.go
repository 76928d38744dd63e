package statestoretest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/statestore"
	"github.com/bongsu/bongsu/text"
)

func finding(n int, rule *detect.Rule, recording string) detect.Finding {
	at := Start.Add(time.Duration(n) * time.Minute)
	return detect.Finding{
		ID: fmt.Sprintf("fnd_%03d", n), Rule: rule, Severity: event.Severity(1 + n%5), Confidence: 80,
		First: at, Last: at.Add(time.Hour), Count: n + 1,
		Entities: []detect.Entity{{Kind: "ip", Value: fmt.Sprintf("10.0.0.%d", n), Role: detect.Actor}, {Kind: "user", Value: "Jiwoo_100%", Role: detect.Target}},
		Evidence: []detect.Evidence{{EventID: "evt_1", Time: at, Fact: "a fact", SrcIP: "10.0.0.1", DstPort: 22}},
		Title:    text.Said{EN: fmt.Sprintf("Title %d", n), KO: "제목"}, Why: text.Said{EN: "why", KO: "이유"},
		Now: text.Said{EN: "now", KO: "조치"}, Hush: text.Said{EN: "hush", KO: "예외"},
		Tenant: []string{"", "org"}[n%2], Recording: recording,
	}
}

func testFindings(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	findings := store.Findings()
	old := &detect.Rule{Detector: "scan", Name: "vertical", Severity: event.SeverityLow, Title: text.Message{EN: "old", KO: "옛"}}
	rule := &detect.Rule{
		Detector: "scan", Name: "vertical", Severity: event.SeverityHigh, HushBy: []detect.HushPart{detect.BySource},
		Techniques: []detect.Technique{{ID: "T1046", Name: "Network Service Discovery", Tactic: "TA0007"}},
		Title:      text.Message{EN: "{src} scans", KO: "{src|이가} 스캔"},
	}
	if err := findings.PutFindings(ctx, []detect.Finding{finding(0, old, "")}); err != nil {
		t.Fatal(err)
	}
	var all []detect.Finding
	for n := range 25 {
		all = append(all, finding(n, rule, []string{"", "upl_1"}[n/20]))
	}
	all[3].Rule = nil
	if err := findings.PutFindings(ctx, all); err != nil {
		t.Fatal(err)
	}
	list := func(filter incident.FindingFilter, portion int) []detect.Finding {
		t.Helper()
		var out []detect.Finding
		cursor := ""
		for {
			page, next, err := findings.ListFindings(ctx, filter, incident.Page{Cursor: cursor, Limit: portion})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, page...)
			if cursor = next; cursor == "" {
				return out
			}
		}
	}
	got := list(incident.FindingFilter{}, 4)
	slices.Reverse(got)
	if diff := gocmp.Diff(all, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("findings (-put +listed, the latest first):\n%s", diff)
	}
	if diff := gocmp.Diff(all, list(incident.FindingFilter{OldestFirst: true}, 7), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("findings (-put +listed, the oldest first):\n%s", diff)
	}

	// What became of them is told with them.
	s := incident.Suppression{ID: "sup_1", Reason: "because", Created: Start, Until: Start.Add(time.Hour), Scope: incident.Scope{Detector: "scan"}, Version: 1}
	if err := store.Suppressions().PutSuppression(ctx, s); err != nil {
		t.Fatal(err)
	}
	in := incident.Incident{ID: "inc_1", First: Start, Last: Start, Life: incident.Life{State: incident.Open, Owner: "mina", Version: 3}}
	if err := store.Incidents().SaveIncidents(ctx, incident.Write{Incidents: []incident.Incident{in}}); err != nil {
		t.Fatal(err)
	}
	err := findings.AssignFindings(ctx, []incident.Assignment{
		{FindingID: "fnd_001", IncidentID: "inc_1"}, {FindingID: "fnd_002", IncidentID: "inc_1", SuppressedBy: "sup_1", Settled: true}, {FindingID: "fnd_none", IncidentID: "inc_1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	byID, err := findings.FindingsByID(ctx, []string{"fnd_001", "fnd_002", "fnd_none"})
	if err != nil || len(byID) != 2 {
		t.Fatalf("%d findings by id, %v", len(byID), err)
	}
	slices.SortFunc(byID, func(a, b detect.Finding) int { return cmp.Compare(a.ID, b.ID) })
	for i, want := range []detect.Handling{
		{IncidentID: "inc_1", State: "open", Owner: "mina"},
		{IncidentID: "inc_1", State: "open", Owner: "mina", SuppressedBy: "sup_1", Reason: "because", Until: s.Until},
	} {
		if diff := gocmp.Diff(want, byID[i].Handling); diff != "" {
			t.Errorf("%s (-want +got):\n%s", byID[i].ID, diff)
		}
	}
	yes, no, recording := true, false, "upl_1"
	for name, c := range map[string]struct {
		filter incident.FindingFilter
		want   int
	}{
		"incident":                       {incident.FindingFilter{IncidentID: "inc_1"}, 2},
		"incident's, not suppressed":     {incident.FindingFilter{IncidentID: "inc_1", Suppressed: &no}, 1},
		"suppressed":                     {incident.FindingFilter{Suppressed: &yes}, 1},
		"suppressed by":                  {incident.FindingFilter{SuppressedBy: "sup_1"}, 1},
		"state":                          {incident.FindingFilter{States: []incident.State{incident.Open}}, 2},
		"severity":                       {incident.FindingFilter{MinSeverity: 5}, 5},
		"rule":                           {incident.FindingFilter{Rule: "scan/vertical"}, 24},
		"text":                           {incident.FindingFilter{Text: "jiwoo_100%"}, 25},
		"text with a wildcard":           {incident.FindingFilter{Text: "j_woo"}, 0},
		"entity":                         {incident.FindingFilter{EntityKind: "ip", EntityValue: "10.0.0.7"}, 1},
		"from":                           {incident.FindingFilter{From: Start.Add(time.Hour + 23*time.Minute)}, 2},
		"to":                             {incident.FindingFilter{To: Start.Add(2 * time.Minute)}, 2},
		"recording":                      {incident.FindingFilter{Recording: &recording}, 5},
		"any recording":                  {incident.FindingFilter{Recorded: true}, 5},
		"organisation":                   {incident.FindingFilter{Tenant: "org"}, 12},
		"organisation and its recording": {incident.FindingFilter{Tenant: "org", Recorded: true}, 2},
	} {
		if got := list(c.filter, 2); len(got) != c.want {
			t.Errorf("%s: %d findings, want %d", name, len(got), c.want)
		}
		counts, err := findings.CountFindings(ctx, c.filter)
		n := 0
		for _, of := range counts {
			n += of
		}
		if err != nil || n != c.want {
			t.Errorf("%s: %d counted, want %d; %v", name, n, c.want, err)
		}
	}
	unsettled := func(recording string) (n int) {
		t.Helper()
		err := findings.UnsettledFindings(ctx, recording, func(detect.Finding) error { n++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if live, recorded := unsettled(""), unsettled("upl_1"); live != 19 || recorded != 5 {
		t.Errorf("%d live and %d recorded findings are unsettled, want 19 and 5", live, recorded)
	}
	// Stored again it is unsettled, and its entities are the new ones.
	all[2].Entities = []detect.Entity{{Kind: "host", Value: "web01", Role: detect.Actor}}
	if err := findings.PutFindings(ctx, all[2:3]); err != nil {
		t.Fatal(err)
	}
	if n := unsettled(""); n != 20 {
		t.Errorf("%d are unsettled, want 20", n)
	}
	if a, b := list(incident.FindingFilter{EntityKind: "ip", EntityValue: "10.0.0.2"}, 9), list(incident.FindingFilter{EntityKind: "host", EntityValue: "web01"}, 9); len(a) != 0 || len(b) != 1 {
		t.Errorf("%d by the old entity, %d by the new one", len(a), len(b))
	}
	if err := findings.WithdrawFindings(ctx, "upl_1"); err != nil {
		t.Fatal(err)
	}
	if n := len(list(incident.FindingFilter{}, 100)); n != 20 {
		t.Errorf("%d findings are left, want 20", n)
	}
}

func testIncidents(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	incidents := store.Incidents()
	var all []incident.Incident
	for n := range 30 {
		in := incident.Incident{
			ID: fmt.Sprintf("inc_%03d", n), Severity: event.Severity(1 + n%5), Rank: n % 3, First: Start.Add(time.Duration(n) * time.Hour), Last: Start.Add(time.Duration(n+1) * time.Hour),
			Entities:   []detect.Entity{{Kind: "ip", Value: fmt.Sprintf("10.0.0.%d", n), Role: detect.Actor}},
			Techniques: []detect.Technique{{ID: "T1046", Name: "Network Service Discovery", Tactic: "TA0007"}},
			Timeline:   []incident.Moment{{Time: Start, Last: Start, FindingID: "fnd_1", What: text.Said{EN: "what", KO: "무엇"}}},
			Title:      text.Said{EN: fmt.Sprintf("Title %d!", n), KO: "제목"}, Account: text.Said{EN: "account", KO: "설명"},
			Why: text.Said{EN: "why", KO: "이유"}, Now: text.Said{EN: "now", KO: "조치"}, Tenant: "org", Recording: []string{"", "upl_1"}[n/25],
			Life: incident.Life{State: incident.States()[n%4], Owner: []string{"", "mina"}[n%2], Version: n, Opened: Start, Changed: Start.Add(time.Second), Findings: n},
		}
		if in.Life.State == incident.Closed {
			in.Life.Resolution = incident.Benign
		}
		all = append(all, in)
	}
	all[29].Life.MergedInto = "inc_028"
	steps := []incident.Step{
		{IncidentID: "inc_001", Time: Start, Actor: "mina", Kind: incident.StepState, From: incident.Standing{State: incident.New}, To: incident.Standing{State: incident.Open}, What: text.Said{EN: "a", KO: "가"}},
		{IncidentID: "inc_001", Time: Start, Actor: "system", Kind: incident.StepMerged, Other: "inc_009", What: text.Said{EN: "b", KO: "나"}},
	}
	notes := []incident.Note{
		{ID: "not_2", IncidentID: "inc_001", Time: Start.Add(time.Minute), Author: "mina", Text: "second\nline"},
		{ID: "not_1", IncidentID: "inc_002", Time: Start, Author: "jun", Text: "first"},
	}
	if err := incidents.SaveIncidents(ctx, incident.Write{Incidents: all, Steps: steps, Notes: notes}); err != nil {
		t.Fatal(err)
	}
	byID, err := incidents.IncidentsByID(ctx, []string{"inc_003", "inc_029", "inc_none"})
	slices.SortFunc(byID, func(a, b incident.Incident) int { return cmp.Compare(a.ID, b.ID) })
	if diff := gocmp.Diff([]incident.Incident{all[3], all[29]}, byID); diff != "" || err != nil {
		t.Errorf("by id (-put +got): %v\n%s", err, diff)
	}
	for _, order := range []incident.Order{incident.ByRank, incident.ByTime} {
		want := slices.Clone(all[:29])
		slices.SortFunc(want, func(a, b incident.Incident) int {
			if order == incident.ByRank && a.Rank != b.Rank {
				return b.Rank - a.Rank
			}
			return b.Last.Compare(a.Last)
		})
		var got []incident.Incident
		cursor := ""
		for {
			page, next, err := incidents.ListIncidents(ctx, incident.Filter{Order: order}, incident.Page{Cursor: cursor, Limit: 4})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page...)
			if cursor = next; cursor == "" {
				break
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", order, diff)
		}
		_, next, err := incidents.ListIncidents(ctx, incident.Filter{Order: order}, incident.Page{Limit: 4})
		if err != nil {
			t.Fatal(err)
		}
		other := map[incident.Order]incident.Order{incident.ByRank: incident.ByTime, incident.ByTime: incident.ByRank}[order]
		if _, _, err := incidents.ListIncidents(ctx, incident.Filter{Order: other}, incident.Page{Cursor: next}); !errors.Is(err, statestore.ErrCursor) {
			t.Errorf("a cursor of the list by %s, given to the other: %v", order, err)
		}
	}
	counts, err := incidents.CountIncidents(ctx, incident.Filter{Merged: true})
	n := 0
	for _, c := range counts {
		n += c.N
	}
	if err != nil || n != 30 || len(counts) != 20 {
		t.Errorf("%d counted in %d groups, %v", n, len(counts), err)
	}

	history, err := incidents.History(ctx, "inc_001")
	for i := range steps {
		steps[i].Sequence = i + 1
	}
	if diff := gocmp.Diff(steps, history); diff != "" || err != nil {
		t.Errorf("history (-put +got): %v\n%s", err, diff)
	}
	if err := incidents.SaveIncidents(ctx, incident.Write{NotesTo: map[string]string{"inc_002": "inc_001"}}); err != nil {
		t.Fatal(err)
	}
	notes[1].IncidentID = "inc_001"
	got, err := incidents.Notes(ctx, "inc_001")
	if diff := gocmp.Diff([]incident.Note{notes[1], notes[0]}, got); diff != "" || err != nil {
		t.Errorf("notes (-want +got): %v\n%s", err, diff)
	}
	// A transaction that is given up leaves nothing.
	stop := errors.New("stop")
	err = store.Atomically(ctx, func(ctx context.Context) error {
		changed := all[1]
		changed.Life.Owner = "nobody"
		if err := incidents.SaveIncidents(ctx, incident.Write{Incidents: []incident.Incident{changed}, Steps: steps[:1]}); err != nil {
			return err
		}
		return stop
	})
	if again, _ := incidents.IncidentsByID(ctx, []string{"inc_001"}); !errors.Is(err, stop) || len(again) != 1 || again[0].Life.Owner != "mina" {
		t.Errorf("after a transaction that was given up: %+v, %v", again, err)
	}
	ids, err := incidents.WithdrawIncidents(ctx, "upl_1")
	if diff := gocmp.Diff([]string{"inc_025", "inc_026", "inc_027", "inc_028", "inc_029"}, ids); diff != "" || err != nil {
		t.Errorf("withdrawn (-want +got): %v\n%s", err, diff)
	}
	if rest, err := incidents.CountIncidents(ctx, incident.Filter{EntityKind: "ip", EntityValue: "10.0.0.27"}); len(rest) != 0 || err != nil {
		t.Errorf("withdrawn incidents are found by their entities: %v, %v", rest, err)
	}
}

func testSuppressions(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	suppressions := store.Suppressions()
	var all []incident.Suppression
	for n := range 9 {
		s := incident.Suppression{
			ID: fmt.Sprintf("sup_%d", n), Reason: "because", Version: 1, Created: Start.Add(time.Duration(n) * time.Minute), Creator: "mina",
			Scope: incident.Scope{Rule: "scan/vertical", Port: 22, Pattern: "*x*", SourceSegment: "internal", Entities: []incident.Match{{Kind: "ip", Value: "10.0.0.0/24", Role: detect.Actor}}},
			Until: Start.Add(time.Hour), ApplyToOpen: n%2 == 0,
		}
		if n == 3 {
			s.Until, s.UntilRemoved, s.Review = time.Time{}, true, Start.Add(time.Hour)
		}
		if n > 6 {
			s.Ended, s.EndedBy = Start.Add(2*time.Hour), "jun"
		}
		if err := suppressions.PutSuppression(ctx, s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := suppressions.UseSuppressions(ctx, map[string]int64{"sup_2": 4, "sup_none": 1}, Start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := suppressions.UseSuppressions(ctx, map[string]int64{"sup_2": 1}, Start.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	// Storing it anew leaves its counters as they are.
	all[2].Reason = "another"
	if err := suppressions.PutSuppression(ctx, all[2]); err != nil {
		t.Fatal(err)
	}
	all[2].Used, all[2].LastUsed = 5, Start.Add(2*time.Minute)
	for ended, want := range map[bool][]incident.Suppression{true: all, false: all[:7]} {
		want := slices.Clone(want)
		slices.Reverse(want)
		var got []incident.Suppression
		cursor := ""
		for {
			page, next, err := suppressions.ListSuppressions(ctx, ended, incident.Page{Cursor: cursor, Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page...)
			if cursor = next; cursor == "" {
				break
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("ended too %v (-want +got):\n%s", ended, diff)
		}
	}
	got, err := suppressions.SuppressionByID(ctx, "sup_2")
	if diff := gocmp.Diff(all[2], got); diff != "" || err != nil {
		t.Errorf("by id (-want +got): %v\n%s", err, diff)
	}
	if _, err := suppressions.SuppressionByID(ctx, "sup_none"); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
}
