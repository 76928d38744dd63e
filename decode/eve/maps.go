package eve

import (
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/json"
)

// maps says how each type of record becomes events.
var maps = map[string]func(*call){
	"flow": flow, "alert": alert, "dns": dns, "http": http, "http2": http, "tls": tls, "quic": quic, "ssh": ssh, "smtp": smtp, "ftp": ftp,
	"pop3": pop3, "krb5": krb5, "dhcp": dhcp, "smb": smb, "rdp": rdp, "arp": arp, "stats": stats, "mqtt": mqtt,
}

// other keeps a record of any type: netflow, anomaly, fileinfo, drop, and what
// Suricata will log one day.
func other(c *call) {
	if !c.hasEndpoint() {
		c.begin(event.Base)
		return
	}
	e := c.named()
	e.SetText(event.AppProtocol, appProtocol(c.root.Take("app_proto").Str()))
}

func stats(c *call) { c.begin(event.Base) }

// appProtocol turns Suricata's name of a protocol into the registry's.
func appProtocol(name string) string {
	switch name {
	case "failed", "unknown":
		return ""
	case "krb5":
		return "kerberos"
	}
	return name
}

func flow(c *call) {
	r := c.root
	f := decode.UnknownCounts()
	v := r.Get("flow")
	zone := c.d.opts.Location
	if zone == nil {
		zone = time.UTC
	}
	start, begun := decode.ParseISO(v.Take("start").Str(), zone)
	end, ended := decode.ParseISO(v.Take("end").Str(), zone)
	if !begun {
		start = c.at
	}
	f.Start = start
	if ended && end.After(start) {
		f.Duration = end.Sub(start)
	}
	f.Protocol, f.Src, f.Dst, f.Sport, f.Dport = c.proto, c.src, c.dst, c.sport, c.dport
	f.UID, f.Community = c.uid, c.community
	f.Service = appProtocol(r.Take("app_proto").Str())
	count := func(name string) int64 {
		n, ok := v.Take(name).Int()
		if !ok || n < 0 {
			return -1
		}
		return n
	}
	f.PacketsOut, f.PacketsIn = count("pkts_toserver"), count("pkts_toclient")
	// With their headers, so these are no payload.
	f.IPBytesOut, f.IPBytesIn = count("bytes_toserver"), count("bytes_toclient")
	if c.proto == "icmp" || c.proto == "ipv6-icmp" {
		if n, ok := r.Take("icmp_type").Int(); ok {
			f.Sport = n
			f.Dport, _ = r.Take("icmp_code").Int()
		}
	}
	f.State = state(c, v, f.PacketsIn)
	f.Log, f.Product, f.Vendor = c.kind, product, vendor
	e := f.Event(c.origin(), c.raw)
	if f.IPBytesOut >= 0 && f.IPBytesIn >= 0 {
		e.SetInt(event.Bytes, f.IPBytesOut+f.IPBytesIn)
	}
	c.out = append(c.out, e)
}

// state says in Zeek's words how a flow went.
func state(c *call, v json.Value, packetsIn int64) string {
	if c.proto != "tcp" {
		switch {
		case packetsIn == 0:
			return "S0"
		case packetsIn > 0 && c.proto == "udp":
			return "SF"
		}
		return ""
	}
	toServer, ok1 := flags(c.root.Get("tcp", "tcp_flags_ts"))
	toClient, ok2 := flags(c.root.Get("tcp", "tcp_flags_tc"))
	if ok1 && ok2 {
		return decode.TCPState(toServer, toClient)
	}
	switch said := v.Get("state"); {
	case said.Is("new") && packetsIn == 0:
		return "S0"
	case said.Is("established"):
		return "S1"
	case said.Is("closed") && packetsIn > 0:
		return "SF"
	}
	return "OTH"
}

func flags(v json.Value) (uint8, bool) {
	n, err := strconv.ParseUint(v.Text(), 16, 8)
	return uint8(n), err == nil
}

// severities turns Suricata's priority into OCSF's severity.
var severities = map[int64]event.Severity{
	1: event.SeverityHigh, 2: event.SeverityMedium, 3: event.SeverityLow, 4: event.SeverityInformational,
}

