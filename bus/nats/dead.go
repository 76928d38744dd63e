package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// DeadTopic is the name under which Health, Stats and Observer speak of the
// dead letters.
const DeadTopic = "dead"

// Headers of a dead letter.
const (
	headerTopic    = "Bongsu-Topic"
	headerStage    = "Bongsu-Stage"
	headerFailed   = "Bongsu-Failed"
	headerSequence = "Bongsu-Sequence"
	headerReason   = "Bongsu-Reason"
	headerTime     = "Bongsu-Time"
)

// maxReason bounds the reason that is kept, in bytes.
const maxReason = 2000

// A Letter is a message that a stage could not take.
type Letter struct {
	ID       uint64 // its own sequence number, for Retry and Discard
	Topic    string // the kept topic that it came by
	Stage    string // the stage that reads the topic
	Failed   string // the stage that failed: Stage, or one behind it
	Sequence uint64 // its number in the topic
	Reason   string
	At       time.Time
	Data     []byte // as it was encoded; empty for what a stage made of the passing of time
}

// lament stores a dead letter for a message that failed. It returns false when
// it was stopped before that.
func (b *Bus) lament(s scope, r *reader, in incoming, reason error) bool {
	failed := r.j.Stage
	if f := (*failure)(nil); errors.As(reason, &f) {
		failed = f.stage
	}
	var p *panicked
	stack := ""
	if errors.As(reason, &p) {
		stack = string(p.stack)
	}
	b.cfg.Log.Error("message goes to the dead letters", "topic", r.t.name, "stage", failed, "sequence", in.sequence, "error", reason, "stack", stack)
	if b.cfg.Observe.Dead != nil {
		b.cfg.Observe.Dead(r.t.name, failed)
	}
	data := in.data
	if data == nil && in.message != nil {
		var err error
		if data, err = r.t.encode(in.message); err != nil {
			b.cfg.Log.Error("dead letter cannot be encoded", "topic", r.t.name, "sequence", in.sequence, "error", err)
		}
	}
	text := reason.Error()
	if len(text) > maxReason {
		text = text[:maxReason]
	}
	seq := strconv.FormatUint(in.sequence, 10)
	header := natsgo.Header{
		headerTopic: {r.t.name}, headerStage: {r.j.Stage}, headerFailed: {failed}, headerSequence: {seq},
		headerReason: {strconv.QuoteToASCII(text)}, headerTime: {b.cfg.Clock().UTC().Format(time.RFC3339Nano)},
	}
	id := "" // of ticks there may be many at one position
	if data != nil {
		id = "dead/" + r.t.name + "/" + r.j.Stage + "/" + seq
	}
	_, _, err := b.write(s, DeadTopic, deadStream, id, header, data)
	if errors.Is(err, errStopped) {
		return false
	}
	if err != nil { // the message is stored in its own topic, so it fits here
		b.cfg.Log.Error("dead letter cannot be stored", "topic", r.t.name, "sequence", in.sequence, "error", err)
	}
	return true
}

// ErrNoLetter says that there is no such dead letter.
var ErrNoLetter = errors.New("no such dead letter")

// DeadLetters returns up to limit letters behind an ID, oldest first, with
// their bytes.
func (b *Bus) DeadLetters(ctx context.Context, after uint64, limit int) ([]Letter, error) {
	e := b.engine.Load()
	if e == nil {
		return nil, fmt.Errorf("list dead letters: %w", errNoEngine)
	}
	var letters []Letter
	for len(letters) < limit {
		m, err := e.get(ctx, e.streams[deadStream], after+1, jetstream.WithGetMsgSubject(subject(deadStream)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list dead letters: %w", err)
		}
		letters = append(letters, letter(m))
		after = m.Sequence
	}
	return letters, nil
}

func letter(m *jetstream.RawStreamMsg) Letter {
	l := Letter{
		ID: m.Sequence, Topic: m.Header.Get(headerTopic), Stage: m.Header.Get(headerStage),
		Failed: m.Header.Get(headerFailed), Data: m.Data,
	}
	// Headers are the bus's own; one that cannot be read is left empty.
	l.Sequence, _ = strconv.ParseUint(m.Header.Get(headerSequence), 10, 64)
	l.Reason, _ = strconv.Unquote(m.Header.Get(headerReason))
	l.At, _ = time.Parse(time.RFC3339Nano, m.Header.Get(headerTime))
	return l
}

// Retry publishes a dead letter again, for the stage that reads its topic and
// no other, and forgets the letter. A stage that had handled the message, but
// not one behind it, sees it twice.
func (b *Bus) Retry(ctx context.Context, id uint64) error {
	l, err := b.letter(ctx, id)
	if err != nil {
		return fmt.Errorf("retry dead letter %d: %w", id, err)
	}
	t := b.topics[l.Topic]
	if t == nil || t.stream == "" {
		return fmt.Errorf("retry dead letter %d: topic %q is kept no more", id, l.Topic)
	}
	if len(l.Data) == 0 {
		return fmt.Errorf("retry dead letter %d: it has no message", id)
	}
	header := natsgo.Header{headerOnly: {l.Stage}}
	name := "retry/" + strconv.FormatUint(id, 10) + "/" + strconv.FormatInt(l.At.UnixNano(), 10)
	seq, _, err := b.write(scope{ctx, b.life}, t.name, t.stream, name, header, l.Data)
	if err != nil {
		return fmt.Errorf("retry dead letter %d: %w", id, err)
	}
	t.stored(seq, nil, false, nil)
	return b.Discard(ctx, id)
}

// Discard forgets a dead letter.
func (b *Bus) Discard(ctx context.Context, id uint64) error {
	if _, err := b.letter(ctx, id); err != nil {
		return fmt.Errorf("discard dead letter %d: %w", id, err)
	}
	e := b.engine.Load()
	if e == nil {
		return fmt.Errorf("discard dead letter %d: %w", id, errNoEngine)
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	if err := e.streams[deadStream].DeleteMsg(ctx, id); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("discard dead letter %d: %w", id, err)
	}
	return nil
}

func (b *Bus) letter(ctx context.Context, id uint64) (Letter, error) {
	e := b.engine.Load()
	if e == nil {
		return Letter{}, errNoEngine
	}
	m, err := e.get(ctx, e.streams[deadStream], id)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Letter{}, ErrNoLetter
	}
	if err != nil {
		return Letter{}, err
	}
	return letter(m), nil
}
