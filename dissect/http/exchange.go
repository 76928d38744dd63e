package http

import (
	"bytes"
	"net/netip"
	"strings"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
)

// What an event keeps of a text at most.
const (
	maxURL    = 8 << 10
	maxText   = 1 << 10
	maxReason = 128
	maxAddrs  = 16 // of those that proxies say they forward for
)

// An exchange is a request and what came of it.
type exchange struct {
	event   *event.Event
	attempt attempt // to log on, in the header
	form    attempt // and in a form or the target
	headTo  bool    // HEAD: the response has no body
	connect bool
	upgrade bool
	asked   bool // there was a request
}

// request begins an exchange.
func (d *follower) request(f *dissect.Flow, b []byte) {
	line, n := cutLine(b)
	method, target, version, ok := splitRequest(line)
	if !ok {
		d.stray(f, dissect.Client)
		return
	}
	e := f.Event(event.HTTPActivity)
	x := &exchange{event: e, headTo: string(method) == "HEAD", connect: string(method) == "CONNECT", asked: true}
	e.SetMethod(string(method))
	e.SetStr(event.HTTPVersion, string(version))
	e.SetTime(event.StartTime, f.Now)

	var host, kind, referrer []byte
	length, chunked := int64(0), false
	h := fields{b[n:]}
	for {
		name, value, ok := h.next()
		if !ok {
			break
		}
		switch len(name) {
		case 4:
			if is(name, "host") && host == nil {
				host = value
			}
		case 7:
			switch {
			case is(name, "referer"):
				referrer = value
			case is(name, "upgrade"):
				x.upgrade = len(value) > 0
			}
		case 10:
			if is(name, "user-agent") {
				e.SetStr(event.HTTPUserAgent, clip(value, maxText))
			}
		case 12:
			if is(name, "content-type") {
				kind = mediaType(value)
			}
		case 13:
			if is(name, "authorization") {
				x.attempt = credentials(value)
			}
		case 14:
			if is(name, "content-length") {
				length = number(value)
			}
		case 15:
			if is(name, "x-forwarded-for") {
				e.SetText(event.HTTPXFF, addresses(value))
			}
		case 17:
			if is(name, "transfer-encoding") {
				chunked = hasToken(value, "chunked")
			}
		case 19:
			if is(name, "proxy-authorization") {
				if a := credentials(value); a.user != "" {
					a.proxy = true
					x.attempt = a
				}
			}
		}
	}
	e.SetText(event.HTTPReferrer, clip(maskURL(referrer), maxURL))
	x.form = d.describeTarget(f, x, target, host)

	d.wait(f, x)
	s := &d.sides[dissect.Client]
	d.asking = x
	switch {
	case chunked:
		s.state = atChunk
	case length < 0:
		d.stray(f, dissect.Client)
	case length == 0:
		d.messageEnd(f, dissect.Client)
	case length <= maxForm && x.form.user == "" && isForm(kind):
		s.state, s.left = inForm, length
	default:
		s.state, s.left = inBody, length
	}
}

// wait lines the exchange up for its response.
func (d *follower) wait(f *dissect.Flow, x *exchange) {
	if len(d.waiting) >= maxWaiting {
		d.unanswered(f)
		d.dropped++
	}
	d.waiting = append(d.waiting, x)
}

// describeTarget writes where the request goes, and returns the login that the
// target itself carries.
func (d *follower) describeTarget(f *dissect.Flow, x *exchange, target, host []byte) attempt {
	e := x.event
	server := f.ServerAddr.Addr()
	scheme := "http"
	proxied := false
	if x.connect {
		host, target, proxied, scheme = target, nil, true, ""
	} else if i := bytes.Index(target, []byte("://")); i > 0 && i < 8 && target[0] != '/' {
		scheme = strings.ToLower(string(target[:i]))
		rest := target[i+3:]
		end := bytes.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		host, target = rest[:end], rest[end:]
		if at := bytes.LastIndexByte(host, '@'); at >= 0 {
			host = host[at+1:]
		}
		proxied = true
	}
	name, port := splitHost(host)
	if proxied {
		if a, err := netip.ParseAddr(string(name)); err != nil || a.Unmap() != server.Unmap() {
			e.SetStr(event.ProxyIP, server.String())
			e.SetInt(event.ProxyPort, int64(f.ServerAddr.Port()))
		}
	}
	e.SetText(event.HTTPHost, clip(name, maxText))
	e.SetText(event.HTTPScheme, scheme)
	if port > 0 {
		e.SetInt(event.HTTPURLPort, port)
	}
	if x.connect {
		e.SetStr(event.HTTPURL, clip(host, maxURL))
		return attempt{}
	}
	if i := bytes.IndexByte(target, '#'); i >= 0 {
		target = target[:i]
	}
	path, query, _ := bytes.Cut(target, []byte("?"))
	var login attempt
	if len(query) > 0 {
		login = formLogin(query)
		query = maskQuery(query)
		e.SetStr(event.HTTPQuery, clip(query, maxURL))
	}
	e.SetText(event.HTTPPath, clip(path, maxURL))
	if len(host) > 0 {
		url := make([]byte, 0, len(scheme)+3+len(host)+len(path)+1+len(query))
		url = append(url, scheme...)
		url = append(url, "://"...)
		url = append(url, host...)
		url = append(url, path...)
		if len(query) > 0 {
			url = append(append(url, '?'), query...)
		}
		e.SetStr(event.HTTPURL, clip(url, maxURL))
	} else if len(path) == 0 {
		e.SetStr(event.HTTPPath, "/") // OCSF demands one of the two
	}
	return login
}

