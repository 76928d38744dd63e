// Package detecttest runs a detector over scenarios: small recordings with a
// story, written by hand, and the findings that they must give.
//
// A scenario is a txtar file. Its comment is the story. It holds
//
//	config      settings of the detector, name=value, one a line (may be absent)
//	events      what happens, in the line form that Parse describes
//	findings    what the detector must find; written by go test -update
//
// Run insists on an attack and on something benign: a detector that is never
// shown what it must leave alone is not tested. It also insists that every
// rule of the detector is found in some scenario.
package detecttest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

var update = flag.Bool("update", false, "write what was found into the scenarios")

// Run runs every scenario that matches pattern.
func Run(t *testing.T, kind detect.Kind, pattern string) {
	t.Helper()
	RunAll(t, []detect.Kind{kind}, pattern)
}

// RunAll runs every scenario that matches pattern against several detectors of
// one package at once, as they run beside each other in the program. Settings
// in a scenario's config are then written kind.name=value.
func RunAll(t *testing.T, kinds []detect.Kind, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	checkWords(t, kinds)
	claimed := map[*detect.Rule]bool{}
	attacks, benign := 0, 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			found := scenario(t, kinds, file)
			loud := false
			for _, f := range found {
				claimed[f.Rule] = true
				loud = loud || f.Severity >= event.SeverityMedium
			}
			if loud || (len(found) > 0 && quietKind(kinds)) {
				attacks++
			} else {
				benign++
			}
		})
	}
	if attacks == 0 || benign == 0 {
		t.Errorf("%s: %d scenarios of an attack and %d of something benign; a detector needs at least one of each", pattern, attacks, benign)
	}
	for _, k := range kinds {
		for _, r := range k.Rules {
			if !claimed[r] {
				t.Errorf("no scenario of %s makes detector %s claim %q", pattern, k.Name, r.Name)
			}
		}
	}
}

// quietKind reports whether no rule of the kinds is of medium severity or
// above: then a low finding is what its scenarios of an attack can show.
func quietKind(kinds []detect.Kind) bool {
	for _, k := range kinds {
		for _, r := range k.Rules {
			if r.Severity >= event.SeverityMedium {
				return false
			}
		}
	}
	return true
}

func scenario(t *testing.T, kinds []detect.Kind, file string) []detect.Finding {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(data)
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		t.Errorf("%s: no story before the first file", file)
	}
	var config, lines, want []byte
	for _, f := range archive.Files {
		switch f.Name {
		case "config":
			config = f.Data
		case "events":
			lines = f.Data
		case "findings":
			want = f.Data
		default:
			t.Errorf("%s: file %q; a scenario holds config, events and findings", file, f.Name)
		}
	}
	events, err := Parse(string(lines))
	if err != nil {
		t.Fatalf("%s: events: %v", file, err)
	}
	if len(events) == 0 {
		t.Fatalf("%s: no events", file)
	}
	settings, err := parseConfig(kinds, string(config))
	if err != nil {
		t.Fatalf("%s: config: %v", file, err)
	}
	found := judge(t, kinds, settings, events)
	checkFindings(t, found)
	got := Render(found)
	if *update {
		writeFindings(t, file, archive, got)
		return found
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: findings (-want +got; go test -update writes them):\n%s", file, diff)
	}
	return found
}

