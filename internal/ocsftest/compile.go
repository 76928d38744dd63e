package ocsftest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// definition is what a file says of an attribute. Definitions are laid over
// each other: the dictionary, the profiles, the parents, the item itself.
type definition struct {
	Type        string                `json:"type"`
	IsArray     *bool                 `json:"is_array"`
	Requirement string                `json:"requirement"`
	Enum        map[string]enumerator `json:"enum"`
	Profile     json.RawMessage       `json:"profile"` // null: needs no profile
	Observable  int                   `json:"observable"`
	Caption     string                `json:"caption"`
	Sibling     string                `json:"sibling"`

	profiles []string // nil: not said; empty: none needed
}

type category struct {
	UID     int64  `json:"uid"`
	Caption string `json:"caption"`
}

type enumerator struct {
	Caption string `json:"caption"`
}

// over lays a later definition over d.
func (d definition) over(later definition) definition {
	if later.Type != "" {
		d.Type = later.Type
	}
	if later.IsArray != nil {
		d.IsArray = later.IsArray
	}
	if later.Requirement != "" {
		d.Requirement = later.Requirement
	}
	if later.Caption != "" {
		d.Caption = later.Caption
	}
	if later.Sibling != "" {
		d.Sibling = later.Sibling
	}
	if len(later.Enum) > 0 {
		all := maps.Clone(later.Enum)
		for k, v := range d.Enum {
			if _, ok := all[k]; !ok {
				all[k] = v
			}
		}
		d.Enum = all
	}
	switch {
	case later.profiles == nil:
	case len(later.profiles) == 0 || len(d.profiles) == 0:
		d.profiles = later.profiles
	default:
		d.profiles = slices.Concat(d.profiles, later.profiles)
	}
	return d
}

// item is a file of a class, an object or a profile.
type item struct {
	Name        string                     `json:"name"`
	Extends     string                     `json:"extends"`
	Category    string                     `json:"category"`
	UID         *int64                     `json:"uid"`
	Caption     string                     `json:"caption"`
	Meta        string                     `json:"meta"`
	Attributes  map[string]json.RawMessage `json:"attributes"`
	Constraints map[string][]string        `json:"constraints"`
	Observable  int                        `json:"observable"`
	Observables map[string]int             `json:"observables"`

	root      root
	own       map[string]definition // with its includes
	resolved  bool
	resolving bool
}

// root is the schema itself or one of its extensions.
type root struct {
	dir string // "." or extensions/windows
	uid int64
	ext string // "", win, linux
}

type dictionary struct {
	Attributes map[string]definition `json:"attributes"`
	Types      struct {
		Attributes map[string]typeDefinition `json:"attributes"`
	} `json:"types"`
}

type typeDefinition struct {
	Type       string  `json:"type"`
	Caption    string  `json:"caption"`
	Regex      string  `json:"regex"`
	MaxLen     int     `json:"max_len"`
	Range      []int64 `json:"range"`
	Observable int     `json:"observable"`
}

// compiler holds what has been read.
type compiler struct {
	fsys       fs.FS
	dictionary dictionary
	categories map[string]category
	objects    map[string]*item
	events     map[string]*item
	profiles   map[string]map[string]definition // by file
	schema     *Schema
	observable map[string]enumerator
}

// Compile compiles the schema in a folder that is laid out as the public
// repository of OCSF.
func Compile(folder string) (*Schema, error) {
	c := &compiler{
		fsys:       os.DirFS(folder),
		categories: map[string]category{"other": {0, "Uncategorized"}},
		objects:    map[string]*item{},
		events:     map[string]*item{},
		profiles:   map[string]map[string]definition{},
		observable: map[string]enumerator{},
		schema: &Schema{
			classes:  map[int64]*node{},
			objects:  map[string]*node{},
			types:    map[string]*scalar{},
			profiles: map[string]uint64{},
		},
	}
	if err := c.compile(); err != nil {
		return nil, fmt.Errorf("compile OCSF schema %s: %w", folder, err)
	}
	return c.schema, nil
}

