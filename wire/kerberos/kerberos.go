// Package kerberos reads what the messages between a client and a key
// distribution centre (RFC 4120) say in the clear: who asks for a ticket to
// what, and how it was answered. It decrypts nothing.
package kerberos

import (
	"strings"

	"github.com/bongsu/bongsu/wire/asn1"
)

// Message types, which are the application tags too (RFC 4120 §5.10).
const (
	ASRequest  = 10
	ASReply    = 11
	TGSRequest = 12
	TGSReply   = 13
	Error      = 30
)

// Error codes that matter (RFC 4120 §7.5.9).
const (
	ErrClientUnknown   = 6
	ErrClientRevoked   = 18
	ErrKeyExpired      = 23
	ErrPreauthFailed   = 24
	ErrPreauthRequired = 25
	ErrBadIntegrity    = 31
	ErrTooBig          = 52
	ErrWrongRealm      = 68
	ErrMorePreauth     = 91
)

// Bounds of what a Message keeps.
const (
	maxName  = 256
	maxParts = 8
	maxTypes = 32
)

// A Message is one request, reply or error.
type Message struct {
	Type         int
	User, Realm  string // cname and its realm; a request has only one realm
	Service      string // sname, its parts joined by "/"
	ServiceRealm string // of errors
	Preauth      bool   // a request that brings proof of a key
	Nonce        int64  // of requests
	EncTypes     []int  // that a request offers
	TicketType   int    // encryption of the ticket in a reply
	ReplyType    int    // encryption of the reply, by the client's key
	Code         int    // of an error
	Text         string
}

// Parse reads one message, as a datagram or a record of a stream holds it.
func Parse(b []byte) (*Message, bool) {
	outer, _, err := asn1.Next(b)
	if err != nil || outer.Class != asn1.Application || !outer.Constructed {
		return nil, false
	}
	seq, _, err := asn1.Next(outer.Body)
	if err != nil || !seq.Is(asn1.Universal, asn1.Sequence) {
		return nil, false
	}
	m := &Message{Type: int(outer.Tag)}
	first := uint32(0)
	if m.Type == ASRequest || m.Type == TGSRequest {
		first = 1
	}
	const version = 5
	if number(seq.Body, first) != version || number(seq.Body, first+1) != int64(m.Type) {
		return nil, false
	}
	switch m.Type {
	case ASRequest, TGSRequest:
		return m, m.request(seq.Body)
	case ASReply, TGSReply:
		m.reply(seq.Body)
	case Error:
		m.Code = int(number(seq.Body, 6))
		m.Realm, m.User = text(seq.Body, 7), principal(seq.Body, 8)
		m.ServiceRealm, m.Service = text(seq.Body, 9), principal(seq.Body, 10)
		m.Text = text(seq.Body, 11)
	default:
		return nil, false
	}
	return m, true
}

func (m *Message) request(seq []byte) bool {
	if data, ok := asn1.Field(seq, 3); ok {
		for b := data.Body; len(b) > 0; {
			e, rest, err := asn1.Next(b)
			if err != nil {
				break
			}
			switch number(e.Body, 1) {
			case 2, 14, 15, 16, 138: // encrypted timestamp, PKINIT, encrypted challenge
				m.Preauth = true
			}
			b = rest
		}
	}
	body, ok := asn1.Field(seq, 4)
	if !ok {
		return false
	}
	m.User, m.Realm = principal(body.Body, 1), text(body.Body, 2)
	m.Service = principal(body.Body, 3)
	m.Nonce = number(body.Body, 7)
	if types, ok := asn1.Field(body.Body, 8); ok {
		for b := types.Body; len(b) > 0 && len(m.EncTypes) < maxTypes; {
			e, rest, err := asn1.Next(b)
			if err != nil {
				break
			}
			if n, ok := asn1.Int(e.Body); ok {
				m.EncTypes = append(m.EncTypes, int(n))
			}
			b = rest
		}
	}
	return true
}

func (m *Message) reply(seq []byte) {
	m.Realm, m.User = text(seq, 3), principal(seq, 4)
	if ticket, ok := asn1.Field(seq, 5); ok && ticket.Is(asn1.Application, 1) {
		if inner, _, err := asn1.Next(ticket.Body); err == nil {
			m.ServiceRealm, m.Service = text(inner.Body, 1), principal(inner.Body, 2)
			m.TicketType = encryption(inner.Body, 3)
		}
	}
	m.ReplyType = encryption(seq, 6)
}

func encryption(seq []byte, tag uint32) int {
	if e, ok := asn1.Field(seq, tag); ok {
		return int(number(e.Body, 0))
	}
	return 0
}

