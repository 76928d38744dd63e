package eventstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/parquet"
)

// maxFooter bounds the metadata of a segment that is spliced.
const maxFooter = 64 << 20

// splice copies a segment's row groups into the file byte by byte, which costs
// hardly any time, and notes what they hold. It leaves a segment alone and
// returns false when its row groups are small.
func (s *SegmentWriter) splice(ctx context.Context, path string, segment Segment) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	meta, err := readFooter(f, segment.Bytes)
	if err != nil {
		return false, fmt.Errorf("%s: %w: %w", path, ErrSegment, err)
	}
	if len(meta.RowGroups) == 0 || segment.Rows/int64(len(meta.RowGroups)) < spliceRows {
		return false, nil
	}
	leaves, err := s.leaves(meta.Schema)
	if err != nil {
		return false, fmt.Errorf("%s: %w: %w", path, ErrSegment, err)
	}
	s.flush()
	for _, g := range meta.RowGroups {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if len(g.Columns) != len(leaves) {
			return false, fmt.Errorf("%s: %w: a row group has %d columns, not %d", path, ErrSegment, len(g.Columns), len(leaves))
		}
		for i := range g.Columns {
			pages := parquet.ReadIndex(f, segment.Bytes, &g.Columns[i], g.NumRows)
			if err := s.copyChunk(f, segment.Bytes, leaves[i], parquet.Chunk{Meta: g.Columns[i].MetaData, Pages: pages}); err != nil {
				return false, fmt.Errorf("%s: %w: %w", path, ErrSegment, err)
			}
		}
		s.groups = append(s.groups, int(g.NumRows))
	}
	s.first, s.last = min(s.first, segment.First.UnixNano()), max(s.last, segment.Last.UnixNano())
	s.addSources(segment.Sources)
	return true, s.err
}

func (s *SegmentWriter) addSources(names []string) {
	if names == nil {
		s.sources, s.many = nil, true
	}
	for _, name := range names {
		switch {
		case s.many, slices.Contains(s.sources, name):
		case len(s.sources) == maxSources:
			s.sources, s.many = nil, true
		default:
			s.sources = append(s.sources, name)
		}
	}
}

func readFooter(f *os.File, size int64) (*format.FileMetaData, error) {
	var end [8]byte
	if _, err := f.ReadAt(end[:], size-8); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(end[:]))
	if n > maxFooter || n > size-12 {
		return nil, fmt.Errorf("its footer claims %d bytes", n)
	}
	raw := make([]byte, n)
	if _, err := f.ReadAt(raw, size-8-n); err != nil {
		return nil, err
	}
	meta := new(format.FileMetaData)
	err := guard(func() error { return thrift.Unmarshal(new(thrift.CompactProtocol), raw, meta) })
	return meta, err
}

// leaves returns the file's columns for those of a segment.
func (s *SegmentWriter) leaves(schema []format.SchemaElement) ([]*parquet.Column, error) {
	var out []*parquet.Column
	for _, e := range schema {
		if !e.Type.Valid {
			continue // a group
		}
		var c *parquet.Column
		switch id := e.FieldID; {
		case id == FieldClass:
			c = s.class
		case id == FieldTime:
			c = s.time
		case id == FieldUID:
			c = s.uid
		case id == FieldUnmappedKey:
			c = s.key
		case id == FieldUnmappedValue:
			c = s.value
		case id == FieldExact:
			c = s.openExact()
		case id > 0 && id < FieldClass && event.Path(id).Type() != 0:
			if c = s.columns[id]; c == nil {
				c = s.open(event.Path(id))
			}
		}
		if c == nil || c.Type() != e.Type.V {
			return nil, fmt.Errorf("unknown column %q", e.Name)
		}
		out = append(out, c)
	}
	return out, nil
}

// copyChunk copies the pages of one column in one row group.
func (s *SegmentWriter) copyChunk(f *os.File, size int64, c *parquet.Column, chunk parquet.Chunk) error {
	meta := &chunk.Meta
	from := meta.DataPageOffset
	if meta.DictionaryPageOffset > 0 {
		from = meta.DictionaryPageOffset
	}
	if from < 4 || meta.TotalCompressedSize < 0 || meta.TotalCompressedSize > size-from {
		return fmt.Errorf("column %s lies outside the file", c.Path)
	}
	move := s.offset - from
	if s.err == nil {
		var n int64
		n, s.err = io.Copy(s.out, io.NewSectionReader(f, from, meta.TotalCompressedSize))
		s.offset += n
		if s.err != nil {
			return nil //nolint:nilerr // it may be the disk; add and end return it
		}
	}
	chunk.Move(move)
	chunk.Group, meta.PathInSchema = len(s.groups), c.Path
	c.Chunks = append(c.Chunks, chunk)
	return nil
}
