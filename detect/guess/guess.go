// Package guess detects password guessing, whoever saw it: a capture of the
// network or the log of the machine that was asked.
//
// Guessing costs tries. One account gets many of them (guessing), or many
// accounts get few each, to stay below the point at which they are locked
// (spraying); the tries come from one address, or from many that each try
// little. Three counts follow, for each service of each machine:
//
//   - guessing: 10 failures from one source within 5 minutes. A person who
//     forgot a password gives up or asks before that; the same number over a
//     morning is a person. From the Internet, or with several accounts, 6
//     within half a minute are enough: that is faster than people type.
//     Sources on the Internet also count over a day (40), because nobody
//     forgets a password 40 times a day from there.
//   - spraying: 5 accounts within 10 minutes, three failures each at most. An
//     account that does not exist counts twice, 8 in all are needed: a
//     terminal server or a NAT stands for several people, but they know their
//     own names.
//   - distributed: one account from 6 sources, or one service from 10 that
//     never get in, within an hour.
//
// Where nothing tells how logons went (flow records, encrypted remote
// desktops), 30 short conversations with one login service within 5 minutes
// stand for them; jobs that copy files and manage servers do the same inside a
// network, so that only desktops and consoles count there.
//
// On the web, a password form shows what became of a logon by its status: 401,
// or, for the two doors of WordPress, a page where success would redirect.
//
// A success after the failures is what the adversary waits for: it makes a
// finding of its own, and a grave one.
//
// Expected false positives: a program that keeps an old password (mail clients,
// scheduled jobs, shared drives after a change of password). They try one
// account from one machine at a steady pace; the finding says so, and the
// remedy is to give the program the new password.
package guess

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
)

// Kinds returns the detectors: one looks at each source, one at each target.
func Kinds() []detect.Kind {
	return []detect.Kind{
		{
			Name:      name,
			Doc:       docSource,
			Rules:     []*detect.Rule{guessing, spraying, guessed, talking},
			Partition: bySource,
			Idle:      slowWindow,
			New:       openSource,
		},
		{
			Name:      distributedName,
			Doc:       docTarget,
			Rules:     []*detect.Rule{distributed},
			Partition: byTarget,
			Idle:      6 * time.Hour,
			New:       openTarget,
		},
	}
}

const (
	name            = "guess"
	distributedName = "distributed-guess"
)

const slowWindow = 24 * time.Hour

// Bounds of what one instance remembers.
const (
	maxServices = 256
	maxUsers    = 1024
	maxSources  = 4096
	maxStamps   = 1024
)

// An outcome of one try to log on.
type outcome uint8

const (
	nothing outcome = iota
	failure
	success
	talk // a short conversation with a login service
)

// judge says what became of a logon, and whether the account exists as far as
// the event tells.
func judge(e *event.Event) (o outcome, unknown bool) {
	switch e.Class {
	case event.Authentication:
		switch e.Activity() {
		case event.Logon, event.Ticket, preauth:
		default:
			return nothing, false
		}
		if _, again := e.Unmapped("duplicate_of"); again {
			return nothing, false
		}
		switch e.Int(event.StatusID) {
		case event.Success:
			return success, false
		case event.Failure:
			if !aboutPassword(e) {
				return nothing, false
			}
			return failure, nobody(e)
		}
	case event.SSHActivity:
		// A client that hangs up before it has logged on, as the server's log
		// tells it. Checks that only look whether the port is open do not get
		// so far.
		if e.Activity() == event.ConnClose && strings.Contains(e.Str(event.StatusDetail), "preauth") {
			return failure, false
		}
	case event.HTTPActivity:
		return judgeWeb(e), false
	case event.NetworkActivity:
		if shortTalk(e) {
			return talk, false
		}
	}
	return nothing, false
}

// judgeWeb judges a request that the log of a web server tells of, or one to a
// door of WordPress. Requests with a name in them come as logons too, and are
// judged as such.
func judgeWeb(e *event.Event) outcome {
	if e.Str(event.HTTPMethod) != "POST" {
		return nothing
	}
	path, status := e.Str(event.HTTPPath), e.Int(event.HTTPStatus)
	switch {
	case strings.HasSuffix(path, "/wp-login.php"), strings.HasSuffix(path, "/xmlrpc.php"):
		if status == 200 || status == 401 || status == 403 {
			return failure
		}
	case e.Has(event.RawData) && (status == 401 || status == 403 || status == 429) && isLoginPath(path):
		if !e.Has(event.ActorUser) {
			return failure
		}
	}
	return nothing
}

func isLoginPath(path string) bool {
	path = strings.ToLower(path)
	for _, word := range [...]string{"login", "logon", "signin", "sign-in", "sign_in", "log-in", "j_security_check", "authenticate"} {
		if strings.Contains(path, word) {
			return true
		}
	}
	return false
}

// loginPorts are services at which people log on, by their port.
func loginPort(port int64) string {
	switch port {
	case 21:
		return "ftp"
	case 22:
		return "ssh"
	case 23:
		return "telnet"
	case 445:
		return "smb"
	case 1433:
		return "mssql"
	case 3306:
		return "mysql"
	case 3389:
		return "rdp"
	case 5432:
		return "postgresql"
	case 5900:
		return "vnc"
	}
	return ""
}

