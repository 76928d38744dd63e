package statestoretest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/bongsu/bongsu/statestore"
)

// Changes of one transaction are kept together or not at all, see each other,
// and do not get lost between writers.
func testTransactions(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	ledger := store.Ledger()
	errStop := errors.New("stop")
	err := store.Atomically(ctx, func(ctx context.Context) error {
		if err := ledger.SetFact(ctx, "a", "1"); err != nil {
			return err
		}
		if v, err := ledger.Fact(ctx, "a"); v != "1" || err != nil {
			t.Errorf("a transaction sees %q, %v of its own change", v, err)
		}
		return store.Atomically(ctx, func(ctx context.Context) error {
			if err := ledger.SetFact(ctx, "b", "1"); err != nil {
				return err
			}
			return errStop
		})
	})
	if !errors.Is(err, errStop) {
		t.Errorf("transaction ended with %v", err)
	}
	for _, name := range []string{"a", "b"} {
		if v, err := ledger.Fact(ctx, name); v != "" || err != nil {
			t.Errorf("fact %s is %q, %v after its transaction was given up", name, v, err)
		}
	}

	const writers, each = 8, 25
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				if _, err := ledger.Count(ctx, "counted"); err != nil {
					t.Errorf("count: %v", err)
				}
			}
		})
	}
	all.Wait()
	if n, err := ledger.Count(ctx, "counted"); n != writers*each+1 || err != nil {
		t.Errorf("%d writers counted %d, %v; want %d", writers, n-1, err, writers*each)
	}
}
