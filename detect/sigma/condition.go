package sigma

import (
	"errors"
	"fmt"
	"strings"
)

// A node is a part of a condition.
type node interface {
	holds(r *Rule, v *view) bool
}

type (
	named string // a selection by its name
	not   struct{ of node }
	and   []node
	or    []node
)

func (n named) holds(r *Rule, v *view) bool { return r.selection[string(n)].matches(v) }
func (n not) holds(r *Rule, v *view) bool   { return !n.of.holds(r, v) }

func (n and) holds(r *Rule, v *view) bool {
	for _, c := range n {
		if !c.holds(r, v) {
			return false
		}
	}
	return true
}

func (n or) holds(r *Rule, v *view) bool {
	for _, c := range n {
		if c.holds(r, v) {
			return true
		}
	}
	return false
}

func (r *Rule) matches(v *view) bool { return r.condition.holds(r, v) }

// parser reads a condition: or binds weakest, then and, then not.
type parser struct {
	words []string
	at    int
	names []string
	depth int
}

// maxDepth bounds the nesting of a condition.
const maxDepth = 64

func parseCondition(s string, names []string) (node, error) {
	if i := strings.IndexByte(s, '|'); i >= 0 {
		return nil, fmt.Errorf("aggregation %q is not supported yet", strings.TrimSpace(s[i:]))
	}
	p := &parser{words: words(s), names: names}
	if len(p.words) == 0 {
		return nil, errors.New("it is empty")
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.words) {
		return nil, fmt.Errorf("%q is not expected here", p.words[p.at])
	}
	return n, nil
}

// words splits at spaces and around parentheses.
func words(s string) []string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "(", " ( "), ")", " ) ")
	return strings.Fields(s)
}

func (p *parser) peek() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

func (p *parser) or() (node, error) {
	return p.chain("or", p.and, func(n []node) node { return or(n) })
}

func (p *parser) and() (node, error) {
	return p.chain("and", p.not, func(n []node) node { return and(n) })
}

func (p *parser) chain(word string, next func() (node, error), join func([]node) node) (node, error) {
	first, err := next()
	if err != nil {
		return nil, err
	}
	all := []node{first}
	for strings.EqualFold(p.peek(), word) {
		p.at++
		n, err := next()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	if len(all) == 1 {
		return first, nil
	}
	return join(all), nil
}

func (p *parser) not() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	word := p.peek()
	switch strings.ToLower(word) {
	case "not":
		p.at++
		n, err := p.not()
		if err != nil {
			return nil, err
		}
		return not{n}, nil
	case "(":
		p.at++
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.peek() != ")" {
			return nil, errors.New("a closing parenthesis is missing")
		}
		p.at++
		return n, nil
	case "":
		return nil, errors.New("it ends too early")
	case "1", "any", "all":
		if p.at+2 < len(p.words) && strings.EqualFold(p.words[p.at+1], "of") {
			return p.of(strings.EqualFold(word, "all"))
		}
	}
	for _, name := range p.names {
		if name == word {
			p.at++
			return named(name), nil
		}
	}
	return nil, fmt.Errorf("there is no selection %q%s", word, nearest(word, p.names))
}

// of reads "1 of selection*", "all of them".
func (p *parser) of(all bool) (node, error) {
	pattern := p.words[p.at+2]
	p.at += 3
	var found []node
	for _, name := range p.names {
		if selects(pattern, name) {
			found = append(found, named(name))
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no selection is called %q; there are: %s", pattern, strings.Join(p.names, ", "))
	}
	if all {
		return and(found), nil
	}
	return or(found), nil
}

// selects matches the name of a selection. "them" leaves out names that begin
// with an underscore (specification 2.1, condition).
func selects(pattern, name string) bool {
	if strings.EqualFold(pattern, "them") {
		return !strings.HasPrefix(name, "_")
	}
	return parsePattern(pattern, true).match(name)
}
