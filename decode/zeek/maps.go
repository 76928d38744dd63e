package zeek

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

// maps says how the rows of each log become events.
var maps = map[string]func(*call){
	"conn": conn, "dns": dns, "http": http, "ssl": tls, "ssh": ssh, "ftp": ftp, "smtp": smtp, "kerberos": kerberos, "ntlm": ntlm,
	"rdp": rdp, "dhcp": dhcp, "arp": arp, "notice": notice, "smb_mapping": share, "smb_files": sharedFile, "tunnel": tunnel, "files": files,
	"software": host, "known_hosts": host, "known_services": host, "known_certs": host, "known_modbus": host, "known_devices": host,
}

// marks tell a log by fields that only it has, where its rows do not name it.
// The first whose fields all stand in the row decides.
var marks = []struct {
	log    string
	fields []string
}{
	{"conn", []string{"conn_state"}},
	{"http", []string{"method", "uri"}},
	{"http", []string{"status_code", "trans_depth"}},
	{"dns", []string{"qtype"}},
	{"dns", []string{"rcode", "query"}},
	{"dns", []string{"trans_id", "rejected"}},
	{"ssh", []string{"auth_attempts"}},
	{"ssh", []string{"kex_alg"}},
	{"smb_files", []string{"action", "path"}},
	{"smb_mapping", []string{"share_type"}},
	{"ftp", []string{"command", "reply_code"}},
	{"ftp", []string{"command", "arg", "user"}},
	{"smtp", []string{"helo"}},
	{"smtp", []string{"trans_depth", "path"}},
	{"kerberos", []string{"request_type"}},
	{"ntlm", []string{"domainname", "username"}},
	{"ntlm", []string{"server_nb_computer_name"}},
	{"rdp", []string{"security_protocol"}},
	{"rdp", []string{"cookie", "result"}},
	{"ssl", []string{"cipher", "established"}},
	{"ssl", []string{"established", "resumed"}},
	{"ssl", []string{"ja3"}},
	{"dhcp", []string{"msg_types"}},
	{"dhcp", []string{"assigned_ip", "mac"}},
	{"arp", []string{"operation", "orig_hw"}},
	{"arp", []string{"operation", "src_mac"}},
	{"notice", []string{"note", "actions"}},
	{"notice", []string{"note", "msg"}},
	{"weird", []string{"name", "notice", "peer"}},
	{"weird", []string{"name", "notice", "uid"}},
	{"software", []string{"software_type"}},
	{"tunnel", []string{"tunnel_type", "action"}},
	{"x509", []string{"certificate.serial"}},
	{"x509", []string{"certificate.issuer"}},
	{"files", []string{"fuid", "seen_bytes"}},
	{"pe", []string{"machine", "is_exe"}},
	{"dce_rpc", []string{"endpoint", "operation"}},
	{"known_services", []string{"host", "port_num"}},
	{"capture_loss", []string{"percent_lost", "gaps"}},
	{"stats", []string{"mem", "pkts_proc"}},
	{"packet_filter", []string{"node", "filter"}},
}

func guess(r row) string {
next:
	for _, m := range marks {
		for _, f := range m.fields {
			if !r.has(f) {
				continue next
			}
		}
		return m.log
	}
	return ""
}

func conn(c *call) {
	r := &c.row
	f := decode.UnknownCounts()
	f.Start = c.at
	f.Duration, _ = r.interval("duration")
	f.Duration = max(f.Duration, 0)
	f.Protocol = r.take("proto")
	f.Src, f.Sport = r.take("id.orig_h"), r.number("id.orig_p")
	f.Dst, f.Dport = r.take("id.resp_h"), r.number("id.resp_p")
	f.UID, f.Community = r.take("uid"), r.take("community_id")
	// Several services of one connection stand in one field; the first is the
	// outermost.
	service := r.text("service")
	first, _, several := strings.Cut(service, ",")
	f.Service = appProtocol(first)
	if !several {
		r.drop("service")
	}
	f.State, f.History = r.take("conn_state"), r.take("history")
	f.BytesOut, f.BytesIn = r.number("orig_bytes"), r.number("resp_bytes")
	f.PacketsOut, f.PacketsIn = r.number("orig_pkts"), r.number("resp_pkts")
	f.IPBytesOut, f.IPBytesIn = r.number("orig_ip_bytes"), r.number("resp_ip_bytes")
	f.BytesMissed = r.number("missed_bytes")
	f.Log, f.Product, f.Vendor = c.log, product, product
	e := f.Event(c.origin(), c.raw)
	if mac := r.take("orig_l2_addr"); mac != "" {
		e.SetStr(event.SrcMAC, mac)
	}
	if mac := r.take("resp_l2_addr"); mac != "" {
		e.SetStr(event.DstMAC, mac)
	}
	if vlan := r.take("vlan"); vlan != "" {
		e.SetStr(event.SrcVLAN, vlan)
	}
	if !e.Has(event.SrcIP) && !e.Has(event.SrcHostname) && !e.Has(event.DstIP) && !e.Has(event.DstHostname) {
		e.SetStr(event.SrcIP, "0.0.0.0") // a log with cut columns; OCSF requires an endpoint
	}
	c.out = append(c.out, e)
}

