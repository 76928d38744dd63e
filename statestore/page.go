package statestore

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ErrCursor says that a cursor was not made by the list that it was given to.
var ErrCursor = errors.New("cursor is not one of this list's; begin again without one")

// How many rows a page has.
const (
	usualPage = 100
	maxPage   = 1000
	maxCursor = 2048 // bytes
)

// limit returns how many rows a page has: asked for, the usual number for 0, at
// most maxPage.
func limit(asked int) int {
	switch {
	case asked <= 0:
		return usualPage
	case asked > maxPage:
		return maxPage
	}
	return asked
}

// A keyset pages through a list by the values of its last row, which stays
// right and fast while rows come and go. Its columns together must be unique,
// must not be null and hold int64 or string.
//
//	list := keyset{noun: "asset", columns: []string{"last_seen", "id"}, descending: true}
//	var where conditions
//	if err := list.from(&where, cursor); err != nil { … }
//	query := `SELECT … FROM assets` + where.sql() + list.order() + ` LIMIT ?`
//	… args: append(where.args, limit(n)+1); a row more than the limit means another page:
//	next := list.cursor(last.LastSeen, last.ID)
type keyset struct {
	noun       string
	columns    []string
	descending bool
}

// order is the ORDER BY of the list.
func (k keyset) order() string {
	direction := ""
	if k.descending {
		direction = " DESC"
	}
	return " ORDER BY " + strings.Join(k.columns, direction+", ") + direction
}

// cursor names the row after which the next page begins, by its values of the
// keyset's columns.
func (k keyset) cursor(values ...any) string {
	raw, err := json.Marshal(append([]any{k.noun}, values...))
	if err != nil {
		return "" // int64 and string always encode
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// from adds the condition of a page that begins behind cursor; "" is the first
// page.
func (k keyset) from(where *conditions, cursor string) error {
	if cursor == "" {
		return nil
	}
	if len(cursor) > maxCursor {
		return fmt.Errorf("%w: %d bytes", ErrCursor, len(cursor))
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return fmt.Errorf("%w: %q", ErrCursor, cursor)
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	var values []any
	if err := decoder.Decode(&values); err != nil || len(values) != len(k.columns)+1 || values[0] != k.noun {
		return fmt.Errorf("%w: %q", ErrCursor, cursor)
	}
	args := values[1:]
	for i, v := range args {
		switch v := v.(type) {
		case string:
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return fmt.Errorf("%w: %q", ErrCursor, cursor)
			}
			args[i] = n
		default:
			return fmt.Errorf("%w: %q", ErrCursor, cursor)
		}
	}
	sign := ">"
	if k.descending {
		sign = "<"
	}
	where.add("("+strings.Join(k.columns, ", ")+") "+sign+" ("+marks(len(args))+")", args...)
	return nil
}

// conditions gathers what WHERE asks, joined by AND.
type conditions struct {
	parts []string
	args  []any
}

// add adds a condition with the arguments of its question marks.
func (c *conditions) add(condition string, args ...any) {
	c.parts = append(c.parts, condition)
	c.args = append(c.args, args...)
}

// in asks that column is one of values; none ask nothing.
func (c *conditions) in(column string, values []string) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	c.add(column+" IN ("+marks(len(values))+")", args...)
}

// sql is the WHERE clause, with a blank before it; "" without conditions.
func (c *conditions) sql() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
}
