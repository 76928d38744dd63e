package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bongsu/bongsu/statestore"
	"github.com/bongsu/bongsu/statestore/sqlite"
)

// On a full disk a change is refused as ErrNoSpace, nothing acknowledged is
// lost, and when there is room again it goes on.
func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(folder, "bongsu.db"), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ballast := filepath.Join(folder, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for err == nil {
		var batch []statestore.Position
		for i := acknowledged; i < acknowledged+100; i++ {
			batch = append(batch, statestore.Position{Source: name(i), Position: value(i)})
		}
		if err = db.Ledger().SetPositions(t.Context(), batch); err == nil {
			acknowledged += 100
		}
		if acknowledged > 1_000_000 {
			t.Fatal("the disk never gets full")
		}
	}
	if !errors.Is(err, statestore.ErrNoSpace) {
		t.Errorf("a full disk is told as: %v", err)
	}
	if err := db.Backup(t.Context(), filepath.Join(folder, "copy.db")); !errors.Is(err, statestore.ErrNoSpace) {
		t.Errorf("a backup onto a full disk ends with: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "copy*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if got := count(t, db, acknowledged+100); got != acknowledged {
		t.Errorf("%d facts are there, %d were acknowledged", got, acknowledged)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	set(t, db, acknowledged, acknowledged+100)
	if got := count(t, db, acknowledged+100); got != acknowledged+100 {
		t.Errorf("after there was room again %d facts are there, want %d", got, acknowledged+100)
	}

	// Opening on a disk without any room.
	if err := os.WriteFile(ballast, make([]byte, 8<<20), 0o600); err == nil {
		t.Fatal("the disk has more room than it was given")
	}
	_, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(folder, "other.db"), Clock: clock})
	if !errors.Is(err, statestore.ErrNoSpace) {
		t.Errorf("opening on a full disk is told as: %v", err)
	}
}
