// Package leef understands QRadar's Log Event Extended Format, versions 1.0
// and 2.0, alone or behind a syslog header. A record between two addresses
// becomes a network event, a login a login, anything else a plain event with
// all its attributes. It does not judge what the product claims.
package leef

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// Kind describes the format.
func Kind() decode.Kind {
	return decode.Kind{
		Name:  "leef",
		Doc:   "Log Event Extended Format of QRadar, 1.0 and 2.0, alone or behind a syslog header",
		Tier:  decode.Fields,
		Sniff: sniff,
		New:   func(o decode.Options) decode.Decoder { return &decoder{opts: o} },
	}
}

const sniffLines = 32

func sniff(head []byte) int {
	s := string(head)
	lines, hits := 0, 0
	for lines < sniffLines && s != "" {
		var l string
		l, s, _ = strings.Cut(s, "\n")
		if strings.TrimSpace(l) == "" {
			continue
		}
		lines++
		if i := find(l); i >= 0 {
			if _, _, ok := parse(l[i:]); ok {
				hits++
			}
		}
	}
	if hits == 0 {
		return 0
	}
	return 70 + 28*hits/lines
}

type decoder struct {
	opts decode.Options
	last time.Time // of the record before
}

func (d *decoder) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	raw := decode.Text(rec.Body)
	at := find(raw)
	if at < 0 {
		return out, decode.ErrNotMine
	}
	h, pairs, ok := parse(raw[at:])
	if !ok {
		return out, decode.ErrNotMine
	}
	clock := d.opts.Clock(rec)
	m := syslog.Message{Priority: -1}
	syslog.Parse(strings.TrimRight(raw[:at], " "), clock, &m)
	when, written := d.when(pairs, &m, rec, clock)
	if when.IsZero() {
		return out, decode.ErrNotMine
	}
	d.last = when
	words := []string{h.id, pairs.Get("cat"), pairs.Get("eventDesc", "msg", "desc", "name")}
	class := decode.ClassOf(pairs, column, words...)
	login, logout := truth(pairs.Get("isLoginEvent")), truth(pairs.Get("isLogoutEvent"))
	if login || logout {
		class = event.Authentication
	}
	e := event.New(class, when, decode.Stamp(rec, 0))
	e.SetInt(event.SeverityID, int64(severity(pairs.Get("sev"))))
	e.SetStr(event.RawData, raw)
	e.SetText(event.OriginalTime, written)
	e.SetStr(event.ProductName, nonEmpty(h.product, "LEEF"))
	e.SetText(event.ProductVendor, h.vendor)
	outcome(e, pairs, words, logout)
	decode.Fill(e, pairs, column)
	if !e.Has(event.Message) {
		e.SetText(event.Message, h.id)
	}
	e.AddUnmappedStr("event_id", h.id)
	e.AddUnmappedStr("product_version", h.release)
	if !e.Has(event.DeviceHostname) && !e.Has(event.DeviceIP) {
		decode.SetDevice(e, host(&m))
	}
	return append(out, e), nil
}

// host returns the host of the header; a line "LEEF:1.0|…" behind a bare time
// leaves it in other places.
func host(m *syslog.Message) string {
	if m.Host == "" && m.Program == "" && !strings.Contains(m.Text, " ") {
		return m.Text
	}
	return m.Host
}

func nonEmpty(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func truth(s string) bool {
	return strings.EqualFold(s, "true") || s == "1" || strings.EqualFold(s, "yes")
}

// when returns the time of a record: what the product says, then what the
// header says, then when it arrived.
func (d *decoder) when(pairs decode.Pairs, m *syslog.Message, rec decode.Record, clock syslog.Clock) (t time.Time, written string) {
	if v := pairs.Get("devTime"); v != "" {
		if at, ok := devTime(v, pairs.Get("devTimeFormat"), d.opts.Location); ok {
			return at, v
		}
		if at, ok := decode.Moment(v, clock); ok {
			return at, v
		}
	}
	switch {
	case !m.Time.IsZero():
		return m.Time, m.TimeText
	case !d.last.IsZero():
		return d.last, ""
	case !rec.Received.IsZero():
		return rec.Received, ""
	}
	return clock.Reference, ""
}

// severity returns OCSF's for LEEF's 1 to 10.
func severity(s string) event.Severity {
	n, ok := decode.Number(s)
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

// outcome sets status, activity and user from what the product says was done.
func outcome(e *event.Event, pairs decode.Pairs, words []string, logout bool) {
	action := pairs.Get("action", "act", "disposition", "result", "outcome", "status")
	status := decode.Outcome(action)
	switch e.Class {
	case event.Authentication:
		if status == 0 {
			status = decode.Outcome(words...)
		}
		e.SetActivity(event.Logon)
		if logout || decode.IsLogoff(words...) {
			e.SetActivity(event.Logoff)
		}
		e.SetStr(event.UserName, nonEmpty(pairs.Get("usrName", "accountName", "identUserName"), "-"))
		e.SetStr(event.ServiceName, strings.ToLower(nonEmpty(pairs.Get("service", "application"), e.Str(event.ProductName))))
	case event.NetworkActivity:
		e.SetActivity(decode.FlowActivity(action))
	case event.HTTPActivity:
		e.SetActivity(method(pairs.Get("method", "requestMethod")))
	}
	if status != 0 {
		e.SetStatus(status)
	}
}

func method(s string) int {
	for i, m := range [...]string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "PATCH"} {
		if strings.EqualFold(s, m) {
			return i + 1
		}
	}
	return 0
}

// column returns the column of an attribute that LEEF predefines, and of the
// usual ones besides.
func column(key string) event.Path {
	switch key {
	case "src":
		return event.SrcIP
	case "dst":
		return event.DstIP
	case "srcPort":
		return event.SrcPort
	case "dstPort":
		return event.DstPort
	case "srcMAC":
		return event.SrcMAC
	case "dstMAC":
		return event.DstMAC
	case "srcBytes":
		return event.BytesOut
	case "dstBytes":
		return event.BytesIn
	case "srcPackets":
		return event.PacketsOut
	case "dstPackets":
		return event.PacketsIn
	case "totalPackets":
		return event.Packets
	case "proto":
		return event.ProtocolName
	case "usrName", "accountName":
		return event.UserName
	case "domain":
		return event.UserDomain
	case "identHostName":
		return event.SrcHostname
	case "url":
		return event.HTTPURL
	case "method", "requestMethod":
		return event.HTTPMethod
	case "msg", "eventDesc":
		return event.Message
	case "reason":
		return event.StatusDetail
	}
	return 0
}
