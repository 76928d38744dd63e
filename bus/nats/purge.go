package nats

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// purgeBeats is how many seconds lie between two looks for what to forget.
const purgeBeats = 5

// age says that a message was there at a time.
type age struct {
	at   time.Time
	last uint64
}

// age notes how far the topics have come by now. After a restart everything
// counts as new, so that a message is kept for at least Config.Keep.
func (b *Bus) age() {
	now := b.cfg.Clock()
	for _, t := range b.topics {
		if t.stream == "" {
			continue
		}
		t.mu.Lock()
		if n := len(t.ages); n == 0 || now.Sub(t.ages[n-1].at) >= b.cfg.Keep/ageSteps {
			t.ages = append(t.ages, age{now, t.last})
		}
		t.mu.Unlock()
	}
}

// ageSteps is how finely Config.Keep is measured.
const ageSteps = 100

// old returns the newest message that has been there for the time to keep, and
// forgets older notes.
func (t *topic) old(before time.Time) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var last uint64
	for len(t.ages) > 0 && !t.ages[0].at.After(before) {
		last = t.ages[0].last
		if len(t.ages) == 1 || t.ages[1].at.After(before) {
			break
		}
		t.ages = t.ages[1:]
	}
	return last
}

// purge forgets messages that every stage is done with: those older than
// Config.Keep, as many as it takes to come below Config.KeepBytes, or all of
// them. What a single stage is not done with stays, whatever it costs.
//
// Only whole blocks go, one at a time, so that the server neither reads nor
// writes for it (it could not write where this is needed most) and stores
// messages in between. Up to 8 MiB of a topic stay for that.
func (b *Bus) purge(ctx context.Context, e *engine, all bool) error {
	for _, t := range b.topics {
		if t.stream == "" {
			continue
		}
		info, err := e.info(ctx, t.stream)
		if err != nil {
			return fmt.Errorf("purge %s: %w", t.name, err)
		}
		s := info.State
		t.mu.Lock()
		t.reached(s.LastSeq) // also what was stored for a publisher that gave up
		t.mu.Unlock()

		done := b.doneWith(t)
		upTo := t.old(b.cfg.Clock().Add(-b.cfg.Keep))
		if s.Bytes > b.cfg.KeepBytes && s.Msgs > 0 {
			excess := (s.Bytes - b.cfg.KeepBytes) / max(s.Bytes/s.Msgs, 1)
			upTo = max(upTo, s.FirstSeq+excess)
		}
		if all {
			upTo = done
		}
		upTo = min(upTo, done)
		if s.Msgs == 0 || upTo < s.FirstSeq {
			continue
		}
		firsts, err := blockFirsts(b.blockDir(t.stream), s.FirstSeq, upTo+1)
		if err != nil {
			return fmt.Errorf("purge %s: %w", t.name, err)
		}
		if len(firsts) == 0 {
			continue
		}
		// What goes with the messages must be elsewhere first.
		t.mu.Lock()
		t.purged = max(t.purged, firsts[len(firsts)-1]-1)
		t.mu.Unlock()
		if err := b.savePositions(false); err != nil && !all {
			return err
		}
		for _, first := range firsts {
			if err := e.streams[t.stream].Purge(ctx, jetstream.WithPurgeSequence(first)); err != nil {
				b.tellClosed(e, err)
				return fmt.Errorf("purge %s: %w", t.name, err)
			}
		}
	}
	return nil
}

// doneWith is the newest message that no stage needs any more; 0 where nobody
// reads the topic, because somebody may from the next start on.
func (b *Bus) doneWith(t *topic) uint64 {
	var done uint64
	first := true
	for _, r := range b.readers {
		if r.t != t {
			continue
		}
		if d := r.done.Load(); first || d < done {
			done, first = d, false
		}
	}
	return done
}
