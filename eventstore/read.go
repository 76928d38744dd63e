package eventstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/bongsu/bongsu/event"
	columns "github.com/bongsu/bongsu/wire/parquet"
)

// ErrSegment says that a file is not a segment as the store writes it.
var ErrSegment = errors.New("not a segment of events")

// readBatch is how many values of a column are unpacked at once.
const readBatch = 128

// ReadSegment calls yield with the events of a segment in the order in which
// they lie in it, until it returns an error, which is returned as it is. Events
// come back as they were appended, with the source of their origin as short as
// their id has it.
func ReadSegment(ctx context.Context, path string, yield func(*event.Event) error) error {
	r, err := openSegment(path)
	if err != nil {
		return err
	}
	defer r.close()
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		e, err := r.next()
		if err != nil {
			return err
		}
		if e == nil {
			return nil
		}
		if err := yield(e); err != nil {
			return err
		}
	}
}

// verify reads a whole segment.
func verify(ctx context.Context, path string, rows int64) error {
	n := int64(0)
	if err := ReadSegment(ctx, path, func(*event.Event) error { n++; return nil }); err != nil {
		return err
	}
	if n != rows {
		return fmt.Errorf("%w: it has %d events, not %d", ErrSegment, n, rows)
	}
	return nil
}

// reader walks through the events of a segment.
type reader struct {
	path   string
	file   *os.File
	groups []parquet.RowGroup
	meta   *format.FileMetaData
	rows   int64 // left in the row group

	indexed bool // rows are looked for by the index of pages

	class, time, uid, key, value, exact *columnReader

	columns []*columnReader // of paths, ascending
}

func openSegment(path string) (*reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	r := &reader{path: path, file: f}
	if err := guard(func() error { return r.open() }); err != nil {
		return nil, errors.Join(fmt.Errorf("read segment %s: %w: %w", path, ErrSegment, err), f.Close())
	}
	return r, nil
}

// guard makes an error of a panic: the library panics at some damaged files.
func guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	return do()
}

func (r *reader) open() error {
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	f, err := parquet.OpenFile(r.file, info.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true), parquet.ReadBufferSize(8<<10))
	if err != nil {
		return err
	}
	for _, g := range f.Metadata().RowGroups {
		for i := range g.Columns {
			if c := &g.Columns[i]; (c.OffsetIndexOffset != 0 || c.OffsetIndexLength != 0) && !columns.IndexInside(c, info.Size()) {
				return fmt.Errorf("the index of column %d lies outside the file", i)
			}
		}
	}
	r.groups, r.meta = f.RowGroups(), f.Metadata()
	for _, c := range f.Root().Columns() {
		if c.Leaf() {
			r.place(c)
			continue
		}
		if c.ID() != FieldUnmapped || len(c.Columns()) != 1 {
			return fmt.Errorf("unknown group of columns %q", c.Name())
		}
		for _, leaf := range c.Columns()[0].Columns() {
			r.place(leaf)
		}
	}
	for name, c := range map[string]*columnReader{columnClass: r.class, columnTime: r.time, columnUID: r.uid, columnUnmapped: r.key, "unmapped value": r.value} {
		if c == nil {
			return fmt.Errorf("column %s is missing", name)
		}
	}
	return nil
}

// place takes a leaf of the schema. Columns of a later version are left out.
func (r *reader) place(leaf *parquet.Column) {
	c := &columnReader{leaf: leaf.Index(), name: leaf.Name()}
	switch id := leaf.ID(); {
	case id == FieldClass:
		r.class = c
	case id == FieldTime:
		r.time = c
	case id == FieldUID:
		r.uid = c
	case id == FieldUnmappedKey:
		r.key = c
	case id == FieldUnmappedValue:
		r.value = c
	case id == FieldExact:
		r.exact = c
	case id > 0 && id < FieldClass && event.Path(id).Type() != 0:
		c.path = event.Path(id)
		r.columns = append(r.columns, c)
	}
}