// appProtocol turns Zeek's name of an analyzer into the registry's.
func appProtocol(service string) string {
	switch service = strings.ToLower(service); service {
	case "ssl":
		return "tls"
	case "krb", "krb_tcp":
		return "kerberos"
	}
	return service
}

func dns(c *call) {
	r := &c.row
	rtt, answered := r.interval("rtt")
	code := r.number("rcode")
	answers := r.list("answers")
	answered = answered || code >= 0 || len(answers) > 0
	e := c.event(event.DNSActivity, c.at.Add(max(rtt, 0)))
	transport(e, r.take("proto"))
	e.SetStr(event.AppProtocol, "dns")
	e.SetActivity(1)
	e.SetTime(event.DNSQueryTime, c.at)
	if query, kind := r.text("query"), r.take("qtype_name"); query != "" || kind != "" || r.has("query") {
		r.drop("query")
		e.SetStr(event.DNSQuery, query)
		e.SetText(event.DNSType, kind)
		class := r.take("qclass_name")
		if class == "C_INTERNET" {
			class = "IN"
		}
		e.SetText(event.DNSClass, class)
		if id := r.number("trans_id"); id >= 0 {
			e.SetInt(event.DNSTransaction, id)
		}
		r.drop("qtype", "qclass")
	}
	if !answered {
		return
	}
	e.SetActivity(2)
	e.SetTime(event.DNSResponseTime, e.Time)
	if code >= 0 {
		e.SetRcode(code)
		r.drop("rcode_name")
	}
	if len(answers) > 0 {
		e.SetStr(event.DNSAnswers, dnsAnswers(answers, r.list("TTLs")))
	}
}

