package ftp

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/wire/line"
)

// verbs are the commands of RFC 959, 775, 1639, 2228, 2389, 2428, 3659 and 4217.
var verbs = map[string]bool{
	"USER": true, "PASS": true, "ACCT": true, "CWD": true, "CDUP": true, "SMNT": true, "QUIT": true, "REIN": true,
	"PORT": true, "PASV": true, "TYPE": true, "STRU": true, "MODE": true, "RETR": true, "STOR": true, "STOU": true,
	"APPE": true, "ALLO": true, "REST": true, "RNFR": true, "RNTO": true, "ABOR": true, "DELE": true, "RMD": true,
	"MKD": true, "PWD": true, "LIST": true, "NLST": true, "SITE": true, "SYST": true, "STAT": true, "HELP": true,
	"NOOP": true, "XCWD": true, "XCUP": true, "XMKD": true, "XPWD": true, "XRMD": true, "LPRT": true, "LPSV": true,
	"AUTH": true, "ADAT": true, "PBSZ": true, "PROT": true, "CCC": true, "MIC": true, "CONF": true, "ENC": true,
	"FEAT": true, "OPTS": true, "EPRT": true, "EPSV": true, "MDTM": true, "SIZE": true, "MLST": true, "MLSD": true,
	"CLNT": true, "HOST": true, "LANG": true, "MFMT": true, "XCRC": true, "XMD5": true, "XSHA": true,
}

func isVerb(verb string) bool { return verbs[verb] }

// own are the commands that no other protocol with such replies has as its
// first one. USER is POP3's too, but there the server greets with +OK.
var own = map[string]bool{
	"USER": true, "FEAT": true, "SYST": true, "OPTS": true, "PASV": true, "EPSV": true, "PORT": true, "EPRT": true,
	"CWD": true, "PWD": true, "TYPE": true, "CLNT": true, "HOST": true, "PASS": true, "ADAT": true, "PBSZ": true,
	"LIST": true, "RETR": true, "STOR": true, "SITE": true, "XPWD": true, "ACCT": true,
}

// probe: the server greets with 120, 220 or 421, as a mail server does; the
// greeting's words or the client's first command tell the two apart.
func probe(o dissect.Opening) dissect.Verdict {
	if len(o.Server) == 0 {
		return clientOnly(o.Client)
	}
	greeting := o.Server
	if !bytes.HasPrefix(greeting, []byte("220")) && !bytes.HasPrefix(greeting, []byte("120")) &&
		!bytes.HasPrefix(greeting, []byte("421")) {
		if len(greeting) < 3 && (strings.HasPrefix("220", string(greeting)) || strings.HasPrefix("120", string(greeting)) ||
			strings.HasPrefix("421", string(greeting))) {
			return dissect.More
		}
		return late(o)
	}
	if len(greeting) > 3 && greeting[3] != ' ' && greeting[3] != '-' && greeting[3] != '\r' && greeting[3] != '\n' {
		return dissect.No
	}
	words := bytes.ToUpper(greeting)
	if bytes.Contains(words, []byte("SMTP")) {
		return dissect.No
	}
	verb, rest, ok := firstCommand(o.Client)
	if ok {
		switch {
		case own[verb], verb == "AUTH" && authOfFTP(rest):
			return dissect.Yes
		case !verbs[verb]:
			return dissect.No
		}
	} else if !line.Printable(bytes.TrimRight(o.Client, "\r\n")) {
		return dissect.No
	}
	if i := bytes.IndexByte(words, '\n'); i >= 0 && bytes.Contains(words[:i], []byte("FTP")) {
		return dissect.Yes
	}
	return dissect.More
}

