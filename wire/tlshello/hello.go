// Package tlshello is the grammar of what TLS says before it encrypts: the
// hellos of client and server, the certificates and the alerts, from SSL 2.0 to
// TLS 1.3; and it computes JA4, the fingerprint of a client.
//
// It does not put records together, does not judge certificates and keeps
// nothing; package dissect/tls does the first. JA4 follows FoxIO's description,
// https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md; no other
// member of JA4+ belongs here.
package tlshello

import (
	"encoding/binary"
	"errors"
)

// Versions as they stand on the wire.
const (
	SSL2   uint16 = 0x0002
	SSL3   uint16 = 0x0300
	TLS10  uint16 = 0x0301
	TLS11  uint16 = 0x0302
	TLS12  uint16 = 0x0303
	TLS13  uint16 = 0x0304
	DTLS10 uint16 = 0xfeff
	DTLS12 uint16 = 0xfefd
	DTLS13 uint16 = 0xfefc
)

// Types of handshake messages (RFC 8446 §4, RFC 5246 §7.4).
const (
	TypeClientHello     = 1
	TypeServerHello     = 2
	TypeCertificate     = 11
	TypeServerHelloDone = 14
)

// Types of extensions that are looked into.
const (
	extServerName          = 0
	extSupportedGroups     = 10
	extSignatureAlgorithms = 13
	extALPN                = 16
	extSupportedVersions   = 43
)

// Limits on what one hello may list; more is cut off.
const (
	maxCiphers    = 1024
	maxExtensions = 256
	maxShort      = 256 // protocols, versions, groups, signature algorithms
	maxHost       = 255
)

// ErrMalformed says that the bytes are no message of the kind.
var ErrMalformed = errors.New("malformed handshake message")

// An Extension is one extension of a hello; Data is a view.
type Extension struct {
	Type uint16
	Data []byte
}

// A ClientHello is what a client offers. Its slices are used again by the next
// Parse; strings and numbers are its own, Extension.Data is a view.
type ClientHello struct {
	Version             uint16 // of the hello itself
	Ciphers             []uint16
	Extensions          []Extension
	ServerName          string
	Protocols           []string // ALPN, in the order of the client
	SupportedVersions   []uint16
	Groups              []uint16
	SignatureAlgorithms []uint16
}

// Parse reads the body of a ClientHello, after the four bytes of the handshake
// header (RFC 8446 §4.1.2). Where the extensions break off it keeps those
// before. The error is ErrMalformed.
func (h *ClientHello) Parse(b []byte) error {
	return h.parse(b, false)
}

// ParseDatagram reads the body of a ClientHello of DTLS, which carries a cookie
// (RFC 6347 §4.2.1).
func (h *ClientHello) ParseDatagram(b []byte) error {
	return h.parse(b, true)
}

func (h *ClientHello) reset() {
	*h = ClientHello{
		Ciphers: h.Ciphers[:0], Extensions: h.Extensions[:0], Protocols: h.Protocols[:0],
		SupportedVersions: h.SupportedVersions[:0], Groups: h.Groups[:0], SignatureAlgorithms: h.SignatureAlgorithms[:0],
	}
}

func (h *ClientHello) parse(b []byte, cookie bool) error {
	h.reset()
	r := reader{b: b}
	h.Version = r.uint16()
	r.skip(32) // random
	if session := r.short(); len(session) > 32 {
		return ErrMalformed
	}
	if cookie {
		r.short()
	}
	ciphers := r.long()
	r.short() // compression
	if r.bad || len(ciphers)%2 != 0 {
		return ErrMalformed
	}
	h.Ciphers = appendNumbers(h.Ciphers, ciphers, maxCiphers)
	if len(r.b) == 0 {
		return nil // no extensions, as before RFC 3546
	}
	list, whole := extensions(h.Extensions, &r)
	h.Extensions = list
	if !whole && len(list) == 0 {
		return ErrMalformed
	}
	for _, x := range h.Extensions {
		h.extension(x)
	}
	return nil
}

