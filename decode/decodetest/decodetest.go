// Package decodetest is the harness for decoders: recordings with the events
// that they must give, fuzzing and speed. It judges one decoder alone; how
// decoders share a file is tested with package decode.
package decodetest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

// Options are what the harness gives to every decoder: a fixed reference and
// UTC.
var reference = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Options returns the surroundings that the harness gives to decoders.
func Options() decode.Options { return decode.Options{Reference: reference} }

// Golden decodes every file that matches glob and compares the events, one
// JSON object a line, with the file of the same name that ends in .golden.
// With update set the latter is written. A line that the decoder declines
// stands there as {"line":n,"declined":"why"}.
func Golden(t *testing.T, kind decode.Kind, glob string, update bool) {
	t.Helper()
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s: %v", glob, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := render(kind, body)
			golden := strings.TrimSuffix(file, filepath.Ext(file)) + ".golden"
			if update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v; run the test with -update to write it", err)
			}
			if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
				t.Errorf("events of %s, -want +got:\n%s", file, d)
			}
		})
	}
}

// UpdateFlag declares the flag -update, which a test hands to Golden.
func UpdateFlag() *bool { return flag.Bool("update", false, "write the golden files anew") }

func render(kind decode.Kind, body []byte) string {
	var b []byte
	for _, l := range Decode(kind, body) {
		if l.Err != nil {
			b = fmt.Appendf(b, "{\"line\":%d,\"declined\":%q}\n", l.Number, l.Err)
		}
		for _, e := range l.Events {
			b = append(e.AppendJSON(b), '\n')
		}
	}
	return string(b)
}

// A Line is what became of one line.
type Line struct {
	Number int // from 1
	Events []*event.Event
	Err    error
}

// Decode gives a text to one decoder, line by line.
func Decode(kind decode.Kind, body []byte) []Line {
	d := kind.New(Options())
	var out []Line
	position := uint64(0)
	for n := 1; len(body) > 0; n++ {
		text, rest, _ := bytes.Cut(body, []byte("\n"))
		rec := record(text, position)
		events, err := d.Decode(rec, nil)
		out = append(out, Line{n, events, err})
		position += uint64(len(text)) + 1
		body = rest
	}
	return out
}

func record(text []byte, position uint64) decode.Record {
	rec := decode.Record{Body: text}
	rec.Source, rec.Position, rec.Received = "00c0ffee00c0ffee", position, reference
	return rec
}

// Fuzz feeds arbitrary texts, as lines of one file. A decoder may decline or
// report an error; it must not panic, must give events a time, must not keep
// or change the record's body, and must say the same twice.
func Fuzz(f *testing.F, kind decode.Kind, glob string) {
	f.Helper()
	files, _ := filepath.Glob(glob)
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
		for text := range bytes.Lines(body) {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kind.Sniff(body)
		before := bytes.Clone(body)
		first := Decode(kind, body)
		if !bytes.Equal(before, body) {
			t.Fatal("Decode changed the record")
		}
		var a []byte
		for _, l := range first {
			for _, e := range l.Events {
				if e.Time.IsZero() {
					t.Fatalf("line %d: event without a time", l.Number)
				}
				a = append(e.AppendJSON(a), '\n')
			}
			if l.Err != nil && len(l.Events) > 0 && errors.Is(l.Err, decode.ErrNotMine) {
				t.Fatalf("line %d: declined with %d events", l.Number, len(l.Events))
			}
		}
		if b := []byte(render2(Decode(kind, body))); !bytes.Equal(a, b) {
			t.Fatalf("decoding twice differs:\n%s", cmp.Diff(string(a), string(b)))
		}
	})
}

func render2(lines []Line) string {
	var b []byte
	for _, l := range lines {
		for _, e := range l.Events {
			b = append(e.AppendJSON(b), '\n')
		}
	}
	return string(b)
}

// Benchmark decodes the lines of a file over and over and reports lines a
// second.
func Benchmark(b *testing.B, kind decode.Kind, file string) {
	b.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	var recs []decode.Record
	for text := range bytes.Lines(body) {
		recs = append(recs, record(bytes.TrimRight(text, "\n"), uint64(len(recs))))
	}
	b.SetBytes(int64(len(body)) / int64(len(recs)))
	b.ReportAllocs()
	d := kind.New(Options())
	var out []*event.Event
	for i := 0; b.Loop(); i++ {
		out, _ = d.Decode(recs[i%len(recs)], out[:0])
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// logOf returns the log of a line of a rule's test, "log 1 pass = …", and any
// other line as it is.
func logOf(line []byte) []byte {
	if rest, ok := bytes.CutPrefix(line, []byte("log ")); ok {
		if head, log, found := bytes.Cut(rest, []byte(" = ")); found && len(head) < 12 {
			return log
		}
	}
	return line
}

// maxPublic bounds the public files that are read: larger ones are archives.
const maxPublic = 32 << 20

// PublicLines hands every line of every text file below logs in the public
// test data to visit. It skips the test, and says so, where there is none.
func PublicLines(t *testing.T, visit func(file string, line []byte)) {
	t.Helper()
	data := os.Getenv("BONGSU_TESTDATA")
	if data == "" {
		t.Skip("BONGSU_TESTDATA is not set: public logs are not read")
	}
	files := 0
	err := filepath.WalkDir(filepath.Join(data, "logs"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if info, err := entry.Info(); err != nil || info.Size() > maxPublic {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.IndexByte(body[:min(len(body), decode.HeadSize)], 0) >= 0 {
			return nil // not text
		}
		files++
		for line := range bytes.Lines(body) {
			visit(path, logOf(bytes.TrimRight(line, "\r\n")))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatalf("no text files below %s: set BONGSU_TESTDATA to the folder that holds logs", data)
	}
}
