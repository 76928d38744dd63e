package tail_test

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

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/tail"
)

// log is what a run of the source has handed on.
type log struct {
	mu    sync.Mutex
	lines []string
	ids   map[string]int
	mark  string
	cut   int
	fail  error
	news  chan struct{}
}

func newLog() *log { return &log{ids: map[string]int{}, news: make(chan struct{}, 1)} }

func (l *log) emit(_ context.Context, records []source.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	for _, r := range records {
		l.lines = append(l.lines, string(r.Body))
		l.ids[fmt.Sprintf("%s/%d", r.Source, r.Position)]++
		if r.Cut {
			l.cut++
		}
	}
	if m := records[len(records)-1].Mark; m != "" {
		l.mark = m
	}
	select {
	case l.news <- struct{}{}:
	default:
	}
	return nil
}

func (l *log) wait(t *testing.T, want ...string) {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		l.mu.Lock()
		got := append([]string(nil), l.lines...)
		l.mu.Unlock()
		if len(got) >= len(want) {
			if !cmp.Equal(want, got) {
				t.Fatalf("lines (-want +got):\n%s", cmp.Diff(want, got))
			}
			return
		}
		select {
		case <-l.news:
		case <-late:
			t.Fatalf("lines (-want +got):\n%s", cmp.Diff(want, got))
		}
	}
}

// follow runs the source until stop is called.
func follow(t *testing.T, l *log, mark string, settings source.Settings) (s source.Source, stop func()) {
	t.Helper()
	settings["poll"] = "2ms"
	s, err := tail.Kind().New(settings, source.Env{ID: "0123456789abcdef", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.(source.Resumer).Resume(mark); err != nil {
		t.Fatal(err)
	}
	return s, run(t, s, l)
}

func run(t *testing.T, s source.Source, l *log) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, l.emit) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// once checks that no record came twice under one origin, nor two lines under
// one.
func (l *log) once(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, n := range l.ids {
		if n != 1 {
			t.Errorf("%d records have the origin %s", n, id)
		}
	}
}

func count(s source.Source, name string) uint64 { return s.(source.Counter).Counts()[name] }

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func TestFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "auth.log")
	add(t, path, "old 1\nold 2\n")
	l := newLog()
	s, stop := follow(t, l, "", source.Settings{"paths": path})
	until(t, "the file is open", func() bool { return count(s, "files") == 1 })
	add(t, path, "new 1\nnew")
	l.wait(t, "new 1")
	add(t, path, " 2\n\nnew 3\r\n")
	l.wait(t, "new 1", "new 2", "new 3")
	stop()
	l.once(t)

	add(t, path, "while away\n")
	_, stop = follow(t, l, l.mark, source.Settings{"paths": path})
	l.wait(t, "new 1", "new 2", "new 3", "while away")
	stop()
	l.once(t)
}

func TestFromBeginning(t *testing.T) {
	dir := t.TempDir()
	add(t, filepath.Join(dir, "a.log"), "a1\na2\n")
	l := newLog()
	_, stop := follow(t, l, "", source.Settings{"paths": filepath.Join(dir, "*.log"), "from": "beginning"})
	l.wait(t, "a1", "a2")
	add(t, filepath.Join(dir, "b.log"), "b1\n") // found when the pattern is next expanded
	l.wait(t, "a1", "a2", "b1")
	stop()
	l.once(t)
}

func TestRotationByRename(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "auth.log")
	add(t, path, "")
	l := newLog()
	s, stop := follow(t, l, "", source.Settings{"paths": path})
	until(t, "the file is open", func() bool { return count(s, "files") == 1 })
	add(t, path, "one\n")
	l.wait(t, "one")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	until(t, "the rename is seen", func() bool { return count(s, "rotated") == 1 })
	add(t, path+".1", "two, by a program that was not told yet\n")
	l.wait(t, "one", "two, by a program that was not told yet")
	add(t, path, "three\n")
	l.wait(t, "one", "two, by a program that was not told yet", "three")
	stop()
	l.once(t)
}

func TestRotationWhileAway(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "auth.log")
	add(t, path, "one\n")
	l := newLog()
	_, stop := follow(t, l, "", source.Settings{"paths": path, "from": "beginning"})
	l.wait(t, "one")
	stop()
	add(t, path, "two\n")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, path, "three\n")
	_, stop = follow(t, l, l.mark, source.Settings{"paths": path})
	until(t, "all lines", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.lines) == 3 })
	stop()
	l.wait(t, "one", "two", "three")
	l.once(t)
}

