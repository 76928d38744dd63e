package sigma_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/detect/sigma"
	"github.com/bongsu/bongsu/event"
)

// request is a web request with a few columns that rules ask for.
func request(method, url, agent string, status int64) *event.Event {
	e := event.New(event.HTTPActivity, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), event.Origin{Source: "aa", Position: uint64(len(url))})
	e.SetStr(event.SrcIP, "192.0.2.7")
	e.SetStr(event.DstIP, "198.51.100.2")
	e.SetStr(event.HTTPMethod, method)
	e.SetStr(event.HTTPURL, url)
	e.SetStr(event.HTTPUserAgent, agent)
	e.SetInt(event.HTTPStatus, status)
	e.AddUnmappedStr("Empty", "x")
	e.AddUnmapped("EventID", "4688")
	e.AddUnmapped("Data.Nested", `"deep"`)
	return e
}

func parse(t *testing.T, detection string) []*sigma.Rule {
	t.Helper()
	rules, problems := sigma.Parse("rule.yml", []byte("title: Test\nid: t-1\nlevel: high\nlogsource:\n  category: webserver\ndetection:\n"+indent(detection)))
	for _, p := range problems {
		t.Fatalf("rule does not load: %v\n%s", p, detection)
	}
	return rules
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") + "\n"
}

func run(t *testing.T, rules []*sigma.Rule, events ...*event.Event) []detect.Finding {
	t.Helper()
	d, err := sigma.Kind(rules).New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []detect.Finding
	for _, e := range events {
		out = append(out, d.Examine(e)...)
	}
	if a, ok := d.(detect.Advancer); ok {
		out = append(out, a.Advance(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))...)
	}
	return detect.Latest(out)
}

func TestMatching(t *testing.T) {
	e := request("GET", "/a/b.php?cmd=WhoAmI&x=%temp%", `Mozilla\5.0 (ÄÖ)`, 200)
	for detection, want := range map[string]bool{
		"s: {cs-method: get}\ncondition: s":                                                           true,
		"s: {cs-method|cased: get}\ncondition: s":                                                     false,
		"s: {cs-uri-query|contains: 'whoami'}\ncondition: s":                                          true,
		"s: {cs-uri-query|contains|all: [cmd=, whoami]}\ncondition: s":                                true,
		"s: {cs-uri-query|contains|all: [cmd=, hostname]}\ncondition: s":                              false,
		"s: {cs-uri-query|startswith: /a/}\ncondition: s":                                             true,
		"s: {cs-uri-query|endswith: '%TEMP%'}\ncondition: s":                                          true,
		"s: {cs-uri-query: '/a/*cmd=w?oami*'}\ncondition: s":                                          true,
		"s: {cs-uri-query: '/a/'}\ncondition: s":                                                      false,
		"s: {c-useragent|contains: 'äö'}\ncondition: s":                                               true,
		"s: {c-useragent|startswith: 'Mozilla\\5'}\ncondition: s":                                     true,
		"s: {sc-status: 200}\ncondition: s":                                                           true,
		"s: {sc-status: [301, '200']}\ncondition: s":                                                  true,
		"s: {sc-status|gte: 300}\ncondition: s":                                                       false,
		"s: {EventID: 4688}\ncondition: s":                                                            true,
		"s: {Nested: deep}\ncondition: s":                                                             true,
		"s: {Missing: null}\ncondition: s":                                                            true,
		"s: {Missing: ''}\ncondition: s":                                                              false,
		"s: {Empty|exists: true}\ncondition: s":                                                       true,
		"s: {src_ip|cidr: 192.0.2.0/24}\ncondition: s":                                                true,
		"s: {c-useragent|re: '^mozilla'}\ncondition: s":                                               false,
		"s: {c-useragent|re|i: '^mozilla'}\ncondition: s":                                             true,
		"s: {cs-method|neq: POST}\ncondition: s":                                                      true,
		"keywords: [nothing, whoami]\ncondition: keywords":                                            true,
		"keywords: {'|all': [whoami, nothing]}\ncondition: keywords":                                  false,
		"keywords: {'|all': [whoami, mozilla]}\ncondition: keywords":                                  true,
		"s: [{cs-method: POST}, {cs-method: GET, sc-status: 200}]\ncondition: s":                      true,
		"a: {cs-method: POST}\nb: {cs-method: GET}\nc: {sc-status: 404}\ncondition: a or b and not c": true,
		"a: {cs-method: POST}\nb: {cs-method: GET}\ncondition: (a or b) and not b":                    false,
		"sel_a: {cs-method: POST}\nsel_b: {cs-method: GET}\ncondition: 1 of sel_*":                    true,
		"sel_a: {cs-method: POST}\nsel_b: {cs-method: GET}\ncondition: all of sel_*":                  false,
		"a: {cs-method: GET}\n_b: {cs-method: POST}\ncondition: all of them":                          true,
		"a: {cs-method: POST}\nb: {cs-method: GET}\ncondition: [a, b]":                                true,
	} {
		if got := len(run(t, parse(t, detection), e)) == 1; got != want {
			t.Errorf("matches = %v, want %v:\n%s", got, want, detection)
		}
	}
}

