package tail_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/tail"
)

// A pattern that the rotated files match too: each is still read once.
func TestRotationWithinThePattern(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "access.log")
	add(t, path, "one\n")
	l := newLog()
	s, stop := follow(t, l, "", source.Settings{"paths": path + "*", "from": "beginning"})
	l.wait(t, "one")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, path, "two\n")
	l.wait(t, "one", "two")
	until(t, "both files are open", func() bool { return count(s, "files") == 2 })
	stop()
	_, stop = follow(t, l, l.mark, source.Settings{"paths": path + "*"})
	add(t, path, "three\n")
	l.wait(t, "one", "two", "three")
	stop()
	l.once(t)
}

// The last line of a rotated file has no end: it is taken after a while, and
// the file is let go of after another.
func TestLastLineOfARotatedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	add(t, path, "one\nhalf a li")
	var ahead atomic.Int64
	s, err := tail.Kind().New(source.Settings{"paths": path, "from": "beginning", "poll": "2ms"}, source.Env{
		ID: "00", Clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	l := newLog()
	stop := run(t, s, l)
	l.wait(t, "one")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, path, "two\n")
	l.wait(t, "one", "two")
	ahead.Store(int64(6 * time.Second))
	l.wait(t, "one", "two", "half a li")
	ahead.Store(int64(2 * time.Minute))
	until(t, "the rotated file is let go of", func() bool { return count(s, "files") == 1 })
	stop()
	l.once(t)
}

// Lines are written in pieces, files are rotated, the disk is full now and
// then, and the program is killed between any two of these: each line is kept
// once, those of one file in their order.
func TestNothingIsLostNorThereTwice(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			path := filepath.Join(t.TempDir(), "app.log")
			add(t, path, "")
			l := newLog()
			var want []string
			stop := func() {}
			kill := func() { // of what was not kept nothing stays, only the mark
				stop()
				s, err := tail.Kind().New(source.Settings{"paths": path, "from": "beginning", "poll": "1ms"}, source.Env{ID: "00", Clock: time.Now})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.(source.Resumer).Resume(l.mark); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan struct{})
				go func() {
					defer close(done)
					_ = s.Run(ctx, l.emit) // a full disk ends it
				}()
				stop = func() {
					cancel()
					<-done
				}
			}
			kill()
			defer func() { stop() }()
			all := func() bool {
				l.mu.Lock()
				defer l.mu.Unlock()
				return len(l.lines) >= len(want)
			}
			want = append(want, "the first line")
			add(t, path, "the first line\n")
			until(t, "the first line", all) // without a mark there is nothing to go on from
			rotations := 0
			for range 150 {
				switch n := random.IntN(100); {
				case n < 80:
					line := fmt.Sprintf("line %d %s", len(want), strings.Repeat("x", random.IntN(300)))
					want = append(want, line)
					at := random.IntN(len(line))
					add(t, path, line[:at])
					if random.IntN(4) == 0 {
						kill()
					}
					add(t, path, line[at:]+"\n")
				case n < 88 && rotations < 6 && len(want) > 0:
					rotations++
					if err := os.Rename(path, fmt.Sprintf("%s.%d", path, rotations)); err != nil {
						t.Fatal(err)
					}
					add(t, path, fmt.Sprintf("file %d\n", rotations))
					want = append(want, fmt.Sprintf("file %d", rotations))
					if random.IntN(2) == 0 {
						// The file is seen before it is rotated again, as logrotate's are.
						until(t, "all lines before the next rotation", all)
					}
				case n < 94:
					fail := func(err error) {
						l.mu.Lock()
						defer l.mu.Unlock()
						l.fail = err
					}
					fail(errors.New("the disk is full"))
					want = append(want, fmt.Sprintf("while full %d", len(want)))
					add(t, path, want[len(want)-1]+"\n")
					time.Sleep(5 * time.Millisecond)
					fail(nil)
					kill()
				default:
					kill()
				}
			}
			until(t, "all lines", all)
			stop()
			got := append([]string(nil), l.lines...)
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
			l.once(t)
		})
	}
}
