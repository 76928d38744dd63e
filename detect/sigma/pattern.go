package sigma

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A pattern is a Sigma string value: literal text with * for any run of
// characters and ? for one. A backslash makes *, ? and itself literal, and
// stands for itself before anything else.
type pattern struct {
	parts []string // literal text between the stars; ? is the rune anyOne
	text  string   // as written
	cased bool
	plain bool // no wildcard at all: parts[0] is the whole
	fixed bool // no ? in any part
}

// anyOne stands for ? within a part; it is no character (U+10FFFF is a
// noncharacter).
const anyOne = '\U0010FFFF'

func parsePattern(s string, cased bool) pattern {
	p := pattern{text: s, cased: cased, fixed: true}
	var part strings.Builder
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; {
		case c == '\\' && i+1 < len(runes) && (runes[i+1] == '*' || runes[i+1] == '?' || runes[i+1] == '\\'):
			i++
			part.WriteRune(runes[i])
		case c == '*':
			p.parts = append(p.parts, part.String())
			part.Reset()
		case c == '?':
			part.WriteRune(anyOne)
			p.fixed = false
		default:
			part.WriteRune(c)
		}
	}
	p.parts = append(p.parts, part.String())
	return p.finish()
}

// literal returns the pattern of a text that has no wildcards.
func literal(s string, cased bool) pattern {
	return pattern{parts: []string{s}, text: s, cased: cased, fixed: true}.finish()
}

func (p pattern) finish() pattern {
	if !p.cased {
		for i := range p.parts {
			p.parts[i] = fold(p.parts[i])
		}
	}
	p.plain = len(p.parts) == 1 && p.fixed
	return p
}

// open returns the pattern with a star before it, behind it, or both.
func (p pattern) open(before, behind bool) pattern {
	parts := make([]string, 0, len(p.parts)+2)
	if before {
		parts = append(parts, "")
	}
	parts = append(parts, p.parts...)
	if behind {
		parts = append(parts, "")
	}
	p.parts = parts
	p.plain = p.plain && !before && !behind
	return p
}

// match compares the whole of s.
func (p pattern) match(s string) bool {
	if !p.cased {
		s = fold(s)
	}
	return p.matchFolded(s)
}

// matchFolded compares a text that is folded already where the pattern asks
// for it.
func (p pattern) matchFolded(s string) bool {
	if p.plain {
		return s == p.parts[0]
	}
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(p.parts) == 1 {
		n, ok := prefix(s, first)
		return ok && n == len(s)
	}
	n, ok := prefix(s, first)
	if !ok {
		return false
	}
	s = s[n:]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		from, to := index(s, part)
		if from < 0 {
			return false
		}
		s = s[to:]
	}
	return suffix(s, last)
}

// prefix reports whether s begins with part and how long that beginning is.
func prefix(s, part string) (int, bool) {
	n := 0
	for _, want := range part {
		got, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 || want != anyOne && got != want {
			return 0, false
		}
		n += size
	}
	return n, true
}

func suffix(s, part string) bool {
	for part != "" {
		want, w := utf8.DecodeLastRuneInString(part)
		got, g := utf8.DecodeLastRuneInString(s)
		if g == 0 || want != anyOne && got != want {
			return false
		}
		part, s = part[:len(part)-w], s[:len(s)-g]
	}
	return true
}

// index finds the first place of part in s.
func index(s, part string) (from, to int) {
	if !strings.ContainsRune(part, anyOne) {
		i := strings.Index(s, part)
		return i, i + len(part)
	}
	for i := range s {
		if n, ok := prefix(s[i:], part); ok {
			return i, i + n
		}
	}
	return -1, -1
}

// fold brings letters that differ only in case to one form, beyond ASCII too.
func fold(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return strings.Map(foldRune, s)
		}
	}
	return s
}

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	// The smallest rune of the orbit stands for all of it: K, k and the Kelvin
	// sign fold to the same.
	least := r
	for n := unicode.SimpleFold(r); n != r; n = unicode.SimpleFold(n) {
		least = min(least, n)
	}
	if least >= 'A' && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}
