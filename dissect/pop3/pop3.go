// Package pop3 dissects logins to mailboxes by the Post Office Protocol
// (RFC 1939, RFC 5034): who logs on, how, and whether it worked. It does not
// look at the mail that is fetched.
package pop3

import (
	"bytes"
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
		Name: "pop3", Doc: "Post Office Protocol: logins to mailboxes.",
		Transport: dissect.TCP, Ports: []uint16{110},
		Probe: probe,
		New:   func() dissect.Dissector { return &dissector{} },
	}
}

const (
	maxPending = 64  // commands without a reply; more are not matched
	maxText    = 256 // bytes kept of a name or a reply
)

// A command waits for its reply.
type command struct {
	verb, user string
	sent       time.Time
	auth       *sasl.Exchange // AUTH only
	multi      bool           // a good reply goes on up to a lone dot
}

type dissector struct {
	lines   [2]line.Reader
	pending []command
	greeted bool
	multi   bool // inside a reply of many lines
	lost    bool // replies no longer match commands
	user    string
	auth    *sasl.Exchange
}

func (d *dissector) Feed(f *dissect.Flow, from dissect.Side, data []byte) int {
	total := 0
	for {
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
		case d.auth != nil:
			d.auth.Respond(text)
			d.pending[len(d.pending)-1].user = d.auth.User()
		default:
			d.command(f, text)
		}
	}
}

func (d *dissector) Gap(f *dissect.Flow, from dissect.Side, _ int) bool {
	d.lines[from].Reset()
	d.unanswered(f)
	d.greeted, d.multi, d.lost = true, false, true
	return true
}

func (d *dissector) End(f *dissect.Flow) { d.unanswered(f) }

// unanswered gives out what waits for a reply, without an outcome.
func (d *dissector) unanswered(f *dissect.Flow) {
	for i := range d.pending {
		login(f, &d.pending[i], 0, "")
	}
	d.pending, d.auth = nil, nil
}

func (d *dissector) command(f *dissect.Flow, text []byte) {
	verb, rest := line.Word(text)
	if !verbs[verb] {
		verb = "" // it is answered all the same
	}
	c := command{verb: verb, sent: f.Now}
	switch verb {
	case "USER":
		d.user = bound(rest)
	case "PASS":
		c.user = d.user
	case "APOP":
		if i := bytes.LastIndexByte(rest, ' '); i > 0 {
			c.user = bound(rest[:i])
		}
	case "AUTH":
		mechanism, initial, _ := strings.Cut(string(rest), " ")
		if mechanism == "" {
			c.multi = true // asks which there are
			break
		}
		c.auth = sasl.New(mechanism)
		if initial = strings.TrimSpace(initial); initial != "" {
			c.auth.Respond([]byte(initial))
			c.user = c.auth.User()
		}
	case "RETR", "TOP", "CAPA":
		c.multi = true
	case "LIST", "UIDL":
		c.multi = len(rest) == 0
	}
	if len(d.pending) == maxPending {
		return
	}
	d.pending = append(d.pending, c)
	d.auth = c.auth
}

// reply takes a line of the server and reports whether the rest is of no
// interest to this dissector.
func (d *dissector) reply(f *dissect.Flow, text []byte) bool {
	if d.multi {
		d.multi = string(text) != "."
		return false
	}
	good := bytes.HasPrefix(text, []byte("+OK"))
	switch {
	case !good && !bytes.HasPrefix(text, []byte("-ERR")): // "+ " asks for the next response
		return false
	case !d.greeted && len(d.pending) == 0:
		d.greeted = true
		return false
	case len(d.pending) == 0:
		if d.lost && d.user != "" && d.auth == nil && bytes.Contains(text, []byte(d.user)) {
			// The password was lost, and the reply names the user.
			return d.judge(f, &command{verb: "PASS", user: d.user, sent: f.Now}, good, text)
		}
		return false
	}
	c := d.pending[0]
	d.pending = d.pending[1:]
	if c.auth != nil {
		d.auth = nil
	}
	d.multi = good && c.multi
	return d.judge(f, &c, good, text)
}

func (d *dissector) judge(f *dissect.Flow, c *command, good bool, text []byte) bool {
	switch {
	case c.verb == "STLS" && good:
		f.Next("tls")
		return true
	case good:
		if login(f, c, event.Success, "") {
			f.Stop() // what follows is mail
			return true
		}
	default:
		detail := strings.TrimSpace(strings.TrimPrefix(bound(text), "-ERR"))
		if c.auth == nil || c.user != "" { // otherwise only the mechanism was refused
			login(f, c, event.Failure, detail)
		}
	}
	return false
}

// login gives out an attempt to log on and reports whether the command was one.
func login(f *dissect.Flow, c *command, outcome int, detail string) bool {
	protocol, plain := "", true
	switch {
	case c.verb == "PASS":
	case c.verb == "APOP":
		protocol, plain = "APOP", false
	case c.auth != nil:
		protocol, plain = c.auth.Mechanism(), c.auth.Cleartext()
	default:
		return false
	}
	e := f.Login(c.user, outcome)
	if outcome == 0 {
		e.Time = c.sent
	}
	if c.auth != nil {
		e.SetText(event.UserDomain, c.auth.Domain())
	}
	e.SetText(event.AuthProtocol, protocol)
	e.SetBool(event.IsCleartext, plain)
	e.SetText(event.StatusDetail, detail)
	f.Emit(e)
	return true
}

func bound(b []byte) string { return string(b[:min(len(b), maxText)]) }

// verbs are the commands of RFC 1939, 2449, 2595 and 5034, and XTND, which old
// clients send.
var verbs = map[string]bool{
	"USER": true, "PASS": true, "APOP": true, "AUTH": true, "STLS": true, "CAPA": true, "QUIT": true, "STAT": true,
	"LIST": true, "RETR": true, "DELE": true, "NOOP": true, "RSET": true, "TOP": true, "UIDL": true, "UTF8": true,
	"LANG": true, "XTND": true,
}

// probe: a server that greets with +OK and a client that knows the commands.
// Redis answers with +OK too, but there the client speaks first, and otherwise.
func probe(o dissect.Opening) dissect.Verdict {
	server := o.Server[:min(len(o.Server), 4)]
	if !bytes.HasPrefix([]byte("+OK"), server[:min(len(server), 3)]) ||
		len(server) == 4 && server[3] != ' ' && server[3] != '\r' && server[3] != '\n' {
		return dissect.No
	}
	i := bytes.IndexByte(o.Client, '\n')
	if i < 0 {
		if !line.Printable(bytes.TrimRight(o.Client, "\r")) || len(o.Client) > maxText || len(o.Client) > 0 && o.Client[0] == '*' {
			return dissect.No
		}
		return dissect.More
	}
	verb, rest := line.Word(bytes.TrimRight(o.Client[:i], "\r"))
	if !verbs[verb] {
		return dissect.No
	}
	switch verb {
	case "USER", "APOP":
		if len(rest) == 0 || !line.Printable(rest) {
			return dissect.No
		}
	case "AUTH":
		mechanism, _ := line.Word(rest)
		if mechanism != "" && !sasl.Known(mechanism) {
			return dissect.No
		}
	case "CAPA", "STLS":
	default: // others have these too
		if next := o.Client[i+1:]; len(next) > 0 {
			return probe(dissect.Opening{Client: next, Server: o.Server})
		}
		return dissect.More
	}
	if len(server) < 4 {
		return dissect.More
	}
	return dissect.Yes
}
