package sigma

import (
	"strings"

	"github.com/bongsu/bongsu/event"
)

// logsource says which events a rule is for.
type logsource struct{ category, product, service string }

// classes that a category or a service means. What is not here says nothing
// about the class.
var classes = map[string][]event.Class{
	"webserver":          {event.HTTPActivity},
	"proxy":              {event.HTTPActivity},
	"http":               {event.HTTPActivity},
	"dns":                {event.DNSActivity},
	"dns_query":          {event.DNSActivity},
	"firewall":           {event.NetworkActivity},
	"network_connection": {event.NetworkActivity},
	"conn":               {event.NetworkActivity},
	"process_creation":   {event.ProcessActivity, event.Base},
	"authentication":     {event.Authentication},
}

// class reports whether events of the class can be meant.
func (s logsource) class(c event.Class) bool {
	for _, word := range []string{s.category, s.service} {
		if want, ok := classes[word]; ok {
			for _, w := range want {
				if w == c {
					return true
				}
			}
			return false
		}
	}
	return true
}

// fits reports whether the event's product and service are the rule's. An event
// that does not say what it is fits any product: a rule then fails on its
// fields.
func (s logsource) fits(e *event.Event) bool {
	if s.product == "windows" && !e.Has(event.ProcessCmdLine) {
		if _, ok := e.Unmapped("EventID"); !ok && len(e.AllUnmapped()) == 0 {
			return false
		}
	}
	if s.service == "" || classes[s.service] != nil {
		return true
	}
	for _, p := range []event.Path{event.ServiceName, event.LogProvider, event.LogName, event.AppProtocol} {
		if v := e.Str(p); v != "" && strings.EqualFold(v, s.service) {
			return true
		}
	}
	program := e.UnmappedStr("program")
	if program == "" && !e.Has(event.ServiceName) && !e.Has(event.LogProvider) {
		return true
	}
	switch s.service {
	case "auth", "syslog", "authpriv":
		return true
	}
	return strings.EqualFold(program, s.service)
}
