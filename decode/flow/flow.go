// Package flow reads flow records of argus as text: the tables with commas or
// tabs that ra writes and that are published as binetflow, and the aligned
// columns that ra prints. It does not read argus' own binary records.
package flow

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

// Kind returns the format for the catalogue.
func Kind() decode.Kind {
	return decode.Kind{
		Name: "flow", Doc: "Flow records of argus as text (binetflow, ra).", Tier: decode.Fields,
		Sniff: sniff, Sticky: true, New: func(o decode.Options) decode.Decoder { return newDecoder(o) },
	}
}

func sniff(head []byte) int {
	for range 20 { // ra may print remarks first
		line, rest, more := bytes.Cut(head, []byte("\n"))
		text := strings.TrimRight(string(line), "\r")
		if len(text) > maxHeader {
			return 0
		}
		if _, ok := readHeader(text); ok {
			return 97
		}
		if text != "" && text[0] != '#' {
			if cells := strings.Split(text, ","); len(cells) >= len(standard)-1 && arrows[strings.TrimSpace(cells[5])] {
				if _, ok := parseTime(cells[0], time.Time{}, time.UTC); ok {
					return 85
				}
			}
			return 0
		}
		if !more {
			return 0
		}
		head = rest
	}
	return 0
}

const maxHeader = 4096

// standard is the order of columns of published binetflows, for files that
// lack the header.
var standard = []string{
	"starttime", "dur", "proto", "saddr", "sport", "dir", "daddr", "dport", "state", "stos", "dtos", "pkts", "bytes", "sbytes", "label",
}

// columns maps the names that ra gives, in lower case, to one of each.
var columns = map[string]string{
	"starttime": "starttime", "stime": "starttime", "time": "starttime", "lasttime": "lasttime", "ltime": "lasttime", "dur": "dur", "duration": "dur",
	"proto": "proto", "srcaddr": "saddr", "saddr": "saddr", "dstaddr": "daddr", "daddr": "daddr", "sport": "sport", "dport": "dport", "dir": "dir", "state": "state",
	"totpkts": "pkts", "pkts": "pkts", "totbytes": "bytes", "bytes": "bytes", "srcpkts": "spkts", "spkts": "spkts", "dstpkts": "dpkts", "dpkts": "dpkts",
	"srcbytes": "sbytes", "sbytes": "sbytes", "dstbytes": "dbytes", "dbytes": "dbytes", "sappbytes": "sappbytes", "dappbytes": "dappbytes",
	"srcmac": "smac", "smac": "smac", "dstmac": "dmac", "dmac": "dmac", "flgs": "flgs",
	"srcudata": "", "dstudata": "", "suser": "", "duser": "", // payload, which may hold passwords
}

type header struct {
	separator string // "" for aligned columns
	names     []string
	index     map[string]int
}

func newHeader(separator string, names []string) *header {
	h := &header{separator: separator, names: names, index: make(map[string]int, len(names))}
	for i, n := range names {
		if _, twice := h.index[n]; !twice {
			h.index[n] = i
		}
	}
	return h
}

func readHeader(line string) (*header, bool) {
	separator := ""
	for _, s := range [...]string{",", "\t", ";", "|"} {
		if strings.Count(line, s) >= 4 {
			separator = s
			break
		}
	}
	var cells []string
	if separator == "" {
		cells = strings.Fields(line)
	} else {
		cells = strings.Split(line, separator)
	}
	names := make([]string, len(cells))
	for i, c := range cells {
		c = strings.ToLower(strings.Trim(c, " \"\r"))
		names[i] = c
		if own, ok := columns[c]; ok {
			names[i] = own
		}
	}
	h := newHeader(separator, names)
	for _, need := range [...]string{"starttime", "proto", "saddr", "daddr"} {
		if _, ok := h.index[need]; !ok {
			return nil, false
		}
	}
	_, state := h.index["state"]
	_, dir := h.index["dir"]
	return h, state || dir
}

type decoder struct {
	opts   decode.Options
	header *header
	cells  []string
}

func newDecoder(o decode.Options) *decoder {
	if o.Location == nil {
		o.Location = time.UTC
	}
	return &decoder{opts: o}
}

var errNoHeader = errors.New("row stands before a header, so its columns have no names: give the file from its beginning")

// Decode implements decode.Decoder.
func (d *decoder) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	raw := string(rec.Body) // cells are parts of it
	line := strings.TrimRight(raw, "\r\n")
	if line == "" || line[0] == '#' {
		return out, nil
	}
	if len(line) <= maxHeader && strings.Contains(line, "ddr") {
		if h, ok := readHeader(line); ok {
			d.header = h
			return out, nil
		}
	}
	h := d.header
	if h == nil {
		cells := strings.Split(line, ",")
		if len(cells) < len(standard)-1 || !arrows[strings.TrimSpace(cells[5])] {
			return out, errNoHeader
		}
		h = newHeader(",", standard)
		d.header = h
	}
	if h.separator == "" {
		cells, err := h.aligned(line, d.cells[:0])
		if err != nil {
			return out, err
		}
		d.cells = cells
	} else {
		d.cells = d.cells[:0]
		for cell := range strings.SplitSeq(line, h.separator) {
			d.cells = append(d.cells, strings.Trim(cell, ` "`))
		}
		// A label may hold the separator; a row may lack empty cells at its end.
		if len(d.cells) < len(h.names) && len(d.cells) < 9 {
			return out, fmt.Errorf("row has %d columns, its header names %d", len(d.cells), len(h.names))
		}
		for len(d.cells) < len(h.names) {
			d.cells = append(d.cells, "")
		}
		if last := len(h.names) - 1; len(d.cells) > len(h.names) {
			d.cells[last] = strings.Join(d.cells[last:], h.separator)
			d.cells = d.cells[:last+1]
		}
	}
	e, err := d.event(rec, raw, row{h, d.cells})
	if err != nil {
		return out, err
	}
	return append(out, e), nil
}

