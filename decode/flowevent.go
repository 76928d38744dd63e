package decode

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/communityid"
)

// A Flow is what a log tells of one connection, in the terms that all logs of
// flows share. Numbers below zero are unknown.
type Flow struct {
	Start       time.Time
	Duration    time.Duration
	Protocol    string // tcp, udp, icmp, …, in lower case
	Src, Dst    string
	Sport       int64 // for ICMP the type
	Dport       int64 // for ICMP the code
	Service     string
	State       string // as Zeek's conn_state, "" if unknown
	UID         string
	Community   string // "" lets it be computed
	History     string
	PacketsOut  int64
	PacketsIn   int64
	BytesOut    int64 // payload
	BytesIn     int64
	IPBytesOut  int64
	IPBytesIn   int64
	BytesMissed int64

	Log             string // becomes metadata.log_name
	Product, Vendor string // who watched
}

// UnknownCounts returns a flow whose numbers are all unknown.
func UnknownCounts() Flow {
	return Flow{
		Sport: -1, Dport: -1, PacketsOut: -1, PacketsIn: -1, BytesOut: -1, BytesIn: -1,
		IPBytesOut: -1, IPBytesIn: -1, BytesMissed: -1,
	}
}

// Event returns the flow as Bongsu writes flows, whoever saw them.
func (f *Flow) Event(origin event.Origin, raw string) *event.Event {
	// Columns are set in the order of their numbers as far as may be: an event
	// keeps them so, and setting one out of turn moves the others.
	end := f.Start.Add(f.Duration)
	e := event.New(event.NetworkActivity, end, origin)
	number, name := Protocol(f.Protocol, f.Src)
	e.SetActivity(f.activity(number))
	e.SetStr(event.RawData, raw)
	e.SetTime(event.StartTime, f.Start)
	e.SetTime(event.EndTime, end)
	e.SetInt(event.Duration, f.Duration.Milliseconds())
	e.SetText(event.LogName, f.Log)
	e.SetText(event.ProductName, f.Product)
	e.SetText(event.ProductVendor, f.Vendor)
	e.SetText(event.AppProtocol, f.Service)
	icmp := number == 1 || number == 58
	SetEndpoint(e, event.SrcIP, event.SrcHostname, f.Src)
	setPort := func(p event.Path, n int64) {
		if !icmp && n >= 0 && n <= 65535 && (number == 6 || number == 17 || n > 0) {
			e.SetInt(p, n)
		}
	}
	setPort(event.SrcPort, f.Sport)
	SetEndpoint(e, event.DstIP, event.DstHostname, f.Dst)
	setPort(event.DstPort, f.Dport)
	e.SetText(event.ConnUID, f.UID)
	f.setIDs(e, number)
	if number >= 0 {
		e.SetInt(event.ProtocolNum, number)
	}
	e.SetText(event.ProtocolName, name)
	e.SetText(event.FlagHistory, f.History)
	setCount := func(p event.Path, n int64) {
		if n >= 0 {
			e.SetInt(p, n)
		}
	}
	setCount(event.BytesIn, f.BytesIn)
	setCount(event.BytesOut, f.BytesOut)
	if f.BytesMissed > 0 {
		e.SetInt(event.BytesMissed, f.BytesMissed)
	}
	setCount(event.PacketsIn, f.PacketsIn)
	setCount(event.PacketsOut, f.PacketsOut)
	e.AddUnmappedStr("conn_state", f.State)
	for _, u := range [...]struct {
		name string
		n    int64
	}{{"ip_bytes_out", f.IPBytesOut}, {"ip_bytes_in", f.IPBytesIn}} {
		if u.n >= 0 {
			e.AddUnmappedInt(u.name, u.n)
		}
	}
	if icmp && f.Sport >= 0 && f.Sport <= 255 {
		e.AddUnmappedInt("icmp_type", f.Sport)
		code := max(f.Dport, 0)
		if communityid.Paired(uint8(number), uint16(f.Sport)) {
			code = 0 // here logs write the type of the answer
		}
		e.AddUnmappedInt("icmp_code", code)
	}
	return e
}

func (f *Flow) setIDs(e *event.Event, number int64) {
	if f.Community != "" {
		e.SetStr(event.CommunityUID, f.Community)
		return
	}
	src, err1 := netip.ParseAddr(f.Src)
	dst, err2 := netip.ParseAddr(f.Dst)
	ported := number == 6 || number == 17 || number == 1 || number == 58
	if err1 != nil || err2 != nil || number < 0 || ported && (f.Sport < 0 || f.Sport > 65535 || f.Dport < 0 || f.Dport > 65535) {
		return
	}
	e.SetText(event.CommunityUID, communityid.Of(uint8(number), src, dst, uint16(max(f.Sport, 0)), uint16(max(f.Dport, 0))))
}

// activity says how the flow ended, as package dissect does for packets.
func (f *Flow) activity(number int64) int {
	if number == 6 {
		return event.ConnActivity(f.State)
	}
	if f.State == "REJ" {
		return event.ConnRefuse
	}
	asks := number == 17 || number == 1 && (f.Sport == 8 || f.Sport == 13 || f.Sport == 17) || number == 58 && f.Sport == 128
	unanswered := f.State == "S0" || number != 17 && asks && f.PacketsIn == 0
	if asks && unanswered && !manyListen(f.Dst) {
		return event.ConnFail
	}
	return event.ConnTraffic
}

// manyListen reports whether an address is that of a group or of everybody.
// Of a network's own broadcast address only the usual one, .255, is known.
func manyListen(s string) bool {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return false
	}
	a = a.Unmap()
	return a.IsMulticast() || a.Is4() && a.As4()[3] == 255
}

// protocols are names that logs use, with numbers of IANA's registry.
var protocols = map[string]int64{
	"tcp": 6, "udp": 17, "icmp": 1, "icmp6": 58, "ipv6-icmp": 58, "icmpv6": 58, "igmp": 2, "gre": 47, "esp": 50, "ah": 51,
	"sctp": 132, "ospf": 89, "pim": 103, "ipv6": 41, "ipip": 94, "vrrp": 112, "udplite": 136, "rsvp": 46, "dccp": 33, "eigrp": 88, "l2tp": 115,
}

// Protocol returns the number, -1 if unknown, and the usual name of a transport
// that a log names. Src tells ICMP from ICMPv6 where the name does not.
func Protocol(name, src string) (number int64, usual string) {
	n, ok := protocols[name]
	if !ok {
		if p, err := strconv.ParseUint(name, 10, 8); err == nil {
			n = int64(p)
			for usual, number := range protocols {
				if number == n && (n != 58 || usual == "ipv6-icmp") {
					return n, usual
				}
			}
			return n, "ip-" + name
		}
		return -1, name
	}
	if n == 1 && len(src) > 0 {
		if a, err := netip.ParseAddr(src); err == nil && a.Is6() && !a.Is4In6() {
			n = 58
		}
	}
	if n == 58 {
		name = "ipv6-icmp"
	}
	return n, name
}
