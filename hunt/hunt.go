// Package hunt asks questions of stored events in a small language that is
// typed from memory:
//
//	src in 10.0.0.0/8 and dport = 22 and status = failure last 24h | top 10 user
//
// Parse reads it, Check helps while it is typed, Hunt.Query compiles it to what
// an event store answers, Explain says in words what is asked. A Service runs
// hunts and keeps those that are worth asking again. The package does not read
// events itself; package eventstore and its engines do. The language is
// described in docs/hunt.md; to add a short name for a field, add a line to
// fields_table.go.
package hunt

import (
	"net/netip"
	"time"
)

// A Hunt is one question. It is made by Parse; one made by hand is checked by
// Parse of its String.
type Hunt struct {
	When  When
	Where Expr // nil is all events
	Show  Show
}

// When is the time that a hunt looks at: the Last of it before the moment at
// which it is asked, or Since and Until. The zero When is all time.
type When struct {
	Last         time.Duration
	Since, Until Moment // since <= time < until
}

// A Moment is a point in time. The zero Moment is none.
type Moment struct {
	At   time.Time // in the zone in which it was said
	Said string    // where it was said relative to now: "yesterday 09:00"; "" where not
}

// IsZero reports whether there is no moment.
func (m Moment) IsZero() bool { return m.At.IsZero() && m.Said == "" }

// Range returns the first moment that is looked at, and the first that is not;
// zero times are open.
func (w When) Range(now time.Time) (from, until time.Time) {
	if w.Last > 0 {
		return now.Add(-w.Last).UTC(), time.Time{}
	}
	return w.Since.At.UTC(), w.Until.At.UTC()
}

// Expr is a condition on one event: All, Any, Not, Test or Word.
type Expr interface{ expr() }

type (
	// All is true where every one of at least two is.
	All []Expr
	// Any is true where some one of at least two is.
	Any []Expr
	// Not is true where the other is not.
	Not struct{ Of Expr }

	// Test compares a field with values. It is false for an event that has not
	// the field, negated or not; Not of it is true there.
	Test struct {
		Field   Field
		Op      Op
		Negated bool    // != and "not in", "not contains", …
		Values  []Value // one; several for In, none for Exists
	}
	// Word is true where some text of the event holds Text, whatever the case of
	// ASCII letters.
	Word struct{ Text string }
)

func (All) expr()  {}
func (Any) expr()  {}
func (Not) expr()  {}
func (Test) expr() {}
func (Word) expr() {}

// Op is what a Test asks.
type Op uint8

// Operators.
const (
	Is Op = iota + 1
	Less
	LessEqual
	Greater
	GreaterEqual
	Contains
	Starts
	Ends
	Matches
	In
	Exists
)

// A Value is what a field is compared with; the kind of the field says which
// member holds it.
type Value struct {
	Text   string       // texts, regular expressions, names of activities
	Number int64        // numbers, truth values as 0 and 1, classes, captions of lists
	Moment Moment       // times
	Prefix netip.Prefix // addresses; one of full length is one address
}

// Show is what is wanted of the events that are found.
type Show struct {
	Kind     ShowKind
	N        int // Top, Latest: how many; 0 of Latest is the service's bound
	By       []Field
	Distinct Field         // Count: the field whose different values count, "" for events
	Step     time.Duration // Timeline: 0 chooses one that fits the time asked for
}

// ShowKind says what a hunt gives.
type ShowKind uint8

// What a hunt gives.
const (
	Latest ShowKind = iota // the newest events
	Top
	Count
	Timeline
)

// Bounds of the language. What is larger is refused with its bound.
const (
	MaxInput   = 8 << 10 // bytes
	MaxTerms   = 300     // conditions
	MaxNesting = 24      // parentheses and not
	MaxList    = 1000    // values of one list
	MaxPattern = 1000    // bytes of a regular expression
	MaxBy      = 4       // fields of top and count
	MaxTop     = 1000
	MaxLatest  = 10_000
	MaxSteps   = 5000 // of a timeline

	maxProgram  = 10_000 // instructions of a regular expression, about
	maxProblems = 10
	maxLast     = 10 * 366 * 24 * time.Hour
)
