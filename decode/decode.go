// Package decode is the contract of everything that turns the bytes of a
// record into events. It does not read files or sockets; package source does.
//
// To add a decoder, see docs/adding-a-decoder.md.
package decode

import (
	"errors"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/source"
)

// Record is one message as received.
type Record = source.Record

// A Kind is one log format.
type Kind struct {
	Name string // "eve", "zeek", "auth", …: unique
	Doc  string // one sentence: what it reads
	Tier Tier

	// Sniff says how sure it is, from 0 (no) to 100 (certain), that a text
	// which begins with head is of this format. Head holds whole lines, up to
	// HeadSize bytes. It judges content, never names, and is pure.
	Sniff func(head []byte) int

	// Sticky formats carry state from line to line (a header that names the
	// columns): one decoder reads the whole file. Others are chosen anew for a
	// line that the current one does not understand.
	Sticky bool

	// New returns a decoder for one file or one connection.
	New func(Options) Decoder
}

// Tier says how far a format is understood; the docs show it.
type Tier string

// Tiers.
const (
	Full   Tier = "full"   // checked against public truth
	Fields Tier = "fields" // checked against our own recordings
	Named  Tier = "named"  // recognised only
)

// HeadSize is how much of a text Sniff sees at most.
const HeadSize = 16 << 10

// Options are what a decoder needs to know about its surroundings.
type Options struct {
	// Reference is the newest time that a record can be from: the time when
	// the file was last written. It completes times without a year. Zero for a
	// live source: each record is from about when it was received.
	Reference time.Time
	// Location is the zone of times that name none; nil means UTC.
	Location *time.Location
	// Path is the name of the file, for formats whose records do not say what
	// they are (Zeek JSON: conn.log). Empty when unknown.
	Path string
}

// ErrNotMine says that a record is not of the decoder's format. The runner
// then asks the other decoders; when all decline it keeps the record whole, as
// an event of class Base.
var ErrNotMine = errors.New("record is of another format")

// A Decoder turns records into events. It is used by one goroutine.
type Decoder interface {
	// Decode appends the events of one record to out. A record may give none
	// (a header, a comment). Each event carries the record's origin (see
	// Stamp), its bytes in raw_data, and its time. An error other than
	// ErrNotMine says what is wrong with the record, which is then kept whole.
	// Decode keeps no reference to rec.Body.
	Decode(rec Record, out []*event.Event) ([]*event.Event, error)
}

// Stamp returns the origin of the n-th event of a record, from 0.
func Stamp(rec Record, n int) event.Origin {
	return event.Origin{Source: rec.Source, Position: rec.Position, Ordinal: uint32(n)}
}
