package telnet

import (
	"bytes"
	"unicode/utf8"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
)

// Words are compared in lower case. Korean ones stand in UTF-8 and in EUC-KR,
// in which old systems speak.
var (
	nameWords = words(
		"login", "logon", "username", "user name", "login name", "user", "user id", "userid", "account",
		"로그인", "사용자", "사용자 이름", "사용자이름", "사용자명", "아이디", "계정", "사용자 id",
		"\xb7\xce\xb1\xd7\xc0\xce", "\xbb\xe7\xbf\xeb\xc0\xda", "\xc0\xcc\xb8\xa7", "\xbe\xc6\xc0\xcc\xb5\xf0", "\xb0\xe8\xc1\xa4",
	)
	passwordWords = words(
		"password", "passwd", "passcode", "pass", "passphrase",
		"암호", "비밀번호", "패스워드", "비밀 번호",
		"\xbe\xcf\xc8\xa3", "\xba\xf1\xb9\xd0\xb9\xf8\xc8\xa3", "\xc6\xd0\xbd\xba\xbf\xf6\xb5\xe5",
	)
	// Read first: some of them hold a word of refusal, as in
	// "Last failed login: …", which only who got in is told.
	successWords = words(
		"last login", "last failed login", "last unsuccessful login", "last successful login", "failed login attempts since",
		"login successful", "login succeeded", "logged in", "welcome", "authentication successful", "access granted",
		"마지막 로그인", "최근 로그인", "마지막으로 로그인", "환영",
		"\xb8\xb6\xc1\xf6\xb8\xb7 \xb7\xce\xb1\xd7\xc0\xce", "\xc3\xd6\xb1\xd9 \xb7\xce\xb1\xd7\xc0\xce", "\xc8\xaf\xbf\xb5",
	)
	failureWords = words(
		"incorrect", "failed", "failure", "invalid", "denied", "bad password", "bad passwords", "bad username", "wrong",
		"rejected", "not allowed", "no such user", "unknown user", "too many", "locked", "not authorized", "try again",
		"잘못", "틀렸", "틀립", "실패", "올바르지", "맞지 않", "일치하지", "거부", "잠겼", "잠김",
		"\xc0\xdf\xb8\xf8", "\xc6\xb2\xb7\xc8", "\xc6\xb2\xb8\xb3", "\xbd\xc7\xc6\xd0", "\xbf\xc3\xb9\xd9\xb8\xa3\xc1\xf6", "\xc0\xcf\xc4\xa1\xc7\xcf\xc1\xf6", "\xb0\xc5\xba\xce",
	)
)

func words(list ...string) [][]byte {
	out := make([][]byte, len(list))
	for i, w := range list {
		out[i] = []byte(w)
	}
	return out
}

// lower is for ASCII alone: bytes.ToLower would destroy what is not UTF-8.
func lower(text []byte) []byte {
	out := bytes.Clone(text)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c | 0x20
		}
	}
	return out
}

// asked returns what stands before the colon at the end of a prompt, in lower
// case.
func asked(text []byte) ([]byte, bool) {
	text = bytes.TrimRight(text, " \t")
	for _, colon := range []string{":", "："} {
		if before, ok := bytes.CutSuffix(text, []byte(colon)); ok {
			return lower(bytes.TrimRight(before, " \t")), true
		}
	}
	return nil, false
}

func asksName(text []byte) bool {
	before, ok := asked(text)
	return ok && endsWith(before, nameWords)
}

func asksPassword(text []byte) bool {
	before, ok := asked(text)
	return ok && (endsWith(before, passwordWords) || bytes.Contains(before, []byte("password for ")))
}

// endsWith reports whether text ends with one of the words, alone.
func endsWith(text []byte, list [][]byte) bool {
	for _, w := range list {
		rest, ok := bytes.CutSuffix(text, w)
		if !ok {
			continue
		}
		if len(rest) == 0 {
			return true
		}
		if c := rest[len(rest)-1] | 0x20; c < 'a' || c > 'z' {
			return true
		}
	}
	return false
}

// isShell reports whether text is the prompt of a shell or of a device.
func isShell(text []byte) bool {
	const longest = 160
	if len(text) == 0 || len(text) > longest {
		return false
	}
	switch text[len(text)-1] {
	case '$', '#', '>', '%':
		return true
	}
	return false
}

// outcomeOf reads a line that follows a password.
func outcomeOf(text []byte) int {
	text = lower(text)
	if contains(text, successWords) {
		return event.Success
	}
	if contains(text, failureWords) {
		return event.Failure
	}
	return 0
}

func contains(text []byte, list [][]byte) bool {
	for _, w := range list {
		if bytes.Contains(text, w) {
			return true
		}
	}
	return false
}

// probe: negotiation of options at the very beginning of a side, or a server
// that asks for a login without a word before it.
func probe(o dissect.Opening) dissect.Verdict {
	options, open, plain := 0, false, true
	for _, side := range [][]byte{o.Client, o.Server} {
		n, rest, ok := negotiation(side)
		if !ok {
			return dissect.No
		}
		options += n
		open = open || n > 0 && len(rest) == 0
		plain = plain && !bytes.ContainsFunc(rest, func(r rune) bool { return r == utf8.RuneError })
	}
	const enough = 2 // one triple alone may be chance
	if options >= enough {
		return dissect.Yes
	}
	if options == 1 {
		switch {
		case open:
			return dissect.More
		case plain:
			return dissect.Yes
		}
		return dissect.No
	}
	if len(o.Server) == 0 {
		if len(o.Client) > 0 && o.Client[0] != escaped {
			return dissect.No // a client does not speak first
		}
		return dissect.More
	}
	last := o.Server[bytes.LastIndexByte(o.Server, '\n')+1:]
	if asksName(last) || asksPassword(last) {
		return dissect.Yes
	}
	return dissect.More
}

// negotiation counts the options that one side begins with. It returns false
// when the bytes are neither such nor text of a terminal.
func negotiation(b []byte) (n int, rest []byte, ok bool) {
	for len(b) > 0 && b[0] == escaped {
		switch {
		case len(b) == 1, len(b) == 2 && b[1] >= begin && b[1] <= dont:
			return n, nil, true
		case b[1] >= will && b[1] <= dont:
			const known, extended = 0x31, 0xff // hardly any other is in use
			if b[2] > known && b[2] != extended {
				return n, nil, false
			}
			n++
			b = b[3:]
		case b[1] == begin:
			i := bytes.Index(b, []byte{escaped, end})
			if i < 0 {
				return n, nil, len(b) < maxOption
			}
			n++
			b = b[i+2:]
		default:
			return n, nil, false
		}
	}
	for _, c := range b[:min(len(b), 64)] {
		if c < ' ' && (c < '\a' || c > '\r') && c != 0x1b && c != 0 {
			return n, b, false
		}
	}
	return n, b, true
}
