package memory_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/bus/memory"
)

var (
	words   = bus.Topic[string]{Name: "words"}
	lengths = bus.Topic[int]{Name: "lengths"}
)

// measure turns words into lengths and gives their sum at the end.
type measure struct {
	sum  int
	fail error
}

func (m *measure) Handle(_ context.Context, w string) ([]int, error) {
	m.sum += len(w)
	return []int{len(w)}, m.fail
}

func (m *measure) Flush(context.Context) ([]int, error) { return []int{m.sum}, nil }

type collect struct {
	got     []int
	flushed bool
}

func (c *collect) Handle(_ context.Context, n int) error { c.got = append(c.got, n); return nil }
func (c *collect) Flush(context.Context) error           { c.flushed = true; return nil }

func TestRun(t *testing.T) {
	one, two := &collect{}, &collect{}
	flow := bus.Flow{
		bus.Join(words, "measure", &measure{}, lengths),
		bus.End(lengths, "one", one),
		bus.End(lengths, "two", two),
	}
	err := memory.Run(t.Context(), flow, func(ctx context.Context, to bus.Publisher) error {
		for range 100 {
			if err := bus.Publish(ctx, to, words, "fire"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]int, 100, 101)
	for i := range want {
		want[i] = 4
	}
	want = append(want, 400)
	for _, c := range []*collect{one, two} {
		if diff := cmp.Diff(want, c.got); diff != "" || !c.flushed {
			t.Errorf("flushed %v (-want +got):\n%s", c.flushed, diff)
		}
	}
}

func TestRunStops(t *testing.T) {
	broken := errors.New("broken")
	flow := bus.Flow{
		bus.Join(words, "measure", &measure{fail: broken}, lengths),
		bus.End(lengths, "end", &collect{}),
	}
	err := memory.Run(t.Context(), flow, func(ctx context.Context, to bus.Publisher) error {
		for {
			if err := bus.Publish(ctx, to, words, "smoke"); err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, broken) {
		t.Errorf("Run = %v, want %v", err, broken)
	}
}

func TestRunNobodyReads(t *testing.T) {
	err := memory.Run(t.Context(), bus.Flow{bus.End(lengths, "end", &collect{})}, func(ctx context.Context, to bus.Publisher) error {
		return bus.Publish(ctx, to, words, "lost")
	})
	if err == nil {
		t.Error("a message that nobody reads was accepted")
	}
}
