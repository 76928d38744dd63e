package hunt

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// Query compiles the hunt as asked at now. Tenant, bounds and cursor are for
// the caller to set; Limit is that of latest where the hunt says one. The error
// is about a regular expression that Parse would have refused.
func (h *Hunt) Query(now time.Time) (eventstore.Query, error) {
	var q eventstore.Query
	q.From, q.Until = h.When.Range(now)
	var rest []Expr
	conditions := []Expr{h.Where}
	if all, ok := h.Where.(All); ok {
		conditions = all
	}
	for _, e := range conditions {
		// What every event must be leaves out whole segments.
		if e != nil && !narrowTime(&q, e) && !narrowClass(&q, e) {
			rest = append(rest, e)
		}
	}
	c := compiler{classes: q.Classes}
	q.Where = c.expr(flatAll(rest...))
	if c.err != nil {
		return eventstore.Query{}, fmt.Errorf("compile hunt: %w", c.err)
	}
	switch s := h.Show; s.Kind {
	case Latest:
		q.Limit = s.N
	case Top:
		q.Top = &eventstore.Top{N: s.N, By: columnsOf(s.By)}
	case Count:
		q.Count = &eventstore.Count{By: columnsOf(s.By)}
		if s.Distinct != "" {
			q.Count.Distinct = &s.Distinct.Of()[0]
		}
	case Timeline:
		q.Timeline = &eventstore.Timeline{Step: s.Step}
		if s.Step == 0 {
			q.Timeline.Step = stepOf(q.From, q.Until, now)
		}
		if len(s.By) == 1 {
			q.Timeline.By = &s.By[0].Of()[0]
		}
	}
	return q, nil
}

func columnsOf(fields []Field) []eventstore.Field {
	var out []eventstore.Field
	for _, f := range fields {
		out = append(out, f.Of()...)
	}
	return out
}

// narrowTime moves a comparison of the time of the event to the range.
func narrowTime(q *eventstore.Query, e Expr) bool {
	t, ok := e.(Test)
	if !ok || t.Field != fieldTime || t.Negated || len(t.Values) != 1 {
		return false
	}
	at := t.Values[0].Moment.At.UTC()
	from, until := time.Time{}, time.Time{}
	switch t.Op {
	case Less:
		until = at
	case LessEqual:
		until = at.Add(1)
	case Greater:
		from = at.Add(1)
	case GreaterEqual:
		from = at
	default:
		return false
	}
	if !from.IsZero() && from.After(q.From) {
		q.From = from
	}
	if !until.IsZero() && (q.Until.IsZero() || until.Before(q.Until)) {
		q.Until = until
	}
	return true
}

// narrowClass moves a condition on the class to the classes. A second one stays
// where it is.
func narrowClass(q *eventstore.Query, e Expr) bool {
	t, ok := e.(Test)
	if !ok || t.Field != fieldClass || t.Negated || t.Op != Is && t.Op != In || q.Classes != nil {
		return false
	}
	for _, v := range t.Values {
		q.Classes = append(q.Classes, event.Class(v.Number))
	}
	return true
}

type compiler struct {
	classes []event.Class // those that can be met, nil for all
	err     error
}

func (c *compiler) expr(e Expr) eventstore.Expr {
	switch e := e.(type) {
	case All:
		out := make(eventstore.And, len(e))
		for i, part := range e {
			out[i] = c.expr(part)
		}
		return out
	case Any:
		out := make(eventstore.Or, len(e))
		for i, part := range e {
			out[i] = c.expr(part)
		}
		return out
	case Not:
		return eventstore.Not{Of: c.expr(e.Of)}
	case Word:
		return eventstore.Anywhere{Text: e.Text}
	case Test:
		return c.test(e)
	}
	return nil
}