// splitHost takes a port off a host; 0 stands for none.
func splitHost(host []byte) (name []byte, port int64) {
	i := bytes.LastIndexByte(host, ':')
	if len(host) > 0 && host[0] == '[' { // RFC 3986 §3.2.2
		end := bytes.IndexByte(host, ']')
		if end < 0 {
			return host, 0
		}
		name = host[1:end]
		if i != end+1 {
			return name, 0
		}
	} else if i >= 0 {
		name = host[:i]
	}
	if i < 0 {
		return host, 0
	}
	if port = number(host[i+1:]); port < 0 || port > 65535 {
		port = 0
	}
	return name, port
}

func (x *exchange) requestBody(n int64) {
	if x.asked {
		x.event.SetInt(event.HTTPRequestLen, n)
	}
}

func (x *exchange) responseBody(n int64) { x.event.SetInt(event.HTTPResponseLen, n) }

// response takes the head of a response to the oldest request that waits.
func (d *follower) response(f *dissect.Flow, b []byte) {
	line, n := cutLine(b)
	version, code, reason, ok := splitStatus(line)
	if !ok {
		d.stray(f, dissect.Server)
		return
	}
	if code < 200 && code != 101 {
		return // RFC 9110 §15.2: the final one follows
	}
	if d.dropped > 0 {
		d.dropped--
	} else if len(d.waiting) > 0 {
		d.telling = d.waiting[0]
		d.waiting = append(d.waiting[:0], d.waiting[1:]...)
	}
	x := d.telling
	if x == nil {
		x = &exchange{event: f.Event(event.HTTPActivity)}
		x.event.SetStr(event.HTTPVersion, string(version))
		x.event.SetTime(event.StartTime, f.Now)
		d.telling = x
	}
	e := x.event
	e.SetInt(event.HTTPStatus, int64(code))
	e.SetText(event.HTTPStatusText, clip(reason, maxReason))

	length, chunked, secure := int64(-1), false, false
	h := fields{b[n:]}
	for {
		name, value, ok := h.next()
		if !ok {
			break
		}
		switch len(name) {
		case 6:
			if is(name, "server") {
				e.AddUnmappedStr("http_server", clip(value, maxText))
			}
		case 7:
			if is(name, "upgrade") {
				secure = startsFold(value, "tls/")
			}
		case 8:
			if is(name, "location") {
				e.AddUnmappedStr("http_location", clip(maskURL(value), maxText))
			}
		case 12:
			if is(name, "content-type") {
				e.SetText(event.HTTPContentType, clip(mediaType(value), maxReason))
			}
		case 14:
			if is(name, "content-length") {
				length = number(value)
			}
		case 16:
			if is(name, "www-authenticate") && bytes.Contains(value, []byte("stale=true")) {
				x.attempt.stale = true
			}
		case 17:
			if is(name, "transfer-encoding") {
				chunked = hasToken(value, "chunked")
			}
		}
	}
	d.responseState(f, x, code, length, chunked, secure)
}

// responseState says what follows a response's head (RFC 9112 §6.3).
func (d *follower) responseState(f *dissect.Flow, x *exchange, code int, length int64, chunked, secure bool) {
	s := &d.sides[dissect.Server]
	switch {
	case x.connect && code/100 == 2:
		d.respond(f, 0, f.Now)
		d.done = true
		f.Restart()
		return
	case code == 101:
		d.respond(f, 0, f.Now)
		d.done = true
		if secure {
			f.Next("tls") // RFC 2817
		} else {
			f.Stop() // WebSocket and its like
		}
		return
	case x.headTo || code == 204 || code == 304:
		d.messageEnd(f, dissect.Server)
	case chunked:
		s.state = atChunk
	case length > 0:
		s.state, s.left = inBody, length
	case length == 0:
		d.messageEnd(f, dissect.Server)
	default:
		s.state = toClose
	}
	if client := &d.sides[dissect.Client]; client.state == holding {
		client.state = atHead // the tunnel was refused
	}
}

// give gives an exchange out, ended at a time, and the logins in it.
func (d *follower) give(f *dissect.Flow, x *exchange, end time.Time) {
	e := x.event
	if x.asked && e.Has(event.HTTPStatus) || !x.asked {
		e.Time = end
		e.SetTime(event.EndTime, end)
	}
	code := int(e.Int(event.HTTPStatus))
	attempt, form := x.attempt, x.form
	at := e.TimeOf(event.StartTime)
	f.Emit(e)
	d.giveLogin(f, attempt, code, at)
	d.giveLogin(f, form, code, at)
}

func clip(b []byte, most int) string { return string(b[:min(len(b), most)]) }

// mediaType returns a content type without its parameters.
func mediaType(b []byte) []byte {
	if i := bytes.IndexByte(b, ';'); i >= 0 {
		b = b[:i]
	}
	return bytes.TrimSpace(b)
}

// addresses returns the addresses of a list as a JSON array, "" for none.
func addresses(list []byte) string {
	out := []byte{'['}
	for i := 0; len(list) > 0 && i < maxAddrs; i++ {
		word, rest, _ := bytes.Cut(list, []byte(","))
		list = rest
		a, err := netip.ParseAddr(strings.TrimSpace(string(word)))
		if err != nil || a.Zone() != "" {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = event.AppendQuoted(out, a.String())
	}
	if len(out) == 1 {
		return ""
	}
	return string(append(out, ']'))
}
