package sqlite_test

import (
	"fmt"
	"testing"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/statestore"
	"github.com/bongsu/bongsu/statestore/sqlite"
)

// A checkpoint of a handful of sources, as each segment of the event store
// makes one.
func BenchmarkSetPositions(b *testing.B) {
	db := openBench(b)
	for i := range b.N {
		var all []statestore.Position
		for s := range 5 {
			all = append(all, statestore.Position{Source: fmt.Sprint(s), Position: "x", Sequence: uint64(i)})
		}
		if err := db.Ledger().SetPositions(b.Context(), all); err != nil {
			b.Fatal(err)
		}
	}
}

// One entry of the audit log, durable with its anchor.
func BenchmarkRecord(b *testing.B) {
	db := openBench(b)
	log, err := audit.Open(b.Context(), audit.Config{Store: db.Audit(), Anchor: b.TempDir() + "/audit.head", Clock: clock})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := log.Record(b.Context(), audit.Entry{Action: "a.b", Object: "inc_1"}); err != nil {
			b.Fatal(err)
		}
	}
}

// The whole chain, an entry an operation.
func BenchmarkVerify(b *testing.B) {
	db := openBench(b)
	log, err := audit.Open(b.Context(), audit.Config{Store: db.Audit(), Clock: clock})
	if err != nil {
		b.Fatal(err)
	}
	const entries = 2000
	for range entries {
		if err := log.Record(b.Context(), audit.Entry{Action: "a.b", Object: "inc_1"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for range b.N/entries + 1 {
		if _, err := log.Verify(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func openBench(b *testing.B) *sqlite.DB {
	db, err := sqlite.Open(b.Context(), sqlite.Config{Path: b.TempDir() + "/bongsu.db", Clock: clock})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}