// test compiles a test of one column or of several. Negated it is true where
// some column is set and none of them matches, so that ip != 10.0.0.5 finds
// what 10.0.0.5 has no part in.
func (c *compiler) test(t Test) eventstore.Expr {
	if t.Field.kind() == kindActivity {
		return c.activity(t)
	}
	fields := t.Field.Of()
	if t.Op == Exists {
		if t.Field.path() == event.SeverityID {
			return eventstore.Exists{Field: eventstore.Field{Kind: eventstore.EventID}} // every event has one
		}
		return or(fields, func(f eventstore.Field) eventstore.Expr { return eventstore.Exists{Field: f} })
	}
	found := or(fields, func(f eventstore.Field) eventstore.Expr { return c.leaf(t, f) })
	if t.Field.path() == event.SeverityID {
		// An event without a severity is informational.
		if t.holds(int64(event.SeverityInformational)) {
			found = eventstore.Or{found, eventstore.Not{Of: eventstore.Exists{Field: fields[0]}}}
		}
		if t.Negated {
			return eventstore.Not{Of: found}
		}
		return found
	}
	if !t.Negated {
		return found
	}
	if compare, ok := found.(eventstore.Compare); ok && compare.Op == eventstore.Equal {
		compare.Op = eventstore.NotEqual
		return compare
	}
	return eventstore.And{
		or(fields, func(f eventstore.Field) eventstore.Expr { return eventstore.Exists{Field: f} }),
		eventstore.Not{Of: found},
	}
}

func or(fields []eventstore.Field, leaf func(eventstore.Field) eventstore.Expr) eventstore.Expr {
	if len(fields) == 1 {
		return leaf(fields[0])
	}
	out := make(eventstore.Or, len(fields))
	for i, f := range fields {
		out[i] = leaf(f)
	}
	return out
}

// holds reports whether a number fulfils the test, before it is negated.
func (t Test) holds(n int64) bool {
	for _, v := range t.Values {
		switch t.Op {
		case Is, In:
			if n == v.Number {
				return true
			}
		case Less:
			return n < v.Number
		case LessEqual:
			return n <= v.Number
		case Greater:
			return n > v.Number
		case GreaterEqual:
			return n >= v.Number
		default:
			return false
		}
	}
	return false
}

func (c *compiler) leaf(t Test, f eventstore.Field) eventstore.Expr {
	if len(t.Values) == 0 {
		return eventstore.Exists{Field: f}
	}
	kind := t.Field.kind()
	first := t.Values[0]
	switch t.Op {
	case Is, In:
		if first.Prefix.IsValid() {
			return addresses(f, t.Values)
		}
		if kind == kindList {
			parts := make([]string, len(t.Values))
			for i, v := range t.Values {
				parts[i] = listItem(v.Text)
			}
			return c.match(f, `[\[:,]\s*(?:`+strings.Join(parts, "|")+`)\s*[,\]}]`)
		}
		if len(t.Values) == 1 {
			return eventstore.Compare{Field: f, Op: eventstore.Equal, Value: literal(kind, first)}
		}
		in := eventstore.In{Field: f}
		for _, v := range t.Values {
			in.Values = append(in.Values, literal(kind, v))
		}
		return in
	case Contains:
		s := first.Text
		if kind == kindList {
			s = inJSON(s)
		}
		return eventstore.Contains{Field: f, Where: eventstore.Somewhere, Text: s}
	case Starts:
		if kind == kindList {
			return c.match(f, `[\[:,]\s*"`+fold(inJSON(first.Text))+`(?:[^"\\]|\\.)*"\s*[,\]}]`)
		}
		return eventstore.Contains{Field: f, Where: eventstore.AtStart, Text: first.Text}
	case Ends:
		if kind == kindList {
			return c.match(f, fold(inJSON(first.Text))+`"\s*[,\]}]`)
		}
		return eventstore.Contains{Field: f, Where: eventstore.AtEnd, Text: first.Text}
	case Matches:
		return c.match(f, first.Text)
	case Less, LessEqual, Greater, GreaterEqual:
		op := map[Op]eventstore.Op{Less: eventstore.Less, LessEqual: eventstore.LessEqual, Greater: eventstore.Greater, GreaterEqual: eventstore.GreaterEqual}[t.Op]
		return eventstore.Compare{Field: f, Op: op, Value: literal(kind, first)}
	case Exists:
	}
	return eventstore.Exists{Field: f}
}

