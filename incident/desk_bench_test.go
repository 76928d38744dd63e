package incident_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// crowd makes open findings of many matters: n machines scanned and guessed at,
// each with evidence and words as detectors write them.
func crowd(n int) []detect.Finding {
	names := []string{"scan", "guess", "success", "beacon"}
	var out []detect.Finding
	for i := range n {
		at := monday.Add(time.Duration(i) * time.Second)
		e := event.New(event.NetworkActivity, at, event.Origin{Source: "live", Position: uint64(i)})
		actor, target := fmt.Sprintf("203.%d.%d.9", i/8/250, i/8%250), fmt.Sprintf("10.%d.%d.5", i/20/250, i/20%250)
		e.SetStr(event.SrcIP, actor)
		e.SetStr(event.DstIP, target)
		f := rules[names[i%len(names)]].New(fmt.Sprint(i), e, text.Args{"src": actor, "dst": target})
		f.Involve("ip", actor, detect.Actor)
		f.Involve("ip", target, detect.Target)
		for range detect.MaxEvidence {
			f.Rest(e, "tcp ssh 203.0.113.9:40000 → 10.0.0.5:22 REJ out=120 in=80")
		}
		out = append(out, f)
	}
	return out
}

// 100 of 10,000 open findings grow each second, as seconds of the clock of the
// test: ns/op is the CPU that a second of it takes.
func BenchmarkSecond(b *testing.B) {
	for _, open := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(open), func(b *testing.B) {
			o := newOffice(b, nil)
			all := crowd(open)
			o.record(b, all...)
			r := rand.New(rand.NewPCG(1, 1))
			run := o.Desk
			b.ResetTimer()
			for b.Loop() {
				o.later(time.Second)
				for range 10 {
					var grown []detect.Finding
					for range 10 {
						f := &all[r.IntN(len(all))]
						f.Span(f.Last.Add(time.Second))
						f.Count++
						grown = append(grown, f.Clone())
					}
					if err := run.Record(b.Context(), grown); err != nil {
						b.Fatal(err)
					}
				}
				if err := run.Pass(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One matter of all findings, which grows.
func BenchmarkGiant(b *testing.B) {
	o := newOffice(b, nil)
	all := crowd(10_000)
	for i := range all {
		all[i].Involve("ip", "198.51.100.7", detect.Actor)
	}
	o.record(b, all...)
	b.ResetTimer()
	for b.Loop() {
		o.later(time.Second)
		f := &all[0]
		f.Span(f.Last.Add(time.Second))
		f.Count++
		if err := o.Record(b.Context(), []detect.Finding{f.Clone()}); err != nil {
			b.Fatal(err)
		}
		if err := o.Pass(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
