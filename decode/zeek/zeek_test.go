package zeek_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/decode/zeek"
	"github.com/bongsu/bongsu/event"
)

var update = decodetest.UpdateFlag()

func TestGolden(t *testing.T) {
	decodetest.Golden(t, zeek.Kind(), "testdata/*.log", *update)
	decodetest.Golden(t, zeek.Kind(), "testdata/*.json", *update)
}

func FuzzDecode(f *testing.F)          { decodetest.Fuzz(f, zeek.Kind(), "testdata/*.[lj]*") }
func BenchmarkDecode(b *testing.B)     { decodetest.Benchmark(b, zeek.Kind(), "testdata/conn.log") }
func BenchmarkDecodeJSON(b *testing.B) { decodetest.Benchmark(b, zeek.Kind(), "testdata/json.json") }

func TestSniff(t *testing.T) {
	tests := []struct {
		head string
		min  int
		max  int
	}{
		{"#separator \\x09\n#path\tconn\n", 99, 100},
		{"### a note\n#fields\tts\tuid\n", 99, 100},
		{`{"ts":1772357400.1,"uid":"C1","id.orig_h":"192.0.2.1"}`, 90, 100},
		{`{"ts":1772357400.1,"id.orig_h":"192.0.2.1","long":"` + strings.Repeat("x", 20000), 80, 90},
		{`{"ts":1772357400.1,"peer":"zeek"}`, 50, 70},
		{`{"name":"/usr/share/zeek/base/init.zeek"}`, 50, 70},
		{`{"timestamp":"2026-03-01T09:30:00+0000","event_type":"flow"}`, 0, 0},
		{`{"class_uid":4001,"ts":1}`, 0, 0},
		{"# a settings file\nkey: value\n", 0, 0},
		{"Mar  1 09:30:00 gate sshd[1]: x\n", 0, 0},
		{"{\n", 0, 0},
		{"", 0, 0},
	}
	for _, tt := range tests {
		if got := zeek.Kind().Sniff([]byte(tt.head)); got < tt.min || got > tt.max {
			t.Errorf("%.40q: %d, want %d to %d", tt.head, got, tt.min, tt.max)
		}
	}
}

// No password of a log becomes a value of an event; the record itself stays
// as it is.
func TestSecrets(t *testing.T) {
	files, err := filepath.Glob("testdata/*.[lj]*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	seen := 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range decodetest.Decode(zeek.Kind(), body) {
			for _, e := range line.Events {
				if strings.Contains(e.Str(event.RawData), "hunter") {
					seen++
				}
				e.SetStr(event.RawData, "")
				if text := string(e.AppendJSON(nil)); strings.Contains(text, "hunter") {
					t.Errorf("%s: %s", file, text)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no fixture holds a password")
	}
}

func TestPath(t *testing.T) {
	o := decodetest.Options()
	o.Path = "/var/log/zeek/reporter.2026-03-01.log.gz"
	d := zeek.Kind().New(o)
	events, err := d.Decode(decode.Record{Body: []byte(`{"ts":1772357400.1,"level":"Reporter::INFO","message":"up"}`)}, nil)
	if err != nil || len(events) != 1 || events[0].Str(event.LogName) != "reporter" {
		t.Errorf("%v, %v", events, err)
	}
}
