//go:build cgo

package duckdb

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

const (
	// tallyRows is how many stored events the first part of time has that is
	// counted by itself; each further one has twice as many. When time is up
	// what was counted of the last one is lost.
	tallyRows = 2_000_000
	// tallyGrace is how long the answer may take that is made of what was
	// counted when time was up.
	tallyGrace = 5 * time.Second
)

// tally is how numbers are counted: of each part of time alone, by
// head + union + rest, and then all together, by answer, from what the parts
// gave, which it knows as counted.
type tally struct {
	fields     []eventstore.Field
	columns    string // of counted, with their types
	head, rest string
	headArgs   []any
	answer     string
	answerArgs []any
}

// A window is a part of time, with the segments and the events of the tail that
// lie in it.
type window struct {
	span
	segments []eventstore.Segment
	tail     []*event.Event
}

// tally counts the newest part of time first. When time is up it gives what the
// parts that are done say, or at least the tail, with an error.
func (r *reader) tally(ctx context.Context, t *tally) ([][]any, error) {
	windows := r.windows()
	if len(windows) == 1 {
		rows, err := r.tallyOne(ctx, t, windows[0])
		if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return rows, err
		}
		late, cancel := grace(ctx)
		defer cancel()
		rows, failed := r.tallyOne(late, t, window{tail: r.tail()})
		return rows, cmp.Or(failed, err)
	}
	late, cancel := grace(ctx)
	defer cancel()
	if err := r.run(late, "CREATE OR REPLACE TEMP TABLE counted ("+t.columns+")"); err != nil {
		return nil, err
	}
	forever := context.WithoutCancel(ctx)
	defer func() {
		if err := r.run(forever, "DROP TABLE IF EXISTS counted"); err != nil {
			r.engine.config.Log.Warn("table of counts is not dropped", "error", err)
		}
	}()
	var err error
	for i, w := range windows {
		if err = r.tallyMore(ctx, t, w); err == nil {
			continue
		}
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, err
		}
		if i == 0 {
			late, cancel := grace(ctx)
			failed := r.tallyMore(late, t, window{tail: r.tail()})
			cancel()
			if failed != nil {
				return nil, failed
			}
		}
		break
	}
	ctx, cancel = grace(ctx)
	defer cancel()
	var s statement
	s.add(t.answer, t.answerArgs...)
	rows, failed := r.all(ctx, &s)
	return rows, cmp.Or(failed, err)
}

// grace is a context with more time, for the answer. It ends when the caller
// gives up.
func grace(ctx context.Context) (context.Context, context.CancelFunc) {
	free := context.WithoutCancel(ctx)
	var late context.Context
	var cancel context.CancelFunc
	if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil {
		late, cancel = context.WithDeadline(free, deadline.Add(tallyGrace))
	} else {
		late, cancel = context.WithTimeout(free, tallyGrace)
	}
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})
	return late, func() { stop(); cancel() }
}

// tallyOne counts one part and answers.
func (r *reader) tallyOne(ctx context.Context, t *tally, w window) ([][]any, error) {
	var s statement
	s.add("WITH counted AS MATERIALIZED (")
	free, err := r.part(ctx, &s, t, w)
	if err != nil {
		return nil, err
	}
	defer free()
	s.add(") ")
	s.add(t.answer, t.answerArgs...)
	return r.all(ctx, &s)
}

// tallyMore adds a part to the table of counts.
func (r *reader) tallyMore(ctx context.Context, t *tally, w window) error {
	var s statement
	s.add("INSERT INTO counted ")
	free, err := r.part(ctx, &s, t, w)
	if err != nil {
		return err
	}
	defer free()
	return r.run(ctx, s.sql.String(), s.args...)
}

func (r *reader) part(ctx context.Context, s *statement, t *tally, w window) (free func(), err error) {
	s.add(t.head, t.headArgs...)
	if free, err = r.union(ctx, s, t.fields, w); err == nil {
		s.add(t.rest)
	}
	return free, err
}

func (r *reader) run(ctx context.Context, statement string, args ...any) error {
	_, err := r.conn.ExecContext(ctx, statement, args...)
	return err
}

// windows splits the time of the query into parts, the newest first, where it
// holds many events. Parts end with the hour, as segments do, or the minute where
// an hour has very many.
func (r *reader) windows() []window {
	bounds := spanOf(r.query.From, r.query.Until)
	segments := slices.Clone(r.segments)
	slices.SortFunc(segments, func(a, b eventstore.Segment) int { return b.First.Compare(a.First) })
	var spans []span
	rows, target := int64(0), r.engine.tallyRows
	until := bounds.until
	for i, s := range segments {
		rows += s.Rows
		step := time.Hour
		if rows >= 2*target {
			step = time.Minute
		}
		from := s.First.Truncate(step).UnixNano()
		if rows < target || from <= bounds.from || from >= until || i == len(segments)-1 || segments[i+1].First.UnixNano() >= from {
			continue
		}
		spans = append(spans, span{from, until})
		until, rows, target = from, 0, 2*target
	}
	spans = append(spans, span{bounds.from, until})
	out := make([]window, len(spans))
	for i, w := range spans {
		out[i].span = w
		for _, s := range r.segments {
			if w.meets(&s) {
				out[i].segments = append(out[i].segments, s)
			}
		}
		for _, e := range r.tail() {
			if at := e.Time.UnixNano(); (i == 0 || at < w.until) && (i == len(spans)-1 || at >= w.from) {
				out[i].tail = append(out[i].tail, e)
			}
		}
	}
	return out
}
