package event

import (
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/s2"
)

// A Sorter brings the events of a recording into the order of Compare. It holds
// them as bytes, without anything for the garbage collector to look at, and at
// most as many bytes as it is told; what is more goes to a temporary file, in
// sorted runs that are merged at the end. It is used by one goroutine.
type Sorter struct {
	limit   int
	dir     string
	arena   []byte
	keys    []key
	sources []string // names of Origin.Source, by their number in key
	file    *os.File
	size    int64
	runs    []span
}

// key is where an event stands in the order, and where its bytes are.
type key struct {
	time     int64
	position uint64
	ordinal  uint32
	source   uint32
	from, to int
}

// span is where a run lies in the temporary file.
type span struct{ from, to int64 }

// NewSorter returns a sorter that holds limit bytes in memory and keeps the
// rest in a file in dir, "" for the system's folder for temporary files.
func NewSorter(limit int, dir string) *Sorter { return &Sorter{limit: limit, dir: dir} }

// Add takes an event and keeps nothing of it.
func (s *Sorter) Add(e *Event) error {
	k := key{
		time: e.Time.UnixNano(), position: e.Origin.Position, ordinal: e.Origin.Ordinal,
		source: s.number(e.Origin.Source), from: len(s.arena),
	}
	s.arena = e.AppendProto(s.arena)
	k.to = len(s.arena)
	s.keys = append(s.keys, k)
	if len(s.arena) < s.limit {
		return nil
	}
	return s.spill()
}

// number returns the number of a source. A recording has few.
func (s *Sorter) number(source string) uint32 {
	for i := len(s.sources) - 1; i >= 0; i-- {
		if s.sources[i] == source {
			return uint32(i)
		}
	}
	s.sources = append(s.sources, strings.Clone(source))
	return uint32(len(s.sources) - 1)
}

func (s *Sorter) compare(a, b key) int {
	if c := cmp.Compare(a.time, b.time); c != 0 {
		return c
	}
	if a.source != b.source {
		return strings.Compare(s.sources[a.source], s.sources[b.source])
	}
	return cmp.Or(cmp.Compare(a.position, b.position), cmp.Compare(a.ordinal, b.ordinal))
}

// block is how many bytes of a run are packed together.
const block = 128 << 10

// spill writes what is held as one sorted run.
func (s *Sorter) spill() error {
	if s.file == nil {
		file, err := os.CreateTemp(s.dir, "bongsu-sort-*")
		if err != nil {
			return fmt.Errorf("sort events: %w", err)
		}
		s.file = file
	}
	slices.SortFunc(s.keys, s.compare)
	run := span{from: s.size}
	var raw, packed []byte
	for i, k := range s.keys {
		raw = binary.AppendUvarint(raw, uint64(k.to-k.from))
		raw = append(raw, s.arena[k.from:k.to]...)
		if len(raw) < block && i < len(s.keys)-1 {
			continue
		}
		// S2, because the file lives for seconds: packing it well would cost
		// more than following the packets did.
		packed = s2.Encode(packed[:cap(packed)], raw)
		var size [4]byte
		binary.LittleEndian.PutUint32(size[:], uint32(len(packed)))
		for _, part := range [][]byte{size[:], packed} {
			if _, err := s.file.WriteAt(part, s.size); err != nil {
				return fmt.Errorf("sort events: %w", err)
			}
			s.size += int64(len(part))
		}
		raw = raw[:0]
	}
	run.to = s.size
	s.runs = append(s.runs, run)
	s.arena, s.keys = s.arena[:0], s.keys[:0]
	return nil
}

// Each gives all events in order, in frames, until yield fails. Call it once;
// the sorter is closed afterwards.
func (s *Sorter) Each(yield func(Frame) error) (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	slices.SortFunc(s.keys, s.compare)
	if len(s.runs) == 0 {
		frame := make(Frame, 0, min(FrameRows, len(s.keys)))
		for i, k := range s.keys {
			e, err := ParseProto(s.arena[k.from:k.to])
			if err != nil {
				return fmt.Errorf("sort events: %w", err)
			}
			frame = append(frame, e)
			if len(frame) == FrameRows || i == len(s.keys)-1 {
				if err := yield(frame); err != nil {
					return err
				}
				frame = make(Frame, 0, FrameRows)
			}
		}
		return nil
	}
	if len(s.keys) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.arena, s.keys = nil, nil
	return s.merge(yield)
}

// merge gives the events of all runs in order.
func (s *Sorter) merge(yield func(Frame) error) error {
	queue := make(merge, 0, len(s.runs))
	for _, run := range s.runs {
		c := &cursor{file: s.file, at: run.from, end: run.to}
		more, err := c.next()
		if err != nil {
			return err
		}
		if more {
			queue = append(queue, c)
		}
	}
	heap.Init(&queue)
	frame := make(Frame, 0, FrameRows)
	for len(queue) > 0 {
		c := queue[0]
		frame = append(frame, c.event)
		more, err := c.next()
		if err != nil {
			return err
		}
		if more {
			heap.Fix(&queue, 0)
		} else {
			heap.Pop(&queue)
		}
		if len(frame) == FrameRows || len(queue) == 0 {
			if err := yield(frame); err != nil {
				return err
			}
			frame = make(Frame, 0, FrameRows)
		}
	}
	return nil
}

// Close lets go of memory and of the temporary file. It may be called more than
// once.
func (s *Sorter) Close() error {
	s.arena, s.keys = nil, nil
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// cursor walks through one run.
type cursor struct {
	file    *os.File
	at, end int64
	packed  []byte
	raw     []byte // buffer of rest
	rest    []byte
	event   *Event
}

// next steps to the next event and reports whether there is one.
func (c *cursor) next() (bool, error) {
	if len(c.rest) == 0 {
		if c.at >= c.end {
			return false, nil
		}
		if err := c.load(); err != nil {
			return false, fmt.Errorf("sort events: %w", err)
		}
	}
	size, n := binary.Uvarint(c.rest)
	if n <= 0 || size > uint64(len(c.rest)-n) {
		return false, fmt.Errorf("sort events: %w", ErrFrame)
	}
	e, err := ParseProto(c.rest[n : n+int(size)])
	if err != nil {
		return false, fmt.Errorf("sort events: %w", err)
	}
	c.event, c.rest = e, c.rest[n+int(size):]
	return true, nil
}

// load reads the next block.
func (c *cursor) load() error {
	var size [4]byte
	if _, err := c.file.ReadAt(size[:], c.at); err != nil {
		return err
	}
	c.packed = slices.Grow(c.packed[:0], int(binary.LittleEndian.Uint32(size[:])))[:binary.LittleEndian.Uint32(size[:])]
	if _, err := io.ReadFull(io.NewSectionReader(c.file, c.at+4, c.end-c.at-4), c.packed); err != nil {
		return err
	}
	c.at += 4 + int64(len(c.packed))
	raw, err := s2.Decode(c.raw[:cap(c.raw)], c.packed)
	if err != nil {
		return err
	}
	c.raw, c.rest = raw, raw
	return nil
}

type merge []*cursor

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return Compare(m[i].event, m[j].event) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*cursor)) }
func (m *merge) Pop() any {
	old := *m
	c := old[len(old)-1]
	*m = old[:len(old)-1]
	return c
}
