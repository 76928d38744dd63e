// Package eventstoretest is one suite for every store of events: what is
// appended is found, once, by every question that a query can ask, whatever
// happens to the store meanwhile.
//
// The answers are compared with those of Answer, which looks at all events one
// by one; it is the reference of what a query means.
package eventstoretest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/bongsu/bongsu/eventstore"
)

// A Catalogue is a catalogue in memory that fails when it is told to. It
// outlives the store, as a database outlives the process.
type Catalogue struct {
	mu        sync.Mutex
	segments  map[string]eventstore.Segment
	positions map[string]uint64
	before    error
	after     error
}

// ErrInjected is the error of a commit that was told to fail.
var ErrInjected = errors.New("injected: the catalogue failed")

// NewCatalogue returns an empty catalogue.
func NewCatalogue() *Catalogue {
	return &Catalogue{segments: map[string]eventstore.Segment{}, positions: map[string]uint64{}}
}

// FailNext lets the next commit fail: done says whether its change is made all
// the same, as when the answer of a database gets lost.
func (c *Catalogue) FailNext(done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before, c.after = ErrInjected, nil
	if done {
		c.before, c.after = nil, ErrInjected
	}
}

// Commit makes a change.
func (c *Catalogue) Commit(ctx context.Context, change eventstore.Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, after := c.before, c.after
	c.before, c.after = nil, nil
	if err := errors.Join(ctx.Err(), before); err != nil {
		return err
	}
	for _, name := range change.Removed {
		delete(c.segments, name)
	}
	for _, s := range change.Added {
		s.Path = ""
		c.segments[s.Name] = s
	}
	if change.Stream != "" {
		c.positions[change.Stream] = change.Position
	}
	return after
}

// Segments returns all segments.
func (c *Catalogue) Segments(context.Context) ([]eventstore.Segment, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.segments)), nil
}

// Positions returns the positions of streams.
func (c *Catalogue) Positions(context.Context) (map[string]uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.positions), nil
}
