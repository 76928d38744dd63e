package asset

import (
	"strings"

	"github.com/bongsu/bongsu/event"
)

// ephemeral is from which port on a service without a known protocol is likely
// to be a connection that another one has arranged, and gone tomorrow.
const ephemeral = 32768

// serves notes the service of a machine that somebody has just used.
func (v *Inventory) serves(s *sight, r *record) {
	e := s.event
	port := e.Int(event.DstPort)
	if port <= 0 || port > 65535 {
		return
	}
	app := e.Str(event.AppProtocol)
	protocol := e.Str(event.ProtocolName)
	if protocol == "" {
		if protocol = "tcp"; e.Int(event.ProtocolNum) == 17 {
			protocol = "udp"
		}
	}
	switch {
	case app == "mdns" || app == "llmnr" || app == "dhcp" || app == "ssdp", protocol != "tcp" && protocol != "udp":
		return
	case app != "":
	case port >= ephemeral, protocol == "udp" && roleOf("", uint16(port), protocol) == "":
		return
	}
	for i := range r.Services {
		if sv := &r.Services[i]; sv.Port == uint16(port) && sv.Protocol == protocol {
			v.served(s, r, sv, app)
			return
		}
	}
	if e.Class == event.Authentication {
		return // logs tell the port of the client
	}
	sv := Service{Port: uint16(port), Protocol: protocol, App: app, First: s.at, Last: s.clock(), Event: s.uid()}
	if len(r.Services) < maxServices {
		r.Services = append(r.Services, sv)
	} else {
		oldest := 0
		for i := range r.Services {
			if r.Services[i].Last.Before(r.Services[oldest].Last) {
				oldest = i
			}
		}
		if s.at.Sub(r.Services[oldest].Last) < staleAfter {
			v.noted(r, false, true)
			return
		}
		r.Services[oldest] = sv
	}
	v.touch(r)
	v.playsBy(s, r, &sv)
}

func (v *Inventory) served(s *sight, r *record, sv *Service, app string) {
	if s.at.Before(sv.First) {
		sv.First = s.at
		v.touch(r)
	}
	if sv.App == "" && app != "" {
		sv.App = app
		v.touch(r)
		v.playsBy(s, r, sv)
	}
	if sv.Last.Before(s.clock()) {
		sv.Last = s.clock()
		v.touch(r)
		v.playsBy(s, r, sv)
	}
}

// playsBy says which role a service shows.
func (v *Inventory) playsBy(s *sight, r *record, sv *Service) {
	if role := roleOf(sv.App, sv.Port, sv.Protocol); role != "" {
		v.role(r, role, ViaService, s)
	}
	// Kerberos alone is spoken by others too.
	if sv.Port == 88 || sv.Port == 389 || sv.Port == 3268 || sv.Port == 445 {
		var kerberos, directory bool
		for i := range r.Services {
			switch r.Services[i].Port {
			case 88:
				kerberos = true
			case 389, 636, 3268:
				directory = true
			}
		}
		if kerberos && directory {
			v.role(r, RoleDomainController, ViaService, s)
		}
	}
}

// roleOf returns the role that a service shows, "" for none.
func roleOf(app string, port uint16, protocol string) string {
	switch app {
	case "dns":
		return RoleDNS
	case "http":
		if port == 3128 {
			return RoleProxy
		}
		if port == 631 {
			return RolePrinter
		}
		return RoleWeb
	case "smtp", "imap", "pop3":
		return RoleMail
	case "smb", "netbios-ssn":
		return RoleFile
	case "modbus", "dnp3", "s7comm", "bacnet", "enip", "iec104", "opcua", "fins":
		return RoleController
	case "mqtt":
		return RoleBroker
	case "rtsp":
		return RoleCamera
	case "ntp":
		return RoleTime
	}
	return portRoles[portProtocol{port, protocol == "udp"}]
}

type portProtocol struct {
	port uint16
	udp  bool
}

// portRoles are the roles of services that are recognised by nothing but a port
// at which somebody was answered (IANA, Service Name and Transport Protocol
// Port Number Registry).
var portRoles = map[portProtocol]string{
	{53, false}: RoleDNS, {53, true}: RoleDNS, {67, true}: RoleDHCP, {123, true}: RoleTime,
	{80, false}: RoleWeb, {443, false}: RoleWeb, {8080, false}: RoleWeb, {8443, false}: RoleWeb,
	{25, false}: RoleMail, {465, false}: RoleMail, {587, false}: RoleMail, {110, false}: RoleMail, {143, false}: RoleMail, {993, false}: RoleMail, {995, false}: RoleMail,
	{139, false}: RoleFile, {445, false}: RoleFile, {548, false}: RoleFile, {2049, false}: RoleFile,
	{1433, false}: RoleDatabase, {1521, false}: RoleDatabase, {3306, false}: RoleDatabase, {5432, false}: RoleDatabase, {6379, false}: RoleDatabase, {9042, false}: RoleDatabase, {27017, false}: RoleDatabase,
	{515, false}: RolePrinter, {631, false}: RolePrinter, {9100, false}: RolePrinter,
	{554, false}: RoleCamera, {8554, false}: RoleCamera,
	{102, false}: RoleController, {502, false}: RoleController, {2404, false}: RoleController, {4840, false}: RoleController, {9600, true}: RoleController,
	{20000, false}: RoleController, {44818, false}: RoleController, {44818, true}: RoleController, {47808, true}: RoleController,
	{1883, false}: RoleBroker, {8883, false}: RoleBroker, {5672, false}: RoleBroker, {3128, false}: RoleProxy,
}

