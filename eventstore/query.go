package eventstore

import (
	"errors"
	"net/netip"
	"regexp"
	"time"

	"github.com/bongsu/bongsu/event"
)

// ErrNoEngine says that this build cannot answer queries.
var ErrNoEngine = errors.New("this build has no query engine (built without cgo)")

// A Query asks for events of one organisation, or for numbers about them. It
// asks for one thing: the latest events, unless Top, Count or Timeline is set.
type Query struct {
	Tenant      string    // "" is all organisations
	From, Until time.Time // From <= time < Until; zero is open
	Classes     []event.Class
	Where       Expr // nil is all

	Limit int     // rows at most; the engine's bound when 0
	After *Cursor // latest events: those older than this one

	Top      *Top
	Count    *Count
	Timeline *Timeline

	// Partial results are given, with Result.Partial, when one of the bounds is
	// met. Zero is the engine's default.
	Timeout time.Duration
	Memory  int64 // bytes
}

// A Cursor is a place in the order of the latest events: time descending, then
// id descending.
type Cursor struct {
	Time time.Time
	ID   string
}

// Top asks for the most frequent values of fields together, with how often
// each occurs, first and last time.
type Top struct {
	N  int
	By []Field
}

// Count asks how many events there are, for each combination of fields (none:
// altogether), the most frequent first. Distinct counts the different values of
// a field instead of events where it is set.
type Count struct {
	By       []Field
	Distinct *Field
}

// Timeline asks how many events there are in each step of time, split by a
// field where one is given (its ten most frequent values, the rest together).
type Timeline struct {
	Step time.Duration
	By   *Field
}

// A Field is what a query can speak of: a column of the path table, one of the
// values that every event has, or a value of the source that has no path.
type Field struct {
	Kind     FieldKind
	Path     event.Path // Column
	Unmapped string     // Unmapped: its name
}

// FieldKind says where a field lies.
type FieldKind uint8

// Kinds of fields.
const (
	Column   FieldKind = iota + 1
	Unmapped           // unmapped.<name>, a text compared without its quotes
	EventTime
	EventID  // metadata.uid
	ClassUID // class_uid
)

// Type returns the type that values of the field have.
func (f Field) Type() event.Type {
	switch f.Kind {
	case Column:
		return f.Path.Type()
	case EventTime:
		return event.Time
	case ClassUID:
		return event.Int
	case Unmapped, EventID:
	}
	return event.String
}

// Expr is a condition on one event. Its kinds are And, Or, Not, Compare, In,
// Contains, Match, Within and Exists. A condition on a field that an event does
// not have is false, and Not of it is true.
type Expr interface{ expr() }

type (
	// And is true when every one is.
	And []Expr
	// Or is true when some one is.
	Or []Expr
	// Not is true when the other is not.
	Not struct{ Of Expr }

	// Compare holds a field against a literal of its type.
	Compare struct {
		Field Field
		Op    Op
		Value Literal
	}
	// In is true when the field equals one of the values.
	In struct {
		Field  Field
		Values []Literal
	}
	// Contains is true when the text of the field holds Text, begins or ends
	// with it, whatever the case of ASCII letters.
	Contains struct {
		Field Field
		Where Anchor
		Text  string
	}
	// Match is true when the expression (RE2) finds something in the field.
	Match struct {
		Field Field
		Regex *regexp.Regexp
	}
	// Within is true when the field is an address in one of the prefixes.
	Within struct {
		Field    Field
		Prefixes []netip.Prefix
	}
	// Exists is true when the event has the field.
	Exists struct{ Field Field }
	// Anywhere is true when some text of the event, raw_data above all, holds
	// Text, whatever the case of ASCII letters.
	Anywhere struct{ Text string }
)

func (And) expr()      {}
func (Or) expr()       {}
func (Not) expr()      {}
func (Compare) expr()  {}
func (In) expr()       {}
func (Contains) expr() {}
func (Match) expr()    {}
func (Within) expr()   {}
func (Exists) expr()   {}
func (Anywhere) expr() {}

// Op is a comparison.
type Op uint8

// Comparisons. Texts are equal byte by byte.
const (
	Equal Op = iota + 1
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
)

// Anchor is where a text must lie.
type Anchor uint8

// Anchors.
const (
	Somewhere Anchor = iota
	AtStart
	AtEnd
)

// A Literal is a value to compare with; the field's type says which member
// holds it.
type Literal struct {
	Text   string    // String, JSON
	Number int64     // Int; Bool as 0 and 1
	Time   time.Time // Time
}

// A Result is the answer to a query.
type Result struct {
	Events  []*event.Event // the latest events, newest first
	Groups  []Group        // Top and Count
	Buckets []Bucket       // Timeline, in the order of time
	More    bool           // there are more rows than Limit
	Partial string         // why the answer is not whole: "timeout", "memory", "damaged: …"; "" when it is

	Scanned Scanned
}

// Scanned says what was looked at.
type Scanned struct {
	Segments int
	Rows     int64 // of the segments that could not be left out
	Bytes    int64
	Took     time.Duration
}

// A Group is one combination of values, "" for a field that is not set.
type Group struct {
	Values      []string
	Count       int64
	First, Last time.Time
}

// A Bucket is one step of a timeline.
type Bucket struct {
	Start time.Time
	Value string // of Timeline.By, "" without it or for the rest
	Count int64
}
