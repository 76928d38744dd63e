package dissecttest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/file"
	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
)

// How many random places each shared capture is cut at, and for how long the
// test goes on; what is left then is said in its log.
const (
	cuts      = 20
	shortCuts = 1
	// With -short, every how manieth capture is followed.
	shortStride = 4
	patience    = 4 * time.Minute
)

// follow runs every dissector over the bytes of a capture.
func follow(t *testing.T, set *dissect.Set, data []byte, each func(*event.Event)) dissect.Stats {
	t.Helper()
	in, err := file.NewReader(bytes.NewReader(data))
	if err != nil {
		return dissect.Stats{}
	}
	engine := dissect.NewEngine(dissect.Config{Set: set, Source: "0123456789abcdef", IgnoreChecksums: true, Emit: each})
	var p capture.Packet
	for in.Next(&p) == nil {
		engine.Packet(&p)
	}
	engine.Close()
	return engine.Stats()
}

// TestSharedCaptures follows every capture of the shared folder, whole and cut
// at random places: no panic, every event is JSON, and the same packets give
// the same events.
func TestSharedCaptures(t *testing.T) {
	root := os.Getenv("BONGSU_TESTDATA")
	if root == "" {
		t.Skip("BONGSU_TESTDATA is not set: no shared captures to follow")
	}
	set := dissect.NewSet(catalog.Protocols())
	random := rand.New(rand.NewPCG(20, 26))
	begun := time.Now() //nolint:forbidigo // bounds the test, decides nothing in it
	times, stride := cuts, 1
	if testing.Short() {
		times, stride = shortCuts, shortStride
	}
	captures, runs, left := 0, 0, 0
	var packets, events uint64
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.Ext(path), ".pcap") && !strings.HasSuffix(path, ".cap") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !file.Sniff(data[:min(len(data), file.SniffSize)]) {
			return err
		}
		captures++
		if captures%stride != 0 {
			return nil
		}
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s: panic: %v", path, p)
			}
		}()
		digest := func() string {
			h := sha256.New()
			s := follow(t, set, data, func(e *event.Event) {
				line := e.AppendJSON(nil)
				if !json.Valid(line) {
					t.Errorf("%s: event is not JSON: %s", path, line)
				}
				fmt.Fprintf(h, "%s %s\n", e.ID(), line)
			})
			packets += s.Packets
			events += s.Events
			return fmt.Sprintf("%x", h.Sum(nil))
		}
		if first, second := digest(), digest(); first != second {
			t.Errorf("%s: two runs differ", path)
		}
		for range times {
			if time.Since(begun) > patience { //nolint:forbidigo // as above
				left++
				continue
			}
			runs++
			follow(t, set, data[:random.IntN(len(data))], func(*event.Event) {})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d captures, %d cut runs (%d left out for time), %d packets, %d events", captures, runs, left, packets/2, events/2)
}
