package report

import (
	"strings"
	"unicode"
)

// columns returns how many columns a terminal gives to s: two to letters of
// East Asian scripts (Unicode UAX #11, W and F), none to marks that combine.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, // Hangul Jamo that begin a syllable
		r >= 0x2e80 && r <= 0x303e,
		r >= 0x3041 && r <= 0x33ff,
		r >= 0x3400 && r <= 0x4dbf,
		r >= 0x4e00 && r <= 0xa4cf,
		r >= 0xa960 && r <= 0xa97c,
		r >= 0xac00 && r <= 0xd7a3, // Hangul syllables
		r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f,
		r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1f64f,
		r >= 0x1f900 && r <= 0x1f9ff,
		r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// wrap breaks s into lines of at most width columns, at spaces where there are
// any. Line ends of its own stay.
func wrap(s string, width int) []string {
	width = max(width, 8)
	var out []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		line, used := "", 0
		for _, word := range strings.Fields(paragraph) {
			n := columns(word)
			if used > 0 && used+1+n > width {
				out = append(out, line)
				line, used = "", 0
			}
			if used > 0 {
				line += " "
				used++
			}
			for n > width-used && n > 0 {
				head, rest := split(word, width-used)
				out = append(out, line+head)
				line, used = "", 0
				word, n = rest, columns(rest)
			}
			line += word
			used += n
		}
		out = append(out, line)
	}
	return out
}

// split cuts a word so that its head has at most width columns, and at least
// one letter.
func split(word string, width int) (head, rest string) {
	used := 0
	for i, r := range word {
		n := runeColumns(r)
		if used+n > width && i > 0 {
			return word[:i], word[i:]
		}
		used += n
	}
	return word, ""
}

// cut shortens s to width columns and says so.
func cut(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	head, _ := split(s, max(width-1, 1))
	return head + "…"
}

// pad fills s up to width columns.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-columns(s), 0))
}

// clean takes from data what a terminal or a browser would obey instead of
// show: control characters, and marks that turn the direction of writing,
// with which a name can be made to look like another (CVE-2021-42574). Line
// ends and what is not UTF-8 go as well.
func clean(s string) string {
	bad := func(r rune) bool {
		return r == unicode.ReplacementChar || unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
	}
	if !strings.ContainsFunc(s, bad) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case bad(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// cleanLines is clean for a text of several lines, which keeps them.
func cleanLines(s string) []string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = clean(strings.TrimSpace(line)); line != "" {
			out = append(out, line)
		}
	}
	return out
}
