package statestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/bongsu/bongsu/hunt"
)

// Hunts keeps the hunts that people save.
type Hunts struct{ store *Store }

// Hunts returns the store of saved hunts.
func (s *Store) Hunts() *Hunts { return &Hunts{s} }

const huntColumns = `id, tenant, name, description, text, owner, created, updated, version`

func scanHunt(scan func(...any) error) (hunt.Saved, error) {
	var h hunt.Saved
	var created, updated int64
	err := scan(&h.ID, &h.Tenant, &h.Name, &h.Description, &h.Text, &h.Owner, &created, &updated, &h.Version)
	h.Created, h.Updated = moment(created), moment(updated)
	return h, err
}

// Hunts returns a page by name and the cursor of the next, "" after the last.
// n 0 is the usual number.
func (h *Hunts) Hunts(ctx context.Context, tenant, cursor string, n int) (page []hunt.Saved, next string, err error) {
	keys := keyset{noun: "hunt", columns: []string{"name", "id"}}
	var where conditions
	where.add(`tenant = ?`, tenant)
	if err := keys.from(&where, cursor); err != nil {
		return nil, "", err
	}
	n = limit(n)
	err = h.store.read(ctx).each(`SELECT `+huntColumns+` FROM hunts`+where.sql()+keys.order()+` LIMIT ?`, append(where.args, n+1),
		func(scan func(...any) error) error {
			saved, err := scanHunt(scan)
			page = append(page, saved)
			return err
		})
	if err != nil {
		return nil, "", fmt.Errorf("list hunts: %w", err)
	}
	if len(page) > n {
		page = page[:n]
		next = keys.cursor(page[n-1].Name, page[n-1].ID)
	}
	return page, next, nil
}

// Hunt returns one saved hunt; hunt.ErrNotFound if there is none.
func (h *Hunts) Hunt(ctx context.Context, tenant, id string) (hunt.Saved, error) {
	saved, err := scanHunt(func(dest ...any) error {
		return h.store.read(ctx).one(`SELECT `+huntColumns+` FROM hunts WHERE tenant = ? AND id = ?`, []any{tenant, id}, dest...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = hunt.ErrNotFound
	}
	if err != nil {
		return hunt.Saved{}, fmt.Errorf("read hunt %s: %w", id, err)
	}
	return saved, nil
}

// AddHunt keeps a new hunt; hunt.ErrNameTaken if its name or id is taken.
func (h *Hunts) AddHunt(ctx context.Context, saved hunt.Saved) error {
	err := h.store.write(ctx, func(tx conn) error {
		_, err := tx.exec(`INSERT INTO hunts (`+huntColumns+`) VALUES (`+marks(9)+`)`,
			saved.ID, saved.Tenant, saved.Name, saved.Description, saved.Text, saved.Owner, nanos(saved.Created), nanos(saved.Updated), saved.Version)
		return nameTaken(err)
	})
	if err != nil {
		return fmt.Errorf("add hunt %s: %w", saved.ID, err)
	}
	return nil
}

// ChangeHunt keeps name, description, text, version and time of change of the
// hunt that has the version before.
func (h *Hunts) ChangeHunt(ctx context.Context, saved hunt.Saved) error {
	err := h.store.write(ctx, func(tx conn) error {
		n, err := tx.exec(`UPDATE hunts SET name = ?, description = ?, text = ?, updated = ?, version = ? WHERE tenant = ? AND id = ? AND version = ?`,
			saved.Name, saved.Description, saved.Text, nanos(saved.Updated), saved.Version, saved.Tenant, saved.ID, saved.Version-1)
		if err != nil || n > 0 {
			return nameTaken(err)
		}
		var version int64
		err = tx.one(`SELECT version FROM hunts WHERE tenant = ? AND id = ?`, []any{saved.Tenant, saved.ID}, &version)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return hunt.ErrNotFound
		case err != nil:
			return err
		}
		return fmt.Errorf("%w: version %d is now %d", hunt.ErrChanged, saved.Version-1, version)
	})
	if err != nil {
		return fmt.Errorf("change hunt %s: %w", saved.ID, err)
	}
	return nil
}

// RemoveHunt removes a hunt; hunt.ErrNotFound if there is none.
func (h *Hunts) RemoveHunt(ctx context.Context, tenant, id string) error {
	err := h.store.write(ctx, func(tx conn) error {
		n, err := tx.exec(`DELETE FROM hunts WHERE tenant = ? AND id = ?`, tenant, id)
		if err == nil && n == 0 {
			return hunt.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove hunt %s: %w", id, err)
	}
	return nil
}

func nameTaken(err error) error {
	if errors.Is(err, ErrExists) {
		return fmt.Errorf("%w: %w", hunt.ErrNameTaken, err)
	}
	return err
}
