// Package ntlm reads the message with which a client logs on by NTLM ([MS-NLMP]
// §2.2.1.3). It tells who logs on, not with what password, and checks nothing.
package ntlm

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// maxName bounds a name in a message; Windows allows 256 characters.
const maxName = 1024

// An Authenticate is what a client says of itself.
type Authenticate struct {
	User, Domain, Workstation string
}

// Parse reads an AUTHENTICATE message. It returns false for anything else.
func Parse(b []byte) (Authenticate, bool) {
	const header = 64
	if len(b) < header || !bytes.HasPrefix(b, []byte("NTLMSSP\x00")) || binary.LittleEndian.Uint32(b[8:]) != 3 {
		return Authenticate{}, false
	}
	const negotiateUnicode = 1
	wide := binary.LittleEndian.Uint32(b[60:])&negotiateUnicode != 0
	return Authenticate{
		Domain:      field(b, 28, wide),
		User:        field(b, 36, wide),
		Workstation: field(b, 44, wide),
	}, true
}

// field returns the text that the length and offset at a place point to.
func field(b []byte, at int, wide bool) string {
	size := int(binary.LittleEndian.Uint16(b[at:]))
	from := int64(binary.LittleEndian.Uint32(b[at+4:]))
	if size > maxName || from+int64(size) > int64(len(b)) {
		return ""
	}
	text := b[from : from+int64(size)]
	if !wide {
		return string(text)
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(text[2*i:])
	}
	return string(utf16.Decode(units))
}
