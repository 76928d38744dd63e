package hunt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bongsu/bongsu/hunt"
)

func TestErrors(t *testing.T) {
	tests := []struct {
		input   string
		column  int
		span    string // what is wrong, "" where something is missing
		says    string
		hint    string
		instead string
	}{
		{"srcc = 10.0.0.1", 1, "srcc", "no field is called srcc", "did you mean src?", "src"},
		{"src_endpoint.ipp = 10.0.0.1", 1, "src_endpoint.ipp", "no field is called", "did you mean src_endpoint.ip?", "src_endpoint.ip"},
		{"src_endpiont.ip = 10.0.0.1", 1, "src_endpiont.ip", "no field is called", "did you mean src_endpoint.ip?", "src_endpoint.ip"},
		{"user = 김 and usr = 1", 14, "usr", "no field is called usr", "did you mean user?", "user"},
		{"cmd_line = x", 1, "cmd_line", "no field is called", "did you mean process.cmd_line?", "process.cmd_line"},
		{"qqqqqqqqqqqqq = x", 1, "qqqqqqqqqqqqq", "no field is called", "a short name, a path of OCSF", ""},
		{"somebody logged in", 10, "logged", "no field is called logged", "stands in quotes", ""},
		{"unmapped. = 3", 1, "unmapped.", "no field is called", "", ""},
		{"exists nosuchthing", 8, "nosuchthing", "no field", "", ""},
		{"exists = 3", 1, "exists", "no field is called exists", "", ""},
		{"exists", 1, "exists", "field is missing after exists", "exists user", ""},

		{"src = hello", 7, "hello", "src is an address, and hello is none", "10.0.0.5", ""},
		{"src = 10.0.0.256", 7, "10.0.0.256", "address", "", ""},
		{"src in 10.0.0.0/33", 8, "10.0.0.0/33", "address", "", ""},
		{"src in (10.0.0.1, x)", 19, "x", "address", "", ""},
		{"src < 10.0.0.1", 5, "<", "src holds an address, which < cannot ask", "it takes =, !=, contains", ""},
		{"src = 10.0.0.*", 7, "10.0.0.*", "* does not stand", "starts, ends or contains", ""},
		{"mac = zz", 7, "zz", "MAC address", "02:00:5e:10:00:01", ""},
		{"dport = ssh", 9, "ssh", "dport is a number, and ssh is none", "whole number", ""},
		{"dport = 70000", 9, "70000", "no port", "0 to 65535", ""},
		{"dport = 1,024", 10, ",", "comma", "dport in (22, 3389)", ""},
		{"dport contains 80", 7, "contains", "dport holds a number, which contains cannot ask", "=, !=, <, <=, >, >=, in, exists", ""},
		{"bytes > 99999999999999999999", 9, "99999999999999999999", "number", "", ""},
		{"user > 5", 6, ">", "user holds a text", "", ""},
		{"unmapped.score > 5", 16, ">", "a text of the source", "", ""},
		{"ja4 in 10.0.0.0/8", 8, "10.0.0.0/8", "in needs a list", "", ""},
		{"user in root", 9, "root", "in needs a list", "dport in (22, 3389)", ""},
		{"user = (a, b)", 8, "(", "a list can only follow in", "", ""},
		{"severity >= hihg", 13, "hihg", "severity is never hihg", "did you mean high?", "high"},
		{"severity >= zzzzzzzzz", 13, "zzzzzzzzz", "severity is never", "unknown, informational, low, medium, high, critical, fatal", ""},
		{"status = fialure", 10, "fialure", "status is never fialure", "did you mean failure?", "failure"},
		{"activity = lgoon", 12, "lgoon", "activity is never", "did you mean logon?", "logon"},
		{"logontype = remoteinteractive", 13, "remoteinteractive", "never", `did you mean "remote interactive"?`, `"remote interactive"`},
		{"class = authentcation", 9, "authentcation", "no class is called", "did you mean authentication?", "authentication"},
		{"class = zzzzzzzzz", 9, "zzzzzzzzz", "no class is called", "account, api", ""},
		{"class > 4000", 7, ">", "class holds a class", "it takes =, !=, in", ""},
		{"is_mfa = maybe", 10, "maybe", "true or false", "", ""},
		{"is_mfa in (true)", 8, "in", "is_mfa holds true or false", "", ""},
		{"time = soonish", 8, "soonish", "soonish is no time", "yesterday 09:00", ""},
		{"time contains 2026", 6, "contains", "time holds a time", "", ""},

		{"src =", 5, "=", "a value is missing after =", "10.0.0.5", ""},
		{"src = | top 5 dst", 5, "=", "a value is missing after =", "", ""},
		{"user contains ", 6, "contains", "a value is missing after contains", "", ""},
		{`user contains ""`, 15, `""`, "the text is empty", "exists user", ""},
		{"= 5", 1, "=", "a field is missing before =", "", ""},
		{", a", 1, ",", "a comma only stands", "", ""},
		{"user:root", 1, "user:root", "not around a colon", "write user = root", "user = root"},
		{"foo*", 1, "foo*", "* does not stand", "put the text into quotes", ""},
		{`"abc`, 1, `"abc`, "the closing quote is missing", "", ""},
		{`user = 'abc`, 8, `'abc`, "the closing quote is missing", "", ""},
		{`user = “abc`, 8, `“abc`, "the closing quote is missing", "", ""},
		{`unmapped."a = 3`, 1, `unmapped."a = 3`, "the closing quote is missing", "", ""},
		{`""`, 1, `""`, "the text is empty", "", ""},

		{"cmd matches /a(/", 13, "/a(/", "missing closing ): a(", "RE2", ""},
		{"cmd matches /(?<!a)b/", 13, "/(?<!a)b/", "invalid named capture: (?<!a)b", "", ""},
		{"cmd matches /a", 13, "/a", "closing quote", "", ""},
		{"cmd matches //", 13, "//", "empty", "", ""},
		{"cmd matches (a|b)", 13, "(", "the slashes around the regular expression are missing", "", ""},
		{"cmd matches /(\\pL{100}){10}/", 13, "/(\\pL{100}){10}/", "too large", "", ""},
		{"cmd matches /" + strings.Repeat("a", 1001) + "/", 13, "/" + strings.Repeat("a", 1001) + "/", "longer than 1,000 bytes", "", ""},

		{"(a or b", 1, "(", "closing ) is missing", "", ""},
		{"a)", 2, ")", "closes nothing", "delete it", ""},
		{"()", 1, "()", "nothing is in the parentheses", "", ""},
		{"a and", 3, "and", "a condition is missing after and", "", ""},
		{"and a", 1, "and", "a condition is missing before and", "", ""},
		{"a or or b", 3, "or", "a condition is missing after or", "", ""},
		{"not", 1, "not", "a condition is missing after not", "", ""},
		{"a && | count", 3, "&&", "a condition is missing after &&", "", ""},
		{"src in (10.0.0.1", 8, "(", "closing ) is missing", "", ""},
		{"src in (10.0.0.1 10.0.0.2)", 18, "10.0.0.2", "comma or ) is missing", "", ""},
		{"src in (10.0.0.1,)", 18, ")", "a value is missing in the list", "", ""},
		{"src in ()", 9, ")", "a value is missing in the list", "", ""},
		{"user in (" + strings.Repeat("a,", 1000) + "a)", 2010, "a", "more than 1,000 values", "", ""},
		{strings.Repeat("(", 25) + "a" + strings.Repeat(")", 25), 25, "(", "more than 24 levels", "", ""},
		{strings.Repeat("not ", 25) + "a", 97, "not", "more than 24 levels", "", ""},
		{strings.Repeat("a ", 301), 601, "a", "more than 300 conditions", "", ""},
		{strings.Repeat("a", hunt.MaxInput+1), hunt.MaxInput + 1, "", "longer than 8,192 bytes", "", ""},
		{"user = \xff", 8, "\xff", "not UTF-8", "", ""},

		{"last", 1, "last", "how long is missing", "24h", ""},
		{"last 5 parsecs", 6, "5", "how long is missing", "24h", ""},
		{"last 11000d", 6, "11000d", "ten years", "", ""},
		{"last 1h last 2h", 9, "last", "a second range", "", ""},
		{"last 1h since today", 9, "since", "a second range", "", ""},
		{"since today since yesterday", 13, "since", "a second range", "", ""},
		{"since someday", 7, "someday", "someday is no time", "", ""},
		{"since 2026-02-30", 7, "2026-02-30", "no time", "", ""},
		{"since 2026-03-01 09:00 EST", 24, "EST", "EST may mean several things", "+09:00", ""},
		{"since 9:00 pm", 12, "pm", "pm may mean several things", "21:00", ""},
		{"since 0001-01-01", 7, "0001-01-01", "no time", "", ""},
		{"since", 6, "", "a time is missing", "", ""},
		{"between 2026-03-01", 1, "between", "two times", "", ""},
		{"between 2026-03-02 and 2026-03-01", 1, "between 2026-03-02 and 2026-03-01", "the range is empty", "does not belong", ""},
		{"on 09:00", 1, "on 09:00", "a day without a time", "", ""},
		{"on 2026-03-01 09:00", 1, "on 2026-03-01 09:00", "a day without a time", "", ""},
		{"a or last 1h", 1, "a or last 1h", "inside parentheses", "at the end", ""},
		{"a or (b last 1h)", 9, "last", "inside parentheses", "(a or b) last 24h", ""},
		{"not last 1h", 5, "last", "beside not", "", ""},

		{"a |", 4, "", "what is to be shown is missing", "top 10 src", ""},
		{"a | tpo 5 src", 5, "tpo", "tpo cannot follow |", "did you mean top?", "top"},
		{"a | sort src", 5, "sort", "sort cannot follow |", "top 10 src", ""},
		{"a | top", 5, "top", "field is missing after top", "", ""},
		{"a | top 5", 5, "top", "field is missing after top", "", ""},
		{"a | top 0 src", 9, "0", "1 to 1,000, not 0", "", ""},
		{"a | top 5 ip", 11, "ip", "ip stands for several fields", "src, dst, device.ip and proxy_endpoint.ip", "src"},
		{"a | top 5 time", 11, "time", "times are counted by a timeline", "| timeline", ""},
		{"a | top 5 src, src", 16, "src", "named twice", "", ""},
		{"a | top 5 src,", 11, "src", "field is missing after src", "", ""},
		{"a | top 5 src, dst, user, cmd, url", 30, ",", "more than 4 fields", "", ""},
		{"a | top src dst", 13, "dst", "nothing may follow here, found dst", "", ""},
		{"a | count by", 11, "by", "field is missing after by", "", ""},
		{"a | count distinct", 11, "distinct", "field is missing after distinct", "", ""},
		{"a | count distinct src, dst", 23, ",", "more than 1 fields", "", ""},
		{"a | timeline 5x", 14, "5x", "5x is no length of time", "timeline 5m", ""},
		{"a | timeline 100ms", 14, "100ms", "at least one second", "", ""},
		{"last 7d | timeline 1s", 1, "last 7d | timeline 1s", "more than 5,000 steps", "steps of 5m or more", ""},
		{"a | latest 10001", 12, "10001", "1 to 10,000", "", ""},
		{"a | latest ten", 12, "ten", "nothing may follow", "", ""},
		{"a | count | top 5 src", 11, "| top 5 src", "nothing may follow", "one of top, count", ""},
	}
	for _, tt := range tests {
		t.Run(short(tt.input), func(t *testing.T) {
			_, err := hunt.Parse(tt.input, opts)
			var e *hunt.Error
			if !errors.As(err, &e) {
				if tt.column != 0 || err != nil {
					t.Fatalf("error %v", err)
				}
				return
			}
			if tt.column == 0 {
				t.Fatalf("error %v, want none", err)
			}
			if e.Column != tt.column {
				t.Errorf("column %d, want %d: %v", e.Column, tt.column, e)
			}
			if e.End > len(tt.input) || e.Start > e.End {
				t.Fatalf("span %d to %d of %d bytes", e.Start, e.End, len(tt.input))
			}
			if got := tt.input[e.Start:e.End]; got != tt.span {
				t.Errorf("span %q, want %q: %v", got, tt.span, e)
			}
			if !strings.Contains(e.Text.EN, tt.says) {
				t.Errorf("says %q, want %q", e.Text.EN, tt.says)
			}
			if !strings.Contains(e.Hint.EN, tt.hint) || tt.hint == "" && e.Hint.EN != "" && strings.Contains(e.Hint.EN, "{") {
				t.Errorf("hint %q, want %q", e.Hint.EN, tt.hint)
			}
			if e.Instead != tt.instead {
				t.Errorf("instead %q, want %q", e.Instead, tt.instead)
			}
			if e.Text.KO == "" || e.Text.KO == e.Text.EN || (e.Hint.EN == "") != (e.Hint.KO == "") {
				t.Errorf("Korean: %q, %q", e.Text.KO, e.Hint.KO)
			}
			for _, s := range []string{e.Text.EN, e.Text.KO, e.Hint.EN, e.Hint.KO} {
				if strings.Contains(s, "{") {
					t.Errorf("a value was not filled in: %q", s)
				}
			}
		})
	}
}

func short(s string) string {
	if len(s) > 40 {
		return s[:40]
	}
	return s
}

func TestErrorText(t *testing.T) {
	_, err := hunt.Parse("dst = 1.2.3.4 and srcc = 1", opts)
	want := "column 19: no field is called srcc; did you mean src?"
	if err == nil || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}
