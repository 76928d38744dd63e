// Package nats carries the live flow over an embedded NATS JetStream server,
// so that what it has accepted survives a crash: every topic with a codec is a
// stream on disk, read in the order of its sequence numbers.
//
// No port is opened: the server is reached from within the process alone. The
// bus keeps messages until every stage that reads them says that they need not
// come again; it does not search them, that is the event store's matter. What
// damage it repairs and what it cannot is told by Damage.
//
// Files: engine.go runs the server, publish.go takes messages in, reader.go and
// handle.go hand them to stages, dead.go keeps those that no stage could take,
// positions.go and purge.go forget what is done, blocks.go checks the files of
// a server that did not end well.
package nats

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bongsu/bongsu/bus"
)

// Defaults of Config.
const (
	DefaultMaxPayload = 8 << 20
	DefaultKeep       = 10 * time.Minute
	DefaultKeepBytes  = 1 << 30
	DefaultDedupe     = 10 * time.Minute
	DefaultTries      = 5
	DefaultMinFree    = 64 << 20
	DefaultGrace      = 10 * time.Second
	DefaultAckWait    = 15 * time.Second
	DefaultDeadBytes  = 256 << 20
)

// Config says what a bus carries and how. Dir, Flow, Log and Clock are
// required; zero values of the others mean the defaults.
type Config struct {
	Dir   string // made if missing; used by one process at a time
	Flow  bus.Flow
	Log   *slog.Logger
	Clock func() time.Time
	// Health is told when a topic cannot go on, with the reason, and with nil
	// when all of it does again: publishing and every stage that reads it. It is
	// called from several goroutines and returns soon.
	Health  func(topic string, err error)
	Observe Observer

	MaxPayload int           // longest encoded message, at most 24 MiB
	Keep       time.Duration // how long a handled message stays at least, while there is room
	KeepBytes  uint64        // a topic that is longer forgets handled messages sooner
	DeadBytes  int64         // beyond it the oldest dead letters go
	Dedupe     time.Duration // how long an ID is remembered
	Lazy       bool          // leaves fsync to the operating system: a power cut loses what was acknowledged last
	Tries      int           // how often a message is tried that fails
	Grace      time.Duration // how long a stage may go on with the message it has when Run is to end
	AckWait    time.Duration // how long one attempt to store a message waits for its answer

	// FirstSequence is the smallest sequence number that a topic may give next:
	// where data was restored without the bus, so that no number is used twice.
	FirstSequence map[string]uint64

	// Free returns how many bytes the disk has left. Below MinFree publishing
	// waits, before the disk is full in earnest. nil: only a failing write tells.
	Free    func() (uint64, error)
	MinFree uint64
}

// An Observer counts what passes. Its functions may be nil; they are called
// from several goroutines and return soon.
type Observer struct {
	Published func(topic string, bytes int, took time.Duration)
	Handled   func(stage string, took time.Duration)
	Retried   func(stage string)
	Dead      func(topic, stage string)
}

// Errors that callers tell apart.
var (
	ErrTooLarge = errors.New("message is too large") // it never fits: see Config.MaxPayload
	ErrNobody   = errors.New("nobody reads this topic")
	ErrClosed   = errors.New("bus is closed")
)

// Bus is an open bus. Its methods may be called from several goroutines.
type Bus struct {
	cfg     Config
	topics  map[string]*topic
	readers []*reader
	joints  []*joint // of topics within the process
	damage  []string
	dead    *topic // holds no more than whether dead letters can be stored

	engine atomic.Pointer[engine]
	sick   chan *engine  // engines that do not store any more
	slots  chan struct{} // bounds the messages on their way to the disk
	nextID atomic.Uint64
	epoch  string // sets names of this life apart from those of earlier ones

	running atomic.Bool
	stopped chan struct{}   // closed when Run has returned
	life    context.Context // ends with Close
	end     context.CancelFunc
	closing sync.Once
	keepers sync.WaitGroup

	posMu sync.Mutex // writing positions.json
	saved positions
}

// topic is one topic of the flow.
type topic struct {
	name   string
	stream string                         // "" within the process
	make   func() (bus.Codec[any], error) // nil within the process
	codecs chan bus.Codec[any]            // free ones
	joints []*joint                       // what reads it
	stores bool                           // it is kept, or something behind it is

	mu     sync.Mutex
	last   uint64          // newest sequence number known to be stored
	purged uint64          // newest one that may have been forgotten
	wake   chan struct{}   // closed when last grows
	ahead  map[uint64]bool // stored, while messages before it are not known to be
	loose  bool            // a publisher gave up and will not say
	recent [recentLen]recent
	marks  map[string]mark
	ages   []age           // for Keep, oldest first
	ill    map[string]bool // who cannot go on: a stage, or "" for publishing
}

// joint is a stage that one goroutine may use at a time.
type joint struct {
	bus.Joint
	mu sync.Mutex
}

// Open checks the files, starts the server and asks the stages that keep their
// position for it. Nothing is handled before Run; Publish to a kept topic works
// at once.
func Open(ctx context.Context, cfg Config) (*Bus, error) {
	b := &Bus{cfg: cfg, topics: map[string]*topic{}, sick: make(chan *engine, 1), slots: make(chan struct{}, maxInFlight), stopped: make(chan struct{}), dead: &topic{ill: map[string]bool{}}}
	b.life, b.end = context.WithCancel(context.Background())
	if err := b.open(ctx); err != nil {
		b.end()
		return nil, fmt.Errorf("open bus: %w", err)
	}
	return b, nil
}

