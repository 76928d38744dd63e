package ntlm_test

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/wire/ntlm"
)

func message(user, domain, host string) []byte {
	b := make([]byte, 64)
	copy(b, "NTLMSSP\x00")
	b[8] = 3
	b[60] = 1
	put := func(at int, s string) {
		binary.LittleEndian.PutUint16(b[at:], uint16(2*len(s)))
		binary.LittleEndian.PutUint16(b[at+2:], uint16(2*len(s)))
		binary.LittleEndian.PutUint32(b[at+4:], uint32(len(b)))
		for _, c := range []byte(s) {
			b = append(b, c, 0)
		}
	}
	put(28, domain)
	put(36, user)
	put(44, host)
	return b
}

func TestParse(t *testing.T) {
	got, ok := ntlm.Parse(message("alice", "EXAMPLE", "PC1"))
	if diff := cmp.Diff(ntlm.Authenticate{User: "alice", Domain: "EXAMPLE", Workstation: "PC1"}, got); !ok || diff != "" {
		t.Errorf("Parse: %v (-want +got):\n%s", ok, diff)
	}
	if _, ok := ntlm.Parse([]byte("NTLMSSP\x00\x01\x00\x00\x00")); ok {
		t.Error("a NEGOTIATE message names nobody")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(message("alice", "EXAMPLE", "PC1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := ntlm.Parse(b)
		if !ok && m != (ntlm.Authenticate{}) {
			t.Errorf("names without a message: %+v", m)
		}
		if ok && len(m.User) > 3*len(b) {
			t.Errorf("a name of %d bytes from %d", len(m.User), len(b))
		}
	})
}
