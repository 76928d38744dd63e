// Package incident gathers findings that concern one matter: it correlates
// them, ranks the result and tells it as a story, and keeps what people do
// about it: states, owners, notes, suppressions. It does not judge events;
// package detect does. It does not know how it is stored; it declares what it
// needs as FindingStore, IncidentStore and SuppressionStore.
package incident

import (
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// An Incident is findings that share an entity within a window of time.
type Incident struct {
	ID         string // inc_…, from its first finding
	Severity   event.Severity
	Rank       int // 0 to 100: what to look at first
	First      time.Time
	Last       time.Time
	Findings   []detect.Finding // in the order of their time
	Entities   []detect.Entity  // the most involved first
	Techniques []detect.Technique
	Timeline   []Moment

	Title   text.Said // a headline
	Account text.Said // what happened, to what, how bad, in a few sentences
	Why     text.Said // why we think so
	Now     text.Said // what to do, the first thing first, one a line

	Tenant    string
	Recording string

	// What became of it at a Desk; zero where it was only correlated.
	Life Life
}

// A Moment is one entry of the timeline.
type Moment struct {
	Time      time.Time
	Last      time.Time // of what it tells; Time where it is one event
	FindingID string    // the first finding that it tells of
	What      text.Said
}
