package nats_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/bus/nats"
)

// counter is a sink that counts.
type counter struct{ n, done atomic.Uint64 }

func (c *counter) Handle(context.Context, string) error   { c.n.Add(1); return nil }
func (c *counter) Flush(context.Context) error            { return nil }
func (c *counter) Resume(context.Context) (uint64, error) { return c.done.Load(), nil }

func (c *counter) Checkpoint(_ context.Context, handled uint64) (uint64, error) {
	c.done.Store(handled)
	return handled, nil
}

func run(b *testing.B, c nats.Config) *nats.Bus {
	b.Helper()
	n, err := nats.Open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- n.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := n.Close(); err != nil {
			b.Error(err)
		}
	})
	return n
}

// BenchmarkPublish stores frames of 128 KiB, fsynced, while two stages read.
func BenchmarkPublish(b *testing.B) {
	frame := strings.Repeat("x", 128<<10)
	for _, publishers := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("publishers=%d", publishers), func(b *testing.B) {
			one, two := &counter{}, &counter{}
			c := config(b.TempDir(), one)
			c.Flow = append(c.Flow, bus.End(lines, "two", two))
			n := run(b, c)
			b.SetBytes(int64(len(frame)))
			b.SetParallelism(max(1, publishers/runtime.GOMAXPROCS(0)))
			if publishers == 1 {
				for b.Loop() {
					if err := n.Publish(b.Context(), lines.Name, frame, bus.Stamp{}); err != nil {
						b.Fatal(err)
					}
				}
			} else {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := n.Publish(b.Context(), lines.Name, frame, bus.Stamp{}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.StopTimer() // the readers may be behind
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
			if err := n.Drain(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkReplay opens a folder with 2,000 frames of 128 KiB and reads them
// from the disk.
func BenchmarkReplay(b *testing.B) {
	const frames = 2000
	frame := strings.Repeat("x", 128<<10)
	c := config(b.TempDir(), &counter{})
	c.Lazy = true
	w, err := nats.Open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	for range frames {
		if err := w.Publish(b.Context(), lines.Name, frame, bus.Stamp{}); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	var opening, reading time.Duration
	for b.Loop() {
		began := time.Now()
		n, err := nats.Open(b.Context(), config(c.Dir, &counter{}))
		if err != nil {
			b.Fatal(err)
		}
		opening += time.Since(began)
		began = time.Now()
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error)
		go func() { ended <- n.Run(ctx) }()
		if err := n.Drain(b.Context()); err != nil {
			b.Fatal(err)
		}
		reading += time.Since(began)
		cancel()
		<-ended
		if err := n.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(opening.Seconds()*1000/float64(b.N), "ms/open")
	b.ReportMetric(float64(frames*b.N)/reading.Seconds(), "frames/s")
}

// BenchmarkIdle opens an empty bus and reports what it costs in memory.
func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		before := resident(b)
		began := time.Now()
		n, err := nats.Open(b.Context(), config(b.TempDir(), &counter{}))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/open")
		runtime.GC()
		b.ReportMetric(float64(resident(b)-before)/(1<<20), "MiB-rss")
		b.ReportMetric(float64(runtime.NumGoroutine()), "goroutines")
		if err := n.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func resident(b *testing.B) int64 {
	b.Helper()
	data, err := os.ReadFile(filepath.Join("/proc/self", "statm"))
	if err != nil {
		b.Skip(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(data))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
