package statestore

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var embedded embed.FS

// ErrNewer says that a newer program has changed the database.
var ErrNewer = errors.New("state database was written by a newer Bongsu")

// A Migration is one step of the schema.
type Migration struct {
	Number   int
	Name     string // file name without folder
	SQL      string
	Checksum string // SHA-256 of the file, hex
}

// Migrations returns the steps that a dialect takes, in order.
func Migrations(dialect string) ([]Migration, error) { return readMigrations(embedded, dialect) }

// readMigrations reads NNNN_noun.sql and NNNN_noun.<dialect>.sql.
func readMigrations(files fs.FS, dialect string) ([]Migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var out []Migration
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), ".sql")
		base, only, special := strings.Cut(base, ".")
		if special && only != dialect {
			continue
		}
		digits, _, ok := strings.Cut(base, "_")
		number, err := strconv.Atoi(digits)
		if !ok || err != nil || len(digits) != 4 {
			return nil, fmt.Errorf("migration %s: name is not NNNN_noun.sql", name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		out = append(out, Migration{Number: number, Name: path.Base(name), SQL: string(text), Checksum: hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(out, func(a, b Migration) int { return a.Number - b.Number })
	for i := 1; i < len(out); i++ {
		if out[i].Number == out[i-1].Number {
			return nil, fmt.Errorf("migrations %s and %s have the same number", out[i-1].Name, out[i].Name)
		}
	}
	return out, nil
}

const schemaTable = `CREATE TABLE IF NOT EXISTS schema_migrations (
	number BIGINT PRIMARY KEY,
	name TEXT NOT NULL,
	checksum TEXT NOT NULL,
	applied BIGINT NOT NULL
)`

// migrate applies what is missing, each step in a transaction of its own, so
// that a crash in between leaves whole steps behind.
func (s *Store) migrate(ctx context.Context, steps []Migration) error {
	if steps == nil {
		var err error
		if steps, err = Migrations(s.dialect.Name); err != nil {
			return err
		}
	}
	if err := s.write(ctx, func(tx conn) error { _, err := tx.exec(schemaTable); return err }); err != nil {
		return fmt.Errorf("create table schema_migrations: %w", err)
	}
	missing, err := s.missing(ctx, steps)
	if err != nil {
		return err
	}
	for _, step := range missing {
		err := s.write(ctx, func(tx conn) error {
			if _, err := tx.exec(step.SQL); err != nil {
				return err
			}
			_, err := tx.exec(`INSERT INTO schema_migrations (number, name, checksum, applied) VALUES (?, ?, ?, ?)`,
				step.Number, step.Name, step.Checksum, nanos(s.clock()))
			return err
		})
		if err != nil {
			return fmt.Errorf("apply migration %s: %w", step.Name, err)
		}
	}
	return nil
}

// missing returns the steps that the database has not seen. It refuses a
// database that has seen other ones.
func (s *Store) missing(ctx context.Context, steps []Migration) ([]Migration, error) {
	applied, err := s.applied(ctx)
	if err != nil {
		return nil, err
	}
	missing := slices.Clone(steps)
	for _, a := range applied {
		i := slices.IndexFunc(missing, func(m Migration) bool { return m.Number == a.Number })
		switch {
		case i < 0:
			return nil, fmt.Errorf("%w: it holds migration %s, which this program does not know; start the newer program, or restore a backup made before it ran", ErrNewer, a.Name)
		case missing[i].Checksum != a.Checksum:
			return nil, fmt.Errorf("migration %s was changed after it was applied: the database has checksum %.12s, this program %.12s", a.Name, a.Checksum, missing[i].Checksum)
		}
		missing = slices.Delete(missing, i, i+1)
	}
	return missing, nil
}

// CheckSchema says whether Open would take the database, without changing it.
func CheckSchema(ctx context.Context, config Config) error {
	s := &Store{writer: config.Write, reader: config.Read, dialect: config.Dialect}
	steps, err := Migrations(s.dialect.Name)
	if err == nil {
		_, err = s.missing(ctx, steps)
	}
	return s.fault(err)
}

// applied returns the steps that the database has seen, without their text.
func (s *Store) applied(ctx context.Context) ([]Migration, error) {
	var out []Migration
	err := s.read(ctx).each(`SELECT number, name, checksum FROM schema_migrations ORDER BY number`, nil, func(scan func(...any) error) error {
		var m Migration
		if err := scan(&m.Number, &m.Name, &m.Checksum); err != nil {
			return err
		}
		out = append(out, m)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read table schema_migrations: %w", err)
	}
	return out, nil
}
