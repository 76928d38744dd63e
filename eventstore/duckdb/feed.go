//go:build cgo

package duckdb

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	duck "github.com/duckdb/duckdb-go/v2"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// feed hands rows from Go's memory to SQL: SELECT * FROM bongsu_tail(number).
type feed struct {
	mu   sync.Mutex
	next int64
	rows map[int64]*rows
}

// rows are what a query needs of the events of the tail that it is about: the
// values of some fields, and the time as the last column.
type rows struct {
	fields []eventstore.Field
	events []*event.Event
	at     int
}

func (f *feed) put(r *rows) (number int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rows == nil {
		f.rows = map[int64]*rows{}
	}
	f.next++
	f.rows[f.next] = r
	return f.next
}

func (f *feed) drop(number int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.rows, number)
}

// get returns the rows from their beginning: a statement may be planned twice.
func (f *feed) get(number int64) (*rows, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.rows[number]
	if r == nil {
		return nil, fmt.Errorf("no rows with the number %d", number)
	}
	return &rows{fields: r.fields, events: r.events}, nil
}

// typeOf is the type of a field's values in the tail, and of keys in general:
// times are nanoseconds.
func typeOf(f eventstore.Field) (duck.Type, string) {
	switch f.Type() {
	case event.Int, event.Time:
		return duck.TYPE_BIGINT, "BIGINT"
	case event.Bool:
		return duck.TYPE_BOOLEAN, "BOOLEAN"
	case event.String, event.JSON:
	}
	return duck.TYPE_VARCHAR, "VARCHAR"
}

// ColumnInfos implements duck.ChunkTableSource.
func (r *rows) ColumnInfos() []duck.ColumnInfo {
	out := make([]duck.ColumnInfo, 0, len(r.fields)+1)
	for i, f := range r.fields {
		t, _ := typeOf(f)
		info, _ := duck.NewTypeInfo(t) // fails for nested types only
		out = append(out, duck.ColumnInfo{Name: fmt.Sprintf("k%d", i), T: info})
	}
	info, _ := duck.NewTypeInfo(duck.TYPE_BIGINT)
	return append(out, duck.ColumnInfo{Name: "t", T: info})
}

// Cardinality implements duck.ChunkTableSource.
func (r *rows) Cardinality() *duck.CardinalityInfo {
	return &duck.CardinalityInfo{Cardinality: uint(len(r.events)), Exact: true}
}

// Init implements duck.ChunkTableSource.
func (r *rows) Init() {}

// FillChunk implements duck.ChunkTableSource.
func (r *rows) FillChunk(chunk duck.DataChunk) error {
	part := r.events[r.at:min(r.at+duck.GetDataChunkCapacity(), len(r.events))]
	r.at += len(part)
	for i, f := range r.fields {
		for n, e := range part {
			if err := put(chunk, i, n, f, e); err != nil {
				return err
			}
		}
	}
	for n, e := range part {
		if err := duck.SetChunkValue(chunk, len(r.fields), n, e.Time.UnixNano()); err != nil {
			return err
		}
	}
	return chunk.SetSize(len(part))
}

func put(chunk duck.DataChunk, column, row int, f eventstore.Field, e *event.Event) error {
	switch f.Kind {
	case eventstore.Column:
		if !e.Has(f.Path) {
			return chunk.SetValue(column, row, nil)
		}
		switch f.Path.Type() {
		case event.Int, event.Time:
			return duck.SetChunkValue(chunk, column, row, e.Int(f.Path))
		case event.Bool:
			return duck.SetChunkValue(chunk, column, row, e.Bool(f.Path))
		case event.String, event.JSON:
		}
		return duck.SetChunkValue(chunk, column, row, eventstore.Text(e.Str(f.Path)))
	case eventstore.EventTime:
		return duck.SetChunkValue(chunk, column, row, e.Time.UnixNano())
	case eventstore.ClassUID:
		return duck.SetChunkValue(chunk, column, row, int64(e.Class))
	case eventstore.EventID, eventstore.Unmapped:
	}
	s, ok := f.Value(e)
	if !ok {
		return chunk.SetValue(column, row, nil)
	}
	return duck.SetChunkValue(chunk, column, row, s)
}

// register makes the functions that the engine's SQL uses.
func (e *Engine) register(conn *sql.Conn) error {
	number, err := duck.NewTypeInfo(duck.TYPE_BIGINT)
	if err != nil {
		return err
	}
	text, err := duck.NewTypeInfo(duck.TYPE_VARCHAR)
	if err != nil {
		return err
	}
	truth, err := duck.NewTypeInfo(duck.TYPE_BOOLEAN)
	if err != nil {
		return err
	}
	err = duck.RegisterTableUDF(conn, "bongsu_tail", duck.ChunkTableFunction{
		Config: duck.TableFunctionConfig{Arguments: []duck.TypeInfo{number}},
		BindArguments: func(_ map[string]any, args ...any) (duck.ChunkTableSource, error) {
			n, _ := args[0].(int64)
			return e.feed.get(n)
		},
	})
	if err != nil {
		return err
	}
	for name, f := range map[string]function{
		"bongsu_unquote": {args: []duck.TypeInfo{text}, result: text, call: func(args []driver.Value) any {
			s, _ := args[0].(string)
			return eventstore.Text(event.Unquote(s))
		}},
		"bongsu_holds": {args: []duck.TypeInfo{text, number, text}, result: truth, call: func(args []driver.Value) any {
			s, _ := args[0].(string)
			where, _ := args[1].(int64)
			part, _ := args[2].(string)
			return holds(s, eventstore.Anchor(where), part)
		}},
		"bongsu_within": {args: []duck.TypeInfo{text, text}, result: truth, call: func(args []driver.Value) any {
			s, _ := args[0].(string)
			list, _ := args[1].(string)
			return within(s, list)
		}},
	} {
		if err := duck.RegisterScalarUDF(conn, name, f); err != nil {
			return err
		}
	}
	return nil
}

// A function is a function of SQL that is written in Go.
type function struct {
	args   []duck.TypeInfo
	result duck.TypeInfo
	call   func(args []driver.Value) any
}

// Config implements duck.ScalarFunc.
func (f function) Config() duck.ScalarFuncConfig {
	return duck.ScalarFuncConfig{InputTypeInfos: f.args, ResultTypeInfo: f.result}
}

// Executor implements duck.ScalarFunc.
func (f function) Executor() duck.ScalarFuncExecutor {
	// The form with a context shares it between DuckDB's threads without a lock.
	return duck.ScalarFuncExecutor{RowExecutor: func(args []driver.Value) (any, error) {
		return f.call(args), nil
	}}
}

// holds asks eventstore whether a text holds another.
func holds(s string, where eventstore.Anchor, part string) bool {
	e := &event.Event{}
	e.SetStr(event.Message, s)
	return eventstore.Meets(e, eventstore.Contains{
		Field: eventstore.Field{Kind: eventstore.Column, Path: event.Message}, Where: where, Text: part,
	})
}

// within reports whether an address is in one of the prefixes, which are
// separated by spaces; see eventstore.Compile.
func within(address, prefixes string) bool {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(strings.Fields(prefixes), func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Contains(addr)
	})
}
