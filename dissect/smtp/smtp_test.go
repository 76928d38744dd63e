package smtp_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/smtp"
	"github.com/bongsu/bongsu/event"
)

var (
	c = dissecttest.C
	s = dissecttest.S
)

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// brief tells what matters of an event in one line.
func brief(e *event.Event) string {
	switch e.Class {
	case event.Authentication:
		return fmt.Sprintf("login %s %d %s clear=%v", e.Str(event.UserName), e.Int(event.StatusID), e.Str(event.AuthProtocol), e.Bool(event.IsCleartext))
	case event.EmailActivity:
		return fmt.Sprintf("mail %s > %s %q %s %d", e.Str(event.EmailFrom), e.Str(event.EmailTo), e.Str(event.EmailSubject), e.Str(event.EmailSMTPFrom), e.Int(event.StatusID))
	}
	return e.Str(event.FTPCommand)
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
	for _, e := range dissecttest.Talk([]dissect.Kind{smtp.Kind(), tls}, dissect.TCP, 25, pieces...) {
		dissecttest.CheckJSON(t, e)
		text := string(e.AppendJSON(nil))
		if strings.Contains(text, "s3cret") || strings.Contains(text, b64("s3cret")) {
			t.Errorf("a password is in an event: %s", text)
		}
		if e.Class == event.EmailActivity && strings.Contains(text, "connection_info") {
			t.Errorf("Email Activity has no connection: %s", text)
		}
		out = append(out, brief(e))
	}
	return out
}

const (
	header = "From: A <a@example.com>\r\nTo: b@example.org\r\nSubject: hello\r\n\r\n"
	sent   = `mail a@example.com > ["b@example.org"] "hello" x@example.net 1`
)

var conversations = []struct {
	name   string
	pieces []dissecttest.Piece
	want   []string
}{
	{"login and a message", []dissecttest.Piece{
		s("220 mail.example.org ESMTP\r\n"), c("EHLO pc\r\n"), s("250-hi\r\n250 AUTH PLAIN\r\n"),
		c("AUTH PLAIN " + b64("\x00alice\x00s3cret") + "\r\n"), s("235 in\r\n"),
		c("MAIL FROM:<x@example.net> SIZE=3\r\n"), s("250 ok\r\n"), c("RCPT TO:<b@example.org>\r\n"), s("250 ok\r\n"),
		c("DATA\r\n"), s("354 go\r\n"), c(header + "body\r\n..dot\r\nQUIT\r\n.\r\n"), s("250 queued\r\n"), c("QUIT\r\n"), s("221 bye\r\n"),
	}, []string{"login alice 1 PLAIN clear=true", sent}},
	{"logins that fail", []dissecttest.Piece{
		s("220 ready\r\n"), c("EHLO pc\r\n"), s("250 hi\r\n"),
		c("AUTH LOGIN\r\n"), s("334 VXNlcm5hbWU6\r\n"), c(b64("bob") + "\r\n"), s("334 UGFzc3dvcmQ6\r\n"), c(b64("s3cret") + "\r\n"), s("535 no\r\n"),
		c("AUTH CRAM-MD5\r\n"), s("334 PDFAeD4=\r\n"), c(b64("bob 00112233445566778899aabbccddeeff") + "\r\n"), s("535 no\r\n"),
		c("AUTH PLAIN\r\n"), s("504 unknown mechanism\r\n"),
	}, []string{"login bob 2 LOGIN clear=true", "login bob 2 CRAM-MD5 clear=false"}},
	{"refused message, no header", []dissecttest.Piece{
		s("220 ready\r\n"), c("HELO pc\r\n"), s("250 hi\r\n"),
		c("MAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<no@example.org>\r\nDATA\r\n"), s("250 ok\r\n250 ok\r\n550 nobody\r\n354 go\r\n"),
		c("\r\nonly text\r\n.\r\n"), s("554 spam\r\n"),
	}, []string{`mail  > ["b@example.org"] ""  2`}},
	{"chunks", []dissecttest.Piece{
		s("220 ready\r\n"), c("EHLO pc\r\n"), s("250 hi\r\n"), c("MAIL FROM:<x@example.net>\r\n"), s("250 ok\r\n"), c("RCPT TO:<b@example.org>\r\n"), s("250 ok\r\n"),
		c(fmt.Sprintf("BDAT %d\r\n%s", len(header)-9, header[:len(header)-9])), s("250 ok\r\n"),
		c(fmt.Sprintf("BDAT %d LAST\r\n%s", 9+12, header[len(header)-9:]+"QUIT\r\nmore\r\n")), s("250 queued\r\n"), c("NOOP\r\n"), s("250 ok\r\n"),
	}, []string{sent}},
	{"no answer to the message", []dissecttest.Piece{
		s("220 ready\r\n"), c("HELO pc\r\n"), s("250 hi\r\n"), c("MAIL FROM:<x@example.net>\r\n"), s("250 ok\r\n"), c("DATA\r\n"), s("354 go\r\n"), c("From: a@example.com\r\n"),
	}, []string{`mail a@example.com >  "" x@example.net 0`}},
	{"starttls", []dissecttest.Piece{
		s("220 ready\r\n"), c("EHLO pc\r\n"), s("250 hi\r\n"), c("STARTTLS\r\n"), s("220 go\r\n"), c("\x16\x03\x01"),
	}, []string{"handed over: \x16\x03\x01"}},
	{"one side only", []dissecttest.Piece{
		c("EHLO pc\r\n"), c("AUTH PLAIN " + b64("\x00alice\x00s3cret") + "\r\n"), c("MAIL FROM:<x@example.net>\r\n"), c("RCPT TO:<b@example.org>\r\n"), c("DATA\r\n"),
		c(header + "body\r\n.\r\n"), c("MAIL FROM:<y@example.net>\r\nRCPT TO:<c@example.org>\r\nDATA\r\n"), c("\r\n.\r\n"),
	}, []string{
		"login alice 0 PLAIN clear=true", `mail a@example.com > ["b@example.org"] "hello" x@example.net 0`,
		`mail y@example.net > ["c@example.org"] "" y@example.net 0`,
	}},
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
	got := talk(t, s("220 ESMTP\r\n"), c("EHLO pc\r\n"), s("250 hi\r\n"), c("MAIL FROM:<x@example.net>\r\n"), s("250 ok\r\n"), c("RCPT TO:<b@example.org>\r\n"),
		s("250 ok\r\n"), c("DATA\r\n"), s("354 go\r\n"), c(header+"bo"), dissecttest.Piece{From: dissect.Client, Lost: 1460}, c("dy\r\n.\r\n"), s("250 ok\r\n"))
	if diff := cmp.Diff([]string{sent}, got); diff != "" {
		t.Errorf("a hole in the body (-want +got):\n%s", diff)
	}
	got = talk(t, s("220 ESMTP\r\n"), c("EHLO pc\r\n"), s("250 hi\r\n"), c("AUTH PLAIN "+b64("\x00alice\x00s3cret")+"\r\n"), dissecttest.Piece{From: dissect.Server, Lost: 10},
		c("MAIL FROM:<x@example.net>\r\n"), s("250 ok\r\n"), c("RCPT TO:<b@example.org>\r\n"), s("250 ok\r\n"), c("DATA\r\n"), s("354 go\r\n"), c(header+".\r\n"), s("250 ok\r\n"))
	if diff := cmp.Diff([]string{"login alice 0 PLAIN clear=true", sent}, got); diff != "" {
		t.Errorf("a lost reply (-want +got):\n%s", diff)
	}
}

