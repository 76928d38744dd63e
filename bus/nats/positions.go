package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bongsu/bongsu/bus"
)

// positionsFile holds what the bus itself has to remember.
const positionsFile = "positions.json"

// positions is what positionsFile holds.
type positions struct {
	Clean  bool                      `json:"clean"` // the bus was closed, it did not crash
	Topics map[string]topicPositions `json:"topics"`
}

type topicPositions struct {
	Last      uint64            `json:"last"`    // stored up to here, at least
	Purged    uint64            `json:"purged"`  // forgotten up to here, at most
	Readers   map[string]uint64 `json:"readers"` // of stages that keep no position of their own
	Marks     map[string]mark   `json:"marks"`
	MarksUpTo uint64            `json:"marks_up_to"` // what comes behind must be looked through
}

// mark is the newest one of a source.
type mark struct {
	Position string `json:"position"`
	Sequence uint64 `json:"sequence"`
}

// Bounds of what is remembered.
const (
	maxMarks = 100_000 // sources of a topic; the ones unheard of for longest go
	// marksLate is how far behind the newest message an acknowledgement may
	// still be on its way; far more than the messages that are in flight.
	marksLate = 1024
)

func (b *Bus) loadPositions() error {
	data, err := os.ReadFile(b.path(positionsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read positions: %w", err)
	}
	if err := json.Unmarshal(data, &b.saved); err != nil {
		// Stages without a position of their own begin with the oldest message.
		b.saved = positions{}
		b.damage = append(b.damage, fmt.Sprintf("%s: %v: stages that keep no position see messages again", b.path(positionsFile), err))
		return nil
	}
	for name, t := range b.topics {
		t.purged = b.saved.Topics[name].Purged
		for source, m := range b.saved.Topics[name].Marks {
			t.marks[source] = m
		}
	}
	return nil
}

// floor is the highest sequence number of a topic that is known to be used up.
func (b *Bus) floor(t *topic) uint64 {
	t.mu.Lock()
	f := max(t.last, b.saved.Topics[t.name].Last)
	t.mu.Unlock()
	if first := b.cfg.FirstSequence[t.name]; first > 0 {
		f = max(f, first-1)
	}
	for _, r := range b.readers {
		if r.t == t {
			f = max(f, r.handled.Load())
		}
	}
	return f
}

// savePositions writes what changes, durably.
func (b *Bus) savePositions(clean bool) error {
	b.posMu.Lock()
	defer b.posMu.Unlock()
	now := positions{Clean: clean, Topics: map[string]topicPositions{}}
	handled := map[*reader]uint64{}
	for name, t := range b.topics {
		if t.stream == "" {
			continue
		}
		t.mu.Lock()
		p := topicPositions{Last: t.last, Purged: t.purged, Readers: map[string]uint64{}, Marks: make(map[string]mark, len(t.marks))}
		for source, m := range t.marks {
			p.Marks[source] = m
		}
		if p.Last > marksLate {
			p.MarksUpTo = p.Last - marksLate
		}
		t.mu.Unlock()
		now.Topics[name] = p
	}
	for _, r := range b.readers {
		if r.keeper == nil {
			handled[r] = r.handled.Load()
			now.Topics[r.t.name].Readers[r.j.Stage] = handled[r]
		}
	}
	data, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("write positions: %w", err)
	}
	if err := writeFile(b.path(positionsFile), data); err != nil {
		return fmt.Errorf("write positions: %w", err)
	}
	for r, n := range handled {
		r.done.Store(n)
	}
	return nil
}

// writeFile replaces a file by one step that survives a crash.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is gone when all went well
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// catchUp brings what is known of the topics up to what the server holds.
func (b *Bus) catchUp(ctx context.Context, e *engine) error {
	for _, t := range b.topics {
		if t.stream == "" {
			continue
		}
		info, err := e.info(ctx, t.stream)
		if err != nil {
			return fmt.Errorf("topic %s: %w", t.name, err)
		}
		t.mu.Lock()
		t.last = info.State.LastSeq
		first := info.State.FirstSeq
		if _, known := b.saved.Topics[t.name]; known && first > t.purged+1 {
			b.damaged(fmt.Sprintf("topic %s: message %s is missing at the beginning", t.name, span(t.purged+1, first-1)))
		}
		t.purged = max(t.purged, max(first, 1)-1)
		t.mu.Unlock()
		for _, r := range b.readers {
			if r.t != t || r.handled.Load()+1 >= first || first == 0 {
				continue
			}
			if had := r.handled.Load(); had > 0 {
				b.damaged(fmt.Sprintf("topic %s: message %s is not there for %s", t.name, span(had+1, first-1), r.j.Stage))
			}
			// A stage that begins anew gets what there is.
			r.handled.Store(first - 1)
		}
		if err := b.scanMarks(ctx, e, t, b.saved.Topics[t.name].MarksUpTo); err != nil {
			return fmt.Errorf("topic %s: %w", t.name, err)
		}
	}
	return b.savePositions(false)
}

func (e *engine) info(ctx context.Context, stream string) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	return e.streams[stream].Info(ctx)
}

