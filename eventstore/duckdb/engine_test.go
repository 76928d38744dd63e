package duckdb_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/duckdb"
)

// A catalogue keeps segments in memory.
type catalogue struct {
	mu        sync.Mutex
	segments  map[string]eventstore.Segment
	positions map[string]uint64
}

func (c *catalogue) Commit(_ context.Context, change eventstore.Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range change.Removed {
		delete(c.segments, name)
	}
	for _, s := range change.Added {
		c.segments[s.Name] = s
	}
	if change.Stream != "" {
		c.positions[change.Stream] = change.Position
	}
	return nil
}

func (c *catalogue) Segments(context.Context) ([]eventstore.Segment, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.segments)), nil
}

func (c *catalogue) Positions(context.Context) (map[string]uint64, error) {
	return maps.Clone(c.positions), nil
}

// openStore opens a store in a folder, with the segments that are there.
func openStore(t testing.TB, dir string, segments ...eventstore.Segment) *eventstore.Store {
	t.Helper()
	c := &catalogue{segments: map[string]eventstore.Segment{}, positions: map[string]uint64{}}
	for _, s := range segments {
		c.segments[s.Name] = s
	}
	store, err := eventstore.Open(t.Context(), eventstore.Config{Dir: dir, Catalogue: c, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func openEngine(t testing.TB, store duckdb.Store, dir string) *duckdb.Engine {
	t.Helper()
	engine, err := duckdb.Open(duckdb.Config{Store: store, Dir: dir, TempDir: filepath.Join(t.TempDir(), "tmp"), Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}

// both is a store with some of the events in segments, the rest in the tail.
func both(t testing.TB, stored [][]*event.Event, tail []*event.Event) *duckdb.Engine {
	t.Helper()
	dir := t.TempDir()
	store := openStore(t, dir)
	sequence := uint64(0)
	appendTo := func(frame event.Frame) {
		sequence++
		if err := store.Append(t.Context(), "live", sequence, frame); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range stored {
		appendTo(part)
		if err := store.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	appendTo(tail)
	return openEngine(t, store, dir)
}

// expected answers a query by looking at every event.
func expected(t testing.TB, events []*event.Event, q eventstore.Query) *eventstore.Result {
	t.Helper()
	match, err := eventstore.Compile(q.Where)
	if err != nil {
		t.Fatal(err)
	}
	b := q.Bounds()
	var in []*event.Event
	for _, e := range events {
		if b.Has(e) && match(e) {
			in = append(in, e)
		}
	}
	value := func(f eventstore.Field, e *event.Event) string { s, _ := f.Value(e); return s }
	out := &eventstore.Result{}
	switch {
	case q.Top != nil || q.Count != nil:
		var by []eventstore.Field
		n := q.Limit
		if q.Top != nil {
			by, n = q.Top.By, q.Top.N
		} else {
			by = q.Count.By
		}
		groups := map[string]*eventstore.Group{}
		seen := map[string]bool{}
		if len(by) == 0 {
			groups[""] = &eventstore.Group{Values: []string{}}
		}
		for _, e := range in {
			values := make([]string, len(by))
			for i, f := range by {
				values[i] = value(f, e)
			}
			key := strings.Join(values, "\xff")
			g := groups[key]
			if g == nil {
				g = &eventstore.Group{Values: values}
				groups[key] = g
			}
			if g.First.IsZero() || e.Time.Before(g.First) {
				g.First = e.Time
			}
			if e.Time.After(g.Last) {
				g.Last = e.Time
			}
			if q.Count != nil && q.Count.Distinct != nil {
				s, ok := q.Count.Distinct.Value(e)
				if !ok || seen[key+"\xfe"+s] {
					continue
				}
				seen[key+"\xfe"+s] = true
			}
			g.Count++
		}
		for _, g := range groups {
			out.Groups = append(out.Groups, *g)
		}
		slices.SortFunc(out.Groups, func(a, b eventstore.Group) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), slices.Compare(a.Values, b.Values))
		})
		if len(out.Groups) > n && n > 0 {
			out.Groups, out.More = out.Groups[:n], true
		}
	default:
		slices.SortFunc(in, func(a, b *event.Event) int {
			return cmp.Or(b.Time.Compare(a.Time), strings.Compare(b.ID(), a.ID()))
		})
		if q.After != nil {
			in = slices.DeleteFunc(in, func(e *event.Event) bool {
				return cmp.Or(e.Time.Compare(q.After.Time), strings.Compare(e.ID(), q.After.ID)) >= 0
			})
		}
		if q.Limit > 0 && len(in) > q.Limit {
			in, out.More = in[:q.Limit], true
		}
		out.Events = in
	}
	return out
}

// shown are events as text, to compare.
func shown(events []*event.Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = fmt.Sprint(e.ID(), " ", e.Time.UnixNano(), " ", e.AllUnmapped(), " ", eventstore.Text(string(e.AppendJSON(nil))))
	}
	return out
}

// same fails unless both results say the same. The order of groups of the same
// count is by their values as the engine has them, so it is not compared.
func same(t *testing.T, what string, want, got *eventstore.Result) {
	t.Helper()
	for _, r := range []*eventstore.Result{want, got} {
		slices.SortFunc(r.Groups, func(a, b eventstore.Group) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), slices.Compare(a.Values, b.Values))
		})
	}
	if diff := gocmp.Diff(shown(want.Events), shown(got.Events)); diff != "" {
		t.Errorf("%s: events (-want +got):\n%s", what, diff)
	}
	if diff := gocmp.Diff(want.Groups, got.Groups); diff != "" {
		t.Errorf("%s: groups (-want +got):\n%s", what, diff)
	}
	if diff := gocmp.Diff(want.Buckets, got.Buckets); diff != "" {
		t.Errorf("%s: buckets (-want +got):\n%s", what, diff)
	}
	if want.More != got.More || want.Partial != got.Partial {
		t.Errorf("%s: more %v, partial %q, want %v, %q", what, got.More, got.Partial, want.More, want.Partial)
	}
}
