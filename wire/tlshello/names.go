package tlshello

import (
	"fmt"
	"slices"
)

// CipherName returns IANA's name of a cipher suite, its number in hexadecimal
// where it has none.
func CipherName(id uint16) string {
	i, ok := slices.BinarySearchFunc(cipherNames[:], id, func(row struct {
		id   uint16
		name string
	}, id uint16,
	) int {
		return int(row.id) - int(id)
	})
	if ok {
		return cipherNames[i].name
	}
	return fmt.Sprintf("0x%04x", id)
}

// VersionName returns the version as people write it: "1.2" for TLS 1.2,
// "SSLv3" for what came before it.
func VersionName(v uint16) string {
	switch v {
	case SSL2:
		return "SSLv2"
	case SSL3:
		return "SSLv3"
	case TLS10, DTLS10:
		return "1.0"
	case TLS11:
		return "1.1"
	case TLS12, DTLS12:
		return "1.2"
	case TLS13, DTLS13:
		return "1.3"
	}
	if v >= 0x7f00 && v <= 0x7fff || v >= 0xfb00 && v <= 0xfbff {
		return "1.3" // drafts, and those of one large site
	}
	return fmt.Sprintf("0x%04x", v)
}

// IsGrease reports whether a number was made up to keep servers tolerant
// (RFC 8701).
func IsGrease(n uint16) bool { return n&0x0f0f == 0x0a0a && n>>8 == n&0xff }

// Offered returns the highest version that the client offers: of its list where
// it has one, otherwise that of the hello.
func (h *ClientHello) Offered() uint16 {
	best := uint16(0)
	for _, v := range h.SupportedVersions {
		if !IsGrease(v) && newer(v, best) {
			best = v
		}
	}
	if best == 0 {
		return h.Version
	}
	return best
}

// newer compares versions; those of DTLS count down.
func newer(v, than uint16) bool {
	if than == 0 {
		return true
	}
	if v >= 0xfe00 && than >= 0xfe00 {
		return v < than
	}
	return v > than
}
