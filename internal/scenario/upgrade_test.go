package scenario

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the data folder of a release holds: enough to see that nothing of it is
// lost when a later program opens it.
type held struct {
	Events                            map[string]int // how many of each series, each stored once
	Findings, Incidents, Suppressions []string       // ids
	Contained                         int            // incidents that somebody has contained
	Uploads                           []string
	Audit                             int // entries, at least
}

const releases = "testdata"

// TestUpgrade opens the data folder of every release so far. That of a new one
// is made with BONGSU_MAKE_RELEASE=release-N, once, and stays as it is.
func TestUpgrade(t *testing.T) {
	if name := os.Getenv("BONGSU_MAKE_RELEASE"); name != "" {
		makeRelease(t, filepath.Join(releases, name))
	}
	entries, err := os.ReadDir(releases)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			dir := filepath.Join(releases, e.Name())
			var want held
			if err := json.Unmarshal(read(t, filepath.Join(dir, "held.json")), &want); err != nil {
				t.Fatal(err)
			}
			data := t.TempDir()
			unpack(t, filepath.Join(dir, "data.tar.gz"), data)
			s := serve(t, data, "--set=retention.age=36500d")
			s.settled()
			got := s.held()
			if got.Audit < want.Audit {
				t.Errorf("%d entries of the audit log, want %d", got.Audit, want.Audit)
			}
			got.Audit = want.Audit
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what it holds (-then +now):\n%s", diff)
			}
			if len(s.status().Damage) > 0 {
				t.Errorf("damage: %v", s.status().Damage)
			}
			s.must(number("new", 0, 100, time.Now()))
			s.settled()
			once(t, s.counted()["new"], "new", 100)
			if s.stop() != 0 {
				t.Error("it ended badly")
			}
		})
	}
	if len(entries) == 0 {
		t.Error("no release is kept")
	}
}

func (s *served) held() held {
	s.t.Helper()
	out := held{Events: map[string]int{}}
	for series, numbers := range s.counted() {
		for n, times := range numbers {
			if times != 1 {
				s.t.Errorf("record %d of %s is stored %d times", n, series, times)
			}
		}
		out.Events[series] = len(numbers)
	}
	for _, raw := range list[json.RawMessage](s, "/api/v1/findings") {
		out.Findings = append(out.Findings, uid(s.t, raw))
	}
	for _, raw := range list[json.RawMessage](s, "/api/v1/incidents") {
		out.Incidents = append(out.Incidents, uid(s.t, raw))
	}
	out.Contained = len(list[any](s, "/api/v1/incidents?state=contained"))
	for _, x := range list[struct{ ID string }](s, "/api/v1/suppressions?ended=true") {
		out.Suppressions = append(out.Suppressions, x.ID)
	}
	for _, u := range list[uploadOf](s, "/api/v1/uploads") {
		out.Uploads = append(out.Uploads, u.ID+" "+u.Name+" "+u.State)
	}
	out.Audit = len(list[any](s, "/api/v1/audit"))
	for _, l := range [][]string{out.Findings, out.Incidents, out.Suppressions, out.Uploads} {
		slices.Sort(l)
	}
	var whole struct{ Whole bool }
	s.get("/api/v1/audit/verify", &whole)
	if !whole.Whole {
		s.t.Error("the audit log is not whole")
	}
	return out
}

// makeRelease keeps a small data folder as the present program leaves it, with
// events in segments and events that only the bus holds.
func makeRelease(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(dir); err == nil {
		t.Fatalf("%s is there already: what a release has left never changes", dir)
	}
	data := t.TempDir()
	s := serve(t, data)
	base := time.Now().Add(-time.Hour)
	if code := s.post(http.MethodPost, "/api/v1/suppressions", map[string]any{
		"reason": "a machine that looks for printers", "until": time.Now().Add(24 * time.Hour).UTC(),
		"scope": map[string]any{"entities": []any{map[string]any{"kind": "ip", "value": "10.66.0.3", "role": "actor"}}},
	}, nil); code != http.StatusCreated {
		t.Fatalf("the suppression was not made: %d", code)
	}
	for i := range 20 {
		s.must(batch(i, base))
	}
	if _, err := s.upload("numbers.ndjson", number("upload", 0, 300, base)); err != nil {
		t.Fatal(err)
	}
	s.uploaded()
	s.shut(t)
	s.settled()
	if code, answer, err := s.do(http.MethodPost, "/api/v1/backup", nil); err != nil || code != http.StatusOK { // brings all into segments
		t.Fatalf("backup: %d %v: %.300s", code, err, answer)
	}
	s.must(number("tail", 0, 300, base.Add(time.Minute)))
	s.settled()
	want := s.held()
	if s.stop() != 0 {
		t.Fatal("it ended badly")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(want, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "held.json"), append(b, '\n'), 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "data.tar.gz"), pack(t, data), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func pack(t *testing.T, dir string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		content := read(t, path)
		if err := w.WriteHeader(&tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Size: int64(len(content))}); err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpack(t *testing.T, file, dir string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(read(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err == nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
