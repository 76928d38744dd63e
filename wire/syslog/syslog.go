// Package syslog reads the header of one syslog line: priority, time, host,
// program and process, as RFC 3164 and RFC 5424 write them and as files,
// routers and journals really hold them. It does not understand what the
// program says after the header; the decoders of logs do.
package syslog

import (
	"strings"
	"time"
)

// A Message is one line, taken apart. Its texts are parts of the line, except
// those of the journal's JSON.
type Message struct {
	Priority   int       // facility × 8 + severity, -1 where the line tells none
	Time       time.Time // UTC; zero where the line tells none
	TimeText   string    // the time as written
	Host       string    // name or address, "" where the line tells none
	Program    string    // the tag without its process id
	PID        int64     // 0 where the line tells none
	MsgID      string    // RFC 5424 §6.2.7, or the id that Solaris puts before the text
	Structured string    // RFC 5424 §6.3 with its brackets, "" for none
	Text       string
	RFC5424    bool
}

// Clock completes times that do not say everything.
type Clock struct {
	// Reference is the newest time that a line can be from. A time without a
	// year becomes the newest that is at most a day after it: clocks differ,
	// years do not.
	Reference time.Time
	// Location is the zone of times that name none; nil means UTC.
	Location *time.Location
}

// Facility returns the facility's number, -1 where it is not known.
func (m *Message) Facility() int {
	if m.Priority < 0 {
		return -1
	}
	return m.Priority >> 3
}

// Severity returns 0 (emergency) to 7 (debug), -1 where it is not known.
func (m *Message) Severity() int {
	if m.Priority < 0 {
		return -1
	}
	return m.Priority & 7
}

// maxPriority is the largest value of RFC 5424 §6.2.1.
const maxPriority = 191

// Parse takes a line apart into m and reports whether it has a syslog header:
// a priority or a time in one of the known ways of writing it; or is an entry
// of systemd's journal in JSON. m is overwritten
// also when the line has none.
func Parse(line string, clock Clock, m *Message) bool {
	*m = Message{Priority: -1}
	s := strings.TrimPrefix(line, "\ufeff")
	if strings.HasPrefix(s, "{") {
		return strings.Contains(s, journalTime) && m.journal(s)
	}
	s, marked := m.priority(s)
	if rest, ok := m.rfc5424(s, marked, clock); ok {
		m.Text = strings.TrimPrefix(rest, "\ufeff")
		return true
	}
	s = strings.TrimLeft(s, " ")
	t, rest, ok := ParseTime(s, clock)
	if !ok {
		if after, counted := afterCounter(s); counted {
			s = after
			t, rest, ok = ParseTime(s, clock)
		}
	}
	if !ok {
		// RFC 3164 §4.3.3: with a priority and nothing else known, all of it
		// is the text. A tag may still be told from it.
		m.Text = s
		if marked {
			m.tag(s)
		}
		return marked
	}
	m.Time = t
	m.TimeText = strings.TrimRight(s[:len(s)-len(rest)], " :")
	m.hostAndTag(strings.TrimLeft(strings.TrimPrefix(rest, ":"), " "))
	return true
}

// priority takes <PRI> off.
func (m *Message) priority(s string) (rest string, ok bool) {
	if len(s) < 3 || s[0] != '<' {
		return s, false
	}
	n, i := 0, 1
	for i < len(s) && i <= 3 && isDigit(s[i]) {
		n = n*10 + int(s[i]-'0')
		i++
	}
	if i == 1 || i >= len(s) || s[i] != '>' || n > maxPriority {
		return s, false
	}
	m.Priority = n
	return s[i+1:], true
}

// afterCounter skips the message counter that routers put before the time
// ("000123: *Mar  1 …").
func afterCounter(s string) (rest string, ok bool) {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == 0 || i > 12 || i >= len(s) || s[i] != ':' {
		return s, false
	}
	return strings.TrimLeft(s[i+1:], " *."), true
}

