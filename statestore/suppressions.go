package statestore

import (
	"context"
	"fmt"
	"time"

	"github.com/bongsu/bongsu/incident"
)

// Suppressions keeps package incident's suppressions.
type Suppressions struct{ store *Store }

// Suppressions returns the store of suppressions.
func (s *Store) Suppressions() *Suppressions { return &Suppressions{s} }

// PutSuppression stores a suppression. Its counters stay as they are, as
// UseSuppressions keeps them.
func (s *Suppressions) PutSuppression(ctx context.Context, x incident.Suppression) error {
	err := s.store.write(ctx, func(tx conn) error {
		document, err := toJSON(x)
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO suppressions (id, reason, created, until, ended, used, last_used, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, until = excluded.until, ended = excluded.ended, document = excluded.document`,
			x.ID, x.Reason, nanos(x.Created), nanos(x.Until), nanos(x.Ended), x.Used, nanos(x.LastUsed), document)
		return err
	})
	if err != nil {
		return fmt.Errorf("put suppression %s: %w", x.ID, err)
	}
	return nil
}

const selectSuppressions = `SELECT document, used, last_used FROM suppressions`

func readSuppression(scan func(...any) error) (incident.Suppression, error) {
	var x incident.Suppression
	var document string
	var used, last int64
	if err := scan(&document, &used, &last); err != nil {
		return x, err
	}
	if err := fromJSON(document, &x); err != nil {
		return x, err
	}
	x.Used, x.LastUsed = used, moment(last)
	return x, nil
}

// SuppressionByID returns one suppression.
func (s *Suppressions) SuppressionByID(ctx context.Context, id string) (incident.Suppression, error) {
	x, err := readSuppression(func(dest ...any) error {
		return s.store.read(ctx).one(selectSuppressions+` WHERE id = ?`, []any{id}, dest...)
	})
	if noRows(err) {
		return x, incident.ErrNotFound
	}
	if err != nil {
		return x, fmt.Errorf("read suppression %s: %w", id, err)
	}
	return x, nil
}

var suppressionsLatest = keyset{noun: "suppressions", columns: []string{"created", "id"}, descending: true}

// ListSuppressions returns a page of suppressions, the latest first.
func (s *Suppressions) ListSuppressions(ctx context.Context, ended bool, page incident.Page) ([]incident.Suppression, string, error) {
	var where conditions
	if !ended {
		where.add("ended = 0")
	}
	if err := suppressionsLatest.from(&where, page.Cursor); err != nil {
		return nil, "", err
	}
	n := limit(page.Limit)
	var out []incident.Suppression
	err := s.store.read(ctx).each(selectSuppressions+where.sql()+suppressionsLatest.order()+` LIMIT ?`, append(where.args, n+1),
		func(scan func(...any) error) error {
			x, err := readSuppression(scan)
			out = append(out, x)
			return err
		})
	if err != nil {
		return nil, "", fmt.Errorf("list suppressions: %w", err)
	}
	if len(out) <= n {
		return out, "", nil
	}
	out = out[:n]
	return out, suppressionsLatest.cursor(nanos(out[n-1].Created), out[n-1].ID), nil
}

// UseSuppressions adds to the counters.
func (s *Suppressions) UseSuppressions(ctx context.Context, uses map[string]int64, at time.Time) error {
	err := s.store.write(ctx, func(tx conn) error {
		for id, n := range uses {
			if _, err := tx.exec(`UPDATE suppressions SET used = used + ?, last_used = ? WHERE id = ?`, n, nanos(at), id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count uses of suppressions: %w", err)
	}
	return nil
}
