package auth

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// dropbear understands the small SSH server of routers and cameras.
func (l *line) dropbear() {
	t := l.text
	type form struct {
		intro, detail string
		status        int
		method        string
	}
	for _, f := range [...]form{
		{"Bad password attempt for ", badPassword, event.Failure, "password"},
		{"Bad PAM password attempt for ", badPassword, event.Failure, "password"},
		{"Login attempt for nonexistent user", noSuchUser, event.Failure, ""},
		{"Login attempt with wrong user ", noSuchUser, event.Failure, ""},
		{"User account ", locked, event.Failure, ""},
		{"root login rejected", notAllowed, event.Failure, ""},
		{"Password auth succeeded for ", "", event.Success, "password"},
		{"PAM password auth succeeded for ", "", event.Success, "password"},
		{"Pubkey auth succeeded for ", "", event.Success, "publickey"},
		{"Auth succeeded with blank password for ", "", event.Success, "none"},
	} {
		rest, ok := strings.CutPrefix(t, f.intro)
		if !ok {
			continue
		}
		user, host, port := dropbearPeer(rest)
		if f.intro == "root login rejected" {
			user = "root"
		}
		if f.intro == "User account " && !strings.Contains(rest, "locked") {
			return
		}
		var e *event.Event
		if f.status == event.Success {
			l.session("").success(byProgram, l.m.Time)
			e = l.auth(event.Logon, "ssh", user)
			e.SetStatus(event.Success)
		} else {
			s := l.session("")
			e = l.attempt(s.attempts(byProgram, l.times), event.Logon, "ssh", user, f.detail, "an earlier line of the same attempt")
			s.user = user
		}
		l.peer(e, peer{host: host, port: port})
		method(e, f.method)
		return
	}
	switch {
	case strings.HasPrefix(t, "Child connection from "):
		_, host, port := dropbearPeer(t[len("Child connection"):])
		l.session("").remote = host
		l.ssh(sshOpen, peer{host: host, port: port})
	case strings.HasPrefix(t, "Exit before auth"):
		s := l.session("")
		_, host, port := dropbearPeer(t)
		if host == "" {
			host = s.remote
		}
		e := l.ssh(sshClose, peer{host: host, port: port})
		e.SetText(event.StatusDetail, t)
	}
}

// dropbearPeer reads "'root' from 192.0.2.7:4711"; newer versions write
// "from <192.0.2.7:4711>".
func dropbearPeer(s string) (user, host, port string) {
	i := strings.LastIndex(s, " from ")
	if i < 0 {
		return "", "", ""
	}
	user = s[:i]
	if j := strings.IndexByte(user, '\''); j >= 0 {
		user = user[j+1:]
		if k := strings.LastIndexByte(user, '\''); k >= 0 {
			user = user[:k]
		}
	} else {
		user = ""
	}
	at := s[i+len(" from "):]
	at = strings.TrimPrefix(at, "<")
	if k := strings.IndexAny(at, " >)"); k >= 0 {
		at = at[:k]
	}
	if k := strings.LastIndexByte(at, ':'); k >= 0 {
		return user, at[:k], at[k+1:]
	}
	return user, at, ""
}

// proftpd understands "host (name[192.0.2.7]) - USER bob (Login failed): …".
func (l *line) proftpd() {
	_, rest, ok := strings.Cut(l.text, "(")
	if !ok {
		return
	}
	where, t, ok := strings.Cut(rest, ") - ")
	if !ok {
		if where, t, ok = strings.Cut(rest, "]): "); !ok {
			return
		}
	}
	name, addr, _ := strings.Cut(where, "[")
	if addr = strings.TrimSuffix(addr, "]"); addr == "" {
		addr = name
	}
	if who, found := strings.CutPrefix(t, "USER "); found {
		user, outcome := who, ""
		if i := strings.IndexAny(who, " :"); i >= 0 {
			user, outcome = who[:i], strings.TrimLeft(who[i:], " :")
		}
		switch {
		case strings.HasPrefix(outcome, "Login successful"):
			l.ftpLogin(user, addr, event.Success, "")
		case strings.HasPrefix(outcome, "no such user"):
			l.ftpLogin(user, addr, event.Failure, noSuchUser)
		case strings.HasPrefix(outcome, "(Login failed)"):
			detail := badPassword
			if strings.Contains(outcome, "No such user") || strings.Contains(outcome, "no such user") {
				detail = noSuchUser
			}
			l.ftpLogin(user, addr, event.Failure, detail)
		}
		return
	}
	if _, found := strings.CutPrefix(t, "SECURITY VIOLATION: "); found {
		user := ""
		if _, after, has := strings.Cut(strings.ToLower(t), "root login"); has {
			user, _ = "root", after
		}
		l.ftpLogin(user, addr, event.Failure, notAllowed)
	}
}

