package source_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/text"
)

// script is a source whose runs are functions.
type script struct {
	runs   []func(context.Context, source.Emit) error
	n      atomic.Int64
	began  []time.Time
	mark   string
	refuse error
}

func (s *script) Run(ctx context.Context, emit source.Emit) error {
	s.began = append(s.began, time.Now())
	run := s.runs[min(int(s.n.Add(1)), len(s.runs))-1]
	return run(ctx, emit)
}

func (s *script) Resume(mark string) error { s.mark = mark; return s.refuse }

func (s *script) Counts() map[string]uint64 { return map[string]uint64{"runs": uint64(s.n.Load())} }

func (s *script) Problems() []source.Problem { return []source.Problem{{What: "a part"}} }

func fails(err error) func(context.Context, source.Emit) error {
	return func(context.Context, source.Emit) error { return err }
}

func waits(ctx context.Context, _ source.Emit) error {
	<-ctx.Done()
	return nil
}

func nowhere(context.Context, []source.Record) error { return nil }

// run starts a runner within a bubble of synctest.
func run(t *testing.T, cfg source.RunnerConfig) (r *source.Runner, stop func()) {
	t.Helper()
	cfg.Name, cfg.Kind, cfg.Clock = "door", "script", time.Now
	if cfg.Emit == nil {
		cfg.Emit = nowhere
	}
	r = source.NewRunner(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	return r, func() {
		cancel()
		<-done
	}
}

func TestRunnerWaitsLongerAndLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{runs: []func(context.Context, source.Emit) error{fails(errors.New("read door: no power"))}}
		var log bytes.Buffer
		r, stop := run(t, source.RunnerConfig{Source: s, Mark: "m7", Log: slog.New(slog.NewTextHandler(&log, nil))})
		time.Sleep(3*time.Minute + 500*time.Millisecond)
		st := r.Status()
		stop()
		var gaps []time.Duration
		for i := 1; i < len(s.began); i++ {
			gaps = append(gaps, s.began[i].Sub(s.began[i-1]))
		}
		want := []time.Duration{1, 2, 4, 8, 16, 32, 60}
		for i := range want {
			want[i] *= time.Second
		}
		if diff := cmp.Diff(want, gaps); diff != "" {
			t.Errorf("waits (-want +got):\n%s", diff)
		}
		if st.State != source.Waiting || st.Errors != 8 || st.Restarts != 7 || st.LastError != "read door: no power" || time.Until(st.Next) > time.Minute || st.Counts["runs"] != 8 || len(st.Problems) != 1 {
			t.Errorf("status %+v", st)
		}
		if s.mark != "m7" {
			t.Errorf("resumed at %q", s.mark)
		}
		if r.Status().State != source.Ended {
			t.Errorf("state %s after the end", r.Status().State)
		}
		if n := strings.Count(log.String(), "source failed"); n != 8 || !strings.Contains(log.String(), "source=door") {
			t.Errorf("log:\n%s", log.String())
		}
	})
}

func TestRunnerBeginsAnewAfterALongRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := fails(errors.New("no power"))
		s := &script{runs: []func(context.Context, source.Emit) error{bad, bad, bad, func(context.Context, source.Emit) error {
			time.Sleep(2 * time.Minute)
			return errors.New("power cut")
		}, waits}}
		r, stop := run(t, source.RunnerConfig{Source: s})
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		if gap := s.began[4].Sub(s.began[3]); gap != 2*time.Minute+time.Second {
			t.Errorf("after a run of two minutes it waited %s", gap-2*time.Minute)
		}
		if st := r.Status(); st.State != source.Running || !st.Next.IsZero() {
			t.Errorf("status %+v", st)
		}
		stop()
	})
}

func TestRunnerTellsWhatAPersonCanDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		do := text.Said{EN: "Open the door.", KO: "문을 열어 주세요."}
		s := &script{runs: []func(context.Context, source.Emit) error{
			fails(fmt.Errorf("outer: %w", &source.Refusal{Err: errors.New("locked"), Do: do})), waits,
		}}
		r, stop := run(t, source.RunnerConfig{Source: s})
		synctest.Wait()
		if st := r.Status(); st.State != source.Refused || st.Do != do || st.LastError != "outer: locked" {
			t.Errorf("status %+v", st)
		}
		time.Sleep(2 * time.Second) // it is tried again all the same
		if st := r.Status(); st.State != source.Running || st.Do != (text.Said{}) {
			t.Errorf("status %+v", st)
		}
		stop()
	})
}

func TestRunnerOutlivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{runs: []func(context.Context, source.Emit) error{func(context.Context, source.Emit) error { panic("index out of range") }, waits}}
		r, stop := run(t, source.RunnerConfig{Source: s})
		time.Sleep(2 * time.Second)
		if st := r.Status(); st.State != source.Running || !strings.Contains(st.LastError, "index out of range") {
			t.Errorf("status %+v", st)
		}
		stop()
	})
}

func TestRunnerThatHasNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop := run(t, source.RunnerConfig{Source: &script{runs: []func(context.Context, source.Emit) error{fails(nil)}}})
		synctest.Wait()
		if st := r.Status(); st.State != source.Ended || st.Errors != 0 {
			t.Errorf("status %+v", st)
		}
		stop()
	})
}

func TestRunnerSaysThatAMarkIsDamaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{runs: []func(context.Context, source.Emit) error{waits}, refuse: errors.New("mark is damaged")}
		r, stop := run(t, source.RunnerConfig{Source: s, Mark: "?"})
		synctest.Wait()
		if st := r.Status(); st.State != source.Running || st.LastError != "resume: mark is damaged" {
			t.Errorf("status %+v", st)
		}
		stop()
	})
}

