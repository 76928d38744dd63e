// Package parquet writes the columns of a Parquet file: values become pages and
// a column chunk, with what the file's footer says of it; and it finds single
// rows and texts in such columns without unpacking the rest. Which columns a
// file has, how rows become values, and reading whole files, are for who uses
// it.
package parquet

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Pages are small enough that a reader who wants a few rows unpacks little.
const (
	pageValues = 8 << 10
	pageBytes  = 256 << 10 // of texts
)

// A dictionary pays while its values repeat: it is given up when it holds more
// texts or bytes than this, or when of the first values most are different.
const (
	dictionaryTexts = 16 << 10
	dictionaryBytes = 512 << 10
	dictionaryProbe = 2048
)

// maxBound is how long a text may be to stand in the statistics.
const maxBound = 64

// Kind says how the values of a column are encoded.
type Kind uint8

// Kinds.
const (
	Numbers  Kind = iota // DELTA_BINARY_PACKED
	Booleans             // PLAIN, a bit each
	Texts                // RLE_DICTIONARY, or DELTA_LENGTH_BYTE_ARRAY where the texts differ
	Blobs                // DELTA_LENGTH_BYTE_ARRAY
)

// A Column gathers the values of one column for a row group. A value that is not
// set takes a byte and nothing else. Users set the exported members before the
// first value; Chunks are theirs. It is used by one goroutine.
type Column struct {
	Path     []string // path in the schema
	ID       int32    // field id
	Kind     Kind
	Narrow   bool // INT32
	Moment   bool // a time in nanoseconds, UTC
	Required bool
	Plain    bool // no dictionary, no bounds
	Mapped   bool // of the map: levels say which rows have entries, repeats which entry begins a row

	levels  []uint8
	repeats []uint8
	numbers []int64
	texts   []string

	Chunks []Chunk // that were written, for the footer
}

// A Chunk is where the values of a column in one row group lie. Pages, the
// offset index, lets a reader who wants a few rows skip the other pages.
type Chunk struct {
	Group int
	Meta  format.ColumnMetaData
	Pages []format.PageLocation
}

// Move adds to all offsets.
func (k *Chunk) Move(by int64) {
	k.Meta.DataPageOffset += by
	if k.Meta.DictionaryPageOffset > 0 {
		k.Meta.DictionaryPageOffset += by
	}
	for i := range k.Pages {
		k.Pages[i].Offset += by
	}
}

var zeros [1024]uint8

// Pad adds rows without a value up to row n.
func (c *Column) Pad(n int) {
	for len(c.levels) < n {
		c.levels = append(c.levels, zeros[:min(n-len(c.levels), len(zeros))]...)
	}
}

// Number sets the value of a row. Rows ascend.
func (c *Column) Number(row int, n int64) {
	c.Pad(row)
	c.levels = append(c.levels, 1)
	c.numbers = append(c.numbers, n)
}

// Text sets the value of a row. The column keeps the text until it is encoded.
func (c *Column) Text(row int, s string) {
	c.Pad(row)
	c.levels = append(c.levels, 1)
	c.texts = append(c.texts, s)
}

// Entry adds an entry of a map: the first of a row, or another of the same row.
func (c *Column) Entry(again bool, s string) {
	repeat := uint8(0)
	if again {
		repeat = 1
	}
	c.levels, c.repeats = append(c.levels, 1), append(c.repeats, repeat)
	c.texts = append(c.texts, s)
}

// NoEntry adds a row whose map is empty.
func (c *Column) NoEntry() { c.levels, c.repeats = append(c.levels, 0), append(c.repeats, 0) }

// Reset lets go of the values.
func (c *Column) Reset() {
	clear(c.texts)
	c.levels, c.repeats, c.numbers, c.texts = c.levels[:0], c.repeats[:0], c.numbers[:0], c.texts[:0]
}

func (c *Column) values() int {
	if c.Kind == Texts || c.Kind == Blobs {
		return len(c.texts)
	}
	return len(c.numbers)
}

