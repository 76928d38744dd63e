package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bongsu/bongsu/bus"
)

// idle is how often time passes for a stage to which nothing comes.
const idle = time.Second

// reader feeds the stage of one joint from a kept topic. It goes by sequence
// number from its own position: no acknowledgement is kept by the server.
type reader struct {
	t      *topic
	j      *joint
	keeper bus.Checkpointer // nil: the bus keeps the position

	handled atomic.Uint64 // everything up to here was given to the stage
	told    atomic.Uint64 // the stage was asked for its position at this message
	done    atomic.Uint64 // everything up to here need not come again
}

func newReader(t *topic, j *joint) *reader {
	r := &reader{t: t, j: j}
	r.keeper, _ = j.Checkpointer()
	return r
}

// resume finds where the reader goes on.
func (r *reader) resume(ctx context.Context, b *Bus) error {
	done := b.saved.Topics[r.t.name].Readers[r.j.Stage]
	if r.keeper != nil {
		var err error
		if done, err = r.keeper.Resume(ctx); err != nil {
			return fmt.Errorf("resume %s: %w", r.j.Stage, err)
		}
	}
	r.handled.Store(done)
	r.told.Store(done)
	r.done.Store(done)
	return nil
}

// Run carries the flow until ctx ends or Close is called: a goroutine for each
// stage that reads a kept topic. When it is to end, each stage finishes the
// message that it has, for at most Config.Grace, and is asked for its position
// once more. Flush is not called, because a live flow has no last message. Run
// is called once.
func (b *Bus) Run(ctx context.Context) error {
	if b.running.Swap(true) {
		return errors.New("run bus: it runs already")
	}
	defer close(b.stopped)
	stopping, cancel := context.WithCancel(ctx)
	defer cancel()
	halt := context.AfterFunc(b.life, cancel)
	defer halt()

	work, release := b.graced(stopping)
	defer release()
	s := scope{work, stopping}
	var wg sync.WaitGroup
	for _, r := range b.readers {
		wg.Go(func() { b.read(s, r) })
	}
	wg.Go(func() { b.passTime(s) })
	wg.Wait()
	if err := b.savePositions(false); err != nil {
		return fmt.Errorf("run bus: %w", err)
	}
	return nil
}

// passTime tells stages behind topics within the process what time it is.
func (b *Bus) passTime(s scope) {
	for s.wait(idle) {
		for _, j := range b.joints {
			if err := b.tick(s, j, b.cfg.Clock()); err != nil && !errors.Is(err, errStopped) {
				b.cfg.Log.Error("stage cannot follow the clock", "stage", j.Stage, "error", err)
			}
		}
	}
}

// incoming is a message as a reader gets it. A sequence number without a
// message is one up to which there is nothing any more.
type incoming struct {
	sequence uint64
	message  any
	data     []byte
	only     string
	gone     bool
	err      error // it cannot be decoded
}

func (b *Bus) read(s scope, r *reader) {
	for !s.stopped() {
		in, ok := b.next(s, r)
		if !ok {
			if s.stopped() {
				break
			}
			if err := b.tick(s, r.j, b.cfg.Clock()); errors.Is(err, errStopped) {
				return
			} else if err != nil {
				b.lament(s, r, incoming{sequence: r.handled.Load()}, err)
			}
			b.checkpoint(s, r)
			continue
		}
		if !b.take(s, r, in) {
			return // the stage has seen a part of the message: its position must not move
		}
		r.handled.Store(in.sequence)
		b.checkpoint(s, r)
	}
	b.checkpoint(s, r)
}

// take hands one message to the reader's stage and what it makes on to the
// next. It returns false when it was stopped on the way.
func (b *Bus) take(s scope, r *reader, in incoming) bool {
	if in.gone || in.only != "" && in.only != r.j.Stage {
		return true
	}
	err := in.err
	if err != nil {
		err = &failure{r.j.Stage, err}
	} else {
		var made []any
		if made, err = b.handle(s, r.j, in.message); err == nil {
			id := r.t.name + "/" + r.j.Stage + "/" + strconv.FormatUint(in.sequence, 10)
			out := make([]outgoing, len(made))
			for i, m := range made {
				out[i] = outgoing{to: b.topics[r.j.To], message: m, id: id + "/" + strconv.Itoa(i)}
			}
			err = b.giveAll(s, out, nil)
		}
	}
	if err == nil {
		return true
	}
	if errors.Is(err, errStopped) {
		return false
	}
	return b.lament(s, r, in, err)
}

// checkpoint tells the stage how far it has come. A stage that cannot store its
// position is asked again until it can.
func (b *Bus) checkpoint(s scope, r *reader) {
	handled := r.handled.Load()
	if r.keeper == nil { // savePositions sets done
		r.told.Store(handled)
		return
	}
	for wait := firstWait; ; wait = longer(wait) {
		var done uint64
		err := guard(func() (err error) {
			r.j.mu.Lock()
			defer r.j.mu.Unlock()
			done, err = r.keeper.Checkpoint(s.ctx, handled)
			return err
		})
		if err == nil {
			r.done.Store(max(r.done.Load(), min(done, handled)))
			r.told.Store(handled)
			if wait > firstWait {
				b.health(r.t.name, r.t, r.j.Stage, nil)
			}
			return
		}
		if s.stopped() {
			return // it will see those messages again
		}
		b.health(r.t.name, r.t, r.j.Stage, fmt.Errorf("%s: store position: %w", r.j.Stage, err))
		if !s.wait(wait) {
			return
		}
	}
}