func TestEncodings(t *testing.T) {
	// "xxfooyy", "xfooy" and "foo" in base64: each has the text at another offset.
	for _, encoded := range []string{"eHhmb295eQ==", "eGZvb3k=", "Zm9v"} {
		e := request("GET", "/?"+encoded, "-", 200)
		if len(run(t, parse(t, "s: {cs-uri-query|base64offset|contains: foo}\ncondition: s"), e)) != 1 {
			t.Errorf("%s is not found", encoded)
		}
	}
	e := request("GET", "cmd.exe /c dir", "-", 200)
	if len(run(t, parse(t, "s: {cs-uri-query|windash|contains: ' -c '}\ncondition: s"), e)) != 1 {
		t.Error("a slash is not taken for a dash")
	}
}

func TestGrowth(t *testing.T) {
	rules := parse(t, "s: {cs-method: GET}\ncondition: s")
	var events []*event.Event
	for i := range 100 {
		events = append(events, request("GET", strings.Repeat("x", i+1), "-", 200))
	}
	got := run(t, rules, events...)
	if len(got) != 1 || got[0].Count != 100 || got[0].Severity != event.SeverityHigh {
		t.Errorf("got %d findings: %+v", len(got), got)
	}
	if !strings.Contains(got[0].Why.EN, "cs-method is \"GET\"") {
		t.Errorf("the finding does not say why: %s", got[0].Why.EN)
	}
}

// What a rule leaves out is not announced.
func TestWordsOfRule(t *testing.T) {
	const body = "title: Test\nid: t-1\nlogsource: {category: webserver}\ndetection: {s: {cs-method: GET}, condition: s}\n"
	for name, c := range map[string]struct{ more, why, hush string }{
		"bare": {"", `matched 1 event of 192.0.2.7. First match: cs-method is "GET" (GET).`, "with the reason and an end date."},
		"told": {"description: Asks.\nfalsepositives: [Backups]\n", "in its author's words: Asks.", "that the rule names: Backups"},
	} {
		t.Run(name, func(t *testing.T) {
			rules, problems := sigma.Parse("rule.yml", []byte(body+c.more))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			got := run(t, rules, request("GET", "/x", "-", 200))
			if len(got) != 1 || !strings.HasSuffix(got[0].Why.EN, c.why) || !strings.HasSuffix(got[0].Hush.EN, c.hush) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct{ rule, want string }{
		"modifier":  {"title: T\nlogsource: {category: webserver}\ndetection:\n  s:\n    cs-method|contans: a\n  condition: s\n", `rule.yml:5: selection "s": modifier "contans" of field "cs-method" is unknown, did you mean "contains"?`},
		"selection": {"title: T\nlogsource: {category: webserver}\ndetection:\n  selection: {a: b}\n  condition: selektion\n", `rule.yml:5: condition "selektion": there is no selection "selektion", did you mean "selection"?`},
		"key":       {"title: T\nlogsorce: {category: webserver}\n", `rule.yml:2: key "logsorce" is unknown, did you mean "logsource"?`},
		"level":     {"title: T\nlevel: hgh\n", `rule.yml:2: level "hgh" is unknown, did you mean "high"?`},
		"yaml":      {"title: [\n", `rule.yml: not YAML: yaml: line 1: did not find expected node content`},
		"missing":   {"title: T\n", `rule.yml:1: logsource is missing: it says which logs the rule is for`},
		"count":     {"title: T\nlogsource: {category: webserver}\ndetection:\n  s: {a: b}\n  condition: s | count() > 5\n", `rule.yml:5: condition "s | count() > 5": aggregation "| count() > 5" is not supported yet`},
	} {
		_, problems := sigma.Parse("rule.yml", []byte(c.rule))
		got := fmt.Sprint(problems)
		if diff := cmp.Diff("["+c.want+"]", got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestCorpus loads the public rules: all but a few forms that come later.
func TestCorpus(t *testing.T) {
	data := os.Getenv("BONGSU_TESTDATA")
	if data == "" {
		t.Skip("BONGSU_TESTDATA is not set: no public rules to load")
	}
	loaded, refused := 0, 0
	folders := []string{"rules/network", "rules/web", "rules/linux", "rules/application", "rules/category", "rules/cloud", "rules/identity", "rules/macos", "rules/windows", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance", "rules-dfir"}
	if testing.Short() {
		folders = folders[:3]
	}
	for _, dir := range folders {
		err := filepath.WalkDir(filepath.Join(data, "sigma", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rules, problems := sigma.Parse(path, content)
			loaded += len(rules)
			refused += len(problems)
			for _, p := range problems {
				t.Log(p)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d rules loaded, %d refused", loaded, refused)
	if loaded == 0 || refused*100 > loaded {
		t.Errorf("%d rules loaded, %d refused: more than one in a hundred", loaded, refused)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("title: T\nlogsource: {category: webserver}\ndetection:\n  s: {a|contains|all: [b, '*c?\\\\*']}\n  k: [x, y]\n  condition: s or not (1 of k* and all of them)\n"), "/x")
	f.Add([]byte("---\n---\ntitle: [\n"), "")
	f.Fuzz(func(t *testing.T, rule []byte, url string) {
		rules, _ := sigma.Parse("rule.yml", rule)
		if len(rules) > 0 {
			run(t, rules, request("GET", url, url, 200))
		}
	})
}
