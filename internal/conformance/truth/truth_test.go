package truth_test

import (
	"os"
	"testing"

	"github.com/bongsu/bongsu/internal/conformance"
	"github.com/bongsu/bongsu/internal/conformance/truth"
)

// TestSuites runs both suites over the public data, if there is any, and logs
// what differs. What is good enough is for the floors to say.
func TestSuites(t *testing.T) {
	data := os.Getenv("BONGSU_TESTDATA")
	if data == "" {
		t.Skip("BONGSU_TESTDATA is not set: no public data to compare with")
	}
	for _, s := range []conformance.Suite{truth.Suite(), truth.Quiet()} {
		t.Run(s.Name, func(t *testing.T) {
			r, err := conformance.Run(s, data, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Cases == 0 {
				t.Errorf("no cases in %s", data)
			}
			for _, f := range r.Failures {
				t.Logf("%s: %s", f.ID, f.Reason)
			}
			for _, f := range r.Reasons {
				t.Logf("%s: left: %s", f.ID, f.Reason)
			}
			t.Logf("%s: %d of %d, %d left", s.Name, r.Passed, r.Cases, r.Left)
		})
	}
}
