package statestore

import (
	"errors"
	"strings"
	"testing"
)

// A cursor comes from a client: it is refused, or it is a list of numbers and
// texts as long as the keyset.
func FuzzCursor(f *testing.F) {
	list := keyset{noun: "asset", columns: []string{"seen", "id"}, descending: true}
	f.Add(list.cursor(int64(-5), "ast_1"))
	f.Add(keyset{noun: "other"}.cursor(int64(1), "x"))
	f.Add("WyJhc3NldCIsMWUzMDAsIngiXQ")
	f.Fuzz(func(t *testing.T, cursor string) {
		var where conditions
		err := list.from(&where, cursor)
		if err != nil {
			if !errors.Is(err, ErrCursor) || len(where.args) > 0 {
				t.Errorf("%q: %v, args %v", cursor, err, where.args)
			}
			return
		}
		if cursor == "" {
			return
		}
		if len(where.args) != 2 || strings.Count(where.sql(), "?") != 2 {
			t.Errorf("%q is read as %s %v", cursor, where.sql(), where.args)
		}
		for _, arg := range where.args {
			switch arg.(type) {
			case int64, string:
			default:
				t.Errorf("%q holds %T", cursor, arg)
			}
		}
	})
}

func TestRebind(t *testing.T) {
	dollar := Dialect{Placeholder: func(n int) string { return "$" + string(rune('0'+n)) }}
	for query, want := range map[string]string{
		`SELECT a FROM b WHERE c = ? AND d IN (?, ?)`: `SELECT a FROM b WHERE c = $1 AND d IN ($2, $3)`,
		`SELECT '?', "?" FROM b WHERE c = ?`:          `SELECT '?', "?" FROM b WHERE c = $1`,
		`SELECT 'it''s ?' WHERE c = ?`:                `SELECT 'it''s ?' WHERE c = $1`,
	} {
		if got := dollar.rebind(query); got != want {
			t.Errorf("%s\nis %s\nwant %s", query, got, want)
		}
	}
}

func TestMigrationNames(t *testing.T) {
	for _, dialect := range []string{"sqlite", "postgres"} {
		steps, err := Migrations(dialect)
		if err != nil {
			t.Fatal(err)
		}
		for i, step := range steps {
			if i > 0 && step.Number <= steps[i-1].Number {
				t.Errorf("%s: %s comes after %s", dialect, step.Name, steps[i-1].Name)
			}
			if strings.Contains(step.Name, ".sqlite.") != (dialect == "sqlite") && strings.Count(step.Name, ".") > 1 {
				t.Errorf("%s takes %s", dialect, step.Name)
			}
			for _, word := range []string{" INTEGER", " BLOB", "AUTOINCREMENT", "WITHOUT ROWID", "DATETIME"} {
				if strings.Contains(strings.ToUpper(step.SQL), word) {
					t.Errorf("%s says%s, which other databases or the recovery do not take", step.Name, word)
				}
			}
		}
	}
}
