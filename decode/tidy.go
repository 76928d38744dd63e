package decode

import (
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/mail"
)

// endpoints are the objects that OCSF takes only with a name or an address.
var endpoints = [...]struct{ named, rest []event.Path }{
	{
		[]event.Path{event.SrcIP, event.SrcHostname, event.SrcDomain, event.SrcSvcName},
		[]event.Path{event.SrcPort, event.SrcMAC, event.SrcZone, event.SrcVLAN},
	},
	{
		[]event.Path{event.DstIP, event.DstHostname, event.DstDomain, event.DstSvcName},
		[]event.Path{event.DstPort, event.DstMAC, event.DstZone, event.DstVLAN},
	},
	{[]event.Path{event.ProxyIP, event.ProxyHostname}, []event.Path{event.ProxyPort}},
	{[]event.Path{event.DeviceIP, event.DeviceHostname}, []event.Path{event.DeviceZone, event.DeviceTypeID}},
}

// Columns of objects that OCSF does not take without one certain member.
var (
	answer  = []event.Path{event.HTTPStatusText, event.HTTPContentType, event.HTTPResponseLen}
	file    = []event.Path{event.FilePath, event.FileSize, event.FileHashes, event.FileTypeID}
	place   = []event.Path{event.HTTPHost, event.HTTPQuery, event.HTTPScheme, event.HTTPURLPort, event.HTTPPath}
	request = []event.Path{event.HTTPMethod, event.HTTPUserAgent, event.HTTPReferrer, event.HTTPVersion, event.HTTPXFF, event.HTTPRequestLen, event.HTTPHeaders}
)

// tidy makes an event such that OCSF takes it whatever was in the record: a
// log can be damaged, or hold in a place what does not belong there. What does
// not fit is kept as an unmapped value.
func tidy(e *event.Event) {
	e.Fit()
	for _, p := range [...]event.Path{event.SrcIP, event.DstIP, event.ProxyIP, event.DeviceIP} {
		if s := e.Str(p); s != "" || e.Has(p) {
			if _, ok := Address(s); !ok {
				e.Unmap(p)
			}
		}
	}
	for _, p := range [...]event.Path{event.SrcMAC, event.DstMAC} {
		if s := e.Str(p); s != "" || e.Has(p) {
			tidyMAC(e, p, s)
		}
	}
	for _, p := range [...]event.Path{event.SrcPort, event.DstPort, event.ProxyPort, event.HTTPURLPort} {
		if n := e.Int(p); n < 0 || n > 65535 {
			e.Unmap(p)
		}
	}
	for i := range endpoints {
		end := &endpoints[i]
		if !hasAny(e, end.named) {
			for _, p := range end.rest {
				e.Unmap(p)
			}
		}
	}
	if e.Has(event.HTTPMethod) {
		if _, ok := event.MethodActivity(e.Str(event.HTTPMethod)); !ok {
			e.Unmap(event.HTTPMethod)
		}
	}
	if !e.Has(event.HTTPStatus) { // OCSF takes no answer without its code
		for _, p := range answer {
			e.Unmap(p)
		}
	}
	if !e.Has(event.FileName) {
		for _, p := range file {
			e.Unmap(p)
		}
	}
	if hasAny(e, place) && !e.Has(event.HTTPURL) && !e.Has(event.HTTPPath) {
		e.SetStr(event.HTTPPath, "/")
	}
	switch {
	case e.Class == event.HTTPActivity:
		if !hasAny(e, request) && !hasAny(e, place) && !e.Has(event.HTTPStatus) && !e.Has(event.HTTPURL) {
			e.SetStr(event.HTTPPath, "/")
		}
	case e.Class == event.DetectionFinding && !e.Has(event.FindingUID):
		e.SetStr(event.FindingUID, e.ID())
	case e.Class == event.EmailActivity:
		tidyMail(e)
	case e.Class == event.Authentication:
		tidyLogin(e)
	case e.Class == event.TunnelActivity && !hasAny(e, endpoints[0].named):
		e.SetStr(event.SrcIP, "0.0.0.0")
	case e.Class >= event.NetworkActivity && e.Class <= event.TunnelActivity:
		if !hasAny(e, endpoints[0].named) && !hasAny(e, endpoints[1].named) {
			e.SetStr(event.SrcIP, "0.0.0.0") // unspecified; OCSF wants one end at least
		}
	}
}

func hasAny(e *event.Event, paths []event.Path) bool {
	for _, p := range paths {
		if e.Has(p) {
			return true
		}
	}
	return false
}

func tidyMAC(e *event.Event, p event.Path, s string) {
	mac := strings.ToLower(strings.ReplaceAll(s, "-", ":"))
	switch {
	case !isMAC(mac):
		e.Unmap(p)
	case mac != s:
		e.SetStr(p, mac)
	}
}

func tidyMail(e *event.Event) {
	for _, p := range [...]event.Path{event.EmailFrom, event.EmailSMTPFrom} {
		if s := e.Str(p); e.Has(p) && mail.Address(s) != s {
			e.Unmap(p)
		}
	}
	if !e.Has(event.EmailFrom) && !e.Has(event.EmailTo) {
		e.SetStr(event.EmailTo, "[]")
	}
}

// tidyLogin sees to it that a login names somebody and something.
func tidyLogin(e *event.Event) {
	if !e.Has(event.UserName) && !e.Has(event.UserUID) {
		e.SetStr(event.UserName, "-")
	}
	if !e.Has(event.ServiceName) && !hasAny(e, endpoints[1].named) {
		e.SetStr(event.ServiceName, "-")
	}
}
