package incident_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/internal/ocsftest"
	"github.com/bongsu/bongsu/text"
)

var update = flag.Bool("update", false, "write what was found into the stories")

// rules are what the findings of the stories claim.
var rules = map[string]*detect.Rule{
	"scan":      rule("scan", "vertical", event.SeverityMedium, "tries the ports of", "T1046/TA0007", "T1595/TA0043"),
	"trace":     rule("scan", "traceroute", event.SeverityLow, "traced the way to", "T1016/TA0007"),
	"guess":     rule("guess", "password", event.SeverityMedium, "guesses passwords at", "T1110.001/TA0006"),
	"spray":     rule("guess", "spray", event.SeverityMedium, "tries accounts of", "T1110.003/TA0006"),
	"success":   rule("guess", "success", event.SeverityHigh, "got into", "T1110.001/TA0006", "T1078/TA0001"),
	"beacon":    rule("beacon", "direct", event.SeverityHigh, "reports to", "T1071.001/TA0011"),
	"cleartext": rule("cleartext", "ftp", event.SeverityMedium, "sends passwords in the clear to", "T1552/TA0006", "T1040/TA0006"),
	"odd":       rule("sigma", "odd", event.SeverityMedium, "did something odd to"),
}

func rule(detector, name string, severity event.Severity, verb string, techniques ...string) *detect.Rule {
	r := &detect.Rule{
		Detector: detector, Name: name, Severity: severity,
		Title: text.Message{EN: "{src} " + verb + " {dst}", KO: "{src|이가} {dst}: " + name},
		Why:   text.Message{EN: "Why " + name + " of {src}.", KO: "{src}의 " + name + " 이유."},
		Now:   text.Message{EN: "Stop " + name + " of {src}.", KO: "{src}의 " + name + " 조치."},
		Hush:  text.Message{EN: "Hush.", KO: "예외."},
	}
	for _, t := range techniques {
		id, tactic, _ := strings.Cut(t, "/")
		r.Techniques = append(r.Techniques, detect.Technique{ID: id, Name: "Technique " + id, Tactic: tactic})
	}
	return r
}

// parse reads findings, one a line: day and time, how long, rule, and its
// entities: a for actors, t for targets, r for related, then kind and value.
// A {1..9} in a line repeats it.
func parse(t *testing.T, lines string) []detect.Finding {
	t.Helper()
	var out []detect.Finding
	for line := range strings.Lines(lines) {
		for _, l := range expand(t, strings.TrimSpace(line)) {
			words := strings.Fields(l)
			if len(words) == 0 {
				continue
			}
			at, err := time.Parse("2006-01-02T15:04", words[0])
			if err != nil {
				t.Fatal(err)
			}
			long, err := time.ParseDuration(words[1])
			if err != nil {
				t.Fatal(err)
			}
			r := rules[words[2]]
			if r == nil {
				t.Fatalf("no rule %q", words[2])
			}
			args := text.Args{"src": "somebody", "dst": "something"}
			e := event.New(event.NetworkActivity, at, event.Origin{Source: "story", Position: uint64(len(out) + 1)})
			for _, w := range words[3:] {
				role, rest, _ := strings.Cut(w, "=")
				_, value, _ := strings.Cut(rest, ":")
				switch role {
				case "a":
					args["src"] = value
					e.SetStr(event.SrcIP, value)
				case "t":
					args["dst"] = value
				}
			}
			f := r.New(l, e, args)
			f.Rest(e, "story line")
			f.Span(at.Add(long))
			for _, w := range words[3:] {
				role, rest, _ := strings.Cut(w, "=")
				kind, value, _ := strings.Cut(rest, ":")
				f.Involve(kind, value, map[string]detect.Role{"a": detect.Actor, "t": detect.Target, "r": detect.Related}[role])
			}
			f.Tenant, f.Recording = "org", "story"
			out = append(out, f)
		}
	}
	return out
}

func expand(t *testing.T, line string) []string {
	t.Helper()
	before, rest, found := strings.Cut(line, "{")
	if !found {
		return []string{line}
	}
	var from, to int
	if _, err := fmt.Sscanf(rest, "%d..%d}", &from, &to); err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(rest, "}")
	var out []string
	for i := from; i <= to; i++ {
		out = append(out, before+fmt.Sprint(i)+after)
	}
	return out
}

