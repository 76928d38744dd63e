package hunt

import (
	"slices"
	"strings"

	"github.com/bongsu/bongsu/text"
)

// Feedback is what helps while a hunt is typed.
type Feedback struct {
	Problems    []Problem
	Completions []Completion // what may stand at the cursor, the likeliest first
	Spans       []Span       // ascending, without overlap
	Explanation text.Said    // what is asked; empty while something is wrong
	Canonical   string       // the hunt as String writes it; "" while something is wrong
}

// A Completion is one text that may stand at the cursor.
type Completion struct {
	Start, End int // bytes that it replaces
	Insert     string
	Kind       CompletionKind
	Doc        text.Said
}

// CompletionKind says what a completion is.
type CompletionKind uint8

// Kinds of completions.
const (
	CompleteField CompletionKind = iota + 1
	CompleteOperator
	CompleteValue
	CompleteKeyword
)

// A Span is a piece of the input of one kind.
type Span struct {
	Start, End int // bytes
	Kind       SpanKind
}

// SpanKind says how a piece of the input is read.
type SpanKind uint8

// Kinds of spans.
const (
	SpanField SpanKind = iota + 1
	SpanOperator
	SpanValue
	SpanText // between quotes, or a word to look for
	SpanRegex
	SpanTime
	SpanKeyword
	SpanBracket
	SpanError
)

// CheckOptions are the options of Check.
type CheckOptions struct {
	Options
	// Values gives values of a field that are worth offering, such as those of
	// recent results. It must not block. Nil offers none.
	Values func(Field) []string
}

const maxCompletions = 30

// Check reads a hunt that may be unfinished and helps with it: cursor is the
// byte at which is typed, -1 where nobody types. It never fails.
func Check(input string, cursor int, opts CheckOptions) Feedback {
	p := newParser(input, opts.Options)
	p.marking = true
	p.cursor = min(cursor, len(input))
	h := p.hunt()
	f := Feedback{Problems: p.problems, Spans: p.tidySpans()}
	if !p.failed() {
		f.Explanation = h.Explain(opts.Options)
		f.Canonical = h.String()
	}
	for _, x := range p.expects {
		f.Completions = p.complete(f.Completions, x, opts.Values)
	}
	if len(f.Completions) > maxCompletions {
		f.Completions = f.Completions[:maxCompletions]
	}
	return f
}

// tidySpans sorts the spans and drops what overlaps, since the parser may read
// a piece twice.
func (p *parser) tidySpans() []Span {
	slices.SortStableFunc(p.spans, func(a, b Span) int { return a.Start - b.Start })
	out := p.spans[:0]
	for _, s := range p.spans {
		if len(out) > 0 && s.Start < out[len(out)-1].End {
			continue
		}
		out = append(out, s)
	}
	return out
}

// An expectation is what the parser would take at the cursor.
type expectation struct {
	what       expected
	field      Field
	op         Op
	start, end int // of what is there, start == end where nothing is
}

type expected uint32

const (
	expectTerm expected = 1 << iota
	expectJoin
	expectPipe
	expectField
	expectOneField
	expectOp
	expectValue
	expectSpan
	expectMoment
	expectAnd
	expectShow
	expectCount
	expectBy
	expectStep
	expectSize
)

// wants reports whether the cursor is before or in a token, so that what is
// expected there is asked for.
func (p *parser) wants(t token) bool {
	if p.cursor < 0 || p.cursor > t.end {
		return false
	}
	if t.start == t.end || p.cursor <= t.start {
		return p.cursor > p.pos || p.cursor == p.pos && p.delimited()
	}
	return true
}

// delimited reports whether the last token ends by itself, so that at its end
// the next one begins.
func (p *parser) delimited() bool {
	if p.pos == 0 {
		return true
	}
	return strings.IndexByte("(,|=<> \t\n", p.in[p.pos-1]) >= 0
}

// only are the expectations beside which nothing else may stand. What is noted
// after one of them comes from going on after a mistake.
const only = expectField | expectOneField | expectValue | expectSpan | expectMoment | expectAnd | expectShow | expectCount | expectBy | expectStep | expectSize

// expect notes what may stand at t if the cursor is there.
func (p *parser) expect(t token, x expectation) {
	if !p.wants(t) || len(p.expects) > 0 && p.expects[len(p.expects)-1].what&only != 0 {
		return
	}
	x.start, x.end = t.start, t.end
	if p.cursor <= t.start || t.kind == tokOpen || t.kind == tokClose || t.kind == tokComma || t.kind == tokPipe {
		x.start, x.end = p.cursor, p.cursor
	}
	for i, old := range p.expects {
		if old.start == x.start && old.field == x.field && old.op == x.op {
			p.expects[i].what |= x.what
			return
		}
	}
	p.expects = append(p.expects, x)
}

