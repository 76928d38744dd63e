package eventstore_test

import (
	"testing"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

// BenchmarkStore appends events to a store and has them written as its tails
// are due, everything included but the sources of the events.
func BenchmarkStore(b *testing.B) {
	for name, generate := range map[string]func(int) event.Frame{"logons": logons, "flows": flows} {
		b.Run(name, func(b *testing.B) {
			all := generate(64 << 10)
			s, err := eventstore.Open(b.Context(), eventstore.Config{
				Dir: b.TempDir(), Catalogue: eventstoretest.NewCatalogue(), Log: quiet(), Clock: func() time.Time { return eventstoretest.Begin },
			})
			if err != nil {
				b.Fatal(err)
			}
			sequence := uint64(0)
			begin := cpu()
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				for at := 0; at < len(all); at += event.FrameRows {
					sequence++
					if err := s.Append(b.Context(), "enriched", sequence, all[at:min(at+event.FrameRows, len(all))]); err != nil {
						b.Fatal(err)
					}
				}
			}
			if err := s.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
			rows := float64(b.N) * float64(len(all))
			b.ReportMetric((cpu()-begin).Seconds()*1e6/rows, "cpu-s/Mrows")
			b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(s.Stats().Bytes)/rows, "B/row")
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
