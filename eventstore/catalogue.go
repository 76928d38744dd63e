package eventstore

import (
	"context"
	"errors"
	"time"

	"github.com/bongsu/bongsu/event"
)

// Field ids of the columns that every segment has. The field id of any other
// column is the number of its event.Path. Names may change, ids do not.
const (
	FieldClass         = 60000 // class_uid, INT32
	FieldTime          = 60001 // time, INT64 timestamp in nanoseconds, UTC
	FieldUID           = 60002 // metadata.uid, text
	FieldUnmapped      = 60003 // unmapped, a map: name → JSON literal
	FieldUnmappedKey   = 60004
	FieldUnmappedValue = 60005
	FieldExact         = 60006 // exact, bytes; see Segment.Exact
)

// ErrNoSpace says that the disk is full or the quota used up. It passes: what
// was not written is still held, and a later try writes it.
var ErrNoSpace = errors.New("no space left for events")

// A Segment is one immutable Parquet file of events of one organisation and one
// class, ascending by time within each row group.
type Segment struct {
	Name   string // below the store's folder, with slashes; the key in the catalogue
	Path   string // where the file lies; a View fills it, the catalogue does not keep it
	Tenant string // metadata.tenant_uid, "" where the events have none
	Class  event.Class
	Rows   int64
	Bytes  int64

	First, Last time.Time // time of the earliest and of the latest event
	Stored      time.Time // when the youngest of its events came into the store

	// Columns are those that some event of the segment has, ascending. The
	// columns that every event has (class, time, uid, unmapped) are not listed.
	Columns []event.Path
	// Exact says that there is a column with the bytes of texts that are not
	// UTF-8: in their own columns such texts have U+FFFD in place of each bad
	// byte, which is what queries compare.
	Exact bool
	// Sources are the beginnings of the ids, as Source makes them. Nil: too many
	// to name.
	Sources []string
}

// A Catalogue says which segments there are and how far the streams that they
// were made of are done. It survives crashes, and is safe for concurrent use.
type Catalogue interface {
	// Commit does all of a change or nothing of it. It is durable on return.
	Commit(ctx context.Context, change Change) error
	// Segments returns all segments, in any order.
	Segments(ctx context.Context) ([]Segment, error)
	// Positions returns the position of every stream that has one.
	Positions(ctx context.Context) (map[string]uint64, error)
}

// A Change is one step of the catalogue. A segment that is added under a name
// that is there takes its place; a name that is removed and not there is no
// error.
type Change struct {
	Stream   string // "": no position changes
	Position uint64 // of the stream; everything up to it is in segments
	Added    []Segment
	Removed  []string
}
