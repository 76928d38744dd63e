// Package event holds what happened, in OCSF's words.
//
// An Event is one row of one OCSF class with the columns of the path table and
// an open list of unmapped values. A source makes it, every later stage reads
// it, nobody changes it once it is on the bus except enrich, which adds
// columns. Findings about events live in package detect.
//
// To add a column, add a line with the next free number to paths_table.go.
package event

import (
	"slices"
	"strings"
	"time"
)

// Class is an OCSF class_uid.
type Class uint16

// The classes that Bongsu writes.
const (
	Base             Class = 0    // a record that nothing understood, kept whole
	FileActivity     Class = 1001 // System Activity: File System Activity
	ProcessActivity  Class = 1007
	DetectionFinding Class = 2004 // somebody else's sensor claims something
	AccountChange    Class = 3001
	Authentication   Class = 3002
	NetworkActivity  Class = 4001 // flows, ARP, ICMP, TLS
	HTTPActivity     Class = 4002
	DNSActivity      Class = 4003
	DHCPActivity     Class = 4004
	RDPActivity      Class = 4005
	SMBActivity      Class = 4006
	SSHActivity      Class = 4007
	FTPActivity      Class = 4008
	EmailActivity    Class = 4009
	NTPActivity      Class = 4013
	TunnelActivity   Class = 4014
	WebResources     Class = 6001
	APIActivity      Class = 6003
)

// Activities of Network Activity (4001): how a connection ended, whoever saw it.
const (
	ConnOpen    = 1 // established, end not seen
	ConnClose   = 2 // established and closed in order
	ConnReset   = 3 // established, then reset
	ConnFail    = 4 // asked, never answered
	ConnRefuse  = 5 // asked, answered with a reset or unreachable
	ConnTraffic = 6 // traffic without a visible beginning, and everything that is not TCP and was answered
)

// Activities of Authentication (3002).
const (
	Logon  = 1
	Logoff = 2
	Ticket = 3 // a Kerberos ticket-granting ticket was requested
)

// Outcomes, for StatusID.
const (
	Success = 1
	Failure = 2
)

// Severity is OCSF's severity_id.
type Severity uint8

// Severities.
const (
	SeverityUnknown       Severity = 0
	SeverityInformational Severity = 1
	SeverityLow           Severity = 2
	SeverityMedium        Severity = 3
	SeverityHigh          Severity = 4
	SeverityCritical      Severity = 5
	SeverityFatal         Severity = 6
)

// Origin is where an event came from. The same record read again has the same
// origin, so a replay stores nothing twice.
type Origin struct {
	Source   string // hex of the content hash of a file or capture; boot id of a live source
	Position uint64 // byte offset in a file, packet number in a capture, counter on the network
	Ordinal  uint32 // which of the events that this position gave
}

// An Event is one row. The zero Event is an empty Base event. Not safe for
// concurrent writing; safe for concurrent reading.
type Event struct {
	Class  Class
	Time   time.Time // when it happened, UTC
	Origin Origin

	fields   []field // ascending by path
	unmapped []Unmapped
}

type field struct {
	path Path
	num  int64
	str  string
}

// Unmapped is a value that the OCSF dictionary has no path for.
type Unmapped struct {
	Name    string // dotted, in the words of the source
	Literal string // a JSON literal: "text" with its quotes, 12, true, {…}
}

// New returns an empty event of a class.
func New(class Class, at time.Time, origin Origin) *Event {
	return &Event{Class: class, Time: at, Origin: origin, fields: make([]field, 0, 24)}
}

