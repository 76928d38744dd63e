package zeek

import (
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/json"
)

// row is one line of a log, as text or as JSON. Taking a field keeps it out of
// the rest.
type row struct {
	header *header // nil for JSON
	cells  []string
	used   []bool
	obj    json.Value
}

// value returns a field of a JSON row, which may lie within an object: id.orig_h
// or id: {orig_h}.
func (r *row) value(name string) json.Value {
	v := r.obj.Get(name)
	if v.Kind() != json.None {
		return v
	}
	if outer, inner, ok := strings.Cut(name, "."); ok {
		return r.obj.Get(outer, inner)
	}
	return v
}

// find returns the place of a field that has a value.
func (r *row) find(name string) (int, bool) {
	i, ok := r.header.index[name]
	return i, ok && r.cells[i] != r.header.unset
}

func (r *row) has(name string) bool {
	if r.header == nil {
		return r.value(name).Exists()
	}
	_, ok := r.find(name)
	return ok
}

// text returns a field without taking it; "" if it is not set.
func (r *row) text(name string) string {
	if r.header == nil {
		return r.value(name).Text()
	}
	i, ok := r.find(name)
	if !ok || r.cells[i] == r.header.empty {
		return ""
	}
	return unescape(r.cells[i])
}

func (r *row) drop(names ...string) {
	for _, name := range names {
		if r.header == nil {
			r.value(name).Drop()
		} else if i, ok := r.header.index[name]; ok {
			r.used[i] = true
		}
	}
}

func (r *row) take(name string) string {
	s := r.text(name)
	r.drop(name)
	return s
}

// number takes a whole number, -1 if it is not set. What is set but no number
// stays in the rest.
func (r *row) number(name string) int64 {
	if r.header == nil {
		v := r.value(name)
		n, ok := v.Int()
		if !ok || n < 0 {
			return -1
		}
		v.Drop()
		return n
	}
	i, ok := r.find(name)
	if !ok {
		return -1
	}
	n, err := strconv.ParseInt(r.cells[i], 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	r.used[i] = true
	return n
}

// truth takes a T or F.
func (r *row) truth(name string) (truth, ok bool) {
	if r.header == nil {
		truth, ok = r.value(name).Bool()
	} else {
		s := r.text(name)
		truth, ok = s == "T" || s == "1", s == "T" || s == "F" || s == "1" || s == "0"
	}
	if ok {
		r.drop(name)
	}
	return truth, ok
}

// interval takes a number of seconds.
func (r *row) interval(name string) (time.Duration, bool) {
	s := r.text(name)
	nanos, ok := decimal(s)
	if !ok && r.header == nil {
		var f float64
		if f, ok = r.value(name).Float(); ok && f > -9e9 && f < 9e9 {
			nanos = int64(f * 1e9)
		} else {
			ok = false
		}
	}
	if !ok {
		return 0, false
	}
	r.drop(name)
	return time.Duration(nanos), true
}

// list takes a set or vector.
func (r *row) list(name string) []string {
	var out []string
	if r.header == nil {
		v := r.value(name)
		for m := range v.Each {
			out = append(out, m.Text())
		}
		if v.Kind() == json.String {
			out = append(out, v.Str())
		}
		v.Drop()
		return out
	}
	i, ok := r.find(name)
	if !ok {
		return nil
	}
	r.used[i] = true
	if r.cells[i] == r.header.empty {
		return nil
	}
	for part := range strings.SplitSeq(r.cells[i], r.header.setSeparator) {
		out = append(out, unescape(part))
	}
	return out
}

// rest adds every field that was not taken, under Zeek's own name.
func (r *row) rest(e *event.Event) {
	if r.header == nil {
		r.obj.Rest(func(name string, v json.Value) {
			if !secret(name) {
				e.AddUnmapped(name, v.Literal())
			}
		})
		return
	}
	for i, cell := range r.cells {
		name := r.header.names[i]
		if r.used[i] || cell == r.header.unset || secret(name) {
			continue
		}
		typ := ""
		if i < len(r.header.types) {
			typ = r.header.types[i]
		}
		if isNumber(cell) && numeric(typ) {
			e.AddUnmapped(name, cell)
			continue
		}
		e.AddUnmapped(name, string(r.literal(nil, cell, typ)))
	}
}

// secret tells fields that no event may carry.
func secret(name string) bool { return name == "password" || strings.HasSuffix(name, ".password") }

// literal writes a cell as JSON, by its type.
func (r *row) literal(dst []byte, cell, typ string) []byte {
	inner, isList := typ, false
	for _, prefix := range [...]string{"set[", "vector[", "table["} {
		if t, ok := strings.CutPrefix(typ, prefix); ok {
			inner, isList = strings.TrimSuffix(t, "]"), true
		}
	}
	if isList {
		dst = append(dst, '[')
		if cell != r.header.empty {
			for i, part := range strings.Split(cell, r.header.setSeparator) {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = r.literal(dst, part, inner)
			}
		}
		return append(dst, ']')
	}
	switch {
	case numeric(inner) && isNumber(cell):
		return append(dst, cell...)
	case inner == "bool" && (cell == "T" || cell == "1"):
		return append(dst, "true"...)
	case inner == "bool" && (cell == "F" || cell == "0"):
		return append(dst, "false"...)
	}
	if cell == r.header.empty {
		return append(dst, `""`...)
	}
	if cell == r.header.unset {
		return append(dst, "null"...)
	}
	return event.AppendQuoted(dst, unescape(cell))
}

// numeric reports whether values of a type are written as numbers.
func numeric(typ string) bool {
	switch typ {
	case "count", "int", "port", "double", "interval", "time":
		return true
	}
	return false
}

// isNumber reports whether a cell is a number as JSON has them.
func isNumber(s string) bool {
	whole, fraction, dotted := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if len(whole) == 0 || len(whole) > 1 && whole[0] == '0' || dotted && len(fraction) == 0 {
		return false
	}
	for _, part := range [...]string{whole, fraction} {
		for i := range len(part) {
			if part[i] < '0' || part[i] > '9' {
				return false
			}
		}
	}
	return true
}

// unescape undoes \x09 and \\.
func unescape(b string) string {
	if strings.IndexByte(b, '\\') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+3 < len(b) && b[i+1] == 'x' {
			if n, err := strconv.ParseUint(b[i+2:i+4], 16, 8); err == nil {
				out = append(out, byte(n))
				i += 3
				continue
			}
		}
		if b[i] == '\\' && i+1 < len(b) && b[i+1] == '\\' {
			i++
		}
		out = append(out, b[i])
	}
	return string(out)
}
