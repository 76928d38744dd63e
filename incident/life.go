package incident

import (
	"errors"
	"fmt"
	"time"

	"github.com/bongsu/bongsu/suppress"
	"github.com/bongsu/bongsu/text"
)

// State says how far people are with an incident.
type State string

// States. Any may follow any other, but New, to which only Undo and a
// reopening lead back.
const (
	New       State = "new"       // nobody has looked yet
	Open      State = "open"      // somebody looks into it
	Contained State = "contained" // it goes on no further; what is left is to clean up
	Closed    State = "closed"    // done, with a Resolution
)

// States returns every state, in their usual order.
func States() []State { return []State{New, Open, Contained, Closed} }

// Resolution says what a closed incident turned out to be.
type Resolution string

// Resolutions. Hushed is given by the Desk alone.
const (
	TruePositive  Resolution = "true_positive"  // an attack
	FalsePositive Resolution = "false_positive" // the finding was wrong
	Benign        Resolution = "benign"         // what was found is right, and allowed
	Duplicate     Resolution = "duplicate"      // handled elsewhere
	Hushed        Resolution = "suppressed"     // every finding of it is suppressed
)

// Resolutions returns those that a person may give.
func Resolutions() []Resolution {
	return []Resolution{TruePositive, FalsePositive, Benign, Duplicate}
}

// Life is what became of an incident.
type Life struct {
	State      State // "" is New
	Resolution Resolution
	Owner      string // the name of an account; "" is nobody
	// Version counts changes of State, Resolution and Owner. It does not count
	// growth, so that a person who decides is not disturbed by it.
	Version    int
	Opened     time.Time // when the Desk first told of it, by its clock
	Changed    time.Time // when anything about it last changed, by its clock
	MergedInto string    // the incident that this one turned out to be part of
	Findings   int       // how many it has; suppressed ones are not counted
}

// Limits of what people write.
const (
	MaxNote  = 8 << 10 // bytes of a note
	MaxNotes = 500     // of an incident
	MaxOwner = 128     // bytes of a name
	MaxSteps = 1000    // of an incident's history; of more the latest are read
)

// A Note is what somebody wrote down about an incident. Notes are not changed.
type Note struct {
	ID         string // not_…
	IncidentID string
	Time       time.Time
	Author     string
	Text       string
}

// Kinds of Step.
const (
	StepOpened   = "opened"     // the incident was first seen
	StepState    = "state"      // a person set the state
	StepOwner    = "owner"      // a person set the owner
	StepUndone   = "undone"     // a person took the last change of the state back
	StepReopened = "reopened"   // new findings joined a closed incident
	StepMerged   = "merged"     // another incident turned out to be the same matter
	StepInto     = "into"       // this one became part of another
	StepSplit    = "split"      // it parted from another: what linked them turned out to be shared by all
	StepHushed   = "suppressed" // every finding of it is suppressed
	StepReturned = "returned"   // findings are no longer suppressed
)

// A Step is one entry of an incident's history.
type Step struct {
	IncidentID string    `json:"incident_id"`
	Sequence   int       `json:"sequence"` // 1 is the first of the incident; given by the store
	Time       time.Time `json:"time"`
	Actor      string    `json:"actor"` // name of who did it; audit.System for Bongsu itself
	Kind       string    `json:"kind"`
	From       Standing  `json:"from"`
	To         Standing  `json:"to"`
	Other      string    `json:"other,omitempty"` // the other incident of merged, into and split
	What       text.Said `json:"what"`            // the step in words
}

// Standing is what a step changes.
type Standing struct {
	State      State      `json:"state,omitempty"`
	Resolution Resolution `json:"resolution,omitempty"`
	Owner      string     `json:"owner,omitempty"`
}

func (l Life) standing() Standing {
	s := Standing{l.State, l.Resolution, l.Owner}
	if s.State == "" {
		s.State = New
	}
	return s
}

// Errors that faces tell apart with errors.Is. Words says them to people.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("somebody else changed it meanwhile")
	ErrMerged   = errors.New("the incident is part of another one")
	ErrNoUndo   = errors.New("no change of the state to undo")
	ErrInvalid  = suppress.ErrInvalid
	ErrTooMany  = errors.New("too many")
)

// A ConflictError says that what was to be changed is no longer what the caller
// saw. It is an ErrConflict.
type ConflictError struct {
	ID         string
	Seen, Have int // versions
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s has version %d, not %d: %v", e.ID, e.Have, e.Seen, ErrConflict)
}

// Is makes it an ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// A FieldError says which member of a request is wrong. It is an ErrInvalid.
type FieldError = suppress.FieldError

// Words says an error of this package to people; false if it is none.
func Words(err error) (text.Said, bool) {
	var field *FieldError
	if errors.As(err, &field) {
		return field.Said, true
	}
	for _, k := range []struct {
		err error
		say text.Message
	}{
		{ErrConflict, sayConflict}, {ErrMerged, sayMerged}, {ErrNoUndo, sayNoUndo}, {ErrNotFound, sayNotFound}, {ErrTooMany, sayTooMany},
	} {
		if errors.Is(err, k.err) {
			return k.say.Say(nil), true
		}
	}
	return text.Said{}, false
}

// Name returns the state's name for people.
func (s State) Name() text.Said {
	if s == "" {
		s = New
	}
	return stateNames[s].Say(nil)
}

// Name returns the resolution's name for people.
func (r Resolution) Name() text.Said { return resolutionNames[r].Say(nil) }
