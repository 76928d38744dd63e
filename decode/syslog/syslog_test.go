package syslog_test

import (
	"testing"

	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/decode/syslog"
)

var update = decodetest.UpdateFlag()

func TestGolden(t *testing.T)      { decodetest.Golden(t, syslog.Kind(), "testdata/*.log", *update) }
func FuzzDecode(f *testing.F)      { decodetest.Fuzz(f, syslog.Kind(), "testdata/*.log") }
func BenchmarkDecode(b *testing.B) { decodetest.Benchmark(b, syslog.Kind(), "testdata/mixed.log") }

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		head     string
		low, top int
	}{
		{"Feb  7 09:00:01 h kernel: a\n", 50, 60},
		{"<13>Feb  7 09:00:01 h a\n<13>b\n", 50, 60},
		{"2026-02-07 09:00:01 some text of a program\n", 0, 0},
		{"hello\n", 0, 0},
		{`{"timestamp":"2026-02-07T09:00:01Z"}` + "\n", 0, 0},
	} {
		if got := syslog.Kind().Sniff([]byte(c.head)); got < c.low || got > c.top {
			t.Errorf("Sniff(%q) = %d, want %d to %d", c.head, got, c.low, c.top)
		}
	}
}
