package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/decode/auth"
	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/event"
)

var update = decodetest.UpdateFlag()

func TestGolden(t *testing.T)      { decodetest.Golden(t, auth.Kind(), "testdata/*.log", *update) }
func FuzzDecode(f *testing.F)      { decodetest.Fuzz(f, auth.Kind(), "testdata/*.log") }
func BenchmarkDecode(b *testing.B) { decodetest.Benchmark(b, auth.Kind(), "testdata/sshd.log") }

// brief is an event in one short line.
func brief(e *event.Event) string {
	s := "?"
	switch {
	case e.Class == event.Base:
		return "plain"
	case e.Class == event.SSHActivity:
		if strings.Contains(e.Str(event.StatusDetail), "preauth") {
			return "hung up " + e.Str(event.SrcIP)
		}
		return "connection " + e.Str(event.SrcIP)
	case e.Class == event.AccountChange:
		return e.Str(event.ActivityName) + " " + e.Str(event.UserName)
	case e.Activity() == 6:
		s = "again"
	case e.Activity() == event.Logoff:
		s = "logoff"
	case e.Int(event.StatusID) == event.Success:
		s = "success"
	case e.Int(event.StatusID) == event.Failure:
		s = "failure"
	}
	if e.Activity() == 7 {
		s = "switch " + s
	}
	if n := e.Int(event.Count); n > 1 {
		s += " x" + string(rune('0'+n))
	}
	s += " " + e.Str(event.UserName)
	if ip := e.Str(event.SrcIP); ip != "" {
		s += " " + ip
	}
	if a := e.Str(event.ActorUser); a != "" {
		s += " by " + a
	}
	return s
}

// TestAttemptsAreCountedOnce tells stories of several lines about one attempt.
func TestAttemptsAreCountedOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines string
		want  []string
	}{
		{"PAM before sshd, first lines of the log", `Feb  7 09:00:01 h sshd[7]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root
Feb  7 09:00:03 h sshd[7]: Failed password for root from 192.0.2.7 port 4711 ssh2
Feb  7 09:00:05 h sshd[7]: Failed password for root from 192.0.2.7 port 4711 ssh2
Feb  7 09:00:06 h sshd[7]: Connection closed by authenticating user root 192.0.2.7 port 4711 [preauth]
Feb  7 09:00:06 h sshd[7]: PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root
Feb  7 09:01:01 h sshd[8]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root
Feb  7 09:01:03 h sshd[8]: Failed password for root from 192.0.2.7 port 4712 ssh2`, []string{
			"failure root 192.0.2.7", "again root 192.0.2.7", "failure root 192.0.2.7", "connection 192.0.2.7",
			"again root 192.0.2.7", "again root 192.0.2.7", "failure root 192.0.2.7",
		}},
		{"only PAM writes", `Feb  7 09:00:01 h sshd(pam_unix)[7]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.7  user=root
Feb  7 09:00:09 h sshd(pam_unix)[7]: 2 more authentication failures; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.7  user=root`, []string{
			"failure root 192.0.2.7", "failure x2 root 192.0.2.7",
		}},
		{"a server without passwords writes only of invalid users", `Feb  7 09:00:01 h sshd[7]: Invalid user admin from 192.0.2.7
Feb  7 09:00:01 h sshd[7]: input_userauth_request: invalid user admin [preauth]
Feb  7 09:00:01 h sshd[7]: Received disconnect from 192.0.2.7: 11: Bye Bye [preauth]
Feb  7 09:00:02 h sshd[8]: Invalid user test from 192.0.2.7`, []string{
			"failure admin 192.0.2.7", "plain", "connection 192.0.2.7", "failure test 192.0.2.7",
		}},
		{"invalid users with passwords", `Feb  7 09:00:01 h sshd[7]: Failed password for invalid user a from 192.0.2.7 port 1 ssh2
Feb  7 09:00:02 h sshd[8]: Invalid user b from 192.0.2.7 port 2
Feb  7 09:00:03 h sshd[8]: Failed password for invalid user b from 192.0.2.7 port 2 ssh2
Feb  7 09:00:04 h sshd[9]: Invalid user c from 192.0.2.7 port 3
Feb  7 09:00:05 h sshd[9]: Connection closed by invalid user c 192.0.2.7 port 3 [preauth]
Feb  7 09:00:06 h sshd[10]: Invalid user d from 192.0.2.7
Feb  7 09:00:07 h sshd[10]: Received disconnect from 192.0.2.7: 11: Bye Bye [preauth]`, []string{
			"failure a 192.0.2.7", "again b 192.0.2.7", "failure b 192.0.2.7", "again c 192.0.2.7",
			"failure c 192.0.2.7", "again d 192.0.2.7", "failure d 192.0.2.7",
		}},
		{"a client that never names a user", `Feb  7 09:00:01 h sshd[7]: Received disconnect from 192.0.2.7 port 1:11: Bye Bye [preauth]
Feb  7 09:00:01 h sshd[7]: Disconnected from 192.0.2.7 port 1 [preauth]
Feb  7 09:00:02 h sshd[8]: Connection closed by 192.0.2.7 [preauth]`, []string{
			"hung up 192.0.2.7", "connection 192.0.2.7", "hung up 192.0.2.7",
		}},
		{"repeated by rsyslog and by syslogd", `Feb  7 09:00:01 h sshd[7]: Failed password for root from 192.0.2.7 port 1 ssh2
Feb  7 09:00:09 h sshd[7]: message repeated 4 times: [ Failed password for root from 192.0.2.7 port 1 ssh2]
Feb  7 09:00:10 h last message repeated 3 times`, []string{
			"failure root 192.0.2.7", "failure x4 root 192.0.2.7", "failure x3 root 192.0.2.7",
		}},
		{"an attacker's user name", `Feb  7 09:00:01 h sshd[7]: Failed password for invalid user root from 198.51.100.1 port 22 ssh2 from 192.0.2.7 port 1 ssh2`, []string{
			"failure root from 198.51.100.1 port 22 ssh2 192.0.2.7",
		}},
		{"a login", `Feb  7 09:00:01 h sshd[7]: Accepted publickey for bob from 192.0.2.9 port 1 ssh2: ED25519 SHA256:abc
Feb  7 09:00:01 h sshd[7]: pam_unix(sshd:session): session opened for user bob(uid=1000) by (uid=0)
Feb  7 09:00:01 h systemd-logind[1]: New session 5 of user bob.
Feb  7 09:09:01 h sshd[8]: Received disconnect from 192.0.2.9 port 1:11: disconnected by user
Feb  7 09:09:01 h sshd[8]: Disconnected from user bob 192.0.2.9 port 1
Feb  7 09:09:01 h sshd[7]: pam_unix(sshd:session): session closed for user bob`, []string{
			"success bob 192.0.2.9", "again bob", "plain", "connection 192.0.2.9", "connection 192.0.2.9", "logoff bob",
		}},
		{"sudo", `Feb  7 09:00:01 h sudo: pam_unix(sudo:auth): authentication failure; logname=bob uid=1000 euid=0 tty=/dev/pts/0 ruser=bob rhost=  user=bob
Feb  7 09:00:09 h sudo:      bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls ; id
Feb  7 09:01:00 h sudo:      bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls
Feb  7 09:01:00 h sudo: pam_unix(sudo:session): session opened for user root(uid=0) by bob(uid=1000)
Feb  7 09:01:01 h sudo: pam_unix(sudo:session): session closed for user root`, []string{
			"again bob by bob", "switch failure x3 root by bob", "switch success root by bob", "again root", "logoff root",
		}},
		{"su of shadow", `Feb  7 09:00:01 h su[9]: pam_unix(su:auth): authentication failure; logname=bob uid=1000 euid=0 tty=/dev/pts/0 ruser=bob rhost=  user=root
Feb  7 09:00:03 h su[9]: FAILED su for root by bob
Feb  7 09:00:03 h su[9]: - /dev/pts/0 bob:root
Feb  7 09:00:11 h su[12]: Successful su for root by bob
Feb  7 09:00:11 h su[12]: + /dev/pts/0 bob:root
Feb  7 09:00:11 h su[12]: pam_unix(su:session): session opened for user root by bob(uid=1000)`, []string{
			"switch failure root by bob", "again root by bob", "again root by bob",
			"switch success root by bob", "again root by bob", "again root",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, l := range decodetest.Decode(auth.Kind(), []byte(c.lines)) {
				if l.Err != nil {
					t.Fatalf("line %d: %v", l.Number, l.Err)
				}
				for _, e := range l.Events {
					got = append(got, brief(e))
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("events, -want +got:\n%s", d)
			}
		})
	}
}

