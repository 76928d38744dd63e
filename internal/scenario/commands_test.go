package scenario

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// first returns what a pattern's group matches first.
func first(t *testing.T, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing matches %s in:\n%.2000s", pattern, text)
	}
	return m[len(m)-1]
}

// A person works from the terminal: hands a recording in, looks, decides,
// suppresses, asks, and takes a backup along.
func TestCommands(t *testing.T) {
	s := serve(t, t.TempDir())
	setup := first(t, `/setup#(\S+)`, s.out.String())
	do := func(code int, args ...string) outcome {
		t.Helper()
		got := bongsu(t, append(args, "--data", s.data)...)
		if got.code != code {
			t.Errorf("bongsu %s: exit %d, want %d\n%.1000s%.1000s", strings.Join(args, " "), got.code, code, got.stdout, got.stderr)
		}
		return got
	}
	contains(t, "token", do(1, "token", "make", "early").stderr, "Set the administrator's password first")
	if code := s.post("POST", "/api/v1/setup", map[string]string{"token": setup, "password": "three unlikely words 7"}, nil); code != 200 {
		t.Fatalf("setup: %d", code)
	}

	contains(t, "incidents", do(0, "incidents").stdout, "no incidents")
	contains(t, "status", do(0, "status").stdout, "Bongsu ", "SOURCE")
	up := do(0, "upload", office)
	contains(t, "upload", up.stdout, "office.pcap: read as upl_", "6 findings", "inc_")
	contains(t, "upload again", do(0, "upload", "--no-wait", office).stdout, "known already")
	nothing := write(t, "nothing.bin", []byte{1, 2, 3})
	contains(t, "upload of nothing", do(1, "upload", nothing).stdout, "not read: ")

	id := first(t, `(inc_[0-9a-f]+)`, do(0, "incidents", "--severity", "high", "--recording", first(t, `(upl_[0-9a-f]+)`, up.stdout)+"/").stdout)
	contains(t, "no incidents of others", do(0, "incidents", "--recording", "live").stdout, "no incidents")
	contains(t, "incident", do(0, "incidents", "show", id).stdout, "What happened", "What to do", "Timeline", "new", "fnd_")
	contains(t, "changed", do(0, "incidents", "set", id, "--state", "open", "--owner", "mina", "--note", "mine").stdout, "open", "mina", "mine")
	contains(t, "conflict", do(1, "incidents", "set", id, "--state", "contained", "--seen-version", "1").stderr, "Somebody else changed this meanwhile")
	contains(t, "conflict", do(1, "incidents", "set", id, "--state", "contained", "--seen-version", "1", "--lang", "ko").stderr, "다른 사람이 변경했습니다")
	contains(t, "usage", do(2, "incidents", "set", id, "--state", "closed").stderr, "--resolution")
	do(2, "incidents", "set", id)
	contains(t, "noted", do(0, "incidents", "note", id, "second", "note").stdout, "second note")
	contains(t, "closed", do(0, "incidents", "set", id, "--state", "closed", "--resolution", "benign").stdout, "closed (allowed behaviour)")
	contains(t, "undone", do(0, "incidents", "set", id, "--undo").stdout, "open,")
	contains(t, "unknown", do(1, "incidents", "show", "inc_none").stderr, "bongsu: ")

	finding := first(t, `scan/vertical +(fnd_[0-9a-f]+)`, do(0, "findings").stdout)
	options := first(t, `bongsu suppress (--rule .*) --until`, do(0, "findings", "show", finding).stdout)
	contains(t, "options", options, "--rule scan/vertical --source 192.168.10.23")
	contains(t, "preview", do(0, append([]string{"suppress", "--dry-run"}, strings.Fields(options)...)...).stdout, "silence 1 ", finding)
	do(2, "suppress", "--rule", "scan/vertical", "--until", "2d")
	do(2, "suppress", "--rule", "scan/vertical", "--reason", "x")
	contains(t, "bad scope", do(2, "suppress", "--source", "nonsense", "--reason", "x", "--until", "2d").stderr, "--source: This is neither an address")
	contains(t, "no scope", do(2, "suppress", "--reason", "x", "--until", "2d").stderr, "Try: bongsu --help")
	sup := first(t, `(sup_\S+)`, do(0, append([]string{"suppress", "--reason", "approved scan", "--until", "14d", "--apply-to-open"}, strings.Fields(options)...)...).stdout)
	contains(t, "suppressions", do(0, "suppress", "list").stdout, sup, "approved scan", "--source 192.168.10.23")
	contains(t, "suppressed", do(0, "findings", "--suppressed", "yes").stdout, finding)
	if strings.Contains(do(0, "findings").stdout, finding) {
		t.Error("a suppressed finding is listed")
	}
	do(0, "suppress", "remove", sup, "--bring-back")
	contains(t, "brought back", do(0, "findings").stdout, finding)
	contains(t, "no suppressions", do(0, "suppress", "list").stdout, "nothing is suppressed")

	contains(t, "hunt", do(0, "hunt", "dport = 21 | top 1 src").stdout, "192.168.10.23")
	contains(t, "hunt", do(0, "hunt", "--limit", "2", "dport", "=", "21").stderr, "there are more")
	contains(t, "mistyped hunt", do(1, "hunt", "dprot = 21").stderr, "did you mean dport?")
	if n := len(objects(t, do(0, "hunt", "--all", "dport = 21").stdout)); n < 50 {
		t.Errorf("%d events were exported", n)
	}
	contains(t, "assets", do(0, "assets", "192.168.10.5").stdout, "192.168.10.5", "ast_")
	contains(t, "assets as CSV", do(0, "assets", "--csv").stdout, "id,name,", "192.168.10.5")
	for _, args := range [][]string{{"incidents"}, {"incidents", "show", id}, {"findings"}, {"hunt"}, {"hunt", "| count"}, {"assets"}, {"status"}, {"audit", "list"}, {"audit", "verify"}} {
		got := do(0, append(args, "--format", "ndjson")...)
		for line := range strings.Lines(got.stdout) {
			if !json.Valid([]byte(line)) {
				t.Errorf("%v: not JSON: %.200s", args, line)
			}
		}
		if got.stdout == "" {
			t.Errorf("%v: nothing", args)
		}
	}

	token := strings.TrimSpace(do(0, "token", "make", "reports", "--scope", "incident.read", "--expires", "30d").stdout)
	contains(t, "tokens", do(0, "token", "list").stdout, "reports", "incident.read")
	contains(t, "by its address", bongsu(t, "incidents", "--server", s.url, "--token", token).stdout, id)
	contains(t, "not allowed", bongsu(t, "findings", "--server", s.url, "--token", token).stderr, "bongsu: ")
	if got := bongsu(t, "incidents", "--server", s.url); got.code != 1 || !strings.Contains(got.stderr, "BONGSU_TOKEN") {
		t.Errorf("without a token: %+v", got)
	}
	contains(t, "token removed", do(0, "token", "remove", first(t, `(tok_\S+)`, do(0, "token", "list").stdout)).stderr, "tok_")
	if got := bongsu(t, "incidents", "--server", s.url, "--token", token); got.code != 1 {
		t.Errorf("with a token that was removed: %+v", got)
	}

	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	told := &said{}
	watch := exec.CommandContext(t.Context(), binary, "watch", "--data", s.data)
	watch.Env, watch.Stdout, watch.Stderr = []string{"LANG=C"}, told, told
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	owners := 0
	eventually(t, "a change is told", func() bool {
		owners++
		do(0, "incidents", "set", id, "--owner", fmt.Sprint("mina", owners))
		return strings.Contains(told.String(), id)
	})
	contains(t, "what changes", told.String(), "incident.changed", "Critical")
	if err := watch.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := watch.Wait(); err != nil {
		t.Errorf("watch ended with %v: %s", err, told)
	}

	contains(t, "audit", do(0, "audit", "list", "--action", "incident.").stdout, "incident.state", "local", id)
	contains(t, "audit", do(0, "audit", "verify").stdout, "is whole")
	live := filepath.Join(t.TempDir(), "live.tar")
	do(0, "backup", "-o", live)
	if s.stop() != 0 {
		t.Error("the server ended badly")
	}

	contains(t, "nobody", do(1, "incidents").stderr, "no Bongsu serves the folder", "bongsu serve")
	contains(t, "audit of the folder", do(0, "audit", "verify").stdout, "is whole")
	cold := filepath.Join(t.TempDir(), "cold.tar")
	do(0, "backup", "-o", cold)
	for _, archive := range []string{live, cold} {
		if info, err := os.Stat(archive); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", archive, info.Mode(), err)
		}
		data := filepath.Join(t.TempDir(), "new")
		got := bongsu(t, "restore", archive, "--data", data)
		if got.code != 0 || !strings.Contains(got.stdout, "restored to") {
			t.Errorf("restore: %+v", got)
		}
		contains(t, "audit of what was restored", bongsu(t, "audit", "verify", "--data", data).stdout, "is whole")
		if got := bongsu(t, "restore", archive, "--data", data); got.code != 1 || !strings.Contains(got.stderr, "not empty") {
			t.Errorf("restore over it: %+v", got)
		}
	}
	if got := bongsu(t, "audit", "verify", "--data", t.TempDir()); got.code != 1 || !strings.Contains(got.stderr, "no data folder") {
		t.Errorf("audit of nothing: %+v", got)
	}
	if _, err := os.Stat(filepath.Join(s.data, "control.sock")); err == nil {
		t.Error("the socket stays behind")
	}
}

