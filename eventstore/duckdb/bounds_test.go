//go:build cgo

package duckdb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/duckdb"
)

// hours are n events, one a minute, stored in segments of an hour.
func hours(t testing.TB, n int) (*eventstore.Store, string, []*event.Event) {
	t.Helper()
	dir := t.TempDir()
	store := openStore(t, dir)
	o := newOffice(7)
	var all []*event.Event
	for i := range n {
		all = append(all, o.event(event.ProcessActivity, day.Add(time.Duration(i)*time.Minute)))
	}
	if err := store.Append(t.Context(), "live", 1, all); err != nil {
		t.Fatal(err)
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store, dir, all
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	hostile := []string{
		`'`, `"`, `'; DROP TABLE x; --`, `" FROM read_parquet('/etc/passwd') --`, `$1`, `?`, `\`, "\x00", `')) UNION ALL SELECT 1 --`,
		`%`, `_`, `getenv('HOME')`, `*/`, "/*", "\u202e", strings.Repeat("x", 100_000),
	}
	var all []*event.Event
	for i, s := range hostile {
		e := event.New(event.ProcessActivity, day.Add(time.Duration(i)*time.Second), event.Origin{Source: "aa", Position: uint64(i)})
		e.SetStr(event.ProcessCmdLine, s)
		e.AddUnmappedStr(s, s)
		all = append(all, e)
	}
	engine := both(t, [][]*event.Event{all}, nil)
	for i, s := range hostile {
		line := column(event.ProcessCmdLine)
		name := eventstore.Field{Kind: eventstore.Unmapped, Unmapped: s}
		text := eventstore.Literal{Text: s}
		for n, where := range []eventstore.Expr{
			eventstore.Compare{Field: line, Op: eventstore.Equal, Value: text},
			eventstore.In{Field: line, Values: []eventstore.Literal{text}},
			eventstore.And{eventstore.Contains{Field: line, Where: eventstore.AtStart, Text: s}, eventstore.Contains{Field: line, Where: eventstore.AtEnd, Text: s}, eventstore.Exists{Field: name}},
			eventstore.Compare{Field: name, Op: eventstore.Equal, Value: text},
			eventstore.Exists{Field: name},
		} {
			got, err := engine.Query(t.Context(), eventstore.Query{Where: where})
			if err != nil {
				t.Errorf("%.40q, condition %d: %v", s, n, err)
				continue
			}
			if diff := cmp.Diff(shown(all[i:i+1]), shown(got.Events)); diff != "" {
				t.Errorf("%.40q, condition %d (-want +got):\n%.2000s", s, n, diff)
			}
		}
		got, err := engine.Query(t.Context(), eventstore.Query{Top: &eventstore.Top{N: 100, By: []eventstore.Field{name}}})
		if err != nil || len(got.Groups) != 1 || got.Groups[0].Values[0] != s {
			t.Errorf("top of unmapped %.40q: %.200v, %v", s, got, err)
		}
	}
}

func TestDamagedSegmentIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, damage := range []struct {
		name string
		do   func(b []byte) []byte
	}{
		{"cut", func(b []byte) []byte { return b[:len(b)/2] }},
		{"other bytes in the pages", func(b []byte) []byte {
			for i := 200; i < len(b)/2; i++ {
				b[i] ^= 0x5a
			}
			return b
		}},
		{"other bytes in the footer", func(b []byte) []byte {
			for i := len(b) - 300; i < len(b)-20; i++ {
				b[i] ^= 0x5a
			}
			return b
		}},
		{"empty", func([]byte) []byte { return nil }},
	} {
		for _, q := range []eventstore.Query{
			{Limit: 1000},
			{Limit: 1000, Where: eventstore.Contains{Field: column(event.ProcessCmdLine), Text: "e"}},
			{Count: &eventstore.Count{By: []eventstore.Field{column(event.ProcessCmdLine), column(event.DeviceHostname), {Kind: eventstore.EventID}}}},
		} {
			store, dir, all := hours(t, 300)
			view := store.View(eventstore.Bounds{})
			victim := view.Segments()[2] // 11 o'clock
			view.Release()
			b, err := os.ReadFile(victim.Path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(victim.Path, damage.do(b), 0o600); err != nil {
				t.Fatal(err)
			}
			engine := openEngine(t, store, dir)
			got, err := engine.Query(t.Context(), q)
			if err != nil {
				t.Errorf("%s: %v", damage.name, err)
				continue
			}
			if want := "damaged: " + victim.Name; got.Partial != want {
				t.Errorf("%s: partial %q, want %q", damage.name, got.Partial, want)
			}
			found := len(got.Events)
			for _, g := range got.Groups {
				found += int(g.Count)
			}
			if want := len(all) - int(victim.Rows); found != want {
				t.Errorf("%s: %d events, want the other %d", damage.name, found, want)
			}
		}
	}
}

func TestTimeoutGivesTheNewest(t *testing.T) {
	t.Parallel()
	store, dir, _ := hours(t, 300)
	o := newOffice(9)
	tail := event.Frame{o.event(event.ProcessActivity, day.AddDate(0, 0, 1))}
	if err := store.Append(t.Context(), "live", 2, tail); err != nil {
		t.Fatal(err)
	}
	engine := openEngine(t, store, dir)
	got, err := engine.Query(t.Context(), eventstore.Query{Timeout: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	if got.Partial != "timeout" || len(got.Events) != 1 || got.Events[0] != tail[0] {
		t.Errorf("partial %q with %d events, want the newest one, which is in memory", got.Partial, len(got.Events))
	}
}

func TestMemoryBound(t *testing.T) {
	t.Parallel()
	store, dir, _ := hours(t, 3000)
	engine, err := duckdb.Open(duckdb.Config{Store: store, Dir: dir, TempDir: filepath.Join(t.TempDir(), "tmp"), Clock: time.Now, TempLimit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}()
	q := eventstore.Query{Count: &eventstore.Count{By: []eventstore.Field{column(event.RawData), column(event.ProcessCmdLine), {Kind: eventstore.EventID}}}}
	small := q
	small.Memory = 1 << 20
	if _, err := engine.Query(t.Context(), small); !errors.Is(err, duckdb.ErrMemory) {
		t.Errorf("query within 1 MiB: %v, want %v", err, duckdb.ErrMemory)
	}
	if got, err := engine.Query(t.Context(), q); err != nil || len(got.Groups) != 3000 {
		t.Errorf("the same query with the engine's memory: %v", err)
	}
}

// TestQueriesTakeTurns asks more at once than may run, some of them alone.
func TestQueriesTakeTurns(t *testing.T) {
	t.Parallel()
	store, dir, all := hours(t, 120)
	engine := openEngine(t, store, dir)
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Go(func() {
			q := eventstore.Query{}
			if i%3 == 0 {
				q.Memory = 64 << 20
			}
			got, err := engine.Query(t.Context(), q)
			if err != nil || len(got.Events) != len(all) {
				t.Errorf("query %d: %v", i, err)
			}
		})
	}
	wait.Wait()
}

func TestCancel(t *testing.T) {
	t.Parallel()
	store, dir, _ := hours(t, 300)
	engine := openEngine(t, store, dir)
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	err := engine.Each(ctx, eventstore.Query{}, func(*event.Event) error {
		if seen++; seen == 1 {
			// The slots are taken while this runs; who waits for one can give up.
			waiting, stop := context.WithCancel(t.Context())
			stop()
			if _, err := engine.Query(waiting, eventstore.Query{Memory: 1 << 20}); !errors.Is(err, context.Canceled) {
				t.Errorf("query that gave up waiting: %v", err)
			}
			cancel()
		}
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || seen != 1 {
		t.Errorf("each after cancelling: %v, %d events seen", err, seen)
	}
	if _, err := engine.Query(t.Context(), eventstore.Query{}); err != nil {
		t.Errorf("query after that: %v", err)
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	store, dir, all := hours(t, 6000)
	engine := openEngine(t, store, dir)
	for _, limit := range []int{0, 1, 4096, 5000, 7000} {
		want := len(all)
		if limit > 0 {
			want = min(want, limit)
		}
		var got []string
		err := engine.Each(t.Context(), eventstore.Query{Limit: limit}, func(e *event.Event) error {
			got = append(got, e.ID())
			return nil
		})
		if err != nil {
			t.Errorf("limit %d: %v", limit, err)
		}
		if len(got) != want {
			t.Fatalf("limit %d: %d events, want %d", limit, len(got), want)
		}
		for i, id := range got {
			if want := all[len(all)-1-i].ID(); id != want {
				t.Fatalf("limit %d: event %d is %s, want %s", limit, i, id, want)
			}
		}
	}
	broken := errors.New("pipe is broken")
	if err := engine.Each(t.Context(), eventstore.Query{}, func(*event.Event) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error of the caller's function: %v", err)
	}
}

func TestIdleEngineIsClosed(t *testing.T) {
	t.Parallel()
	store, dir, all := hours(t, 60)
	engine, err := duckdb.Open(duckdb.Config{Store: store, Dir: dir, TempDir: filepath.Join(t.TempDir(), "tmp"), Clock: time.Now, Idle: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if got, err := engine.Query(t.Context(), eventstore.Query{}); err != nil || len(got.Events) != len(all) {
			t.Fatalf("query %d: %v", i, err)
		}
	}
	for engine.Running() {
		time.Sleep(time.Millisecond)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Query(t.Context(), eventstore.Query{}); err == nil {
		t.Error("a closed engine answers")
	}
}

// TestReadsNothingElse sees to it that the database itself refuses what is
// outside the store's folder.
func TestReadsNothingElse(t *testing.T) {
	t.Parallel()
	store, dir, _ := hours(t, 60)
	engine := openEngine(t, store, dir)
	other := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(other, []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		fmt.Sprintf("SELECT * FROM read_text('%s')", other),
		fmt.Sprintf("COPY (SELECT 1) TO '%s'", other),
		"SET enable_external_access = true",
		"SET allowed_directories = ['/']",
		"INSTALL httpfs", "LOAD inet",
		"SELECT getenv('HOME') FROM read_text('/etc/hostname')",
	} {
		if err := engine.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s: is allowed", statement)
		}
	}
}
