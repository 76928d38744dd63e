// Package ftp dissects the control connection of the File Transfer Protocol
// (RFC 959): who logs on and whether it worked, and which files are stored,
// fetched, deleted and renamed. It does not follow the data connections.
package ftp

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/line"
)

// Kind returns the dissector.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "ftp", Doc: "File Transfer Protocol: logins and file commands of the control connection.",
		Transport: dissect.TCP, Ports: []uint16{21, 2121},
		Probe: probe,
		New:   func() dissect.Dissector { return &dissector{} },
	}
}

const (
	maxPending = 64  // commands without a reply; more are not matched
	maxText    = 512 // bytes kept of an argument or a reply
	maxReplies = 8   // lines kept of one reply
	maxUser    = 256 // bytes kept of a user's name
	minOutcome = 200 // replies below are preliminary (RFC 959 §4.2.1)
	needMore   = 300 // 3xx: the command goes on with another one
	tlsAgreed  = 234 // RFC 4217 §4
	loggedIn   = 230
	wrongOrder = 503
	notLogged  = 530
	soon       = 120 // service ready in nnn minutes
	ready      = 220
	gssDone    = 235 // RFC 2228 §3
	passive    = 227 // entering passive mode, h1,h2,h3,h4,p1,p2
	extPassive = 229 // entering extended passive mode (|||port|)
)

// A command waits for its final reply.
type command struct {
	verb, arg string
	user      string    // who is logging on, or has
	sent      time.Time // when
	replies   []string
	codes     []int
}

type dissector struct {
	lines   [2]line.Reader
	pending []command
	open    int // code of a reply of many lines that is not yet over, 0 otherwise

	greeting bool // the reply is the greeting, which answers no command
	greeted  bool

	user     string
	from     string // RNFR
	mode     string // active or passive
	endpoint string // of the data connection
	lost     bool   // replies no longer match commands
}

func (d *dissector) Feed(f *dissect.Flow, from dissect.Side, data []byte) int {
	text, used, ok := d.lines[from].Next(data)
	for total := 0; ; {
		total += used
		data = data[used:]
		if !ok {
			return total
		}
		if from == dissect.Client {
			d.command(f, text)
		} else if d.reply(f, text) {
			return total // the rest is another protocol's
		}
		text, used, ok = d.lines[from].Next(data)
	}
}

func (d *dissector) Gap(f *dissect.Flow, from dissect.Side, _ int) bool {
	d.lines[from].Reset()
	// Which reply belongs to which command is not known any more: what is
	// pending stays without one.
	d.unanswered(f)
	d.open, d.greeting, d.greeted = 0, false, true
	d.lost = true
	return true
}

func (d *dissector) End(f *dissect.Flow) { d.unanswered(f) }

// unanswered gives out what waits for a reply, without an outcome.
func (d *dissector) unanswered(f *dissect.Flow) {
	for i := range d.pending {
		if c := &d.pending[i]; c.verb == "PASS" {
			login(f, c, 0, "")
		} else {
			d.activity(f, c, 0)
		}
	}
	d.pending = nil
}

func (d *dissector) command(f *dissect.Flow, text []byte) {
	text = stripTelnet(text)
	verb, rest := line.Word(text)
	if !isVerb(verb) {
		return
	}
	arg := bound(rest, maxText)
	switch verb {
	case "USER":
		d.user = bound(rest, maxUser)
	case "PASS", "ACCT", "ADAT":
		arg = "" // a password goes nowhere
	case "PORT", "EPRT":
		d.mode, d.endpoint = "active", portArgument(verb, arg)
	}
	if d.lost && len(d.pending) == 0 {
		d.lost = false // the client spoke: from here on the order is clear again
	}
	if len(d.pending) < maxPending {
		d.pending = append(d.pending, command{verb: verb, arg: arg, user: d.user, sent: f.Now})
	}
}

// reply takes a line of the server and reports whether the flow now speaks
// another protocol.
func (d *dissector) reply(f *dissect.Flow, text []byte) bool {
	code, more := line.Code(text)
	if d.open != 0 { // RFC 959 §4.2: ends with the same code and a space
		if code != d.open || more {
			d.keep(text)
			return false
		}
		d.open = 0
	} else {
		if code == 0 {
			return false
		}
		if !d.greeted {
			d.greeting = code == ready || code == soon || len(d.pending) == 0
		}
		if more {
			d.open = code
			d.keep(text)
			return false
		}
	}
	if d.greeting {
		d.greeting = false
		d.greeted = code != soon
		return false
	}
	d.greeted = true
	d.keep(text)
	return d.final(f, code, text)
}

// keep adds a line of a reply to the command that it answers.
func (d *dissector) keep(text []byte) {
	if d.greeting || len(d.pending) == 0 {
		return
	}
	if c := &d.pending[0]; len(c.replies) < maxReplies {
		c.replies = append(c.replies, bound(text, maxText))
	}
}

