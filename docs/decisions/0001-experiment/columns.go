package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/klauspost/compress/zstd"
)

// columnCodec is variant A: one Arrow record a class a frame, of the columns
// that the frame has; a column is named by its path number, which is shorter
// than its name. With outer set the record is left plain and the frame is
// compressed by zstd as a whole.
type columnCodec struct {
	dict    *dictionary
	mem     memory.Allocator
	classes map[int32]*classBuilder
	outer   bool
	enc     *zstd.Encoder
	dec     *zstd.Decoder
	pathOf  map[string]int
}

type classBuilder struct {
	n        int
	builders []array.Builder // by path
	rows     int             // of the last frame: what to reserve for the next
	bytes    []int           // of the last frame, by path
	extra    *array.MapBuilder
	schemas  map[string]*arrow.Schema
}

// batch is one class of a frame after decoding.
type batch struct {
	class int32
	rec   arrow.RecordBatch
	col   []arrow.Array // by path, nil when absent
}

func arrowType(k kind) arrow.DataType {
	switch k {
	case kindInt:
		return arrow.PrimitiveTypes.Int64
	case kindFloat:
		return arrow.PrimitiveTypes.Float64
	case kindBool:
		return arrow.FixedWidthTypes.Boolean
	case kindTime:
		return &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
	default:
		return arrow.BinaryTypes.String
	}
}

func extraType() *arrow.MapType {
	return arrow.MapOf(arrow.BinaryTypes.String, arrow.BinaryTypes.String)
}

func newColumnCodec(d *dictionary, outer bool) *columnCodec {
	c := &columnCodec{dict: d, mem: memory.NewGoAllocator(), classes: map[int32]*classBuilder{}, outer: outer, pathOf: map[string]int{}}
	for p := range d.names {
		c.pathOf[strconv.Itoa(p)] = p
	}
	rc := newRowCodec(d)
	c.enc, c.dec = rc.enc, rc.dec
	return c
}

func (c *columnCodec) add(r *row) {
	b := c.classes[r.class]
	if b == nil {
		b = &classBuilder{builders: make([]array.Builder, len(c.dict.names)), bytes: make([]int, len(c.dict.names)), extra: array.NewMapBuilder(c.mem, arrow.BinaryTypes.String, arrow.BinaryTypes.String, false), schemas: map[string]*arrow.Schema{}}
		c.classes[r.class] = b
	}
	for i := range r.fields {
		f := &r.fields[i]
		bl := b.builders[f.path]
		if bl == nil {
			bl = array.NewBuilder(c.mem, arrowType(c.dict.kinds[f.path]))
			b.builders[f.path] = bl
		}
		if bl.Len() == 0 {
			bl.Reserve(b.rows)
			if s, ok := bl.(*array.StringBuilder); ok {
				s.ReserveData(b.bytes[f.path])
			}
		}
		if pad := b.n - bl.Len(); pad > 0 {
			bl.AppendNulls(pad)
		}
		switch bl := bl.(type) {
		case *array.StringBuilder:
			bl.Append(f.str)
		case *array.Int64Builder:
			bl.Append(f.num)
		case *array.Float64Builder:
			bl.Append(math.Float64frombits(uint64(f.num)))
		case *array.BooleanBuilder:
			bl.Append(f.num != 0)
		case *array.TimestampBuilder:
			bl.Append(arrow.Timestamp(f.num))
		}
	}
	b.extra.Append(true)
	ks, vs := b.extra.KeyBuilder().(*array.StringBuilder), b.extra.ItemBuilder().(*array.StringBuilder)
	for i := range r.unmapped {
		ks.Append(r.unmapped[i].key)
		vs.Append(r.unmapped[i].value)
	}
	b.n++
}

func (c *columnCodec) finish(b *classBuilder) arrow.RecordBatch {
	var key []byte
	var cols []arrow.Array
	var paths []int
	for p, bl := range b.builders {
		if bl == nil || bl.Len() == 0 {
			continue
		}
		if pad := b.n - bl.Len(); pad > 0 {
			bl.AppendNulls(pad)
		}
		if s, ok := bl.(*array.StringBuilder); ok {
			b.bytes[p] = s.DataLen()
		}
		cols = append(cols, bl.NewArray())
		paths = append(paths, p)
		key = binary.AppendUvarint(key, uint64(p))
	}
	s := b.schemas[string(key)]
	if s == nil {
		fs := make([]arrow.Field, 0, len(paths)+1)
		for _, p := range paths {
			fs = append(fs, arrow.Field{Name: strconv.Itoa(p), Type: arrowType(c.dict.kinds[p]), Nullable: true})
		}
		s = arrow.NewSchema(append(fs, arrow.Field{Name: "unmapped", Type: extraType()}), nil)
		b.schemas[string(key)] = s
	}
	rec := array.NewRecordBatch(s, append(cols, b.extra.NewArray()), int64(b.n))
	b.rows, b.n = b.n, 0
	return rec
}

func (c *columnCodec) encode(rows []row) ([]byte, error) {
	for i := range rows {
		c.add(&rows[i])
	}
	var out, buf bytes.Buffer
	classes := make([]int32, 0, len(c.classes))
	for class, b := range c.classes {
		if b.n > 0 {
			classes = append(classes, class)
		}
	}
	slices.Sort(classes)
	for _, class := range classes {
		rec := c.finish(c.classes[class])
		buf.Reset()
		opts := []ipc.Option{ipc.WithSchema(rec.Schema()), ipc.WithAllocator(c.mem)}
		if !c.outer {
			opts = append(opts, ipc.WithLZ4())
		}
		w := ipc.NewWriter(&buf, opts...)
		if err := w.Write(rec); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		rec.Release()
		var head [8]byte
		binary.LittleEndian.PutUint32(head[:], uint32(class))
		binary.LittleEndian.PutUint32(head[4:], uint32(buf.Len()))
		out.Write(head[:])
		out.Write(buf.Bytes())
	}
	if c.outer {
		return c.enc.EncodeAll(out.Bytes(), nil), nil
	}
	return out.Bytes(), nil
}

func (c *columnCodec) decode(frame []byte) ([]batch, error) {
	if c.outer {
		plain, err := c.dec.DecodeAll(frame, nil)
		if err != nil {
			return nil, err
		}
		frame = plain
	}
	var out []batch
	for len(frame) >= 8 {
		class, n := int32(binary.LittleEndian.Uint32(frame)), int(binary.LittleEndian.Uint32(frame[4:]))
		if n > len(frame)-8 {
			return nil, errFrame
		}
		r, err := ipc.NewReader(bytes.NewReader(frame[8:8+n]), ipc.WithAllocator(c.mem))
		if err != nil {
			return nil, err
		}
		frame = frame[8+n:]
		for r.Next() {
			rec := r.RecordBatch()
			rec.Retain()
			b := batch{class: class, rec: rec, col: make([]arrow.Array, len(c.dict.names))}
			for i, f := range rec.Schema().Fields() {
				if p, ok := c.pathOf[f.Name]; ok {
					b.col[p] = rec.Column(i)
				}
			}
			out = append(out, b)
		}
		if r.Err() != nil {
			return nil, r.Err()
		}
		r.Release()
	}
	return out, nil
}
