// Package eventstore keeps events: the youngest in memory, the rest in Parquet
// segments, one file for each organisation, class and hour, with one column for
// each OCSF path that occurs and a map of what has none. Any engine that reads
// Parquet reads them; asking questions of them is an engine's matter, such as
// eventstore/duckdb.
//
// Nothing here is a database: a kept topic of the bus is the log of what came,
// a catalogue says which files count, and files never change once they have
// their name. After a crash at any point every event that the bus handed over
// is in exactly one place, or comes again.
package eventstore

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/parquet"
)

// Names of the columns that every event has, whatever its class.
const (
	columnClass    = "class_uid"
	columnTime     = "time" // nanoseconds since 1970, UTC
	columnUID      = "metadata.uid"
	columnUnmapped = "unmapped" // name → JSON literal
	columnExact    = "exact"
)

// A row group ends at this many rows, or bytes of text: small enough that a
// reader skips most of a file by its statistics, large enough to compress.
const (
	groupRows  = 64 << 10
	groupBytes = 32 << 20
)

// maxSources bounds Segment.Sources.
const maxSources = 32

// A SegmentWriter writes events as one Parquet file. It is used by one
// goroutine. Its memory is that of a row group's texts, which it does not copy,
// and about 20 bytes a value.
type SegmentWriter struct {
	out     io.Writer
	encoder *parquet.Encoder
	err     error
	offset  int64

	class, time, uid, key, value, exact *parquet.Column

	columns []*parquet.Column // by path; nil: not in the file
	spare   []*parquet.Column // of files before
	any     bool              // columns may appear as they occur
	groups  []int             // rows of each that is done

	rows, bytes int // of the open row group
	mapped      int // its rows that the map has
	bad         []byte
	first, last int64
	sources     []string
	many        bool // there are more sources than sources holds
	segment     Segment
}

// NewSegmentWriter begins a segment with the given columns; values of events in
// other columns are left out. Nil means all columns there are.
func NewSegmentWriter(w io.Writer, paths []event.Path) *SegmentWriter {
	s := &SegmentWriter{}
	if paths == nil {
		paths = event.Paths()
	}
	s.reset(w)
	s.any = false
	for _, p := range paths {
		s.open(p)
	}
	return s
}

// reset begins a segment with the columns that will occur.
func (s *SegmentWriter) reset(w io.Writer) {
	if s.encoder == nil {
		s.encoder, s.err = parquet.NewEncoder()
		s.class = &parquet.Column{Path: []string{columnClass}, ID: FieldClass, Kind: parquet.Numbers, Narrow: true, Required: true}
		s.time = &parquet.Column{Path: []string{columnTime}, ID: FieldTime, Kind: parquet.Numbers, Moment: true, Required: true}
		s.uid = &parquet.Column{Path: []string{columnUID}, ID: FieldUID, Kind: parquet.Texts, Plain: true, Required: true}
		s.key = &parquet.Column{Path: []string{columnUnmapped, "key_value", "key"}, ID: FieldUnmappedKey, Kind: parquet.Texts, Mapped: true}
		s.value = &parquet.Column{Path: []string{columnUnmapped, "key_value", "value"}, ID: FieldUnmappedValue, Kind: parquet.Texts, Mapped: true}
		s.columns = make([]*parquet.Column, len(event.Paths())+1)
		s.spare = make([]*parquet.Column, len(s.columns))
	}
	clear(s.columns)
	for _, c := range []*parquet.Column{s.class, s.time, s.uid, s.key, s.value} {
		c.Reset()
		c.Chunks = c.Chunks[:0]
	}
	s.out, s.any, s.exact = w, true, nil
	s.offset, s.rows, s.bytes, s.mapped = 0, 0, 0, 0
	s.groups, s.sources, s.many = s.groups[:0], nil, false
	s.first, s.last = math.MaxInt64, math.MinInt64
	s.segment = Segment{}
	s.write(magic)
}

// open puts a column into the file.
func (s *SegmentWriter) open(p event.Path) *parquet.Column {
	c := s.spare[p]
	if c == nil {
		c = &parquet.Column{Path: []string{p.Name()}, ID: int32(p), Kind: parquet.Texts}
		switch p.Type() {
		case event.Int, event.Time:
			c.Kind, c.Moment = parquet.Numbers, p.Type() == event.Time
		case event.Bool:
			c.Kind = parquet.Booleans
		case event.String, event.JSON:
			c.Plain = p == event.RawData // hardly ever twice the same
		}
		s.spare[p] = c
	}
	c.Reset()
	c.Chunks = c.Chunks[:0]
	s.columns[p] = c
	return c
}

func (s *SegmentWriter) openExact() *parquet.Column {
	if s.exact == nil {
		s.exact = &parquet.Column{Path: []string{columnExact}, ID: FieldExact, Kind: parquet.Blobs, Plain: true}
	}
	return s.exact
}

// Write appends the events of a frame. It keeps their texts until the row group
// is written.
func (s *SegmentWriter) Write(frame event.Frame) error {
	for _, e := range frame {
		if err := s.add(e); err != nil {
			return fmt.Errorf("write segment: %w", err)
		}
	}
	return nil
}

