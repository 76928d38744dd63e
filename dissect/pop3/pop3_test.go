package pop3_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/pop3"
	"github.com/bongsu/bongsu/event"
)

var (
	c = dissecttest.C
	s = dissecttest.S
)

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// brief tells what matters of an event in one line.
func brief(e *event.Event) string {
	if e.Class != event.Authentication {
		return e.Str(event.FTPCommand)
	}
	return strings.TrimSpace(fmt.Sprintf("login %s %d clear=%v %s", e.Str(event.UserName), e.Int(event.StatusID), e.Bool(event.IsCleartext), e.Str(event.AuthProtocol)))
}

// marker stands for the protocol that takes over.
type marker struct{}

func (marker) Feed(f *dissect.Flow, _ dissect.Side, data []byte) int {
	e := f.Event(event.NetworkActivity)
	e.SetStr(event.FTPCommand, "handed over: "+string(data))
	f.Emit(e)
	return len(data)
}
func (marker) Gap(*dissect.Flow, dissect.Side, int) bool { return true }
func (marker) End(*dissect.Flow)                         {}

func talk(t *testing.T, pieces ...dissecttest.Piece) []string {
	t.Helper()
	var out []string
	tls := dissect.Kind{Name: "tls", Transport: dissect.TCP, New: func() dissect.Dissector { return marker{} }}
	for _, e := range dissecttest.Talk([]dissect.Kind{pop3.Kind(), tls}, dissect.TCP, 110, pieces...) {
		dissecttest.CheckJSON(t, e)
		text := string(e.AppendJSON(nil))
		if strings.Contains(text, "s3cret") || strings.Contains(text, b64("s3cret")) {
			t.Errorf("a password is in an event: %s", text)
		}
		out = append(out, brief(e))
	}
	return out
}

var conversations = []struct {
	name   string
	pieces []dissecttest.Piece
	want   []string
}{
	{"success", []dissecttest.Piece{
		s("+OK ready <1@example.com>\r\n"), c("CAPA\r\n"), s("+OK list\r\nUSER\r\n+OK is no reply here\r\n.\r\n"), c("USER alice\r\n"), s("+OK\r\n"),
		c("PASS s3cret with space\r\n"), s("+OK in\r\n"), c("RETR 1\r\n"), s("+OK\r\nmail\r\n.\r\n"),
	}, []string{"login alice 1 clear=true"}},
	{"failures, then APOP", []dissecttest.Piece{
		s("+OK ready <1@example.com>\r\n"), c("USER alice\r\n"), s("+OK\r\n"), c("PASS s3cret\r\n"), s("-ERR no\r\n"),
		c("USER alice\r\nPASS s3cret\r\n"), s("+OK\r\n-ERR no\r\n"), c("APOP alice c4c9334bac560ecc979e58001b3e22fb\r\n"), s("+OK in\r\n"),
	}, []string{"login alice 2 clear=true", "login alice 2 clear=true", "login alice 1 clear=false APOP"}},
	{"sasl", []dissecttest.Piece{
		s("+OK\r\n"), c("AUTH\r\n"), s("+OK\r\nPLAIN\r\n.\r\n"), c("AUTH LOGIN\r\n"), s("+ VXNlcm5hbWU6\r\n"), c(b64("bob") + "\r\n"), s("+ UGFzc3dvcmQ6\r\n"), c(b64("s3cret") + "\r\n"), s("-ERR no\r\n"),
		c("AUTH CRAM-MD5\r\n"), s("-ERR unknown\r\n"), c("AUTH PLAIN " + b64("\x00bob\x00s3cret") + "\r\n"), s("+OK in\r\n"),
	}, []string{"login bob 2 clear=true LOGIN", "login bob 1 clear=true PLAIN"}},
	{"the greeting was not captured", []dissecttest.Piece{
		c("USER alice\r\n"), s("+OK\r\n"), c("PASS s3cret\r\n"), s("-ERR no\r\n"),
	}, []string{"login alice 2 clear=true"}},
	{"no answer", []dissecttest.Piece{
		s("+OK ready\r\n"), c("USER alice\r\n"), s("+OK\r\n"), c("PASS s3cret\r\n"),
	}, []string{"login alice 0 clear=true"}},
	{"starttls", []dissecttest.Piece{
		s("+OK ready\r\n"), c("STLS\r\n"), s("+OK go\r\n"), c("\x16\x03\x01"),
	}, []string{"handed over: \x16\x03\x01"}},
}

func TestConversations(t *testing.T) {
	for _, tc := range conversations {
		if diff := cmp.Diff(tc.want, talk(t, tc.pieces...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if tc.name == "starttls" {
			continue // what comes after is another's to cut
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
	got := talk(t, s("+OK ready\r\n"), c("USER alice\r\n"), s("+OK\r\n"), c("PASS s3cret\r\n"), dissecttest.Piece{From: dissect.Server, Lost: 5},
		c("STAT\r\n"), s("+OK 0 0\r\n"))
	if diff := cmp.Diff([]string{"login alice 0 clear=true"}, got); diff != "" {
		t.Errorf("a lost reply (-want +got):\n%s", diff)
	}
}

func TestProbe(t *testing.T) {
	for _, tc := range []struct {
		client, server string
		want           dissect.Verdict
	}{
		{"", "+OK ready\r\n", dissect.More},
		{"USER a\r\n", "+OK ready\r\n", dissect.Yes},
		{"QUIT\r\n", "+OK\r\n", dissect.More},
		{"*1\r\n$4\r\nPING\r\n", "+OK\r\n", dissect.No},
		{"AUTH hunter2\r\n", "+OK\r\n", dissect.No},
		{"PING\r\n", "+OK\r\n", dissect.No},
		{"USER a\r\n", "220 ftp\r\n", dissect.No},
		{"USER a\r\n", "", dissect.More},
		{"GET / HTTP/1.1\r\n", "", dissect.No},
		{"\x16\x03\x01\x02", "", dissect.No},
		{"", "+PONG\r\n", dissect.No},
	} {
		got := pop3.Kind().Probe(dissect.Opening{Client: []byte(tc.client), Server: []byte(tc.server), Transport: dissect.TCP})
		if got != tc.want {
			t.Errorf("client %q, server %q: verdict %d, want %d", tc.client, tc.server, got, tc.want)
		}
	}
}

func FuzzPOP3(f *testing.F) {
	var seeds []string
	for _, tc := range conversations {
		var b strings.Builder
		for _, p := range tc.pieces {
			b.Write(p.Data)
		}
		seeds = append(seeds, b.String())
	}
	dissecttest.Fuzz(f, pop3.Kind(), seeds...)
}
