package kerberos_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/kerberos"
	"github.com/bongsu/bongsu/event"
)

var (
	c = dissecttest.C
	s = dissecttest.S
)

// tlv builds an element in DER.
func tlv(tag byte, parts ...string) string {
	body := strings.Join(parts, "")
	switch n := len(body); {
	case n < 0x80:
		return string([]byte{tag, byte(n)}) + body
	case n < 0x100:
		return string([]byte{tag, 0x81, byte(n)}) + body
	default:
		return string([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + body
	}
}

func num(n int) string               { return tlv(2, string([]byte{byte(n)})) }
func str(text string) string         { return tlv(0x1b, text) }
func at(n byte, in ...string) string { return tlv(0xa0|n, in...) }

func name(parts ...string) string {
	var list string
	for _, p := range parts {
		list += str(p)
	}
	return tlv(0x30, at(0, num(1)), at(1, tlv(0x30, list)))
}

func ask(typ int, user string, nonce int, preauth bool, service ...string) string {
	var padata, cname string
	if preauth {
		padata = at(3, tlv(0x30, tlv(0x30, at(1, num(2)), at(2, tlv(4, "cipher")))))
	}
	if user != "" {
		cname = at(1, name(user))
	}
	body := tlv(0x30, at(0, tlv(3, "\x00\x40\x00\x00\x00")), cname, at(2, str("EXAMPLE.COM")), at(3, name(service...)),
		at(7, num(nonce)), at(8, tlv(0x30, num(18), num(23))))
	return tlv(0x60|byte(typ), tlv(0x30, at(1, num(5)), at(2, num(typ)), padata, at(4, body)))
}

func give(typ int, user string, etype int, service ...string) string {
	enc := tlv(0x30, at(0, num(etype)), at(2, tlv(4, strings.Repeat("x", 200))))
	ticket := tlv(0x61, tlv(0x30, at(0, num(5)), at(1, str("EXAMPLE.COM")), at(2, name(service...)), at(3, enc)))
	return tlv(0x60|byte(typ), tlv(0x30, at(0, num(5)), at(1, num(typ)), at(3, str("EXAMPLE.COM")), at(4, name(user)), at(5, ticket), at(6, enc)))
}

func refuse(code int) string {
	return tlv(0x7e, tlv(0x30, at(0, num(5)), at(1, num(30)), at(4, tlv(0x18, "20260301090000Z")), at(5, num(1)), at(6, num(code)),
		at(9, str("EXAMPLE.COM")), at(10, name("krbtgt", "EXAMPLE.COM"))))
}

// record puts the length of TCP before a message.
func record(message string) string {
	return string([]byte{0, 0, byte(len(message) >> 8), byte(len(message))}) + message
}

func talk(t *testing.T, tr dissect.Transport, pieces ...dissecttest.Piece) []string {
	t.Helper()
	var out []string
	for _, e := range dissecttest.Talk([]dissect.Kind{kerberos.Kind()}, tr, 88, pieces...) {
		dissecttest.CheckJSON(t, e)
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s@%s %s %d etype=%s %s", e.Activity(), e.Str(event.UserName), e.Str(event.UserDomain),
			e.UnmappedStr("ticket_service"), e.Int(event.StatusID), e.UnmappedStr("ticket_etype"), e.Str(event.StatusDetail))))
	}
	return out
}