// rfc5424 reads the header of RFC 5424 §6. Files often lack the priority; then
// the version and a time with a zone must be there to tell it from text.
func (m *Message) rfc5424(s string, marked bool, clock Clock) (rest string, ok bool) {
	if len(s) < 4 || !isDigit(s[0]) || s[0] == '0' {
		return s, false
	}
	i := 1
	for i < len(s) && i < 3 && isDigit(s[i]) {
		i++
	}
	if s[i] != ' ' {
		return s, false
	}
	s = s[i+1:]
	stamp, s, ok := cutWord(s)
	if !ok {
		return s, false
	}
	if stamp != "-" {
		t, left, good := isoTime(stamp, clock)
		if !good || left != "" {
			return s, false
		}
		m.Time, m.TimeText = t, stamp
	} else if !marked {
		return s, false
	}
	var words [4]string
	for i := range words {
		w, left, more := cutWord(s)
		if !more && i < 3 {
			m.Time, m.TimeText = time.Time{}, ""
			return s, false
		}
		if w != "-" {
			words[i] = w
		}
		s = left
	}
	m.Host, m.Program, m.MsgID = words[0], words[1], words[3]
	m.PID = number(words[2])
	m.RFC5424 = true
	if n := structured(s); n > 0 {
		m.Structured = s[:n]
		s = s[n:]
	} else {
		s = strings.TrimPrefix(s, "-")
	}
	return strings.TrimPrefix(s, " "), true
}

// structured returns the length of the structured data that s begins with.
func structured(s string) int {
	i := 0
	for i < len(s) && s[i] == '[' {
		quoted := false
		j := i + 1
		for ; j < len(s); j++ {
			switch c := s[j]; {
			case c == '\\' && quoted:
				j++
				continue
			case c == '"':
				quoted = !quoted
				continue
			case c == ']' && !quoted:
			default:
				continue
			}
			break
		}
		if j >= len(s) {
			return i
		}
		i = j + 1
	}
	return i
}

// hostAndTag reads what follows the time: [host] [facility.severity] [tag] text.
func (m *Message) hostAndTag(s string) {
	if w, rest, ok := cutWord(s); ok && m.facilityWord(w) {
		s = rest // OpenWrt's logread writes no host
		m.tag(s)
		return
	}
	word, rest, _ := cutWord(s)
	if isTag(word) {
		m.tag(s)
		return
	}
	m.Host = strings.TrimSuffix(strings.TrimPrefix(word, "["), "]")
	rest = strings.TrimLeft(rest, " ")
	if w, after, ok := cutWord(rest); ok && m.facilityWord(w) {
		rest = after
	}
	// AIX and some relays wrap what they pass on.
	if inner, ok := strings.CutPrefix(rest, "Message forwarded from "); ok {
		if host, after, found := strings.Cut(inner, ": "); found {
			m.Host, rest = host, after
		}
	}
	m.tag(rest)
	if isNumber(m.Program) && m.PID == 0 {
		m.router()
	}
}

// router reads what routers put behind the relay's header: a counter, their
// own time, then "%FACILITY-SEVERITY-NAME: text".
func (m *Message) router() {
	s := strings.TrimLeft(m.Text, " *.")
	if _, rest, ok := ParseTime(s, Clock{}); ok {
		s = strings.TrimLeft(rest, ": ")
	}
	if !strings.HasPrefix(s, "%") {
		return
	}
	m.Program = ""
	m.tag(s)
}

// isTag reports whether a word is a program's tag and so no host: it ends with
// a colon or a process id.
func isTag(word string) bool {
	if word == "" {
		return false
	}
	switch word[len(word)-1] {
	case ':':
		return !strings.Contains(word[:len(word)-1], "::")
	case ']':
		i := strings.LastIndexByte(word, '[')
		return i > 0 && isNumber(word[i+1:len(word)-1])
	}
	return false
}

// maxTag bounds the length of a tag; RFC 3164 says 32, files hold longer ones.
const maxTag = 96

