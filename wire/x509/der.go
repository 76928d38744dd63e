package x509

import (
	"encoding/hex"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	tagBoolean   = 0x01
	tagInteger   = 0x02
	tagOctets    = 0x04
	tagOID       = 0x06
	tagUTF8      = 0x0c
	tagPrintable = 0x13
	tagTeletex   = 0x14
	tagIA5       = 0x16
	tagUTCTime   = 0x17
	tagVisible   = 0x1a
	tagUniversal = 0x1c
	tagBMP       = 0x1e
	tagSequence  = 0x30
	tagSet       = 0x31
	tagContext0  = 0xa0
	tagContext3  = 0xa3
)

var oidAltName = []byte{0x55, 0x1d, 0x11}

const maxText = 512 // bytes of one part of a name that are kept

// element takes one value from the front of b. Lengths that need more bytes
// than necessary are accepted.
func element(b []byte) (tag byte, value, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return 0, nil, nil, false
	}
	tag = b[0]
	n, at := int(b[1]), 2
	if n >= 0x80 {
		count := n & 0x7f
		if count == 0 || count > 4 || len(b) < 2+count {
			return 0, nil, nil, false
		}
		n = 0
		for _, c := range b[2 : 2+count] {
			n = n<<8 | int(c)
		}
		at += count
	}
	if n < 0 || n > len(b)-at {
		return 0, nil, nil, false
	}
	return tag, b[at : at+n], b[at+n:], true
}

// expect takes one value of the given kind. Where the first value is another,
// ok is false and rest is b.
func expect(b []byte, want byte) (value, rest []byte, ok bool) {
	tag, value, rest, ok := element(b)
	if !ok || tag != want {
		return nil, b, false
	}
	return value, rest, true
}

// nameText writes a distinguished name as RFC 4514 has it: the parts from the
// last to the first.
func nameText(b []byte) string {
	const maxParts = 32
	var parts [][]byte
	for len(b) > 0 && len(parts) < maxParts {
		set, rest, ok := expect(b, tagSet)
		if !ok {
			break
		}
		b = rest
		parts = append(parts, set)
	}
	out := make([]byte, 0, 96)
	for i := len(parts) - 1; i >= 0; i-- {
		joint := byte(',')
		for set := parts[i]; len(set) > 0; {
			pair, rest, ok := expect(set, tagSequence)
			if !ok {
				break
			}
			set = rest
			if len(out) > 0 {
				out = append(out, joint)
			}
			joint = '+'
			out = appendPair(out, pair)
		}
	}
	return string(out)
}

func appendPair(dst, pair []byte) []byte {
	id, rest, ok := expect(pair, tagOID)
	if !ok {
		return dst
	}
	if short := shortName(id); short != "" {
		dst = append(dst, short...)
	} else {
		dst = appendOID(dst, id)
	}
	dst = append(dst, '=')
	tag, value, _, ok := element(rest)
	if !ok {
		return dst
	}
	switch tag {
	case tagUTF8, tagPrintable, tagTeletex, tagIA5, tagVisible:
		return appendEscaped(dst, plain(value))
	case tagBMP:
		return appendEscaped(dst, wide(value))
	case tagUniversal:
		return appendEscaped(dst, wider(value))
	}
	return hex.AppendEncode(append(dst, '#'), value[:min(len(value), maxText)])
}

// plain returns a text of one byte a character or UTF-8.
func plain(b []byte) string {
	b = b[:min(len(b), maxText)]
	if utf8.Valid(b) {
		return string(b)
	}
	out := make([]rune, len(b)) // Teletex, in practice Latin-1
	for i, c := range b {
		out[i] = rune(c)
	}
	return string(out)
}

func wide(b []byte) string {
	b = b[:min(len(b), maxText)]
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[0])<<8|uint16(b[1]))
	}
	return string(utf16.Decode(units))
}

func wider(b []byte) string {
	b = b[:min(len(b), maxText)]
	out := make([]rune, 0, len(b)/4)
	for ; len(b) >= 4; b = b[4:] {
		out = append(out, rune(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3])))
	}
	return string(out)
}

// appendEscaped escapes what has a meaning in a name (RFC 4514 §2.4).
func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ',' || c == '+' || c == '"' || c == '\\' || c == '<' || c == '>' || c == ';',
			c == '#' && i == 0, c == ' ' && (i == 0 || i == len(s)-1):
			dst = append(dst, '\\', c)
		case c == 0:
			dst = append(dst, `\00`...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendOID writes an object identifier with its numbers.
func appendOID(dst, id []byte) []byte {
	n := uint64(0)
	first := true
	for _, c := range id[:min(len(id), 64)] {
		if n > 1<<56 {
			return append(dst, '?')
		}
		n = n<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if first {
			top := min(n/40, 2)
			dst = strconv.AppendUint(dst, top, 10)
			n -= top * 40
			first = false
		}
		dst = append(dst, '.')
		dst = strconv.AppendUint(dst, n, 10)
		n = 0
	}
	return dst
}

// shortName returns the name of a kind of part (RFC 4514 §3, RFC 4519), "" for
// those that are written with numbers.
func shortName(id []byte) string {
	if len(id) == 3 && id[0] == 0x55 && id[1] == 4 {
		switch id[2] {
		case 3:
			return "CN"
		case 4:
			return "SN"
		case 5:
			return "serialNumber"
		case 6:
			return "C"
		case 7:
			return "L"
		case 8:
			return "ST"
		case 9:
			return "STREET"
		case 10:
			return "O"
		case 11:
			return "OU"
		case 12:
			return "title"
		case 15:
			return "businessCategory"
		case 17:
			return "postalCode"
		case 42:
			return "GN"
		}
	}
	switch string(id) {
	case "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01":
		return "emailAddress"
	case "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19":
		return "DC"
	case "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01":
		return "UID"
	case "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03":
		return "jurisdictionC"
	case "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02":
		return "jurisdictionST"
	case "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01":
		return "jurisdictionL"
	}
	return ""
}
