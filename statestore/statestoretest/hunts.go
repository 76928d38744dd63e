package statestoretest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/hunt"
	"github.com/bongsu/bongsu/statestore"
)

func testHunts(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	hunts := store.Hunts()
	var all []hunt.Saved // by name
	for i, name := range []string{"DNS to outside", "SSH at night", "새벽 로그온", "외부 접속"} {
		h := hunt.Saved{
			ID: "hnt_" + string(rune('9'-i)), Tenant: "org_default", Name: name, Description: "왜: 'quoted' \"text\"", Text: `user = "o'brien" last 24h`,
			Owner: "usr_1", Created: Start.Add(time.Duration(i)), Updated: Start.Add(time.Duration(i)), Version: 1,
		}
		if err := hunts.AddHunt(ctx, h); err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	other := all[0]
	other.ID, other.Tenant = "hnt_other", "org_other"
	if err := hunts.AddHunt(ctx, other); err != nil {
		t.Errorf("the name of another tenant's hunt is taken: %v", err)
	}
	taken := all[0]
	taken.ID = "hnt_new"
	if err := hunts.AddHunt(ctx, taken); !errors.Is(err, hunt.ErrNameTaken) {
		t.Errorf("a name twice: %v", err)
	}

	for _, size := range []int{1, 2, 3, 4, 100} {
		var got []hunt.Saved
		for cursor := ""; ; {
			page, next, err := hunts.Hunts(ctx, "org_default", cursor, size)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) > size {
				t.Errorf("page of %d for a limit of %d", len(page), size)
			}
			got = append(got, page...)
			if cursor = next; cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
	}
	if _, _, err := hunts.Hunts(ctx, "org_default", "nonsense", 0); !errors.Is(err, statestore.ErrCursor) {
		t.Errorf("a cursor that is none: %v", err)
	}

	changed := all[1]
	changed.Name, changed.Text, changed.Version, changed.Updated = "SSH in the morning", "dport = 22", 2, Start.Add(time.Hour)
	if err := hunts.ChangeHunt(ctx, changed); err != nil {
		t.Fatal(err)
	}
	if got, err := hunts.Hunt(ctx, "org_default", changed.ID); err != nil || cmp.Diff(changed, got) != "" {
		t.Errorf("after a change: %v\n%s", err, cmp.Diff(changed, got))
	}
	if err := hunts.ChangeHunt(ctx, changed); !errors.Is(err, hunt.ErrChanged) {
		t.Errorf("a change of what has changed: %v", err)
	}
	changed.Version = 3
	changed.Name = all[0].Name
	if err := hunts.ChangeHunt(ctx, changed); !errors.Is(err, hunt.ErrNameTaken) {
		t.Errorf("a change to a name that is taken: %v", err)
	}
	foreign := changed
	foreign.Tenant = "org_other"
	if err := hunts.ChangeHunt(ctx, foreign); !errors.Is(err, hunt.ErrNotFound) {
		t.Errorf("a change of another tenant's hunt: %v", err)
	}
	if _, err := hunts.Hunt(ctx, "org_other", changed.ID); !errors.Is(err, hunt.ErrNotFound) {
		t.Errorf("another tenant's hunt was read: %v", err)
	}

	if err := hunts.RemoveHunt(ctx, "org_other", all[0].ID); !errors.Is(err, hunt.ErrNotFound) {
		t.Errorf("another tenant's hunt was removed: %v", err)
	}
	if err := hunts.RemoveHunt(ctx, "org_default", all[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := hunts.RemoveHunt(ctx, "org_default", all[0].ID); !errors.Is(err, hunt.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}
