package hunt_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/hunt"
)

// TestCompletions marks the cursor with ^ and names the first completions and
// the piece that they replace.
func TestCompletions(t *testing.T) {
	tests := []struct {
		input   string
		replace string
		first   string // with blanks between
		never   string
	}{
		{"^", "", "| ip src dst", "and or"},
		{"sr^", "sr", "src srcmac srchost srcsegment", "and dst"},
		{"SR^", "SR", "src srcmac", "dst"},
		{"src ^", "", "= != contains starts ends matches in exists and or |", "< >"},
		{"src i^", "i", "in ip", "="},
		{"dport ^", "", "= != < <= > >= in exists", "contains"},
		{"src_endpoint.^", "src_endpoint.", "src", "dst"},
		{"cmd_l^", "cmd_l", "cmd parentcmd", "src"},
		{"unmap^", "unmap", "unmapped.", "src"},
		{"src = 10.0.0.1 ^", "", "and or | ip", "="},
		{"src = 10.0.0.1 a^", "a", "and actor app answer agent", "or"},
		{"status = ^", "", "unknown success failure", "and src"},
		{"status = f^", "f", "failure", "success"},
		{"status = f^ and dport = 22", "f", "failure", "success"},
		{"status in (success, f^", "f", "failure", "success"},
		{"severity >= ^", "", "unknown informational low medium high critical fatal", "and"},
		{"logontype = re^", "re", `"remote interactive"`, "system"},
		{"class = a^", "a", "account authentication api", "dns"},
		{"class = l^", "l", "authentication", "dns"},
		{"is_mfa = ^", "", "true false", "src"},
		{"proto = s^", "s", "ssh smb smtp", "tcp"},
		{"user = ^", "", `root "가나 다"`, "and src"},
		{"src in ^", "", "( 10.0.0.0/8", "and"},
		{"src in (^", "", "10.0.0.0/8", "and ("},
		{"cmd matches ^", "", "//", "and"},
		{"not ^", "", "ip src", "and or |"},
		{"a and ^", "", "ip src", "and or |"},
		{"(^", "", "ip src", "and or"},
		{"exists u^", "u", "user url", "until"},
		{"last ^", "", "1h 24h 7d", "and src"},
		{"la^", "la", "last", "and"},
		{"since ^", "", "today yesterday", "and src"},
		{"between today ^", "", "and", "or src"},
		{"between today and ^", "", "today yesterday", "or src"},
		{"a | ^", "", "top count timeline latest", "src and"},
		{"a | t^", "t", "top timeline", "count"},
		{"a | top ^", "", "10 src dst", "ip and"},
		{"a | top 5 ^", "", "src dst", "ip and"},
		{"a | top 5 us^", "us", "user", "ip"},
		{"a | top 5 src, ^", "", "src dst", "ip and"},
		{"a | count ^", "", "by distinct", "src and"},
		{"a | count by ^", "", "src dst", "by and"},
		{"a | count distinct dst ^", "", "by", "src and"},
		{"a | timeline ^", "", "by 1h 24h", "src and"},
		{"a | timeline 1h by c^", "c", "code cmd community class", "host"},
		{"실패 and 한글 = 1 and us^", "us", "user", "src"},
		{"src = 10.0.0.1^", "10.0.0.1", "", "and"},
	}
	values := func(f hunt.Field) []string {
		if f == "user" {
			return []string{"root", "가나 다"}
		}
		return nil
	}
	for _, tt := range tests {
		cursor := strings.Index(tt.input, "^")
		input := strings.Replace(tt.input, "^", "", 1)
		got := hunt.Check(input, cursor, hunt.CheckOptions{Options: opts, Values: values})
		var inserts []string
		for _, c := range got.Completions {
			inserts = append(inserts, c.Insert)
			if s := input[c.Start:c.End]; s != tt.replace {
				t.Errorf("%s: %s replaces %q, want %q", tt.input, c.Insert, s, tt.replace)
			}
			if c.Doc.EN != "" && (c.Doc.KO == "" || strings.Contains(c.Doc.EN+c.Doc.KO, "{")) {
				t.Errorf("%s: %s is told as %q", tt.input, c.Insert, c.Doc)
			}
		}
		all := " " + strings.Join(inserts, " ") + " "
		if !strings.HasPrefix(all, " "+tt.first) && tt.first != "" || tt.first == "" && len(inserts) > 0 {
			t.Errorf("%s: completions\n%s\nwant first\n %s", tt.input, all, tt.first)
		}
		for _, never := range strings.Fields(tt.never) {
			if strings.Contains(all, " "+never+" ") {
				t.Errorf("%s: completions %s have %s", tt.input, all, never)
			}
		}
	}
}

