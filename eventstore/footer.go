package eventstore

import (
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/parquet"
)

// footer returns what follows the column chunks: where the pages of each lie
// and the file's metadata, in Thrift's compact protocol. It is about to be
// written.
func (s *SegmentWriter) footer() (index, footer []byte, err error) {
	meta := format.FileMetaData{Version: 1, CreatedBy: event.Product}
	groups := make([]format.RowGroup, len(s.groups))
	pages := make([][][]format.PageLocation, len(groups))
	for i, rows := range s.groups {
		groups[i].NumRows, groups[i].Ordinal = int64(rows), int16(i)
		meta.NumRows += int64(rows)
	}
	root := format.SchemaElement{Name: "event"}
	meta.Schema = append(meta.Schema, root)
	s.each(func(c *parquet.Column) {
		if c == s.key {
			meta.Schema = append(meta.Schema, format.SchemaElement{
				Name: columnUnmapped, FieldID: FieldUnmapped,
				RepetitionType: thrift.New(format.Required), NumChildren: thrift.New(int32(1)),
				ConvertedType: thrift.New(deprecated.Map), LogicalType: format.LogicalType{Value: &format.MapType{}},
			}, format.SchemaElement{
				Name: "key_value", RepetitionType: thrift.New(format.Repeated), NumChildren: thrift.New(int32(2)),
			})
		}
		meta.Schema = append(meta.Schema, c.Element())
		meta.ColumnOrders = append(meta.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
		for _, k := range c.Chunks {
			g := &groups[k.Group]
			g.Columns = append(g.Columns, format.ColumnChunk{FileOffset: k.Meta.DataPageOffset, MetaData: k.Meta})
			pages[k.Group] = append(pages[k.Group], k.Pages)
			g.TotalByteSize += k.Meta.TotalUncompressedSize
			g.TotalCompressedSize += k.Meta.TotalCompressedSize
		}
	})
	children := 0
	for _, e := range meta.Schema[1:] {
		if e.FieldID != FieldUnmappedKey && e.FieldID != FieldUnmappedValue && e.FieldID != 0 {
			children++
		}
	}
	meta.Schema[0].NumChildren = thrift.New(int32(children))
	meta.RowGroups = groups
	compact := new(thrift.CompactProtocol)
	for i := range groups {
		for n, list := range pages[i] {
			if len(list) == 0 { // of a segment that an older version wrote
				continue
			}
			b, err := thrift.Marshal(compact, &format.OffsetIndex{PageLocations: list})
			if err != nil {
				return nil, nil, err
			}
			c := &groups[i].Columns[n]
			c.OffsetIndexOffset, c.OffsetIndexLength = s.offset+int64(len(index)), int32(len(b))
			index = append(index, b...)
		}
	}
	footer, err = thrift.Marshal(compact, &meta)
	return index, footer, err
}
