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
// all of their rows too. When it fails it has found what lies at a time, sure,
// and later.
func (r *reader) unconditional(ctx context.Context, bounds span, after *eventstore.Cursor, limit int) (found []place, sure int64, err error) {
	more := 0
	if after != nil {
		more = spareRows
	}
	for {
		found, sure, err := r.youngest(ctx, bounds, limit+more)
		if after != nil {
			cursor := place{time: nano(after.Time), uid: eventstore.Text(after.ID)}
			found = slices.DeleteFunc(found, func(p place) bool { return newer(cursor, p) >= 0 })
		}
		if err != nil || sure == bounds.from || len(found) >= limit {
			return found[:min(limit, len(found))], sure, err
		}
		if more = 4 * max(more, limit); more > maxSpare {
			return nil, bounds.until, eventstore.ErrTies
		}
	}
}

// youngest returns the n newest events of the segments, those first, with all
// that are as old as the last of them, and from when on these are all there are.
func (r *reader) youngest(ctx context.Context, bounds span, n int) (found []place, sure int64, err error) {
	want := eventstore.Newest{From: bounds.from, Until: bounds.until, N: n}
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
			sure = min(s.Last.UnixNano(), bounds.until-1) + 1
			found = newerThan(found, sure)
			if ctx.Err() != nil {
				return found, sure, ctx.Err()
			}
			return found, sure, &segmentError{s.Name, err}
		}
		for _, row := range rows {
			found = append(found, place{time: row.Time, uid: row.ID, segment: i, row: row.Row})
		}
		slices.SortFunc(found, newer)
		if len(found) >= n {
			want.From = found[n-1].time
			found = newerThan(found, want.From)
		}
	}
	return found, want.From, nil
}