// final takes the last line of a reply.
func (d *dissector) final(f *dissect.Flow, code int, text []byte) bool {
	if len(d.pending) == 0 {
		if d.lost && (code == loggedIn || code == notLogged) { // its command was lost
			judge(f, &command{verb: "PASS", user: d.user, sent: f.Now}, code, text)
		}
		return false
	}
	c := &d.pending[0]
	if !slices.Contains(c.codes, code) && len(c.codes) < maxReplies {
		c.codes = append(c.codes, code)
	}
	if code < minOutcome {
		return false // 150: the final reply is still to come
	}
	done := *c
	d.pending = d.pending[1:]
	if len(d.pending) == 0 {
		d.pending = nil
	}
	switch done.verb {
	case "USER", "PASS", "ACCT":
		judge(f, &done, code, text)
	case "AUTH":
		if code == tlsAgreed && !strings.EqualFold(done.arg, "GSSAPI") {
			f.Next("tls")
			return true
		}
	case "ADAT":
		if code == gssDone {
			e := f.Login("", event.Success)
			e.SetBool(event.IsCleartext, false)
			e.SetStr(event.AuthProtocol, "GSSAPI")
			f.Emit(e)
		}
	case "PASV", "EPSV":
		if code == passive || code == extPassive {
			d.mode, d.endpoint = "passive", passiveReply(text)
		}
	default:
		d.activity(f, &done, code)
	}
	return false
}

// judge reads the outcome of a login from the reply to USER, PASS or ACCT.
func judge(f *dissect.Flow, c *command, code int, text []byte) {
	switch {
	case code >= needMore && code < 400: // 331, 332: the login goes on
	case code == wrongOrder: // after a USER that was refused, which said so itself
	case code < needMore:
		login(f, c, event.Success, "")
	default:
		login(f, c, event.Failure, bound(text, maxText))
	}
}

// login gives out an attempt to log on.
func login(f *dissect.Flow, c *command, outcome int, detail string) {
	e := f.Login(c.user, outcome)
	if outcome == 0 {
		e.Time = c.sent
	}
	e.SetBool(event.IsCleartext, c.verb != "USER") // USER alone gives no password away
	e.SetText(event.StatusDetail, detail)
	if strings.EqualFold(c.user, "anonymous") || strings.EqualFold(c.user, "ftp") {
		e.AddUnmapped("anonymous", "true")
	}
	f.Emit(e)
}

// activities are those of OCSF's FTP Activity; other stands for 99.
const (
	put    = 1
	get    = 2
	remove = 4
	rename = 5
	list   = 6
	other  = 99
)

// telling are the commands that do something to files.
var telling = map[string]int{
	"STOR": put, "STOU": put, "APPE": put, "RETR": get, "DELE": remove, "RMD": remove, "XRMD": remove,
	"RNFR": 0, "RNTO": rename, "LIST": list, "NLST": list, "MLSD": list, "MLST": list,
	"MKD": other, "XMKD": other, "SITE": other,
}

// activity gives out what a command did.
func (d *dissector) activity(f *dissect.Flow, c *command, code int) {
	activity, ok := telling[c.verb]
	if !ok {
		return
	}
	if c.verb == "RNFR" {
		d.from = c.arg // RNTO tells both
		return
	}
	e := f.Event(event.FTPActivity)
	e.SetActivity(activity)
	if activity == other {
		e.SetStr(event.ActivityName, map[string]string{"SITE": "Site"}[c.verb])
		if c.verb != "SITE" {
			e.SetStr(event.ActivityName, "Make Directory")
		}
	}
	e.SetStr(event.FTPCommand, c.verb)
	if c.verb == "SITE" {
		e.AddUnmappedStr("argument", c.arg)
	} else if c.arg != "" && activity != list {
		setFile(e, c)
	} else {
		e.AddUnmappedStr("argument", c.arg)
	}
	if len(c.replies) > 0 {
		e.SetStr(event.FTPResponses, event.JSONStrings(c.replies))
	}
	if len(c.codes) > 0 {
		e.SetStr(event.FTPCodes, jsonInts(c.codes))
		e.SetStr(event.StatusCode, strconv.Itoa(c.codes[len(c.codes)-1]))
	}
	switch {
	case code >= 400:
		e.SetStatus(event.Failure)
	case code >= minOutcome:
		e.SetStatus(event.Success)
	}
	if activity == rename {
		e.AddUnmappedStr("renamed_from", d.from)
		d.from = ""
	}
	e.AddUnmappedStr("user", c.user)
	if activity == put || activity == get || activity == list {
		e.AddUnmappedStr("data_mode", d.mode)
		e.AddUnmappedStr("data_endpoint", d.endpoint)
	}
	f.Emit(e)
}

// setFile names the file of a command; a path is kept as it was given.
func setFile(e *event.Event, c *command) {
	const regular, folder = 1, 2
	name := strings.TrimRight(c.arg, "/\\")
	if i := strings.LastIndexAny(name, "/\\"); i >= 0 {
		name = name[i+1:]
	}
	if name == "" {
		name = c.arg
	}
	e.SetStr(event.FileName, name)
	if name != c.arg {
		e.SetStr(event.FilePath, c.arg)
	}
	switch c.verb {
	case "RMD", "XRMD", "MKD", "XMKD":
		e.SetInt(event.FileTypeID, folder)
	default:
		e.SetInt(event.FileTypeID, regular)
	}
}

func jsonInts(list []int) string {
	b := []byte{'['}
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, ']'))
}

func bound(b []byte, most int) string { return string(b[:min(len(b), most)]) }

// stripTelnet removes the Telnet controls that precede ABOR (RFC 959 §4.1.3).
func stripTelnet(text []byte) []byte {
	for len(text) > 0 && text[0] >= 0xf0 {
		text = text[1:]
	}
	return bytes.TrimRight(text, "\x00")
}
