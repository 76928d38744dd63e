package decode

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// A Pair is one named value of a record that is a list of them.
type Pair struct{ Key, Value string }

// Pairs are the named values of one record, in its order.
type Pairs []Pair

// Get returns the first value with one of the keys, in the order of the keys.
func (ps Pairs) Get(keys ...string) string {
	for _, k := range keys {
		for i := range ps {
			if ps[i].Key == k && ps[i].Value != "" {
				return ps[i].Value
			}
		}
	}
	return ""
}

// Fill sets the column that each pair stands for. What has no column, does not
// belong to the event's class or is no value of the column's type is kept as
// unmapped under its key. column returns 0 for keys without a column.
func Fill(e *event.Event, pairs Pairs, column func(key string) event.Path) {
	for _, p := range pairs {
		if Name(p.Value) == "" {
			continue
		}
		path := column(p.Key)
		if path != 0 && e.Has(path) && e.Str(path) == p.Value {
			continue
		}
		if path == 0 || e.Has(path) || !belongs(e.Class, path) || !setText(e, path, p.Value) {
			e.AddUnmappedStr(p.Key, p.Value)
		}
	}
	if (e.Has(event.DeviceHostname) || e.Has(event.DeviceIP)) && !e.Has(event.DeviceTypeID) {
		e.SetInt(event.DeviceTypeID, 0) // unknown; OCSF requires it
	}
}

// setText sets a column from a text if it is a value of the column's type.
func setText(e *event.Event, p event.Path, s string) bool {
	switch p {
	case event.SrcIP:
		return setPlace(e, p, event.SrcHostname, s)
	case event.DstIP:
		return setPlace(e, p, event.DstHostname, s)
	case event.DeviceIP:
		return setPlace(e, p, event.DeviceHostname, s)
	case event.SrcHostname:
		return setPlace(e, event.SrcIP, p, s)
	case event.DstHostname:
		return setPlace(e, event.DstIP, p, s)
	case event.DeviceHostname:
		return setPlace(e, event.DeviceIP, p, s)
	case event.SrcPort, event.DstPort:
		n, ok := Number(s)
		if ok = ok && n <= 65535; ok {
			e.SetInt(p, n)
		}
		return ok
	case event.SrcMAC, event.DstMAC:
		mac := strings.ToLower(strings.ReplaceAll(s, "-", ":"))
		if !isMAC(mac) {
			return false
		}
		e.SetStr(p, mac)
		return true
	case event.ProtocolName:
		return setProtocol(e, s)
	case event.HTTPMethod:
		if _, ok := event.MethodActivity(s); !ok {
			return false
		}
	case event.AppProtocol, event.ServiceName:
		e.SetStr(p, strings.ToLower(s))
		return true
	}
	switch p.Type() {
	case event.String:
		e.SetStr(p, s)
		return true
	case event.Int:
		n, ok := Number(s)
		if ok {
			e.SetInt(p, n)
		}
		return ok
	}
	return false
}

// setPlace sets an address or a name, whichever s is: products put either in
// the place of the other.
func setPlace(e *event.Event, ip, hostname event.Path, s string) bool {
	if a, ok := Address(s); ok {
		if e.Has(ip) {
			return e.Str(ip) == a
		}
		e.SetStr(ip, a)
		return true
	}
	if e.Has(hostname) {
		return e.Str(hostname) == s
	}
	e.SetStr(hostname, s)
	return true
}

