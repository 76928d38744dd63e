// Package smtp dissects the sending of mail (RFC 5321): who logs on and whether
// it worked (RFC 4954), and for each message who wrote to whom about what. It
// does not look into bodies and attachments.
package smtp

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/line"
	"github.com/bongsu/bongsu/wire/mail"
	"github.com/bongsu/bongsu/wire/sasl"
)

// Kind returns the dissector.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "smtp", Doc: "Simple Mail Transfer Protocol: logins and the headers of messages.",
		Transport: dissect.TCP, Ports: []uint16{25, 587, 2525},
		Probe: probe,
		New:   func() dissect.Dissector { return &dissector{} },
	}
}

const (
	maxPending    = 256 // commands without a reply; more are not matched
	maxRecipients = 100 // kept of one message
	maxText       = 512 // bytes kept of a reply or a name
)

// A command waits for its reply.
type command struct {
	verb string
	arg  string
	sent time.Time
	msg  *message
}

// A message is one mail on its way.
type message struct {
	reader mail.Reader
	header mail.Header
	read   bool // header holds what reader has kept
	size   int64
}

// envelope is what MAIL and RCPT say of the next message.
type envelope struct {
	from string
	to   []string
}

type dissector struct {
	lines   [2]line.Reader
	pending []command
	greeted bool
	heard   bool // the server says something

	hello string
	envelope
	auth    *sasl.Exchange
	tried   time.Time
	message *message // its bytes come now
	data    bool     // in lines, up to a lone dot
	chunk   int64    // bytes of BDAT still to come
	last    bool     // the chunk is the last one
}

func (d *dissector) Feed(f *dissect.Flow, from dissect.Side, data []byte) int {
	total := 0
	for {
		if from == dissect.Client && d.chunk > 0 {
			n := int(min(d.chunk, int64(len(data))))
			if n == 0 {
				return total
			}
			if !d.take(data[:n]) {
				total += n
				data = data[n:]
				d.chunk -= int64(n)
				d.endChunk()
				continue
			}
			f.Skip(from, d.chunk) // only the header is of interest
			d.message.size += d.chunk
			d.chunk = 0
			d.endChunk()
			return total
		}
		text, used, ok := d.lines[from].Next(data)
		total += used
		data = data[used:]
		switch {
		case !ok:
			return total
		case from == dissect.Server:
			if d.reply(f, text) {
				return total
			}
		case d.data:
			d.content(f, text, used)
		case d.auth != nil && (d.heard || !startsMail(text)):
			d.auth.Respond(text)
		default:
			if d.auth != nil { // its answer was not captured
				d.login(f, 0, 0, "")
			}
			d.command(f, text)
		}
	}
}

func (d *dissector) Gap(f *dissect.Flow, from dissect.Side, n int) bool {
	d.lines[from].Reset()
	if from == dissect.Client {
		if d.chunk > 0 {
			if int64(n) < d.chunk {
				d.chunk -= int64(n)
				d.message.size += int64(n)
				return true
			}
			d.chunk = 0
			d.endChunk()
		}
		if d.data {
			d.message.size += int64(n)
		}
		return true
	}
	// Which reply belongs to which command is not known any more.
	d.unanswered(f)
	d.greeted = true
	return true
}

func (d *dissector) End(f *dissect.Flow) {
	if d.message != nil {
		d.email(f, &command{msg: d.message}, 0, "")
		d.message = nil
	}
	d.unanswered(f)
}

// unanswered gives out what waits for a reply, without an outcome.
func (d *dissector) unanswered(f *dissect.Flow) {
	if d.auth != nil {
		d.login(f, 0, 0, "")
	}
	for i := range d.pending {
		if c := &d.pending[i]; c.msg != nil {
			d.email(f, c, 0, "")
		}
	}
	d.pending = nil
}

func (d *dissector) push(c command) {
	if len(d.pending) < maxPending {
		d.pending = append(d.pending, c)
	}
}

