package auth

import (
	"strings"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

// Activities of SSH Activity.
const (
	sshOpen    = 1
	sshClose   = 2
	sshReset   = 3
	sshFail    = 4
	sshRefuse  = 5
	sshTraffic = 6
)

// sshd understands the messages of OpenSSH's server, old and new.
func (l *line) sshd() {
	l.d.native.sshd = true
	t := l.text
	if t != "" && t[len(t)-1] == ']' {
		t, l.preauth = strings.CutSuffix(t, " [preauth]")
	}
	switch {
	case strings.HasPrefix(t, "error: "), strings.HasPrefix(t, "fatal: "):
		t = t[len("error: "):]
	case strings.HasPrefix(t, "info: "):
		t = t[len("info: "):]
	case strings.HasPrefix(t, "debug1: "):
		t = t[len("debug1: "):]
	}
	first, rest, _ := strings.Cut(t, " ")
	switch first {
	case "Failed":
		l.sshFailed(rest)
	case "Accepted":
		l.sshAccepted(rest)
	case "Invalid", "Illegal":
		if who, ok := strings.CutPrefix(rest, "user "); ok {
			l.sshInvalid(who)
		}
	case "User":
		l.sshUser(rest)
	case "PAM:":
		l.sshPAM(rest)
	case "Postponed", "Partial":
		if p, ok := parsePeer(rest, " for ", true); ok {
			e := l.auth(preauth, "sshd", p.user)
			l.peer(e, p)
			how, _, _ := strings.Cut(rest, " ")
			method(e, how)
		}
	case "Connection", "Disconnected", "Disconnecting", "Received", "Disconnecting:":
		l.sshEnd(t)
	case "maximum":
		if p, ok := parsePeer(rest, " exceeded for ", true); ok {
			l.ended(p, sshClose, "too many authentication failures")
		}
	case "ROOT":
		if who, ok := strings.CutPrefix(rest, "LOGIN REFUSED FROM "); ok {
			p := peerAt(who)
			p.user = "root"
			s := l.session(p.host)
			e := l.attempt(s.attempts(byProgram, l.times), event.Logon, "sshd", p.user, notAllowed, "sshd")
			l.peer(e, p)
		}
	default:
		l.sshOther(t)
	}
}

// A peer is who is at the other end.
type peer struct {
	user, host, port string
	invalid          bool
	rest             string // what follows
}

// peer sets the other end of a remote login.
func (l *line) peer(e *event.Event, p peer) {
	from(e, p.host, p.port)
	remoteInteractive(e)
}

// parsePeer reads "…<intro>[invalid user ]USER from HOST[ port N]…". Users are
// chosen by the attacker and may hold " from "; for names that are not trusted
// the last one counts.
func parsePeer(s, intro string, untrusted bool) (p peer, ok bool) {
	if !strings.HasPrefix(s, strings.TrimLeft(intro, " ")) {
		i := strings.Index(s, intro)
		if i < 0 {
			return p, false
		}
		s = s[i+len(intro):]
	} else {
		s = s[len(strings.TrimLeft(intro, " ")):]
	}
	for _, word := range [...]string{"invalid user ", "illegal user "} {
		if rest, found := strings.CutPrefix(s, word); found {
			s, p.invalid = rest, true
		}
	}
	if rest, found := strings.CutPrefix(s, "from "); found {
		// An empty name leaves "for invalid user  from HOST" or even less.
		s = " from " + rest
	}
	i := strings.Index(s, " from ")
	if untrusted {
		i = strings.LastIndex(s, " from ")
	}
	if i < 0 {
		return p, false
	}
	p.user = s[:i]
	at := peerAt(s[i+len(" from "):])
	p.host, p.port, p.rest = at.host, at.port, at.rest
	return p, p.host != ""
}

// peerAt reads "HOST[ port N]…", also "NAME (ADDRESS)".
func peerAt(s string) (p peer) {
	p.host, p.rest, _ = strings.Cut(s, " ")
	p.host = strings.TrimRight(p.host, ":,;")
	if inner, ok := strings.CutPrefix(p.rest, "("); ok {
		if addr, after, found := strings.Cut(inner, ")"); found {
			p.host, p.rest = addr, strings.TrimPrefix(after, " ")
		}
	}
	if after, ok := strings.CutPrefix(p.rest, "port "); ok {
		n := 0
		for n < len(after) && after[n]-'0' <= 9 {
			n++
		}
		p.port, p.rest = after[:n], after[n:]
	}
	return p
}

func (l *line) sshFailed(t string) {
	how, rest, _ := strings.Cut(t, " ")
	p, ok := parsePeer(rest, "for ", true)
	if !ok {
		return
	}
	s := l.session(p.host)
	detail := badPassword
	if p.invalid {
		detail = noSuchUser
		l.d.failedInvalid = true
	}
	e := l.attempt(s.attempts(byProgram, l.times), event.Logon, "sshd", p.user, detail, "an earlier line of the same attempt")
	l.peer(e, p)
	method(e, how)
	s.user, s.invalid = p.user, p.invalid
}

func (l *line) sshAccepted(t string) {
	how, rest, _ := strings.Cut(t, " ")
	p, ok := parsePeer(rest, "for ", false)
	if !ok {
		return
	}
	s := l.session(p.host)
	s.success(byProgram, l.m.Time)
	s.user = ""
	e := l.auth(event.Logon, "sshd", p.user)
	e.SetStatus(event.Success)
	l.peer(e, p)
	method(e, how)
	if key, found := strings.CutPrefix(p.rest, " ssh2: "); found {
		e.AddUnmappedStr("key", key)
	}
}

// sshInvalid reads what follows "Invalid user ".
func (l *line) sshInvalid(t string) {
	p, ok := parsePeer(t, "", true)
	if !ok {
		return
	}
	p.invalid = true
	l.refused(p, noSuchUser)
}

// refused notes that a name will not get in, whatever follows.
func (l *line) refused(p peer, detail string) {
	s := l.session(p.host)
	s.user, s.invalid = p.user, true
	fresh := 0
	if !l.d.failedInvalid {
		fresh = s.attempts(byInvalid, l.times)
	}
	e := l.attempt(fresh, event.Logon, "sshd", p.user, detail, `"Failed" or the end of the connection`)
	l.peer(e, p)
}

// sshUser reads "User bob from 192.0.2.7 not allowed because …".
func (l *line) sshUser(t string) {
	i := strings.Index(t, " not allowed because ")
	if i < 0 {
		return
	}
	who, why := t[:i], t[i+len(" not allowed because "):]
	detail := notAllowed
	if strings.Contains(why, "locked") {
		detail = locked
	}
	p, ok := parsePeer(who, "", true)
	if !ok {
		p = peer{user: who}
	}
	l.refused(p, detail)
}

// sshPAM reads "PAM: Authentication failure for [illegal user ]bob from HOST".
func (l *line) sshPAM(t string) {
	p, ok := parsePeer(t, " for ", true)
	if !ok {
		return
	}
	detail := badPassword
	switch low := strings.ToLower(t[:strings.Index(t, " for ")]); {
	case p.invalid, strings.Contains(low, "unknown"), strings.Contains(low, "not known"):
		detail = noSuchUser
	case strings.Contains(low, "expired"):
		detail = expired
	}
	s := l.session(p.host)
	if p.invalid {
		l.d.failedInvalid = true
	}
	e := l.attempt(s.attempts(byError, l.times), event.Logon, "sshd", p.user, detail, "an earlier line of the same attempt")
	l.peer(e, p)
	s.user, s.invalid = p.user, p.invalid
	method(e, "keyboard-interactive/pam")
}

// connectionLines are the ways in which sshd says that a connection begins or
// ends.
var connectionLines = [...]struct {
	intro    string
	activity int
}{
	{"Received disconnect from ", sshClose},
	{"Connection closed by ", sshClose},
	{"Disconnected from ", sshClose},
	{"Connection reset by ", sshReset},
	{"Disconnecting ", sshClose},
	{"Connection from ", sshOpen},
	{"Connection timed out with ", sshFail},
	{"Connection timeout ", sshFail},
}

// sshEnd reads the ways in which a connection begins and ends.
func (l *line) sshEnd(t string) {
	activity := sshClose
	var who, reason string
	for i := range connectionLines {
		v := &connectionLines[i]
		if rest, ok := strings.CutPrefix(t, v.intro); ok {
			who, activity = rest, v.activity
			break
		}
	}
	if why, ok := strings.CutPrefix(t, "Disconnecting: "); ok {
		// "Too many authentication failures for root": the address is not told
		s := l.session("")
		user := s.user
		if i := strings.LastIndex(why, " for "); i >= 0 {
			user = why[i+len(" for "):]
		}
		l.ended(peer{user: user, host: s.remote}, sshClose, why)
		return
	}
	if who == "" {
		return
	}
	p := peer{}
	named := false
	for _, v := range [...]struct {
		intro   string
		invalid bool
	}{{"authenticating user ", false}, {"invalid user ", true}, {"user ", false}} {
		rest, ok := strings.CutPrefix(who, v.intro)
		if !ok {
			continue
		}
		named = v.intro != "user "
		p.invalid = v.invalid
		p.user, who = splitUser(rest)
		break
	}
	at := peerAt(who)
	p.host, p.port = at.host, at.port
	if i := strings.Index(at.rest, ": "); i >= 0 {
		reason = at.rest[i+2:]
	} else {
		reason = strings.TrimLeft(at.rest, " :")
	}
	if _, ok := decode.Address(p.host); !ok && p.port == "" && activity != sshClose {
		return
	}
	if activity == sshOpen {
		l.session(p.host)
		e := l.ssh(activity, p)
		if _, local, ok := strings.Cut(at.rest, " on "); ok {
			to := peerAt(local)
			decode.SetEndpoint(e, event.DstIP, event.DstHostname, to.host)
			decode.SetPort(e, event.DstPort, to.port)
		}
		return
	}
	if named || l.pending(p.host) {
		l.ended(p, activity, reason)
		return
	}
	// A client that hangs up before logging on is worth a note once, unless an
	// attempt of it was counted.
	if s := l.session(p.host); l.preauth && s.counted == 0 && s.won.IsZero() {
		s.attempts(byEnd, l.times)
		reason = strings.TrimLeft(reason+" [preauth]", " ")
	}
	e := l.ssh(activity, p)
	e.SetText(event.StatusDetail, reason)
	if p.user != "" {
		e.AddUnmappedStr("user", p.user)
	}
}

// splitUser cuts "USER HOST[ port N]…" where USER may hold spaces: the host is
// the last word before " port ", or else the second.
func splitUser(s string) (user, rest string) {
	end := len(s)
	if i := strings.LastIndex(s, " port "); i >= 0 {
		end = i
	} else if i := strings.IndexByte(s, ' '); i >= 0 {
		if j := strings.IndexByte(s[i+1:], ' '); j >= 0 {
			end = i + 1 + j
		}
	}
	i := strings.LastIndexByte(s[:end], ' ')
	if i < 0 {
		return "", s
	}
	return s[:i], s[i+1:]
}

// pending reports whether the process has named a user whose attempt nothing
// has counted.
func (l *line) pending(host string) bool {
	s := l.session(host)
	return s.user != "" && s.counted == 0 && s.won.IsZero()
}

// ended notes that a connection ended while somebody was logging in. That is
// an attempt, unless one was counted.
func (l *line) ended(p peer, activity int, reason string) {
	s := l.session(p.host)
	user, invalid := p.user, p.invalid
	if user == "" {
		user, invalid = s.user, s.invalid
	}
	fresh := 0
	if s.counted == 0 && s.won.IsZero() {
		fresh = s.attempts(byEnd, l.times)
	}
	if fresh == 0 {
		e := l.ssh(activity, p)
		e.SetText(event.StatusDetail, reason)
		e.AddUnmappedStr("user", user)
		return
	}
	detail := unfinished
	if invalid {
		detail = noSuchUser
	}
	e := l.attempt(fresh, event.Logon, "sshd", user, detail, "")
	l.peer(e, p)
}

// ssh appends an event of class SSH Activity, or a plain one where the peer is
// not told.
func (l *line) ssh(activity int, p peer) *event.Event {
	if p.host == "" || decode.Name(p.host) == "" {
		return l.base()
	}
	status := 0
	if activity == sshFail || activity == sshRefuse {
		status = event.Failure
	}
	e := l.event(event.SSHActivity, activity, status)
	e.SetStr(event.AppProtocol, "ssh")
	from(e, p.host, p.port)
	decode.SetTarget(e, l.m.Host)
	return e
}

// otherLines are the ways in which sshd says that a connection came to nothing.
var otherLines = [...]struct {
	intro    string
	activity int
}{
	{"Did not receive identification string from ", sshFail},
	{"Unable to negotiate with ", sshFail},
	{"Timeout before authentication for connection from ", sshFail},
	{"Timeout before authentication for ", sshFail},
	{"refused connect from ", sshRefuse},
	{"Read error from remote host ", sshReset},
	{"Protocol major versions differ for ", sshFail},
	{"banner exchange: Connection from ", sshFail},
	{"ssh_dispatch_run_fatal: Connection from ", sshFail},
	{"kex_exchange_identification: Connection from ", sshFail},
}

// sshOther reads everything that is neither a login nor the end of one.
func (l *line) sshOther(t string) {
	for i := range otherLines {
		v := &otherLines[i]
		if rest, ok := strings.CutPrefix(t, v.intro); ok {
			p := peerAt(rest)
			if strings.HasPrefix(v.intro, "Timeout") && l.pending(p.host) {
				l.ended(p, v.activity, "timeout")
				return
			}
			e := l.ssh(v.activity, p)
			e.SetText(event.StatusDetail, strings.TrimLeft(p.rest, ": "))
			return
		}
	}
	switch {
	case strings.HasPrefix(t, "reverse mapping checking getaddrinfo for "):
		// "… for NAME [ADDRESS] failed - POSSIBLE BREAK-IN ATTEMPT!"
		if _, rest, ok := strings.Cut(t, "["); ok {
			addr, _, _ := strings.Cut(rest, "]")
			l.ssh(sshTraffic, peer{host: addr}).SetStr(event.StatusDetail, "reverse name does not resolve")
		}
		return
	case strings.HasPrefix(t, "Address "):
		l.ssh(sshTraffic, peerAt(t[len("Address "):])).SetStr(event.StatusDetail, "reverse name does not map back")
		return
	case strings.HasPrefix(t, "drop connection "):
		if i := strings.Index(t, " from ["); i >= 0 {
			addr, rest, _ := strings.Cut(t[i+len(" from ["):], "]:")
			l.ssh(sshRefuse, peer{host: addr, port: digitsOf(rest)})
		}
		return
	}
	// Whatever else names a peer does it as "from HOST port N".
	if i := strings.LastIndex(t, " from "); i >= 0 {
		p := peerAt(t[i+len(" from "):])
		if _, ok := decode.Address(p.host); ok && p.port != "" {
			activity := sshTraffic
			if strings.HasPrefix(t, "Bad protocol version") || strings.HasPrefix(t, "Magic value check failed") {
				activity = sshFail
			}
			l.ssh(activity, p).SetStr(event.StatusDetail, t[:i])
		}
	}
}

func digitsOf(s string) string {
	n := 0
	for n < len(s) && s[n]-'0' <= 9 {
		n++
	}
	return s[:n]
}
