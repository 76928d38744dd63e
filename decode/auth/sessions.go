package auth

import (
	"strings"
	"time"
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

// A sessionKey stands for host, program and process id: a hash, because lines
// are many and the key is looked up for each.
type sessionKey uint64

// key returns the FNV-1a hash of what names a process. Whoever makes two
// processes collide confuses only what is counted once.
func key(host, program string, pid int64) sessionKey {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	for i := range len(host) {
		h = (h ^ uint64(host[i])) * prime
	}
	h = (h ^ '/') * prime
	for i := range len(program) {
		h = (h ^ uint64(program[i])) * prime
	}
	h = (h ^ uint64(pid)) * prime
	return sessionKey((h ^ h>>29) * prime)
}

// maxSessions bounds each of the two generations of sessions: when the young
// one is full it becomes the old one, and the old one is forgotten.
const maxSessions = 4096

type sessions struct {
	young, old map[sessionKey]*session
	key        sessionKey // of the session that was asked for last, because
	last       *session   // lines of one process often follow each other
}

func newSessions() sessions { return sessions{young: map[sessionKey]*session{}} }

// find returns the session of a process, a new one if there is none.
func (t *sessions) find(k sessionKey) *session {
	s, ok := t.young[k]
	if ok {
		return s
	}
	if s, ok = t.old[k]; !ok {
		s = &session{}
	}
	if len(t.young) >= maxSessions {
		t.old, t.young = t.young, make(map[sessionKey]*session, maxSessions)
	}
	t.young[k] = s
	return s
}

// reuse is after what silence a process id stands for another process. sshd
// gives a login two minutes (LoginGraceTime).
const reuse = 10 * time.Minute

// session returns the session of the line's process; remote is its client, if
// the line tells it.
func (l *line) session(remote string) *session {
	t := &l.d.sessions
	k := key(l.m.Host, l.program, l.m.PID)
	s := t.last
	if s == nil || t.key != k {
		s = t.find(k)
		t.key, t.last = k, s
	}
	if s.last.IsZero() {
		s.last = l.m.Time
	}
	gap := l.m.Time.Sub(s.last)
	// PAM may name a client that sshd gives the address of.
	numeric := remote != "" && (remote[0]-'0' <= 9 || strings.IndexByte(remote, ':') >= 0)
	if gap > reuse || gap < -reuse || numeric && s.remote != "" && remote != s.remote {
		*s = session{}
	}
	s.last = l.m.Time
	if numeric {
		s.remote = remote
	}
	return s
}
