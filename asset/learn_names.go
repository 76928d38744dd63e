package asset

import (
	"net/netip"
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/json"
)

// NetBIOS operations that claim a name (RFC 1002 §4.2.1.1).
const opcodeRegister = 5

// dns learns from names that are asked for, claimed and answered: DNS, mDNS,
// LLMNR and NetBIOS.
func (v *Inventory) dns(s *sight, client, server *record) {
	e := s.event
	protocol := e.Str(event.AppProtocol)
	if protocol == "netbios-ns" {
		v.netBIOS(s, client, server)
		return
	}
	if e.Activity() != 2 || e.Int(event.DNSRcodeID) != 0 {
		return
	}
	answers := e.Str(event.DNSAnswers)
	mdns := protocol == "mdns"
	if !mdns && !v.concerns(s, answers) || v.doc.ParseString(answers) != nil {
		return
	}
	via := ViaDNS
	switch protocol {
	case "mdns":
		via = ViaMDNS
	case "llmnr":
		via = ViaLLMNR
	}
	own := e.Str(event.SrcIP)
	asked := e.Str(event.DNSQuery)
	v.doc.Root().Each(func(a json.Value) bool {
		name, data := a.Get("hostname").Text(), a.Get("rdata").Text()
		if name == "" {
			name = asked
		}
		switch a.Get("type").Text() {
		case "A", "AAAA":
			switch {
			case !mdns:
				v.name(s, v.known(s, data), name, via)
			case client != nil && (data == own || v.known(s, data) == client):
				v.name(s, client, name, via)
			}
		case "PTR":
			if addr, ok := reversed(name); ok && !mdns {
				v.name(s, v.known(s, addr.String()), data, via)
			} else if mdns && client != nil {
				v.announces(s, client, name)
			}
		case "TXT":
			if mdns && client != nil {
				v.describes(s, client, data)
			}
		}
		return true
	})
}

// concerns reports whether answers, as JSON, speak of an address inside.
func (v *Inventory) concerns(s *sight, answers string) bool {
	const before = `"rdata":"`
	for rest := answers; ; {
		at := strings.Index(rest, before)
		if at < 0 {
			return strings.HasSuffix(s.event.Str(event.DNSQuery), ".arpa")
		}
		rest = rest[at+len(before):]
		end := strings.IndexByte(rest, '"')
		if end < 2 || digit(rest[0]) > 15 && rest[0] != ':' {
			continue
		}
		if addr, err := netip.ParseAddr(rest[:end]); err == nil && inside(v.config.Segments.Of(addr)) {
			return true
		}
	}
}

// known returns the machine that has an address; an answer alone makes none.
func (v *Inventory) known(s *sight, text string) *record {
	addr, zone, ok := v.judge(text, "")
	if !ok {
		return nil
	}
	b := v.byAddress[addressKey{s.tenant, zone, addr}].at(s.at)
	if b == nil {
		return nil
	}
	return b.rec.root()
}

