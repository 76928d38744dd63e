package sigma

import (
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/event"
)

// view reads an event by the names that rules use.
type view struct {
	event *event.Event
	all   []string // every value, for keywords; made when first asked for
}

// values returns what a field holds, nothing where it is absent. Field "" is
// every value of the event.
func (v *view) values(field string) []string {
	if field == "" {
		return v.everything()
	}
	var out []string
	if paths, ok := fieldPaths[field]; ok {
		for _, p := range paths {
			if v.event.Has(p) {
				out = append(out, textOf(v.event, p))
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	if p, ok := event.PathOf(field); ok && v.event.Has(p) {
		return append(out, textOf(v.event, p))
	}
	for _, u := range v.event.AllUnmapped() {
		if u.Name == field || strings.HasSuffix(u.Name, field) && strings.HasSuffix(u.Name[:len(u.Name)-len(field)], ".") {
			if u.Literal != "null" {
				out = append(out, event.Unquote(u.Literal))
			}
		}
	}
	return out
}

func textOf(e *event.Event, p event.Path) string {
	switch p.Type() {
	case event.Int:
		return strconv.FormatInt(e.Int(p), 10)
	case event.Bool:
		return strconv.FormatBool(e.Bool(p))
	case event.Time:
		return e.TimeOf(p).Format("2006-01-02T15:04:05.000Z")
	}
	return e.Str(p)
}

func (v *view) everything() []string {
	if v.all != nil {
		return v.all
	}
	v.all = []string{}
	v.event.Each(func(p event.Path, _ string, _ int64) bool {
		v.all = append(v.all, textOf(v.event, p))
		return true
	})
	for _, u := range v.event.AllUnmapped() {
		v.all = append(v.all, event.Unquote(u.Literal))
	}
	return v.all
}

// explain says which fields made the rule match.
func (r *Rule) explain(v *view) string {
	const enough = 4
	var said []string
	for _, name := range r.names {
		for _, all := range r.selection[name].any {
			for i := range all {
				if len(said) == enough || !all[i].holds(v) {
					continue
				}
				said = append(said, all[i].says(v))
			}
		}
	}
	if len(said) == 0 {
		return r.Title
	}
	return strings.Join(said, "; ")
}

// says names the first test that holds and the value that it holds for.
func (d *demand) says(v *view) string {
	field := d.field
	if field == "" {
		field = "any value"
	}
	for i := range d.tests {
		t := &d.tests[i]
		if !t.holds(d.field, v) {
			continue
		}
		for _, value := range v.values(d.field) {
			if t.match != nil && t.match(value) {
				return field + " " + t.words + " (" + short(value) + ")"
			}
		}
		return field + " " + t.words
	}
	return field
}

// short cuts a value for people.
func short(s string) string {
	const most = 120
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
