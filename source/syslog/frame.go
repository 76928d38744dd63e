package syslog

import "bytes"

// framing is how a connection tells where a message ends (RFC 6587 §3.4).
type framing uint8

const (
	undecided framing = iota
	byLine            // a line feed or NUL behind each message
	byCount           // its length before each message
)

// maxDigits bounds the length that a sender may announce.
const maxDigits = 9

// A framer cuts the stream of one connection into messages. It decides by the
// first bytes how the sender frames them: "57 <34>1 …" counts, everything else
// ends lines. A sender that counts and then sends no count is read by lines
// from there on, so that nothing of it is lost.
type framer struct {
	framing  framing
	skip     int  // bytes of a counted message that was cut
	skipLine bool // within the rest of a line that was cut
	seen     int  // bytes at the beginning of what waits that hold no line end

	malformed uint64 // counts that were none
	skipped   uint64 // bytes of what was cut
}

// next returns the first message of b, and how many bytes of b are done with;
// they are done with also where there is no message yet. A message longer than
// limit is cut there. Last says that b is all that will ever come. The next
// call gets what is left of b, with more behind it.
func (f *framer) next(b []byte, limit int, last bool) (body []byte, cut bool, used int, ok bool) {
	for {
		rest := b[used:]
		switch {
		case f.skip > 0:
			n := min(f.skip, len(rest))
			f.skip -= n
			f.skipped += uint64(n)
			used += n
			if f.skip > 0 {
				return nil, false, used, false
			}
			continue
		case f.skipLine:
			i := lineEnd(rest)
			if i < 0 {
				f.skipped += uint64(len(rest))
				return nil, false, len(b), false
			}
			f.skipped += uint64(i)
			f.skipLine = false
			used += i + 1
			continue
		}
		if f.seen == 0 {
			rest = bytes.TrimLeft(rest, "\r\n\x00 ")
			used = len(b) - len(rest)
		}
		if len(rest) == 0 {
			return nil, false, used, false
		}
		if f.framing == undecided && !f.decide(rest, last) {
			return nil, false, used, false
		}
		if f.framing == byLine {
			body, cut, n, ok := f.line(rest, limit, last)
			return body, cut, used + n, ok
		}
		header, length, state := count(rest)
		switch {
		case state == more && !last:
			return nil, false, used, false
		case state != whole:
			f.malformed++
			f.framing = byLine
			continue
		}
		rest = rest[header:]
		kept := min(length, limit)
		if len(rest) < kept && !last {
			return nil, false, used, false
		}
		kept = min(kept, len(rest)) // less only where the sender is gone
		f.skip = length - kept
		if last {
			f.skip = min(f.skip, len(rest)-kept)
		}
		used += header + kept
		return trim(rest[:kept]), kept < length, used, true
	}
}

// decide finds out how the connection is framed. It returns false while the
// bytes could still be either.
func (f *framer) decide(b []byte, last bool) bool {
	f.framing = byLine
	header, _, state := count(b)
	switch {
	case state == more, state == whole && header == len(b):
		// A count, but not yet what stands behind it.
		if !last {
			f.framing = undecided
			return false
		}
	case state == whole && b[header] == '<':
		f.framing = byCount
	}
	return true
}

// line returns the first line.
func (f *framer) line(b []byte, limit int, last bool) (body []byte, cut bool, used int, ok bool) {
	i := lineEnd(b[f.seen:])
	if i >= 0 {
		i += f.seen
	}
	switch {
	case i > limit, i < 0 && len(b) > limit:
		f.seen = 0
		f.skipLine = true
		return trim(b[:limit]), true, limit, true
	case i >= 0:
		f.seen = 0
		return trim(b[:i]), false, i + 1, true
	case last:
		f.seen = 0
		return trim(b), false, len(b), true
	}
	f.seen = len(b)
	return nil, false, 0, false
}

// lineEnd returns the place of the first line feed or NUL, which some senders
// write instead (RFC 6587 §3.4.2).
func lineEnd(b []byte) int {
	i := bytes.IndexByte(b, '\n')
	if i >= 0 {
		b = b[:i]
	}
	if j := bytes.IndexByte(b, 0); j >= 0 {
		return j
	}
	return i
}

// What b begins with, seen as a count.
type counted uint8

const (
	none counted = iota
	more         // perhaps a count, its end is not there yet
	whole
)

// count reads MSG-LEN and the space behind it (RFC 6587 §3.4.1).
func count(b []byte) (header, length int, state counted) {
	i := 0
	for i < len(b) && i < maxDigits && b[i] >= '0' && b[i] <= '9' {
		length = length*10 + int(b[i]-'0')
		i++
	}
	switch {
	case i > 0 && b[0] == '0':
		return 0, 0, none
	case i == len(b):
		return 0, 0, more
	case i == 0 || b[i] != ' ':
		return 0, 0, none
	}
	return i + 1, length, whole
}

// trim takes off what some senders put behind a message.
func trim(b []byte) []byte { return bytes.TrimRight(b, "\r\n\x00") }