// runs notes the software of a service as its banner says, and the system that
// the banner names.
func (v *Inventory) runs(s *sight, r *record, software string, via Via) {
	v.once(s, r, "software", software, func() {
		port := uint16(s.event.Int(event.DstPort))
		if text := clean(software); text != "" {
			for i := range r.Services {
				if sv := &r.Services[i]; sv.Port == port && sv.Protocol == "tcp" && sv.Software != text {
					sv.Software = text
					v.touch(r)
				}
			}
		}
		v.system(s, r, systemOfBanner(software), via)
	})
}

// system notes a hint at the operating system.
func (v *Inventory) system(s *sight, r *record, text string, via Via) {
	if text = clean(text); text != "" {
		changed, full := fact(&r.Systems, maxSystems, text, via, s)
		v.noted(r, changed, full)
	}
}

// systemOfAgent reads the operating system out of a user agent, "" where it
// names none.
func systemOfAgent(agent string) string {
	switch {
	case strings.Contains(agent, "Windows NT "):
		return "Windows NT " + version(agent, "Windows NT ")
	case strings.Contains(agent, "Android "):
		return "Android " + version(agent, "Android ")
	case strings.Contains(agent, "iPhone OS "):
		return "iOS " + strings.ReplaceAll(version(agent, "iPhone OS "), "_", ".")
	case strings.Contains(agent, "iPad;"):
		return "iPadOS"
	case strings.Contains(agent, "Mac OS X"):
		return "macOS"
	case strings.Contains(agent, "CrOS "):
		return "ChromeOS"
	case strings.Contains(agent, "Darwin/"):
		return "Apple"
	}
	return systemOfBanner(agent)
}

// version is what follows a word up to the next sign that is no part of one.
func version(s, word string) string {
	_, rest, _ := strings.Cut(s, word)
	end := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && r != '_' && (r < '0' || r > '9') })
	if end >= 0 {
		rest = rest[:end]
	}
	return rest[:min(len(rest), 16)]
}

// banners are words of banners that name an operating system.
var banners = []struct{ word, system string }{
	{"Ubuntu", "Ubuntu"},
	{"Debian", "Debian"},
	{"Raspbian", "Raspbian"},
	{"FreeBSD", "FreeBSD"},
	{"OpenBSD", "OpenBSD"},
	{"CentOS", "CentOS"},
	{"Red Hat", "Red Hat Linux"},
	{"Fedora", "Fedora"},
	{"SUSE", "SUSE Linux"},
	{"Rocky", "Rocky Linux"},
	{"Alpine", "Alpine Linux"},
	{"for_Windows", "Windows"},
	{"Microsoft-IIS", "Windows"},
	{"Microsoft-HTTPAPI", "Windows"},
	{"Win32", "Windows"},
	{"Win64", "Windows"},
	{"Cisco", "Cisco IOS"},
	{"ROSSSH", "MikroTik RouterOS"},
	{"dropbear", "embedded Linux"},
	{"BusyBox", "embedded Linux"},
	{"OpenWrt", "OpenWrt"},
	{"Synology", "Synology DSM"},
	{"ESP8266", "ESP8266"},
	{"VxWorks", "VxWorks"},
	{"(Unix)", "Unix"},
	{"Linux", "Linux"},
}

func systemOfBanner(banner string) string {
	for _, b := range banners {
		if strings.Contains(banner, b.word) {
			return b.system
		}
	}
	return ""
}

// systemOfClass reads the operating system out of the vendor class of DHCP.
func systemOfClass(class string) string {
	switch {
	case strings.HasPrefix(class, "MSFT "):
		return "Windows"
	case strings.HasPrefix(class, "android-dhcp-"):
		return "Android " + version(class, "android-dhcp-")
	case strings.HasPrefix(class, "udhcp"):
		return "embedded Linux"
	case strings.HasPrefix(class, "dhcpcd"):
		if strings.Contains(class, "Linux") {
			return "Linux"
		}
		return ""
	}
	return systemOfBanner(class)
}
