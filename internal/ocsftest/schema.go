// Package ocsftest compiles the OCSF schema from its published files and says
// where a JSON object departs from it: unknown and missing attributes, wrong
// types, values and constraints. It is for tests and measurements only; what
// Bongsu writes is decided in package event.
//
// It is stricter than the schema in two points: null is refused, and so is an
// attribute that is there twice.
package ocsftest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A Schema is the compiled schema with its Linux, macOS and Windows
// extensions. It does not change and may be shared.
type Schema struct {
	version  string
	classes  map[int64]*node
	objects  map[string]*node
	types    map[string]*scalar
	profiles map[string]uint64 // one bit each
}

// node is one event class or one object.
type node struct {
	name        string
	caption     string
	uid         int64 // of a class
	category    category
	pairs       []pair
	attributes  map[string]*attribute
	required    []*attribute
	constraints []constraint
	open        bool // holds whatever one likes: the generic object
}

type attribute struct {
	name     string
	sibling  string
	bit      int // its place in a set of attributes of the node
	profiles uint64
	required bool
	array    bool
	scalar   *scalar // nil for an object
	object   *node
	numbers  map[int64]string  // allowed values with their captions
	words    map[string]string // the same of a string
}

// kind is how a value is written in JSON.
type kind int

const (
	text kind = iota + 1
	integer
	float
	boolean
	anything
)

type scalar struct {
	name     string
	kind     kind
	maxLen   int
	regex    *regexp.Regexp
	min, max int64 // of an integer with a range
	ranged   bool
}

// pair is a number and the text that has to be its caption.
type pair struct{ number, text *attribute }

type constraint struct {
	justOne bool
	names   []string
}

// Version returns the version that metadata.version has to name.
func (s *Schema) Version() string { return s.version }

// A Use is how one class uses a dotted path.
type Use struct {
	Class    int64
	Type     string // of the dictionary; the name of the object for objects
	JSON     string // string, integer, float, boolean, any, object
	Array    bool
	Profiles []string // empty: belongs to the class itself
}

// Uses returns how the classes use a dotted path of attributes, by class.
func (s *Schema) Uses(path string) []Use {
	var out []Use
	for _, uid := range slices.Sorted(maps.Keys(s.classes)) {
		last, profiles, ok := s.classes[uid].find(path)
		if !ok {
			continue
		}
		use := Use{Class: uid, Array: last.array, JSON: "object", Profiles: s.profileNames(profiles)}
		if last.scalar != nil {
			use.Type = last.scalar.name
			use.JSON = [...]string{text: "string", integer: "integer", float: "float", boolean: "boolean", anything: "any"}[last.scalar.kind]
		} else {
			use.Type = last.object.name
		}
		out = append(out, use)
	}
	return out
}

// find follows a dotted path, where [] and [3] behind a name are ignored. The
// profiles are those of its first part that belongs to any.
func (n *node) find(path string) (last *attribute, profiles uint64, ok bool) {
	for rest := path; ; {
		part, after, more := strings.Cut(rest, ".")
		part, _, _ = strings.Cut(part, "[")
		if n == nil || n.attributes[part] == nil {
			return nil, 0, false
		}
		last = n.attributes[part]
		if profiles == 0 {
			profiles = last.profiles
		}
		if !more {
			return last, profiles, true
		}
		n, rest = last.object, after
	}
}

func (s *Schema) profileNames(mask uint64) []string {
	var out []string
	for name, bit := range s.profiles {
		if mask&bit != 0 {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// maxAttributes bounds the attributes of a node, which are kept as a bit set.
const maxAttributes = 256

// set is a set of attributes of one node.
type set [maxAttributes / 64]uint64

func (s *set) add(bit int)      { s[bit/64] |= 1 << (bit % 64) }
func (s *set) has(bit int) bool { return s[bit/64]&(1<<(bit%64)) != 0 }

// finish numbers the attributes of a node and lists what it requires.
func (n *node) finish() error {
	if len(n.attributes) > maxAttributes {
		return fmt.Errorf("%s has %d attributes, more than %d", n.name, len(n.attributes), maxAttributes)
	}
	for i, name := range slices.Sorted(maps.Keys(n.attributes)) {
		a := n.attributes[name]
		a.bit = i
		if a.required {
			n.required = append(n.required, a)
		}
		if text := n.attributes[a.sibling]; text != nil && a.numbers != nil && !a.array {
			n.pairs = append(n.pairs, pair{a, text})
		}
	}
	// Constraints of the published schema name attributes that a class does
	// not have; nothing can ever fulfil those.
	for i := range n.constraints {
		c := &n.constraints[i]
		c.names = slices.DeleteFunc(slices.Clone(c.names), func(name string) bool {
			_, _, ok := n.find(name)
			return !ok
		})
	}
	return nil
}
