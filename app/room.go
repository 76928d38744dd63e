package app

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A roomGuard makes sources wait while the disk is nearly full, so that what
// is acknowledged is never lost and the stages keep room to finish their work.
type roomGuard struct {
	free    func() (int64, error)
	reserve int64
	log     *slog.Logger

	mu   sync.Mutex
	full chan struct{} // closed when there is room again; nil while there is
	left int64
}

// roomEvery is how often the guard looks.
const roomEvery = 500 * time.Millisecond

// watch looks until ctx ends.
func (g *roomGuard) watch(ctx context.Context) {
	tick := time.NewTicker(roomEvery)
	defer tick.Stop()
	for {
		g.look()
		select {
		case <-tick.C:
		case <-ctx.Done():
			g.open()
			return
		}
	}
}

func (g *roomGuard) look() {
	left, err := g.free()
	if err != nil {
		g.log.Warn("room on the disk is not known", "error", err)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left = left
	switch {
	case left < g.reserve && g.full == nil:
		g.full = make(chan struct{})
		g.log.Error("disk is nearly full: sources wait, nothing is lost; make room or lower limits.reserve", "left_bytes", left, "reserve_bytes", g.reserve)
	case left >= g.reserve+g.reserve/8 && g.full != nil:
		close(g.full)
		g.full = nil
		g.log.Info("there is room on the disk again: sources go on", "left_bytes", left)
	}
}

// open lets everybody pass: the program ends.
func (g *roomGuard) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.full != nil {
		close(g.full)
		g.full = nil
	}
}

// wait returns when there is room, or when ctx ends.
func (g *roomGuard) wait(ctx context.Context) error {
	g.mu.Lock()
	full := g.full
	g.mu.Unlock()
	if full == nil {
		return nil
	}
	select {
	case <-full:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// state returns whether sources wait, and the room that is left.
func (g *roomGuard) state() (full bool, left int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.full != nil, g.left
}
