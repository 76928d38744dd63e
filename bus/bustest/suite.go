package bustest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/bus"
)

// Run is the suite.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"order", order},
		{"exactly once after crashes", exactlyOnce},
		{"at least once after crashes", atLeastOnce},
		{"an id is stored once", dedupe},
		{"marks", marks},
		{"dead letters", deadLetters},
		{"dead letters of a stage behind", deadBehind},
		{"a stage that waits", waiting},
		{"a stage that waits is stopped", waitingStopped},
		{"a stage that panics", panicking},
		{"concurrent publishers", concurrent},
		{"no room", noRoom},
		{"publishing ends with its context", publishEnds},
		{"forgetting loses nothing", purging},
		{"big messages", big},
		{"topics within the process", chain},
		{"a failing stage within the process", chainFails},
		{"the first sequence number", firstSequence},
		{"a position ahead of the bus", positionAhead},
		{"time passes", ticking},
		{"the message at hand is finished", finishing},
		{"a new reader", newReader},
		{"unknown topic", unknownTopic},
		{"kill -9", killed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting for a disk or a clock
			test.run(t, open)
		})
	}
}

func order(t *testing.T, open Open) {
	one, two := &list{}, &disk{}
	r := start(t, open, Options{Flow: bus.Flow{
		bus.End(words, "one", sink(one.add)),
		bus.End(words, "two", &keeper{disk: two}),
	}})
	want := numbered("message", 300)
	r.publish("", want...)
	r.drain()
	if diff := cmp.Diff(want, one.all()); diff != "" {
		t.Errorf("one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, two.all()); diff != "" {
		t.Errorf("two (-want +got):\n%s", diff)
	}
	if got := r.Last(words.Name); got != 300 {
		t.Errorf("Last = %d, want 300", got)
	}
}

// crashes publishes from several goroutines and takes the bus down again and
// again. look is called at each crash, before the folder is copied.
func crashes(t *testing.T, open Open, flow func() bus.Flow, look func()) (acknowledged []string) {
	var mu sync.Mutex
	dir := t.TempDir()
	for round := range 4 {
		r := start(t, open, Options{Dir: dir, Flow: flow()})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for p := range 3 {
			wg.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					m := fmt.Sprintf("round %d publisher %d message %d", round, p, i)
					if r.Publish(ctx, words.Name, m, bus.Stamp{}) == nil {
						mu.Lock()
						acknowledged = append(acknowledged, m)
						mu.Unlock()
					}
				}
			})
		}
		eventually(t, "some messages", func() bool { return r.Last(words.Name) > uint64(150*(round+1)+rand.IntN(50)) })
		mu.Lock()
		sure := slices.Clone(acknowledged)
		mu.Unlock()
		look()
		dir = copyDir(t, dir)
		cancel()
		wg.Wait()
		r.stop()
		acknowledged = sure // what came later did not come in the life that goes on
	}
	r := start(t, open, Options{Dir: dir, Flow: flow()})
	r.publish("", "the last one")
	r.drain()
	r.stop()
	return append(acknowledged, "the last one")
}

func exactlyOnce(t *testing.T, open Open) {
	d := &disk{}
	alive := d
	acknowledged := crashes(t, open,
		func() bus.Flow { alive = d; return bus.Flow{bus.End(words, "keep", &keeper{disk: d, every: 10})} },
		func() { d = alive.copy() })
	// What the last batch holds back is seen by a keeper that commits at once.
	counts := map[string]int{}
	for _, m := range d.all() {
		counts[m]++
	}
	for m, n := range counts {
		if n > 1 {
			t.Errorf("%q was kept %d times", m, n)
		}
	}
	lost := 0
	for _, m := range acknowledged {
		if counts[m] == 0 {
			lost++
		}
	}
	if lost >= 10 { // fewer may wait for their batch
		t.Errorf("%d of %d acknowledged messages were lost", lost, len(acknowledged))
	}
}

func atLeastOnce(t *testing.T, open Open) {
	l := &list{}
	acknowledged := crashes(t, open, func() bus.Flow { return bus.Flow{bus.End(words, "list", sink(l.add))} }, func() {})
	counts := map[string]int{}
	for _, m := range l.all() {
		counts[m]++
	}
	for _, m := range acknowledged {
		if counts[m] == 0 {
			t.Errorf("%q was acknowledged and lost", m)
		}
	}
}

