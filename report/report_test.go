package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/report"
	"github.com/bongsu/bongsu/text"
)

var update = flag.Bool("update", false, "write the reports into testdata")

var (
	scan = &detect.Rule{
		Detector: "scan", Name: "vertical", Severity: event.SeverityMedium,
		Techniques: []detect.Technique{{ID: "T1046", Name: "Network Service Discovery", Tactic: "TA0007"}},
		Title:      text.Message{EN: "{src} is trying the ports of {dst}", KO: "{src|이가} {dst}의 포트를 차례로 두드리고 있습니다"},
		Why:        text.Message{EN: "{src} tried 24 ports of {dst} within 2 minutes, and nearly all refused.", KO: "{src|이가} 2분 동안 {dst}의 포트 24개를 시도했고 거의 모두 거절되었습니다."},
		Now:        text.Message{EN: "Block {src} at the firewall, and check what {dst} offers.", KO: "방화벽에서 {src|을를} 차단하고, {dst}에 꼭 필요한 서비스만 열려 있는지 확인하십시오."},
		Hush:       text.Message{EN: "If {src} is a scanner of yours, suppress scan/vertical for it, with an end date.", KO: "{src|이가} 우리 점검 도구라면 scan/vertical을 종료일을 정해 예외로 등록하십시오."},
	}
	guess = &detect.Rule{
		Detector: "guess", Name: "password", Severity: event.SeverityMedium,
		Techniques: []detect.Technique{{ID: "T1110.001", Name: "Password Guessing", Tactic: "TA0006"}},
		Title:      text.Message{EN: "{src} is guessing passwords on {dst}", KO: "{src|이가} {dst}의 비밀번호를 추측하고 있습니다"},
		Why:        text.Message{EN: "40 logons from {src} failed within 5 minutes.", KO: "{src}에서 5분 동안 로그인이 40번 실패했습니다."},
		Now:        text.Message{EN: "Block {src}.", KO: "{src|을를} 차단하십시오."},
		Hush:       text.Message{EN: "If a program has an old password, give it the new one.", KO: "옛 비밀번호를 쓰는 프로그램이라면 새 비밀번호를 넣어 주십시오."},
	}
	success = &detect.Rule{
		Detector: "guess", Name: "success", Severity: event.SeverityHigh,
		Techniques: []detect.Technique{{ID: "T1078", Name: "Valid Accounts", Tactic: "TA0001"}},
		Title:      text.Message{EN: "{src} got into {dst} after guessing passwords", KO: "{src|이가} 비밀번호를 추측한 끝에 {dst}에 로그인했습니다"},
		Why:        text.Message{EN: "After 40 failures from {src}, a logon worked.", KO: "{src}에서 40번 실패한 뒤 로그인이 성공했습니다."},
		Now:        text.Message{EN: "Act now: end the sessions on {dst}, change the password, and block {src}.", KO: "지금 바로 {dst}의 세션을 끊고 비밀번호를 바꾼 뒤 {src|을를} 차단하십시오."},
		Hush:       text.Message{EN: "Only if the user confirms it.", KO: "본인이 확인한 경우에만 예외로 등록하십시오."},
	}
	trace = &detect.Rule{
		Detector: "scan", Name: "traceroute", Severity: event.SeverityLow,
		Techniques: []detect.Technique{{ID: "T1016", Name: "System Network Configuration Discovery", Tactic: "TA0007"}},
		Title:      text.Message{EN: "{src} traced the way to {dst}", KO: "{src|이가} {dst}까지의 경로를 추적했습니다"},
		Why:        text.Message{EN: "It sent datagrams to neighbouring ports.", KO: "이웃한 포트로 데이터그램을 보냈습니다."},
		Now:        text.Message{EN: "Nothing.", KO: "할 일이 없습니다."},
		Hush:       text.Message{EN: "Suppress it with an end date.", KO: "종료일을 정해 예외로 등록하십시오."},
	}
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

var checked = []text.Message{
	{EN: "Finds machines that probe which doors are open.", KO: "열려 있는 문을 두드리는 장비를 찾습니다."},
	{EN: "Finds sources that guess passwords.", KO: "비밀번호를 추측하는 출발지를 찾습니다."},
}

func found(r *detect.Rule, after, long time.Duration, src, dst string, events int) detect.Finding {
	at := start.Add(after)
	var f detect.Finding
	for i := range events {
		e := event.New(event.NetworkActivity, at.Add(long*time.Duration(i)/time.Duration(max(events-1, 1))), event.Origin{Source: "c0ffee", Position: uint64(i + 1)})
		e.SetStr(event.SrcIP, src)
		e.SetStr(event.DstIP, dst)
		e.SetInt(event.DstPort, int64(22+i))
		if i == 0 {
			f = r.New(src+dst, e, text.Args{"src": src, "dst": dst})
		}
		f.Rest(e, fmt.Sprintf("tcp %s:40000 → %s:%d S0 out=0 in=0", src, dst, 22+i))
	}
	f.Involve("ip", src, detect.Actor)
	f.Involve("ip", dst, detect.Target)
	return f
}

func recording(name string, findings ...detect.Finding) report.Recording {
	for i := range findings {
		findings[i].Recording = name
	}
	return report.Recording{
		Name: name, Capture: true, Formats: []string{"pcap"}, Bytes: 1_234_567, Packets: 20_345, Events: 1_204,
		Classes:   map[event.Class]int{event.NetworkActivity: 1_000, event.DNSActivity: 150, event.Authentication: 54},
		Protocols: map[string]int{"dns": 150, "ssh": 54, "tls": 40},
		First:     start, Last: start.Add(3 * time.Hour),
		Findings: findings, Incidents: incident.Correlate(findings),
	}
}

// inputs are the reports that the goldens show.
func inputs() map[string]report.Input {
	attack := recording("office.pcap",
		found(scan, 0, 2*time.Minute, "203.0.113.9", "10.0.0.5", 24),
		found(guess, 5*time.Minute, 30*time.Minute, "203.0.113.9", "10.0.0.5", 40),
		found(success, 36*time.Minute, 0, "203.0.113.9", "10.0.0.5", 1),
		found(scan, 3*time.Hour, 2*time.Minute, "10.0.0.77", "10.0.0.6", 24),
		found(trace, time.Hour, time.Second, "10.0.0.30", "198.51.100.3", 3),
	)
	attack.Skipped = map[string]uint64{"not IP": 12, "fragment not captured in full": 3}
	log := report.Recording{
		Name: "logs/auth.log", Formats: []string{"auth"}, Bytes: 999, Events: 60, LogRecords: 60, NotUnderstood: 4,
		Classes: map[event.Class]int{event.Authentication: 56, event.Base: 4}, First: start, Last: start.Add(time.Hour),
		Problems: []report.Problem{{Path: "logs/auth.log", Reason: report.Unreadable, Detail: "read logs/auth.log: byte 999: unexpected EOF"}},
	}

	many := report.Input{Version: "0.1.0", Checked: checked}
	for i := range 400 {
		name := fmt.Sprintf("set/part%03d.pcap", i)
		if i%3 == 0 {
			many.Recordings = append(many.Recordings, recording(name, found(scan, time.Duration(i)*time.Hour, time.Minute, fmt.Sprintf("203.0.113.%d", i%250+1), fmt.Sprintf("10.0.%d.5", i/250), 12)))
			continue
		}
		many.Recordings = append(many.Recordings, recording(name))
	}
	for i := range 90 {
		many.Problems = append(many.Problems, report.Problem{Path: fmt.Sprintf("set/notes%02d.txt", i), Reason: report.Unrecognised})
	}

	hostile := recording("x<script>alert(1)</script>\x1b[31m\u202eexe.pcap",
		found(scan, 0, time.Minute, "\"><img src=x onerror=alert(2)>\x1b]0;owned\a", "javascript:alert(3)", 3))
	return map[string]report.Input{
		"attack":  {Version: "0.1.0", Checked: checked, Recordings: []report.Recording{attack, log}, Problems: []report.Problem{{Path: "notes.docx", Reason: report.Unrecognised}, {Path: "empty.pcap", Reason: report.Empty}, {Reason: report.BadRule, Detail: "rules/odd.yaml:3: unknown modifier \"strats\""}}},
		"quiet":   {Version: "0.1.0", Checked: checked, Recordings: []report.Recording{recording("evening.pcap")}},
		"nothing": {Version: "0.1.0", Checked: checked, Problems: []report.Problem{{Path: "gone.pcap", Reason: report.Unreadable, Detail: "open gone.pcap: no such file"}}},
		"many":    many,
		"hostile": {Version: "0.1.0", Checked: checked, Recordings: []report.Recording{hostile}},
	}
}

func TestGolden(t *testing.T) {
	for name, in := range inputs() {
		for _, lang := range text.Langs() {
			var plain, page bytes.Buffer
			if err := report.Text(&plain, in, report.Options{Lang: lang}); err != nil {
				t.Fatal(err)
			}
			if err := report.HTML(&page, in, report.Options{Lang: lang}); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"."+string(lang)+".txt", plain.Bytes())
			if name != "many" {
				golden(t, name+"."+string(lang)+".html", page.Bytes())
			}
			for what, b := range map[string][]byte{"text": plain.Bytes(), "HTML": page.Bytes()} {
				if m := regexp.MustCompile(`\{[a-z]+\}`).Find(b[bytes.LastIndex(b, []byte("</style>"))+1:]); m != nil {
					t.Errorf("%s %s: %s stands in the %s report", name, lang, m, what)
				}
			}
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestWidth(t *testing.T) {
	for name, in := range inputs() {
		for _, width := range []int{40, 80, 100} {
			var b bytes.Buffer
			if err := report.Text(&b, in, report.Options{Lang: text.Korean, Width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				line = strings.TrimSuffix(line, "\n")
				wide := 0
				for _, r := range line {
					wide++
					if r >= 0xac00 && r <= 0xd7a3 {
						wide++ // a Hangul syllable takes two columns
					}
				}
				if wide > width {
					t.Errorf("%s: %d columns of %d: %s", name, wide, width, line)
				}
			}
		}
	}
}

func TestColor(t *testing.T) {
	in := inputs()["attack"]
	var plain, colored bytes.Buffer
	if err := report.Text(&plain, in, report.Options{Lang: text.English}); err != nil {
		t.Fatal(err)
	}
	if err := report.Text(&colored, in, report.Options{Lang: text.English, Color: true}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Error("the plain report has escape sequences")
	}
	bare := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colored.String(), "")
	if diff := cmp.Diff(plain.String(), bare); diff != "" {
		t.Errorf("colours change more than colours (-plain +bare):\n%s", diff)
	}
}

// What an attacker wrote is shown, and nothing obeys it.
func TestHostile(t *testing.T) {
	in := inputs()["hostile"]
	var plain, page bytes.Buffer
	if err := report.Text(&plain, in, report.Options{Lang: text.English}); err != nil {
		t.Fatal(err)
	}
	if err := report.HTML(&page, in, report.Options{Lang: text.English}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"\x1b", "\a", "\u202e"} {
		if strings.Contains(plain.String(), bad) || strings.Contains(page.String(), bad) {
			t.Errorf("%q reaches the reader", bad)
		}
	}
	checkPage(t, page.String())
	if !strings.Contains(page.String(), "&lt;script&gt;alert(1)") {
		t.Error("the name of the recording is not shown")
	}
}

var (
	tags   = regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)
	loads  = regexp.MustCompile(`(?i)<(script|img|iframe|link|object|embed|base|form|input|audio|video)\b|\s(on[a-z]+|src|srcset|style|action)=|href="[^#]|url\(|@import`)
	styled = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
)

// checkPage insists that a page has no markup but its own, loads nothing, and
// allows its own style sheet only.
func checkPage(t *testing.T, page string) {
	t.Helper()
	for _, tag := range tags.FindAllString(page, -1) {
		if m := loads.FindString(tag); m != "" {
			t.Errorf("%q in %s", m, tag)
		}
	}
	style := styled.FindStringSubmatch(page)
	if style == nil {
		t.Fatal("no style sheet")
	}
	if m := loads.FindString(style[1]); m != "" {
		t.Errorf("the style sheet loads: %q", m)
	}
	sum := sha256.Sum256([]byte(style[1]))
	hash := strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;")
	if !strings.Contains(page, "style-src 'sha256-"+hash+"'") && !strings.Contains(page, "style-src &#39;sha256-"+hash) {
		t.Error("the content security policy does not name the style sheet")
	}
}

func TestPage(t *testing.T) {
	for _, in := range inputs() {
		for _, lang := range text.Langs() {
			var page bytes.Buffer
			if err := report.HTML(&page, in, report.Options{Lang: lang}); err != nil {
				t.Fatal(err)
			}
			checkPage(t, page.String())
			if !strings.Contains(page.String(), `<html lang="`+string(lang)+`">`) {
				t.Errorf("not in %s", lang)
			}
			if page.Len() > 2<<20 {
				t.Errorf("%d bytes", page.Len())
			}
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

func TestWriteFails(t *testing.T) {
	in := inputs()["quiet"]
	for name, write := range map[string]func() error{
		"text": func() error { return report.Text(fullDisk{}, in, report.Options{}) },
		"html": func() error { return report.HTML(fullDisk{}, in, report.Options{}) },
	} {
		if err := write(); err == nil || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// Every message says the same in both languages: it has the same values.
func TestWords(t *testing.T) {
	source, err := os.ReadFile("words.go")
	if err != nil {
		t.Fatal(err)
	}
	pair := regexp.MustCompile(`EN: *("(?:[^"\\]|\\.)*"),\s+KO: *("(?:[^"\\]|\\.)*")`)
	slot := regexp.MustCompile(`\{([a-z]+)`)
	all := pair.FindAllSubmatch(source, -1)
	if len(all) < 20 || len(all) != bytes.Count(source, []byte("EN:")) {
		t.Fatalf("%d messages read of %d", len(all), bytes.Count(source, []byte("EN:")))
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

func FuzzHTML(f *testing.F) {
	f.Add("<script>", "' onload='x", "javascript:x", "{{.}}", uint8(7))
	f.Add("\x00\xff", "</style><svg/onload=x>", "\u202e", "]]>", uint8(0))
	f.Fuzz(func(t *testing.T, a, b, c, d string, n uint8) {
		one := found(scan, 0, time.Minute, a, b, int(n%9)+1)
		one.Involve("host", c, detect.Related)
		r := recording(d, one)
		r.Protocols = map[string]int{c: int(n)}
		r.Formats = []string{c}
		in := report.Input{Version: a, Recordings: []report.Recording{r}, Problems: []report.Problem{{Path: b, Reason: report.Reason(n), Detail: d}}}
		for _, lang := range text.Langs() {
			var page, plain bytes.Buffer
			if err := report.HTML(&page, in, report.Options{Lang: lang}); err != nil {
				t.Fatal(err)
			}
			checkPage(t, page.String())
			if err := report.Text(&plain, in, report.Options{Lang: lang, Width: int(n)}); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(plain.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }); i >= 0 {
				t.Errorf("control character in the text: %q", plain.String()[i:i+1])
			}
		}
	})
}

// The year in which clocks begin is that of a device without one.
func TestClocklessRecordingTellsNoTime(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	in := report.Input{Checked: []text.Message{{EN: "Finds.", KO: "찾습니다."}}, Recordings: []report.Recording{
		{Name: "a", Events: 1, First: time.Unix(0, 0), Last: time.Unix(5, 0)},
		{Name: "b", Events: 1, First: at, Last: at},
	}}
	var out bytes.Buffer
	if err := report.Text(&out, in, report.Options{Lang: text.English}); err != nil {
		t.Fatal(err)
	}
	if want := "They tell of 2026-03-01 09:00 (UTC)."; !strings.Contains(out.String(), want) {
		t.Errorf("not %q:\n%s", want, out.String())
	}
}
