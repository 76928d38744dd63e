//go:build cgo

package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	duck "github.com/duckdb/duckdb-go/v2"
)

// An Engine answers queries. It is safe for concurrent use.
//
// The database is opened by the first query and closed when nothing was asked
// for a while, so that a server that nobody asks stays small.
type Engine struct {
	config Config
	slots  chan struct{} // one for each query that runs
	alone  chan struct{} // held by who takes more than one of them

	exports chan struct{} // one for each Each that runs, fewer than slots

	mu     sync.Mutex
	db     *sql.DB
	users  int
	rest   *time.Timer // closes the database; nil while somebody uses it
	closed bool

	feed      feed
	tallyRows int64
}

// errClosed says that the engine was closed.
var errClosed = errors.New("query engine is closed")

// Open returns an engine. It opens nothing yet.
func Open(config Config) (*Engine, error) {
	if config.Store == nil || config.Dir == "" || config.TempDir == "" || config.Clock == nil {
		return nil, errors.New("open query engine: Store, Dir, TempDir and Clock are needed")
	}
	config = config.withDefaults()
	for _, dir := range []*string{&config.Dir, &config.TempDir} {
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return nil, fmt.Errorf("open query engine: %w", err)
		}
		*dir = abs
	}
	return &Engine{
		config:  config,
		slots:   make(chan struct{}, config.Queries),
		alone:   make(chan struct{}, 1),
		exports: make(chan struct{}, max(1, config.Queries-1)),

		tallyRows: tallyRows,
	}, nil
}

// Close ends the engine. Queries that run are waited for; later ones fail.
func (e *Engine) Close() error {
	if err := e.take(context.Background(), cap(e.slots)); err != nil {
		return err
	}
	defer e.give(cap(e.slots))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return e.shut()
}

// take waits for n slots.
func (e *Engine) take(ctx context.Context, n int) error {
	if n > 1 {
		select { // two that wait for each other's slots would wait for ever
		case e.alone <- struct{}{}:
			defer func() { <-e.alone }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for i := range n {
		select {
		case e.slots <- struct{}{}:
		case <-ctx.Done():
			e.give(i)
			return ctx.Err()
		}
	}
	return nil
}

func (e *Engine) give(n int) {
	for range n {
		<-e.slots
	}
}

// shut closes the database. The caller holds mu.
func (e *Engine) shut() error {
	if e.rest != nil {
		e.rest.Stop()
		e.rest = nil
	}
	if e.db == nil {
		return nil
	}
	db := e.db
	e.db = nil
	if err := db.Close(); err != nil {
		return fmt.Errorf("close query engine: %w", err)
	}
	return nil
}

// connect waits for its turn and returns a connection, and what gives it back.
// A query with a memory bound of its own has the database for itself.
func (e *Engine) connect(ctx context.Context, memory int64) (conn *sql.Conn, done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	slots := 1
	confined := memory > 0 && memory < e.config.MemoryLimit
	if confined {
		slots = cap(e.slots)
	}
	if err := e.take(ctx, slots); err != nil {
		return nil, nil, err
	}
	db, err := e.use()
	if err != nil {
		e.give(slots)
		return nil, nil, err
	}
	free := func() {
		e.unuse()
		e.give(slots)
	}
	if conn, err = db.Conn(ctx); err == nil && confined {
		err = setMemory(ctx, conn, memory)
	}
	if err != nil {
		free()
		return nil, nil, err
	}
	return conn, func() {
		if confined {
			if err := setMemory(context.WithoutCancel(ctx), conn, e.config.MemoryLimit); err != nil {
				e.config.Log.Error("memory limit of the query engine is not restored", "error", err)
			}
		}
		if err := conn.Close(); err != nil {
			e.config.Log.Warn("connection of the query engine does not close", "error", err)
		}
		free()
	}, nil
}

func setMemory(ctx context.Context, conn *sql.Conn, bytes int64) error {
	_, err := conn.ExecContext(ctx, fmt.Sprintf("SET memory_limit = '%dB'", bytes))
	return err
}

func (e *Engine) use() (*sql.DB, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errClosed
	}
	if e.rest != nil {
		e.rest.Stop()
		e.rest = nil
	}
	if e.db == nil {
		db, err := e.start()
		if err != nil {
			return nil, fmt.Errorf("start query engine: %w", err)
		}
		e.db = db
	}
	e.users++
	return e.db, nil
}

func (e *Engine) unuse() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.users--; e.users > 0 || e.closed {
		return
	}
	e.rest = time.AfterFunc(e.config.Idle, e.idle)
}

// idle closes the database unless somebody has begun to use it.
func (e *Engine) idle() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.users > 0 {
		return
	}
	if err := e.shut(); err != nil {
		e.config.Log.Warn("idle query engine does not close", "error", err)
	}
}

// start opens the database, in memory.
func (e *Engine) start() (*sql.DB, error) {
	if err := os.MkdirAll(e.config.TempDir, 0o700); err != nil {
		return nil, err
	}
	connector, err := duck.NewConnector("", nil)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(e.config.Queries)
	if err := e.set(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// set limits the database to what it needs: two folders, no network, no
// extensions, nobody changes it.
func (e *Engine) set(db *sql.DB) error {
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := e.register(conn); err != nil {
		return err
	}
	c := &e.config
	for _, s := range []string{
		fmt.Sprintf("SET threads = %d", c.Threads),
		fmt.Sprintf("SET memory_limit = '%dB'", c.MemoryLimit),
		fmt.Sprintf("SET max_temp_directory_size = '%dB'", c.TempLimit),
		"SET temp_directory = " + quoteText(c.TempDir),
		"SET preserve_insertion_order = false",
		"SET parquet_metadata_cache = true",
		// The operating system keeps the files' pages; twice would be once too often.
		"SET enable_external_file_cache = false",
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		plainMacro,
		timeMacro,
		fmt.Sprintf("SET allowed_directories = [%s, %s]", quoteText(withSlash(c.Dir)), quoteText(withSlash(c.TempDir))),
		"SET enable_external_access = false",
		"SET allowed_configs = ['memory_limit']",
		"SET lock_configuration = true",
	} {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func withSlash(dir string) string { return strings.TrimSuffix(dir, "/") + "/" }

// quoteText writes a text of ours as SQL.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteName writes a column's name as SQL.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
