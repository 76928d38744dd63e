package flow

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

// arrows are argus' signs for who began: a question mark says that it was not
// seen, who that somebody asked for an address.
var arrows = map[string]bool{
	"->": true, "<-": true, "<->": true, "<?>": true, "?>": true, "<?": true, "-": true, "who": true, "<o>": true, "o>": true, "<o": true, "<|>": true, "|>": true, "<|": true,
}

func (d *decoder) event(rec decode.Record, raw string, r row) (*event.Event, error) {
	start, ok := parseTime(r.text("starttime"), d.opts.Reference, d.opts.Location)
	if !ok {
		return nil, fmt.Errorf("start time %.40q is no time", r.text("starttime"))
	}
	f := decode.UnknownCounts()
	f.Start = start
	f.Duration = seconds(r.text("dur"))
	if last, ok := parseTime(r.text("lasttime"), d.opts.Reference, d.opts.Location); ok && f.Duration == 0 && last.After(start) {
		f.Duration = last.Sub(start)
	}
	f.Protocol = strings.ToLower(r.text("proto"))
	f.Src, f.Dst = r.text("saddr"), r.text("daddr")
	if f.Src == "" && f.Dst == "" {
		return nil, fmt.Errorf("row has neither source nor destination")
	}
	switch f.Protocol {
	case "arp", "rarp":
		return arp(rec, raw, r, f), nil
	case "rtp", "rtcp", "udt":
		f.Service, f.Protocol = f.Protocol, "udp"
	}
	counts(&f, r)
	state := strings.ToUpper(r.text("state"))
	icmp := f.Protocol == "icmp" || f.Protocol == "ipv6-icmp" || f.Protocol == "icmp6"
	if icmp {
		f.Sport, f.Dport = icmpType(r.text("sport"), state)
	} else {
		f.Sport, f.Dport = port(r.text("sport")), port(r.text("dport"))
	}
	f.State = stateOf(state, f)
	if dir := r.text("dir"); strings.HasPrefix(dir, "<") && !strings.HasSuffix(dir, ">") {
		turn(&f, state)
	}
	f.Log, f.Product, f.Vendor = "flow", product, vendor
	e := f.Event(decode.Stamp(rec, 0), raw)
	if f.IPBytesOut >= 0 && f.IPBytesIn >= 0 {
		e.SetInt(event.Bytes, f.IPBytesOut+f.IPBytesIn)
	} else if n := r.number("bytes"); n >= 0 {
		e.SetInt(event.Bytes, n)
	}
	if n := r.number("pkts"); n >= 0 {
		e.SetInt(event.Packets, n)
	}
	e.SetText(event.SrcMAC, mac(r.text("smac")))
	e.SetText(event.DstMAC, mac(r.text("dmac")))
	rest(r, e)
	return e, nil
}

func mac(s string) string {
	if len(s) == 17 && strings.Count(s, ":") == 5 {
		return strings.ToLower(s)
	}
	return ""
}

// mapped are the columns that have become columns of the event.
var mapped = map[string]bool{
	"starttime": true, "lasttime": true, "dur": true, "proto": true, "saddr": true, "daddr": true, "sport": true, "dport": true, "pkts": true, "bytes": true,
	"spkts": true, "dpkts": true, "sbytes": true, "dbytes": true, "sappbytes": true, "dappbytes": true, "smac": true, "dmac": true, "": true,
}

// rest adds the columns that have no other place.
func rest(r row, e *event.Event) {
	for i, name := range r.h.names {
		value := r.cells[i]
		if mapped[name] || value == "" {
			continue
		}
		if _, ok := decode.Number(value); ok && (value == "0" || value[0] != '0') {
			e.AddUnmapped(name, value)
			continue
		}
		e.AddUnmappedStr(name, value)
	}
}

const product, vendor = "argus", "QoSient"

// counts reads packets and bytes, of which tables give the sum, the client's
// part, or all.
func counts(f *decode.Flow, r row) {
	other := func(total, part int64) int64 {
		if total < 0 || part < 0 || part > total {
			return -1
		}
		return total - part
	}
	pkts, bytes := r.number("pkts"), r.number("bytes")
	f.PacketsOut, f.PacketsIn = r.number("spkts"), r.number("dpkts")
	f.IPBytesOut, f.IPBytesIn = r.number("sbytes"), r.number("dbytes")
	if f.IPBytesIn < 0 {
		f.IPBytesIn = other(bytes, f.IPBytesOut)
	}
	if f.IPBytesOut < 0 {
		f.IPBytesOut = other(bytes, f.IPBytesIn)
	}
	if f.PacketsIn < 0 && f.PacketsOut >= 0 {
		f.PacketsIn = other(pkts, f.PacketsOut)
	}
	if f.PacketsOut < 0 && f.PacketsIn >= 0 {
		f.PacketsOut = other(pkts, f.PacketsIn)
	}
	if f.PacketsOut < 0 && f.PacketsIn < 0 && (f.IPBytesIn == 0 || pkts == 1) {
		f.PacketsOut, f.PacketsIn = pkts, 0
	}
	f.BytesOut, f.BytesIn = r.number("sappbytes"), r.number("dappbytes")
}

