package syslog_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/source/syslog"
)

type message struct {
	Body string
	Cut  bool
}

// frames reads a stream that comes in pieces of a size.
func frames(stream []byte, piece, limit int) []message {
	var (
		f   syslog.Framer
		buf []byte
		out []message
	)
	for last := false; !last; {
		n := min(piece, len(stream))
		buf = append(buf, stream[:n]...)
		stream = stream[n:]
		last = len(stream) == 0
		for {
			body, cut, used, ok := f.Next(buf, limit, last)
			if ok && len(body) > 0 {
				out = append(out, message{string(body), cut})
			}
			buf = append([]byte(nil), buf[used:]...)
			if !ok {
				break
			}
		}
	}
	return out
}

func TestFraming(t *testing.T) {
	long := strings.Repeat("x", 40)
	for _, c := range []struct {
		name, stream string
		want         []message
	}{
		{"lines", "<34>one\n<34>two\n", []message{{"<34>one", false}, {"<34>two", false}}},
		{"lines with carriage returns and empty ones", "<34>one\r\n\r\n\n<34>two\r\n", []message{{"<34>one", false}, {"<34>two", false}}},
		{"lines that end with NUL", "<34>one\x00<34>two\x00", []message{{"<34>one", false}, {"<34>two", false}}},
		{"last line without an end", "<34>one\n<34>two", []message{{"<34>one", false}, {"<34>two", false}}},
		{"lines that begin with a time", "2026-03-01T09:00Z app: 1\n", []message{{"2026-03-01T09:00Z app: 1", false}}},
		{"lines that begin with a number", "12 apples\n", []message{{"12 apples", false}}},
		{"counted", "7 <34>one7 <34>two", []message{{"<34>one", false}, {"<34>two", false}}},
		{"counted with line ends within and behind", "11 <34>one\ntwo\n7 <34>six\n", []message{{"<34>one\ntwo", false}, {"<34>six", false}}},
		{"counted, the sender goes in the middle", "7 <34>one9 <34>t", []message{{"<34>one", false}, {"<34>t", true}}},
		{"counted, the sender goes within a count", "7 <34>one9", []message{{"<34>one", false}, {"9", false}}},
		{"counted and then not", "7 <34>one<34>two\n<34>three\n", []message{{"<34>one", false}, {"<34>two", false}, {"<34>three", false}}},
		{"a count that is too large to be one", "7 <34>one9999999999 <34>x\n", []message{{"<34>one", false}, {"9999999999 <34>x", false}}},
		{"a count of nothing", "7 <34>one0 <34>two\n", []message{{"<34>one", false}, {"0 <34>two", false}}},
		{"a long line", "<34>" + long + "\n<34>two\n", []message{{("<34>" + long)[:24], true}, {"<34>two", false}}},
		{"a long counted message", "44 <34>" + long + "7 <34>two", []message{{("<34>" + long)[:24], true}, {"<34>two", false}}},
		{"nothing", "", nil},
		{"line ends only", "\n\r\n\x00\n", nil},
	} {
		for piece := range len(c.stream) + 1 {
			if got := frames([]byte(c.stream), piece+1, 24); !cmp.Equal(c.want, got) {
				t.Errorf("%s, in pieces of %d (-want +got):\n%s", c.name, piece+1, cmp.Diff(c.want, got))
				break
			}
		}
	}
}

// FuzzFraming holds that messages do not depend on how the stream is split into
// packets, that none is longer than allowed, and that lines lose nothing.
func FuzzFraming(f *testing.F) {
	for _, s := range []string{"<34>one\n<34>two", "7 <34>one7 <34>two", "7 <34>one<34>x\n", "999999999 <34>a", "12 \n", "1 <2 <\x00"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		const limit = 24
		whole := frames(stream, len(stream)+1, limit)
		split := frames(stream, max(1, piece%64), limit)
		if !cmp.Equal(whole, split) {
			t.Fatalf("messages depend on packets:\n%s", cmp.Diff(whole, split))
		}
		kept := 0
		for _, m := range whole {
			if len(m.Body) > limit {
				t.Fatalf("message of %d bytes", len(m.Body))
			}
			if !bytes.Contains(stream, []byte(m.Body)) {
				t.Fatalf("message %q is not in the stream", m.Body)
			}
			kept += len(m.Body)
		}
		if kept > len(stream) {
			t.Fatalf("%d bytes out of %d", kept, len(stream))
		}
	})
}
