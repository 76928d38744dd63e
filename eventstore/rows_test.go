package eventstore_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

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
	checkIndex(t, file.Bytes())
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

// checkIndex holds what a file says of its pages against the pages.
func checkIndex(t *testing.T, raw []byte) {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)), parquet.SkipPageIndex(true))
	if err != nil {
		t.Fatal(err)
	}
	for g, group := range file.RowGroups() {
		for c, chunk := range group.ColumnChunks() {
			index, err := chunk.OffsetIndex()
			if err != nil {
				t.Fatalf("row group %d, column %d: %v", g, c, err)
			}
			pages := plain.RowGroups()[g].ColumnChunks()[c].Pages()
			sought := chunk.Pages()
			row := int64(0)
			n := 0
			for ; ; n++ {
				page, err := pages.ReadPage()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil || n >= index.NumPages() || index.FirstRowIndex(n) != row {
					t.Fatalf("row group %d, column %d: page %d begins at row %d, of %d pages in the index: %v", g, c, n, row, index.NumPages(), err)
				}
				if err := sought.SeekToRow(row); err != nil {
					t.Fatal(err)
				}
				same, err := sought.ReadPage()
				if err != nil || same.NumRows() != page.NumRows() || same.NumValues() != page.NumValues() {
					t.Fatalf("row group %d, column %d: page %d is not where the index says: %v", g, c, n, err)
				}
				row += page.NumRows()
			}
			if n != index.NumPages() || row != group.NumRows() {
				t.Errorf("row group %d, column %d: %d pages with %d rows, index has %d for %d", g, c, n, row, index.NumPages(), group.NumRows())
			}
			if err := errors.Join(pages.Close(), sought.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestReadRowsOfDamaged changes a segment at many places, in its pages and in
// what it says of them. What the pages hold is checked by their sums.
func TestReadRowsOfDamaged(t *testing.T) {
	frame := event.Frame{}
	for i := range 20_000 {
		e := event.New(event.Authentication, eventstoretest.Begin.Add(time.Duration(i)), event.Origin{Source: "s", Position: uint64(i)})
		e.SetStr(event.UserName, []string{"minji", "root", ""}[i%3])
		e.SetInt(event.SrcPort, int64(i))
		e.AddUnmappedInt("n", int64(i))
		frame = append(frame, e)
	}
	path := writeSegment(t, []event.Frame{frame}, []event.Path{event.UserName, event.SrcPort})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := []int64{3, 9000, 9001, 17_000, 19_999}
	footer := len(whole) - 8 - int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
	file, err := parquet.OpenFile(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	index := int(file.Metadata().RowGroups[0].Columns[0].OffsetIndexOffset)
	if index <= 0 || index >= footer {
		t.Fatalf("index at %d, footer at %d", index, footer)
	}
	for at := 4; at < footer; {
		for _, flip := range []byte{0x55, 0x02} {
			broken := bytes.Clone(whole)
			broken[at] ^= flip
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := eventstore.ReadRows(t.Context(), path, rows)
			if err != nil {
				if !errors.Is(err, eventstore.ErrSegment) || at >= index {
					t.Errorf("byte %d changed: %v", at, err)
				}
				continue
			}
			for i, row := range rows {
				if want, got := everything(frame[row]), everything(got[i]); want != got {
					t.Fatalf("byte %d changed: row %d is %s, want %s", at, row, got, want)
				}
			}
		}
		if at++; at < index {
			at += len(whole) / 300
		}
	}
}
