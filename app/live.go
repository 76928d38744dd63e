package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bongsu/bongsu/asset"
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

// A notebook keeps single facts of the installation; statestore.Ledger is one.
type notebook interface {
	Fact(ctx context.Context, name string) (string, error)
	SetFact(ctx context.Context, name, value string) error
}

// observeStage shows events to the inventory of machines, and keeps the place
// in the topic together with what was learned.
type observeStage struct {
	inventory *asset.Inventory
	alone     *sync.Mutex // the inventory is shown events by one stage at a time
	notes     notebook
	topic     string
	clock     func() time.Time

	done uint64 // guarded by alone, as kept is
	kept time.Time
}

// observeEvery is how often what was learned is stored.
const observeEvery = 5 * time.Second

var _ bus.Checkpointer = (*observeStage)(nil)

func (s *observeStage) Handle(ctx context.Context, frame event.Frame) error {
	s.alone.Lock()
	defer s.alone.Unlock()
	return patient(s.inventory.Observe(ctx, frame))
}

func (s *observeStage) Flush(context.Context) error { return nil }

// fact is the name of the note that holds the place.
func (s *observeStage) fact() string { return "observed." + s.topic }

// Resume returns how far events were learned from.
func (s *observeStage) Resume(ctx context.Context) (uint64, error) {
	text, err := s.notes.Fact(ctx, s.fact())
	if err != nil || text == "" {
		return 0, err
	}
	s.done, err = strconv.ParseUint(text, 10, 64)
	return s.done, err
}

// Checkpoint stores what was learned when it is time.
func (s *observeStage) Checkpoint(ctx context.Context, handled uint64) (uint64, error) {
	s.alone.Lock()
	defer s.alone.Unlock()
	if handled == s.done || s.clock().Sub(s.kept) < observeEvery {
		return s.done, nil
	}
	return s.keep(ctx, handled)
}

// force stores what was learned now. The stage has handled everything.
func (s *observeStage) force(ctx context.Context, handled uint64) error {
	s.alone.Lock()
	defer s.alone.Unlock()
	_, err := s.keep(ctx, handled)
	return err
}

// keep stores what was learned; the caller holds alone.
func (s *observeStage) keep(ctx context.Context, handled uint64) (uint64, error) {
	err := s.inventory.Flush(ctx, func(ctx context.Context) error {
		return s.notes.SetFact(ctx, s.fact(), strconv.FormatUint(handled, 10))
	})
	if err != nil {
		return s.done, patient(err)
	}
	s.done, s.kept = handled, s.clock()
	return s.done, nil
}

// Readers that keep up share the frames that were published; one that is behind
// reads them from the disk and unpacks them for itself. So sources wait a little
// for a stage that falls behind, but never for one that stands still: then the
// bus holds what comes.
const (
	maxBehind = 12 // frames
	paceStep  = 2 * time.Millisecond
	paceMost  = 200 * time.Millisecond
)

// pace waits while a stage is behind.
func (s *server) pace(ctx context.Context) {
	for waited := time.Duration(0); waited < paceMost && ctx.Err() == nil; waited += paceStep {
		behind := uint64(0)
		for _, lag := range s.bus.Lag() {
			if lag.Topic == enriched.Name {
				behind = max(behind, lag.Last-min(lag.Handled, lag.Last))
			}
		}
		if behind <= maxBehind {
			return
		}
		time.Sleep(paceStep)
	}
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