func (d *dissector) command(f *dissect.Flow, text []byte) {
	verb, rest := line.Word(text)
	c := command{verb: verb, arg: bound(rest), sent: f.Now}
	switch verb {
	case "HELO", "EHLO", "LHLO":
		d.hello = c.arg
		d.envelope = envelope{}
	case "MAIL", "RCPT":
		if !d.heard { // there will be no reply to say that it was taken
			d.envelop(&c)
		}
	case "AUTH":
		mechanism, initial, _ := strings.Cut(string(rest[:min(len(rest), line.Max)]), " ")
		c.arg = ""
		d.auth, d.tried = sasl.New(mechanism), f.Now
		if initial = strings.TrimSpace(initial); initial != "" {
			d.auth.Respond([]byte(initial))
		}
	case "DATA":
		if !d.heard {
			d.message, d.data = &message{}, true
		}
	case "BDAT":
		if d.beginChunk(c) {
			return
		}
	case "":
		return
	}
	d.push(c)
}

// beginChunk takes BDAT (RFC 3030 §2): the bytes follow at once.
func (d *dissector) beginChunk(c command) bool {
	words := strings.Fields(c.arg)
	if len(words) == 0 {
		return false
	}
	const most = 1 << 40
	n, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil || n < 0 || n > most {
		return false // the server refuses it, and no bytes follow
	}
	if d.message == nil {
		d.message = &message{}
	}
	d.chunk = n
	d.last = len(words) > 1 && strings.EqualFold(words[1], "LAST")
	d.push(c)
	if n == 0 {
		d.endChunk()
	}
	return true
}

// endChunk closes the message after its last chunk.
func (d *dissector) endChunk() {
	if d.chunk > 0 || !d.last || d.message == nil {
		return
	}
	d.last = false
	if n := len(d.pending); n > 0 && d.pending[n-1].verb == "BDAT" {
		d.pending[n-1].msg = d.message
	} else {
		d.push(command{verb: "BDAT", msg: d.message})
	}
	d.message = nil
}

// take gives bytes of a message to its header and reports whether the header
// was complete before, so that nothing was taken.
func (d *dissector) take(b []byte) bool {
	m := d.message
	if m.read {
		return true
	}
	m.size += int64(len(b))
	if m.reader.Write(b) {
		m.finish()
	}
	return false
}

func (m *message) finish() {
	if !m.read {
		m.header, m.read = m.reader.Header(), true
		m.reader = mail.Reader{}
	}
}

// content takes a line of a message (RFC 5321 §4.5.2).
func (d *dissector) content(f *dissect.Flow, text []byte, used int) {
	if string(text) == "." {
		d.data = false
		c := command{verb: ".", sent: f.Now, msg: d.message}
		d.message = nil
		if d.heard {
			d.push(c)
		} else { // no reply will come
			d.email(f, &c, 0, "")
			d.pending = nil
		}
		return
	}
	m := d.message
	m.size += int64(used)
	if m.read {
		return
	}
	text = bytes.TrimPrefix(text, []byte("."))
	done := m.reader.Write(text)
	if !done {
		done = m.reader.Write([]byte("\r\n"))
	}
	if done {
		m.finish()
	}
}

// reply takes a line of the server and reports whether the flow now speaks
// another protocol.
func (d *dissector) reply(f *dissect.Flow, text []byte) bool {
	code, more := line.Code(text)
	if code == 0 || more {
		return false
	}
	d.heard = true
	if !d.greeted && (code == 220 || code == 554 || code == 421 || len(d.pending) == 0) {
		d.greeted = true
		return false
	}
	d.greeted = true
	if code == 354 { // only DATA is answered so, whatever else was lost
		if i := slices.IndexFunc(d.pending, func(c command) bool { return c.verb == "DATA" }); i >= 0 {
			d.pending = d.pending[i+1:]
		}
		d.message, d.data = &message{}, true
		return false
	}
	if len(d.pending) == 0 {
		return false
	}
	c := d.pending[0]
	if code == 334 && c.verb == "AUTH" {
		return false // the login goes on
	}
	d.pending = d.pending[1:]
	if len(d.pending) == 0 {
		d.pending = nil
	}
	good := code < 400
	switch c.verb {
	case "MAIL", "RCPT":
		if good {
			d.envelop(&c)
		}
	case "RSET":
		d.envelope = envelope{}
		if !d.data && d.chunk == 0 {
			d.message = nil
		}
	case "AUTH":
		if d.auth != nil {
			outcome := event.Failure
			if good {
				outcome = event.Success
			}
			d.login(f, outcome, code, bound(text))
		}
	case ".", "BDAT":
		if c.msg != nil {
			d.email(f, &c, code, bound(text))
		}
	case "STARTTLS":
		if good {
			f.Next("tls")
			return true
		}
	}
	return false
}

