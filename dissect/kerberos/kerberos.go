// Package kerberos dissects the requests for Kerberos tickets (RFC 4120) over
// UDP and TCP: which user asked for a ticket to which service, and whether it
// was given. It does not decrypt anything and does not follow the use of
// tickets inside other protocols.
package kerberos

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/asn1"
	"github.com/bongsu/bongsu/wire/kerberos"
)

// Kind returns the dissector.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "kerberos", Doc: "Kerberos: requests for tickets and how they were answered.",
		Transport: dissect.TCP | dissect.UDP, Ports: []uint16{88},
		Probe: probe,
		New:   func() dissect.Dissector { return &dissector{} },
	}
}

// maxPending bounds the requests without an answer.
const maxPending = 16

// serviceTicket is OCSF's activity for a ticket to a service.
const serviceTicket = 4

type request struct {
	*kerberos.Message
	sent time.Time
}

type dissector struct {
	pending []request
}

func (d *dissector) Feed(f *dissect.Flow, _ dissect.Side, data []byte) int {
	if f.Transport == dissect.UDP {
		d.message(f, data)
		return len(data)
	}
	used := 0
	for len(data) >= 4 { // RFC 4120 §7.2.2: a length, then the message
		n := int64(binary.BigEndian.Uint32(data))
		if n > 1<<31 || n == 0 {
			f.Stop()
			return used
		}
		if n+4 > int64(len(data)) {
			if n+4 > dissect.PendingSize {
				f.Stop() // no ticket is that large
			}
			return used
		}
		d.message(f, data[4:4+n])
		data = data[4+n:]
		used += 4 + int(n)
	}
	return used
}

func (d *dissector) Gap(f *dissect.Flow, _ dissect.Side, _ int) bool {
	d.End(f)
	return f.Transport == dissect.UDP // where the next length stands is not known
}

// End gives out the requests that nobody answered.
func (d *dissector) End(f *dissect.Flow) {
	for i := range d.pending {
		d.emit(f, &d.pending[i], nil, 0)
	}
	d.pending = nil
}

func (d *dissector) message(f *dissect.Flow, b []byte) {
	m, ok := kerberos.Parse(b)
	if !ok {
		return
	}
	switch m.Type {
	case kerberos.ASRequest, kerberos.TGSRequest:
		for _, r := range d.pending {
			if r.Type == m.Type && r.Nonce == m.Nonce && r.Preauth == m.Preauth && r.User == m.User {
				return // sent again
			}
		}
		if len(d.pending) < maxPending {
			d.pending = append(d.pending, request{m, f.Now})
		}
	case kerberos.ASReply, kerberos.TGSReply:
		r := d.take(m.Type - 1)
		d.emit(f, &r, m, event.Success)
	case kerberos.Error:
		r := d.take(0)
		switch m.Code {
		case kerberos.ErrPreauthRequired, kerberos.ErrTooBig, kerberos.ErrWrongRealm, kerberos.ErrMorePreauth:
			return // go on like this, it says: nothing is decided
		}
		if r.Message != nil {
			d.emit(f, &r, m, event.Failure)
		} else if m.User != "" { // its request was not captured
			d.emit(f, &request{Message: &kerberos.Message{Type: kerberos.ASRequest}}, m, event.Failure)
		}
	}
}

// take removes the oldest request of a type, of any when it is 0.
func (d *dissector) take(typ int) request {
	for i, r := range d.pending {
		if typ == 0 || r.Type == typ {
			d.pending = append(d.pending[:i], d.pending[i+1:]...)
			return r
		}
	}
	return request{}
}

