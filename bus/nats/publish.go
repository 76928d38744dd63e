package nats

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bongsu/bongsu/bus"
)

// Headers of a stored message.
const (
	headerMark = "Bongsu-Mark" // source=position, both escaped as in a query; one for each mark
	headerOnly = "Bongsu-Only" // the one stage that this message is for
)

// recentLen is how many messages at the head of a topic stay decoded, so that
// readers who keep up share them.
const recentLen = 16

type recent struct {
	sequence uint64
	message  any
}

// scope is how far work may go: ctx is for the work itself, stop ends waiting.
type scope struct {
	ctx  context.Context
	stop context.Context
}

// errStopped ends work that waits; what it was about comes again.
var errStopped = errors.New("stopped before the message was handled")

// wait returns false when the waiting is over for good.
func (s scope) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.stop.Done():
		return false
	case <-s.ctx.Done():
		return false
	}
}

func (s scope) stopped() bool {
	return s.stop.Err() != nil || s.ctx.Err() != nil
}

// Publish gives a message to the topic.
//
// A kept topic: it returns when the message is on the disk. While it cannot be
// stored (a full disk) Publish waits and tries again until ctx ends; then it is
// open whether the message is stored, and publishing it again with the same
// Stamp.ID is right. ErrTooLarge tells of a message that never fits.
//
// A topic within the process: the stages that read it handle the message before
// Publish returns, one publisher at a time in each stage, and what they make is
// published in turn, the first under Stamp.ID, others under names derived from
// it. The marks go with the last message that is stored of it; where none is,
// they are lost, and the source begins earlier. A stage's error that does not
// pass is returned after Config.Tries.
func (b *Bus) Publish(ctx context.Context, to string, message any, stamp bus.Stamp) error {
	t := b.topics[to]
	if t == nil {
		return fmt.Errorf("publish to %q: %w", to, ErrNobody)
	}
	if err := b.give(scope{ctx, b.life}, t, outgoing{t, message, stamp.ID, stamp.Marks}); err != nil {
		if errors.Is(err, errStopped) {
			err = context.Cause(ctx)
			if err == nil {
				err = ErrClosed
			}
		}
		return fmt.Errorf("publish to %q: %w", to, err)
	}
	return nil
}

// outgoing is a message on its way to a topic.
type outgoing struct {
	to      *topic
	message any
	id      string
	marks   []bus.Mark
}

// give stores a message or hands it to the stages that read its topic, and what
// they make of it to theirs. Where a stage fails the others go on; the first
// failure is returned.
func (b *Bus) give(s scope, t *topic, m outgoing) error {
	if t.stream != "" {
		return b.store(s, t, m, "")
	}
	var out []outgoing
	var failed error
	for _, j := range t.joints {
		made, err := b.handle(s, j, m.message)
		if errors.Is(err, errStopped) {
			return err
		}
		if err != nil && failed == nil {
			failed = err
		}
		for i, message := range made {
			id := m.id
			if id != "" && (i > 0 || len(t.joints) > 1) {
				id = m.id + "/" + j.Stage + "/" + strconv.Itoa(i)
			}
			out = append(out, outgoing{to: b.topics[j.To], message: message, id: id})
		}
	}
	if err := b.giveAll(s, out, m.marks); failed == nil || errors.Is(err, errStopped) {
		return err
	}
	return failed
}

