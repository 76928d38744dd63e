package dns

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"unicode/utf8"
)

// String returns the name in presentation form, without the dot at its end;
// the root is ".".
func (n Name) String() string {
	var room [maxName]byte
	return string(n.Append(room[:0]))
}

// IsRoot reports whether the name has no label.
func (n Name) IsRoot() bool { return n.at >= len(n.msg) || n.msg[n.at] == 0 }

// FirstLabel returns the leftmost label as it is in the message.
func (n Name) FirstLabel() []byte {
	for at := n.at; at < len(n.msg); {
		c := int(n.msg[at])
		switch {
		case c >= 0xc0 && at+1 < len(n.msg):
			to := (c&0x3f)<<8 | int(n.msg[at+1])
			if to >= at {
				return nil
			}
			at = to
		case c > 0 && c < 0x40 && at+1+c <= len(n.msg):
			return n.msg[at+1 : at+1+c]
		default:
			return nil
		}
	}
	return nil
}

// Append appends the name in presentation form. A dot or a backslash inside a
// label, and every byte that is neither visible ASCII nor part of valid UTF-8,
// is escaped (RFC 1035 §5.1); mDNS names are UTF-8 (RFC 6762 §16).
func (n Name) Append(dst []byte) []byte {
	start := len(dst)
	for at := n.at; at < len(n.msg); {
		c := int(n.msg[at])
		switch {
		case c >= 0xc0:
			if at+1 >= len(n.msg) {
				return dst
			}
			to := (c&0x3f)<<8 | int(n.msg[at+1])
			if to >= at {
				return dst
			}
			at = to
		case c == 0 || c >= 0x40 || at+1+c > len(n.msg):
			if len(dst) == start {
				dst = append(dst, '.')
			}
			return dst
		default:
			if len(dst) > start {
				dst = append(dst, '.')
			}
			dst = appendLabel(dst, n.msg[at+1:at+1+c])
			at += 1 + c
		}
	}
	return dst
}

func appendLabel(dst, label []byte) []byte {
	for i := 0; i < len(label); {
		c := label[i]
		switch {
		case c == '.' || c == '\\':
			dst = append(dst, '\\', c)
		case c > 0x20 && c < 0x7f:
			dst = append(dst, c)
		default:
			if c >= utf8.RuneSelf {
				if r, n := utf8.DecodeRune(label[i:]); r != utf8.RuneError && r >= 0xa0 {
					dst = append(dst, label[i:i+n]...)
					i += n
					continue
				}
			}
			dst = append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		}
		i++
	}
	return dst
}

// AppendData appends the data of a record as text: addresses, names and
// strings in the usual form, everything else in the form of RFC 3597 §5.
func (r *Record) AppendData(dst []byte) []byte {
	d := r.Data
	switch r.Type {
	case A:
		if len(d) == 4 {
			return netip.AddrFrom4([4]byte(d)).AppendTo(dst)
		}
	case AAAA:
		if len(d) == 16 {
			return netip.AddrFrom16([16]byte(d)).AppendTo(dst)
		}
	case CNAME, NS, PTR, DNAME, MB, MG, MR:
		if out, _, ok := r.appendName(dst, 0); ok {
			return out
		}
	case MX, AFSDB, RT, KX:
		if len(d) > 2 {
			if out, _, ok := r.appendName(appendNumber(dst, d[0:2]), 2); ok {
				return out
			}
		}
	case SRV:
		if len(d) > 6 {
			out := appendNumber(appendNumber(appendNumber(dst, d[0:2]), d[2:4]), d[4:6])
			if out, _, ok := r.appendName(out, 6); ok {
				return out
			}
		}
	case SOA:
		if out, ok := r.appendSOA(dst); ok {
			return out
		}
	case TXT, SPF, HINFO:
		if out, ok := appendStrings(dst, d); ok {
			return out
		}
	case NAPTR:
		if out, ok := r.appendNAPTR(dst); ok {
			return out
		}
	case CAA:
		if out, ok := appendCAA(dst, d); ok {
			return out
		}
	case SVCB, HTTPS:
		if out, ok := r.appendService(dst); ok {
			return out
		}
	case DS, CDS:
		if len(d) > 4 {
			dst = appendNumber(dst, d[0:2])
			dst = append(strconv.AppendUint(dst, uint64(d[2]), 10), ' ')
			dst = append(strconv.AppendUint(dst, uint64(d[3]), 10), ' ')
			return hex.AppendEncode(dst, d[4:])
		}
	}
	return appendUnknown(dst, d)
}

// appendName appends the name that begins i bytes into the data, unless it
// leaves the data.
func (r *Record) appendName(dst []byte, i int) (out []byte, next int, ok bool) {
	end, err := skipName(r.msg, r.at+i)
	if err != nil || end > r.at+len(r.Data) {
		return dst, 0, false
	}
	return Name{r.msg, r.at + i}.Append(dst), end - r.at, true
}

func appendNumber(dst, two []byte) []byte {
	return append(strconv.AppendUint(dst, uint64(binary.BigEndian.Uint16(two)), 10), ' ')
}

