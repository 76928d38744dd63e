package eventstore_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

// scanner answers queries by reading every event that the store shows: what is
// wrong in its answers is wrong in the store.
type scanner struct {
	*eventstore.Store
	read map[string][]*event.Event // by the name of the segment
}

func (s scanner) Query(ctx context.Context, q eventstore.Query) (*eventstore.Result, error) {
	if q.Timeout > 0 {
		if _, err := eventstore.Compile(q.Where); err != nil {
			return nil, err
		}
		return &eventstore.Result{Partial: "timeout"}, ctx.Err()
	}
	v := s.View(q.Bounds())
	defer v.Release()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []*event.Event
	for _, f := range v.Tail() {
		all = append(all, f...)
	}
	for _, segment := range v.Segments() {
		if _, ok := s.read[segment.Name]; !ok {
			if err := eventstore.ReadSegment(ctx, segment.Path, func(e *event.Event) error {
				s.read[segment.Name] = append(s.read[segment.Name], e)
				return nil
			}); err != nil {
				return nil, err
			}
		}
		all = append(all, s.read[segment.Name]...)
	}
	return eventstoretest.Answer(all, q)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func open(t *testing.T, config eventstore.Config) *eventstore.Store {
	t.Helper()
	if config.Log == nil {
		config.Log = quiet()
	}
	s, err := eventstore.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	eventstoretest.Run(t, func(t *testing.T, s eventstoretest.Setup) eventstoretest.Engine {
		return scanner{open(t, eventstore.Config{Dir: s.Dir, Catalogue: s.Catalogue, Clock: s.Clock}), map[string][]*event.Event{}}
	})
}
