package nats_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/bus/nats"
)

// smallDisk mounts a file system of 24 MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// brim fills a disk to the last byte.
func brim(t *testing.T, dir string) (free func()) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "brim"))
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
			t.Error(err)
		}
	}
}

// TestFullDisk fills the disk without a warning: the server gives up writing
// for good, and the bus starts it again.
func TestFullDisk(t *testing.T) {
	disk := smallDisk(t)
	r := &locked{}
	c := config(filepath.Join(disk, "bus"), r)
	sick, well := make(chan error, 1000), make(chan struct{}, 1000)
	c.Health = func(_ string, err error) {
		if err == nil {
			well <- struct{}{}
			return
		}
		select {
		case sick <- err:
		default:
		}
	}
	c.AckWait = 2 * time.Second
	b, err := nats.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	var want []string
	publish := func(n int) {
		for range n {
			m := fmt.Sprintf("line %06d %s", len(want), strings.Repeat("x", 50_000))
			want = append(want, m)
			if err := b.Publish(t.Context(), lines.Name, m, bus.Stamp{ID: fmt.Sprint(len(want))}); err != nil {
				t.Error(err)
			}
		}
	}
	publish(40)
	for round := range 2 {
		free := brim(t, disk)
		published := make(chan struct{})
		go func() { publish(40); close(published) }()
		<-sick
		select {
		case <-published:
			t.Fatal("40 messages were stored where no room is")
		case <-time.After(3 * time.Second): // long enough for a new start on the full disk
		}
		free()
		<-published
		<-well
		for len(sick) > 0 {
			<-sick
		}
		t.Logf("round %d: %d messages", round, len(want))
	}
	if err := b.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(short(want), short(r.all())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := b.Damage(); len(got) > 0 {
		t.Errorf("damage %v", got)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// TestFullOfHandled fills the disk by the bus alone: what is handled makes
// room, before its time, and nobody has to free anything.
func TestFullOfHandled(t *testing.T) {
	disk := smallDisk(t)
	for _, watched := range []bool{true, false} {
		t.Run(fmt.Sprintf("free space is watched %v", watched), func(t *testing.T) {
			r := &locked{}
			c := config(filepath.Join(disk, fmt.Sprint(watched)), r)
			c.AckWait = 2 * time.Second
			if watched {
				c.MinFree = 4 << 20
				c.Free = func() (uint64, error) {
					var s syscall.Statfs_t
					err := syscall.Statfs(disk, &s)
					return s.Bavail * uint64(s.Bsize), err
				}
			}
			b, err := nats.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- b.Run(ctx) }()
			var want []string
			for i := range 100 { // 40 MB
				m := fmt.Sprintf("line %06d %s", i, strings.Repeat("x", 400_000))
				want = append(want, m)
				if err := b.Publish(t.Context(), lines.Name, m, bus.Stamp{}); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Drain(t.Context()); err != nil {
				t.Error(err)
			}
			cancel()
			<-ended
			if diff := cmp.Diff(short(want), short(r.all())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			if err := os.RemoveAll(c.Dir); err != nil {
				t.Error(err)
			}
		})
	}
}

// locked is a reader that may be looked at.
type locked struct {
	mu sync.Mutex
	of reader
}

func (l *locked) Handle(ctx context.Context, s string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of.Handle(ctx, s)
}
func (l *locked) Flush(context.Context) error                { return nil }
func (l *locked) Resume(ctx context.Context) (uint64, error) { return l.of.Resume(ctx) }

func (l *locked) Checkpoint(ctx context.Context, handled uint64) (uint64, error) {
	return l.of.Checkpoint(ctx, handled)
}

func (l *locked) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.of.got...)
}