func (c *compiler) compile() error {
	var version struct {
		Version string `json:"version"`
	}
	if err := c.read("version.json", &version); err != nil {
		return err
	}
	c.schema.version = version.Version
	roots, err := c.roots()
	if err != nil {
		return err
	}
	for _, r := range roots {
		if err := c.words(r); err != nil {
			return err
		}
	}
	for _, r := range roots {
		if err := errors.Join(c.items(r, "objects", c.objects), c.items(r, "events", c.events)); err != nil {
			return err
		}
	}
	for _, all := range []map[string]*item{c.objects, c.events} {
		for _, it := range all {
			if err := it.resolve(all); err != nil {
				return err
			}
		}
	}
	return c.build()
}

func (c *compiler) read(file string, into any) error {
	b, err := fs.ReadFile(c.fsys, file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// roots lists the schema and then its extensions.
func (c *compiler) roots() ([]root, error) {
	out := []root{{dir: "."}}
	files, err := fs.Glob(c.fsys, "extensions/*/extension.json")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		var ext struct {
			Name string `json:"name"`
			UID  int64  `json:"uid"`
		}
		if err := c.read(f, &ext); err != nil {
			return nil, err
		}
		out = append(out, root{dir: path.Dir(f), uid: ext.UID, ext: ext.Name})
	}
	return out, nil
}

// words reads the dictionary, the categories and the names of the profiles.
func (c *compiler) words(r root) error {
	var d dictionary
	if err := c.read(path.Join(r.dir, "dictionary.json"), &d); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.dictionary.Attributes == nil {
		c.dictionary = d
	}
	for name, def := range d.Attributes {
		c.dictionary.Attributes[name] = c.dictionary.Attributes[name].over(def)
	}
	maps.Copy(c.dictionary.Types.Attributes, d.Types.Attributes)

	var categories struct {
		Attributes map[string]category `json:"attributes"`
	}
	if err := c.read(path.Join(r.dir, "categories.json"), &categories); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	maps.Copy(c.categories, categories.Attributes)

	files, err := fs.Glob(c.fsys, path.Join(r.dir, "profiles/*.json"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := c.include(r, f); err != nil {
			return err
		}
	}
	return nil
}

// include reads the attributes of a profile, or of another shared file.
func (c *compiler) include(r root, file string) (map[string]definition, error) {
	if have, ok := c.profiles[file]; ok {
		return have, nil
	}
	c.profiles[file] = nil // ends a circle of includes
	var it item
	if err := c.read(file, &it); err != nil {
		return nil, err
	}
	own, err := c.own(r, file, it.Attributes)
	if err != nil {
		return nil, err
	}
	if it.Meta == "profile" {
		name := it.Name
		if r.ext != "" {
			name = r.ext + "/" + name
		}
		if _, ok := c.schema.profiles[name]; !ok {
			if len(c.schema.profiles) == 64 {
				return nil, errors.New("more than 64 profiles")
			}
			c.schema.profiles[name] = 1 << len(c.schema.profiles)
		}
		for k, d := range own {
			d.profiles = []string{name}
			own[k] = d
		}
	}
	c.profiles[file] = own
	return own, nil
}

// own returns the attributes of a file, with what it includes.
func (c *compiler) own(r root, file string, attributes map[string]json.RawMessage) (map[string]definition, error) {
	out := map[string]definition{}
	if raw, ok := attributes["$include"]; ok {
		var names []string
		if err := json.Unmarshal(raw, &names); err != nil {
			return nil, fmt.Errorf("%s: $include: %w", file, err)
		}
		for _, name := range names {
			from, at := r, path.Join(r.dir, name)
			if _, err := fs.Stat(c.fsys, at); err != nil {
				from, at = root{dir: "."}, name
			}
			included, err := c.include(from, at)
			if err != nil {
				return nil, fmt.Errorf("%s: $include: %w", file, err)
			}
			for k, d := range included {
				out[k] = out[k].over(d)
			}
		}
	}
	for name, raw := range attributes {
		if name == "$include" {
			continue
		}
		var d definition
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, name, err)
		}
		switch p := string(d.Profile); p {
		case "":
		case "null":
			d.profiles = []string{}
		default:
			d.profiles = []string{strings.Trim(p, `"`)}
		}
		out[name] = out[name].over(d)
	}
	return out, nil
}

