package parquet

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// ReadIndex returns where the pages of a column chunk lie, nil where the file
// does not say so, or nonsense: it only saves time.
func ReadIndex(f io.ReaderAt, size int64, chunk *format.ColumnChunk, rows int64) []format.PageLocation {
	meta := &chunk.MetaData
	if !IndexInside(chunk, size) {
		return nil
	}
	raw := make([]byte, chunk.OffsetIndexLength)
	if _, err := f.ReadAt(raw, chunk.OffsetIndexOffset); err != nil {
		return nil
	}
	var index format.OffsetIndex
	if !decode(raw, &index) {
		return nil
	}
	end, row := meta.DataPageOffset, int64(-1)
	for _, p := range index.PageLocations {
		if p.Offset != end || p.CompressedPageSize <= 0 || p.FirstRowIndex <= row || row < 0 && p.FirstRowIndex != 0 {
			return nil
		}
		end, row = end+int64(p.CompressedPageSize), p.FirstRowIndex
	}
	begin := meta.DataPageOffset
	if meta.DictionaryPageOffset > 0 {
		begin = meta.DictionaryPageOffset
	}
	if end != begin+meta.TotalCompressedSize || row >= rows {
		return nil
	}
	return index.PageLocations
}

// IndexInside reports whether a column chunk has an index that lies in its file.
func IndexInside(chunk *format.ColumnChunk, size int64) bool {
	at, n := chunk.OffsetIndexOffset, int64(chunk.OffsetIndexLength)
	return at > 0 && n > 0 && at < size && n < size-at
}

// decode reports whether Thrift could be read. The library panics at some
// damaged bytes.
func decode(raw []byte, to *format.OffsetIndex) (ok bool) {
	defer func() { ok = recover() == nil && ok }()
	return thrift.Unmarshal(new(thrift.CompactProtocol), raw, to) == nil
}

// A Picker takes single rows out of the pages of a column in one row group. The
// library panics at some damaged files; who uses it recovers.
type Picker struct {
	pages  parquet.Pages
	index  parquet.OffsetIndex // nil: pages are unpacked up to the wanted one
	rows   int64               // of the row group
	page   parquet.Page
	first  int64 // row of the page
	values []parquet.Value
}

// NewPicker returns a picker of the column with this number, which looks for
// pages by the file's index where that is there and may be used.
func NewPicker(group parquet.RowGroup, leaf int, indexed bool) *Picker {
	chunk := group.ColumnChunks()[leaf]
	p := &Picker{pages: chunk.Pages(), rows: group.NumRows()}
	if indexed {
		// Pages look for rows with it from now on.
		p.index, _ = chunk.OffsetIndex()
	}
	return p
}

// Row returns the values of a row, which are good until the next call. Rows
// ascend.
func (p *Picker) Row(n int64) ([]parquet.Value, error) {
	if p.page == nil || n >= p.first+p.page.NumRows() {
		p.drop()
		if err := p.pages.SeekToRow(n); err != nil {
			return nil, err
		}
		page, err := p.pages.ReadPage()
		if err != nil {
			return nil, err
		}
		p.page, p.first = page, n
		if want := p.end(n) - n; p.index != nil && page.NumRows() != want {
			return nil, fmt.Errorf("%d rows to the end of a page, not %d", page.NumRows(), want)
		}
	}
	slice := p.page.Slice(n-p.first, n-p.first+1)
	reader := slice.Values()
	p.values = p.values[:0]
	var buf [16]parquet.Value
	for {
		k, err := reader.ReadValues(buf[:])
		p.values = append(p.values, buf[:k]...)
		if errors.Is(err, io.EOF) {
			return p.values, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// end returns where the page of a row ends, as the index has it.
func (p *Picker) end(row int64) int64 {
	if p.index == nil {
		return p.rows
	}
	n := p.index.NumPages()
	if i := sort.Search(n, func(i int) bool { return p.index.FirstRowIndex(i) > row }); i < n {
		return p.index.FirstRowIndex(i)
	}
	return p.rows
}

func (p *Picker) drop() {
	if p.page != nil {
		parquet.Release(p.page)
		p.page = nil
	}
}

// Close lets go of the pages.
func (p *Picker) Close() {
	p.drop()
	_ = p.pages.Close()
}

// Scan calls look with the texts of a column in one row group, run together,
// and where each begins and the last ends, until it returns true. Of a column
// with a dictionary that is each different text once, and no more of the file is
// read. It is for texts in columns that a Column has written.
func Scan(chunk parquet.ColumnChunk, meta *format.ColumnMetaData, look func(texts []byte, offsets []uint32) bool) error {
	if meta.NumValues == meta.Statistics.NullCount {
		return nil
	}
	pages := chunk.Pages()
	defer pages.Close()
	if meta.DictionaryPageOffset > 0 && !slices.Contains(meta.Encoding, format.DeltaLengthByteArray) {
		p, ok := pages.(*parquet.FilePages)
		if !ok {
			return errors.New("pages of an unknown kind")
		}
		words, err := p.ReadDictionary()
		if err != nil {
			return err
		}
		if words == nil {
			return errors.New("dictionary is missing")
		}
		data := words.Page().Data()
		look(data.ByteArray())
		return nil
	}
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		data := page.Data()
		done := look(data.ByteArray())
		parquet.Release(page)
		if done {
			return nil
		}
	}
}