func (e *Event) find(p Path) (int, bool) {
	fs := e.fields
	if n := len(fs); n == 0 || fs[n-1].path < p {
		return n, false
	}
	lo, hi := 0, len(fs)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if fs[mid].path < p {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(fs) && fs[lo].path == p
}

func (e *Event) set(f field) {
	i, ok := e.find(f.path)
	if ok {
		e.fields[i] = f
		return
	}
	if i == len(e.fields) {
		e.fields = append(e.fields, f)
		return
	}
	e.fields = slices.Insert(e.fields, i, f)
}

// SetStr sets a String or JSON column. An empty string is a value; to leave a
// column out, do not set it. SetText leaves empty strings out.
func (e *Event) SetStr(p Path, s string) { e.set(field{path: p, str: s}) }

// SetText sets a String or JSON column unless s is empty.
func (e *Event) SetText(p Path, s string) {
	if s != "" {
		e.set(field{path: p, str: s})
	}
}

// SetInt sets an Int column.
func (e *Event) SetInt(p Path, n int64) { e.set(field{path: p, num: n}) }

// SetBool sets a Bool column.
func (e *Event) SetBool(p Path, b bool) {
	n := int64(0)
	if b {
		n = 1
	}
	e.set(field{path: p, num: n})
}

// SetTime sets a Time column. The zero time leaves it out.
func (e *Event) SetTime(p Path, t time.Time) {
	if !t.IsZero() {
		e.set(field{path: p, num: t.UnixNano()})
	}
}

// SetActivity sets activity_id.
func (e *Event) SetActivity(id int) { e.SetInt(ActivityID, int64(id)) }

// SetStatus sets status_id: Success or Failure.
func (e *Event) SetStatus(id int) { e.SetInt(StatusID, int64(id)) }

// Has reports whether the column is set.
func (e *Event) Has(p Path) bool { _, ok := e.find(p); return ok }

// Str returns a String or JSON column, "" where it is not set.
func (e *Event) Str(p Path) string {
	if i, ok := e.find(p); ok {
		return e.fields[i].str
	}
	return ""
}

// Int returns an Int column, 0 where it is not set.
func (e *Event) Int(p Path) int64 {
	if i, ok := e.find(p); ok {
		return e.fields[i].num
	}
	return 0
}

// Bool returns a Bool column, false where it is not set.
func (e *Event) Bool(p Path) bool { return e.Int(p) != 0 }

// TimeOf returns a Time column, the zero time where it is not set.
func (e *Event) TimeOf(p Path) time.Time {
	if i, ok := e.find(p); ok {
		return time.Unix(0, e.fields[i].num).UTC()
	}
	return time.Time{}
}

// Activity returns activity_id, 0 where it is not set.
func (e *Event) Activity() int { return int(e.Int(ActivityID)) }

// Span returns how long the event lasted: from start_time to end_time where
// both are known, otherwise duration.
func (e *Event) Span() time.Duration {
	if e.Has(StartTime) && e.Has(EndTime) {
		return e.TimeOf(EndTime).Sub(e.TimeOf(StartTime))
	}
	return time.Duration(e.Int(Duration)) * time.Millisecond
}

// AddUnmapped adds a value that has no OCSF path, as a JSON literal.
func (e *Event) AddUnmapped(name, literal string) {
	if e.unmapped == nil {
		e.unmapped = make([]Unmapped, 0, 4)
	}
	e.unmapped = append(e.unmapped, Unmapped{name, literal})
}

// AddUnmappedStr adds a text that has no OCSF path; an empty one is left out.
func (e *Event) AddUnmappedStr(name, s string) {
	if s != "" {
		e.AddUnmapped(name, string(AppendQuoted(nil, s)))
	}
}

// AddUnmappedInt adds a number that has no OCSF path.
func (e *Event) AddUnmappedInt(name string, n int64) {
	e.AddUnmapped(name, string(appendInt(nil, n)))
}

// Unmapped returns the JSON literal of an unmapped value.
func (e *Event) Unmapped(name string) (literal string, ok bool) {
	for i := range e.unmapped {
		if e.unmapped[i].Name == name {
			return e.unmapped[i].Literal, true
		}
	}
	return "", false
}

// UnmappedStr returns an unmapped text without its quotes, or the literal of
// anything else, or "".
func (e *Event) UnmappedStr(name string) string {
	lit, _ := e.Unmapped(name)
	return Unquote(lit)
}

// AllUnmapped returns the unmapped values in the order in which they were
// added. The caller must not change them.
func (e *Event) AllUnmapped() []Unmapped { return e.unmapped }

// Each calls yield with every column that is set, ascending by path number,
// until it returns false. Value holds the text of String and JSON columns,
// number that of the others.
func (e *Event) Each(yield func(p Path, text string, number int64) bool) {
	for i := range e.fields {
		f := &e.fields[i]
		if !yield(f.path, f.str, f.num) {
			return
		}
	}
}

// ID returns the event's id. It names the source and the place in it, so that
// a person can find the record again: evt_<source>_<position>_<ordinal>.
func (e *Event) ID() string { return e.Origin.id("evt_") }

func (o Origin) id(prefix string) string {
	src := o.Source
	if len(src) > 16 {
		src = src[:16]
	}
	b := make([]byte, 0, 48)
	b = append(b, prefix...)
	b = append(b, src...)
	b = append(b, '_')
	b = appendInt(b, int64(o.Position))
	b = append(b, '_')
	b = appendInt(b, int64(o.Ordinal))
	return string(b)
}

// Compare orders events by time, then by where they came from.
func Compare(a, b *Event) int {
	if c := a.Time.Compare(b.Time); c != 0 {
		return c
	}
	if c := strings.Compare(a.Origin.Source, b.Origin.Source); c != 0 {
		return c
	}
	if a.Origin.Position != b.Origin.Position {
		if a.Origin.Position < b.Origin.Position {
			return -1
		}
		return 1
	}
	return int(a.Origin.Ordinal) - int(b.Origin.Ordinal)
}

// Name returns the dotted OCSF path.
func (p Path) Name() string {
	if int(p) < len(columns) {
		return columns[p].name
	}
	return ""
}

// Type returns the type of the column, 0 for an unknown path.
func (p Path) Type() Type {
	if int(p) < len(columns) {
		return columns[p].typ
	}
	return 0
}

// PathOf returns the path with a dotted OCSF name.
func PathOf(name string) (Path, bool) {
	p, ok := byName[name]
	return p, ok
}

// Paths returns every column in the order of its number.
func Paths() []Path {
	out := make([]Path, 0, len(columns)-1)
	for p := 1; p < len(columns); p++ {
		out = append(out, Path(p))
	}
	return out
}

var byName = func() map[string]Path {
	m := make(map[string]Path, len(columns))
	for p, c := range columns {
		if c.name != "" {
			m[c.name] = Path(p)
		}
	}
	return m
}()
