// Package report writes what came out of recordings as documents for people:
// text for a terminal and one self-contained HTML file, in Korean or English.
// Both say first what is so, then what happened, to what, how bad it is, why
// and what to do now, and then the technical part. It judges nothing; packages
// detect and incident do.
//
// Everything that a recording says may have been written by an attacker, so
// text loses its control characters and HTML is escaped. The same input gives
// the same bytes.
package report

import (
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/text"
)

// Input is what a report tells.
type Input struct {
	Version    string // of Bongsu
	Recordings []Recording
	Problems   []Problem      // what was given and not read at all
	Checked    []text.Message // what was looked for, a sentence each; none: nothing was judged
}

// A Recording is what was in one capture, log or folder of logs.
type Recording struct {
	Name      string
	Capture   bool // packets, rather than records of a log
	Formats   []string
	Bytes     int64
	Packets   uint64
	Events    int
	Classes   map[event.Class]int
	Protocols map[string]int
	First     time.Time // of its events; zero without any
	Last      time.Time

	Findings  []detect.Finding
	Incidents []incident.Incident

	Problems      []Problem         // read, but not to its end
	Skipped       map[string]uint64 // packets that were not looked into, by reason
	LogRecords    int
	NotUnderstood int   // log records that no decoder understood
	Evicted       int64 // state of detectors given up for want of memory
}

// Reason says why something was not read.
type Reason int

// Reasons.
const (
	Ignored      Reason = iota + 1 // nothing to read: a device, a link that leads back
	Empty                          // no bytes
	Unrecognised                   // no capture and no log that Bongsu knows
	Unreadable                     // could not be read, or not to its end
	Bounded                        // larger than the limits allow
	BadRule                        // a rule that could not be loaded
)

// A Problem is something that was not read, or not to its end.
type Problem struct {
	Path   string
	Reason Reason
	Detail string // technical, the same in every language
}

// Options say how a report is written.
type Options struct {
	Lang  text.Lang
	Color bool // colours of a terminal; text only
	Width int  // columns of the terminal; 80 when zero; text only
}
