//go:build cgo

package duckdb

import (
	"context"
	"encoding/binary"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// search is a text that is looked for in a segment.
type search struct{ path, text string }

// groups splits segments by what they have of what is of interest, and by which
// of their columns hold the texts that are looked for anywhere: an "or" over all
// columns is asked of every row, where one column alone is asked once for each
// text of its dictionary.
func (r *reader) groups(ctx context.Context, n *interest, segments []eventstore.Segment) ([]*group, error) {
	groups := n.groups(segments)
	if len(n.texts) == 0 {
		return groups, nil
	}
	if err := r.look(ctx, n.texts, segments); err != nil {
		return nil, err
	}
	var out []*group
	var key []byte
	for _, whole := range groups {
		parts := map[string]*group{}
		for _, s := range whole.segments {
			key = key[:0]
			for _, text := range n.texts {
				held := r.known[search{s.Path, text}]
				key = binary.LittleEndian.AppendUint16(key, uint16(len(held.Columns)))
				for _, p := range held.Columns {
					key = binary.LittleEndian.AppendUint16(key, uint16(p))
				}
				if held.Unmapped {
					key = append(key, 1)
				} else {
					key = append(key, 0)
				}
			}
			g := parts[string(key)]
			if g == nil {
				g = &group{class: whole.class, columns: whole.columns, holders: map[string]eventstore.Holders{}}
				for _, text := range n.texts {
					g.holders[text] = r.known[search{s.Path, text}]
				}
				parts[string(key)] = g
				out = append(out, g)
			}
			g.segments = append(g.segments, s)
		}
	}
	return out, nil
}

// look finds out which columns of segments hold texts, where it is not known.
func (r *reader) look(ctx context.Context, texts []string, segments []eventstore.Segment) error {
	type task struct {
		search
		name string
	}
	var tasks []task
	for _, s := range segments {
		for _, text := range texts {
			if _, ok := r.known[search{s.Path, text}]; !ok {
				tasks = append(tasks, task{search{s.Path, text}, s.Name})
			}
		}
	}
	quick := narrowed(r.query.Where)
	found := make([]eventstore.Holders, len(tasks))
	err := r.atOnce(len(tasks), func(i int) error {
		var err error
		if found[i], err = eventstore.ReadHolders(ctx, tasks[i].path, tasks[i].text, quick); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &segmentError{tasks[i].name, err}
	})
	if err != nil {
		return err
	}
	if r.known == nil {
		r.known = map[search]eventstore.Holders{}
	}
	for i, t := range tasks {
		r.known[t.search] = found[i]
	}
	return nil
}

// narrowed reports whether a condition has a part besides Anywhere that few
// rows may meet: reading texts that have no dictionary beforehand would cost
// more than asking those rows.
func narrowed(x eventstore.Expr) bool {
	and, ok := x.(eventstore.And)
	if !ok {
		return false
	}
	for _, of := range and {
		var f eventstore.Field
		switch of := of.(type) {
		case eventstore.And:
			if narrowed(of) {
				return true
			}
		case eventstore.Compare:
			if of.Op != eventstore.NotEqual {
				f = of.Field
			}
		case eventstore.In:
			f = of.Field
		case eventstore.Contains:
			f = of.Field
		case eventstore.Match:
			f = of.Field
		case eventstore.Within:
			f = of.Field
		}
		if f.Kind == eventstore.Column && f.Path != event.RawData {
			return true
		}
	}
	return false
}