func (h *ClientHello) extension(x Extension) {
	r := reader{b: x.Data}
	switch x.Type {
	case extServerName:
		if h.ServerName == "" {
			h.ServerName = serverName(r.long())
		}
	case extSupportedGroups:
		h.Groups = appendNumbers(h.Groups[:0], r.long(), maxShort)
	case extSignatureAlgorithms:
		h.SignatureAlgorithms = appendNumbers(h.SignatureAlgorithms[:0], r.long(), maxShort)
	case extALPN:
		list := reader{b: r.long()}
		h.Protocols = h.Protocols[:0]
		for len(list.b) > 0 && len(h.Protocols) < maxShort {
			name := list.short()
			if list.bad {
				break
			}
			h.Protocols = append(h.Protocols, string(name))
		}
	case extSupportedVersions:
		h.SupportedVersions = appendNumbers(h.SupportedVersions[:0], r.short(), maxShort)
	}
}

// serverName returns the first host name of a list (RFC 6066 §3).
func serverName(list []byte) string {
	r := reader{b: list}
	for len(r.b) > 0 {
		kind := r.uint8()
		name := r.long()
		if r.bad {
			return ""
		}
		if kind == 0 {
			return string(name[:min(len(name), maxHost)])
		}
	}
	return ""
}

// A ServerHello is what a server chose.
type ServerHello struct {
	Version  uint16 // negotiated
	Cipher   uint16
	Protocol string // ALPN
	Retry    bool   // a HelloRetryRequest, after which both hellos come again
}

// retryRandom marks a HelloRetryRequest (RFC 8446 §4.1.3).
var retryRandom = [32]byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// ParseServerHello reads the body of a ServerHello. The error is ErrMalformed.
func ParseServerHello(b []byte) (ServerHello, error) {
	r := reader{b: b}
	h := ServerHello{Version: r.uint16()}
	random := r.take(32)
	h.Retry = len(random) == 32 && [32]byte(random) == retryRandom
	if draft := h.Version >= 0x7f00 && h.Version <= 0x7fff; draft {
		h.Cipher = r.uint16() // the drafts of TLS 1.3 up to 21 left the rest out
	} else {
		if session := r.short(); len(session) > 32 {
			return ServerHello{}, ErrMalformed
		}
		h.Cipher = r.uint16()
		r.skip(1) // compression
	}
	if r.bad {
		return ServerHello{}, ErrMalformed
	}
	if len(r.b) == 0 {
		return h, nil
	}
	var room [16]Extension
	list, _ := extensions(room[:0], &r)
	for _, x := range list {
		switch x.Type {
		case extSupportedVersions:
			if len(x.Data) == 2 {
				h.Version = binary.BigEndian.Uint16(x.Data)
			}
		case extALPN:
			outer := reader{b: x.Data}
			inner := reader{b: outer.long()}
			h.Protocol = string(inner.short())
		}
	}
	return h, nil
}

// EachCertificate calls yield with the DER of each certificate of a Certificate
// message of TLS 1.2 and before (RFC 5246 §7.4.2), the server's own first,
// until it returns false. Those of TLS 1.3 are encrypted.
func EachCertificate(b []byte, yield func(der []byte) bool) {
	r := reader{b: b}
	list := reader{b: r.upTo24()}
	for len(list.b) > 0 {
		n := list.uint24()
		der := list.take(n)
		if list.bad || !yield(der) {
			return
		}
	}
}

func extensions(dst []Extension, r *reader) (list []Extension, whole bool) {
	n := int(r.uint16())
	if r.bad {
		return dst, false
	}
	in := reader{b: r.b[:min(n, len(r.b))]}
	for len(in.b) > 0 && len(dst) < maxExtensions {
		x := Extension{Type: in.uint16()}
		x.Data = in.long()
		if in.bad {
			return dst, false
		}
		dst = append(dst, x)
	}
	return dst, n <= len(r.b)
}

func appendNumbers(dst []uint16, b []byte, most int) []uint16 {
	for ; len(b) >= 2 && len(dst) < most; b = b[2:] {
		dst = append(dst, binary.BigEndian.Uint16(b))
	}
	return dst
}

// reader takes bytes from the front. After the end it is bad and gives zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		r.b = nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) skip(n int) { r.take(n) }

func (r *reader) uint8() int {
	if b := r.take(1); b != nil {
		return int(b[0])
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint24() int {
	if b := r.take(3); b != nil {
		return int(b[0])<<16 | int(b[1])<<8 | int(b[2])
	}
	return 0
}

// short and long take a vector with a length of one byte and of two.
func (r *reader) short() []byte { return r.take(r.uint8()) }
func (r *reader) long() []byte  { return r.take(int(r.uint16())) }

// upTo24 takes a vector with a length of three bytes, or what there is of it.
func (r *reader) upTo24() []byte {
	n := r.uint24()
	return r.take(min(n, len(r.b)))
}
