//go:build cgo

package duckdb_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/duckdb"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
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

// shown are events as text, to compare.
func shown(events []*event.Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = fmt.Sprint(e.ID(), " ", e.Time.UnixNano(), " ", e.AllUnmapped(), " ", string(e.AppendJSON(nil)))
	}
	return out
}

// same fails unless both results say the same.
func same(t *testing.T, what string, want, got *eventstore.Result) {
	t.Helper()
	if diff := cmp.Diff(shown(want.Events), shown(got.Events)); diff != "" {
		t.Errorf("%s: events (-want +got):\n%s", what, diff)
	}
	if diff := cmp.Diff(want.Groups, got.Groups, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: groups (-want +got):\n%s", what, diff)
	}
	if diff := cmp.Diff(want.Buckets, got.Buckets); diff != "" {
		t.Errorf("%s: buckets (-want +got):\n%s", what, diff)
	}
	if want.More != got.More || want.Partial != got.Partial {
		t.Errorf("%s: more %v, partial %q, want %v, %q", what, got.More, got.Partial, want.More, want.Partial)
	}
}

// check asks a question and compares with what the events themselves say.
func check(t *testing.T, ask func(context.Context, eventstore.Query) (*eventstore.Result, error), all []*event.Event, q eventstore.Query) {
	t.Helper()
	want, err := eventstoretest.Answer(all, q)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ask(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	same(t, fmt.Sprintf("%+v", q), want, got)
}
