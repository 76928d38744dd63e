// Package incident gathers findings that concern one matter: it correlates
// them, ranks the result and tells it as a story. It does not judge events;
// package detect does.
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
}

// A Moment is one entry of the timeline.
type Moment struct {
	Time      time.Time
	Last      time.Time // of what it tells; Time where it is one event
	FindingID string    // the first finding that it tells of
	What      text.Said
}