// add appends an event.
func (s *SegmentWriter) add(e *event.Event) error {
	row := s.rows
	nano := e.Time.UnixNano()
	s.first, s.last = min(s.first, nano), max(s.last, nano)
	s.class.Number(row, int64(e.Class))
	s.time.Number(row, nano)
	s.uid.Text(row, Text(e.ID()))
	s.source(e.Origin.Source)
	s.bytes += 48
	e.Each(func(p event.Path, str string, num int64) bool {
		c := s.columns[p]
		if c == nil {
			if !s.any {
				return true
			}
			c = s.open(p)
		}
		if c.Kind == parquet.Numbers || c.Kind == parquet.Booleans {
			c.Number(row, num)
			return true
		}
		clean := str
		if !utf8.ValidString(str) {
			clean = Text(str)
			s.bad = binary.AppendUvarint(s.bad, uint64(p))
			s.bad = appendText(s.bad, str)
		}
		s.bytes += len(clean)
		c.Text(row, clean)
		return true
	})
	s.addUnmapped(e.AllUnmapped())
	if len(s.bad) > 0 {
		s.openExact()
		s.bytes += len(s.bad)
		s.exact.Text(row, string(s.bad))
		s.bad = s.bad[:0]
	}
	s.rows++
	if s.rows >= groupRows || s.bytes >= groupBytes {
		s.flush()
	}
	return s.err
}

func (s *SegmentWriter) addUnmapped(all []event.Unmapped) {
	if len(all) == 0 {
		s.key.NoEntry()
		s.value.NoEntry()
		return
	}
	bad := false
	for i, u := range all {
		bad = bad || !utf8.ValidString(u.Name) || !utf8.ValidString(u.Literal)
		s.key.Entry(i > 0, Text(u.Name))
		s.value.Entry(i > 0, Text(u.Literal))
		s.bytes += len(u.Name) + len(u.Literal)
	}
	if !bad {
		return
	}
	for _, u := range all {
		s.bad = binary.AppendUvarint(s.bad, 0)
		s.bad = appendText(appendText(s.bad, u.Name), u.Literal)
	}
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// source notes where an event came from.
func (s *SegmentWriter) source(origin string) {
	if s.many {
		return
	}
	name := Source(origin)
	for i := len(s.sources) - 1; i >= 0; i-- {
		if s.sources[i] == name {
			return
		}
	}
	if len(s.sources) == maxSources {
		s.sources, s.many = nil, true
		return
	}
	s.sources = append(s.sources, name)
}

// Source returns how ids of events from a source begin.
func Source(origin string) string {
	if len(origin) > 16 {
		origin = origin[:16]
	}
	return Text("evt_" + origin + "_")
}

// each calls yield with all columns of the file in the order in which they are
// in its schema.
func (s *SegmentWriter) each(yield func(*parquet.Column)) {
	yield(s.class)
	yield(s.time)
	yield(s.uid)
	for _, c := range s.columns {
		if c != nil {
			yield(c)
		}
	}
	yield(s.key)
	yield(s.value)
	if s.exact != nil {
		yield(s.exact)
	}
}

// flush ends the row group.
func (s *SegmentWriter) flush() {
	if s.rows == 0 {
		return
	}
	group := len(s.groups)
	s.each(func(c *parquet.Column) {
		if !c.Mapped {
			c.Pad(s.rows)
		}
		s.put(c, group)
	})
	s.groups = append(s.groups, s.rows)
	s.rows, s.bytes = 0, 0
}

// put writes what a column gathered as its chunk of a row group.
func (s *SegmentWriter) put(c *parquet.Column, group int) {
	if s.err != nil {
		return
	}
	body, chunk := s.encoder.Chunk(c, s.offset)
	chunk.Group = group
	c.Chunks = append(c.Chunks, chunk)
	c.Reset()
	s.write(body)
}

func (s *SegmentWriter) write(b []byte) {
	if s.err != nil {
		return
	}
	_, s.err = s.out.Write(b)
	s.offset += int64(len(b))
}

// Close ends the segment. The file is not whole before.
func (s *SegmentWriter) Close() error {
	if _, err := s.end(); err != nil {
		return fmt.Errorf("close segment: %w", err)
	}
	return nil
}

// end ends the file and says what is in it.
func (s *SegmentWriter) end() (Segment, error) {
	s.flush()
	// A column that came up late has empty chunks in the row groups before, and
	// they may lie anywhere in the file.
	s.each(func(c *parquet.Column) {
		for group, rows := range s.groups {
			if !slices.ContainsFunc(c.Chunks, func(k parquet.Chunk) bool { return k.Group == group }) {
				c.Pad(rows)
				s.put(c, group)
			}
		}
	})
	if s.err != nil {
		return Segment{}, s.err
	}
	index, footer, err := s.footer()
	if err != nil {
		return Segment{}, err
	}
	s.write(index)
	s.write(footer)
	s.write(binary.LittleEndian.AppendUint32(nil, uint32(len(footer))))
	s.write(magic)
	if s.err != nil {
		return Segment{}, s.err
	}
	out := Segment{Bytes: s.offset, Exact: s.exact != nil, Sources: s.sources}
	for _, rows := range s.groups {
		out.Rows += int64(rows)
	}
	if out.Rows > 0 {
		out.First, out.Last = timeOf(s.first), timeOf(s.last)
	}
	for p, c := range s.columns {
		if c != nil {
			out.Columns = append(out.Columns, event.Path(p))
		}
	}
	return out, nil
}

// free lets go of the events that a file was made of.
func (s *SegmentWriter) free() {
	s.each((*parquet.Column).Reset)
	s.out = nil
	s.err = nil
}