func dedupe(t *testing.T, open Open) {
	d := &disk{}
	o := Options{Dir: t.TempDir(), Flow: bus.Flow{bus.End(words, "keep", &keeper{disk: d})}}
	r := start(t, open, o)
	const odd = "upload 1/7: ü\r\nX: y"
	r.publish(odd, "a", "a again")
	r.publish("", "b", "b")
	r.stop()
	o.Flow = bus.Flow{bus.End(words, "keep", &keeper{disk: d})}
	r = start(t, open, o)
	r.publish(odd, "a after a restart")
	r.publish("another", "c")
	r.drain()
	if diff := cmp.Diff([]string{"a", "b", "b", "c"}, d.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func marks(t *testing.T, open Open) {
	o := Options{Dir: t.TempDir(), Flow: bus.Flow{
		bus.Join(inner, "pass", each[string, string](func(s string) ([]string, error) { return []string{s + " 1", s + " 2"}, nil }), words),
		bus.End(words, "list", sink((&list{}).add)),
	}}
	r := start(t, open, o)
	publish := func(topic, m string, k ...bus.Mark) {
		t.Helper()
		if err := r.Publish(t.Context(), topic, m, bus.Stamp{Marks: k}); err != nil {
			t.Fatal(err)
		}
	}
	publish(words.Name, "1", bus.Mark{Source: "syslog", Position: "10"}, bus.Mark{Source: "auth=log\n&", Position: "a=b&c\r\nd"})
	publish(words.Name, "2", bus.Mark{Source: "syslog", Position: "20"})
	publish(words.Name, "3")
	publish(inner.Name, "4", bus.Mark{Source: "file", Position: "7"})
	check := func() {
		t.Helper()
		for from, want := range map[uint64]map[string]string{
			0: {"syslog": "20", "auth=log\n&": "a=b&c\r\nd", "file": "7"},
			1: {"syslog": "20", "file": "7"},
			2: {"file": "7"},
			4: {"file": "7"}, // it came with the second of two
			5: {},
		} {
			if diff := cmp.Diff(want, r.marks(from)); diff != "" {
				t.Errorf("marks behind %d (-want +got):\n%s", from, diff)
			}
		}
	}
	check()
	o.Dir = copyDir(t, o.Dir)
	r.stop()
	r = start(t, open, o)
	check()
	r.drain()
	r.stop()
	o.Keep, o.KeepBytes = time.Millisecond, 1
	r = start(t, open, o)
	r.publish("", numbered(strings.Repeat("x", 400_000), 3*blockful)...)
	eventually(t, "handled messages are forgotten", func() bool {
		n, err := r.Letters().Held(t.Context(), words.Name)
		return err == nil && n <= blockful
	})
	r.stop()
	r = start(t, open, o)
	check()
}

func deadLetters(t *testing.T, open Open) {
	d, l := &disk{}, &list{}
	var tries atomic.Int32
	var fixed atomic.Bool
	o := Options{Dir: t.TempDir(), Flow: bus.Flow{
		bus.End(words, "keep", &keeper{disk: d}),
		bus.End(words, "choosy", sink(func(ctx context.Context, s string) error {
			if s == "poison" && !fixed.Load() {
				tries.Add(1)
				return errors.New("it is\nbitter ü")
			}
			return l.add(ctx, s)
		})),
	}}
	// Everything is read from the disk, or it would not be decoded.
	quiet, err := open(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []string{"before", "poison", unreadable, "behind"} {
		if err := quiet.Publish(t.Context(), words.Name, m, bus.Stamp{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := quiet.Close(); err != nil {
		t.Fatal(err)
	}
	r := start(t, open, o)
	r.drain()
	if got := tries.Load(); got != Tries {
		t.Errorf("it was tried %d times, want %d", got, Tries)
	}
	if diff := cmp.Diff([]string{"before", "behind"}, l.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"before", "poison", "behind"}, d.all()); diff != "" {
		t.Errorf("the other reader (-want +got):\n%s", diff)
	}
	letters := r.letters()
	if len(letters) != 3 { // one for each reader of what cannot be read
		t.Errorf("letters = %+v", letters)
	}
	var poison Letter
	for _, x := range letters {
		if x.Sequence == 2 {
			poison = x
		}
	}
	want := Letter{ID: poison.ID, Topic: "words", Stage: "choosy", Failed: "choosy", Reason: "choosy: it is\nbitter ü", Sequence: 2, Data: []byte("poison")}
	if diff := cmp.Diff(want, poison); diff != "" {
		t.Errorf("letter (-want +got):\n%s", diff)
	}
	r.stop()

	fixed.Store(true)
	o.Flow = bus.Flow{bus.End(words, "keep", &keeper{disk: d}), o.Flow[1]}
	r = start(t, open, o)
	if err := r.Letters().Retry(t.Context(), poison.ID); err != nil {
		t.Fatal(err)
	}
	r.drain()
	if got := l.all(); len(got) == 0 || got[len(got)-1] != "poison" {
		t.Errorf("the letter was not handled again: %q", got)
	}
	if n := len(slices.DeleteFunc(d.all(), func(s string) bool { return s != "poison" })); n != 1 {
		t.Errorf("the other reader has %d of the message that was for one", n)
	}
	for _, x := range r.letters() {
		if x.ID == poison.ID {
			t.Error("the letter is still there")
			continue
		}
		if err := r.Letters().Discard(t.Context(), x.ID); err != nil {
			t.Error(err)
		}
	}
	if got := r.letters(); len(got) != 0 {
		t.Errorf("letters are left: %v", got)
	}
	if err := r.Letters().Discard(t.Context(), 99); err == nil {
		t.Error("a letter that is not there was discarded")
	}
}

func deadBehind(t *testing.T, open Open) {
	l := &list{}
	seen := atomic.Int32{}
	r := start(t, open, Options{Flow: bus.Flow{
		bus.Join(words, "detect", each[string, string](func(s string) ([]string, error) {
			seen.Add(1)
			return []string{s + " x", s + " y"}, nil
		}), inner),
		bus.End(inner, "desk", sink(func(ctx context.Context, s string) error {
			if s == "b x" {
				return errors.New("no room on the desk")
			}
			return l.add(ctx, s)
		})),
	}})
	r.publish("", "a", "b", "c")
	r.drain()
	if diff := cmp.Diff([]string{"a x", "a y", "b y", "c x", "c y"}, l.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := seen.Load(); got != 3 {
		t.Errorf("the stage before saw %d messages, want 3", got)
	}
	letters := r.letters()
	if len(letters) != 1 || letters[0].Stage != "detect" || letters[0].Failed != "desk" || string(letters[0].Data) != "b" {
		t.Errorf("letters = %+v", letters)
	}
}

// gate is a disk that is full for a time.
type gate struct {
	mu   sync.Mutex
	told []bool
}

func (g *gate) health(_ string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.told = append(g.told, err == nil)
}

func (g *gate) sick() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.told) > 0 && !g.told[len(g.told)-1]
}

func (g *gate) well() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.told) > 0 && g.told[len(g.told)-1]
}

func waiting(t *testing.T, open Open) {
	l, g := &list{}, &gate{}
	var tries atomic.Int32
	r := start(t, open, Options{Health: g.health, Flow: bus.Flow{bus.End(words, "waits", sink(func(ctx context.Context, s string) error {
		if s == "b" && tries.Add(1) <= Tries+1 {
			return fmt.Errorf("write: %w", bus.ErrWait)
		}
		return l.add(ctx, s)
	}))}})
	r.publish("", "a", "b", "c")
	eventually(t, "health is told", g.sick)
	r.drain()
	if diff := cmp.Diff([]string{"a", "b", "c"}, l.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !g.well() {
		t.Error("health was not told that it is over")
	}
	if got := r.letters(); len(got) > 0 {
		t.Errorf("letters = %v", got)
	}
}

func waitingStopped(t *testing.T, open Open) {
	l, g := &list{}, &gate{}
	var full atomic.Bool
	full.Store(true)
	o := Options{Dir: t.TempDir(), Health: g.health, Flow: bus.Flow{bus.End(words, "waits", sink(func(ctx context.Context, s string) error {
		if full.Load() {
			return bus.ErrWait
		}
		return l.add(ctx, s)
	}))}}
	r := start(t, open, o)
	r.publish("", "a", "b")
	eventually(t, "health is told", g.sick)
	r.stop()
	full.Store(false)
	r = start(t, open, o)
	r.drain()
	if diff := cmp.Diff([]string{"a", "b"}, l.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func panicking(t *testing.T, open Open) {
	l := &list{}
	r := start(t, open, Options{Flow: bus.Flow{bus.End(words, "panics", sink(func(ctx context.Context, s string) error {
		if s == "b" {
			panic("out of luck")
		}
		return l.add(ctx, s)
	}))}})
	r.publish("", "a", "b", "c")
	r.drain()
	if diff := cmp.Diff([]string{"a", "c"}, l.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := r.letters(); len(got) != 1 || !strings.Contains(got[0].Reason, "panic: out of luck") {
		t.Errorf("letters = %+v", got)
	}
}

func concurrent(t *testing.T, open Open) {
	const publishers, messages = 8, 60
	l := &list{}
	inside := atomic.Int32{}
	r := start(t, open, Options{Flow: bus.Flow{
		bus.Join(inner, "alone", each[string, string](func(s string) ([]string, error) {
			if inside.Add(1) > 1 {
				return nil, errors.New("two are in here")
			}
			defer inside.Add(-1)
			return []string{s}, nil
		}), words),
		bus.End(words, "list", sink(l.add)),
	}})
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range messages {
				if err := r.Publish(t.Context(), inner.Name, fmt.Sprintf("%d %d", p, i), bus.Stamp{}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	r.drain()
	next := [publishers]int{}
	for _, m := range l.all() {
		var p, i int
		if _, err := fmt.Sscan(m, &p, &i); err != nil {
			t.Fatal(err)
		}
		if i != next[p] {
			t.Fatalf("publisher %d: message %d comes where %d should", p, i, next[p])
		}
		next[p]++
	}
	for p, n := range next {
		if n != messages {
			t.Errorf("publisher %d: %d messages, want %d", p, n, messages)
		}
	}
}

func noRoom(t *testing.T, open Open) {
	l, g := &list{}, &gate{}
	var free atomic.Uint64
	free.Store(1 << 40)
	r := start(t, open, Options{
		Health: g.health, Free: func() (uint64, error) { return free.Load(), nil },
		Flow: bus.Flow{bus.End(words, "list", sink(l.add))},
	})
	r.publish("", "a")
	free.Store(0)
	published := make(chan struct{})
	go func() { r.publish("", "b"); close(published) }()
	eventually(t, "health is told", g.sick)
	select {
	case <-published:
		t.Error("a message was accepted without room for it")
	default:
	}
	free.Store(1 << 40)
	<-published
	eventually(t, "health is told that it is over", g.well)
	r.drain()
	if diff := cmp.Diff([]string{"a", "b"}, l.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func publishEnds(t *testing.T, open Open) {
	r := start(t, open, Options{
		Free: func() (uint64, error) { return 0, nil },
		Flow: bus.Flow{bus.End(words, "list", sink((&list{}).add))},
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("over")
	failed := make(chan error)
	go func() { failed <- r.Publish(ctx, words.Name, "a", bus.Stamp{}) }()
	cancel(over)
	if err := <-failed; !errors.Is(err, over) {
		t.Errorf("Publish = %v, want %v", err, over)
	}
}

// blockful is how many messages of purging an engine may keep although they are
// forgotten, because it forgets larger pieces: 10 MiB.
const blockful = 25

func purging(t *testing.T, open Open) {
	fast, slow := &list{}, &disk{}
	pass := make(chan struct{})
	late := &keeper{disk: slow}
	o := Options{
		Dir: t.TempDir(), Keep: time.Millisecond, KeepBytes: 1,
		Flow: bus.Flow{
			bus.End(words, "fast", sink(fast.add)),
			bus.Join(words, "slow", &passing{late, pass}, after),
			bus.End(after, "end", ends(func(int) error { return nil })),
		},
	}
	r := start(t, open, o)
	want := numbered(strings.Repeat("x", 400_000), 200)
	r.publish("", want[:100]...)
	eventually(t, "the fast reader", func() bool { return len(fast.all()) == 100 })
	for range 50 {
		pass <- struct{}{}
	}
	eventually(t, "handled messages are forgotten", func() bool {
		n, err := r.Letters().Held(t.Context(), words.Name)
		return err == nil && n <= 50+blockful
	})
	r.publish("", want[100:]...)
	close(pass)
	r.drain()
	if !slices.Equal(want, slow.all()) {
		t.Errorf("the slow reader has %d messages, or not in order", len(slow.all()))
	}
	eventually(t, "all is forgotten", func() bool {
		n, err := r.Letters().Held(t.Context(), words.Name)
		return err == nil && n <= blockful
	})
	r.stop()
	// Numbers go on where little is left of the messages that had them.
	o.Flow = bus.Flow{bus.End(words, "fast", sink(fast.add)), bus.End(words, "slow", &keeper{disk: slow})}
	r = start(t, open, o)
	r.publish("", "the next")
	if got := r.Last(words.Name); got != 201 {
		t.Errorf("Last = %d, want 201", got)
	}
	r.drain()
	if got := slow.all(); got[len(got)-1] != "the next" {
		t.Errorf("the reader has %q at its end", got[len(got)-1])
	}
}

// passing is a keeper that takes a message when it may.
type passing struct {
	*keeper
	pass chan struct{}
}

func (p *passing) Handle(ctx context.Context, s string) ([]int, error) {
	<-p.pass
	return nil, p.keeper.Handle(ctx, s)
}
func (p *passing) Flush(context.Context) ([]int, error) { return nil, nil }

// ends is a sink of numbers.
type ends func(int) error

func (f ends) Handle(_ context.Context, in int) error { return f(in) }
func (ends) Flush(context.Context) error              { return nil }
