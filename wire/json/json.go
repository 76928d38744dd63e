// Package json reads JSON text (RFC 8259) into a flat list of values that can
// be walked, taken and written again without a Go type for them. It does not
// write from Go values and knows nothing about what the text means.
package json

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the kind of a value.
type Kind uint8

// The kinds of values. None is what a member that is not there has.
const (
	None Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// MaxDepth is how deep arrays and objects may lie in each other.
const MaxDepth = 100

// Errors of Parse, wrapped with the offset.
var (
	ErrSyntax = errors.New("not JSON")
	ErrCut    = errors.New("JSON is cut")
	ErrDepth  = errors.New("JSON is nested more than 100 levels deep")
)

type node struct {
	kind             Kind
	taken            bool
	escaped          bool  // a string with a backslash or a byte that is not UTF-8
	keyEscaped       bool  // the same of its name
	start, end       int32 // of the text, with quotes and brackets
	keyStart, keyEnd int32 // of its name, without quotes; 0, 0 in an array
	next             int32 // the node after this one and all within it
}

// A Doc holds one parsed text. The zero Doc is ready; parsing again reuses its
// memory. Values of a Doc are valid until it parses again; the texts that they
// gave stay, and keep the text that was parsed in memory. A Doc is used by one
// goroutine.
type Doc struct {
	src   string
	nodes []node
}

// maxText bounds a text, so that offsets fit their type.
const maxText = 1 << 30

// Parse is ParseString of a copy of b.
func (d *Doc) Parse(b []byte) error { return d.ParseString(string(b)) }

// ParseString reads one JSON text, which may have white space around it. Texts
// of its values are parts of it where they can be, so that none is copied.
func (d *Doc) ParseString(text string) error {
	d.src, d.nodes = text, d.nodes[:0]
	if len(text) > maxText {
		d.src = ""
		return fmt.Errorf("%w: longer than 1 GiB", ErrSyntax)
	}
	p := parser{d: d}
	err := p.value(0, 0, false, 0)
	if err == nil {
		p.space()
		if p.i < len(text) {
			err = ErrSyntax
		}
	}
	if err != nil {
		d.nodes = d.nodes[:0]
		return fmt.Errorf("%w at byte %d", err, p.i)
	}
	return nil
}

// Root returns the outermost value, of kind None before a successful Parse.
func (d *Doc) Root() Value {
	if len(d.nodes) == 0 {
		return Value{}
	}
	return Value{d, 0}
}

type parser struct {
	d *Doc
	i int
}

func (p *parser) space() {
	b := p.d.src
	for p.i < len(b) && (b[p.i] == ' ' || b[p.i] == '\t' || b[p.i] == '\n' || b[p.i] == '\r') {
		p.i++
	}
}

func (p *parser) value(keyStart, keyEnd int, keyEscaped bool, depth int) error {
	p.space()
	b := p.d.src
	if p.i >= len(b) {
		return ErrCut
	}
	if depth > MaxDepth {
		return ErrDepth
	}
	at := len(p.d.nodes)
	p.d.nodes = append(p.d.nodes, node{
		start: int32(p.i), keyStart: int32(keyStart), keyEnd: int32(keyEnd), keyEscaped: keyEscaped,
	})
	kind, escaped := None, false
	var err error
	switch c := b[p.i]; {
	case c == '{':
		kind, err = Object, p.object(depth)
	case c == '[':
		kind, err = Array, p.array(depth)
	case c == '"':
		kind = String
		escaped, err = p.text()
	case c == '-' || c >= '0' && c <= '9':
		kind, err = Number, p.number()
	case c == 't':
		kind, err = Bool, p.word("true")
	case c == 'f':
		kind, err = Bool, p.word("false")
	case c == 'n':
		kind, err = Null, p.word("null")
	default:
		err = ErrSyntax
	}
	if err != nil {
		return err
	}
	n := &p.d.nodes[at]
	n.kind, n.escaped, n.end, n.next = kind, escaped, int32(p.i), int32(len(p.d.nodes))
	return nil
}

func (p *parser) word(w string) error {
	rest := p.d.src[p.i:]
	if len(rest) >= len(w) && rest[:len(w)] == w {
		p.i += len(w)
		return nil
	}
	if len(rest) < len(w) && w[:len(rest)] == rest {
		return ErrCut
	}
	return ErrSyntax
}

func (p *parser) number() error {
	b := p.d.src
	if b[p.i] == '-' {
		p.i++
	}
	digits := func() bool {
		start := p.i
		for p.i < len(b) && b[p.i] >= '0' && b[p.i] <= '9' {
			p.i++
		}
		return p.i > start
	}
	if p.i < len(b) && b[p.i] == '0' {
		p.i++
	} else if !digits() {
		return p.syntaxOrCut()
	}
	if p.i < len(b) && b[p.i] == '.' {
		p.i++
		if !digits() {
			return p.syntaxOrCut()
		}
	}
	if p.i < len(b) && (b[p.i] == 'e' || b[p.i] == 'E') {
		p.i++
		if p.i < len(b) && (b[p.i] == '+' || b[p.i] == '-') {
			p.i++
		}
		if !digits() {
			return p.syntaxOrCut()
		}
	}
	return nil
}

func (p *parser) syntaxOrCut() error {
	if p.i >= len(p.d.src) {
		return ErrCut
	}
	return ErrSyntax
}

// text passes a string and reports whether it must be decoded. Control bytes
// are let pass: devices write them, and nothing is won by losing the record.
func (p *parser) text() (escaped bool, err error) {
	b := p.d.src
	for i := p.i + 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			p.i = i + 1
			return escaped, nil
		case c == '\\':
			escaped = true
			i++
		case c < 0x20 || c >= utf8.RuneSelf:
			escaped = true // decoding checks it
		}
	}
	p.i = len(b)
	return false, ErrCut
}