func records(bodies ...string) (out []source.Record) {
	for _, b := range bodies {
		out = append(out, source.Record{Body: []byte(b), Cut: b == "cut"})
	}
	return out
}

// Records that cannot be made durable wait; the source does not notice.
func TestRunnerKeepsRecordsThatCannotBeHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept []string
		began := time.Now()
		r, stop := run(t, source.RunnerConfig{
			Source: &script{runs: []func(context.Context, source.Emit) error{func(ctx context.Context, emit source.Emit) error {
				if err := emit(ctx, nil); err != nil {
					return err
				}
				if err := emit(ctx, records("one", "cut")); err != nil {
					return err
				}
				return waits(ctx, emit)
			}}},
			Emit: func(_ context.Context, records []source.Record) error {
				if time.Since(began) < 5*time.Second {
					return errors.New("the disk is full")
				}
				for _, r := range records {
					kept = append(kept, string(r.Body))
				}
				return nil
			},
		})
		time.Sleep(2 * time.Second)
		if st := r.Status(); st.State != source.Waiting || st.LastError != "the disk is full" || st.Records != 0 {
			t.Errorf("status %+v", st)
		}
		time.Sleep(10 * time.Second)
		st := r.Status()
		if st.State != source.Running || st.Records != 2 || st.Bytes != 6 || st.Cut != 1 || st.Restarts != 0 || st.LastRecord.IsZero() || st.Blocked < 5*time.Second {
			t.Errorf("status %+v", st)
		}
		synctest.Wait()
		if !slices.Equal(kept, []string{"one", "cut"}) {
			t.Errorf("kept %q", kept)
		}
		stop()
	})
}

// What a source has taken when it is told to end is still made durable, but not
// for ever.
func TestRunnerDrains(t *testing.T) {
	for _, c := range []struct {
		name  string
		needs time.Duration
		kept  bool
		took  time.Duration
	}{
		{"in time", 3 * time.Second, true, 3 * time.Second},
		{"too late", time.Hour, false, source.Drain},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kept := false
				r, stop := run(t, source.RunnerConfig{
					Source: &script{runs: []func(context.Context, source.Emit) error{func(ctx context.Context, emit source.Emit) error {
						<-ctx.Done()
						return emit(ctx, records("last"))
					}}},
					Emit: func(ctx context.Context, _ []source.Record) error {
						select {
						case <-time.After(c.needs):
							kept = true
							return nil
						case <-ctx.Done():
							return ctx.Err()
						}
					},
				})
				synctest.Wait()
				began := time.Now()
				stop()
				if took := time.Since(began); took != c.took || kept != c.kept {
					t.Errorf("took %s, kept %v", took, kept)
				}
				if st := r.Status(); (st.Records == 1) != c.kept || (st.LastError == "") != c.kept {
					t.Errorf("status %+v", st)
				}
			})
		})
	}
}

func TestRunnerPaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop := run(t, source.RunnerConfig{Pace: 10, Source: &script{runs: []func(context.Context, source.Emit) error{func(ctx context.Context, emit source.Emit) error {
			for ctx.Err() == nil {
				if err := emit(ctx, records("a", "b", "c", "d", "e")); err != nil {
					return err
				}
			}
			return nil
		}}}})
		time.Sleep(10*time.Second + time.Millisecond)
		if n := r.Status().Records; n < 100 || n > 110 {
			t.Errorf("%d records in 10 s at 10 a second", n)
		}
		stop()
	})
}

func TestSettings(t *testing.T) {
	s := source.Settings{"n": "7", "d": "90s", "t": "x", "c": "b", "a": ":5514", "l": "a, b,,c", "m": "a,b\nc", "off": "off"}
	r := s.Read()
	got := []any{
		r.Int("n", 1, 1, 10), r.Duration("d", time.Second), r.Text("t", ""), r.Choice("c", "a", "b"), r.Address("a", ""),
		r.List("l"), r.List("m"), r.Address("off", ":1"), r.Int("missing", 3, 1, 10), r.Address("absent", ":9"), r.List("none"),
	}
	want := []any{7, 90 * time.Second, "x", "b", ":5514", []string{"a", "b", "c"}, []string{"a,b", "c"}, "", 3, ":9", []string(nil)}
	if diff := cmp.Diff(want, got); diff != "" || r.Err() != nil {
		t.Errorf("error %v (-want +got):\n%s", r.Err(), diff)
	}
	for _, c := range []struct {
		settings source.Settings
		want     string
	}{
		{source.Settings{"n": "11"}, `n "11" is not a whole number from 1 to 10`},
		{source.Settings{"d": "0s"}, `d "0s" is not a duration such as 90s, 10m or 2h`},
		{source.Settings{"a": "localhost"}, `a "localhost" is not an address with a port, such as 127.0.0.1:5514 or :5514`},
		{source.Settings{"c": "z"}, `c "z" is none of a, b`},
		{source.Settings{"x": "1"}, `unknown setting "x"; known: ["n" "d" "a" "c"]`},
	} {
		r := c.settings.Read()
		r.Int("n", 1, 1, 10)
		r.Duration("d", time.Second)
		r.Address("a", "")
		r.Choice("c", "a", "b")
		if err := r.Err(); err == nil || err.Error() != c.want {
			t.Errorf("%v: error %v, want %s", c.settings, err, c.want)
		}
	}
}
