package auth

import (
	"strings"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

// login understands the login of util-linux, shadow and the BSDs.
func (l *line) login() {
	t := l.text
	service := l.program
	if service == "remote" {
		service = "login"
	}
	if user, tty, host, ok := loggedIn(t); ok {
		s := l.session("")
		activity := event.Logon
		fresh := s.success(byProgram, l.m.Time)
		if !fresh {
			activity = preauth
		}
		e := l.auth(activity, service, user)
		if fresh {
			e.SetStatus(event.Success)
		} else {
			e.AddUnmappedStr("duplicate_of", "the session that PAM opened")
		}
		loginPlace(e, tty, host)
		return
	}
	user, tty, host, detail, ok := loginRefused(t)
	if !ok {
		return
	}
	s := l.session("")
	e := l.attempt(s.attempts(byProgram, l.times), event.Logon, service, user, detail, "an earlier line of the same attempt")
	l.d.native.login = true
	loginPlace(e, tty, host)
}

func loginPlace(e *event.Event, tty, host string) {
	tty = strings.Trim(tty, "' ")
	if host = strings.Trim(host, "' "); decode.Name(host) != "" {
		from(e, host, "")
		remoteInteractive(e)
	} else {
		logonType(e, 2, "Interactive")
		e.SetBool(event.IsRemote, false)
	}
	e.AddUnmappedStr("tty", tty)
}

// loggedIn reads "LOGIN ON tty1 BY bob[ FROM host]" and "ROOT LOGIN ON tty1[ FROM host]".
func loggedIn(t string) (user, tty, host string, ok bool) {
	upper := strings.TrimPrefix(t, "DIALUP AT ")
	if rest, found := strings.CutPrefix(upper, "LOGIN ON "); found {
		rest, host, _ = strings.Cut(rest, " FROM ")
		tty, user, ok = strings.Cut(rest, " BY ")
		return user, tty, host, ok
	}
	if rest, found := strings.CutPrefix(upper, "ROOT LOGIN "); found {
		if strings.HasPrefix(rest, "REFUSED") {
			return "", "", "", false
		}
		rest = strings.TrimLeft(rest, " ")
		if len(rest) < 3 || !strings.EqualFold(rest[:3], "on ") {
			return "", "", "", false
		}
		tty = rest[3:]
		for _, word := range [...]string{" FROM ", " from "} {
			if before, after, cut := strings.Cut(tty, word); cut {
				tty, host = before, after
			}
		}
		return "root", tty, host, true
	}
	return "", "", "", false
}

// loginRefused reads "FAILED LOGIN 1 FROM host FOR bob, reason",
// "FAILED LOGIN (1) on '/dev/tty1' FOR 'bob', reason",
// "invalid password for 'bob' on '/dev/tty1' from 'host'",
// "LOGIN FAILURE ON tty1 bob", "ROOT LOGIN REFUSED ON tty1".
func loginRefused(t string) (user, tty, host, detail string, ok bool) {
	detail = badPassword
	t = strings.TrimPrefix(t, "REPEATED ")
	switch {
	case strings.HasPrefix(t, "FAILED LOGIN "), strings.HasPrefix(t, "FAILED LOGIN SESSION "):
		where, who, found := strings.Cut(t[len("FAILED LOGIN "):], " FOR ")
		if !found {
			return "", "", "", "", false
		}
		user, reason, _ := strings.Cut(who, ", ")
		if strings.Contains(reason, "not known") {
			detail = noSuchUser
		}
		for _, word := range [...]string{"FROM ", "from "} {
			if _, after, cut := strings.Cut(where, word); cut {
				host, _, _ = strings.Cut(after, " ")
			}
		}
		for _, word := range [...]string{"ON ", "on "} {
			if _, after, cut := strings.Cut(where, word); cut {
				tty, _, _ = strings.Cut(after, " ")
			}
		}
		user = strings.Trim(user, "'()")
		if user == "null" {
			user = ""
		}
		return user, tty, host, detail, true
	case strings.HasPrefix(t, "invalid password for "):
		rest := t[len("invalid password for "):]
		rest, host, _ = strings.Cut(rest, " from ")
		user, tty, _ = strings.Cut(rest, " on ")
		user = strings.Trim(user, "'`")
		if user == "UNKNOWN" {
			user, detail = "", noSuchUser
		}
		return user, tty, host, detail, true
	case strings.HasPrefix(t, "LOGIN FAILURE "), strings.Contains(t, " LOGIN FAILURE"):
		_, rest, _ := strings.Cut(t, "LOGIN FAILURE")
		rest = strings.TrimPrefix(strings.TrimLeft(rest, "S "), " ")
		if after, found := strings.CutPrefix(strings.TrimLeft(rest, " "), "ON "); found {
			tty, user, _ = strings.Cut(after, " ")
		} else if after, found := strings.CutPrefix(strings.TrimLeft(rest, " "), "FROM "); found {
			host, user, _ = strings.Cut(after, " ")
		}
		user, _, _ = strings.Cut(user, ",")
		return user, tty, host, detail, true
	case strings.HasPrefix(t, "ROOT LOGIN REFUSED "):
		rest := t[len("ROOT LOGIN REFUSED "):]
		if after, found := strings.CutPrefix(rest, "ON "); found {
			tty, host, _ = strings.Cut(after, " FROM ")
		}
		return "root", tty, host, notAllowed, true
	}
	return "", "", "", "", false
}

// logind keeps the ids of sessions; sshd and login have told of the logon.
func (l *line) logind() {
	if id, user, ok := between(l.text, "New session ", " of user "); ok {
		e := l.base()
		e.AddUnmappedStr("session", id)
		e.AddUnmappedStr("user", strings.TrimSuffix(user, "."))
		e.AddUnmappedStr("duplicate_of", "the line of the program that opened the session")
		return
	}
	if id, ok := strings.CutPrefix(l.text, "Removed session "); ok {
		l.base().AddUnmappedStr("session", strings.TrimSuffix(id, "."))
	}
}

// between returns what stands between intro and sep, and what follows sep.
func between(s, intro, sep string) (mid, rest string, ok bool) {
	after, ok := strings.CutPrefix(s, intro)
	if !ok {
		return "", "", false
	}
	return strings.Cut(after, sep)
}

// cron keeps "(root) CMD (command)".
func (l *line) cron() {
	user, rest, ok := between(l.text, "(", ") ")
	if !ok {
		return
	}
	verb, arg, _ := strings.Cut(rest, " (")
	e := l.base()
	e.AddUnmappedStr("user", user)
	e.AddUnmappedStr("cron", verb)
	e.AddUnmappedStr("command", strings.TrimSpace(strings.TrimSuffix(arg, ")")))
}

// account understands the tools that change accounts.
func (l *line) account() {
	t := l.text
	status := event.Success
	if rest, ok := strings.CutPrefix(t, "failed "); ok {
		// "failed adding user 'bob', data deleted"
		status, t = event.Failure, rest
	}
	for _, v := range accountLines {
		rest, ok := strings.CutPrefix(t, v.intro)
		if !ok {
			continue
		}
		name, more := accountName(rest)
		if name == "" {
			return
		}
		e := l.accountChange(v.activity, v.name, name, more)
		e.SetStatus(status)
		return
	}
}

// accountName reads "name=bob, UID=…", "'bob' …", "bob …" and returns what
// follows.
func accountName(s string) (name, more string) {
	if rest, ok := strings.CutPrefix(s, "name="); ok {
		name, more, _ = strings.Cut(rest, ",")
		return name, strings.TrimSpace(more)
	}
	quote := byte(0)
	if s != "" && (s[0] == '\'' || s[0] == '`') {
		quote = '\''
		s = s[1:]
	}
	if quote != 0 {
		name, more, _ = strings.Cut(s, "'")
	} else {
		name, more, _ = strings.Cut(s, " ")
	}
	return strings.Trim(name, "',"), strings.TrimSpace(more)
}

// Activities of Account Change.
const (
	accountCreate  = 1
	passwordChange = 3
	accountDelete  = 6
	accountLock    = 9
	accountUnlock  = 12
	accountOther   = 99
)

var accountLines = [...]struct {
	intro    string
	activity int
	name     string
}{
	{"new user: ", accountCreate, "Create"},
	{"adding user ", accountCreate, "Create"},
	{"new user ", accountCreate, "Create"},
	{"delete user ", accountDelete, "Delete"},
	{"deleting user ", accountDelete, "Delete"},
	{"add ", accountOther, "Add to Group"},
	{"user ", accountOther, "Change Groups"}, // gpasswd: "user bob added by root to group sudo"
	{"lock user ", accountLock, "Lock"},
	{"unlock user ", accountUnlock, "Unlock"},
	{"lock password of user ", accountLock, "Lock"},
	{"change user ", accountOther, "Change"},
	{"changed user ", accountOther, "Change"},
	{"changed password expiry for ", accountOther, "Change Expiry"},
	{"password for ", passwordChange, "Password Change"}, // "password for 'bob' changed by 'root'"
	{"password changed for ", passwordChange, "Password Change"},
	{"change password for ", passwordChange, "Password Change"},
	{"delete ", accountOther, "Remove from Group"}, // "delete 'bob' from group 'sudo'"
}

// accountChange appends an event of class Account Change.
func (l *line) accountChange(activity int, name, user, more string) *event.Event {
	if activity == accountOther && strings.HasPrefix(more, "password") {
		activity, name = passwordChange, "Password Change"
	}
	e := l.event(event.AccountChange, activity, 0)
	e.SetStr(event.ActivityName, name)
	e.SetStr(event.UserName, user)
	decode.SetDevice(e, l.m.Host)
	rest := more
	for rest != "" {
		var pair string
		pair, rest, _ = strings.Cut(rest, ", ")
		key, value, ok := strings.Cut(pair, "=")
		switch {
		case !ok:
		case key == "UID":
			e.SetText(event.UserUID, value)
		default:
			e.AddUnmappedStr(strings.ToLower(key), value)
		}
	}
	if i := strings.Index(more, "group "); i >= 0 {
		group := strings.TrimPrefix(more[i+len("group "):], "'")
		group, _, _ = strings.Cut(group, "'")
		e.AddUnmappedStr("group", group)
	}
	if _, actor, ok := strings.Cut(more, "by "); ok {
		actor, _, _ = strings.Cut(strings.TrimPrefix(actor, "'"), " ")
		e.SetText(event.ActorUser, strings.TrimSuffix(actor, "'"))
	}
	return e
}
