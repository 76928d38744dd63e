package sigma

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"go.yaml.in/yaml/v3"
)

// A selection is a list of alternatives, each a list of demands that must all
// hold.
type selection struct{ any [][]demand }

// A demand is one field with what it must be. Field "" is every value of the
// event: keywords.
type demand struct {
	field string
	all   bool // every test must hold, not one of them
	tests []test
}

// A test judges one value. A nil match asks for absence or presence.
type test struct {
	match   func(value string) bool
	absent  bool // the field must not be there
	present bool // the field must be there
	field   string
	words   string // for people
}

func (s *selection) matches(v *view) bool {
	for _, all := range s.any {
		ok := true
		for i := range all {
			if !all[i].holds(v) {
				ok = false
				break
			}
		}
		if ok {
			return true
		}
	}
	return false
}

func (d *demand) holds(v *view) bool {
	for i := range d.tests {
		if d.tests[i].holds(d.field, v) != d.all {
			return !d.all
		}
	}
	return d.all
}

func (t *test) holds(field string, v *view) bool {
	values := v.values(field)
	switch {
	case t.absent:
		return len(values) == 0
	case t.present:
		return len(values) > 0
	case t.field != "":
		for _, other := range v.values(t.field) {
			for _, value := range values {
				if fold(value) == fold(other) {
					return true
				}
			}
		}
		return false
	}
	return slices.ContainsFunc(values, t.match)
}

func parseSelection(n *yaml.Node) (*selection, *yaml.Node, error) {
	s := &selection{}
	switch n.Kind {
	case yaml.MappingNode:
		all, at, err := parseMap(n)
		if err != nil {
			return nil, at, err
		}
		s.any = [][]demand{all}
	case yaml.SequenceNode:
		var words []*yaml.Node
		for _, c := range n.Content {
			if c.Kind != yaml.MappingNode {
				words = append(words, c)
				continue
			}
			all, at, err := parseMap(c)
			if err != nil {
				return nil, at, err
			}
			s.any = append(s.any, all)
		}
		if len(words) > 0 {
			d, at, err := parseDemand("", words)
			if err != nil {
				return nil, at, err
			}
			s.any = append(s.any, []demand{d})
		}
	case yaml.ScalarNode:
		d, at, err := parseDemand("", []*yaml.Node{n})
		if err != nil {
			return nil, at, err
		}
		s.any = [][]demand{{d}}
	default:
		return nil, n, errors.New("it is neither a map nor a list")
	}
	if len(s.any) == 0 {
		return nil, n, errors.New("it is empty")
	}
	return s, nil, nil
}

func parseMap(n *yaml.Node) ([]demand, *yaml.Node, error) {
	var out []demand
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		values := []*yaml.Node{v}
		if v.Kind == yaml.SequenceNode {
			values = v.Content
		}
		d, at, err := parseDemand(k.Value, values)
		if err != nil {
			if at == nil {
				at = k
			}
			return nil, at, err
		}
		out = append(out, d)
	}
	if len(out) == 0 {
		return nil, n, errors.New("a map in it is empty")
	}
	return out, nil, nil
}

// modifiers that are understood, and those of the specification that wait for
// a later version.
var (
	modifiers = []string{
		"contains", "startswith", "endswith", "all", "cased", "re", "i", "m", "s", "cidr", "exists", "neq",
		"lt", "lte", "gt", "gte", "windash", "base64", "base64offset", "wide", "utf16", "utf16le", "utf16be", "fieldref",
	}
	laterModifiers = []string{"expand", "minute", "hour", "day", "week", "month", "year"}
)

// demandParser holds the modifiers of one field.
type demandParser struct {
	has map[string]bool
}

func parseDemand(key string, values []*yaml.Node) (demand, *yaml.Node, error) {
	field, rest, _ := strings.Cut(key, "|")
	d := demand{field: strings.ReplaceAll(strings.TrimSpace(field), " ", "")}
	p := demandParser{has: map[string]bool{}}
	if rest != "" {
		for _, m := range strings.Split(rest, "|") {
			switch {
			case slices.Contains(laterModifiers, m):
				return d, nil, fmt.Errorf("modifier %q is not supported yet", m)
			case !slices.Contains(modifiers, m):
				return d, nil, fmt.Errorf("modifier %q of field %q is unknown%s", m, field, nearest(m, modifiers))
			}
			p.has[m] = true
		}
	}
	d.all = p.has["all"]
	for _, v := range values {
		tests, err := p.tests(v, d.field == "")
		if err != nil {
			return d, v, fmt.Errorf("field %q: %w", field, err)
		}
		d.tests = append(d.tests, tests...)
	}
	if len(d.tests) == 0 {
		return d, nil, fmt.Errorf("field %q has no value", field)
	}
	if p.has["neq"] {
		for i := range d.tests {
			t := d.tests[i]
			if t.match == nil {
				return d, nil, fmt.Errorf("field %q: neq needs a value", field)
			}
			d.tests[i].match = func(v string) bool { return !t.match(v) }
			d.tests[i].words = "not " + t.words
		}
	}
	return d, nil, nil
}

