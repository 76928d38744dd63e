package hunt

import (
	"errors"
	"math"
	"net"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// opWords are the operators as they are written; the first of each is the one
// that String writes.
var opWords = [...]struct {
	op    Op
	words []string
}{
	{Is, []string{"=", "=="}},
	{Less, []string{"<"}},
	{LessEqual, []string{"<="}},
	{Greater, []string{">"}},
	{GreaterEqual, []string{">="}},
	{Contains, []string{"contains", "has"}},
	{Starts, []string{"starts", "startswith"}},
	{Ends, []string{"ends", "endswith"}},
	{Matches, []string{"matches"}},
	{In, []string{"in"}},
	{Exists, []string{"exists"}},
}

// String returns the operator as String of a hunt writes it.
func (o Op) String() string {
	for _, w := range opWords {
		if w.op == o {
			return w.words[0]
		}
	}
	return ""
}

// operator returns what a token asks, 0 for nothing.
func operator(t token) (op Op, negated bool) {
	if t.kind == tokOp && (t.text == "!=" || t.text == "<>") {
		return Is, true
	}
	if t.kind != tokOp && t.kind != tokWord {
		return 0, false
	}
	for _, w := range opWords {
		if slices.ContainsFunc(w.words, func(s string) bool { return strings.EqualFold(s, t.text) }) {
			return w.op, false
		}
	}
	return 0, false
}

// operatorFollows reports whether a word is followed by an operator, which
// makes it the name of a field.
func (p *parser) operatorFollows(t token) bool {
	here := p.pos
	defer func() { p.pos = here }()
	p.pos = t.end
	next := p.next(inTerm)
	if next.is("not") {
		p.pos = next.end
		next = p.next(inTerm)
		if next.kind != tokWord {
			return false
		}
	}
	op, _ := operator(next)
	if op == Exists && t.is("not") {
		return false
	}
	return op != 0
}

// test reads field, operator and values.
func (p *parser) test(t token) Expr {
	f, known := p.field(t)
	next := p.next(inTerm)
	p.expect(next, expectation{what: expectOp, field: f})
	out := Test{Field: f}
	if next.is("not") {
		p.take(next, SpanOperator)
		out.Negated = true
		next = p.next(inTerm)
		p.expect(next, expectation{what: expectOp, field: f})
	}
	op, not := operator(next)
	out.Op, out.Negated = op, out.Negated || not
	p.take(next, SpanOperator)
	if op == Exists {
		if !known {
			return nil
		}
		if out.Negated {
			return Not{Test{Field: f, Op: Exists}}
		}
		return out
	}
	if op == Starts || op == Ends {
		if with := p.next(inTerm); with.is("with") {
			p.take(with, SpanOperator)
		}
	}
	if known && !slices.Contains(f.kind().ops(), op) {
		p.fail(next.start, next.end, msgOpKind, text.Args{"field": t.text, "kind": kindNames[f.kind()], "op": p.in[next.start:next.end]}).
			hint(hintOps, text.Args{"ops": strings.Join(opList(f), ", ")})
		known = false
	}
	values, ok := p.values(f, known, &out, next)
	if !ok || !known {
		return nil
	}
	out.Values = values
	return out
}

// opList names the operators of a field.
func opList(f Field) []string {
	var out []string
	for _, op := range f.kind().ops() {
		out = append(out, op.String())
		if op == Is {
			out = append(out, "!=")
		}
	}
	return out
}

// field takes the name of a field.
func (p *parser) field(t token) (Field, bool) {
	f, ok := FieldOf(t.text)
	if t.open {
		p.take(t, SpanError)
		p.fail(t.start, t.end, msgUnquoted, nil).hint(hintQuote, nil)
		return "", false
	}
	if ok {
		p.take(t, SpanField)
		return f, true
	}
	p.take(t, SpanError)
	problem := p.fail(t.start, t.end, msgNoField, text.Args{"name": shown(t.text)})
	switch near := nearest(t.text, allNames); {
	case near != "":
		problem.hint(hintNear, text.Args{"near": near}).instead(near)
	default:
		problem.hint(hintNoField, nil)
	}
	return "", false
}

// exists reads what follows exists.
func (p *parser) exists(t token) Expr {
	p.take(t, SpanOperator)
	next := p.next(inTerm)
	p.expect(next, expectation{what: expectField})
	if next.kind != tokWord {
		p.fail(t.start, t.end, msgNeedField, text.Args{"word": t.text}).hint(hintExists, nil)
		return nil
	}
	f, ok := p.field(next)
	if !ok {
		return nil
	}
	return Test{Field: f, Op: Exists}
}

// values reads what a field is compared with. It may change the operator: an
// address compared with a prefix lies in it, a list of one is that one.
func (p *parser) values(f Field, known bool, out *Test, op token) ([]Value, bool) {
	where := inValue
	if out.Op == Matches {
		where = inRegex
	}
	t := p.next(where)
	p.expect(t, expectation{what: expectValue, field: f, op: out.Op})
	var list []token
	switch {
	case t.kind == tokOpen && out.Op == In:
		var ok bool
		if list, ok = p.list(t, f); !ok {
			return nil, false
		}
	case t.kind == tokWord || t.kind == tokQuoted || t.kind == tokRegex:
		p.takeValue(t)
		list = []token{t}
		if known && out.Op == In && f.kind() != kindAddress && f.kind() != kindUnmapped {
			p.fail(t.start, t.end, msgNeedList, text.Args{"field": string(f)}).hint(hintList, nil)
			return nil, false
		}
	case t.kind == tokOpen && out.Op == Matches:
		p.fail(t.start, t.end, msgBareRegex, nil).hint(hintRegex, nil)
		return nil, false
	case t.kind == tokOpen:
		p.fail(t.start, t.end, msgListOp, text.Args{"op": p.in[op.start:op.end]}).hint(hintList, nil)
		return nil, false
	default:
		p.fail(op.start, op.end, msgNeedValue, text.Args{"op": p.in[op.start:op.end]}).hint(hintValue(f, out.Op), nil)
		return nil, false
	}
	for _, t := range list {
		if t.open {
			p.fail(t.start, t.end, msgUnquoted, nil).hint(hintQuote, nil)
			return nil, false
		}
	}
	if !known {
		return nil, false
	}
	cidr := out.Op == In && t.kind != tokOpen
	values := make([]Value, 0, len(list))
	for _, t := range list {
		v, ok := p.value(f, out.Op, cidr, t)
		if !ok {
			return nil, false
		}
		if !slices.ContainsFunc(values, v.same) {
			values = append(values, v)
		}
	}
	switch {
	case f.kind() == kindAddress && (out.Op == Is || out.Op == In):
		out.Op = In
		if len(values) == 1 && values[0].Prefix.IsSingleIP() {
			out.Op = Is
		}
	case out.Op == In && len(values) == 1 && !cidr:
		out.Op = Is
	}
	return values, true
}

func (v Value) same(w Value) bool {
	return v.Text == w.Text && v.Number == w.Number && v.Prefix == w.Prefix && v.Moment.Said == w.Moment.Said && v.Moment.At.Equal(w.Moment.At)
}

func (p *parser) takeValue(t token) {
	switch t.kind {
	case tokQuoted:
		p.take(t, SpanText)
	case tokRegex:
		p.take(t, SpanRegex)
	default:
		p.take(t, SpanValue)
	}
}

// list reads (a, b, …).
func (p *parser) list(open token, f Field) ([]token, bool) {
	p.take(open, SpanBracket)
	var out []token
	for {
		t := p.next(inValue)
		p.expect(t, expectation{what: expectValue, field: f, op: In})
		if t.kind != tokWord && t.kind != tokQuoted {
			switch t.kind {
			case tokEnd, tokPipe:
				p.fail(open.start, open.end, msgUnclosed, nil).hint(hintClose, nil)
			default:
				p.fail(t.start, t.end, msgListValue, nil).hint(hintList, nil)
				if t.kind == tokClose {
					p.take(t, SpanBracket)
				} else {
					p.skip()
				}
			}
			return nil, false
		}
		p.takeValue(t)
		if out = append(out, t); len(out) > MaxList {
			p.fail(t.start, t.end, msgTooLongList, text.Args{"max": MaxList})
			p.pos = len(p.in)
			return nil, false
		}
		t = p.next(inTerm)
		switch t.kind {
		case tokComma:
			p.take(t, 0)
			continue
		case tokClose:
			p.take(t, SpanBracket)
			return out, true
		case tokEnd, tokPipe:
			p.fail(open.start, open.end, msgUnclosed, nil).hint(hintClose, nil)
		default:
			p.fail(t.start, t.end, msgNeedComma, nil).hint(hintList, nil)
			for t.kind != tokEnd && t.kind != tokPipe && t.kind != tokClose {
				p.take(t, SpanError)
				t = p.next(inTerm)
			}
			if t.kind == tokClose {
				p.take(t, SpanBracket)
			}
		}
		return nil, false
	}
}

// value checks one value against what the field holds.
func (p *parser) value(f Field, op Op, cidr bool, t token) (Value, bool) {
	s := t.text
	wrong := func(msg, hint text.Message, args text.Args) (Value, bool) {
		if args == nil {
			args = text.Args{}
		}
		args["field"], args["value"] = string(f), shown(s)
		p.fail(t.start, t.end, msg, args).hint(hint, args)
		return Value{}, false
	}
	if t.kind == tokWord && op != Matches && strings.Contains(s, "*") {
		return wrong(msgWildcard, hintWildcard, nil)
	}
	if op == Matches {
		return p.pattern(t)
	}
	if op == Contains || op == Starts || op == Ends {
		if s == "" {
			return wrong(msgEmptyText, hintExistsField, nil)
		}
		return Value{Text: s}, true
	}
	switch f.kind() {
	case kindAddress:
		prefix, ok := parsePrefix(s)
		if !ok {
			return wrong(msgNoAddress, hintAddress, nil)
		}
		return Value{Prefix: prefix}, true
	case kindUnmapped:
		if cidr {
			prefix, ok := parsePrefix(s)
			if !ok {
				return wrong(msgNeedList, hintList, nil)
			}
			return Value{Prefix: prefix}, true
		}
	case kindMAC:
		mac, err := net.ParseMAC(s)
		if err != nil {
			return wrong(msgNoMAC, hintMAC, nil)
		}
		return Value{Text: mac.String()}, true
	case kindNumber, kindActivity:
		return p.number(f, op, t)
	case kindBool:
		switch strings.ToLower(s) {
		case "true", "yes", "1":
			return Value{Number: 1}, true
		case "false", "no", "0":
			return Value{Number: 0}, true
		}
		return wrong(msgNoBool, hintBool, nil)
	case kindTime:
		p.pos = t.start
		if p.marking && len(p.spans) > 0 {
			p.spans = p.spans[:len(p.spans)-1] // the time may be longer than this word
		}
		m, ok := p.moment()
		return Value{Moment: m}, ok
	case kindClass:
		if n, err := strconv.ParseUint(s, 10, 16); err == nil {
			return Value{Number: int64(n)}, true
		}
		c, ok := classOf(s)
		if !ok {
			problem := p.fail(t.start, t.end, msgNoClass, text.Args{"value": shown(s)})
			if near := nearest(s, classNamesSorted); near != "" {
				problem.hint(hintNear, text.Args{"near": near}).instead(near)
			} else {
				problem.hint(hintClasses, text.Args{"all": text.ListOf(classNamesSorted, 0)})
			}
			return Value{}, false
		}
		return Value{Number: int64(c)}, true
	case kindText, kindList:
	}
	return Value{Text: s}, true
}

var classNamesSorted = func() []string {
	out := make([]string, 0, len(classWords))
	for _, w := range classWords {
		out = append(out, w.word)
	}
	slices.Sort(out)
	return out
}()

// parsePrefix reads an address or a prefix; an address is a prefix of full
// length.
func parsePrefix(s string) (netip.Prefix, bool) {
	if prefix, err := netip.ParsePrefix(s); err == nil {
		return prefix.Masked(), true
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), true
}

// number reads a number, or the caption of one.
func (p *parser) number(f Field, op Op, t token) (Value, bool) {
	s := t.text
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if isPort(f) && (n < 0 || n > math.MaxUint16) {
			p.fail(t.start, t.end, msgNoPort, text.Args{"value": shown(s)}).hint(hintPort, nil)
			return Value{}, false
		}
		return Value{Number: n}, true
	}
	if f == "duration" {
		if d, ok := parseSpan(s); ok {
			return Value{Number: int64(d / time.Millisecond)}, true
		}
	}
	captions := f.captions()
	if captions == nil {
		p.fail(t.start, t.end, msgNoNumber, text.Args{"field": string(f), "value": shown(s)}).hint(hintNumber, nil)
		return Value{}, false
	}
	lower := strings.ToLower(s)
	if f.kind() == kindActivity {
		if _, ok := activityNumbers[lower]; ok {
			return Value{Text: lower}, true
		}
	} else if i := slices.Index(captions, lower); i >= 0 && lower != "" {
		return Value{Number: int64(i)}, true
	} else if n, ok := captionWords[f.path()][lower]; ok {
		return Value{Number: n}, true
	}
	switch lower {
	case "unknown":
		return Value{}, true
	case "other":
		return Value{Number: otherNumber}, true
	}
	problem := p.fail(t.start, t.end, msgNoCaption, text.Args{"field": string(f), "value": shown(s)})
	if near := nearest(s, captions); near != "" {
		problem.hint(hintNear, text.Args{"near": quote(near)}).instead(quote(near))
	} else {
		problem.hint(hintCaptions, text.Args{"all": captionList(captions)})
	}
	return Value{}, false
}

