package source

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/bongsu/bongsu/text"
)

// RunnerConfig says what to run and how.
type RunnerConfig struct {
	Name   string // unique among the sources of this program; marks are stored under it
	Kind   string
	Source Source
	Emit   Emit
	Mark   string // the newest that was stored, "" for none
	Pace   int    // records a second at most, 0 for no bound
	Clock  func() time.Time
	Log    *slog.Logger
}

// How long a Runner waits. A source that fails is tried again after the
// shortest time, then after twice as long each time, up to the longest. One
// that ran for as long as the longest begins anew.
const (
	ShortestWait = time.Second
	LongestWait  = time.Minute
	// Drain is how long a source that is told to end may still wait for its
	// last records to become durable.
	Drain = 5 * time.Second
)

// State is what a Runner is doing.
type State string

// States.
const (
	Starting State = "starting"
	Running  State = "running"
	Waiting  State = "waiting" // failed, or cannot hand its records on; tried again at Status.Next
	Refused  State = "refused" // as Waiting, but only a person can help: Status.Do says how
	Ended    State = "ended"
)

// Status is what there is to know about a source at a moment.
type Status struct {
	Name        string            `json:"name"`
	Kind        string            `json:"kind"`
	State       State             `json:"state"`
	Since       time.Time         `json:"since"` // of the state
	Records     uint64            `json:"records"`
	Bytes       uint64            `json:"bytes"`
	Cut         uint64            `json:"cut"` // records that are not whole
	Errors      uint64            `json:"errors"`
	Restarts    uint64            `json:"restarts"`
	LastRecord  time.Time         `json:"last_record,omitzero"`
	LastError   string            `json:"last_error,omitempty"`
	LastErrorAt time.Time         `json:"last_error_at,omitzero"`
	Next        time.Time         `json:"next,omitzero"` // of the next attempt
	Do          text.Said         `json:"do,omitzero"`   // what a person can do
	Blocked     time.Duration     `json:"blocked"`       // spent waiting until records were durable, in all
	Counts      map[string]uint64 `json:"counts,omitempty"`
	Problems    []Problem         `json:"problems,omitempty"`
}

// A Runner keeps one source running. Its methods are safe for concurrent use,
// but it is run once.
type Runner struct {
	cfg  RunnerConfig
	pace pacer

	mu     sync.Mutex
	status Status
}

// NewRunner returns a runner. Without a Log nothing is logged.
func NewRunner(cfg RunnerConfig) *Runner {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Log = cfg.Log.With("source", cfg.Name)
	return &Runner{
		cfg:    cfg,
		pace:   pacer{rate: cfg.Pace},
		status: Status{Name: cfg.Name, Kind: cfg.Kind, State: Starting, Since: cfg.Clock()},
	}
}

// Run runs the source until ctx ends, or until the source says that it has
// nothing more. It blocks, and leaves nothing running.
func (r *Runner) Run(ctx context.Context) {
	if s, ok := r.cfg.Source.(Resumer); ok {
		if err := s.Resume(r.cfg.Mark); err != nil {
			r.failed(fmt.Errorf("resume: %w", err))
			r.cfg.Log.Error("source cannot go on where it was and begins anew", "error", err)
		}
	}
	wait := ShortestWait
	for ctx.Err() == nil {
		r.enter(Running, time.Time{}, text.Said{})
		began := r.cfg.Clock()
		err := r.once(ctx)
		if ctx.Err() != nil {
			if err != nil {
				r.failed(err)
				r.cfg.Log.Warn("source ended with an error", "error", err)
			}
			break
		}
		if err == nil {
			r.cfg.Log.Info("source has nothing more")
			break
		}
		ran := r.cfg.Clock().Sub(began)
		if ran >= LongestWait {
			wait = ShortestWait
		}
		r.failed(err)
		state, do := Waiting, text.Said{}
		var refused interface{ Hint() text.Said }
		if errors.As(err, &refused) {
			state, do = Refused, refused.Hint()
			r.cfg.Log.Error("source refused", "error", err, "do", do.EN, "again_in", wait)
		} else {
			r.cfg.Log.Warn("source failed", "error", err, "again_in", wait)
		}
		r.enter(state, r.cfg.Clock().Add(wait), do)
		if !sleep(ctx, wait) {
			break
		}
		wait = min(2*wait, LongestWait)
		r.mu.Lock()
		r.status.Restarts++
		r.mu.Unlock()
	}
	r.enter(Ended, time.Time{}, text.Said{})
}

// once runs the source and makes a panic an error: a fault in one source must
// not end the others.
func (r *Runner) once(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.cfg.Log.Error("source broke", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("the source broke, please report it: %v", p)
		}
	}()
	return r.cfg.Source.Run(ctx, r.emit)
}

// emit hands records on until they are durable, counts and paces. It fails
// only when ctx has ended and Drain has passed since.
func (r *Runner) emit(ctx context.Context, records []Record) error {
	if len(records) == 0 {
		return nil
	}
	// What a source has taken is not thrown away because the program ends.
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if sleep(last, Drain) {
			cancel()
		}
	})
	defer stop()

	began := r.cfg.Clock()
	stuck := false
	for wait := ShortestWait; ; wait = min(2*wait, LongestWait) {
		err := r.cfg.Emit(last, records)
		if err == nil {
			break
		}
		r.failed(err)
		if last.Err() != nil {
			return fmt.Errorf("hand on %d records: %w", len(records), err)
		}
		r.cfg.Log.Warn("records cannot be handed on and wait", "error", err, "records", len(records), "again_in", wait)
		r.enter(Waiting, r.cfg.Clock().Add(wait), text.Said{})
		stuck = true
		if !sleep(last, wait) {
			return fmt.Errorf("hand on %d records: %w", len(records), err)
		}
	}
	now := r.cfg.Clock()
	if stuck {
		r.enter(Running, time.Time{}, text.Said{})
	}
	r.counted(records, now, now.Sub(began))
	if d := r.pace.after(now, len(records)); d > 0 {
		sleep(ctx, d)
	}
	return nil
}

func (r *Runner) counted(records []Record, now time.Time, blocked time.Duration) {
	var bytes, cut uint64
	for i := range records {
		bytes += uint64(len(records[i].Body))
		if records[i].Cut {
			cut++
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Records += uint64(len(records))
	r.status.Bytes += bytes
	r.status.Cut += cut
	r.status.LastRecord = now
	r.status.Blocked += blocked
}

func (r *Runner) failed(err error) {
	now := r.cfg.Clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Errors++
	r.status.LastError, r.status.LastErrorAt = err.Error(), now
}

func (r *Runner) enter(s State, next time.Time, do text.Said) {
	now := r.cfg.Clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status.State != s {
		r.status.State, r.status.Since = s, now
	}
	r.status.Next, r.status.Do = next, do
}

// Status returns how the source is.
func (r *Runner) Status() Status {
	r.mu.Lock()
	s := r.status
	r.mu.Unlock()
	if c, ok := r.cfg.Source.(Counter); ok {
		s.Counts = c.Counts()
	}
	if c, ok := r.cfg.Source.(Complainer); ok {
		s.Problems = c.Problems()
	}
	return s
}

// sleep reports whether the time has passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// pacer spreads records over time.
type pacer struct {
	rate int
	mu   sync.Mutex
	free time.Time // when all that was let through is paid for
}

// after returns how long to wait after n records.
func (p *pacer) after(now time.Time, n int) time.Duration {
	if p.rate <= 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(n) * time.Second / time.Duration(p.rate))
	return p.free.Sub(now)
}
