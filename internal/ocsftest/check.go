package ocsftest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Violation is one departure from the schema.
type Violation struct {
	Path   string // answers[].rdata; empty for the object as a whole
	Reason string
}

func (v Violation) String() string {
	if v.Path == "" {
		return v.Reason
	}
	return v.Path + ": " + v.Reason
}

// Violations are all that was found wrong with one object, as an error.
type Violations []Violation

func (v Violations) Error() string {
	parts := make([]string, len(v))
	for i := range v {
		parts[i] = v[i].String()
	}
	return strings.Join(parts, "; ")
}

// A Checker checks objects one after the other. It remembers values that it
// has matched, so it is for one goroutine.
type Checker struct {
	schema  *Schema
	matched map[*scalar]map[string]bool

	scan     scanner
	class    *node
	profiles uint64
	path     []string
	found    Violations
}

// maxMatched bounds the values that a Checker remembers of one type.
const maxMatched = 1 << 15

// NewChecker returns a checker.
func (s *Schema) NewChecker() *Checker {
	return &Checker{schema: s, matched: map[*scalar]map[string]bool{}}
}

// head is what has to be known before the attributes can be judged.
type head struct {
	class, category, kind, activity int64
	has                             [4]bool
	version                         string
	profiles                        []string
}

// Check returns Violations if the object departs from the schema, nil
// otherwise. The object may end in white space.
func (c *Checker) Check(object []byte) error {
	c.found, c.path, c.profiles, c.class = nil, c.path[:0], 0, nil
	switch {
	case !utf8.Valid(object):
		return Violations{{Reason: "is not UTF-8"}}
	case !json.Valid(object):
		return Violations{{Reason: "is not JSON"}}
	}
	c.scan = scanner{b: object}
	if c.scan.peek() != '{' {
		return Violations{{Reason: "is not an object"}}
	}
	h := c.scan.head()
	if !h.has[0] {
		return Violations{{"class_uid", "is missing or no integer"}}
	}
	c.class = c.schema.classes[h.class]
	if c.class == nil {
		return Violations{{"class_uid", fmt.Sprintf("the schema has no class %d", h.class)}}
	}
	for _, name := range h.profiles {
		bit, ok := c.schema.profiles[name]
		if !ok {
			c.found = append(c.found, Violation{"metadata.profiles[]", fmt.Sprintf("the schema has no profile %q", name)})
		}
		c.profiles |= bit
	}
	if h.has[1] && h.category != c.class.category.UID {
		c.found = append(c.found, Violation{"category_uid", fmt.Sprintf("is %d, %s is of category %d", h.category, c.class.name, c.class.category.UID)})
	}
	if want := h.class*100 + h.activity; h.has[2] && h.has[3] && h.kind != want {
		c.found = append(c.found, Violation{"type_uid", fmt.Sprintf("is %d, class and activity make %d", h.kind, want)})
	}
	if h.version != "" && h.version != c.schema.version {
		c.found = append(c.found, Violation{"metadata.version", fmt.Sprintf("is %q, the schema is %q", h.version, c.schema.version)})
	}
	c.scan = scanner{b: object}
	c.object(c.class)
	if len(c.found) == 0 {
		return nil
	}
	return c.found
}

func (c *Checker) report(format string, args ...any) {
	v := Violation{strings.ReplaceAll(strings.Join(c.path, "."), ".[]", "[]"), fmt.Sprintf(format, args...)}
	if !slices.Contains(c.found, v) {
		c.found = append(c.found, v)
	}
}

// object checks the object that the scanner stands at.
func (c *Checker) object(n *node) {
	if c.scan.peek() != '{' {
		c.report("is %s, not an object (%s)", c.scan.shape(), n.name)
		c.scan.skip()
		return
	}
	if n.open {
		c.scan.skip()
		return
	}
	var seen set
	start := c.scan.i
	for c.scan.enter(); c.scan.more('}'); {
		key := c.scan.key()
		a := n.attributes[string(key)]
		c.path = append(c.path, string(key))
		switch {
		case a == nil:
			c.report("%s has no such attribute", n.name)
			c.scan.skip()
		case seen.has(a.bit):
			c.report("is there twice")
			c.scan.skip()
		default:
			seen.add(a.bit)
			if a.profiles != 0 && a.profiles&c.profiles == 0 {
				c.report("belongs to profile %s, which metadata.profiles does not name", strings.Join(c.schema.profileNames(a.profiles), " or "))
			}
			c.attribute(n, a)
		}
		c.path = c.path[:len(c.path)-1]
	}
	for _, a := range n.required {
		if !seen.has(a.bit) && (a.profiles == 0 || a.profiles&c.profiles != 0) {
			c.path = append(c.path, a.name)
			c.report("is required and missing")
			c.path = c.path[:len(c.path)-1]
		}
	}
	c.captions(n, &seen, c.scan.b[start:c.scan.i])
	for _, k := range n.constraints {
		c.constraint(n, k, &seen, c.scan.b[start:c.scan.i])
	}
}

