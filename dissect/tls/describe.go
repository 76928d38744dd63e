package tls

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/tlshello"
	"github.com/bongsu/bongsu/wire/x509"
)

func (d *follower) clientHello(f *dissect.Flow, body []byte) {
	var h tlshello.ClientHello
	if d.asked || h.Parse(body) != nil {
		return // the first hello counts
	}
	d.asked = true
	e := d.open(f)
	if !d.answered {
		e.SetStr(event.TLSVersion, tlshello.VersionName(h.Offered()))
	}
	e.SetText(event.TLSSNI, h.ServerName)
	e.SetStr(event.JA4List, `[{"type":"JA4","type_id":1,"value":"`+h.JA4(tlshello.OverTCP)+`"}]`)
	if len(h.Protocols) > 0 {
		e.AddUnmappedStr("tls_alpn_offered", strings.Join(h.Protocols[:min(len(h.Protocols), maxProtocols)], ","))
	}
}

const maxProtocols = 8 // of those a client offers that an event tells

func (d *follower) serverHello(f *dissect.Flow, from dissect.Side, body []byte) {
	h, err := tlshello.ParseServerHello(body)
	if err != nil || h.Retry || d.answered {
		return
	}
	d.answered, d.server = true, from
	e := d.open(f)
	e.SetStr(event.TLSVersion, tlshello.VersionName(h.Version))
	e.SetStr(event.TLSCipher, tlshello.CipherName(h.Cipher))
	e.AddUnmappedStr("tls_alpn", h.Protocol)
	if tlshello.VersionName(h.Version) == tlshello.VersionName(tlshello.TLS13) {
		d.finish(f) // all that follows is encrypted
	}
}

// Levels and the one description that ends a connection in order
// (RFC 8446 §6).
const (
	alertFatal       = 2
	alertCloseNotify = 0
)

func (d *follower) alert(f *dissect.Flow, from dissect.Side, body []byte) {
	if len(body) != 2 || d.sides[from].blind || d.event == nil {
		d.finish(f)
		return
	}
	level, what := body[0], body[1]
	if what != alertCloseNotify && !d.event.Has(event.TLSAlert) {
		d.event.SetInt(event.TLSAlert, int64(what))
	}
	if level == alertFatal {
		d.event.SetInt(event.TLSAlert, int64(what))
		d.event.SetStatus(event.Failure)
	}
	if level == alertFatal || what == alertCloseNotify {
		d.finish(f)
	}
}

// old takes a hello in the form of SSL 2.0 and returns how much it used, 0
// when more is needed.
func (d *follower) old(f *dissect.Flow, from dissect.Side, b []byte) int {
	server := from == dissect.Server
	h, size, ok := tlshello.ParseOldHello(b, server)
	switch {
	case ok && server:
		e := d.open(f)
		d.answered, d.server = true, from
		e.SetStr(event.TLSVersion, tlshello.VersionName(h.Version))
		if len(h.Certificate) > 0 {
			setCertificate(e, h.Certificate)
		}
		d.finish(f)
		return size
	case ok:
		d.asked = true
		d.open(f).SetStr(event.TLSVersion, tlshello.VersionName(h.Version))
		return size
	case size > len(b) || len(b) < oldNeeds:
		return 0
	}
	d.finish(f)
	return len(b)
}

// oldNeeds is how many bytes tell a hello of SSL 2.0.
const oldNeeds = 13

// setCertificate describes the server's own certificate. Names that cannot be
// read still leave the fingerprint.
func setCertificate(e *event.Event, der []byte) {
	c, err := x509.Parse(der)
	if err != nil && c.Serial == "" {
		return
	}
	e.SetStr(event.TLSSerial, c.Serial)
	e.SetStr(event.TLSIssuer, c.Issuer)
	e.SetText(event.TLSSubject, c.Subject)
	e.SetTime(event.TLSNotBefore, c.NotBefore)
	e.SetTime(event.TLSNotAfter, c.NotAfter)
	e.SetBool(event.TLSSelfSigned, c.SelfIssued)
	sum := sha256.Sum256(der)
	e.SetStr(event.TLSCertPrints, `[{"algorithm":"SHA-256","algorithm_id":3,"value":"`+hex.EncodeToString(sum[:])+`"}]`)
	if len(c.Names) > 0 {
		e.SetStr(event.TLSCertSANs, altNames(c.Names))
	}
}

const maxAltNames = 50 // that an event tells; the certificates of large sites have hundreds

func altNames(names []x509.Name) string {
	out := []byte{'['}
	for i, n := range names[:min(len(names), maxAltNames)] {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"name":`...)
		out = event.AppendQuoted(out, n.Value)
		out = append(out, `,"type":`...)
		out = event.AppendQuoted(out, n.Kind)
		out = append(out, '}')
	}
	return string(append(out, ']'))
}
