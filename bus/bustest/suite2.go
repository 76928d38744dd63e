package bustest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/bus"
)

func big(t *testing.T, open Open) {
	d := &disk{}
	o := Options{Dir: t.TempDir(), Flow: bus.Flow{bus.End(words, "keep", &keeper{disk: d})}}
	r := start(t, open, o)
	var want []string
	for i := range 6 {
		want = append(want, strings.Repeat(string(rune('a'+i)), 4<<20))
	}
	r.publish("", want...)
	r.drain()
	r.stop()
	again := &disk{}
	o.Flow = bus.Flow{bus.End(words, "keep", &keeper{disk: again})}
	r = start(t, open, o) // none of them is in memory now
	r.drain()
	for i, m := range want {
		if d.all()[i] != m || again.all()[i] != m {
			t.Errorf("message %d is not what it was", i)
		}
	}
	err := r.Publish(t.Context(), words.Name, strings.Repeat("x", 25<<20), bus.Stamp{})
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("Publish of 25 MiB = %v", err)
	}
}

func chain(t *testing.T, open Open) {
	d, left, right, end := &disk{}, &list{}, &list{}, &list{}
	r := start(t, open, Options{Flow: bus.Flow{
		bus.Join(inner, "enrich", each[string, string](func(s string) ([]string, error) { return []string{s + " enriched"}, nil }), words),
		bus.End(inner, "watch", sink(left.add)),
		bus.End(words, "keep", &keeper{disk: d}),
		bus.Join(words, "again", each[string, string](func(s string) ([]string, error) { return []string{s + " again"}, nil }), other),
		bus.Join(other, "measure", each[string, int](func(s string) ([]int, error) { return []int{len(s)}, right.add(context.Background(), s) }), after),
		bus.End(after, "end", ends(func(n int) error { return end.add(context.Background(), fmt.Sprint(n)) })),
	}})
	if err := bus.PublishStamped(t.Context(), r.Publish, inner, "a", bus.Stamp{}); err != nil {
		t.Fatal(err)
	}
	if got := left.all(); len(got) != 1 {
		t.Errorf("Publish returned before the stage had the message: %q", got)
	}
	r.drain()
	for want, got := range map[string][]string{
		"a": left.all(), "a enriched": d.all(), "a enriched again": right.all(), "16": end.all(),
	} {
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func chainFails(t *testing.T, open Open) {
	bad := errors.New("bad")
	var waits atomic.Int32
	r := start(t, open, Options{Flow: bus.Flow{
		bus.Join(inner, "enrich", each[string, string](func(s string) ([]string, error) {
			switch {
			case s == "bad":
				return nil, bad
			case s == "worse":
				panic("worse")
			case s == "wait" && waits.Add(1) < 3:
				return nil, bus.ErrWait
			}
			return []string{s}, nil
		}), words),
		bus.End(words, "list", sink((&list{}).add)),
	}})
	if err := r.Publish(t.Context(), inner.Name, "bad", bus.Stamp{}); !errors.Is(err, bad) {
		t.Errorf("Publish = %v, want %v", err, bad)
	}
	if err := r.Publish(t.Context(), inner.Name, "worse", bus.Stamp{}); err == nil || !strings.Contains(err.Error(), "panic: worse") {
		t.Errorf("Publish = %v", err)
	}
	if err := r.Publish(t.Context(), inner.Name, 7, bus.Stamp{}); err == nil {
		t.Error("a message of another type was accepted")
	}
	if err := r.Publish(t.Context(), words.Name, 7, bus.Stamp{}); err == nil {
		t.Error("a message of another type was stored")
	}
	if err := r.Publish(t.Context(), inner.Name, "wait", bus.Stamp{}); err != nil {
		t.Error(err)
	}
	if got := r.Last(words.Name); got != 1 {
		t.Errorf("Last = %d, want 1", got)
	}
}

func firstSequence(t *testing.T, open Open) {
	d := &disk{done: 500}
	o := Options{
		Dir: t.TempDir(), FirstSequence: map[string]uint64{words.Name: 601},
		Flow: bus.Flow{bus.End(words, "keep", &keeper{disk: d}), bus.End(words, "list", sink((&list{}).add))},
	}
	r := start(t, open, o)
	r.publish("", "a", "b")
	r.drain()
	if got := r.Last(words.Name); got != 602 {
		t.Errorf("Last = %d, want 602", got)
	}
	if diff := cmp.Diff([]string{"a", "b"}, d.all()); diff != "" || d.copy().done != 602 {
		t.Errorf("done %d (-want +got):\n%s", d.copy().done, diff)
	}
	r.stop()
	o.Flow = bus.Flow{bus.End(words, "keep", &keeper{disk: d}), bus.End(words, "list", sink((&list{}).add))}
	r = start(t, open, o) // the setting stays; the number does not go back
	r.publish("", "c")
	if got := r.Last(words.Name); got != 603 {
		t.Errorf("Last = %d, want 603", got)
	}
}

// positionAhead is what a bus meets whose folder is older than what the stages
// have stored, or was lost: numbers that are used up are not given again.
func positionAhead(t *testing.T, open Open) {
	d := &disk{}
	o := Options{Dir: t.TempDir(), Flow: bus.Flow{bus.End(words, "keep", &keeper{disk: d})}}
	r := start(t, open, o)
	r.publish("", numbered("old", 20)...)
	r.drain()
	r.stop()
	d.mu.Lock()
	d.done = 30
	d.mu.Unlock()
	o.Flow = bus.Flow{bus.End(words, "keep", &keeper{disk: d})}
	r = start(t, open, o)
	r.publish("", "new")
	r.drain()
	if got := d.all(); got[len(got)-1] != "new" || r.Last(words.Name) != 31 {
		t.Errorf("message %d: the stage has %q at its end", r.Last(words.Name), got[len(got)-1])
	}
	r.stop()
	o.Flow = bus.Flow{bus.End(words, "keep", &keeper{disk: d})}
	r = start(t, open, o)
	r.publish("", "newer")
	r.drain()
	if got := d.all(); got[len(got)-1] != "newer" || r.Last(words.Name) != 32 {
		t.Errorf("message %d: the stage has %q at its end", r.Last(words.Name), got[len(got)-1])
	}
}

// clockwork is a stage that makes something of the passing of time.
type clockwork struct {
	each[string, string]
	mu    sync.Mutex
	ticks int
}

func (c *clockwork) Tick(_ context.Context, now time.Time) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.IsZero() {
		return nil, errors.New("it is no time")
	}
	c.ticks++
	return []string{fmt.Sprintf("tick %d", c.ticks)}, nil
}

func ticking(t *testing.T, open Open) {
	l, m := &list{}, &list{}
	pass := each[string, string](func(s string) ([]string, error) { return []string{s}, nil })
	r := start(t, open, Options{Flow: bus.Flow{
		bus.Join(words, "window", &clockwork{each: pass}, inner),
		bus.End(inner, "desk", sink(l.add)),
		bus.Join(inner, "second", &clockwork{each: each[string, string](func(string) ([]string, error) { return nil, nil })}, other),
		bus.End(other, "list", sink(m.add)),
	}})
	eventually(t, "ticks", func() bool { return len(l.all()) >= 2 && len(m.all()) >= 2 })
	if got := l.all()[0]; got != "tick 1" {
		t.Errorf("the first is %q", got)
	}
	if got := r.letters(); len(got) != 0 {
		t.Errorf("letters = %+v", got)
	}
}

func finishing(t *testing.T, open Open) {
	d := &disk{}
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	k := &keeper{disk: d}
	o := Options{Dir: t.TempDir(), Flow: bus.Flow{
		bus.Join(words, "busy", &holding{k, func() { once.Do(func() { close(entered); <-leave }) }}, after),
		bus.End(after, "end", ends(func(int) error { return nil })),
	}}
	r := start(t, open, o)
	r.publish("", "a", "b")
	<-entered
	r.cancel()
	close(leave)
	err := <-r.ended
	r.ended <- err
	if err != nil {
		t.Error(err)
	}
	got := d.copy()
	if diff := cmp.Diff([]string{"a"}, got.got); diff != "" || got.done != 1 {
		t.Errorf("done %d (-want +got):\n%s", got.done, diff)
	}
}

type holding struct {
	*keeper
	hold func()
}

func (h *holding) Handle(ctx context.Context, s string) ([]int, error) {
	h.hold()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, h.keeper.Handle(ctx, s)
}
func (h *holding) Flush(context.Context) ([]int, error) { return nil, nil }

func newReader(t *testing.T, open Open) {
	one, two := &list{}, &list{}
	o := Options{Dir: t.TempDir(), Flow: bus.Flow{bus.End(words, "one", sink(one.add))}}
	r := start(t, open, o)
	r.publish("", "a", "b")
	r.drain()
	r.stop()
	o.Flow = append(o.Flow, bus.End(words, "two", sink(two.add)))
	r = start(t, open, o)
	r.publish("", "c")
	r.drain()
	if diff := cmp.Diff([]string{"a", "b", "c"}, one.all()); diff != "" {
		t.Errorf("one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, two.all()); diff != "" {
		t.Errorf("two (-want +got):\n%s", diff)
	}
}

func unknownTopic(t *testing.T, open Open) {
	r := start(t, open, Options{Flow: bus.Flow{bus.End(words, "one", sink((&list{}).add))}})
	if err := r.Publish(t.Context(), "nowhere", "a", bus.Stamp{}); err == nil {
		t.Error("a message for nobody was accepted")
	}
	if b, err := open(Options{Dir: t.TempDir(), Flow: bus.Flow{
		bus.End(words, "one", sink((&list{}).add)), bus.End(words, "one", sink((&list{}).add)),
	}}); err == nil {
		t.Error("two stages of one name were accepted")
		_ = b.Close()
	}
}

// childEnv tells the test binary that it is to be killed.
const childEnv = "BONGSU_BUSTEST_CHILD"

// Child publishes until it is killed, where the suite has started the test
// binary for that; otherwise it returns at once.
func Child(open Open) {
	dir := os.Getenv(childEnv)
	if dir == "" {
		return
	}
	if err := publishForever(open, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}

func publishForever(open Open, dir string) error {
	b, err := open(Options{Dir: dir, Flow: bus.Flow{bus.End(words, "list", sink((&list{}).add))}})
	if err != nil {
		return err
	}
	go b.Run(context.Background()) //nolint:errcheck // it ends with the process
	out := make(chan string)
	pad := strings.Repeat("x", 20_000)
	failed := make(chan error)
	for p := range 4 {
		go func() {
			for i := 0; ; i++ {
				m := fmt.Sprintf("%d-%d-%d", os.Getpid(), p, i)
				if err := b.Publish(context.Background(), words.Name, m+" "+pad, bus.Stamp{ID: m, Marks: []bus.Mark{{Source: fmt.Sprint(p), Position: m}}}); err != nil {
					failed <- err
					return
				}
				out <- m
			}
		}()
	}
	for {
		select {
		case m := <-out:
			if _, err := fmt.Println(m); err != nil {
				return err
			}
		case err := <-failed:
			return err
		}
	}
}

func killed(t *testing.T, open Open) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]bool{}
	newest := map[string]string{}
	for round := range 3 {
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			m := lines.Text()
			acknowledged[m] = true
			newest[strings.Split(m, "-")[1]] = m
			if n == 150+37*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // it was killed
	}
	if len(acknowledged) < 450 {
		t.Fatalf("the process acknowledged %d messages", len(acknowledged))
	}
	l := &list{}
	r := start(t, open, Options{Dir: dir, Flow: bus.Flow{bus.End(words, "look", sink(l.add))}})
	r.drain()
	counts := map[string]int{}
	for _, m := range l.all() {
		name, pad, _ := strings.Cut(m, " ")
		counts[name]++
		if len(pad) != 20_000 {
			t.Errorf("message %s has %d bytes", name, len(pad))
		}
	}
	for m := range acknowledged {
		if counts[m] != 1 {
			t.Errorf("message %s was acknowledged and is there %d times", m, counts[m])
		}
	}
	for source, position := range r.marks(0) {
		// The mark may be newer than the acknowledgement that was read last.
		if want := newest[source]; counts[position] != 1 || number(position) < number(want) {
			t.Errorf("source %s is marked at %s, acknowledged was %s", source, position, want)
		}
	}
}

func number(m string) (n int) {
	_, _ = fmt.Sscan(m[strings.LastIndex(m, "-")+1:], &n)
	return n
}
