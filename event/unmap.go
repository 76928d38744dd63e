package event

import "strconv"

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
