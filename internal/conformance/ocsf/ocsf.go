// Package ocsf is the suite that checks what Bongsu says against the compiled
// OCSF schema: every event, finding and incident of every capture and log
// below the folders net and logs of a data folder. The schema is the one of
// the same data folder; package ocsftest compiles it and does the checking.
package ocsf

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/internal/conformance"
	"github.com/bongsu/bongsu/internal/ocsftest"
	"github.com/bongsu/bongsu/text"
)

// Suite checks every record against the schema. A case is one recording.
// Discover already analyses everything, because only that tells which
// recordings there are; the cases tell what came out.
func Suite() conformance.Suite {
	return conformance.Suite{
		Name:     "ocsf",
		Doc:      "recordings: each of their events, findings and incidents is valid by the compiled OCSF schema",
		Discover: discover,
	}
}

// folders hold the recordings.
var folders = [...]string{"net", "logs"}

func discover(data string) ([]conformance.Case, error) {
	folder := filepath.Join(data, filepath.FromSlash(ocsftest.Folder))
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	schema, err := ocsftest.Compile(folder)
	if err != nil {
		return nil, err
	}
	var lots []lot
	for _, f := range folders {
		l, err := split(filepath.Join(data, f), splitDepth)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("divide %s: %w", f, err)
		}
		lots = append(lots, l...)
	}
	slices.SortStableFunc(lots, func(a, b lot) int { return int(b.size>>10) - int(a.size>>10) })

	outcomes := make([][]conformance.Case, len(lots))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				outcomes[i] = study(data, schema, lots[i].paths)
			}
		})
	}
	for i := range lots {
		next <- i
	}
	close(next)
	workers.Wait()
	cases := slices.Concat(outcomes...)
	slices.SortStableFunc(cases, func(a, b conformance.Case) int { return strings.Compare(a.ID, b.ID) })
	return cases, nil
}

// lot is what one worker analyses at a time.
type lot struct {
	paths []string
	size  int64
}

// splitDepth is how deep folders are divided into lots. The files of a folder
// stay together, as rotated sets and the logs of one sensor do.
const splitDepth = 3

func split(dir string, depth int) ([]lot, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var lots []lot
	var files lot
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() && depth > 1 {
			below, err := split(path, depth-1)
			if err != nil {
				return nil, err
			}
			lots = append(lots, below...)
			continue
		}
		files.paths = append(files.paths, path)
		files.size += weigh(path)
	}
	if len(files.paths) > 0 {
		lots = append(lots, files)
	}
	return lots, nil
}

// weigh returns the bytes below a path, to begin with the largest.
func weigh(path string) (size int64) {
	_ = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() { // the analysis will name what cannot be read
			if info, err := d.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}

// study analyses a lot and returns a case for each of its recordings.
func study(data string, schema *ocsftest.Schema, paths []string) (cases []conformance.Case) {
	defer func() {
		if p := recover(); p != nil {
			cases = []conformance.Case{failed(data, paths, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))}
		}
	}()
	r := reader{checker: schema.NewChecker()}
	analysis, err := app.Analyze(context.Background(), app.AnalyzeConfig{
		Paths:     paths,
		Decoders:  catalog.Decoders(),
		Protocols: catalog.Protocols(),
		Detectors: catalog.Detectors(),
		Events:    r.events,
	})
	if err != nil {
		return []conformance.Case{failed(data, paths, err)}
	}
	first := 0
	for _, recording := range analysis.Recordings {
		found := faults{}
		first += recording.Counts.Events
		r.before(first, found)
		for _, lang := range text.Langs() {
			for i := range recording.Findings {
				f := &recording.Findings[i]
				r.buf = f.AppendOCSF(r.buf[:0], lang)
				for _, v := range r.check(r.buf) {
					found.add("finding "+f.Rule.Name+" "+v.Path, fault{1, f.ID, v.Reason})
				}
			}
			for i := range recording.Incidents {
				in := &recording.Incidents[i]
				r.buf = in.AppendOCSF(r.buf[:0], lang)
				for _, v := range r.check(r.buf) {
					found.add("incident "+v.Path, fault{1, in.ID, v.Reason})
				}
			}
		}
		events := recording.Counts.Events
		cases = append(cases, conformance.Case{ID: name(data, recording.Name), Run: func() error {
			if len(found) > 0 {
				return found
			}
			if events == 0 {
				return conformance.Left{Reason: "no events"}
			}
			return nil
		}})
	}
	if first != r.count {
		cases = append(cases, failed(data, paths, fmt.Errorf("%d events came, the recordings count %d", r.count, first)))
	}
	return cases
}

func failed(data string, paths []string, err error) conformance.Case {
	return conformance.Case{ID: name(data, paths[0]), Run: func() error { return err }}
}

func name(data, path string) string {
	if rel, err := filepath.Rel(data, path); err == nil {
		return filepath.ToSlash(rel)
	}
	return path
}

// reader checks the records of a lot as they come.
type reader struct {
	checker *ocsftest.Checker
	buf     []byte
	count   int      // of events
	faulty  []faulty // in the order of the events
}

// faulty is one violation of one event.
type faulty struct {
	event int
	where string
	fault fault
}

func (r *reader) events(frame event.Frame) error {
	for _, e := range frame {
		r.buf = e.AppendJSON(r.buf[:0])
		for _, v := range r.check(r.buf) {
			r.faulty = append(r.faulty, faulty{r.count, fmt.Sprintf("class %d %s", e.Class, v.Path), fault{1, e.ID(), v.Reason}})
		}
		r.count++
	}
	return nil
}

// before takes the faults of the events with numbers below end.
func (r *reader) before(end int, into faults) {
	n := 0
	for n < len(r.faulty) && r.faulty[n].event < end {
		into.add(r.faulty[n].where, r.faulty[n].fault)
		n++
	}
	r.faulty = r.faulty[n:]
}

func (r *reader) check(object []byte) ocsftest.Violations {
	err := r.checker.Check(object)
	var violations ocsftest.Violations
	if err != nil && !errors.As(err, &violations) {
		violations = ocsftest.Violations{{Reason: err.Error()}}
	}
	return violations
}

// faults are the violations of a recording: what and where.
type faults map[string]fault

type fault struct {
	count  int
	first  string // id of the first record that has it
	reason string
}

func (f faults) add(where string, more fault) {
	if have, ok := f[where]; ok {
		have.count += more.count
		more = have
	}
	f[where] = more
}

func (f faults) Error() string {
	var lines []string
	for _, where := range slices.Sorted(maps.Keys(f)) {
		lines = append(lines, fmt.Sprintf("%s: %s (%d times, first %s)", where, f[where].reason, f[where].count, f[where].first))
	}
	return strings.Join(lines, "\n")
}
