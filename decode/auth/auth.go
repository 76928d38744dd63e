// Package auth understands the lines that login programs write to syslog:
// sshd, sudo, su, PAM, cron, login, dropbear, FTP and mail servers, and the
// tools that change accounts. Other syslog lines are left to the decoder of
// plain syslog.
//
// Several lines often tell of one attempt: PAM says "authentication failure",
// then sshd says "Failed password". One attempt gives one event of activity
// Logon (or Account Switch, for sudo and su) with a status. The lines that
// repeat it become events of activity Preauth without a status, and name in
// unmapped "duplicate_of" what counts instead:
//
//   - The program's own line counts. A PAM line counts only while the program
//     itself has not written to the log.
//   - "Invalid user" counts until the log has shown that the server also
//     writes "Failed … for invalid user"; from then on the latter counts.
//   - A connection that ends before anybody counted its attempt counts as one.
//   - "message repeated 5 times: [ … ]" is one event with a count of 5.
package auth

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// Kind describes the format.
func Kind() decode.Kind {
	return decode.Kind{
		Name:  "auth",
		Doc:   "syslog lines about logins and accounts: sshd, sudo, su, PAM, cron, login, dropbear, FTP and mail servers, useradd",
		Tier:  decode.Fields,
		Sniff: sniff,
		New: func(o decode.Options) decode.Decoder {
			return &decoder{opts: o, sessions: newSessions()}
		},
	}
}

// sniff is sure as soon as one line is about a login: the decoder declines the
// others line by line. It is more sure than plain syslog may be.
func sniff(head []byte) int {
	clock := syslog.Clock{Reference: sniffReference}
	return decode.SniffLines(head, 64, 70, 95, func(line string) bool {
		var m syslog.Message
		return syslog.Parse(line, clock, &m) && syslog.AboutLogin(&m) || isVsftpd(line)
	})
}

// sniffReference only makes dates valid; what they are does not matter.
var sniffReference = time.Date(2000, 12, 31, 0, 0, 0, 0, time.UTC)

type decoder struct {
	opts     decode.Options
	sessions sessions

	native         programs // programs that write their own lines about attempts
	failedInvalid  bool     // "Failed … for invalid user" was seen
	last           syslog.Message
	lastUnderstood bool
}

// programs is a small set of names.
type programs struct{ sshd, su, login, dovecot, postfix bool }

func (p *programs) has(name string) bool {
	switch name {
	case "sshd":
		return p.sshd
	case "su":
		return p.su
	case "login":
		return p.login
	case "dovecot":
		return p.dovecot
	case "smtp":
		return p.postfix
	}
	return false
}

// line is one line that is being understood.
type line struct {
	d       *decoder
	rec     decode.Record
	m       *syslog.Message
	raw     string
	program string // plain name
	text    string
	times   int  // how often it happened
	status  int  // of the next login that is appended, if it is known by then
	preauth bool // sshd says that nobody had logged on
	out     []*event.Event
}

func (d *decoder) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	raw := decode.Text(rec.Body)
	if isVsftpd(raw) {
		return d.vsftpdLog(rec, raw, out), nil
	}
	var m syslog.Message
	if !syslog.Parse(raw, d.opts.Clock(rec), &m) {
		d.lastUnderstood = false
		return out, decode.ErrNotMine
	}
	if m.Time.IsZero() { // RFC 3164 §4.3.2: it happened when it arrived
		m.Time = d.last.Time
		if m.Time.IsZero() {
			m.Time = d.opts.Clock(rec).Reference
		}
		if m.Time.IsZero() {
			return out, decode.ErrNotMine
		}
	}
	m.Host = decode.HostOf(&m, rec)
	l := line{d: d, rec: rec, m: &m, raw: raw, times: 1, out: out}
	if n, inner, ok := syslog.Repeated(m.Text); ok {
		switch {
		case inner != "":
			m.Text = inner
		case d.lastUnderstood && d.last.Host == m.Host:
			m.Program, m.PID, m.Text = d.last.Program, d.last.PID, d.last.Text
		default:
			return out, decode.ErrNotMine
		}
		l.times = n
	}
	if !syslog.AboutLogin(&m) {
		d.lastUnderstood = false
		return out, decode.ErrNotMine
	}
	l.program = syslog.LoginProgram(m.Program)
	l.text = strings.TrimSpace(m.Text)
	d.last, d.lastUnderstood = m, true
	l.understand()
	if len(l.out) == len(out) {
		l.base()
	}
	return l.out, nil
}

