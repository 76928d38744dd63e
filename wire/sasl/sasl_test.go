package sasl_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/wire/sasl"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestExchange(t *testing.T) {
	type who struct {
		User, Domain string
		Cleartext    bool
	}
	for _, c := range []struct {
		mechanism string
		responses []string
		want      who
	}{
		{"plain", []string{b64("\x00alice\x00secret")}, who{User: "alice", Cleartext: true}},
		{"PLAIN", []string{b64("boss\x00alice\x00secret")}, who{User: "alice", Cleartext: true}},
		{"PLAIN", []string{"*"}, who{Cleartext: true}},
		{"LOGIN", []string{b64("alice"), b64("secret")}, who{User: "alice", Cleartext: true}},
		{"CRAM-MD5", []string{b64("alice smith 0123456789abcdef0123456789abcdef")}, who{User: "alice smith"}},
		{"DIGEST-MD5", []string{b64(`charset=utf-8,username="alice",realm="example.com",nonce="x"`)}, who{User: "alice", Domain: "example.com"}},
		{"XOAUTH2", []string{b64("user=alice@example.com\x01auth=Bearer t\x01\x01")}, who{User: "alice@example.com", Cleartext: true}},
		{"OAUTHBEARER", []string{b64("n,a=alice@example.com,\x01host=x\x01auth=Bearer t\x01\x01")}, who{User: "alice@example.com", Cleartext: true}},
		{"SCRAM-SHA-256", []string{b64("n,,n=al=2Cice,r=abc"), b64("c=biws,r=abc,p=x")}, who{User: "al,ice"}},
		{"EXTERNAL", []string{"="}, who{}},
		{"GSSAPI", []string{b64("\x60\x82")}, who{}},
		{"PLAIN", []string{"!!not base64!!"}, who{Cleartext: true}},
	} {
		x := sasl.New(c.mechanism)
		for _, r := range c.responses {
			x.Respond([]byte(r))
		}
		if diff := cmp.Diff(c.want, who{x.User(), x.Domain(), x.Cleartext()}); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", c.mechanism, c.responses, diff)
		}
	}
}

func FuzzRespond(f *testing.F) {
	f.Add("LOGIN", b64("alice"), b64("secret"))
	f.Add("NTLM", b64("NTLMSSP\x00\x03\x00\x00\x00"), "")
	f.Fuzz(func(t *testing.T, mechanism, first, second string) {
		x := sasl.New(mechanism)
		x.Respond([]byte(first))
		user := x.User()
		x.Respond([]byte(second))
		if strings.EqualFold(mechanism, "LOGIN") && x.User() != user {
			t.Errorf("the second response of LOGIN is a password, not the user %q", x.User())
		}
	})
}
