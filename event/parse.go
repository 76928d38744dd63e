package event

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/wire/json"
)

// ErrNotOCSF says that a text is JSON but no OCSF event: it has no class_uid.
var ErrNotOCSF = errors.New("no OCSF event: class_uid is missing")

// A Parser reads events from OCSF JSON; it reuses its memory from one to the
// next. The zero Parser is ready. It is used by one goroutine.
type Parser struct {
	doc json.Doc
}

// Parse reads one OCSF object, such as AppendJSON writes. What AppendJSON wrote
// comes back so that AppendJSON writes the same bytes again, with the Origin
// that its id tells. From others, what is a column becomes one, metadata.uid
// becomes OriginalUID, and everything else is kept as unmapped values under its
// dotted path; an event of a class that Bongsu does not write becomes a Base
// event with its class in unmapped. Time is the zero time where the object has
// none. The event keeps no reference to b.
func (p *Parser) Parse(b []byte) (*Event, error) {
	if err := p.doc.ParseString(string(b)); err != nil {
		return nil, fmt.Errorf("parse event: %w", err)
	}
	root := p.doc.Root()
	classUID, ok := root.Get("class_uid").Int()
	if root.Kind() != json.Object || !ok {
		return nil, fmt.Errorf("parse event: %w", ErrNotOCSF)
	}
	r := reader{e: New(Base, time.Time{}, Origin{}), known: true}
	if _, known := classNames[Class(classUID)]; known && classUID >= 0 && classUID <= math.MaxUint16 {
		r.e.Class = Class(classUID)
	} else {
		r.known = false
	}
	r.header(root)
	r.metadata(root.Get("metadata"))
	r.members(nil, root)
	return r.e, nil
}

// Parse reads one OCSF object with a Parser of its own.
func Parse(b []byte) (*Event, error) {
	var p Parser
	return p.Parse(b)
}

// maxMilli is the last millisecond whose nanoseconds fit int64: in the year 2262.
const maxMilli = math.MaxInt64 / 1_000_000

// The milliseconds that event times can have: years 1 (the zero time) to 9999.
const (
	firstMilli = -62135596800000
	lastMilli  = 253402300799999
)

type reader struct {
	e     *Event
	known bool // the class is one of ours
	own   bool // AppendJSON wrote it
}

// header takes what AppendJSON derives or writes at the front.
func (r *reader) header(root json.Value) {
	if at, ok := root.Get("time").Int(); ok && at >= firstMilli && at <= lastMilli {
		root.Get("time").Drop()
		r.e.Time = time.UnixMilli(at).UTC()
	} else if at, err := time.Parse(time.RFC3339Nano, root.Get("time_dt").Str()); err == nil {
		root.Get("time_dt").Drop()
		r.e.Time = at.UTC()
	}
	if n, ok := root.Get("severity_id").Int(); ok {
		root.Get("severity_id").Drop()
		root.Get("severity").Drop()
		if n != int64(SeverityInformational) && n >= 0 && n <= math.MaxUint8 {
			r.e.SetInt(SeverityID, n)
		}
	}
	if !r.known {
		return // its class, category, activity and type stay in unmapped
	}
	for _, name := range [...]string{"class_uid", "class_name", "category_uid", "category_name", "type_uid", "type_name"} {
		root.Get(name).Drop()
	}
	activity, ok := root.Get("activity_id").Int()
	if ok {
		root.Get("activity_id").Drop()
	}
	if activity != 0 {
		r.e.SetInt(ActivityID, activity)
	}
	name := root.Take("activity_name").Str()
	if name != "" && name != caption(r.e.Class, int(activity)) {
		r.e.SetStr(ActivityName, name)
	}
}

