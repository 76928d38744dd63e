package access

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/wire/syslog"
)

// An entry is one line, taken apart. Its texts are parts of the line.
type entry struct {
	vhost, vport string
	clients      string // more than one client, as X-Forwarded-For writes them
	client       string
	ident, user  string
	at           time.Time
	timeText     string
	request      string
	status       int64 // 0 where the server sent none
	size         int64 // -1 where the log says none
	quoted       [3]string
	quotes       int    // how many of quoted are there: referrer, user agent, forwarded for
	extra        string // everything behind them
}

// parse reads one line:
//
//	[vhost[:port] ]client ident user [time] "request" status size["referrer" "agent"…]
func (a *entry) parse(s string, loc *time.Location) bool {
	*a = entry{size: -1}
	if len(s) > 2 && s[0] == '"' && s[len(s)-1] == '"' && !strings.HasPrefix(s, `""`) {
		s = s[1 : len(s)-1] // whole lines in quotes, as spreadsheets leave them
	}
	open := stampAt(s)
	if open < 0 {
		return false
	}
	end := strings.IndexByte(s[open:], ']')
	if end < 0 || end > maxStamp {
		return false
	}
	a.timeText = s[open+1 : open+end]
	var ok bool
	if a.at, ok = stamp(a.timeText, loc); !ok {
		return false
	}
	if !a.who(s[:open]) {
		return false
	}
	rest := s[open+end+1:]
	if open == 0 {
		return false
	}
	i := strings.IndexByte(rest, '"')
	if i < 0 || i > maxGap {
		return false
	}
	return a.answer(rest[i+1:])
}

const (
	maxStamp = 48 // the longest time in brackets
	maxGap   = 64 // between the time and the request
)

// stampAt finds the bracket of "[07/Feb/2026:".
func stampAt(s string) int {
	for i := 0; ; {
		j := strings.IndexByte(s[i:], '[')
		if j < 0 || i+j+13 > len(s) {
			return -1
		}
		i += j
		if s[i+3] == '/' && s[i+7] == '/' && s[i+12] == ':' || s[i+2] == '/' && s[i+6] == '/' && s[i+11] == ':' {
			return i
		}
		i++
	}
}

// stamp reads "07/Feb/2026:09:00:00[.5] +0900".
func stamp(s string, loc *time.Location) (time.Time, bool) {
	if len(s) > 2 && s[1] == '/' {
		s = "0" + s
	}
	if len(s) < 20 || len(s) >= maxStamp {
		return time.Time{}, false
	}
	// The same in the order that package syslog reads: "Feb 07 2026 09:00:00 +0900".
	var b [maxStamp]byte
	t := append(b[:0], s[3:6]...)
	t = append(t, ' ')
	t = append(t, s[:2]...)
	t = append(t, ' ')
	t = append(t, s[7:11]...)
	t = append(t, ' ')
	t = append(t, s[12:]...)
	at, rest, ok := syslog.ParseTime(string(t), syslog.Clock{Location: loc})
	return at, ok && rest == ""
}

// who reads what stands before the time.
func (a *entry) who(s string) bool {
	s = strings.TrimRight(s, " ")
	var words [8]string
	n := 0
	for s != "" && n < len(words) {
		var w string
		w, s, _ = strings.Cut(s, " ")
		s = strings.TrimLeft(s, " ")
		if n == len(words)-1 && s != "" {
			w += " " + s // user names may hold spaces
			s = ""
		}
		words[n] = w
		n++
	}
	if n == 0 {
		return false
	}
	w := words[:n]
	_, first := decode.Address(strings.TrimSuffix(w[0], ","))
	if !first && n > 1 {
		host, port := vhost(w[0])
		_, second := decode.Address(strings.TrimSuffix(w[1], ","))
		switch {
		case second, n > 3 && w[1] != "-" && w[2] == "-":
			a.vhost, a.vport = host, port
			w = w[1:]
		}
	}
	a.client = w[0]
	w = w[1:]
	if strings.HasSuffix(a.client, ",") || a.client == "-," {
		list := a.client
		for len(w) > 2 {
			list += " " + w[0]
			last := !strings.HasSuffix(w[0], ",")
			w = w[1:]
			if last {
				break
			}
		}
		a.clients = list
		a.client = strings.TrimSuffix(a.client, ",")
	}
	switch {
	case len(w) == 1:
		a.user = w[0]
	case len(w) >= 2:
		a.ident = w[0]
		// nginx derivatives put a request id and a dash behind the client.
		if len(w) == 3 && w[2] == "-" && w[1] != "-" {
			a.user = "-"
		} else {
			a.user = strings.Join(w[1:], " ")
		}
	}
	return true
}

