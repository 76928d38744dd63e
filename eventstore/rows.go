package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/bongsu/bongsu/event"
	columns "github.com/bongsu/bongsu/wire/parquet"
)

// ReadRows returns some events of a segment. Rows are counted from 0 and
// ascend; what a page of the file holds is unpacked once, and pages without a
// wanted row are skipped where the file says where its pages lie.
func ReadRows(ctx context.Context, path string, rows []int64) ([]*event.Event, error) {
	if !slices.IsSorted(rows) {
		return nil, errors.New("read rows of a segment: rows do not ascend")
	}
	events, err := readRows(ctx, path, rows, true)
	if errors.Is(err, ErrSegment) { // it may be no more than the index that is damaged
		events, err = readRows(ctx, path, rows, false)
	}
	return events, err
}

// readRows does so with or without the index of pages.
func readRows(ctx context.Context, path string, rows []int64, indexed bool) (events []*event.Event, err error) {
	r, err := openSegment(path)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.indexed = indexed
	events = make([]*event.Event, len(rows))
	done, first := 0, int64(0)
	for _, group := range r.groups {
		end := first + group.NumRows()
		from := done
		for done < len(rows) && rows[done] < end {
			done++
		}
		if from < done {
			err := guard(func() error { return r.pick(ctx, group, first, rows[from:done], events[from:done]) })
			if err != nil {
				return nil, fmt.Errorf("read segment %s: %w: %w", path, ErrSegment, err)
			}
		}
		first = end
	}
	if done < len(rows) {
		return nil, fmt.Errorf("read segment %s: %w: it has %d rows, row %d is wanted", path, ErrSegment, first, rows[done])
	}
	return events, nil
}

// pick reads rows of one row group, column by column.
func (r *reader) pick(ctx context.Context, group parquet.RowGroup, first int64, rows []int64, events []*event.Event) error {
	column := func(c *columnReader, take func(i int, values []parquet.Value) error) error {
		if c == nil {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		p := columns.NewPicker(group, c.leaf, r.indexed)
		defer p.Close()
		for i, row := range rows {
			values, err := p.Row(row - first)
			if err != nil {
				return fmt.Errorf("column %s: %w", c.name, err)
			}
			if err := take(i, values); err != nil {
				return fmt.Errorf("column %s: %w", c.name, err)
			}
		}
		return nil
	}
	one := func(set func(i int, v parquet.Value) error) func(int, []parquet.Value) error {
		return func(i int, values []parquet.Value) error {
			if len(values) != 1 {
				return fmt.Errorf("%d values in a row", len(values))
			}
			return set(i, values[0])
		}
	}
	for i := range events {
		events[i] = &event.Event{}
	}
	names := make([][]string, len(rows))
	err := errors.Join(
		column(r.class, one(func(i int, v parquet.Value) error { events[i].Class = event.Class(v.Int32()); return nil })),
		column(r.time, one(func(i int, v parquet.Value) error { events[i].Time = timeOf(v.Int64()); return nil })),
		column(r.uid, one(func(i int, v parquet.Value) error {
			origin, ok := parseID(string(v.ByteArray()))
			if !ok {
				return fmt.Errorf("id %.60q is none of ours", v.ByteArray())
			}
			events[i].Origin = origin
			return nil
		})),
		column(r.key, func(i int, values []parquet.Value) error {
			for _, v := range values {
				if !v.IsNull() {
					names[i] = append(names[i], string(v.ByteArray()))
				}
			}
			return nil
		}),
		column(r.value, func(i int, values []parquet.Value) error {
			if len(names[i]) == 0 {
				return nil
			}
			if len(values) != len(names[i]) {
				return fmt.Errorf("%d values for %d names", len(values), len(names[i]))
			}
			for n, v := range values {
				events[i].AddUnmapped(names[i][n], string(v.ByteArray()))
			}
			return nil
		}),
	)
	if err != nil {
		return err
	}
	for _, c := range r.columns {
		err := column(c, one(func(i int, v parquet.Value) error {
			if !v.IsNull() {
				c.set(events[i], v)
			}
			return nil
		}))
		if err != nil {
			return err
		}
	}
	return column(r.exact, one(func(i int, v parquet.Value) (err error) {
		if !v.IsNull() {
			events[i], err = ApplyExact(events[i], v.ByteArray())
		}
		return err
	}))
}