func TestRotationByTruncation(t *testing.T) {
	for _, c := range []struct{ name, after string }{
		{"shorter", "new\n"},
		{"longer", strings.Repeat("a new line that is longer than all that was there before\n", 3)},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app.log")
			add(t, path, "one\ntwo\nthree\n")
			l := newLog()
			s, stop := follow(t, l, "", source.Settings{"paths": path, "from": "beginning"})
			l.wait(t, "one", "two", "three")
			if err := os.WriteFile(path, []byte(c.after), 0o600); err != nil { // the same inode
				t.Fatal(err)
			}
			want := append([]string{"one", "two", "three"}, strings.Split(strings.TrimSpace(c.after), "\n")...)
			l.wait(t, want...)
			until(t, "the truncation is counted", func() bool { return count(s, "truncated") >= 1 })
			stop()
			l.once(t)
		})
	}
}

func TestLongLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	add(t, path, strings.Repeat("x", 3*tail.MaxRecord)+"\nnext\n"+strings.Repeat("y", tail.MaxRecord)+"\nlast\n")
	l := newLog()
	_, stop := follow(t, l, "", source.Settings{"paths": path, "from": "beginning"})
	l.wait(t, strings.Repeat("x", tail.MaxRecord), "next", strings.Repeat("y", tail.MaxRecord), "last")
	stop()
	if l.cut != 1 {
		t.Errorf("%d records are marked as cut", l.cut)
	}
	l.once(t)
}

func TestManyLinesAndAFailureInTheMiddle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	var b strings.Builder
	var want []string
	for i := range 20000 {
		want = append(want, fmt.Sprintf("line %d of a log that is read in several turns", i))
		b.WriteString(want[i] + "\n")
	}
	add(t, path, b.String())
	l := newLog()
	s, err := tail.Kind().New(source.Settings{"paths": path, "from": "beginning", "poll": "2ms"}, source.Env{ID: "00", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	calls := 0
	err = s.Run(t.Context(), func(ctx context.Context, records []source.Record) error {
		if calls++; calls == 7 {
			return full
		}
		return l.emit(ctx, records)
	})
	if !errors.Is(err, full) {
		t.Fatalf("run: %v", err)
	}
	stop := run(t, s, l)
	l.wait(t, want...)
	stop()
	l.once(t)
}

func TestProblems(t *testing.T) {
	dir := t.TempDir()
	secret, missing := filepath.Join(dir, "secret.log"), filepath.Join(dir, "missing.log")
	packed, good := filepath.Join(dir, "packed.gz"), filepath.Join(dir, "good.log")
	add(t, secret, "x\n")
	add(t, packed, "\x1f\x8b\x08 and so on")
	add(t, good, "")
	if err := os.Chmod(secret, 0o000); err != nil {
		t.Fatal(err)
	}
	l := newLog()
	s, _ := follow(t, l, "", source.Settings{"paths": strings.Join([]string{secret, missing, dir, packed, good}, "\n")})
	until(t, "the file is open", func() bool { return count(s, "files") >= 1 })
	got := map[string]string{}
	for _, p := range s.(source.Complainer).Problems() {
		got[p.What] = p.Err + "|" + p.Do.EN
		if strings.Contains(p.Do.KO, "{") || (p.Do.EN == "") != (p.Do.KO == "") {
			t.Errorf("what to do about %s: %+v", p.What, p.Do)
		}
	}
	for path, want := range map[string][]string{
		missing: {"no such file", "followed from its first line"},
		dir:     {"is a folder", ""},
		packed:  {"packed", "bongsu analyze"},
	} {
		for _, w := range want {
			if !strings.Contains(got[path], w) {
				t.Errorf("problem with %s is %q, want %q in it", path, got[path], w)
			}
		}
	}
	if os.Getuid() == 0 {
		t.Log("root may read everything: the refusal is not tested")
	} else if !strings.Contains(got[secret], "permission denied") || !strings.Contains(got[secret], "setfacl") {
		t.Errorf("problem with %s is %q", secret, got[secret])
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		settings source.Settings
		want     string
	}{
		{nil, "paths is missing"},
		{source.Settings{"paths": "log/auth.log"}, `paths "log/auth.log" is not absolute`},
		{source.Settings{"paths": "/var/log/[a"}, "syntax error in pattern"},
		{source.Settings{"paths": "/a", "from": "middle"}, `from "middle" is none of end, beginning`},
		{source.Settings{"paths": "/a", "poll": "-1s"}, `poll "-1s" is not a duration`},
		{source.Settings{"file": "/a"}, "paths is missing"},
	} {
		if _, err := tail.Kind().New(c.settings, source.Env{Clock: time.Now}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %q", c.settings, err, c.want)
		}
	}
}

func FuzzResume(f *testing.F) {
	f.Add("tail1;12:3:0123456789abcdef:0123456789abcdef:99s")
	f.Add("tail1;12:3:0123456789abcdef:0123456789abcdef:99;1:1024:0123456789abcdef:0123456789abcdef:0")
	f.Add("tail1")
	f.Add("tail2;")
	f.Fuzz(func(t *testing.T, mark string) {
		s, err := tail.Kind().New(source.Settings{"paths": "/nowhere"}, source.Env{Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.(source.Resumer).Resume(mark)
	})
}
