//go:build cgo

package duckdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// eachPage is how many events Each holds at a time.
const eachPage = 4096

// Each calls yield with every event that the query is about, the newest first,
// until yield fails; its error is returned as it is. Limit is obeyed where it is
// set, and has no bound; numbers are not asked for. It sees the store as it was
// at the beginning. There is no time limit but the query's own, and ctx. When
// not everything could be read an *IncompleteError says what is missing, after
// the rest was given.
func (e *Engine) Each(ctx context.Context, q eventstore.Query, yield func(*event.Event) error) error {
	if q.Top != nil || q.Count != nil || q.Timeline != nil {
		return errors.New("read events: the query asks for numbers, not for events")
	}
	left := q.Limit
	after := q.After
	stop := errStop{}
	if q.Timeout == 0 {
		q.Timeout = noTimeout
	}
	select {
	case e.exports <- struct{}{}:
		defer func() { <-e.exports }()
	case <-ctx.Done():
		return fmt.Errorf("read events: %w", ctx.Err())
	}
	lack, err := e.run(ctx, &q, func(ctx context.Context, r *reader) error {
		for {
			n := eachPage
			if q.Limit > 0 {
				n = min(n, left)
			}
			if n == 0 {
				return nil
			}
			places, err := r.places(ctx, after, n)
			if err != nil {
				return err
			}
			events, err := r.events(ctx, places)
			if err != nil {
				return err
			}
			for i, x := range events {
				if stop.err = yield(x); stop.err != nil {
					return &stop
				}
				// A segment that proves damaged later makes this begin anew, from here.
				after = &eventstore.Cursor{Time: timeOf(places[i].time), ID: places[i].uid}
				left--
			}
			if len(events) < n {
				return nil
			}
		}
	})
	switch {
	case stop.err != nil:
		return stop.err
	case err != nil:
		return fmt.Errorf("read events: %w", err)
	case lack.String() != "":
		return fmt.Errorf("read events: %w", &IncompleteError{Missing: lack.String()})
	}
	return nil
}

// An IncompleteError says why not all events were read, in the words of
// eventstore.Result.Partial.
type IncompleteError struct{ Missing string }

func (e *IncompleteError) Error() string { return "incomplete: " + e.Missing }

// errStop ends a run because the caller's function failed.
type errStop struct{ err error }

func (e *errStop) Error() string { return e.err.Error() }
