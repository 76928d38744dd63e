package cef_test

import (
	"testing"

	"github.com/bongsu/bongsu/decode/cef"
	"github.com/bongsu/bongsu/decode/decodetest"
)

var update = decodetest.UpdateFlag()

func TestGolden(t *testing.T)      { decodetest.Golden(t, cef.Kind(), "testdata/*.log", *update) }
func FuzzDecode(f *testing.F)      { decodetest.Fuzz(f, cef.Kind(), "testdata/*.log") }
func BenchmarkDecode(b *testing.B) { decodetest.Benchmark(b, cef.Kind(), "testdata/products.log") }

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		head     string
		low, top int
	}{
		{"CEF:0|a|b|c|d|e|5|src=192.0.2.1\n", 90, 100},
		{"Feb  7 09:00:02 fw1 CEF:0|a|b|c|d|e|5|src=192.0.2.1\nother\n", 70, 90},
		{"a text about CEF: what it is\n", 0, 0},
		{"", 0, 0},
	} {
		if got := cef.Kind().Sniff([]byte(c.head)); got < c.low || got > c.top {
			t.Errorf("Sniff(%q) = %d, want %d to %d", c.head, got, c.low, c.top)
		}
	}
}
