// Package memory carries a flow within the process, from a feed that ends to
// the last flush: the bus of everything that works on files.
//
// Nothing survives the process; that is what the durable engines are for.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/bongsu/bongsu/bus"
)

// Depth is how many messages wait between two stages before the earlier one is
// held back.
const Depth = 8

// Run carries a flow until feed has returned and every stage has flushed. Each
// stage runs in its own goroutine and sees messages in the order in which they
// were published. The first error ends everything and is returned.
func Run(ctx context.Context, flow bus.Flow, feed func(context.Context, bus.Publisher) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{inputs: map[string][]chan any{}, open: map[string]int{}}
	inbox := make([]chan any, len(flow))
	for i, j := range flow {
		inbox[i] = make(chan any, Depth)
		r.inputs[j.From] = append(r.inputs[j.From], inbox[i])
		if j.To != "" {
			r.open[j.To]++
		}
	}
	fed := make([]string, 0, len(flow)) // topics that nothing in the flow writes: the feed does
	for topic := range r.inputs {
		if r.open[topic] == 0 {
			fed = append(fed, topic)
			r.open[topic] = 1
		}
	}

	var wg sync.WaitGroup
	for i, j := range flow {
		wg.Go(func() {
			if err := r.stage(ctx, j, inbox[i]); err != nil {
				cancel(err) // before draining: whoever feeds this stage has to learn of it
			}
			for range inbox[i] {
				continue
			}
			if j.To != "" {
				r.done(j.To)
			}
		})
	}
	if err := feed(ctx, r.publish); err != nil {
		cancel(err)
	}
	for _, topic := range fed {
		r.done(topic)
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

type run struct {
	inputs map[string][]chan any // by topic: the inboxes of its readers; not written after the start
	mu     sync.Mutex
	open   map[string]int // writers of a topic that have not ended
}

// stage feeds one stage until its inbox is closed.
func (r *run) stage(ctx context.Context, j bus.Joint, inbox <-chan any) error {
	for in := range inbox {
		out, err := j.Handle(ctx, in)
		if err != nil {
			return err
		}
		if err := r.give(ctx, j.To, out); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
		return nil // what ended the flow is told elsewhere
	default:
	}
	out, err := j.Flush(ctx)
	if err != nil {
		return err
	}
	return r.give(ctx, j.To, out)
}

func (r *run) give(ctx context.Context, topic string, messages []any) error {
	for _, m := range messages {
		if err := r.publish(ctx, topic, m); err != nil {
			return err
		}
	}
	return nil
}

var errNobody = errors.New("nobody reads this topic")

func (r *run) publish(ctx context.Context, topic string, message any) error {
	if len(r.inputs[topic]) == 0 {
		return fmt.Errorf("publish to %q: %w", topic, errNobody)
	}
	for _, in := range r.inputs[topic] {
		select {
		case in <- message:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// done says that one writer of a topic has ended; with the last one the readers
// see the end.
func (r *run) done(topic string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[topic]--
	if r.open[topic] == 0 {
		for _, in := range r.inputs[topic] {
			close(in)
		}
	}
}
