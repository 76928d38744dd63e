// Package x509 is the grammar of certificates (RFC 5280), read leniently: it
// takes the fields that an analyst looks at and passes over the rest, so that
// odd certificates, which malware and devices have, can be read as well.
//
// It verifies nothing: no signature, no chain, no date.
package x509

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// ErrMalformed says that the bytes are no certificate.
var ErrMalformed = errors.New("malformed certificate")

const maxNames = 256 // alternative names of one certificate that are kept

// A Certificate is what a certificate claims.
type Certificate struct {
	Serial              string // lower-case hexadecimal, without leading zeros but in whole bytes
	Subject, Issuer     string // RFC 4514: the most specific part first
	NotBefore, NotAfter time.Time
	Names               []Name // the alternative names
	// SelfIssued reports that subject and issuer are one name. Nearly all such
	// certificates are self-signed; the signature itself is not looked at.
	SelfIssued bool
}

// A Name is one alternative name of the subject.
type Name struct {
	Kind  string // "DNS", "IP Address", "email", "URI"
	Value string
}

// Parse reads a certificate in DER. After an error the certificate holds what
// came before the place that the error names.
func Parse(der []byte) (Certificate, error) {
	var c Certificate
	bad := func(what string) (Certificate, error) {
		return c, fmt.Errorf("%s: %w", what, ErrMalformed)
	}
	outer, _, ok := expect(der, tagSequence)
	if !ok {
		return bad("certificate")
	}
	body, _, ok := expect(outer, tagSequence)
	if !ok {
		return bad("content")
	}
	if _, rest, ok := expect(body, tagContext0); ok { // version
		body = rest
	}
	serial, body, ok := expect(body, tagInteger)
	if !ok || len(serial) == 0 {
		return bad("serial number")
	}
	c.Serial = serialText(serial)
	_, body, ok = expect(body, tagSequence) // signature algorithm
	if !ok {
		return bad("signature algorithm")
	}
	issuer, body, ok := expect(body, tagSequence)
	if !ok {
		return bad("issuer")
	}
	c.Issuer = nameText(issuer)
	validity, body, ok := expect(body, tagSequence)
	if !ok {
		return bad("validity")
	}
	c.NotBefore, c.NotAfter = period(validity)
	subject, body, ok := expect(body, tagSequence)
	if !ok {
		return bad("subject")
	}
	c.Subject = nameText(subject)
	c.SelfIssued = len(subject) > 0 && bytes.Equal(subject, issuer)
	_, body, ok = expect(body, tagSequence) // key
	if !ok {
		return bad("public key")
	}
	for len(body) > 0 {
		tag, value, rest, ok := element(body)
		if !ok {
			return bad("extensions")
		}
		if tag == tagContext3 {
			c.extensions(value)
		}
		body = rest
	}
	return c, nil
}

func serialText(b []byte) string {
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	const most = 64 // three times what RFC 5280 §4.1.2.2 allows
	return hex.EncodeToString(b[:min(len(b), most)])
}

// extensions looks for the alternative names (RFC 5280 §4.2.1.6).
func (c *Certificate) extensions(b []byte) {
	list, _, ok := expect(b, tagSequence)
	for ok && len(list) > 0 {
		var ext []byte
		ext, list, ok = expect(list, tagSequence)
		if !ok {
			return
		}
		id, rest, isID := expect(ext, tagOID)
		if !isID || !bytes.Equal(id, oidAltName) {
			continue
		}
		if _, after, isBool := expect(rest, tagBoolean); isBool {
			rest = after
		}
		value, _, isValue := expect(rest, tagOctets)
		if !isValue {
			return
		}
		names, _, isList := expect(value, tagSequence)
		if isList {
			c.altNames(names)
		}
		return
	}
}

func (c *Certificate) altNames(b []byte) {
	for len(b) > 0 && len(c.Names) < maxNames {
		tag, value, rest, ok := element(b)
		if !ok {
			return
		}
		b = rest
		switch tag {
		case 0x81:
			c.Names = append(c.Names, Name{"email", plain(value)})
		case 0x82:
			c.Names = append(c.Names, Name{"DNS", plain(value)})
		case 0x86:
			c.Names = append(c.Names, Name{"URI", plain(value)})
		case 0x87:
			if a, ok := netip.AddrFromSlice(value); ok {
				c.Names = append(c.Names, Name{"IP Address", a.String()})
			}
		}
	}
}

// period reads notBefore and notAfter.
func period(b []byte) (from, to time.Time) {
	tag, value, rest, ok := element(b)
	if !ok {
		return
	}
	from = moment(tag, value)
	if tag, value, _, ok = element(rest); ok {
		to = moment(tag, value)
	}
	return from, to
}

// moment reads a time; what is none gives the zero time (RFC 5280 §4.1.2.5).
func moment(tag byte, b []byte) time.Time {
	layouts := []string{"20060102150405Z", "20060102150405-0700", "200601021504Z"}
	if tag == tagUTCTime {
		layouts = []string{"060102150405Z", "060102150405-0700", "0601021504Z", "0601021504-0700"}
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, string(b))
		if err != nil {
			continue
		}
		if tag == tagUTCTime && t.Year() >= 2050 {
			t = t.AddDate(-100, 0, 0)
		}
		return t.UTC()
	}
	return time.Time{}
}
