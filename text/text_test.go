package text_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/text"
)

func TestSay(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 30, 5, 9, time.FixedZone("KST", 9*3600))
	tests := []struct {
		name string
		msg  text.Message
		args text.Args
		want text.Said
	}{
		{"plain", text.Message{EN: "nothing", KO: "없음"}, nil, text.Said{EN: "nothing", KO: "없음"}},
		{"missing", text.Message{EN: "{who} did {n}", KO: "{who|은는} {n}"}, text.Args{"n": 1}, text.Said{EN: "{who} did 1", KO: "{who} 1"}},
		{"unclosed", text.Message{EN: "a {who", KO: "{"}, text.Args{"who": "b"}, text.Said{EN: "a {who", KO: "{"}},
		{
			"numbers",
			text.Message{EN: "{a} {b} {c} {d}", KO: "{a|이가} {b} {c} {d}"},
			text.Args{"a": 1234567, "b": int64(-1000), "c": 12345.678, "d": 0},
			text.Said{EN: "1,234,567 -1,000 12,345.7 0", KO: "1,234,567이 -1,000 12,345.7 0"},
		},
		{
			"time and duration",
			text.Message{EN: "{at}, {d}", KO: "{at}, {d|으로}"},
			text.Args{"at": at, "d": 200 * time.Second},
			text.Said{EN: "2026-03-01 00:30:05 UTC, 3 min 20 s", KO: "2026-03-01 00:30:05 UTC, 3분 20초로"},
		},
		{
			"lists",
			text.Message{EN: "{a}; {b}; {c}; {d}", KO: "{a|을를}; {b}; {c|을를}; {d}"},
			text.Args{"a": []string{"x"}, "b": []string{"x", "y", "z"}, "c": []string{"1", "2", "3", "4", "5", "6", "7"}, "d": text.ListOf([]string{"x"}, 4)},
			text.Said{EN: "x; x, y and z; 1, 2, 3, 4 and 3 more; x and 3 more", KO: "x를; x, y, z; 1, 2, 3, 4 외 3개를; x 외 3개"},
		},
		{
			"nested",
			text.Message{EN: "{m} and {s}", KO: "{m}, {s|으로}"},
			text.Args{"m": text.Message{EN: "port {p}", KO: "{p|을를}"}, "p": "22", "s": text.Said{EN: "done", KO: "끝"}},
			text.Said{EN: "port 22 and done", KO: "22를, 끝으로"},
		},
		{"one and many", text.Message{EN: "{a} {a|try|tries}, {b} {b|try|tries}"}, text.Args{"a": 1, "b": 0}, text.Said{EN: "1 try, 0 tries"}},
		{"itself", text.Message{EN: "{m}", KO: ""}, text.Args{"m": text.Message{EN: "{m}"}}, text.Said{EN: "{…}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.msg.Say(tt.args)); diff != "" {
				t.Errorf("Say (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParticles(t *testing.T) {
	tests := []struct{ word, want string }{
		{"서버", "서버는 서버가 서버를 서버와 서버로 서버라는"},
		{"공격", "공격은 공격이 공격을 공격과 공격으로 공격이라는"},
		{"메일", "메일은 메일이 메일을 메일과 메일로 메일이라는"},
		{"10.0.0.5", "10.0.0.5는 10.0.0.5가 10.0.0.5를 10.0.0.5와 10.0.0.5로 10.0.0.5라는"},
		{"10.0.0.1", "10.0.0.1은 10.0.0.1이 10.0.0.1을 10.0.0.1과 10.0.0.1로 10.0.0.1이라는"},
		{"192.0.2.3", "192.0.2.3은 192.0.2.3이 192.0.2.3을 192.0.2.3과 192.0.2.3으로 192.0.2.3이라는"},
		{"22번", "22번은 22번이 22번을 22번과 22번으로 22번이라는"},
		{"100", "100은 100이 100을 100과 100으로 100이라는"},
		{"1,000,000,000,000", "1,000,000,000,000는 1,000,000,000,000가 1,000,000,000,000를 1,000,000,000,000와 1,000,000,000,000로 1,000,000,000,000라는"},
		{"SSH", "SSH는 SSH가 SSH를 SSH와 SSH로 SSH라는"},
		{"ssl", "ssl은 ssl이 ssl을 ssl과 ssl로 ssl이라는"},
		{"telnet", "telnet은 telnet이 telnet을 telnet과 telnet으로 telnet이라는"},
		{"root", "root는 root가 root를 root와 root로 root라는"},
		{"admin", "admin은 admin이 admin을 admin과 admin으로 admin이라는"},
		{"www.example.com", "www.example.com은 www.example.com이 www.example.com을 www.example.com과 www.example.com으로 www.example.com이라는"},
		{"file", "file은 file이 file을 file과 file로 file이라는"},
		{"service", "service는 service가 service를 service와 service로 service라는"},
		{"network", "network는 network가 network를 network와 network로 network라는"},
		{"block", "block은 block이 block을 block과 block으로 block이라는"},
		{"\"ping\"", "\"ping\"은 \"ping\"이 \"ping\"을 \"ping\"과 \"ping\"으로 \"ping\"이라는"},
		{"02:00:00:00:00:0f", "02:00:00:00:00:0f는 02:00:00:00:00:0f가 02:00:00:00:00:0f를 02:00:00:00:00:0f와 02:00:00:00:00:0f로 02:00:00:00:00:0f라는"},
		{"5%", "5%는 5%가 5%를 5%와 5%로 5%라는"},
		{"東", "東은(는) 東이(가) 東을(를) 東과(와) 東(으)로 東(이)라는"},
		{"", "은(는) 이(가) 을(를) 과(와) (으)로 (이)라는"},
	}
	msg := text.Message{KO: "{w|은는} {w|이가} {w|을를} {w|과와} {w|으로} {w|이라는}"}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, msg.Say(text.Args{"w": tt.word}).KO); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.word, diff)
		}
	}
}

func TestSpan(t *testing.T) {
	tests := []struct {
		d      time.Duration
		en, ko string
	}{
		{0, "less than 1 ms", "1밀리초 미만"},
		{250 * time.Millisecond, "250 ms", "250밀리초"},
		{1400 * time.Millisecond, "1 s", "1초"},
		{time.Minute, "1 min", "1분"},
		{59*time.Minute + 59500*time.Millisecond, "1 h", "1시간"},
		{90 * time.Minute, "1 h 30 min", "1시간 30분"},
		{50 * time.Hour, "2 d 2 h", "2일 2시간"},
		{24*time.Hour + time.Second, "1 d", "1일"},
		{-2 * time.Second, "-2 s", "-2초"},
	}
	for _, tt := range tests {
		if got := text.Span(tt.d, text.English); got != tt.en {
			t.Errorf("Span(%v, en) = %q, want %q", tt.d, got, tt.en)
		}
		if got := text.Span(tt.d, text.Korean); got != tt.ko {
			t.Errorf("Span(%v, ko) = %q, want %q", tt.d, got, tt.ko)
		}
	}
}

func FuzzSay(f *testing.F) {
	f.Add("{a|은는} {b", "값")
	f.Add("{|}{a|}{a|이라}", "e")
	f.Fuzz(func(t *testing.T, template, value string) {
		said := text.Message{EN: template, KO: template}.Say(text.Args{"a": value})
		if !strings.Contains(template, "{") && (said.EN != template || said.KO != template) {
			t.Errorf("a template without values changed: %q", said)
		}
	})
}