func show(all []incident.Incident) string {
	var b strings.Builder
	for _, in := range all {
		fmt.Fprintf(&b, "%s rank=%d findings=%d\n", strings.ToLower(in.Severity.String()), in.Rank, len(in.Findings))
		fmt.Fprintf(&b, "  from %s to %s\n", in.First.Format(time.RFC3339), in.Last.Format(time.RFC3339))
		for i, e := range in.Entities {
			if i == 4 {
				fmt.Fprintf(&b, "  … %d more\n", len(in.Entities)-i)
				break
			}
			fmt.Fprintf(&b, "  %s %s %s\n", e.Role, e.Kind, e.Value)
		}
		for _, m := range in.Timeline {
			fmt.Fprintf(&b, "  %s %s\n", m.Time.Format("01-02 15:04"), m.What.EN)
		}
		for _, part := range []text.Said{in.Title, in.Account, in.Why, in.Now} {
			for _, s := range []string{part.EN, part.KO} {
				for line := range strings.Lines(s) {
					fmt.Fprintf(&b, "  | %s\n", strings.TrimSpace(line))
				}
			}
		}
	}
	return b.String()
}

func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			findings := parse(t, string(a.Files[0].Data))
			got := show(incident.Correlate(findings))
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(findings), func(i, j int) { findings[i], findings[j] = findings[j], findings[i] })
			if diff := cmp.Diff(got, show(incident.Correlate(findings))); diff != "" {
				t.Errorf("the order in which findings come matters:\n%s", diff)
			}
			if *update {
				a.Files = append(a.Files[:1], txtar.File{Name: "incidents", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want := ""
			if len(a.Files) > 1 {
				want = string(a.Files[1].Data)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("incidents (-want +got):\n%s", diff)
			}
			if strings.ContainsAny(got, "{}") {
				t.Errorf("a value is missing in:\n%s", got)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	findings := parse(t, `
		2026-03-01T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-01T12:00 1m guess a=ip:203.0.113.9 t=ip:10.0.0.6`)
	for _, c := range []struct {
		window time.Duration
		want   int
	}{{0, 1}, {4 * time.Hour, 1}, {time.Hour, 2}} {
		if got := len(incident.Config{Window: c.window}.Correlate(findings)); got != c.want {
			t.Errorf("window %v: %d incidents, want %d", c.window, got, c.want)
		}
	}
}

func TestApart(t *testing.T) {
	findings := parse(t, `
		2026-03-01T09:00 1m scan a=ip:203.0.113.9 t=ip:10.0.0.5
		2026-03-01T09:10 1m guess a=ip:203.0.113.9 t=ip:10.0.0.5`)
	findings[1].Recording = "another"
	if got := len(incident.Correlate(findings)); got != 2 {
		t.Errorf("findings of two recordings made %d incidents, want 2", got)
	}
}

func TestMany(t *testing.T) {
	findings := parse(t, "2026-03-01T09:00 1m guess a=ip:203.0.113.{1..250} t=ip:10.0.0.5\n2026-03-01T09:30 9h beacon a=ip:10.0.0.{1..250} t=ip:198.51.100.1")
	for len(findings) < 20_000 {
		f := findings[len(findings)%500].Clone()
		f.ID += fmt.Sprint(len(findings))
		f.First = f.First.Add(time.Duration(len(findings)) * time.Second)
		f.Last = f.Last.Add(time.Duration(len(findings)) * time.Second)
		findings = append(findings, f)
	}
	all := incident.Correlate(findings)
	n := 0
	for _, in := range all {
		n += len(in.Findings)
		if len(in.Entities) > incident.MaxEntities || len(in.Timeline) > incident.MaxMoments {
			t.Errorf("%d entities, %d moments", len(in.Entities), len(in.Timeline))
		}
	}
	if n != len(findings) {
		t.Errorf("%d of %d findings are in incidents", n, len(findings))
	}
}

func TestAppendOCSF(t *testing.T) {
	all := incident.Correlate(parse(t, `
		2026-03-01T09:00 1m guess a=ip:203.0.113.9 t=ip:10.0.0.5 t=user:jiwoo r=service:ssh
		2026-03-01T09:10 1m success a=ip:203.0.113.9 t=ip:10.0.0.5`))
	in := all[0]
	for _, lang := range text.Langs() {
		first, second := in.AppendOCSF(nil, lang), in.AppendOCSF([]byte("x"), lang)[1:]
		if !bytes.Equal(first, second) {
			t.Error("not the same bytes twice")
		}
		var o map[string]any
		if err := json.Unmarshal(first, &o); err != nil {
			t.Fatal(err)
		}
		if got, want := o["message"], in.Title.In(lang); got != want {
			t.Errorf("message %q, want %q", got, want)
		}
		for _, key := range []string{"activity_id", "category_uid", "class_uid", "finding_info_list", "metadata", "severity_id", "status_id", "time", "type_uid", "assignee_group"} {
			if o[key] == nil {
				t.Errorf("%s is missing", key)
			}
		}
		if got := len(o["finding_info_list"].([]any)); got != len(in.Findings) {
			t.Errorf("%d findings listed, want %d", got, len(in.Findings))
		}
		words := o["unmapped"].(map[string]any)
		for _, l := range text.Langs() {
			if got, want := words[string(l)].(map[string]any)["account"], in.Account.In(l); got != want {
				t.Errorf("account in %s is %q, want %q", l, got, want)
			}
		}
	}
}

// Every story is valid by the compiled schema, in both languages.
func TestOCSFSchema(t *testing.T) {
	checker := ocsftest.Load(t).NewChecker()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range incident.Correlate(parse(t, string(a.Files[0].Data))) {
			for _, lang := range text.Langs() {
				if err := checker.Check(in.AppendOCSF(nil, lang)); err != nil {
					t.Errorf("%s: incident %s: %v", file, in.ID, err)
				}
				for i := range in.Findings {
					if err := checker.Check(in.Findings[i].AppendOCSF(nil, lang)); err != nil {
						t.Errorf("%s: finding %s: %v", file, in.Findings[i].ID, err)
					}
				}
			}
		}
	}
}

// Every message says the same in both languages: it has the same values.
func TestWords(t *testing.T) {
	pair := regexp.MustCompile(`EN: *("(?:[^"\\]|\\.)*"),\s+KO: *("(?:[^"\\]|\\.)*")`)
	slot := regexp.MustCompile(`\{([a-z]+)`)
	for _, file := range []string{"words_table.go", "say_table.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all := pair.FindAllSubmatch(source, -1)
		if len(all) < 20 || len(all) != bytes.Count(source, []byte("EN:")) {
			t.Fatalf("%s: %d messages read of %d", file, len(all), bytes.Count(source, []byte("EN:")))
		}
		for _, m := range all {
			var slots [2][]string
			for i := range slots {
				for _, s := range slot.FindAllSubmatch(m[i+1], -1) {
					if !slices.Contains(slots[i], string(s[1])) {
						slots[i] = append(slots[i], string(s[1]))
					}
				}
				slices.Sort(slots[i])
			}
			if diff := cmp.Diff(slots[0], slots[1]); diff != "" {
				t.Errorf("%s\n%s:\n%s", m[1], m[2], diff)
			}
		}
	}
}

func FuzzCorrelate(f *testing.F) {
	f.Add("203.0.113.9", "10.0.0.5", "jiwoo", int64(60), uint8(3))
	f.Add("", "ff02::1", "-", int64(-5), uint8(200))
	names := []string{"scan", "guess", "success", "beacon", "cleartext", "odd"}
	kinds := []string{"ip", "host", "user", "domain", "url", "mac", "service", "?"}
	f.Fuzz(func(t *testing.T, a, b, c string, gap int64, n uint8) {
		var findings []detect.Finding
		at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		for i := range int(n) {
			e := event.New(event.NetworkActivity, at, event.Origin{Source: "fuzz", Position: uint64(i)})
			found := rules[names[i%len(names)]].New("", e, text.Args{"src": a, "dst": b})
			found.Rest(e, c)
			found.Involve(kinds[i%len(kinds)], a, detect.Actor)
			found.Involve(kinds[(i/2)%len(kinds)], b, detect.Target)
			found.Involve(kinds[(i/3)%len(kinds)], c, detect.Role(b))
			findings = append(findings, found)
			at = at.Add(time.Duration(gap) * time.Second)
		}
		total := 0
		for _, in := range incident.Correlate(findings) {
			total += len(in.Findings)
			if in.Rank < 0 || in.Rank > 100 || in.ID == "" {
				t.Errorf("rank %d, id %q", in.Rank, in.ID)
			}
			if out := in.AppendOCSF(nil, text.English); !json.Valid(out) {
				t.Errorf("no JSON: %s", out)
			}
			for i := range in.Findings {
				if out := in.Findings[i].AppendOCSF(nil, text.Korean); !json.Valid(out) {
					t.Errorf("no JSON: %s", out)
				}
			}
		}
		if total != len(findings) {
			t.Errorf("%d of %d findings are in incidents", total, len(findings))
		}
	})
}

// What decided the matter is told even when more came before it than is told.
func TestDecisiveStepIsTold(t *testing.T) {
	all := incident.Correlate(parse(t, `
		2026-03-02T09:00 1m trace a=ip:10.0.0.7 t=ip:10.0.0.5
		2026-03-02T09:05 1m scan a=ip:10.0.0.7 t=ip:10.0.0.5
		2026-03-02T09:10 1m cleartext a=ip:10.0.0.7 t=ip:10.0.0.5
		2026-03-02T09:15 1m odd a=ip:10.0.0.7 t=ip:10.0.0.5
		2026-03-02T09:20 1m guess a=ip:10.0.0.7 t=ip:10.0.0.5
		2026-03-02T09:25 1m success a=ip:10.0.0.7 t=ip:10.0.0.5
	`))
	if len(all) != 1 {
		t.Fatalf("%d incidents, want 1:\n%s", len(all), show(all))
	}
	if got := all[0].Account.EN; !strings.Contains(got, "got into 10.0.0.5") || !strings.Contains(got, "1 further observation is listed") {
		t.Errorf("the login that worked is not told: %s", got)
	}
}
