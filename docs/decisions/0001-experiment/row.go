package main

import (
	"math"
	"slices"
	"strconv"
	"time"
)

type kind uint8

const (
	kindString kind = iota
	kindInt
	kindFloat
	kindBool
	kindTime
)

// dictionary gives every typed path a small number, as the OCSF dictionary
// of the product would.
type dictionary struct {
	names []string
	kinds []kind
	ids   map[string]uint16
}

func newDictionary() *dictionary { return &dictionary{ids: map[string]uint16{}} }

func (d *dictionary) add(name string, k kind) uint16 {
	if id, ok := d.ids[name]; ok {
		return id
	}
	id := uint16(len(d.names))
	d.names, d.kinds, d.ids[name] = append(d.names, name), append(d.kinds, k), id
	return id
}

// field is one typed value of a row. Numbers, booleans, float bits and times
// (ns) are in num, strings in str.
type field struct {
	path uint16
	num  int64
	str  string
}

type entry struct{ key, value string }

// row is the compact form that a decoder emits and a detector reads: fields
// sorted by path.
type row struct {
	class    int32
	fields   []field
	unmapped []entry
}

func (r *row) get(path uint16) *field {
	for i := range r.fields {
		if r.fields[i].path >= path {
			if r.fields[i].path == path {
				return &r.fields[i]
			}
			return nil
		}
	}
	return nil
}

func (r *row) size() int {
	n := 24
	for i := range r.fields {
		n += 8 + len(r.fields[i].str)
	}
	for i := range r.unmapped {
		n += len(r.unmapped[i].key) + len(r.unmapped[i].value)
	}
	return n
}

func (r *row) set(d *dictionary, path uint16, v any) bool {
	f := field{path: path}
	switch d.kinds[path] {
	case kindString:
		switch v := v.(type) {
		case string:
			f.str = v
		case float64:
			f.str = strconv.FormatFloat(v, 'f', -1, 64)
		default:
			return false
		}
	case kindInt:
		switch v := v.(type) {
		case float64:
			f.num = int64(v)
		case string:
			n, err := strconv.ParseInt(v, 0, 64)
			if err != nil {
				return false
			}
			f.num = n
		default:
			return false
		}
	case kindFloat:
		switch v := v.(type) {
		case float64:
			f.num = int64(math.Float64bits(v))
		case string:
			x, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return false
			}
			f.num = int64(math.Float64bits(x))
		default:
			return false
		}
	case kindBool:
		switch v := v.(type) {
		case bool:
			if v {
				f.num = 1
			}
		case string:
			if v == "T" || v == "true" {
				f.num = 1
			}
		default:
			return false
		}
	case kindTime:
		s, _ := v.(string)
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999-0700", "2006-01-02 15:04:05.999"} {
			if t, err := time.Parse(layout, s); err == nil {
				f.num = t.UnixNano()
				break
			}
		}
		if x, ok := v.(float64); ok {
			f.num = int64(x * 1e9)
		}
		if f.num == 0 {
			return false
		}
	}
	r.put(f)
	return true
}

func (r *row) put(f field) {
	i, found := slices.BinarySearchFunc(r.fields, f.path, func(a field, p uint16) int { return int(a.path) - int(p) })
	if found {
		r.fields[i] = f
		return
	}
	r.fields = slices.Insert(r.fields, i, f)
}
