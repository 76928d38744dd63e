package scenario

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A backup that is written while records come in gives, in a new folder, the
// same incidents, findings and suppressions, and all that was acknowledged
// before it began.
func TestBackupAndRestore(t *testing.T) {
	s := serve(t, t.TempDir())
	if _, err := s.upload("office.pcap", read(t, office)); err != nil {
		t.Fatal(err)
	}
	const before = 5000
	s.must(number("before", 0, before, time.Now().Add(-time.Hour)))
	for i := range 30 {
		s.must(batch(i, time.Now().Add(-time.Hour)))
	}
	if code := s.post(http.MethodPost, "/api/v1/suppressions", map[string]any{
		"reason": "known", "until": time.Now().Add(24 * time.Hour).UTC(), "apply_to_open": true,
		"scope": map[string]any{"entities": []any{map[string]any{"kind": "ip", "value": "10.66.0.3", "role": "actor"}}},
	}, nil); code != http.StatusCreated {
		t.Fatalf("the suppression was not made: %d", code)
	}
	s.uploaded()
	s.shut(t)
	s.settled()

	stop, fed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(fed)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				_, _ = s.ingest(number("during", i*100, 100, time.Now()))
			}
		}
	}()
	code, archive, err := s.do(http.MethodPost, "/api/v1/backup", nil)
	close(stop)
	<-fed
	if err != nil || code != http.StatusOK {
		t.Fatalf("backup: %d %v: %.300s", code, err, archive)
	}
	want := s.ending()
	if s.stop() != 0 {
		t.Error("it ended badly")
	}

	file := write(t, "backup.tar", archive)
	restored := filepath.Join(t.TempDir(), "data")
	if got := bongsu(t, "restore", "--data", restored, file); got.code != 0 {
		t.Fatalf("restore: exit %d: %s", got.code, got.stderr)
	}
	again := bongsu(t, "restore", "--data", restored, file)
	if again.code == 0 {
		t.Error("a folder with something in it was restored into")
	}
	contains(t, "restoring again", again.stderr, "not empty", "--data")

	s = serve(t, restored)
	s.settled()
	if diff := cmp.Diff(want, s.ending()); diff != "" {
		t.Errorf("after the restore (-before +after):\n%.3000s", diff)
	}
	got := s.counted()
	once(t, got["before"], "before", before)
	once(t, got["keyed"], "keyed", 30*batchOf)
	for n, times := range got["during"] {
		if times != 1 {
			t.Errorf("record %d that came during the backup is stored %d times", n, times)
		}
	}
	t.Logf("%d bytes; %d records that came during the backup are in it", len(archive), len(got["during"]))
	var whole struct{ Whole bool }
	s.get("/api/v1/audit/verify", &whole)
	if !whole.Whole {
		t.Error("the audit log is not whole")
	}
	// It goes on from there.
	s.must(number("after", 0, 100, time.Now()))
	s.settled()
	once(t, s.counted()["after"], "after", 100)
	if s.stop() != 0 {
		t.Error("the restored one ended badly")
	}

	at := bytes.Index(archive, []byte("manifest.json"))
	flipped := bytes.Clone(archive)
	flipped[len(flipped)/2] ^= 1
	for name, bad := range map[string][]byte{
		"cut":         archive[:len(archive)/2],
		"no manifest": archive[:at/512*512],
		"flipped":     flipped,
		"no backup":   []byte(strings.Repeat("no tar at all", 1000)),
		"empty":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			got := bongsu(t, "restore", "--data", filepath.Join(parent, "data"), write(t, "bad.tar", bad))
			if got.code == 0 {
				t.Error("it was restored")
			}
			contains(t, "standard error", got.stderr, "backup")
			left, err := os.ReadDir(parent)
			if err != nil || len(left) != 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}