// reversed reads the name by which an IPv4 address is asked for (RFC 1035
// §3.5).
func reversed(name string) (netip.Addr, bool) {
	head, ok := strings.CutSuffix(name, ".in-addr.arpa")
	parts := strings.Split(head, ".")
	if !ok || len(parts) != 4 {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(parts[3] + "." + parts[2] + "." + parts[1] + "." + parts[0])
	return addr, err == nil
}

// announced are kinds of services in mDNS that show what a machine is.
var announced = map[string]string{
	"_ipp._tcp": RolePrinter, "_ipps._tcp": RolePrinter, "_printer._tcp": RolePrinter, "_pdl-datastream._tcp": RolePrinter, "_scanner._tcp": RolePrinter,
	"_axis-video._tcp": RoleCamera, "_rtsp._tcp": RoleCamera, "_onvif._tcp": RoleCamera, "_dcp._tcp": RoleCamera,
	"_googlecast._tcp": RoleMedia, "_airplay._tcp": RoleMedia, "_raop._tcp": RoleMedia, "_spotify-connect._tcp": RoleMedia, "_sonos._tcp": RoleMedia,
	"_hap._tcp": RoleHome, "_hue._tcp": RoleHome, "_matter._tcp": RoleHome, "_dhnap._tcp": RoleHome, "_wemo._tcp": RoleHome,
	"_smb._tcp": RoleFile, "_afpovertcp._tcp": RoleFile, "_nfs._tcp": RoleFile, "_mqtt._tcp": RoleBroker,
}

func (v *Inventory) announces(s *sight, r *record, name string) {
	kind, ok := strings.CutSuffix(strings.ToLower(name), ".local")
	if role := announced[kind]; ok && role != "" {
		v.once(s, r, "announces", kind, func() { v.role(r, role, ViaMDNS, s) })
	}
}

// describes reads the product out of what a service says of itself in mDNS,
// which is a list of quoted key=value.
func (v *Inventory) describes(s *sight, r *record, data string) {
	v.once(s, r, "describes", data, func() {
		for _, part := range strings.Split(data, `" "`) {
			key, value, _ := strings.Cut(strings.Trim(part, `"`), "=")
			switch strings.ToLower(key) {
			case "md", "model", "ty", "usb_mdl", "model_number", "modelid", "product":
				v.model(s, r, strings.Trim(value, "()"), ViaMDNS)
			}
		}
	})
}

func (v *Inventory) model(s *sight, r *record, text string, via Via) {
	if text = clean(text); text != "" {
		changed, full := fact(&r.Models, maxModels, text, via, s)
		v.noted(r, changed, full)
	}
}

// netBIOS learns from names that a machine registers, and from answers.
func (v *Inventory) netBIOS(s *sight, client, server *record) {
	e := s.event
	if e.Int(event.DNSOpcodeID) == opcodeRegister && e.Activity() == 1 {
		if group := e.UnmappedStr("netbios_group"); group == "" && client != nil {
			v.name(s, client, machineName(e.Str(event.DNSQuery)), ViaNetBIOS)
		}
		return
	}
	if e.Activity() != 2 || e.Int(event.DNSRcodeID) != 0 || v.doc.ParseString(e.Str(event.DNSAnswers)) != nil {
		return
	}
	v.doc.Root().Each(func(a json.Value) bool {
		data := a.Get("rdata").Text()
		switch a.Get("type").Text() {
		case "NB":
			if !strings.Contains(data, " ") { // of one machine
				v.name(s, v.known(s, data), machineName(e.Str(event.DNSQuery)), ViaNetBIOS)
			}
		case "NBSTAT":
			if server == nil {
				break
			}
			words := strings.Fields(data)
			for i, w := range words {
				if i+1 == len(words) || words[i+1] != "group" {
					v.name(s, server, machineName(w), ViaNetBIOS)
				}
			}
		}
		return true
	})
}

// machineName returns the name of a machine out of a NetBIOS name, "" where it
// is of another kind.
func machineName(s string) string {
	for _, kind := range [...]string{"<00>", "<20>"} {
		if name, ok := strings.CutSuffix(s, kind); ok {
			return name
		}
	}
	return ""
}

// http learns from what servers and clients say of themselves.
func (v *Inventory) http(s *sight, client, server *record) {
	e := s.event
	if server != nil {
		if e.Has(event.HTTPStatus) {
			v.name(s, server, e.Str(event.HTTPHost), ViaHTTP)
		}
		if software := e.UnmappedStr("http_server"); software != "" {
			v.runs(s, server, software, ViaHTTP)
		}
	}
	if agent := e.Str(event.HTTPUserAgent); client != nil && agent != "" {
		v.once(s, client, "agent", agent, func() { v.system(s, client, systemOfAgent(agent), ViaHTTP) })
	}
}

func (v *Inventory) ssh(s *sight, client, server *record) {
	e := s.event
	if server != nil {
		if software := e.UnmappedStr("server_software"); software != "" {
			v.runs(s, server, software, ViaSSH)
		}
	}
	if software := e.UnmappedStr("client_software"); client != nil && software != "" {
		v.once(s, client, "ssh", software, func() { v.system(s, client, systemOfBanner(software), ViaSSH) })
	}
}

func (v *Inventory) tls(s *sight, server *record) {
	e := s.event
	v.name(s, server, e.Str(event.TLSSNI), ViaSNI)
	if subject := e.Str(event.TLSSubject); subject != "" {
		v.once(s, server, "subject", subject, func() {
			if name := commonName(subject); strings.Contains(name, ".") && !strings.Contains(name, " ") {
				v.name(s, server, strings.TrimPrefix(name, "*."), ViaCertificate)
			}
		})
	}
}

// commonName is the CN of a distinguished name as text.
func commonName(subject string) string {
	for part := range strings.SplitSeq(subject, ",") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			return name
		}
	}
	return ""
}

// logon learns from the machine that somebody logs on from.
func (v *Inventory) logon(s *sight, client *record) {
	e := s.event
	if client == nil {
		return
	}
	switch e.Str(event.AuthProtocol) {
	case "Kerberos":
		if name, ok := strings.CutSuffix(e.Str(event.UserName), "$"); ok && e.Int(event.StatusID) == event.Success {
			v.name(s, client, name, ViaKerberos)
		}
	case "NTLM":
		v.name(s, client, strings.TrimLeft(e.Str(event.SrcHostname), `\`), ViaNTLM)
	}
}
