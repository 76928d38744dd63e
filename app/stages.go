package app

import (
	"context"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
)

// detectStage runs the detectors over a stream of frames.
type detectStage struct{ runner *detect.Runner }

func (s detectStage) Handle(_ context.Context, frame event.Frame) ([][]detect.Finding, error) {
	return some(s.runner.Examine(frame)), nil
}

func (s detectStage) Flush(context.Context) ([][]detect.Finding, error) {
	return some(s.runner.Close()), nil
}

func some[T any](list []T) [][]T {
	if len(list) == 0 {
		return nil
	}
	return [][]T{list}
}

// correlateStage gathers findings until the recording ends: an incident of a
// recording is told once, when all of it is known.
type correlateStage struct{ findings []detect.Finding }

func (s *correlateStage) Handle(_ context.Context, found []detect.Finding) ([][]incident.Incident, error) {
	s.findings = append(s.findings, found...)
	if len(s.findings) > compactAt {
		s.findings = detect.Latest(s.findings)
	}
	return nil, nil
}

// compactAt is when findings that have grown are brought down to their latest
// state.
const compactAt = 4096

func (s *correlateStage) Flush(context.Context) ([][]incident.Incident, error) {
	return some(incident.Correlate(detect.Latest(s.findings))), nil
}

// collect is a sink that keeps everything.
type collect[T any] struct{ all []T }

func (c *collect[T]) Handle(_ context.Context, list []T) error {
	c.all = append(c.all, list...)
	return nil
}

func (c *collect[T]) Flush(context.Context) error { return nil }

// keep counts the events of a recording and hands them to whoever wants them.
type keep struct {
	into  func(event.Frame) error // may be nil
	total *Counts
}

func (k keep) Handle(_ context.Context, frame event.Frame) error {
	for _, e := range frame {
		k.total.add(e)
	}
	if k.into == nil {
		return nil
	}
	return k.into(frame)
}

func (k keep) Flush(context.Context) error { return nil }
