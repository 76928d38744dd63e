package decode

import (
	"cmp"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// A ReportFormat is one in which security products write a record a line, alone
// or behind a syslog header.
type ReportFormat struct {
	Name, Doc string // as in Kind

	// Find returns where in a line a record begins, -1 where none does.
	Find func(line string) int
	// Read takes a record apart. It is false for what is none.
	Read func(record string, clock syslog.Clock) (Report, bool)
	// Column returns the column of a key, 0 for keys without one.
	Column func(key string) event.Path
}

// A Report is what one record of a security product says.
type Report struct {
	Pairs    Pairs
	Class    event.Class // what it is about: see ClassOf
	Severity event.Severity
	Time     time.Time // when it happened; zero where the product does not say
	Written  string    // Time as the product wrote it

	Vendor, Product string
	Message         string  // of records in which no pair is one
	Unmapped        [3]Pair // of the header, what has no column

	// Result and Action say how it ended and what the product did about it.
	Result, Action string

	// Names tell a logoff from a login, and how it ended where Result and
	// Action do not.
	Names  [3]string
	Logoff bool // marked as one, whatever the names

	User, Service string // of a login; Service is the product where empty
	Method        string // of an HTTP request
}

// Kind describes the format.
func (f ReportFormat) Kind() Kind {
	return Kind{
		Name: f.Name,
		Doc:  f.Doc,
		Tier: Fields,
		Sniff: func(head []byte) int {
			return SniffLines(head, 32, 70, 98, func(line string) bool {
				at := f.Find(line)
				if at < 0 {
					return false
				}
				_, ok := f.Read(line[at:], syslog.Clock{})
				return ok
			})
		},
		New: func(o Options) Decoder { return &reportDecoder{format: f, product: strings.ToUpper(f.Name), opts: o} },
	}
}

type reportDecoder struct {
	format  ReportFormat
	product string // of records that name none
	opts    Options
	last    time.Time // of the record before
}

func (d *reportDecoder) Decode(rec Record, out []*event.Event) ([]*event.Event, error) {
	raw := Text(rec.Body)
	at := d.format.Find(raw)
	if at < 0 {
		return out, ErrNotMine
	}
	clock := d.opts.Clock(rec)
	r, ok := d.format.Read(raw[at:], clock)
	if !ok {
		return out, ErrNotMine
	}
	m := syslog.Message{Priority: -1}
	syslog.Parse(strings.TrimRight(raw[:at], " "), clock, &m)
	when, written := d.when(&r, &m, rec, clock)
	if when.IsZero() {
		return out, ErrNotMine
	}
	d.last = when
	e := event.New(r.Class, when, Stamp(rec, 0))
	e.SetInt(event.SeverityID, int64(r.Severity))
	e.SetStr(event.RawData, raw)
	e.SetText(event.OriginalTime, written)
	e.SetStr(event.ProductName, cmp.Or(r.Product, d.product))
	e.SetText(event.ProductVendor, r.Vendor)
	r.outcome(e)
	Fill(e, r.Pairs, d.format.Column)
	if !e.Has(event.Message) {
		e.SetText(event.Message, r.Message)
	}
	for _, p := range r.Unmapped {
		e.AddUnmappedStr(p.Key, p.Value)
	}
	if !e.Has(event.DeviceHostname) && !e.Has(event.DeviceIP) {
		SetDevice(e, headerHost(&m))
	}
	return append(out, e), nil
}

// headerHost returns the host of the header; a record behind a bare time and a
// host leaves it in other places.
func headerHost(m *syslog.Message) string {
	if m.Host == "" && m.Program == "" && !strings.Contains(m.Text, " ") {
		return m.Text
	}
	return m.Host
}

// when returns the time of a record: what the product says, then what the
// header says, then when it arrived.
func (d *reportDecoder) when(r *Report, m *syslog.Message, rec Record, clock syslog.Clock) (t time.Time, written string) {
	switch {
	case r.Written != "":
		return r.Time, r.Written
	case !m.Time.IsZero():
		return m.Time, m.TimeText
	case !d.last.IsZero() && !d.opts.Reference.IsZero():
		return d.last, ""
	case !rec.Received.IsZero():
		return rec.Received, ""
	}
	return clock.Reference, ""
}

// outcome sets status and activity from what the product says was done, and
// who is meant by a login.
func (r *Report) outcome(e *event.Event) {
	status := Outcome(r.Result, r.Action)
	switch e.Class {
	case event.Authentication:
		if status == 0 {
			status = Outcome(r.Names[:]...)
		}
		e.SetActivity(event.Logon)
		if r.Logoff || IsLogoff(r.Names[:]...) {
			e.SetActivity(event.Logoff)
		}
		e.SetStr(event.UserName, cmp.Or(r.User, "-"))
		e.SetStr(event.ServiceName, strings.ToLower(cmp.Or(r.Service, e.Str(event.ProductName))))
	case event.NetworkActivity:
		e.SetActivity(FlowActivity(cmp.Or(r.Action, r.Result)))
	case event.HTTPActivity:
		activity, ok := event.MethodActivity(strings.ToUpper(r.Method))
		if !ok {
			activity = 0 // unknown; OCSF requires one
		}
		e.SetActivity(activity)
	}
	if status != 0 {
		e.SetStatus(status)
	}
}

// SeverityOfTen returns the severity of a number from 0 to 10, as products
// write it: unknown for anything else.
func SeverityOfTen(s string) event.Severity {
	n, ok := Number(s)
	switch {
	case !ok || n > 10:
		return event.SeverityUnknown
	case n <= 3:
		return event.SeverityLow
	case n <= 6:
		return event.SeverityMedium
	case n <= 8:
		return event.SeverityHigh
	}
	return event.SeverityCritical
}
