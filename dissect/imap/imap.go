// Package imap dissects logins to mailboxes by the Internet Message Access
// Protocol (RFC 9051, RFC 3501): who logs on, how, and whether it worked. It
// does not look at the mail that is read.
package imap

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/line"
	"github.com/bongsu/bongsu/wire/sasl"
)

// Kind returns the dissector.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "imap", Doc: "Internet Message Access Protocol: logins to mailboxes.",
		Transport: dissect.TCP, Ports: []uint16{143},
		Probe: probe,
		New:   func() dissect.Dissector { return &dissector{} },
	}
}

const (
	maxPending = 32      // logins without a reply; more are not followed
	maxText    = 256     // bytes kept of a name or a reply
	maxLiteral = 1 << 32 // a larger announcement is a mistake
)

// A command is a login, or STARTTLS, that waits for its reply.
type command struct {
	tag, verb string
	user      string
	sent      time.Time
	auth      *sasl.Exchange
}

type dissector struct {
	lines   [2]line.Reader
	pending []command

	// The client's command may go on after a literal.
	current *command // LOGIN whose line is not over
	args    int      // how many of its arguments are complete
	literal int64    // bytes of a literal of current still to come
	name    []byte   // what is kept of it
	resumed bool     // the next line belongs to the command before it
	waiting string   // tag of the command whose literal waits to be asked for
	auth    *sasl.Exchange
}

func (d *dissector) Feed(f *dissect.Flow, from dissect.Side, data []byte) int {
	total := 0
	for {
		if from == dissect.Client && d.literal > 0 {
			n := int(min(d.literal, int64(len(data))))
			if n == 0 {
				return total
			}
			if d.args == 0 {
				d.name = append(d.name, data[:min(n, maxText-len(d.name))]...)
			}
			total += n
			data = data[n:]
			if d.literal -= int64(n); d.literal == 0 {
				d.argument(string(d.name))
				d.name = nil
			}
			continue
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
			if n, _, ok := literal(text); ok {
				f.Skip(from, n)
				return total
			}
		case d.client(f, text):
			return total
		}
	}
}

func (d *dissector) Gap(f *dissect.Flow, from dissect.Side, n int) bool {
	d.lines[from].Reset()
	if from == dissect.Client {
		if int64(n) < d.literal {
			d.literal -= int64(n)
			return true
		}
		d.current, d.literal, d.name, d.resumed = nil, 0, nil, false
		return true
	}
	return true // replies carry tags: the next ones can be matched
}

func (d *dissector) End(f *dissect.Flow) {
	for i := range d.pending {
		login(f, &d.pending[i], 0, "")
	}
	d.pending = nil
}

// client takes a line of the client and reports whether bytes are skipped after
// it.
func (d *dissector) client(f *dissect.Flow, text []byte) bool {
	if d.auth != nil {
		d.auth.Respond(text)
		return false
	}
	size, sync, more := literal(text)
	if more {
		text = text[:bytes.LastIndexByte(text, '{')]
	}
	switch {
	case d.current != nil:
	case d.resumed: // the tail of a command that is of no interest
		d.resumed = more
	default:
		tag, rest, _ := bytes.Cut(text, []byte(" "))
		if len(tag) == 0 || len(tag) > maxText {
			return false
		}
		verb, rest := line.Word(rest)
		d.waiting = ""
		if more && sync {
			d.waiting = string(tag)
		}
		c := command{tag: string(tag), verb: verb, sent: f.Now}
		switch verb {
		case "LOGIN":
			d.current, d.args = &c, 0
			text = rest
		case "AUTHENTICATE":
			mechanism, initial, _ := strings.Cut(string(rest), " ")
			c.auth = sasl.New(mechanism)
			if initial = strings.TrimSpace(initial); initial != "" {
				c.auth.Respond([]byte(initial))
			}
			if d.push(c) {
				d.auth = c.auth
			}
		case "STARTTLS":
			d.push(c)
		}
		d.resumed = more && d.current == nil
	}
	if d.current == nil {
		if more && d.resumed {
			f.Skip(dissect.Client, size)
			return true
		}
		return false
	}
	for len(text) > 0 {
		var word string
		var ok bool
		if word, text, ok = argument(text); ok {
			d.argument(word)
		}
	}
	if more {
		d.literal, d.name = size, nil
		if size == 0 {
			d.argument("")
		}
		return false
	}
	d.push(*d.current)
	d.current = nil
	return false
}

// argument takes the next argument of LOGIN: the name first, then the password,
// which is not kept.
func (d *dissector) argument(word string) {
	if d.current == nil {
		return
	}
	if d.args == 0 {
		d.current.user = word[:min(len(word), maxText)]
	}
	d.args++
}

func (d *dissector) push(c command) bool {
	if len(d.pending) == maxPending {
		return false
	}
	d.pending = append(d.pending, c)
	return true
}

