package nats

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/bongsu/bongsu/bus"
)

// A failure is a message that a stage did not take after all tries.
type failure struct {
	stage string
	err   error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// handle gives a message to a stage: again and again while the stage says that
// it has to wait, a few times when it fails otherwise.
func (b *Bus) handle(s scope, j *joint, message any) ([]any, error) {
	began := b.cfg.Clock()
	var out []any
	err := b.insist(s, j, func() (err error) {
		j.mu.Lock()
		defer j.mu.Unlock()
		out, err = j.Handle(s.ctx, message)
		return err
	})
	if err != nil {
		return nil, err
	}
	if b.cfg.Observe.Handled != nil {
		b.cfg.Observe.Handled(j.Stage, b.cfg.Clock().Sub(began))
	}
	return out, nil
}

// insist calls a stage until it has done or has failed for good.
func (b *Bus) insist(s scope, j *joint, call func() error) error {
	tries, waited := 0, false
	for wait := firstWait; ; wait = longer(wait) {
		err := guard(call)
		if err == nil {
			if waited {
				b.health(j.From, b.topics[j.From], j.Stage, nil)
			}
			return nil
		}
		if s.stopped() {
			return errStopped
		}
		if errors.Is(err, bus.ErrWait) {
			waited = true
			b.health(j.From, b.topics[j.From], j.Stage, err)
		} else if tries++; tries >= b.cfg.Tries {
			if waited {
				b.health(j.From, b.topics[j.From], j.Stage, nil)
			}
			return &failure{j.Stage, err}
		}
		if b.cfg.Observe.Retried != nil {
			b.cfg.Observe.Retried(j.Stage)
		}
		if !s.wait(wait) {
			return errStopped
		}
	}
}

// guard turns a panic into an error: one message may not end the program.
func guard(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p, debug.Stack()}
		}
	}()
	return call()
}

type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// tick tells a stage the time and gives on what it makes of it.
func (b *Bus) tick(s scope, j *joint, now time.Time) error {
	if !j.Ticks() {
		return nil
	}
	var made []any
	err := b.insist(s, j, func() (err error) {
		j.mu.Lock()
		defer j.mu.Unlock()
		made, err = j.Tick(s.ctx, now)
		return err
	})
	if err == nil {
		out := make([]outgoing, len(made))
		for i, m := range made {
			out[i] = outgoing{to: b.topics[j.To], message: m}
		}
		err = b.giveAll(s, out, nil)
	}
	return err
}

// graced returns a context that outlives stop by the grace period.
func (b *Bus) graced(stop context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(stop))
	context.AfterFunc(stop, func() { // ends with work at the latest
		timer := time.NewTimer(b.cfg.Grace)
		defer timer.Stop()
		select {
		case <-work.Done():
		case <-timer.C:
			cancel()
		}
	})
	return work, cancel
}
