package ssh

import (
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/ssh"
)

// How a login is judged from sizes
//
// What is encrypted keeps its size and its direction. After the keys are set,
// the client asks for the service ssh-userauth and the server accepts with a
// packet of known size (RFC 4253 §10). Then every request of the client is
// answered (RFC 4252 §5): SUCCESS is one byte and so the smallest packet there
// is; FAILURE lists the methods that can continue and has the same size each
// time. Most clients begin with the method none to learn that list, so that the
// first answer shows the size of FAILURE and is no failed attempt. A session in
// which this size comes again is one in which an attempt failed.
//
// Sizes follow from the algorithms that were agreed on; with unknown ones they
// are measured by the first answer, which SUCCESS undercuts by two cipher blocks
// of 8 or one of 16 bytes.

const (
	shrink      = 16       // SUCCESS is that much smaller than SERVICE_ACCEPT, with every block size
	largeAnswer = 256      // beyond SERVICE_ACCEPT: not a mere FAILURE, but a banner with it
	maxAnswers  = 8        // different sizes that are counted
	keySize     = 128      // a request with more payload offers a public key: OpenSSH pads those with a password to 64 or 128
	workVolume  = 48 << 10 // no login takes so many bytes: somebody works in there
)

// An attempt is a login that was judged.
type attempt struct {
	at      time.Time
	outcome int
	key     bool // it was a public key that was tried, by its size
	doubt   bool // it may have been one: only without a success it counts
}

// An answer size of the server, other than that of the first one.
type answer struct {
	size, count int
	last        time.Time
	key         bool
}

type judge struct {
	off     bool // sizes say nothing: compression, or bytes are lost
	accept  int  // size of SERVICE_ACCEPT, 0 while not known
	success int
	request int  // size of a client's packet without payload, 0 where unknown
	around  int  // bytes of it that are not padded
	pads    bool // the client hides the length of passwords as OpenSSH does

	spoken   bool // the client has sent something encrypted
	accepted bool
	first    int // size of the first answer, which is taken for FAILURE
	firstAt  time.Time
	firstKey bool
	probed   bool // an answer to the first request was seen

	asked    int // bytes of the client's request
	answered int // size of the last packet of the answer, 0 while there is none
	at       time.Time

	others   []answer
	attempts int // with those by key
	failures int // without
	decided  bool
	inferred bool // success was read from the volume alone
	volume   int
}

// use sets the sizes for the algorithms agreed on.
func (j *judge) use(a ssh.Agreed) {
	if a.CompressIn == "zlib" || a.CompressOut == "zlib" { // zlib@openssh.com begins after the login
		j.off = true
		return
	}
	accept, ok := ssh.Size(a.CipherIn, a.MACIn, ssh.ServiceAcceptSize)
	if !ok {
		return
	}
	j.accept = accept
	j.success, _ = ssh.Size(a.CipherIn, a.MACIn, ssh.AuthSuccessSize)
	if n, ok := ssh.Size(a.CipherOut, a.MACOut, 0); ok {
		j.request = n
		j.around, _ = ssh.Around(a.CipherOut, a.MACOut)
	}
}

// segment takes the size of what one side of SSH sent at once. It returns what
// can be judged now.
func (j *judge) segment(client bool, n int, now time.Time) (attempt, bool) {
	if j.decided {
		return attempt{}, false
	}
	j.spoken = j.spoken || client
	j.volume += n
	if j.volume > workVolume && j.spoken {
		j.decided, j.inferred = true, true
		return attempt{at: now, outcome: event.Success}, true
	}
	if j.off {
		return attempt{}, false
	}
	if client {
		a, ok := j.close()
		j.asked += n
		return a, ok
	}
	if !j.spoken {
		return attempt{}, false // extensions that the server tells before
	}
	if !j.accepted {
		switch {
		case j.accept == 0:
			j.accept, j.success, j.accepted = n, n-shrink, true
		case n >= j.accept: // with extensions before it in the same segment
			j.accepted = true
		}
		j.asked = 0
		return attempt{}, false
	}
	if n == j.success {
		j.attempts++
		j.decided = true
		return attempt{at: now, outcome: event.Success, key: j.byKey()}, true
	}
	j.answered, j.at = n, now
	return attempt{}, false
}

// byKey reports whether the request under way is too large for a password.
func (j *judge) byKey() bool { return j.request > 0 && j.asked >= j.request+keySize }

// doubtful reports whether a client that pads passwords sent something that is
// not padded so: most likely a short public key. Since a client may call itself
// what it likes, this alone does not clear a session.
func (j *judge) doubtful() bool {
	const step = 64
	return j.pads && j.request > 0 && (j.asked-j.around)%step != 0
}

// close judges the answer to the last request, now that it is complete.
func (j *judge) close() (attempt, bool) {
	n := j.answered
	if n == 0 {
		return attempt{}, false
	}
	key, doubt, at := j.byKey(), j.doubtful(), j.at
	j.asked, j.answered = 0, 0
	switch {
	case n == j.first:
		j.attempts++
		if !key {
			j.failures++
		}
		return attempt{at: at, outcome: event.Failure, key: key, doubt: doubt}, true
	case j.first != 0:
		j.note(answer{size: n, last: at, key: key})
	case !j.probed && n > j.accept+largeAnswer:
		j.probed = true // a banner and FAILURE in one: the next answer shows the size
	case j.probed:
		// The first request was answered before, so this one may have failed.
		j.first = n
		j.note(answer{size: n, last: at, key: key})
	default:
		j.first, j.firstAt, j.firstKey, j.probed = n, at, key, true
	}
	return attempt{}, false
}

func (j *judge) note(a answer) {
	for i := range j.others {
		if o := &j.others[i]; o.size == a.size {
			o.count++
			o.last = a.last
			o.key = o.key && a.key
			return
		}
	}
	if len(j.others) < maxAnswers {
		a.count = 1
		j.others = append(j.others, a)
	}
}

// A manner is how a client begins a login.
type manner int

const (
	polite manner = iota // asks for the methods first
	either               // not known: an answer that stays alone is an attempt
	blunt                // tries a password at once
)

// end judges what is left when the session is over.
func (j *judge) end(m manner) []attempt {
	if j.decided || j.off {
		return nil
	}
	var out []attempt
	if a, ok := j.close(); ok {
		out = append(out, a)
	}
	if (m == blunt || m == either && len(out)+j.failures == 0) && !j.firstAt.IsZero() && !j.firstKey {
		out = append(out, attempt{at: j.firstAt, outcome: event.Failure})
		j.attempts++
		j.failures++
	}
	if j.failures > 0 {
		return out
	}
	// The first answer never came again. If another one did, or if it was the
	// first to show a size at all, that was FAILURE.
	for _, o := range j.others {
		if o.key || o.count < 2 && o.size != j.first {
			continue
		}
		for range o.count {
			out = append(out, attempt{at: o.last, outcome: event.Failure})
			j.attempts++
			j.failures++
		}
		break
	}
	return out
}

// loss stops judging: sizes are not complete any more.
func (j *judge) loss() { j.off = true }
