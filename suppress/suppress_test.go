package suppress_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/suppress"
	"github.com/bongsu/bongsu/text"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// scanned is a finding about one of everything.
func scanned(by ...detect.HushPart) detect.Finding {
	return detect.Finding{
		Rule: &detect.Rule{Detector: "scan", Name: "vertical", HushBy: by}, Tenant: "org",
		Title: text.Said{EN: "203.0.113.9 tries the ports of 10.0.0.5", KO: "203.0.113.9가 10.0.0.5의 포트를 시도"},
		Entities: []detect.Entity{
			{Kind: "ip", Value: "203.0.113.9", Role: detect.Actor},
			{Kind: "ip", Value: "10.0.0.5", Role: detect.Target},
			{Kind: "user", Value: "O'Brien", Role: detect.Target},
			{Kind: "service", Value: "ssh", Role: detect.Related},
		},
		Evidence: []detect.Evidence{{DstPort: 22}, {DstPort: 22}},
	}
}

func fits(t *testing.T, s suppress.Scope, f detect.Finding) bool {
	t.Helper()
	m, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return m.Fits(&f, suppress.OnePort(&f), nil)
}

// Every member of a scope, alone and with others, against findings that it
// means and that it does not mean: a scan of one machine, guessing at several
// that names a user, a beacon by IPv6.
func TestScope(t *testing.T) {
	findings := []detect.Finding{
		{
			Rule: &detect.Rule{Detector: "scan", Name: "vertical"}, Tenant: "org",
			Title: text.Said{EN: "203.0.113.9 tries the ports of 10.0.0.5", KO: "203.0.113.9이(가) 10.0.0.5: vertical"},
			Entities: []detect.Entity{
				{Kind: "ip", Value: "203.0.113.9", Role: detect.Actor},
				{Kind: "ip", Value: "10.0.0.5", Role: detect.Target},
				{Kind: "service", Value: "ssh", Role: detect.Related},
			},
			Evidence: []detect.Evidence{{DstPort: 22}, {DstPort: 22}},
		},
		{
			Rule: &detect.Rule{Detector: "guess", Name: "spray"}, Tenant: "org",
			Title: text.Said{EN: "203.0.113.10 tries accounts", KO: "203.0.113.10: spray"},
			Entities: []detect.Entity{
				{Kind: "ip", Value: "203.0.113.10", Role: detect.Actor},
				{Kind: "ip", Value: "10.0.0.5", Role: detect.Target},
				{Kind: "ip", Value: "192.0.2.1", Role: detect.Target},
				{Kind: "user", Value: "Jiwoo", Role: detect.Target},
			},
			Evidence: []detect.Evidence{{DstPort: 22}, {DstPort: 445}},
		},
		{
			Rule: &detect.Rule{Detector: "beacon", Name: "direct"}, Tenant: "org",
			Title:    text.Said{EN: "2001:db8::7 reports to cdn.example.org", KO: "2001:db8::7: direct"},
			Entities: []detect.Entity{{Kind: "ip", Value: "2001:db8::7", Role: detect.Actor}, {Kind: "domain", Value: "cdn.example.org", Role: detect.Target}},
		},
	}
	segments := segment.NewMap(segment.Defaults())
	actor := func(v string) suppress.Match { return suppress.Match{Kind: "ip", Value: v, Role: detect.Actor} }
	target := func(v string) suppress.Match { return suppress.Match{Kind: "ip", Value: v, Role: detect.Target} }
	all := func(m ...suppress.Match) suppress.Scope { return suppress.Scope{Entities: m} }
	for _, c := range []struct {
		name  string
		scope suppress.Scope
		want  string // of the three findings
	}{
		{"detector", suppress.Scope{Detector: "scan"}, "x.."},
		{"detector, part of its name", suppress.Scope{Detector: "sca"}, "..."},
		{"rule", suppress.Scope{Rule: "guess/spray"}, ".x."},
		{"rule of another detector", suppress.Scope{Rule: "scan/spray"}, "..."},
		{"source", all(actor("203.0.113.9")), "x.."},
		{"sources by prefix", all(actor("203.0.113.0/24")), "xx."},
		{"prefix with host bits", all(actor("203.0.113.77/24")), "xx."},
		{"source by IPv6 prefix", all(actor("2001:db8::/32")), "..x"},
		{"source by mapped address", all(actor("::ffff:203.0.113.9")), "x.."},
		{"one target of several does not do", all(target("10.0.0.5")), "x.."},
		{"all targets by prefix", all(target("0.0.0.0/0")), "xx."},
		{"source that is a target", all(actor("10.0.0.5")), "..."},
		{"any role", all(suppress.Match{Kind: "ip", Value: "10.0.0.5"}), "x.."},
		{"service", all(suppress.Match{Kind: "service", Value: "ssh"}), "x.."},
		{"user, other case", all(suppress.Match{Kind: "user", Value: "JIWOO", Role: detect.Target}), ".x."},
		{"domain by star", all(suppress.Match{Kind: "domain", Value: "*.example.org"}), "..x"},
		{"domain, dot is no wildcard", all(suppress.Match{Kind: "domain", Value: "cdn-example.org"}), "..."},
		{"source and target", all(actor("203.0.113.9"), target("10.0.0.5")), "x.."},
		{"source and another's target", all(actor("203.0.113.9"), target("192.0.2.1")), "..."},
		{"rule and source", suppress.Scope{Rule: "scan/vertical", Entities: []suppress.Match{actor("203.0.113.9")}}, "x.."},
		{"another rule and source", suppress.Scope{Rule: "guess/spray", Entities: []suppress.Match{actor("203.0.113.9")}}, "..."},
		{"source segment", suppress.Scope{SourceSegment: "external"}, "xxx"},
		{"target segment", suppress.Scope{TargetSegment: "internal"}, "x.."},
		{"segment without name", suppress.Scope{TargetSegment: "nowhere"}, "..."},
		{"port", suppress.Scope{Port: 22}, "x.."},
		{"another port", suppress.Scope{Port: 23}, "..."},
		{"service by literal star", all(suppress.Match{Kind: "service", Value: "ss[*]"}), "..."},
		{"service by part and star", all(suppress.Match{Kind: "service", Value: "s[s]*"}), "..."},
		{"title by star", suppress.Scope{Pattern: "*TRIES THE PORTS OF*"}, "x.."},
		{"title as a whole", suppress.Scope{Pattern: "tries the ports of"}, "..."},
		{"title in Korean", suppress.Scope{Pattern: "*vertical"}, "x.."},
		{"value by question mark", suppress.Scope{Pattern: "203.0.113.1?"}, ".x."},
		{"value by regular expression", suppress.Scope{Pattern: `/^cdn\.example\.(org|net)$/`}, "..x"},
		{"pattern and detector", suppress.Scope{Pattern: "*", Detector: "beacon"}, "..x"},
		{"organisation", suppress.Scope{Detector: "scan", Tenant: "org"}, "x.."},
		{"another organisation", suppress.Scope{Detector: "scan", Tenant: "other"}, "..."},
	} {
		m, err := c.scope.Compile()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := ""
		for i := range findings {
			if m.Fits(&findings[i], suppress.OnePort(&findings[i]), segments) {
				got += "x"
			} else {
				got += "."
			}
		}
		if got != c.want {
			t.Errorf("%s: fits %s, want %s", c.name, got, c.want)
		}
	}
}

