package backup_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/backup"
)

// archive writes a small one and returns its bytes and what it holds.
func archive(t testing.TB) ([]byte, map[string]string) {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{"a.db": "state", "segments/x/1.parquet": strings.Repeat("e", 5000), "segments/empty": ""}
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "segments/.incoming-1"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := backup.NewWriter(&out, "v1", time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	w.Count(7)
	if err := w.Add(filepath.Join(root, "a.db"), "a.db"); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(filepath.Join(root, "none"), "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a file that is not there: %v", err)
	}
	if err := w.AddTree(root, "segments", ".incoming-"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), files
}

func all(string) bool { return true }

func TestRoundTrip(t *testing.T) {
	raw, want := archive(t)
	dir := t.TempDir()
	m, err := backup.Extract(t.Context(), dir, bytes.NewReader(raw), all)
	if err != nil || m.Events != 7 || m.Version != "v1" || len(m.Files) != len(want) {
		t.Fatalf("%+v, %v", m, err)
	}
	got := map[string]string{}
	for name := range want {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got[name] = string(content)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDamage cuts and changes an archive at many places: none may pass.
func TestDamage(t *testing.T) {
	raw, _ := archive(t)
	// Behind the manifest there are only zeros, which say nothing.
	end := bytes.LastIndexByte(raw, '}') + 1
	for at := 0; at < end; at += 97 {
		if _, err := backup.Extract(t.Context(), t.TempDir(), bytes.NewReader(raw[:at]), all); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("cut at %d: %v", at, err)
		}
	}
	at := bytes.Index(raw, []byte("eeee"))
	changed := bytes.Clone(raw)
	changed[at] = 'f'
	if _, err := backup.Extract(t.Context(), t.TempDir(), bytes.NewReader(changed), all); !errors.Is(err, backup.ErrDamaged) || !strings.Contains(err.Error(), "segments/x/1.parquet is damaged") {
		t.Errorf("changed: %v", err)
	}
}

func TestForeign(t *testing.T) {
	raw, _ := archive(t)
	_, err := backup.Extract(t.Context(), t.TempDir(), bytes.NewReader(raw), func(name string) bool { return name != "a.db" })
	if !errors.Is(err, backup.ErrDamaged) || !strings.Contains(err.Error(), `"a.db"`) {
		t.Errorf("a name that is not allowed: %v", err)
	}
	for _, h := range []*tar.Header{
		{Name: "../out", Typeflag: tar.TypeReg},
		{Name: "/etc/x", Typeflag: tar.TypeReg},
		{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
	} {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		_ = w.Close()
		if _, err := backup.Extract(t.Context(), t.TempDir(), &out, all); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("%s: %v", h.Name, err)
		}
	}
}

func FuzzExtract(f *testing.F) {
	raw, _ := archive(f)
	f.Add(raw)
	f.Add([]byte("no archive"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		_, _ = backup.Extract(t.Context(), dir, bytes.NewReader(data), func(string) bool { return true })
	})
}
