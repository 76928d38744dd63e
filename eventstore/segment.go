// Package eventstore keeps events: today the writer of Parquet segments, in
// pure Go, with one column for each OCSF path and a map of what has none. Any
// engine that reads Parquet reads them.
package eventstore

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/bongsu/bongsu/event"
)

// Names of the columns that every event has, whatever its class.
const (
	columnClass    = "class_uid"
	columnTime     = "time" // nanoseconds since 1970, UTC
	columnUID      = "metadata.uid"
	columnUnmapped = "unmapped" // name → JSON literal
)

// groupRows is how many rows a row group holds: small enough that a reader
// skips most of a file by its statistics, large enough to compress.
const groupRows = 64 << 10

// A SegmentWriter writes events as one Parquet file. It is used by one
// goroutine.
type SegmentWriter struct {
	w       *parquet.GenericWriter[any]
	columns []*parquet.ColumnWriter
	leaf    map[event.Path]int
	class   int
	time    int
	uid     int
	extra   int // key; the value is the next
	values  [][]parquet.Value
	fill    []int
	rows    int
	held    event.Frame
	out     io.Writer
	size    int64
}

func newSegmentWriter(w io.Writer) *SegmentWriter { return &SegmentWriter{out: w} }

func (s *SegmentWriter) add(e *event.Event) error { s.held = append(s.held, e); return nil }
func (s *SegmentWriter) free()                    {}
func (s *SegmentWriter) end() (Segment, error) {
	seg := Segment{Rows: int64(len(s.held)), First: s.held[0].Time, Last: s.held[len(s.held)-1].Time}
	seen := map[event.Path]bool{}
	for _, e := range s.held {
		e.Each(func(p event.Path, _ string, _ int64) bool { seen[p] = true; return true })
	}
	for _, p := range event.Paths() {
		if seen[p] {
			seg.Columns = append(seg.Columns, p)
		}
	}
	var b bytes.Buffer
	w := NewSegmentWriter(&b, seg.Columns)
	if err := w.Write(s.held); err != nil {
		return seg, err
	}
	if err := w.Close(); err != nil {
		return seg, err
	}
	seg.Bytes = int64(b.Len())
	_, err := s.out.Write(b.Bytes())
	return seg, err
}

// NewSegmentWriter begins a segment with the given columns; events may set no
// other. Nil means all columns there are.
func NewSegmentWriter(w io.Writer, paths []event.Path) *SegmentWriter {
	if paths == nil {
		paths = event.Paths()
	}
	text := func() parquet.Node { return parquet.Encoded(parquet.String(), &parquet.RLEDictionary) }
	group := parquet.Group{
		columnClass:    parquet.Int(32),
		columnTime:     timestamp(),
		columnUID:      parquet.String(),
		columnUnmapped: parquet.Map(text(), text()),
	}
	for _, p := range paths {
		var node parquet.Node
		switch p.Type() {
		case event.Int:
			node = parquet.Int(64)
		case event.Bool:
			node = parquet.Leaf(parquet.BooleanType)
		case event.Time:
			node = timestamp()
		default:
			node = text()
			if p == event.RawData {
				node = parquet.String() // hardly ever twice the same
			}
		}
		group[p.Name()] = parquet.Optional(node)
	}
	s := &SegmentWriter{leaf: make(map[event.Path]int, len(paths))}
	names := make([]string, 0, len(group)) // parquet-go has leaves in the order of their names
	for name := range group {
		names = append(names, name)
	}
	slices.Sort(names)
	next := 0
	for _, name := range names {
		switch name {
		case columnClass:
			s.class = next
		case columnTime:
			s.time = next
		case columnUID:
			s.uid = next
		case columnUnmapped:
			s.extra = next
			next++
		default:
			p, _ := event.PathOf(name)
			s.leaf[p] = next
		}
		next++
	}
	s.w = parquet.NewGenericWriter[any](w, &parquet.WriterConfig{
		Schema:             parquet.NewSchema("event", group),
		Compression:        &zstd.Codec{Level: zstd.SpeedFastest},
		PageBufferSize:     256 << 10,
		WriteBufferSize:    64 << 10,
		DataPageStatistics: true,
		DataPageVersion:    1,
		CreatedBy:          event.Product,
	})
	s.columns = s.w.ColumnWriters()
	s.values = make([][]parquet.Value, next)
	s.fill = make([]int, next)
	return s
}

// Write appends the events of a frame.
func (s *SegmentWriter) Write(frame event.Frame) error {
	for i := range s.values {
		s.values[i], s.fill[i] = s.values[i][:0], 0
	}
	for n, e := range frame {
		s.put(s.class, parquet.Int32Value(int32(e.Class)), 0, 0)
		s.put(s.time, parquet.Int64Value(e.Time.UnixNano()), 0, 0)
		s.put(s.uid, parquet.ByteArrayValue([]byte(e.ID())), 0, 0)
		e.Each(func(p event.Path, str string, num int64) bool {
			c, ok := s.leaf[p]
			if !ok {
				return true
			}
			s.pad(c, n)
			s.fill[c]++
			s.put(c, value(p.Type(), str, num), 0, 1)
			return true
		})
		unmapped := e.AllUnmapped()
		if len(unmapped) == 0 {
			s.put(s.extra, parquet.NullValue(), 0, 0)
			s.put(s.extra+1, parquet.NullValue(), 0, 0)
		}
		for i, u := range unmapped {
			again := min(i, 1)
			s.put(s.extra, textValue(u.Name), again, 1)
			s.put(s.extra+1, textValue(u.Literal), again, 1)
		}
	}
	for _, c := range s.leaf {
		s.pad(c, len(frame))
	}
	for c := range s.values {
		if _, err := s.columns[c].WriteRowValues(s.values[c]); err != nil {
			return fmt.Errorf("write segment: column %d: %w", c, err)
		}
	}
	s.rows += len(frame)
	if s.rows < groupRows {
		return nil
	}
	s.rows = 0
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("write segment: %w", err)
	}
	return nil
}

// Close ends the segment. The file is not whole before.
func (s *SegmentWriter) Close() error {
	if err := s.w.Close(); err != nil {
		return fmt.Errorf("close segment: %w", err)
	}
	return nil
}

func (s *SegmentWriter) put(c int, v parquet.Value, repetition, definition int) {
	s.values[c] = append(s.values[c], v.Level(repetition, definition, c))
}

// pad writes nulls for the rows before n that have no value.
func (s *SegmentWriter) pad(c, n int) {
	for ; s.fill[c] < n; s.fill[c]++ {
		s.put(c, parquet.NullValue(), 0, 0)
	}
}

func value(t event.Type, str string, num int64) parquet.Value {
	switch t {
	case event.Int, event.Time:
		return parquet.Int64Value(num)
	case event.Bool:
		return parquet.BooleanValue(num != 0)
	}
	return textValue(str)
}

// timestamp is UTC, but is not marked as "adjusted to UTC": engines keep the
// nanoseconds of unmarked ones only (DuckDB cuts the others to microseconds).
func timestamp() parquet.Node { return parquet.TimestampAdjusted(parquet.Nanosecond, false) }

// textValue is valid UTF-8, without which engines refuse the whole file. Bytes
// that are not become U+FFFD, as in the event's JSON.
func textValue(s string) parquet.Value {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return parquet.ByteArrayValue(bytesOf(s))
}

// bytesOf gives the bytes of a string without copying them; the writer only
// reads.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