// emit gives out a request with its answer, where there was one. Either may be
// missing, not both.
func (d *dissector) emit(f *dissect.Flow, r *request, answer *kerberos.Message, outcome int) {
	asked := r.Message
	if asked == nil {
		asked = &kerberos.Message{Type: answer.Type - 1}
	}
	if answer == nil {
		answer = &kerberos.Message{}
	}
	user := first(answer.User, asked.User)
	e := f.Login(user, outcome)
	if outcome == 0 && !r.sent.IsZero() {
		e.Time = r.sent
	}
	e.SetActivity(event.Ticket)
	if asked.Type == kerberos.TGSRequest {
		e.SetActivity(serviceTicket)
	}
	const kerberosID = 2
	e.SetStr(event.AuthProtocol, "Kerberos")
	e.SetInt(event.AuthProtocolID, kerberosID)
	e.SetBool(event.IsCleartext, false)
	e.SetText(event.UserDomain, first(answer.Realm, asked.Realm, answer.ServiceRealm))
	if answer.Code != 0 {
		e.SetStr(event.StatusCode, strconv.Itoa(answer.Code))
		e.SetStr(event.StatusDetail, reason(answer.Code))
		e.AddUnmappedStr("error_text", answer.Text)
	}
	e.AddUnmappedStr("ticket_service", first(answer.Service, asked.Service))
	if answer.TicketType != 0 {
		e.AddUnmappedInt("ticket_etype", int64(answer.TicketType))
	}
	if answer.ReplyType != 0 {
		e.AddUnmappedInt("reply_etype", int64(answer.ReplyType))
	}
	if r.Message != nil {
		if asked.Type == kerberos.ASRequest {
			e.AddUnmapped("preauth", strconv.FormatBool(asked.Preauth))
		}
		if len(asked.EncTypes) > 0 {
			b := []byte{'['}
			for i, n := range asked.EncTypes {
				if i > 0 {
					b = append(b, ',')
				}
				b = strconv.AppendInt(b, int64(n), 10)
			}
			e.AddUnmapped("requested_etypes", string(append(b, ']')))
		}
	}
	f.Emit(e)
}

// reason returns OCSF's word for an error where it has one.
func reason(code int) string {
	switch code {
	case kerberos.ErrClientUnknown:
		return "USER_DOES_NOT_EXIST"
	case kerberos.ErrPreauthFailed, kerberos.ErrBadIntegrity:
		return "INVALID_CREDENTIALS"
	case kerberos.ErrClientRevoked: // disabled, expired or locked out
		return "ACCOUNT_DISABLED"
	case kerberos.ErrKeyExpired:
		return "PASSWORD_EXPIRED"
	}
	if name := kerberos.ErrorName(code); name != "" {
		return name
	}
	return "KRB_ERROR_" + strconv.Itoa(code)
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// probe: an application tag of RFC 4120 whose length fits, and inside it the
// version.
func probe(o dissect.Opening) dissect.Verdict {
	verdict := dissect.More
	for _, side := range [][]byte{o.Client, o.Server} {
		if len(side) == 0 {
			continue
		}
		v := message(side, o.Transport)
		if v != dissect.More {
			return v
		}
		verdict = v
	}
	return verdict
}

func message(b []byte, transport dissect.Transport) dissect.Verdict {
	size := int64(len(b))
	if transport == dissect.TCP {
		if len(b) < 4 {
			if b[0] != 0 {
				return dissect.No
			}
			return dissect.More
		}
		size = int64(binary.BigEndian.Uint32(b))
		b = b[4:]
		if size > dissect.PendingSize || size < 16 {
			return dissect.No
		}
	}
	e, head, body, err := asn1.Header(b)
	if err != nil {
		return unless(transport == dissect.UDP || len(b) > 8)
	}
	if e.Class != asn1.Application || !e.Constructed || int64(head)+body != size {
		return dissect.No
	}
	switch e.Tag {
	case kerberos.ASRequest, kerberos.ASReply, kerberos.TGSRequest, kerberos.TGSReply, kerberos.Error:
	default:
		return dissect.No
	}
	seq, inner, rest, err := asn1.Header(b[head:])
	if err != nil {
		return unless(transport == dissect.UDP || len(b) > head+8)
	}
	if !seq.Is(asn1.Universal, asn1.Sequence) || int64(inner)+rest > body {
		return dissect.No
	}
	version := b[head+inner:] // [0] or [1] INTEGER 5
	const length = 5
	if len(version) < length {
		return unless(transport == dissect.UDP)
	}
	if (version[0] == 0xa0 || version[0] == 0xa1) && string(version[1:length]) == "\x03\x02\x01\x05" {
		return dissect.Yes
	}
	return dissect.No
}

// unless returns No when it is final that bytes are missing, otherwise More.
func unless(final bool) dissect.Verdict {
	if final {
		return dissect.No
	}
	return dissect.More
}
