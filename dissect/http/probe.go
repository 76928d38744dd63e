package http

import (
	"bytes"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
)

// probe wants a request line or a status line. What SSDP, SIP and RTSP say looks
// alike, but ends or begins with another name.
func probe(o dissect.Opening) dissect.Verdict {
	client := judgeRequest(o.Client)
	if client == dissect.Yes {
		return client
	}
	server := judgeResponse(o.Server)
	switch {
	case len(o.Client) == 0 && len(o.Server) > 0:
		return server
	case client == dissect.No:
		return dissect.No
	case server == dissect.Yes:
		return dissect.Yes
	}
	return dissect.More
}

const (
	maxMethod = 24 // letters of a method: VERSION-CONTROL, BASELINE-CONTROL, UPDATEREDIRECTREF
	minMethod = 2
)

// judgeRequest looks at what may be the front of a request line.
func judgeRequest(b []byte) dissect.Verdict {
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	i := 0
	for i < len(b) && i <= maxMethod && isMethodByte(b[i]) {
		i++
	}
	if i == len(b) && i <= maxMethod {
		return dissect.More
	}
	if i < minMethod || i > maxMethod || b[i] != ' ' {
		return dissect.No
	}
	line, n := cutLine(b)
	if n > 0 {
		method, target, version, ok := splitRequest(line)
		if !ok || version[0] != '1' || len(target) == 0 || string(method) == "PRI" {
			return dissect.No
		}
		return dissect.Yes
	}
	if bytes.ContainsAny(b[i:min(len(b), 64)], "\x00\x01\x02\x03\x04\x05\x06\x07\x08") {
		return dissect.No
	}
	// A long target: a method that is known and something like a path must do.
	if _, known := event.MethodActivity(string(b[:i])); known && len(b) >= dissect.OpeningSize && (b[i+1] == '/' || startsFold(b[i+1:], "http")) {
		return dissect.Yes
	}
	if len(b) > maxHead {
		return dissect.No
	}
	return dissect.More
}

func isMethodByte(c byte) bool { return c >= 'A' && c <= 'Z' || c == '-' || c == '_' }

// judgeResponse looks at what may be the front of a status line.
func judgeResponse(b []byte) dissect.Verdict {
	const sample = "HTTP/1.1 200"
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	if len(b) < len(sample) {
		if bytes.HasPrefix([]byte(sample), b[:min(len(b), 7)]) {
			return dissect.More
		}
		return dissect.No
	}
	if !bytes.HasPrefix(b, []byte("HTTP/1.")) {
		return dissect.No
	}
	line, n := cutLine(b)
	if n == 0 {
		line = b[:len(sample)]
	}
	if _, _, _, ok := splitStatus(line); !ok {
		return dissect.No
	}
	return dissect.Yes
}