// other is the number that stands for what the schema has no number for. Its
// text is free.
const other = 99

// captions checks that the text beside a number is its caption.
func (c *Checker) captions(n *node, seen *set, object []byte) {
	for _, p := range n.pairs {
		if !seen.has(p.number.bit) || !seen.has(p.text.bit) {
			continue
		}
		s := scanner{b: object}
		var number, text []byte
		for s.enter(); s.more('}'); {
			switch string(s.key()) {
			case p.number.name:
				number = s.skip()
			case p.text.name:
				text, _ = plain(s.skip())
			default:
				s.skip()
			}
		}
		id, err := strconv.ParseInt(string(number), 10, 64)
		if want, ok := p.number.numbers[id]; err == nil && ok && id != other && want != string(text) {
			c.path = append(c.path, p.text.name)
			c.report("%q is not %q, the caption of %s %d", text, want, p.number.name, id)
			c.path = c.path[:len(c.path)-1]
		}
	}
}

func (c *Checker) constraint(n *node, k constraint, seen *set, object []byte) {
	have := 0
	for _, name := range k.names {
		if strings.Contains(name, ".") {
			if reaches(object, strings.Split(name, ".")) {
				have++
			}
			continue
		}
		if a := n.attributes[name]; seen.has(a.bit) {
			have++
		}
	}
	switch {
	case k.justOne && have != 1:
		c.report("%s needs just one of %s, has %d", n.name, strings.Join(k.names, ", "), have)
	case have == 0:
		c.report("%s needs at least one of %s", n.name, strings.Join(k.names, ", "))
	}
}

// reaches reports whether an object has something at a path.
func reaches(object []byte, path []string) bool {
	for _, part := range path {
		var members map[string]json.RawMessage
		if json.Unmarshal(object, &members) != nil || members[part] == nil {
			return false
		}
		object = members[part]
	}
	return true
}

// attribute checks the value that the scanner stands at.
func (c *Checker) attribute(n *node, a *attribute) {
	if a.scalar != nil && a.scalar.kind == anything {
		c.scan.skip()
		return
	}
	if !a.array {
		c.value(n, a)
		return
	}
	if c.scan.peek() != '[' {
		c.report("is %s, not an array", c.scan.shape())
		c.scan.skip()
		return
	}
	c.path = append(c.path, "[]")
	for c.scan.enter(); c.scan.more(']'); {
		c.value(n, a)
	}
	c.path = c.path[:len(c.path)-1]
}

func (c *Checker) value(n *node, a *attribute) {
	if a.object != nil {
		c.object(a.object)
		return
	}
	shape := c.scan.shape()
	raw := c.scan.skip()
	switch a.scalar.kind {
	case boolean:
		if shape != "a boolean" {
			c.report("is %s, not %s", shape, a.scalar.name)
		}
	case float:
		if shape != "a number" {
			c.report("is %s, not %s", shape, a.scalar.name)
		}
	case integer:
		c.integer(n, a, shape, raw)
	case text:
		if shape != "a string" {
			c.report("is %s, not %s", shape, a.scalar.name)
			return
		}
		c.text(n, a, raw)
	case anything:
	}
}

func (c *Checker) integer(n *node, a *attribute, shape string, raw []byte) {
	number, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		if shape == "a number" {
			c.report("%s is no integer of 64 bits, not %s", raw, a.scalar.name)
		} else {
			c.report("is %s, not %s", shape, a.scalar.name)
		}
		return
	}
	if a.scalar.ranged && (number < a.scalar.min || number > a.scalar.max) {
		c.report("%d is not within %d to %d of %s", number, a.scalar.min, a.scalar.max, a.scalar.name)
	}
	if n == c.class && (a.name == "category_uid" || a.name == "type_uid") {
		return // judged by Check
	}
	if _, ok := a.numbers[number]; a.numbers != nil && !ok {
		c.report("%d is not in the enum", number)
	}
}

func (c *Checker) text(n *node, a *attribute, raw []byte) {
	value, ok := plain(raw)
	if !ok {
		c.report("is no string")
		return
	}
	if a.scalar.maxLen > 0 && utf8.RuneCount(value) > a.scalar.maxLen {
		c.report("%q is longer than the %d of %s", value, a.scalar.maxLen, a.scalar.name)
	}
	if a.scalar.regex != nil && !c.matches(a.scalar, value) {
		c.report("%q is no %s", value, a.scalar.name)
	}
	if _, ok := a.words[string(value)]; a.words != nil && !ok {
		c.report("%q is not in the enum", value)
	}
	if n.name == "observable" && a.name == "name" {
		if _, _, ok := c.class.find(string(value)); !ok {
			c.report("%s has no attribute %q", c.class.name, value)
		}
	}
}

func (c *Checker) matches(s *scalar, value []byte) bool {
	known := c.matched[s]
	if ok, is := known[string(value)]; is {
		return ok
	}
	ok := s.regex.Match(value)
	if known == nil || len(known) >= maxMatched {
		known = map[string]bool{}
		c.matched[s] = known
	}
	known[string(value)] = ok
	return ok
}
