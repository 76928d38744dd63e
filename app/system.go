package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/bongsu/bongsu/api"
	"github.com/bongsu/bongsu/bus/nats"
	"github.com/bongsu/bongsu/identity"
	sourcehttp "github.com/bongsu/bongsu/source/http"
)

// system is the server as the API sees it.
type system struct{ *server }

// Status returns how the server fares.
func (s system) Status(ctx context.Context) api.Status {
	stats := s.store.Stats()
	_, left := s.room.state()
	out := api.Status{
		Version: s.Version, Started: s.began.UTC(), Ready: true, Sources: s.sources.status(),
		Stored:   api.Stored{Events: stats.Rows, Tail: stats.TailRows, Segments: stats.Segments, Bytes: stats.Bytes},
		DiskFree: left, Engine: s.engine != nil,
	}
	for _, c := range s.checks(ctx) {
		out.Checks = append(out.Checks, api.Check(c))
		out.Ready = out.Ready && c.OK
	}
	for _, lag := range s.bus.Lag() {
		out.Stages = append(out.Stages, api.Stage{Topic: lag.Topic, Stage: lag.Stage, Behind: lag.Last - lag.Handled})
	}
	if d := s.state.Damage(); d != nil {
		out.Damage = append(out.Damage, "state: "+d.Error())
	}
	for _, d := range s.store.Damage() {
		out.Damage = append(out.Damage, fmt.Sprintf("segment %s: %s", d.Segment, d.Reason))
	}
	for _, d := range s.bus.Damage() {
		out.Damage = append(out.Damage, "bus: "+d)
	}
	return out
}

// Backup writes everything that is kept.
func (s system) Backup(ctx context.Context, w io.Writer) error {
	_, err := s.backup(ctx, w)
	return err
}

// DeadLetters returns frames that a stage could not handle.
func (s system) DeadLetters(ctx context.Context, after uint64, n int) ([]api.DeadLetter, error) {
	letters, err := s.bus.DeadLetters(ctx, after, n)
	var out []api.DeadLetter
	for _, l := range letters {
		out = append(out, api.DeadLetter{ID: l.ID, Topic: l.Topic, Stage: l.Failed, Reason: l.Reason, Time: l.At, Bytes: len(l.Data)})
	}
	return out, err
}

// RetryDeadLetter gives a frame to its stage again.
func (s system) RetryDeadLetter(ctx context.Context, id uint64) error {
	return letter(s.bus.Retry(ctx, id))
}

// DiscardDeadLetter gives a frame up.
func (s system) DiscardDeadLetter(ctx context.Context, id uint64) error {
	return letter(s.bus.Discard(ctx, id))
}

// letter makes an error about a dead letter one that the API knows.
func letter(err error) error {
	if errors.Is(err, nats.ErrNoLetter) {
		return fmt.Errorf("%w: %w", api.ErrNotFound, err)
	}
	return err
}

// receiver takes in records by HTTP.
func (s *server) receiver() http.Handler {
	return sourcehttp.New(sourcehttp.Config{
		ID: s.sources.id("http"), Clock: s.Clock,
		Scope: func(r *http.Request) string {
			who := identity.Of(r.Context())
			return who.Account + " " + who.Token
		},
		Emit: func(ctx context.Context, b sourcehttp.Batch) error {
			return s.http.emit(ctx, b.Records, nil, b.ID)
		},
	})
}
