package eventstoretest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// An Engine is a store with its query engine. What a method promises stands
// with eventstore.Store, which an engine over segments embeds.
type Engine interface {
	Append(ctx context.Context, stream string, sequence uint64, frame event.Frame) error
	Flush(ctx context.Context) error
	Maintain(ctx context.Context) (more bool, err error)
	Retain(ctx context.Context, policies map[string]eventstore.Policy) (eventstore.Amount, error)
	Forget(ctx context.Context, source string) (int64, error)
	Query(ctx context.Context, q eventstore.Query) (*eventstore.Result, error)
	Close() error
}

// Setup is what an engine is opened with. The same setup given twice is the
// same store after a restart.
type Setup struct {
	Dir       string
	Catalogue eventstore.Catalogue
	Clock     func() time.Time
}

// Factory opens an engine. It fails the test when it cannot.
type Factory func(t *testing.T, setup Setup) Engine

// stream is the name that the suite appends under.
const stream = "enriched"

// Run tries an engine. Each part opens a store of its own.
func Run(t *testing.T, open Factory) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"empty", empty},
		{"tail", tail},
		{"flushed", flushed},
		{"flushed and tail", flushedAndTail},
		{"compacted", compacted},
		{"paged", paged},
		{"redelivered", redelivered},
		{"reopened", reopened},
		{"commit fails", commitFails},
		{"retained", retained},
		{"forgotten", forgotten},
		{"bounded", bounded},
		{"refused", refused},
	} {
		t.Run(part.name, func(t *testing.T) {
			b := &bench{open: open, setup: Setup{Dir: t.TempDir(), Catalogue: NewCatalogue()}, sequence: 0}
			b.now.Store(Begin.UnixNano())
			b.setup.Clock = func() time.Time { return time.Unix(0, b.now.Load()).UTC() }
			b.Engine = open(t, b.setup)
			defer func() {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}()
			part.run(t, b)
		})
	}
}

// bench is a store and what must be in it.
type bench struct {
	Engine
	open     Factory
	setup    Setup
	now      atomic.Int64
	sequence uint64
	messages []event.Frame // by sequence number, from 1
	all      []*event.Event
}

func (b *bench) catalogue() *Catalogue { return b.setup.Catalogue.(*Catalogue) }

// add appends n more events in messages of a few.
func (b *bench) add(t *testing.T, n int) {
	t.Helper()
	events := Generate(7, len(b.all), n)
	for chunk := range slices.Chunk(events, 37) {
		b.sequence++
		frame := event.Frame(slices.Clone(chunk))
		b.messages = append(b.messages, frame)
		if err := b.Append(t.Context(), stream, b.sequence, frame); err != nil {
			t.Fatal(err)
		}
	}
	b.all = append(b.all, events...)
}

