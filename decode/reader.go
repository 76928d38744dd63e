package decode

import (
	"errors"
	"fmt"
	"time"

	"github.com/bongsu/bongsu/event"
)

// Recognise returns the kind that is surest of a text, with how sure it is
// (0 to 100). Of equals the first wins. Ok is false where none is.
func Recognise(kinds []Kind, head []byte) (kind Kind, sure int, ok bool) {
	head = head[:min(len(head), HeadSize)]
	for _, k := range kinds {
		if n := k.Sniff(head); n > sure {
			kind, sure, ok = k, n, true
		}
	}
	return kind, sure, ok
}

// A Reader turns the records of one file or one connection into events: with
// the decoder of the kind that it was given, line by line with the others
// where that one declines and is not sticky, and as an event of class Base
// where nothing understands. It loses no record. It is used by one goroutine.
type Reader struct {
	lanes   []lane
	sticky  bool
	opts    Options
	last    time.Time // of the newest event that had a time
	counts  Counts
	shapeOf [maxShape]byte
}

type lane struct {
	kind    Kind
	decoder Decoder // nil until it is needed
}

// NewReader returns a reader that begins with the kind of this name. Kinds are
// tried for single lines in their order. A name that is not among the kinds is
// refused.
func NewReader(kinds []Kind, name string, opts Options) (*Reader, error) {
	r := &Reader{opts: opts, counts: Counts{Kinds: map[string]KindCount{}, Shapes: map[string]Shape{}}}
	for _, k := range kinds {
		if k.Name == name {
			r.lanes = append([]lane{{kind: k}}, r.lanes...)
			r.sticky = k.Sticky
		} else if !k.Sticky {
			r.lanes = append(r.lanes, lane{kind: k})
		}
	}
	if len(r.lanes) == 0 || r.lanes[0].kind.Name != name {
		return nil, fmt.Errorf("read records: unknown kind %q", name)
	}
	if r.sticky {
		r.lanes = r.lanes[:1]
	}
	return r, nil
}

// Decode appends the events of one record to out. It keeps no reference to the
// record's body. Events of a record that is not whole say so in unmapped
// "record_cut".
func (r *Reader) Decode(rec Record, out []*event.Event) []*event.Event {
	before := len(out)
	out = r.decode(rec, out)
	if rec.Cut {
		for _, e := range out[before:] {
			e.AddUnmapped("record_cut", "true")
		}
	}
	return out
}

func (r *Reader) decode(rec Record, out []*event.Event) []*event.Event {
	r.counts.Records++
	var wrong error
	before := len(out)
	for i := range r.lanes {
		l := &r.lanes[i]
		if l.decoder == nil {
			l.decoder = l.kind.New(r.opts)
		}
		var err error
		out, err = decode(l.decoder, rec, out)
		if err == nil {
			for _, e := range out[before:] {
				tidy(e)
			}
			r.count(l.kind.Name, out[before:])
			r.promote(i)
			return out
		}
		clear(out[before:])
		out = out[:before]
		if !errors.Is(err, ErrNotMine) {
			wrong = fmt.Errorf("%s: %w", l.kind.Name, err)
			break
		}
	}
	return append(out, r.keep(rec, wrong))
}

// promote lets the kind that understood a line be asked first for the next:
// logs come in runs.
func (r *Reader) promote(i int) {
	if i == 0 {
		return
	}
	chosen := r.lanes[i]
	copy(r.lanes[1:i+1], r.lanes[:i])
	r.lanes[0] = chosen
}

// decode makes a panic an error: one record that nobody thought of must not
// end the reading of all others.
func decode(d Decoder, rec Record, out []*event.Event) (events []*event.Event, err error) {
	defer func() {
		if p := recover(); p != nil {
			events, err = out, fmt.Errorf("%w: %v", ErrPanic, p)
		}
	}()
	return d.Decode(rec, out)
}

// ErrPanic says that a decoder broke on a record: a fault of Bongsu's, which
// Counts shows.
var ErrPanic = errors.New("the decoder broke on this record, please report it")

func (r *Reader) count(kind string, events []*event.Event) {
	c := r.counts.Kinds[kind]
	c.Records++
	c.Events += len(events)
	r.counts.Kinds[kind] = c
	for _, e := range events {
		if e.Time.After(r.last) {
			r.last = e.Time
		}
	}
}

// keep makes an event of class Base of a record that nothing understands. It
// stands beside its neighbours in time, because it has no time of its own.
func (r *Reader) keep(rec Record, wrong error) *event.Event {
	at := r.last
	if at.IsZero() {
		at = r.opts.Reference
	}
	if r.opts.Reference.IsZero() || at.IsZero() {
		at = rec.Received // of a live source: now
	}
	e := event.New(event.Base, at, Stamp(rec, 0))
	e.SetStr(event.RawData, string(rec.Body))
	reason := "no decoder understands this record"
	if wrong != nil {
		reason = wrong.Error()
	}
	e.SetStr(event.StatusDetail, reason)
	r.counts.NotUnderstood++
	shape := string(appendShape(r.shapeOf[:0], rec.Body))
	s, seen := r.counts.Shapes[shape]
	switch {
	case seen:
		s.Count++
		r.counts.Shapes[shape] = s
	case len(r.counts.Shapes) < maxShapes:
		r.counts.Shapes[shape] = Shape{Count: 1, Position: rec.Position, Reason: reason}
	default:
		r.counts.MoreShapes++
	}
	return e
}

// Unread returns how many records were not understood so far.
func (r *Reader) Unread() int { return r.counts.NotUnderstood }

// Counts returns what was read so far. The maps are the reader's own.
func (r *Reader) Counts() Counts {
	c := r.counts
	for i := range r.lanes {
		if u, ok := r.lanes[i].decoder.(interface{ Untimed() int }); ok {
			c.Untimed += u.Untimed()
		}
	}
	return c
}

// Counts says what became of the records.
type Counts struct {
	Records       int
	NotUnderstood int                  // kept as events of class Base
	Untimed       int                  // understood, but without a time that can be read: they stand at the reference
	Kinds         map[string]KindCount // by name of the kind
	Shapes        map[string]Shape     // what the records that were not understood look like
	MoreShapes    int                  // records of further shapes, beyond the bound on Shapes
}

// KindCount is what one kind understood.
type KindCount struct{ Records, Events int }

// Shape stands for records that look alike.
type Shape struct {
	Count    int
	Position uint64 // of the first
	Reason   string // why the first was not understood
}

// Bounds on what is told about records that were not understood.
const (
	maxShapes = 32
	maxShape  = 60
)

// appendShape appends what a line looks like: letters as a, digits as 0, each
// run once.
func appendShape(dst, line []byte) []byte {
	var last byte
	for _, c := range line {
		switch {
		case c >= '0' && c <= '9':
			c = '0'
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= 0x80:
			c = 'a'
		case c < ' ' || c == 0x7f:
			c = ' '
		}
		if c == last && (c == 'a' || c == '0' || c == ' ') {
			continue
		}
		last = c
		if len(dst) == maxShape {
			break
		}
		dst = append(dst, c)
	}
	return dst
}
