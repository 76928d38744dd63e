package event_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
)

func frame(n int) event.Frame {
	var out event.Frame
	for i := range n {
		e := sample()
		e.Time = e.Time.Add(time.Duration((i*7919)%n) * time.Second)
		e.Origin.Position = uint64(i)
		e.SetInt(event.SrcPort, int64(i))
		e.SetBool(event.IsCleartext, i%2 == 0)
		out = append(out, e)
	}
	return out
}

func printed(f event.Frame) []string {
	var out []string
	for _, e := range f {
		out = append(out, string(e.AppendJSON(nil)))
	}
	return out
}

func TestCodec(t *testing.T) {
	codec := event.NewCodec()
	want := frame(50)
	b := codec.Encode(nil, want)
	got, err := codec.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(printed(want), printed(got)); diff != "" {
		t.Errorf("decoded frame (-want +got):\n%s", diff)
	}
	if !got[0].Time.Equal(want[0].Time) {
		t.Errorf("time %v, want %v", got[0].Time, want[0].Time)
	}
	if _, err := codec.Decode(b[:len(b)/2]); err == nil {
		t.Error("half a frame was read")
	}
}

func FuzzDecode(f *testing.F) {
	codec := event.NewCodec()
	f.Add(codec.Encode(nil, frame(3)))
	f.Add([]byte{})
	f.Fuzz(func(_ *testing.T, b []byte) {
		got, err := codec.Decode(b)
		if err == nil {
			printed(got)
		}
	})
}

func TestSorter(t *testing.T) {
	for _, limit := range []int{64 << 20, 200 << 10, 1} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			s := event.NewSorter(limit, t.TempDir())
			all := frame(4500)
			for _, e := range all {
				if err := s.Add(e); err != nil {
					t.Fatal(err)
				}
			}
			var got event.Frame
			if err := s.Each(func(f event.Frame) error { got = append(got, f...); return nil }); err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(all)
			slices.SortFunc(want, event.Compare)
			if diff := cmp.Diff(printed(want), printed(got)); diff != "" {
				t.Errorf("sorted events (-want +got):\n%.2000s", diff)
			}
		})
	}
}

func BenchmarkCodec(b *testing.B) {
	codec := event.NewCodec()
	f := frame(event.FrameRows)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = codec.Encode(buf[:0], f)
		if _, err := codec.Decode(buf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(buf))/event.FrameRows, "B/event")
	b.ReportMetric(float64(b.N)*event.FrameRows/b.Elapsed().Seconds(), "events/s")
}
