package decode_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/decode/eve"
	"github.com/bongsu/bongsu/decode/flow"
	"github.com/bongsu/bongsu/decode/ocsf"
	"github.com/bongsu/bongsu/decode/zeek"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/file"
)

func structured() []decode.Kind {
	return []decode.Kind{zeek.Kind(), eve.Kind(), flow.Kind(), ocsf.Kind()}
}

// TestRecordings reads every log of the public test data that the structured
// decoders know, and looks that next to nothing of it is left over.
func TestRecordings(t *testing.T) {
	root := os.Getenv("BONGSU_TESTDATA")
	if root == "" {
		t.Skip("BONGSU_TESTDATA is not set: the public test data is not read")
	}
	kinds := structured()
	folders := []string{filepath.Join(root, "net"), filepath.Join(root, "logs")}
	if testing.Short() {
		folders = []string{filepath.Join(root, "net", "slips"), filepath.Join(root, "logs", "zat-zeek"), filepath.Join(root, "logs", "suricata-eve")}
	}
	found, err := file.Find(t.Context(), folders, file.Options{
		TempDir: t.TempDir(), Together: []string{"zeek"},
		Recognise: func(head []byte) string { k, _, _ := decode.Recognise(kinds, head); return k.Name },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	type sum struct{ parts, records, events, left int }
	total := map[string]*sum{}
	classes := map[string]int{}
	var worst []string
	for _, r := range found.Recordings {
		if r.Kind != file.Log {
			continue
		}
		for _, p := range r.Parts {
			reader, err := decode.NewReader(kinds, p.Format, decode.Options{Reference: p.Modified, Path: p.Name})
			if err != nil {
				t.Fatal(err)
			}
			var events []*event.Event
			err = p.Records("00").Run(t.Context(), func(_ context.Context, recs []source.Record) error {
				events = events[:0]
				for _, rec := range recs {
					events = reader.Decode(rec, events)
				}
				for _, e := range events {
					classes[fmt.Sprintf("%s %d", p.Format, e.Class)]++
				}
				return nil
			})
			if err != nil {
				t.Logf("%v", err)
			}
			c := reader.Counts()
			s := total[p.Format]
			if s == nil {
				s = &sum{}
				total[p.Format] = s
			}
			s.parts++
			s.records += c.Records
			s.left += c.NotUnderstood
			for _, k := range c.Kinds {
				s.events += k.Events
			}
			if c.NotUnderstood > 0 {
				for shape, n := range c.Shapes {
					worst = append(worst, fmt.Sprintf("%6d %s at byte %d: %s (%s)", n.Count, p.Path, n.Position, shape, n.Reason))
					if strings.Contains(n.Reason, decode.ErrPanic.Error()) {
						t.Errorf("%s: %s", p.Path, n.Reason)
					}
				}
			}
		}
	}
	for name, s := range total {
		t.Logf("%-6s %5d parts %8d records %8d events, %d records not understood", name, s.parts, s.records, s.events, s.left)
		if s.left*50 > s.records {
			t.Errorf("%s: %d of %d records are not understood, more than 2 %%", name, s.left, s.records)
		}
	}
	if len(total) < 3 {
		t.Errorf("only %d of the formats are found", len(total))
	}
	sort.Strings(worst)
	t.Logf("left over:\n%s\nclasses: %s", strings.Join(worst, "\n"), cmp.Diff(nil, classes))
}
