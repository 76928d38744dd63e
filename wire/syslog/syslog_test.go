package syslog_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/wire/syslog"
)

var reference = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestParse(t *testing.T) {
	at := func(month time.Month, day, h, m, s int) time.Time {
		return time.Date(2026, month, day, h, m, s, 0, time.UTC)
	}
	for _, c := range []struct {
		name, line string
		want       syslog.Message
	}{
		{"file of rsyslog", "Feb  7 09:01:02 web1 sshd[812]: Accepted", syslog.Message{
			Priority: -1, Time: at(2, 7, 9, 1, 2), TimeText: "Feb  7 09:01:02", Host: "web1", Program: "sshd", PID: 812, Text: "Accepted",
		}},
		{"RFC 3164 with priority", "<34>Feb 27 22:14:15 mymachine su: 'su root' failed", syslog.Message{
			Priority: 34, Time: at(2, 27, 22, 14, 15), TimeText: "Feb 27 22:14:15", Host: "mymachine", Program: "su", Text: "'su root' failed",
		}},
		{"priority and nothing else", "<13>Use the BFG!", syslog.Message{Priority: 13, Text: "Use the BFG!"}},
		{"no host", "Feb 7 09:01:02 sshd[812]: x", syslog.Message{
			Priority: -1, Time: at(2, 7, 9, 1, 2), TimeText: "Feb 7 09:01:02", Program: "sshd", PID: 812, Text: "x",
		}},
		{"RFC 5424", `<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 ID47 [a@1 x="y]\""][b c="d"] ` + "\ufeffText", syslog.Message{
			Priority: 165, Time: time.Date(2003, 8, 24, 12, 14, 15, 3000, time.UTC), TimeText: "2003-08-24T05:14:15.000003-07:00",
			Host: "192.0.2.1", Program: "myproc", PID: 8710, MsgID: "ID47", Structured: `[a@1 x="y]\""][b c="d"]`, Text: "Text", RFC5424: true,
		}},
		{"RFC 5424, all nil", "<34>1 - - - - - -", syslog.Message{Priority: 34, RFC5424: true}},
		{"RFC 5424 file without priority", "1 2026-02-07T09:01:02Z h p - - - text", syslog.Message{
			Priority: -1, Time: at(2, 7, 9, 1, 2), TimeText: "2026-02-07T09:01:02Z", Host: "h", Program: "p", Text: "text", RFC5424: true,
		}},
		{"ISO date", "2026-02-07T09:01:02.000000+09:00 h cron[3]: x", syslog.Message{
			Priority: -1, Time: at(2, 7, 0, 1, 2), TimeText: "2026-02-07T09:01:02.000000+09:00", Host: "h", Program: "cron", PID: 3, Text: "x",
		}},
		{"macOS", "2026-02-07 09:01:02.000000-0700  localhost sshd[9]: x", syslog.Message{
			Priority: -1, Time: at(2, 7, 16, 1, 2), TimeText: "2026-02-07 09:01:02.000000-0700", Host: "localhost", Program: "sshd", PID: 9, Text: "x",
		}},
		{"journalctl short-full", "Sat 2026-02-07 09:01:02 KST h systemd[1]: x", syslog.Message{
			Priority: -1, Time: at(2, 7, 0, 1, 2), TimeText: "Sat 2026-02-07 09:01:02 KST", Host: "h", Program: "systemd", PID: 1, Text: "x",
		}},
		{"OpenWrt", "Sat Feb  7 09:01:02 2026 authpriv.info dropbear[5]: x", syslog.Message{
			Priority: 86, Time: at(2, 7, 9, 1, 2), TimeText: "Sat Feb  7 09:01:02 2026", Program: "dropbear", PID: 5, Text: "x",
		}},
		{"Solaris", "Feb  7 09:01:02 h sshd[5]: [ID 800047 auth.notice] Failed", syslog.Message{
			Priority: 37, Time: at(2, 7, 9, 1, 2), TimeText: "Feb  7 09:01:02", Host: "h", Program: "sshd", PID: 5, MsgID: "800047", Text: "Failed",
		}},
		{"Linux-PAM of old", "Feb  7 09:01:02 h sshd(pam_unix)[5]: x", syslog.Message{
			Priority: -1, Time: at(2, 7, 9, 1, 2), TimeText: "Feb  7 09:01:02", Host: "h", Program: "sshd(pam_unix)", PID: 5, Text: "x",
		}},
		{"router with a counter", "<189>000123: *Feb  7 09:01:02.500: %SYS-5-CONFIG_I: Configured", syslog.Message{
			Priority: 189, Time: at(2, 7, 9, 1, 2).Add(500 * time.Millisecond), TimeText: "Feb  7 09:01:02.500", Program: "%SYS-5-CONFIG_I", Text: "Configured",
		}},
		{"router behind a relay", "Feb  7 09:01:02 r1 77: *Feb  7 09:01:01.500: %SYS-5-CONFIG_I: Configured", syslog.Message{
			Priority: -1, Time: at(2, 7, 9, 1, 2), TimeText: "Feb  7 09:01:02", Host: "r1", Program: "%SYS-5-CONFIG_I", Text: "Configured",
		}},
		{"forwarded by AIX", "Feb  7 09:01:02 relay Message forwarded from h: su: x", syslog.Message{
			Priority: -1, Time: at(2, 7, 9, 1, 2), TimeText: "Feb  7 09:01:02", Host: "h", Program: "su", Text: "x",
		}},
		{"no tag", "Feb  7 09:01:02 h last message repeated 2 times", syslog.Message{
			Priority: -1, Time: at(2, 7, 9, 1, 2), TimeText: "Feb  7 09:01:02", Host: "h", Text: "last message repeated 2 times",
		}},
		{"a day ahead is a clock that differs", "Mar  2 11:00:00 h p: x", syslog.Message{
			Priority: -1, Time: at(3, 2, 11, 0, 0), TimeText: "Mar  2 11:00:00", Host: "h", Program: "p", Text: "x",
		}},
		{"December lies before January", "Dec 31 23:59:59 h p: x", syslog.Message{
			Priority: -1, Time: time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC), TimeText: "Dec 31 23:59:59", Host: "h", Program: "p", Text: "x",
		}},
		{"29 February needs a leap year", "Feb 29 01:00:00 h p: x", syslog.Message{
			Priority: -1, Time: time.Date(2024, 2, 29, 1, 0, 0, 0, time.UTC), TimeText: "Feb 29 01:00:00", Host: "h", Program: "p", Text: "x",
		}},
		{"journalctl -o json", `{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1770454862000100","_SOURCE_REALTIME_TIMESTAMP":"1770454862000000","PRIORITY":"6","SYSLOG_FACILITY":"10","SYSLOG_IDENTIFIER":"sshd","_PID":"7","_HOSTNAME":"h","MESSAGE":"a \"b\""}`, syslog.Message{
			Priority: 86, Time: at(2, 7, 9, 1, 2), TimeText: "1770454862000000", Host: "h", Program: "sshd", PID: 7, Text: `a "b"`,
		}},
		{"journal with bytes", `{"__REALTIME_TIMESTAMP":"1770454862000000","_COMM":"p","MESSAGE":[104,255,105]}`, syslog.Message{
			Priority: -1, Time: at(2, 7, 9, 1, 2), TimeText: "1770454862000000", Program: "p", Text: "h\ufffdi",
		}},
		{"year before the time", "Feb  7 2021 09:01:02 h : %ASA-6-302013: Built", syslog.Message{
			Priority: -1, Time: time.Date(2021, 2, 7, 9, 1, 2, 0, time.UTC), TimeText: "Feb  7 2021 09:01:02", Host: "h", Text: ": %ASA-6-302013: Built",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got syslog.Message
			if !syslog.Parse(c.line, syslog.Clock{Reference: reference}, &got) {
				t.Fatalf("Parse(%q) found no header", c.line)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("Parse(%q), -want +got:\n%s", c.line, d)
			}
		})
	}
}