// shortTalk reports a connection to a login service over which both sides said
// a little: as much as it takes to be refused.
func shortTalk(e *event.Event) bool {
	const briefly, little = 2 * time.Minute, 20_000
	port := e.Int(event.DstPort)
	if loginPort(port) == "" || e.Int(event.ProtocolNum) != 6 || !detect.IsFlow(e) {
		return false
	}
	out, in := e.Int(event.BytesOut), e.Int(event.BytesIn)
	if out <= 0 || in <= 0 || out > little || in > little || e.Span() > briefly {
		return false
	}
	return !detect.FromInside(e) || port == 23 || port == 3389 || port == 5900
}

// preauth is OCSF's activity for what a Kerberos client proves first.
const preauth = 6

// aboutPassword reports a failure that a wrong name or password may explain.
// Kerberos refuses for other reasons too: clocks that differ, policies,
// encryption types, a password that was right but has expired.
func aboutPassword(e *event.Event) bool {
	detail := e.Str(event.StatusDetail)
	switch {
	case detail == "PASSWORD_EXPIRED", detail == "KDC_ERR_KEY_EXPIRED":
		return false
	case strings.HasPrefix(detail, "KDC_ERR_"), strings.HasPrefix(detail, "KRB_"), strings.HasPrefix(detail, "KRB5"):
		switch detail {
		case "KDC_ERR_C_PRINCIPAL_UNKNOWN", "KDC_ERR_PREAUTH_FAILED", "KDC_ERR_CLIENT_REVOKED", "KRB_AP_ERR_BAD_INTEGRITY":
			return true
		}
		return false
	}
	return true
}

// nobody reports a failure because there is no such account.
func nobody(e *event.Event) bool {
	detail := e.Str(event.StatusDetail)
	switch {
	case strings.Contains(detail, "USER_DOES_NOT_EXIST"),
		strings.Contains(detail, "PRINCIPAL_UNKNOWN"), // RFC 4120 §7.5.9
		strings.Contains(strings.ToLower(detail), "unknown user"),
		strings.Contains(strings.ToLower(detail), "no such user"):
		return true
	}
	return false
}

// source returns where a try came from: an address, a name, or the machine
// itself.
func source(e *event.Event) string {
	for _, p := range [...]event.Path{event.SrcIP, event.SrcHostname, event.DeviceHostname} {
		if s := e.Str(p); s != "" {
			return s
		}
	}
	return ""
}

// target returns the machine that was asked.
func target(e *event.Event) string {
	for _, p := range [...]event.Path{event.DstIP, event.DstHostname, event.DeviceIP, event.DeviceHostname} {
		if s := e.Str(p); s != "" {
			return s
		}
	}
	return ""
}

func service(e *event.Event) string {
	if e.Class == event.NetworkActivity {
		return loginPort(e.Int(event.DstPort))
	}
	if s := e.Str(event.ServiceName); s != "" {
		return strings.TrimSuffix(s, "d") // a daemon's log and the network name the same service
	}
	if s := e.Str(event.AppProtocol); s != "" {
		return s
	}
	return "logon"
}

func bySource(e *event.Event) string {
	if o, _ := judge(e); o == nothing {
		return ""
	}
	return source(e)
}

func byTarget(e *event.Event) string {
	if o, _ := judge(e); o == nothing || o == talk {
		return ""
	}
	at := target(e)
	if at == "" {
		return ""
	}
	return service(e) + " " + at
}

// times returns how many tries an event stands for.
func times(e *event.Event) int {
	return int(min(max(e.Int(event.Count), 1), maxStamps))
}

// stamps are times within a window, the oldest first.
type stamps struct {
	at    []time.Time
	count []int
}

func (s *stamps) add(at time.Time, n int, window time.Duration) {
	s.trim(at, window)
	if len(s.at) >= maxStamps {
		s.at, s.count = s.at[1:], s.count[1:]
	}
	s.at, s.count = append(s.at, at), append(s.count, n)
}

// trim forgets what lies before the window.
func (s *stamps) trim(now time.Time, window time.Duration) {
	n := 0
	for n < len(s.at) && now.Sub(s.at[n]) > window {
		n++
	}
	if n > 0 {
		s.at, s.count = append(s.at[:0], s.at[n:]...), append(s.count[:0], s.count[n:]...)
	}
}

// within returns how many there were in the last window.
func (s *stamps) within(now time.Time, window time.Duration) int {
	sum := 0
	for i := len(s.at) - 1; i >= 0 && now.Sub(s.at[i]) <= window; i-- {
		sum += s.count[i]
	}
	return sum
}

func evidence(e *event.Event) detect.Evidence {
	return detect.Evidence{
		EventID: e.ID(), Time: e.Time, Fact: detect.Fact(e),
		SrcIP: e.Str(event.SrcIP), SrcPort: e.Int(event.SrcPort),
		DstIP: e.Str(event.DstIP), DstPort: e.Int(event.DstPort),
	}
}

// kindOf returns the kind of entity that a machine's name stands for.
func kindOf(machine string) string {
	if strings.Count(machine, ":") >= 2 || (strings.Count(machine, ".") == 3 && strings.Trim(machine, "0123456789.") == "") {
		return "ip"
	}
	return "host"
}
