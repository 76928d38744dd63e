//go:build cgo

package duckdb

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// windowRows is how many stored events the first window of time should hold: a
// row group has to be read in any case.
const windowRows = 64 << 10

// windowGrowth is by how much each window is wider than the one before.
const windowGrowth = 8

// A place is where one event lies, with what orders it.
type place struct {
	time    int64
	uid     string
	event   *event.Event // of the tail
	segment int          // of reader.segments, otherwise
	row     int64
}

// newer orders places as the latest events come: time descending, then id.
func newer(a, b place) int {
	return cmp.Or(cmp.Compare(b.time, a.time), strings.Compare(b.uid, a.uid))
}

// latest gives the newest events. It goes back through time in windows, of
// which each is wider than the one before, and stops when it has enough: first
// only times and ids, then the rows that were chosen.
func (r *reader) latest(ctx context.Context, to *eventstore.Result) error {
	limit := r.limit()
	places, err := r.places(ctx, r.query.After, limit+1)
	if len(places) > limit {
		to.More, places = true, places[:limit]
	}
	if err != nil {
		// What was found is the newest there is. It is given within the time
		// that the caller has left.
		ctx = context.WithoutCancel(ctx)
	}
	events, failed := r.events(ctx, places)
	if failed != nil {
		return failed
	}
	to.Events = events
	return err
}

// places returns where the newest events lie that are older than the cursor, at
// most so many. With an error it returns those that it has found for certain.
func (r *reader) places(ctx context.Context, after *eventstore.Cursor, limit int) ([]place, error) {
	bounds := spanOf(r.query.From, r.query.Until)
	if after != nil {
		if at := nano(after.Time); at < bounds.until {
			bounds.until = at + 1
		}
	}
	tail := r.tailPlaces(bounds, after, limit)
	if len(tail) == limit && limit > 0 {
		bounds.from = max(bounds.from, tail[limit-1].time)
	}
	if r.query.Where == nil {
		found, sure, err := r.unconditional(ctx, bounds, after, limit)
		switch {
		case err == nil:
			return first(found, tail, limit), nil
		case !errors.Is(err, eventstore.ErrTies):
			return first(found, newerThan(tail, sure), limit), err
		}
	}
	var found []place
	width := int64(0)
	for until := bounds.until; ; {
		i := slices.IndexFunc(r.segments, func(s eventstore.Segment) bool { return span{bounds.from, until}.meets(&s) })
		if i < 0 {
			break
		}
		// Nothing lies between the window before and the newest segment left.
		if last := r.segments[i].Last.UnixNano(); last < math.MaxInt64 {
			until = min(until, r.newest(span{bounds.from, until})+1)
		}
		if width == 0 {
			width = r.firstWidth(until)
		}
		w := span{max(bounds.from, less(until, width)), until}
		more, err := r.window(ctx, w, after, limit)
		if err != nil {
			return first(found, newerThan(tail, until), limit), err
		}
		found = append(found, more...)
		if len(found)+len(newerThan(tail, w.from)) >= limit || w.from == bounds.from {
			break
		}
		until = w.from
		if width > math.MaxInt64/windowGrowth {
			width = math.MaxInt64
		} else {
			width *= windowGrowth
		}
	}
	return first(found, tail, limit), nil
}

// less subtracts without running over.
func less(a, b int64) int64 {
	if a < math.MinInt64+b {
		return math.MinInt64
	}
	return a - b
}

// newest returns the latest time of a span that a segment may have an event of.
func (r *reader) newest(s span) int64 {
	at := s.from
	for i := range r.segments {
		if g := &r.segments[i]; s.meets(g) {
			at = max(at, min(g.Last.UnixNano(), s.until-1))
		}
	}
	return at
}

