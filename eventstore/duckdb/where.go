//go:build cgo

package duckdb

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// Columns that every segment has.
const (
	columnTime     = `"time"`
	columnUID      = `"metadata.uid"`
	columnUnmapped = `"unmapped"`
)

// plainMacro makes the text that eventstore compares of an unmapped literal.
// Literals with an escape are rare, and only Go unquotes them as Go does.
const plainMacro = `CREATE OR REPLACE MACRO bongsu_plain(literal) AS CASE
	WHEN NOT starts_with(literal, '"') OR literal = '"' THEN literal
	WHEN contains(literal, '\') THEN bongsu_unquote(literal)
	ELSE substring(literal, 2, length(literal) - 2) END`

// A cond is a condition in SQL with its parameters, or one whose truth is known
// without looking at any row.
type cond struct {
	sql  string
	args []any
	is   truth
}

type truth uint8

const (
	open truth = iota
	yes
	no
)

var (
	always = cond{is: yes}
	never  = cond{is: no}
)

func (c cond) not() cond {
	switch c.is {
	case yes:
		return never
	case no:
		return always
	case open:
	}
	// What is NULL inside is a field that the event does not have: false there,
	// so true here.
	return cond{sql: "NOT coalesce(" + c.sql + ", false)", args: c.args}
}

// join connects conditions by AND or OR, whose neutral truth is given.
func join(word string, neutral truth, of []cond) cond {
	var parts []string
	var args []any
	for _, c := range of {
		switch c.is {
		case open:
			parts = append(parts, "("+c.sql+")")
			args = append(args, c.args...)
		case neutral:
		case yes, no:
			return c
		}
	}
	if len(parts) == 0 {
		return cond{is: neutral}
	}
	return cond{sql: strings.Join(parts, word), args: args}
}

func all(of ...cond) cond  { return join(" AND ", yes, of) }
func some(of ...cond) cond { return join(" OR ", no, of) }

// exprOf returns the value of a field in SQL, of the type that it has in the
// files; false where the files of the group do not have it.
func (g *group) exprOf(f eventstore.Field) (cond, bool) {
	switch f.Kind {
	case eventstore.Column:
		return cond{sql: quoteName(f.Path.Name())}, g.has(f.Path)
	case eventstore.Unmapped:
		return cond{sql: "bongsu_plain(" + columnUnmapped + "[?])", args: []any{eventstore.Text(f.Unmapped)}}, true
	case eventstore.EventTime:
		return cond{sql: columnTime}, true
	case eventstore.EventID:
		return cond{sql: columnUID}, true
	case eventstore.ClassUID:
		return cond{sql: fmt.Sprintf("%d::BIGINT", g.class)}, true
	}
	return cond{}, false
}

// where writes a condition, which eventstore.Compile has taken, as SQL about
// the files of the group.
func (g *group) where(x eventstore.Expr) (cond, error) {
	switch x := x.(type) {
	case nil:
		return always, nil
	case eventstore.And:
		of, err := g.list(x)
		return all(of...), err
	case eventstore.Or:
		of, err := g.list(x)
		return some(of...), err
	case eventstore.Not:
		of, err := g.where(x.Of)
		return of.not(), err
	case eventstore.Compare:
		return g.compare(x), nil
	case eventstore.In:
		return g.in(x), nil
	case eventstore.Contains:
		text := eventstore.Text(x.Text)
		return g.on(x.Field, func(v cond) cond { return v.contains(x.Where, text) }), nil
	case eventstore.Match:
		pattern, err := expression(x.Regex)
		if err != nil {
			return never, fmt.Errorf("%w: %s: %w", eventstore.ErrCondition, x.Field, err)
		}
		return g.on(x.Field, func(v cond) cond { return v.call("regexp_matches", pattern) }), nil
	case eventstore.Within:
		return g.on(x.Field, func(v cond) cond { return v.within(x.Prefixes) }), nil
	case eventstore.Exists:
		return g.on(x.Field, cond.exists), nil
	case eventstore.Anywhere:
		return g.anywhere(eventstore.Text(x.Text)), nil
	}
	return never, fmt.Errorf("%w: unknown kind %T", eventstore.ErrCondition, x)
}