func (r *Record) appendSOA(dst []byte) ([]byte, bool) {
	out, next, ok := r.appendName(dst, 0)
	if !ok {
		return dst, false
	}
	out, next, ok = r.appendName(append(out, ' '), next)
	if !ok || next+20 > len(r.Data) {
		return dst, false
	}
	for i := range 5 {
		out = append(out, ' ')
		out = strconv.AppendUint(out, uint64(binary.BigEndian.Uint32(r.Data[next+4*i:])), 10)
	}
	return out, true
}

func (r *Record) appendNAPTR(dst []byte) ([]byte, bool) {
	d := r.Data
	if len(d) < 7 {
		return dst, false
	}
	out := appendNumber(appendNumber(dst, d[0:2]), d[2:4])
	at := 4
	for range 3 {
		if at >= len(d) || at+1+int(d[at]) > len(d) {
			return dst, false
		}
		out = append(appendString(out, d[at+1:at+1+int(d[at])]), ' ')
		at += 1 + int(d[at])
	}
	out, _, ok := r.appendName(out, at)
	return out, ok
}

func appendCAA(dst, d []byte) ([]byte, bool) {
	if len(d) < 2 || 2+int(d[1]) > len(d) {
		return dst, false
	}
	dst = append(strconv.AppendUint(dst, uint64(d[0]), 10), ' ')
	tag := 2 + int(d[1])
	dst = append(appendLabel(dst, d[2:tag]), ' ')
	return appendString(dst, d[tag:]), true
}

// appendService writes priority and target, and the parameters by number
// (RFC 9460 §2.1).
func (r *Record) appendService(dst []byte) ([]byte, bool) {
	d := r.Data
	if len(d) < 3 {
		return dst, false
	}
	out, at, ok := r.appendName(appendNumber(dst, d[0:2]), 2)
	if !ok {
		return dst, false
	}
	for at+4 <= len(d) {
		key, n := binary.BigEndian.Uint16(d[at:]), int(binary.BigEndian.Uint16(d[at+2:]))
		if at+4+n > len(d) {
			return dst, false
		}
		value := d[at+4 : at+4+n]
		out = append(out, ' ')
		out = appendServiceParam(out, key, value)
		at += 4 + n
	}
	return out, true
}

func appendServiceParam(dst []byte, key uint16, value []byte) []byte {
	list := func(name string, size int, one func(dst, v []byte) []byte) []byte {
		dst = append(dst, name...)
		for i := 0; i+size <= len(value); i += size {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = one(dst, value[i:i+size])
		}
		return dst
	}
	switch key {
	case 1:
		dst = append(dst, "alpn="...)
		for i := 0; i < len(value); {
			n := min(int(value[i]), len(value)-i-1)
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendLabel(dst, value[i+1:i+1+n])
			i += 1 + n
		}
		return dst
	case 2:
		return append(dst, "no-default-alpn"...)
	case 3:
		return list("port=", 2, func(dst, v []byte) []byte {
			return strconv.AppendUint(dst, uint64(binary.BigEndian.Uint16(v)), 10)
		})
	case 4:
		return list("ipv4hint=", 4, func(dst, v []byte) []byte { return netip.AddrFrom4([4]byte(v)).AppendTo(dst) })
	case 6:
		return list("ipv6hint=", 16, func(dst, v []byte) []byte { return netip.AddrFrom16([16]byte(v)).AppendTo(dst) })
	}
	dst = append(dst, "key"...)
	dst = strconv.AppendUint(dst, uint64(key), 10)
	if len(value) > 0 {
		dst = append(dst, '=')
		dst = hex.AppendEncode(dst, value)
	}
	return dst
}

// appendStrings writes character strings, each in quotes.
func appendStrings(dst, d []byte) ([]byte, bool) {
	out := dst
	for i := 0; i < len(d); {
		n := int(d[i])
		if i+1+n > len(d) {
			return dst, false
		}
		if i > 0 {
			out = append(out, ' ')
		}
		out = appendString(out, d[i+1:i+1+n])
		i += 1 + n
	}
	return out, len(d) > 0
}

func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= 0x20 && c < 0x7f:
			dst = append(dst, c)
		default:
			dst = append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		}
	}
	return append(dst, '"')
}

func appendUnknown(dst, d []byte) []byte {
	dst = append(dst, `\# `...)
	dst = strconv.AppendInt(dst, int64(len(d)), 10)
	if len(d) > 0 {
		dst = append(dst, ' ')
		dst = hex.AppendEncode(dst, d)
	}
	return dst
}

// NetBIOSName undoes the first-level encoding of a NetBIOS name: 32 letters
// from A to P for 16 bytes (RFC 1001 §14.1). The last byte, the kind of name,
// follows in angle brackets.
func NetBIOSName(label []byte) (string, bool) {
	if len(label) != 32 {
		return "", false
	}
	var raw [16]byte
	for i := range raw {
		hi, lo := label[2*i]-'A', label[2*i+1]-'A'
		if hi > 15 || lo > 15 {
			return "", false
		}
		raw[i] = hi<<4 | lo
	}
	return string(appendNetBIOS(make([]byte, 0, 24), raw[:])), true
}
