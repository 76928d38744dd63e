//go:build cgo

package duckdb

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// A segmentError is an error of the file of a segment.
type segmentError struct {
	name string
	err  error
}

func (e *segmentError) Error() string { return fmt.Sprintf("segment %s: %v", e.name, e.err) }
func (e *segmentError) Unwrap() error { return e.err }

// events reads whole events, in the order of their places. The store does it,
// not DuckDB: DuckDB unpacks every column of a row group for a few of its rows,
// and plans anew for each set of columns.
func (r *reader) events(ctx context.Context, places []place) ([]*event.Event, error) {
	out := make([]*event.Event, len(places))
	wanted := map[int][]int{} // segment → indices in out
	var segments []int
	for i, p := range places {
		if p.event != nil {
			out[i] = p.event
			continue
		}
		if wanted[p.segment] == nil {
			segments = append(segments, p.segment)
		}
		wanted[p.segment] = append(wanted[p.segment], i)
	}
	read := func(n int) error {
		at := wanted[n]
		slices.SortFunc(at, func(a, b int) int { return int(places[a].row - places[b].row) })
		rows := make([]int64, len(at))
		for i, a := range at {
			rows[i] = places[a].row
		}
		events, err := eventstore.ReadRows(ctx, r.segments[n].Path, rows)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &segmentError{r.segments[n].Name, err}
		}
		for i, a := range at {
			out[a] = events[i]
		}
		return nil
	}
	if err := r.atOnce(len(segments), func(i int) error { return read(segments[i]) }); err != nil {
		return nil, err
	}
	return out, nil
}

// atOnce calls do for 0 to n-1, a few of them at once, until one fails, and
// waits for all.
func (r *reader) atOnce(n int, do func(i int) error) error {
	errs := make([]error, min(r.engine.config.Threads, n))
	var next atomic.Int64
	var failed atomic.Bool
	var work sync.WaitGroup
	for k := range errs {
		work.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !failed.Load(); i = int(next.Add(1)) - 1 {
				if errs[k] = do(i); errs[k] != nil {
					failed.Store(true)
					return
				}
			}
		})
	}
	work.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
