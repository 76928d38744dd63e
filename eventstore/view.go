package eventstore

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/bongsu/bongsu/event"
)

// Bounds say which events a view shows. The zero Bounds are all there are.
type Bounds struct {
	Tenant      string    // "" is all organisations
	From, Until time.Time // From <= time < Until; zero is open
	Classes     []event.Class
}

// Bounds returns the bounds of a query.
func (q *Query) Bounds() Bounds {
	return Bounds{Tenant: q.Tenant, From: q.From, Until: q.Until, Classes: q.Classes}
}

// Has reports whether an event is within the bounds.
func (b *Bounds) Has(e *event.Event) bool {
	return (b.Tenant == "" || tenantOf(e) == b.Tenant) &&
		(b.From.IsZero() || !e.Time.Before(b.From)) &&
		(b.Until.IsZero() || e.Time.Before(b.Until)) &&
		(len(b.Classes) == 0 || slices.Contains(b.Classes, e.Class))
}

// meets reports whether a segment may hold events within the bounds.
func (b *Bounds) meets(s *Segment) bool {
	return (b.Tenant == "" || s.Tenant == b.Tenant) &&
		(b.From.IsZero() || !s.Last.Before(b.From)) &&
		(b.Until.IsZero() || s.First.Before(b.Until)) &&
		(len(b.Classes) == 0 || slices.Contains(b.Classes, s.Class))
}

// A View is what the store holds at one moment. Every event is in exactly one
// place: a segment or the tail. The files stay until Release, whatever
// compaction and retention do meanwhile. It is used by one goroutine; Release
// may be called by any.
type View struct {
	store    *Store
	bounds   Bounds
	held     []*held
	frames   []event.Frame
	released bool
}

// View returns what lies within the bounds. Release it when it is not needed
// any more.
func (s *Store) View(b Bounds) *View {
	v := &View{store: s, bounds: b}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.order {
		if b.meets(&h.Segment) {
			h.refs++
			v.held = append(v.held, h)
		}
	}
	for _, name := range s.names {
		st := s.streams[name]
		if st.frozen != nil {
			v.frames = append(v.frames, st.frozen.frames...)
		}
		v.frames = append(v.frames, st.active.frames...)
	}
	return v
}

// Segments returns the segments that may hold events within the bounds: those
// first that hold the newest. They may hold others beside them.
func (v *View) Segments() []Segment {
	out := make([]Segment, len(v.held))
	for i, h := range v.held {
		out[i] = h.Segment
		out[i].Path = filepath.Join(v.store.config.Dir, filepath.FromSlash(h.Name))
	}
	return out
}

// Tail returns the events within the bounds that are in no segment yet, in the
// order in which they came. They must not be changed.
func (v *View) Tail() []event.Frame {
	var out []event.Frame
	for _, f := range v.frames {
		var kept event.Frame
		for i, e := range f {
			switch in := v.bounds.Has(e); {
			case in && kept != nil:
				kept = append(kept, e)
			case !in && kept == nil:
				kept = append(make(event.Frame, 0, len(f)), f[:i]...)
			}
		}
		if kept == nil {
			kept = f
		}
		if len(kept) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

// Release lets the store remove files that the view kept. It may be called more
// than once; the view must not be used afterwards.
func (v *View) Release() {
	s := v.store
	s.mu.Lock()
	if v.released {
		s.mu.Unlock()
		return
	}
	v.released = true
	var gone []string
	for _, h := range v.held {
		if h.refs--; h.refs == 0 && h.gone && !h.aside {
			gone = append(gone, h.Name)
		}
	}
	v.held, v.frames = nil, nil
	s.mu.Unlock()
	s.remove(gone)
}