// otherNumber is OCSF's number for what a list does not name.
const otherNumber = 99

func captionList(captions []string) text.Said {
	var out []string
	for _, c := range captions {
		if c != "" {
			out = append(out, c)
		}
	}
	if len(out) <= 16 {
		all := strings.Join(out, ", ")
		return text.Said{EN: all, KO: all}
	}
	return text.ListOf(out, len(out))
}

func isPort(f Field) bool {
	for _, p := range f.paths() {
		if p != event.SrcPort && p != event.DstPort && p != event.ProxyPort && p != event.HTTPURLPort {
			return false
		}
	}
	return f.path() != 0
}

// pattern checks a regular expression. One that would grow large is refused
// before it is built.
func (p *parser) pattern(t token) (Value, bool) {
	s := t.text
	if s == "" {
		p.fail(t.start, t.end, msgEmptyText, nil).hint(hintRegex, nil)
		return Value{}, false
	}
	if len(s) > MaxPattern {
		p.fail(t.start, t.end, msgLongRegex, text.Args{"max": MaxPattern})
		return Value{}, false
	}
	if _, err := compilePattern(s); err != nil {
		p.fail(t.start, t.end, msgBadRegex, text.Args{"reason": reason(err)}).hint(hintRegex, nil)
		return Value{}, false
	}
	return Value{Text: s}, true
}

