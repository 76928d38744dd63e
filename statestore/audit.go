package statestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/bongsu/bongsu/audit"
)

// Audit keeps the entries of the audit log.
type Audit struct{ store *Store }

// Audit returns the store of the audit log.
func (s *Store) Audit() *Audit { return &Audit{s} }

const auditColumns = `sequence, time, actor_id, actor_name, actor_peer, action, object, detail, previous, hash`

// Append implements audit.Store.
func (a *Audit) Append(ctx context.Context, next func(audit.Head) (audit.Entry, error), kept func(audit.Entry)) error {
	return a.store.Atomically(ctx, func(ctx context.Context) error {
		head, err := a.Head(ctx)
		if err != nil {
			return err
		}
		e, err := next(head)
		if err != nil {
			return err
		}
		err = a.store.write(ctx, func(tx conn) error {
			_, err := tx.exec(`INSERT INTO audit (`+auditColumns+`) VALUES (`+marks(10)+`)`,
				int64(e.Sequence), nanos(e.Time), e.Actor.ID, e.Actor.Name, e.Actor.Peer, e.Action, e.Object, string(e.Detail), e.Previous, e.Hash)
			return err
		})
		if err != nil {
			return fmt.Errorf("append audit entry %d: %w", e.Sequence, err)
		}
		a.store.after(ctx, func() { kept(e) })
		return nil
	})
}

// Head implements audit.Store.
func (a *Audit) Head(ctx context.Context) (audit.Head, error) {
	var head audit.Head
	err := a.store.read(ctx).one(`SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1`, nil, &head.Sequence, &head.Hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return head, fmt.Errorf("read newest audit entry: %w", err)
	}
	return head, nil
}

// Entry implements audit.Store.
func (a *Audit) Entry(ctx context.Context, sequence uint64) (entry audit.Entry, ok bool, err error) {
	err = a.each(ctx, ` WHERE sequence = ?`, []any{int64(sequence)}, func(e audit.Entry) error {
		entry, ok = e, true
		return nil
	})
	return entry, ok, err
}

// Walk implements audit.Store. It reads in pages, so that a slow reader does
// not hold a transaction open.
func (a *Audit) Walk(ctx context.Context, filter audit.Filter, each func(audit.Entry) error) error {
	last := int64(-1 << 62)
	for {
		where := auditWhere(filter)
		where.add(`sequence > ?`, last)
		var page []audit.Entry
		err := a.each(ctx, where.sql()+` ORDER BY sequence LIMIT ?`, append(where.args, maxPage), func(e audit.Entry) error {
			page = append(page, e)
			return nil
		})
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := each(e); err != nil {
				return err
			}
			last = int64(e.Sequence)
		}
		if len(page) < maxPage {
			return nil
		}
	}
}

// List implements audit.Store.
func (a *Audit) List(ctx context.Context, filter audit.Filter, cursor string, n int) (page []audit.Entry, next string, err error) {
	keys := keyset{noun: "audit", columns: []string{"sequence"}, descending: true}
	where := auditWhere(filter)
	if err := keys.from(&where, cursor); err != nil {
		return nil, "", err
	}
	n = limit(n)
	err = a.each(ctx, where.sql()+keys.order()+` LIMIT ?`, append(where.args, n+1), func(e audit.Entry) error {
		page = append(page, e)
		return nil
	})
	if err == nil && len(page) > n {
		page = page[:n]
		next = keys.cursor(int64(page[n-1].Sequence))
	}
	return page, next, err
}

func auditWhere(f audit.Filter) conditions {
	var where conditions
	if f.Actor != "" {
		where.add(`actor_id = ?`, f.Actor)
	}
	switch {
	case strings.HasSuffix(f.Action, "."):
		where.add(`substr(action, 1, ?) = ?`, len([]rune(f.Action)), f.Action)
	case f.Action != "":
		where.add(`action = ?`, f.Action)
	}
	if f.Object != "" {
		where.add(`object = ?`, f.Object)
	}
	if !f.From.IsZero() {
		where.add(`time >= ?`, nanos(f.From))
	}
	if !f.Until.IsZero() {
		where.add(`time < ?`, nanos(f.Until))
	}
	return where
}

func (a *Audit) each(ctx context.Context, rest string, args []any, do func(audit.Entry) error) error {
	err := a.store.read(ctx).each(`SELECT `+auditColumns+` FROM audit`+rest, args, func(scan func(...any) error) error {
		var e audit.Entry
		var at, sequence int64
		var detail string
		if err := scan(&sequence, &at, &e.Actor.ID, &e.Actor.Name, &e.Actor.Peer, &e.Action, &e.Object, &detail, &e.Previous, &e.Hash); err != nil {
			return err
		}
		// A row that somebody wrote by hand may hold anything; it is shown as it is.
		e.Sequence, e.Time, e.Detail = uint64(sequence), moment(at), []byte(detail)
		return do(e)
	})
	if err != nil {
		return fmt.Errorf("read audit entries: %w", err)
	}
	return nil
}
