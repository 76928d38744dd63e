package eventstore_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

func TestReadRows(t *testing.T) {
	var file bytes.Buffer
	w := eventstore.NewSegmentWriter(&file, nil)
	for first := 0; first < 70_000; first += 1000 {
		if err := w.Write(eventstoretest.Generate(1, first, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var all []*event.Event
	if err := eventstore.ReadSegment(t.Context(), path, func(e *event.Event) error { all = append(all, e); return nil }); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 3, 200} {
		rows := make([]int64, n)
		for i := range rows {
			rows[i] = rng.Int64N(int64(len(all)))
		}
		if n > 1 {
			rows[0], rows[1] = 0, int64(len(all)-1)
		}
		slices.Sort(rows)
		got, err := eventstore.ReadRows(t.Context(), path, rows)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if diff := cmp.Diff(written(all[row]), written(got[i])); diff != "" {
				t.Errorf("row %d (-want +got):\n%s", row, diff)
			}
		}
	}
	for name, rows := range map[string][]int64{"beyond": {1, int64(len(all))}, "descending": {2, 1}} {
		if _, err := eventstore.ReadRows(t.Context(), path, rows); err == nil {
			t.Errorf("%s: rows %v were read", name, rows)
		}
	}
}

// written is all that an event holds.
func written(e *event.Event) string {
	codec := event.NewCodec()
	return e.ID() + " " + e.Time.String() + " " + string(codec.Encode(nil, event.Frame{e}))
}