// pureftpd understands "(?@192.0.2.7) [WARNING] Authentication failed for user [bob]".
func (l *line) pureftpd() {
	where, t, ok := between(l.text, "(", ") ")
	if !ok {
		return
	}
	_, host, _ := strings.Cut(where, "@")
	if _, user, found := strings.Cut(t, "Authentication failed for user ["); found {
		l.ftpLogin(strings.TrimSuffix(user, "]"), host, event.Failure, badPassword)
	} else if user, found := strings.CutSuffix(t, " is now logged in"); found {
		user = strings.TrimPrefix(strings.TrimPrefix(user, "[INFO] "), "[NOTICE] ")
		l.ftpLogin(user, host, event.Success, "")
	}
}

// ftpLogin appends a login of an FTP server; PAM may have told of it before.
func (l *line) ftpLogin(user, host string, status int, detail string) {
	s := l.session("")
	var e *event.Event
	if status == event.Success {
		s.success(byProgram, l.m.Time)
		e = l.auth(event.Logon, "ftp", user)
		e.SetStatus(status)
	} else {
		e = l.attempt(s.attempts(byProgram, l.times), event.Logon, "ftp", user, detail, "the line of PAM")
	}
	from(e, host, "")
	e.SetBool(event.IsRemote, true)
}

// cisco understands "Login failed [user: bob] [Source: 192.0.2.7] [localport: 22] …"
// of IOS and "Login denied from 192.0.2.7/4711 to outside:192.0.2.1/ssh for user "bob""
// of ASA.
func (l *line) cisco() {
	t := l.text
	status, detail := event.Success, ""
	switch {
	case strings.HasPrefix(t, "Login failed"), strings.HasPrefix(t, "Login denied"):
		status, detail = event.Failure, badPassword
	case strings.HasPrefix(t, "Login Success"), strings.HasPrefix(t, "Login permitted"):
	default:
		return
	}
	if user, ok := inside(t, "[user: ", "]"); ok {
		host, _ := inside(t, "[Source: ", "]")
		port, _ := inside(t, "[localport: ", "]")
		e := l.auth(event.Logon, portService(port), user)
		e.SetStatus(status)
		e.SetText(event.StatusDetail, detail)
		from(e, host, "")
		decode.SetPort(e, event.DstPort, port)
		e.SetBool(event.IsRemote, true)
		return
	}
	_, rest, ok := strings.Cut(t, " from ")
	if !ok {
		return
	}
	at, rest, _ := strings.Cut(rest, " to ")
	to, who, _ := strings.Cut(rest, " for user ")
	host, port, _ := strings.Cut(at, "/")
	where, service, _ := strings.Cut(to, "/")
	if _, addr, named := strings.Cut(where, ":"); named {
		where = addr
	}
	e := l.auth(event.Logon, service, strings.Trim(who, `" `))
	e.SetStatus(status)
	e.SetText(event.StatusDetail, detail)
	from(e, host, port)
	decode.SetEndpoint(e, event.DstIP, event.DstHostname, where)
	e.SetBool(event.IsRemote, true)
}

// portService names the service of a router's management port.
func portService(port string) string {
	switch port {
	case "22":
		return "ssh"
	case "23":
		return "telnet"
	case "80", "443":
		return "http"
	}
	return "login"
}

// inside returns what stands between two marks.
func inside(s, left, right string) (string, bool) {
	_, after, ok := strings.Cut(s, left)
	if !ok {
		return "", false
	}
	v, _, ok := strings.Cut(after, right)
	return v, ok
}

// appliance understands RouterOS and pfSense: "login failure for user bob from
// 192.0.2.7 via ssh", "webConfigurator authentication error for user 'bob' from: 192.0.2.7".
func (l *line) appliance() {
	for _, v := range [...]struct {
		intro    string
		activity int
		status   int
		between  string
	}{
		{"login failure for user ", event.Logon, event.Failure, " from "},
		{"authentication error for user '", event.Logon, event.Failure, "' from: "},
		{"authentication error for '", event.Logon, event.Failure, "' from: "},
		{"Successful login for user '", event.Logon, event.Success, "' from: "},
		{"user ", event.Logon, event.Success, " logged in from "},
		{"user ", event.Logoff, event.Success, " logged out from "},
	} {
		_, rest, ok := strings.Cut(l.text, v.intro)
		if !ok {
			continue
		}
		user, rest, ok := strings.Cut(rest, v.between)
		if !ok {
			continue
		}
		host, rest, _ := strings.Cut(rest, " ")
		service := "http"
		if via, found := strings.CutPrefix(rest, "via "); found {
			service, _, _ = strings.Cut(via, " ")
		}
		e := l.auth(v.activity, service, user)
		e.SetStatus(v.status)
		if v.status == event.Failure {
			e.SetStr(event.StatusDetail, badPassword)
		}
		from(e, host, "")
		e.SetBool(event.IsRemote, true)
		return
	}
}

