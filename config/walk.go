package config

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// A walker carries the nodes of a YAML document into a Config.
type walker struct {
	place func(*yaml.Node) string
	depth int
}

// maxDepth bounds the nesting of settings, and with it aliases that hold
// themselves.
const maxDepth = 16

func (w *walker) root(c *Config, doc *yaml.Node) error {
	if doc.Kind == yaml.DocumentNode {
		doc = doc.Content[0]
	}
	if doc.Kind == yaml.ScalarNode && doc.Tag == "!!null" {
		return nil
	}
	return w.value(reflect.ValueOf(c).Elem(), doc, "")
}

func (w *walker) fail(n *yaml.Node, path, format string, args ...any) error {
	detail := fmt.Errorf(format, args...)
	if path == "" {
		return fmt.Errorf("%s: %w", w.place(n), detail)
	}
	return fmt.Errorf("%s: %s: %w", w.place(n), path, detail)
}

// value sets one value, whatever its kind.
func (w *walker) value(v reflect.Value, n *yaml.Node, path string) error {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxDepth {
		return w.fail(n, path, "nested more than %d deep", maxDepth)
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if read, ok := scalars[v.Type()]; ok {
		if n.Kind != yaml.ScalarNode {
			return w.fail(n, path, "is %s; one value is wanted, such as %s", kindName(n), example(path))
		}
		if err := read(v, n.Value); err != nil {
			return w.fail(n, path, "%w", err)
		}
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		if n.Kind != yaml.ScalarNode {
			return w.fail(n, path, "is %s; one value is wanted, such as %s", kindName(n), example(path))
		}
		v.SetString(n.Value)
		return nil
	case reflect.Struct:
		return w.object(v, n, path)
	case reflect.Map:
		return w.table(v, n, path)
	case reflect.Slice:
		return w.list(v, n, path)
	default:
		return w.fail(n, path, "cannot be set") // a test reads every key, so it cannot happen
	}
}

func (w *walker) object(v reflect.Value, n *yaml.Node, path string) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil // a key with nothing behind it keeps the defaults
	}
	if n.Kind != yaml.MappingNode {
		return w.fail(n, path, "is %s; keys and values are wanted: %s", kindName(n), strings.Join(keysOf(v.Type()), ", "))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := key.Value
		if seen[name] {
			return w.fail(key, join(path, name), "stands twice")
		}
		seen[name] = true
		at := slices.Index(keysOf(v.Type()), name)
		if at < 0 {
			return w.fail(key, join(path, name), "unknown key%s; known here: %s", meant(name, keysOf(v.Type())), strings.Join(keysOf(v.Type()), ", "))
		}
		if err := w.value(v.Field(at), value, join(path, name)); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) table(v reflect.Value, n *yaml.Node, path string) error {
	if n.Kind != yaml.MappingNode {
		return w.fail(n, path, "is %s; names and values are wanted, such as %s", kindName(n), example(path))
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		element := reflect.New(v.Type().Elem()).Elem()
		if old := v.MapIndex(reflect.ValueOf(name)); old.IsValid() {
			element.Set(old)
		}
		if err := w.value(element, n.Content[i+1], join(path, name)); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(name), element)
	}
	return nil
}

func (w *walker) list(v reflect.Value, n *yaml.Node, path string) error {
	if n.Kind != yaml.SequenceNode {
		return w.fail(n, path, "is %s; a list is wanted, such as %s", kindName(n), example(path))
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, element := range n.Content {
		if err := w.value(out.Index(i), element, path); err != nil {
			return err
		}
	}
	v.Set(out)
	return nil
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode, yaml.DocumentNode, yaml.AliasNode:
	}
	return fmt.Sprintf("%q", n.Value)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func keysOf(t reflect.Type) []string {
	out := make([]string, t.NumField())
	for i := range out {
		out[i] = t.Field(i).Tag.Get("yaml")
	}
	return out
}

// example returns the example of a key, for messages.
func example(path string) string {
	for _, k := range Keys() {
		if k.Path == path && k.Example != "" {
			return k.Example
		}
	}
	return "those in docs/config.md"
}

// meant names the known key that is written most alike.
func meant(name string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := edits(name, k); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// edits counts the letters to change, add or leave out (Levenshtein).
func edits(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// scalars read single values, by their type.
var scalars = map[reflect.Type]func(reflect.Value, string) error{
	reflect.TypeFor[bool](): func(v reflect.Value, s string) error {
		switch s {
		case "true":
			v.SetBool(true)
		case "false":
			v.SetBool(false)
		default:
			return fmt.Errorf("%q is not true or false", s)
		}
		return nil
	},
	reflect.TypeFor[time.Duration](): func(v reflect.Value, s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is not a duration such as 500ms, 30s or 2h", s)
		}
		v.SetInt(int64(d))
		return nil
	},
	reflect.TypeFor[Age](): func(v reflect.Value, s string) error {
		d, err := parseAge(s)
		v.SetInt(int64(d))
		return err
	},
	reflect.TypeFor[Size](): func(v reflect.Value, s string) error {
		n, err := parseSize(s)
		v.SetInt(int64(n))
		return err
	},
	reflect.TypeFor[netip.Prefix](): func(v reflect.Value, s string) error {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, errAddr := netip.ParseAddr(s)
			if errAddr != nil {
				return fmt.Errorf("%q is not a prefix such as 192.168.10.0/24 or 2001:db8::/32", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p != p.Masked() {
			return fmt.Errorf("%q has bits behind its length; write %s", s, p.Masked())
		}
		v.Set(reflect.ValueOf(p))
		return nil
	},
}

// ageUnits and sizeUnits are what ages and sizes may end in.
var (
	ageUnits = []struct {
		name string
		unit time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
	sizeUnits = []struct {
		name string
		unit int64
	}{
		{"KiB", 1 << 10},
		{"MiB", 1 << 20},
		{"GiB", 1 << 30},
		{"TiB", 1 << 40},
		{"kB", 1e3},
		{"MB", 1e6},
		{"GB", 1e9},
		{"TB", 1e12},
		{"B", 1},
	}
)

func parseAge(s string) (Age, error) {
	for _, u := range ageUnits {
		number, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n <= 0 || n > math.MaxInt64/int64(u.unit) {
			break
		}
		return Age(time.Duration(n) * u.unit), nil
	}
	return 0, fmt.Errorf("%q is not an age such as 90d, 12h or 30m", s)
}

func parseSize(s string) (Size, error) {
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || n <= 0 || n > math.MaxInt64/u.unit {
			break
		}
		return Size(n * u.unit), nil
	}
	return 0, fmt.Errorf("%q is not a size such as 512MiB, 20GB or 1TiB", s)
}
