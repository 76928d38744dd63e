// Package statestore keeps what Bongsu knows apart from the events themselves:
// incidents, assets, accounts, the audit log, how far sources have come. It
// holds the SQL of every module, a file a noun; it decides nothing. A module
// declares the small Store interface that it needs next to its own types and
// never imports this package; package app hands the matching Store in.
//
// What differs between databases stands in a Dialect, which an engine such as
// statestore/sqlite makes.
//
// # To add a noun
//
// Write migrations/NNNN_noun.sql and noun.go, and add the noun to
// statestoretest. In the SQL file:
//
//   - Numbers are taken in tens: 0010 segments of the event store, 0020
//     findings, incidents and suppressions, 0030 assets, 0040 hunts, 0050 audit,
//     0060 identity, 0070 sources, uploads and positions. A noun owns its ten
//     numbers. A migration with a lower number than one already applied is
//     still applied, so it must not need tables of higher numbers.
//   - A migration that was released is never edited; its checksum is kept, and
//     a changed one is refused. Add the next number instead.
//   - Plain SQL that SQLite and PostgreSQL both take: TEXT, BIGINT (never
//     INTEGER, which has 32 bits elsewhere), DOUBLE PRECISION, NOT NULL with
//     defaults, CREATE INDEX, REFERENCES. What cannot be said in common
//     (triggers) goes into NNNN_noun.sqlite.sql, which only that dialect reads;
//     its number is its own.
//   - A time is BIGINT, nanoseconds since 1970, 0 for none; JSON is TEXT; a
//     hash is lower-case hex in TEXT; true and false are BIGINT 1 and 0.
//
// In the Go file:
//
//	// Assets keeps package asset's machines.
//	type Assets struct{ store *Store }
//
//	// Assets returns the store of assets.
//	func (s *Store) Assets() *Assets { return &Assets{s} }
//
//	func (a *Assets) Rename(ctx context.Context, id, name string) error {
//		return a.store.write(ctx, func(tx conn) error {
//			n, err := tx.exec(`UPDATE assets SET name = ? WHERE id = ?`, name, id)
//			if err == nil && n == 0 {
//				return asset.ErrNotFound
//			}
//			return err
//		})
//	}
//
// The function given to write may run more than once and must not act outside
// the database. Placeholders are question marks. Inserts that may meet a row
// use ON CONFLICT (key) DO UPDATE SET column = excluded.column. Lists use
// keyset and limit of page.go: no OFFSET.
//
// # Changes that belong together
//
// Atomically opens a transaction that travels in the context. Every store, the
// audit log's too, that is called with that context takes part in it. A module
// that wants its change and the audit entry in one piece declares
//
//	type Transactor interface {
//		Atomically(ctx context.Context, do func(ctx context.Context) error) error
//	}
//
// and is given the Store.
package statestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrNoSpace says that the disk is full. What was asked for was not done; it
	// may be tried again when there is room.
	ErrNoSpace = errors.New("no space left for the state database")
	// ErrBusy says that another process holds the database's lock for longer than
	// was waited.
	ErrBusy = errors.New("state database is in use by another process")
	// ErrDamaged says that the database's file does not hold what was written.
	ErrDamaged = errors.New("state database is damaged")
	// ErrExists says that a row with that key is there already.
	ErrExists = errors.New("already there")
)

// A Dialect is what differs between databases. Every member must be set.
type Dialect struct {
	Name string // of files that only this dialect reads: NNNN_noun.<name>.sql
	// Placeholder names the nth argument, 1 is the first: "?" or "$1".
	Placeholder func(n int) string
	// Fault says which of this package's errors an error of the driver is; nil
	// where it is none of them.
	Fault func(err error) error
}

// Config is what a Store stands on.
type Config struct {
	Write   *sql.DB // transactions that change something; SQLite: one connection
	Read    *sql.DB // everything else; may be the same
	Dialect Dialect
	Clock   func() time.Time
	// Steps are what the schema is made of; nil is what Migrations returns. Tests
	// of upgrades hand in those of another program.
	Steps []Migration
}

// A Store gives every module its store. It may be used by many goroutines.
type Store struct {
	writer, reader *sql.DB
	dialect        Dialect
	clock          func() time.Time
}

// Open brings the database to this program's schema and returns its Store. It
// refuses a database that a newer program has written. The databases remain
// the caller's to close.
func Open(ctx context.Context, config Config) (*Store, error) {
	s := &Store{writer: config.Write, reader: config.Read, dialect: config.Dialect, clock: config.Clock}
	if err := s.migrate(ctx, config.Steps); err != nil {
		return nil, fmt.Errorf("open state store: %w", s.fault(err))
	}
	return s, nil
}

// Ping returns nil if the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.fault(s.reader.QueryRowContext(ctx, "SELECT 1").Scan(&one))
}

type transactionKey struct{}

// A transaction travels in the context of Atomically.
type transaction struct {
	store *Store
	conn  conn
	after []func()
}

// Atomically runs do in one transaction: every call of a store of this database
// with the context that do is given takes part, and everything is kept if do
// returns nil, nothing otherwise. Within another Atomically it takes part in
// that. do may run more than once; the context must not outlive it nor be used
// by two goroutines at once.
func (s *Store) Atomically(ctx context.Context, do func(ctx context.Context) error) error {
	if tx := s.transactionOf(ctx); tx != nil {
		return do(ctx)
	}
	const tries = 6
	wait := 20 * time.Millisecond
	for try := 1; ; try++ {
		err := s.try(ctx, do)
		if !errors.Is(err, ErrBusy) || try == tries {
			return err
		}
		pause := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-pause.C:
		}
		wait *= 2
	}
}

func (s *Store) transactionOf(ctx context.Context) *transaction {
	tx, ok := ctx.Value(transactionKey{}).(*transaction)
	if !ok || tx.store != s {
		return nil
	}
	return tx
}

func (s *Store) try(ctx context.Context, do func(ctx context.Context) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return s.fault(fmt.Errorf("begin transaction: %w", err))
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it says so, before it nothing is kept either way
	t := &transaction{store: s}
	inner := context.WithValue(ctx, transactionKey{}, t)
	t.conn = conn{ctx: inner, db: tx, store: s}
	if err := do(inner); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return s.fault(fmt.Errorf("commit transaction: %w", err))
	}
	for _, f := range t.after {
		f()
	}
	return nil
}

// write runs do in a transaction, the context's if it carries one.
func (s *Store) write(ctx context.Context, do func(tx conn) error) error {
	return s.Atomically(ctx, func(ctx context.Context) error {
		return do(s.transactionOf(ctx).conn)
	})
}

// read returns where to read from: the context's transaction, so that it sees
// its own changes, or the readers.
func (s *Store) read(ctx context.Context) conn {
	if tx := s.transactionOf(ctx); tx != nil {
		return tx.conn
	}
	return conn{ctx: ctx, db: s.reader, store: s}
}

// after runs f when the transaction of ctx is durable; at once where there is
// none. If the transaction is not kept, f never runs.
func (s *Store) after(ctx context.Context, f func()) {
	if tx := s.transactionOf(ctx); tx != nil {
		tx.after = append(tx.after, f)
		return
	}
	f()
}

// fault marks an error of the driver with the error of this package that it is.
func (s *Store) fault(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{ErrNoSpace, ErrBusy, ErrDamaged, ErrExists} {
		if errors.Is(err, known) {
			return err
		}
	}
	if known := s.dialect.Fault(err); known != nil {
		return fmt.Errorf("%w: %w", known, err)
	}
	return err
}