func (b *bench) flush(t *testing.T) {
	t.Helper()
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// check asks for everything, and n random questions.
func (b *bench) check(t *testing.T, seed uint64, n int) {
	t.Helper()
	b.ask(t, eventstore.Query{Limit: 100_000})
	b.ask(t, eventstore.Query{Count: &eventstore.Count{By: []eventstore.Field{{Kind: eventstore.ClassUID}}}, Limit: 1000})
	if len(b.all) == 0 {
		return
	}
	r := rand.New(rand.NewPCG(seed, 99))
	for range n {
		b.ask(t, RandomQuery(r, b.all))
	}
}

// ask compares an answer with that of Answer.
func (b *bench) ask(t *testing.T, q eventstore.Query) {
	t.Helper()
	want, err := Answer(b.all, q)
	if err != nil {
		t.Fatalf("reference: %v\n%s", err, describe(q))
	}
	got, err := b.Query(t.Context(), q)
	if err != nil {
		t.Fatalf("query: %v\n%s", err, describe(q))
	}
	if got.Partial != "" {
		t.Errorf("the answer is partial: %s\n%s", got.Partial, describe(q))
	}
	if diff := cmp.Diff(printed(want), printed(got)); diff != "" {
		t.Errorf("wrong answer (-want +got):\n%.4000s\n%.4000s", diff, describe(q))
	}
}

// printed writes an answer as lines, so that a difference can be read.
func printed(r *eventstore.Result) []string {
	var out []string
	for _, e := range r.Events {
		out = append(out, print1(e))
	}
	for _, g := range r.Groups {
		out = append(out, fmt.Sprintf("%q %d %d %d", g.Values, g.Count, nano(g.First), nano(g.Last)))
	}
	for _, b := range r.Buckets {
		out = append(out, fmt.Sprintf("%d %q %d", nano(b.Start), b.Value, b.Count))
	}
	return append(out, fmt.Sprintf("more %t", r.More))
}

func nano(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixNano()
}

// print1 writes all that an event holds, texts as queries see them.
func print1(e *event.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d %s", e.Time.UnixNano(), e.Class, e.ID())
	e.Each(func(p event.Path, text string, number int64) bool {
		if t := p.Type(); t == event.String || t == event.JSON {
			if text = eventstore.Text(text); len(text) > 400 {
				text = fmt.Sprintf("%s… %d bytes", text[:100], len(text))
			}
			fmt.Fprintf(&b, " %s=%q", p.Name(), text)
		} else {
			fmt.Fprintf(&b, " %s=%d", p.Name(), number)
		}
		return true
	})
	for _, u := range e.AllUnmapped() {
		fmt.Fprintf(&b, " %q:%s", eventstore.Text(u.Name), eventstore.Text(u.Literal))
	}
	return b.String()
}

func empty(t *testing.T, b *bench) { b.check(t, 1, 0) }

func tail(t *testing.T, b *bench) {
	b.add(t, 1)
	b.ask(t, eventstore.Query{Limit: 10}) // at once
	b.add(t, 700)
	b.check(t, 2, 150)
}

func flushed(t *testing.T, b *bench) {
	b.add(t, 700)
	b.flush(t)
	b.check(t, 3, 200)
}

func flushedAndTail(t *testing.T, b *bench) {
	for range 3 {
		b.add(t, 200)
		b.flush(t)
	}
	b.add(t, 200)
	b.check(t, 4, 150)
}

func compacted(t *testing.T, b *bench) {
	for range 4 {
		b.add(t, 250)
		b.flush(t)
	}
	for _, later := range []time.Duration{30 * time.Minute, 36 * time.Hour, 33 * 24 * time.Hour, 400 * 24 * time.Hour} {
		b.now.Store(Begin.Add(3*time.Hour + later).UnixNano())
		steps := 0
		for more := true; more; steps++ {
			var err error
			if more, err = b.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if steps == 2 {
				b.check(t, 5, 10)
			}
			if steps > 5000 {
				t.Fatal("compaction does not come to an end")
			}
		}
		b.check(t, uint64(later), 40)
	}
}

func paged(t *testing.T, b *bench) {
	b.add(t, 400)
	b.flush(t)
	b.add(t, 100)
	for _, where := range []eventstore.Expr{nil, eventstore.Exists{Field: eventstore.Field{Kind: eventstore.Column, Path: event.SrcIP}}} {
		want, err := Answer(b.all, eventstore.Query{Where: where})
		if err != nil {
			t.Fatal(err)
		}
		var got []*event.Event
		q := eventstore.Query{Where: where, Limit: 7}
		for {
			page, err := b.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Events) > q.Limit {
				t.Fatalf("%d events on a page of %d", len(page.Events), q.Limit)
			}
			got = append(got, page.Events...)
			if !page.More {
				break
			}
			if len(page.Events) == 0 {
				t.Fatal("an empty page says that there is more")
			}
			last := page.Events[len(page.Events)-1]
			q.After = &eventstore.Cursor{Time: last.Time, ID: last.ID()}
		}
		if diff := cmp.Diff(printed(want), printed(&eventstore.Result{Events: got})); diff != "" {
			t.Errorf("pages together (-want +got):\n%.4000s", diff)
		}
	}
}

func redelivered(t *testing.T, b *bench) {
	b.add(t, 200)
	b.again(t, 1) // from the tail
	b.flush(t)
	b.again(t, 1) // from segments
	b.add(t, 100)
	b.again(t, 3)
	b.flush(t)
	b.check(t, 6, 20)
}

// again appends the messages from a sequence number on once more.
func (b *bench) again(t *testing.T, from uint64) {
	t.Helper()
	for i := from; i <= b.sequence; i++ {
		if err := b.Append(t.Context(), stream, i, b.messages[i-1]); err != nil {
			t.Fatal(err)
		}
	}
}

