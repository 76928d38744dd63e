package imap_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/imap"
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
	for _, e := range dissecttest.Talk([]dissect.Kind{imap.Kind(), tls}, dissect.TCP, 143, pieces...) {
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
		s("* OK IMAP4rev1 ready\r\n"), c("a1 CAPABILITY\r\n"), s("* CAPABILITY IMAP4rev1\r\na1 OK done\r\n"), c("a2 LOGIN \"ali\\\"ce\" s3cret\r\n"), s("a2 OK in\r\n"), c("a3 SELECT INBOX\r\n"),
	}, []string{`login ali"ce 1 clear=true`}},
	{"failure", []dissecttest.Piece{
		s("* OK ready\r\n"), c("1 login alice s3cret\r\n2 login alice \"s3cret 2\"\r\n"), s("1 NO bad\r\n2 BAD syntax\r\n"),
	}, []string{"login alice 2 clear=true", "login alice 2 clear=true"}},
	{"literals", []dissecttest.Piece{
		s("* OK ready\r\n"), c("a LOGIN {5}\r\n"), s("+ go\r\n"), c("alice {6}\r\n"), s("+ go\r\n"), c("s3cret\r\n"), s("a NO bad\r\n"),
		c("b LOGIN {3+}\r\nbob {7+}\r\ns3cret2\r\n"), s("b OK in\r\n"),
	}, []string{"login alice 2 clear=true", "login bob 1 clear=true"}},
	{"a literal that is refused", []dissecttest.Piece{
		s("* OK ready\r\n"), c("a LOGIN {5000}\r\n"), s("a NO too long\r\n"), c("b LOGIN bob s3cret\r\n"), s("b NO bad\r\n"),
	}, []string{"login - 2 clear=true", "login bob 2 clear=true"}},
	{"sasl", []dissecttest.Piece{
		s("* OK ready\r\n"), c("a AUTHENTICATE PLAIN\r\n"), s("+ \r\n"), c(b64("\x00bob\x00s3cret") + "\r\n"), s("a NO bad\r\n"),
		c("b AUTHENTICATE CRAM-MD5\r\n"), s("b NO unknown\r\n"), c("c AUTHENTICATE PLAIN " + b64("\x00bob\x00s3cret") + "\r\n"), s("c OK in\r\n"),
	}, []string{"login bob 2 clear=true PLAIN", "login bob 1 clear=true PLAIN"}},
	{"a literal of the server", []dissecttest.Piece{
		s("* OK ready\r\n"), c("a ID NIL\r\n"), s("* ID {14}\r\nb NO not this\r\n x\r\na OK done\r\n"), c("b LOGIN bob s3cret\r\n"), s("b OK in\r\n"),
	}, []string{"login bob 1 clear=true"}},
	{"no answer", []dissecttest.Piece{
		s("* OK ready\r\n"), c("a LOGIN bob s3cret\r\n"),
	}, []string{"login bob 0 clear=true"}},
	{"starttls", []dissecttest.Piece{
		s("* OK ready\r\n"), c("a STARTTLS\r\n"), s("a OK go\r\n"), c("\x16\x03\x01"),
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
	got := talk(t, s("* OK ready\r\n"), c("a LOGIN {5+}\r\nali"), dissecttest.Piece{From: dissect.Client, Lost: 12}, s("a NO bad\r\n"),
		c("b LOGIN bob s3cret\r\n"), dissecttest.Piece{From: dissect.Server, Lost: 4}, c("c LOGIN bob s3cret\r\n"), s("c NO bad\r\n"))
	if diff := cmp.Diff([]string{"login bob 2 clear=true", "login bob 0 clear=true"}, got); diff != "" {
		t.Errorf("losses of both sides (-want +got):\n%s", diff)
	}
}

func TestProbe(t *testing.T) {
	for _, tc := range []struct {
		client, server string
		want           dissect.Verdict
	}{
		{"", "* OK ready\r\n", dissect.More},
		{"", "* OK IMAP4rev1 ready\r\n", dissect.Yes},
		{"a LOGIN b c\r\n", "* OK ready\r\n", dissect.Yes},
		{"a LOGIN b c\r\n", "+OK ready\r\n", dissect.No},
		{"a LOGIN b c\r\n", "a NO bad\r\n", dissect.Yes},
		{"a LOGIN b c\r\n", "b NO bad\r\n", dissect.No},
		{"a FROB\r\n", "* OK ready\r\n", dissect.No},
		{"GET / HTTP/1.1\r\n", "", dissect.No},
		{"\x16\x03\x01\x02", "", dissect.No},
		{"", "*1\r\n", dissect.No},
		{"", "* O", dissect.More},
	} {
		got := imap.Kind().Probe(dissect.Opening{Client: []byte(tc.client), Server: []byte(tc.server), Transport: dissect.TCP})
		if got != tc.want {
			t.Errorf("client %q, server %q: verdict %d, want %d", tc.client, tc.server, got, tc.want)
		}
	}
}

func FuzzIMAP(f *testing.F) {
	var seeds []string
	for _, tc := range conversations {
		var b strings.Builder
		for _, p := range tc.pieces {
			b.Write(p.Data)
		}
		seeds = append(seeds, b.String())
	}
	dissecttest.Fuzz(f, imap.Kind(), seeds...)
}
