package zeek

import (
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

// call is the mapping of one row to events.
type call struct {
	d       *decoder
	rec     decode.Record
	raw     string
	row     row
	log     string
	at      time.Time // of the row
	written string    // the time as written, where it cannot be read
	out     []*event.Event
	before  int // events in out before this row
}

// origin returns the origin of the next event.
func (c *call) origin() event.Origin { return decode.Stamp(c.rec, len(c.out)-c.before) }

// event gives out a new event with the endpoints of the connection.
func (c *call) event(class event.Class, at time.Time) *event.Event {
	e := c.begin(class, at)
	c.endpoints(e)
	if uid := c.row.take("uid"); uid != "" && class/1000 == 4 && class != event.EmailActivity {
		e.SetStr(event.ConnUID, uid)
	}
	return e
}

// begin gives out a new event with what all events of the row share.
func (c *call) begin(class event.Class, at time.Time) *event.Event {
	e := event.New(class, at, c.origin())
	e.SetActivity(0) // until a mapping knows better; the first column is dear to insert later
	e.SetStr(event.RawData, c.raw)
	e.SetStr(event.LogName, c.log)
	e.SetStr(event.ProductName, product)
	e.SetStr(event.ProductVendor, product)
	c.out = append(c.out, e)
	return e
}

const product = "Zeek"

// second gives out another event of the same row, with the endpoints of the
// first.
func (c *call) second(class event.Class) *event.Event {
	e := c.begin(class, c.at)
	if first := c.out[c.before]; first != e {
		for _, p := range [...]event.Path{event.SrcIP, event.SrcHostname, event.DstIP, event.DstHostname} {
			e.SetText(p, first.Str(p))
		}
		for _, p := range [...]event.Path{event.SrcPort, event.DstPort} {
			if first.Has(p) {
				e.SetInt(p, first.Int(p))
			}
		}
	}
	return e
}

func (c *call) endpoints(e *event.Event) {
	r := &c.row
	decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, r.take("id.orig_h"))
	decode.SetEndpoint(e, event.DstIP, event.DstHostname, r.take("id.resp_h"))
	if n := r.number("id.orig_p"); n >= 0 && n <= 65535 {
		e.SetInt(event.SrcPort, n)
	}
	if n := r.number("id.resp_p"); n >= 0 && n <= 65535 {
		e.SetInt(event.DstPort, n)
	}
}

// login gives out an Authentication event beside the first.
func (c *call) login(service, user string) *event.Event {
	e := c.second(event.Authentication)
	c.describeLogin(e, service, user)
	return e
}

func (c *call) describeLogin(e *event.Event, service, user string) {
	e.SetActivity(event.Logon)
	e.SetStr(event.ServiceName, service)
	if user == "" {
		user = "-" // OCSF requires a name
	}
	e.SetStr(event.UserName, user)
	e.SetBool(event.IsRemote, true)
}

// finish says where the time is missing, and adds to the first event what no
// mapping took.
func (c *call) finish(timed bool) {
	events := c.out[c.before:]
	if len(events) == 0 {
		return
	}
	for i, e := range events {
		if !timed {
			e.SetText(event.OriginalTime, c.written)
			e.AddUnmapped("time_missing", "true")
		}
		if i == 0 {
			c.row.rest(e)
		}
	}
}

// transport sets the transport of an event that is no flow.
func transport(e *event.Event, name string) {
	if name == "" {
		return
	}
	n, usual := decode.Protocol(name, e.Str(event.SrcIP))
	if n >= 0 {
		e.SetInt(event.ProtocolNum, n)
	}
	e.SetStr(event.ProtocolName, usual)
}
