// Package detect is the contract of a detector: code that judges events and
// claims something about them. It also runs detectors, each with its own state
// for each key, within a bound of memory. It does not gather findings into
// incidents; package incident does.
//
// To add a detector, see docs/adding-a-detector.md.
package detect

import (
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// A Kind is one detector.
type Kind struct {
	Name  string       // "scan": unique
	Doc   text.Message // what it looks for, one sentence
	Rules []*Rule      // every claim that it can make

	// Partition names the instance that must see an event: events with the
	// same key meet the same instance, on one node or twenty. "" means that
	// the event is of no interest.
	Partition func(*event.Event) string
	// Idle is how long an instance without events is kept. Zero means an hour.
	Idle time.Duration

	// New returns an instance for one key. Settings are checked: an error
	// names the setting, its value and what is allowed.
	New func(Settings) (Detector, error)
}

// A Detector judges the events of one key. It is pure: a function of its
// settings and of the events, in the order of their time. It is used by one
// goroutine and keeps events only by value.
type Detector interface {
	// Examine returns what the event makes certain. A finding that grows is
	// returned again with the same id; the latest replaces the earlier.
	Examine(*event.Event) []Finding
}

// An Advancer also judges absence: windows that close, rhythms that end.
type Advancer interface {
	// Advance says that no event before watermark will come any more. At the
	// end of a recording watermark lies after every window.
	Advance(watermark time.Time) []Finding
}

// A Rule is one claim that a detector can make, in words.
type Rule struct {
	Detector   string // the Kind's name
	Name       string // "vertical": unique within the detector
	Severity   event.Severity
	Techniques []Technique
	// What happened, as a headline; why we think so; what to do now; how to
	// silence it if it is harmless.
	Title, Why, Now, Hush text.Message
	// HushBy narrows the suppression that Hush describes, part by part.
	HushBy []HushPart
}

// HushPart is a part of a finding by which a suppression is narrowed.
type HushPart string

// Parts of a finding, by the words that Hush has for them.
const (
	BySource  HushPart = "source"
	ByTarget  HushPart = "target"
	ByUser    HushPart = "user"
	ByService HushPart = "service"
	ByPort    HushPart = "port"
)

// Technique is an ATT&CK technique (https://attack.mitre.org).
type Technique struct {
	ID     string // "T1046"
	Name   string // "Network Service Discovery"
	Tactic string // its id, "TA0007"
}

// Role says what an entity did in a finding.
type Role string

// Roles.
const (
	Actor   Role = "actor"   // who did it
	Target  Role = "target"  // to whom it was done
	Related Role = "related" // seen with it
)

// An Entity is what a finding is about.
type Entity struct {
	Kind  string `json:"kind"` // ip, host, user, domain, url, mac, service
	Value string `json:"value"`
	Role  Role   `json:"role"`
}

// Evidence is one event that a finding rests on.
type Evidence struct {
	EventID string    `json:"event"`
	Time    time.Time `json:"time"`
	Fact    string    `json:"fact"` // the event in one line, technical, the same in every language
	// For OCSF's evidences: who and what.
	SrcIP, DstIP     string
	SrcPort, DstPort int64
}

// MaxEvidence bounds the evidence that a finding carries; Count says how much
// there was.
const MaxEvidence = 20

// MaxEntities bounds the entities of a finding. Those that are left out are
// counted in its words.
const MaxEntities = 64

// A Finding is one claim, with evidence and technique.
type Finding struct {
	ID         string // fnd_…, from rule, key and first event
	Rule       *Rule
	Severity   event.Severity // the rule's, unless the detector knows better
	Confidence int            // 1 to 100
	First      time.Time      // first and last event that it rests on
	Last       time.Time
	Count      int // how many events it rests on
	Entities   []Entity
	Evidence   []Evidence

	Title, Why, Now, Hush text.Said

	Tenant    string // organisation
	Recording string // the recording that it is from, "" live

	// What became of it after it was made. Detectors leave it zero.
	Handling Handling
}

// Handling is what became of a finding.
type Handling struct {
	IncidentID string // that it is or, if it is suppressed, was part of
	State      string // of its incident: new, open, contained, closed; "" is new
	Owner      string // of its incident

	SuppressedBy string    // sup_…, "" if it is not suppressed
	Reason       string    // why it is
	Until        time.Time // and how long, zero until the suppression is removed
}
