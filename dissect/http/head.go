package http

import (
	"bytes"

	"github.com/bongsu/bongsu/dissect"
)

// head uses the head of the next message of a side.
func (d *follower) head(f *dissect.Flow, from dissect.Side, b []byte) int {
	s := &d.sides[from]
	if b[0] == '\r' || b[0] == '\n' { // RFC 9112 §2.2
		n := 1
		for n < len(b) && (b[n] == '\r' || b[n] == '\n') {
			n++
		}
		return n
	}
	if s.scanned == 0 {
		var verdict dissect.Verdict
		if from == dissect.Client {
			verdict = judgeRequest(b)
		} else {
			verdict = judgeResponse(b)
		}
		if verdict == dissect.No {
			d.stray(f, from)
			return len(b)
		}
	}
	n := headEnd(b, s.scanned)
	if n == 0 {
		if len(b) > maxHead {
			d.stray(f, from)
			return len(b)
		}
		s.scanned = max(len(b)-3, 0)
		return 0
	}
	*s = side{strays: s.strays}
	if from == dissect.Client {
		d.request(f, b[:n])
	} else {
		d.response(f, b[:n])
	}
	return n
}

// headEnd returns the length of the head at the front of b, 0 where its end is
// not there. Lines may end without a carriage return (RFC 9112 §2.2).
func headEnd(b []byte, from int) int {
	for i := from; i < len(b); {
		j := bytes.IndexByte(b[i:], '\n')
		if j < 0 {
			return 0
		}
		i += j + 1
		switch {
		case i < len(b) && b[i] == '\n':
			return i + 1
		case i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n':
			return i + 2
		}
	}
	return 0
}

// cutLine returns the line at the front of b, without its end, and how many
// bytes it takes; 0 where it has no end.
func cutLine(b []byte) (line []byte, n int) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return nil, 0
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), i + 1
}

// fields walks the header fields of a head.
type fields struct{ rest []byte }

// next returns the next field. Lines that are none, and those that continue
// another (RFC 9112 §5.2), are passed over.
func (h *fields) next() (name, value []byte, ok bool) {
	for {
		line, n := cutLine(h.rest)
		if n == 0 || len(line) == 0 {
			return nil, nil, false
		}
		h.rest = h.rest[n:]
		i := bytes.IndexByte(line, ':')
		if i <= 0 || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		return bytes.TrimRight(line[:i], " \t"), bytes.TrimSpace(line[i+1:]), true
	}
}

// is compares a field's name in any case; name is lower-case.
func is(got []byte, name string) bool {
	if len(got) != len(name) {
		return false
	}
	for i := range len(name) {
		if lower(got[i]) != name[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// startsFold compares the beginning in any case; prefix is lower-case.
func startsFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && is(b[:len(prefix)], prefix)
}

// hasToken looks for a word of a comma-separated list.
func hasToken(list []byte, token string) bool {
	for len(list) > 0 {
		word := list
		if i := bytes.IndexByte(list, ','); i >= 0 {
			word, list = list[:i], list[i+1:]
		} else {
			list = nil
		}
		if is(bytes.TrimSpace(word), token) {
			return true
		}
	}
	return false
}

// number reads a decimal without sign; anything else is -1.
func number(b []byte) int64 {
	if len(b) == 0 || len(b) > 18 {
		return -1
	}
	n := int64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// splitRequest takes a request line apart. A space inside the target, which is
// an error that attackers make, stays in the target.
func splitRequest(line []byte) (method, target, version []byte, ok bool) {
	i := bytes.IndexByte(line, ' ')
	j := bytes.LastIndexByte(line, ' ')
	if i <= 0 || j <= i {
		return nil, nil, nil, false
	}
	version, ok = bytes.CutPrefix(line[j+1:], []byte("HTTP/"))
	if !ok || len(version) < 3 || len(version) > maxVersion || version[1] != '.' { // devices write 1.0.8 as well
		return nil, nil, nil, false
	}
	return line[:i], bytes.TrimSpace(line[i+1 : j]), version, true
}

// splitStatus takes a status line apart.
func splitStatus(line []byte) (version []byte, code int, reason []byte, ok bool) {
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/")) || line[8] != ' ' {
		return nil, 0, nil, false
	}
	rest := bytes.TrimLeft(line[9:], " ")
	if len(rest) < 3 {
		return nil, 0, nil, false
	}
	n := number(rest[:3])
	if n < 100 || len(rest) > 3 && rest[3] != ' ' {
		return nil, 0, nil, false
	}
	return line[5:8], int(n), bytes.TrimSpace(rest[3:]), true
}