// The examples of the page about the API run as they stand there.
func TestExamplesOfTheAPI(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "jq", "tar", "date"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not here", tool)
		}
	}
	folder := t.TempDir()
	s := serve(t, filepath.Join(folder, "bongsu-data"))
	if _, err := s.upload("office.pcap", read(t, office)); err != nil {
		t.Fatal(err)
	}
	s.uploaded()
	docs, err := filepath.Abs("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(docs, filepath.Join(folder, "docs")); err != nil {
		t.Fatal(err)
	}
	// A request that is refused leaves a line in the file refused.
	script := fmt.Sprintf("SETUP='%s'\ncurl() { command curl --fail-with-body \"$@\"; local c=$?; [ $c = 22 ] && echo \"$*\" >> refused; return $c; }\n", first(t, `/setup#(\S+)`, s.out.String()))
	examples := 0
	for line := range strings.Lines(string(read(t, filepath.Join(docs, "api.md")))) {
		code, ok := strings.CutPrefix(line, "    ")
		if !ok {
			continue
		}
		if strings.Contains(code, "curl ") {
			examples++
		}
		script += strings.ReplaceAll(code, "http://127.0.0.1:8470", s.url)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the script ended with %v", err)
	}
	refused, _ := os.ReadFile(filepath.Join(folder, "refused"))
	if lines := strings.Count(string(refused), "\n"); lines != 1 || !strings.Contains(string(refused), "dprot") || examples < 40 {
		t.Errorf("%d examples; refused, but for the one that is to be:\n%s\nand said:\n%.3000s", examples, refused, out)
	}
	contains(t, "the script", string(out), "did you mean dport?", "inc_", "manifest.json", `"count": 91`)
	if strings.Contains(string(out), "jq: error") {
		t.Errorf("an answer is not as the page has it:\n%.3000s", out)
	}
}
