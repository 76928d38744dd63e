// Package ocsf reads events in OCSF's own words, one JSON object each: those
// that Bongsu wrote come back as they were, those of others keep what Bongsu
// has no column for. It does not check them against the schema.
package ocsf

import (
	"bytes"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/json"
)

// Kind returns the format for the catalogue.
func Kind() decode.Kind {
	return decode.Kind{
		Name: "ocsf", Doc: "Events in OCSF, one JSON object each.", Tier: decode.Fields,
		Sniff: sniff, Sticky: true, New: func(o decode.Options) decode.Decoder { return &decoder{opts: o} },
	}
}

func sniff(head []byte) int { return decode.SniffJSON(head, judge) }

func judge(root json.Value, line []byte, whole bool) int {
	if !whole {
		if bytes.Contains(line, []byte(`"class_uid"`)) && bytes.Contains(line, []byte(`"category_uid"`)) {
			return 80
		}
		return 0
	}
	if _, ok := root.Get("class_uid").Int(); !ok {
		return 0
	}
	if root.Get("metadata").Exists() || root.Get("category_uid").Exists() {
		return 97
	}
	return 40
}

type decoder struct {
	opts    decode.Options
	parser  event.Parser
	untimed int
}

// Untimed returns how many events had no time: they stand at the file's
// reference time.
func (d *decoder) Untimed() int { return d.untimed }

// Decode implements decode.Decoder. An event of ours keeps its origin, and its
// raw data where it has some; any other gets the record's.
func (d *decoder) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	if len(rec.Body) == 0 || rec.Body[0] != '{' {
		return out, decode.ErrNotMine
	}
	e, err := d.parser.Parse(rec.Body)
	if err != nil {
		return out, err
	}
	own := e.Origin != event.Origin{}
	if !own {
		e.Origin = decode.Stamp(rec, 0)
		if raw := e.Str(event.RawData); raw != "" {
			e.AddUnmappedStr("raw_data", raw)
		}
		e.SetStr(event.RawData, string(rec.Body))
	}
	if e.Time.Unix() == (time.Time{}).Unix() {
		d.untimed++
		e.AddUnmapped("time_missing", "true")
		if e.Time = d.opts.Reference; e.Time.IsZero() {
			e.Time = rec.Received
		}
	}
	return append(out, e), nil
}
