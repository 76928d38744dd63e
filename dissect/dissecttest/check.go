package dissecttest

import (
	"encoding/json"
	"testing"

	"github.com/bongsu/bongsu/event"
)

// CheckJSON fails when an event does not print as one JSON object.
func CheckJSON(t *testing.T, e *event.Event) {
	t.Helper()
	if b := e.AppendJSON(nil); !json.Valid(b) {
		t.Fatalf("event is not JSON: %s", b)
	}
}