// envelop takes MAIL FROM:<a> or RCPT TO:<b>.
func (d *dissector) envelop(c *command) {
	_, path, ok := strings.Cut(c.arg, ":")
	if !ok {
		return
	}
	path = strings.TrimSpace(path)
	if i := strings.IndexByte(path, '>'); i >= 0 {
		path = path[:i+1]
	} else if i := strings.IndexByte(path, ' '); i >= 0 {
		path = path[:i]
	}
	path = strings.TrimSuffix(strings.TrimPrefix(path, "<"), ">")
	if c.verb == "MAIL" {
		d.envelope = envelope{from: path}
	} else if len(d.to) < maxRecipients {
		d.to = append(d.to, path)
	}
}

// login gives out an attempt to log on. A server that does not have the
// mechanism or demands TLS first has judged nobody.
func (d *dissector) login(f *dissect.Flow, outcome, code int, detail string) {
	x := d.auth
	d.auth = nil
	switch code {
	case 500, 501, 502, 503, 504, 530, 534, 538:
		if x.User() == "" {
			return
		}
	}
	e := f.Login(x.User(), outcome)
	if outcome == 0 {
		e.Time = d.tried
	}
	e.SetText(event.UserDomain, x.Domain())
	e.SetStr(event.AuthProtocol, x.Mechanism())
	e.SetBool(event.IsCleartext, x.Cleartext())
	if code != 0 {
		e.SetStr(event.StatusCode, strconv.Itoa(code))
	}
	if outcome == event.Failure {
		e.SetText(event.StatusDetail, detail)
	}
	f.Emit(e)
}

// email gives out a message.
func (d *dissector) email(f *dissect.Flow, c *command, code int, detail string) {
	const send = 1
	m := c.msg
	m.finish()
	h := &m.header
	e := f.Event(event.EmailActivity)
	e.SetActivity(send)
	e.SetInt(event.DirectionEmail, 0)
	switch {
	case code == 0:
	case code < 400:
		e.SetStatus(event.Success)
	default:
		e.SetStatus(event.Failure)
		e.SetText(event.StatusDetail, detail)
	}
	if code != 0 {
		e.SetStr(event.StatusCode, strconv.Itoa(code))
	}
	e.SetText(event.SMTPHello, d.hello)

	sender := mail.Address(d.from)
	e.SetText(event.EmailSMTPFrom, sender)
	if sender == "" {
		e.AddUnmappedStr("smtp_from", d.from)
	}
	recipients, odd := split(d.to)
	if len(recipients) > 0 {
		e.SetStr(event.EmailSMTPTo, event.JSONStrings(recipients))
	}
	if len(odd) > 0 {
		e.AddUnmapped("smtp_to", event.JSONStrings(odd))
	}
	from, to := h.From, h.To
	if from == "" {
		from = sender
	}
	if len(to) == 0 {
		to = recipients
	}
	e.SetText(event.EmailFrom, from)
	if len(to) > 0 || from == "" { // OCSF demands one of them
		e.SetStr(event.EmailTo, event.JSONStrings(to))
	}
	e.SetText(event.EmailSubject, h.Subject)
	e.SetText(event.EmailUID, h.MessageID)
	e.SetInt(event.EmailSize, m.size)
	if h.FromText != from {
		e.AddUnmappedStr("from_header", h.FromText)
	}
	if len(h.Cc) > 0 {
		e.AddUnmapped("cc", event.JSONStrings(h.Cc))
	}
	e.AddUnmappedStr("mailer", h.Mailer)
	f.Emit(e)
	d.envelope = envelope{}
}

// split tells addresses as OCSF wants them from others, such as root.
func split(list []string) (good, odd []string) {
	for _, s := range list {
		if a := mail.Address(s); a != "" {
			good = append(good, a)
		} else {
			odd = append(odd, s)
		}
	}
	return good, odd
}

func bound(b []byte) string { return string(b[:min(len(b), maxText)]) }

// startsMail reports whether a client whose server was not captured has gone on
// from a login to a message.
func startsMail(text []byte) bool {
	verb, _ := line.Word(text)
	return verb == "MAIL" || verb == "QUIT" || verb == "RSET"
}
