package statestoretest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/statestore"
)

func testLedger(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	ledger := store.Ledger()
	first := []statestore.Position{
		{Source: "file:/var/log/auth.log", Position: "4096", Sequence: 7},
		{Source: "syslog", Position: "b1/12", Sequence: 7},
	}
	if err := ledger.SetPositions(ctx, first); err != nil {
		t.Fatal(err)
	}
	// The later position wins, the stale one is left out, the new one is added.
	second := []statestore.Position{
		{Source: "file:/var/log/auth.log", Position: "8192", Sequence: 9},
		{Source: "syslog", Position: "b1/3", Sequence: 2},
		{Source: "journal", Position: "s=1", Sequence: 9},
	}
	if err := ledger.SetPositions(ctx, second); err != nil {
		t.Fatal(err)
	}
	got, err := ledger.Positions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]statestore.Position{
		"file:/var/log/auth.log": second[0],
		"syslog":                 first[1],
		"journal":                second[2],
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}

	if v, err := ledger.Fact(ctx, "installation"); v != "" || err != nil {
		t.Errorf("a fact that was never set is %q, %v", v, err)
	}
	for _, value := range []string{"ins_1", "ins_2"} {
		if err := ledger.SetFact(ctx, "installation", value); err != nil {
			t.Fatal(err)
		}
		if v, err := ledger.Fact(ctx, "installation"); v != value || err != nil {
			t.Errorf("fact is %q, %v; set to %q", v, err, value)
		}
	}
	for want := uint64(1); want <= 3; want++ {
		if n, err := ledger.Count(ctx, "boots"); n != want || err != nil {
			t.Errorf("boot %d is counted as %d, %v", want, n, err)
		}
	}
	if _, err := ledger.Count(ctx, "installation"); err == nil {
		t.Error("a fact that is no number was counted")
	}
}