func dnsAnswers(answers, ttls []string) string {
	out := []byte{'['}
	for i, a := range answers {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"rdata":`...)
		out = event.AppendQuoted(out, a)
		if i < len(ttls) {
			whole, _, _ := strings.Cut(ttls[i], ".")
			if _, ok := decode.Number(whole); ok && isNumber(whole) {
				out = append(append(out, `,"ttl":`...), whole...)
			}
		}
		out = append(out, '}')
	}
	return string(append(out, ']'))
}

// tlsVersions are the names that package dissect gives to what Zeek writes.
var tlsVersions = map[string]string{
	"TLSv13": "1.3", "TLSv12": "1.2", "TLSv11": "1.1", "TLSv10": "1.0", "SSLv3": "SSLv3", "SSLv2": "SSLv2",
	"DTLSv13": "1.3", "DTLSv12": "1.2", "DTLSv10": "1.0",
}

func tls(c *call) {
	r := &c.row
	e := c.event(event.NetworkActivity, c.at)
	e.SetActivity(event.ConnOpen)
	e.SetStr(event.AppProtocol, "tls")
	written := r.take("version")
	transport(e, map[bool]string{true: "udp", false: "tcp"}[strings.HasPrefix(written, "DTLS")])
	version := tlsVersions[written]
	if version == "" {
		version = written
	}
	if version == "" {
		version = "unknown" // OCSF requires one; the handshake did not get that far
	}
	e.SetStr(event.TLSVersion, version)
	e.SetText(event.TLSCipher, r.take("cipher"))
	e.SetText(event.TLSSNI, r.take("server_name"))
	if fingerprint := r.take("ja3"); fingerprint != "" {
		e.SetStr(event.TLSJA3, md5Print(fingerprint))
	}
	if fingerprint := r.take("ja3s"); fingerprint != "" {
		e.SetStr(event.TLSJA3S, md5Print(fingerprint))
	}
	if fingerprint := r.take("ja4"); fingerprint != "" {
		e.SetStr(event.JA4List, string(append(event.AppendQuoted([]byte(`[{"type_id":1,"type":"JA4","value":`), fingerprint), "}]"...)))
	}
	if issuer := r.take("issuer"); issuer != "" {
		e.SetStr(event.TLSIssuer, issuer)
		e.SetStr(event.TLSSerial, "") // stands in x509.log; OCSF requires it beside the issuer
		e.SetText(event.TLSSubject, r.take("subject"))
	}
}

func md5Print(value string) string {
	return string(append(event.AppendQuoted([]byte(`{"algorithm":"MD5","algorithm_id":1,"value":`), value), '}'))
}

func dhcp(c *call) {
	r := &c.row
	duration, _ := r.interval("duration")
	e := c.event(event.DHCPActivity, c.at.Add(max(duration, 0)))
	if duration > 0 {
		e.SetInt(event.Duration, duration.Milliseconds())
	}
	transport(e, "udp")
	e.SetStr(event.AppProtocol, "dhcp")
	client := r.take("client_addr")
	assigned := r.text("assigned_addr")
	if client == "" && assigned == "" {
		assigned = r.take("assigned_ip")
	}
	if !e.Has(event.SrcIP) {
		for _, a := range [...]string{client, assigned, "0.0.0.0"} { // the address of who has none yet (RFC 2131)
			if ip, ok := decode.Address(a); ok {
				e.SetStr(event.SrcIP, ip)
				break
			}
		}
	}
	e.SetText(event.SrcMAC, r.take("mac"))
	e.SetText(event.SrcHostname, r.take("host_name"))
	if !e.Has(event.DstIP) {
		decode.SetEndpoint(e, event.DstIP, event.DstHostname, r.take("server_addr"))
	}
	if lease, ok := r.interval("lease_time"); ok {
		e.SetInt(event.LeaseDuration, int64(lease/time.Second))
	}
	types := r.list("msg_types")
	e.SetActivity(5)
	if len(types) > 0 {
		last := strings.ToUpper(types[len(types)-1])
		activity, ok := map[string]int{"DISCOVER": 1, "OFFER": 2, "REQUEST": 3, "DECLINE": 4, "ACK": 5, "NAK": 6, "RELEASE": 7, "INFORM": 8}[last]
		if !ok {
			activity = 99
			e.SetStr(event.ActivityName, last)
		}
		e.SetActivity(activity)
		e.AddUnmapped("msg_types", event.JSONStrings(types))
	}
}

func arp(c *call) {
	r := &c.row
	e := c.event(event.NetworkActivity, c.at)
	e.SetActivity(event.ConnTraffic)
	e.SetStr(event.ProtocolName, "arp")
	sender, target := r.take("orig_h"), r.take("resp_h")
	decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, sender)
	decode.SetEndpoint(e, event.DstIP, event.DstHostname, target)
	e.SetText(event.SrcMAC, r.firstOf("orig_hw", "src_mac"))
	e.SetText(event.DstMAC, r.firstOf("resp_hw", "dst_mac"))
	e.AddUnmappedStr("arp_op", strings.ToLower(r.take("operation")))
	if sender == target && sender != "" && sender != "0.0.0.0" {
		e.AddUnmapped("arp_gratuitous", "true")
	}
	if !e.Has(event.SrcIP) && !e.Has(event.DstIP) {
		e.SetStr(event.SrcIP, "0.0.0.0") // OCSF requires an endpoint
	}
}

// firstOf takes the first of two fields that is set.
func (r *row) firstOf(a, b string) string {
	if s := r.take(a); s != "" {
		return s
	}
	return r.take(b)
}

// notice is a finding of Zeek's own: what it rests on stands in evidences.
func notice(c *call) {
	r := &c.row
	e := c.begin(event.DetectionFinding, c.at)
	note := r.take("note")
	e.SetActivity(1)
	e.SetInt(event.SeverityID, int64(event.SeverityUnknown)) // notices carry none
	e.SetStr(event.FindingUID, e.ID())
	e.SetStr(event.FindingTitle, note)
	e.SetText(event.FindingDesc, r.text("msg"))
	e.SetText(event.Message, r.take("msg"))
	evidence := decode.Evidence{
		Src: r.text("id.orig_h"), Dst: r.text("id.resp_h"), Sport: r.text("id.orig_p"), Dport: r.text("id.resp_p"),
		Protocol: r.text("proto"), UID: r.text("uid"),
	}
	if evidence.Src == "" {
		evidence.Src = r.text("src")
	}
	if evidence.Dst == "" {
		evidence.Dst, evidence.Dport = r.text("dst"), r.text("p")
	}
	e.SetText(event.Evidences, evidence.JSON())
}

func tunnel(c *call) {
	e := c.event(event.TunnelActivity, c.at)
	switch action := c.row.take("action"); action {
	case "Tunnel::DISCOVER":
		e.SetActivity(1)
	case "Tunnel::CLOSE", "Tunnel::EXPIRE":
		e.SetActivity(2)
	default:
		e.SetActivity(99)
		e.SetStr(event.ActivityName, action)
	}
}

// other keeps a row of any log: as network activity where it names a machine,
// which is all that OCSF asks for there.
func other(c *call) {
	r := &c.row
	if !r.has("id.orig_h") && !r.has("id.resp_h") {
		base(c)
		return
	}
	e := c.event(event.NetworkActivity, c.at)
	if e.Has(event.SrcIP) || e.Has(event.DstIP) || e.Has(event.SrcHostname) || e.Has(event.DstHostname) {
		named(e, c.log)
		transport(e, r.take("proto"))
		if _, ok := protocolLogs[c.log]; ok {
			e.SetStr(event.AppProtocol, protocolLogs[c.log])
		}
		return
	}
	c.out = c.out[:c.before]
	base(c)
}

// named marks an event that says something beside the flow.
func named(e *event.Event, what string) {
	e.SetActivity(99)
	e.SetStr(event.ActivityName, what)
}

// protocolLogs are logs of one protocol each, without a mapping of their own.
var protocolLogs = map[string]string{
	"modbus": "modbus", "dnp3": "dnp3", "mysql": "mysql", "postgresql": "postgresql", "redis": "redis", "ldap": "ldap", "ldap_search": "ldap",
	"quic": "quic", "sip": "sip", "snmp": "snmp", "socks": "socks", "irc": "irc", "radius": "radius", "rfb": "rfb", "ntp": "ntp",
	"websocket": "websocket", "syslog": "syslog", "mqtt_connect": "mqtt", "mqtt_publish": "mqtt", "mqtt_subscribe": "mqtt", "dce_rpc": "dce-rpc",
}

func base(c *call) {
	c.begin(event.Base, c.at)
}

// host says something about one machine.
func host(c *call) {
	r := &c.row
	ip, ok := decode.Address(r.text("host"))
	if !ok {
		other(c)
		return
	}
	r.drop("host")
	e := c.event(event.NetworkActivity, c.at)
	named(e, c.log)
	e.SetStr(event.SrcIP, ip)
	for _, name := range [...]string{"port_num", "host_p"} {
		if n := r.number(name); n > 0 && n <= 65535 {
			e.SetInt(event.SrcPort, n)
		}
	}
	transport(e, r.take("port_proto"))
	if service := r.list("service"); len(service) > 0 {
		e.SetText(event.AppProtocol, appProtocol(service[0]))
	}
}

// files says who sent a file to whom.
func files(c *call) {
	r := &c.row
	if !r.has("id.orig_h") && (r.has("tx_hosts") || r.has("rx_hosts")) {
		from, to := r.list("tx_hosts"), r.list("rx_hosts")
		e := c.event(event.NetworkActivity, c.at)
		named(e, c.log)
		if len(from) > 0 {
			decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, from[0])
		}
		if len(to) > 0 {
			decode.SetEndpoint(e, event.DstIP, event.DstHostname, to[0])
		}
		if uids := r.list("conn_uids"); len(uids) > 0 {
			e.SetText(event.ConnUID, uids[0])
		}
		if e.Has(event.SrcIP) || e.Has(event.DstIP) {
			return
		}
		c.out = c.out[:c.before]
		base(c)
		return
	}
	other(c)
}
