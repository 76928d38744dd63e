package hunt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is a piece of the input. Where a piece ends depends on what is read:
// the name of a field ends at an operator, a value does not, so that URLs need
// no quotes.
type token struct {
	kind       tokenKind
	start, end int    // bytes
	text       string // without quotes and escapes
	open       bool   // the closing quote is missing
}

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokWord
	tokQuoted
	tokOp    // = != < <= > >=
	tokOpen  // (
	tokClose // )
	tokComma
	tokPipe
	tokRegex // between slashes; text keeps the flags as (?i)
)

// place says what may stand where a token is read.
type place uint8

const (
	inTerm  place = iota // a field, a word, a keyword
	inValue              // a value: = < > ! belong to it
	inRegex              // after matches: /…/
)

// isSpace reports the white space of Unicode, which people paste.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' }

// next reads the token at p.pos without taking it.
func (p *parser) next(where place) token {
	s := p.in
	i := p.pos
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !isSpace(r) {
			break
		}
		i += n
	}
	if i == len(s) {
		return token{kind: tokEnd, start: i, end: i}
	}
	single := func(kind tokenKind) token { return token{kind: kind, start: i, end: i + 1, text: s[i : i+1]} }
	switch c := s[i]; c {
	case '(':
		return single(tokOpen)
	case ')':
		return single(tokClose)
	case ',':
		return single(tokComma)
	case '|':
		if where == inTerm && strings.HasPrefix(s[i:], "||") {
			return token{kind: tokWord, start: i, end: i + 2, text: "or"}
		}
		return single(tokPipe)
	case '"':
		return quoted(s, i)
	case '\'':
		return raw(s, i, i+1, "'")
	case '/':
		if where == inRegex {
			return regex(s, i)
		}
	case '&':
		if where == inTerm && strings.HasPrefix(s[i:], "&&") {
			return token{kind: tokWord, start: i, end: i + 2, text: "and"}
		}
	}
	if strings.HasPrefix(s[i:], "“") {
		return raw(s, i, i+len("“"), "”")
	}
	if where == inTerm {
		for _, op := range [...]string{"!=", "<=", ">=", "==", "<>", "=", "<", ">"} {
			if strings.HasPrefix(s[i:], op) {
				return token{kind: tokOp, start: i, end: i + len(op), text: op}
			}
		}
		if s[i] == '!' {
			return token{kind: tokWord, start: i, end: i + 1, text: "not"}
		}
	}
	return word(s, i, where)
}

// word reads letters up to what ends a word. The name after unmapped. may be
// quoted.
func word(s string, start int, where place) token {
	i := start
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if isSpace(r) || strings.ContainsRune("(),|", r) {
			break
		}
		if where == inTerm {
			if strings.ContainsRune("=<>", r) || r == '!' && strings.HasPrefix(s[i:], "!=") {
				break
			}
			if r == '"' && strings.EqualFold(s[start:i], unmappedPrefix) {
				q := quoted(s, i)
				return token{kind: tokWord, start: start, end: q.end, text: s[start:i] + q.text, open: q.open}
			}
		}
		i += n
	}
	return token{kind: tokWord, start: start, end: i, text: s[start:i]}
}

// quoted reads "…", in which \" and \\ stand for " and \, and any other
// backslash for itself, as paths of Windows have them.
func quoted(s string, start int) token {
	var b strings.Builder
	for i := start + 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return token{kind: tokQuoted, start: start, end: i + 1, text: b.String()}
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return token{kind: tokQuoted, start: start, end: len(s), text: b.String(), open: true}
}

// raw reads '…' or “…”, in which everything stands for itself.
func raw(s string, start, from int, closing string) token {
	inside, _, found := strings.Cut(s[from:], closing)
	end := from + len(inside)
	if found {
		end += len(closing)
	}
	return token{kind: tokQuoted, start: start, end: end, text: inside, open: !found}
}

// regex reads /…/ with the flags i, m and s behind it; \/ stands for /.
func regex(s string, start int) token {
	var b strings.Builder
	for i := start + 1; i < len(s); i++ {
		switch {
		case s[i] == '/':
			end := i + 1
			for end < len(s) && strings.IndexByte("ims", s[end]) >= 0 {
				end++
			}
			text := b.String()
			if flags := s[i+1 : end]; flags != "" {
				text = "(?" + flags + ")" + text
			}
			return token{kind: tokRegex, start: start, end: end, text: text}
		case s[i] == '\\' && i+1 < len(s):
			if s[i+1] != '/' {
				b.WriteByte(s[i])
			}
			i++
		}
		b.WriteByte(s[i])
	}
	return token{kind: tokRegex, start: start, end: len(s), text: b.String(), open: true}
}

// take moves behind a token and marks it for the eye.
func (p *parser) take(t token, kind SpanKind) {
	p.pos = t.end
	if p.marking && kind != 0 && t.end > t.start {
		p.spans = append(p.spans, Span{Start: t.start, End: t.end, Kind: kind})
	}
}

// is reports whether a token is one of the keywords, in any case. What is
// quoted is none.
func (t token) is(words ...string) bool {
	if t.kind != tokWord {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(t.text, w) {
			return true
		}
	}
	return false
}
