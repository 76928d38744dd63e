package line_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/wire/line"
)

// read cuts input as a flow would hand it over, size bytes at a time.
func read(input string, size int) []string {
	var r line.Reader
	var out []string
	var pending []byte
	for len(input) > 0 {
		n := min(size, len(input))
		pending = append(pending, input[:n]...)
		input = input[n:]
		for {
			text, used, ok := r.Next(pending)
			pending = pending[used:]
			if !ok {
				break
			}
			out = append(out, string(text))
		}
	}
	return out
}

func TestReader(t *testing.T) {
	long := strings.Repeat("x", line.Max+100)
	for _, c := range []struct {
		name, input string
		want        []string
	}{
		{"crlf and lf", "USER a\r\nPASS b\n\r\nlast", []string{"USER a", "PASS b", ""}},
		{"a long line is cut and its rest dropped", long + "\r\nnext\r\n", []string{long[:line.Max], "next"}},
	} {
		for _, size := range []int{1, 7, 1 << 20} {
			if diff := cmp.Diff(c.want, read(c.input, size)); diff != "" {
				t.Errorf("%s, %d bytes at a time (-want +got):\n%s", c.name, size, diff)
			}
		}
	}
}

func TestReset(t *testing.T) {
	var r line.Reader
	if _, _, ok := r.Next([]byte(strings.Repeat("x", line.Max+1))); !ok {
		t.Fatal("a line that is too long is not handed out")
	}
	r.Reset()
	if text, _, ok := r.Next([]byte("whole\r\n")); !ok || string(text) != "whole" {
		t.Fatalf("after a loss: %q, %v", text, ok)
	}
}

func TestCode(t *testing.T) {
	for in, want := range map[string]struct {
		code int
		more bool
	}{
		"230 ok": {230, false}, "220-hello": {220, true}, "331": {331, false},
		"2300 x": {}, "23": {}, "abc": {}, "999 x": {}, "": {}, " 220 x": {},
	} {
		if code, more := line.Code([]byte(in)); code != want.code || more != want.more {
			t.Errorf("Code(%q) = %d, %v", in, code, more)
		}
	}
}

func TestWord(t *testing.T) {
	for in, want := range map[string][2]string{
		"user  joe x": {"USER", "joe x"}, "QUIT": {"QUIT", ""}, "": {"", ""},
		strings.Repeat("a", 40) + " b": {"", strings.Repeat("a", 40) + " b"},
	} {
		word, rest := line.Word([]byte(in))
		if diff := cmp.Diff(want, [2]string{word, string(rest)}); diff != "" {
			t.Errorf("Word(%q) (-want +got):\n%s", in, diff)
		}
	}
}
