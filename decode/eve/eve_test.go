package eve_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/decode/eve"
	"github.com/bongsu/bongsu/event"
)

var update = decodetest.UpdateFlag()

func TestGolden(t *testing.T)      { decodetest.Golden(t, eve.Kind(), "testdata/*.json", *update) }
func FuzzDecode(f *testing.F)      { decodetest.Fuzz(f, eve.Kind(), "testdata/*.json") }
func BenchmarkDecode(b *testing.B) { decodetest.Benchmark(b, eve.Kind(), "testdata/eve.json") }

func TestSniff(t *testing.T) {
	tests := []struct {
		head     string
		min, max int
	}{
		{`{"timestamp":"2026-03-01T09:30:00.123456+0900","flow_id":1,"event_type":"flow"}`, 90, 100},
		{`[{"timestamp":"2026-03-01T09:30:00.123456+0900","src_ip":"192.0.2.1","event_type":"new"}` + "\n", 90, 100},
		{`{"timestamp":"2026-03-01T09:30:00+0900","event_type":"stats","stats":{"x":"` + strings.Repeat("x", 20000), 70, 90},
		{`{"timestamp":"2026-03-01T09:30:00+0900","event_type":"login"}`, 40, 60},
		{`{"timestamp":"now","event_type":"flow","flow_id":1}`, 0, 0},
		{`{"ts":1772357400.1,"uid":"C1"}`, 0, 0},
		{"plain", 0, 0},
		{`168.0.1","dest_port":80}` + "\n" + `{"timestamp":"2026-03-01T09:30:00+0900","flow_id":1,"event_type":"flow"}` + "\n", 90, 100},
		{"", 0, 0},
	}
	for _, tt := range tests {
		if got := eve.Kind().Sniff([]byte(tt.head)); got < tt.min || got > tt.max {
			t.Errorf("%.60q: %d, want %d to %d", tt.head, got, tt.min, tt.max)
		}
	}
}

// No password of a log becomes a value of an event; the record itself stays
// as it is.
func TestSecrets(t *testing.T) {
	body, err := os.ReadFile("testdata/eve.json")
	if err != nil || !bytes.Contains(body, []byte("hunter")) {
		t.Fatal("no fixture holds a password", err)
	}
	for _, line := range decodetest.Decode(eve.Kind(), body) {
		for _, e := range line.Events {
			e.SetStr(event.RawData, "")
			if text := string(e.AppendJSON(nil)); strings.Contains(text, "hunter") {
				t.Error(text)
			}
		}
	}
}
