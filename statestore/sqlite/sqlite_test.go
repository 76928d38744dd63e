package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
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
		Dialect: "sqlite",
		Open:    func(t *testing.T, folder string) *statestore.Store { return open(t, folder).Store },
		OpenAt: func(folder string, steps []statestore.Migration) (*statestore.Store, func(), error) {
			db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(folder, "bongsu.db"), Clock: clock, Steps: steps})
			if err != nil {
				return nil, nil, err
			}
			return db.Store, func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}, nil
		},
		Schema: schema,
	})
}

func schema(t *testing.T, folder string) string {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(folder, "bongsu.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT coalesce(sql, name) FROM sqlite_master ORDER BY type, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		out.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
