//go:build cgo

package duckdb

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// A group is segments of one class that have the same of the columns that a
// query speaks of: one SELECT reads them all. Segments hold only the columns
// that occur in them, and DuckDB wants to know a file's columns beforehand;
// asking it to find out (union_by_name) opens every file before the first row.
type group struct {
	class    event.Class
	columns  []event.Path // of those that the query speaks of
	segments []eventstore.Segment
	holders  map[string]eventstore.Holders // of the texts of Anywhere, where that is known
}

func (g *group) has(p event.Path) bool {
	_, ok := slices.BinarySearch(g.columns, p)
	return ok
}

// texts returns the columns that hold texts, raw_data first.
func (g *group) texts() []event.Path {
	var out []event.Path
	for _, p := range g.columns {
		switch {
		case p == event.RawData:
			out = slices.Insert(out, 0, p)
		case p.Type() == event.String || p.Type() == event.JSON:
			out = append(out, p)
		}
	}
	return out
}

// files returns the paths of the group's segments as a parameter.
func (g *group) files() []string {
	out := make([]string, len(g.segments))
	for i := range g.segments {
		out[i] = g.segments[i].Path
	}
	return out
}

// interest is the set of columns that a query speaks of.
type interest struct {
	texts []string // of Anywhere, which is about every column that holds a text
	paths map[event.Path]bool
}

func (n *interest) field(f eventstore.Field) {
	if f.Kind == eventstore.Column {
		n.paths[f.Path] = true
	}
}

func (n *interest) expr(x eventstore.Expr) {
	switch x := x.(type) {
	case eventstore.And:
		for _, of := range x {
			n.expr(of)
		}
	case eventstore.Or:
		for _, of := range x {
			n.expr(of)
		}
	case eventstore.Not:
		n.expr(x.Of)
	case eventstore.Compare:
		n.field(x.Field)
	case eventstore.In:
		n.field(x.Field)
	case eventstore.Contains:
		n.field(x.Field)
	case eventstore.Match:
		n.field(x.Field)
	case eventstore.Within:
		n.field(x.Field)
	case eventstore.Exists:
		n.field(x.Field)
	case eventstore.Anywhere:
		if text := eventstore.Text(x.Text); !slices.Contains(n.texts, text) {
			n.texts = append(n.texts, text)
		}
	}
}

func (n *interest) has(p event.Path) bool {
	return n.paths[p] || len(n.texts) > 0 && (p.Type() == event.String || p.Type() == event.JSON)
}

// interestOf returns the columns that a condition and fields speak of.
func interestOf(where eventstore.Expr, fields ...eventstore.Field) *interest {
	n := &interest{paths: map[event.Path]bool{}}
	n.expr(where)
	for _, f := range fields {
		n.field(f)
	}
	return n
}

// groups splits segments by what they have of what is of interest. Their order
// is that of the first segment of each.
func (n *interest) groups(segments []eventstore.Segment) []*group {
	var out []*group
	byKey := map[string]*group{}
	var key []byte
	for _, s := range segments {
		key = binary.LittleEndian.AppendUint16(key[:0], uint16(s.Class))
		for _, p := range s.Columns {
			if n.has(p) {
				key = binary.LittleEndian.AppendUint16(key, uint16(p))
			}
		}
		g := byKey[string(key)]
		if g == nil {
			g = &group{class: s.Class}
			for _, p := range s.Columns {
				if n.has(p) {
					g.columns = append(g.columns, p)
				}
			}
			slices.Sort(g.columns)
			byKey[string(key)] = g
			out = append(out, g)
		}
		g.segments = append(g.segments, s)
	}
	return out
}

// A span is a part of time in nanoseconds since 1970: from <= t < until.
type span struct{ from, until int64 }

var forever = span{math.MinInt64, math.MaxInt64}

// spanOf returns the bounds of a query; a zero time is open.
func spanOf(from, until time.Time) span {
	s := forever
	if !from.IsZero() {
		s.from = nano(from)
	}
	if !until.IsZero() {
		s.until = nano(until)
	}
	return s
}

// nano returns a time in nanoseconds, the nearest where they do not reach it.
func nano(t time.Time) int64 {
	switch beyond(t) {
	case -1:
		return math.MinInt64
	case 1:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// within writes the condition that rows are of the span, where not all rows of
// the group are anyway.
func (s span) within(g *group) cond {
	from, until := always, always
	for i := range g.segments {
		if g.segments[i].First.UnixNano() < s.from {
			from = cond{sql: columnTime + " >= make_timestamp_ns(?::BIGINT)", args: []any{s.from}}
		}
		if g.segments[i].Last.UnixNano() >= s.until {
			until = cond{sql: columnTime + " < make_timestamp_ns(?::BIGINT)", args: []any{s.until}}
		}
	}
	return all(from, until)
}

// meets reports whether a segment may have events of the span.
func (s span) meets(g *eventstore.Segment) bool {
	return g.First.UnixNano() < s.until && g.Last.UnixNano() >= s.from
}

// A statement is SQL that grows, with its parameters.
type statement struct {
	sql  strings.Builder
	args []any
}

func (s *statement) add(sql string, args ...any) {
	s.sql.WriteString(sql)
	s.args = append(s.args, args...)
}

func (s *statement) cond(c cond) { s.add(c.sql, c.args...) }

// from appends the group's files with their condition.
func (s *statement) from(g *group, where cond) {
	s.add(" FROM read_parquet(?, file_row_number = true)", g.files())
	if where.is == open {
		s.add(" WHERE ")
		s.cond(where)
	}
}
