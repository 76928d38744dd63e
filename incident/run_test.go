package incident_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/incident"
)

// broken is a database whose transactions fail when it is told to: before they
// begin, or when they were to be kept.
type broken struct {
	incident.Transactor
	fails func() bool
}

var errBroken = errors.New("no space left")

func (b *broken) Atomically(ctx context.Context, do func(context.Context) error) error {
	if b.fails() {
		return errBroken
	}
	return b.Transactor.Atomically(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		if b.fails() {
			return errBroken
		}
		return nil
	})
}

// A store that fails now and then loses nothing that was acknowledged, and
// leaves nothing half done: what was refused is given again, as the flow does.
func TestDeskOnABrokenStore(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 5))
			states, last := stream(r, 40)
			refused := 0
			fails := func() bool { return r.IntN(4) == 0 }
			o := newOffice(t, func(c *incident.DeskConfig) {
				c.Transact = &broken{c.Transact, func() bool {
					f := fails()
					if f {
						refused++
					}
					return f
				}}
			})
			for i := 0; i < len(states); {
				n := min(1+r.IntN(20), len(states)-i)
				for o.Record(t.Context(), states[i:i+n]) != nil {
				}
				i += n
				o.later(time.Duration(r.IntN(4)) * time.Second)
				if r.IntN(3) == 0 {
					_ = o.Flush(t.Context())
				}
				if r.IntN(10) == 0 {
					scope := incident.Scope{Entities: []incident.Match{{Kind: "ip", Value: "192.0.2.1"}}}
					_, _ = o.Suppress(t.Context(), incident.Suppression{Reason: "fits nothing", Until: o.now.Add(time.Hour), Scope: scope, ApplyToOpen: true})
				}
			}
			fails = func() bool { return false }
			o.flush(t)
			if refused == 0 {
				t.Error("nothing failed")
			}
			if diff := sameMatters(incident.Correlate(last), o.all(t)); diff != "" {
				t.Errorf("incidents (-batch +desk):\n%s", diff)
			}
			list, _, err := o.Suppressions(t.Context(), true, incident.Page{})
			if err != nil || len(list) != len(o.actions(t)) {
				t.Errorf("%d suppressions, %d entries of the audit log, %v", len(list), len(o.actions(t)), err)
			}
		})
	}
}

// Run tells of what is new at once, does not work all the time while findings
// grow, tries again when the store fails, and leaves nothing behind.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var log bytes.Buffer
		var failing atomic.Bool
		var transactions atomic.Int64
		o := newOffice(t, func(c *incident.DeskConfig) {
			c.Clock = time.Now
			c.Log = slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				return log.Write(p)
			}), nil))
			c.Transact = &broken{c.Transact, func() bool { transactions.Add(1); return failing.Load() }}
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.Run(ctx) }()
		synctest.Wait()
		start := o.Latest()
		f := story(t, `2026-03-02T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5`)[0]
		give := func(f detect.Finding) {
			t.Helper()
			if err := o.Record(t.Context(), []detect.Finding{f}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Second)
		give(f)
		told := time.Now()
		for {
			changes, _, err := o.Changes(t.Context(), start)
			if err != nil {
				t.Fatal(err)
			}
			start = changes[len(changes)-1].Sequence
			if changes[len(changes)-1].Kind == incident.IncidentNew {
				break
			}
		}
		if took := time.Since(told); took > 100*time.Millisecond {
			t.Errorf("the incident was told of after %v", took)
		}
		before := transactions.Load()
		for range 100 * 20 { // 100 times a second, for 20 seconds
			time.Sleep(10 * time.Millisecond)
			f = f.Clone()
			f.Count++
			f.Span(f.Last.Add(10 * time.Millisecond))
			give(f)
		}
		if n := (transactions.Load() - before) / 2; n > 45 {
			t.Errorf("%d transactions while one finding grew for 20 s", n)
		}
		failing.Store(true)
		time.Sleep(10 * time.Second)
		mu.Lock()
		if !strings.Contains(log.String(), "trying again") || !strings.Contains(log.String(), errBroken.Error()) {
			t.Errorf("a store that fails is not logged: %s", &log)
		}
		mu.Unlock()
		failing.Store(false)
		f = f.Clone()
		f.Count++
		f.Span(f.Last.Add(time.Second))
		give(f)
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		stored, err := o.Finding(t.Context(), f.ID)
		if err != nil || stored.Count != f.Count {
			t.Errorf("%d events are stored of %d, %v", stored.Count, f.Count, err)
		}
		if in := o.only(t); !in.Last.Equal(f.Last) {
			t.Errorf("the incident ends at %v, its finding at %v", in.Last, f.Last)
		}
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
