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
	"os"
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
	codeIOShmSize  = codeIO | 19<<8
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
	// Steps are those of statestore.Config.
	Steps []statestore.Migration
}

// A DB is an open file. It may be used by many goroutines.
type DB struct {
	*statestore.Store
	path           string
	writer, reader *sql.DB
	damage         *Damage
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
	case codeIOShmSize: // the log's index does not fit
		return statestore.ErrNoSpace
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
// program's schema. The whole file is checked first; a damaged one is set aside
// and what can be read of it is recovered, which Damage tells. If nothing can
// be, the error says what to do. Nobody else may have the file open.
func Open(ctx context.Context, config Config) (*DB, error) {
	damage, err := repair(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", config.Path, err)
	}
	db, err := openFile(ctx, config)
	if err != nil {
		return nil, err
	}
	db.damage = damage
	return db, nil
}

// openFile opens a file that is known to be whole.
func openFile(ctx context.Context, config Config) (*DB, error) {
	if config.Readers == 0 {
		config.Readers = max(2, runtime.NumCPU())
	}
	// It holds hashes of passwords; SQLite would let everybody read it.
	file, err := os.OpenFile(config.Path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open state database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open state database: %w", err)
	}
	db := &DB{path: config.Path}
	if db.writer, err = sql.Open("sqlite", address(config, "immediate")); err != nil {
		return nil, fmt.Errorf("open %s: %w", config.Path, err)
	}
	db.writer.SetMaxOpenConns(1)
	if db.reader, err = sql.Open("sqlite", address(config, "deferred")); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", config.Path, err), db.Close())
	}
	db.reader.SetMaxOpenConns(config.Readers)
	db.reader.SetMaxIdleConns(1)
	db.Store, err = statestore.Open(ctx, statestore.Config{
		Write: db.writer, Read: db.reader, Dialect: Dialect(), Clock: config.Clock, Steps: config.Steps,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", config.Path, err), db.Close())
	}
	return db, nil
}

// address is the driver's name of the file with what every connection is set
// to.
func address(config Config, lock string) string {
	if config.Wait == 0 {
		config.Wait = 5 * time.Second
	}
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
	return fileAddress(config.Path, url.Values{"_pragma": pragmas, "_txlock": {lock}})
}

// addressOfDamaged names a file that is read as far as it goes: with a schema
// that may be changed by hand, SQLite bears one that is broken, and a file that
// is shorter than it says.
func addressOfDamaged(config Config) string {
	return fileAddress(config.Path, url.Values{"_pragma": {"writable_schema(1)", "cell_size_check(1)", "trusted_schema(0)", "temp_store(memory)"}})
}

func fileAddress(path string, query url.Values) string {
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path) + "?" + query.Encode()
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

// Backup writes a whole copy of the database to path, where no file may be,
// while it is in use. It is durable when Backup returns; after an error no file
// is left.
func (db *DB) Backup(ctx context.Context, path string) error {
	if exists(path) {
		return fmt.Errorf("back up state database: %s is there already", path)
	}
	part := path + ".part"
	if err := removeDatabase(part); err != nil {
		return fmt.Errorf("back up state database: %w", err)
	}
	if err := db.backup(ctx, part, path); err != nil {
		return errors.Join(fmt.Errorf("back up state database: %w", err), removeDatabase(part))
	}
	return nil
}

func (db *DB) backup(ctx context.Context, part, path string) error {
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := db.reader.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		if known := fault(err); known != nil {
			err = fmt.Errorf("%w: %w", known, err)
		}
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncFolder(path)
}

// Check reads the whole of a file that nobody has open, such as a backup, and
// says what is wrong with it: statestore.ErrDamaged, statestore.ErrNewer.
func Check(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("check state database: %w", err)
	}
	wrong, err := examine(ctx, Config{Path: path})
	if err == nil && wrong != "" {
		err = fmt.Errorf("%w: %s", statestore.ErrDamaged, wrong)
	}
	if err == nil {
		err = checkSchema(ctx, path)
	}
	if err != nil {
		return fmt.Errorf("check %s: %w", path, err)
	}
	return nil
}

func checkSchema(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", address(Config{Path: path}, "deferred"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	return statestore.CheckSchema(ctx, statestore.Config{Write: db, Read: db, Dialect: Dialect()})
}
