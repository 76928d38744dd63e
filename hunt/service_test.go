package hunt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
)

// engine is an engine over a list of events, newest first.
type engine struct {
	events []*event.Event
	asked  []eventstore.Query
	answer func(ctx context.Context, q eventstore.Query) (*eventstore.Result, error)
}

func (e *engine) Query(ctx context.Context, q eventstore.Query) (*eventstore.Result, error) {
	e.asked = append(e.asked, q)
	if e.answer != nil {
		return e.answer(ctx, q)
	}
	r := &eventstore.Result{}
	for _, ev := range e.events {
		if q.After != nil && (ev.Time.After(q.After.Time) || ev.Time.Equal(q.After.Time) && ev.ID() >= q.After.ID) || !asks(q, ev) || !eventstore.Meets(ev, q.Where) {
			continue
		}
		if len(r.Events) == q.Limit {
			r.More = true
			break
		}
		r.Events = append(r.Events, ev)
	}
	return r, nil
}

func newEngine(n int) *engine {
	e := &engine{}
	for i := range n {
		ev := event.New(event.NetworkActivity, now.Add(-time.Duration(i/3)*time.Minute), event.Origin{Source: "a", Position: uint64(1000 - i)})
		ev.SetInt(event.DstPort, int64(i%2))
		e.events = append(e.events, ev)
	}
	return e
}

// store keeps saved hunts in memory, as the real one does in a database.
type store struct {
	saved   map[string]hunt.Saved
	entries []audit.Entry
	refuse  error // of the audit log
}

func (s *store) Hunts(context.Context, string, string, int) ([]hunt.Saved, string, error) {
	return nil, "", nil
}

func (s *store) Hunt(_ context.Context, tenant, id string) (hunt.Saved, error) {
	h, ok := s.saved[id]
	if !ok || h.Tenant != tenant {
		return h, hunt.ErrNotFound
	}
	return h, nil
}

func (s *store) AddHunt(_ context.Context, h hunt.Saved) error {
	s.saved[h.ID] = h
	return nil
}

func (s *store) ChangeHunt(ctx context.Context, h hunt.Saved) error { return s.AddHunt(ctx, h) }

func (s *store) RemoveHunt(_ context.Context, _, id string) error {
	delete(s.saved, id)
	return nil
}

func (s *store) Record(ctx context.Context, e audit.Entry) error {
	e.Actor = audit.ActorOf(ctx)
	s.entries = append(s.entries, e)
	return s.refuse
}

func (s *store) Atomically(ctx context.Context, do func(context.Context) error) error {
	before := map[string]hunt.Saved{}
	for id, h := range s.saved {
		before[id] = h
	}
	err := do(ctx)
	if err != nil {
		s.saved = before
	}
	return err
}

func service(e hunt.Engine, s *store, bounds hunt.Bounds) *hunt.Service {
	return hunt.NewService(hunt.Config{Engine: e, Store: s, Audit: s, Transactor: s, Clock: func() time.Time { return now }, Bounds: bounds})
}

