// Package statestoretest is the suite that every engine of the state store
// passes: each noun's round trip, paging, writers at once, upgrades, crashes,
// backups. It tests; it keeps nothing.
//
// To add a noun, write <noun>.go with one function that tests its store on an
// empty database, and list it in nouns.
package statestoretest

import (
	"os"
	"testing"
	"time"

	"github.com/bongsu/bongsu/statestore"
)

// An Engine is what the suite runs on.
type Engine struct {
	// Open opens the database of a folder, which may be empty, and closes it when
	// the test ends.
	Open func(t *testing.T, folder string) *statestore.Store
	// OpenAt opens it with other steps of the schema than this program's.
	// close must be called before it is opened again.
	OpenAt func(folder string, steps []statestore.Migration) (store *statestore.Store, end func(), err error)
	// Dialect is the engine's.
	Dialect string
	// Schema returns what the database holds apart from rows, as text.
	Schema func(t *testing.T, folder string) string
}

// nouns are the tests of what each module keeps, on an empty database each.
var nouns = []struct {
	name string
	test func(t *testing.T, store *statestore.Store)
}{
	{"segments", testSegments},
	{"findings", testFindings},
	{"incidents", testIncidents},
	{"suppressions", testSuppressions},
	{"assets", testAssets},
	{"ledger", testLedger},
	{"uploads", testUploads},
	{"hunts", testHunts},
	{"audit", testAudit},
	{"identity", testIdentity},
}

// Run runs the whole suite. It starts the test program again to kill it while
// it writes, so that the test that calls Run must begin with it.
func Run(t *testing.T, engine Engine) {
	if folder, ok := os.LookupEnv(childVariable); ok {
		write(t, engine.Open(t, folder))
		return
	}
	for _, noun := range nouns {
		t.Run(noun.name, func(t *testing.T) { noun.test(t, engine.Open(t, t.TempDir())) })
	}
	t.Run("transactions", func(t *testing.T) { testTransactions(t, engine.Open(t, t.TempDir())) })
	t.Run("upgrade", func(t *testing.T) { testUpgrade(t, engine) })
	t.Run("other programs", func(t *testing.T) { testOtherPrograms(t, engine) })
	t.Run("kill", func(t *testing.T) { testKill(t, engine) })
}

// Start is the time that tests begin at.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.UTC)
