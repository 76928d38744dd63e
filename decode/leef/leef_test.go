package leef_test

import (
	"testing"

	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/decode/leef"
)

var update = decodetest.UpdateFlag()

func TestGolden(t *testing.T)      { decodetest.Golden(t, leef.Kind(), "testdata/*.log", *update) }
func FuzzDecode(f *testing.F)      { decodetest.Fuzz(f, leef.Kind(), "testdata/*.log") }
func BenchmarkDecode(b *testing.B) { decodetest.Benchmark(b, leef.Kind(), "testdata/products.log") }

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		head     string
		low, top int
	}{
		{"LEEF:1.0|a|b|c|d|src=192.0.2.1\n", 90, 100},
		{"Feb  7 09:00:02 fw1 LEEF:2.0|a|b|c|d|^|src=192.0.2.1\nother\n", 70, 90},
		{"a text about LEEF: what it is\n", 0, 0},
		{"", 0, 0},
	} {
		if got := leef.Kind().Sniff([]byte(c.head)); got < c.low || got > c.top {
			t.Errorf("Sniff(%q) = %d, want %d to %d", c.head, got, c.low, c.top)
		}
	}
}
