// Package sasl follows the client's part of a SASL exchange (RFC 4422) as mail
// protocols carry it, in base64. It tells who logs on and how; it never keeps or
// returns a password, and checks none.
package sasl

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/bongsu/bongsu/wire/ntlm"
)

// maxResponse bounds a response that is looked into; tickets are longer, and
// name nobody in the clear.
const maxResponse = 8192

// An Exchange is one attempt to log on.
type Exchange struct {
	mechanism string
	step      int
	user      string
	domain    string
}

// known are the mechanisms of the IANA registry that are in use, and NTLM and
// LOGIN that never got there.
var known = map[string]bool{
	"PLAIN": true, "LOGIN": true, "CRAM-MD5": true, "DIGEST-MD5": true, "NTLM": true,
	"XOAUTH2": true, "OAUTHBEARER": true, "EXTERNAL": true, "ANONYMOUS": true,
	"SCRAM-SHA-1": true, "SCRAM-SHA-1-PLUS": true, "SCRAM-SHA-256": true, "SCRAM-SHA-256-PLUS": true,
	"GSSAPI": true, "GSS-SPNEGO": true, "KERBEROS_V4": true, "KERBEROS_V5": true,
}

// Known reports whether a word is the name of a mechanism, in any case.
func Known(mechanism string) bool { return known[strings.ToUpper(mechanism)] }

// New begins an exchange.
func New(mechanism string) *Exchange {
	return &Exchange{mechanism: strings.ToUpper(mechanism)}
}

// Mechanism returns the name of the mechanism in upper case.
func (x *Exchange) Mechanism() string { return x.mechanism }

// User returns who logs on, "" while that is not known.
func (x *Exchange) User() string { return x.user }

// Domain returns the domain or realm of the user, where the mechanism has one.
func (x *Exchange) Domain() string { return x.domain }

// Cleartext reports whether who listens has the password, or a token that is as
// good.
func (x *Exchange) Cleartext() bool {
	switch x.mechanism {
	case "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER":
		return true
	}
	return false
}

// Respond takes the next response of the client, as it stands in the line.
func (x *Exchange) Respond(text []byte) {
	x.step++
	if len(text) > maxResponse || string(text) == "*" {
		return
	}
	b := decode(text)
	switch x.mechanism {
	case "PLAIN": // authorisation \0 authentication \0 password
		if parts := bytes.Split(b, []byte{0}); len(parts) >= 2 {
			x.user = string(parts[1])
			if x.user == "" {
				x.user = string(parts[0])
			}
		}
	case "LOGIN":
		if x.step == 1 {
			x.user = string(b)
		}
	case "CRAM-MD5": // user, space, digest
		if i := bytes.LastIndexByte(b, ' '); i > 0 {
			x.user = string(b[:i])
		}
	case "DIGEST-MD5":
		if u := attribute(b, "username="); u != "" {
			x.user, x.domain = u, attribute(b, "realm=")
		}
	case "NTLM":
		if m, ok := ntlm.Parse(b); ok {
			x.user, x.domain = m.User, m.Domain
		}
	case "XOAUTH2": // user=name ^A auth=Bearer …
		if u, ok := bytes.CutPrefix(upTo(b, 1), []byte("user=")); ok {
			x.user = string(u)
		}
	case "OAUTHBEARER": // n,a=name,^A … (RFC 7628 §3.1)
		x.gs2(b, "a=")
	case "EXTERNAL", "ANONYMOUS":
		if x.step == 1 {
			x.user = string(b)
		}
	default:
		if strings.HasPrefix(x.mechanism, "SCRAM-") && x.step == 1 { // n,,n=name,r=… (RFC 5802 §7)
			x.gs2(b, "n=")
		}
	}
}

func (x *Exchange) gs2(b []byte, key string) {
	for _, part := range bytes.Split(upTo(b, 1), []byte(",")) {
		if v, ok := bytes.CutPrefix(part, []byte(key)); ok && len(v) > 0 {
			x.user = strings.NewReplacer("=2C", ",", "=3D", "=").Replace(string(v))
			return
		}
	}
}

func upTo(b []byte, end byte) []byte {
	if i := bytes.IndexByte(b, end); i >= 0 {
		return b[:i]
	}
	return b
}

// attribute returns the value of key="value" or key=value.
func attribute(b []byte, key string) string {
	i := bytes.Index(b, []byte(key))
	if i < 0 {
		return ""
	}
	v := b[i+len(key):]
	if len(v) > 0 && v[0] == '"' {
		return string(upTo(v[1:], '"'))
	}
	return string(upTo(v, ','))
}

// decode returns what base64 stands for, up to where it is broken. A lone "="
// is an empty response (RFC 4954 §4).
func decode(text []byte) []byte {
	text = bytes.TrimRight(bytes.TrimSpace(text), "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, _ := base64.RawStdEncoding.Decode(out, text) // a broken end leaves what came before it
	return out[:n]
}
