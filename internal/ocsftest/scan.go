package ocsftest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// scanner walks over JSON that is known to be valid.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\t' || s.b[s.i] == '\n' || s.b[s.i] == '\r') {
		s.i++
	}
}

// peek returns the first byte of what comes.
func (s *scanner) peek() byte {
	s.space()
	if s.i == len(s.b) {
		return 0
	}
	return s.b[s.i]
}

// enter steps into an object or an array.
func (s *scanner) enter() {
	s.space()
	s.i++
}

// more reports whether a member follows; after the last it steps out.
func (s *scanner) more(end byte) bool {
	if s.peek() == ',' {
		s.i++
		s.space()
	}
	if s.peek() != end {
		return s.i < len(s.b)
	}
	s.i++
	return false
}

// key returns the name of a member and steps to its value.
func (s *scanner) key() []byte {
	raw := s.skip()
	s.space()
	s.i++ // the colon
	if k, ok := plain(raw); ok {
		return k
	}
	return raw
}

// plain returns the text of a string literal.
func plain(raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return nil, false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], true
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return []byte(text), err == nil
}

// skip steps over a value and returns it.
func (s *scanner) skip() []byte {
	s.space()
	start := s.i
	depth := 0
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case '"':
			s.quoted()
		case '{', '[':
			depth++
			s.i++
		case '}', ']':
			depth--
			s.i++
		case ',', ':', ' ', '\t', '\n', '\r':
			s.i++
			continue
		default:
			for s.i < len(s.b) && bytes.IndexByte([]byte(",:]} \t\r\n"), s.b[s.i]) < 0 {
				s.i++
			}
		}
		if depth == 0 {
			break
		}
	}
	return s.b[start:s.i]
}

func (s *scanner) quoted() {
	for s.i++; s.i < len(s.b); s.i++ {
		switch s.b[s.i] {
		case '\\':
			s.i++
		case '"':
			s.i++
			return
		}
	}
}

// shape says in words what kind of value comes.
func (s *scanner) shape() string {
	switch s.peek() {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// head reads what the judgement of the rest depends on.
func (s *scanner) head() head {
	var h head
	number := func(i int) int64 {
		n, err := strconv.ParseInt(string(s.skip()), 10, 64)
		h.has[i] = err == nil
		return n
	}
	for s.enter(); s.more('}'); {
		switch string(s.key()) {
		case "class_uid":
			h.class = number(0)
		case "category_uid":
			h.category = number(1)
		case "type_uid":
			h.kind = number(2)
		case "activity_id":
			h.activity = number(3)
		case "metadata":
			s.metadata(&h)
		default:
			s.skip()
		}
	}
	return h
}

func (s *scanner) metadata(h *head) {
	if s.peek() != '{' {
		s.skip()
		return
	}
	for s.enter(); s.more('}'); {
		switch string(s.key()) {
		case "version":
			if v, ok := plain(s.skip()); ok {
				h.version = string(v)
			}
		case "profiles":
			if s.peek() != '[' {
				s.skip()
				continue
			}
			for s.enter(); s.more(']'); {
				if v, ok := plain(s.skip()); ok {
					h.profiles = append(h.profiles, string(v))
				}
			}
			slices.Sort(h.profiles)
		default:
			s.skip()
		}
	}
}