func isMAC(s string) bool {
	if len(s) != 17 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i%3 == 2 {
			if c != ':' {
				return false
			}
		} else if c-'0' > 9 && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// setProtocol understands names and numbers of IANA's registry.
func setProtocol(e *event.Event, s string) bool {
	name := strings.ToLower(s)
	for _, p := range [...]struct {
		number int64
		name   string
	}{{6, "tcp"}, {17, "udp"}, {1, "icmp"}, {58, "ipv6-icmp"}, {47, "gre"}, {50, "esp"}, {2, "igmp"}, {132, "sctp"}} {
		n, ok := Number(s)
		if name == p.name || ok && n == p.number || name == "icmpv6" && p.number == 58 {
			e.SetInt(event.ProtocolNum, p.number)
			e.SetStr(event.ProtocolName, p.name)
			return true
		}
	}
	if n, ok := Number(s); ok {
		if n <= 255 {
			e.SetInt(event.ProtocolNum, n)
		}
		return n <= 255
	}
	return false
}

// belongs reports whether OCSF gives the column to the class.
func belongs(c event.Class, p event.Path) bool {
	top, _, _ := strings.Cut(p.Name(), ".")
	switch top {
	case "src_endpoint", "actor":
		return c != event.Base || top == "actor"
	case "dst_endpoint":
		return c == event.NetworkActivity || c == event.HTTPActivity || c == event.Authentication
	case "connection_info", "traffic", "app_protocol_name", "app_name", "tls":
		return c == event.NetworkActivity || c == event.HTTPActivity
	case "user", "service", "session", "logon_type", "auth_protocol", "is_remote":
		return c == event.Authentication
	case "http_request", "http_response":
		return c == event.HTTPActivity || c == event.Authentication
	case "file": // OCSF's file needs a type, which these records do not tell
		return false
	}
	return true
}

// ClassOf decides what a record of a security product is about. column is as
// in Fill; words are the names and categories that the product gave it.
func ClassOf(pairs Pairs, column func(key string) event.Path, words ...string) event.Class {
	var src, dst, user, url bool
	for _, p := range pairs {
		if Name(p.Value) == "" {
			continue
		}
		switch column(p.Key) {
		case event.SrcIP:
			_, ok := Address(p.Value)
			src = src || ok
		case event.DstIP:
			_, ok := Address(p.Value)
			dst = dst || ok
		case event.UserName, event.ActorUser:
			user = true
		case event.HTTPURL, event.HTTPMethod:
			url = true
		}
	}
	login := false
	for _, w := range words {
		login = login || aboutLogin(w)
	}
	switch {
	case user && login:
		return event.Authentication
	case url && (src || dst):
		return event.HTTPActivity
	case src && dst:
		return event.NetworkActivity
	}
	return event.Base
}

// aboutLogin looks for the words of logging in and out. "author" is none.
func aboutLogin(s string) bool {
	s = strings.ToLower(s)
	for _, w := range [...]string{"login", "logon", "log on", "logged on", "logged in", "logout", "logoff", "log off", "sign-in", "signin", "sign in", "signed in", "signed out", "sign-out", "authentic", "로그인", "로그온", "인증"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	for f := range strings.FieldsFuncSeq(s, func(r rune) bool { return r < '0' || r > 'z' || r > '9' && r < 'a' }) {
		if f == "auth" {
			return true
		}
	}
	return false
}

// IsLogoff reports whether words speak of the end of a session.
func IsLogoff(words ...string) bool {
	for _, w := range words {
		w = strings.ToLower(w)
		if strings.Contains(w, "logout") || strings.Contains(w, "logoff") || strings.Contains(w, "log off") ||
			strings.Contains(w, "logged off") || strings.Contains(w, "logged out") || strings.Contains(w, "signed out") || strings.Contains(w, "로그아웃") {
			return true
		}
	}
	return false
}

// Outcome understands the words with which products say how something went:
// Success, Failure or 0.
func Outcome(words ...string) int {
	for _, w := range words {
		w = strings.ToLower(w)
		for _, f := range [...]string{"fail", "denied", "deny", "block", "reject", "drop", "invalid", "incorrect", "unsuccess", "unknown user", "locked", "refuse", "prevent", "quarantin", "reset", "실패", "차단", "거부"} {
			if strings.Contains(w, f) {
				return event.Failure
			}
		}
		for _, g := range [...]string{"success", "accept", "allow", "permit", "pass", "succeed", "logged in", "logged on", "성공", "허용"} {
			if strings.Contains(w, g) {
				return event.Success
			}
		}
	}
	return 0
}

// FlowActivity returns the activity of Network Activity for what a firewall
// did: refused is answered, dropped is not.
func FlowActivity(action string) int {
	a := strings.ToLower(action)
	switch {
	case strings.Contains(a, "drop"):
		return event.ConnFail
	case Outcome(a) == event.Failure:
		return event.ConnRefuse
	}
	return event.ConnTraffic
}

// Moment understands a time as products write it: seconds or milliseconds
// since 1970, or any way that syslog.ParseTime knows, the month first or not.
func Moment(s string, clock syslog.Clock) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if n, ok := Number(s); ok {
		switch {
		case len(s) == 10:
			return time.Unix(n, 0).UTC(), true
		case len(s) == 13:
			return time.UnixMilli(n).UTC(), true
		case len(s) == 16:
			return time.UnixMicro(n).UTC(), true
		}
		return time.Time{}, false
	}
	t, _, ok := syslog.ParseTime(s, clock)
	return t, ok
}
