package auth

import (
	"strings"

	"github.com/bongsu/bongsu/event"
)

// sudo understands "bob : [reason ; ]TTY=… ; PWD=… ; USER=root ; COMMAND=…".
func (l *line) sudo() {
	who, rest, ok := strings.Cut(l.text, " : ")
	if !ok || strings.ContainsAny(who, ":;") {
		return
	}
	var target, command, tty, cwd, reason string
	for rest != "" {
		var part string
		if strings.HasPrefix(rest, "COMMAND=") {
			part, rest = rest, "" // the command may hold semicolons
		} else {
			part, rest, _ = strings.Cut(rest, " ; ")
		}
		part = strings.TrimSpace(part)
		key, value, found := strings.Cut(part, "=")
		switch {
		case !found:
			reason = part
		case key == "USER":
			target = value
		case key == "COMMAND":
			command = value
		case key == "TTY":
			tty = value
		case key == "PWD":
			cwd = value
		}
	}
	if target == "" && command == "" && reason == "" {
		return
	}
	if target == "" {
		target = "root" // sudo leaves it out where it is the default
	}
	times := l.times
	status, detail := event.Success, ""
	if reason != "" {
		status, detail = event.Failure, reason
		if n, after, cut := strings.Cut(reason, " incorrect password attempt"); cut && len(after) <= 1 {
			detail = badPassword
			times *= int(max(1, min(number(n), 1000)))
		} else if strings.Contains(reason, "NOT ") || strings.Contains(reason, "not allowed") {
			detail = notAllowed
		}
	}
	l.times = times
	e := l.auth(accountSwitch, "sudo", target)
	e.SetStatus(status)
	e.SetText(event.StatusDetail, detail)
	e.SetText(event.ActorUser, who)
	e.SetBool(event.IsRemote, false)
	e.AddUnmappedStr("command", command)
	e.AddUnmappedStr("tty", tty)
	e.AddUnmappedStr("cwd", cwd)
	if reason != "" && reason != detail {
		e.AddUnmappedStr("reason", reason)
	}
	if status == event.Success {
		l.session("").success(byProgram, l.m.Time)
	}
}

// su understands the su of shadow, util-linux and the BSDs.
func (l *line) su() {
	t := l.text
	var target, actor, tty string
	status := event.Success
	switch {
	case strings.HasPrefix(t, "Successful su for "):
		target, actor, _ = strings.Cut(t[len("Successful su for "):], " by ")
	case strings.HasPrefix(t, "FAILED su for "), strings.HasPrefix(t, "FAILED SU for "):
		target, actor, _ = strings.Cut(t[len("FAILED su for "):], " by ")
		status = event.Failure
	case strings.HasPrefix(t, "FAILED SU (to "):
		target, actor, _ = strings.Cut(t[len("FAILED SU (to "):], ") ")
		actor, tty, _ = strings.Cut(actor, " on ")
		status = event.Failure
	case strings.HasPrefix(t, "(to "):
		target, actor, _ = strings.Cut(t[len("(to "):], ") ")
		actor, tty, _ = strings.Cut(actor, " on ")
	case strings.HasPrefix(t, "BAD SU "):
		actor, target, _ = strings.Cut(t[len("BAD SU "):], " to ")
		target, tty, _ = strings.Cut(target, " on ")
		status = event.Failure
	case strings.HasPrefix(t, "failed: "):
		tty, target, _ = strings.Cut(t[len("failed: "):], " changing from ")
		actor, target, _ = strings.Cut(target, " to ")
		status = event.Failure
	case strings.HasPrefix(t, "+ "), strings.HasPrefix(t, "- "):
		// "+ /dev/pts/0 bob:root"
		var pair string
		tty, pair, _ = strings.Cut(t[2:], " ")
		actor, target, _ = strings.Cut(pair, ":")
		if t[0] == '-' {
			status = event.Failure
		}
	case strings.HasPrefix(t, "'su "): // System V: "'su root' failed for bob on /dev/pts/8"
		var rest string
		target, rest, _ = strings.Cut(t[len("'su "):], "' ")
		var outcome string
		outcome, rest, _ = strings.Cut(rest, " for ")
		actor, tty, _ = strings.Cut(rest, " on ")
		if outcome == "failed" {
			status = event.Failure
		}
	default: // BSD: "bob to root on /dev/ttyp1"
		var ok bool
		actor, target, ok = strings.Cut(t, " to ")
		if !ok || strings.Contains(actor, " ") {
			return
		}
		target, tty, _ = strings.Cut(target, " on ")
	}
	l.d.native.su = true
	brief := t[0] == '+' || t[0] == '-' // shadow writes it beside the long line
	l.switched("su", target, actor, tty, status, brief)
}

// switched appends what su says; brief lines repeat what a longer one says.
func (l *line) switched(service, target, actor, tty string, status int, brief bool) {
	s := l.session("")
	w := byProgram
	if brief {
		w = byEnd
	}
	var e *event.Event
	switch {
	case status == event.Failure:
		e = l.attempt(s.attempts(w, l.times), accountSwitch, service, target, badPassword, "the longer line of "+service)
	case s.success(w, l.m.Time):
		e = l.auth(accountSwitch, service, target)
		e.SetStatus(event.Success)
	default:
		e = l.auth(preauth, service, target)
		e.AddUnmappedStr("duplicate_of", "the longer line of "+service)
	}
	e.SetText(event.ActorUser, actor)
	e.SetBool(event.IsRemote, false)
	e.AddUnmappedStr("tty", tty)
}

// doas understands OpenBSD's "ddp ran command ls as root from /home/ddp".
func (l *line) doas() {
	t := l.text
	if actor, rest, ok := strings.Cut(t, " ran command "); ok && !strings.Contains(actor, " ") {
		target, command := "root", rest
		if after, found := strings.CutPrefix(rest, "as "); found {
			target, command, _ = strings.Cut(after, ": ")
		} else if cmd, after, found := strings.Cut(rest, " as "); found {
			command = cmd
			target, _, _ = strings.Cut(after, " ")
		}
		e := l.auth(accountSwitch, "doas", target)
		e.SetStatus(event.Success)
		e.SetText(event.ActorUser, actor)
		e.AddUnmappedStr("command", command)
		return
	}
	for _, v := range [...]struct{ intro, detail string }{
		{"failed command for ", notAllowed}, {"failed auth for ", badPassword}, {"command not permitted for ", notAllowed},
	} {
		if rest, ok := strings.CutPrefix(t, v.intro); ok {
			actor, command, _ := strings.Cut(rest, ": ")
			e := l.auth(accountSwitch, "doas", "root")
			e.SetStatus(event.Failure)
			e.SetStr(event.StatusDetail, v.detail)
			e.SetText(event.ActorUser, actor)
			e.AddUnmappedStr("command", command)
			return
		}
	}
}

func number(s string) int64 {
	var n int64
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 || n > 1<<40 {
			return 0
		}
		n = n*10 + int64(c)
	}
	return n
}
