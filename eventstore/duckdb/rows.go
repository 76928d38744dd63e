//go:build cgo

package duckdb

import (
	"context"
	"fmt"
	"strconv"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// events reads whole events, in the order of their places.
func (r *reader) events(ctx context.Context, places []place) ([]*event.Event, error) {
	out := make([]*event.Event, len(places))
	wanted := map[int]map[int64]int{} // segment → row → index in out
	var in []eventstore.Segment
	index := map[string]int{}
	for i, p := range places {
		if p.event != nil {
			out[i] = p.event
			continue
		}
		rows := wanted[p.segment]
		if rows == nil {
			rows = map[int64]int{}
			wanted[p.segment] = rows
			s := r.segments[p.segment]
			index[s.Path] = p.segment
			in = append(in, s)
		}
		rows[p.row] = i
	}
	every := &interest{all: true}
	for _, g := range every.groups(in) {
		if err := r.rebuild(ctx, g, index, wanted, out); err != nil {
			return nil, err
		}
	}
	for i, e := range out {
		if e == nil {
			return nil, fmt.Errorf("row %d of segment %s was there a moment ago and is not", places[i].row, r.segments[places[i].segment].Name)
		}
	}
	return out, nil
}

// rebuild reads the wanted rows of a group's files.
func (r *reader) rebuild(ctx context.Context, g *group, index map[string]int, wanted map[int]map[int64]int, out []*event.Event) error {
	var s statement
	s.add("SELECT file_index, file_row_number, epoch_ns(" + columnTime + "), " + columnUID +
		", map_keys(" + columnUnmapped + "), map_values(" + columnUnmapped + ")")
	for _, p := range g.columns {
		name := quoteName(p.Name())
		if p.Type() == event.Time {
			name = "epoch_ns(" + name + ")"
		}
		s.add(", " + name)
	}
	of := make([]cond, len(g.segments))
	for i, segment := range g.segments {
		rows := wanted[index[segment.Path]]
		list := make([]int64, 0, len(rows))
		for n := range rows {
			list = append(list, n)
		}
		of[i] = cond{sql: "file_index = " + strconv.Itoa(i) + " AND list_contains(?::BIGINT[], file_row_number)", args: []any{list}}
	}
	s.from(g, some(of...))
	rows, err := r.all(ctx, &s)
	if err != nil {
		return err
	}
	for _, row := range rows {
		f, _ := row[0].(uint64)
		n, _ := row[1].(int64)
		at, ok := wanted[index[g.segments[f].Path]][n]
		if !ok {
			continue
		}
		e, err := g.event(row[2:])
		if err != nil {
			return fmt.Errorf("row %d of segment %s: %w", n, g.segments[f].Name, err)
		}
		out[at] = e
	}
	return nil
}

// event makes an event of a row: time, uid, names and literals of what is
// unmapped, columns.
func (g *group) event(row []any) (*event.Event, error) {
	at, _ := row[0].(int64)
	uid, _ := row[1].(string)
	origin, ok := event.ParseID(uid)
	if !ok {
		return nil, fmt.Errorf("%q is no id of an event", uid)
	}
	e := event.New(g.class, timeOf(at), origin)
	for i, p := range g.columns {
		switch v := row[4+i].(type) {
		case string:
			e.SetStr(p, v)
		case int64:
			e.SetInt(p, v)
		case bool:
			e.SetBool(p, v)
		}
	}
	names, _ := row[2].([]any)
	literals, _ := row[3].([]any)
	for i := range min(len(names), len(literals)) {
		name, _ := names[i].(string)
		value, _ := literals[i].(string)
		e.AddUnmapped(name, value)
	}
	return e, nil
}
