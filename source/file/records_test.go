package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/file"
)

func utf16le(s string) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

func TestRecords(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string // position:body
	}{
		{"lines", "alpha 1\r\n\n  \nalpha 2\n\tlast ", []string{"0:alpha 1", "13:alpha 2", "21:\tlast "}},
		{"byte order mark", "\xef\xbb\xbfalpha\nb", []string{"0:alpha", "6:b"}},
		{"UTF-16 with mark", "\xff\xfe" + utf16le("alpha 봉수\n\U0001F525"), []string{"0:alpha 봉수", "13:\U0001F525"}},
		{"UTF-16 without mark", utf16le("alpha beta gamma\nb"), []string{"0:alpha beta gamma", "17:b"}},
		{"one value a line", "{\"alpha\":1}\n{\"b\":2}\nodd\n", []string{`0:{"alpha":1}`, `12:{"b":2}`, "20:odd"}},
		{"array over lines", "[\n {\"alpha\":\n  [1,\"}\\\"\"]},\n{\"b\":2}]\n", []string{"3:{\"alpha\":\n  [1,\"}\\\"\"]}", `27:{"b":2}`}},
		{"values over lines", "{\n\"alpha\":1\n}\n{\n\"b\":{}}", []string{"0:{\n\"alpha\":1\n}", "14:{\n\"b\":{}}"}},
		{"array cut in a string", "[{\"alpha\":1},\n{\"b\":\"x\n{\"c\":3}]", []string{`1:{"alpha":1}`, `14:{"b":"x`, `22:{"c":3}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, named{"x", tt.in})
			o := options(t)
			o.Recognise = func([]byte) string { return "any" }
			p := find(t, dir, o).Recordings[0].Parts[0]
			var got []string
			err := p.Records("hash").Run(t.Context(), func(_ context.Context, recs []source.Record) error {
				for _, r := range recs {
					got = append(got, fmt.Sprintf("%d:%s", r.Position, r.Body))
					if r.Source != "hash" || !r.Received.Equal(p.Modified) {
						t.Errorf("origin %+v", r.Origin)
					}
				}
				return nil
			})
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("records (-want +got), error %v:\n%s", err, diff)
			}
		})
	}
}

func TestLongRecords(t *testing.T) {
	for _, length := range []int{file.MaxRecord, file.MaxRecord + 1, 3*file.MaxRecord + 5} {
		dir := t.TempDir()
		write(t, dir, named{"x", "alpha\n" + strings.Repeat("x", length) + "\nlast\n"})
		p := find(t, dir, options(t)).Recordings[0].Parts[0]
		var got []int
		r := p.Records("")
		err := r.Run(t.Context(), func(_ context.Context, recs []source.Record) error {
			for _, r := range recs {
				got = append(got, len(r.Body))
			}
			return nil
		})
		if diff := cmp.Diff([]int{5, min(length, file.MaxRecord), 4}, got); diff != "" {
			t.Errorf("%d: lengths (-want +got):\n%s", length, diff)
		}
		if long := length > file.MaxRecord; errors.Is(err, file.ErrLong) != long || (r.Long() == 1) != long {
			t.Errorf("%d: error %v", length, err)
		}
	}
}

func BenchmarkRecords(b *testing.B) {
	dir := b.TempDir()
	text := strings.Repeat("alpha 2026-03-01 09:30:00 gate sshd[4711]: a line of ordinary length from 192.0.2.1\n", 1<<15)
	write(b, dir, named{"x", text})
	p := find(b, dir, file.Options{Recognise: recognise, TempDir: b.TempDir()}).Recordings[0].Parts[0]
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := p.Records("").Run(b.Context(), func(context.Context, []source.Record) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// Records come in order, each from the place that it names, and hold
// everything but white space and what lies between JSON values.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{
		"a\nb\r\n\n c ", `[{"a":1},{"b":"}"}]`, "{\n\"a\":[1]\n}\n{\n}", "{\"a\":\"cut\n{\"b\":1}", "\xef\xbb\xbfx\ny", "\xff\xfea\x00\n\x00b\x00", "[{\"a\"", "}{\n{\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p := &file.Part{Path: "x"}
		last, kept := int64(-1), 0
		err := p.Records("").Read(t.Context(), bytes.NewReader(b), func(_ context.Context, recs []source.Record) error {
			for _, r := range recs {
				if int64(r.Position) <= last {
					t.Fatalf("record at %d after one at %d", r.Position, last)
				}
				last = int64(r.Position)
				kept += len(bytes.Join(bytes.Fields(r.Body), nil))
				if converted(b) {
					continue
				}
				if end := int(r.Position) + len(r.Body); end > len(b) || !bytes.Equal(b[r.Position:end], r.Body) {
					t.Fatalf("record %q is not at %d of %q", r.Body, r.Position, b)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		plain := !bytes.ContainsAny(b, "[]{},\x00") && !converted(b)
		if all := len(bytes.Join(bytes.Fields(b), nil)); plain && kept != all {
			t.Fatalf("%d of %d bytes come out of %q", kept, all, b)
		}
	})
}

// converted reports whether a text may be another than UTF-8 without mark.
func converted(b []byte) bool {
	return bytes.IndexByte(b, 0) >= 0 || bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) || bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))
}
