// Package bustest is the suite that every bus must pass that says it keeps what
// it has accepted.
//
// It knows nothing of how an engine stores: a crash is a copy of its folder
// taken while it works, and, in a process of its own, kill -9. Run is the
// suite; an adapter's TestMain calls Child first.
package bustest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bongsu/bongsu/bus"
)

// Options are what the suite sets of a bus.
type Options struct {
	Dir           string
	Flow          bus.Flow
	Keep          time.Duration // 0: the adapter's default
	KeepBytes     uint64
	FirstSequence map[string]uint64
	Free          func() (uint64, error)
	Health        func(topic string, err error)
}

// Open opens a bus with the adapter's defaults but for the options, and five
// tries for a message that fails.
type Open func(Options) (Bus, error)

// Bus is what the suite asks of a bus.
type Bus interface {
	Publish(ctx context.Context, topic string, message any, stamp bus.Stamp) error
	Run(ctx context.Context) error
	Drain(ctx context.Context) error
	Close() error
	Last(topic string) uint64
	Marks(ctx context.Context, topic string, after uint64, yield func(bus.Mark) bool) error
	Letters() Letters
}

// Letters are a bus's dead letters.
type Letters interface {
	List(ctx context.Context) ([]Letter, error)
	Retry(ctx context.Context, id uint64) error
	Discard(ctx context.Context, id uint64) error
	// Held counts the messages of a topic that are still on the disk.
	Held(ctx context.Context, topic string) (uint64, error)
}

// Letter is a dead letter.
type Letter struct {
	ID                           uint64
	Topic, Stage, Failed, Reason string
	Sequence                     uint64
	Data                         []byte
}

// Tries is how often a message is tried that fails.
const Tries = 5

// patience bounds what the suite waits for.
const patience = 60 * time.Second

// The topics of the suite. The kept ones carry texts.
var (
	words = bus.Topic[string]{Name: "words", Codec: textCodec}
	other = bus.Topic[string]{Name: "other.topic", Codec: textCodec}
	inner = bus.Topic[string]{Name: "inner"}
	after = bus.Topic[int]{Name: "after"}
)

func textCodec() (bus.Codec[string], error) { return text{}, nil }

type text struct{}

// unreadable begins a message that is encoded but not decoded.
const unreadable = "unreadable:"

func (text) Encode(dst []byte, s string) []byte { return append(dst, s...) }

func (text) Decode(src []byte) (string, error) {
	if strings.HasPrefix(string(src), unreadable) {
		return "", errors.New("it is not a text")
	}
	return string(src), nil
}

// A disk is what a sink's commits survive a crash on.
type disk struct {
	mu   sync.Mutex
	got  []string
	done uint64
}

func (d *disk) copy() *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &disk{got: slices.Clone(d.got), done: d.done}
}

func (d *disk) all() []string { return d.copy().got }

// keeper is a sink that stores its position together with what it keeps, every
// few messages.
type keeper struct {
	disk    *disk
	every   uint64 // 0: with each message
	pending []string
}

func (k *keeper) Handle(_ context.Context, s string) error {
	k.pending = append(k.pending, s)
	return nil
}

func (k *keeper) Flush(context.Context) error { return errors.New("a live flow has no last message") }

func (k *keeper) Resume(context.Context) (uint64, error) {
	k.disk.mu.Lock()
	defer k.disk.mu.Unlock()
	return k.disk.done, nil
}

func (k *keeper) Checkpoint(_ context.Context, handled uint64) (uint64, error) {
	k.disk.mu.Lock()
	defer k.disk.mu.Unlock()
	if k.every == 0 || handled >= k.disk.done+k.every {
		k.disk.got = append(k.disk.got, k.pending...)
		k.disk.done, k.pending = handled, nil
	}
	return k.disk.done, nil
}

// sink hands what comes to a function and keeps no position.
type sink func(ctx context.Context, s string) error

func (f sink) Handle(ctx context.Context, s string) error { return f(ctx, s) }
func (sink) Flush(context.Context) error                  { return nil }

// list is a sink's memory.
type list struct {
	mu  sync.Mutex
	got []string
}

func (l *list) add(_ context.Context, s string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, s)
	return nil
}

func (l *list) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

// each is a stage made of a function.
type each[In, Out any] func(In) ([]Out, error)

func (f each[In, Out]) Handle(_ context.Context, in In) ([]Out, error) { return f(in) }
func (each[In, Out]) Flush(context.Context) ([]Out, error)             { return nil, nil }

// running is a bus whose Run goes on.
type running struct {
	Bus
	t      testing.TB
	cancel context.CancelFunc
	ended  chan error
}

func start(t testing.TB, open Open, o Options) *running {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	b, err := open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Bus: b, t: t, cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- b.Run(ctx) }()
	t.Cleanup(r.stop)
	return r
}

// stop ends a bus without draining it. It may be called twice.
func (r *running) stop() {
	if r.cancel == nil {
		return
	}
	r.cancel()
	r.cancel = nil
	if err := <-r.ended; err != nil {
		r.t.Errorf("Run = %v", err)
	}
	if err := r.Close(); err != nil {
		r.t.Error(err)
	}
}

func (r *running) publish(id string, messages ...string) {
	r.t.Helper()
	for _, m := range messages {
		if err := r.Publish(context.Background(), words.Name, m, bus.Stamp{ID: id}); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *running) drain() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.Drain(ctx); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) letters() []Letter {
	r.t.Helper()
	l, err := r.Letters().List(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return l
}

func (r *running) marks(after uint64) map[string]string {
	r.t.Helper()
	got := map[string]string{}
	err := r.Marks(context.Background(), words.Name, after, func(m bus.Mark) bool { got[m.Source] = m.Position; return true })
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	beat := time.NewTicker(5 * time.Millisecond)
	defer beat.Stop()
	end := time.NewTimer(patience)
	defer end.Stop()
	for !ok() {
		select {
		case <-beat.C:
		case <-end.C:
			t.Fatalf("not after %v: %s", patience, what)
		}
	}
}

func numbered(prefix string, n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf("%s %06d", prefix, i)
	}
	return s
}

// copyDir copies a folder that is being written to, as a crash would leave it.
// Files that go away meanwhile are left out.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		src, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer src.Close()
		dst, err := os.Create(filepath.Join(to, rel))
		if err != nil {
			return err
		}
		_, err = io.Copy(dst, src)
		return errors.Join(err, dst.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// Log is a logger for adapters under test: what they warn of goes to the
// standard error where BONGSU_BUSTEST_LOG is set.
func Log() *slog.Logger {
	if os.Getenv("BONGSU_BUSTEST_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
