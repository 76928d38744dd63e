package hunt

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/text"
)

// Options say when and where a hunt is read.
type Options struct {
	Now      time.Time      // what "last 24h" and "yesterday" count from; must be set
	Location *time.Location // of times without a zone, and where days begin; UTC where nil
}

// A Problem is what is wrong with a hunt, or may surprise.
type Problem struct {
	Start, End int       // bytes of the input
	Column     int       // of Start, in letters from 1
	Text       text.Said // what is wrong
	Hint       text.Said // what would be right; may be empty
	Instead    string    // what to write from Start to End; "" where nothing is known
	Warning    bool      // it can be asked nevertheless
}

// An Error is the first problem that keeps a hunt from being asked.
type Error struct{ Problem }

// Error returns the problem in English, with its column and the hint.
func (e *Error) Error() string {
	s := fmt.Sprintf("column %d: %s", e.Column, e.Text.EN)
	if e.Hint.EN != "" {
		s += "; " + e.Hint.EN
	}
	return s
}

// Parse reads a hunt. The error is an *Error.
func Parse(input string, opts Options) (*Hunt, error) {
	p := newParser(input, opts)
	h := p.hunt()
	for _, problem := range p.problems {
		if !problem.Warning {
			return nil, &Error{problem}
		}
	}
	return h, nil
}

// A parser reads a hunt and goes on after what it does not understand, so that
// Check can help with the rest.
type parser struct {
	in       string
	pos      int
	now      time.Time
	loc      *time.Location
	depth    int
	terms    int
	problems []Problem
	when     When
	whenSet  [3]bool // last, since, until

	marking bool
	spans   []Span
	cursor  int // -1: nobody asks what may follow
	expects []expectation
}

func newParser(input string, opts Options) *parser {
	p := &parser{in: input, now: opts.Now.UTC(), loc: opts.Location, cursor: -1}
	if p.loc == nil {
		p.loc = time.UTC
	}
	return p
}

// fail notes a problem with a part of the input.
func (p *parser) fail(start, end int, msg text.Message, args text.Args) *Problem {
	return p.note(start, end, msg, args, false)
}

func (p *parser) note(start, end int, msg text.Message, args text.Args, warning bool) *Problem {
	problem := Problem{
		Start: start, End: end, Column: utf8.RuneCountInString(p.in[:start]) + 1,
		Text: msg.Say(args), Warning: warning,
	}
	if len(p.problems) >= maxProblems {
		return &problem // noted by nobody; the first ones are enough
	}
	p.problems = append(p.problems, problem)
	return &p.problems[len(p.problems)-1]
}

func (pr *Problem) hint(msg text.Message, args text.Args) *Problem {
	pr.Hint = msg.Say(args)
	return pr
}

func (pr *Problem) instead(s string) *Problem {
	pr.Instead = s
	return pr
}

// failed reports whether something is wrong that is no warning.
func (p *parser) failed() bool {
	for _, pr := range p.problems {
		if !pr.Warning {
			return true
		}
	}
	return false
}

