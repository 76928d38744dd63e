package cef

import (
	"strings"

	"github.com/bongsu/bongsu/decode"
)

// Bounds: the sender chooses how much it sends.
const (
	maxPairs  = 256
	maxPrefix = 512 // how far into a line a record may begin
)

// find returns where "CEF:0|" begins, -1 where it does not.
func find(s string) int {
	i := strings.Index(s[:min(len(s), maxPrefix)], "CEF:")
	if i < 0 {
		return -1
	}
	rest := strings.TrimLeft(s[i+len("CEF:"):], " ")
	if len(rest) < 2 || rest[0]-'0' > 9 || strings.IndexByte(rest[:min(len(rest), 5)], '|') < 0 {
		return -1
	}
	return i
}

// A header is the part of a record between pipes.
type header struct {
	version, vendor, product, release, signature, name, severity string
}

// parse takes a record apart.
func parse(s string) (h header, pairs decode.Pairs, ok bool) {
	s = s[len("CEF:"):]
	for _, field := range [...]*string{&h.version, &h.vendor, &h.product, &h.release, &h.signature, &h.name, &h.severity} {
		end := pipe(s)
		if end < 0 {
			if field == &h.severity { // a record may end with its header
				h.severity = strings.TrimSpace(s)
				return h, nil, true
			}
			return h, nil, false
		}
		*field = unescape(strings.TrimSpace(s[:end]))
		s = s[end+1:]
	}
	return h, extension(s), true
}

// pipe finds the first pipe that is not escaped.
func pipe(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '|':
			return i
		}
	}
	return -1
}

// extension reads "a=1 b=two words c=x\=y". A key begins a line or follows a
// space; an equals sign elsewhere belongs to the value, escaped or not.
func extension(s string) decode.Pairs {
	pairs := make(decode.Pairs, 0, 24)
	key, value := "", 0
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if s[i] != '=' {
			continue
		}
		start := i
		for start > value && isKey(s[start-1]) {
			start--
		}
		if start == i || start > 0 && s[start-1] != ' ' && s[start-1] != '\t' && s[start-1] != '|' {
			continue
		}
		if key != "" {
			pairs = append(pairs, decode.Pair{Key: key, Value: plain(s[value:start])})
		}
		if len(pairs) >= maxPairs {
			return pairs
		}
		key, value = s[start:i], i+1
	}
	if key != "" {
		pairs = append(pairs, decode.Pair{Key: key, Value: plain(s[value:])})
	}
	return pairs
}

// plain returns a value without escapes, and without quotes around all of it.
func plain(s string) string {
	s = strings.TrimSpace(s)
	if n := len(s); n > 1 && s[0] == '"' && s[n-1] == '"' && strings.Count(s, `"`) == 2 {
		s = s[1 : n-1]
	}
	return unescape(s)
}

func isKey(c byte) bool {
	return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '.' || c == '-' || c == '[' || c == ']'
}

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
		switch s[i+1] {
		case '\\', '=', '|':
			b = append(b, s[i+1])
			i++
		case 'n':
			b = append(b, '\n')
			i++
		case 'r':
			b = append(b, '\r')
			i++
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}
