package statestoretest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/statestore"
)

// From every earlier state, also one in which a higher number was applied
// before a lower one existed, the schema ends the same and rows stay.
func testUpgrade(t *testing.T, engine Engine) {
	steps, err := statestore.Migrations(engine.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	fresh := t.TempDir()
	mustOpen(t, engine, fresh, nil)()
	want := engine.Schema(t, fresh)
	for name, before := range earlier(steps) {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			store, end, err := engine.OpenAt(folder, before)
			if err != nil {
				t.Fatal(err)
			}
			ledger := false
			for _, step := range before {
				ledger = ledger || strings.HasSuffix(step.Name, "_ledger.sql")
			}
			if ledger {
				if err := store.Ledger().SetFact(t.Context(), "kept", "over the upgrade"); err != nil {
					t.Fatal(err)
				}
			}
			end()
			for range 2 { // the second time there is nothing to do
				store, end, err = engine.OpenAt(folder, nil)
				if err != nil {
					t.Fatal(err)
				}
				if value, err := store.Ledger().Fact(t.Context(), "kept"); err != nil || ledger != (value == "over the upgrade") {
					t.Errorf("what was kept is %q, %v", value, err)
				}
				end()
			}
			if diff := cmp.Diff(want, engine.Schema(t, folder)); diff != "" {
				t.Errorf("schema (-fresh +upgraded):\n%s", diff)
			}
		})
	}
}

// earlier are the states that programs before this one may have left: the
// first steps only, and all but the ten numbers of one noun.
func earlier(steps []statestore.Migration) map[string][]statestore.Migration {
	out := map[string][]statestore.Migration{}
	for n := range steps {
		out[fmt.Sprintf("first %d", n)] = append([]statestore.Migration{}, steps[:n]...)
		without := []statestore.Migration{}
		for _, step := range steps {
			if step.Number/10 != steps[n].Number/10 {
				without = append(without, step)
			}
		}
		out[fmt.Sprintf("without %04ds", steps[n].Number/10*10)] = without
	}
	return out
}

func mustOpen(t *testing.T, engine Engine, folder string, steps []statestore.Migration) (end func()) {
	t.Helper()
	_, end, err := engine.OpenAt(folder, steps)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// A database of a newer program, or of one whose steps read otherwise, is
// refused and left as it is; a step that fails leaves nothing behind.
func testOtherPrograms(t *testing.T, engine Engine) {
	steps, err := statestore.Migrations(engine.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	next := statestore.Migration{Number: 9000, Name: "9000_next.sql", SQL: "CREATE TABLE next (a BIGINT)", Checksum: "1"}

	newer := t.TempDir()
	mustOpen(t, engine, newer, append(steps[:len(steps):len(steps)], next))()
	before := engine.Schema(t, newer)
	_, _, err = engine.OpenAt(newer, nil)
	if !errors.Is(err, statestore.ErrNewer) || !strings.Contains(err.Error(), next.Name) {
		t.Errorf("a newer database: %v", err)
	}
	if diff := cmp.Diff(before, engine.Schema(t, newer)); diff != "" {
		t.Errorf("a refused database was changed:\n%s", diff)
	}

	changed := t.TempDir()
	mustOpen(t, engine, changed, nil)()
	altered := append([]statestore.Migration{}, steps...)
	altered[0].Checksum = "0"
	if _, _, err := engine.OpenAt(changed, altered); err == nil || !strings.Contains(err.Error(), "was changed") || !strings.Contains(err.Error(), altered[0].Name) {
		t.Errorf("a changed step: %v", err)
	}

	failing := t.TempDir()
	mustOpen(t, engine, failing, nil)()
	before = engine.Schema(t, failing)
	wrong := next
	wrong.SQL = "CREATE TABLE next (a BIGINT); CREATE TABLE next (a BIGINT)"
	if _, _, err := engine.OpenAt(failing, append(steps[:len(steps):len(steps)], wrong)); err == nil || !strings.Contains(err.Error(), next.Name) {
		t.Errorf("a step that fails: %v", err)
	}
	if diff := cmp.Diff(before, engine.Schema(t, failing)); diff != "" {
		t.Errorf("a step that failed left behind:\n%s", diff)
	}
	mustOpen(t, engine, failing, append(steps[:len(steps):len(steps)], next))()
}
