package eventstore

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bongsu/bongsu/event"
)

// Bounds of a condition.
const (
	maxDepth = 64     // conditions within conditions
	maxNodes = 10_000 // conditions altogether
)

// ErrCondition says that a condition cannot be asked: a comparison that its
// field's type does not have, too many conditions.
var ErrCondition = errors.New("condition")

// Compile makes a condition into a function that says whether an event meets
// it. The function is safe for concurrent use and keeps nothing of the event.
// What it says is what every engine must say.
//
// Texts are compared byte by byte. Where a condition ignores case, it takes A–Z
// as a–z and nothing else: no other letter is folded. A text that is not UTF-8
// is compared with U+FFFD in place of each bad byte. An unmapped value is its
// text without quotes, or the JSON literal of anything that is no text; of a
// name that occurs twice the first value counts. A nil condition is true, so is
// an And of nothing; an Or of nothing is false, so is In without values.
//
// Contains and Match need a text: a String or JSON column, an unmapped value or
// the id. Within needs a String column or an unmapped value; a text that is no
// address is in no prefix, and ::ffff:192.0.2.1 is 192.0.2.1. JSON columns are
// compared as the texts that they are written as. Bool has Equal and NotEqual
// only.
func Compile(where Expr) (func(*event.Event) bool, error) {
	c := compiler{}
	return c.compile(where, 0)
}

// Meets reports whether an event meets a condition. A condition that Compile
// refuses is met by nothing. Who asks more than once uses Compile.
func Meets(e *event.Event, where Expr) bool {
	ok, err := Compile(where)
	return err == nil && ok(e)
}

type compiler struct{ nodes int }

type test = func(*event.Event) bool

func (c *compiler) compile(where Expr, depth int) (test, error) {
	if c.nodes++; c.nodes > maxNodes {
		return nil, fmt.Errorf("%w: more than %d conditions", ErrCondition, maxNodes)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: more than %d within each other", ErrCondition, maxDepth)
	}
	switch x := where.(type) {
	case nil:
		return func(*event.Event) bool { return true }, nil
	case And:
		all, err := c.list(x, depth)
		return func(e *event.Event) bool {
			for _, t := range all {
				if !t(e) {
					return false
				}
			}
			return true
		}, err
	case Or:
		some, err := c.list(x, depth)
		return func(e *event.Event) bool {
			for _, t := range some {
				if t(e) {
					return true
				}
			}
			return false
		}, err
	case Not:
		of, err := c.compile(x.Of, depth+1)
		return func(e *event.Event) bool { return !of(e) }, err
	case Compare:
		return c.compare(x)
	case In:
		return in(x)
	case Contains:
		return contains(x)
	case Match:
		return matches(x)
	case Within:
		return within(x)
	case Exists:
		if err := x.Field.check(); err != nil {
			return nil, err
		}
		return x.Field.in, nil
	case Anywhere:
		text := fold(x.Text)
		return func(e *event.Event) bool { return anywhere(e, text) }, nil
	}
	return nil, fmt.Errorf("%w: unknown kind %T", ErrCondition, where)
}