var conversations = []struct {
	name   string
	pieces []string // of client and server in turn; "" where one says nothing
	want   []string
}{
	{"a ticket, at the second try", []string{
		ask(10, "alice", 1, false, "krbtgt", "EXAMPLE.COM"), refuse(25), ask(10, "alice", 2, true, "krbtgt", "EXAMPLE.COM"), give(11, "alice", 18, "krbtgt", "EXAMPLE.COM"),
	}, []string{"3 alice@EXAMPLE.COM krbtgt/EXAMPLE.COM 1 etype=18"}},
	{"a wrong password", []string{
		ask(10, "alice", 2, true, "krbtgt", "EXAMPLE.COM"), refuse(24),
	}, []string{"3 alice@EXAMPLE.COM krbtgt/EXAMPLE.COM 2 etype= INVALID_CREDENTIALS"}},
	{"an unknown user, a disabled one, another error", []string{
		ask(10, "nobody", 1, false, "krbtgt", "EXAMPLE.COM"), refuse(6), ask(10, "gone", 1, false, "krbtgt", "EXAMPLE.COM"), refuse(18),
		ask(10, "late", 1, false, "krbtgt", "EXAMPLE.COM"), refuse(37),
	}, []string{
		"3 nobody@EXAMPLE.COM krbtgt/EXAMPLE.COM 2 etype= USER_DOES_NOT_EXIST", "3 gone@EXAMPLE.COM krbtgt/EXAMPLE.COM 2 etype= ACCOUNT_DISABLED",
		"3 late@EXAMPLE.COM krbtgt/EXAMPLE.COM 2 etype= KRB_AP_ERR_SKEW",
	}},
	{"a ticket to a service, with a weak cipher", []string{
		ask(12, "", 3, true, "cifs", "srv.example.com"), give(13, "alice", 23, "cifs", "srv.example.com"),
	}, []string{"4 alice@EXAMPLE.COM cifs/srv.example.com 1 etype=23"}},
	{"sent again, never answered", []string{
		ask(10, "alice", 9, true, "krbtgt", "EXAMPLE.COM"), "", ask(10, "alice", 9, true, "krbtgt", "EXAMPLE.COM"), "",
	}, []string{"3 alice@EXAMPLE.COM krbtgt/EXAMPLE.COM 0 etype="}},
}

func TestConversations(t *testing.T) {
	for _, tc := range conversations {
		var udp, tcp, bytewise []dissecttest.Piece
		for i, p := range tc.pieces {
			if p == "" {
				continue
			}
			from := dissect.Side(i % 2)
			udp = append(udp, dissecttest.Piece{From: from, Data: []byte(p)})
			tcp = append(tcp, dissecttest.Piece{From: from, Data: []byte(record(p))})
			for _, b := range []byte(record(p)) {
				bytewise = append(bytewise, dissecttest.Piece{From: from, Data: []byte{b}})
			}
		}
		for how, got := range map[string][]string{"udp": talk(t, dissect.UDP, udp...), "tcp": talk(t, dissect.TCP, tcp...), "byte by byte": talk(t, dissect.TCP, bytewise...)} {
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", tc.name, how, diff)
			}
		}
	}
}

func TestLoss(t *testing.T) {
	got := talk(t, dissect.TCP, c(record(ask(10, "alice", 1, true, "krbtgt", "EXAMPLE.COM"))), dissecttest.Piece{From: dissect.Server, Lost: 100}, s(record(refuse(24))))
	if diff := cmp.Diff([]string{"3 alice@EXAMPLE.COM krbtgt/EXAMPLE.COM 0 etype="}, got); diff != "" {
		t.Errorf("a lost answer (-want +got):\n%s", diff)
	}
}

func TestProbe(t *testing.T) {
	request := ask(10, "alice", 1, true, "krbtgt", "EXAMPLE.COM")
	for _, tc := range []struct {
		name   string
		tr     dissect.Transport
		client string
		want   dissect.Verdict
	}{
		{"datagram", dissect.UDP, request, dissect.Yes},
		{"record", dissect.TCP, record(request), dissect.Yes},
		{"part of a record", dissect.TCP, record(request)[:7], dissect.More},
		{"cut datagram", dissect.UDP, request[:9], dissect.No},
		{"length does not fit", dissect.UDP, request + "x", dissect.No},
		{"datagram without its length over tcp", dissect.TCP, request, dissect.No},
		{"ldap", dissect.TCP, "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", dissect.No},
		{"tls", dissect.TCP, "\x16\x03\x01\x02\x00\x01", dissect.No},
		{"dns", dissect.UDP, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", dissect.No},
	} {
		if got := kerberos.Kind().Probe(dissect.Opening{Client: []byte(tc.client), Transport: tc.tr}); got != tc.want {
			t.Errorf("%s: verdict %d, want %d", tc.name, got, tc.want)
		}
	}
}

func FuzzKerberos(f *testing.F) {
	var seeds []string
	for _, tc := range conversations {
		var all string
		for _, p := range tc.pieces {
			all += record(p)
		}
		seeds = append(seeds, all, tc.pieces[0], tc.pieces[1])
	}
	dissecttest.Fuzz(f, kerberos.Kind(), seeds...)
}
