//go:build cgo

package duckdb

import (
	"context"
	"slices"

	"github.com/bongsu/bongsu/eventstore"
)

// How many rows more are looked for where some that have the cursor's time may
// have to be left out.
const (
	spareRows = 64
	maxSpare  = 16 * maxRows
)

// unconditional finds the newest events of all, at most so many: the store does
// it, from the times of the youngest row groups, where SQL would read the ids of
// all of their rows too. When it fails, what it returns is the newest there is.
func (r *reader) unconditional(ctx context.Context, bounds span, after *eventstore.Cursor, limit int) ([]place, error) {
	more := 0
	if after != nil {
		more = spareRows
	}
	for {
		found, whole, err := r.youngest(ctx, bounds, limit+more)
		if after != nil {
			cursor := place{time: nano(after.Time), uid: eventstore.Text(after.ID)}
			found = slices.DeleteFunc(found, func(p place) bool { return newer(cursor, p) >= 0 })
		}
		if err != nil || whole || len(found) >= limit {
			return found[:min(limit, len(found))], err
		}
		if more = 4 * max(more, limit); more > maxSpare {
			return nil, eventstore.ErrTies
		}
	}
}

// youngest returns the n newest events of the segments, those first, with all
// that are as old as the last of them, and whether there are no others.
func (r *reader) youngest(ctx context.Context, bounds span, n int) (found []place, whole bool, err error) {
	want := eventstore.Newest{From: bounds.from, Until: bounds.until, N: n}
	whole = true
	for i := range r.segments { // those first that hold the newest
		s := &r.segments[i]
		if s.Last.UnixNano() < want.From {
			break
		}
		if !(span{want.From, want.Until}).meets(s) {
			continue
		}
		rows, err := eventstore.ReadNewest(ctx, s.Path, want)
		if err != nil {
			// What is newer than this segment is known.
			slices.SortFunc(found, newer)
			found = newerThan(found, s.Last.UnixNano()+1)
			if ctx.Err() != nil {
				return found, false, ctx.Err()
			}
			return found, false, &segmentError{s.Name, err}
		}
		for _, row := range rows {
			found = append(found, place{time: row.Time, uid: row.ID, segment: i, row: row.Row})
		}
		slices.SortFunc(found, newer)
		if len(found) >= n {
			want.From, whole = found[n-1].time, false
			found = newerThan(found, want.From)
		}
	}
	return found, whole, nil
}
