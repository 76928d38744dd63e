// Package http follows HTTP/1: one event for each request with its response, and
// the logins that requests carry.
//
// Bodies are counted and passed over; only short forms are read, for the name of
// who logs on. No password ever leaves this package. HTTP/2 and what files
// contain are not looked at.
package http

import (
	"time"

	"github.com/bongsu/bongsu/dissect"
)

// Kind describes the protocol.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "http", Doc: "Requests and responses of HTTP/1, also through proxies, and the logins in them.",
		Transport: dissect.TCP,
		Ports:     []uint16{80, 8080, 8000, 8008, 8888, 3128, 5985},
		Probe:     probe,
		New:       func() dissect.Dissector { return &follower{} },
	}
}

const (
	maxHead     = 32 << 10 // of a request or response; servers refuse long before
	maxForm     = 16 << 10 // of a body that is looked into for a login
	maxWaiting  = 32       // requests that wait for a response
	maxStrays   = 4        // times that a side may leave the grammar
	maxLine     = 256      // of a chunk's size or a trailer that matters
	maxHexDigit = 15       // of a chunk's size
	maxVersion  = 8        // letters of a version
)

// state is what one side says next.
type state uint8

const (
	atHead       state = iota
	inBody             // left bytes
	inForm             // left bytes, to be looked into
	toClose            // until the connection ends
	atChunk            // a line with the size of a chunk
	inChunk            // left bytes
	afterChunk         // the end of its line
	inTrailer          // lines until an empty one
	holding            // after CONNECT or Upgrade: nothing until the server has answered
	outOfGrammar       // lost, until a head begins
)

type side struct {
	state   state
	left    int64
	body    int64 // bytes of this message's body that went by
	scanned int   // how far the end of a head has been looked for
	strays  int
}

type follower struct {
	sides    [2]side
	waiting  []*exchange // in the order of the requests
	asking   *exchange   // whose request is not over
	telling  *exchange   // whose response is not over
	dropped  int         // responses to requests that no longer wait
	last     time.Time   // of the last bytes
	welcomed string      // the user whose logon by header was last seen to succeed
	done     bool
}

func (d *follower) Feed(f *dissect.Flow, from dissect.Side, data []byte) int {
	d.last = f.Now
	used := 0
	for used < len(data) && !d.done {
		n := d.step(f, from, data[used:])
		if n == 0 {
			break
		}
		used += n
	}
	return used
}

// step uses bytes from the front of b, none where it needs more.
func (d *follower) step(f *dissect.Flow, from dissect.Side, b []byte) int {
	s := &d.sides[from]
	switch s.state {
	case atHead:
		return d.head(f, from, b)
	case inBody, inChunk:
		n := int(min(s.left, int64(len(b))))
		d.pass(f, from, int64(n))
		return n
	case inForm:
		if int64(len(b)) < s.left {
			return 0
		}
		n := int(s.left)
		d.form(f, b[:n])
		d.pass(f, from, int64(n))
		return n
	case toClose:
		s.body += int64(len(b))
		return len(b)
	case atChunk, afterChunk, inTrailer:
		return d.chunkLine(f, from, b)
	case holding:
		// Who goes on to ask does not wait for a tunnel.
		if judgeRequest(b) != dissect.Yes {
			return 0
		}
		s.state = atHead
		return d.head(f, from, b)
	case outOfGrammar:
		if !d.again(f, from, b) {
			return len(b)
		}
		return d.head(f, from, b)
	}
	return len(b)
}

// pass counts bytes of a body.
func (d *follower) pass(f *dissect.Flow, from dissect.Side, n int64) {
	s := &d.sides[from]
	s.body += n
	if s.left -= n; s.left > 0 {
		return
	}
	if s.state == inChunk {
		s.state = afterChunk
		return
	}
	d.messageEnd(f, from)
}

