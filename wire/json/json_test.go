package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/wire/json"
)

func parse(t testing.TB, text string) json.Value {
	t.Helper()
	var d json.Doc
	if err := d.ParseString(text); err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return d.Root()
}

func TestValues(t *testing.T) {
	v := parse(t, ` {"a":{"b":[1,2.5,"x"],"\u0063":true},"n":-12,"s":"tab\t\ud83d\ude00","big":1e3,"q":"42","z":null,"a":7} `)
	if got := v.Get("a", "c"); got.Kind() != json.Bool || got.Text() != "true" {
		t.Errorf("a.c = %s", got.Raw())
	}
	if n, ok := v.Get("n").Int(); n != -12 || !ok {
		t.Errorf("n = %d %v", n, ok)
	}
	if n, ok := v.Get("big").Int(); n != 1000 || !ok {
		t.Errorf("big = %d %v", n, ok)
	}
	if n, ok := v.Get("q").Int(); n != 42 || !ok {
		t.Errorf("q = %d %v", n, ok)
	}
	if got, want := v.Get("s").Str(), "tab\t\U0001F600"; got != want {
		t.Errorf("s = %q, want %q", got, want)
	}
	if v.Get("z").Exists() || v.Get("a", "b", "c").Kind() != json.None || v.Get("nowhere").Exists() {
		t.Error("what is null or not there exists")
	}
	if got := v.Get("a", "b").Len(); got != 3 {
		t.Errorf("a.b has %d members", got)
	}
}

func TestRest(t *testing.T) {
	v := parse(t, `{"a":{"b":[1, {"x" : 2}],"c":true},"n":-12,"z":null,"gone":{"k":1},"e":{}}`)
	v.Take("n")
	v.Take("gone")
	var got []string
	v.Rest(func(name string, v json.Value) { got = append(got, name+"="+string(v.AppendTo(nil))) })
	if diff := cmp.Diff([]string{`a.b=[1,{"x":2}]`, "a.c=true"}, got); diff != "" {
		t.Errorf("Rest (-want +got):\n%s", diff)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]error{
		``: json.ErrCut, `{"a":`: json.ErrCut, `{"a`: json.ErrCut, `[1,`: json.ErrCut, `tru`: json.ErrCut,
		`{a:1}`: json.ErrSyntax, `{} {}`: json.ErrSyntax, `[1 2]`: json.ErrSyntax, `01`: json.ErrSyntax, `-x`: json.ErrSyntax,
		string(bytes.Repeat([]byte("["), 5000)): json.ErrDepth,
	} {
		var d json.Doc
		if err := d.ParseString(text); !errors.Is(err, want) {
			t.Errorf("%.20s: error %v, want %v", text, err, want)
		}
		if d.Root().Kind() != json.None {
			t.Errorf("%.20s: a value in spite of an error", text)
		}
	}
}

// What the standard library reads, this reads too, and writes the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,{"b":null}],"c":"\u00e9\ud800 \\x"}`, `[]`, `"x\ny"`, "-0.5e+7", "{\"a\":\"\xff\"}", `{"":{"":1}}`, `[[[[`, `{"a":1,"a":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d json.Doc
		err := d.Parse(b)
		var want any
		dec := stdjson.NewDecoder(bytes.NewReader(b))
		dec.UseNumber()
		if stdjson.Valid(b) && dec.Decode(&want) == nil {
			if err != nil {
				if errors.Is(err, json.ErrDepth) {
					return
				}
				t.Fatalf("%q: %v", b, err)
			}
		}
		if err != nil {
			return
		}
		out := d.Root().AppendTo(nil)
		if !utf8.Valid(out) {
			t.Fatalf("%q gives text that is not UTF-8: %q", b, out)
		}
		if stdjson.Valid(b) {
			var again any
			dec := stdjson.NewDecoder(bytes.NewReader(out))
			dec.UseNumber()
			if err := dec.Decode(&again); err != nil {
				t.Fatalf("%q gives %q: %v", b, out, err)
			}
			if !hasTwice(d.Root()) {
				if diff := cmp.Diff(want, again); diff != "" {
					t.Fatalf("%q gives %q:\n%s", b, out, diff)
				}
			}
		}
		d.Root().Rest(func(string, json.Value) {})
	})
}

func hasTwice(v json.Value) bool {
	seen := map[string]bool{}
	for m := range v.Each {
		if v.Kind() == json.Object && seen[m.Key()] || hasTwice(m) {
			return true
		}
		seen[m.Key()] = true
	}
	return false
}

func BenchmarkParse(b *testing.B) {
	line := `{"timestamp":"2026-03-01T09:30:00.123456+0000","flow_id":1374195536821504,"event_type":"flow","src_ip":"192.0.2.1","src_port":51698,"dest_ip":"198.51.100.7","dest_port":443,"proto":"TCP","flow":{"pkts_toserver":12,"pkts_toclient":0,"bytes_toserver":4056,"bytes_toclient":0,"start":"2026-03-01T09:29:00.123456+0000","state":"new"}}`
	var d json.Doc
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if err := d.ParseString(line); err != nil {
			b.Fatal(err)
		}
	}
}
