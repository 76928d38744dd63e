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
	partialTimeout = "timeout"
	partialMemory  = "memory"
)

// maxDamaged bounds how many damaged segments one query leaves out before it
// gives up.
const maxDamaged = 16

// ErrMemory says that a query needs more memory than it may have.
var ErrMemory = errors.New("query needs more memory than it may use: narrow its time or its conditions, or raise the limit")

// Query answers a query. It waits while as many queries run as may, and ends
// with ctx's error when ctx ends. When the query's own time is up, or its
// memory used up, or a segment damaged, the result is what was found by then:
// of the newest time on backwards.
func (e *Engine) Query(ctx context.Context, q eventstore.Query) (*eventstore.Result, error) {
	began := e.config.Clock()
	var result *eventstore.Result
	err := e.run(ctx, &q, func(ctx context.Context, r *reader) error {
		result = &eventstore.Result{}
		result.Scanned = r.scanned()
		return r.answer(ctx, result)
	}, func() *eventstore.Result { return result })
	if err != nil {
		return nil, fmt.Errorf("query events: %w", err)
	}
	result.Scanned.Took = e.config.Clock().Sub(began)
	return result, nil
}

// run lets f read what the query may see, with a connection. It does so again
// without a segment that proves damaged.
func (e *Engine) run(ctx context.Context, q *eventstore.Query, f func(context.Context, *reader) error, result func() *eventstore.Result) error {
	match, err := eventstore.Compile(q.Where)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	conn, done, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer done()
	if q.Memory > 0 && q.Memory < e.config.MemoryLimit {
		restore, err := e.confine(ctx, conn, q.Memory)
		if err != nil {
			return err
		}
		defer restore()
	}
	within, cancel := context.WithTimeout(ctx, cmp.Or(q.Timeout, e.config.Timeout))
	defer cancel()

	var damaged []string
	for {
		r := &reader{engine: e, conn: conn, query: q, match: match}
		r.view = e.config.Store.View(q.Bounds())
		r.segments = r.view.Segments()
		err := f(within, r)
		r.view.Release()
		partial := ""
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case within.Err() != nil:
			partial = partialTimeout
		case outOfMemory(err):
			partial = partialMemory
			if result == nil || result() == nil {
				return fmt.Errorf("%w: %w", ErrMemory, err)
			}
		default:
			name := e.damaged(ctx, r, err)
			if name == "" || len(damaged) == maxDamaged {
				return err
			}
			damaged = append(damaged, name)
			continue
		}
		if result == nil || result() == nil {
			return err
		}
		if len(damaged) > 0 {
			partial = strings.TrimPrefix(partial+"; damaged: "+strings.Join(damaged, ", "), "; ")
		}
		result().Partial = partial
		return nil
	}
}

// confine gives a query with a memory bound of its own the database for itself.
func (e *Engine) confine(ctx context.Context, conn *sql.Conn, bytes int64) (restore func(), err error) {
	taken := 0
	free := func() {
		for range taken {
			<-e.slots
		}
	}
	e.alone.Lock() // two that wait for each other's slots would wait for ever
	defer e.alone.Unlock()
	for range cap(e.slots) - 1 {
		select {
		case e.slots <- struct{}{}:
			taken++
		case <-ctx.Done():
			free()
			return nil, ctx.Err()
		}
	}
	set := func(bytes int64) error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("SET memory_limit = '%dB'", bytes))
		return err
	}
	if err := set(bytes); err != nil {
		free()
		return nil, err
	}
	return func() {
		if err := set(e.config.MemoryLimit); err != nil {
			e.config.Log.Error("memory limit of the query engine is not restored", "error", err)
		}
		free()
	}, nil
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
	var out []*event.Event
	for _, f := range r.view.Tail() {
		for _, e := range f {
			if r.match(e) {
				out = append(out, e)
			}
		}
	}
	return out
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
