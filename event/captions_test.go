package event_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
)

func TestCaptions(t *testing.T) {
	if diff := cmp.Diff([]string{"Unknown", "Success", "Failure"}, event.StatusID.Captions()); diff != "" {
		t.Errorf("status_id (-want +got):\n%s", diff)
	}
	if got := event.SrcPort.Captions(); got != nil {
		t.Errorf("captions of a port: %q", got)
	}
	event.StatusID.Captions()[0] = "changed"
	if got := event.StatusID.Captions()[0]; got != "Unknown" {
		t.Errorf("a caller changed the table: %q", got)
	}
	for _, c := range event.Classes() {
		names := c.Activities()
		if c.Name() == "" || len(names) == 0 || names[0] != "Unknown" {
			t.Errorf("class %d: name %q, activities %q", c, c.Name(), names)
		}
	}
	if got := event.Authentication.Activities()[event.Logon]; got != "Logon" {
		t.Errorf("activity of a logon: %q", got)
	}
	if event.Class(9999).Name() != "" || event.Class(9999).Activities() != nil {
		t.Error("an unknown class has a name or activities")
	}
}