// An Encoder turns columns into pages. It is used by one goroutine and kept for
// the next file.
type Encoder struct {
	zstd   *zstd.Encoder
	delta  delta.BinaryPackedEncoding
	seed   maphash.Seed
	table  []uint32 // of the dictionary: number of the text plus one
	words  []string
	index  []int32
	size   []int32
	levels []byte
	part   []byte
	page   []byte
	packed []byte
	out    []byte // the chunk
}

// NewEncoder returns an encoder. Its memory is about a MiB; keep it.
func NewEncoder() (*Encoder, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(512<<10), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, fmt.Errorf("make encoder of columns: %w", err)
	}
	return &Encoder{zstd: z, seed: maphash.MakeSeed()}, nil
}

// Chunk encodes a column and returns its pages, valid until the next call, and
// what the file says of them when they lie at an offset above 0.
func (x *Encoder) Chunk(c *Column, offset int64) ([]byte, Chunk) {
	meta := format.ColumnMetaData{
		Type: c.Type(), PathInSchema: c.Path, Codec: format.Zstd, NumValues: int64(len(c.levels)),
		Statistics: format.Statistics{NullCount: int64(len(c.levels) - c.values())},
	}
	x.out = x.out[:0]
	coding := format.DeltaBinaryPacked
	dictionary := false
	switch {
	case c.values() == 0, c.Kind == Booleans:
		coding = format.Plain
	case c.Kind == Texts:
		coding = format.DeltaLengthByteArray
		switch {
		case c.Plain:
		case x.dictionary(c.texts):
			dictionary, coding = true, format.RLEDictionary
			c.bounds(&meta.Statistics, x.words)
		default:
			c.bounds(&meta.Statistics, c.texts)
		}
	case c.Kind == Blobs:
		coding = format.DeltaLengthByteArray
	case c.Kind == Numbers:
		c.bounds(&meta.Statistics, nil)
	}
	meta.Encoding = append(meta.Encoding, format.RLE, coding)
	if dictionary {
		meta.Encoding = append(meta.Encoding, format.Plain)
		x.page = x.page[:0]
		for _, s := range x.words {
			x.page = binary.LittleEndian.AppendUint32(x.page, uint32(len(s)))
			x.page = append(x.page, s...)
		}
		x.emit(&meta, format.DictionaryPage, len(x.words), format.Plain)
		meta.DictionaryPageOffset = offset
	}
	meta.DataPageOffset = offset + int64(len(x.out))
	var pages []format.PageLocation
	value, row := 0, 0
	for at := 0; at < len(c.levels); {
		end, set := c.page(at, value, dictionary)
		x.page = x.page[:0]
		if c.Mapped {
			x.appendLevels(c.repeats[at:end])
		}
		if !c.Required {
			x.appendLevels(c.levels[at:end])
		}
		x.appendValues(c, value, value+set, dictionary)
		begin := len(x.out)
		x.emit(&meta, format.DataPage, end-at, coding)
		pages = append(pages, format.PageLocation{
			Offset: offset + int64(begin), CompressedPageSize: int32(len(x.out) - begin), FirstRowIndex: int64(row),
		})
		row += c.rows(at, end)
		at, value = end, value+set
	}
	meta.TotalCompressedSize = int64(len(x.out))
	return x.out, Chunk{Meta: meta, Pages: pages}
}

// rows returns how many rows begin between two levels.
func (c *Column) rows(at, end int) int {
	if !c.Mapped {
		return end - at
	}
	return end - at - count(c.repeats[at:end])
}

// page returns where the page ends that begins at a level, and how many values
// it holds.
func (c *Column) page(at, value int, dictionary bool) (end, set int) {
	end = min(at+pageValues, len(c.levels))
	long := (c.Kind == Texts || c.Kind == Blobs) && !dictionary
	if !long && !c.Mapped {
		return end, count(c.levels[at:end])
	}
	bytes := 0
	for i := at; i < len(c.levels); i++ {
		begins := !c.Mapped || c.repeats[i] == 0
		if begins && i > at && (i-at >= pageValues || bytes >= pageBytes) {
			return i, set
		}
		if c.levels[i] != 0 {
			if long {
				bytes += len(c.texts[value+set])
			}
			set++
		}
	}
	return len(c.levels), set
}

