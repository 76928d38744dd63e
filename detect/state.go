package detect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// A State carries the state of a detector to bytes or back. A detector has one
// function that goes through its members, in a fixed order, for both
// directions:
//
//	func (d *detector) state(s *detect.State) {
//		s.Int(&d.total)
//		s.Finding(&d.f, held)
//	}
//
//	func (d *detector) Snapshot() ([]byte, error)  { return detect.Save(d.state) }
//	func (d *detector) Restore(state []byte) error { return detect.Load(state, d.state) }
//
// Whoever changes the members or their order changes the number that the
// function begins with (Version), so that states of an older program are
// refused and the detector begins anew.
type State struct {
	reading bool
	buf     []byte
	err     error
}

// ErrState says that bytes are not a state of the detector.
var ErrState = errors.New("not a state of this detector")

// Save returns the state that members goes through.
func Save(members func(*State)) ([]byte, error) {
	s := &State{}
	members(s)
	return s.buf, s.err
}

// Load gives members what Save returned. An error leaves them in part.
func Load(state []byte, members func(*State)) error {
	s := &State{reading: true, buf: state}
	members(s)
	if s.err == nil && len(s.buf) > 0 {
		s.err = fmt.Errorf("%d bytes too many: %w", len(s.buf), ErrState)
	}
	return s.err
}

// Version names the form of the state.
func (s *State) Version(n int) {
	was := n
	s.Int(&was)
	if was != n {
		s.fail()
	}
}

// Int carries a whole number.
func (s *State) Int(p *int) {
	n := int64(*p)
	s.Int64(&n)
	*p = int(n)
}

// Int64 carries a whole number.
func (s *State) Int64(p *int64) {
	if !s.reading {
		s.buf = binary.AppendVarint(s.buf, *p)
		return
	}
	n, size := binary.Varint(s.buf)
	if s.err != nil || size <= 0 {
		s.fail()
		return
	}
	*p, s.buf = n, s.buf[size:]
}

// Float carries a number.
func (s *State) Float(p *float64) {
	n := int64(math.Float64bits(*p))
	s.Int64(&n)
	*p = math.Float64frombits(uint64(n))
}

// Bool carries a truth.
func (s *State) Bool(p *bool) {
	n := 0
	if *p {
		n = 1
	}
	s.Int(&n)
	*p = n != 0
}

// Str carries a text.
func (s *State) Str(p *string) {
	n := len(*p)
	s.Int(&n)
	if !s.reading {
		s.buf = append(s.buf, *p...)
		return
	}
	if s.err != nil || n < 0 || n > len(s.buf) {
		s.fail()
		return
	}
	*p, s.buf = string(s.buf[:n]), s.buf[n:]
}

// Time carries a time, UTC.
func (s *State) Time(p *time.Time) {
	zero := p.IsZero()
	s.Bool(&zero)
	if zero {
		*p = time.Time{}
		return
	}
	n := p.UnixNano()
	s.Int64(&n)
	*p = time.Unix(0, n).UTC()
}

// Origin carries where an event came from.
func (s *State) Origin(p *event.Origin) {
	s.Str(&p.Source)
	position, ordinal := int64(p.Position), int64(p.Ordinal)
	s.Int64(&position)
	s.Int64(&ordinal)
	p.Position, p.Ordinal = uint64(position), uint32(ordinal)
}

// Event carries a whole event.
func (s *State) Event(p *event.Event) {
	var raw string
	if !s.reading {
		raw = string(p.AppendProto(nil))
	}
	s.Str(&raw)
	if s.reading && s.err == nil {
		e, err := event.ParseProto([]byte(raw))
		if err != nil {
			s.fail()
			return
		}
		*p = *e
	}
}

// Ok reports whether all went well so far.
func (s *State) Ok() bool { return s.err == nil }

// Duration carries a time span.
func (s *State) Duration(p *time.Duration) { s.Int64((*int64)(p)) }

// Finding carries a finding, of one of the rules or none yet.
func (s *State) Finding(p *Finding, rules ...*Rule) {
	at := 0 // no rule, otherwise its place from 1
	if p.Rule != nil {
		at = slices.Index(rules, p.Rule) + 1
	}
	s.Int(&at)
	if at < 0 || at > len(rules) {
		s.fail()
		return
	}
	if at > 0 {
		p.Rule = rules[at-1]
	}
	s.Str(&p.ID)
	severity := int(p.Severity)
	s.Int(&severity)
	p.Severity = event.Severity(severity)
	s.Int(&p.Confidence)
	s.Time(&p.First)
	s.Time(&p.Last)
	s.Int(&p.Count)
	StateSlice(s, &p.Entities, func(e *Entity) {
		s.Str(&e.Kind)
		s.Str(&e.Value)
		s.Str((*string)(&e.Role))
	})
	s.Evidence(&p.Evidence)
	for _, said := range []*text.Said{&p.Title, &p.Why, &p.Now, &p.Hush} {
		s.Str(&said.EN)
		s.Str(&said.KO)
	}
	s.Str(&p.Tenant)
	s.Str(&p.Recording)
}

// Evidence carries what a finding rests on.
func (s *State) Evidence(p *[]Evidence) {
	StateSlice(s, p, func(e *Evidence) {
		s.Str(&e.EventID)
		s.Time(&e.Time)
		s.Str(&e.Fact)
		s.Str(&e.SrcIP)
		s.Str(&e.DstIP)
		s.Int64(&e.SrcPort)
		s.Int64(&e.DstPort)
	})
}

// StateSlice carries a list, each element by member. Nil stays nil.
func StateSlice[T any](s *State, p *[]T, member func(*T)) {
	n := len(*p)
	s.Int(&n)
	if s.reading {
		*p = nil
		if s.err != nil || n < 0 || n > len(s.buf) { // an element is one byte at least
			s.fail()
			return
		}
		if n > 0 {
			*p = make([]T, n)
		}
	}
	for i := range *p {
		if s.err != nil {
			return
		}
		member(&(*p)[i])
	}
}

// StateMap carries a map, each key and value by member. An empty map stays as
// it is.
func StateMap[K comparable, V any](s *State, p *map[K]V, member func(*K, *V)) {
	n := len(*p)
	s.Int(&n)
	if !s.reading {
		for k, v := range *p {
			member(&k, &v)
		}
		return
	}
	if s.err != nil || n < 0 || n > len(s.buf) {
		s.fail()
		return
	}
	for range n {
		var k K
		var v V
		member(&k, &v)
		if s.err != nil {
			return
		}
		if *p == nil {
			*p = make(map[K]V, n)
		}
		(*p)[k] = v
	}
}

func (s *State) fail() {
	if s.err == nil {
		s.err = ErrState
	}
	s.buf = nil
}
