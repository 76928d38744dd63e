package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/source/file"
)

// TestTree finds everything twice in the public test data: each file is
// accounted for, and both answers are the same.
func TestTree(t *testing.T) {
	root := os.Getenv("BONGSU_TESTDATA")
	if root == "" {
		t.Skip("BONGSU_TESTDATA is not set: the public test data is not read")
	}
	folders := []string{filepath.Join(root, "net"), filepath.Join(root, "logs")}
	if testing.Short() {
		folders = []string{filepath.Join(root, "net", "zeek"), filepath.Join(root, "net", "slips")}
	}
	var all [2][]string
	for i := range all {
		if i > 0 && testing.Short() {
			all[i] = all[0]
			break
		}
		o := options(t)
		o.Recognise = func(head []byte) string {
			if strings.HasPrefix(string(head), "#separator") {
				return "zeek"
			}
			return ""
		}
		f, err := file.Find(t.Context(), folders, o)
		if err != nil {
			t.Fatal(err)
		}
		reasons, captures := map[file.Reason]int{}, 0
		for _, r := range f.Recordings {
			if r.Kind == file.Capture {
				captures++
			}
			if len(r.Parts) > 1 && r.Kind == file.Capture {
				t.Logf("set of %d captures: %s", len(r.Parts), r.Name)
			}
		}
		for _, p := range f.Problems {
			reasons[p.Reason]++
			if p.Reason != file.Unrecognised && i == 0 {
				t.Logf("%d %v", p.Reason, p.Err)
			}
			if p.Err == nil || !strings.Contains(p.Err.Error(), p.Path) {
				t.Errorf("problem of %s does not name it: %v", p.Path, p.Err)
			}
		}
		all[i] = append(list(f, root), fmt.Sprint(captures, reasons))
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Log(all[0][len(all[0])-1])
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Errorf("found twice (-first +second):\n%s", diff)
	}
}