func count(levels []uint8) int {
	n := 0
	for _, l := range levels {
		n += int(l)
	}
	return n
}

// appendLevels writes levels of one bit after their length.
func (x *Encoder) appendLevels(levels []uint8) {
	if n := count(levels); n == 0 || n == len(levels) {
		x.levels = binary.AppendUvarint(x.levels[:0], uint64(len(levels))<<1)
		x.levels = append(x.levels, levels[0])
	} else {
		// One bit is always wide enough for what levels hold.
		x.levels, _ = (&rle.Encoding{BitWidth: 1}).EncodeLevels(x.levels[:0], levels)
	}
	x.page = binary.LittleEndian.AppendUint32(x.page, uint32(len(x.levels)))
	x.page = append(x.page, x.levels...)
}

// appendValues writes the values of a page. The encodings never fail for the
// widths used here.
func (x *Encoder) appendValues(c *Column, from, to int, dictionary bool) {
	switch {
	case c.values() == 0:
	case c.Kind == Booleans:
		for at := from; at < to; at += 8 {
			bits := byte(0)
			for i, n := range c.numbers[at:min(at+8, to)] {
				if n != 0 {
					bits |= 1 << i
				}
			}
			x.page = append(x.page, bits)
		}
	case c.Kind == Numbers && c.Narrow:
		x.size = x.size[:0]
		for _, n := range c.numbers[from:to] {
			x.size = append(x.size, int32(n))
		}
		x.part, _ = x.delta.EncodeInt32(x.part[:0], x.size)
		x.page = append(x.page, x.part...)
	case c.Kind == Numbers:
		x.part, _ = x.delta.EncodeInt64(x.part[:0], c.numbers[from:to])
		x.page = append(x.page, x.part...)
	case dictionary:
		width := bitsFor(len(x.words))
		x.part, _ = (&rle.Encoding{BitWidth: width}).EncodeInt32(x.part[:0], x.index[from:to])
		x.page = append(append(x.page, byte(width)), x.part...)
	default:
		x.size = x.size[:0]
		for _, s := range c.texts[from:to] {
			x.size = append(x.size, int32(len(s)))
		}
		x.part, _ = x.delta.EncodeInt32(x.part[:0], x.size)
		x.page = append(x.page, x.part...)
		for _, s := range c.texts[from:to] {
			x.page = append(x.page, s...)
		}
	}
}

// bitsFor returns how wide an index into n words is.
func bitsFor(n int) int {
	width := 1
	for 1<<width < n {
		width++
	}
	return width
}

// emit appends the page to the chunk.
func (x *Encoder) emit(meta *format.ColumnMetaData, kind format.PageType, values int, coding format.Encoding) {
	// Every chunk is compressed, also where it does not pay: parquet-go takes
	// the codec of a column's first row group for all of them.
	x.packed = x.zstd.EncodeAll(x.page, x.packed[:0])
	body := x.packed
	begin := len(x.out)
	// The page header in Thrift's compact protocol: each member is a byte with
	// the distance of its number and its type, and its value.
	const (
		i32       = 0x15
		structure = 0x0c
	)
	put := func(n int32) {
		x.out = append(x.out, i32)
		x.out = binary.AppendUvarint(x.out, uint64(uint32(n<<1)^uint32(n>>31)))
	}
	put(int32(kind))
	put(int32(len(x.page)))
	put(int32(len(body)))
	put(int32(crc32.ChecksumIEEE(body)))
	if kind == format.DictionaryPage {
		x.out = append(x.out, 3<<4|structure)
		put(int32(values))
		put(int32(coding))
	} else {
		x.out = append(x.out, 1<<4|structure)
		put(int32(values))
		put(int32(coding))
		put(int32(format.RLE))
		put(int32(format.RLE))
	}
	x.out = append(x.out, 0, 0)
	meta.TotalUncompressedSize += int64(len(x.out) - begin + len(x.page))
	x.out = append(x.out, body...)
}

