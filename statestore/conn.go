package statestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A conn runs statements, in a transaction or on the readers. Errors come out
// marked by Store.fault.
type conn struct {
	ctx context.Context
	db  interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
	store *Store
}

// exec runs a statement and returns how many rows it changed.
func (c conn) exec(query string, args ...any) (changed int64, err error) {
	result, err := c.db.ExecContext(c.ctx, c.store.dialect.rebind(query), args...)
	if err != nil {
		return 0, c.store.fault(err)
	}
	changed, err = result.RowsAffected()
	return changed, c.store.fault(err)
}

// one reads the columns of the only row into dest; sql.ErrNoRows if there is
// none. Callers turn that into their module's own error.
func (c conn) one(query string, args []any, dest ...any) error {
	return c.store.fault(c.db.QueryRowContext(c.ctx, c.store.dialect.rebind(query), args...).Scan(dest...))
}

// each calls row for every row of a query; row calls scan once. A statement
// must not be run within row.
func (c conn) each(query string, args []any, row func(scan func(dest ...any) error) error) error {
	rows, err := c.db.QueryContext(c.ctx, c.store.dialect.rebind(query), args...)
	if err != nil {
		return c.store.fault(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return c.store.fault(err)
		}
	}
	return c.store.fault(rows.Err())
}

// rebind writes the dialect's placeholders for question marks outside of
// quotes.
func (d Dialect) rebind(query string) string {
	if d.Placeholder(1) == "?" {
		return query
	}
	var out strings.Builder
	n, quote := 0, byte(0)
	for i := range len(query) {
		c := query[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '?':
			n++
			out.WriteString(d.Placeholder(n))
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

// marks returns n placeholders with commas, for IN and VALUES.
func marks(n int) string {
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
}

// nanos is how a time is stored: nanoseconds since 1970, 0 for the zero time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// moment is the time that nanos stored, in UTC.
func moment(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// bit is how true and false are stored.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// toJSON is how values without a column of their own are stored.
func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode %T: %w", v, err)
	}
	return string(b), nil
}

// fromJSON reads what toJSON stored; "" leaves v as it is.
func fromJSON(stored string, v any) error {
	if stored == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(stored), v); err != nil {
		return fmt.Errorf("%w: decode %T: %w", ErrDamaged, v, err)
	}
	return nil
}