func literal(kind fieldKind, v Value) eventstore.Literal {
	if kind == kindTime {
		return eventstore.Literal{Time: v.Moment.At.UTC()}
	}
	return eventstore.Literal{Text: v.Text, Number: v.Number}
}

// addresses compares with addresses and prefixes. Texts of version 4 have one
// form; those of version 6 have many, so they are compared as addresses.
func addresses(f eventstore.Field, values []Value) eventstore.Expr {
	plain := !slices.ContainsFunc(values, func(v Value) bool { return !v.Prefix.IsSingleIP() || !v.Prefix.Addr().Is4() })
	if !plain || f.Kind == eventstore.Unmapped {
		within := eventstore.Within{Field: f}
		for _, v := range values {
			within.Prefixes = append(within.Prefixes, v.Prefix)
		}
		return within
	}
	if len(values) == 1 {
		return eventstore.Compare{Field: f, Op: eventstore.Equal, Value: eventstore.Literal{Text: values[0].Prefix.Addr().String()}}
	}
	in := eventstore.In{Field: f}
	for _, v := range values {
		in.Values = append(in.Values, eventstore.Literal{Text: v.Prefix.Addr().String()})
	}
	return in
}

// activity compares a caption with the numbers that it has in each class.
func (c *compiler) activity(t Test) eventstore.Expr {
	column := eventstore.Field{Kind: eventstore.Column, Path: event.ActivityID}
	if t.Op == Exists || len(t.Values) == 0 {
		return eventstore.Exists{Field: eventstore.Field{Kind: eventstore.EventID}} // every event has one
	}
	number := func(n int64) eventstore.Expr {
		is := eventstore.Compare{Field: column, Op: eventstore.Equal, Value: eventstore.Literal{Number: n}}
		if n == 0 {
			return eventstore.Or{is, eventstore.Not{Of: eventstore.Exists{Field: column}}}
		}
		return is
	}
	var out eventstore.Or
	for _, v := range t.Values {
		if v.Text == "" {
			out = append(out, number(v.Number))
			continue
		}
		for _, a := range activityNumbers[v.Text] {
			classes := a.classes
			if c.classes != nil {
				classes = slices.DeleteFunc(slices.Clone(classes), func(class event.Class) bool { return !slices.Contains(c.classes, class) })
			}
			if len(classes) == 0 {
				continue
			}
			in := eventstore.In{Field: eventstore.Field{Kind: eventstore.ClassUID}}
			for _, class := range classes {
				in.Values = append(in.Values, eventstore.Literal{Number: int64(class)})
			}
			out = append(out, eventstore.And{in, number(a.number)})
		}
	}
	var found eventstore.Expr = out
	switch len(out) {
	case 0: // none of the classes asked for has such an activity
		found = eventstore.Compare{Field: column, Op: eventstore.Equal, Value: eventstore.Literal{Number: math.MinInt64}}
	case 1:
		found = out[0]
	}
	if t.Negated {
		return eventstore.Not{Of: found}
	}
	return found
}

func (c *compiler) match(f eventstore.Field, pattern string) eventstore.Expr {
	re, err := regexp.Compile(pattern)
	if err != nil {
		c.err = err
		return eventstore.Exists{Field: f}
	}
	return eventstore.Match{Field: f, Regex: re}
}

// inJSON returns a text as it stands between the quotes of a JSON string.
func inJSON(s string) string {
	q := string(event.AppendQuoted(nil, s))
	return q[1 : len(q)-1]
}

// listItem is the expression for a text, or a number, that is a value in JSON.
func listItem(s string) string {
	quoted := `"` + regexp.QuoteMeta(inJSON(s)) + `"`
	if strings.Trim(s, "-0123456789.") == "" && s != "" {
		return "(?:" + quoted + "|" + regexp.QuoteMeta(s) + ")"
	}
	return quoted
}

// fold is the expression for a text, whatever the case of its ASCII letters.
// The flag i of RE2 would take letters beyond ASCII for theirs.
func fold(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteString("[" + string(r) + string(r-'a'+'A') + "]")
		case r >= 'A' && r <= 'Z':
			b.WriteString("[" + string(r-'A'+'a') + string(r) + "]")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return b.String()
}
