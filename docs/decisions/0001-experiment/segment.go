package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	aparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// Both segment writers make the same file: one a class, the columns that its
// events have, zstd, a dictionary for strings but not for raw_data,
// and a map of the rest.

const chunkRows = 1000

func finishFile(f *os.File) (int64, error) {
	if err := f.Sync(); err != nil {
		return 0, err
	}
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), f.Close()
}

func columnSegments(c *columnCodec, dir string, frames [][]batch) (files int, size int64, err error) {
	byClass := map[int32][]batch{}
	for _, f := range frames {
		for _, b := range f {
			byClass[b.class] = append(byClass[b.class], b)
		}
	}
	for class, bs := range byClass {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("a-%d.parquet", class)))
		if err != nil {
			return 0, 0, err
		}
		if err := columnSegment(c, f, bs); err != nil {
			return 0, 0, fmt.Errorf("segment of class %d: %w", class, err)
		}
		n, err := finishFile(f)
		if err != nil {
			return 0, 0, err
		}
		files, size = files+1, size+n
	}
	return files, size, nil
}

func columnSegment(c *columnCodec, f *os.File, bs []batch) error {
	used := make([]bool, len(c.dict.names))
	for i := range bs {
		for p, col := range bs[i].col {
			used[p] = used[p] || col != nil
		}
	}
	var fields []arrow.Field
	var paths []int
	for p, ok := range used {
		if ok {
			fields = append(fields, arrow.Field{Name: c.dict.names[p], Type: arrowType(c.dict.kinds[p]), Nullable: true})
			paths = append(paths, p)
		}
	}
	schema := arrow.NewSchema(append(fields, arrow.Field{Name: "unmapped", Type: extraType()}), nil)
	w, err := pqarrow.NewFileWriter(schema, nopCloser{f}, aparquet.NewWriterProperties(aparquet.WithAllocator(c.mem), aparquet.WithCompression(compress.Codecs.Zstd), aparquet.WithCompressionLevel(1), aparquet.WithDictionaryFor("raw_data", false), aparquet.WithStats(true)), pqarrow.NewArrowWriterProperties(pqarrow.WithAllocator(c.mem)))
	if err != nil {
		return err
	}
	nulls := map[int]arrow.Array{}
	null := func(p, n int) arrow.Array {
		a := nulls[p]
		if a == nil || a.Len() < n {
			a = array.MakeArrayOfNull(c.mem, arrowType(c.dict.kinds[p]), max(n, chunkRows))
			nulls[p] = a
		}
		return array.NewSlice(a, 0, int64(n))
	}
	for len(bs) > 0 {
		n, rows := 0, 0
		for n < len(bs) && rows < chunkRows {
			rows += int(bs[n].rec.NumRows())
			n++
		}
		part := bs[:n]
		bs = bs[n:]
		cols := make([]arrow.Array, 0, len(paths)+1)
		pieces := make([]arrow.Array, 0, n)
		for _, p := range paths {
			pieces = pieces[:0]
			pending := 0
			for i := range part {
				if col := part[i].col[p]; col != nil {
					if pending > 0 {
						pieces = append(pieces, null(p, pending))
						pending = 0
					}
					pieces = append(pieces, col)
					continue
				}
				pending += int(part[i].rec.NumRows())
			}
			if pending > 0 {
				pieces = append(pieces, null(p, pending))
			}
			col := pieces[0]
			if len(pieces) > 1 {
				if col, err = array.Concatenate(pieces, c.mem); err != nil {
					return err
				}
			}
			cols = append(cols, col)
		}
		pieces = pieces[:0]
		for i := range part {
			pieces = append(pieces, part[i].rec.Column(int(part[i].rec.NumCols())-1))
		}
		extra := pieces[0]
		if len(pieces) > 1 {
			if extra, err = array.Concatenate(pieces, c.mem); err != nil {
				return err
			}
		}
		rec := array.NewRecordBatch(schema, append(cols, extra), int64(rows))
		if err := w.WriteBuffered(rec); err != nil {
			return err
		}
	}
	return w.Close()
}

type nopCloser struct{ *os.File }

func (nopCloser) Close() error { return nil }