func number(seq []byte, tag uint32) int64 {
	if e, ok := asn1.Field(seq, tag); ok && e.Class == asn1.Universal && e.Tag == asn1.Integer {
		n, _ := asn1.Int(e.Body)
		return n
	}
	return 0
}

func text(seq []byte, tag uint32) string {
	if e, ok := asn1.Field(seq, tag); ok && !e.Constructed {
		return string(e.Body[:min(len(e.Body), maxName)])
	}
	return ""
}

// principal returns the parts of a name, joined by "/" (RFC 4120 §5.2.2).
func principal(seq []byte, tag uint32) string {
	name, ok := asn1.Field(seq, tag)
	if !ok {
		return ""
	}
	parts, ok := asn1.Field(name.Body, 1)
	if !ok {
		return ""
	}
	var out []string
	for b := parts.Body; len(b) > 0 && len(out) < maxParts; {
		e, rest, err := asn1.Next(b)
		if err != nil {
			break
		}
		out = append(out, string(e.Body[:min(len(e.Body), maxName)]))
		b = rest
	}
	return strings.Join(out, "/")
}

// ErrorName returns the name that RFC 4120 §7.5.9 gives to an error code, "" for
// one that it does not know.
func ErrorName(code int) string { return errorNames[code] }

var errorNames = map[int]string{
	1: "KDC_ERR_NAME_EXP", 2: "KDC_ERR_SERVICE_EXP", 3: "KDC_ERR_BAD_PVNO", 4: "KDC_ERR_C_OLD_MAST_KVNO",
	5: "KDC_ERR_S_OLD_MAST_KVNO", 6: "KDC_ERR_C_PRINCIPAL_UNKNOWN", 7: "KDC_ERR_S_PRINCIPAL_UNKNOWN",
	8: "KDC_ERR_PRINCIPAL_NOT_UNIQUE", 9: "KDC_ERR_NULL_KEY", 10: "KDC_ERR_CANNOT_POSTDATE", 11: "KDC_ERR_NEVER_VALID",
	12: "KDC_ERR_POLICY", 13: "KDC_ERR_BADOPTION", 14: "KDC_ERR_ETYPE_NOSUPP", 15: "KDC_ERR_SUMTYPE_NOSUPP",
	16: "KDC_ERR_PADATA_TYPE_NOSUPP", 17: "KDC_ERR_TRTYPE_NOSUPP", 18: "KDC_ERR_CLIENT_REVOKED",
	19: "KDC_ERR_SERVICE_REVOKED", 20: "KDC_ERR_TGT_REVOKED", 21: "KDC_ERR_CLIENT_NOTYET", 22: "KDC_ERR_SERVICE_NOTYET",
	23: "KDC_ERR_KEY_EXPIRED", 24: "KDC_ERR_PREAUTH_FAILED", 25: "KDC_ERR_PREAUTH_REQUIRED", 26: "KDC_ERR_SERVER_NOMATCH",
	27: "KDC_ERR_MUST_USE_USER2USER", 28: "KDC_ERR_PATH_NOT_ACCEPTED", 29: "KDC_ERR_SVC_UNAVAILABLE",
	31: "KRB_AP_ERR_BAD_INTEGRITY", 32: "KRB_AP_ERR_TKT_EXPIRED", 33: "KRB_AP_ERR_TKT_NYV", 34: "KRB_AP_ERR_REPEAT",
	35: "KRB_AP_ERR_NOT_US", 36: "KRB_AP_ERR_BADMATCH", 37: "KRB_AP_ERR_SKEW", 38: "KRB_AP_ERR_BADADDR",
	39: "KRB_AP_ERR_BADVERSION", 40: "KRB_AP_ERR_MSG_TYPE", 41: "KRB_AP_ERR_MODIFIED", 42: "KRB_AP_ERR_BADORDER",
	44: "KRB_AP_ERR_BADKEYVER", 45: "KRB_AP_ERR_NOKEY", 46: "KRB_AP_ERR_MUT_FAIL", 50: "KRB_AP_ERR_INAPP_CKSUM",
	52: "KRB_ERR_RESPONSE_TOO_BIG", 60: "KRB_ERR_GENERIC", 61: "KRB_ERR_FIELD_TOOLONG",
	62: "KDC_ERR_CLIENT_NOT_TRUSTED", 63: "KDC_ERR_KDC_NOT_TRUSTED", 64: "KDC_ERR_INVALID_SIG", 68: "KDC_ERR_WRONG_REALM",
	91: "KDC_ERR_MORE_PREAUTH_DATA_REQUIRED",
}
