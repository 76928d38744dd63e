package eventstore_test

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

var seed = maphash.MakeSeed()

// everything writes all that an event holds, byte by byte.
func everything(e *event.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d %q", e.Time.UnixNano(), e.Class, e.ID())
	e.Each(func(p event.Path, text string, number int64) bool {
		if len(text) > 100 {
			text = fmt.Sprintf("%d bytes %x", len(text), maphash.String(seed, text))
		}
		fmt.Fprintf(&b, " %s=%q/%d", p.Name(), text, number)
		return true
	})
	for _, u := range e.AllUnmapped() {
		fmt.Fprintf(&b, " %q:%q", u.Name, u.Literal)
	}
	return b.String()
}

func writeSegment(t *testing.T, frames []event.Frame, columns []event.Path) string {
	t.Helper()
	var file bytes.Buffer
	w := eventstore.NewSegmentWriter(&file, columns)
	for _, f := range frames {
		if err := w.Write(f); err != nil {
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
	return path
}

func readSegment(t *testing.T, path string) []string {
	t.Helper()
	var out []string
	if err := eventstore.ReadSegment(t.Context(), path, func(e *event.Event) error { out = append(out, everything(e)); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestReadSegment compares what comes back with what was written: every path,
// every kind of value, more rows than a row group and a page have, long runs
// with and without a value.
func TestReadSegment(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 1, time.UTC)
	all := func(n int, fill func(i int, e *event.Event)) event.Frame {
		out := make(event.Frame, n)
		for i := range out {
			out[i] = event.New(event.Base, at.Add(time.Duration(i)), event.Origin{Source: "s", Position: uint64(i)})
			fill(i, out[i])
		}
		return out
	}
	for name, frame := range map[string]event.Frame{
		"generated": eventstoretest.Generate(1, 0, 3000),
		"every path": all(len(event.Paths())*3, func(i int, e *event.Event) {
			switch p := event.Paths()[i/3]; p.Type() {
			case event.String, event.JSON:
				e.SetStr(p, []string{"", "x", "한글\xff"}[i%3])
			case event.Bool:
				e.SetBool(p, i%2 == 0)
			default:
				e.SetInt(p, []int64{math.MinInt64, 0, math.MaxInt64}[i%3])
			}
		}),
		"nothing": all(70_000, func(int, *event.Event) {}),
		"groups": all(140_000, func(i int, e *event.Event) {
			if i > 100_000 { // a column that comes up late
				e.SetStr(event.UserName, fmt.Sprint("user", i%7))
			}
			if i < 100 {
				e.SetInt(event.SrcPort, int64(i))
			}
			if i%40_000 == 0 {
				e.SetStr(event.RawData, strings.Repeat("\xfe", i/10))
				e.AddUnmapped("a", "1")
				e.AddUnmapped("a", "\"\xff\"")
			}
		}),
		"different": all(20_000, func(i int, e *event.Event) {
			e.SetStr(event.Message, fmt.Sprint(i*7919))                // no dictionary from the start
			e.SetStr(event.CommunityUID, fmt.Sprint(max(0, i-5_000)))  // none in the end
			e.SetStr(event.UserName, strings.Repeat("long", 50+i%700)) // too large for one
			for n := range i % 5 {
				e.AddUnmapped(fmt.Sprint(n), fmt.Sprint(i))
			}
		}),
		"huge": all(3, func(i int, e *event.Event) { e.SetStr(event.RawData, strings.Repeat("0123456789abcdef", 3<<20)) }),
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, e := range frame {
				want = append(want, everything(e))
			}
			var columns []event.Path // those that occur; all where that is many
			for _, e := range frame {
				e.Each(func(p event.Path, _ string, _ int64) bool {
					if !slices.Contains(columns, p) {
						columns = append(columns, p)
					}
					return true
				})
			}
			if len(columns) > 100 {
				columns = nil
			} else if columns == nil {
				columns = []event.Path{event.Message}
			}
			got := readSegment(t, writeSegment(t, []event.Frame{frame}, columns))
			if len(got) != len(want) {
				t.Fatalf("%d events came back of %d", len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("event %d (-want +got):\n%.3000s", i, cmp.Diff(want[i], got[i]))
				}
			}
		})
	}
}

func TestNoEvents(t *testing.T) {
	if got := readSegment(t, writeSegment(t, nil, nil)); len(got) != 0 {
		t.Errorf("%d events came of none", len(got))
	}
}

func TestGivenColumns(t *testing.T) {
	e := event.New(event.Base, eventstoretest.Begin, event.Origin{Source: "a_b", Position: math.MaxUint64})
	e.SetStr(event.UserName, "minji")
	e.SetStr(event.SrcIP, "192.0.2.1")
	want := event.New(event.Base, eventstoretest.Begin, event.Origin{Source: "a_b", Position: math.MaxUint64})
	want.SetStr(event.SrcIP, "192.0.2.1")
	got := readSegment(t, writeSegment(t, []event.Frame{{e}}, []event.Path{event.SrcIP}))
	if diff := cmp.Diff([]string{everything(want)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDamagedSegment changes and cuts a segment at many places: reading gives an
// error or the events, and ends.
func TestDamagedSegment(t *testing.T) {
	path := writeSegment(t, []event.Frame{eventstoretest.Generate(1, 0, 60)}, nil)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := readSegment(t, path)
	found := 0
	for at := 0; at < len(whole); at += 1 + len(whole)/400 {
		for _, broken := range [][]byte{whole[:at], append(append(bytes.Clone(whole[:at]), whole[at]^0x55), whole[at+1:]...)} {
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			var got []string
			err := eventstore.ReadSegment(t.Context(), path, func(e *event.Event) error { got = append(got, everything(e)); return nil })
			if err != nil {
				found++
			} else if len(broken) < len(whole) {
				t.Fatalf("%d bytes of %d were read as if whole", len(broken), len(whole))
			} else if len(got) != len(want) {
				t.Errorf("byte %d changed: %d events of %d and no error", at, len(got), len(want))
			}
		}
	}
	if found < 600 {
		t.Errorf("damage was found %d times", found)
	}
}
