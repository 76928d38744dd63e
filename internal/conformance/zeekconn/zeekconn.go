// Package zeekconn compares the flows that Bongsu finds in captures with the
// connection logs that Zeek wrote of them.
//
// Every row of net/zeek/cases.tsv that compares a connection log is a test of
// Zeek: flags, captures, baselines. A case is one flow of one capture, however
// many baselines speak of it.
package zeekconn

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bongsu/bongsu/internal/conformance"
)

// Suite returns the suite "zeek-conn".
func Suite() conformance.Suite {
	return conformance.Suite{
		Name:     "zeek-conn",
		Doc:      "flows against Zeek's connection logs: ends, duration, bytes, packets, state, history, missed bytes",
		Discover: discover,
	}
}

// test is one row of cases.tsv.
type test struct {
	name     string
	runs     []options
	traces   []string
	compared []string
}

// discover makes a case of every flow in every baseline.
func discover(data string) ([]conformance.Case, error) {
	root := filepath.Join(data, "net", "zeek")
	tests, err := readTests(filepath.Join(root, "cases.tsv"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c := collector{root: root, byID: map[string]*flowCase{}, runs: map[string]*run{}}
	for _, t := range tests {
		if err := c.test(t); err != nil {
			return nil, fmt.Errorf("test %s: %w", t.name, err)
		}
	}
	cases := make([]conformance.Case, 0, len(c.order))
	for _, fc := range c.order {
		cases = append(cases, conformance.Case{ID: fc.id, Run: fc.compare})
	}
	return cases, nil
}

// readTests reads cases.tsv: test, flags, traces, compared files.
func readTests(path string) (tests []test, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for n := 1; lines.Scan(); n++ {
		cols := strings.Split(lines.Text(), "\t")
		if n == 1 || len(cols) < 4 {
			continue
		}
		t := test{name: cols[0]}
		for _, name := range strings.Split(cols[2], ",") {
			if name = strings.Trim(strings.TrimSpace(name), "/"); name != "" {
				t.traces = append(t.traces, name)
			}
		}
		for _, name := range strings.Split(cols[3], ",") {
			if name = strings.TrimSpace(name); name != "" {
				t.compared = append(t.compared, name)
			}
		}
		t.runs = parseFlags(t.name, t.compared, cols[1])
		tests = append(tests, t)
	}
	return tests, lines.Err()
}

// isConnLog reports whether a compared file is a connection log, whole or cut.
func isConnLog(name string) bool {
	base := filepath.Base(name)
	if !strings.HasPrefix(base, "conn") {
		// Tests of several runs put the name in front: tls-12.conn.log.
		i := strings.Index(base, ".conn.")
		if i < 0 {
			return false
		}
		base = base[i+1:]
	}
	return strings.Contains(base, ".log") || strings.HasSuffix(base, ".cut")
}

// collector gathers the cases of all tests.
type collector struct {
	root  string
	byID  map[string]*flowCase
	order []*flowCase
	runs  map[string]*run
}

// test adds the flows of one test.
func (c *collector) test(t test) error {
	var logs []connLog
	for _, name := range t.compared {
		if !isConnLog(name) {
			continue
		}
		path, err := c.baseline(t.name, name)
		if err != nil {
			return err
		}
		var log connLog
		if path != "" {
			if log, err = readLog(path); err != nil {
				return err
			}
		}
		logs = append(logs, log)
		for i := range t.runs {
			t.runs[i].loaded = append(t.runs[i].loaded, log.services()...)
		}
	}
	if len(logs) == 0 {
		return nil
	}
	var runs []*run
	for i, trace := range t.traces {
		path := filepath.Join(c.root, "Traces", filepath.FromSlash(trace))
		if _, err := os.Stat(path); err != nil {
			runs = append(runs, nil)
			continue
		}
		runs = append(runs, c.run(trace, path, t.runs[min(i, len(t.runs)-1)]))
	}
	for i, log := range logs {
		if len(log.rows) == 0 {
			continue
		}
		r := choose(runs, log, i, len(logs))
		if r == nil {
			continue
		}
		counts := map[string]int{}
		for _, row := range log.rows {
			tuple := row.tuple()
			if tuple == "" {
				// Without its ends a row can be told only where it is alone.
				if tuple = r.only(); tuple == "" || len(log.rows) > 1 {
					continue
				}
			}
			n := counts[tuple]
			counts[tuple]++
			id := fmt.Sprintf("%s#%s#%d", r.trace, tuple, n+1)
			fc := c.byID[id]
			if fc == nil {
				fc = &flowCase{id: id, tuple: tuple, nth: n}
				c.byID[id] = fc
				c.order = append(c.order, fc)
			}
			fc.expected = append(fc.expected, expectation{test: t.name, run: r, row: row})
		}
	}
	return nil
}

// baseline finds a compared file: as it is named, with slashes as dots, or by
// its last part below the test's folder.
func (c *collector) baseline(name, compared string) (string, error) {
	dir := filepath.Join(c.root, "Baseline", name)
	for _, candidate := range []string{compared, strings.ReplaceAll(compared, "/", ".")} {
		path := filepath.Join(dir, filepath.FromSlash(candidate))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	found := ""
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if found == "" && filepath.Base(path) == filepath.Base(compared) {
			found = path
		}
		return nil
	})
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return found, err
}

// run returns the run of a trace with options; equal ones are made once.
func (c *collector) run(trace, path string, o options) *run {
	key := trace + "\x00" + o.key()
	r := c.runs[key]
	if r == nil {
		r = &run{trace: trace, path: path, options: o}
		c.runs[key] = r
	}
	return r
}

// choose finds the run that a log is of: in order where there are as many of
// both, otherwise the one that knows most of its flows.
func choose(runs []*run, log connLog, i, logs int) *run {
	if len(runs) == 1 {
		return runs[0]
	}
	if len(runs) == logs {
		return runs[i]
	}
	var best *run
	most := 0
	for _, r := range runs {
		if r == nil {
			continue
		}
		flows, err := r.flows()
		if err != nil {
			continue
		}
		n := 0
		for _, row := range log.rows {
			if len(flows[row.tuple()]) > 0 {
				n++
			}
		}
		if n > most {
			best, most = r, n
		}
	}
	return best
}

// flowCase is one flow of one capture.
type flowCase struct {
	id       string
	tuple    string
	nth      int
	expected []expectation
}

type expectation struct {
	test string
	run  *run
	row  row
}

// compare holds our flow against every baseline that has it.
func (fc *flowCase) compare() error {
	for _, x := range fc.expected {
		flows, err := x.run.flows()
		if err != nil {
			return fmt.Errorf("%s: %w", x.test, err)
		}
		ours := flows[fc.tuple]
		if fc.nth >= len(ours) {
			return fmt.Errorf("%s: no such flow; ours between these ends: %d", x.test, len(ours))
		}
		if diff := x.row.diff(ours[fc.nth]); len(diff) > 0 {
			return fmt.Errorf("%s: %s", x.test, strings.Join(diff, "; "))
		}
	}
	return nil
}

// readLog reads a connection log: Zeek's own form, cut with a heading, cut
// without one, or JSON.
func readLog(path string) (log connLog, err error) {
	f, err := os.Open(path)
	if err != nil {
		return log, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in := bufio.NewReader(f)
	var fields []string
	for {
		line, err := in.ReadString('\n')
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "### "):
		case strings.HasPrefix(line, "#fields"):
			fields = strings.Split(line, "\t")[1:]
		case line[0] == '#':
		case line[0] == '{':
			log.add(rowOfJSON(line))
		default:
			cols := strings.Split(line, "\t")
			if slices.Contains(cols, "id.orig_h") || slices.Contains(cols, "uid") && slices.Contains(cols, "ts") {
				fields = cols
				break
			}
			if fields == nil {
				log.add(rowOfBare(cols))
			} else {
				log.add(rowOf(fields, cols))
			}
		}
		if errors.Is(err, io.EOF) {
			return log, nil
		}
		if err != nil {
			return log, err
		}
	}
}
