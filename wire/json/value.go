package json

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Value is one value of a Doc, or none. Its methods may be called on none.
type Value struct {
	d *Doc
	i int32
}

func (v Value) node() *node {
	if v.d == nil {
		return &node{}
	}
	return &v.d.nodes[v.i]
}

// Kind returns the kind of the value.
func (v Value) Kind() Kind { return v.node().kind }

// Exists reports whether the value is there and not null.
func (v Value) Exists() bool { return v.Kind() > Null }

// Raw returns the text of the value as written.
func (v Value) Raw() string {
	if v.d == nil {
		return ""
	}
	n := v.node()
	return v.d.src[n.start:n.end]
}

// Str returns the text of a string, "" for any other kind.
func (v Value) Str() string {
	n := v.node()
	if n.kind != String {
		return ""
	}
	inner := v.d.src[n.start+1 : n.end-1]
	if n.escaped {
		return unquote(inner)
	}
	return inner
}

// Text returns the text of a string, and numbers and truth values as written;
// "" for any other kind.
func (v Value) Text() string {
	switch v.Kind() {
	case String:
		return v.Str()
	case Number, Bool:
		return v.Raw()
	}
	return ""
}

// Is reports whether the value is the string s.
func (v Value) Is(s string) bool {
	n := v.node()
	if n.kind != String {
		return false
	}
	if n.escaped {
		return v.Str() == s
	}
	return v.d.src[n.start+1:n.end-1] == s
}

// Int returns a number, or a string that holds one, rounded towards zero. It
// is not ok for others and beyond the range of int64.
func (v Value) Int() (n int64, ok bool) {
	switch v.Kind() {
	case Number, String:
	default:
		return 0, false
	}
	raw := strings.Trim(v.Raw(), `"`)
	if n, ok = smallInt(raw); ok {
		return n, true
	}
	if n, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return n, true
	}
	f, ok := v.Float()
	if !ok || f < -(1<<63) || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

func smallInt(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	n := int64(0)
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// Float returns a number, or a string that holds one. It is not ok for others,
// and for what is not finite.
func (v Value) Float() (float64, bool) {
	switch v.Kind() {
	case Number, String:
	default:
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.Trim(v.Raw(), `"`), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}

// Bool returns a truth value; ok is false for any other kind.
func (v Value) Bool() (truth, ok bool) {
	if v.Kind() != Bool {
		return false, false
	}
	return v.Raw()[0] == 't', true
}

// Key returns the name under which the value stands in its object.
func (v Value) Key() string {
	n := v.node()
	if n.keyEnd == 0 {
		return ""
	}
	key := v.d.src[n.keyStart:n.keyEnd]
	if n.keyEscaped {
		return unquote(key)
	}
	return key
}

func (v Value) keyIs(name string) bool {
	n := v.node()
	if n.keyEscaped {
		return v.Key() == name
	}
	return v.d.src[n.keyStart:n.keyEnd] == name
}

// Each calls yield with every member of an object or array, in order, until it
// returns false.
func (v Value) Each(yield func(Value) bool) {
	n := v.node()
	if n.kind != Object && n.kind != Array {
		return
	}
	for i := v.i + 1; i < n.next; i = v.d.nodes[i].next {
		if !yield(Value{v.d, i}) {
			return
		}
	}
}

// Len returns the number of members of an object or array.
func (v Value) Len() int {
	n := 0
	for range v.Each {
		n++
	}
	return n
}

// Get follows names through objects. Where one is missing it returns none. Of
// a name that stands twice the first counts.
func (v Value) Get(names ...string) Value {
	for _, name := range names {
		v = v.member(name)
		if v.d == nil {
			return v
		}
	}
	return v
}

func (v Value) member(name string) Value {
	n := v.node()
	if n.kind != Object {
		return Value{}
	}
	for i := v.i + 1; i < n.next; i = v.d.nodes[i].next {
		if m := (Value{v.d, i}); m.keyIs(name) {
			return m
		}
	}
	return Value{}
}

// Take is Get, and Rest will leave the value out.
func (v Value) Take(names ...string) Value {
	m := v.Get(names...)
	m.Drop()
	return m
}

// Drop makes Rest leave the value out, with all that is within it.
func (v Value) Drop() {
	if v.d != nil {
		v.d.nodes[v.i].taken = true
	}
}

// Taken reports whether Take or Drop was called on the value.
func (v Value) Taken() bool { return v.node().taken }

// Rest calls yield with every value that was not taken, under its dotted name
// below v: objects are walked into, arrays are given whole, null and empty
// objects are left out.
func (v Value) Rest(yield func(name string, v Value)) { v.rest(nil, yield) }

func (v Value) rest(prefix []byte, yield func(string, Value)) {
	for m := range v.Each {
		if m.node().taken || m.Kind() == Null {
			continue
		}
		if len(prefix) == 0 && m.Kind() != Object {
			yield(m.Key(), m)
			continue
		}
		name := prefix
		if len(name) > 0 {
			name = append(name, '.')
		}
		name = append(name, m.Key()...)
		if m.Kind() == Object {
			m.rest(name, yield)
			continue
		}
		yield(string(name), m)
	}
}

// Literal returns the value as compact JSON in valid UTF-8: as written where
// that is so already.
func (v Value) Literal() string {
	switch n := v.node(); n.kind {
	case String:
		if !n.escaped {
			return v.Raw()
		}
	case Number, Bool, Null:
		return v.Raw()
	}
	return string(v.AppendTo(nil))
}

// AppendTo appends the value as compact JSON in valid UTF-8.
func (v Value) AppendTo(dst []byte) []byte {
	switch n := v.node(); n.kind {
	case None:
		return append(dst, "null"...)
	case String:
		if n.escaped {
			return appendQuoted(dst, v.Str())
		}
		return append(dst, v.Raw()...)
	case Array:
		dst = append(dst, '[')
		for i, first := v.i+1, true; i < n.next; i, first = v.d.nodes[i].next, false {
			if !first {
				dst = append(dst, ',')
			}
			dst = Value{v.d, i}.AppendTo(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, first := v.i+1, true; i < n.next; i, first = v.d.nodes[i].next, false {
			m := Value{v.d, i}
			if !first {
				dst = append(dst, ',')
			}
			dst = append(appendQuoted(dst, m.Key()), ':')
			dst = m.AppendTo(dst)
		}
		return append(dst, '}')
	}
	return append(dst, v.Raw()...)
}

const hexDigits = "0123456789abcdef"

func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < 0x20 || r == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
