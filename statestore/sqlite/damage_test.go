package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/statestore"
	"github.com/bongsu/bongsu/statestore/sqlite"
)

const rows = 3000

// crashed returns a folder that looks as kill -9 leaves it: facts 0 to rows-1
// in the file, late facts in its log only.
func crashed(t *testing.T, late int) (path string) {
	t.Helper()
	folder := t.TempDir()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(folder, "live.db"), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	set(t, db, 0, rows)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(folder, "live.db"), Clock: clock}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for i := range late { // a transaction each
		set(t, db, rows+i, rows+i+1)
	}
	path = filepath.Join(t.TempDir(), "bongsu.db")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		b, err := os.ReadFile(filepath.Join(folder, "live.db"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func name(i int) string  { return fmt.Sprintf("fact %06d", i) }
func value(i int) string { return strings.Repeat(fmt.Sprint(i), 20) }

func set(t *testing.T, db *sqlite.DB, from, to int) {
	t.Helper()
	var all []statestore.Position
	for i := from; i < to; i++ {
		all = append(all, statestore.Position{Source: name(i), Position: value(i), Sequence: uint64(i)})
	}
	if err := db.Ledger().SetPositions(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

// count returns how many of the facts below n are there, each with its value.
func count(t *testing.T, db *sqlite.DB, n int) int {
	t.Helper()
	got, err := db.Ledger().Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i := range n {
		if p, ok := got[name(i)]; ok {
			if p.Position != value(i) {
				t.Fatalf("fact %d came back as %q", i, p.Position)
			}
			found++
		}
	}
	return found
}

func alter(t *testing.T, path string, change func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLog(t *testing.T) {
	const late = 20
	for _, test := range []struct {
		name   string
		change func(b []byte) []byte
		says   string
		atMost int // late facts that are there
		least  int
	}{
		{"whole", func(b []byte) []byte { return b }, "", late, late},
		{"flipped bit in the middle", func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, "is torn", late - 5, 5},
		{"cut within the last frame", func(b []byte) []byte { return b[:len(b)-100] }, "is torn", late - 1, late - 1},
		{"cut header", func(b []byte) []byte { return b[:20] }, "header is cut off", 0, 0},
		{"damaged header", func(b []byte) []byte { b[17] ^= 0xff; return b }, "header is damaged", 0, 0},
		{"zeros", func(b []byte) []byte { clear(b); return b }, "header is damaged", 0, 0},
		{"cut to nothing", func([]byte) []byte { return nil }, "", 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := crashed(t, late)
			alter(t, path+"-wal", test.change)
			damagedLog, err := os.ReadFile(path + "-wal")
			if err != nil {
				t.Fatal(err)
			}
			db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Clock: clock})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			damage := db.Damage()
			switch {
			case test.says == "" && damage != nil:
				t.Errorf("damage where there is none: %v", damage)
			case test.says != "" && damage == nil:
				t.Error("damage was not seen")
			case test.says != "":
				if !strings.Contains(damage.Error(), test.says) || !strings.Contains(damage.Error(), "-wal") {
					t.Errorf("damage reads %q, without %q", damage, test.says)
				}
				if aside, err := os.ReadFile(damage.Aside); err != nil || string(aside) != string(damagedLog) {
					t.Errorf("the damaged log is not what lies aside: %v", err)
				}
			}
			if got := count(t, db, rows); got != rows {
				t.Errorf("%d of %d facts of the file are there", got, rows)
			}
			if got := count(t, db, rows+late) - rows; got < test.least || got > test.atMost {
				t.Errorf("%d of %d facts of the log are there, want %d to %d", got, late, test.least, test.atMost)
			}
		})
	}
}

// Pages anywhere in the file are overwritten; what the others hold is there
// again, and the damaged file is kept.
func TestRecovery(t *testing.T) {
	const page = 4096
	for _, garbage := range []string{"zeros", "noise"} {
		for _, at := range []int{20, 60, 90} {
			t.Run(fmt.Sprintf("%s in page %d", garbage, at), func(t *testing.T) {
				path := crashed(t, 3)
				alter(t, path, func(b []byte) []byte {
					if len(b) < (at+1)*page {
						t.Fatalf("the file has %d pages only", len(b)/page)
					}
					for i := range page {
						b[at*page+i] = 0
						if garbage == "noise" {
							b[at*page+i] = byte(i*7919 + 13)
						}
					}
					return b
				})
				db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Clock: clock})
				if err != nil {
					t.Fatal(err)
				}
				damage := db.Damage()
				if damage == nil || damage.File != path {
					t.Fatalf("damage is %v", damage)
				}
				got := count(t, db, rows+3)
				t.Logf("%d of %d facts, %v", got, rows+3, damage)
				if got < rows*9/10 {
					t.Errorf("%d of %d facts were recovered", got, rows)
				}
				if _, err := os.Stat(damage.Aside); err != nil {
					t.Error(err)
				}
				set(t, db, 0, rows) // and it can be written
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				if db, err = sqlite.Open(t.Context(), sqlite.Config{Path: path, Clock: clock}); err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				if db.Damage() != nil || count(t, db, rows) != rows {
					t.Errorf("the recovered database opens with %v and %d facts", db.Damage(), count(t, db, rows))
				}
			})
		}
	}
}