// hunt reads all of the input.
func (p *parser) hunt() *Hunt {
	h := &Hunt{}
	if len(p.in) > MaxInput {
		p.in = p.in[:MaxInput]
		for !utf8.ValidString(p.in[max(0, len(p.in)-utf8.UTFMax):]) && len(p.in) > MaxInput-utf8.UTFMax {
			p.in = p.in[:len(p.in)-1]
		}
		p.cursor = min(p.cursor, len(p.in))
		p.fail(len(p.in), len(p.in), msgTooLong, text.Args{"max": MaxInput})
	}
	if !utf8.ValidString(p.in) {
		at := 0
		for at < len(p.in) {
			r, n := utf8.DecodeRuneInString(p.in[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		p.fail(at, at+1, msgNotUTF8, nil)
		return h
	}
	if t := p.next(inValue); t.kind == tokWord && t.text == "*" {
		p.take(t, SpanKeyword)
	} else if t.kind != tokPipe && t.kind != tokEnd || p.wants(t) {
		h.Where = p.any()
	}
	for {
		t := p.next(inTerm)
		if t.kind != tokClose {
			break
		}
		p.fail(t.start, t.end, msgCloseAlone, nil).hint(hintDelete, nil)
		p.take(t, SpanBracket)
		h.Where = join(h.Where, p.any())
	}
	if t := p.next(inTerm); t.kind == tokPipe {
		p.take(t, SpanKeyword)
		h.Show = p.show()
	} else if h.Where == nil && p.when == (When{}) && !p.failed() {
		p.expect(t, expectation{what: expectPipe})
	}
	if t := p.next(inTerm); t.kind != tokEnd {
		p.fail(t.start, len(p.in), msgAfterEnd, text.Args{"got": shown(p.in[t.start:t.end])}).hint(hintOneShow, nil)
		p.pos = len(p.in)
	}
	h.When = p.when
	p.checkRange(h)
	return h
}

// join adds a condition to those that must be true together.
func join(a, b Expr) Expr {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return flatAll(a, b)
}

// flatAll and flatAny make one list of lists of the same kind, since
// parentheses do not change what they mean.
func flatAll(parts ...Expr) Expr {
	var out All
	for _, e := range parts {
		if inner, ok := e.(All); ok {
			out = append(out, inner...)
		} else if e != nil {
			out = append(out, e)
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	}
	return out
}

func flatAny(parts ...Expr) Expr {
	var out Any
	for _, e := range parts {
		if inner, ok := e.(Any); ok {
			out = append(out, inner...)
		} else if e != nil {
			out = append(out, e)
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	}
	return out
}

// any reads conditions with or between them.
func (p *parser) any() Expr {
	parts := []Expr{p.all()}
	for {
		t := p.next(inTerm)
		if !t.is("or") {
			break
		}
		p.take(t, SpanKeyword)
		p.needTerm(t)
		parts = append(parts, p.all())
	}
	if len(parts) > 1 && slices.Contains(parts, nil) && !p.failed() {
		p.fail(0, p.pos, msgTimeInOr, nil).hint(hintTimeInOr, nil) // nothing but a range of time stood there
	}
	return flatAny(parts...)
}

// all reads conditions with and, or nothing, between them.
func (p *parser) all() Expr {
	var parts []Expr
	whole := false // the last condition was, so that another may follow
	read := func() {
		before := p.whenSet
		e := p.term()
		parts = append(parts, e)
		whole = e != nil || p.whenSet != before
	}
	read()
	for {
		t := p.next(inTerm)
		if whole {
			p.expect(t, expectation{what: expectJoin | expectTerm | expectPipe})
		}
		if t.is("and") {
			p.take(t, SpanKeyword)
			p.needTerm(t)
			read()
			continue
		}
		if t.kind == tokEnd || t.kind == tokPipe || t.kind == tokClose || t.is("or") {
			break
		}
		before := p.pos
		if read(); p.pos == before {
			break
		}
	}
	return flatAll(parts...)
}

// needTerm notes that a condition must follow a keyword.
func (p *parser) needTerm(after token) {
	t := p.next(inTerm)
	p.expect(t, expectation{what: expectTerm})
	if t.kind == tokEnd || t.kind == tokPipe || t.kind == tokClose || t.is("and", "or") {
		p.fail(after.start, after.end, msgNeedTerm, text.Args{"word": p.in[after.start:after.end]}).hint(hintTerm, nil)
	}
}

// skip leaves out what is not understood, up to where the next condition may
// begin.
func (p *parser) skip() {
	for {
		t := p.next(inTerm)
		if t.kind == tokEnd || t.kind == tokPipe || t.kind == tokClose || t.kind == tokOpen || t.is("and", "or") {
			return
		}
		p.take(t, SpanError)
	}
}

// term reads one condition: nil where it is a range of time, or wrong.
func (p *parser) term() Expr {
	t := p.next(inTerm)
	p.expect(t, expectation{what: expectTerm})
	if p.terms++; p.terms > MaxTerms {
		if p.terms == MaxTerms+1 {
			p.fail(t.start, t.end, msgTooMany, text.Args{"max": MaxTerms})
		}
		p.pos = len(p.in)
		return nil
	}
	switch t.kind {
	case tokEnd, tokPipe, tokClose:
		return nil
	case tokOpen:
		return p.group(t)
	case tokQuoted:
		p.take(t, SpanText)
		return p.words(t)
	case tokOp:
		p.fail(t.start, t.end, msgOpAlone, text.Args{"op": t.text}).hint(hintTerm, nil)
		p.take(t, SpanError)
		p.skip()
		return nil
	case tokComma:
		p.fail(t.start, t.end, msgCommaAlone, nil).hint(hintList, nil)
		p.take(t, SpanError)
		return nil
	case tokWord, tokRegex:
	}
	switch {
	case t.is("and", "or"):
		p.fail(t.start, t.end, msgNothingBefore, text.Args{"word": t.text}).hint(hintTerm, nil)
		p.take(t, SpanKeyword)
		return nil
	case t.is("not"):
		return p.not(t)
	case t.is("exists") && !p.operatorFollows(t):
		return p.exists(t)
	case t.is("last", "since", "until", "between", "on") && !p.operatorFollows(t):
		p.timeRange(t)
		return nil
	case p.operatorFollows(t):
		return p.test(t)
	}
	return p.bare(t)
}

// group reads what is in parentheses.
func (p *parser) group(t token) Expr {
	p.take(t, SpanBracket)
	if !p.deeper(t) {
		return nil
	}
	defer func() { p.depth-- }()
	if next := p.next(inTerm); next.kind == tokClose && !p.wants(next) {
		p.fail(t.start, next.end, msgEmptyGroup, nil).hint(hintTerm, nil)
	}
	inner := p.any()
	if next := p.next(inTerm); next.kind == tokClose {
		p.take(next, SpanBracket)
	} else if next.kind == tokEnd || next.kind == tokPipe {
		p.fail(t.start, t.end, msgUnclosed, nil).hint(hintClose, nil)
	}
	return inner
}

// deeper counts parentheses and not, which call each other.
func (p *parser) deeper(t token) bool {
	if p.depth >= MaxNesting {
		p.fail(t.start, t.end, msgTooDeep, text.Args{"max": MaxNesting})
		p.pos = len(p.in)
		return false
	}
	p.depth++
	return true
}

func (p *parser) not(t token) Expr {
	p.take(t, SpanKeyword)
	p.needTerm(t)
	if !p.deeper(t) {
		return nil
	}
	defer func() { p.depth-- }()
	if next := p.next(inTerm); next.is("and", "or") {
		return nil
	}
	of := p.term()
	if of == nil {
		if !p.failed() {
			p.fail(t.start, p.pos, msgTimeInOr, nil).hint(hintTimeInOr, nil)
		}
		return nil
	}
	if inner, ok := of.(Not); ok {
		return inner.Of
	}
	return Not{of}
}

// words is a text that may lie anywhere.
func (p *parser) words(t token) Expr {
	switch {
	case t.open:
		p.fail(t.start, t.end, msgUnquoted, nil).hint(hintQuote, nil)
		return nil
	case t.text == "":
		p.fail(t.start, t.end, msgEmptyText, nil).hint(hintEmptyText, nil)
		return nil
	}
	return Word{t.text}
}

// bare is a word without quotes that stands alone.
func (p *parser) bare(t token) Expr {
	p.take(t, SpanText)
	if t.open {
		p.fail(t.start, t.end, msgUnquoted, nil).hint(hintQuote, nil)
		return nil
	}
	if name, value, ok := strings.Cut(t.text, ":"); ok {
		if f, known := FieldOf(name); known && !strings.Contains(value, ":") {
			instead := string(f) + " = " + value
			p.fail(t.start, t.end, msgColon, nil).hint(hintInstead, text.Args{"instead": instead}).instead(instead)
			return nil
		}
	}
	if strings.Contains(t.text, "*") {
		p.fail(t.start, t.end, msgWildcard, nil).hint(hintWildcardWord, nil)
		return nil
	}
	if f, ok := FieldOf(t.text); ok {
		p.expect(p.next(inTerm), expectation{what: expectOp, field: f})
		p.note(t.start, t.end, msgFieldAlone, text.Args{"field": t.text}, true).hint(hintFieldAlone, text.Args{"field": string(f)})
	}
	return Word{t.text}
}

// shown returns a piece of the input for a message: whole unless it is long.
func shown(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
