// Package telnet dissects logins over Telnet (RFC 854): it follows the prompts
// of the server and what the client types, and tells who logged on and whether
// it worked. It does not keep passwords or what is typed after the login.
//
// Telnet has no notion of a login. A prompt is what stands in the last line of
// the server when the client begins to type; the outcome is read from the words
// that follow, from another prompt for a login, or from that of a shell.
package telnet

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
)

// Kind returns the dissector.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "telnet", Doc: "Telnet: logins, read from prompts and what is typed.",
		Transport: dissect.TCP, Ports: []uint16{23, 2323},
		Probe: probe,
		New:   func() dissect.Dissector { return &dissector{} },
	}
}

const (
	maxLine  = 512 // bytes kept of a line of the server
	maxTyped = 128 // bytes kept of what the client types
)

// What is expected of the client, or of the server.
const (
	idle     = iota // no prompt yet
	naming          // the client types its name
	named           // a name was typed
	proving         // the client types its password
	awaiting        // a password was typed, the outcome is still to come
)

type dissector struct {
	options [2]stripper

	line     []byte // last line of the server, not yet ended
	answered time.Time
	prompted int // length of that line when it was taken for a prompt, or 0
	escape   int // inside a terminal's control sequence

	state int
	typed []byte
	keyed int  // client's control sequence, as escape
	cr    bool // the client's last byte was CR
	user  string
	tried time.Time
	over  bool // somebody is in
}

func (d *dissector) Feed(f *dissect.Flow, from dissect.Side, data []byte) int {
	s := &d.options[from]
	first := true
	for _, c := range data {
		if !s.text(c) {
			continue
		}
		if from == dissect.Server {
			d.print(f, c)
			d.answered = f.Now
			continue
		}
		if first {
			first = false
			d.prompt(f)
		}
		d.key(f, c)
	}
	return len(data)
}

func (d *dissector) Gap(_ *dissect.Flow, from dissect.Side, _ int) bool {
	d.options[from].reset()
	if from == dissect.Server {
		d.line, d.prompted, d.escape = d.line[:0], 0, 0
		return true
	}
	d.typed, d.keyed, d.cr = d.typed[:0], 0, false
	if d.state == proving {
		d.state = awaiting // its end was most likely in what is lost
	}
	return true
}

func (d *dissector) End(f *dissect.Flow) {
	if d.state == awaiting {
		d.judge(f)
	}
	d.prompt(f)
	if d.state == awaiting {
		d.login(f, 0, "")
	}
	d.state = idle
}

// print takes a character that the server shows.
func (d *dissector) print(f *dissect.Flow, c byte) {
	if d.escape = control(d.escape, c); d.escape != 0 {
		return
	}
	switch {
	case c == '\n':
		if d.state == awaiting || d.state == named {
			d.judge(f)
		}
		d.line, d.prompted = d.line[:0], 0
	case c == '\b':
		if len(d.line) > 0 {
			d.line = d.line[:len(d.line)-1]
		}
	case c < ' ' && c != '\t' || c == 0x7f || c == escaped:
	case len(d.line) < maxLine:
		d.line = append(d.line, c)
	}
}

// key takes a character that the client types.
func (d *dissector) key(f *dissect.Flow, c byte) {
	was := d.cr
	d.cr = c == '\r'
	if d.keyed = control(d.keyed, c); d.keyed != 0 {
		return
	}
	switch {
	case c == '\r' || c == '\n':
		if c == '\r' || !was {
			d.enter(f)
		}
	case c == '\b' || c == 0x7f:
		_, n := utf8.DecodeLastRune(d.typed)
		d.typed = d.typed[:len(d.typed)-n]
	case c == 0x15 || c == 0x03: // ^U, ^C
		d.typed = d.typed[:0]
	case c < ' ' || c == escaped:
	case (d.state == naming || d.state == proving) && len(d.typed) < maxTyped:
		d.typed = append(d.typed, c)
	}
}

// enter ends what was typed.
func (d *dissector) enter(f *dissect.Flow) {
	switch d.state {
	case naming:
		d.user = string(bytes.TrimSpace(d.typed))
		if d.user != "" {
			d.state = named
		}
	case proving:
		d.state = awaiting
	}
	d.tried = f.Now
	clear(d.typed) // a password must not stay
	d.typed = d.typed[:0]
}

// prompt reads the last line of the server, now that the client answers it.
func (d *dissector) prompt(f *dissect.Flow) {
	if len(d.line) <= d.prompted || d.over {
		return
	}
	text := bytes.TrimSpace(d.line[d.prompted:])
	switch {
	case asksName(text):
		d.again(f)
		d.state, d.user = naming, ""
	case asksPassword(text), d.state == named && bytes.HasSuffix(text, []byte(":")):
		d.again(f)
		d.state = proving
		if d.user == "" {
			d.user = d.options[dissect.Client].user
		}
	case isShell(text) && (d.state == awaiting || d.state == named || d.state == idle && d.options[dissect.Client].user != ""):
		if d.user == "" {
			d.user = d.options[dissect.Client].user
		}
		d.login(f, event.Success, "")
		return
	default:
		return
	}
	d.prompted = len(d.line)
	d.typed = d.typed[:0]
}

// again takes a new prompt after a password for a refusal.
func (d *dissector) again(f *dissect.Flow) {
	if d.state == awaiting {
		d.login(f, event.Failure, "")
	}
}

// judge reads an outcome from the server's line that follows a password or a
// name. What stands behind a prompt may be the echo of what was typed: it is
// not told to anybody, and of a name not even read.
func (d *dissector) judge(f *dissect.Flow) {
	echo := d.prompted > 0 && d.prompted <= len(d.line)
	text := d.line
	if echo {
		if d.state == named {
			return
		}
		text = text[d.prompted:]
	}
	switch outcome := outcomeOf(text); {
	case outcome == event.Failure && !echo:
		d.login(f, outcome, string(bytes.TrimSpace(text)))
	case outcome == event.Failure, outcome == event.Success && d.state == awaiting:
		d.login(f, outcome, "")
	}
}

// login gives out an attempt to log on.
func (d *dissector) login(f *dissect.Flow, outcome int, detail string) {
	e := f.Login(d.user, outcome)
	if outcome == 0 {
		e.Time = d.tried
	} else if !d.answered.IsZero() {
		e.Time = d.answered
	}
	e.SetBool(event.IsCleartext, d.state == awaiting)
	e.SetText(event.StatusDetail, detail)
	f.Emit(e)
	user := d.user
	d.state, d.user = idle, ""
	switch outcome {
	case event.Success:
		d.over = true
		f.Stop() // what follows is work
	case event.Failure:
		d.user = user // some ask for the password alone, again
	}
}
