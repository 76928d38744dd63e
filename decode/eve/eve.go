// Package eve reads the EVE log of Suricata: one JSON object for each flow,
// transaction and alert. Alerts become findings of another sensor; logins that
// FTP, POP3, SMB, Kerberos and HTTP show become Authentication. It does not
// judge what Suricata judged.
//
// To read a further type of event well, add a mapping to the table in maps.go;
// without one it is kept with its addresses and all values.
package eve

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/json"
)

// Kind returns the format for the catalogue.
func Kind() decode.Kind {
	return decode.Kind{
		Name: "eve", Doc: "EVE logs of Suricata.", Tier: decode.Fields,
		Sniff: sniff, Sticky: true, New: func(o decode.Options) decode.Decoder { return &decoder{opts: o} },
	}
}

func sniff(head []byte) int { return decode.SniffJSON(head, judge) }

func judge(root json.Value, line []byte, whole bool) int {
	if !whole {
		if bytes.Contains(line, []byte(`"event_type"`)) && bytes.Contains(line, []byte(`"timestamp"`)) {
			return 80
		}
		return 0
	}
	kind := root.Get("event_type").Str()
	if kind == "" {
		return 0
	}
	_, timed := decode.ParseISO(root.Get("timestamp").Str(), time.UTC)
	switch {
	case timed && (kind == "stats" || root.Get("flow_id").Exists() || root.Get("src_ip").Exists() || root.Get(kind).Exists()):
		return 97
	case timed:
		return 50
	}
	return 0
}

type decoder struct {
	opts decode.Options
	doc  json.Doc
	// users are those that connections named with USER, until their PASS.
	users decode.Newest[string]
}

var errNoType = errors.New("the object has no event_type, which every EVE record has")

// Decode implements decode.Decoder.
func (d *decoder) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	if len(rec.Body) == 0 || rec.Body[0] != '{' {
		return out, decode.ErrNotMine
	}
	raw := string(rec.Body)
	if err := d.doc.ParseString(raw); err != nil {
		return out, err
	}
	root := d.doc.Root()
	kind := root.Get("event_type")
	if kind.Kind() != json.String {
		return out, errNoType
	}
	written := root.Get("timestamp")
	zone := d.opts.Location
	if zone == nil {
		zone = time.UTC
	}
	at, ok := decode.ParseISO(written.Str(), zone)
	if !ok {
		return out, fmt.Errorf("timestamp %.40q is no time", written.Raw())
	}
	written.Drop()
	kind.Drop()
	c := call{d: d, rec: rec, raw: raw, root: root, kind: kind.Str(), at: at, out: out, before: len(out)}
	c.src, c.dst = root.Take("src_ip").Str(), root.Take("dest_ip").Str()
	c.sport, c.dport = port(root.Take("src_port")), port(root.Take("dest_port"))
	c.proto = strings.ToLower(root.Take("proto").Text())
	c.uid = root.Take("flow_id").Text()
	c.community = root.Take("community_id").Str()
	mapping, known := maps[c.kind]
	if !known || !c.hasEndpoint() && c.kind != "alert" && c.kind != "dhcp" && c.kind != "arp" {
		mapping = other
	}
	mapping(&c)
	c.finish()
	return c.out, nil
}

func port(v json.Value) int64 {
	n, ok := v.Int()
	if !ok || n < 0 || n > 65535 {
		return -1
	}
	return n
}

// call is the mapping of one record to events.
type call struct {
	d      *decoder
	rec    decode.Record
	raw    string
	root   json.Value
	kind   string
	at     time.Time
	out    []*event.Event
	before int

	src, dst       string
	sport, dport   int64
	proto          string
	uid, community string
}

func (c *call) origin() event.Origin { return decode.Stamp(c.rec, len(c.out)-c.before) }

// turn makes the server of a well-known port the destination, where the record
// names the sender of an answer first.
func (c *call) turn(server int64) {
	if c.sport == server && c.dport != server {
		c.src, c.dst, c.sport, c.dport = c.dst, c.src, c.dport, c.sport
	}
}

// begin gives out a new event with what all events of the record share.
func (c *call) begin(class event.Class) *event.Event {
	e := event.New(class, c.at, c.origin())
	e.SetActivity(0) // until a mapping knows better; the first column is dear to insert later
	e.SetStr(event.RawData, c.raw)
	e.SetStr(event.LogName, c.kind)
	e.SetStr(event.ProductName, product)
	e.SetStr(event.ProductVendor, vendor)
	c.out = append(c.out, e)
	return e
}

const product, vendor = "Suricata", "OISF"

// event gives out a new event between the endpoints.
func (c *call) event(class event.Class) *event.Event {
	e := c.begin(class)
	decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, c.src)
	decode.SetEndpoint(e, event.DstIP, event.DstHostname, c.dst)
	if c.sport >= 0 && c.src != "" {
		e.SetInt(event.SrcPort, c.sport)
	}
	if c.dport >= 0 && c.dst != "" {
		e.SetInt(event.DstPort, c.dport)
	}
	if class/1000 != 4 || class == event.EmailActivity {
		return e
	}
	e.SetText(event.ConnUID, c.uid)
	e.SetText(event.CommunityUID, c.community)
	if c.proto != "" {
		n, name := decode.Protocol(c.proto, c.src)
		if n >= 0 {
			e.SetInt(event.ProtocolNum, n)
		}
		e.SetStr(event.ProtocolName, name)
	}
	return e
}

// login gives out an Authentication event.
func (c *call) login(service, user string, status int) *event.Event {
	e := c.event(event.Authentication)
	e.SetActivity(event.Logon)
	e.SetStr(event.ServiceName, service)
	if user == "" {
		user = "-" // OCSF requires a name
	}
	e.SetStr(event.UserName, user)
	e.SetBool(event.IsRemote, true)
	if status != 0 {
		e.SetStatus(status)
	}
	return e
}

// hasEndpoint reports whether the record names a machine.
func (c *call) hasEndpoint() bool { return c.src != "" || c.dst != "" }

// named gives out network activity that is no flow: the activity is the
// record's type.
func (c *call) named() *event.Event {
	e := c.event(event.NetworkActivity)
	e.SetActivity(99)
	e.SetStr(event.ActivityName, c.kind)
	return e
}

func (c *call) finish() {
	events := c.out[c.before:]
	if len(events) == 0 {
		return
	}
	if c.kind == "stats" {
		return // thousands of counters, which raw_data has
	}
	first := events[0]
	c.root.Rest(func(name string, v json.Value) {
		if !secret(name) {
			first.AddUnmapped(name, v.Literal())
		}
	})
}

// secret tells values that no event may carry.
func secret(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last == "password" || last == "passwd" || last == "passwordHash"
}