func vhost(s string) (host, port string) {
	if i := strings.LastIndexByte(s, ':'); i > 0 && isDigits(s[i+1:]) && strings.IndexByte(s, ':') == i {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// answer reads `request" status size "referrer" "agent" …`.
func (a *entry) answer(s string) bool {
	i, ok := closing(s)
	if !ok {
		return false
	}
	a.request = s[:i]
	s = strings.TrimLeft(s[i+1:], " ")
	word, s, _ := strings.Cut(s, " ")
	if n, isNumber := decode.Number(word); isNumber && n < 1000 {
		a.status = n
	} else if word != "-" && word != "" {
		return false
	}
	word, rest, _ := strings.Cut(s, " ")
	if n, isNumber := decode.Number(word); isNumber {
		a.size = n
		s = rest
	} else if word == "-" {
		s = rest
	}
	for a.quotes < len(a.quoted) {
		s = strings.TrimLeft(s, " ")
		if s == "" || s[0] != '"' {
			break
		}
		j := quoteEnd(s[1:])
		if j < 0 {
			// Cut in the middle of a value: what is there counts.
			a.quoted[a.quotes], s = s[1:], ""
			a.quotes++
			break
		}
		a.quoted[a.quotes] = s[1 : 1+j]
		a.quotes++
		s = s[j+2:]
	}
	a.extra = strings.TrimSpace(s)
	return true
}

// closing finds the quote that ends the request: the first that follows the
// protocol and is followed by a status, or else the first that is followed by
// one. Servers differ in whether they escape quotes inside.
func closing(s string) (int, bool) {
	first := -1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			if !status(s[i+1:]) {
				continue
			}
			if endsWithProtocol(s[:i]) {
				return i, true
			}
			if first < 0 {
				first = i
			}
		}
	}
	if first >= 0 {
		return first, true
	}
	// A backslash before the closing quote may be the attacker's.
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '"' && status(s[i+1:]) {
			return i, true
		}
	}
	return 0, false
}

// endsWithProtocol reports whether s ends with " HTTP/1.1" or the like.
func endsWithProtocol(s string) bool {
	i := strings.LastIndexByte(s, ' ')
	return i >= 0 && len(s)-i <= len(" HTTP/1.1") && strings.HasPrefix(s[i+1:], "HTTP/")
}

// status reports whether s begins with " 200 " or " - ".
func status(s string) bool {
	if len(s) < 2 || s[0] != ' ' {
		return false
	}
	s = strings.TrimLeft(s, " ")
	n := 0
	for n < len(s) && s[n]-'0' <= 9 {
		n++
	}
	if n == 0 && s != "" && s[0] == '-' {
		return len(s) == 1 || s[1] == ' '
	}
	return n == 3 && (len(s) == 3 || s[3] == ' ')
}

// quoteEnd finds the end of a quoted value; a backslash escapes a quote.
func quoteEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// unescape undoes the escapes of Apache and nginx for text: \" \\ and \x.. of
// printable letters. Others stay as they are written: they are not text.
func unescape(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	b := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		switch next := s[i+1]; {
		case next == '"' || next == '\\':
			b = append(b, next)
			i++
		case next == 'x' && i+3 < len(s) && isHex(s[i+2]) && isHex(s[i+3]):
			if c := hex(s[i+2])<<4 | hex(s[i+3]); c >= ' ' && c < 0x7f {
				b = append(b, c)
				i += 3
				continue
			}
			b = append(b, s[i])
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

func isHex(c byte) bool { return c-'0' <= 9 || c|0x20-'a' < 6 && c|0x20 >= 'a' }

func hex(c byte) byte {
	if c-'0' <= 9 {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func isDigits(s string) bool {
	_, ok := decode.Number(s)
	return ok
}
