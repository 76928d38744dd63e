// Package access understands the logs of web servers: access logs in the common
// and combined formats of Apache and nginx, with a virtual host in front, with
// further fields behind, and behind a syslog header; and of their error logs
// the failed logins. It does not judge requests.
//
// A request with a user's name gives two events: the request, and a login that
// succeeded (status below 400) or failed (401).
package access

import (
	"strings"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// Kind describes the format.
func Kind() decode.Kind {
	return decode.Kind{
		Name:  "access",
		Doc:   "web access logs (common, combined, with a virtual host in front or further fields behind) and error logs of Apache and nginx",
		Tier:  decode.Fields,
		Sniff: sniff,
		New:   func(o decode.Options) decode.Decoder { return &decoder{opts: o} },
	}
}

func sniff(head []byte) int {
	return decode.SniffLines(head, 32, 20, 96, func(line string) bool {
		var a entry
		if at, ok := find(line); ok && a.parse(line[at:], nil) {
			return true
		}
		var c complaint
		return c.parse(line, syslog.Clock{})
	})
}

// find returns where the entry begins: at 0, or behind a syslog header.
func find(s string) (at int, ok bool) {
	stamp := stampAt(s)
	if stamp < 0 {
		return 0, false
	}
	// A tag ends with ": ". Nothing in front of the time of an entry does.
	if i := strings.LastIndex(s[:stamp], ": "); i >= 0 {
		return i + 2, true
	}
	return 0, true
}

type decoder struct {
	opts decode.Options
}

func (d *decoder) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	raw := decode.Text(rec.Body)
	at, ok := find(raw)
	if !ok {
		var c complaint
		if c.parse(raw, d.opts.Clock(rec)) {
			return append(out, c.event(rec, raw)), nil
		}
		return out, decode.ErrNotMine
	}
	var a entry
	if !a.parse(raw[at:], d.opts.Location) {
		return out, decode.ErrNotMine
	}
	var m syslog.Message
	if at > 0 && !syslog.Parse(raw[:at], d.opts.Clock(rec), &m) {
		return out, decode.ErrNotMine
	}
	n := len(out)
	out = append(out, a.http(rec, raw, &m))
	if status := a.login(); status != 0 {
		out = append(out, a.logon(decode.Stamp(rec, len(out)-n), raw, &m, status))
	}
	return out, nil
}

// http returns the event of the request.
func (a *entry) http(rec decode.Record, raw string, m *syslog.Message) *event.Event {
	e := event.New(event.HTTPActivity, a.at, decode.Stamp(rec, 0))
	method, target, version := a.line()
	if method == "" {
		e.SetActivity(99)
	} else {
		e.SetMethod(method)
	}
	if a.status >= 400 {
		e.SetStatus(event.Failure)
	} else if a.status > 0 {
		e.SetStatus(event.Success)
	}
	e.SetStr(event.RawData, raw)
	e.SetStr(event.ProductName, product(m))
	e.SetStr(event.OriginalTime, a.timeText)
	e.SetStr(event.AppProtocol, "http")
	a.places(e, m)
	a.target(e, method, target)
	if a.quotes > 1 {
		e.SetText(event.HTTPUserAgent, unescape(decode.Name(a.quoted[1])))
	}
	if a.quotes > 0 {
		e.SetText(event.HTTPReferrer, unescape(decode.Name(a.quoted[0])))
	}
	e.SetText(event.HTTPVersion, version)
	forwarded := a.clients
	if a.quotes > 2 {
		if isForwarded(a.quoted[2]) {
			forwarded = a.quoted[2]
		} else if v := decode.Name(a.quoted[2]); v != "" {
			e.AddUnmappedStr("extra_quoted", v)
		}
	}
	if forwarded != "" {
		e.SetStr(event.HTTPXFF, list(forwarded))
	}
	if a.status > 0 {
		e.SetInt(event.HTTPStatus, a.status)
		if a.size >= 0 {
			e.SetInt(event.HTTPResponseLen, a.size)
		}
	}
	e.SetText(event.ActorUser, decode.Name(a.user))
	e.AddUnmappedStr("ident", decode.Name(a.ident))
	e.AddUnmappedStr("extra", a.extra)
	return e
}

// product names the server where a syslog header does.
func product(m *syslog.Message) string {
	if m.Program != "" {
		return m.Program
	}
	return "web server"
}

