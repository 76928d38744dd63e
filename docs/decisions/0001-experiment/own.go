package main

import (
	"encoding/binary"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// ownCodec is variant C: the values of a frame grouped by path, an unmapped
// key being one more path, strings that repeat as numbers, zstd over all of
// it; read back into the same compact rows as variant B.
type ownCodec struct {
	dict *dictionary
	enc  *zstd.Encoder
	dec  *zstd.Decoder
	buf  []byte
	cols []ownColumn
	keys map[string]int // unmapped key → place in cols
	used []int
	seen map[string]uint64
}

type ownColumn struct {
	rows []uint32
	nums []int64
	strs []string
}

func newOwnCodec(d *dictionary) *ownCodec {
	rc := newRowCodec(d)
	return &ownCodec{dict: d, enc: rc.enc, dec: rc.dec, seen: map[string]uint64{}}
}

func (c *ownCodec) column(i int) *ownColumn {
	col := &c.cols[i]
	if len(col.rows) == 0 {
		c.used = append(c.used, i)
	}
	return col
}

func (c *ownCodec) encode(rows []row) ([]byte, error) {
	if c.cols == nil {
		c.cols = make([]ownColumn, len(c.dict.names))
	}
	var names []string
	c.keys, c.used = map[string]int{}, c.used[:0]
	b := binary.AppendUvarint(c.buf[:0], uint64(len(rows)))
	for i := range rows {
		r := &rows[i]
		b = binary.AppendUvarint(b, uint64(r.class))
		for j := range r.fields {
			f := &r.fields[j]
			col := c.column(int(f.path))
			col.rows = append(col.rows, uint32(i))
			if c.dict.kinds[f.path] == kindString {
				col.strs = append(col.strs, f.str)
			} else {
				col.nums = append(col.nums, f.num)
			}
		}
		for j := range r.unmapped {
			e := &r.unmapped[j]
			at, ok := c.keys[e.key]
			if !ok {
				at = len(c.dict.names) + len(names)
				names = append(names, e.key)
				c.keys[e.key] = at
				if at >= len(c.cols) {
					c.cols = append(c.cols, ownColumn{})
				}
			}
			col := c.column(at)
			col.rows = append(col.rows, uint32(i))
			col.strs = append(col.strs, e.value)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, n := range names {
		b = appendString(b, n)
	}
	slices.Sort(c.used)
	b = binary.AppendUvarint(b, uint64(len(c.used)))
	for _, i := range c.used {
		col := &c.cols[i]
		b = binary.AppendUvarint(b, uint64(i))
		b = binary.AppendUvarint(b, uint64(len(col.rows)))
		if len(col.rows) < len(rows) {
			last := uint32(0)
			for _, r := range col.rows {
				b = binary.AppendUvarint(b, uint64(r-last))
				last = r
			}
		}
		if len(col.strs) > 0 {
			b = c.appendStrings(b, col.strs)
		} else {
			last := int64(0)
			for _, n := range col.nums {
				b = binary.AppendVarint(b, n-last)
				last = n
			}
		}
		clear(col.strs)
		col.rows, col.nums, col.strs = col.rows[:0], col.nums[:0], col.strs[:0]
	}
	c.buf = b
	return c.enc.EncodeAll(b, nil), nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendStrings writes 0 before a value that is new and its number + 1 before
// one that is not.
func (c *ownCodec) appendStrings(b []byte, strs []string) []byte {
	clear(c.seen)
	for _, s := range strs {
		if len(s) > 256 {
			b = appendString(append(b, 0), s)
			continue
		}
		if id, ok := c.seen[s]; ok {
			b = binary.AppendUvarint(b, id+1)
			continue
		}
		c.seen[s] = uint64(len(c.seen))
		b = appendString(append(b, 0), s)
	}
	return b
}

type ownReader struct {
	b   []byte
	bad bool
}

func (r *ownReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *ownReader) varint() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (r *ownReader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *ownReader) str() string {
	n := r.count()
	s := view(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (c *ownCodec) decode(frame []byte) ([]row, error) {
	plain, err := c.dec.DecodeAll(frame, nil)
	if err != nil {
		return nil, err
	}
	r := &ownReader{b: plain}
	rows := make([]row, r.count())
	for i := range rows {
		rows[i].class = int32(r.uvarint())
	}
	names := make([]string, r.count())
	for i := range names {
		names[i] = r.str()
	}
	fields := make([]field, len(rows)*32)
	extra := make([]entry, len(rows)*12)
	for i := range rows {
		rows[i].fields = fields[i*32 : i*32 : (i+1)*32]
		rows[i].unmapped = extra[i*12 : i*12 : (i+1)*12]
	}
	var places []int
	var seen []string
	for range r.count() {
		path, n := int(r.uvarint()), r.count()
		if r.bad || path >= len(c.dict.names)+len(names) || n > len(rows) {
			return nil, errFrame
		}
		places = places[:0]
		at := 0
		for i := range n {
			if n < len(rows) {
				at += int(r.uvarint())
			} else {
				at = i
			}
			if at < 0 || at >= len(rows) {
				return nil, errFrame
			}
			places = append(places, at)
		}
		if path < len(c.dict.names) && c.dict.kinds[path] != kindString {
			last := int64(0)
			for _, i := range places {
				last += r.varint()
				rows[i].fields = append(rows[i].fields, field{path: uint16(path), num: last})
			}
			continue
		}
		seen = seen[:0]
		for _, i := range places {
			var s string
			if id := r.uvarint(); id == 0 {
				s = r.str()
				if len(s) <= 256 {
					seen = append(seen, s)
				}
			} else if id <= uint64(len(seen)) {
				s = seen[id-1]
			} else {
				return nil, errFrame
			}
			if path < len(c.dict.names) {
				rows[i].fields = append(rows[i].fields, field{path: uint16(path), str: s})
			} else {
				rows[i].unmapped = append(rows[i].unmapped, entry{names[path-len(c.dict.names)], s})
			}
		}
	}
	if r.bad {
		return nil, errFrame
	}
	return rows, nil
}
