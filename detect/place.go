package detect

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/segment"
)

// FromInside reports whether an event's client is in a segment of ours.
func FromInside(e *event.Event) bool { return inside(e.Str(event.SrcZone), e.Str(event.SrcIP)) }

// ToInside reports whether an event's server is in a segment of ours.
func ToInside(e *event.Event) bool { return inside(e.Str(event.DstZone), e.Str(event.DstIP)) }

// inside goes by the segment; without one, by the address.
func inside(zone, ip string) bool {
	if zone != "" {
		return zone != segment.External
	}
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	a = a.Unmap()
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || sharedSpace.Contains(a)
}

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598

// ToOne reports whether an event's server is one machine: no multicast, no
// broadcast, no unspecified address. An IPv4 address that ends in 255 counts
// as a broadcast, though a wide network may have a host there.
func ToOne(e *event.Event) bool {
	ip := e.Str(event.DstIP)
	if ip == "" || strings.HasSuffix(ip, ".255") {
		return false
	}
	a, err := netip.ParseAddr(ip)
	return err == nil && !a.IsMulticast() && !a.IsUnspecified()
}

// IsFlow reports whether an event tells of a whole connection, rather than of
// something that was said in it: both are of class Network Activity.
func IsFlow(e *event.Event) bool {
	if e.Class != event.NetworkActivity {
		return false
	}
	if e.Has(event.PacketsOut) || e.Has(event.FlagHistory) {
		return true
	}
	if _, ok := e.Unmapped("conn_state"); ok {
		return true
	}
	switch e.Activity() {
	case event.ConnFail, event.ConnRefuse, event.ConnReset, event.ConnClose:
		return true
	}
	return e.Has(event.BytesOut)
}

// Fact says what an event shows, in one technical line that is the same in
// every language.
func Fact(e *event.Event) string {
	b := make([]byte, 0, 96)
	word := func(s string) {
		if s == "" {
			return
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, s...)
	}
	number := func(name string, p event.Path) {
		if e.Has(p) {
			word(name + "=" + strconv.FormatInt(e.Int(p), 10))
		}
	}
	service := e.Str(event.ServiceName)
	if service == "" {
		service = e.Str(event.AppProtocol)
	}
	word(e.Str(event.ProtocolName))
	word(service)
	word(endpoint(e, event.SrcIP, event.SrcPort, event.SrcHostname))
	if to := endpoint(e, event.DstIP, event.DstPort, event.DstHostname); to != "" {
		word("→ " + to)
	}
	switch e.Class {
	case event.NetworkActivity:
		word(e.UnmappedStr("conn_state"))
		word(e.UnmappedStr("arp_op"))
		word(e.Str(event.TLSSNI))
		number("out", event.BytesOut)
		number("in", event.BytesIn)
	case event.HTTPActivity:
		word(e.Str(event.HTTPMethod))
		word(cut(e.Str(event.HTTPHost) + e.Str(event.HTTPPath)))
		number("status", event.HTTPStatus)
	case event.DNSActivity:
		word(cut(e.Str(event.DNSQuery)))
		word(e.Str(event.DNSType))
	case event.Authentication:
		word("user=" + cut(e.Str(event.UserName)))
		switch e.Int(event.StatusID) {
		case event.Success:
			word("success")
		case event.Failure:
			word("failure")
		}
		word(cut(e.Str(event.StatusDetail)))
	}
	return string(b)
}

func endpoint(e *event.Event, ip, port, host event.Path) string {
	s := e.Str(ip)
	if s == "" {
		s = e.Str(host)
	}
	if s == "" || !e.Has(port) {
		return s
	}
	n := strconv.FormatInt(e.Int(port), 10)
	if strings.Contains(s, ":") {
		return "[" + s + "]:" + n
	}
	return s + ":" + n
}

// maxWord bounds what a fact repeats of a text that an attacker wrote.
const maxWord = 120

func cut(s string) string {
	if len(s) <= maxWord {
		return s
	}
	return strings.ToValidUTF8(s[:maxWord], "") + "…"
}