// scanMarks reads the marks of the messages behind a sequence number, without
// their bodies.
func (b *Bus) scanMarks(ctx context.Context, e *engine, t *topic, after uint64) error {
	info, err := e.info(ctx, t.stream)
	if err != nil {
		return err
	}
	if info.State.Msgs == 0 || info.State.LastSeq <= after {
		return nil
	}
	c, err := e.streams[t.stream].OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(after+1, info.State.FirstSeq), HeadersOnly: true,
	})
	if err != nil {
		return fmt.Errorf("read marks: %w", err)
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(1000))
	if err != nil {
		return fmt.Errorf("read marks: %w", err)
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextMaxWait(askWait))
		if err != nil {
			return fmt.Errorf("read marks: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read marks: %w", err)
		}
		var marks []bus.Mark
		for _, v := range m.Headers().Values(headerMark) {
			if k, ok := parseMark(v); ok {
				marks = append(marks, k)
			}
		}
		t.mu.Lock()
		t.mark(meta.Sequence.Stream, marks)
		t.mu.Unlock()
		if meta.NumPending == 0 {
			return nil
		}
	}
}

// mark notes how far sources have come. t.mu is held.
func (t *topic) mark(seq uint64, marks []bus.Mark) {
	for _, m := range marks {
		if old, ok := t.marks[m.Source]; ok && old.Sequence > seq {
			continue
		}
		t.marks[m.Source] = mark{m.Position, seq}
	}
	if len(t.marks) <= maxMarks {
		return
	}
	oldest := make([]uint64, 0, len(t.marks))
	for _, m := range t.marks {
		oldest = append(oldest, m.Sequence)
	}
	slices.Sort(oldest)
	limit := oldest[len(oldest)/10]
	for source, m := range t.marks {
		if m.Sequence <= limit {
			delete(t.marks, source)
		}
	}
}

// Marks yields the newest mark of each source that came with a message behind
// the sequence number, in no particular order: where a source goes on after a
// restart. Marks outlive the messages that they came with.
func (b *Bus) Marks(_ context.Context, topic string, after uint64, yield func(bus.Mark) bool) error {
	t := b.topics[topic]
	if t == nil || t.stream == "" {
		return fmt.Errorf("marks of %q: it is not a kept topic", topic)
	}
	t.mu.Lock()
	found := make([]bus.Mark, 0, len(t.marks))
	for source, m := range t.marks {
		if m.Sequence > after {
			found = append(found, bus.Mark{Source: source, Position: m.Position})
		}
	}
	t.mu.Unlock()
	for _, m := range found {
		if !yield(m) {
			break
		}
	}
	return nil
}

// Last returns the sequence number of the newest message of a kept topic, 0
// before the first.
func (b *Bus) Last(topic string) uint64 {
	t := b.topics[topic]
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// A Lag says how far behind a stage is.
type Lag struct {
	Topic, Stage string
	Last         uint64 // newest message of the topic
	Handled      uint64 // newest one that the stage has handled
	Done         uint64 // newest one that it need not see again
}

// Lag tells where each stage that reads a kept topic is.
func (b *Bus) Lag() []Lag {
	lags := make([]Lag, len(b.readers))
	for i, r := range b.readers {
		lags[i] = Lag{Topic: r.t.name, Stage: r.j.Stage, Last: b.Last(r.t.name), Handled: r.handled.Load(), Done: r.done.Load()}
	}
	return lags
}

// Stats counts what a kept topic holds on disk.
type Stats struct {
	Topic           string // DeadTopic for the dead letters
	First, Last     uint64
	Messages, Bytes uint64
}

// Stats asks the server what it holds, topic by topic and the dead letters at
// last.
func (b *Bus) Stats(ctx context.Context) ([]Stats, error) {
	e := b.engine.Load()
	if e == nil {
		return nil, fmt.Errorf("count messages: %w", errNoEngine)
	}
	var names []string
	for name, t := range b.topics {
		if t.stream != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	stats := make([]Stats, 0, len(names)+1)
	for _, name := range append(names, DeadTopic) {
		stream := deadStream
		if t := b.topics[name]; t != nil {
			stream = t.stream
		}
		info, err := e.info(ctx, stream)
		if err != nil {
			return nil, fmt.Errorf("count messages: %w", err)
		}
		s := info.State
		stats = append(stats, Stats{name, s.FirstSeq, s.LastSeq, s.Msgs, s.Bytes})
	}
	return stats, nil
}

// keepHouse stores positions every second and forgets what is done with.
func (b *Bus) keepHouse() {
	beat := time.NewTicker(idle)
	defer beat.Stop()
	var before, lament string
	for n := 1; ; n++ {
		select {
		case <-b.life.Done():
			return
		case <-beat.C:
		}
		if now := fmt.Sprint(b.Lag()); now != before {
			if err := b.savePositions(false); err != nil {
				lament = b.complain(lament, "bus cannot store its positions", err)
			} else {
				before, lament = now, ""
			}
		}
		b.age()
		low := b.room() != nil
		e := b.engine.Load()
		if e == nil || n%purgeBeats != 0 && !low {
			continue
		}
		ctx, cancel := context.WithTimeout(b.life, askWait)
		if err := b.purge(ctx, e, low); err != nil {
			lament = b.complain(lament, "bus cannot forget handled messages", err)
		}
		cancel()
	}
}

// complain logs what goes wrong every second only the first time.
func (b *Bus) complain(last, what string, err error) string {
	if last != what {
		b.cfg.Log.Warn("cannot do for now what is done every second", "what", what, "error", err)
	}
	return what
}
