package statestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
)

// A Ledger keeps how far sources have come and single facts of the
// installation.
type Ledger struct{ store *Store }

// Ledger returns the ledger.
func (s *Store) Ledger() *Ledger { return &Ledger{s} }

// A Position says how far a source has come.
type Position struct {
	Source   string
	Position string // the source's own words
	Sequence uint64 // of the bus's message that it goes with
}

// SetPositions notes how far sources have come, all or none of them. A position
// with a lower sequence than the one kept is left out, so that a late writer
// does not turn a source back.
func (l *Ledger) SetPositions(ctx context.Context, positions []Position) error {
	return l.store.write(ctx, func(tx conn) error {
		for _, p := range positions {
			_, err := tx.exec(`INSERT INTO positions (source, position, sequence) VALUES (?, ?, ?)
				ON CONFLICT (source) DO UPDATE SET position = excluded.position, sequence = excluded.sequence
				WHERE excluded.sequence >= positions.sequence`, p.Source, p.Position, int64(p.Sequence))
			if err != nil {
				return fmt.Errorf("set position of source %q: %w", p.Source, err)
			}
		}
		return nil
	})
}

// Positions returns how far every source has come, by source.
func (l *Ledger) Positions(ctx context.Context) (map[string]Position, error) {
	out := map[string]Position{}
	err := l.store.read(ctx).each(`SELECT source, position, sequence FROM positions`, nil, func(scan func(...any) error) error {
		var p Position
		if err := scan(&p.Source, &p.Position, &p.Sequence); err != nil {
			return err
		}
		out[p.Source] = p
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	return out, nil
}

// Fact returns a single value of the installation, "" if it was never set.
func (l *Ledger) Fact(ctx context.Context, name string) (string, error) {
	var value string
	err := l.store.read(ctx).one(`SELECT value FROM facts WHERE name = ?`, []any{name}, &value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read fact %s: %w", name, err)
	}
	return value, nil
}

// SetFact sets a single value of the installation.
func (l *Ledger) SetFact(ctx context.Context, name, value string) error {
	err := l.store.write(ctx, func(tx conn) error {
		_, err := tx.exec(`INSERT INTO facts (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
		return err
	})
	if err != nil {
		return fmt.Errorf("set fact %s: %w", name, err)
	}
	return nil
}

// Count adds one to a fact that is a number and returns it; 1 the first time.
func (l *Ledger) Count(ctx context.Context, name string) (uint64, error) {
	var n uint64
	err := l.store.Atomically(ctx, func(ctx context.Context) error {
		value, err := l.Fact(ctx, name)
		if err != nil {
			return err
		}
		n = 0
		if value != "" {
			if n, err = strconv.ParseUint(value, 10, 64); err != nil {
				return fmt.Errorf("%w: fact %s is %q, not a number", ErrDamaged, name, value)
			}
		}
		n++
		return l.SetFact(ctx, name, strconv.FormatUint(n, 10))
	})
	return n, err
}