// tests makes the tests of one value: several where a modifier has variants.
func (p demandParser) tests(n *yaml.Node, keyword bool) ([]test, error) {
	if n.Kind != yaml.ScalarNode {
		return nil, errors.New("a value is a text, a number or a list of them")
	}
	s := n.Value
	switch {
	case p.has["exists"]:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return nil, fmt.Errorf("exists takes true or false, not %q", s)
		}
		return []test{{present: b, absent: !b, words: "exists: " + s}}, nil
	case n.Tag == "!!null":
		return []test{{absent: true, words: "is absent"}}, nil
	case p.has["fieldref"]:
		return []test{{field: s, words: "equals field " + s}}, nil
	case p.has["re"]:
		return p.regex(s)
	case p.has["cidr"]:
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is not a network such as 192.0.2.0/24", s)
		}
		return []test{{words: "in " + s, match: func(v string) bool {
			a, err := netip.ParseAddr(v)
			return err == nil && prefix.Contains(a.Unmap())
		}}}, nil
	case p.has["lt"], p.has["lte"], p.has["gt"], p.has["gte"]:
		return p.compare(s)
	}
	return p.strings(s, keyword), nil
}

func (p demandParser) regex(s string) ([]test, error) {
	flags := ""
	for _, f := range []string{"i", "m", "s"} {
		if p.has[f] {
			flags += f
		}
	}
	if flags != "" {
		s = "(?" + flags + ")" + s
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, err
	}
	return []test{{match: re.MatchString, words: "matches " + s}}, nil
}

func (p demandParser) compare(s string) ([]test, error) {
	want, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is not a number", s)
	}
	var holds func(float64) bool
	var word string
	switch {
	case p.has["lt"]:
		word, holds = "<", func(v float64) bool { return v < want }
	case p.has["lte"]:
		word, holds = "≤", func(v float64) bool { return v <= want }
	case p.has["gt"]:
		word, holds = ">", func(v float64) bool { return v > want }
	default:
		word, holds = "≥", func(v float64) bool { return v >= want }
	}
	return []test{{words: word + " " + s, match: func(v string) bool {
		f, err := strconv.ParseFloat(v, 64)
		return err == nil && holds(f)
	}}}, nil
}

// strings makes tests of text: dashes, encodings, then where in the value.
func (p demandParser) strings(s string, keyword bool) []test {
	cased := p.has["cased"]
	var patterns []pattern
	switch {
	case p.has["base64"] || p.has["base64offset"] || p.wide() != "":
		for _, v := range p.encode(s) {
			patterns = append(patterns, literal(v, cased || p.has["base64"] || p.has["base64offset"]))
		}
	case p.has["windash"]:
		for _, v := range dashes(s) {
			patterns = append(patterns, parsePattern(v, cased))
		}
	default:
		patterns = []pattern{parsePattern(s, cased)}
	}
	before := p.has["contains"] || p.has["endswith"] || keyword
	behind := p.has["contains"] || p.has["startswith"] || keyword
	words := "is "
	switch {
	case before && behind:
		words = "contains "
	case behind:
		words = "starts with "
	case before:
		words = "ends with "
	}
	var out []test
	for _, pt := range patterns {
		whole := pt.open(before, behind)
		out = append(out, test{match: whole.match, words: words + strconv.Quote(s)})
	}
	if p.has["all"] && len(out) > 1 { // variants of one value are alternatives even where values must all hold
		alternatives := out
		out = []test{{words: alternatives[0].words, match: func(v string) bool {
			return slices.ContainsFunc(alternatives, func(t test) bool { return t.match(v) })
		}}}
	}
	return out
}

func (p demandParser) wide() string {
	for _, m := range []string{"wide", "utf16", "utf16le", "utf16be"} {
		if p.has[m] {
			return m
		}
	}
	return ""
}

// encode applies wide, then base64 or its three offsets, of which only the
// characters that do not depend on the neighbours are kept.
func (p demandParser) encode(s string) []string {
	b := []byte(s)
	if m := p.wide(); m != "" {
		b = b[:0:0]
		if m == "utf16" {
			b = append(b, 0xff, 0xfe)
		}
		for _, u := range utf16.Encode([]rune(s)) {
			if m == "utf16be" {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
	}
	switch {
	case p.has["base64"]:
		return []string{base64.StdEncoding.EncodeToString(b)}
	case p.has["base64offset"]:
		var out []string
		for shift := range 3 {
			e := base64.StdEncoding.EncodeToString(append(make([]byte, shift), b...))
			start := []int{0, 2, 3}[shift]
			end := len(e) - []int{0, 3, 2}[(len(b)+shift)%3]
			if start < end {
				out = append(out, e[start:end])
			}
		}
		return out
	}
	return []string{string(b)}
}

// dashes returns a command line's text with each of the characters that
// Windows programs take for the dash of an option.
func dashes(s string) []string {
	out := []string{s}
	if !strings.Contains(s, "-") && !strings.Contains(s, "/") {
		return out
	}
	for _, with := range []string{"-", "/", "–", "—", "―"} {
		v := replaceDash(s, with)
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// replaceDash replaces dashes and slashes that begin a word.
func replaceDash(s, with string) string {
	var b strings.Builder
	previous := ' '
	for _, c := range s {
		if (c == '-' || c == '/') && (previous == ' ' || previous == '"' || previous == '\'') {
			b.WriteString(with)
		} else {
			b.WriteRune(c)
		}
		previous = c
	}
	return b.String()
}
