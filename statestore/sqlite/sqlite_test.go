package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/bongsu/bongsu/statestore"
	"github.com/bongsu/bongsu/statestore/sqlite"
	"github.com/bongsu/bongsu/statestore/statestoretest"
)

func clock() time.Time { return statestoretest.Start }

func open(t *testing.T, folder string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(folder, "bongsu.db"), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestSuite(t *testing.T) {
	statestoretest.Run(t, statestoretest.Engine{
		Open: func(t *testing.T, folder string) *statestore.Store { return open(t, folder).Store },
	})
}