// reason says what is wrong with an expression, without the words that every
// such error begins with.
func reason(err error) string {
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		return wrong.Code.String() + ": " + shown(wrong.Expr)
	}
	return err.Error()
}

type patternSizeError struct{}

func (patternSizeError) Error() string { return "expression too large" }

// compilePattern compiles a regular expression of RE2 within bounds.
func compilePattern(s string) (*regexp.Regexp, error) {
	tree, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if programSize(tree) > maxProgram {
		return nil, patternSizeError{}
	}
	return regexp.Compile(s)
}

// programSize estimates the instructions that an expression becomes.
func programSize(re *syntax.Regexp) int {
	n := 1
	for _, sub := range re.Sub {
		if n += programSize(sub); n > maxProgram {
			return n
		}
	}
	switch re.Op {
	case syntax.OpRepeat:
		n *= max(re.Min, re.Max, 1)
	case syntax.OpLiteral:
		n += len(re.Rune)
	case syntax.OpCharClass:
		n += len(re.Rune) / 2 // engines that work on bytes unfold classes
	default:
	}
	return min(n, maxProgram+1)
}

// hintValue says how a value of a field looks.
func hintValue(f Field, op Op) text.Message {
	if op == In {
		return hintList
	}
	if op == Matches {
		return hintRegex
	}
	switch f.kind() {
	case kindNumber:
		if f.captions() == nil {
			return hintNumber
		}
	case kindAddress:
		return hintAddress
	case kindMAC:
		return hintMAC
	case kindBool:
		return hintBool
	case kindTime:
		return hintTimes
	case kindActivity, kindClass, kindText, kindList, kindUnmapped:
	}
	return hintText
}
