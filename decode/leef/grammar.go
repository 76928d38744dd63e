package leef

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
)

// Bounds: the sender chooses how much it sends.
const (
	maxPairs  = 256
	maxPrefix = 512  // how far into a line a record may begin
	maxJoined = 4096 // how long a value may get by delimiters inside it
)

// find returns where "LEEF:1.0|" or "LEEF:2.0|" begins, -1 where neither does.
func find(s string) int {
	i := strings.Index(s[:min(len(s), maxPrefix)], "LEEF:")
	if i < 0 {
		return -1
	}
	rest := strings.TrimLeft(s[i+len("LEEF:"):], " ")
	if !strings.HasPrefix(rest, "1") && !strings.HasPrefix(rest, "2") || strings.IndexByte(rest[:min(len(rest), 5)], '|') < 0 {
		return -1
	}
	return i
}

// A header is the part of a record between pipes.
type header struct {
	version, vendor, product, release, id string
}

// parse takes a record apart.
func parse(s string) (h header, pairs decode.Pairs, ok bool) {
	s = s[len("LEEF:"):]
	for _, field := range [...]*string{&h.version, &h.vendor, &h.product, &h.release, &h.id} {
		i := strings.IndexByte(s, '|')
		if i < 0 {
			if field == &h.id { // a record may end with its header
				h.id = strings.TrimSpace(s)
				return h, nil, h.id != ""
			}
			return h, nil, false
		}
		*field, s = strings.TrimSpace(s[:i]), s[i+1:]
	}
	delimiter := "\t"
	if strings.HasPrefix(h.version, "2") {
		if i := strings.IndexByte(s, '|'); i >= 0 && i <= 5 {
			if d, given := separator(s[:i]); given {
				delimiter, s = d, s[i+1:]
			}
		}
	}
	return h, attributes(s, delimiter), true
}

// separator reads the sixth field of LEEF 2.0: a character, or its hexadecimal
// code as 0x5E or x5E. An empty one means a tab.
func separator(s string) (string, bool) {
	if s == "" {
		return "\t", true
	}
	if code, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok || s[0] == 'x' || s[0] == 'X' {
		if !ok {
			code = strings.ToLower(s[1:])
		}
		n := 0
		for i := range len(code) {
			c := code[i]
			switch {
			case c-'0' <= 9:
				n = n<<4 | int(c-'0')
			case c-'a' < 6:
				n = n<<4 | int(c-'a'+10)
			default:
				return "", false
			}
		}
		if code != "" && n > 0 && n < 0x80 {
			return string(rune(n)), true
		}
		return s, len(s) == 1
	}
	switch s {
	case `\t`:
		return "\t", true
	}
	return s, len([]rune(s)) == 1
}

// attributes reads "a=1<delimiter>b=two words". Relays turn tabs into spaces
// or into the text #011; then a key is what stands between a space and an
// equals sign.
func attributes(s, delimiter string) decode.Pairs {
	if delimiter == "\t" && !strings.Contains(s, "\t") {
		switch {
		case strings.Contains(s, "#011"):
			delimiter = "#011"
		case strings.Contains(s, `\t`):
			delimiter = `\t`
		default:
			return spaced(s)
		}
	}
	pairs := make(decode.Pairs, 0, 24)
	for part := range strings.SplitSeq(s, delimiter) {
		key, value, ok := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" {
			// A delimiter inside a value: it belongs to the one before.
			if n := len(pairs); n > 0 && len(pairs[n-1].Value) < maxJoined && strings.TrimSpace(part) != "" {
				pairs[n-1].Value += delimiter + part
			}
			continue
		}
		if len(pairs) == maxPairs {
			break
		}
		pairs = append(pairs, decode.Pair{Key: key, Value: strings.TrimSpace(value)})
	}
	return pairs
}

// spaced reads "a=1 b=two words".
func spaced(s string) decode.Pairs {
	var pairs decode.Pairs
	key, value := "", 0
	for i := 0; i < len(s) && len(pairs) < maxPairs; i++ {
		if s[i] != '=' {
			continue
		}
		start := i
		for start > value && isKey(s[start-1]) {
			start--
		}
		if start == i || start > 0 && s[start-1] != ' ' {
			continue
		}
		if key != "" {
			pairs = append(pairs, decode.Pair{Key: key, Value: strings.TrimSpace(s[value:start])})
		}
		key, value = s[start:i], i+1
	}
	if key != "" && len(pairs) < maxPairs {
		pairs = append(pairs, decode.Pair{Key: key, Value: strings.TrimSpace(s[value:])})
	}
	return pairs
}

func isKey(c byte) bool {
	return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '.' || c == '-'
}

// layout translates a pattern of Java's SimpleDateFormat, which devTimeFormat
// holds.
func layout(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if c == '\'' {
			end := strings.IndexByte(pattern[i+1:], '\'')
			if end < 0 {
				break
			}
			b.WriteString(pattern[i+1 : i+1+end])
			i += end + 2
			continue
		}
		n := i
		for n < len(pattern) && pattern[n] == c {
			n++
		}
		b.WriteString(letters(c, n-i, pattern[i:n]))
		i = n
	}
	return b.String()
}

func letters(c byte, n int, as string) string {
	pick := func(long, short string) string {
		if n > 1 {
			return long
		}
		return short
	}
	switch c {
	case 'y':
		if n == 2 {
			return "06"
		}
		return "2006"
	case 'M':
		switch {
		case n > 3:
			return "January"
		case n == 3:
			return "Jan"
		}
		return pick("01", "1")
	case 'd':
		return pick("02", "2")
	case 'H':
		return "15"
	case 'h':
		return pick("03", "3")
	case 'm':
		return pick("04", "4")
	case 's':
		return pick("05", "5")
	case 'S':
		return strings.Repeat("0", n)
	case 'a':
		return "PM"
	case 'E':
		if n > 3 {
			return "Monday"
		}
		return "Mon"
	case 'z':
		return "MST"
	case 'Z':
		return "-0700"
	case 'X':
		return [...]string{"Z07", "Z0700", "Z07:00"}[min(n, 3)-1]
	}
	return as
}

// devTime reads a time with the pattern that the record gives for it.
func devTime(s, pattern string, loc *time.Location) (time.Time, bool) {
	if pattern == "" || len(pattern) > 64 {
		return time.Time{}, false
	}
	if loc == nil {
		loc = time.UTC
	}
	t, err := time.ParseInLocation(layout(pattern), s, loc)
	return t.UTC(), err == nil && t.Year() > 1
}