// understand appends the line's event; it appends none for a line that says
// nothing about a login.
func (l *line) understand() {
	if l.pam() {
		return
	}
	switch l.program {
	case "sshd":
		l.sshd()
	case "sudo":
		l.sudo()
	case "su":
		l.su()
	case "doas":
		l.doas()
	case "cron":
		l.cron()
	case "login", "rlogind", "telnetd", "remote":
		l.login()
	case "systemd-logind":
		l.logind()
	case "dropbear":
		l.dropbear()
	case "proftpd":
		l.proftpd()
	case "pure-ftpd":
		l.pureftpd()
	case "useradd", "userdel", "usermod", "passwd", "chpasswd", "chage", "gpasswd", "chsh", "chfn", "newusers",
		"groupadd", "groupdel", "groupmod":
		l.account()
	default:
		l.mail()
	}
}

// event appends an event of the line and returns it.
func (l *line) event(class event.Class, activity, status int) *event.Event {
	e := event.New(class, l.m.Time, decode.Stamp(l.rec, len(l.out)))
	if class != event.Base {
		e.SetActivity(activity)
	}
	if status != 0 {
		e.SetStatus(status)
	}
	e.SetStr(event.Message, l.m.Text)
	e.SetStr(event.RawData, l.raw)
	if l.times > 1 {
		e.SetInt(event.Count, int64(l.times))
	}
	name := l.program
	if name == "" {
		name = l.m.Program
	}
	e.SetText(event.ProductName, name)
	decode.SetHeader(e, l.m)
	l.out = append(l.out, e)
	return e
}

// base appends the line as it is.
func (l *line) base() *event.Event {
	e := l.event(event.Base, 0, 0)
	decode.SetDevice(e, l.m.Host)
	return e
}

// auth appends an event of class Authentication. A user that the line does not
// tell is "-", because OCSF requires one.
func (l *line) auth(activity int, service, user string) *event.Event {
	e := l.event(event.Authentication, activity, l.status)
	l.status = 0
	decode.SetTarget(e, l.m.Host)
	if user == "" {
		user = "-"
	}
	e.SetStr(event.UserName, user)
	e.SetStr(event.ServiceName, protocol(service))
	return e
}

// protocol returns the protocol that a program or PAM service speaks, the name
// itself where it speaks none.
func protocol(service string) string {
	switch service {
	case "sshd", "sshd-session", "dropbear":
		return "ssh"
	case "vsftpd", "proftpd", "pure-ftpd":
		return "ftp"
	case "crond", "CRON", "atd":
		return "cron"
	}
	return service
}

// Activities of Authentication that only this package uses.
const (
	preauth       = 6
	accountSwitch = 7
)

// Reasons, in the words of OCSF's status_detail.
const (
	badPassword = "INVALID_CREDENTIALS"
	noSuchUser  = "USER_DOES_NOT_EXIST"
	locked      = "ACCOUNT_LOCKED_OUT"
	expired     = "ACCOUNT_EXPIRED"
	disabled    = "ACCOUNT_DISABLED"
	notAllowed  = "NOT_ALLOWED"
	unfinished  = "CLOSED_BEFORE_AUTHENTICATION"
)

// attempt appends a failed logon that counts fresh times, or, if fresh is 0,
// the note that what already counted says the same.
func (l *line) attempt(fresh int, activity int, service, user, detail, instead string) *event.Event {
	if fresh == 0 {
		e := l.auth(preauth, service, user)
		e.SetText(event.StatusDetail, detail)
		e.AddUnmappedStr("duplicate_of", instead)
		return e
	}
	l.times = fresh
	l.status = event.Failure
	e := l.auth(activity, service, user)
	e.SetText(event.StatusDetail, detail)
	return e
}

// from sets where an attempt came from.
func from(e *event.Event, host, port string) {
	decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, host)
	decode.SetPort(e, event.SrcPort, port)
}

// method sets how the user proved who they are, in the program's own word.
func method(e *event.Event, name string) {
	if name != "" {
		e.SetInt(event.AuthProtocolID, 99)
		e.SetStr(event.AuthProtocol, name)
	}
}

// logonType sets one of OCSF's kinds of logon.
func logonType(e *event.Event, id int, name string) {
	e.SetInt(event.LogonTypeID, int64(id))
	e.SetStr(event.LogonType, name)
}

func remoteInteractive(e *event.Event) {
	logonType(e, 10, "Remote Interactive")
	e.SetBool(event.IsRemote, true)
}