// judge runs the events through a runner, in one batch, again one by one, and
// again with a restart after each: how a stream is cut into batches, and by
// restarts, must make no difference.
func judge(t *testing.T, kinds []detect.Kind, settings map[string]detect.Settings, events []*event.Event) []detect.Finding {
	t.Helper()
	var results [3][]detect.Finding
	begin := func() *detect.Runner {
		r, err := detect.NewRunner(kinds, settings, detect.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for i := range results {
		r := begin()
		var all []detect.Finding
		if i == 0 {
			all = append(all, r.Examine(events)...)
		} else {
			for j := range events {
				all = append(all, r.Examine(events[j:j+1])...)
				if i == 2 && (j < 100 || j%97 == 0) { // a restart goes through all of the state
					r = restarted(t, r, begin())
				}
			}
		}
		all = append(all, r.Close()...)
		results[i] = detect.Latest(all)
	}
	if diff := cmp.Diff(Render(results[0]), Render(results[1])); diff != "" {
		t.Errorf("in one batch and one by one give different findings:\n%s", diff)
	}
	if diff := cmp.Diff(Render(results[1]), Render(results[2])); diff != "" {
		t.Errorf("without and with restarts give different findings:\n%s", diff)
	}
	return results[0]
}

// restarted carries the state of a runner over to a new one, by its bytes.
func restarted(t *testing.T, old, anew *detect.Runner) *detect.Runner {
	t.Helper()
	var snapshot bytes.Buffer
	if err := old.Snapshot(&snapshot); err != nil {
		t.Fatal(err)
	}
	if lost, err := anew.Restore(&snapshot); err != nil || len(lost) > 0 {
		t.Fatalf("restore: %v, detectors that begin anew: %v", err, lost)
	}
	return anew
}

func parseConfig(kinds []detect.Kind, config string) (map[string]detect.Settings, error) {
	settings := map[string]detect.Settings{}
	for line := range strings.Lines(config) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not name=value", line)
		}
		kind := kinds[0].Name
		if before, after, ok := strings.Cut(name, "."); ok {
			kind, name = before, after
		}
		if settings[kind] == nil {
			settings[kind] = detect.Settings{}
		}
		settings[kind][name] = value
	}
	return settings, nil
}

func writeFindings(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name != "findings" {
			kept = append(kept, f)
		}
	}
	archive.Files = append(kept, txtar.File{Name: "findings", Data: []byte(got)})
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkWords insists that a detector can be understood before it finds
// anything.
func checkWords(t *testing.T, kinds []detect.Kind) {
	t.Helper()
	check := func(what string, m text.Message) {
		if m.EN == "" || m.KO == "" {
			t.Errorf("%s: not said in both languages: %+v", what, m)
		}
	}
	for _, k := range kinds {
		check(k.Name+": doc", k.Doc)
		for _, r := range k.Rules {
			name := k.Name + "/" + r.Name
			check(name+": title", r.Title)
			check(name+": why", r.Why)
			check(name+": now", r.Now)
			check(name+": hush", r.Hush)
			if r.Detector != k.Name {
				t.Errorf("%s: rule says it belongs to %q", name, r.Detector)
			}
			if len(r.Techniques) == 0 {
				t.Errorf("%s: no technique", name)
			}
		}
	}
}

func checkFindings(t *testing.T, found []detect.Finding) {
	t.Helper()
	for _, f := range found {
		name := f.Rule.Detector + "/" + f.Rule.Name
		for _, s := range []text.Said{f.Title, f.Why, f.Now, f.Hush} {
			if strings.ContainsAny(s.EN+s.KO, "{}|") {
				t.Errorf("%s: a value is missing: %q / %q", name, s.EN, s.KO)
			}
		}
		if len(f.Evidence) == 0 || f.Count < len(f.Evidence) {
			t.Errorf("%s: %d pieces of evidence of a count of %d", name, len(f.Evidence), f.Count)
		}
		if len(f.Entities) == 0 {
			t.Errorf("%s: about nobody", name)
		}
		if f.Last.Before(f.First) {
			t.Errorf("%s: ends at %v, before it begins at %v", name, f.Last, f.First)
		}
		if f.Confidence < 1 || f.Confidence > 100 {
			t.Errorf("%s: confidence %d is not within 1 to 100", name, f.Confidence)
		}
	}
}

// shownEvidence is how many pieces of evidence a golden shows.
const shownEvidence = 3

// Render writes findings as goldens show them.
func Render(found []detect.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s/%s %s confidence=%d count=%d\n", f.Rule.Detector, f.Rule.Name, strings.ToLower(f.Severity.String()), f.Confidence, f.Count)
		fmt.Fprintf(&b, "  from %s to %s\n", f.First.UTC().Format(time.RFC3339), f.Last.UTC().Format(time.RFC3339))
		for _, e := range f.Entities {
			fmt.Fprintf(&b, "  %s %s %s\n", e.Role, e.Kind, e.Value)
		}
		for i, e := range f.Evidence {
			if i == shownEvidence {
				fmt.Fprintf(&b, "  … %d more\n", len(f.Evidence)-i)
				break
			}
			fmt.Fprintf(&b, "  evidence %s\n", e.Fact)
		}
		for _, s := range []text.Said{f.Title, f.Why, f.Now, f.Hush} {
			fmt.Fprintf(&b, "  en %s\n  ko %s\n", s.EN, s.KO)
		}
	}
	return b.String()
}