func TestParseDeclines(t *testing.T) {
	for _, line := range []string{
		"", "hello", `{"a":1}`, `{"__REALTIME_TIMESTAMP":"x"}`, `{"__REALTIME_TIMESTAMP":`, "Feb 7 h sshd: x", "Feb 30 25:00:00 h p: x", "<999>x", "<>x", "2026-13-01T00:00:00Z h p: x",
		`192.0.2.7 - - [07/Feb/2026:09:01:02 +0000] "GET / HTTP/1.1" 200 1`, "1 2 3 4 5 6 7 8",
	} {
		var m syslog.Message
		if syslog.Parse(line, syslog.Clock{Reference: reference}, &m) {
			t.Errorf("Parse(%q) = %+v, want no header", line, m)
		}
	}
}

func TestLocation(t *testing.T) {
	seoul := time.FixedZone("KST", 9*3600)
	var m syslog.Message
	syslog.Parse("Feb  7 09:01:02 h p: x", syslog.Clock{Reference: reference, Location: seoul}, &m)
	if want := time.Date(2026, 2, 7, 0, 1, 2, 0, time.UTC); !m.Time.Equal(want) {
		t.Errorf("time = %v, want %v", m.Time, want)
	}
}

func TestTimeAgreesWithTheLibrary(t *testing.T) {
	for day := time.Date(1999, 1, 1, 13, 14, 15, 0, time.UTC); day.Year() < 2105; day = day.AddDate(0, 0, 1) {
		got, rest, ok := syslog.ParseTime(day.Format("2006-01-02T15:04:05Z x"), syslog.Clock{})
		if !ok || rest != " x" || !got.Equal(day) {
			t.Fatalf("ParseTime(%v) = %v, %q, %t", day, got, rest, ok)
		}
	}
}

