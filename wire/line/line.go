// Package line cuts a stream of bytes into the lines of a text protocol. It
// bounds how long a line may be; what the lines mean is for others.
package line

import "bytes"

// Max is the longest line that is handed out, without its end. Of a longer one
// the rest is dropped (RFC 5321 §4.5.3.1 allows 512 bytes, RFC 9051 §4 8192).
const Max = 8192

// A Reader cuts the lines of one direction. The zero Reader is ready.
type Reader struct {
	dropping bool // inside the rest of a line that was too long
}

// Next returns the first line of data without CR and LF, and how many bytes of
// data it is done with. While ok is false, there is no whole line yet; used
// bytes are done with even then.
func (r *Reader) Next(data []byte) (text []byte, used int, ok bool) {
	if r.dropping {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			return nil, len(data), false
		}
		r.dropping = false
		used = i + 1
		data = data[used:]
	}
	i := bytes.IndexByte(data, '\n')
	switch {
	case i > Max || i < 0 && len(data) > Max:
		r.dropping = true
		return data[:Max], used + Max, true
	case i < 0:
		return nil, used, false
	}
	return bytes.TrimSuffix(data[:i], []byte("\r")), used + i + 1, true
}

// Reset forgets what came before a loss. What follows is taken for the beginning
// of a line: captures lose whole segments, and in these protocols a segment
// mostly ends with its line.
func (r *Reader) Reset() { r.dropping = false }

// Word returns the first word of a line, in upper case when it is short enough
// to be a command, and what follows it without leading spaces.
func Word(text []byte) (word string, rest []byte) {
	text = bytes.TrimLeft(text, " ")
	i := bytes.IndexByte(text, ' ')
	if i < 0 {
		i = len(text)
	}
	const longest = 32
	if i > longest {
		return "", text
	}
	return string(bytes.ToUpper(text[:i])), bytes.TrimLeft(text[i:], " ")
}

// Code returns the three digits that a reply begins with (RFC 959 §4.2) and
// whether more lines of it follow. It returns 0 for another line.
func Code(text []byte) (code int, more bool) {
	if len(text) < 3 || len(text) > 3 && text[3] != ' ' && text[3] != '-' {
		return 0, false
	}
	for _, c := range text[:3] {
		if c < '0' || c > '9' {
			return 0, false
		}
		code = code*10 + int(c-'0')
	}
	if code < 100 || code > 659 {
		return 0, false
	}
	return code, len(text) > 3 && text[3] == '-'
}

// Printable reports whether text is what people and programs write in a line:
// no control characters but the tab. Bytes above 127 may be of any encoding.
func Printable(text []byte) bool {
	for _, c := range text {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