func TestProbe(t *testing.T) {
	for _, tc := range []struct {
		client, server string
		want           dissect.Verdict
	}{
		{"", "220 mail.example.org ESMTP\r\n", dissect.Yes},
		{"", "220 FTP ready\r\n", dissect.No},
		{"", "220 ready\r\n", dissect.More},
		{"USER a\r\n", "220 ready\r\n", dissect.No},
		{"EHLO a\r\n", "220 ready\r\n", dissect.Yes},
		{"EHLO a\r\n", "", dissect.Yes},
		{"STARTTLS\r\n", "", dissect.More},
		{"EHLO a\r\n", "250 hello\r\n", dissect.Yes},
		{"GET /\r\n", "250 hello\r\n", dissect.No},
		{"STARTTLS\r\n", ":irc.example.com 670 go\r\n", dissect.No},
		{"STARTTLS\r\n", "220 ready\r\n", dissect.Yes},
		{"EHLO \x01\x02\r\n", "", dissect.No},
		{"", "+OK\r\n", dissect.No},
		{"GET / HTTP/1.1\r\n", "", dissect.No},
		{"\x16\x03\x01\x02", "", dissect.No},
		{"", "22", dissect.More},
		{"", "220x\r\n", dissect.No},
	} {
		got := smtp.Kind().Probe(dissect.Opening{Client: []byte(tc.client), Server: []byte(tc.server), Transport: dissect.TCP})
		if got != tc.want {
			t.Errorf("client %q, server %q: verdict %d, want %d", tc.client, tc.server, got, tc.want)
		}
	}
}

func FuzzSMTP(f *testing.F) {
	var seeds []string
	for _, tc := range conversations {
		var b strings.Builder
		for _, p := range tc.pieces {
			b.Write(p.Data)
		}
		seeds = append(seeds, b.String())
	}
	dissecttest.Fuzz(f, smtp.Kind(), seeds...)
}
