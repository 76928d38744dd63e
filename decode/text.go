package decode

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
)

// Text returns a line as UTF-8 without its end. Lines of older Korean systems
// (EUC-KR, CP949) are converted; bytes of unknown meaning stay as they are.
func Text(body []byte) string {
	body = bytes.TrimRight(body, "\r\n\x00")
	if utf8.Valid(body) {
		return string(body)
	}
	if s, ok := korean949(body); ok {
		return s
	}
	return string(body)
}

// korean949 converts a line if it makes sense as Korean: a line of UTF-8 that
// was cut in the middle of a letter does not, and neither does Latin-1.
func korean949(body []byte) (string, bool) {
	wide, broken := 0, 0
	for b := body; len(b) > 0; {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			broken++
		case n > 2:
			wide += n
		}
		b = b[n:]
	}
	if wide >= broken {
		return "", false
	}
	out, err := korean.EUCKR.NewDecoder().Bytes(body)
	if err != nil {
		return "", false
	}
	hangul, other := 0, 0
	for _, r := range string(out) {
		switch {
		case r == utf8.RuneError:
			return "", false
		case r < utf8.RuneSelf:
		case unicode.Is(unicode.Hangul, r):
			hangul++
		default:
			other++
		}
	}
	return string(out), hangul > other
}

// Name returns s unless it is one of the ways of writing nothing.
func Name(s string) string {
	switch s {
	case "-", "?", "--", "(null)", "null", "UNKNOWN", "unknown", "N/A", "n/a":
		return ""
	}
	return strings.TrimSpace(s)
}
