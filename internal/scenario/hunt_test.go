package scenario

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
)

// Every example of the page about hunts finds something in the sample, and not
// simply everything.
func TestHuntsOfTheDocs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.ndjson")
	if got := bongsu(t, "analyze", "--quiet", "--no-detect", "--events", file, office); got.code != 0 {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	events := readEvents(t, file)
	raw, err := os.ReadFile("../../docs/hunt.md")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) // just after the recording
	examples := 0
	for i, block := range strings.Split(string(raw), "```") {
		lines, ok := strings.CutPrefix(block, "hunt\n")
		if i%2 == 0 || !ok {
			continue
		}
		for _, input := range strings.Split(strings.TrimSpace(lines), "\n") {
			examples++
			h, err := hunt.Parse(input, hunt.Options{Now: now})
			if err != nil {
				t.Errorf("%s: %v", input, err)
				continue
			}
			q, err := h.Query(now)
			if err != nil {
				t.Errorf("%s: %v", input, err)
				continue
			}
			where, err := eventstore.Compile(q.Where)
			if err != nil {
				t.Errorf("%s: %v", input, err)
				continue
			}
			n := 0
			for _, e := range events {
				inTime := !e.Time.Before(q.From) && (q.Until.IsZero() || e.Time.Before(q.Until))
				if inTime && (q.Classes == nil || slices.Contains(q.Classes, e.Class)) && where(e) && hasAll(e, h.Show.By) {
					n++
				}
			}
			if n == 0 || n == len(events) && h.Where != nil {
				t.Errorf("%s: finds %d of %d events", input, n, len(events))
			}
		}
	}
	if examples < 25 {
		t.Errorf("%d examples on the page", examples)
	}
}

func readEvents(t *testing.T, file string) []*event.Event {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []*event.Event
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		e, err := event.Parse(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	if err := lines.Err(); err != nil || len(out) == 0 {
		t.Fatalf("%d events: %v", len(out), err)
	}
	return out
}

// hasAll reports whether an event has every field that is counted.
func hasAll(e *event.Event, fields []hunt.Field) bool {
	for _, f := range fields {
		if _, ok := f.Of()[0].Value(e); !ok {
			return false
		}
	}
	return true
}
