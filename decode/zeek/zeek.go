// Package zeek reads the logs of the Zeek network monitor, as tab-separated
// text with a header and as JSON. What a log says that OCSF has a word for
// becomes a column, everything else is kept under Zeek's own name. It does not
// follow what Zeek did not log.
//
// To read a further kind of log well, add a mapping to the table in maps.go;
// without one its rows are kept with addresses and all fields.
package zeek

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/json"
)

// Kind returns the format for the catalogue.
func Kind() decode.Kind {
	return decode.Kind{
		Name: "zeek", Doc: "Logs of Zeek, as tab-separated text with header and as JSON.", Tier: decode.Fields,
		Sniff: sniff, Sticky: true, New: func(o decode.Options) decode.Decoder { return newDecoder(o) },
	}
}

func sniff(head []byte) int {
	for rest := head; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
			continue
		case bytes.HasPrefix(line, []byte("#separator ")), bytes.HasPrefix(line, []byte("#fields\t")), bytes.HasPrefix(line, []byte("#set_separator")):
			return 99
		case line[0] == '#':
			continue
		}
		return decode.SniffJSON(head, judge)
	}
	return 0
}

// judge knows Zeek's objects by their first member: the time, or the name
// of the log that some shippers put before it.
func judge(root json.Value, line []byte, whole bool) int {
	if !whole {
		if bytes.HasPrefix(line, []byte(`{"ts":`)) && bytes.Contains(line, []byte(`"id.orig_h"`)) {
			return 85
		}
		return 0
	}
	if root.Get("event_type").Exists() || root.Get("class_uid").Exists() {
		return 0
	}
	_, timed := timeOf(root.Get("ts"))
	switch {
	case timed && (root.Get("id.orig_h").Exists() || root.Get("id", "orig_h").Exists() || root.Get("_path").Exists()):
		return 95
	case timed && guess(row{obj: root}) != "":
		return 85
	case timed && first(root).Key() == "ts":
		return 60
	case first(root).Key() == "name" && (strings.HasSuffix(root.Get("name").Str(), ".zeek") || strings.HasSuffix(root.Get("name").Str(), ".bro")):
		return 60 // loaded_scripts.log, the only one without a time
	}
	return 0
}

func first(v json.Value) json.Value {
	for m := range v.Each {
		return m
	}
	return json.Value{}
}

type decoder struct {
	opts   decode.Options
	header header
	doc    json.Doc
	cells  []string
	used   []bool
	seen   decode.Newest[bool] // connections whose login was told
	untime int
}

func newDecoder(o decode.Options) *decoder {
	return &decoder{opts: o, header: newHeader()}
}

// Untimed returns how many rows had no time that can be read: they stand at
// the file's reference time.
func (d *decoder) Untimed() int { return d.untime }

// header is what the lines with # at the front say.
type header struct {
	separator, setSeparator string
	empty, unset            string
	path                    string
	names, types            []string
	index                   map[string]int
}

func newHeader() header {
	return header{separator: "\t", setSeparator: ",", empty: "(empty)", unset: "-"}
}

// maxColumns bounds a header; the widest logs of public packages have about 100.
const maxColumns = 2000

var errNoHeader = errors.New("row stands before a #fields line, so its columns have no names: give the log from its beginning")

// Decode implements decode.Decoder.
func (d *decoder) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	body := rec.Body
	if len(body) == 0 {
		return out, nil
	}
	switch {
	case body[0] == '#':
		return out, d.header.read(body)
	case body[0] == '{' && d.header.names == nil:
		raw := string(body)
		if err := d.doc.ParseString(raw); err != nil {
			return out, err
		}
		return d.event(rec, raw, row{obj: d.doc.Root()}, out)
	case d.header.names == nil:
		return out, errNoHeader
	}
	d.cells = d.cells[:0]
	raw := string(body) // cells are parts of it
	for rest := raw; ; {
		cell, after, more := strings.Cut(rest, d.header.separator)
		d.cells = append(d.cells, cell)
		if !more || len(d.cells) > maxColumns {
			break
		}
		rest = after
	}
	if len(d.cells) != len(d.header.names) {
		return out, fmt.Errorf("row has %d columns, its header names %d", len(d.cells), len(d.header.names))
	}
	if cap(d.used) < len(d.cells) {
		d.used = make([]bool, len(d.cells))
	}
	d.used = d.used[:len(d.cells)]
	clear(d.used)
	return d.event(rec, raw, row{header: &d.header, cells: d.cells, used: d.used}, out)
}

