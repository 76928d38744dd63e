// Package duckdb answers queries about stored events: it reads the Parquet
// segments of a store with DuckDB, in this process, and what is not yet in a
// segment from the store's memory, so that an event can be found as soon as it
// is appended.
//
// It does not write, merge or remove segments; package eventstore does. What a
// condition means is said by eventstore.Compile, and the tests hold this engine
// against it. No text of a query becomes SQL: it is bound as a parameter.
//
// DuckDB needs cgo. In a build without it Open gives eventstore.ErrNoEngine.
package duckdb

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/bongsu/bongsu/eventstore"
)

// Store is what the engine reads: *eventstore.Store.
type Store interface {
	View(b eventstore.Bounds) *eventstore.View
	Report(ctx context.Context, segment string, cause error) (damaged bool, err error)
}

// Config says what an engine reads and what it may use. A zero limit is its
// default.
type Config struct {
	Store   Store
	Dir     string // of the segments; the engine opens no file outside it
	TempDir string // for what does not fit into memory; made where it is not there
	Clock   func() time.Time
	Log     *slog.Logger

	MemoryLimit int64         // bytes of all queries together; 256 MiB
	TempLimit   int64         // bytes in TempDir; 2 GiB
	Threads     int           // 2
	Queries     int           // at once; more wait; 2
	Timeout     time.Duration // of a query that has none; 30 seconds
	Idle        time.Duration // the database is closed when nothing was asked for so long; 5 minutes
}

// Bounds of what one query gives.
const (
	maxRows    = 10_000  // events or groups
	maxBuckets = 100_000 // of a timeline
)

func (c Config) withDefaults() Config {
	c.MemoryLimit = cmp.Or(c.MemoryLimit, 256<<20)
	c.TempLimit = cmp.Or(c.TempLimit, 2<<30)
	c.Threads = cmp.Or(c.Threads, 2)
	c.Queries = cmp.Or(c.Queries, 2)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Idle = cmp.Or(c.Idle, 5*time.Minute)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