// restart opens the store again, as after a kill when crash is set: nothing is
// closed then before the new one is open.
func (b *bench) restart(t *testing.T, crash bool) {
	t.Helper()
	old := b.Engine
	if !crash {
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b.Engine = b.open(t, b.setup)
	if crash {
		t.Cleanup(func() { _ = old.Close() })
	}
}

// done returns up to which message the catalogue has everything.
func (b *bench) done(t *testing.T) uint64 {
	t.Helper()
	positions, err := b.setup.Catalogue.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return positions[stream]
}

func reopened(t *testing.T, b *bench) {
	b.add(t, 300)
	b.flush(t)
	if done := b.done(t); done != b.sequence {
		t.Errorf("flushed up to message %d, the catalogue says %d", b.sequence, done)
	}
	b.add(t, 100)
	for _, crash := range []bool{false, true, true} {
		b.restart(t, crash)
		b.again(t, b.done(t)+1) // as the bus does
		b.check(t, 7, 20)
	}
	b.flush(t)
	b.restart(t, true)
	b.check(t, 8, 20)
}

func commitFails(t *testing.T, b *bench) {
	for _, done := range []bool{false, true} {
		b.add(t, 200)
		b.catalogue().FailNext(done)
		if err := b.Flush(t.Context()); !errors.Is(err, ErrInjected) {
			t.Fatalf("flush: %v, want the catalogue's error", err)
		}
		b.check(t, 9, 20) // still there, once
		b.add(t, 50)
		b.flush(t)
		b.check(t, 10, 20)

		b.add(t, 200)
		b.catalogue().FailNext(done)
		if err := b.Flush(t.Context()); !errors.Is(err, ErrInjected) {
			t.Fatalf("flush: %v, want the catalogue's error", err)
		}
		b.restart(t, true)
		b.again(t, b.done(t)+1)
		b.check(t, 11, 20)
	}
}

func retained(t *testing.T, b *bench) {
	b.add(t, 600)
	b.flush(t)
	b.now.Store(Begin.Add(40 * time.Hour).UnixNano())
	// What happened long ago came in now: it is as young as the rest.
	if gone, err := b.Retain(t.Context(), map[string]eventstore.Policy{"office": {Age: 41 * time.Hour}}); err != nil || gone.Rows != 0 {
		t.Fatalf("retain: %d rows gone, %v; want none", gone.Rows, err)
	}
	b.check(t, 12, 20)
	b.now.Store(Begin.Add(400 * 24 * time.Hour).UnixNano())
	if _, err := b.Retain(t.Context(), map[string]eventstore.Policy{"office": {Age: 90 * 24 * time.Hour}}); err != nil {
		t.Fatal(err)
	}
	// Only what is said to happen in 2261 is younger.
	b.all = slices.DeleteFunc(b.all, func(e *event.Event) bool {
		return e.Str(event.TenantUID) == "office" && e.Time.Year() < 2200
	})
	b.check(t, 13, 30)
	if _, err := b.Retain(t.Context(), map[string]eventstore.Policy{Tenants[2]: {Bytes: 1}}); err != nil {
		t.Fatal(err)
	}
	b.all = slices.DeleteFunc(b.all, func(e *event.Event) bool { return e.Str(event.TenantUID) == Tenants[2] })
	b.check(t, 14, 30)
}

func forgotten(t *testing.T, b *bench) {
	b.add(t, 400)
	b.flush(t)
	b.add(t, 100)
	gone := int64(0)
	b.all = slices.DeleteFunc(b.all, func(e *event.Event) bool {
		if e.Origin.Source == Sources[0] {
			gone++
			return true
		}
		return false
	})
	got, err := b.Forget(t.Context(), Sources[0])
	if err != nil || got != gone {
		t.Fatalf("forget: %d events, %v; want %d", got, err, gone)
	}
	b.check(t, 15, 40)
	b.restart(t, true)
	b.again(t, b.done(t)+1)
	b.check(t, 16, 20)
}

func bounded(t *testing.T, b *bench) {
	b.add(t, 2000)
	b.flush(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Query(ctx, eventstore.Query{Limit: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("query after cancelling: %v, want %v", err, context.Canceled)
	}
	slow := eventstore.Query{Where: eventstore.Anywhere{Text: "no such text"}, Limit: 10, Timeout: time.Nanosecond}
	got, err := b.Query(t.Context(), slow)
	if err != nil || got.Partial != "timeout" {
		t.Errorf("query within a nanosecond: %+v, %v; want a partial answer", got, err)
	}
	b.check(t, 17, 10) // the store is as it was
}

func refused(t *testing.T, b *bench) {
	b.add(t, 10)
	deep := eventstore.Expr(eventstore.And{})
	for range 100 {
		deep = eventstore.Not{Of: deep}
	}
	port := eventstore.Field{Kind: eventstore.Column, Path: event.SrcPort}
	for _, where := range []eventstore.Expr{
		deep,
		eventstore.Contains{Field: port, Text: "8"},
		eventstore.Match{Field: port, Regex: regexes[0]},
		eventstore.Match{Field: eventstore.Field{Kind: eventstore.EventID}},
		eventstore.Within{Field: port, Prefixes: prefixes},
		eventstore.Exists{Field: eventstore.Field{}},
		eventstore.Exists{Field: eventstore.Field{Kind: eventstore.Column, Path: 9999}},
		eventstore.Compare{Field: port, Op: 77},
		eventstore.Compare{Field: eventstore.Field{Kind: eventstore.Column, Path: event.IsRemote}, Op: eventstore.Less},
	} {
		if _, err := b.Query(t.Context(), eventstore.Query{Where: where, Limit: 10}); !errors.Is(err, eventstore.ErrCondition) {
			t.Errorf("%#v: %v, want %v", where, err, eventstore.ErrCondition)
		}
	}
}
