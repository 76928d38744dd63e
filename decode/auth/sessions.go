package auth

import (
	"time"

	"github.com/bongsu/bongsu/decode"
)

// A way is one of the kinds of lines that can tell of a failed attempt.
type way int

const (
	byProgram way = iota // "Failed password"
	byInvalid            // "Invalid user"
	byError              // "error: PAM: Authentication failure"
	byPAM                // pam_unix
	byModule             // any other PAM module
	byEnd                // the connection ended
	ways
)

// A session is what one process (one connection, for sshd) has said so far.
// The n-th line of each kind tells of the n-th attempt, so an attempt that two
// kinds of lines tell of counts once.
type session struct {
	told    [ways]int
	counted int
	user    string // whose attempt is under way
	invalid bool
	remote  string
	by      way // which kind of line told of success
	won     time.Time
	last    time.Time
}

// attempts adds n attempts that lines of one kind told of and returns how many
// of them were not known.
func (s *session) attempts(w way, n int) int {
	s.told[w] += n
	fresh := max(0, s.told[w]-s.counted)
	s.counted += fresh
	return fresh
}

// sameLogon is how long after a success another kind of line still means the
// same one.
const sameLogon = 10 * time.Second

// success reports whether a line tells of a success that was not known.
func (s *session) success(w way, at time.Time) bool {
	if !s.won.IsZero() && s.by != w && at.Sub(s.won) <= sameLogon {
		return false
	}
	s.by, s.won = w, at
	return true
}

type sessionKey struct {
	host, program string
	pid           int64
}

// maxSessions bounds each of the two generations of sessions: when the young
// one is full it becomes the old one, and the old one is forgotten.
const maxSessions = 4096

type sessions struct{ young, old map[sessionKey]*session }

func newSessions() sessions { return sessions{young: map[sessionKey]*session{}} }

// reuse is after what silence a process id stands for another process. sshd
// gives a login two minutes (LoginGraceTime).
const reuse = 10 * time.Minute

// session returns the session of the line's process; remote is its client, if
// the line tells it.
func (l *line) session(remote string) *session {
	t := &l.d.sessions
	k := sessionKey{l.m.Host, l.program, l.m.PID}
	s, ok := t.young[k]
	if !ok {
		if s, ok = t.old[k]; !ok {
			s = &session{last: l.m.Time}
		}
		if len(t.young) >= maxSessions {
			t.old, t.young = t.young, make(map[sessionKey]*session, maxSessions)
		}
		t.young[k] = s
	}
	gap := l.m.Time.Sub(s.last)
	// PAM may name a client that sshd gives the address of.
	_, numeric := decode.Address(remote)
	if gap > reuse || gap < -reuse || numeric && s.remote != "" && remote != s.remote {
		*s = session{}
	}
	s.last = l.m.Time
	if numeric {
		s.remote = remote
	}
	return s
}