func alert(c *call) {
	r := c.root
	e := c.begin(event.DetectionFinding)
	v := r.Get("alert")
	e.SetActivity(1)
	n, _ := v.Get("severity").Int()
	e.SetInt(event.SeverityID, int64(severities[n]))
	e.SetStr(event.FindingUID, e.ID())
	signature := v.Take("signature").Str()
	if signature == "" {
		signature = "Suricata alert"
	}
	e.SetStr(event.FindingTitle, signature)
	e.SetStr(event.Message, signature)
	e.SetText(event.FindingDesc, v.Take("category").Str())
	id := v.Take("gid").Text() + ":" + v.Take("signature_id").Text() + ":" + v.Take("rev").Text()
	e.SetStr(event.AnalyticName, signature)
	e.SetStr(event.AnalyticUID, id)
	e.SetInt(event.AnalyticType, 1)
	text := func(n int64) string {
		if n < 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	e.SetText(event.Evidences, decode.Evidence{
		Src: c.src, Dst: c.dst, Sport: text(c.sport), Dport: text(c.dport), Protocol: c.proto, UID: c.uid,
	}.JSON())
	// A finding has no endpoints of its own; rules look for these names.
	for _, u := range [...]struct{ name, value string }{{"src_ip", c.src}, {"dest_ip", c.dst}, {"proto", c.proto}, {"flow_id", c.uid}, {"community_id", c.community}} {
		e.AddUnmappedStr(u.name, u.value)
	}
	for _, u := range [...]struct {
		name string
		n    int64
	}{{"src_port", c.sport}, {"dest_port", c.dport}} {
		if u.n >= 0 {
			e.AddUnmappedInt(u.name, u.n)
		}
	}
}

// dns reads all three shapes: one record a resource record (1), one a message
// (2), and that with a list of questions (3).
func dns(c *call) {
	v := c.root.Get("dns")
	kind := v.Get("type").Str()
	answer := kind == "answer" || kind == "response"
	if answer {
		c.turn(53)
		c.turn(5353)
	}
	e := c.event(event.DNSActivity)
	e.SetStr(event.AppProtocol, "dns")
	e.SetActivity(1)
	question := v
	if list := v.Get("queries"); list.Kind() == json.Array {
		for first := range list.Each {
			question = first
			break
		}
		if list.Len() == 1 {
			list.Drop()
		}
	}
	name, rrtype := question.Take("rrname"), question.Take("rrtype").Str()
	if name.Kind() == json.String {
		e.SetStr(event.DNSQuery, name.Str())
		e.SetText(event.DNSType, rrtype)
		if id, ok := v.Take("id").Int(); ok {
			e.SetInt(event.DNSTransaction, id)
		}
	}
	if !answer {
		e.SetTime(event.DNSQueryTime, c.at)
		return
	}
	e.SetActivity(2)
	e.SetTime(event.DNSResponseTime, c.at)
	rcode := v.Take("rcode").Text()
	if id, ok := rcodes[rcode]; ok {
		e.SetRcode(id)
	} else if rcode != "" {
		e.SetInt(event.DNSRcodeID, 99)
		e.SetStr(event.DNSRcode, rcode)
	}
	list := []byte{'['}
	add := func(a json.Value) {
		data := a.Get("rdata")
		if data.Kind() != json.String {
			return
		}
		if len(list) > 1 {
			list = append(list, ',')
		}
		list = data.AppendTo(append(list, `{"rdata":`...))
		if ttl, ok := a.Get("ttl").Int(); ok {
			list = strconv.AppendInt(append(list, `,"ttl":`...), ttl, 10)
		}
		if t := a.Get("rrtype"); t.Kind() == json.String {
			list = t.AppendTo(append(list, `,"type":`...))
		}
		if n := a.Get("rrname"); n.Kind() == json.String {
			list = n.AppendTo(append(list, `,"hostname":`...))
		}
		list = append(list, '}')
	}
	for a := range v.Take("answers").Each {
		add(a)
	}
	if len(list) == 1 {
		add(v)
		v.Get("rdata").Drop()
		v.Get("ttl").Drop()
	}
	if len(list) > 1 {
		e.SetStr(event.DNSAnswers, string(append(list, ']')))
	}
}

// rcodes are the numbers of RFC 6895 §2.3, which OCSF uses too.
var rcodes = map[string]int64{
	"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5, "YXDOMAIN": 6, "YXRRSET": 7, "NXRRSET": 8,
	"NOTAUTH": 9, "NOTZONE": 10, "DSOTYPENI": 11, "BADSIG": 16, "BADVERS": 16, "BADKEY": 17, "BADTIME": 18, "BADMODE": 19, "BADNAME": 20,
	"BADALG": 21, "BADTRUNC": 22, "BADCOOKIE": 23,
}

// version takes the name of a protocol off its version: TLS 1.2, TLSv1.2.
func version(s string) string {
	for _, prefix := range [...]string{"TLS ", "TLSv", "TLS"} {
		if v, ok := strings.CutPrefix(s, prefix); ok && v != "" {
			return v
		}
	}
	if s == "" || s == "UNDETERMINED" {
		return "unknown" // OCSF requires one; the handshake did not get that far
	}
	return s
}

func tls(c *call) {
	e := c.event(event.NetworkActivity)
	e.SetActivity(event.ConnOpen)
	e.SetStr(event.AppProtocol, "tls")
	describeTLS(c, e, c.root.Get("tls"))
}

func describeTLS(c *call, e *event.Event, v json.Value) {
	e.SetStr(event.TLSVersion, version(v.Take("version").Str()))
	e.SetText(event.TLSSNI, v.Take("sni").Str())
	if fingerprint := v.Take("ja3", "hash").Str(); fingerprint != "" {
		e.SetStr(event.TLSJA3, md5Print(fingerprint))
	}
	if fingerprint := v.Take("ja3s", "hash").Str(); fingerprint != "" {
		e.SetStr(event.TLSJA3S, md5Print(fingerprint))
	}
	if fingerprint := v.Take("ja4").Str(); fingerprint != "" {
		e.SetStr(event.JA4List, string(append(event.AppendQuoted([]byte(`[{"type_id":1,"type":"JA4","value":`), fingerprint), "}]"...)))
	}
	issuer, serial := v.Get("issuerdn").Str(), v.Get("serial").Str()
	if issuer == "" && serial == "" {
		return
	}
	v.Get("issuerdn").Drop()
	v.Get("serial").Drop()
	e.SetStr(event.TLSIssuer, issuer)
	e.SetStr(event.TLSSerial, serial)
	e.SetText(event.TLSSubject, v.Take("subject").Str())
	for p, name := range map[event.Path]string{event.TLSNotBefore: "notbefore", event.TLSNotAfter: "notafter"} {
		if t, ok := decode.ParseISO(v.Get(name).Str(), time.UTC); ok { // the year 9999 stays as it is written
			v.Get(name).Drop()
			e.SetTime(p, t)
		}
	}
	if fingerprint := v.Take("fingerprint").Str(); fingerprint != "" {
		e.SetStr(event.TLSCertPrints, string(append(event.AppendQuoted([]byte(`[{"algorithm":"SHA-1","algorithm_id":2,"value":`), strings.ReplaceAll(fingerprint, ":", "")), "}]"...)))
	}
}

func md5Print(value string) string {
	return string(append(event.AppendQuoted([]byte(`{"algorithm":"MD5","algorithm_id":1,"value":`), value), '}'))
}

func quic(c *call) {
	e := c.named()
	e.SetStr(event.AppProtocol, "quic")
	v := c.root.Get("quic")
	if v.Get("sni").Exists() || v.Get("ja4").Exists() || v.Get("ja3").Exists() {
		e.SetStr(event.TLSVersion, "1.3") // RFC 9001 §4.2
		e.SetText(event.TLSSNI, v.Take("sni").Str())
		if fingerprint := v.Take("ja4").Str(); fingerprint != "" {
			e.SetStr(event.JA4List, string(append(event.AppendQuoted([]byte(`[{"type_id":1,"type":"JA4","value":`), fingerprint), "}]"...)))
		}
		if fingerprint := v.Take("ja3", "hash").Str(); fingerprint != "" {
			e.SetStr(event.TLSJA3, md5Print(fingerprint))
		}
	}
}

func dhcp(c *call) {
	v := c.root.Get("dhcp")
	c.turn(67)
	if c.src == "" {
		c.src = "0.0.0.0"
	}
	e := c.event(event.DHCPActivity)
	e.SetStr(event.AppProtocol, "dhcp")
	e.SetText(event.SrcMAC, v.Take("client_mac").Str())
	e.SetText(event.SrcHostname, v.Take("hostname").Str())
	kind := v.Get("dhcp_type").Str()
	if kind == "" {
		kind = v.Get("type").Str()
	}
	if n, ok := map[string]int{
		"discover": 1, "offer": 2, "request": 3, "decline": 4, "ack": 5, "nak": 6, "release": 7, "inform": 8, "reply": 5,
	}[kind]; ok {
		e.SetActivity(n)
	} else {
		e.SetActivity(99)
		e.SetStr(event.ActivityName, kind)
	}
	if n, ok := v.Take("lease_time").Int(); ok {
		e.SetInt(event.LeaseDuration, n)
	}
}

func arp(c *call) {
	v := c.root.Get("arp")
	sender, target := v.Take("src_ip").Str(), v.Take("dest_ip").Str()
	if sender == "" {
		sender = c.src
	}
	if target == "" {
		target = c.dst
	}
	c.src, c.dst, c.sport, c.dport, c.proto = sender, target, -1, -1, ""
	if !c.hasEndpoint() {
		c.src = "0.0.0.0"
	}
	e := c.event(event.NetworkActivity)
	e.SetActivity(event.ConnTraffic)
	e.SetStr(event.ProtocolName, "arp")
	e.SetText(event.SrcMAC, v.Take("src_mac").Str())
	e.SetText(event.DstMAC, v.Take("dest_mac").Str())
	e.AddUnmappedStr("arp_op", strings.ToLower(v.Take("opcode").Text()))
	if sender == target && sender != "" && sender != "0.0.0.0" {
		e.AddUnmapped("arp_gratuitous", "true")
	}
}
