package cli_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bongsu/bongsu/cli"
)

var value = regexp.MustCompile(`\{(\w+)`)

// Every message exists in both languages, with the same values.
func TestMessages(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			said := map[string]string{}
			for _, member := range literal.Elts {
				pair, ok := member.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				key, _ := pair.Key.(*ast.Ident)
				words, _ := pair.Value.(*ast.BasicLit)
				if key != nil && words != nil && (key.Name == "EN" || key.Name == "KO") {
					said[key.Name], _ = strconv.Unquote(words.Value)
				}
			}
			if len(said) == 0 {
				return true
			}
			seen++
			if strings.TrimSpace(said["EN"]) == "" || strings.TrimSpace(said["KO"]) == "" {
				t.Errorf("%s: in one language only: %q", path, said)
			}
			if en, ko := values(said["EN"]), values(said["KO"]); !slices.Equal(en, ko) {
				t.Errorf("%s: %q has other values: %v, %v", path, said, en, ko)
			}
			return true
		})
	}
	if seen < 150 {
		t.Errorf("%d messages were looked at", seen)
	}
}

func values(s string) []string {
	var out []string
	for _, m := range value.FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// run runs a command with an environment.
func run(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, bad bytes.Buffer
	code = cli.Main(t.Context(), cli.Env{Args: args, Stdout: &out, Stderr: &bad, Getenv: func(name string) string { return env[name] }, Version: "test"})
	return code, out.String(), bad.String()
}

var commands = [][]string{
	{"analyze"},
	{"serve"},
	{"status"},
	{"incidents"},
	{"incidents", "list"},
	{"incidents", "show"},
	{"incidents", "set"},
	{"incidents", "note"},
	{"watch"},
	{"findings"},
	{"findings", "list"},
	{"findings", "show"},
	{"suppress"},
	{"suppress", "add"},
	{"suppress", "list"},
	{"suppress", "remove"},
	{"hunt"},
	{"upload"},
	{"assets"},
	{"audit"},
	{"audit", "verify"},
	{"audit", "list"},
	{"backup"},
	{"restore"},
	{"token"},
	{"token", "make"},
	{"token", "list"},
	{"token", "remove"},
	{"version"},
}

// Every option of every command has its words.
func TestHelp(t *testing.T) {
	for _, lang := range []string{"C", "ko_KR.UTF-8"} {
		for _, args := range commands {
			code, out, bad := run(t, map[string]string{"LANG": lang}, append(args, "--help")...)
			if code != cli.ExitOK || bad != "" || strings.Contains(out, "${") {
				t.Errorf("%v --help: exit %d\n%s%s", args, code, out, bad)
			}
			if korean := regexp.MustCompile(`\p{Hangul}`).MatchString(out); korean != (lang != "C") {
				t.Errorf("%v --help in %s:\n%s", args, lang, out)
			}
		}
	}
}

func TestUsage(t *testing.T) {
	here := t.TempDir()
	for _, tc := range []struct {
		args string
		code int
		says string
	}{
		{"incidents list --severity grave", 2, "grave"},
		{"incidents list --entity 192.0.2.1", 2, "KIND:VALUE"},
		{"incidents list --since yesterday", 2, "--since"},
		{"incidents list --state asleep", 2, "asleep"},
		{"incidents set inc_1", 2, "nothing to set"},
		{"incidents set inc_1 --undo --owner mina", 2, "--undo goes alone"},
		{"incidents set inc_1 --owner mina --no-owner", 2, "opposites"},
		{"suppress --rule scan/vertical --reason x --until never", 2, "--until"},
		{"suppress --rule scan/vertical --reason x --until 3000000d", 2, "days"},
		{"suppress --rule a/b --pattern /(/ --reason x --until 1d", 2, "pattern"},
		{"suppress --port 70000 --reason x --until 1d", 2, "70000"},
		{"status --server ftp://bongsu.example", 2, "not an address"},
		{"status --server http://mina:secret@bongsu.example", 2, "not an address"},
		{"status --format html", 2, "html"},
		{"upload " + here + "/none.pcap", 2, "none.pcap"},
		{"restore " + here + "/none.tar --data x", 2, "none.tar"},
		{"backup", 2, "--out"},
		{"token make x --expires soon", 2, "--expires"},
		{"audit verify --data " + here + "/none", 1, "no Bongsu serves the folder"},
		{"backup -o " + here + "/out.tar --data " + here + "/none", 1, "no Bongsu serves the folder"},
		{"hunt --data " + here + " dport = 22", 1, "no Bongsu serves the folder"},
	} {
		code, out, bad := run(t, map[string]string{"LANG": "C"}, strings.Fields(tc.args)...)
		if code != tc.code || !strings.Contains(bad, tc.says) || out != "" {
			t.Errorf("%s: exit %d, want %d, and it does not say %q: %s%s", tc.args, code, tc.code, tc.says, out, bad)
		}
	}
	if left, _ := filepath.Glob(here + "/*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