// reply takes a line of the server and reports whether the rest is of no
// interest to this dissector.
func (d *dissector) reply(f *dissect.Flow, text []byte) bool {
	tag, rest, _ := bytes.Cut(text, []byte(" "))
	if len(tag) == 0 || tag[0] == '*' || tag[0] == '+' {
		return false
	}
	word, _ := line.Word(rest)
	if word != "OK" && word != "NO" && word != "BAD" {
		return false
	}
	if d.waiting == string(tag) { // refused before its literal was sent
		d.waiting, d.literal, d.resumed = "", 0, false
		if d.current != nil {
			d.push(*d.current)
			d.current = nil
		}
	}
	for i := range d.pending {
		if d.pending[i].tag != string(tag) {
			continue
		}
		c := d.pending[i]
		d.pending = append(d.pending[:i], d.pending[i+1:]...)
		if c.auth != nil {
			d.auth = nil
		}
		switch {
		case c.verb == "STARTTLS" && word == "OK":
			f.Next("tls")
			return true
		case c.verb == "STARTTLS":
		case word == "OK":
			login(f, &c, event.Success, "")
			f.Stop() // what follows is mail
			return true
		case c.auth == nil || c.auth.User() != "": // otherwise only the mechanism was refused
			login(f, &c, event.Failure, string(rest[:min(len(rest), maxText)]))
		}
		return false
	}
	return false
}

// login gives out an attempt to log on.
func login(f *dissect.Flow, c *command, outcome int, detail string) {
	user, domain, protocol, plain := c.user, "", "", true
	switch {
	case c.auth != nil:
		user, domain, protocol, plain = c.auth.User(), c.auth.Domain(), c.auth.Mechanism(), c.auth.Cleartext()
	case c.verb != "LOGIN":
		return
	}
	e := f.Login(user, outcome)
	if outcome == 0 {
		e.Time = c.sent
	}
	e.SetText(event.UserDomain, domain)
	e.SetText(event.AuthProtocol, protocol)
	e.SetBool(event.IsCleartext, plain)
	e.SetText(event.StatusDetail, detail)
	f.Emit(e)
}

// argument returns the first argument of text, quoted or not, and what follows
// it. Ok is false where there was none.
func argument(text []byte) (word string, rest []byte, ok bool) {
	text = bytes.TrimLeft(text, " ")
	if len(text) == 0 {
		return "", nil, false
	}
	if text[0] != '"' {
		i := bytes.IndexByte(text, ' ')
		if i < 0 {
			i = len(text)
		}
		return string(text[:i]), text[i:], true
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case text[i] == '"':
			return b.String(), text[i+1:], true
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), nil, true
}

// literal reads the announcement {n} or {n+} at the end of a line
// (RFC 9051 §4.3); sync says that the sender waits to be asked for it.
func literal(text []byte) (n int64, sync, ok bool) {
	if len(text) < 3 || text[len(text)-1] != '}' {
		return 0, false, false
	}
	open := bytes.LastIndexByte(text, '{')
	if open < 0 {
		return 0, false, false
	}
	digits := string(text[open+1 : len(text)-1])
	digits, plus := strings.CutSuffix(digits, "+")
	size, err := strconv.ParseUint(digits, 10, 40)
	if err != nil || size > maxLiteral {
		return 0, false, false
	}
	return int64(size), !plus, true
}

// late reports whether a server that did not greet answers a client's login, by
// its tag: the greeting was not captured.
func late(client, answer []byte) bool {
	i := bytes.IndexByte(client, '\n')
	if i < 0 {
		return false
	}
	tag, rest, _ := bytes.Cut(client[:i], []byte(" "))
	verb, _ := line.Word(bytes.TrimRight(rest, "\r"))
	got, text, ok := bytes.Cut(answer, []byte(" "))
	word, _ := line.Word(text)
	return ok && (verb == "LOGIN" || verb == "AUTHENTICATE") && len(tag) > 0 && bytes.EqualFold(tag, got) &&
		(word == "OK" || word == "NO" || word == "BAD")
}

// verbs are the commands before login, one of which a client sends first.
var verbs = map[string]bool{
	"CAPABILITY": true, "LOGIN": true, "AUTHENTICATE": true, "STARTTLS": true, "ID": true, "NOOP": true,
	"LOGOUT": true, "NAMESPACE": true, "ENABLE": true, "SELECT": true,
}

// probe: a server that greets with * OK, * PREAUTH or * BYE, and a client that
// sends a tag and a command.
func probe(o dissect.Opening) dissect.Verdict {
	server := o.Server
	named := false
	if len(server) > 0 {
		i := bytes.IndexByte(server, '\n')
		if i < 0 {
			i = len(server)
		}
		greeting := bytes.ToUpper(bytes.TrimRight(server[:i], "\r"))
		fits := false
		for _, g := range []string{"* OK", "* PREAUTH", "* BYE"} {
			n := min(len(greeting), len(g))
			fits = fits || string(greeting[:n]) == g[:n]
		}
		if !fits && late(o.Client, greeting) {
			return dissect.Yes
		}
		if !fits || !line.Printable(greeting) {
			return dissect.No
		}
		named = i < len(server) && bytes.Contains(greeting, []byte("IMAP"))
	}
	i := bytes.IndexByte(o.Client, '\n')
	if i < 0 {
		switch {
		case !line.Printable(bytes.TrimRight(o.Client, "\r")):
			return dissect.No
		case named:
			return dissect.Yes
		}
		return dissect.More
	}
	tag, rest, _ := bytes.Cut(bytes.TrimRight(o.Client[:i], "\r"), []byte(" "))
	verb, _ := line.Word(rest)
	if !verbs[verb] || len(tag) == 0 || !line.Printable(tag) || bytes.ContainsAny(tag, `(){%*"\+`) {
		return dissect.No
	}
	if len(server) == 0 {
		return dissect.More // LOGIN and ID are words that others use too
	}
	return dissect.Yes
}
