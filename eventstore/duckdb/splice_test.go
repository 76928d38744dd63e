//go:build cgo

package duckdb_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// TestSplicedSegments asks segments that differ in their columns, and then the
// one that compaction makes of their row groups.
func TestSplicedSegments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openStore(t, dir)
	var all []*event.Event
	for i, n := range []int{20_000, 30, 9_000, 70_000, 500} {
		var frame event.Frame
		for k := range n {
			e := event.New(event.Authentication, day.Add(time.Duration(i*1000+k)*time.Microsecond), event.Origin{Source: "boot", Position: uint64(i*100_000 + k)})
			e.SetInt(event.SrcPort, int64(k%1000))
			switch i { // columns that the others do not have
			case 0:
				e.SetStr(event.UserName, fmt.Sprint("user", k%5))
			case 1:
				e.SetStr(event.RawData, "\xff")
			case 2:
				e.SetStr(event.RawData, fmt.Sprint("\xfe raw", k))
				e.AddUnmappedInt("n", int64(k))
			case 3:
				e.SetBool(event.IsRemote, k%2 == 0)
				if k%3 == 0 {
					e.SetStr(event.Message, fmt.Sprint("m", k))
				}
			}
			frame = append(frame, e)
		}
		all = append(all, frame...)
		if err := store.Append(t.Context(), "enriched", uint64(i+1), frame); err != nil {
			t.Fatal(err)
		}
		if err := store.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	engine := openEngine(t, store, dir)
	for _, want := range []int{5, 1} {
		if got := store.Stats().Segments; got != want {
			t.Fatalf("%d segments, want %d", got, want)
		}
		for _, q := range []eventstore.Query{
			{Limit: 500},
			{Limit: 50, Where: eventstore.Anywhere{Text: "RAW77"}},
			{Limit: 50, Where: eventstore.Compare{Field: eventstore.Field{Kind: eventstore.EventID}, Op: eventstore.Equal, Value: eventstore.Literal{Text: all[25_000].ID()}}},
		} {
			check(t, engine.Query, all, q)
		}
		for _, f := range []eventstore.Field{
			column(event.UserName), column(event.RawData), column(event.IsRemote), column(event.Message), column(event.SrcPort),
			{Kind: eventstore.Unmapped, Unmapped: "n"},
		} {
			check(t, engine.Query, all, eventstore.Query{Limit: 50, Count: &eventstore.Count{By: []eventstore.Field{f}}})
			check(t, engine.Query, all, eventstore.Query{Limit: 500, Where: eventstore.Exists{Field: f}})
		}
		for more := true; more; {
			var err error
			if more, err = store.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
