package hunt_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
)

const page = "../docs/hunt.md"

// TestDocs asks every example of the page of the events of the sample.
func TestDocs(t *testing.T) {
	var events []*event.Event
	_, err := app.Analyze(t.Context(), app.AnalyzeConfig{
		Paths: []string{"../docs/sample/office.pcap"}, Decoders: catalog.Decoders(), Protocols: catalog.Protocols(),
		Events: func(f event.Frame) error {
			for _, e := range f {
				events = append(events, e)
			}
			return nil
		},
	})
	if err != nil || len(events) == 0 {
		t.Fatalf("%d events: %v", len(events), err)
	}
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) // just after the recording
	examples := 0
	for i, block := range strings.Split(string(raw), "```") {
		lines, ok := strings.CutPrefix(block, "hunt\n")
		if i%2 == 0 || !ok {
			continue
		}
		for _, input := range strings.Split(strings.TrimSpace(lines), "\n") {
			examples++
			h, err := hunt.Parse(input, hunt.Options{Now: at})
			if err != nil {
				t.Errorf("%s: %v", input, err)
				continue
			}
			q, err := h.Query(at)
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
				if asks(q, e) && where(e) && hasAll(e, h.Show.By) {
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

func hasAll(e *event.Event, fields []hunt.Field) bool {
	for _, f := range fields {
		if _, ok := f.Of()[0].Value(e); !ok {
			return false
		}
	}
	return true
}

// TestDocsFields draws the table of short names.
func TestDocsFields(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n| name | also | stands for | |\n|---|---|---|---|\n")
	for _, s := range hunt.ShortNames() {
		paths := make([]string, len(s.Paths))
		for i, p := range s.Paths {
			paths[i] = "`" + p.Name() + "`"
		}
		also := ""
		if len(s.Also) > 0 {
			also = "`" + strings.Join(s.Also, "` `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s · %s |\n", s.Field, also, strings.Join(paths, ", "), s.Label.EN, s.Label.KO)
	}
	var words []string
	for _, c := range event.Classes() {
		h, err := hunt.Parse(fmt.Sprintf("class = %d", c), opts)
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, "`"+strings.TrimPrefix(h.String(), "class = ")+"`")
	}
	fmt.Fprintf(&b, "\nClasses: %s.\n\n", strings.Join(words, " "))

	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- fields -->\n", "<!-- /fields -->"
	before, rest, ok1 := strings.Cut(string(raw), begin)
	drawn, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the fields", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(b.String(), drawn); diff != "" {
		t.Errorf("fields of the page (-want +got), -update draws them:\n%s", diff)
	}
}

// Every column can be asked for by its path, and every name means one thing.
func TestNames(t *testing.T) {
	names := map[string]hunt.Field{}
	for _, s := range hunt.ShortNames() {
		for _, name := range append([]string{string(s.Field)}, s.Also...) {
			if other, ok := names[name]; ok {
				t.Errorf("%s means %s and %s", name, other, s.Field)
			}
			names[name] = s.Field
			if f, ok := hunt.FieldOf(strings.ToUpper(name)); !ok || f != s.Field {
				t.Errorf("%s means %s, want %s", name, f, s.Field)
			}
		}
		if s.Label.EN == "" || s.Label.KO == "" {
			t.Errorf("%s has no words", s.Field)
		}
	}
	for _, p := range event.Paths() {
		f, ok := hunt.FieldOf(p.Name())
		if p == event.DNSRcode || p == event.LogonType {
			continue // follows from the number beside it
		}
		if want := []eventstore.Field{{Kind: eventstore.Column, Path: p}}; !ok || !slices.Equal(f.Of(), want) {
			t.Errorf("%s is %v, want %v", p.Name(), f.Of(), want)
		}
	}
	if f, ok := hunt.FieldOf("unmapped.Some Name"); !ok || f != "unmapped.Some Name" {
		t.Errorf("an unmapped name became %q", f)
	}
}
