package dhcp_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dhcp"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/internal/ocsftest"
)

// TestOCSF checks messages of every kind against the compiled schema, also
// those that OCSF has no activity for.
func TestOCSF(t *testing.T) {
	root := os.Getenv("BONGSU_TESTDATA")
	if root == "" {
		t.Skip("BONGSU_TESTDATA is not set: no schema to check against")
	}
	schema, err := ocsftest.Compile(filepath.Join(root, filepath.FromSlash(ocsftest.Folder)))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no schema in the data folder")
	}
	if err != nil {
		t.Fatal(err)
	}
	checker := schema.NewChecker()
	for kind := range 12 {
		pieces := []dissecttest.Piece{
			dissecttest.C(message(1, "", "", option(53, string(rune(kind))), option(12, "pc\x00\xff"), option(51, "\xff\xff\xff\xff"), option(61, "\x00me"))),
			dissecttest.S(message(2, "", "\xc0\x00\x02\x07", option(51, "\x7f\xff\xff\xff"), option(3, "\xc0\x00\x02\x01"), option(56, "no"))),
		}
		for _, e := range dissecttest.Talk([]dissect.Kind{dhcp.Kind()}, dissect.UDP, 67, pieces...) {
			e.SetStr(event.TenantUID, "org_default")
			if err := checker.Check(e.AppendJSON(nil)); err != nil {
				t.Errorf("kind %d: %v\n%s", kind, err, e.AppendJSON(nil))
			}
		}
	}
}
