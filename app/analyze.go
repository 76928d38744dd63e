// Package app assembles the stages of Bongsu and runs them. flow.go is the map.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/bus/memory"
	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/enrich"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/org"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/source/file"
)

// AnalyzeConfig says what to analyse and how. Only Paths and the plug-ins are
// required.
type AnalyzeConfig struct {
	Paths []string

	Decoders  []decode.Kind
	Protocols []dissect.Kind
	Detectors []detect.Kind // none: events only
	Settings  map[string]detect.Settings

	Together     bool      // all recordings are one
	Since, Until time.Time // events outside are left out; zero is open
	Tenant       string    // org.Default when empty
	Segments     []segment.Segment
	Workers      int // recordings at a time; GOMAXPROCS when zero
	Limits       file.Limits
	TempDir      string

	// Events takes all events, recording by recording in their order, each
	// recording in the order of time. It is called by one goroutine at a time.
	Events func(event.Frame) error
	// Progress is told from time to time how far the work is, from any
	// goroutine.
	Progress func(Progress)
}

// Progress is how far an analysis is.
type Progress struct {
	Bytes, Total int64 // as packed
	Events       int64
	Recording    string // one that is being read
}

// sortBytes bounds what is held of one recording in memory while it is brought
// into order: some 100,000 events. The rest waits in a temporary file.
const sortBytes = 32 << 20

// Analyze reads files, folders and archives and says what is in them. It fails
// only when it cannot work at all, or when ctx ends; what could not be read is
// part of the analysis. The same input gives the same analysis.
func Analyze(ctx context.Context, cfg AnalyzeConfig) (*Analysis, error) {
	cfg.Tenant = cmp.Or(cfg.Tenant, org.Default)
	if cfg.Segments == nil {
		cfg.Segments = segment.Defaults()
	}
	if cfg.Workers <= 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	if cfg.Events != nil || cfg.Together {
		cfg.Workers = 1
	}
	if _, err := detect.NewRunner(cfg.Detectors, cfg.Settings, detect.Options{}); err != nil {
		return nil, fmt.Errorf("set up detectors: %w", err)
	}
	found, err := find(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()

	a := &analysis{AnalyzeConfig: cfg, set: dissect.NewSet(cfg.Protocols), segments: segment.NewMap(cfg.Segments)}
	groups := make([][]file.Recording, 0, len(found.Recordings))
	for _, r := range found.Recordings {
		a.total += r.Size()
		if cfg.Together && len(groups) > 0 {
			groups[0] = append(groups[0], r)
			continue
		}
		groups = append(groups, []file.Recording{r})
	}
	results, err := a.all(ctx, groups)
	if err != nil {
		return nil, err
	}
	return &Analysis{Recordings: results, Problems: found.Problems}, nil
}

// find looks for recordings.
func find(ctx context.Context, cfg AnalyzeConfig) (*file.Found, error) {
	found, err := file.Find(ctx, cfg.Paths, file.Options{
		Recognise: func(head []byte) string {
			kind, _, _ := decode.Recognise(cfg.Decoders, head)
			return kind.Name
		},
		Together: []string{"zeek"},
		TempDir:  cfg.TempDir,
		Limits:   cfg.Limits,
	})
	if err != nil {
		return nil, fmt.Errorf("find recordings: %w", err)
	}
	return found, nil
}

// analysis is one run of Analyze.
type analysis struct {
	AnalyzeConfig
	set      *dissect.Set
	segments *segment.Map
	total    int64
	read     atomic.Int64
	events   atomic.Int64
}

// all analyses the groups, several at a time, and returns the results in order.
func (a *analysis) all(ctx context.Context, groups [][]file.Recording) ([]Recording, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]Recording, len(groups))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(a.Workers, len(groups)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(groups) {
					return
				}
				r, err := a.group(ctx, groups[i])
				if err != nil {
					cancel(fmt.Errorf("analyze %s: %w", groups[i][0].Name, err))
					return
				}
				results[i] = r
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return results, nil
}

