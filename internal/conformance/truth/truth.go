// Package truth holds two suites that run the whole of analyze, from the file
// to the finding. Truth takes the rows of a TRUTH.tsv: what is known to be an
// attack must be found, at the right machines, what is known to be innocent
// must not. Quiet takes captures of ordinary traffic and counts those with
// findings.
//
// Which rows are taken is decided by the words of the row, never by the name of
// its file; what belongs to later work is left, and said so.
package truth

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/internal/conformance"
)

// Suite compares findings with the rows of TRUTH.tsv.
func Suite() conformance.Suite {
	return conformance.Suite{
		Name:     "truth",
		Doc:      "rows of TRUTH.tsv: attacks that this version covers are found at the right machines, benign recordings give nothing of medium severity or above",
		Discover: discover,
	}
}

// row is one line of TRUTH.tsv.
type row struct{ file, label, what string }

func readRows(data string) ([]row, error) {
	f, err := os.Open(filepath.Join(data, "TRUTH.tsv"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var rows []row
	lines := bufio.NewScanner(f)
	for n := 0; lines.Scan(); n++ {
		columns := strings.Split(lines.Text(), "\t")
		if n == 0 || len(columns) < 3 {
			continue
		}
		rows = append(rows, row{columns[0], columns[1], columns[2]})
	}
	return rows, lines.Err()
}

func discover(data string) ([]conformance.Case, error) {
	rows, err := readRows(data)
	if err != nil {
		return nil, fmt.Errorf("read TRUTH.tsv: %w", err)
	}
	var cases []conformance.Case
	for _, r := range rows {
		cases = append(cases, conformance.Case{ID: r.file, Run: func() error { return r.check(data) }})
	}
	return cases, nil
}

// behaviours are what this version looks for, by the words in which a row may
// speak of it, and the detectors that have to say so. A row must have a word of
// each group and none of those that make it something else. The first that fits
// counts.
var behaviours = []struct {
	words     [][]string
	not       []string
	detectors []string
}{
	{[][]string{{"beacon", "c&c"}}, []string{"dns"}, []string{"beacon", "beacon-host"}},
	{[][]string{{"guessing", "brute", "spray", "user enumeration"}}, nil, []string{"guess", "distributed-guess"}},
	{[][]string{{"clear-text", "clear text", "cleartext", "plaintext", "unencrypted"}, {"credential", "password", "login"}}, nil, []string{"cleartext"}},
	{[][]string{{"long connection", "long-lived connection", "long lived connection"}}, nil, []string{"longconn"}},
	{[][]string{{"scan", "sweep"}}, []string{"dhcp", "web", "scanner", "vulnerability"}, []string{"scan"}},
}

// expects returns the detectors that a row asks for.
func (r row) expects() []string {
	what := strings.ToLower(r.what)
	for _, b := range behaviours {
		all := !slices.ContainsFunc(b.words, func(group []string) bool { return !containsAny(what, group) })
		if all && !containsAny(what, b.not) {
			return b.detectors
		}
	}
	return nil
}

func containsAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

func (r row) check(data string) error {
	benign := r.label == "benign"
	detectors := r.expects()
	switch {
	case benign:
	case r.label != "attack" && r.label != "notable":
		return conformance.Left{Reason: "a row of kind " + r.label}
	case detectors == nil:
		return conformance.Left{Reason: "not a behaviour of this version: " + r.what}
	}
	files, err := find(data, r.file)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no file matches %q", r.file)
	}
	for _, f := range files {
		found, err := loud(f)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(data, f)
		if benign {
			if len(found) > 0 {
				return fmt.Errorf("%s: %d findings: %s", name, len(found), titles(found))
			}
			continue
		}
		if err := judge(found, detectors, entities(r.what)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// judge looks for a claim of one of the detectors that names all entities.
func judge(found []detect.Finding, detectors, named []string) error {
	var other []detect.Finding
	for _, f := range found {
		if !slices.Contains(detectors, f.Rule.Detector) {
			other = append(other, f)
			continue
		}
		missing := slices.DeleteFunc(slices.Clone(named), func(name string) bool {
			return slices.ContainsFunc(f.Entities, func(e detect.Entity) bool { return strings.EqualFold(e.Value, name) })
		})
		if len(missing) == 0 && len(f.Entities) > 0 {
			return nil
		}
		other = append(other, f)
	}
	return fmt.Errorf("no finding of %s about %q; found: %s", strings.Join(detectors, ", "), named, titles(other))
}

// entities returns the addresses and host names that a row names.
func entities(what string) []string {
	var out []string
	for _, w := range strings.Fields(what) {
		w = strings.Trim(w, ",;:()")
		if _, err := netip.ParseAddr(w); err == nil || strings.HasPrefix(w, "www.") {
			out = append(out, w)
		}
	}
	return out
}

func titles(found []detect.Finding) string {
	if len(found) == 0 {
		return "nothing"
	}
	var out []string
	for i, f := range found {
		if i == 5 {
			out = append(out, fmt.Sprintf("and %d more", len(found)-i))
			break
		}
		out = append(out, fmt.Sprintf("%s/%s %s", f.Rule.Detector, f.Rule.Name, f.Title.EN))
	}
	return strings.Join(out, "; ")
}

// find returns the files or folders that a row's pattern stands for: * for part
// of a name, ** at the end for all files below.
func find(data, pattern string) ([]string, error) {
	deep := strings.HasSuffix(pattern, "/**")
	matches, err := filepath.Glob(filepath.Join(data, strings.TrimSuffix(pattern, "/**")))
	if err != nil || !deep {
		return matches, err
	}
	var files []string
	for _, m := range matches {
		err := filepath.WalkDir(m, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// loud analyses one recording and returns its findings of medium severity and
// above.
func loud(path string) ([]detect.Finding, error) {
	a, err := app.Analyze(context.Background(), app.AnalyzeConfig{
		Paths:     []string{path},
		Decoders:  catalog.Decoders(),
		Protocols: catalog.Protocols(),
		Detectors: catalog.Detectors(),
	})
	if err != nil {
		return nil, fmt.Errorf("analyze %s: %w", filepath.Base(path), err)
	}
	if len(a.Recordings) == 0 {
		return nil, fmt.Errorf("analyze %s: no recording was recognised in it", filepath.Base(path))
	}
	var out []detect.Finding
	for _, r := range a.Recordings {
		for _, f := range r.Findings {
			if f.Severity >= event.SeverityMedium {
				out = append(out, f)
			}
		}
	}
	return out, nil
}
