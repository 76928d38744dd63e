// Package statestoretest is the suite that every engine of the state store
// passes: each noun's round trip, paging, writers at once, upgrades, crashes,
// backups. It tests; it keeps nothing.
//
// To add a noun, write <noun>.go with one function that tests its store on an
// empty database, and list it in nouns.
package statestoretest

import (
	"testing"
	"time"

	"github.com/bongsu/bongsu/statestore"
)

// An Engine is what the suite runs on.
type Engine struct {
	// Open opens the database of a folder, which may be empty, and closes it when
	// the test ends.
	Open func(t *testing.T, folder string) *statestore.Store
}

// nouns are the tests of what each module keeps, on an empty database each.
var nouns = []struct {
	name string
	test func(t *testing.T, store *statestore.Store)
}{
	{"segments", testSegments},
	{"ledger", testLedger},
	{"uploads", testUploads},
	{"hunts", testHunts},
	{"audit", testAudit},
}

// Run runs the whole suite.
func Run(t *testing.T, engine Engine) {
	for _, noun := range nouns {
		t.Run(noun.name, func(t *testing.T) { noun.test(t, engine.Open(t, t.TempDir())) })
	}
	t.Run("transactions", func(t *testing.T) { testTransactions(t, engine.Open(t, t.TempDir())) })
}

// Start is the time that tests begin at.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.UTC)