// port reads a port, which ra writes as a number, in hexadecimal, or by name.
func port(s string) int64 {
	if n, ok := decode.Number(s); ok && n <= 65535 {
		return n
	}
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		if n, err := strconv.ParseUint(hex, 16, 16); err == nil {
			return int64(n)
		}
	}
	if n, ok := services[s]; ok {
		return n
	}
	return -1
}

// services are the names of ports that ra prints without -n, where they are common.
var services = map[string]int64{
	"ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "http": 80, "kerberos": 88,
	"pop3": 110, "sunrpc": 111, "ntp": 123, "epmap": 135, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139, "imap": 143, "imap2": 143, "snmp": 161,
	"snmptrap": 162, "ldap": 389, "https": 443, "microsoft-ds": 445, "submission": 587, "ldaps": 636, "imaps": 993, "pop3s": 995, "mysql": 3306,
	"ms-wbt-server": 3389, "mdns": 5353, "http-alt": 8080,
}

// icmpType reads type and code, which argus writes as one hexadecimal number
// with the code in front; where it does not, the state tells the type.
func icmpType(s, state string) (kind, code int64) {
	if n := port(s); n >= 0 && strings.HasPrefix(s, "0x") {
		return n & 0xff, n >> 8
	}
	if t, ok := icmpStates[state]; ok {
		return t[0], t[1]
	}
	if strings.HasPrefix(state, "UR") {
		return 3, 0
	}
	return -1, -1
}

var icmpStates = map[string][2]int64{
	"ECO": {8, 0}, "ECR": {0, 0}, "URN": {3, 0}, "URH": {3, 1}, "URO": {3, 2}, "URP": {3, 3}, "URF": {3, 4}, "SRC": {4, 0}, "RED": {5, 0},
	"RTA": {9, 0}, "RTS": {10, 0}, "TXD": {11, 0}, "PAR": {12, 0}, "TST": {13, 0}, "TSR": {14, 0}, "IRQ": {15, 0}, "IRR": {16, 0}, "MAS": {17, 0}, "MSR": {18, 0},
}

// zeekStates may stand in the column of those who turned Zeek's log into this
// form.
var zeekStates = map[string]bool{
	"S0": true, "S1": true, "SF": true, "REJ": true, "S2": true, "S3": true, "RSTO": true, "RSTR": true, "RSTOS0": true, "RSTRH": true, "SH": true, "SHR": true, "OTH": true,
}

// stateOf says in Zeek's words how a flow went.
func stateOf(state string, f decode.Flow) string {
	if zeekStates[state] {
		return state
	}
	unanswered := f.PacketsIn == 0 || f.PacketsIn < 0 && f.IPBytesIn == 0
	if f.Protocol != "tcp" {
		switch {
		case f.Protocol != "udp":
			return ""
		case state == "CON":
			return "SF"
		case state == "INT" || state == "REQ" || unanswered:
			return "S0"
		}
		return "SF"
	}
	if client, server, ok := strings.Cut(state, "_"); ok {
		return decode.TCPState(flags(client), flags(server))
	}
	switch state {
	case "REQ", "INT":
		return "S0"
	case "ACC", "EST", "CON":
		if unanswered {
			return "S0"
		}
		return "S1"
	case "FIN", "CLO":
		return "SF"
	case "RST":
		if f.PacketsOut >= 0 && f.PacketsOut <= 2 {
			return "REJ"
		}
		return "RSTO"
	case "TIM":
		if unanswered {
			return "S0"
		}
		return "S1"
	}
	return "OTH"
}

func flags(letters string) uint8 {
	out := uint8(0)
	for _, c := range letters {
		switch c {
		case 'F':
			out |= decode.FIN
		case 'S':
			out |= decode.SYN
		case 'R':
			out |= decode.RST
		case 'P':
			out |= decode.PSH
		case 'A':
			out |= decode.ACK
		case 'U':
			out |= decode.URG
		}
	}
	return out
}

// turn exchanges the sides of a flow that the destination began.
func turn(f *decode.Flow, state string) {
	f.Src, f.Dst, f.Sport, f.Dport = f.Dst, f.Src, f.Dport, f.Sport
	f.PacketsOut, f.PacketsIn = f.PacketsIn, f.PacketsOut
	f.BytesOut, f.BytesIn = f.BytesIn, f.BytesOut
	f.IPBytesOut, f.IPBytesIn = f.IPBytesIn, f.IPBytesOut
	if client, server, ok := strings.Cut(state, "_"); ok && f.Protocol == "tcp" {
		f.State = decode.TCPState(flags(server), flags(client))
	}
}

func arp(rec decode.Record, raw string, r row, f decode.Flow) *event.Event {
	e := event.New(event.NetworkActivity, f.Start, decode.Stamp(rec, 0))
	e.SetActivity(event.ConnTraffic)
	e.SetStr(event.RawData, raw)
	e.SetStr(event.LogName, "flow")
	e.SetStr(event.ProductName, product)
	e.SetStr(event.ProductVendor, vendor)
	decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, f.Src)
	decode.SetEndpoint(e, event.DstIP, event.DstHostname, f.Dst)
	e.SetText(event.SrcMAC, mac(r.text("smac")))
	e.SetStr(event.ProtocolName, "arp")
	e.SetInt(event.Duration, int64(f.Duration/time.Millisecond))
	e.AddUnmapped("arp_op", `"request"`)
	if f.Src == f.Dst {
		e.AddUnmapped("arp_gratuitous", "true")
	}
	rest(r, e)
	return e
}
