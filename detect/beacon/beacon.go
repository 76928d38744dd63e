// Package beacon detects machines that call somebody on the Internet at
// regular intervals: how malware asks its owner for orders.
//
// Such a program sleeps, calls, and sleeps again, with some jitter so as not to
// be noticed; what it says is short and nearly the same each time. People are
// not like that. The detector takes the times at which one client contacted one
// server, merges what belongs to one visit, and scores from 0 to 1
//
//   - how little the intervals scatter: their median absolute deviation over
//     their median (uniform jitter of a fifth gives 0.1, chance gives 0.7),
//   - how many of them lie within half and one and a half of the median, so
//     that a night without power does not hide the rhythm,
//   - how evenly they lie on both sides of the median,
//   - how alike the sizes are, where they are known.
//
// 0.8 is a claim of medium severity, 0.7 a low one, from 20 visits on; a dozen
// are enough where the rhythm is perfect, and calls every few seconds must go
// on for 60, since pages that refresh themselves do that too.
//
// Through a proxy every server has the proxy's address, and behind a content
// network one server has many. A second detector therefore counts by name, for
// requests through a proxy, names with several addresses, and calls that share
// one connection.
//
// What is regular by design does not count: names, time, mail collection,
// discovery, pings, everything inside one's own network, and callers from
// outside. Vendors' checks whether there is a network, push services and calls
// that nobody answers stay low.
//
// Expected false positives: update checks, telemetry and pages that poll. They
// differ from a beacon only in whom they call; the finding names it.
package beacon

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
)

// Kinds returns the detectors: by address, and by name.
func Kinds() []detect.Kind {
	return []detect.Kind{
		{
			Name: name, Doc: docAddress, Rules: []*detect.Rule{direct},
			Partition: byAddress, Idle: idle,
			New: func(s detect.Settings) (detect.Detector, error) { return open(s, false) },
		},
		{
			Name: nameByHost, Doc: docHost, Rules: []*detect.Rule{proxied, named},
			Partition: byHost, Idle: idle,
			New: func(s detect.Settings) (detect.Detector, error) { return open(s, true) },
		},
	}
}

const (
	name       = "beacon"
	nameByHost = "beacon-host"
	// idle lets a rhythm of one call in a few hours survive.
	idle = 26 * time.Hour
	// maxVisits bounds the visits that an instance remembers, the latest.
	maxVisits = 1024
	// sameVisit is the time within which contacts belong to one visit: one
	// call often opens more than one connection.
	sameVisit = time.Second
)

func byAddress(e *event.Event) string {
	if !detect.IsFlow(e) || !interesting(e) {
		return ""
	}
	proto := e.Int(event.ProtocolNum)
	if proto != 6 && proto != 17 || proto == 6 && e.Activity() == event.ConnTraffic {
		return ""
	}
	if !detect.ToOne(e) || detect.ToInside(e) {
		return ""
	}
	port := e.Int(event.DstPort)
	b := make([]byte, 0, 48)
	b = append(b, e.Str(event.SrcIP)...)
	b = append(b, '|')
	b = append(b, e.Str(event.DstIP)...)
	b = append(b, '|')
	b = strconv.AppendInt(b, port, 10)
	if proto == 17 {
		b = append(b, 'u')
	}
	return string(b)
}

// interesting leaves out what is regular by design.
func interesting(e *event.Event) bool {
	if e.Str(event.SrcIP) == "" || slices.Contains(steady, e.Int(event.DstPort)) {
		return false
	}
	switch e.Str(event.AppProtocol) {
	case "dns", "ntp", "dhcp", "mdns", "ssdp", "snmp", "imap", "pop3", "smtp", "syslog", "stun":
		return false
	}
	return true
}

// steady are the ports of names, time, addresses, mail, management, calls and
// discovery, whose clients ask at regular intervals.
var steady = []int64{
	25, 53, 67, 68, 110, 123, 137, 138, 143, 161, 162, 427, 465, 514, 546, 547, 587, 853,
	993, 995, 1900, 3478, 3544, 3702, 4500, 5060, 5061, 5349, 5351, 5353, 5355,
}

// pushing are the ports of services that hold a line to many devices by design.
var pushing = []int64{1883, 5222, 5223, 5228, 8883}

func byHost(e *event.Event) string {
	host := hostOf(e)
	if host == "" || e.Str(event.SrcIP) == "" {
		return ""
	}
	if !detect.FromInside(e) && detect.ToInside(e) {
		return "" // our server, their calls
	}
	if detect.ToInside(e) && !throughProxy(e) && e.Class == event.HTTPActivity {
		return ""
	}
	return e.Str(event.SrcIP) + "|" + host
}

// hostOf returns the name that a client asks for, in lower case.
func hostOf(e *event.Event) string {
	host := ""
	switch e.Class {
	case event.HTTPActivity:
		host = e.Str(event.HTTPHost)
		if host == "" && e.Str(event.HTTPMethod) == "CONNECT" {
			host = e.Str(event.HTTPURL)
		}
	case event.NetworkActivity:
		if e.Str(event.AppProtocol) == "tls" && !detect.IsFlow(e) {
			host = e.Str(event.TLSSNI)
		}
	}
	if i := strings.LastIndexByte(host, ':'); i > 0 && !strings.Contains(host[i:], "]") {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// throughProxy reports a request that names a server other than the one that
// it is sent to (RFC 9112 §3.2.2, §3.2.3).
func throughProxy(e *event.Event) bool {
	if e.Has(event.ProxyIP) || e.Has(event.ProxyHostname) || e.Str(event.HTTPMethod) == "CONNECT" {
		return true
	}
	// Sources that write the whole address of every request say nothing by it;
	// the usual ports of proxies do.
	switch e.Int(event.DstPort) {
	case 3128, 8118:
		return e.Class == event.HTTPActivity
	case 8080, 8888:
		return e.Class == event.HTTPActivity && strings.HasPrefix(e.Str(event.HTTPURL), "http://") &&
			!strings.Contains(e.Str(event.HTTPURL), ":"+strconv.FormatInt(e.Int(event.DstPort), 10))
	}
	return false
}

// quietHosts are names that machines call at regular intervals because their
// makers built them so: is there a network, is this certificate still valid.
var quietHosts = []string{
	"connectivitycheck.gstatic.com", "clients3.google.com", "detectportal.firefox.com", "captive.apple.com",
	"msftconnecttest.com", "msftncsi.com", "connectivity-check.ubuntu.com", "nmcheck.gnome.org",
	"network-test.debian.org", "push.apple.com", "mtalk.google.com",
}

func quietHost(host string) bool {
	return strings.HasPrefix(host, "ocsp.") || slices.ContainsFunc(quietHosts, func(q string) bool {
		return host == q || strings.HasSuffix(host, "."+q)
	})
}