func TestPages(t *testing.T) {
	tests := []struct {
		input string
		rows  int
		want  []int // events of each page
	}{
		{"*", 0, []int{10, 10, 10, 1}},
		{"*", 20, []int{10, 10, 10, 1}}, // the bound holds
		{"*", 4, []int{4, 4, 4, 4, 4, 4, 4, 3}},
		{"dport = 1", 0, []int{10, 5}},
		{"dport = 1 | latest 12", 0, []int{10, 2}},
		{"* | latest 5", 0, []int{5}},
		{"* | latest 10", 0, []int{10}},
		{"dport = 7", 0, []int{0}},
		{"last 2m", 0, []int{9}},
	}
	for _, tt := range tests {
		e := newEngine(31)
		s := service(e, &store{}, hunt.Bounds{Rows: 10})
		var got []int
		seen := map[string]bool{}
		for a, err := range s.Pages(t.Context(), "org_a", tt.input, hunt.RunOptions{Rows: tt.rows}) {
			if err != nil {
				t.Fatalf("%s: %v", tt.input, err)
			}
			got = append(got, len(a.Result.Events))
			for _, ev := range a.Result.Events {
				if seen[ev.ID()] {
					t.Errorf("%s: %s twice", tt.input, ev.ID())
				}
				seen[ev.ID()] = true
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s by %d (-want +got):\n%s", tt.input, tt.rows, diff)
		}
		for _, q := range e.asked {
			if q.Tenant != "org_a" || q.Timeout != 30*time.Second || q.Memory != 512<<20 {
				t.Errorf("%s: asked for %q within %v and %d bytes", tt.input, q.Tenant, q.Timeout, q.Memory)
			}
		}
	}
}

// The clock goes on while somebody reads the first page; "last 2m" must not.
func TestPagesKeepTheirRange(t *testing.T) {
	e := newEngine(31)
	clock := now
	s := hunt.NewService(hunt.Config{Engine: e, Clock: func() time.Time { clock = clock.Add(time.Hour); return clock }})
	opts := hunt.RunOptions{Rows: 2}
	for range 2 {
		a, err := s.Run(t.Context(), "", "last 7h", opts)
		if err != nil || a.Next == "" {
			t.Fatalf("page: %v, next %q", err, a.Next)
		}
		opts.Cursor = a.Next
	}
	if !e.asked[0].From.Equal(e.asked[1].From) {
		t.Errorf("the second page begins at %v, the first at %v", e.asked[1].From, e.asked[0].From)
	}
}

func TestPagesEndWhereWanted(t *testing.T) {
	e := newEngine(31)
	s := service(e, &store{}, hunt.Bounds{Rows: 10})
	for range s.Pages(t.Context(), "", "*", hunt.RunOptions{}) {
		break
	}
	if len(e.asked) != 1 {
		t.Errorf("%d pages were asked for, 1 was wanted", len(e.asked))
	}
}

func TestRunErrors(t *testing.T) {
	e := newEngine(31)
	s := service(e, &store{}, hunt.Bounds{})
	if _, err := s.Run(t.Context(), "", "srcc = 1", hunt.RunOptions{}); !errors.As(err, new(*hunt.Error)) {
		t.Errorf("a hunt that cannot be read: %v", err)
	}
	for _, c := range []string{"x", "!!", strings.Repeat("A", 4000), "MSAyIDMg", "MSAyIC0xIGE"} {
		if _, err := s.Run(t.Context(), "", "*", hunt.RunOptions{Cursor: c}); !errors.Is(err, hunt.ErrCursor) {
			t.Errorf("cursor %.20q: %v", c, err)
		}
	}
	a, err := s.Run(t.Context(), "", "*", hunt.RunOptions{Rows: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(t.Context(), "", "* | count", hunt.RunOptions{Cursor: a.Next}); !errors.Is(err, hunt.ErrCursor) {
		t.Errorf("a page of a count: %v", err)
	}
	for _, cause := range []error{eventstore.ErrNoEngine, errors.New("broken")} {
		e.answer = func(context.Context, eventstore.Query) (*eventstore.Result, error) {
			return nil, fmt.Errorf("engine: %w", cause)
		}
		if _, err := s.Run(t.Context(), "", "*", hunt.RunOptions{}); !errors.Is(err, cause) {
			t.Errorf("error %v, want %v", err, cause)
		}
	}
}

func TestRunIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := &engine{answer: func(ctx context.Context, _ eventstore.Query) (*eventstore.Result, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		s := service(hangs, &store{}, hunt.Bounds{Timeout: 10 * time.Second})
		begin := time.Now()
		if _, err := s.Run(t.Context(), "", "*", hunt.RunOptions{Timeout: time.Hour}); !errors.Is(err, hunt.ErrTimeout) {
			t.Errorf("an engine that hangs: %v", err)
		}
		if took := time.Since(begin); took != 15*time.Second {
			t.Errorf("took %v", took)
		}
		if got := hangs.asked[0].Timeout; got != 10*time.Second {
			t.Errorf("asked for %v", got)
		}
	})
}

func TestRunIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := &engine{answer: func(ctx context.Context, _ eventstore.Query) (*eventstore.Result, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		s := service(hangs, &store{}, hunt.Bounds{AtOnce: 1})
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		for range 2 { // the second waits for its turn
			go func() {
				_, err := s.Run(ctx, "", "*", hunt.RunOptions{})
				errs <- err
			}()
		}
		synctest.Wait()
		if len(hangs.asked) != 1 {
			t.Errorf("%d hunts run at once, 1 may", len(hangs.asked))
		}
		cancel()
		for range 2 {
			if err := <-errs; !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
		}
	})
}

func TestSaved(t *testing.T) {
	kept := &store{saved: map[string]hunt.Saved{}}
	s := service(newEngine(0), kept, hunt.Bounds{})
	ctx := audit.WithActor(t.Context(), audit.Actor{ID: "usr_1", Name: "김"})
	first, err := s.Save(ctx, hunt.Saved{Tenant: "org_a", Name: " 야간 로그온 ", Text: "class = auth last 24h", Owner: "usr_other", Version: 7})
	if err != nil {
		t.Fatal(err)
	}
	want := hunt.Saved{ID: first.ID, Tenant: "org_a", Name: "야간 로그온", Text: "class = auth last 24h", Owner: "usr_1", Created: now, Updated: now, Version: 1}
	if diff := cmp.Diff(want, first); diff != "" || !strings.HasPrefix(first.ID, "hnt_") || len(first.ID) < 20 {
		t.Errorf("saved as %q (-want +got):\n%s", first.ID, diff)
	}

	second := first
	second.Text, second.Owner = "class = auth last 7d", "usr_2"
	second, err = s.Save(ctx, second)
	if err != nil || second.Version != 2 || second.Owner != "usr_1" || second.Text != "class = auth last 7d" {
		t.Errorf("changed to %+v: %v", second, err)
	}
	if _, err := s.Save(ctx, first); !errors.Is(err, hunt.ErrChanged) {
		t.Errorf("a change of an old version: %v", err)
	}
	foreign := second
	foreign.Tenant = "org_b"
	if _, err := s.Save(ctx, foreign); !errors.Is(err, hunt.ErrNotFound) {
		t.Errorf("a change of another tenant's: %v", err)
	}
	for _, bad := range []hunt.Saved{
		{Name: "", Text: "*"},
		{Name: strings.Repeat("가", 101), Text: "*"},
		{Name: "a\nb", Text: "*"},
		{Name: "a", Description: strings.Repeat("a", 2001), Text: "*"},
		{Name: "\xff", Text: "*"},
	} {
		if _, err := s.Save(ctx, bad); !errors.Is(err, hunt.ErrName) {
			t.Errorf("name %.10q: %v", bad.Name, err)
		}
	}
	if _, err := s.Save(ctx, hunt.Saved{Name: "a", Text: "srcc = 1"}); !errors.As(err, new(*hunt.Error)) {
		t.Errorf("a text that cannot be read: %v", err)
	}

	kept.refuse = errors.New("audit log is full")
	if _, err := s.Save(ctx, second); !errors.Is(err, kept.refuse) || kept.saved[first.ID].Version != 2 {
		t.Errorf("without the audit log it was changed to version %d: %v", kept.saved[first.ID].Version, err)
	}
	if err := s.Delete(ctx, "org_a", first.ID); err == nil || len(kept.saved) != 1 {
		t.Errorf("without the audit log it was deleted: %v", err)
	}
	kept.refuse = nil
	kept.entries = kept.entries[:2]
	if err := s.Delete(ctx, "org_b", first.ID); !errors.Is(err, hunt.ErrNotFound) {
		t.Errorf("another tenant's was deleted: %v", err)
	}
	if err := s.Delete(ctx, "org_a", first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "org_a", first.ID); !errors.Is(err, hunt.ErrNotFound) {
		t.Errorf("after it was deleted: %v", err)
	}

	var told []string
	for _, e := range kept.entries {
		if e.Object != first.ID || e.Actor.ID != "usr_1" || !json.Valid(e.Detail) {
			t.Errorf("audit entry %+v", e)
		}
		told = append(told, e.Action+" "+string(e.Detail))
	}
	wantTold := []string{
		`hunt.add {"name":"야간 로그온","text":"class = auth last 24h"}`,
		`hunt.change {"name":"야간 로그온","text":"class = auth last 7d","was_name":"야간 로그온","was_text":"class = auth last 24h"}`,
		`hunt.delete {"was_name":"야간 로그온","was_text":"class = auth last 7d"}`,
	}
	if diff := cmp.Diff(wantTold, told); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}
