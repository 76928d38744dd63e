// Package cef understands ArcSight's Common Event Format, which many security
// products send, alone or behind a syslog header. A record between two
// addresses becomes a network event, a login a login, anything else a plain
// event with all its fields. It does not judge what the product claims.
package cef

import (
	"strings"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// Kind describes the format.
func Kind() decode.Kind {
	return decode.ReportFormat{
		Name:   "cef",
		Doc:    "Common Event Format of ArcSight, alone or behind a syslog header",
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
	r := decode.Report{
		Severity: severity(h.severity),
		Vendor:   h.vendor, Product: h.product, Message: h.name,
		Unmapped: [...]decode.Pair{
			{Key: "name", Value: h.name},
			{Key: "signature_id", Value: h.signature},
			{Key: "product_version", Value: h.release},
		},
	}
	for _, key := range [...]string{"rt", "end", "start"} {
		v := pairs.Get(key)
		if at, ok := decode.Moment(v, clock); ok {
			r.Time, r.Written = at, v
			break
		}
	}
	pairs = labelled(pairs)
	r.Pairs = pairs
	r.Class = decode.ClassOf(pairs, column, h.name, pairs.Get("cat", "categoryBehavior"), h.signature)
	r.Result, r.Action = pairs.Get("outcome", "categoryOutcome"), pairs.Get("act")
	r.Names = [...]string{h.name, r.Action, ""}
	// Of the two users of CEF, a login is of the destination's.
	r.User = pairs.Get("duser", "suser")
	r.Service = pairs.Get("app", "dproc", "destinationServiceName", "sourceServiceName")
	r.Method = pairs.Get("requestMethod", "method")
	return r, true
}

// severity returns OCSF's for the words and numbers of CEF.
func severity(s string) event.Severity {
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
	return decode.SeverityOfTen(s)
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
