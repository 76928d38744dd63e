package mail_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/wire/mail"
)

func read(text string, size int) (mail.Header, bool) {
	var r mail.Reader
	done := false
	for len(text) > 0 && !done {
		n := min(size, len(text))
		done = r.Write([]byte(text[:n]))
		text = text[n:]
	}
	return r.Header(), done
}

func TestHeader(t *testing.T) {
	text := "Received: from a by b;\r\n\tSun, 1 Mar 2026\r\nFrom: \"Kim, A\" <a.kim@example.com>\r\nTo: b@example.com,\r\n <c@example.org>\r\n" +
		"cc: D <d@example.com>\r\nSubject: =?UTF-8?B?7JWI64WV?=\r\n folded\r\nMessage-ID: <1@example.com>\r\nX-Mailer: swift\r\n\r\nSubject: body\r\n"
	want := mail.Header{
		From: "a.kim@example.com", FromText: `"Kim, A" <a.kim@example.com>`,
		To: []string{"b@example.com", "c@example.org"}, Cc: []string{"d@example.com"},
		Subject: "안녕 folded", MessageID: "<1@example.com>", Mailer: "swift",
	}
	for _, size := range []int{1, 3, 1 << 20} {
		got, done := read(text, size)
		if diff := cmp.Diff(want, got); diff != "" || !done {
			t.Errorf("%d bytes at a time: done %v (-want +got):\n%s", size, done, diff)
		}
	}
}

func TestHeaderBound(t *testing.T) {
	if _, done := read(strings.Repeat("X-A: b\r\n", mail.MaxSize), 4096); !done {
		t.Error("a header without an end is read on")
	}
	got, done := read("\r\nFrom: a@example.com\r\n\r\n", 1)
	if diff := cmp.Diff(mail.Header{}, got); diff != "" || !done {
		t.Errorf("a message without a header: done %v\n%s", done, diff)
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"<a@example.com>": "a@example.com", "a@example.com": "a@example.com", "'a@example.com'": "a@example.com",
		"<>": "", "root": "", "a@localhost": "", "a b@example.com": "", "a@exa_mple.com": "", "@example.com": "", "a@.com": "", "a@x.": "",
	} {
		if got := mail.Address(in); got != want {
			t.Errorf("Address(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add("From: a@example.com\r\nTo: b\r\n\r\n", 3)
	f.Fuzz(func(t *testing.T, text string, size int) {
		h, _ := read(text, 1+size&0xff)
		for _, a := range append(append([]string{h.From}, h.To...), h.Cc...) {
			if a != mail.Address(a) {
				t.Errorf("%q is no address", a)
			}
		}
	})
}