func (r *reader) all(do func(*columnReader) error) error {
	for _, c := range []*columnReader{r.class, r.time, r.uid, r.key, r.value, r.exact} {
		if c != nil {
			if err := do(c); err != nil {
				return fmt.Errorf("column %s: %w", c.name, err)
			}
		}
	}
	for _, c := range r.columns {
		if err := do(c); err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	return nil
}

func (r *reader) close() {
	_ = r.all(func(c *columnReader) error { c.close(); return nil })
	_ = r.file.Close()
}

// next returns the next event, nil after the last.
func (r *reader) next() (e *event.Event, err error) {
	err = guard(func() error {
		e, err = r.read()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read segment %s: %w: %w", r.path, ErrSegment, err)
	}
	return e, nil
}

// read puts the values of one row together, in the order of the schema.
func (r *reader) read() (*event.Event, error) {
	for r.rows == 0 {
		if len(r.groups) == 0 {
			return nil, nil
		}
		group := r.groups[0]
		r.groups = r.groups[1:]
		r.rows = group.NumRows()
		chunks := group.ColumnChunks()
		if err := r.all(func(c *columnReader) error { return c.begin(chunks[c.leaf]) }); err != nil {
			return nil, err
		}
	}
	r.rows--
	var head [3]parquet.Value
	for i, c := range [...]*columnReader{r.class, r.time, r.uid} {
		v, err := c.next()
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.name, err)
		}
		head[i] = v
	}
	origin, ok := parseID(string(head[2].ByteArray()))
	if !ok {
		return nil, fmt.Errorf("id %.60q is none of ours", head[2].ByteArray())
	}
	e := event.New(event.Class(head[0].Int32()), timeOf(head[1].Int64()), origin)
	for _, c := range r.columns {
		v, err := c.next()
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.name, err)
		}
		if !v.IsNull() {
			c.set(e, v)
		}
	}
	if err := r.unmapped(e); err != nil {
		return nil, fmt.Errorf("column %s: %w", columnUnmapped, err)
	}
	if r.exact != nil {
		v, err := r.exact.next()
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", columnExact, err)
		}
		if !v.IsNull() {
			if e, err = ApplyExact(e, v.ByteArray()); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

func (c *columnReader) set(e *event.Event, v parquet.Value) {
	switch c.path.Type() {
	case event.Int, event.Time:
		e.SetInt(c.path, v.Int64())
	case event.Bool:
		e.SetBool(c.path, v.Boolean())
	case event.String, event.JSON:
		e.SetStr(c.path, string(v.ByteArray()))
	}
}

// unmapped reads the entries of the map up to those of the next row.
func (r *reader) unmapped(e *event.Event) error {
	for first := true; ; first = false {
		again, err := r.key.again()
		if err != nil || !first && !again {
			return err
		}
		key, err := r.key.next()
		if err != nil {
			return err
		}
		value, err := r.value.next()
		if err != nil {
			return err
		}
		if key.IsNull() != value.IsNull() {
			return errors.New("a name without a value")
		}
		if !key.IsNull() {
			e.AddUnmapped(string(key.ByteArray()), string(value.ByteArray()))
		}
	}
}

// ApplyExact puts the bytes of the column exact back into an event that was
// made of the other columns. It returns the event, which may be another.
func ApplyExact(e *event.Event, exact []byte) (*event.Event, error) {
	out := e
	for fresh := false; len(exact) > 0; {
		number, n := binary.Uvarint(exact)
		if n <= 0 {
			return nil, fmt.Errorf("column %s: %w", columnExact, ErrSegment)
		}
		exact = exact[n:]
		first, rest, ok := cutText(exact)
		if !ok {
			return nil, fmt.Errorf("column %s: %w", columnExact, ErrSegment)
		}
		exact = rest
		if p := event.Path(number); number != 0 {
			if t := p.Type(); number > math.MaxUint16 || t != event.String && t != event.JSON {
				return nil, fmt.Errorf("column %s: path %d: %w", columnExact, number, ErrSegment)
			}
			out.SetStr(p, first)
			continue
		}
		second, rest, ok := cutText(exact)
		if !ok {
			return nil, fmt.Errorf("column %s: %w", columnExact, ErrSegment)
		}
		exact = rest
		if !fresh { // these take the place of all that there are
			fresh = true
			out = event.New(e.Class, e.Time, e.Origin)
			e.Each(func(p event.Path, text string, number int64) bool {
				if t := p.Type(); t == event.String || t == event.JSON {
					out.SetStr(p, text)
				} else {
					out.SetInt(p, number)
				}
				return true
			})
		}
		out.AddUnmapped(first, second)
	}
	return out, nil
}

func cutText(b []byte) (text string, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, false
	}
	return string(b[n : n+int(size)]), b[n+int(size):], true
}

// parseID is event.ParseID for any source.
func parseID(id string) (event.Origin, bool) {
	rest, ok := strings.CutPrefix(id, "evt_")
	at := strings.LastIndexByte(rest, '_')
	if !ok || at < 0 {
		return event.Origin{}, false
	}
	ordinal, err1 := strconv.ParseUint(rest[at+1:], 10, 32)
	rest = rest[:at]
	if at = strings.LastIndexByte(rest, '_'); at < 0 {
		return event.Origin{}, false
	}
	position, err2 := strconv.ParseInt(rest[at+1:], 10, 64)
	o := event.Origin{Source: rest[:at], Position: uint64(position), Ordinal: uint32(ordinal)}
	return o, err1 == nil && err2 == nil
}

// columnReader walks through the values of one column.
type columnReader struct {
	name string
	leaf int
	path event.Path

	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    [readBatch]parquet.Value
	at, n  int
}

func (c *columnReader) begin(chunk parquet.ColumnChunk) error {
	c.close()
	c.pages = chunk.Pages()
	return nil
}

func (c *columnReader) close() {
	if c.page != nil {
		parquet.Release(c.page)
	}
	if c.pages != nil {
		_ = c.pages.Close()
	}
	clear(c.buf[:])
	c.pages, c.page, c.values, c.at, c.n = nil, nil, nil, 0, 0
}

// fill makes sure that there is a value to look at, or returns io.EOF.
func (c *columnReader) fill() error {
	for c.at == c.n {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if err != nil {
				return err
			}
			c.page, c.values = page, page.Values()
		}
		n, err := c.values.ReadValues(c.buf[:])
		c.at, c.n = 0, n
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 0 && errors.Is(err, io.EOF) {
			parquet.Release(c.page)
			c.page, c.values = nil, nil
		}
	}
	return nil
}

// next returns the next value. Its bytes are good until the call after it.
func (c *columnReader) next() (parquet.Value, error) {
	if err := c.fill(); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return parquet.Value{}, err
	}
	c.at++
	return c.buf[c.at-1], nil
}

// again reports whether the next value belongs to the row of the last one.
func (c *columnReader) again() (bool, error) {
	switch err := c.fill(); {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, err
	}
	return c.buf[c.at].RepetitionLevel() != 0, nil
}
