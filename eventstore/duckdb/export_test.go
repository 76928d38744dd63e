//go:build cgo

package duckdb

import "context"

// Running reports whether the database is open.
func (e *Engine) Running() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.db != nil
}

// Exec runs a statement as the engine does.
func (e *Engine) Exec(ctx context.Context, statement string) error {
	conn, done, err := e.connect(ctx, 0)
	if err != nil {
		return err
	}
	defer done()
	_, err = conn.ExecContext(ctx, statement)
	return err
}

// TallyRows sets how many events the first part of time has that is counted by
// itself.
func (e *Engine) TallyRows(n int64) { e.tallyRows = n }