func (r *reader) metadata(meta json.Value) {
	if meta.Get("version").Is(SchemaVersion) {
		meta.Get("version").Drop()
	}
	uid := meta.Get("uid")
	origin, own := ParseID(uid.Str())
	if own {
		r.own = r.known
		r.e.Origin = origin
		uid.Drop()
		meta.Get("profiles").Drop() // follow from the columns
	} else if uid.Kind() == json.String && !meta.Get("original_event_uid").Exists() {
		uid.Drop()
		r.e.SetText(OriginalUID, uid.Str())
	}
	name, vendor := meta.Take("product", "name").Str(), meta.Take("product", "vendor_name").Str()
	switch {
	case name == Product && vendor == Product:
	case name == "" && !own:
		r.e.SetStr(ProductName, "unknown")
		r.e.SetText(ProductVendor, vendor)
	default:
		r.e.SetText(ProductName, name)
		r.e.SetText(ProductVendor, vendor)
	}
}

// ParseID returns the origin that an event's id tells. The source is as short
// as the id has it.
func ParseID(id string) (Origin, bool) {
	rest, ok := strings.CutPrefix(id, "evt_")
	parts := strings.Split(rest, "_")
	if !ok || len(parts) != 3 {
		return Origin{}, false
	}
	position, err1 := strconv.ParseInt(parts[1], 10, 64)
	ordinal, err2 := strconv.ParseUint(parts[2], 10, 32)
	o := Origin{Source: parts[0], Position: uint64(position), Ordinal: uint32(ordinal)}
	return o, err1 == nil && err2 == nil && o.id("evt_") == id
}

// basePaths are the columns that the Base class has.
var basePaths = []Path{
	SeverityID, StatusID, StatusCode, StatusDetail, Message, RawData, StartTime, EndTime, Duration, Count, Observables,
}

func (r *reader) members(prefix []byte, v json.Value) {
	top := len(prefix) == 0
	for m := range v.Each {
		if m.Taken() {
			continue
		}
		key := m.Key()
		if top && key == "unmapped" && m.Kind() == json.Object {
			for u := range m.Each {
				r.e.AddUnmapped(u.Key(), literal(u))
			}
			continue
		}
		name := prefix
		if !top {
			name = append(name, '.')
		}
		name = append(name, key...)
		if p, ok := byName[string(name)]; ok && r.has(p) && r.set(p, m) {
			continue
		}
		if m.Kind() == json.Object && m.Len() > 0 {
			r.members(name, m)
			continue
		}
		r.e.AddUnmapped(string(name), literal(m))
	}
}

func (r *reader) has(p Path) bool {
	return r.own || r.known && r.e.Class.Has(p) || !r.known && slices.Contains(basePaths, p) || split[p][0] == "metadata"
}

// set fills a column, and reports whether the value is of its type.
func (r *reader) set(p Path, v json.Value) bool {
	if r.e.Has(p) {
		return false
	}
	switch columns[p].typ {
	case String:
		if k := v.Kind(); k != json.String && k != json.Number && k != json.Bool {
			return false
		}
		r.e.SetStr(p, v.Text())
	case Int:
		n, ok := v.Int()
		if !ok || v.Kind() != json.Number {
			return false
		}
		r.e.SetInt(p, n)
	case Bool:
		truth, ok := v.Bool()
		if !ok {
			return false
		}
		r.e.SetBool(p, truth)
	case Time:
		ms, ok := v.Int()
		if !ok || ms <= -maxMilli || ms >= maxMilli {
			return false
		}
		r.e.SetInt(p, ms*1e6)
	case JSON:
		if k := v.Kind(); k != json.Object && k != json.Array {
			return false
		}
		r.e.SetStr(p, literal(v))
	}
	return true
}

// literal returns the value's text as it is written where that fits into one
// line of JSON, so that what we wrote stays the same to the byte.
func literal(v json.Value) string {
	raw := v.Raw()
	if utf8.ValidString(raw) && strings.IndexFunc(raw, func(r rune) bool { return r < 0x20 }) < 0 {
		return raw
	}
	return v.Literal()
}