func TestDeclines(t *testing.T) {
	for _, line := range []string{
		"Feb  7 09:00:01 h kernel: eth0: link up", "", "hello", "<13>no login", "2026-02-07 not a time",
	} {
		got := decodetest.Decode(auth.Kind(), []byte(line+"\n"))
		if len(got[0].Events) != 0 || !errors.Is(got[0].Err, decode.ErrNotMine) {
			t.Errorf("%q gave %d events and %v, want it declined", line, len(got[0].Events), got[0].Err)
		}
	}
}

// TestSessionsAreBounded lets an attacker choose process ids: what is kept
// about them stays within two generations, and the youngest is known.
func TestSessionsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("Feb  7 09:00:00 h sshd[1]: Failed password for invalid user x from 192.0.2.7 port 1 ssh2\n")
	for pid := 2; pid < 9500; pid++ {
		fmt.Fprintf(&b, "Feb  7 09:00:01 h sshd[%d]: Invalid user a from 192.0.2.7 port 1\n", pid)
		fmt.Fprintf(&b, "Feb  7 09:00:01 h sshd[%d]: Failed password for invalid user a from 192.0.2.7 port 1 ssh2\n", pid)
	}
	failures := 0
	for _, l := range decodetest.Decode(auth.Kind(), []byte(b.String())) {
		for _, e := range l.Events {
			if e.Activity() == event.Logon && e.Int(event.StatusID) == event.Failure {
				failures++
			}
		}
	}
	if failures != 9499 {
		t.Errorf("%d failures, want 9499", failures)
	}
}

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		head     string
		low, top int
	}{
		{"Feb  7 09:00:01 h sshd[7]: Invalid user a from 192.0.2.7\n", 90, 100},
		{"Feb  7 09:00:01 h kernel: a\nFeb  7 09:00:01 h kernel: b\nFeb  7 09:00:01 h sudo: bob : TTY=pts/0 ; USER=root ; COMMAND=/bin/ls\n", 70, 90},
		{"Feb  7 09:00:01 h kernel: a\n", 0, 0},
		{"{\"a\":1}\n", 0, 0},
	} {
		if got := auth.Kind().Sniff([]byte(c.head)); got < c.low || got > c.top {
			t.Errorf("Sniff(%q) = %d, want %d to %d", c.head, got, c.low, c.top)
		}
	}
}
