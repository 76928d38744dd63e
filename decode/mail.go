package decode

import (
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/mail"
)

// Mail is what a log tells of who sends a mail to whom. The header's members
// may hold display names and lists; addresses of the envelope stand alone.
type Mail struct {
	Sender     string // of the envelope
	Recipients []string
	From       string // of the header
	To         []string
}

// SetMail sets the columns of sender and recipients. What is no address of the
// form that OCSF takes is kept as an unmapped value.
func SetMail(e *event.Event, m Mail) {
	sender := mail.Address(m.Sender)
	e.SetText(event.EmailSMTPFrom, sender)
	if sender == "" {
		e.AddUnmappedStr("smtp_from", m.Sender)
	}
	recipients, odd := parse(m.Recipients)
	if len(recipients) > 0 {
		e.SetStr(event.EmailSMTPTo, event.JSONStrings(recipients))
	}
	if len(odd) > 0 {
		e.AddUnmapped("smtp_to", event.JSONStrings(odd))
	}

	from := sender
	if list := mail.Addresses(m.From); len(list) > 0 {
		from = list[0]
	}
	e.SetText(event.EmailFrom, from)
	if m.From != from {
		e.AddUnmappedStr("from_header", m.From)
	}
	to, odd := parse(m.To)
	if len(odd) > 0 {
		e.AddUnmapped("to_header", event.JSONStrings(odd))
	}
	if len(to) == 0 {
		to = recipients
	}
	if len(to) > 0 || from == "" { // OCSF demands one of the two
		e.SetStr(event.EmailTo, event.JSONStrings(to))
	}
}

// parse returns the addresses of a list, and the members without any.
func parse(list []string) (addresses, odd []string) {
	for _, s := range list {
		found := mail.Addresses(s)
		if len(found) == 0 {
			odd = append(odd, s)
		}
		addresses = append(addresses, found...)
	}
	return addresses, odd
}
