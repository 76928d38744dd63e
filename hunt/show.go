package hunt

import (
	"slices"
	"strconv"
	"time"

	"github.com/bongsu/bongsu/text"
)

// show reads what stands behind the bar.
func (p *parser) show() Show {
	t := p.next(inTerm)
	p.expect(t, expectation{what: expectShow})
	if t.kind != tokWord {
		p.fail(t.start, t.end, msgNeedShow, nil).hint(hintShow, nil)
		return Show{}
	}
	switch {
	case t.is("top"):
		p.take(t, SpanKeyword)
		s := Show{Kind: Top, N: p.size(defaultTop, MaxTop)}
		if by := p.next(inTerm); by.is("by") {
			p.take(by, SpanKeyword)
		}
		s.By = p.fields(t, MaxBy)
		return s
	case t.is("count"):
		p.take(t, SpanKeyword)
		s := Show{Kind: Count}
		next := p.next(inTerm)
		p.expect(next, expectation{what: expectCount})
		if next.is("distinct") {
			p.take(next, SpanKeyword)
			if fs := p.fields(next, 1); len(fs) == 1 {
				s.Distinct = fs[0]
			}
			next = p.next(inTerm)
			p.expect(next, expectation{what: expectBy})
		}
		if next.is("by") {
			p.take(next, SpanKeyword)
			s.By = p.fields(next, MaxBy)
		}
		return s
	case t.is("timeline"):
		p.take(t, SpanKeyword)
		s := Show{Kind: Timeline}
		next := p.next(inValue)
		p.expect(next, expectation{what: expectStep})
		if next.kind == tokWord && !next.is("by") {
			d, ok := p.span()
			switch {
			case !ok:
				p.fail(next.start, next.end, msgNoStep, text.Args{"value": shown(next.text)}).hint(hintStep, nil)
				p.take(next, SpanError)
			case d < time.Second || d > maxLast:
				p.fail(next.start, next.end, msgStepBounds, nil).hint(hintStep, nil)
			}
			s.Step = d
		}
		by := p.next(inTerm)
		p.expect(by, expectation{what: expectBy})
		if by.is("by") {
			p.take(by, SpanKeyword)
			s.By = p.fields(by, 1)
		}
		return s
	case t.is("latest"):
		p.take(t, SpanKeyword)
		return Show{Kind: Latest, N: p.size(0, MaxLatest)}
	}
	p.take(t, SpanError)
	problem := p.fail(t.start, t.end, msgNoShow, text.Args{"word": shown(t.text)})
	if near := nearest(t.text, showWords); near != "" {
		problem.hint(hintNear, text.Args{"near": near}).instead(near)
	} else {
		problem.hint(hintShow, nil)
	}
	p.pos = len(p.in)
	return Show{}
}

const defaultTop = 10

var showWords = []string{"count", "latest", "timeline", "top"}

// size reads how many are wanted.
func (p *parser) size(without, most int) int {
	t := p.next(inTerm)
	p.expect(t, expectation{what: expectSize})
	if t.kind != tokWord || t.text[0] < '0' || t.text[0] > '9' {
		return without
	}
	p.take(t, SpanValue)
	n, err := strconv.Atoi(t.text)
	if err != nil || n < 1 || n > most {
		p.fail(t.start, t.end, msgSize, text.Args{"value": shown(t.text), "max": most})
		return without
	}
	return n
}

// fields reads names with commas between them. Each must stand for one column,
// since what is counted has one value.
func (p *parser) fields(after token, most int) []Field {
	var out []Field
	for {
		t := p.next(inTerm)
		p.expect(t, expectation{what: expectOneField})
		if t.kind != tokWord {
			at := t
			if t.kind == tokEnd {
				at = after
			}
			p.fail(at.start, at.end, msgNeedField, text.Args{"word": p.in[after.start:after.end]}).hint(hintFields, nil)
			return out
		}
		f, ok := p.field(t)
		switch {
		case !ok:
		case len(f.Of()) > 1:
			var names []string
			for _, path := range f.paths() {
				own, _ := FieldOf(path.Name())
				names = append(names, string(own))
			}
			p.fail(t.start, t.end, msgSeveral, text.Args{"field": t.text}).hint(hintSeveral, text.Args{"names": names}).instead(names[0])
		case f == fieldTime:
			p.fail(t.start, t.end, msgByTime, nil).hint(hintByTime, nil)
		case slices.Contains(out, f):
			p.fail(t.start, t.end, msgTwice, text.Args{"field": t.text})
		default:
			out = append(out, f)
		}
		after = t
		comma := p.next(inTerm)
		if comma.kind != tokComma {
			return out
		}
		if len(out) >= most {
			p.fail(comma.start, comma.end, msgManyFields, text.Args{"max": most})
			p.pos = len(p.in)
			return out
		}
		p.take(comma, 0)
	}
}

// steps are those that a timeline chooses from.
var steps = [...]time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour,
}

// nextStep returns the smallest step that is not below d.
func nextStep(d time.Duration) time.Duration {
	for _, s := range steps {
		if s >= d {
			return s
		}
	}
	return steps[len(steps)-1]
}

// stepOf chooses the step of a timeline over a range: about a hundred of them,
// an hour where the range is open.
func stepOf(from, until, now time.Time) time.Duration {
	if until.IsZero() {
		until = now
	}
	if from.IsZero() {
		return time.Hour
	}
	return nextStep(until.Sub(from) / 100)
}
