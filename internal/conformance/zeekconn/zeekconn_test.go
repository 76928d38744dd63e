package zeekconn_test

import (
	"os"
	"sort"
	"testing"

	"github.com/bongsu/bongsu/internal/conformance"
	"github.com/bongsu/bongsu/internal/conformance/zeekconn"
)

// TestShare keeps the suite from falling below what it has reached.
func TestShare(t *testing.T) {
	data := os.Getenv("BONGSU_TESTDATA")
	if data == "" {
		t.Skip("BONGSU_TESTDATA is not set: no connection logs to compare with")
	}
	defended, err := conformance.Defended("../defended", "zeek-conn")
	if err != nil {
		t.Fatal(err)
	}
	r, err := conformance.Run(zeekconn.Suite(), data, defended)
	if err != nil {
		t.Fatal(err)
	}
	sort.Slice(r.Failures, func(i, j int) bool { return r.Failures[i].ID < r.Failures[j].ID })
	for _, f := range r.Failures {
		t.Logf("%s: %s", f.ID, f.Reason)
	}
	t.Logf("%d of %d flows, %.2f %%", r.Passed, r.Cases, 100*r.Share())
	if r.Cases > 0 && r.Share() < 0.95 {
		t.Errorf("share %.4f is below 0.95", r.Share())
	}
}