// aligned reads the columns that ra prints: blanks between them, ports joined
// to addresses by a dot, flags that may be missing. The arrow is what stands
// still.
func (h *header) aligned(line string, cells []string) ([]string, error) {
	fields := strings.Fields(line)
	arrow, ok := h.index["dir"]
	at := -1
	for i, f := range fields {
		if arrows[f] {
			at = i
			break
		}
	}
	if !ok || at < 3 {
		return nil, errors.New("row of aligned columns has no direction, such as -> or <->: print the flows with ra -c ,")
	}
	cells = cells[:0]
	for range h.names {
		cells = append(cells, "")
	}
	set := func(name, value string) {
		if i, ok := h.index[name]; ok {
			cells[i] = value
		}
	}
	set("dir", fields[at])
	addr, port, used := source(fields[:at])
	set("saddr", addr)
	set("sport", port)
	left := at - 1 - used
	if left < 1 {
		return nil, errors.New("row of aligned columns lacks its time or protocol")
	}
	set("proto", fields[left])
	set("starttime", fields[0])
	if left >= 2 && len(fields[0]) == 10 && strings.Contains(fields[1], ":") {
		set("starttime", fields[0]+" "+fields[1])
	}
	if at+1 >= len(fields) {
		return nil, errors.New("row of aligned columns lacks its destination")
	}
	addr, port, used = h.destination(fields[at+1:])
	set("daddr", addr)
	set("dport", port)
	rest := fields[at+1+used:]
	for i := arrow + 1; i < len(h.names) && len(rest) > 0; i++ {
		if n := h.names[i]; n != "daddr" && n != "dport" {
			cells[i] = rest[0]
			rest = rest[1:]
		}
	}
	return cells, nil
}

// source reads the address before the arrow, whose port may be joined to it by
// a dot or stand apart.
func source(fields []string) (addr, port string, used int) {
	last := len(fields) - 1
	a := fields[last]
	if isAddress(a) {
		return a, "", 1
	}
	if i := strings.LastIndexByte(a, '.'); i > 0 && isAddress(a[:i]) {
		return a[:i], a[i+1:], 1
	}
	if last > 0 && isAddress(fields[last-1]) {
		return fields[last-1], a, 2
	}
	return a, "", 1
}

// destination reads the address behind the arrow, whose port may be joined to
// it or stand apart.
func (h *header) destination(fields []string) (addr, port string, used int) {
	a := fields[0]
	if i := strings.LastIndexByte(a, '.'); i > 0 && !isAddress(a) && isAddress(a[:i]) {
		return a[:i], a[i+1:], 1
	}
	after := len(h.names) - h.index["dir"] - 1 // columns behind the arrow
	if _, ok := h.index["dport"]; ok && len(fields) == after && len(fields) > 1 {
		return a, fields[1], 2
	}
	return a, "", 1
}

func isAddress(s string) bool {
	_, ok := decode.Address(s)
	return ok
}

// row is one flow with its header.
type row struct {
	h     *header
	cells []string
}

func (r row) text(name string) string {
	if i, ok := r.h.index[name]; ok {
		return r.cells[i]
	}
	return ""
}

func (r row) number(name string) int64 {
	if n, ok := decode.Number(r.text(name)); ok {
		return n
	}
	return -1
}

// parseTime reads a date and time, seconds since 1970, or a time of day, which
// is that of the reference's day.
func parseTime(s string, reference time.Time, zone *time.Location) (time.Time, bool) {
	if t, ok := decode.ParseISO(s, zone); ok || s == "" {
		return t, ok
	}
	for _, layout := range [...]string{"2006/01/02.15:04:05.999999999", "02 Jan 06 15:04:05.999999999"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil && t.Year() > 1900 && t.Year() < 2200 {
			return t.UTC(), true
		}
	}
	if t, err := time.ParseInLocation("15:04:05.999999999", s, zone); err == nil && !reference.IsZero() {
		day := reference.In(zone)
		t = time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
		if t.After(reference) {
			t = t.AddDate(0, 0, -1)
		}
		return t.UTC(), true
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, ok := decode.Number(whole)
	if !ok || len(whole) < 9 || len(whole) > 10 {
		return time.Time{}, false
	}
	nanos, ok := decode.Number((fraction + "000000000")[:9])
	return time.Unix(n, nanos).UTC(), ok
}

// seconds reads a duration.
func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 9e9 || math.IsNaN(f) {
		return 0
	}
	return time.Duration(f * 1e9).Round(time.Nanosecond)
}