func (p *parser) array(depth int) error {
	p.i++
	p.space()
	if p.i < len(p.d.src) && p.d.src[p.i] == ']' {
		p.i++
		return nil
	}
	for {
		if err := p.value(0, 0, false, depth+1); err != nil {
			return err
		}
		if done, err := p.comma(']'); done || err != nil {
			return err
		}
	}
}

func (p *parser) object(depth int) error {
	p.i++
	p.space()
	b := p.d.src
	if p.i < len(b) && b[p.i] == '}' {
		p.i++
		return nil
	}
	for {
		p.space()
		if p.i >= len(b) {
			return ErrCut
		}
		if b[p.i] != '"' {
			return ErrSyntax
		}
		start := p.i + 1
		escaped, err := p.text()
		if err != nil {
			return err
		}
		end := p.i - 1
		p.space()
		if p.i >= len(b) {
			return ErrCut
		}
		if b[p.i] != ':' {
			return ErrSyntax
		}
		p.i++
		if err := p.value(start, end, escaped, depth+1); err != nil {
			return err
		}
		if done, err := p.comma('}'); done || err != nil {
			return err
		}
	}
}

func (p *parser) comma(closing byte) (done bool, err error) {
	p.space()
	if p.i >= len(p.d.src) {
		return false, ErrCut
	}
	switch p.d.src[p.i] {
	case ',':
		p.i++
		return false, nil
	case closing:
		p.i++
		return true, nil
	}
	return false, ErrSyntax
}

// unquote decodes the inside of a string. A wrong escape is kept as it is
// written; bytes that are not UTF-8 become U+FFFD.
func unquote(b string) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		c := b[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(b[i:])
			out = utf8.AppendRune(out, r)
			i += n
			continue
		}
		if c != '\\' || i+1 >= len(b) {
			out = append(out, c)
			i++
			continue
		}
		i++
		switch c = b[i]; c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := hex4(b[i+1:])
			if !ok {
				out = append(out, '\\', 'u')
				break
			}
			i += 4
			if utf16.IsSurrogate(r) {
				low, ok := rune(0), false
				if i+2 < len(b) && b[i+1] == '\\' && b[i+2] == 'u' {
					low, ok = hex4(b[i+3:])
				}
				if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, '\\')
			continue
		}
		i++
	}
	return string(out)
}

func hex4(b string) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(b[:4], 16, 16)
	return rune(n), err == nil
}
