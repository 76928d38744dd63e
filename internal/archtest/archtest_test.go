package archtest_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bongsu/bongsu/internal/archtest"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "draw the tables into docs/architecture.md")

const root = "../.."

func TestTree(t *testing.T) {
	tree, err := archtest.Load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Packages) < 2 {
		t.Fatalf("found %d packages below %s, so nothing was checked", len(tree.Packages), root)
	}
	for _, p := range archtest.Check(tree, archtest.Project()) {
		t.Error(p)
	}
}

func TestDocs(t *testing.T) {
	const page = root + "/docs/architecture.md"
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want, err := archtest.ReplaceDrawn(string(have), archtest.Markdown(archtest.Project()))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(have), want); diff != "" {
		t.Errorf("docs/architecture.md is stale; run go test ./internal/archtest -update\n%s", diff)
	}
}

func TestReplaceDrawnNeedsItsMarkers(t *testing.T) {
	for _, page := range []string{"", "# Architecture\n", archtest.Markdown(archtest.Project())} {
		if got, err := archtest.ReplaceDrawn(page, "tables"); err == nil {
			t.Errorf("page without markers accepted: %q", got)
		}
	}
}

// small is a table in the shape of the project's own, for trees of a few
// lines.
var small = archtest.Rules{
	Groups: []archtest.Group{{Name: "NOUNS", Members: []string{"event", "org"}}},
	Rows: []archtest.Row{
		{Path: "cli", May: []string{"catalog", "NOUNS"}, Clock: true, Wide: true},
		{Path: "catalog", May: []string{"detect", "detect/*", "NOUNS"}},
		{Path: "event", May: []string{"org"}},
		{Path: "org"},
		{Path: "n?"},
		{Path: "decode", May: []string{"NOUNS"}},
		{Path: "detect", May: []string{"NOUNS"}},
		{Path: "detect/*test", May: []string{"detect", "NOUNS"}, TestsOnly: true},
		{Path: "detect/*", May: []string{"detect", "wire/*", "NOUNS"}},
		{Path: "*/*/internal/*", May: []string{"wire/*"}},
		{Path: "wire/*"},
		{Path: "hub", May: []string{"n?"}},
		{Path: "hall", May: []string{"n?"}, Wide: true},
		{Path: "internal/*", May: []string{"cli", "detect"}, TestsOnly: true},
		{Path: "util"},
	},
	Libraries: []archtest.Library{
		{Module: "example.com/zstd", Homes: []string{"event"}},
		{Module: "example.com/diff", Reason: "compares"},
	},
}

