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

// Fit makes an event of somebody else's such that OCSF takes it: columns that
// its class does not have, and numbers that are not in their list, become
// unmapped values, and the text beside a number becomes its caption.
func (e *Event) Fit() {
	e.fitClass()
	e.fitActivity()
	for _, enum := range enums {
		if !e.Has(enum.id) {
			if s := e.Str(enum.text); s != "" {
				e.SetInt(enum.id, numberOf(s, enum.captions))
			}
			continue
		}
		captions := enum.captions
		if enum.id == StatusID && e.Class == DetectionFinding {
			captions = findingStatuses[:]
		}
		n := e.Int(enum.id)
		switch {
		case n == other:
		case n < 0 || n >= int64(len(captions)) || captions[n] == "":
			e.Unmap(enum.id)
			if e.Has(enum.text) {
				e.SetInt(enum.id, other)
			}
		case enum.text != 0 && e.Has(enum.text):
			e.SetStr(enum.text, captions[n])
		}
	}
}

// shaped reports whether the JSON of a column is an object or an array as OCSF
// has it there. It does not look into it.
func (f *field) shaped() bool {
	if columns[f.path].typ != JSON {
		return true
	}
	begin := byte('[')
	switch f.path {
	case TLSJA3, TLSJA3S, ClientHASSH, ServerHASSH:
		begin = '{'
	}
	return f.str != "" && f.str[0] == begin
}

// numberOf returns the number whose caption s is, Other for none.
func numberOf(s string, captions []string) int64 {
	for n, c := range captions {
		if c != "" && strings.EqualFold(c, s) {
			return int64(n)
		}
	}
	return other
}

func (e *Event) fitActivity() {
	activity, name := e.Activity(), e.Str(ActivityName)
	_, known := activities[e.Class]
	switch {
	case !known || activity == other:
	case caption(e.Class, activity) == "":
		e.Unmap(ActivityID)
		e.SetActivity(other)
	case activity == 0 && name != "" && name != "Unknown":
		e.SetActivity(other)
	}
}

func (e *Event) fitClass() {
	has := classHas[e.Class]
	if has == nil {
		return
	}
	for i := 0; i < len(e.fields); {
		if p := e.fields[i].path; !has[p] || !e.fields[i].shaped() {
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
