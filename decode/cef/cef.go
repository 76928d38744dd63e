// Package cef understands ArcSight's Common Event Format, which many security
// products send, alone or behind a syslog header. A record between two
// addresses becomes a network event, a login a login, anything else a plain
// event with all its fields. It does not judge what the product claims.
package cef

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
		Name:  "cef",
		Doc:   "Common Event Format of ArcSight, alone or behind a syslog header",
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
	pairs = labelled(pairs)
	class := decode.ClassOf(pairs, column, h.name, pairs.Get("cat", "categoryBehavior"), h.signature)
	e := event.New(class, when, decode.Stamp(rec, 0))
	e.SetInt(event.SeverityID, int64(severity(h.severity)))
	e.SetStr(event.RawData, raw)
	e.SetText(event.OriginalTime, written)
	e.SetStr(event.ProductName, nonEmpty(h.product, "CEF"))
	e.SetText(event.ProductVendor, h.vendor)
	outcome(e, h, pairs)
	subjects(e, pairs)
	decode.Fill(e, pairs, column)
	if !e.Has(event.Message) {
		e.SetText(event.Message, h.name)
	}
	e.AddUnmappedStr("name", h.name)
	e.AddUnmappedStr("signature_id", h.signature)
	e.AddUnmappedStr("product_version", h.release)
	if !e.Has(event.DeviceHostname) && !e.Has(event.DeviceIP) {
		decode.SetDevice(e, host(&m))
	}
	return append(out, e), nil
}

// host returns the host of the header; a line "CEF:0|…" behind a bare time
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

// when returns the time of a record: what the product says, then what the
// header says, then when it arrived.
func (d *decoder) when(pairs decode.Pairs, m *syslog.Message, rec decode.Record, clock syslog.Clock) (t time.Time, written string) {
	for _, key := range [...]string{"rt", "end", "start"} {
		if v := pairs.Get(key); v != "" {
			if at, ok := decode.Moment(v, clock); ok {
				return at, v
			}
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

// severity returns OCSF's for the words and numbers of CEF.
func severity(s string) event.Severity {
	if n, ok := decode.Number(s); ok {
		switch {
		case n <= 3:
			return event.SeverityLow
		case n <= 6:
			return event.SeverityMedium
		case n <= 8:
			return event.SeverityHigh
		case n <= 10:
			return event.SeverityCritical
		}
		return event.SeverityUnknown
	}
	switch strings.ToLower(s) {
	case "low":
		return event.SeverityLow
	case "medium":
		return event.SeverityMedium
	case "high":
		return event.SeverityHigh
	case "very-high", "critical":
		return event.SeverityCritical
	case "info", "informational":
		return event.SeverityInformational
	}
	return event.SeverityUnknown
}

// outcome sets status and activity from what the product says was done.
func outcome(e *event.Event, h header, pairs decode.Pairs) {
	said := pairs.Get("outcome", "categoryOutcome")
	action := pairs.Get("act")
	status := decode.Outcome(said, action)
	switch e.Class {
	case event.Authentication:
		if status == 0 {
			status = decode.Outcome(h.name)
		}
		e.SetActivity(event.Logon)
		if decode.IsLogoff(h.name, action) {
			e.SetActivity(event.Logoff)
		}
	case event.NetworkActivity:
		e.SetActivity(decode.FlowActivity(nonEmpty(action, said)))
	case event.HTTPActivity:
		e.SetActivity(method(pairs.Get("requestMethod", "method")))
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

// subjects settles who is meant: CEF has a source and a destination user, a
// login has one user.
func subjects(e *event.Event, pairs decode.Pairs) {
	if e.Class != event.Authentication {
		return
	}
	user := pairs.Get("duser", "suser")
	e.SetStr(event.UserName, nonEmpty(user, "-"))
	service := pairs.Get("app", "dproc", "destinationServiceName", "sourceServiceName")
	e.SetStr(event.ServiceName, strings.ToLower(nonEmpty(service, e.Str(event.ProductName))))
}

// labelled puts the label of a custom field in the place of its key:
// cs1=x cs1Label=Policy becomes Policy=x.
func labelled(pairs decode.Pairs) decode.Pairs {
	out := pairs[:0:0]
	for _, p := range pairs {
		if base, ok := strings.CutSuffix(p.Key, "Label"); ok && custom(base) {
			continue
		}
		if custom(p.Key) {
			label := pairs.Get(p.Key + "Label")
			if strings.HasPrefix(p.Key, "c6a") {
				// Addresses of version 6 have no key of their own.
				switch l := strings.ToLower(label); {
				case strings.HasPrefix(l, "source ipv6") && pairs.Get("src") == "":
					p.Key, label = "src", ""
				case strings.HasPrefix(l, "destination ipv6") && pairs.Get("dst") == "":
					p.Key, label = "dst", ""
				}
			}
			if label != "" {
				p.Key = label
			}
		}
		out = append(out, p)
	}
	return out
}

// custom reports whether a key is one of those that a label names.
func custom(key string) bool {
	for _, prefix := range [...]string{"cs", "cn", "cfp", "c6a", "flexString", "flexNumber", "flexDate", "deviceCustomDate", "deviceCustomString", "deviceCustomNumber"} {
		if n, ok := strings.CutPrefix(key, prefix); ok && len(n) == 1 && n[0]-'0' <= 9 {
			return true
		}
	}
	return false
}

// column returns the column of a key of the CEF dictionary.
func column(key string) event.Path {
	switch key {
	case "src", "sourceAddress":
		return event.SrcIP
	case "dst", "destinationAddress":
		return event.DstIP
	case "spt", "sourcePort":
		return event.SrcPort
	case "dpt", "destinationPort":
		return event.DstPort
	case "smac", "sourceMacAddress":
		return event.SrcMAC
	case "dmac", "destinationMacAddress":
		return event.DstMAC
	case "shost", "sourceHostName":
		return event.SrcHostname
	case "dhost", "destinationHostName":
		return event.DstHostname
	case "sntdom":
		return event.SrcDomain
	case "dntdom":
		return event.DstDomain
	case "duser", "destinationUserName":
		return event.UserName
	case "suser", "sourceUserName":
		return event.ActorUser
	case "duid":
		return event.UserUID
	case "proto", "transportProtocol":
		return event.ProtocolName
	case "app", "applicationProtocol":
		return event.AppProtocol
	case "in": // from source to destination, says the dictionary
		return event.BytesOut
	case "out":
		return event.BytesIn
	case "msg", "message":
		return event.Message
	case "request", "requestURL":
		return event.HTTPURL
	case "requestMethod", "method":
		return event.HTTPMethod
	case "requestClientApplication":
		return event.HTTPUserAgent
	case "reason":
		return event.StatusDetail
	case "dvc", "deviceAddress":
		return event.DeviceIP
	case "dvchost", "deviceHostName":
		return event.DeviceHostname
	case "cnt", "baseEventCount":
		return event.Count
	case "externalId":
		return event.OriginalUID
	}
	return 0
}