func TestCheck(t *testing.T) {
	const scan = "detect/scan/scan.go"
	tests := []struct {
		name  string
		files map[string]string // a body after the package clause, or a whole file
		want  []string
	}{
		{"clean", map[string]string{
			"org/org.go":                          "type ID string",
			"event/event.go":                      `import "example.com/own/org"; import "example.com/zstd/fast"`,
			"detect/detect.go":                    `import "example.com/own/event"; import "strings"`,
			scan:                                  `import "example.com/own/detect"; import "example.com/own/wire/dns"; import "example.com/own/detect/scan/internal/count"`,
			"detect/scan/internal/count/count.go": `import "example.com/own/wire/dns"`,
			"wire/dns/dns.go":                     "var names = map[int]string{1: \"A\"}",
			"catalog/catalog.go":                  `import "example.com/own/detect/scan"`,
			"cli/cli.go":                          `import "time"; var _ = time.Now`,
		}, nil},
		{"unknown package", map[string]string{"agent/agent.go": ""}, []string{
			"agent: R1: package agent is in no row: say where it stands in rows of internal/archtest/rules_table.go, then run go test ./internal/archtest -update",
		}},
		{"stage to its right", map[string]string{"decode/decode.go": `import "example.com/own/detect"`, "detect/detect.go": ""}, []string{
			`decode/decode.go:1: R1: decode imports detect; row "decode" allows NOUNS`,
		}},
		{"sibling", map[string]string{scan: `import "example.com/own/detect/guess"`}, []string{
			scan + `:1: R2: detect/scan imports detect/guess; row "detect/*" allows detect, wire/*, NOUNS`,
		}},
		{"plug-in outside the catalog", map[string]string{"cli/cli.go": `import "example.com/own/detect/scan"`}, []string{
			`cli/cli.go:1: R3: cli imports detect/scan; row "cli" allows catalog, NOUNS`,
		}},
		{"face from below", map[string]string{"event/event.go": `import "example.com/own/cli"`}, []string{
			`event/event.go:1: R5: event imports cli; row "event" allows org`,
		}},
		{"noun that imports", map[string]string{"org/org.go": `import "example.com/own/event"`}, []string{
			`org/org.go:1: R1: org imports event; row "org" allows no own package`,
		}},
		{"private folder of a sibling", map[string]string{scan: `import "example.com/own/detect/guess/internal/count"`}, []string{
			scan + `:1: R2: detect/scan imports detect/guess/internal/count; row "detect/*" allows detect, wire/*, NOUNS`,
		}},
		{"harness outside tests", map[string]string{"catalog/catalog.go": `import "example.com/own/detect/detecttest"`}, []string{
			`catalog/catalog.go:1: R3: catalog imports detect/detecttest; row "catalog" allows detect, detect/*, NOUNS`,
		}},
		{"harness in tests", map[string]string{"catalog/catalog_test.go": `import "example.com/own/detect/detecttest"`}, nil},
		{"library from another home", map[string]string{"decode/decode.go": `import "example.com/zstd"`}, []string{
			"decode/decode.go:1: R6: library example.com/zstd belongs to event: use what that package offers",
		}},
		{"library without a home", map[string]string{"decode/decode_test.go": `import "example.com/zstdlike"`}, []string{
			"decode/decode_test.go:1: R6: library example.com/zstdlike has no home: name its one package in libraries of internal/archtest/rules_table.go",
		}},
		{"library for tests", map[string]string{"decode/decode.go": `import "example.com/diff"`, "detect/detecttest/run.go": `import "example.com/diff"`, "decode/decode_test.go": `import "example.com/diff"`}, []string{
			"decode/decode.go:1: R6: library example.com/diff is for tests only",
		}},
		{"vague name", map[string]string{"util/util.go": ""}, []string{
			`util: R8: name "util" says nothing: name the package for what it is about`,
		}},
		{"two names", map[string]string{"org/org.go": "package tenant\n"}, []string{
			"org/org.go: R8: package tenant lies in folder org: give both one name",
		}},
		{"long file", map[string]string{"org/org.go": lines(601), "org/org_test.go": lines(700), "org/a_table.go": lines(700), "event/a.go": lines(599)}, []string{
			"org/org.go: R8: 601 lines, more than 600: split it by subject",
		}},
		{"generated file", map[string]string{"org/org.go": "// Code generated by hand. DO NOT EDIT.\n\npackage org\n" + strings.Repeat("\n", 700)}, nil},
		{"long package", long(7, 572), []string{"org: R8: 4004 lines in the package, more than 4000: split it by subject"}},
		{"code in a table", map[string]string{"org/a_table.go": "func f() {}"}, []string{
			"org/a_table.go:1: R8: func f in a file named as a table, which is not counted: move it to another file",
		}},
		{"many imports", many("hub", 11), []string{"hub: R8: imports 11 own packages, more than 10: split it, or take an interface instead"}},
		{"as many imports as allowed", many("hub", 10), nil},
		{"many imports of a joining package", many("hall", 11), nil},
		{"init", map[string]string{"org/org.go": "func init() {}; type t int; func (t) init() {}"}, []string{
			"org/org.go:1: R9: func init runs without being called: build what it builds in a constructor",
		}},
		{"clock", map[string]string{
			"org/org.go":      `import clock "time"; var now = clock.Now; func f(t clock.Time) { _ = clock.Since(t) }`,
			"org/org_test.go": `import "time"; var _ = time.Now()`,
			"event/event.go":  `type watch struct{}; func (watch) Now() int { return 0 }; func f() { var time watch; _ = time.Now() }`,
		}, []string{
			"org/org.go:1: R9: time.Now reads the wall clock: take event time, or a clock that app hands in",
			"org/org.go:1: R9: time.Since reads the wall clock: take event time, or a clock that app hands in",
		}},
		{"dot import", map[string]string{"org/org.go": `import . "strings"`}, []string{
			"org/org.go:1: R9: dot import of strings hides where a name is from: import it by name",
		}},
		{"package state", map[string]string{
			"org/vars.go": "var count int; var seen = map[string]bool{}; var list []int; var last struct{ at int }; var p = new(int)",
			"org/org.go": `func a() { count++ }
func b() { seen["x"] = true }
func c() { list = append(list, 1) }
func d() { last.at = 1 }
func e() { *p = 2 }
func f() { delete(seen, "x") }
func g() { for count = range 3 {} }
func h(set func(*int)) { set(&count) }
func i() { (list[0]) += 1 }`,
		}, []string{
			changes(1, "count"), changes(2, "seen"), changes(3, "list"), changes(4, "last"), changes(5, "p"),
			changes(6, "seen"), changes(7, "count"), changes(8, "count"), changes(9, "list"),
		}},
		{"locals that share a name", map[string]string{
			"org/vars.go": "var count int; var seen = map[string]bool{}",
			"org/org.go": `func a(count int) int { count++; return count }
func b() { seen := map[string]bool{}; seen["x"] = true; delete(seen, "x") }
func c() int { if count := 1; count > 0 { count = 2; return count }; return count }
type t struct{ count int }
func (x *t) d() { x.count = 1 }`,
		}, nil},
		{"state of another package", map[string]string{"org/org.go": "import \"net/http\"\nfunc f() { http.DefaultClient = nil }"}, []string{
			"org/org.go:2: R9: changes http.DefaultClient, a variable of another package: pass the value instead",
		}},
		{"state by type", map[string]string{"org/org.go": `import ("sync"; "sync/atomic")
var mu sync.Mutex
var pool = &sync.Pool{}
var done = make(chan int)
var hits atomic.Pointer[int]
var once = sync.OnceValue(func() int { return 1 })`}, []string{
			"org/org.go:2: R9: package variable mu of type sync.Mutex is mutable state: keep it in a struct",
			"org/org.go:3: R9: package variable pool of type sync.Pool is mutable state: keep it in a struct",
			"org/org.go:4: R9: package variable done of type chan is mutable state: keep it in a struct",
			"org/org.go:5: R9: package variable hits of type atomic.Pointer is mutable state: keep it in a struct",
		}},
		{"tests change state too", map[string]string{"org/org.go": "var count int", "org/org_test.go": "func f() { count = 1 }"}, []string{
			"org/org_test.go:1: R9: changes package variable count: keep it in a struct, or make it a constant table",
		}},
		{"what is not of the module", map[string]string{
			"detect/testdata/bad.go": "package x\nfunc init() {}", "tools/go.mod": "module tools\n", "tools/x/x.go": "func init() {}",
			".tools/x.go": "func init() {}", "_old/x.go": "func init() {}", "vendor/x/x.go": "func init() {}",
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree, err := archtest.Load(tree(test.files))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range archtest.Check(tree, small) {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckOfTheTableItself(t *testing.T) {
	bad := archtest.Rules{
		Rows:      []archtest.Row{{Path: "org", May: []string{"NOUN"}}, {Path: "org"}},
		Libraries: []archtest.Library{{Module: "example.com/zstd", Homes: []string{"event", "org"}}},
	}
	var got []string
	for _, p := range archtest.Check(&archtest.Tree{}, bad) {
		got = append(got, p.Text)
	}
	want := []string{
		"library example.com/zstd has 2 homes and no reason",
		"row org appears twice",
		"row org names the unknown group NOUN",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"no go.mod":      {"org/org.go": {Data: []byte("package org")}},
		"no module line": {"go.mod": {Data: []byte("go 1.26\n")}},
		"broken source":  {"go.mod": {Data: []byte("module m\n")}, "org/org.go": {Data: []byte("package org\nfunc {")}},
	} {
		if _, err := archtest.Load(fsys); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// tree makes a module of files; a body without a package clause gets one
// named for its folder.
func tree(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{"go.mod": {Data: []byte("module example.com/own\n\ngo 1.26\n")}}
	for name, body := range files {
		if strings.HasSuffix(name, ".go") && !strings.Contains(body, "package ") {
			dir := strings.Split(name, "/")
			body = "package " + dir[len(dir)-2] + "; " + body
		}
		fsys[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return fsys
}

func changes(line int, name string) string {
	return fmt.Sprintf("org/org.go:%d: R9: changes package variable %s: keep it in a struct, or make it a constant table", line, name)
}

func lines(n int) string { return strings.Repeat("\n", n) }

func long(files, each int) map[string]string {
	m := map[string]string{}
	for i := range files {
		m[fmt.Sprintf("org/f%d.go", i)] = lines(each)
	}
	return m
}

func many(pkg string, n int) map[string]string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "import \"example.com/own/n%c\";", 'a'+i)
	}
	return map[string]string{pkg + "/" + pkg + ".go": b.String()}
}