// next returns the message behind the reader's position, or false when none
// comes for a while.
func (b *Bus) next(s scope, r *reader) (incoming, bool) {
	timer := time.NewTimer(idle)
	defer timer.Stop()
	want := r.handled.Load() + 1
	for wait := firstWait; ; wait = longer(wait) {
		in, wake, have := r.t.at(want)
		if !have {
			select {
			case <-wake:
				continue
			case <-timer.C:
				return incoming{}, false
			case <-s.stop.Done():
				return incoming{}, false
			}
		}
		if in.message != nil {
			return in, true
		}
		in, err := b.fetch(s, r.t, want)
		if err == nil {
			b.health(r.t.name, r.t, r.j.Stage, nil)
			return in, true
		}
		if s.stopped() {
			return incoming{}, false
		}
		b.health(r.t.name, r.t, r.j.Stage, err)
		if !s.wait(wait) {
			return incoming{}, false
		}
	}
}

// at returns the message with this sequence number where it is still in
// memory, and otherwise whether it is stored.
func (t *topic) at(seq uint64) (in incoming, wake <-chan struct{}, have bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if seq > t.last {
		return incoming{}, t.wake, false
	}
	if slot := t.recent[seq%recentLen]; slot.sequence == seq {
		return incoming{sequence: seq, message: slot.message}, nil, true
	}
	return incoming{sequence: seq}, nil, true
}

// fetch reads the first message from a sequence number on. An error passes.
func (b *Bus) fetch(s scope, t *topic, seq uint64) (incoming, error) {
	e := b.engine.Load()
	if e == nil {
		return incoming{}, errNoEngine
	}
	stream := e.streams[t.stream]
	m, err := e.get(s.ctx, stream, seq, jetstream.WithGetMsgSubject(subject(t.stream)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return b.step(s, e, t, seq)
	}
	if err != nil {
		b.tellClosed(e, err)
		return incoming{}, fmt.Errorf("read message %d: %w", seq, err)
	}
	if m.Sequence > seq {
		b.missing(t, seq, m.Sequence-1)
	}
	return b.opened(t, m), nil
}

// step looks for the next message that can be read where the server finds
// none, although the topic goes on: the file is damaged there.
func (b *Bus) step(s scope, e *engine, t *topic, seq uint64) (incoming, error) {
	t.mu.Lock()
	last := t.last
	t.mu.Unlock()
	for at := seq; at <= last; at++ {
		m, err := e.get(s.ctx, e.streams[t.stream], at)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			b.tellClosed(e, err)
			return incoming{}, fmt.Errorf("read message %d: %w", at, err)
		}
		if at > seq {
			b.missing(t, seq, at-1)
		}
		return b.opened(t, m), nil
	}
	b.missing(t, seq, last)
	return incoming{sequence: last, gone: true}, nil
}

func (e *engine) get(ctx context.Context, s jetstream.Stream, seq uint64, opts ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	return s.GetMsg(ctx, seq, opts...)
}

func (b *Bus) tellClosed(e *engine, err error) {
	if errors.Is(err, natsgo.ErrConnectionClosed) {
		b.tellSick(e)
	}
}

func (b *Bus) opened(t *topic, m *jetstream.RawStreamMsg) incoming {
	in := incoming{sequence: m.Sequence, data: m.Data, only: m.Header.Get(headerOnly)}
	if in.message, in.err = t.decode(m.Data); in.err == nil && in.only == "" {
		t.mu.Lock()
		t.share(m.Sequence, in.message)
		t.mu.Unlock()
	}
	return in
}

// missing notes messages that are neither there nor known to be done with.
func (b *Bus) missing(t *topic, first, last uint64) {
	b.damaged(fmt.Sprintf("topic %s: message %s cannot be read", t.name, span(first, last)))
}

func span(first, last uint64) string {
	if first == last {
		return strconv.FormatUint(first, 10)
	}
	return fmt.Sprintf("%d to %d", first, last)
}

// Drain returns when everything that is stored has been handled and the stages
// have been told, or when ctx ends. Run must be going on; who wants an end must
// stop publishing first.
func (b *Bus) Drain(ctx context.Context) error {
	for {
		behind := ""
		for _, r := range b.readers { // in the order of the flow, so that what an earlier one makes is counted
			r.t.mu.Lock()
			last := r.t.last
			r.t.mu.Unlock()
			if handled := r.told.Load(); handled < last {
				behind = fmt.Sprintf("%s is at message %d of %d", r.j.Stage, handled, last)
			}
		}
		if behind == "" {
			return nil
		}
		timer := time.NewTimer(drainStep)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("drain bus: %s: %w", behind, context.Cause(ctx))
		case <-b.stopped:
			timer.Stop()
			return fmt.Errorf("drain bus: %s: %w", behind, ErrClosed)
		case <-timer.C:
		}
	}
}

const drainStep = 10 * time.Millisecond
