package ocsftest_test

import (
	"slices"
	"testing"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/internal/ocsftest"
)

// Every column has to be an attribute of some class, with the type that the
// dictionary gives it.
func TestColumns(t *testing.T) {
	schema := ocsftest.Load(t)
	if got := schema.Version(); got != event.SchemaVersion {
		t.Errorf("event.SchemaVersion is %q, the schema is %q", event.SchemaVersion, got)
	}
	for _, p := range event.Paths() {
		uses := schema.Uses(p.Name())
		if len(uses) == 0 {
			t.Errorf("column %d %s: no class of the schema has it", p, p.Name())
			continue
		}
		if !slices.ContainsFunc(uses, func(u ocsftest.Use) bool { return fits(p.Type(), u) }) {
			t.Errorf("column %d %s: is of type %d, the schema says %+v", p, p.Name(), p.Type(), uses[0])
		}
	}
}

// Class.Has has to say what the schema says.
func TestClassColumns(t *testing.T) {
	schema := ocsftest.Load(t)
	for _, p := range event.Paths() {
		has := map[event.Class]bool{}
		for _, u := range schema.Uses(p.Name()) {
			has[event.Class(u.Class)] = fits(p.Type(), u)
		}
		for _, c := range classes {
			if got := c.Has(p); got != has[c] {
				t.Errorf("class %d, column %s: Has says %v, the schema %v", c, p.Name(), got, has[c])
			}
		}
	}
}

func fits(typ event.Type, use ocsftest.Use) bool {
	switch {
	case use.Array || use.JSON == "object" || use.JSON == "any":
		return typ == event.JSON
	case use.Type == "timestamp_t":
		return typ == event.Time
	}
	return typ == map[string]event.Type{"string": event.String, "integer": event.Int, "boolean": event.Bool}[use.JSON]
}
