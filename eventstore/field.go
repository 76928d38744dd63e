package eventstore

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/event"
)

// String returns what a person calls the field.
func (f Field) String() string {
	switch f.Kind {
	case Column:
		return f.Path.Name()
	case Unmapped:
		return "unmapped." + f.Unmapped
	case EventTime:
		return columnTime
	case EventID:
		return columnUID
	case ClassUID:
		return columnClass
	}
	return "unknown field"
}

// Value returns the value of the field as a text, and whether the event has it:
// a text as it is compared, a number in decimal, true or false, a time in RFC
// 3339 with its nanoseconds, UTC. Groups and buckets hold values in this form.
func (f Field) Value(e *event.Event) (string, bool) {
	switch f.Type() {
	case event.Int:
		n, ok := f.number(e)
		if !ok {
			return "", false
		}
		return strconv.FormatInt(n, 10), true
	case event.Bool:
		n, ok := f.number(e)
		if !ok {
			return "", false
		}
		return strconv.FormatBool(n != 0), true
	case event.Time:
		n, ok := f.number(e)
		if !ok {
			return "", false
		}
		return timeOf(n).Format(time.RFC3339Nano), true
	}
	return f.text(e)
}

func (f Field) check() error {
	switch f.Kind {
	case Column:
		if f.Path.Type() == 0 {
			return fmt.Errorf("%w: unknown column %d", ErrCondition, f.Path)
		}
	case Unmapped, EventTime, EventID, ClassUID:
	default:
		return fmt.Errorf("%w: unknown kind of field %d", ErrCondition, f.Kind)
	}
	return nil
}

func (f Field) needText(verb string) error {
	if err := f.check(); err != nil {
		return err
	}
	if t := f.Type(); t != event.String && t != event.JSON {
		return fmt.Errorf("%w: %s: %s is no text", ErrCondition, verb, f)
	}
	return nil
}

// in reports whether the event has the field.
func (f Field) in(e *event.Event) bool {
	switch f.Kind {
	case Column:
		return e.Has(f.Path)
	case Unmapped:
		_, ok := e.Unmapped(f.Unmapped)
		return ok
	case EventTime, EventID, ClassUID:
		return true
	}
	return false
}

// text returns the value of a field whose type is String or JSON.
func (f Field) text(e *event.Event) (string, bool) {
	switch f.Kind {
	case Column:
		if !e.Has(f.Path) {
			return "", false
		}
		return Text(e.Str(f.Path)), true
	case Unmapped:
		literal, ok := e.Unmapped(f.Unmapped)
		return Text(event.Unquote(literal)), ok
	case EventID:
		return Text(e.ID()), true
	case EventTime, ClassUID:
	}
	return "", false
}

// number returns the value of a field of any other type.
func (f Field) number(e *event.Event) (int64, bool) {
	switch f.Kind {
	case Column:
		if !e.Has(f.Path) {
			return 0, false
		}
		n := e.Int(f.Path)
		if f.Path.Type() == event.Bool && n != 0 {
			n = 1
		}
		return n, true
	case EventTime:
		return e.Time.UnixNano(), true
	case ClassUID:
		return int64(e.Class), true
	case Unmapped, EventID:
	}
	return 0, false
}

func timeOf(nano int64) time.Time { return time.Unix(0, nano).UTC() }

// Text returns a text as queries compare it: with U+FFFD in place of each byte
// that is not part of UTF-8. One that is UTF-8 is returned as it is.
func Text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		b.WriteRune(r) // RuneError where the byte is bad
		i += n
	}
	return b.String()
}

// fold takes A–Z as a–z.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

func foldByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// equalFold reports whether s is the folded text, which is as long.
func equalFold(s, text string) bool {
	for i := range len(s) {
		if foldByte(s[i]) != text[i] {
			return false
		}
	}
	return true
}

// containsFold reports whether s holds the folded text.
func containsFold(s, text string) bool {
	if text == "" {
		return true
	}
	first := text[0]
	upper := first
	if 'a' <= first && first <= 'z' {
		upper -= 'a' - 'A'
	}
	for at := 0; at+len(text) <= len(s); at++ {
		rest := s[at : len(s)-len(text)+1]
		next := strings.IndexByte(rest, first)
		if upper != first {
			if next < 0 {
				next = len(rest)
			}
			if n := strings.IndexByte(rest[:next], upper); n >= 0 {
				next = n
			} else if next == len(rest) {
				return false
			}
		} else if next < 0 {
			return false
		}
		at += next
		if equalFold(s[at:at+len(text)], text) {
			return true
		}
	}
	return false
}
