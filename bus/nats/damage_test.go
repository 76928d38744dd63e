package nats_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/bus/bustest"
	"github.com/bongsu/bongsu/bus/nats"
)

var lines = bus.Topic[string]{Name: "lines", Codec: func() (bus.Codec[string], error) { return plain{}, nil }}

type plain struct{}

func (plain) Encode(dst []byte, s string) []byte { return append(dst, s...) }
func (plain) Decode(src []byte) (string, error)  { return string(src), nil }

// reader is a sink that keeps its position in memory.
type reader struct {
	got  []string
	done uint64
}

func (r *reader) Handle(_ context.Context, s string) error { r.got = append(r.got, s); return nil }
func (r *reader) Flush(context.Context) error              { return nil }
func (r *reader) Resume(context.Context) (uint64, error)   { return r.done, nil }

func (r *reader) Checkpoint(_ context.Context, handled uint64) (uint64, error) {
	r.done = handled
	return handled, nil
}

func config(dir string, sink bus.Sink[string]) nats.Config {
	return nats.Config{Dir: dir, Flow: bus.Flow{bus.End(lines, "sink", sink)}, Log: bustest.Log(), Clock: time.Now}
}

// written makes a folder with messages of 1,000 bytes in blocks that begin
// anew after 8 MiB, as a bus leaves it that was closed.
func written(t *testing.T, from, n int, dir string) []string {
	t.Helper()
	c := config(dir, &reader{})
	c.Lazy = true // the test is about files, not about power cuts
	b, err := nats.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprintf("line %06d %s", from+i, strings.Repeat("x", 10_000))
		if err := b.Publish(t.Context(), lines.Name, want[i], bus.Stamp{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return want
}

// read opens a folder and returns what a stage gets that begins at the
// beginning, what the bus says is damaged, and what comes after.
func read(t *testing.T, dir string) (got []string, damage []string) {
	t.Helper()
	r := &reader{}
	b, err := nats.Open(t.Context(), config(dir, r))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	if err := b.Publish(t.Context(), lines.Name, "behind", bus.Stamp{}); err != nil {
		t.Error(err)
	}
	if err := b.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	damage = b.Damage()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	return r.got, damage
}

func block(dir string, n int) string {
	return filepath.Join(dir, "jetstream", "$G", "streams", "bongsu-lines", "msgs", fmt.Sprintf("%d.blk", n))
}

// where finds a message's record in a block.
func where(t *testing.T, data []byte, message string) int {
	t.Helper()
	i := bytes.Index(data, []byte(message))
	if i < 0 {
		t.Fatalf("the block has no %.20q", message)
	}
	return bytes.LastIndex(data[:i], []byte("bongsu.bongsu-lines")) - 22
}

func TestDamage(t *testing.T) {
	const count = 1000
	original := t.TempDir()
	all := written(t, 1, count, original)
	crash := func(dir string) { // so that the server reads its blocks, as after a crash
		_ = os.Remove(filepath.Join(filepath.Dir(block(dir, 1)), "index.db"))
	}
	for _, test := range []struct {
		name  string
		harm  func(t *testing.T, dir string)
		lost  []int // first and last line that are gone
		words string
	}{
		{"nothing", func(*testing.T, string) {}, nil, ""},
		{"a bit of a body", func(t *testing.T, dir string) {
			edit(t, block(dir, 1), func(b []byte) []byte { b[where(t, b, all[99])+200] ^= 4; return b })
		}, []int{100, 100}, "message 100 is damaged"},
		{"a bit of a length", func(t *testing.T, dir string) {
			edit(t, block(dir, 1), func(b []byte) []byte { b[where(t, b, all[99])+2] ^= 0x20; return b })
		}, []int{100, 100}, "message 100 is damaged"},
		{"the first record", func(t *testing.T, dir string) {
			edit(t, block(dir, 1), func(b []byte) []byte { b[where(t, b, all[0])+100] ^= 1; return b })
		}, []int{1, 1}, "message 1 is damaged"},
		{"the last record of a full block", func(t *testing.T, dir string) {
			edit(t, block(dir, 1), func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
		}, []int{-1, -1}, "cannot be read from byte"},
		{"the newest record", func(t *testing.T, dir string) {
			edit(t, block(dir, 2), func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
		}, []int{count, count}, "message 1000 is missing at the end"},
		{"zeros over several", func(t *testing.T, dir string) {
			edit(t, block(dir, 1), func(b []byte) []byte {
				clear(b[where(t, b, all[99])+5 : where(t, b, all[105])+50])
				return b
			})
		}, []int{100, 106}, "message 100 to 106 is damaged"},
		{"a full block cut", func(t *testing.T, dir string) {
			edit(t, block(dir, 1), func(b []byte) []byte { return b[:where(t, b, all[699])+100] })
		}, []int{700, -1}, "cannot be read from byte"},
		{"the newest block cut", func(t *testing.T, dir string) {
			edit(t, block(dir, 2), func(b []byte) []byte { return b[:where(t, b, all[989])+100] })
		}, []int{990, count}, "message 990 to 1000 is missing at the end"},
		{"a block gone", func(t *testing.T, dir string) {
			if err := os.Remove(block(dir, 1)); err != nil {
				t.Fatal(err)
			}
		}, []int{1, -1}, ""},
		{"the newest block gone", func(t *testing.T, dir string) {
			if err := os.Remove(block(dir, 2)); err != nil {
				t.Fatal(err)
			}
		}, []int{-1, count}, "to 1000 "},
		{"what the stream is", func(t *testing.T, dir string) {
			edit(t, filepath.Join(filepath.Dir(block(dir, 1)), "..", "meta.inf"), func(b []byte) []byte { b[20] ^= 1; return b })
		}, nil, ""},
		{"the bus's own positions", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, "positions.json"), func(b []byte) []byte { return b[:len(b)/2] })
		}, nil, "positions.json"},
		{"the server's notes", func(t *testing.T, dir string) {
			edit(t, filepath.Join(filepath.Dir(block(dir, 1)), "index.db"), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		}, nil, ""},
	} {
		for _, crashed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, crashed %v", test.name, crashed), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(original)); err != nil {
					t.Fatal(err)
				}
				inFirst := bytes.Count(contents(t, block(dir, 1)), []byte("line "))
				test.harm(t, dir)
				if crashed {
					crash(dir)
				}
				want := slices.Clone(all)
				if len(test.lost) > 0 {
					first, last := test.lost[0], test.lost[1]
					if last < 0 {
						last = inFirst
					}
					if first < 0 { // the last of the first block
						first = inFirst
						if last == count {
							first++
						}
					}
					want = slices.Delete(want, first-1, last)
				}
				want = append(want, "behind")
				got, damage := read(t, dir)
				if diff := cmp.Diff(short(want), short(got)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if text := strings.Join(damage, "\n"); !strings.Contains(text, test.words) || test.words == "" && test.lost == nil && text != "" || test.lost != nil && text == "" && test.words != "" {
					t.Errorf("damage %q, want %q", text, test.words)
				}
				again, _ := read(t, dir) // what was repaired stays so
				if diff := cmp.Diff(append(short(want), "behind"), short(again)); diff != "" {
					t.Errorf("the next time (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func short(s []string) []string {
	out := make([]string, len(s))
	for i := range s {
		out[i] = s[i][:min(len(s[i]), 11)]
	}
	return out
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	if err := os.WriteFile(path, change(contents(t, path)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDamageWhileRunning flips bits under a server that runs.
func TestDamageWhileRunning(t *testing.T) {
	dir := t.TempDir()
	all := written(t, 1, 1000, dir)
	r := &reader{}
	b, err := nats.Open(t.Context(), config(dir, r))
	if err != nil {
		t.Fatal(err)
	}
	edit(t, block(dir, 1), func(data []byte) []byte { data[where(t, data, all[99])+200] ^= 4; return data })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	if err := b.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	cancel()
	<-ended
	if diff := cmp.Diff(short(slices.Delete(slices.Clone(all), 99, 100)), short(r.got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"topic lines: message 100 cannot be read"}, b.Damage()); diff != "" {
		t.Errorf("damage (-want +got):\n%s", diff)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// FuzzDamage flips and cuts anything in the blocks: what is served is a part of
// what was written, in order, and the bus goes on.
func FuzzDamage(f *testing.F) {
	original := f.TempDir()
	var want []string
	f.Add(uint32(0), byte(1), uint16(1), false)
	f.Add(uint32(5000), byte(255), uint16(3000), false)
	f.Add(uint32(20000), byte(7), uint16(9), true)
	f.Fuzz(func(t *testing.T, at uint32, with byte, length uint16, cut bool) {
		if want == nil {
			want = written(t, 1, 20, original)
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(original)); err != nil {
			t.Fatal(err)
		}
		edit(t, block(dir, 1), func(b []byte) []byte {
			i := int(at) % len(b)
			if cut {
				return b[:i]
			}
			for k := i; k < min(i+int(length), len(b)); k++ {
				b[k] ^= with
			}
			return b
		})
		got, damage := read(t, dir)
		if len(got) == 0 || got[len(got)-1] != "behind" {
			t.Fatal("the bus does not go on")
		}
		next := 0
		for _, g := range got[:len(got)-1] {
			i := slices.Index(want[next:], g)
			if i < 0 {
				t.Fatalf("%.20q was not written, or not in this order", g)
			}
			next += i + 1
		}
		if len(got) < len(want)+1 && len(damage) == 0 {
			t.Errorf("%d of %d messages are there and nothing is said", len(got)-1, len(want))
		}
	})
}