// firstWidth estimates how long before a time windowRows events were stored.
func (r *reader) firstWidth(until int64) int64 {
	perSecond := 0.0
	for i := range r.segments {
		s := &r.segments[i]
		if s.First.UnixNano() < until && s.Last.UnixNano() >= until-1 || i == 0 {
			perSecond += float64(s.Rows) / max(s.Last.Sub(s.First).Seconds(), 1e-3)
		}
	}
	return int64(min(max(windowRows/max(perSecond, 1e-9), 1e-3), 1e9) * 1e9)
}

func newerThan(places []place, from int64) []place {
	n, _ := slices.BinarySearchFunc(places, from, func(p place, from int64) int {
		if p.time >= from {
			return -1
		}
		return 1
	})
	return places[:n]
}

// first merges found places and gives the newest.
func first(a, b []place, limit int) []place {
	all := slices.Concat(a, b)
	slices.SortFunc(all, newer)
	return all[:min(limit, len(all))]
}

// tailPlaces returns the newest events of the tail, newest first, at most so many.
func (r *reader) tailPlaces(bounds span, after *eventstore.Cursor, limit int) []place {
	var out []place
	oldest, next := int64(math.MinInt64), 2*limit+1024
	// cut drops what is older than the last that is wanted. Ids cost more than
	// times: only those of what is left are made.
	cut := func() {
		slices.SortFunc(out, func(a, b place) int { return cmp.Compare(b.time, a.time) })
		if len(out) > limit {
			oldest = out[limit-1].time
			out = newerThan(out, oldest)
		}
		next = 2*len(out) + 1024
	}
	for _, e := range slices.Backward(r.tail()) {
		p := place{time: e.Time.UnixNano(), event: e}
		if p.time >= bounds.until || p.time < oldest {
			continue
		}
		if after != nil && p.time == nano(after.Time) {
			if p.uid = e.ID(); newer(place{time: p.time, uid: after.ID}, p) >= 0 {
				continue
			}
		}
		if out = append(out, p); len(out) >= next {
			cut()
		}
	}
	cut()
	for i := range out {
		out[i].uid = out[i].event.ID()
	}
	slices.SortFunc(out, newer)
	return out[:min(limit, len(out))]
}

// window finds the newest events of a part of time in the segments.
func (r *reader) window(ctx context.Context, w span, after *eventstore.Cursor, limit int) ([]place, error) {
	var in []eventstore.Segment
	index := map[string]int{}
	for i, s := range r.segments {
		if w.meets(&s) {
			index[s.Path] = i
			in = append(in, s)
		}
	}
	older := always
	if after != nil && nano(after.Time) < w.until {
		at := nano(after.Time)
		older = some(
			cond{sql: columnTime + " < make_timestamp_ns(?::BIGINT)", args: []any{at}},
			cond{sql: columnUID + " < ?", args: []any{eventstore.Text(after.ID)}},
		)
	}
	var s statement
	s.add("SELECT epoch_ns(t), uid, g, f, n FROM (")
	groups, err := r.groups(ctx, interestOf(r.query.Where), in)
	if err != nil {
		return nil, err
	}
	selects := 0
	for i, g := range groups {
		where, err := g.where(r.query.Where)
		if err != nil {
			return nil, err
		}
		where = all(w.within(g), older, where)
		if where.is == no {
			continue
		}
		if selects++; selects > 1 {
			s.add(" UNION ALL ")
		}
		s.add("SELECT " + columnTime + " AS t, " + columnUID + " AS uid, " + strconv.Itoa(i) + " AS g, file_index AS f, file_row_number AS n")
		s.from(g, where)
	}
	if selects == 0 {
		return nil, nil
	}
	s.add(") ORDER BY t DESC, uid DESC LIMIT ?", int64(limit))
	rows, err := r.all(ctx, &s)
	if err != nil {
		return nil, err
	}
	out := make([]place, len(rows))
	for i, row := range rows {
		at, _ := row[0].(int64)
		uid, _ := row[1].(string)
		g, _ := row[2].(int32)
		f, _ := row[3].(uint64)
		n, _ := row[4].(int64)
		out[i] = place{time: at, uid: uid, segment: index[groups[g].segments[f].Path], row: n}
	}
	return out, nil
}