func (c *compiler) list(of []Expr, depth int) ([]test, error) {
	out := make([]test, 0, len(of))
	for _, x := range of {
		t, err := c.compile(x, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (c *compiler) compare(x Compare) (test, error) {
	if err := x.Field.check(); err != nil {
		return nil, err
	}
	if x.Op < Equal || x.Op > GreaterEqual {
		return nil, fmt.Errorf("%w: %s: unknown comparison %d", ErrCondition, x.Field, x.Op)
	}
	number, text := x.Value.Number, x.Value.Text
	switch x.Field.Type() {
	case event.Bool:
		if x.Op > NotEqual {
			return nil, fmt.Errorf("%w: %s is true or false, neither is less", ErrCondition, x.Field)
		}
		if number != 0 {
			number = 1
		}
	case event.Time:
		// Beyond the years that nanoseconds reach a time is before or after all
		// events.
		at := x.Value.Time
		return func(e *event.Event) bool {
			n, ok := x.Field.number(e)
			return ok && x.Op.holds(timeOf(n).Compare(at))
		}, nil
	case event.Int:
	default:
		return func(e *event.Event) bool {
			s, ok := x.Field.text(e)
			return ok && x.Op.holds(strings.Compare(s, text))
		}, nil
	}
	return func(e *event.Event) bool {
		n, ok := x.Field.number(e)
		return ok && x.Op.holds(cmp.Compare(n, number))
	}, nil
}

// holds reports whether a comparison that came out as c satisfies the operator.
func (op Op) holds(c int) bool {
	switch op {
	case Equal:
		return c == 0
	case NotEqual:
		return c != 0
	case Less:
		return c < 0
	case LessEqual:
		return c <= 0
	case Greater:
		return c > 0
	case GreaterEqual:
		return c >= 0
	}
	return false
}

func in(x In) (test, error) {
	if err := x.Field.check(); err != nil {
		return nil, err
	}
	switch x.Field.Type() {
	case event.Int, event.Bool:
		numbers := make(map[int64]bool, len(x.Values))
		for _, v := range x.Values {
			if x.Field.Type() == event.Bool && v.Number != 0 {
				v.Number = 1
			}
			numbers[v.Number] = true
		}
		return func(e *event.Event) bool { n, ok := x.Field.number(e); return ok && numbers[n] }, nil
	case event.Time:
		return func(e *event.Event) bool {
			n, ok := x.Field.number(e)
			return ok && slices.ContainsFunc(x.Values, func(v Literal) bool { return timeOf(n).Equal(v.Time) })
		}, nil
	}
	texts := make(map[string]bool, len(x.Values))
	for _, v := range x.Values {
		texts[v.Text] = true
	}
	return func(e *event.Event) bool { s, ok := x.Field.text(e); return ok && texts[s] }, nil
}

func contains(x Contains) (test, error) {
	if err := x.Field.needText("contains"); err != nil {
		return nil, err
	}
	text := fold(x.Text)
	var has func(s, text string) bool
	switch x.Where {
	case Somewhere:
		has = containsFold
	case AtStart:
		has = func(s, text string) bool { return len(s) >= len(text) && equalFold(s[:len(text)], text) }
	case AtEnd:
		has = func(s, text string) bool { return len(s) >= len(text) && equalFold(s[len(s)-len(text):], text) }
	default:
		return nil, fmt.Errorf("%w: %s: unknown place %d", ErrCondition, x.Field, x.Where)
	}
	return func(e *event.Event) bool { s, ok := x.Field.text(e); return ok && has(s, text) }, nil
}

func matches(x Match) (test, error) {
	if err := x.Field.needText("matches"); err != nil {
		return nil, err
	}
	if x.Regex == nil {
		return nil, fmt.Errorf("%w: %s: no expression to match", ErrCondition, x.Field)
	}
	return func(e *event.Event) bool { s, ok := x.Field.text(e); return ok && x.Regex.MatchString(s) }, nil
}

func within(x Within) (test, error) {
	if err := x.Field.check(); err != nil {
		return nil, err
	}
	if x.Field.Type() != event.String || x.Field.Kind == EventID {
		return nil, fmt.Errorf("%w: %s is no address", ErrCondition, x.Field)
	}
	prefixes := make([]netip.Prefix, 0, len(x.Prefixes))
	for _, p := range x.Prefixes {
		if !p.IsValid() {
			return nil, fmt.Errorf("%w: %s: not a prefix of addresses", ErrCondition, x.Field)
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		prefixes = append(prefixes, p)
	}
	return func(e *event.Event) bool {
		s, ok := x.Field.text(e)
		if !ok {
			return false
		}
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return false
		}
		addr = addr.Unmap().WithZone("")
		return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
	}, nil
}

// anywhere reports whether a text of the event holds the folded text: a String
// or JSON column, or an unmapped value.
func anywhere(e *event.Event, text string) bool {
	found := false
	e.Each(func(p event.Path, s string, _ int64) bool {
		if t := p.Type(); t == event.String || t == event.JSON {
			found = containsFold(Text(s), text)
		}
		return !found
	})
	if found {
		return true
	}
	for _, u := range e.AllUnmapped() {
		if containsFold(Text(event.Unquote(u.Literal)), text) {
			return true
		}
	}
	return false
}