// tag reads "program[pid]: text". Where there is none, all of s is the text.
func (m *Message) tag(s string) {
	m.Text = s
	i := 0
	for i < len(s) && i < maxTag && s[i] > ' ' && s[i] != ':' && s[i] != '[' {
		i++
	}
	if i == 0 || i >= len(s) || i == maxTag {
		return
	}
	switch s[i] {
	case '[':
		j := i + 1
		for j < len(s) && isDigit(s[j]) {
			j++
		}
		if j == i+1 || j >= len(s) || s[j] != ']' {
			return
		}
		if j+1 < len(s) && s[j+1] != ':' && s[j+1] != ' ' {
			return
		}
		m.Program, m.PID = s[:i], number(s[i+1:j])
		s = strings.TrimPrefix(s[j+1:], ":")
	case ':':
		if i+1 < len(s) && s[i+1] != ' ' && !tight(s[i+1:]) {
			return
		}
		m.Program = s[:i]
		if k := strings.IndexByte(m.Program, ']'); k == len(m.Program)-1 && k > 0 {
			m.Program = m.Program[:k] // "gdm-password]:"
		}
		s = s[i+1:]
	default:
		return
	}
	m.Text = m.solaris(strings.TrimPrefix(s, " "))
}

// tight reports whether a text may follow the colon of a tag without a space:
// kernels and firewalls write "kernel:[ 12.3]" and "%ASA-6-302013:Built".
func tight(s string) bool { return s[0] == '[' || s[0] == '%' || s[0] >= 'A' && s[0] <= 'Z' }

// solaris takes "[ID 800047 auth.notice] " off the text.
func (m *Message) solaris(s string) string {
	inner, ok := strings.CutPrefix(s, "[ID ")
	if !ok {
		return s
	}
	head, rest, ok := strings.Cut(inner, "] ")
	if !ok {
		return s
	}
	id, word, ok := strings.Cut(head, " ")
	if !ok || !isNumber(id) || !m.facilityWord(word) {
		return s
	}
	m.MsgID = id
	return rest
}

// facilities and severities are the names of syslog.conf(5).
var facilities = [...]string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
	"ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

var severities = [...]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// FacilityName returns the name of a facility's number, "" for an unknown one.
func FacilityName(n int) string {
	if n < 0 || n >= len(facilities) {
		return ""
	}
	return facilities[n]
}

// facilityWord understands "authpriv.info" and takes the priority from it.
func (m *Message) facilityWord(w string) bool {
	if len(w) < 7 || len(w) > 16 {
		return false
	}
	i := strings.IndexByte(w, '.')
	if i < 3 {
		return false
	}
	f, s := -1, -1
	for n, name := range facilities {
		if name == w[:i] {
			f = n
		}
	}
	if f < 0 {
		return false
	}
	for n, name := range severities {
		if name == w[i+1:] {
			s = n
		}
	}
	switch w[i+1:] {
	case "warn":
		s = 4
	case "error":
		s = 3
	case "panic":
		s = 0
	}
	if s < 0 {
		return false
	}
	if m.Priority < 0 {
		m.Priority = f<<3 | s
	}
	return true
}

// MaxRepeats bounds how often a line can claim that a message was repeated.
const MaxRepeats = 1 << 20

// Repeated understands the two ways in which daemons shorten repetition:
// rsyslog's "message repeated 5 times: [ text]", which carries the text, and
// syslogd's "last message repeated 5 times", which does not.
func Repeated(text string) (times int, inner string, ok bool) {
	rest, ok := strings.CutPrefix(text, "message repeated ")
	if ok {
		n, after, found := strings.Cut(rest, " times: [")
		if !found || !isNumber(n) {
			return 0, "", false
		}
		after = strings.TrimSuffix(strings.TrimRight(after, " "), "]")
		return repeats(n), strings.TrimPrefix(after, " "), true
	}
	if rest, ok = strings.CutPrefix(text, "last message repeated "); !ok {
		rest, ok = strings.CutPrefix(text, "--- last message repeated ")
	}
	if !ok {
		return 0, "", false
	}
	n, _, _ := strings.Cut(rest, " ")
	if !isNumber(n) {
		return 0, "", false
	}
	return repeats(n), "", true
}

func repeats(s string) int { return int(max(1, min(number(s), MaxRepeats))) }

// cutWord cuts s at its first space. ok says that there was one.
func cutWord(s string) (word, rest string, ok bool) {
	i := strings.IndexByte(s, ' ')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= 18
}

// number returns the value of a decimal number, 0 where s is none.
func number(s string) int64 {
	if !isNumber(s) {
		return 0
	}
	var n int64
	for i := range len(s) {
		n = n*10 + int64(s[i]-'0')
	}
	return n
}
