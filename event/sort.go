package event

import (
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/klauspost/compress/s2"
)

// A Sorter brings the events of a recording into the order of their time. It
// holds at most Rows events in memory; what is more goes to a temporary file,
// in sorted runs that are merged at the end. It is used by one goroutine.
type Sorter struct {
	limit int
	dir   string
	held  []*Event
	file  *os.File
	size  int64
	runs  []span
	rows  rows
}

// span is where a run lies in the temporary file.
type span struct{ from, to int64 }

// NewSorter returns a sorter that holds rows events in memory and keeps the
// rest in a file in dir, "" for the system's folder for temporary files.
func NewSorter(rows int, dir string) *Sorter { return &Sorter{limit: max(rows, FrameRows), dir: dir} }

// Add takes an event.
func (s *Sorter) Add(e *Event) error {
	s.held = append(s.held, e)
	if len(s.held) < s.limit {
		return nil
	}
	return s.spill()
}

// spill writes what is held as one sorted run.
func (s *Sorter) spill() error {
	if s.file == nil {
		file, err := os.CreateTemp(s.dir, "bongsu-sort-*")
		if err != nil {
			return fmt.Errorf("sort events: %w", err)
		}
		s.file = file
	}
	slices.SortFunc(s.held, Compare)
	run := span{from: s.size}
	var raw, packed []byte
	for frame := range slices.Chunk(s.held, FrameRows) {
		raw = s.rows.append(raw[:0], frame)
		// S2 instead of the codec's Zstandard: the file lives for seconds, and
		// packing it well would cost more than following the packets.
		packed = s2.Encode(packed[:cap(packed)], raw)
		var size [4]byte
		binary.LittleEndian.PutUint32(size[:], uint32(len(packed)))
		for _, part := range [][]byte{size[:], packed} {
			if _, err := s.file.WriteAt(part, s.size); err != nil {
				return fmt.Errorf("sort events: %w", err)
			}
			s.size += int64(len(part))
		}
	}
	run.to = s.size
	s.runs = append(s.runs, run)
	clear(s.held)
	s.held = s.held[:0]
	return nil
}

// Each gives all events in order, in frames, until yield fails. Call it once;
// the sorter is closed afterwards.
func (s *Sorter) Each(yield func(Frame) error) (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	slices.SortFunc(s.held, Compare)
	if len(s.runs) == 0 {
		for frame := range slices.Chunk(s.held, FrameRows) {
			if err := yield(frame); err != nil {
				return err
			}
		}
		return nil
	}
	queue := make(merge, 0, len(s.runs)+1)
	for _, run := range s.runs {
		queue = append(queue, &cursor{sorter: s, at: run.from, end: run.to})
	}
	queue = append(queue, &cursor{frame: s.held})
	for i := 0; i < len(queue); {
		more, err := queue[i].fill()
		if err != nil {
			return err
		}
		if !more {
			queue = slices.Delete(queue, i, i+1)
			continue
		}
		i++
	}
	heap.Init(&queue)
	out := make(Frame, 0, FrameRows)
	for len(queue) > 0 {
		c := queue[0]
		out = append(out, c.frame[0])
		c.frame = c.frame[1:]
		more, err := c.fill()
		if err != nil {
			return err
		}
		if more {
			heap.Fix(&queue, 0)
		} else {
			heap.Pop(&queue)
		}
		if len(out) == FrameRows || len(queue) == 0 {
			if err := yield(out); err != nil {
				return err
			}
			out = make(Frame, 0, FrameRows)
		}
	}
	return nil
}

// Close lets go of the temporary file. It may be called more than once.
func (s *Sorter) Close() error {
	s.held = nil
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// cursor walks through one run.
type cursor struct {
	sorter  *Sorter
	at, end int64
	frame   Frame
}

// fill makes sure that the cursor has an event and reports whether it has one.
func (c *cursor) fill() (bool, error) {
	if len(c.frame) > 0 || c.at >= c.end {
		return len(c.frame) > 0, nil
	}
	var size [4]byte
	if _, err := c.sorter.file.ReadAt(size[:], c.at); err != nil {
		return false, fmt.Errorf("sort events: %w", err)
	}
	buf := make([]byte, binary.LittleEndian.Uint32(size[:]))
	if _, err := io.ReadFull(io.NewSectionReader(c.sorter.file, c.at+4, c.end-c.at-4), buf); err != nil {
		return false, fmt.Errorf("sort events: %w", err)
	}
	c.at += 4 + int64(len(buf))
	raw, err := s2.Decode(nil, buf)
	if err != nil {
		return false, fmt.Errorf("sort events: %w", err)
	}
	frame, err := parseRows(raw)
	if err != nil {
		return false, fmt.Errorf("sort events: %w", err)
	}
	c.frame = frame
	return len(frame) > 0, nil
}

type merge []*cursor

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return Compare(m[i].frame[0], m[j].frame[0]) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*cursor)) }
func (m *merge) Pop() any {
	old := *m
	c := old[len(old)-1]
	*m = old[:len(old)-1]
	return c
}