// A finding that has left out names is not silenced by the names that it kept.
func TestScopeOfMany(t *testing.T) {
	f := scanned()
	for i := range detect.MaxEntities {
		f.Involve("ip", fmt.Sprintf("10.0.0.%d", i+1), detect.Target)
	}
	if len(f.Entities) != detect.MaxEntities {
		t.Fatalf("%d entities", len(f.Entities))
	}
	source := suppress.Match{Kind: "ip", Value: "203.0.113.9", Role: detect.Actor}
	targets := suppress.Match{Kind: "ip", Value: "10.0.0.0/24", Role: detect.Target}
	if !fits(t, suppress.Scope{Entities: []suppress.Match{source}}, f) {
		t.Error("the one source does not fit")
	}
	if fits(t, suppress.Scope{Entities: []suppress.Match{targets}}, f) {
		t.Error("targets fit though some are not known")
	}
}

func TestCheck(t *testing.T) {
	now := monday
	good := suppress.Scope{Detector: "scan"}
	soon := now.Add(time.Hour)
	for _, c := range []struct {
		name, field string
		s           suppress.Suppression
	}{
		{"no reason", "reason", suppress.Suppression{Until: soon, Scope: good}},
		{"blank reason", "reason", suppress.Suppression{Reason: " \t", Until: soon, Scope: good}},
		{"long reason", "reason", suppress.Suppression{Reason: strings.Repeat("r", suppress.MaxReason+1), Until: soon, Scope: good}},
		{"no end", "until", suppress.Suppression{Reason: "r", Scope: good}},
		{"end in the past", "until", suppress.Suppression{Reason: "r", Until: now.Add(-time.Second), Scope: good}},
		{"end too far", "until", suppress.Suppression{Reason: "r", Until: now.Add(367 * 24 * time.Hour), Scope: good}},
		{"until removed without review", "review", suppress.Suppression{Reason: "r", UntilRemoved: true, Scope: good}},
		{"review too far", "review", suppress.Suppression{Reason: "r", UntilRemoved: true, Review: now.Add(400 * 24 * time.Hour), Scope: good}},
		{"both ends", "until", suppress.Suppression{Reason: "r", UntilRemoved: true, Until: soon, Review: soon, Scope: good}},
		{"everything", "scope", suppress.Suppression{Reason: "r", Until: soon}},
		{"everything of an organisation", "scope", suppress.Suppression{Reason: "r", Until: soon, Scope: suppress.Scope{Tenant: "org"}}},
		{"until removed, everything", "scope", suppress.Suppression{Reason: "r", UntilRemoved: true, Review: soon}},
		{"rule without detector", "scope.rule", suppress.Suppression{Reason: "r", Until: soon, Scope: suppress.Scope{Rule: "vertical"}}},
		{"unknown kind", "scope.entities[0].kind", suppress.Suppression{Reason: "r", Until: soon, Scope: suppress.Scope{Entities: []suppress.Match{{Kind: "address", Value: "x"}}}}},
		{"unknown role", "scope.entities[0].role", suppress.Suppression{Reason: "r", Until: soon, Scope: suppress.Scope{Entities: []suppress.Match{{Kind: "user", Value: "x", Role: "victim"}}}}},
		{"no value", "scope.entities[0].value", suppress.Suppression{Reason: "r", Until: soon, Scope: suppress.Scope{Entities: []suppress.Match{{Kind: "user"}}}}},
		{"no address", "scope.entities[1].value", suppress.Suppression{Reason: "r", Until: soon, Scope: suppress.Scope{Entities: []suppress.Match{{Kind: "ip", Value: "10.0.0.1"}, {Kind: "ip", Value: "10.0.0"}}}}},
		{"bad expression", "scope.pattern", suppress.Suppression{Reason: "r", Until: soon, Scope: suppress.Scope{Pattern: "/(/"}}},
		{"long pattern", "scope.pattern", suppress.Suppression{Reason: "r", Until: soon, Scope: suppress.Scope{Pattern: strings.Repeat("*", suppress.MaxPattern+1)}}},
		{"many entities", "scope.entities", suppress.Suppression{Reason: "r", Until: soon, Scope: suppress.Scope{Entities: make([]suppress.Match, suppress.MaxMatches+1)}}},
	} {
		err := c.s.Check(now)
		var wrong *suppress.FieldError
		if !errors.As(err, &wrong) || wrong.Field != c.field || !errors.Is(err, suppress.ErrInvalid) || wrong.Said.KO == "" || strings.ContainsAny(wrong.Said.EN+wrong.Said.KO, "{}") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for name, s := range map[string]suppress.Suppression{
		"until":         {Reason: "r", Until: soon, Scope: good},
		"a year":        {Reason: "r", Until: now.AddDate(1, 0, 0), Scope: good},
		"until removed": {Reason: "r", UntilRemoved: true, Review: soon, Scope: good},
	} {
		if err := s.Check(now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a finding's words say in prose, Suggest says as a scope and Line as
// options; the scope fits the finding.
func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		by   []detect.HushPart
		want string
	}{
		{[]detect.HushPart{detect.BySource}, `--rule scan/vertical --source 203.0.113.9 --tenant org`},
		{[]detect.HushPart{detect.BySource, detect.ByTarget, detect.ByService}, `--rule scan/vertical --source 203.0.113.9 --target 10.0.0.5 --related service:ssh --tenant org`},
		{[]detect.HushPart{detect.BySource, detect.ByUser}, `--rule scan/vertical --source 203.0.113.9 --target 'user:O'\''Brien' --tenant org`},
		{[]detect.HushPart{detect.ByTarget, detect.ByPort}, `--rule scan/vertical --target 10.0.0.5 --port 22 --tenant org`},
	} {
		f := scanned(c.by...)
		s, ok := suppress.Suggest(&f)
		if got := s.Line(); got != c.want || !ok {
			t.Errorf("%v: %s, want %s", c.by, got, c.want)
		}
		if !fits(t, s, f) {
			t.Errorf("%v: the suggested scope does not fit the finding", c.by)
		}
		f.Entities[0].Value, f.Entities[1].Value, f.Entities[2].Value = "203.0.113.10", "10.0.0.6", "Kim"
		if fits(t, s, f) {
			t.Errorf("%v: the suggested scope fits another finding", c.by)
		}
	}
	several := scanned(detect.BySource, detect.ByTarget)
	several.Involve("ip", "10.0.0.6", detect.Target)
	if s, ok := suppress.Suggest(&several); s.Line() != `--rule scan/vertical --source 203.0.113.9 --tenant org` || !ok {
		t.Errorf("several targets: %s, %v", s.Line(), ok)
	}
	several.Rule.HushBy = []detect.HushPart{detect.ByTarget}
	if s, ok := suppress.Suggest(&several); ok {
		t.Errorf("nothing to narrow by: %s", s.Line())
	}
	if _, ok := suppress.Suggest(&detect.Finding{}); ok {
		t.Error("a finding without a rule has a scope")
	}
	// A name that an attacker chose does not widen the scope.
	for _, name := range []string{"*", "a*?", `*[*]?\`, "[", "[?]"} {
		f := scanned(detect.ByUser)
		f.Entities[2].Value = name
		s, ok := suppress.Suggest(&f)
		if !ok || !fits(t, s, f) {
			t.Errorf("%q: %s does not fit", name, s.Line())
		}
		f.Entities[2].Value = "abc"
		if fits(t, s, f) {
			t.Errorf("%q: %s fits others", name, s.Line())
		}
	}
}

// Every message says the same in both languages: it has the same values.
func TestWords(t *testing.T) {
	source, err := os.ReadFile("messages_table.go")
	if err != nil {
		t.Fatal(err)
	}
	pair := regexp.MustCompile(`EN: *("(?:[^"\\]|\\.)*"),\s+KO: *("(?:[^"\\]|\\.)*")`)
	slot := regexp.MustCompile(`\{[a-z]+`)
	all := pair.FindAllSubmatch(source, -1)
	if len(all) < 10 || len(all) != bytes.Count(source, []byte("EN:")) {
		t.Fatalf("%d messages read of %d", len(all), bytes.Count(source, []byte("EN:")))
	}
	for _, m := range all {
		en, ko := slot.FindAllString(string(m[1]), -1), slot.FindAllString(string(m[2]), -1)
		slices.Sort(en)
		slices.Sort(ko)
		if diff := cmp.Diff(en, ko); diff != "" {
			t.Errorf("%s\n%s:\n%s", m[1], m[2], diff)
		}
	}
}

func TestParseMatch(t *testing.T) {
	for _, c := range []struct{ word, kind, value string }{
		{"10.0.0.5", "ip", "10.0.0.5"},
		{"10.0.0.0/24", "ip", "10.0.0.0/24"},
		{"2001:db8::1", "ip", "2001:db8::1"},
		{"ip:10.0.0.5", "ip", "10.0.0.5"},
		{"user:a:b", "user", "a:b"},
		{"domain:*.example.org", "domain", "*.example.org"},
	} {
		m, err := suppress.ParseMatch("target", detect.Target, c.word)
		if want := (suppress.Match{Kind: c.kind, Value: c.value, Role: detect.Target}); err != nil || m != want {
			t.Errorf("%s: %+v, %v", c.word, m, err)
		}
	}
	for _, word := range []string{"", "web01", "ip:web01", "user:", "10.0.0.0/99", "color:red"} {
		if _, err := suppress.ParseMatch("target", detect.Target, word); !errors.Is(err, suppress.ErrInvalid) {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func FuzzScope(f *testing.F) {
	f.Add("scan/vertical", "ip", "10.0.0.0/24", "actor", "*scan*", "internal", uint16(22))
	f.Add("a/b/c", "user", "*?*", "", "/(a|b)+$/", "", uint16(0))
	f.Add("/", "ip", "::ffff:1.2.3.4/97", "target", "/", "\xff", uint16(1))
	f.Fuzz(func(t *testing.T, rule, kind, value, role, pattern, seg string, port uint16) {
		s := suppress.Suppression{Reason: "fuzz", Until: monday.Add(time.Hour), Scope: suppress.Scope{
			Rule: rule, Pattern: pattern, SourceSegment: seg, Port: port,
			Entities: []suppress.Match{{Kind: kind, Value: value, Role: detect.Role(role)}},
		}}
		err := s.Check(monday)
		if err != nil && !errors.Is(err, suppress.ErrInvalid) {
			t.Errorf("%v is no ErrInvalid", err)
		}
		var wrong *suppress.FieldError
		if err != nil && (!errors.As(err, &wrong) || wrong.Said.EN == "" || wrong.Said.KO == "") {
			t.Errorf("no words for %v", err)
		}
		if err != nil {
			return
		}
		m, err := s.Scope.Compile()
		if err != nil {
			t.Fatal(err)
		}
		m.Fits(&detect.Finding{Entities: []detect.Entity{{Kind: kind, Value: value, Role: detect.Role(role)}}}, int64(port), nil)
		// What Line writes, ParseMatch reads.
		if w := s.Scope.Entities[0]; !strings.ContainsAny(value, "'") && role == "actor" {
			word := value
			if kind != "ip" {
				word = kind + ":" + value
			}
			if got, err := suppress.ParseMatch("source", detect.Actor, word); err != nil || got != w {
				t.Errorf("%q is read as %+v, %v", word, got, err)
			}
		}
	})
}
