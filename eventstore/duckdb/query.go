//go:build cgo

package duckdb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	duck "github.com/duckdb/duckdb-go/v2"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// Why a result is not whole.
const (
	boundTime   = "timeout"
	boundMemory = "memory"
)

// noTimeout is the time of what may take as long as its caller wants.
const noTimeout = 365 * 24 * time.Hour

// maxDamaged bounds how many damaged segments one query leaves out before it
// gives up.
const maxDamaged = 16

// ErrMemory says that a query for numbers needs more memory than it may have.
var ErrMemory = errors.New("query needs more memory than it may use: narrow its time or its conditions, or raise the limit")

// Query answers a query. It waits while as many queries run as may, and ends
// with ctx's error when ctx ends. When the query's own time is up, or its
// memory used up, or a segment damaged, the result is what was found by then:
// of the newest time on backwards.
func (e *Engine) Query(ctx context.Context, q eventstore.Query) (*eventstore.Result, error) {
	began := e.config.Clock()
	result := &eventstore.Result{}
	left, err := e.run(ctx, &q, func(ctx context.Context, r *reader) error {
		*result = eventstore.Result{Scanned: r.scanned()}
		return r.answer(ctx, result)
	})
	if err != nil {
		return nil, fmt.Errorf("query events: %w", err)
	}
	result.Partial = left.String()
	result.Scanned.Took = e.config.Clock().Sub(began)
	return result, nil
}

// lack says what an answer lacks.
type lack struct {
	bound   string // that was met, "" for none
	damaged []string
}

func (l lack) String() string {
	var parts []string
	if l.bound != "" {
		parts = append(parts, l.bound)
	}
	if len(l.damaged) > 0 {
		parts = append(parts, "damaged: "+strings.Join(l.damaged, ", "))
	}
	return strings.Join(parts, "; ")
}

// run lets f read what the query may see. It does so again without a segment
// that proves damaged.
func (e *Engine) run(ctx context.Context, q *eventstore.Query, f func(context.Context, *reader) error) (left lack, err error) {
	match, err := eventstore.Compile(q.Where)
	if err != nil {
		return left, err
	}
	conn, done, err := e.connect(ctx, q.Memory)
	if err != nil {
		return left, err
	}
	defer done()
	within, cancel := context.WithTimeout(ctx, cmp.Or(q.Timeout, e.config.Timeout))
	defer cancel()
	for {
		r := &reader{engine: e, conn: conn, query: q, match: match}
		r.view = e.config.Store.View(q.Bounds())
		r.segments = r.view.Segments()
		err := f(within, r)
		r.view.Release()
		switch {
		case err == nil:
			return left, nil
		case ctx.Err() != nil:
			return left, ctx.Err()
		case within.Err() != nil:
			left.bound = boundTime
			return left, nil
		case outOfMemory(err):
			if q.Top != nil || q.Count != nil || q.Timeline != nil {
				return left, fmt.Errorf("%w: %w", ErrMemory, err)
			}
			left.bound = boundMemory
			return left, nil
		}
		name := e.damaged(ctx, r, err)
		if name == "" || len(left.damaged) == maxDamaged {
			return left, err
		}
		left.damaged = append(left.damaged, name)
	}
}

func outOfMemory(err error) bool {
	var d *duck.Error
	return errors.As(err, &d) && (d.Type == duck.ErrorTypeOutOfMemory || strings.Contains(d.Msg, "max_temp_directory_size"))
}

// damaged returns the segment that made a query fail, "" where none did. It
// tells the store of it.
func (e *Engine) damaged(ctx context.Context, r *reader, cause error) string {
	var file *segmentError
	if errors.As(cause, &file) {
		return e.report(ctx, file.name, cause)
	}
	var d *duck.Error
	if !errors.As(cause, &d) {
		return ""
	}
	switch d.Type {
	case duck.ErrorTypeInterrupt, duck.ErrorTypeBinder, duck.ErrorTypeParser, duck.ErrorTypeCatalog:
		return ""
	}
	var suspects, others []eventstore.Segment
	for _, s := range r.segments {
		if strings.Contains(d.Msg, s.Path) {
			suspects = append(suspects, s)
		} else {
			others = append(others, s)
		}
	}
	if len(suspects) == 0 {
		suspects = r.unreadable(ctx, others)
	}
	for _, s := range suspects {
		if name := e.report(ctx, s.Name, cause); name != "" {
			return name
		}
	}
	return ""
}

// report returns the segment's name when the store finds it damaged too.
func (e *Engine) report(ctx context.Context, name string, cause error) string {
	found, err := e.config.Store.Report(ctx, name, cause)
	if err != nil {
		e.config.Log.Error("damaged segment is not set aside", "segment", name, "error", err)
	}
	if found {
		return name
	}
	return ""
}

// unreadable reads segments one by one, for errors that name no file.
func (r *reader) unreadable(ctx context.Context, segments []eventstore.Segment) []eventstore.Segment {
	for _, s := range segments {
		g := &group{class: s.Class, columns: s.Columns, segments: []eventstore.Segment{s}}
		var st statement
		st.add("SELECT count(" + columnTime + "), count(" + columnUID + "), count(len(map_values(" + columnUnmapped + ")))")
		for _, p := range s.Columns {
			st.add(", count(" + quoteName(p.Name()) + ")")
		}
		st.from(g, always)
		_, err := r.all(ctx, &st)
		var d *duck.Error
		if errors.As(err, &d) && d.Type != duck.ErrorTypeInterrupt && !outOfMemory(err) {
			return []eventstore.Segment{s}
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// A reader answers one query from one view.
type reader struct {
	engine   *Engine
	conn     *sql.Conn
	query    *eventstore.Query
	match    func(*event.Event) bool
	view     *eventstore.View
	segments []eventstore.Segment // those first that hold the newest
	known    map[search]eventstore.Holders
	kept     []*event.Event // of the tail, once they are known
}

func (r *reader) scanned() (out eventstore.Scanned) {
	out.Segments = len(r.segments)
	for _, s := range r.segments {
		out.Rows += s.Rows
		out.Bytes += s.Bytes
	}
	return out
}

// answer does what the query asks for.
func (r *reader) answer(ctx context.Context, to *eventstore.Result) error {
	switch {
	case r.query.Top != nil:
		return r.top(ctx, to)
	case r.query.Count != nil:
		return r.count(ctx, to)
	case r.query.Timeline != nil:
		return r.timeline(ctx, to)
	}
	return r.latest(ctx, to)
}

// limit is how many rows are given.
func (r *reader) limit() int {
	if r.query.Limit <= 0 || r.query.Limit > maxRows {
		return maxRows
	}
	return r.query.Limit
}

// tail returns the events of the tail that the query is about.
func (r *reader) tail() []*event.Event {
	if r.kept != nil {
		return r.kept
	}
	r.kept = []*event.Event{}
	for _, f := range r.view.Tail() {
		for _, e := range f {
			if r.match(e) {
				r.kept = append(r.kept, e)
			}
		}
	}
	return r.kept
}

// all runs a statement and returns its rows.
func (r *reader) all(ctx context.Context, s *statement) ([][]any, error) {
	rows, err := r.conn.QueryContext(ctx, s.sql.String(), s.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]any
	pointers := make([]any, len(columns))
	for rows.Next() {
		row := make([]any, len(columns))
		for i := range row {
			pointers[i] = &row[i]
		}
		if err := rows.Scan(pointers...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

func timeOf(nano int64) time.Time { return time.Unix(0, nano).UTC() }