// giveAll gives messages in their order, the marks with the last one that will
// be stored.
func (b *Bus) giveAll(s scope, out []outgoing, marks []bus.Mark) error {
	for i := len(out) - 1; i >= 0 && len(marks) > 0; i-- {
		if out[i].to.stores {
			out[i].marks = marks
			break
		}
	}
	var failed error
	for _, m := range out {
		err := b.give(s, m.to, m)
		if errors.Is(err, errStopped) {
			return err
		}
		if err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// store encodes a message and returns when it is on the disk.
func (b *Bus) store(s scope, t *topic, m outgoing, only string) error {
	began := b.cfg.Clock()
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-s.stop.Done():
		return errStopped
	case <-s.ctx.Done():
		return errStopped
	}
	data, err := t.encode(m.message)
	if err != nil {
		return err
	}
	header := natsgo.Header{}
	for _, k := range m.marks {
		header.Add(headerMark, url.QueryEscape(k.Source)+"="+url.QueryEscape(k.Position))
	}
	if only != "" {
		header.Set(headerOnly, only)
	}
	seq, fresh, err := b.write(s, t.name, t.stream, m.id, header, data)
	if err != nil {
		return err
	}
	t.stored(seq, m.message, fresh && only == "", m.marks)
	if b.cfg.Observe.Published != nil {
		b.cfg.Observe.Published(t.name, len(data), b.cfg.Clock().Sub(began))
	}
	return nil
}

// write puts bytes into a stream, however long that takes. fresh is false for
// an ID that was there before.
func (b *Bus) write(s scope, topic, stream, id string, header natsgo.Header, data []byte) (seq uint64, fresh bool, err error) {
	if len(data) > b.cfg.MaxPayload {
		return 0, false, fmt.Errorf("%w: %d bytes are more than %d", ErrTooLarge, len(data), b.cfg.MaxPayload)
	}
	if n := headerSize(header) + len(id); n > maxHeader/2 {
		return 0, false, fmt.Errorf("%w: marks and id of %d bytes are more than %d", ErrTooLarge, n, maxHeader/2)
	}
	if id == "" { // so that the bus's own second try is known again
		id = b.epoch + "." + strconv.FormatUint(b.nextID.Add(1), 10)
	} else {
		id = url.QueryEscape(id)
	}
	header.Set(jetstream.MsgIDHeader, id)
	msg := &natsgo.Msg{Subject: subject(stream), Header: header, Data: data}
	t := b.topics[topic]
	if t == nil {
		t = b.dead
	}
	for wait := firstWait; ; wait = longer(wait) {
		ack, err := b.attempt(s, msg)
		if err == nil {
			b.health(topic, t, "", nil)
			return ack.Sequence, !ack.Duplicate, nil
		}
		if errors.Is(err, natsgo.ErrMaxPayload) || errors.Is(err, natsgo.ErrBadHeaderMsg) {
			return 0, false, fmt.Errorf("%w: %w", ErrTooLarge, err)
		}
		if !s.stopped() {
			b.health(topic, t, "", err)
		}
		if s.stopped() || !s.wait(wait) {
			t.mu.Lock()
			t.loose = true
			t.mu.Unlock()
			return 0, false, errStopped
		}
	}
}

var errNoEngine = errors.New("the engine starts again")

func (b *Bus) attempt(s scope, msg *natsgo.Msg) (*jetstream.PubAck, error) {
	if err := b.room(); err != nil {
		return nil, err
	}
	e := b.engine.Load()
	if e == nil {
		return nil, errNoEngine
	}
	began := b.cfg.Clock().UnixNano()
	ctx, cancel := context.WithTimeout(s.ctx, b.cfg.AckWait)
	defer cancel()
	release := context.AfterFunc(s.stop, cancel)
	defer release()
	ack, err := e.ways[e.turn.Add(1)%publishWays].PublishMsg(ctx, msg)
	if err == nil {
		e.acked.Store(b.cfg.Clock().UnixNano())
		return ack, nil
	}
	// No answer, although nobody else got one in that time: the server does not
	// answer a write that has failed.
	if e.broken.Load() || errors.Is(err, natsgo.ErrConnectionClosed) ||
		errors.Is(ctx.Err(), context.DeadlineExceeded) && e.acked.Load() < began {
		b.tellSick(e)
	}
	return nil, fmt.Errorf("store message: %w", err)
}

// errFull says that the disk is as good as full.
var errFull = errors.New("the disk is full")

// room tells whether the disk has room.
func (b *Bus) room() error {
	if b.cfg.Free == nil {
		return nil
	}
	free, err := b.cfg.Free()
	if err != nil {
		return nil //nolint:nilerr // the write itself will tell
	}
	if free < b.cfg.MinFree {
		return fmt.Errorf("%w: %d bytes are free, %d are kept", errFull, free, b.cfg.MinFree)
	}
	return nil
}

// health tells that somebody cannot go on with a topic, or that all can again.
func (b *Bus) health(name string, t *topic, who string, err error) {
	t.mu.Lock()
	tell := err != nil
	if err != nil {
		t.ill[who] = true
	} else if t.ill[who] {
		delete(t.ill, who)
		tell = len(t.ill) == 0
	}
	t.mu.Unlock()
	if tell {
		b.cfg.Health(name, err)
	}
}

func headerSize(h natsgo.Header) int {
	n := 0
	for k, vs := range h {
		for _, v := range vs {
			n += len(k) + len(v) + 4
		}
	}
	return n
}

// stored notes what is on the disk and wakes who waits for it.
func (t *topic) stored(seq uint64, message any, share bool, marks []bus.Mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if share {
		t.share(seq, message)
	}
	t.mark(seq, marks)
	// Answers to concurrent publishers come in any order. Readers are told of a
	// message when all before it have been answered too: they are about to be
	// shared, and would be read from the disk otherwise. A publisher that has
	// given up never says how its message fared, so nobody waits for that one.
	if seq > t.last { // an ID that was there before has an old number
		t.ahead[seq] = true
	}
	last := t.last
	for t.ahead[last+1] {
		delete(t.ahead, last+1)
		last++
	}
	if t.loose || len(t.ahead) > 2*maxInFlight {
		t.loose = false
		for n := range t.ahead {
			last = max(last, n)
		}
	}
	t.reached(last)
}

// reached notes the newest message and wakes who waits for it. t.mu is held.
func (t *topic) reached(last uint64) {
	if last <= t.last {
		return
	}
	t.last = last
	for n := range t.ahead {
		if n <= last {
			delete(t.ahead, n)
		}
	}
	close(t.wake)
	t.wake = make(chan struct{})
}

// share keeps a decoded message for the readers that come to it soon. t.mu is
// held.
func (t *topic) share(seq uint64, message any) {
	if slot := &t.recent[seq%recentLen]; slot.sequence < seq {
		*slot = recent{seq, message}
	}
}

func (t *topic) codec() (bus.Codec[any], error) {
	select {
	case c := <-t.codecs:
		return c, nil
	default:
		return t.make()
	}
}

func (t *topic) encode(message any) (data []byte, err error) {
	c, err := t.codec()
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("encode message: panic: %v", p)
			return // the codec is not used again
		}
		t.release(c)
	}()
	return c.Encode(nil, message), nil
}

func (t *topic) decode(data []byte) (message any, err error) {
	c, err := t.codec()
	if err != nil {
		return nil, fmt.Errorf("decode message: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decode message: panic: %v", p)
			return
		}
		t.release(c)
	}()
	return c.Decode(data)
}

func (t *topic) release(c bus.Codec[any]) {
	select {
	case t.codecs <- c:
	default:
	}
}

func parseMark(s string) (bus.Mark, bool) {
	source, position, ok := strings.Cut(s, "=")
	if !ok {
		return bus.Mark{}, false
	}
	source, err1 := url.QueryUnescape(source)
	position, err2 := url.QueryUnescape(position)
	return bus.Mark{Source: source, Position: position}, err1 == nil && err2 == nil
}
