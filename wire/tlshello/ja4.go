package tlshello

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Letters of JA4 for what carries the hello.
const (
	OverTCP  = 't'
	OverQUIC = 'q'
	OverDTLS = 'd'
)

const (
	ja4Empty  = "000000000000"
	ja4Hash   = 12 // characters of a hash that are kept
	maxCount2 = 99 // the most that two digits can say
)

// JA4 returns the fingerprint of the client; over is OverTCP, OverQUIC or
// OverDTLS.
func (h *ClientHello) JA4(over byte) string {
	out := make([]byte, 0, 36)
	out = append(out, over)
	out = append(out, ja4Version(h.Offered())...)

	ciphers := make([]uint16, 0, len(h.Ciphers))
	for _, c := range h.Ciphers {
		if !IsGrease(c) {
			ciphers = append(ciphers, c)
		}
	}
	kinds := make([]uint16, 0, len(h.Extensions))
	count := 0
	name := byte('i')
	for _, x := range h.Extensions {
		if IsGrease(x.Type) {
			continue
		}
		count++
		switch x.Type {
		case extServerName:
			name = 'd'
		case extALPN:
		default:
			kinds = append(kinds, x.Type)
		}
	}
	out = append(out, name)
	out = appendTwoDigits(out, len(ciphers))
	out = appendTwoDigits(out, count)
	out = h.appendJA4Protocol(out)

	slices.Sort(ciphers)
	slices.Sort(kinds)
	list := make([]byte, 0, 5*max(len(ciphers), len(kinds)+len(h.SignatureAlgorithms))+1)
	out = append(out, '_')
	out = appendJA4Hash(out, appendHexList(list, ciphers))
	list = appendHexList(list, kinds)
	between := byte('_')
	for _, s := range h.SignatureAlgorithms {
		if !IsGrease(s) && len(kinds) > 0 {
			list = appendHex(append(list, between), s)
			between = ','
		}
	}
	out = append(out, '_')
	return string(appendJA4Hash(out, list))
}

func ja4Version(v uint16) string {
	switch v {
	case TLS13:
		return "13"
	case TLS12:
		return "12"
	case TLS11:
		return "11"
	case TLS10:
		return "10"
	case SSL3:
		return "s3"
	case SSL2:
		return "s2"
	case DTLS10:
		return "d1"
	case DTLS12:
		return "d2"
	case DTLS13:
		return "d3"
	}
	return "00"
}

func appendTwoDigits(dst []byte, n int) []byte {
	n = min(n, maxCount2)
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// appendJA4Protocol appends first and last character of the first protocol, of
// its hexadecimal form where either is no letter or digit.
func (h *ClientHello) appendJA4Protocol(dst []byte) []byte {
	i := slices.IndexFunc(h.Protocols, func(p string) bool {
		return len(p) != 2 || !IsGrease(uint16(p[0])<<8|uint16(p[1]))
	})
	if i < 0 || h.Protocols[i] == "" {
		return append(dst, "00"...)
	}
	p := h.Protocols[i]
	first, last := p[0], p[len(p)-1]
	if alphanumeric(first) && alphanumeric(last) {
		return append(dst, first, last)
	}
	const digits = "0123456789abcdef"
	return append(dst, digits[first>>4], digits[last&15])
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func appendHexList(dst []byte, list []uint16) []byte {
	for i, n := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendHex(dst, n)
	}
	return dst
}

func appendHex(dst []byte, n uint16) []byte {
	return hex.AppendEncode(dst, []byte{byte(n >> 8), byte(n)})
}

func appendJA4Hash(dst, list []byte) []byte {
	if len(list) == 0 {
		return append(dst, ja4Empty...)
	}
	sum := sha256.Sum256(list)
	return hex.AppendEncode(dst, sum[:ja4Hash/2])
}