// places sets who asked whom.
func (a *entry) places(e *event.Event, m *syslog.Message) {
	decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, a.client)
	if !e.Has(event.SrcIP) && !e.Has(event.SrcHostname) {
		e.SetStr(event.SrcHostname, "-") // OCSF requires one end
	}
	if a.vhost != "" {
		decode.SetEndpoint(e, event.DstIP, event.DstHostname, a.vhost)
		decode.SetPort(e, event.DstPort, a.vport)
	}
	if !e.Has(event.DstHostname) && !e.Has(event.DstIP) {
		decode.SetTarget(e, m.Host)
	}
}

// line takes the request line apart; method is "" where it is none, as when
// somebody speaks TLS to a port without it.
func (a *entry) line() (method, target, version string) {
	r := a.request
	method, rest, ok := strings.Cut(r, " ")
	if !ok || !isMethod(method) {
		return "", "", ""
	}
	if i := strings.LastIndex(rest, " HTTP/"); i >= 0 {
		return method, rest[:i], rest[i+len(" HTTP/"):]
	}
	if rest, v, found := strings.Cut(rest, "HTTP/"); found && rest == "" {
		return method, "", v
	}
	return method, strings.TrimSpace(rest), ""
}

// isMethod reports whether s is a method: RFC 9110 allows more, nobody uses it.
func isMethod(s string) bool {
	if len(s) < 2 || len(s) > 24 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// target sets method, activity and URL.
func (a *entry) target(e *event.Event, method, target string) {
	if method == "" {
		e.SetStr(event.ActivityName, "Not HTTP")
		e.AddUnmappedStr("request", a.request)
		return
	}
	u := unescape(target)
	if u == "" {
		return
	}
	e.SetStr(event.HTTPURL, u)
	path := u
	switch {
	case method == "CONNECT":
		host, port := vhost(u)
		e.SetStr(event.HTTPHost, host)
		decode.SetPort(e, event.HTTPURLPort, port)
		return
	case strings.HasPrefix(u, "http://"), strings.HasPrefix(u, "https://"):
		scheme, rest, _ := strings.Cut(u, "://")
		i := strings.IndexAny(rest, "/?")
		if i < 0 {
			i = len(rest)
		}
		host, port := vhost(rest[:i])
		e.SetStr(event.HTTPScheme, scheme)
		e.SetText(event.HTTPHost, host)
		decode.SetPort(e, event.HTTPURLPort, port)
		path = rest[i:]
	default:
		e.SetText(event.HTTPHost, decode.Name(a.vhost))
	}
	path, query, _ := strings.Cut(path, "?")
	e.SetText(event.HTTPPath, path)
	e.SetText(event.HTTPQuery, query)
}

// login returns how a login with the request went: a user was named, and the
// server took it or asked again. 0 where nothing can be said.
func (a *entry) login() int {
	switch {
	case decode.Name(a.user) == "":
		return 0
	case a.status == 401:
		return event.Failure
	case a.status >= 100 && a.status < 400:
		return event.Success
	}
	return 0
}

// logon returns the event of the login.
func (a *entry) logon(origin event.Origin, raw string, m *syslog.Message, status int) *event.Event {
	e := event.New(event.Authentication, a.at, origin)
	e.SetActivity(event.Logon)
	e.SetStatus(status)
	e.SetStr(event.RawData, raw)
	e.SetStr(event.ProductName, product(m))
	e.SetStr(event.OriginalTime, a.timeText)
	a.places(e, m)
	e.SetStr(event.UserName, a.user)
	e.SetStr(event.ServiceName, "http")
	e.SetBool(event.IsRemote, true)
	if _, target, _ := a.line(); target != "" {
		e.SetStr(event.HTTPURL, unescape(target))
	}
	return e
}

// isForwarded reports whether a value is a list of addresses.
func isForwarded(s string) bool {
	first, _, _ := strings.Cut(s, ",")
	_, ok := decode.Address(strings.TrimSpace(first))
	return ok
}

// maxForwarded bounds how many addresses of X-Forwarded-For are kept: the
// client chooses how many there are.
const maxForwarded = 16

// list returns the addresses as a JSON array.
func list(s string) string {
	b := []byte{'['}
	n := 0
	for part := range strings.SplitSeq(s, ",") {
		a, ok := decode.Address(strings.TrimSpace(part))
		if !ok {
			continue
		}
		if n++; n > maxForwarded {
			break
		}
		if n > 1 {
			b = append(b, ',')
		}
		b = event.AppendQuoted(b, a)
	}
	return string(append(b, ']'))
}
