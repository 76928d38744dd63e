// Package leef understands QRadar's Log Event Extended Format, versions 1.0
// and 2.0, alone or behind a syslog header. A record between two addresses
// becomes a network event, a login a login, anything else a plain event with
// all its attributes. It does not judge what the product claims.
package leef

import (
	"strings"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// Kind describes the format.
func Kind() decode.Kind {
	return decode.ReportFormat{
		Name:   "leef",
		Doc:    "Log Event Extended Format of QRadar, 1.0 and 2.0, alone or behind a syslog header",
		Find:   find,
		Read:   read,
		Column: column,
	}.Kind()
}

func read(record string, clock syslog.Clock) (decode.Report, bool) {
	h, pairs, ok := parse(record)
	if !ok {
		return decode.Report{}, false
	}
	names := [...]string{h.id, pairs.Get("cat"), pairs.Get("eventDesc", "msg", "desc", "name")}
	login, logout := truth(pairs.Get("isLoginEvent")), truth(pairs.Get("isLogoutEvent"))
	r := decode.Report{
		Pairs:    pairs,
		Class:    decode.ClassOf(pairs, column, names[:]...),
		Severity: decode.SeverityOfTen(pairs.Get("sev")),
		Vendor:   h.vendor, Product: h.product, Message: h.id,
		Unmapped: [...]decode.Pair{
			{Key: "event_id", Value: h.id},
			{Key: "product_version", Value: h.release},
			{},
		},
		Action:  pairs.Get("action", "act", "disposition", "result", "outcome", "status"),
		Names:   names,
		Logoff:  logout,
		User:    pairs.Get("usrName", "accountName", "identUserName"),
		Service: pairs.Get("service", "application"),
		Method:  pairs.Get("method", "requestMethod"),
	}
	if login || logout {
		r.Class = event.Authentication
	}
	v := pairs.Get("devTime")
	at, ok := devTime(v, pairs.Get("devTimeFormat"), clock.Location)
	if !ok {
		at, ok = decode.Moment(v, clock)
	}
	if ok {
		r.Time, r.Written = at, v
	}
	return r, true
}

func truth(s string) bool {
	return strings.EqualFold(s, "true") || s == "1" || strings.EqualFold(s, "yes")
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