func TestSpans(t *testing.T) {
	kinds := map[hunt.SpanKind]string{
		hunt.SpanField: "field", hunt.SpanOperator: "op", hunt.SpanValue: "value", hunt.SpanText: "text", hunt.SpanRegex: "regex",
		hunt.SpanTime: "time", hunt.SpanKeyword: "key", hunt.SpanBracket: "bracket", hunt.SpanError: "error",
	}
	input := `(src not in (10.0.0.1, 'x') or cmd matches /a b/i) and 실패 time > 2026-03-01 09:00 since yesterday 09:00 and nosuch = 3 | top 5 user, dst`
	var got []string
	for _, s := range hunt.Check(input, -1, hunt.CheckOptions{Options: opts}).Spans {
		got = append(got, kinds[s.Kind]+" "+input[s.Start:s.End])
	}
	want := []string{
		"bracket (", "field src", "op not", "op in", "bracket (", "value 10.0.0.1", "text 'x'", "bracket )", "key or", "field cmd", "op matches",
		"regex /a b/i", "bracket )", "key and", "text 실패", "field time", "op >", "time 2026-03-01 09:00", "key since", "time yesterday 09:00",
		"key and", "error nosuch", "op =", "value 3", "key |", "key top", "value 5", "field user", "field dst",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestCheckTells(t *testing.T) {
	got := hunt.Check("user and srcc = 1 and dprt = 2", -1, hunt.CheckOptions{Options: opts})
	var told []string
	for _, p := range got.Problems {
		told = append(told, p.Text.EN+"; "+p.Hint.EN)
	}
	want := []string{
		"user is a field, but alone it is a text to look for; write exists user, user = …, or put it into quotes",
		"no field is called srcc; did you mean src?",
		"no field is called dprt; did you mean dport?",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if got.Explanation.EN != "" || got.Canonical != "" {
		t.Errorf("explains what is wrong: %q, %q", got.Explanation.EN, got.Canonical)
	}
	got = hunt.Check("user", -1, hunt.CheckOptions{Options: opts})
	if len(got.Problems) != 1 || !got.Problems[0].Warning || got.Canonical != `"user"` || got.Explanation.KO == "" {
		t.Errorf("a field alone: %+v", got)
	}
	if got := hunt.Check("since tomorrow", -1, hunt.CheckOptions{Options: opts}); len(got.Problems) != 1 || !got.Problems[0].Warning {
		t.Errorf("a range in the future: %+v", got.Problems)
	}
	long := strings.Repeat("src = 10.0.0.1 or ", 298) + "dport = 22"
	if got := hunt.Check(long, -1, hunt.CheckOptions{Options: opts}).Explanation; !strings.Contains(got.EN, "or 289 more conditions") || !strings.Contains(got.KO, "그 밖의 조건 289개에 맞는 것을") {
		t.Errorf("a long hunt is explained as %q, %q", got.EN, got.KO)
	}
	many := hunt.Check(strings.Repeat("nosuch = 1 ", 50), -1, hunt.CheckOptions{Options: opts})
	if len(many.Problems) != 10 {
		t.Errorf("%d problems of 50 are told, want 10", len(many.Problems))
	}
}
