package telnet

import "strings"

// The bytes of RFC 854 and RFC 1572.
const (
	escaped = 0xff // IAC
	will    = 0xfb
	dont    = 0xfe
	begin   = 0xfa // SB
	end     = 0xf0 // SE

	newEnviron = 39
	oldEnviron = 36
)

// maxOption bounds what is kept of an option's value.
const maxOption = 256

// A stripper separates text from the commands of one side.
type stripper struct {
	state int
	value []byte // of the option that is being negotiated
	user  string // that the client sent as environment variable (RFC 1572)
}

const (
	inText = iota
	inCommand
	inOption
	inValue
	inValueCommand
)

// reset forgets a command whose end may be lost.
func (s *stripper) reset() { s.state, s.value = inText, nil }

// text takes a byte and reports whether it is text.
func (s *stripper) text(c byte) bool {
	switch s.state {
	case inText:
		if c != escaped {
			return true
		}
		s.state = inCommand
	case inCommand:
		switch {
		case c >= will && c <= dont:
			s.state = inOption
		case c == begin:
			s.state = inValue
		default:
			s.state = inText
			return c == escaped
		}
	case inOption:
		s.state = inText
	case inValue:
		if c == escaped {
			s.state = inValueCommand
		} else if len(s.value) < maxOption {
			s.value = append(s.value, c)
		}
	case inValueCommand:
		s.state = inValue
		if c == end {
			s.environ()
			s.reset()
		}
	}
	return false
}

// environ reads the user's name from the environment that a client offers.
func (s *stripper) environ() {
	const (
		is      = 0
		info    = 2
		value   = 1
		userVar = 3
	)
	v := s.value
	if len(v) < 2 || v[0] != newEnviron && v[0] != oldEnviron || v[1] != is && v[1] != info {
		return
	}
	for _, variable := range strings.FieldsFunc(string(v[2:]), func(r rune) bool { return r == 0 || r == userVar }) {
		if name, text, ok := strings.Cut(variable, string(rune(value))); ok && name == "USER" {
			s.user = text[:min(len(text), maxTyped)]
		}
	}
}

// control follows the control sequences of terminals (ECMA-48): it returns the
// state after a byte, 0 outside of a sequence. The last byte of a sequence
// leaves endOfSequence, which counts as inside.
func control(state int, c byte) int {
	const (
		outside = iota
		afterEscape
		inParameters
		inCharset
		endOfSequence
	)
	switch state {
	case afterEscape:
		switch c {
		case '[':
			return inParameters
		case '(', ')', '#':
			return inCharset
		}
		return endOfSequence
	case inParameters:
		if c >= 0x40 && c <= 0x7e || c == '\n' {
			return endOfSequence
		}
		return inParameters
	case inCharset:
		return endOfSequence
	}
	if c == 0x1b {
		return afterEscape
	}
	return outside
}
