package config_test

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bongsu/bongsu/config"
)

var update = flag.Bool("update", false, "write docs/bongsu.yaml")

// docs is the example that comes along, made of the keys.
const docs = "../docs/bongsu.yaml"

func TestDocs(t *testing.T) {
	want := config.Sample()
	if *update {
		if err := os.WriteFile(docs, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s (-keys +file; go test ./config -update writes it):\n%s", docs, diff)
	}
	c, err := config.Read(docs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "/var/lib/bongsu" || len(c.Segments) != 1 || len(c.Segments[0].Prefixes) != 2 || len(c.Sources.Tail) != 1 || c.Detectors["guess"]["failures"] != "15" {
		t.Errorf("the example reads as %+v", c)
	}
}

// TestKeys goes through every field: each needs a key, each key a field.
func TestKeys(t *testing.T) {
	fields := map[string]bool{}
	var walk func(t reflect.Type, path string)
	walk = func(t reflect.Type, path string) {
		for i := range t.NumField() {
			f := t.Field(i)
			p := strings.TrimPrefix(path+"."+f.Tag.Get("yaml"), ".")
			inner := f.Type
			if inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[netip.Prefix]() {
				if f.Type.Kind() == reflect.Slice {
					fields[p] = true
				}
				walk(inner, p)
				continue
			}
			fields[p] = true
		}
	}
	walk(reflect.TypeFor[config.Config](), "")
	for _, k := range config.Keys() {
		if !fields[k.Path] {
			t.Errorf("key %q stands in no field, or twice", k.Path)
		}
		delete(fields, k.Path)
		if k.Example != "" && !strings.HasPrefix(k.Path, "segments.") && k.Path != "sources.tail.path" && !strings.HasPrefix(k.Path, "tls.") {
			if _, err := config.Read("", []string{k.Path + "=" + k.Example}); err != nil {
				t.Errorf("example of %s: %v", k.Path, err)
			}
		}
	}
	for p := range fields {
		t.Errorf("field %q has no key in keys.go", p)
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bongsu.yaml")
	content := `
listen: "[::1]:9000"
segments:
  - {name: factory, grade: S, prefixes: [10.1.0.0/16, 192.0.2.7]}
sources: {syslog: {udp: ""}}
detectors: {guess: {threshold: 3, window: 5m}}
retention: {age: 12h, size: 1GB}
`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Listen = "127.0.0.1:1"
	want.Segments = []config.Segment{{Name: "factory", Grade: "S", Prefixes: []netip.Prefix{
		netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("192.0.2.7/32"),
	}}}
	want.Sources.Syslog.UDP = ""
	want.Sources.Capture.Enabled = false
	want.Detectors = map[string]map[string]string{"guess": {"threshold": "4", "window": "5m"}}
	want.Retention = config.Retention{Age: config.Age(12 * time.Hour), Size: 1e9}
	got, err := config.Read(path, []string{"listen=127.0.0.1:1", "sources.capture.enabled=false", "detectors.guess.threshold=4"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"unknown key", "listn: x", `f.yaml:1: listn: unknown key (did you mean listen?); known here: data, listen,`},
		{"unknown key below", "sources:\n  syslog:\n    upd: x", `f.yaml:3: sources.syslog.upd: unknown key (did you mean udp?)`},
		{"twice", "data: a\ndata: b", `f.yaml:2: data: stands twice`},
		{"not an address", "listen: everywhere", `f.yaml: listen: "everywhere" is not an address with a port`},
		{"a name", "listen: example.com:80", `"example.com" is not an IP address`},
		{"port", "listen: 127.0.0.1:99999", `port "99999" is not a number`},
		{"list for value", "listen: [a]", `f.yaml:1: listen: is a list; one value is wanted, such as 0.0.0.0:8470`},
		{"value for list", "rules: a", `f.yaml:1: rules: is "a"; a list is wanted, such as [`},
		{"value for keys", "sources: 1", `f.yaml:1: sources: is "1"; keys and values are wanted: syslog, host`},
		{"value for table", "detectors: 1", `f.yaml:1: detectors: is "1"; names and values are wanted`},
		{"prefix", "segments: [{name: a, prefixes: [10.0.0.1/8]}]", `segments.prefixes: "10.0.0.1/8" has bits behind its length; write 10.0.0.0/8`},
		{"no prefix", "segments: [{name: a, prefixes: [x]}]", `"x" is not a prefix such as`},
		{"two segments of one prefix", "segments: [{name: a, prefixes: [10.0.0.0/8]}, {name: b, prefixes: [10.0.0.0/8]}]", `10.0.0.0/8 is in both a and b`},
		{"a segment twice", "segments: [{name: a, prefixes: [10.0.0.0/8]}, {name: a, prefixes: [11.0.0.0/8]}]", `"a" stands twice`},
		{"a segment of nothing", "segments: [{name: a}]", `a has none; say which addresses`},
		{"no name", "segments: [{prefixes: [10.0.0.0/8]}]", `entry 1 has no name`},
		{"grade", "segments: [{name: a, grade: X, prefixes: [10.0.0.0/8]}]", `"X" of a is not C, S or O`},
		{"age", "retention: {age: long}", `f.yaml:1: retention.age: "long" is not an age such as 90d`},
		{"age too large", "retention: {age: 999999999999d}", `is not an age`},
		{"size", "retention: {size: 20}", `"20" is not a size such as 512MiB`},
		{"size too large", "retention: {size: 99999999999TiB}", `is not a size`},
		{"half of tls", "tls: {certificate: a}", `certificate and key go together`},
		{"language", "language: fr", `"fr" is not ko or en`},
		{"level", "log: {level: loud}", `"loud" is not debug, info, warn or error`},
		{"bool", "sources: {host: {enabled: maybe}}", `"maybe" is not true or false`},
		{"duration", "limits: {query_time: 0s}", `"0s" is not a duration`},
		{"tail", "sources: {tail: [{}]}", `entry 1 has no path`},
		{"no YAML", "a: [", `f.yaml: line 1`},
		{"two documents", "data: a\n---\ndata: b", `a second document`},
		{"an alias of itself", "detectors: &a {x: *a}", `f.yaml`},
		{"empty data", "data: ''", `data: is empty`},
		{"empty organisation", "organisation: ''", `organisation: is empty`},
		{"format", "log: {format: xml}", `"xml" is not text or json`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("f.yaml", []byte(tt.content))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v; want it to say %q", err, tt.want)
			}
		})
	}
	for set, want := range map[string]string{
		"listen":     "write path=value",
		"listen.x=1": "--set listen.x=1: listen: is keys and values",
		"lissten=1":  "did you mean listen?",
		"rules=[":    "--set rules=[: ",
	} {
		if _, err := config.Read("", []string{set}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--set %s: error %v; want it to say %q", set, err, want)
		}
	}
	if _, err := config.Read(filepath.Join(t.TempDir(), "no.yaml"), nil); err == nil || !strings.Contains(err.Error(), "no.yaml") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestNothing(t *testing.T) {
	for _, content := range []string{"", "# nothing\n", "sources:\n"} {
		got, err := config.Parse("f.yaml", []byte(content))
		if err != nil {
			t.Errorf("%q: %v", content, err)
		}
		if diff := cmp.Diff(config.Default(), got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
			t.Errorf("%q (-default +got):\n%s", content, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(config.Sample()))
	f.Add([]byte("segments: [{name: a, prefixes: [10.0.0.0/8]}]\ndetectors: {a: &x {b: c}, d: *x}"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if c, err := config.Parse("f.yaml", content); err == nil && c.Data == "" {
			t.Error("settings without a data folder passed")
		}
	})
}
