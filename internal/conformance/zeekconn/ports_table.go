package zeekconn

// serverPorts are the ports that Zeek takes for a server's once the scripts of
// a protocol are loaded (likely_server_ports in scripts/base/protocols/*).
var serverPorts = map[string][]string{
	"dce-rpc":    {"135/tcp"},
	"dhcp":       {"67/udp"},
	"dnp3":       {"20000/tcp", "20000/udp"},
	"dns":        {"53/udp", "53/tcp", "137/udp", "5353/udp", "5355/udp"},
	"ftp":        {"21/tcp", "2811/tcp"},
	"http":       {"80/tcp", "81/tcp", "631/tcp", "1080/tcp", "3128/tcp", "8000/tcp", "8080/tcp", "8888/tcp"},
	"imap":       {"143/tcp"},
	"irc":        {"6666/tcp", "6667/tcp", "6668/tcp", "6669/tcp"},
	"krb":        {"88/tcp", "88/udp"},
	"ldap":       {"389/tcp", "389/udp", "3268/tcp", "3268/udp"},
	"modbus":     {"502/tcp"},
	"mqtt":       {"1883/tcp"},
	"mysql":      {"1434/tcp", "3306/tcp"},
	"ntp":        {"123/udp"},
	"pop3":       {"110/tcp"},
	"postgresql": {"5432/tcp"},
	"quic":       {"443/udp", "784/udp"},
	"radius":     {"1812/udp"},
	"rdp":        {"3389/tcp"},
	"redis":      {"6379/tcp"},
	"sip":        {"5060/udp"},
	"smb":        {"139/tcp", "445/tcp"},
	"smtp":       {"25/tcp", "587/tcp"},
	"snmp":       {"161/udp", "162/udp"},
	"socks":      {"1080/tcp"},
	"ssh":        {"22/tcp"},
	"ssl": {
		"443/tcp", "563/tcp", "585/tcp", "614/tcp", "636/tcp", "989/tcp", "990/tcp", "992/tcp", "993/tcp", "995/tcp", "5223/tcp",
		"443/udp",
	},
	"syslog":  {"514/udp"},
	"tunnels": {"5072/udp", "3544/udp", "2152/udp", "2123/udp", "4789/udp", "6081/udp"},
	"xmpp":    {"5222/tcp", "5269/tcp"},
}

// alsoLoads names the scripts that come with others.
var alsoLoads = map[string][]string{
	"smb": {"dce-rpc"}, "gssapi": {"krb"}, "ftp": nil, "websocket": {"http"}, "x509": {"ssl"}, "kerberos": {"krb"},
	"tunnel": {"tunnels"},
}