func TestRepeated(t *testing.T) {
	for _, c := range []struct {
		text  string
		times int
		inner string
		ok    bool
	}{
		{"message repeated 5 times: [ Failed password for root]", 5, "Failed password for root", true},
		{"last message repeated 3 times", 3, "", true},
		{"message repeated x times: [ a]", 0, "", false},
		{"message repeated 99999999999 times: [ a]", syslog.MaxRepeats, "a", true},
		{"something else", 0, "", false},
	} {
		times, inner, ok := syslog.Repeated(c.text)
		if times != c.times || inner != c.inner || ok != c.ok {
			t.Errorf("Repeated(%q) = %d, %q, %t", c.text, times, inner, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"Feb  7 09:01:02 web1 sshd[812]: Accepted", "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 p 8710 ID47 [a@1 x=\"y\"] t",
		"<13>x", "Sat Feb  7 09:01:02 2026 authpriv.info dropbear[5]: x", "2026-02-07 09:01:02.5 h gdm]: [ID 1 auth.info] x", "<1>1 ", "<1>1", `{"__REALTIME_TIMESTAMP":"1770454862000000","_COMM":"p","MESSAGE":[104,255,105]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var m syslog.Message
		ok := syslog.Parse(line, syslog.Clock{Reference: reference}, &m)
		if m.Priority < -1 || m.Priority > 191 || m.PID < 0 {
			t.Fatalf("Parse(%q) = %+v", line, m)
		}
		if ok && line[0] != '{' && len(m.Host)+len(m.Program)+len(m.Text) > len(line) {
			t.Fatalf("Parse(%q) made text up: %+v", line, m)
		}
		syslog.Repeated(m.Text)
	})
}

func BenchmarkParse(b *testing.B) {
	line := "Feb  7 09:01:02 web1 sshd[812]: Failed password for root from 192.0.2.7 port 4711 ssh2"
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		var m syslog.Message
		syslog.Parse(line, syslog.Clock{Reference: reference}, &m)
	}
}