func (g *group) list(of []eventstore.Expr) ([]cond, error) {
	out := make([]cond, 0, len(of))
	for _, x := range of {
		c, err := g.where(x)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// on makes a condition on a field, false where the files do not have it.
func (g *group) on(f eventstore.Field, build func(v cond) cond) cond {
	if v, ok := g.exprOf(f); ok {
		return build(v)
	}
	return never
}

func (c cond) exists() cond { return cond{sql: c.sql + " IS NOT NULL", args: c.args} }

// op appends an operator with a parameter.
func (c cond) op(op, placeholder string, arg any) cond {
	return cond{sql: c.sql + " " + op + " " + placeholder, args: with(c.args, arg)}
}

// call makes a function of the value with a parameter.
func (c cond) call(function string, arg any) cond {
	return cond{sql: function + "(" + c.sql + ", ?)", args: with(c.args, arg)}
}

func with(args []any, more ...any) []any { return append(args[:len(args):len(args)], more...) }

var operators = [...]string{
	eventstore.Equal: "=", eventstore.NotEqual: "<>",
	eventstore.Less: "<", eventstore.LessEqual: "<=",
	eventstore.Greater: ">", eventstore.GreaterEqual: ">=",
}

func (g *group) compare(x eventstore.Compare) cond {
	if x.Field.Kind == eventstore.Unmapped && x.Op == eventstore.Equal && utf8.ValidString(x.Value.Text) {
		return unmappedIn(x.Field, []string{x.Value.Text})
	}
	if x.Field.Type() == event.Time {
		// A time that nanoseconds do not reach is before or after all events.
		if side := beyond(x.Value.Time); side != 0 {
			if x.Op == eventstore.NotEqual || (x.Op >= eventstore.Greater) == (side < 0) && x.Op != eventstore.Equal {
				return g.on(x.Field, cond.exists)
			}
			return never
		}
	}
	value, place := literal(x.Field.Type(), x.Value)
	return g.on(x.Field, func(v cond) cond {
		if _, bytes := value.([]byte); bytes {
			v.sql = "encode(" + v.sql + ")"
		}
		return v.op(operators[x.Op], place, value)
	})
}

// literal returns a literal as a parameter and its place in SQL. A text that is
// not UTF-8 is given as bytes: it equals no text of an event, but has a place
// in their order.
func literal(t event.Type, v eventstore.Literal) (arg any, place string) {
	switch t {
	case event.Int:
		return v.Number, "?::BIGINT"
	case event.Bool:
		return v.Number != 0, "?::BOOLEAN"
	case event.Time:
		return v.Time.UnixNano(), "make_timestamp_ns(?::BIGINT)"
	case event.String, event.JSON:
	}
	if !utf8.ValidString(v.Text) {
		return []byte(v.Text), "?::BLOB"
	}
	return v.Text, "?"
}

var (
	firstTime = time.Unix(0, math.MinInt64)
	lastTime  = time.Unix(0, math.MaxInt64)
)

// beyond returns on which side a time is outside those that nanoseconds reach.
func beyond(t time.Time) int {
	switch {
	case t.Before(firstTime):
		return -1
	case t.After(lastTime):
		return 1
	}
	return 0
}

func (g *group) in(x eventstore.In) cond {
	var args []any
	var places []string
	for _, v := range x.Values {
		arg, place := literal(x.Field.Type(), v)
		if _, bytes := arg.([]byte); bytes || x.Field.Type() == event.Time && beyond(v.Time) != 0 {
			continue // no event has it
		}
		args, places = append(args, arg), append(places, place)
	}
	if len(args) == 0 {
		return never
	}
	if x.Field.Kind == eventstore.Unmapped {
		values := make([]string, len(args))
		for i, a := range args {
			values[i], _ = a.(string)
		}
		return unmappedIn(x.Field, values)
	}
	return g.on(x.Field, func(v cond) cond {
		return cond{sql: v.sql + " IN (" + strings.Join(places, ", ") + ")", args: with(v.args, args...)}
	})
}

// unmappedIn compares with the literals that texts may be written as, so that
// only those with an escape have to be unquoted.
func unmappedIn(f eventstore.Field, values []string) cond {
	var literals []string
	for _, v := range values {
		literals = append(literals, `"`+v+`"`)
		if len(v) < 2 || v[0] != '"' {
			literals = append(literals, v)
		}
	}
	name := eventstore.Text(f.Unmapped)
	value := columnUnmapped + "[?]"
	return cond{
		sql:  "CASE WHEN contains(" + value + `, '\') THEN list_contains(?::VARCHAR[], bongsu_plain(` + value + ")) ELSE list_contains(?::VARCHAR[], " + value + ") END",
		args: []any{name, values, name, literals, name},
	}
}

// contains looks for a text without regard to the case of ASCII letters.
func (c cond) contains(where eventstore.Anchor, text string) cond {
	if text == "" {
		return c.exists()
	}
	if !strings.ContainsFunc(text, letter) {
		switch where {
		case eventstore.AtStart:
			return c.call("starts_with", text)
		case eventstore.AtEnd:
			return c.call("ends_with", text)
		case eventstore.Somewhere:
		}
		return c.call("contains", text)
	}
	runes := []rune(text)
	if len(runes) <= maxPattern {
		return c.call("regexp_matches", foldedPattern(where, text))
	}
	// A long expression is slow everywhere: a part of it first, and Go looks
	// again at what has that.
	part := string(runes[:maxPattern])
	if where == eventstore.AtEnd {
		part = string(runes[len(runes)-maxPattern:])
	}
	short := c.call("regexp_matches", foldedPattern(where, part))
	return cond{
		sql:  "CASE WHEN " + short.sql + " THEN bongsu_holds(" + c.sql + ", ?::BIGINT, ?) ELSE false END",
		args: with(short.args, with(c.args, int64(where), text)...),
	}
}

// maxPattern is how many letters are looked for by an expression.
const maxPattern = 128

func letter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

// foldedPattern is the text as an expression that takes A–Z as a–z and folds
// nothing else; (?i) would fold K with the Kelvin sign.
func foldedPattern(where eventstore.Anchor, text string) string {
	var b strings.Builder
	if where == eventstore.AtStart {
		b.WriteString(`\A`)
	}
	for _, r := range text {
		switch {
		case letter(r):
			lower := r | 0x20
			b.WriteByte('[')
			b.WriteRune(lower - 0x20)
			b.WriteRune(lower)
			b.WriteByte(']')
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	if where == eventstore.AtEnd {
		b.WriteString(`\z`)
	}
	return b.String()
}

// expression writes Go's expression in the words that RE2 in C++ takes alike:
// Go's parser has resolved names of classes, flags and counts.
func expression(re *regexp.Regexp) (string, error) {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return "", err
	}
	return parsed.Simplify().String(), nil
}

// within writes prefixes of IPv4 as an expression, which DuckDB looks through
// once for each different address of a dictionary. What has a colon is left to
// Go: IPv6 has many ways to write an address.
func (c cond) within(prefixes []netip.Prefix) cond {
	if len(prefixes) == 0 {
		return never
	}
	var four []string
	names := make([]string, len(prefixes))
	for i, p := range prefixes {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		names[i] = p.String()
		if p.Addr().Is4() {
			four = append(four, fourPattern(p))
		}
	}
	list := strings.Join(names, " ")
	colon := cond{sql: "contains(" + c.sql + ", ':')", args: c.args}
	slow := c.call("bongsu_within", list)
	otherwise := cond{sql: "false"}
	if len(four) > 0 {
		otherwise = c.call("regexp_matches", `\A(?:`+strings.Join(four, "|")+`)\z`)
	}
	return cond{
		sql:  "CASE WHEN " + colon.sql + " THEN " + slow.sql + " ELSE " + otherwise.sql + " END",
		args: with(colon.args, append(with(slow.args), otherwise.args...)...),
	}
}

const octet = `(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`

// fourPattern matches the addresses of a prefix as they are written: without
// leading zeros, which netip refuses too.
func fourPattern(p netip.Prefix) string {
	bytes := p.Masked().Addr().As4()
	var parts []string
	for i, bits := 0, p.Bits(); i < 4; i, bits = i+1, bits-8 {
		switch {
		case bits >= 8:
			parts = append(parts, fmt.Sprint(bytes[i]))
		case bits <= 0:
			parts = append(parts, octet)
		default:
			var of []string
			for n := int(bytes[i]); n < int(bytes[i])+1<<(8-bits); n++ {
				of = append(of, fmt.Sprint(n))
			}
			parts = append(parts, "(?:"+strings.Join(of, "|")+")")
		}
	}
	return strings.Join(parts, `\.`)
}

// anywhere looks into every text of the event, raw_data first: what is found
// there is not looked for again. Columns that are known not to hold the text are
// left out.
func (g *group) anywhere(text string) cond {
	held, known := g.holders[text]
	var of []cond
	for _, p := range g.texts() {
		if !known || slices.Contains(held.Columns, p) {
			of = append(of, cond{sql: quoteName(p.Name())}.contains(eventstore.Somewhere, text))
		}
	}
	if known && !held.Unmapped {
		return some(of...)
	}
	one := cond{sql: "bongsu_plain(l)"}.contains(eventstore.Somewhere, text)
	of = append(of, cond{
		sql:  "list_bool_or(list_transform(map_values(" + columnUnmapped + "), lambda l: " + one.sql + "))",
		args: one.args,
	})
	return some(of...)
}
