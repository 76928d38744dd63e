package nats_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/bongsu/bongsu/bus/bustest"
	"github.com/bongsu/bongsu/bus/nats"
)

func TestMain(m *testing.M) {
	bustest.Child(open)
	os.Exit(m.Run())
}

func TestBus(t *testing.T) { bustest.Run(t, open) }

func open(o bustest.Options) (bustest.Bus, error) {
	b, err := nats.Open(context.Background(), nats.Config{
		Dir: o.Dir, Flow: o.Flow, Log: bustest.Log(), Clock: time.Now, Keep: o.Keep, KeepBytes: o.KeepBytes,
		FirstSequence: o.FirstSequence, Free: o.Free, Health: o.Health, Tries: bustest.Tries,
	})
	if err != nil {
		return nil, err
	}
	return tested{b}, nil
}

// tested gives the suite what it asks for.
type tested struct{ *nats.Bus }

func (t tested) Letters() bustest.Letters { return letters{t.Bus} }

type letters struct{ b *nats.Bus }

func (l letters) List(ctx context.Context) ([]bustest.Letter, error) {
	got, err := l.b.DeadLetters(ctx, 0, 100)
	if err != nil {
		return nil, err
	}
	var list []bustest.Letter
	for _, x := range got {
		list = append(list, bustest.Letter{ID: x.ID, Topic: x.Topic, Stage: x.Stage, Failed: x.Failed, Reason: x.Reason, Sequence: x.Sequence, Data: x.Data})
	}
	return list, nil
}

func (l letters) Retry(ctx context.Context, id uint64) error   { return l.b.Retry(ctx, id) }
func (l letters) Discard(ctx context.Context, id uint64) error { return l.b.Discard(ctx, id) }

func (l letters) Held(ctx context.Context, topic string) (uint64, error) {
	stats, err := l.b.Stats(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range stats {
		if s.Topic == topic {
			return s.Messages, nil
		}
	}
	return 0, nil
}
