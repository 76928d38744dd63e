package statestoretest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/statestore"
)

func testSegments(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	var catalogue eventstore.Catalogue = store.Segments()
	one := eventstore.Segment{
		Name: "office/3002/2026-03-01T09/enriched-1-9.parquet", Tenant: "본사 \x00 'x'", Class: event.Authentication, Rows: 9, Bytes: 1 << 40,
		First: Start, Last: Start.Add(time.Nanosecond), Stored: Start.Add(time.Hour), Columns: []event.Path{1, 7, 24}, Exact: true,
		Sources: []string{"evt_0123456789abcdef_"},
	}
	two := eventstore.Segment{ // at the very beginning of 1970, from too many sources to name
		Name: "_/0/1970-01-01T00/enriched-1-9.parquet", Rows: 1, Bytes: 400,
		First: time.Unix(0, 0).UTC(), Last: time.Unix(0, 0).UTC(), Stored: Start,
	}
	three := eventstore.Segment{
		Name: "_/0/1965-01-01T00/merged-a.parquet", Rows: 2, Bytes: 500, First: time.Unix(-160e6, 5).UTC(), Last: time.Unix(0, 0).UTC(), Stored: Start,
		Sources: []string{},
	}
	check := func(positions map[string]uint64, want ...eventstore.Segment) {
		t.Helper()
		got, err := catalogue.Segments(ctx)
		if err != nil {
			t.Fatal(err)
		}
		byName := func(a, b eventstore.Segment) int { return cmp.Compare(a.Name, b.Name) }
		slices.SortFunc(got, byName)
		slices.SortFunc(want, byName)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("segments (-want +got):\n%s", diff)
		}
		if got, err := catalogue.Positions(ctx); err != nil || !gocmp.Equal(positions, got) {
			t.Errorf("positions %v, %v; want %v", got, err, positions)
		}
	}
	commit := func(change eventstore.Change) {
		t.Helper()
		if err := catalogue.Commit(ctx, change); err != nil {
			t.Fatal(err)
		}
	}
	check(map[string]uint64{})
	commit(eventstore.Change{Stream: "enriched", Position: 9, Added: []eventstore.Segment{one, two}})
	check(map[string]uint64{"enriched": 9}, one, two)

	again := one
	again.Bytes, again.Rows = 77, 10
	commit(eventstore.Change{Stream: "enriched", Position: 12, Added: []eventstore.Segment{again}})
	commit(eventstore.Change{Stream: "recorded", Position: 3})
	check(map[string]uint64{"enriched": 12, "recorded": 3}, again, two)

	commit(eventstore.Change{Added: []eventstore.Segment{three}, Removed: []string{two.Name, "not there"}})
	check(map[string]uint64{"enriched": 12, "recorded": 3}, again, three)

	replaced := three
	replaced.Rows = 1
	commit(eventstore.Change{Added: []eventstore.Segment{replaced}, Removed: []string{three.Name, again.Name}})
	check(map[string]uint64{"enriched": 12, "recorded": 3}, replaced)
}
