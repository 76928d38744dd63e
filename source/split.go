package source

import "bytes"

// A Splitter finds the first record in b. Next is where the following begins,
// or -1 where b does not hold the whole record.
type Splitter func(b []byte, eof bool) (start, end, next int)

// SplitLines takes each line for a record.
func SplitLines(b []byte, eof bool) (start, end, next int) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return 0, i, i + 1
	}
	if eof {
		return 0, len(b), len(b)
	}
	return 0, 0, -1
}

// SplitJSON finds JSON objects, whatever stands between them. A line break
// within a string is none of JSON's: there the object was cut, and what stands
// before it is a record of its own.
func SplitJSON(b []byte, eof bool) (start, end, next int) {
	for start < len(b) && bytes.IndexByte([]byte(" \t\r\n,[]"), b[start]) >= 0 {
		start++
	}
	if start == len(b) {
		return 0, 0, len(b)
	}
	if b[start] != '{' {
		s, e, n := SplitLines(b[start:], eof)
		if n < 0 {
			return 0, 0, -1
		}
		return start + s, start + e, start + n
	}
	depth, quoted := 0, false
	for i := start; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case quoted && c == '\n':
			return start, i, i + 1
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return start, i + 1, i + 1
			}
		}
	}
	if eof {
		return start, len(b), len(b)
	}
	return 0, 0, -1
}

// SplitterOf chooses by the beginning of a text.
func SplitterOf(head []byte) Splitter {
	if SpreadJSON(head) {
		return SplitJSON
	}
	return SplitLines
}

// SpreadJSON reports whether a text is JSON, but not one value a line.
func SpreadJSON(head []byte) bool {
	t := bytes.TrimLeft(head, " \t\r\n")
	if len(t) == 0 {
		return false
	}
	switch t[0] {
	case '[':
		inner := bytes.TrimLeft(t[1:], " \t\r\n")
		return len(inner) > 0 && inner[0] == '{'
	case '{':
		line, _, more := bytes.Cut(t, []byte("\n"))
		_, _, next := SplitJSON(line, false)
		return more && next < 0
	}
	return false
}
