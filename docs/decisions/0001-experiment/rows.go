package main

import (
	"errors"
	"unsafe"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"
)

// rowCodec is variant B: one protobuf message an event, field number =
// path + firstPath, zstd over the frame.
type rowCodec struct {
	dict *dictionary
	enc  *zstd.Encoder
	dec  *zstd.Decoder
	buf  []byte
	msg  []byte
	sub  []byte
}

const (
	numClass  protowire.Number = 1
	numExtra  protowire.Number = 2
	firstPath                  = 3
)

var errFrame = errors.New("frame is damaged")

func newRowCodec(d *dictionary) *rowCodec {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	return &rowCodec{dict: d, enc: enc, dec: dec}
}

func (c *rowCodec) encode(rows []row) ([]byte, error) {
	b := protowire.AppendVarint(c.buf[:0], uint64(len(rows)))
	for i := range rows {
		r := &rows[i]
		m := protowire.AppendTag(c.msg[:0], numClass, protowire.VarintType)
		m = protowire.AppendVarint(m, uint64(r.class))
		for j := range r.fields {
			f := &r.fields[j]
			n := protowire.Number(f.path) + firstPath
			switch c.dict.kinds[f.path] {
			case kindString:
				m = protowire.AppendTag(m, n, protowire.BytesType)
				m = protowire.AppendString(m, f.str)
			case kindInt, kindBool:
				m = protowire.AppendTag(m, n, protowire.VarintType)
				m = protowire.AppendVarint(m, protowire.EncodeZigZag(f.num))
			default:
				m = protowire.AppendTag(m, n, protowire.Fixed64Type)
				m = protowire.AppendFixed64(m, uint64(f.num))
			}
		}
		for j := range r.unmapped {
			e := &r.unmapped[j]
			s := protowire.AppendTag(c.sub[:0], 1, protowire.BytesType)
			s = protowire.AppendString(s, e.key)
			s = protowire.AppendTag(s, 2, protowire.BytesType)
			s = protowire.AppendString(s, e.value)
			m = protowire.AppendTag(m, numExtra, protowire.BytesType)
			m = protowire.AppendBytes(m, s)
			c.sub = s
		}
		c.msg = m
		b = protowire.AppendBytes(b, m)
	}
	c.buf = b
	return c.enc.EncodeAll(b, nil), nil
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// decode gives rows whose strings point into the decompressed frame.
func (c *rowCodec) decode(frame []byte) ([]row, error) {
	b, err := c.dec.DecodeAll(frame, nil)
	if err != nil {
		return nil, err
	}
	n, w := protowire.ConsumeVarint(b)
	if w < 0 || n > uint64(len(b)) {
		return nil, errFrame
	}
	b = b[w:]
	rows := make([]row, n)
	fields := make([]field, 0, n*28)
	extra := make([]entry, 0, n*12)
	for i := range rows {
		m, w := protowire.ConsumeBytes(b)
		if w < 0 {
			return nil, errFrame
		}
		b = b[w:]
		f0, e0 := len(fields), len(extra)
		for len(m) > 0 {
			num, typ, w := protowire.ConsumeTag(m)
			if w < 0 {
				return nil, errFrame
			}
			m = m[w:]
			f := field{path: uint16(num - firstPath)}
			switch typ {
			case protowire.BytesType:
				v, w := protowire.ConsumeBytes(m)
				if w < 0 {
					return nil, errFrame
				}
				m = m[w:]
				if num == numExtra {
					e, ok := decodeEntry(v)
					if !ok {
						return nil, errFrame
					}
					extra = append(extra, e)
					continue
				}
				f.str = view(v)
			case protowire.VarintType:
				v, w := protowire.ConsumeVarint(m)
				if w < 0 {
					return nil, errFrame
				}
				m = m[w:]
				if num == numClass {
					rows[i].class = int32(v)
					continue
				}
				f.num = protowire.DecodeZigZag(v)
			case protowire.Fixed64Type:
				v, w := protowire.ConsumeFixed64(m)
				if w < 0 {
					return nil, errFrame
				}
				m = m[w:]
				f.num = int64(v)
			default:
				return nil, errFrame
			}
			fields = append(fields, f)
		}
		rows[i].fields = fields[f0:len(fields):len(fields)]
		rows[i].unmapped = extra[e0:len(extra):len(extra)]
	}
	return rows, nil
}

func decodeEntry(v []byte) (entry, bool) {
	var e entry
	for len(v) > 0 {
		num, _, w := protowire.ConsumeTag(v)
		if w < 0 {
			return e, false
		}
		s, w2 := protowire.ConsumeBytes(v[w:])
		if w2 < 0 {
			return e, false
		}
		v = v[w+w2:]
		if num == 1 {
			e.key = view(s)
		} else {
			e.value = view(s)
		}
	}
	return e, true
}
