package journal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/decode/auth"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/journal"
)

type log struct {
	mu      sync.Mutex
	records []source.Record
	news    chan struct{}
}

func newLog() *log { return &log{news: make(chan struct{}, 1)} }

func (l *log) emit(_ context.Context, records []source.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		r.Body = append([]byte(nil), r.Body...)
		l.records = append(l.records, r)
	}
	select {
	case l.news <- struct{}{}:
	default:
	}
	return nil
}

func (l *log) wait(t *testing.T, n int) []source.Record {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		l.mu.Lock()
		got := l.records
		l.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-l.news:
		case <-late:
			t.Fatalf("%d of %d entries came", len(got), n)
		}
	}
}

func follow(t *testing.T, l *log, mark string, settings source.Settings) (stop func() error) {
	t.Helper()
	s, err := journal.Kind().New(settings, source.Env{ID: "0123456789abcdef", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.(source.Resumer).Resume(mark); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, l.emit) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

// writer writes a journal as systemd does.
type writer struct {
	in io.WriteCloser
	n  int
}

func newWriter(t *testing.T, dir string) *writer {
	t.Helper()
	const program = "/lib/systemd/systemd-journal-remote"
	if _, err := exec.LookPath("journalctl"); err != nil {
		t.Skip("needs journalctl: install systemd")
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("needs systemd-journal-remote, which writes journals: install the package of this name")
	}
	cmd := exec.Command(program, "--output="+filepath.Join(dir, "test.journal"), "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &writer{in: in}
}

// write writes an entry in the journal export format.
func (w *writer) write(t *testing.T, program, message string) {
	t.Helper()
	w.n++
	_, err := fmt.Fprintf(w.in, "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=4a3b4c5d6e7f40818283848586878889\n"+
		"PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=%s\n_PID=4711\n_HOSTNAME=gate\nMESSAGE=%s\n\n",
		1_772_323_200_000_000+w.n*1000, w.n*1000, program, message)
	if err != nil {
		t.Fatal(err)
	}
}

func TestRealJournal(t *testing.T) {
	dir := t.TempDir()
	w := newWriter(t, dir)
	w.write(t, "sshd", "Failed password for invalid user admin from 192.0.2.7 port 50022 ssh2")
	w.write(t, "sshd", "Accepted password for minji from 192.0.2.9 port 50023 ssh2")
	for late := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		out, _ := exec.Command("journalctl", "--directory="+dir, "--output=json").Output()
		if strings.Count(string(out), "\n") == 2 {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("the journal holds %s", out)
		}
	}
	settings := source.Settings{"directory": dir, "from": "beginning"}
	l := newLog()
	stop := follow(t, l, "", settings)
	l.wait(t, 2)
	w.write(t, "sshd", "while it follows")
	got := l.wait(t, 3)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	w.write(t, "sshd", "while it is away")
	stop = follow(t, l, got[2].Mark, settings)
	got = l.wait(t, 4)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for i, r := range got {
		ids[fmt.Sprintf("%s/%d", r.Source, r.Position)] = true
		if r.Mark == "" || len(r.Source) < 16 || r.Position == 0 {
			t.Errorf("record %d has origin %+v and mark %q", i, r.Origin, r.Mark)
		}
	}
	if len(got) != 4 || len(ids) != 4 || !strings.Contains(string(got[3].Body), "while it is away") {
		t.Errorf("%d records with %d origins, the last is %s", len(got), len(ids), got[len(got)-1].Body)
	}
	reader, err := decode.NewReader([]decode.Kind{auth.Kind()}, "auth", decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	events := reader.Decode(got[0], nil)
	if len(events) != 1 || events[0].Class != event.Authentication || events[0].Str(event.SrcIP) != "192.0.2.7" {
		t.Errorf("the decoder makes of it: %v", events)
	}
}

// fake makes a program that stands for journalctl.
func fake(t *testing.T, script string) string {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("needs sh")
	}
	path := filepath.Join(t.TempDir(), "journalctl")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

const entry = `{"__CURSOR":"s=6b1d4a9f0c2e4f5a8b7c6d5e4f3a2b1c;i=%x;b=4a3b4c5d6e7f40818283848586878889;m=1;t=2;x=3","__REALTIME_TIMESTAMP":"1772323200000000","MESSAGE":"%s"}`

func TestEntries(t *testing.T) {
	var lines []string
	for i := range 2500 {
		lines = append(lines, fmt.Sprintf(entry, i+1, "hello"))
	}
	lines[1200] = `{"MESSAGE":"` + strings.Repeat("x", 2*journal.MaxRecord) + `"}`
	lines[1300] = `-- Boot 4a3b4c5d6e7f40818283848586878889 --`
	file := filepath.Join(t.TempDir(), "entries")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLog()
	stop := follow(t, l, "", source.Settings{"command": fake(t, "cat "+file+"; exec sleep 60"), "from": "beginning"})
	got := l.wait(t, len(lines)-1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(lines)-1 {
		t.Errorf("%d records", len(got))
	}
	long, last := got[1200], got[len(got)-1]
	if !long.Cut || len(long.Body) != journal.MaxRecord || long.Mark != "" || long.Source != "0123456789abcdef" {
		t.Errorf("the long entry: %d bytes, cut %v, mark %q, origin %+v", len(long.Body), long.Cut, long.Mark, long.Origin)
	}
	if last.Position != 2500 || last.Source != "6b1d4a9f0c2e4f5a8b7c6d5e4f3a2b1c" || string(last.Body) != lines[2499] {
		t.Errorf("the last entry: %+v", last)
	}
}

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		name, mark string
		settings   source.Settings
		want       string
	}{
		{"first start", "", source.Settings{}, "--lines=0"},
		{"from the beginning", "", source.Settings{"from": "beginning"}, "--no-tail"},
		{"behind a mark", "s=6b;i=1f", source.Settings{"match": "SYSLOG_FACILITY=4,SYSLOG_FACILITY=10"}, "--no-tail|--after-cursor=s=6b;i=1f|SYSLOG_FACILITY=4|SYSLOG_FACILITY=10"},
	} {
		out := filepath.Join(t.TempDir(), "arguments")
		c.settings["command"] = fake(t, `IFS='|'; echo "$*" > `+out+`; echo '{}'; exec sleep 60`)
		l := newLog()
		stop := follow(t, l, c.mark, c.settings)
		l.wait(t, 1)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		args := strings.Split(strings.TrimSpace(string(b)), "|")
		if diff := cmp.Diff(c.want, strings.Join(args[5:], "|")); diff != "" || args[0] != "--follow" || args[1] != "--output=json" {
			t.Errorf("%s: arguments %q (-want +got):\n%s", c.name, args, diff)
		}
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name, command, want, do string
	}{
		{"no program", filepath.Join(t.TempDir(), "none"), "no such file", "sources.tail"},
		{"no permission", fake(t, "echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1"), "insufficient permissions", "usermod -aG systemd-journal"},
		{"anything else", fake(t, "echo 'Journal file is truncated' >&2; exit 1"), "exit status 1: Journal file is truncated", ""},
		{"an end", fake(t, "exit 0"), "it has ended by itself", ""},
	} {
		s, err := journal.Kind().New(source.Settings{"command": c.command}, source.Env{ID: "00", Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Run(t.Context(), newLog().emit)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		var refused *source.Refusal
		if errors.As(err, &refused) != (c.do != "") || refused != nil && (!strings.Contains(refused.Do.EN, c.do) || !strings.Contains(refused.Do.KO, c.do)) {
			t.Errorf("%s: what to do is %+v, want %q", c.name, refused, c.do)
		}
	}
}

func TestCursorThatIsGone(t *testing.T) {
	command := fake(t, `case "$*" in *after-cursor*) echo 'Failed to seek to cursor: Invalid argument' >&2; exit 1;; esac; echo '{"MESSAGE":"x"}'; exec sleep 60`)
	s, err := journal.Kind().New(source.Settings{"command": command}, source.Env{ID: "00", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.(source.Resumer).Resume("s=1;i=2"); err != nil {
		t.Fatal(err)
	}
	l := newLog()
	if err := s.Run(t.Context(), l.emit); err == nil || !strings.Contains(err.Error(), "cursor") {
		t.Fatalf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx, l.emit) }()
	l.wait(t, 1)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := s.(source.Counter).Counts()["cursors_lost"]; n != 1 {
		t.Errorf("%d cursors lost", n)
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		settings source.Settings
		want     string
	}{
		{source.Settings{"match": "--root=/"}, `match "--root=/" is not FIELD=value`},
		{source.Settings{"from": "now"}, `from "now" is none of end, beginning`},
		{source.Settings{"unit": "sshd"}, `unknown setting "unit"`},
	} {
		if _, err := journal.Kind().New(c.settings, source.Env{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %q", c.settings, err, c.want)
		}
	}
	s, err := journal.Kind().New(nil, source.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{"--x", "s=1;i=2 --root=/", strings.Repeat("s=1;", 200), "s=1;i=2\n"} {
		if err := s.(source.Resumer).Resume(mark); err == nil {
			t.Errorf("mark %q is believed", mark)
		}
	}
}
