package hunt_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
)

const page = "../docs/hunt.md"

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
