package app

import (
	"context"
	"sync"
	"time"
)

// background is what goes on beside the flow: each a function that runs until
// its context ends.
type background struct {
	wait sync.WaitGroup
	end  context.CancelFunc
	jobs []func(context.Context)
}

func (b *background) add(job func(context.Context)) { b.jobs = append(b.jobs, job) }

func (b *background) start(ctx context.Context) {
	ctx, b.end = context.WithCancel(ctx)
	for _, job := range b.jobs {
		b.wait.Go(func() { job(ctx) })
	}
}

// stop ends all jobs and waits for them.
func (b *background) stop() {
	if b.end != nil {
		b.end()
	}
	b.wait.Wait()
}

// every calls do now and then until ctx ends.
func every(pause time.Duration, do func(context.Context)) func(context.Context) {
	return func(ctx context.Context) {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				do(ctx)
			case <-ctx.Done():
				return
			}
		}
	}
}
