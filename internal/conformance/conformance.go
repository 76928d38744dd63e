// Package conformance measures Bongsu against public data sets with a known
// truth. A suite discovers its cases in a data folder, never by name, so that
// any folder of the same layout can be used.
//
// It prints shares; it does not decide what is good enough. Floors do, in
// floors.tsv, and a floor is only ever raised.
package conformance

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// A Suite is one kind of truth.
type Suite struct {
	Name string
	Doc  string // one sentence: whose truth, what is compared
	// Discover finds the cases below a data folder. A folder that holds no
	// data of this kind gives no cases and no error.
	Discover func(data string) ([]Case, error)
}

// A Case is one comparison. Run returns nil when ours equals the truth, a Left
// when it belongs to a later stage of the work, and what differs otherwise.
type Case struct {
	ID  string
	Run func() error
}

// Left says that a case is not asked of Bongsu yet. It counts neither as
// passed nor as failed.
type Left struct{ Reason string }

func (l Left) Error() string { return "left: " + l.Reason }

// DefendedShare is the largest share of cases that may be defended.
const DefendedShare = 0.02

// A Result is what a suite gave.
type Result struct {
	Suite    string    `json:"suite"`
	Cases    int       `json:"cases"`
	Passed   int       `json:"passed"`   // includes the defended
	Defended int       `json:"defended"` // differ, with a stated reason
	Left     int       `json:"left"`     // not asked yet
	Failures []Failure `json:"failures,omitempty"`
	Reasons  []Failure `json:"left_reasons,omitempty"`
}

// A Failure is a case that differs.
type Failure struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// Share returns the passed share of the cases, 1 when there are none.
func (r Result) Share() float64 {
	if r.Cases == 0 {
		return 1
	}
	return float64(r.Passed) / float64(r.Cases)
}

// Run runs a suite over a data folder. Defended maps the ids of cases that may
// differ to the reason.
func Run(s Suite, data string, defended map[string]string) (Result, error) {
	r := Result{Suite: s.Name}
	cases, err := s.Discover(data)
	if err != nil {
		return r, fmt.Errorf("discover cases of %s: %w", s.Name, err)
	}
	allowed := int(DefendedShare * float64(len(cases)))
	for _, c := range cases {
		err := runCase(c)
		var left Left
		switch {
		case errors.As(err, &left):
			r.Left++
			r.Reasons = append(r.Reasons, Failure{c.ID, left.Reason})
			continue
		case err == nil:
			r.Passed++
		case defended[c.ID] != "" && r.Defended < allowed:
			r.Passed++
			r.Defended++
		default:
			r.Failures = append(r.Failures, Failure{c.ID, err.Error()})
		}
		r.Cases++
	}
	return r, nil
}

func runCase(c Case) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Run()
}

// Defended reads what is defended of a suite: a tab-separated file
// <folder>/<suite>.tsv with a case id and its reason a line. No file, nothing
// defended.
func Defended(folder, suite string) (map[string]string, error) {
	path := filepath.Join(folder, suite+".tsv")
	rows, err := readRows(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(rows))
	for _, row := range rows {
		if len(row) != 2 || strings.TrimSpace(row[1]) == "" {
			return nil, fmt.Errorf("%s: %q is not an id, a tab and a reason", path, strings.Join(row, "\t"))
		}
		out[row[0]] = row[1]
	}
	return out, nil
}

// Floors reads the committed floors: suite, tab, smallest share in percent.
func Floors(path string) (map[string]float64, error) {
	rows, err := readRows(path)
	if err != nil {
		return nil, err
	}
	out := make(map[string]float64, len(rows))
	for _, row := range rows {
		var v float64
		if len(row) != 2 {
			return nil, fmt.Errorf("%s: %q is not a suite, a tab and a percentage", path, strings.Join(row, "\t"))
		}
		if _, err := fmt.Sscanf(row[1], "%g", &v); err != nil || v < 0 || v > 100 {
			return nil, fmt.Errorf("%s: floor %q of %s is not a percentage", path, row[1], row[0])
		}
		out[row[0]] = v
	}
	return out, nil
}

func readRows(path string) (rows [][]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows, lines.Err()
}

// Select returns the suites with the given names, all of them for none. An
// unknown name is an error that lists the known ones.
func Select(all []Suite, names []string) ([]Suite, error) {
	if len(names) == 0 {
		return all, nil
	}
	var out []Suite
	for _, n := range names {
		i := slices.IndexFunc(all, func(s Suite) bool { return s.Name == n })
		if i < 0 {
			known := make([]string, len(all))
			for j, s := range all {
				known[j] = s.Name
			}
			return nil, fmt.Errorf("unknown suite %q; known: %s", n, strings.Join(known, ", "))
		}
		out = append(out, all[i])
	}
	return out, nil
}