// dictionary gives each different text a number, or returns false when a
// dictionary does not pay.
func (x *Encoder) dictionary(all []string) bool {
	clear(x.words)
	x.words, x.index = x.words[:0], slices.Grow(x.index[:0], len(all))
	if x.table == nil {
		x.table = make([]uint32, 2*dictionaryTexts)
	}
	// A table that is as large as the column needs is quicker to clear and
	// stays in the cache.
	size := 256
	for size < 2*min(len(all), dictionaryTexts) {
		size *= 2
	}
	table := x.table[:size]
	clear(table)
	bytes := 0
	for i, s := range all {
		if i > 0 && s == all[i-1] {
			x.index = append(x.index, x.index[i-1])
			continue
		}
		if i == dictionaryProbe && len(x.words) > dictionaryProbe/2 {
			return false
		}
		at := uint32(maphash.String(x.seed, s)) & uint32(size-1)
		for table[at] != 0 && x.words[table[at]-1] != s {
			at = (at + 1) & uint32(size-1)
		}
		if table[at] == 0 {
			if bytes += len(s); len(x.words) == dictionaryTexts || bytes > dictionaryBytes {
				return false
			}
			x.words = append(x.words, s)
			table[at] = uint32(len(x.words))
		}
		x.index = append(x.index, int32(table[at]-1))
	}
	return len(x.words) > 0
}

// bounds fills in the least and the greatest value.
func (c *Column) bounds(s *format.Statistics, words []string) {
	if c.values() == 0 {
		return
	}
	if c.Kind == Texts {
		if c.Mapped {
			return
		}
		low, high := words[0], words[0]
		for _, w := range words[1:] {
			if w < low {
				low = w
			} else if w > high {
				high = w
			}
			if len(high) > maxBound {
				return // nothing short stands for it
			}
		}
		// An empty text cannot be told from none.
		if low != "" && len(low) <= maxBound && len(high) <= maxBound {
			s.MinValue, s.MaxValue = []byte(low), []byte(high)
		}
		return
	}
	low, high := slices.Min(c.numbers), slices.Max(c.numbers)
	if c.Narrow {
		s.MinValue = binary.LittleEndian.AppendUint32(nil, uint32(int32(low)))
		s.MaxValue = binary.LittleEndian.AppendUint32(nil, uint32(int32(high)))
		return
	}
	s.MinValue = binary.LittleEndian.AppendUint64(nil, uint64(low))
	s.MaxValue = binary.LittleEndian.AppendUint64(nil, uint64(high))
}

// Type returns the physical type.
func (c *Column) Type() format.Type {
	switch {
	case c.Kind == Booleans:
		return format.Boolean
	case c.Kind == Numbers && c.Narrow:
		return format.Int32
	case c.Kind == Numbers:
		return format.Int64
	}
	return format.ByteArray
}

// Element returns the column's place in the schema.
func (c *Column) Element() format.SchemaElement {
	e := format.SchemaElement{
		Name: c.Path[len(c.Path)-1], FieldID: c.ID,
		Type: thrift.New(c.Type()), RepetitionType: thrift.New(format.Optional),
	}
	if c.Required || c.Mapped {
		e.RepetitionType = thrift.New(format.Required)
	}
	switch {
	case c.Kind == Texts:
		e.ConvertedType = thrift.New(deprecated.UTF8)
		e.LogicalType.Value = &format.StringType{}
	case c.Moment:
		// It is UTC, but not marked as such: DuckDB cuts what is marked to
		// microseconds and keeps the nanoseconds of what is not.
		e.LogicalType.Value = &format.TimestampType{IsAdjustedToUTC: false, Unit: format.TimeUnit{Value: &format.NanoSeconds{}}}
	}
	return e
}
