package ftp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/ftp"
	"github.com/bongsu/bongsu/event"
)

// brief tells what matters of an event in one line.
func brief(e *event.Event) string {
	if e.Class == event.Authentication {
		s := fmt.Sprintf("login %s %d clear=%v", e.Str(event.UserName), e.Int(event.StatusID), e.Bool(event.IsCleartext))
		if _, ok := e.Unmapped("anonymous"); ok {
			s += " anonymous"
		}
		return s
	}
	return strings.TrimSpace(fmt.Sprintf("%s a=%d %d %s %s %s", e.Str(event.FTPCommand), e.Activity(), e.Int(event.StatusID),
		e.Str(event.FileName), e.Str(event.FTPCodes), e.UnmappedStr("data_endpoint")))
}

func talk(t *testing.T, pieces ...dissecttest.Piece) []string {
	t.Helper()
	var out []string
	tls := dissect.Kind{Name: "tls", Transport: dissect.TCP, New: func() dissect.Dissector { return marker{} }}
	for _, e := range dissecttest.Talk([]dissect.Kind{ftp.Kind(), tls}, dissect.TCP, 21, pieces...) {
		dissecttest.CheckJSON(t, e)
		if b := string(e.AppendJSON(nil)); strings.Contains(b, "s3cret") {
			t.Errorf("a password is in an event: %s", b)
		}
		out = append(out, brief(e))
	}
	return out
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

var (
	c = dissecttest.C
	s = dissecttest.S
)

func lost(from dissect.Side, n int) dissecttest.Piece { return dissecttest.Piece{From: from, Lost: n} }

var conversations = []struct {
	name   string
	pieces []dissecttest.Piece
	want   []string
}{
	{"success and a download", []dissecttest.Piece{
		s("220-Welcome\r\n230 is not yet the end\r\n220 ready\r\n"), c("USER alice\r\n"), s("331 password\r\n"),
		c("PASS s3cret\r\n"), s("230 in\r\n"), c("PASV\r\n"), s("227 Entering Passive Mode (198,51,100,1,4,1)\r\n"),
		c("RETR /pub/a b.txt\r\n"), s("150 opening\r\n"), s("226 done\r\n"), c("QUIT\r\n"), s("221 bye\r\n"),
	}, []string{"login alice 1 clear=true", "RETR a=2 1 a b.txt [150,226] 198.51.100.1:1025"}},
	{"failure", []dissecttest.Piece{
		s("220 FTP\r\n"), c("USER root\r\n"), s("331 password\r\n"), c("PASS s3cret\r\n"), s("530 no\r\n"),
		c("USER root\r\n"), s("331 password\r\n"), c("PASS s3cret2\r\n"), s("530-no\r\n530 really\r\n"),
	}, []string{"login root 2 clear=true", "login root 2 clear=true"}},
	{"anonymous", []dissecttest.Piece{
		s("220 FTP\r\n"), c("user anonymous\r\n"), s("331 mail\r\n"), c("pass a@example.com\r\n"), s("230 in\r\n"),
		c("EPSV\r\n"), s("229 Extended Passive Mode (|||4097|)\r\n"), c("LIST\r\n"), s("150 x\r\n226 y\r\n"),
	}, []string{"login anonymous 1 clear=true anonymous", "LIST a=6 1  [150,226] :4097"}},
	{"the user is refused", []dissecttest.Piece{
		s("220 FTP\r\n"), c("USER root\r\n"), s("530 not you\r\n"), c("PASS s3cret\r\n"), s("503 USER first\r\n"),
	}, []string{"login root 2 clear=false"}},
	{"pipelined", []dissecttest.Piece{
		s("220 ready\r\n"), c("USER a\r\nPASS s3cret\r\nUSER b\r\nPASS s3cret\r\nDELE x\r\n"),
		s("331 p\r\n530 no\r\n331 p\r\n230 in\r\n250 gone\r\n"),
	}, []string{"login a 2 clear=true", "login b 1 clear=true", "DELE a=4 1 x [250]"}},
	{"the greeting was not captured", []dissecttest.Piece{
		c("USER a\r\n"), s("331 p\r\n"), c("PASS s3cret\r\n"), s("530 no\r\n"),
	}, []string{"login a 2 clear=true"}},
	{"no answer", []dissecttest.Piece{
		s("220 ready\r\n"), c("USER a\r\n"), s("331 p\r\n"), c("PASS s3cret\r\n"),
	}, []string{"login a 0 clear=true"}},
	{"rename, upload, refused delete", []dissecttest.Piece{
		s("220 FTP\r\n"), c("USER a\r\n"), s("230 in\r\n"), c("RNFR old\r\n"), s("350 go on\r\n"), c("RNTO new\r\n"), s("250 ok\r\n"),
		c("PORT 192,0,2,1,4,2\r\n"), s("200 ok\r\n"), c("STOR up.bin\r\n"), s("150 go\r\n"), s("226 ok\r\n"), c("DELE up.bin\r\n"), s("550 no\r\n"),
	}, []string{"login a 1 clear=false", "RNTO a=5 1 new [250]", "STOR a=1 1 up.bin [150,226] 192.0.2.1:1026", "DELE a=4 2 up.bin [550]"}},
	{"tls", []dissecttest.Piece{
		s("220 FTP\r\n"), c("AUTH TLS\r\n"), s("234 go\r\n"), c("\x16\x03\x01"),
	}, []string{"handed over: \x16\x03\x01 a=0 0"}},
}

func TestConversations(t *testing.T) {
	for _, tc := range conversations {
		if diff := cmp.Diff(tc.want, talk(t, tc.pieces...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if tc.name == "tls" {
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
	got := talk(t, s("220 FTP\r\n"), c("USER a\r\n"), s("331 p\r\n"), c("PASS s3c"), lost(dissect.Client, 6), s("230 in\r\n"),
		c("DELE x\r\n"), s("250 ok\r\n"))
	if diff := cmp.Diff([]string{"login a 1 clear=true", "DELE a=4 1 x [250]"}, got); diff != "" {
		t.Errorf("a lost password (-want +got):\n%s", diff)
	}
	got = talk(t, s("220 FTP\r\n"), c("USER a\r\n"), s("331 p\r\n"), c("PASS s3cret\r\n"), lost(dissect.Server, 8), c("DELE x\r\n"), s("250 ok\r\n"))
	if diff := cmp.Diff([]string{"login a 0 clear=true", "DELE a=4 1 x [250]"}, got); diff != "" {
		t.Errorf("a lost reply (-want +got):\n%s", diff)
	}
}

func TestProbe(t *testing.T) {
	for _, tc := range []struct {
		client, server string
		want           dissect.Verdict
	}{
		{"", "220 (vsFTPd 3.0.3)\r\n", dissect.Yes},
		{"", "220 mail.example.com ESMTP\r\n", dissect.No},
		{"", "220 ready\r\n", dissect.More},
		{"USER a\r\n", "220 ready\r\n", dissect.Yes},
		{"EHLO a\r\n", "220 ready\r\n", dissect.No},
		{"AUTH PLAIN\r\n", "220 ready\r\n", dissect.More},
		{"AUTH TLS\r\n", "220 ready\r\n", dissect.Yes},
		{"USER a\r\n", "+OK ready\r\n", dissect.No},
		{"USER a\r\n", "331 password\r\n", dissect.Yes},
		{"EHLO a\r\n", "250 hello\r\n", dissect.No},
		{"USER a\r\nPASS b\r\nSYST\r\n", "", dissect.Yes},
		{"GET / HTTP/1.1\r\n", "", dissect.No},
		{"\x16\x03\x01\x02", "", dissect.No},
		{"", "SSH-2.0-x\r\n", dissect.No},
		{"", "2", dissect.More},
		{"", "2200 x", dissect.No},
	} {
		got := ftp.Kind().Probe(dissect.Opening{Client: []byte(tc.client), Server: []byte(tc.server), Transport: dissect.TCP})
		if got != tc.want {
			t.Errorf("client %q, server %q: verdict %d, want %d", tc.client, tc.server, got, tc.want)
		}
	}
}

func FuzzFTP(f *testing.F) {
	var seeds []string
	for _, tc := range conversations {
		var b strings.Builder
		for _, p := range tc.pieces {
			b.Write(p.Data)
		}
		seeds = append(seeds, b.String())
	}
	dissecttest.Fuzz(f, ftp.Kind(), seeds...)
}
