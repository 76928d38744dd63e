package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/enrich"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/statestore"
)

// enrichStage is an enrich.Stage that can be changed while events flow.
type enrichStage struct{ now atomic.Pointer[enrich.Stage] }

func (s *enrichStage) Handle(ctx context.Context, frame event.Frame) ([]event.Frame, error) {
	return s.now.Load().Handle(ctx, frame)
}

func (s *enrichStage) Flush(context.Context) ([]event.Frame, error) { return nil, nil }

// keepStage keeps the events of one topic in the event store, which also keeps
// the place in the topic that they are from.
type keepStage struct {
	store   *eventstore.Store
	stream  string
	frame   event.Frame // handled, its place not known yet
	waiting bool
}

var _ bus.Checkpointer = (*keepStage)(nil)

func (s *keepStage) Handle(_ context.Context, frame event.Frame) error {
	s.frame, s.waiting = frame, true
	return nil
}

func (s *keepStage) Flush(context.Context) error { return nil }

// Resume returns what lies in segments; the rest is handled again.
func (s *keepStage) Resume(context.Context) (uint64, error) { return s.store.Position(s.stream), nil }

// Checkpoint hands the frame on, now that its place is known.
func (s *keepStage) Checkpoint(ctx context.Context, handled uint64) (uint64, error) {
	if s.waiting {
		if err := s.store.Append(ctx, s.stream, handled, s.frame); err != nil {
			return 0, patient(err)
		}
		s.frame, s.waiting = nil, false
	}
	done, err := s.store.Checkpoint(ctx, s.stream, handled)
	return done, patient(err)
}

// patient marks errors that pass, so that the bus tries again.
func patient(err error) error {
	switch {
	case err == nil, errors.Is(err, bus.ErrWait):
		return err
	case errors.Is(err, statestore.ErrNoSpace), errors.Is(err, statestore.ErrBusy), errors.Is(err, eventstore.ErrNoSpace):
		return fmt.Errorf("%w: %w", bus.ErrWait, err)
	}
	return err
}

// sink is a function as a sink of the flow.
type sink[T any] func(context.Context, T) error

func (s sink[T]) Handle(ctx context.Context, in T) error { return patient(s(ctx, in)) }

func (s sink[T]) Flush(context.Context) error { return nil }

var _ bus.Sink[[]detect.Finding] = sink[[]detect.Finding](nil)