// items reads the classes or the objects of a root. What extends its own name,
// or has none, patches what is there.
func (c *compiler) items(r root, folder string, into map[string]*item) error {
	var patches []*item
	err := fs.WalkDir(c.fsys, path.Join(r.dir, folder), func(file string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || path.Ext(file) != ".json" {
			return err
		}
		it := &item{root: r}
		if err := c.read(file, it); err != nil {
			return err
		}
		if it.own, err = c.own(r, file, it.Attributes); err != nil {
			return err
		}
		if it.Name == "" || it.Name == it.Extends {
			patches = append(patches, it)
			return nil
		}
		if into[it.Name] != nil {
			return fmt.Errorf("%s: there is another %s", file, it.Name)
		}
		into[it.Name] = it
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range patches {
		base := into[p.Extends]
		if base == nil {
			return fmt.Errorf("%s: extension patches %q, which does not exist", r.dir, p.Extends)
		}
		base.own = lay(base.own, p.own)
		if p.Constraints != nil {
			base.Constraints = p.Constraints
		}
	}
	return nil
}

func lay(base, later map[string]definition) map[string]definition {
	out := maps.Clone(base)
	if out == nil {
		out = map[string]definition{}
	}
	for name, d := range later {
		out[name] = out[name].over(d)
	}
	return out
}

// resolve adds what an item inherits.
func (it *item) resolve(all map[string]*item) error {
	switch {
	case it.resolved || it.Extends == "":
		it.resolved = true
		return nil
	case it.resolving:
		return fmt.Errorf("%s extends itself", it.Name)
	case all[it.Extends] == nil:
		return fmt.Errorf("%s extends %q, which does not exist", it.Name, it.Extends)
	}
	it.resolving = true
	parent := all[it.Extends]
	if err := parent.resolve(all); err != nil {
		return err
	}
	it.own = lay(parent.own, it.own)
	if it.Category == "" {
		it.Category = parent.Category
	}
	if it.Constraints == nil {
		it.Constraints = parent.Constraints
	}
	it.resolved = true
	return nil
}

// build makes the nodes.
func (c *compiler) build() error {
	for name := range c.dictionary.Types.Attributes {
		if err := c.scalar(name); err != nil {
			return err
		}
	}
	c.observe()
	for name := range c.objects {
		c.schema.objects[name] = &node{name: name}
	}
	for name, it := range c.objects {
		if err := c.fill(c.schema.objects[name], it); err != nil {
			return err
		}
	}
	for name, it := range c.events {
		if it.UID == nil && name != "base_event" {
			continue // only to be extended
		}
		category, ok := c.categories[it.Category]
		if !ok {
			return fmt.Errorf("%s: unknown category %q", name, it.Category)
		}
		n := &node{name: name, caption: it.Caption, category: category, uid: it.root.uid*100_000 + category.UID*1000}
		if it.UID != nil {
			n.uid += *it.UID
		}
		if err := c.fill(n, it); err != nil {
			return err
		}
		n.attributes["class_uid"].numbers = map[int64]string{n.uid: n.caption}
		n.attributes["category_uid"].numbers = map[int64]string{category.UID: category.Caption}
		if have := c.schema.classes[n.uid]; have != nil {
			return fmt.Errorf("%s and %s are both class %d", have.name, name, n.uid)
		}
		c.schema.classes[n.uid] = n
	}
	for _, n := range c.schema.objects {
		if err := n.finish(); err != nil {
			return err
		}
	}
	for _, n := range c.schema.classes {
		if err := n.finish(); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) scalar(name string) error {
	def := c.dictionary.Types.Attributes[name]
	s := &scalar{name: name, maxLen: def.MaxLen}
	base := name
	if def.Type != "" {
		base = def.Type
	}
	switch base {
	case "string_t":
		s.kind = text
	case "integer_t", "long_t":
		s.kind = integer
	case "float_t":
		s.kind = float
	case "boolean_t":
		s.kind = boolean
	case "json_t":
		s.kind = anything
	default:
		return fmt.Errorf("type %s: unknown base %s", name, base)
	}
	if len(def.Range) == 2 {
		s.ranged, s.min, s.max = true, def.Range[0], def.Range[1]
	}
	if def.Regex != "" {
		regex, err := regexp.Compile(def.Regex)
		if err != nil {
			return fmt.Errorf("type %s: %w", name, err)
		}
		s.regex = regex
	}
	c.schema.types[name] = s
	return nil
}

// observe gathers the kinds of observables, which the schema states where the
// things are defined.
func (c *compiler) observe() {
	add := func(id int, caption string) {
		if id != 0 {
			c.observable[strconv.Itoa(id)] = enumerator{caption}
		}
	}
	for _, d := range c.dictionary.Types.Attributes {
		add(d.Observable, d.Caption)
	}
	for _, d := range c.dictionary.Attributes {
		add(d.Observable, d.Caption)
	}
	for _, all := range []map[string]*item{c.objects, c.events} {
		for _, it := range all {
			add(it.Observable, it.Caption)
			for _, id := range it.Observables {
				add(id, it.Caption)
			}
			for _, d := range it.own {
				add(d.Observable, d.Caption)
			}
		}
	}
}

func (c *compiler) fill(n *node, it *item) error {
	n.open = n.name == "object"
	n.attributes = make(map[string]*attribute, len(it.own))
	for name, own := range it.own {
		word, ok := c.dictionary.Attributes[name]
		if !ok {
			return fmt.Errorf("%s.%s is not in the dictionary", n.name, name)
		}
		def := word.over(own)
		if n.name == "observable" && name == "type_id" {
			def = def.over(definition{Enum: c.observable})
		}
		a, err := c.attribute(name, def)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", n.name, name, err)
		}
		n.attributes[name] = a
		if a.scalar != nil && a.scalar.name == "timestamp_t" {
			// The profile datetime adds these, by rule and not by name.
			n.attributes[name+"_dt"] = &attribute{
				name: name + "_dt", array: a.array, scalar: c.schema.types["datetime_t"],
				profiles: c.schema.profiles["datetime"],
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(it.Constraints)) {
		if kind != "at_least_one" && kind != "just_one" {
			return fmt.Errorf("%s: unknown constraint %q", n.name, kind)
		}
		n.constraints = append(n.constraints, constraint{justOne: kind == "just_one", names: it.Constraints[kind]})
	}
	return nil
}

func (c *compiler) attribute(name string, def definition) (*attribute, error) {
	a := &attribute{name: name, sibling: def.Sibling, required: def.Requirement == "required", array: def.IsArray != nil && *def.IsArray}
	for _, p := range def.profiles {
		bit, ok := c.schema.profiles[p]
		if !ok {
			return nil, fmt.Errorf("unknown profile %q", p)
		}
		a.profiles |= bit
	}
	if a.scalar = c.schema.types[def.Type]; a.scalar == nil {
		if a.object = c.schema.objects[def.Type]; a.object == nil {
			return nil, fmt.Errorf("unknown type %q", def.Type)
		}
		return a, nil
	}
	for value, e := range def.Enum {
		if a.scalar.kind == text {
			if a.words == nil {
				a.words = map[string]string{}
			}
			a.words[value] = e.Caption
			continue
		}
		number, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("enum value %q is no integer", value)
		}
		if a.numbers == nil {
			a.numbers = map[int64]string{}
		}
		a.numbers[number] = e.Caption
	}
	return a, nil
}
