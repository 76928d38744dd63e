package eventstore

import (
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/bongsu/bongsu/event"
)

// footer returns the file's metadata in Thrift's compact protocol.
func (s *SegmentWriter) footer() ([]byte, error) {
	meta := format.FileMetaData{Version: 1, CreatedBy: event.Product}
	groups := make([]format.RowGroup, len(s.groups))
	for i, rows := range s.groups {
		groups[i].NumRows, groups[i].Ordinal = int64(rows), int16(i)
		meta.NumRows += int64(rows)
	}
	root := format.SchemaElement{Name: "event"}
	meta.Schema = append(meta.Schema, root)
	s.each(func(c *column) {
		if c == s.key {
			meta.Schema = append(meta.Schema, format.SchemaElement{
				Name: columnUnmapped, FieldID: FieldUnmapped,
				RepetitionType: thrift.New(format.Required), NumChildren: thrift.New(int32(1)),
				ConvertedType: thrift.New(deprecated.Map), LogicalType: format.LogicalType{Value: &format.MapType{}},
			}, format.SchemaElement{
				Name: "key_value", RepetitionType: thrift.New(format.Repeated), NumChildren: thrift.New(int32(2)),
			})
		}
		meta.Schema = append(meta.Schema, c.schema())
		meta.ColumnOrders = append(meta.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
		for _, k := range c.chunks {
			g := &groups[k.group]
			g.Columns = append(g.Columns, format.ColumnChunk{FileOffset: k.meta.DataPageOffset, MetaData: k.meta})
			g.TotalByteSize += k.meta.TotalUncompressedSize
			g.TotalCompressedSize += k.meta.TotalCompressedSize
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
	return thrift.Marshal(new(thrift.CompactProtocol), &meta)
}

// schema returns the column's place in the schema.
func (c *column) schema() format.SchemaElement {
	e := format.SchemaElement{
		Name: c.name[len(c.name)-1], FieldID: c.id,
		Type: thrift.New(c.physical()), RepetitionType: thrift.New(format.Optional),
	}
	if c.required || c.mapped {
		e.RepetitionType = thrift.New(format.Required)
	}
	switch {
	case c.kind == texts:
		e.ConvertedType = thrift.New(deprecated.UTF8)
		e.LogicalType.Value = &format.StringType{}
	case c.id == FieldTime, c.id < FieldClass && event.Path(c.id).Type() == event.Time:
		// It is UTC, but not marked as such: DuckDB cuts what is marked to
		// microseconds and keeps the nanoseconds of what is not.
		e.LogicalType.Value = &format.TimestampType{IsAdjustedToUTC: false, Unit: format.TimeUnit{Value: &format.NanoSeconds{}}}
	}
	return e
}
