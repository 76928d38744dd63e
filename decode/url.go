package decode

import (
	"strings"

	"github.com/bongsu/bongsu/event"
)

// A URL is what a log tells of the target of an HTTP request.
type URL struct {
	Method     string
	Scheme     string // "" is http
	Host       string // of the Host field, or of the proxy's log
	Target     string // as in the request line: a path, or a whole address
	Server     string // the address that was spoken to
	ServerPort int64
}

// SetURL sets the columns of the request's URL. A target that is a whole
// address, or a CONNECT, went through a proxy unless it names the server
// itself (RFC 9112 §3.2): the server is then the proxy.
func SetURL(e *event.Event, u URL) {
	scheme, host, target := u.Scheme, u.Host, u.Target
	if scheme == "" {
		scheme = "http"
	}
	proxied := false
	if u.Method == "CONNECT" {
		proxied = true
		if target != "" && target[0] != '/' {
			host = target
		}
		target, scheme = "", ""
	} else if i := strings.Index(target, "://"); i > 0 && i < 8 && target[0] != '/' {
		proxied = true
		scheme = strings.ToLower(target[:i])
		rest := target[i+3:]
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		host, target = rest[:end], rest[end:]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	name, port := SplitHost(host)
	if ip, ok := Address(name); proxied && u.Server != "" && (!ok || ip != u.Server) {
		SetEndpoint(e, event.ProxyIP, event.ProxyHostname, u.Server)
		if u.ServerPort > 0 {
			e.SetInt(event.ProxyPort, u.ServerPort)
		}
	}
	e.SetText(event.HTTPHost, name)
	if host != "" || target != "" {
		e.SetText(event.HTTPScheme, scheme)
	}
	if port > 0 {
		e.SetInt(event.HTTPURLPort, port)
	}
	if u.Method == "CONNECT" {
		e.SetText(event.HTTPURL, host)
		return
	}
	target, _, _ = strings.Cut(target, "#")
	path, query, _ := strings.Cut(target, "?")
	e.SetText(event.HTTPPath, path)
	e.SetText(event.HTTPQuery, query)
	if host != "" {
		e.SetStr(event.HTTPURL, scheme+"://"+host+target)
	} else if path == "" && target != "" {
		e.SetStr(event.HTTPPath, "/")
	}
}

// SplitHost takes a port off a host; 0 stands for none.
func SplitHost(host string) (name string, port int64) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 {
		return host, 0
	}
	if host[0] == '[' { // RFC 3986 §3.2.2
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return host, 0
		}
		if i != end+1 {
			return host[1:end], 0
		}
		name = host[1:end]
	} else if strings.IndexByte(host, ':') != i {
		return host, 0 // an address of IPv6 without brackets
	} else {
		name = host[:i]
	}
	if n, ok := Number(host[i+1:]); ok && n <= 65535 {
		port = n
	}
	return name, port
}
