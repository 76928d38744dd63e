package event

import (
	"slices"
	"strconv"
	"strings"
)

// Has reports whether OCSF gives the class the attribute that a column begins
// with. It gives an unknown class none.
func (c Class) Has(p Path) bool {
	has := classHas[c]
	return has != nil && int(p) < len(has) && has[p]
}

var classHas = func() map[Class]*[len(columns)]bool {
	out := make(map[Class]*[len(columns)]bool, len(classAttributes))
	for class, words := range classAttributes {
		attributes := strings.Fields(words)
		out[class] = new([len(columns)]bool)
		for _, p := range Paths() {
			out[class][p] = slices.Contains(attributes, split[p][0])
		}
	}
	return out
}()

// Fit unmaps the columns that OCSF does not give to the event's class.
func (e *Event) Fit() {
	has := classHas[e.Class]
	if has == nil {
		return
	}
	for i := 0; i < len(e.fields); {
		if p := e.fields[i].path; !has[p] {
			e.Unmap(p)
		} else {
			i++
		}
	}
}

// Unmap takes a column out of the event and keeps its value as an unmapped one
// under the column's name: for what OCSF would not take in its place.
func (e *Event) Unmap(p Path) {
	i, ok := e.find(p)
	if !ok {
		return
	}
	f := e.fields[i]
	e.fields = append(e.fields[:i], e.fields[i+1:]...)
	switch columns[p].typ {
	case String:
		e.AddUnmappedStr(p.Name(), f.str)
	case JSON:
		e.AddUnmapped(p.Name(), f.str)
	case Int:
		e.AddUnmappedInt(p.Name(), f.num)
	case Bool:
		e.AddUnmapped(p.Name(), strconv.FormatBool(f.num != 0))
	case Time:
		e.AddUnmappedInt(p.Name(), floorDiv(f.num, 1e6))
	}
}
