package access

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// A complaint is one line of an error log, taken apart:
//
//	2026/02/07 09:00:00 [error] 7#7: *12 user "bob": password mismatch, client: 192.0.2.7, server: …   nginx
//	[Sat Feb 07 09:00:00.5 2026] [auth_basic:error] [pid 7] [client 192.0.2.7:4711] AH01617: user bob: …  Apache
type complaint struct {
	at       time.Time
	timeText string
	level    string
	client   string
	port     string
	server   string
	request  string
	text     string
	product  string
}

// parse reads a line of either server.
func (c *complaint) parse(s string, clock syslog.Clock) bool {
	*c = complaint{}
	if len(s) < 24 {
		return false
	}
	if s[0] == '[' {
		return c.apache(s, clock)
	}
	return c.nginx(s, clock)
}

func (c *complaint) nginx(s string, clock syslog.Clock) bool {
	if s[4] != '/' || s[7] != '/' || s[19] != ' ' || s[20] != '[' {
		return false
	}
	c.timeText = s[:19]
	var ok bool
	if c.at, _, ok = syslog.ParseTime(strings.Replace(c.timeText, "/", "-", 2), clock); !ok {
		return false
	}
	level, rest, ok := strings.Cut(s[21:], "] ")
	if !ok || len(level) > 8 {
		return false
	}
	worker, text, ok := strings.Cut(rest, ": ")
	if !ok || !strings.Contains(worker, "#") || len(worker) > 32 {
		return false
	}
	if after, found := strings.CutPrefix(text, "*"); found {
		if _, t, cut := strings.Cut(after, " "); cut {
			text = t
		}
	}
	c.level, c.text, c.product = level, text, "nginx"
	c.client, _, _ = strings.Cut(field(text, ", client: "), " ")
	c.server = field(text, ", server: ")
	c.request = strings.Trim(field(text, ", request: "), `"`)
	return true
}

// field returns a value of ", client: 192.0.2.7, server: …".
func field(s, intro string) string {
	i := strings.LastIndex(s, intro)
	if i < 0 {
		return ""
	}
	s = s[i+len(intro):]
	if strings.HasPrefix(s, `"`) {
		if j := strings.Index(s[1:], `"`); j >= 0 {
			return s[:j+2]
		}
	}
	v, _, _ := strings.Cut(s, ",")
	return v
}

func (c *complaint) apache(s string, clock syslog.Clock) bool {
	stamp, rest, ok := strings.Cut(s[1:], "] ")
	if !ok || len(stamp) > 40 {
		return false
	}
	c.timeText = stamp
	var left string
	if c.at, left, ok = syslog.ParseTime(stamp, clock); !ok || left != "" {
		return false
	}
	level := ""
	for strings.HasPrefix(rest, "[") {
		inner, after, found := strings.Cut(rest[1:], "] ")
		if !found {
			break
		}
		switch {
		case strings.HasPrefix(inner, "client "):
			c.client = inner[len("client "):]
			if i := strings.LastIndexByte(c.client, ':'); i > 0 {
				if _, plain := decode.Address(c.client); !plain {
					c.client, c.port = c.client[:i], c.client[i+1:]
				}
			}
		case strings.HasPrefix(inner, "pid "):
		case level == "":
			level = inner
		}
		rest = after
	}
	if level == "" {
		return false
	}
	c.level = level[strings.LastIndexByte(level, ':')+1:]
	c.text, c.product = rest, "Apache HTTP Server"
	return true
}

// failed returns whose login failed, and why, as far as the line tells of one.
func (c *complaint) failed() (user, detail string, ok bool) {
	t := c.text
	if c.product == "nginx" {
		if rest, found := strings.CutPrefix(t, `user "`); found {
			user, rest, _ = strings.Cut(rest, `"`)
			switch {
			case strings.HasPrefix(rest, ": password mismatch"):
				return user, "INVALID_CREDENTIALS", true
			case strings.HasPrefix(rest, " was not found in "):
				return user, "USER_DOES_NOT_EXIST", true
			}
			return "", "", false
		}
		if strings.HasPrefix(t, "client login failed: ") {
			return strings.Trim(field(t, ", login: "), `"`), "INVALID_CREDENTIALS", true
		}
		return "", "", false
	}
	if strings.HasPrefix(t, "AH0") {
		_, t, _ = strings.Cut(t, ": ")
	}
	rest, found := strings.CutPrefix(t, "user ")
	if !found {
		return "", "", false
	}
	for _, v := range [...]struct{ sep, detail string }{
		{": authentication failure for ", "INVALID_CREDENTIALS"},
		{" not found: ", "USER_DOES_NOT_EXIST"},
		{": password mismatch", "INVALID_CREDENTIALS"},
	} {
		if name, _, cut := strings.Cut(rest, v.sep); cut {
			return name, v.detail, true
		}
	}
	return "", "", false
}

// event returns the event of a line of an error log: a failed login, or the
// line as it is.
func (c *complaint) event(rec decode.Record, raw string) *event.Event {
	user, detail, failed := c.failed()
	class := event.Base
	if failed {
		class = event.Authentication
	}
	e := event.New(class, c.at, decode.Stamp(rec, 0))
	e.SetInt(event.SeverityID, int64(severity(c.level)))
	e.SetText(event.Message, c.text)
	e.SetStr(event.RawData, raw)
	e.SetStr(event.ProductName, c.product)
	e.SetStr(event.OriginalTime, c.timeText)
	server := decode.Name(c.server)
	if server == "_" {
		server = ""
	}
	if !failed {
		e.AddUnmappedStr("client", c.client)
		e.AddUnmappedStr("server", server)
		e.AddUnmappedStr("request", c.request)
		return e
	}
	e.SetActivity(event.Logon)
	e.SetStatus(event.Failure)
	e.SetStr(event.StatusDetail, detail)
	if user == "" {
		user = "-"
	}
	e.SetStr(event.UserName, user)
	service := "http"
	if strings.HasPrefix(c.text, "client login failed") {
		service = "mail"
	}
	e.SetStr(event.ServiceName, service)
	e.SetBool(event.IsRemote, true)
	decode.SetEndpoint(e, event.SrcIP, event.SrcHostname, c.client)
	decode.SetPort(e, event.SrcPort, c.port)
	name, port := vhost(server)
	decode.SetEndpoint(e, event.DstIP, event.DstHostname, name)
	decode.SetPort(e, event.DstPort, port)
	e.AddUnmappedStr("request", c.request)
	return e
}

// severity returns OCSF's for the levels of both servers.
func severity(level string) event.Severity {
	switch level {
	case "emerg", "alert", "crit":
		return event.SeverityHigh
	case "error", "err":
		return event.SeverityMedium
	case "warn", "warning":
		return event.SeverityLow
	}
	return event.SeverityInformational
}