func rowSegments(d *dictionary, dir string, frames [][]row) (files int, size int64, err error) {
	byClass := map[int32][]*row{}
	for _, f := range frames {
		for i := range f {
			byClass[f[i].class] = append(byClass[f[i].class], &f[i])
		}
	}
	for class, rs := range byClass {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("b-%d.parquet", class)))
		if err != nil {
			return 0, 0, err
		}
		if err := rowSegment(d, f, rs); err != nil {
			return 0, 0, fmt.Errorf("segment of class %d: %w", class, err)
		}
		n, err := finishFile(f)
		if err != nil {
			return 0, 0, err
		}
		files, size = files+1, size+n
	}
	return files, size, nil
}

func rowSegment(d *dictionary, f *os.File, rs []*row) error {
	used := make([]bool, len(d.names))
	for _, r := range rs {
		for i := range r.fields {
			used[r.fields[i].path] = true
		}
	}
	dictString := func() parquet.Node { return parquet.Encoded(parquet.String(), &parquet.RLEDictionary) }
	// parquet-go has a leaf in the order of the names.
	group := parquet.Group{"unmapped": parquet.Map(dictString(), dictString())}
	names := []string{"unmapped"}
	for p, ok := range used {
		if !ok {
			continue
		}
		var n parquet.Node
		switch d.kinds[p] {
		case kindInt:
			n = parquet.Int(64)
		case kindFloat:
			n = parquet.Leaf(parquet.DoubleType)
		case kindBool:
			n = parquet.Leaf(parquet.BooleanType)
		case kindTime:
			n = parquet.Timestamp(parquet.Nanosecond)
		default:
			n = dictString()
			if d.names[p] == "raw_data" {
				n = parquet.String()
			}
		}
		group[d.names[p]] = parquet.Optional(n)
		names = append(names, d.names[p])
	}
	slices.Sort(names)
	leaf, extra := make([]int, len(d.names)), 0
	for i := range leaf {
		leaf[i] = -1
	}
	next := 0
	for _, n := range names {
		if n == "unmapped" {
			extra = next
			next += 2
			continue
		}
		leaf[d.ids[n]] = next
		next++
	}
	w := parquet.NewWriter(f, &parquet.WriterConfig{Schema: parquet.NewSchema("event", group), Compression: &zstd.Codec{Level: zstd.SpeedFastest}, PageBufferSize: 1 << 20, WriteBufferSize: 32 << 10, DataPageStatistics: true, DataPageVersion: 1, CreatedBy: "experiment"})
	cols := w.ColumnWriters()
	values := make([][]parquet.Value, next)
	fill := make([]int, next)
	for len(rs) > 0 {
		part := rs[:min(len(rs), chunkRows)]
		rs = rs[len(part):]
		for i := range values {
			values[i], fill[i] = values[i][:0], 0
		}
		for n, r := range part {
			for i := range r.fields {
				fl := &r.fields[i]
				c := leaf[fl.path]
				for ; fill[c] < n; fill[c]++ {
					values[c] = append(values[c], parquet.NullValue().Level(0, 0, c))
				}
				fill[c]++
				var v parquet.Value
				switch d.kinds[fl.path] {
				case kindInt, kindTime:
					v = parquet.Int64Value(fl.num)
				case kindFloat:
					v = parquet.DoubleValue(math.Float64frombits(uint64(fl.num)))
				case kindBool:
					v = parquet.BooleanValue(fl.num != 0)
				default:
					v = parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(fl.str), len(fl.str)))
				}
				values[c] = append(values[c], v.Level(0, 1, c))
			}
			if len(r.unmapped) == 0 {
				values[extra] = append(values[extra], parquet.NullValue().Level(0, 0, extra))
				values[extra+1] = append(values[extra+1], parquet.NullValue().Level(0, 0, extra+1))
			}
			for i := range r.unmapped {
				e, rep := &r.unmapped[i], min(i, 1)
				values[extra] = append(values[extra], parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(e.key), len(e.key))).Level(rep, 1, extra))
				values[extra+1] = append(values[extra+1], parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(e.value), len(e.value))).Level(rep, 1, extra+1))
			}
		}
		for c := range values {
			if c != extra && c != extra+1 {
				for ; fill[c] < len(part); fill[c]++ {
					values[c] = append(values[c], parquet.NullValue().Level(0, 0, c))
				}
			}
			if _, err := cols[c].WriteRowValues(values[c]); err != nil {
				return fmt.Errorf("column %d: %w", c, err)
			}
		}
	}
	return w.Close()
}
