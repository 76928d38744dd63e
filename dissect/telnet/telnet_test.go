package telnet_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/telnet"
	"github.com/bongsu/bongsu/event"
)

var (
	c = dissecttest.C
	s = dissecttest.S
)

const options = "\xff\xfd\x18\xff\xfd\x20"

func talk(t *testing.T, pieces ...dissecttest.Piece) []string {
	t.Helper()
	var out []string
	for _, e := range dissecttest.Talk([]dissect.Kind{telnet.Kind()}, dissect.TCP, 23, pieces...) {
		dissecttest.CheckJSON(t, e)
		if text := string(e.AppendJSON(nil)); strings.Contains(text, "s3cret") {
			t.Errorf("a password is in an event: %s", text)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %d clear=%v %s", e.Str(event.UserName), e.Int(event.StatusID), e.Bool(event.IsCleartext), e.Str(event.StatusDetail))))
	}
	return out
}

// echo lets the server repeat each key, as it does in character mode.
func echo(keys string) []dissecttest.Piece {
	var out []dissecttest.Piece
	for _, k := range keys {
		out = append(out, c(string(k)), s(string(k)))
	}
	return out
}

func join(lists ...[]dissecttest.Piece) []dissecttest.Piece {
	var out []dissecttest.Piece
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

var conversations = []struct {
	name   string
	pieces []dissecttest.Piece
	want   []string
}{
	{"success after a failure", []dissecttest.Piece{
		s(options), c("\xff\xfb\x18\xff\xfc\x20\xff\xfa\x18\x00xterm\xff\xf0"), s("Ubuntu\r\nhost login: "), c("root\r\n"), s("\r\nPassword: "), c("s3cret\r\n"),
		s("\r\n\r\nLogin incorrect\r\nhost login: "), c("alice\r\n"), s("\r\nPassword: "), c("s3cret\r\n"),
		s("\r\nLast failed login: Sun Mar 1 from 192.0.2.1\r\nhost$ "), c("ls\r\n"),
	}, []string{"root 2 clear=true Login incorrect", "alice 1 clear=true"}},
	{"keys with echo and corrections", join([]dissecttest.Piece{s(options + "login: ")}, echo("rx"), []dissecttest.Piece{c("\x7f"), s("\b \b")}, echo("oot"),
		[]dissecttest.Piece{c("\r\x00"), s("\r\nPassword: "), c("s"), c("3"), c("cret"), c("\r\x00"), s("\r\n\x1b[1m# \x1b[0m"), c("l")}), []string{"root 1 clear=true"}},
	{"a device that asks for the password alone", []dissecttest.Piece{
		s(options + "\r\nUser Access Verification\r\n\r\nPassword: "), c("s3cret\r\n"), s("\r\nPassword: "), c("s3cret\r\n"), s("\r\n% Bad passwords\r\n"),
	}, []string{"- 2 clear=true", "- 2 clear=true % Bad passwords"}},
	{"no word of refusal, but another prompt", []dissecttest.Piece{
		s(options + "Username: "), c("admin\r\n"), s("Password: "), c("s3cret\r\n"), s("\r\nUsername: "), c("admin\r\n"), s("Password: "), c("s3cret\r\n"), s("\r\nrouter>"),
	}, []string{"admin 2 clear=true", "admin 1 clear=true"}},
	{"korean", []dissecttest.Piece{
		s(options + "사용자 이름: "), c("admin\r\n"), s("비밀번호: "), c("s3cret\r\n"), s("\r\n비밀번호가 올바르지 않습니다.\r\n로그인: "), c("admin\r\n"),
		s("\xbe\xcf\xc8\xa3: "), c("s3cret\r\n"), s("\r\n\xb7\xce\xb1\xd7\xc0\xce \xbd\xc7\xc6\xd0\r\n"),
	}, []string{"admin 2 clear=true 비밀번호가 올바르지 않습니다.", "admin 2 clear=true \xb7\xce\xb1\xd7\xc0\xce \xbd\xc7\xc6\xd0"}},
	{"the password is echoed and has a word of refusal", []dissecttest.Piece{
		s(options + "login: "), c("a\r\n"), s("a\r\nPassword: "), c("wrong-s3cret\r\n"), s("wrong-s3cret\r\n"),
	}, []string{"a 2 clear=true"}},
	{"no outcome", []dissecttest.Piece{
		s(options + "login: "), c("a\r\n"), s("Password: "), c("s3cret\r\n"), s("\r\n"),
	}, []string{"a 0 clear=true"}},
	{"no password is asked for", []dissecttest.Piece{
		s("login: "), c("guest\r\n"), s("\r\n$ "), c("id\r\n"),
	}, []string{"guest 1 clear=false"}},
	{"the name comes as an environment variable", []dissecttest.Piece{
		s(options), c("\xff\xfa\x27\x00\x00USER\x01-f root\xff\xf0"), s("# "), c("id\r\n"),
	}, []string{"-f root 1 clear=false"}},
	{"nothing typed", []dissecttest.Piece{s(options + "login: ")}, nil},
}

func TestConversations(t *testing.T) {
	for _, tc := range conversations {
		if diff := cmp.Diff(tc.want, talk(t, tc.pieces...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		var bytewise []dissecttest.Piece
		for _, p := range tc.pieces {
			for _, b := range p.Data {
				bytewise = append(bytewise, dissecttest.Piece{From: p.From, Data: []byte{b}})
			}
		}
		if diff := cmp.Diff(tc.want, talk(t, bytewise...)); diff != "" {
			t.Errorf("%s, byte by byte (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestLoss(t *testing.T) {
	got := talk(t, s(options+"login: "), c("root\r\n"), s("Password: "), c("s3"), dissecttest.Piece{From: dissect.Client, Lost: 6}, s("\r\nLogin incorrect\r\n"))
	if diff := cmp.Diff([]string{"root 2 clear=true Login incorrect"}, got); diff != "" {
		t.Errorf("a lost password (-want +got):\n%s", diff)
	}
}

func TestProbe(t *testing.T) {
	for _, tc := range []struct {
		client, server string
		want           dissect.Verdict
	}{
		{"", options, dissect.Yes},
		{"\xff\xfd\x03", "", dissect.More},
		{"\xff\xfd\x03", "\xff\xfb\x03", dissect.Yes},
		{"", "\xff\xfd", dissect.More},
		{"", "\xff\xfd\x03Welcome", dissect.Yes},
		{"", "\xff\xfd\x03\x01\x02\x03", dissect.No},
		{"", "\xff\xfd\x60\x01\x02\x03", dissect.No},
		{"", "\xff\xd8\xff\xe0", dissect.No},
		{"", "BusyBox\r\nrouter login: ", dissect.Yes},
		{"", "Welcome to ", dissect.More},
		{"GET / HTTP/1.1\r\n", "", dissect.No},
		{"\x16\x03\x01\x02", "", dissect.No},
		{"", "\x00\x00\x00\x01", dissect.No},
	} {
		got := telnet.Kind().Probe(dissect.Opening{Client: []byte(tc.client), Server: []byte(tc.server), Transport: dissect.TCP})
		if got != tc.want {
			t.Errorf("client %q, server %q: verdict %d, want %d", tc.client, tc.server, got, tc.want)
		}
	}
}

// TestProbeChance sees to it that noise is not taken for Telnet.
func TestProbeChance(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	b := make([]byte, 40)
	for range 200_000 {
		r.Read(b)
		b[0] = 0xff
		if telnet.Kind().Probe(dissect.Opening{Client: b, Transport: dissect.TCP}) == dissect.Yes {
			t.Fatalf("noise is taken for Telnet: %x", b)
		}
	}
}

func FuzzTelnet(f *testing.F) {
	var seeds []string
	for _, tc := range conversations {
		var b strings.Builder
		for _, p := range tc.pieces {
			b.Write(p.Data)
		}
		seeds = append(seeds, b.String())
	}
	dissecttest.Fuzz(f, telnet.Kind(), seeds...)
}
