package incident_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/statestore/sqlite"
	"github.com/bongsu/bongsu/text"
)

// An office is a desk on a real database, with a clock that tests move.
type office struct {
	*incident.Desk
	db    *sqlite.DB
	log   *audit.Log
	now   *time.Time
	tweak func(*incident.DeskConfig)
}

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newOffice(t testing.TB, tweak func(*incident.DeskConfig)) *office {
	t.Helper()
	now := monday
	o := &office{now: &now, tweak: tweak}
	folder := t.TempDir()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(folder, "bongsu.db"), Clock: o.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	o.db = db
	if o.log, err = audit.Open(t.Context(), audit.Config{Store: db.Audit(), Clock: o.clock, Anchor: filepath.Join(folder, "audit.anchor")}); err != nil {
		t.Fatal(err)
	}
	o.restart()
	return o
}

func (o *office) clock() time.Time { return *o.now }

func (o *office) later(d time.Duration) { *o.now = o.now.Add(d) }

// restart forgets all that is not stored, as a crash does.
func (o *office) restart() {
	var all []*detect.Rule
	for _, r := range rules {
		all = append(all, r)
	}
	cfg := incident.DeskConfig{
		Findings: o.db.Findings(), Incidents: o.db.Incidents(), Suppressions: o.db.Suppressions(),
		Transact: o.db, Audit: o.log, Rules: all, Clock: o.clock, Log: slog.New(slog.DiscardHandler),
		Segments: segment.NewMap(segment.Defaults()),
	}
	if o.tweak != nil {
		o.tweak(&cfg)
	}
	o.Desk = incident.NewDesk(cfg)
}

func (o *office) record(t testing.TB, findings ...detect.Finding) {
	t.Helper()
	if err := o.Record(t.Context(), findings); err != nil {
		t.Fatal(err)
	}
	o.flush(t)
}

func (o *office) flush(t testing.TB) {
	t.Helper()
	if err := o.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// all returns every incident with its findings, the merged ones not among them.
func (o *office) all(t testing.TB) []incident.Incident {
	t.Helper()
	var out []incident.Incident
	cursor := ""
	for {
		page, next, err := o.Incidents(t.Context(), incident.Filter{}, incident.Page{Cursor: cursor, Limit: 7})
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range page {
			no := false
			from := ""
			for {
				findings, after, err := o.Findings(t.Context(), incident.FindingFilter{IncidentID: in.ID, Suppressed: &no, OldestFirst: true}, incident.Page{Cursor: from, Limit: 11})
				if err != nil {
					t.Fatal(err)
				}
				in.Findings = append(in.Findings, findings...)
				if from = after; from == "" {
					break
				}
			}
			out = append(out, in)
		}
		if cursor = next; cursor == "" {
			return out
		}
	}
}

// sameMatters compares incidents by what they say, not by id and life.
func sameMatters(want, got []incident.Incident) string {
	normal := func(all []incident.Incident) []incident.Incident {
		all = slices.Clone(all)
		for i := range all {
			all[i].Findings = slices.Clone(all[i].Findings)
			slices.SortFunc(all[i].Findings, func(a, b detect.Finding) int { return cmp.Compare(a.ID, b.ID) })
		}
		slices.SortFunc(all, func(a, b incident.Incident) int { return cmp.Compare(a.Findings[0].ID, b.Findings[0].ID) })
		return all
	}
	return gocmp.Diff(normal(want), normal(got), cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(incident.Incident{}, "ID", "Life"), cmpopts.IgnoreFields(detect.Finding{}, "Handling"))
}

// stream makes findings that grow: states of each, in the order in which a
// detector gives them, and the last state of all.
func stream(r *rand.Rand, n int) (states, last []detect.Finding) {
	names := []string{"scan", "trace", "guess", "spray", "success", "beacon", "cleartext", "odd"}
	type timed struct {
		at time.Time
		f  detect.Finding
	}
	var all []timed
	for i := range n {
		begin := monday.Add(time.Duration(r.IntN(5*24*60)) * time.Minute)
		e := event.New(event.NetworkActivity, begin, event.Origin{Source: "live", Position: uint64(i)})
		actor, target := fmt.Sprintf("203.0.113.%d", r.IntN(12)), fmt.Sprintf("10.0.0.%d", r.IntN(6)+1)
		if r.IntN(4) == 0 {
			actor, target = target, fmt.Sprintf("198.51.100.%d", r.IntN(3))
		}
		args := text.Args{"src": actor, "dst": target}
		e.SetStr(event.SrcIP, actor)
		e.SetStr(event.DstIP, target)
		f := rules[names[r.IntN(len(names))]].New(fmt.Sprint(i), e, args)
		f.Involve("ip", actor, detect.Actor)
		f.Involve("ip", target, detect.Target)
		f.Rest(e, "first")
		f.Tenant = []string{"org", "org", "other"}[r.IntN(3)]
		for step := range 1 + r.IntN(4) {
			if step > 0 {
				e.Time = f.Last.Add(time.Duration(r.IntN(180)) * time.Minute)
				f.Rest(e, fmt.Sprint("more ", step))
				if r.IntN(3) == 0 {
					f.Involve("ip", fmt.Sprintf("10.0.0.%d", r.IntN(6)+1), detect.Target)
				}
				if r.IntN(6) == 0 {
					f.Severity = min(f.Severity+1, event.SeverityCritical)
				}
			}
			all = append(all, timed{f.Last, f.Clone()})
		}
		last = append(last, f.Clone())
	}
	slices.SortStableFunc(all, func(a, b timed) int { return a.at.Compare(b.at) })
	for _, t := range all {
		states = append(states, t.f)
	}
	return states, last
}

// Whatever the portions in which findings come, and whenever the process dies,
// incidents are those that one look at all findings gives.
func TestDeskEqualsCorrelate(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 3))
			states, last := stream(r, 40+r.IntN(50))
			if seed%3 == 2 { // not in the order of time; the states of one finding stay in order
				slices.SortStableFunc(states, func(a, b detect.Finding) int { return cmp.Compare(a.ID[len(a.ID)-3:], b.ID[len(b.ID)-3:]) })
			}
			o := newOffice(t, nil)
			safe := 0 // what came before is stored for good
			for i := 0; i < len(states); {
				n := min(1+r.IntN(25), len(states)-i)
				if err := o.Record(t.Context(), states[i:i+n]); err != nil {
					t.Fatal(err)
				}
				i += n
				o.later(time.Duration(r.IntN(8)) * time.Second)
				switch r.IntN(6) {
				case 0:
					o.restart()
					i = safe // the stream is read again from there
				case 1, 2:
					o.flush(t)
					safe = i
				}
			}
			if err := o.Record(t.Context(), states); err != nil { // all of it once more
				t.Fatal(err)
			}
			o.flush(t)
			want := incident.Correlate(last)
			if diff := sameMatters(want, o.all(t)); diff != "" {
				t.Fatalf("incidents (-batch +desk):\n%s", diff)
			}
			history := o.footprint(t)
			o.restart()
			if err := o.Record(t.Context(), states); err != nil {
				t.Fatal(err)
			}
			o.flush(t)
			if diff := gocmp.Diff(history, o.footprint(t)); diff != "" {
				t.Errorf("the same findings again change something:\n%s", diff)
			}
		})
	}
}

// footprint is all that is stored, to see whether anything changed.
func (o *office) footprint(t testing.TB) string {
	t.Helper()
	all := o.all(t)
	var steps [][]incident.Step
	for _, in := range all {
		h, err := o.db.Incidents().History(t.Context(), in.ID)
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, h)
	}
	b, err := json.MarshalIndent([]any{all, steps}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
