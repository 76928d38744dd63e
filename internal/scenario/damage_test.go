package scenario

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a bad disk leaves is found, named and left aside; the rest is served,
// and what comes in afterwards is taken.
func TestDamage(t *testing.T) {
	const n = 20_000
	for _, c := range []struct {
		name string
		// files that may be damaged, below the data folder
		dir, ending string
		damage      func(t *testing.T, path string)
		clean       bool // the server was stopped, not killed
		named       bool
		lost        int // records that may be gone
	}{
		{name: "torn segment", dir: "segments", ending: ".parquet", clean: true, damage: cut, named: true, lost: n},
		{name: "torn write-ahead log", dir: ".", ending: "bongsu.db-wal", damage: cut},
		{name: "flipped bytes in a block of the bus", dir: "bus", ending: ".blk", damage: flip, named: true, lost: n},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := t.TempDir()
			s := serve(t, data)
			for i := range 10 {
				s.must(number("before", i*n/10, n/10, time.Now().Add(-3*time.Hour)))
			}
			s.settled()
			if c.clean {
				if code, answer, err := s.do("POST", "/api/v1/backup", nil); err != nil || code != 200 { // brings all into segments
					t.Fatalf("backup: %d %v: %.300s", code, err, answer)
				}
				s.must(number("later", 0, 100, time.Now()))
				s.stop()
			} else {
				s.kill()
			}
			path := largest(t, filepath.Join(data, c.dir), c.ending)
			c.damage(t, path)
			s = serve(t, data)
			s.must(number("after", 0, 100, time.Now()))
			s.settled()
			got := s.counted()
			once(t, got["after"], "after", 100)
			if c.clean {
				once(t, got["later"], "later", 100)
			}
			stored := 0
			for i := range n {
				if got["before"][i] > 1 {
					t.Fatalf("record %d is there %d times", i, got["before"][i])
				}
				stored += got["before"][i]
			}
			t.Logf("%s damaged: %d of %d records are served; %q", filepath.Base(path), stored, n, s.status().Damage)
			if stored < n-c.lost {
				t.Errorf("%d of %d records are served", stored, n)
			}
			if stored == n && c.lost > 0 && c.dir == "segments" {
				t.Error("a torn segment is served whole")
			}
			if c.named && len(s.status().Damage) == 0 {
				t.Errorf("the damage is not named:\n%s", tail(s.log.String(), 3000))
			}
			if c.named {
				told := strings.Join(s.status().Damage, " ") + s.log.String()
				contains(t, "status and log", told, filepath.Base(path))
			}
			if s.stop() != 0 {
				t.Error("it ended badly")
			}
		})
	}
}

func cut(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()*2/3)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	b := read(t, path)
	for i := len(b) / 2; i < len(b)/2+64 && i < len(b); i++ {
		b[i] ^= 0xff
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// largest returns the largest file of an ending.
func largest(t *testing.T, dir, ending string) string {
	t.Helper()
	type file struct {
		path string
		size int64
	}
	var files []file
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ending) {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() > 4096 {
			files = append(files, file{path, info.Size()})
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s in %s: %v", ending, dir, err)
	}
	return slices.MaxFunc(files, func(a, b file) int { return int(a.size - b.size) }).path
}