// group carries the recordings of a group through one flow.
func (a *analysis) group(ctx context.Context, group []file.Recording) (Recording, error) {
	result := Recording{Name: group[0].Name, Capture: group[0].Kind == file.Capture}
	runner, err := detect.NewRunner(a.Detectors, a.Settings, detect.Options{})
	if err != nil {
		return result, err
	}
	found, told := &collect[detect.Finding]{}, &collect[incident.Incident]{}
	s := stages{
		enrich:    enrich.New(a.Tenant, a.segments),
		keep:      keep{into: a.Events, total: &result.Counts},
		detect:    detectStage{runner},
		correlate: &correlateStage{},
		findings:  found,
		incidents: told,
	}
	err = memory.Run(ctx, s.flow(), func(ctx context.Context, to bus.Publisher) error {
		publish := func(frame event.Frame) error { return bus.Publish(ctx, to, events, frame) }
		if len(a.Detectors) == 0 && a.Events == nil {
			// Nobody asks for order, so nothing waits for it.
			return a.direct(ctx, group, &result, publish)
		}
		return a.sorted(ctx, group, &result, publish)
	})
	if err != nil {
		return result, err
	}
	result.Findings = detect.Latest(found.all)
	for i := range result.Findings {
		result.Findings[i].Recording = result.Name
	}
	result.Incidents = told.all
	for i := range result.Incidents {
		result.Incidents[i].Recording = result.Name
		for j := range result.Incidents[i].Findings {
			result.Incidents[i].Findings[j].Recording = result.Name
		}
	}
	for _, s := range runner.Stats() {
		result.Notes.Evicted += s.Evicted
	}
	return result, nil
}

// sorted publishes the events of a group in the order of their time.
func (a *analysis) sorted(ctx context.Context, group []file.Recording, result *Recording, publish func(event.Frame) error) error {
	sorter := event.NewSorter(sortBytes, a.TempDir)
	defer func() { _ = sorter.Close() }()
	for _, r := range group {
		if err := a.recording(ctx, r, result, sorter.Add); err != nil {
			return err
		}
	}
	return sorter.Each(publish)
}

// direct publishes the events of a group as they come.
func (a *analysis) direct(ctx context.Context, group []file.Recording, result *Recording, publish func(event.Frame) error) error {
	var frame event.Frame
	for _, r := range group {
		err := a.recording(ctx, r, result, func(e *event.Event) error {
			frame = append(frame, e)
			if len(frame) < event.FrameRows {
				return nil
			}
			full := frame
			frame = make(event.Frame, 0, event.FrameRows)
			return publish(full)
		})
		if err != nil {
			return err
		}
	}
	if len(frame) == 0 {
		return nil
	}
	return publish(frame)
}

// recording reads all parts of a recording into sink.
func (a *analysis) recording(ctx context.Context, r file.Recording, result *Recording, sink func(*event.Event) error) error {
	wanted := func(e *event.Event) error {
		if !a.Since.IsZero() && e.Time.Before(a.Since) || !a.Until.IsZero() && !e.Time.Before(a.Until) {
			return nil
		}
		a.events.Add(1)
		return sink(e)
	}
	result.Bytes += r.Size()
	for _, p := range r.Parts {
		if !slices.Contains(result.Formats, p.Format) {
			result.Formats = append(result.Formats, p.Format)
		}
	}
	if r.Kind == file.Capture {
		return a.capture(ctx, r, result, wanted)
	}
	for _, p := range r.Parts {
		if err := a.log(ctx, r.Name, p, result, wanted); err != nil {
			return err
		}
	}
	return nil
}

// advance tells how far the work is.
func (a *analysis) advance(name string, bytes int64) {
	done := a.read.Add(bytes)
	if a.Progress != nil {
		a.Progress(Progress{Bytes: done, Total: a.total, Events: a.events.Load(), Recording: name})
	}
}