func (h *header) read(line []byte) error {
	text := string(line)
	if value, ok := strings.CutPrefix(text, "#separator "); ok {
		// A new file begins here: what an earlier one said is over.
		*h = newHeader()
		if s := unescape(value); s != "" {
			h.separator = s
		}
		return nil
	}
	key, value, ok := strings.Cut(text, h.separator)
	if !ok {
		return nil // a comment
	}
	switch key {
	case "#set_separator":
		h.setSeparator = unescape(value)
	case "#empty_field":
		h.empty = value
	case "#unset_field":
		h.unset = value
	case "#path":
		h.path = value
	case "#fields":
		names := strings.Split(value, h.separator)
		if len(names) > maxColumns {
			return fmt.Errorf("header names %d columns, more than %d", len(names), maxColumns)
		}
		h.names, h.types = names, nil
		h.index = make(map[string]int, len(names))
		for i, n := range names {
			if _, twice := h.index[n]; !twice {
				h.index[n] = i
			}
		}
	case "#types":
		h.types = strings.Split(value, h.separator)
	}
	return nil
}

// event maps one row.
func (d *decoder) event(rec decode.Record, raw string, r row, out []*event.Event) ([]*event.Event, error) {
	name := d.header.path
	if r.header == nil {
		if name = r.take("_path"); name == "" {
			name = guess(r)
		}
		if name == "" {
			name = logName(d.opts.Path)
		}
	}
	c := call{d: d, rec: rec, raw: raw, row: r, log: name, out: out, before: len(out)}
	var ok bool
	if r.header == nil {
		c.at, ok = timeOf(r.value("ts"))
	} else {
		c.at, ok = parseTime(r.text("ts"))
	}
	c.written = r.take("ts")
	if ok {
		c.written = ""
	} else {
		d.untime++
		if c.at = d.opts.Reference; c.at.IsZero() {
			c.at = rec.Received
		}
	}
	mapping, known := maps[name]
	if !known {
		mapping = other
	}
	mapping(&c)
	c.finish(ok)
	return c.out, nil
}

// logName is the name of the log that a file of this name holds: the part
// before the first dot, because a date or a count may follow.
func logName(file string) string {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	name, _, _ := strings.Cut(base, ".")
	if name == "" || name == "/" {
		return "unknown"
	}
	return name
}

// parseTime reads seconds with a fraction, exactly, or a date of ISO 8601.
func parseTime(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, false
	}
	if nanos, ok := decimal(s); ok {
		return time.Unix(0, nanos).UTC(), true
	}
	return decode.ParseISO(s, time.UTC)
}

// decimal reads a decimal number of seconds as nanoseconds.
func decimal(s string) (int64, bool) {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 10 {
		return 0, false
	}
	if len(fraction) > 9 {
		fraction = fraction[:9]
	}
	n := int64(0)
	for _, part := range [...]string{whole, fraction} {
		for i := range len(part) {
			c := part[i] - '0'
			if c > 9 {
				return 0, false
			}
			if n > (1<<63-1-9)/10 {
				return 0, false
			}
			n = n*10 + int64(c)
		}
	}
	for range 9 - len(fraction) {
		if n > (1<<63-1)/10 {
			return 0, false
		}
		n *= 10
	}
	if negative {
		n = -n
	}
	return n, true
}

// timeOf reads a time of JSON; exponents, which some writers use, cost the
// exactness of a float.
func timeOf(v json.Value) (time.Time, bool) {
	if t, ok := parseTime(v.Text()); ok {
		return t, true
	}
	if f, ok := v.Float(); ok && v.Kind() == json.Number && f > -9e9 && f < 9e9 {
		return time.Unix(0, int64(f*1e9)).UTC(), true
	}
	return time.Time{}, false
}