// mail understands the logins of postfix and dovecot.
func (l *line) mail() {
	t := l.text
	if !strings.HasPrefix(l.m.Program, "postfix/") && !strings.HasPrefix(l.m.Program, "dovecot") {
		if strings.HasPrefix(l.m.Program, "%") {
			l.cisco()
		} else {
			l.appliance()
		}
		return
	}
	if strings.HasPrefix(l.m.Program, "postfix/") {
		// "warning: name[192.0.2.7]: SASL LOGIN authentication failed: …, sasl_username=bob"
		_, rest, ok := strings.Cut(t, "[")
		if !ok {
			return
		}
		host, rest, _ := strings.Cut(rest, "]")
		how, _, ok := between(rest, ": SASL ", " authentication failed")
		if !ok {
			return
		}
		_, user, _ := strings.Cut(rest, "sasl_username=")
		user, _, _ = strings.Cut(user, ",")
		l.d.native.postfix = true
		l.mailLogin("smtp", user, host, how, event.Failure)
		return
	}
	i := strings.Index(t, "-login: ")
	if i <= 0 || !strings.HasPrefix(l.m.Program, "dovecot") {
		return
	}
	service, rest := t[:i], t[i+len("-login: "):]
	rest = strings.TrimPrefix(rest, "Info: ")
	user := inBrackets(rest, "user=<")
	host, lip, how := dovecotValue(rest, "rip="), dovecotValue(rest, "lip="), dovecotValue(rest, "method=")
	if host == "" {
		return
	}
	l.d.native.dovecot = true
	switch {
	case strings.HasPrefix(rest, "Login: "):
		e := l.mailLogin(service, user, host, how, event.Success)
		decode.SetEndpoint(e, event.DstIP, event.DstHostname, lip)
	case strings.Contains(rest, "auth failed, "):
		_, n, _ := strings.Cut(rest, "auth failed, ")
		l.times *= int(max(1, min(number(digitsOf(n)), 1000)))
		e := l.mailLogin(service, user, host, how, event.Failure)
		decode.SetEndpoint(e, event.DstIP, event.DstHostname, lip)
	}
}

func (l *line) mailLogin(service, user, host, how string, status int) *event.Event {
	e := l.auth(event.Logon, service, user)
	e.SetStatus(status)
	if status == event.Failure {
		e.SetStr(event.StatusDetail, badPassword)
	}
	from(e, host, "")
	e.SetBool(event.IsRemote, true)
	method(e, how)
	return e
}

func inBrackets(s, intro string) string {
	_, after, ok := strings.Cut(s, intro)
	if !ok {
		return ""
	}
	v, _, _ := strings.Cut(after, ">")
	return v
}

func dovecotValue(s, key string) string {
	_, after, ok := strings.Cut(s, key)
	if !ok {
		return ""
	}
	v, _, _ := strings.Cut(after, ",")
	return strings.TrimSpace(v)
}

// isVsftpd recognises a line of vsftpd's own log:
// Mon Oct 24 11:32:53 2026 [pid 1] [bob] FAIL LOGIN: Client "192.0.2.7".
func isVsftpd(s string) bool {
	if len(s) < 40 || s[3] != ' ' || s[7] != ' ' {
		return false
	}
	i := strings.Index(s[19:32], " [pid ")
	return i >= 0
}

// vsftpdLog reads a line of vsftpd's own log, which has a time but no header.
func (d *decoder) vsftpdLog(rec decode.Record, raw string, out []*event.Event) []*event.Event {
	t, rest, ok := syslog.ParseTime(raw, d.opts.Clock(rec))
	if !ok {
		t = time.Unix(0, 0).UTC()
	}
	m := syslog.Message{Priority: -1, Time: t, TimeText: strings.TrimSpace(strings.TrimSuffix(raw, rest)), Program: "vsftpd", Text: strings.TrimSpace(rest)}
	l := line{d: d, rec: rec, m: &m, raw: raw, program: "vsftpd", text: m.Text, times: 1, out: out}
	pid, text, _ := between(m.Text, "[pid ", "] ")
	m.PID = number(pid)
	user, verb := "", text
	if inner, after, found := between(text, "[", "] "); found {
		user, verb = inner, after
	}
	verb, client, _ := strings.Cut(verb, ": Client \"")
	client, _, _ = strings.Cut(client, "\"")
	switch {
	case client == "":
	case verb == "FAIL LOGIN":
		l.ftpLogin(user, client, event.Failure, badPassword)
	case verb == "OK LOGIN":
		l.ftpLogin(user, client, event.Success, "")
	}
	if len(l.out) == len(out) {
		l.base()
	}
	d.lastUnderstood = false
	return l.out
}