func (b *Bus) open(ctx context.Context) error {
	if err := b.cfg.complete(); err != nil {
		return err
	}
	cfg := b.cfg
	b.epoch = rand.Text()
	if err := b.layOut(); err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	if err := b.loadPositions(); err != nil {
		return err
	}
	for _, r := range b.readers {
		if err := r.resume(ctx, b); err != nil {
			return err
		}
	}
	if err := b.checkBlocks(); err != nil {
		return err
	}
	for _, d := range b.damage {
		cfg.Log.Error("bus lost messages", "damage", d)
	}
	e, err := b.start(ctx)
	if err != nil {
		return err
	}
	b.engine.Store(e)
	if err := b.catchUp(ctx, e); err != nil {
		e.stop()
		return err
	}
	b.keepers.Go(b.keepEngine)
	b.keepers.Go(b.keepHouse)
	return nil
}

func (c *Config) complete() error {
	if c.Dir == "" || c.Log == nil || c.Clock == nil || len(c.Flow) == 0 {
		return errors.New("one of Dir, Flow, Log and Clock is not set")
	}
	if c.MaxPayload > maxMaxPayload {
		return fmt.Errorf("MaxPayload %d is above %d", c.MaxPayload, maxMaxPayload)
	}
	fill(&c.MaxPayload, DefaultMaxPayload)
	fill(&c.Keep, DefaultKeep)
	fill(&c.KeepBytes, DefaultKeepBytes)
	fill(&c.DeadBytes, DefaultDeadBytes)
	fill(&c.Dedupe, DefaultDedupe)
	fill(&c.Tries, DefaultTries)
	fill(&c.MinFree, DefaultMinFree)
	fill(&c.Grace, DefaultGrace)
	fill(&c.AckWait, DefaultAckWait)
	if c.Health == nil {
		c.Health = func(string, error) {}
	}
	return nil
}

func fill[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// layOut makes topics, joints and readers of the flow.
func (b *Bus) layOut() error {
	stages := map[string]bool{}
	for _, j := range b.cfg.Flow {
		if stages[j.Stage] {
			return fmt.Errorf("two stages are called %q", j.Stage)
		}
		stages[j.Stage] = true
		reads, writes := j.Codecs()
		from := b.topic(j.From, reads)
		if j.To != "" {
			b.topic(j.To, writes)
		}
		own := &joint{Joint: j}
		from.joints = append(from.joints, own)
	}
	for _, t := range b.topics {
		if t.make != nil {
			t.stream = streamName(t.name)
			continue
		}
		if len(t.joints) == 0 {
			return fmt.Errorf("topic %q: %w", t.name, ErrNobody)
		}
	}
	for _, j := range b.cfg.Flow { // in the order of the flow
		t := b.topics[j.From]
		for _, own := range t.joints {
			if own.Stage != j.Stage {
				continue
			}
			if t.stream == "" {
				b.joints = append(b.joints, own)
			} else {
				b.readers = append(b.readers, newReader(t, own))
			}
		}
	}
	for range b.topics { // as long as the longest way
		for _, t := range b.topics {
			t.stores = t.stores || t.stream != ""
			for _, j := range t.joints {
				t.stores = t.stores || j.To != "" && b.topics[j.To].stores
			}
		}
	}
	return nil
}

func (b *Bus) topic(name string, codec func() (bus.Codec[any], error)) *topic {
	t := b.topics[name]
	if t == nil {
		t = &topic{name: name, wake: make(chan struct{}), ahead: map[uint64]bool{}, ill: map[string]bool{}, marks: map[string]mark{}, codecs: make(chan bus.Codec[any], maxInFlight)}
		b.topics[name] = t
	}
	if codec != nil {
		t.make = codec
	}
	return t
}

// Damage names what Open found missing or damaged in the files, and what
// reading has found since. What is not named is served.
func (b *Bus) Damage() []string {
	b.posMu.Lock()
	defer b.posMu.Unlock()
	return append([]string(nil), b.damage...)
}

func (b *Bus) damaged(what string) {
	b.posMu.Lock()
	known := len(b.damage) >= maxDamage
	for _, d := range b.damage {
		known = known || d == what
	}
	if !known {
		b.damage = append(b.damage, what)
	}
	b.posMu.Unlock()
	if !known {
		b.cfg.Log.Error("bus lost messages", "damage", what)
	}
}

// maxDamage bounds the list of what was lost.
const maxDamage = 1000

// Close ends Run, if it has not ended, and the server; it returns when
// everything is on the disk. A message that a stage is busy with is handled
// again after the next Open if it takes longer than Config.Grace.
func (b *Bus) Close() error {
	var err error
	b.closing.Do(func() {
		b.end()
		if b.running.Load() {
			<-b.stopped
		}
		b.keepers.Wait()
		if e := b.engine.Swap(nil); e != nil {
			e.stop()
		}
		err = b.savePositions(true)
	})
	if err != nil {
		return fmt.Errorf("close bus: %w", err)
	}
	return nil
}

func (b *Bus) path(name ...string) string {
	return filepath.Join(append([]string{b.cfg.Dir}, name...)...)
}
