package auth

import (
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

// pam understands what the modules of Linux-PAM write:
// "pam_unix(sshd:auth): authentication failure; … rhost=192.0.2.7 user=root".
// It reports whether a module wrote the line.
func (l *line) pam() bool {
	service, text := "", l.text
	way := byPAM
	switch {
	case strings.HasPrefix(text, "pam_"):
		module, after, ok := strings.Cut(text, "(")
		if !ok || len(module) > 32 {
			return false
		}
		where, rest, ok := strings.Cut(after, ")")
		if !ok {
			return false
		}
		service, _, _ = strings.Cut(where, ":")
		text = strings.TrimLeft(rest, ": ")
		if module != "pam_unix" {
			way = byModule
		}
	case strings.HasSuffix(l.m.Program, "(pam_unix)"):
		service = strings.TrimSuffix(l.m.Program, "(pam_unix)")
	case strings.HasPrefix(text, "PAM ") && strings.Contains(text, " more authentication failure"):
		text = text[len("PAM "):]
	case l.program != "sudo" && (strings.HasPrefix(text, "authentication failure; ") || strings.HasPrefix(text, "session opened for user ")):
	default:
		return false
	}
	if service == "" {
		service = l.program
	}
	if service == "sshd-session" {
		service = "sshd"
	}
	l.pamText(service, text, way)
	return true
}

func (l *line) pamText(service, text string, w way) {
	switch {
	case strings.HasPrefix(text, "authentication failure"):
		l.pamFailure(service, text, w, l.times)
	case strings.HasPrefix(text, "session opened for user "):
		l.pamOpened(service, text[len("session opened for user "):])
	case strings.HasPrefix(text, "session closed for user "):
		user, _, _ := strings.Cut(text[len("session closed for user "):], " ")
		e := l.auth(event.Logoff, service, bareUser(user))
		e.SetStatus(event.Success)
		kindOfLogon(e, service)
	case strings.HasPrefix(text, "password changed for "):
		l.accountChange(passwordChange, "Password Change", text[len("password changed for "):], "").SetStatus(event.Success)
	case strings.HasPrefix(text, "Consecutive login failures for user "):
		user, _, _ := strings.Cut(text[len("Consecutive login failures for user "):], " ")
		l.accountChange(accountLock, "Lock", user, "").SetStatus(event.Success)
	default:
		if n, rest, ok := strings.Cut(text, " more authentication failure"); ok {
			if more, err := strconv.Atoi(n); err == nil && more > 0 {
				l.pamFailure(service, strings.TrimPrefix(rest, "s"), w, min(more, 1000)*l.times)
			}
		}
	}
}

// pamFailure reads "authentication failure; logname= uid=0 … rhost=H  user=U".
func (l *line) pamFailure(service, text string, w way, times int) {
	_, pairs, _ := strings.Cut(text, ";")
	user, actor := pamValue(pairs, "user"), pamValue(pairs, "ruser")
	remote := pamValue(pairs, "rhost")
	s := l.session(remote)
	fresh := 0
	// sudo always writes how many attempts failed, after PAM did.
	if !l.d.native.has(l.program) && !l.d.native.has(service) && l.program != "sudo" {
		fresh = s.attempts(w, times)
	}
	activity := event.Logon
	if service == "su" || service == "su-l" || service == "sudo" {
		activity = accountSwitch
	}
	detail := badPassword
	if user == "" && remote != "" {
		detail = noSuchUser // pam_unix leaves unknown users out
	}
	e := l.attempt(fresh, activity, service, user, detail, "the line of "+service+" itself")
	if activity == accountSwitch {
		if actor == "" {
			actor = pamValue(pairs, "logname")
		}
		e.SetText(event.ActorUser, actor)
	}
	if remote != "" {
		decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, remote)
		e.SetBool(event.IsRemote, true)
	}
	if tty := pamValue(pairs, "tty"); tty != "" && tty != "ssh" {
		e.AddUnmappedStr("tty", tty)
	}
	if service == "sshd" {
		logonType(e, 10, "Remote Interactive")
	}
}

// pamValue returns a value of "a=1 b= c=3"; user= stands last and may hold
// spaces.
func pamValue(pairs, key string) string {
	for i := 0; ; {
		j := strings.Index(pairs[i:], key+"=")
		if j < 0 {
			return ""
		}
		j += i
		i = j + len(key) + 1
		if j > 0 && pairs[j-1] != ' ' {
			continue
		}
		v := pairs[i:]
		if k := strings.IndexByte(v, ' '); k >= 0 && key != "user" {
			v = v[:k]
		}
		return strings.TrimSpace(v)
	}
}

// bareUser takes "(uid=0)" off.
func bareUser(s string) string {
	s, _, _ = strings.Cut(s, "(")
	return s
}

// pamOpened reads "root(uid=0) by bob(uid=1000)" and "root by (uid=0)".
func (l *line) pamOpened(service, t string) {
	user, by, _ := strings.Cut(t, " by ")
	user, by = bareUser(strings.TrimSpace(user)), bareUser(by)
	s := l.session("")
	fresh := s.success(byPAM, l.m.Time) && service != "systemd-user"
	activity := event.Logon
	switch service {
	case "su", "su-l", "sudo", "sudo-i", "runuser", "runuser-l", "polkit-1", "pkexec":
		activity = accountSwitch
	}
	if !fresh {
		activity = preauth
	}
	e := l.auth(activity, service, user)
	if fresh {
		e.SetStatus(event.Success)
	} else {
		e.AddUnmappedStr("duplicate_of", "the line of "+service+" itself")
	}
	if activity == accountSwitch {
		e.SetText(event.ActorUser, by)
	}
	kindOfLogon(e, service)
}

// kindOfLogon sets the kind of logon that a PAM service stands for.
func kindOfLogon(e *event.Event, service string) {
	switch service {
	case "cron", "crond", "atd":
		logonType(e, 4, "Batch")
	case "sshd":
		remoteInteractive(e)
	case "login", "gdm", "gdm-password", "lightdm", "sddm":
		logonType(e, 2, "Interactive")
	}
}
