package hunt

import (
	"slices"
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/text"
)

// Field is the name of a field as String writes it: the short name where there
// is one, otherwise the path, or unmapped.<name>.
type Field string

// Fields that are no columns.
const (
	fieldTime  Field = "time"
	fieldID    Field = "id"
	fieldClass Field = "class"

	unmappedPrefix = "unmapped."
)

// fieldKind says what may be asked of a field.
type fieldKind uint8

const (
	kindText     fieldKind = iota + 1
	kindNumber             // and numbers that stand for captions
	kindActivity           // whose captions depend on the class
	kindBool
	kindTime
	kindAddress
	kindMAC
	kindList // JSON: an array or an object
	kindClass
	kindUnmapped
)

// otherNames are the values that every event has, under their names in OCSF.
var otherNames = map[string]Field{
	"time": fieldTime, "id": fieldID, "metadata.uid": fieldID, "class": fieldClass, "class_uid": fieldClass, "class_name": fieldClass,
}

// byName holds every name in lower case; labels the words for those with any.
var byName, shortOf = func() (map[string]Field, map[Field]*shortName) {
	names := make(map[string]Field)
	shorts := make(map[Field]*shortName)
	for _, p := range event.Paths() {
		names[p.Name()] = Field(p.Name())
	}
	for i := range shortNames {
		s := &shortNames[i]
		names[s.name] = Field(s.name)
		shorts[Field(s.name)] = s
		for _, also := range s.also {
			names[also] = Field(s.name)
		}
		if len(s.paths) == 1 {
			names[s.paths[0].Name()] = Field(s.name)
		}
	}
	// The caption beside a number follows from it.
	names["severity"], names["status"], names["logon_type"] = "severity", "status", "logontype"
	for name, f := range otherNames {
		names[name] = f
	}
	return names, shorts
}()