// chunkLine uses one line between or after chunks (RFC 9112 §7.1).
func (d *follower) chunkLine(f *dissect.Flow, from dissect.Side, b []byte) int {
	s := &d.sides[from]
	line, n := cutLine(b)
	if n == 0 {
		if len(b) > maxHead {
			d.stray(f, from)
			return len(b)
		}
		return 0
	}
	switch s.state {
	case afterChunk:
		s.state = atChunk
		if len(line) > 0 {
			d.stray(f, from)
		}
	case inTrailer:
		if len(line) == 0 {
			d.messageEnd(f, from)
		}
	default:
		size, ok := chunkSize(line)
		switch {
		case !ok:
			d.stray(f, from)
		case size == 0:
			s.state = inTrailer
		default:
			s.state, s.left = inChunk, size
		}
	}
	return n
}

func chunkSize(line []byte) (size int64, ok bool) {
	i := 0
	for ; i < len(line) && i < maxLine; i++ {
		digit := hexValue(line[i])
		if digit < 0 {
			break
		}
		if i >= maxHexDigit {
			return 0, false
		}
		size = size<<4 | int64(digit)
	}
	return size, i > 0 && (i == len(line) || line[i] == ';' || line[i] == ' ' || line[i] == '\t')
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// messageEnd closes the message of one side.
func (d *follower) messageEnd(f *dissect.Flow, from dissect.Side) {
	s := &d.sides[from]
	body := s.body
	*s = side{strays: s.strays}
	if from == dissect.Client {
		if x := d.asking; x != nil {
			d.asking = nil
			x.requestBody(body)
			if x.connect || x.upgrade {
				s.state = holding
			}
		}
		return
	}
	d.respond(f, body, f.Now)
}

// respond gives out the exchange whose response is over.
func (d *follower) respond(f *dissect.Flow, body int64, end time.Time) {
	x := d.telling
	if x == nil {
		return
	}
	d.telling = nil
	if d.asking == x { // answered before it was all said
		x.requestBody(d.sides[dissect.Client].body)
		d.asking = nil
	}
	x.responseBody(body)
	d.give(f, x, end)
}

// stray says that a side has left the grammar.
func (d *follower) stray(f *dissect.Flow, from dissect.Side) {
	s := &d.sides[from]
	if from == dissect.Server {
		d.respond(f, s.body, f.Now)
	} else if x := d.asking; x != nil {
		d.asking = nil
		x.requestBody(s.body)
	}
	*s = side{state: outOfGrammar, strays: s.strays + 1}
	if s.strays > maxStrays {
		d.done = true
		f.Stop()
	}
}

// again looks whether a head begins here.
func (d *follower) again(f *dissect.Flow, from dissect.Side, b []byte) bool {
	if from == dissect.Client {
		if judgeRequest(b) != dissect.Yes {
			return false
		}
	} else {
		if judgeResponse(b) != dissect.Yes {
			return false
		}
		// Nobody knows how many responses are gone. A browser asks one thing
		// at a time, so this is most likely the answer to the last request.
		for len(d.waiting) > 1 {
			d.unanswered(f)
		}
		d.dropped = 0
	}
	d.sides[from].state = atHead
	return true
}

// Gap counts what is lost of a body. Elsewhere the side waits until a head
// begins at the front of a segment.
func (d *follower) Gap(f *dissect.Flow, from dissect.Side, n int) bool {
	s := &d.sides[from]
	switch {
	case s.state == toClose:
		s.body += int64(n)
	case s.state == inForm && int64(n) <= s.left:
		s.state = inBody
		d.pass(f, from, int64(n))
	case (s.state == inBody || s.state == inChunk) && int64(n) <= s.left:
		d.pass(f, from, int64(n))
	default:
		strays := s.strays
		d.stray(f, from)
		s.strays = strays // a loss is not the side's fault
	}
	return !d.done
}

func (d *follower) End(f *dissect.Flow) {
	d.respond(f, d.sides[dissect.Server].body, d.last)
	if x := d.asking; x != nil {
		x.requestBody(d.sides[dissect.Client].body)
		d.asking = nil
	}
	for len(d.waiting) > 0 {
		d.unanswered(f)
	}
}

// unanswered gives out the oldest request without a response.
func (d *follower) unanswered(f *dissect.Flow) {
	x := d.waiting[0]
	d.waiting = append(d.waiting[:0], d.waiting[1:]...)
	d.give(f, x, x.event.Time)
}