// A file that was cut off holds what is in front of the cut.
func TestCutFile(t *testing.T) {
	path := crashed(t, 0)
	alter(t, path, func(b []byte) []byte { return b[:len(b)*3/4] })
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := count(t, db, rows); db.Damage() == nil || got < rows/4 || got == rows {
		t.Errorf("%d of %d facts are there, damage %v", got, rows, db.Damage())
	}
	if left, _ := filepath.Glob(path + ".recovering*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Where the list of tables is damaged, those that it still names are kept, and
// the others are told.
func TestDamagedSchema(t *testing.T) {
	path := crashed(t, 0)
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(t.Context(), audit.Config{Store: db.Audit(), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := log.Record(t.Context(), audit.Entry{Action: "a.b"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, path, func(b []byte) []byte {
		pageOf := func(table string) int { return bytes.Index(b, []byte("CREATE TABLE "+table+" ")) / 4096 }
		at := pageOf("positions")
		if at == pageOf("audit") {
			t.Fatal("both tables are named in one page")
		}
		clear(b[at*4096 : (at+1)*4096])
		return b
	})
	if db, err = sqlite.Open(t.Context(), sqlite.Config{Path: path, Clock: clock}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if r, err := audit.Verify(t.Context(), db.Audit(), ""); err != nil || !r.Whole() || r.Entries != 50 {
		t.Errorf("audit log is %+v, %v", r, err)
	}
	if damage := db.Damage(); damage == nil || !strings.Contains(damage.Error(), "of table positions 0 rows") || strings.Contains(damage.Error(), "of table audit") {
		t.Errorf("damage is %v", damage)
	}
}

func TestBeyondRecovery(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(b []byte) []byte
	}{
		{"first page", func(b []byte) []byte { copy(b, strings.Repeat("no database ", 400)); return b }},
		{"empty beside a log", func([]byte) []byte { return nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := crashed(t, 3)
			alter(t, path, test.change)
			_, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Clock: clock})
			if !errors.Is(err, statestore.ErrDamaged) || !strings.Contains(err.Error(), "restore a backup") || !strings.Contains(err.Error(), path) {
				t.Errorf("open says: %v", err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("the damaged file is gone: %v", err)
			}
			if left, _ := filepath.Glob(path + ".recovering*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A crash between setting the damaged file aside and putting the recovered one
// in its place must not end in an empty database.
func TestCrashWhileRecovering(t *testing.T) {
	path := crashed(t, 0)
	if err := os.Rename(path, path+".recovering"); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := count(t, db, rows); got != rows {
		t.Errorf("%d of %d facts are there", got, rows)
	}
}

func TestBackup(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	set(t, db, 0, rows)
	copied := filepath.Join(folder, "copy.db")
	if err := db.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), copied); err == nil {
		t.Error("a file that was there was overwritten")
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("backup has mode %v, %v", info.Mode(), err)
	}
	set(t, db, rows, rows+5)
	if err := sqlite.Check(t.Context(), copied); err != nil {
		t.Error(err)
	}
	again, err := sqlite.Open(t.Context(), sqlite.Config{Path: copied, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := count(t, again, rows+5); got != rows {
		t.Errorf("the backup holds %d facts, want %d", got, rows)
	}
	if err := db.Backup(t.Context(), filepath.Join(folder, "nowhere", "copy.db")); err == nil {
		t.Error("a backup was written to a folder that is not there")
	}
}

func TestCheck(t *testing.T) {
	path := crashed(t, 0)
	alter(t, path, func(b []byte) []byte { clear(b[50*4096 : 51*4096]); return b })
	if err := sqlite.Check(t.Context(), path); !errors.Is(err, statestore.ErrDamaged) {
		t.Errorf("check of a damaged file: %v", err)
	}
	if err := sqlite.Check(t.Context(), path+".not"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("check of no file: %v", err)
	}
}