// allNames are the names that may be suggested, sorted.
var allNames = func() []string {
	out := make([]string, 0, len(byName))
	for name := range byName {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}()

// FieldOf returns the field that a name stands for, in any case: a short name,
// a dotted OCSF path, or unmapped.<name>, whose name is taken as it is.
func FieldOf(name string) (Field, bool) {
	if len(name) > len(unmappedPrefix) && strings.EqualFold(name[:len(unmappedPrefix)], unmappedPrefix) {
		return Field(unmappedPrefix + name[len(unmappedPrefix):]), true
	}
	f, ok := byName[name]
	if !ok {
		f, ok = byName[strings.ToLower(name)]
	}
	return f, ok
}

// A ShortName is a name that is quicker to type than a path.
type ShortName struct {
	Field Field
	Also  []string // other names for it
	Paths []event.Path
	Label text.Message
}

// ShortNames returns the short names of fields in the order of the documents.
func ShortNames() []ShortName {
	out := make([]ShortName, 0, len(shortNames))
	for _, s := range shortNames {
		out = append(out, ShortName{Field(s.name), slices.Clone(s.also), slices.Clone(s.paths), s.label})
	}
	return out
}

// Of returns what the field stands for in the event store: one, or several of
// which any may match.
func (f Field) Of() []eventstore.Field {
	switch f {
	case fieldTime:
		return []eventstore.Field{{Kind: eventstore.EventTime}}
	case fieldID:
		return []eventstore.Field{{Kind: eventstore.EventID}}
	case fieldClass:
		return []eventstore.Field{{Kind: eventstore.ClassUID}}
	}
	if name, ok := strings.CutPrefix(string(f), unmappedPrefix); ok {
		return []eventstore.Field{{Kind: eventstore.Unmapped, Unmapped: name}}
	}
	var out []eventstore.Field
	for _, p := range f.paths() {
		out = append(out, eventstore.Field{Kind: eventstore.Column, Path: p})
	}
	return out
}

// paths returns the columns of a field, none for those that are no columns.
func (f Field) paths() []event.Path {
	if s := shortOf[f]; s != nil {
		return s.paths
	}
	if p, ok := event.PathOf(string(f)); ok {
		return []event.Path{p}
	}
	return nil
}

// path returns the column by which a field is judged, 0 for none.
func (f Field) path() event.Path {
	if ps := f.paths(); len(ps) > 0 {
		return ps[0]
	}
	return 0
}

func (f Field) kind() fieldKind {
	switch f {
	case fieldTime:
		return kindTime
	case fieldID:
		return kindText
	case fieldClass:
		return kindClass
	}
	if strings.HasPrefix(string(f), unmappedPrefix) {
		return kindUnmapped
	}
	p := f.path()
	switch p.Type() {
	case event.Int:
		if p == event.ActivityID {
			return kindActivity
		}
		return kindNumber
	case event.Bool:
		return kindBool
	case event.Time:
		return kindTime
	case event.JSON:
		return kindList
	case event.String:
	}
	switch name := p.Name(); {
	case strings.HasSuffix(name, ".ip"):
		return kindAddress
	case strings.HasSuffix(name, ".mac"):
		return kindMAC
	}
	return kindText
}

// Label returns the field in words.
func (f Field) Label() text.Message {
	switch f {
	case fieldTime:
		return labelTime
	case fieldID:
		return labelID
	case fieldClass:
		return labelClass
	}
	if s := shortOf[f]; s != nil {
		return s.label
	}
	name := string(f)
	return text.Message{EN: name, KO: name}
}

// ops returns the operators that a kind of field takes.
func (k fieldKind) ops() []Op {
	switch k {
	case kindNumber:
		return []Op{Is, Less, LessEqual, Greater, GreaterEqual, In, Exists}
	case kindTime:
		return []Op{Is, Less, LessEqual, Greater, GreaterEqual, Exists}
	case kindBool:
		return []Op{Is, Exists}
	case kindClass, kindActivity:
		return []Op{Is, In}
	case kindText, kindAddress, kindMAC, kindList, kindUnmapped:
	}
	return []Op{Is, Contains, Starts, Ends, Matches, In, Exists}
}

// captions returns the words for the numbers of a field, nil for one that has
// none.
func (f Field) captions() []string {
	switch f.kind() {
	case kindNumber:
		return captionsOf[f.path()]
	case kindActivity:
		return activityWords
	}
	return nil
}

// captionsOf holds the captions of the columns that are lists of numbers.
var captionsOf = func() map[event.Path][]string {
	out := make(map[event.Path][]string)
	for _, p := range event.Paths() {
		if c := p.Captions(); c != nil {
			for i := range c {
				c[i] = strings.ToLower(c[i])
			}
			out[p] = c
		}
	}
	return out
}()

// An activityOf is a number of activity_id and the classes in which it is
// called the same.
type activityOf struct {
	number  int64
	classes []event.Class
}

// activityNumbers holds, by caption in lower case, what it stands for;
// activityWords are the captions, sorted.
var activityNumbers, activityWords = func() (map[string][]activityOf, []string) {
	out := make(map[string][]activityOf)
	for _, c := range event.Classes() {
		for n, name := range c.Activities() {
			if n == 0 || name == "" {
				continue
			}
			name = strings.ToLower(name)
			i := slices.IndexFunc(out[name], func(a activityOf) bool { return a.number == int64(n) })
			if i < 0 {
				out[name] = append(out[name], activityOf{number: int64(n)})
				i = len(out[name]) - 1
			}
			out[name][i].classes = append(out[name][i].classes, c)
		}
	}
	words := make([]string, 0, len(out))
	for name := range out {
		words = append(words, name)
	}
	slices.Sort(words)
	return out, words
}()

// classOf returns the class that a word or a caption stands for.
func classOf(word string) (event.Class, bool) {
	for _, c := range classWords {
		if strings.EqualFold(c.word, word) || slices.ContainsFunc(c.also, func(s string) bool { return strings.EqualFold(s, word) }) {
			return c.class, true
		}
	}
	for _, c := range event.Classes() {
		if strings.EqualFold(c.Name(), word) {
			return c, true
		}
	}
	return 0, false
}

// classWord returns the word for a class, "" where there is none.
func classWord(c event.Class) string {
	for _, w := range classWords {
		if w.class == c {
			return w.word
		}
	}
	return ""
}

// nearest returns the name of the list that is closest to what was typed, ""
// where none is close: the one that it ends, or the one with the fewest
// letters changed.
func nearest(typed string, names []string) string {
	typed = strings.ToLower(typed)
	if len(typed) > 64 {
		return ""
	}
	best, fewest := "", max(1, len(typed)/3)+1
	for _, name := range names {
		if len(typed) > 2 && strings.HasSuffix(name, "."+typed) {
			return name
		}
		if len(name)-len(typed) >= fewest || len(typed)-len(name) >= fewest {
			continue
		}
		if d := distance(typed, name, fewest); d < fewest {
			best, fewest = name, d
		}
	}
	return best
}

// distance returns how many letters are added, left out, changed or swapped
// between two words (optimal string alignment), limit where it is not less.
func distance(a, b string, limit int) int {
	var rows [3][80]int
	if len(a) >= len(rows[0]) || len(b) >= len(rows[0]) {
		return limit
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, before := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least >= limit {
			return limit
		}
	}
	return min(limit, rows[len(a)%3][len(b)])
}