// late judges a flow whose greeting was not captured.
func late(o dissect.Opening) dissect.Verdict {
	verb, _, ok := firstCommand(o.Client)
	if !ok || verb != "USER" && verb != "PASS" {
		return dissect.No
	}
	i := bytes.IndexByte(o.Server, '\n')
	if i < 0 {
		if len(o.Server) < maxText && bytes.IndexByte([]byte("235"), o.Server[0]) >= 0 && line.Printable(bytes.TrimRight(o.Server, "\r")) {
			return dissect.More
		}
		return dissect.No
	}
	switch code, _ := line.Code(bytes.TrimRight(o.Server[:i], "\r")); code {
	case 230, 331, 332, 530:
		return dissect.Yes
	}
	return dissect.No
}

// clientOnly judges a client whose server was not captured.
func clientOnly(client []byte) dissect.Verdict {
	verb, rest, ok := firstCommand(client)
	switch {
	case !ok && line.Printable(bytes.TrimRight(client, "\r")):
		return dissect.More
	case !ok, !verbs[verb], verb == "AUTH" && !authOfFTP(rest):
		return dissect.No
	}
	for more := client; ; {
		i := bytes.IndexByte(more, '\n')
		if i < 0 {
			return dissect.More
		}
		verb, rest := line.Word(bytes.TrimRight(more[:i], "\r"))
		switch verb {
		case "SYST", "PASV", "EPSV", "CWD", "PWD", "FEAT":
			return dissect.Yes
		case "TYPE":
			if len(rest) == 1 {
				return dissect.Yes
			}
		}
		if !verbs[verb] {
			return dissect.No
		}
		more = more[i+1:]
	}
}

// firstCommand returns the client's first line; ok is false while there is none.
func firstCommand(client []byte) (verb string, rest []byte, ok bool) {
	i := bytes.IndexByte(client, '\n')
	if i < 0 {
		return "", nil, false
	}
	verb, rest = line.Word(bytes.TrimRight(client[:i], "\r"))
	return verb, rest, true
}

func authOfFTP(mechanism []byte) bool {
	switch strings.ToUpper(string(mechanism)) {
	case "TLS", "SSL", "TLS-C", "TLS-P", "GSSAPI", "KERBEROS_V4":
		return true
	}
	return false
}

// portArgument returns the address of PORT h1,h2,h3,h4,p1,p2 or of EPRT
// |1|address|port| (RFC 2428), or "".
func portArgument(verb, arg string) string {
	if verb == "PORT" {
		return hostPort(arg)
	}
	if len(arg) < 2 {
		return ""
	}
	parts := strings.Split(arg, arg[:1])
	if len(parts) < 4 {
		return ""
	}
	addr, err := netip.ParseAddr(parts[2])
	if err != nil {
		return ""
	}
	port, err := strconv.ParseUint(parts[3], 10, 16)
	if err != nil {
		return ""
	}
	return netip.AddrPortFrom(addr, uint16(port)).String()
}

// passiveReply returns where the server waits: an address from 227, ":port"
// from 229, which leaves the address as it is.
func passiveReply(text []byte) string {
	open := bytes.IndexByte(text, '(')
	if open < 0 { // RFC 1123 §4.1.2.6: the brackets may be missing
		open = bytes.LastIndexByte(text, ' ')
	}
	inner := string(text[open+1:])
	if i := strings.IndexByte(inner, ')'); i >= 0 {
		inner = inner[:i]
	}
	if a := hostPort(inner); a != "" {
		return a
	}
	if len(inner) > 4 {
		if port, err := strconv.ParseUint(strings.Trim(inner, inner[:1]), 10, 16); err == nil {
			return ":" + strconv.FormatUint(port, 10)
		}
	}
	return ""
}

func hostPort(arg string) string {
	parts := strings.Split(strings.TrimSpace(arg), ",")
	if len(parts) != 6 {
		return ""
	}
	var b [6]byte
	for i, p := range parts {
		n, err := strconv.ParseUint(strings.TrimSpace(p), 10, 8)
		if err != nil {
			return ""
		}
		b[i] = byte(n)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[:4])), uint16(b[4])<<8|uint16(b[5])).String()
}