// complete adds what fits an expectation and what is typed of it.
func (p *parser) complete(out []Completion, x expectation, values func(Field) []string) []Completion {
	typed := strings.ToLower(p.in[x.start:max(x.start, min(p.cursor, x.end))])
	typed = strings.Trim(typed, `"'`)
	var begin, other, inside []Completion
	offer := func(kind CompletionKind, insert string, doc text.Said, names ...string) {
		c := Completion{Start: x.start, End: x.end, Insert: insert, Kind: kind, Doc: doc}
		named := func(test func(s, typed string) bool) bool {
			return slices.ContainsFunc(names, func(n string) bool { return test(n, typed) })
		}
		switch bare := strings.ToLower(strings.Trim(insert, `"'`)); {
		case strings.HasPrefix(bare, typed):
			begin = append(begin, c)
		case named(strings.HasPrefix):
			other = append(other, c)
		case len(typed) > 1 && (strings.Contains(bare, typed) || named(strings.Contains)):
			inside = append(inside, c)
		}
	}
	keywords := func(list []keyword) {
		for _, k := range list {
			offer(CompleteKeyword, k.word, k.doc.Say(nil))
		}
	}
	if x.what&expectJoin != 0 {
		keywords(joinWords)
	}
	if x.what&expectPipe != 0 && typed == "" {
		offer(CompleteKeyword, "|", docPipe.Say(nil))
	}
	if x.what&expectShow != 0 {
		keywords(showKeywords)
	}
	if x.what&expectCount != 0 {
		keywords(countWords)
	}
	if x.what&(expectBy|expectStep) != 0 {
		keywords(byWords)
	}
	if x.what&expectAnd != 0 {
		keywords(joinWords[:1])
	}
	if x.what&expectSize != 0 && typed == "" {
		offer(CompleteValue, "10", docSize.Say(nil))
	}
	if x.what&(expectSpan|expectStep) != 0 {
		for _, s := range [...]string{"1h", "24h", "7d", "15m", "30d"} {
			offer(CompleteValue, s, docSpan.Say(nil))
		}
	}
	if x.what&expectMoment != 0 {
		for _, s := range [...]string{"today", "yesterday", "2h ago", "now"} {
			offer(CompleteValue, s, docMoment.Say(nil))
		}
		offer(CompleteValue, p.now.In(p.loc).Format("2006-01-02 15:04"), docMoment.Say(nil))
	}
	if x.what&expectOp != 0 && x.field != "" {
		for _, op := range x.field.kind().ops() {
			offer(CompleteOperator, op.String(), opDocs[op].Say(nil))
			if op == Is {
				offer(CompleteOperator, "!=", docIsNot.Say(nil))
			}
		}
	}
	if x.what&expectValue != 0 && x.field != "" {
		p.completeValue(x, values, offer)
	}
	if x.what&(expectTerm|expectField|expectOneField|expectSize) != 0 {
		p.completeField(x, typed, offer)
	}
	if x.what&expectTerm != 0 {
		keywords(termWords)
	}
	return slices.Concat(out, begin, other, inside)
}

type offerFunc func(kind CompletionKind, insert string, doc text.Said, names ...string)

func (p *parser) completeField(x expectation, typed string, offer offerFunc) {
	for i := range shortNames {
		s := &shortNames[i]
		if len(s.paths) > 1 && x.what&(expectTerm|expectField) == 0 {
			continue
		}
		names := s.also
		doc := s.label.Say(nil)
		for j, path := range s.paths {
			sign := " · "
			if j > 0 {
				sign = ", "
			}
			doc.EN += sign + path.Name()
			doc.KO += sign + path.Name()
		}
		if len(s.paths) == 1 {
			names = append(slices.Clip(names), s.paths[0].Name())
		}
		offer(CompleteField, s.name, doc, names...)
	}
	for _, f := range [...]Field{fieldClass, fieldTime, fieldID} {
		if f != fieldTime || x.what&(expectTerm|expectField) != 0 {
			offer(CompleteField, string(f), f.Label().Say(nil))
		}
	}
	if typed == "" {
		return // the paths without a short name come when something is typed
	}
	for _, name := range allNames {
		f := byName[name]
		if string(f) == name && strings.Contains(name, ".") {
			kind := kindNames[f.kind()]
			offer(CompleteField, name, kind.Say(nil))
		}
	}
	offer(CompleteField, unmappedPrefix, kindNames[kindUnmapped].Say(nil))
}

func (p *parser) completeValue(x expectation, values func(Field) []string, offer offerFunc) {
	if x.op == Matches {
		if x.start == x.end {
			offer(CompleteValue, "//", docRegex.Say(nil))
		}
		return
	}
	if x.op == In && x.start == x.end && p.in[:p.pos] != "" && !strings.HasSuffix(strings.TrimRight(p.in[:x.start], " "), "(") && !strings.HasSuffix(strings.TrimRight(p.in[:x.start], " "), ",") {
		offer(CompleteKeyword, "(", docList.Say(nil))
	}
	var none text.Said
	switch f := x.field; f.kind() {
	case kindClass:
		for _, w := range classWords {
			name := w.class.Name()
			offer(CompleteValue, w.word, text.Said{EN: name, KO: name}, append([]string{strings.ToLower(name)}, w.also...)...)
		}
	case kindBool:
		offer(CompleteValue, "true", none)
		offer(CompleteValue, "false", none)
	case kindTime:
		for _, s := range [...]string{"today", "yesterday", "now"} {
			offer(CompleteValue, s, docMoment.Say(nil))
		}
	case kindNumber, kindActivity:
		for _, c := range f.captions() {
			if c != "" {
				offer(CompleteValue, quote(c), none)
			}
		}
	case kindText, kindAddress, kindMAC, kindList, kindUnmapped:
		if f == "proto" || f == "app" || f == "transport" {
			for _, w := range protocolWords[f] {
				offer(CompleteValue, w, none)
			}
		}
		if f.kind() == kindAddress && x.start == x.end && x.op == In {
			for _, s := range [...]string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} {
				offer(CompleteValue, s, docNetwork.Say(nil))
			}
		}
	}
	if values == nil {
		return
	}
	for i, v := range values(x.field) {
		if i >= maxCompletions {
			break
		}
		offer(CompleteValue, quote(v), docRecent.Say(nil))
	}
}
