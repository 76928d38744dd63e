// Package sqlite opens the state store in one SQLite file, so that a single
// machine needs no database server. It holds the driver, its settings, and what
// is done about a damaged file; the SQL is package statestore's.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	driver "modernc.org/sqlite"

	"github.com/bongsu/bongsu/statestore"
)

// Result codes of SQLite, https://www.sqlite.org/rescode.html. The lower byte
// is the primary code.
const (
	codeBusy       = 5
	codeLocked     = 6
	codeIO         = 10
	codeCorrupt    = 11
	codeFull       = 13
	codeNotADB     = 26
	codePrimaryKey = 19 | 6<<8
	codeUnique     = 19 | 8<<8
	codeIOWrite    = codeIO | 3<<8
)

// Config says which file is opened and how.
type Config struct {
	Path  string
	Clock func() time.Time
	// Wait is how long a statement waits for another process; 0 is 5 s.
	Wait time.Duration
	// Readers is how many connections read at once; 0 is as many as processors,
	// at least 2.
	Readers int
}

// A DB is an open file. It may be used by many goroutines.
type DB struct {
	*statestore.Store
	path           string
	writer, reader *sql.DB
}

// Dialect is SQLite's.
func Dialect() statestore.Dialect {
	return statestore.Dialect{
		Name:        "sqlite",
		Placeholder: func(int) string { return "?" },
		Fault:       fault,
	}
}

// fault tells which error of package statestore an error of SQLite is.
func fault(err error) error {
	var e *driver.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code() {
	case codePrimaryKey, codeUnique:
		return statestore.ErrExists
	}
	switch e.Code() & 0xff {
	case codeFull:
		return statestore.ErrNoSpace
	case codeBusy, codeLocked:
		return statestore.ErrBusy
	case codeCorrupt, codeNotADB:
		return statestore.ErrDamaged
	}
	return nil
}

// Open opens the file, makes it where there is none, and brings it to this
// program's schema.
func Open(ctx context.Context, config Config) (*DB, error) {
	if config.Wait == 0 {
		config.Wait = 5 * time.Second
	}
	if config.Readers == 0 {
		config.Readers = max(2, runtime.NumCPU())
	}
	db := &DB{path: config.Path}
	var err error
	if db.writer, err = sql.Open("sqlite", address(config, "immediate")); err != nil {
		return nil, fmt.Errorf("open %s: %w", config.Path, err)
	}
	db.writer.SetMaxOpenConns(1)
	if db.reader, err = sql.Open("sqlite", address(config, "deferred")); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", config.Path, err), db.Close())
	}
	db.reader.SetMaxOpenConns(config.Readers)
	db.reader.SetMaxIdleConns(1)
	db.Store, err = statestore.Open(ctx, statestore.Config{Write: db.writer, Read: db.reader, Dialect: Dialect(), Clock: config.Clock})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", config.Path, err), db.Close())
	}
	return db, nil
}

// address is the driver's name of the file with what every connection is set
// to.
func address(config Config, lock string) string {
	pragmas := []string{
		"busy_timeout(" + strconv.FormatInt(config.Wait.Milliseconds(), 10) + ")",
		"journal_mode(wal)",
		"synchronous(full)",        // a commit that was acknowledged survives the loss of power
		"foreign_keys(1)",          // off unless asked for
		"temp_store(memory)",       // no files outside of the data folder
		"cache_size(-1024)",        // KiB a connection; the system caches the file too
		"wal_autocheckpoint(1000)", // pages: the log stays near 4 MiB
		"journal_size_limit(8388608)",
		"trusted_schema(0)",
	}
	query := url.Values{"_pragma": pragmas, "_txlock": {lock}}
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(config.Path) + "?" + query.Encode()
}

// Close closes the file. What was acknowledged is in it.
func (db *DB) Close() error {
	var errs []error
	if db.reader != nil {
		errs = append(errs, db.reader.Close())
	}
	if db.writer != nil { // last: the last connection writes the log back
		errs = append(errs, db.writer.Close())
	}
	return errors.Join(errs...)
}
