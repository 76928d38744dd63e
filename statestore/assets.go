package statestore

import (
	"context"
	"fmt"

	"github.com/bongsu/bongsu/asset"
)

// Assets keeps the machines that package asset has seen.
type Assets struct{ store *Store }

// Assets returns the store of assets.
func (s *Store) Assets() *Assets { return &Assets{s} }

// Assets calls yield for every asset, in the order of their ids.
func (a *Assets) Assets(ctx context.Context, yield func(asset.Asset) error) error {
	err := a.store.read(ctx).each(`SELECT id, body FROM assets ORDER BY id`, nil, func(scan func(...any) error) error {
		var id, body string
		if err := scan(&id, &body); err != nil {
			return err
		}
		var one asset.Asset
		if err := fromJSON(body, &one); err != nil {
			return fmt.Errorf("asset %s: %w", id, err)
		}
		return yield(one)
	})
	if err != nil {
		return fmt.Errorf("list assets: %w", err)
	}
	return nil
}

// SaveAssets keeps the assets as they are now, all or none.
func (a *Assets) SaveAssets(ctx context.Context, assets []asset.Asset) error {
	if len(assets) == 0 {
		return nil
	}
	bodies := make([]string, len(assets))
	for i := range assets {
		var err error
		if bodies[i], err = toJSON(assets[i]); err != nil {
			return fmt.Errorf("save asset %s: %w", assets[i].ID, err)
		}
	}
	err := a.store.write(ctx, func(tx conn) error {
		for i := range assets {
			x := &assets[i]
			_, err := tx.exec(`INSERT INTO assets (id, tenant, label, merged_into, first_seen, last_seen, body) VALUES (`+marks(7)+`)
				ON CONFLICT (id) DO UPDATE SET label = excluded.label, merged_into = excluded.merged_into,
				first_seen = excluded.first_seen, last_seen = excluded.last_seen, body = excluded.body`,
				x.ID, x.Tenant, x.Label(), x.MergedInto, nanos(x.First), nanos(x.Last), bodies[i])
			if err != nil {
				return fmt.Errorf("asset %s: %w", x.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save assets: %w", err)
	}
	return nil
}

// ForgetAssets drops assets; unknown ids are nothing wrong.
func (a *Assets) ForgetAssets(ctx context.Context, ids []string) error {
	err := a.store.write(ctx, func(tx conn) error {
		for _, id := range ids {
			if _, err := tx.exec(`DELETE FROM assets WHERE id = ?`, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget assets: %w", err)
	}
	return nil
}
