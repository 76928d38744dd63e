package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"

	columns "github.com/bongsu/bongsu/wire/parquet"
)

// ErrTies says that too many events have the same time.
var ErrTies = errors.New("too many events have the same time")

// maxTies is how many rows ReadNewest gives beyond those that are asked for.
const maxTies = 16 << 10

// Newest says which rows ReadNewest is to find: the N newest of those with
// From <= time < Until, in nanoseconds since 1970.
type Newest struct {
	From, Until int64
	N           int
}

// A Row is where an event lies in a segment, with what orders it.
type Row struct {
	Time int64 // nanoseconds since 1970
	ID   string
	Row  int64
}

// ReadNewest returns where the newest events of a segment lie, in no order: at
// least N of those that there are, and all that are as old as the oldest of
// them, or ErrTies. It reads the times of those row groups that may hold them.
func ReadNewest(ctx context.Context, path string, want Newest) ([]Row, error) {
	r, err := openSegment(path)
	if err != nil {
		return nil, err
	}
	defer r.close()
	var out []Row
	err = guard(func() error {
		var err error
		out, err = r.newest(ctx, want)
		return err
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrTies) {
		err = fmt.Errorf("%w: %w", ErrSegment, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read newest of segment %s: %w", path, err)
	}
	return out, nil
}

// timed is a row group with the bounds of its times.
type timed struct {
	group       parquet.RowGroup
	first       int64 // row
	least, most int64
}

func (r *reader) newest(ctx context.Context, want Newest) ([]Row, error) {
	var groups []timed
	row := int64(0)
	for _, g := range r.groups {
		t := timed{group: g, first: row}
		row += g.NumRows()
		chunk, ok := g.ColumnChunks()[r.time.leaf].(*parquet.FileColumnChunk)
		if !ok {
			return nil, fmt.Errorf("column %s is of an unknown kind", columnTime)
		}
		low, high, ok := chunk.Bounds()
		if !ok {
			return nil, fmt.Errorf("column %s has no bounds", columnTime)
		}
		if t.least, t.most = low.Int64(), high.Int64(); t.most >= want.From && t.least < want.Until {
			groups = append(groups, t)
		}
	}
	slices.SortFunc(groups, func(a, b timed) int { return cmp.Compare(b.most, a.most) })
	best := newestRows{n: want.N}
	for _, g := range groups {
		if best.known && g.most < best.oldest {
			break
		}
		times, err := r.times(ctx, g.group)
		if err != nil {
			return nil, err
		}
		// Rows ascend by time for the most part.
		for i, at := range slices.Backward(times) {
			if at < want.From || at >= want.Until || best.known && at < best.oldest {
				continue
			}
			if best.add(Row{Time: at, Row: g.first + int64(i)}); len(best.rows) > best.n+maxTies {
				if best.cut(); len(best.rows) > best.n+maxTies {
					return nil, ErrTies
				}
			}
		}
	}
	best.cut()
	return best.rows, r.identify(ctx, best.rows)
}

// times unpacks the times of a row group.
func (r *reader) times(ctx context.Context, group parquet.RowGroup) ([]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pages := group.ColumnChunks()[r.time.leaf].Pages()
	defer pages.Close()
	var out []int64
	for int64(len(out)) < group.NumRows() {
		page, err := pages.ReadPage()
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", columnTime, err)
		}
		data := page.Data()
		out = append(out, data.Int64()...)
		parquet.Release(page)
	}
	return out, nil
}

// identify reads the ids of rows.
func (r *reader) identify(ctx context.Context, rows []Row) error {
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Row, b.Row) })
	first := int64(0)
	for _, group := range r.groups {
		end := first + group.NumRows()
		n, _ := slices.BinarySearchFunc(rows, end, func(x Row, end int64) int { return cmp.Compare(x.Row, end) })
		if n > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.ids(group, first, rows[:n]); err != nil {
				return fmt.Errorf("column %s: %w", columnUID, err)
			}
		}
		rows, first = rows[n:], end
	}
	return nil
}

func (r *reader) ids(group parquet.RowGroup, first int64, rows []Row) error {
	p := columns.NewPicker(group, r.uid.leaf, true)
	defer p.Close()
	for i := range rows {
		values, err := p.Row(rows[i].Row - first)
		if err != nil {
			return err
		}
		if len(values) != 1 {
			return fmt.Errorf("%d values in a row", len(values))
		}
		rows[i].ID = string(values[0].ByteArray())
	}
	return nil
}

// newestRows keeps the n newest rows, and those as old as the oldest of them.
type newestRows struct {
	n      int
	rows   []Row
	oldest int64 // time of the n-th newest when it was last looked at
	known  bool
	next   int // how many rows there may be before it is looked at again
}

func (b *newestRows) add(r Row) {
	b.rows = append(b.rows, r)
	if len(b.rows) >= max(b.next, b.n) {
		b.cut()
		b.next = 2*len(b.rows) + 64
	}
}

// cut drops what is older than the n-th newest.
func (b *newestRows) cut() {
	if len(b.rows) < b.n || b.n <= 0 {
		return
	}
	slices.SortFunc(b.rows, func(x, y Row) int { return cmp.Compare(y.Time, x.Time) })
	b.oldest, b.known = b.rows[b.n-1].Time, true
	end := b.n
	for end < len(b.rows) && b.rows[end].Time == b.oldest {
		end++
	}
	b.rows = b.rows[:end]
}
