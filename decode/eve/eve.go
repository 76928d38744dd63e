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

func sniff(head []byte) int {
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, " \t\r\n[,"), []byte("\n"))
	if len(line) == 0 || line[0] != '{' {
		return 0
	}
	var d json.Doc
	if err := d.Parse(bytes.TrimRight(line, " \t\r,]")); err != nil {
		if errors.Is(err, json.ErrCut) && bytes.Contains(line, []byte(`"event_type"`)) && bytes.Contains(line, []byte(`"timestamp"`)) {
			return 80 // longer than what there is to see
		}
		return 0
	}
	root := d.Root()
	kind := root.Get("event_type").Str()
	if kind == "" {
		return 0
	}
	_, timed := parseTime(root.Get("timestamp").Str(), time.UTC)
	switch {
	case timed && (kind == "stats" || root.Get("flow_id").Exists() || root.Get("src_ip").Exists() || root.Get(kind).Exists()):
		return 97
	case timed:
		return 50
	}
	return 0
}

type decoder struct {
	opts  decode.Options
	doc   json.Doc
	users users
}

var errNoType = errors.New("the object has no event_type, which every EVE record has")

// Decode implements decode.Decoder.
func (d *decoder) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	if len(rec.Body) == 0 || rec.Body[0] != '{' {
		return out, decode.ErrNotMine
	}
	if err := d.doc.Parse(rec.Body); err != nil {
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
	at, ok := parseTime(written.Str(), zone)
	if !ok {
		return out, fmt.Errorf("timestamp %.40q is no time", written.Raw())
	}
	written.Drop()
	kind.Drop()
	c := call{d: d, rec: rec, root: root, kind: kind.Str(), at: at, out: out, before: len(out)}
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

// parseTime reads ISO 8601 with a numeric zone, as Suricata writes it, or
// without one.
func parseTime(s string, zone *time.Location) (time.Time, bool) {
	// 2026-03-01T09:30:00.123456+0900
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	part := func(from, to int) int {
		n, ok := decode.Number(s[from:to])
		if !ok {
			return -1
		}
		return int(n)
	}
	year, month, day := part(0, 4), part(5, 7), part(8, 10)
	hour, minute, second := part(11, 13), part(14, 16), part(17, 19)
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return time.Time{}, false
	}
	rest, nanos := s[19:], 0
	if strings.HasPrefix(rest, ".") {
		i, scale := 1, 100_000_000
		for ; i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
			nanos += int(rest[i]-'0') * scale
			scale /= 10
		}
		rest = rest[i:]
	}
	offset := 0
	switch {
	case rest == "":
		return time.Date(year, time.Month(month), day, hour, minute, second, nanos, zone).UTC(), true
	case rest == "Z":
	case rest[0] == '+' || rest[0] == '-':
		digits := strings.Replace(rest[1:], ":", "", 1)
		n, ok := decode.Number(digits)
		if !ok || len(digits) != 4 || n%100 > 59 || n/100 > 23 {
			return time.Time{}, false
		}
		offset = int(n/100)*3600 + int(n%100)*60
		if rest[0] == '-' {
			offset = -offset
		}
	default:
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second-offset, nanos, time.UTC), true
}

// call is the mapping of one record to events.
type call struct {
	d      *decoder
	rec    decode.Record
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

// event gives out a new event between the endpoints.
func (c *call) event(class event.Class) *event.Event {
	e := event.New(class, c.at, c.origin())
	c.out = append(c.out, e)
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
	raw := string(c.rec.Body)
	for _, e := range events {
		e.SetStr(event.RawData, raw)
		e.SetStr(event.LogName, c.kind)
		e.SetStr(event.ProductName, "Suricata")
		e.SetStr(event.ProductVendor, "OISF")
	}
	if c.kind == "stats" {
		return // thousands of counters, which raw_data has
	}
	first := events[0]
	c.root.Rest(func(name string, v json.Value) {
		if !secret(name) {
			first.AddUnmapped(name, string(v.AppendTo(nil)))
		}
	})
}

// secret tells values that no event may carry.
func secret(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last == "password" || last == "passwd" || last == "passwordHash"
}

// maxUsers bounds how many connections are remembered between USER and PASS.
const maxUsers = 4096

// users holds the user that each of the newest connections named.
type users struct {
	of   map[string]string
	ring []string
	next int
}

func (u *users) set(uid, name string) {
	if uid == "" {
		return
	}
	if u.of == nil {
		u.of = make(map[string]string)
	}
	if _, known := u.of[uid]; !known {
		if len(u.ring) < maxUsers {
			u.ring = append(u.ring, uid)
		} else {
			delete(u.of, u.ring[u.next])
			u.ring[u.next] = uid
			u.next = (u.next + 1) % maxUsers
		}
	}
	u.of[uid] = name
}
