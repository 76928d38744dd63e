package tlshello

import "encoding/binary"

// An OldHello is a hello in the form of SSL 2.0. Clients that spoke newer
// versions sent it too, to be understood by old servers (RFC 5246 §E.2).
type OldHello struct {
	Version uint16 // that the client offers, or the server chose
	// Ciphers are three bytes each; those of SSL 3.0 and later begin with a
	// zero.
	Ciphers []uint32
	// Certificate of a server's hello, a view.
	Certificate []byte
}

// ParseOldHello reads a record of SSL 2.0 that holds a hello of client or
// server, and returns how many bytes it took. It returns false where the bytes
// are none, and false with the length where they are too few.
func ParseOldHello(b []byte, server bool) (h OldHello, size int, ok bool) {
	const maxCount = 256
	if len(b) < 11 || b[0]&0x80 == 0 {
		return h, 0, false
	}
	n := int(b[0]&0x7f)<<8 | int(b[1])
	size = n + 2
	lengths := b[5:11]
	if server {
		if b[2] != 4 || n < 11 || len(b) < 13 {
			return h, 0, false
		}
		h.Version = binary.BigEndian.Uint16(b[5:])
		lengths = b[7:13]
	} else {
		if b[2] != 1 {
			return h, 0, false
		}
		h.Version = binary.BigEndian.Uint16(b[3:])
	}
	if h.Version != SSL2 && (server || h.Version < SSL3 || h.Version > TLS13) {
		return h, 0, false
	}
	first, second, third := int(binary.BigEndian.Uint16(lengths)), int(binary.BigEndian.Uint16(lengths[2:])), int(binary.BigEndian.Uint16(lengths[4:]))
	var ciphers []byte
	if server { // certificate, ciphers, connection id
		if second%3 != 0 || third > 32 || 11+first+second+third != n {
			return h, 0, false
		}
		if len(b) < size {
			return h, size, false
		}
		h.Certificate, ciphers = b[13:13+first], b[13+first:13+first+second]
	} else { // ciphers, session id, challenge
		if first == 0 || first%3 != 0 || second > 32 || third < 16 || third > 32 || 9+first+second+third != n {
			return h, 0, false
		}
		if len(b) < size {
			return h, size, false
		}
		ciphers = b[11 : 11+first]
	}
	for ; len(ciphers) >= 3 && len(h.Ciphers) < maxCount; ciphers = ciphers[3:] {
		h.Ciphers = append(h.Ciphers, uint32(ciphers[0])<<16|uint32(ciphers[1])<<8|uint32(ciphers[2]))
	}
	return h, size, true
}
