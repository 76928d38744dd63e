package ssh_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/dissect/ssh"
	"github.com/bongsu/bongsu/event"
)

var (
	c = dissecttest.C
	s = dissecttest.S
)

// packet wraps a payload as it stands before the encryption.
func packet(payload string) string {
	padding := 8 - (5+len(payload))%8 + 4
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+padding))
	b = append(b, byte(padding))
	return string(b) + payload + strings.Repeat("\x00", padding)
}

func text(t string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(t)))) + t
}

// offer is SSH_MSG_KEXINIT.
func offer(kex, cipher, mac, compress string) string {
	b := "\x14" + strings.Repeat("c", 16)
	for _, l := range []string{kex, "ssh-ed25519", cipher, cipher, mac, mac, compress, compress, "", ""} {
		b += text(l)
	}
	return packet(b + "\x00\x00\x00\x00\x00")
}

// keys is a session up to where the encryption begins.
func keys(client, cipher, mac, compress string) []dissecttest.Piece {
	return []dissecttest.Piece{
		s("SSH-2.0-OpenSSH_9.6\r\n"), c("SSH-2.0-" + client + "\r\n"),
		c(offer("curve25519-sha256,ext-info-c", cipher, mac, compress)), s(offer("curve25519-sha256", cipher, mac, compress)),
		c(packet("\x1e" + text("point"))), s(packet("\x1f"+text("hostkey")+text("point")+text("signature")) + packet("\x15")), c(packet("\x15")),
	}
}

// sizes continues with what is encrypted: positive numbers are bytes of the
// client, negative ones of the server.
func sizes(list ...int) []dissecttest.Piece {
	var out []dissecttest.Piece
	for _, n := range list {
		p := dissecttest.Piece{From: dissect.Client, Data: make([]byte, max(n, -n))}
		if n < 0 {
			p.From = dissect.Server
		}
		out = append(out, p)
	}
	return out
}

func brief(events []*event.Event) []string {
	var out []string
	for _, e := range events {
		if e.Class == event.Authentication {
			out = append(out, fmt.Sprintf("login %s %d", e.Str(event.UserName), e.Int(event.StatusID)))
		} else {
			out = append(out, strings.TrimSpace(fmt.Sprintf("session %s %d %s %s", e.Str(event.ProtocolVersion), e.Int(event.StatusID), e.UnmappedStr("auth_attempts"), e.UnmappedStr("reversed"))))
		}
	}
	return out
}

// With aes128-ctr and hmac-md5: SERVICE_ACCEPT is 48, SUCCESS 32.
func TestJudge(t *testing.T) {
	for _, tc := range []struct {
		name             string
		client, mac      string
		cipher, compress string
		sizes            []int
		want             []string
	}{
		{"success at the first password", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -80, 144, -32, 112}, []string{"login - 1", "session 2.0 1 1"}},
		{"three wrong passwords", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -80, 144, -80, 144, -80, 144, -80}, []string{"login - 2", "login - 2", "login - 2", "session 2.0 2 3"}},
		{"a guess a session, as tools make it", "libssh_0.10.4", "", "", "", []int{48, -48, 64, -80, 96, -80}, []string{"login - 2", "session 2.0 2 1"}},
		{"only the methods were asked for", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -80}, []string{"session 2.0 0 0"}},
		{"a tool that does not ask for the methods", "paramiko_3.4.0", "", "", "", []int{48, -48, 80, -80}, []string{"login - 2", "session 2.0 2 1"}},
		{"the same, twice", "paramiko_3.4.0", "", "", "", []int{48, -48, 80, -80, 80, -80}, []string{"login - 2", "login - 2", "session 2.0 2 2"}},
		{"a library that leaves it to the program", "libssh2_1.11.0", "", "", "", []int{48, -48, 80, -80}, []string{"login - 2", "session 2.0 2 1"}},
		{"the same after asking", "libssh2_1.11.0", "", "", "", []int{48, -48, 64, -80, 80, -80}, []string{"login - 2", "session 2.0 2 1"}},
		{"keys of an agent, then a password", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -80, 352, -80, 352, -80, 144, -32}, []string{"login - 1", "session 2.0 1 3"}},
		{"short keys, padded other than a password, then success", "OpenSSH_9.6", "", "chacha20-poly1305@openssh.com", "", []int{44, -44, 60, -60, 140, -60, 140, -60, 148, -28}, []string{"login - 1", "session 2.0 1 3"}},
		{"the same without success may be a tool under a false name", "OpenSSH_9.6", "", "chacha20-poly1305@openssh.com", "", []int{44, -44, 60, -60, 76, -60, 76, -60}, []string{"login - 2", "login - 2", "session 2.0 2 2"}},
		{"keys alone", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -80, 352, -80}, []string{"session 2.0 2 1"}},
		{"a banner before the first answer", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -176, -80, 144, -80}, []string{"login - 2", "session 2.0 2 1"}},
		{"a banner in one with the first answer", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -160, 144, -80, 144, -80}, []string{"login - 2", "login - 2", "session 2.0 2 2"}},
		{"a large banner in one with the first answer", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -640, 144, -80}, []string{"login - 2", "session 2.0 2 1"}},
		{"questions before the password", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -80, 80, -96, 80, -80, 80, -96, 80, -32}, []string{"login - 2", "login - 1", "session 2.0 1 2"}},
		{"left at the question", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -80, 80, -96}, []string{"session 2.0 0 0"}},
		{"in without a password", "OpenSSH_9.6", "", "", "", []int{48, -48, 64, -32}, []string{"login - 1", "session 2.0 1 1"}},
		{"extensions of the server first", "OpenSSH_9.6", "", "", "", []int{-208, 48, -48, 64, -80, 144, -32}, []string{"login - 1", "session 2.0 1 1"}},
		{"chacha20", "Go", "", "chacha20-poly1305@openssh.com", "", []int{44, -44, 60, -60, 76, -60, 76, -28}, []string{"login - 2", "login - 1", "session 2.0 1 2"}},
		{"an unknown code, sizes are measured", "Go", "hmac-of-tomorrow", "", "", []int{72, -72, 88, -104, 120, -104, 120, -56}, []string{"login - 2", "login - 1", "session 2.0 1 2"}},
		{"compressed from the start", "Go", "", "", "zlib", []int{48, -50, 64, -70, 144, -32}, []string{"session 2.0 0 0"}},
		{"much traffic after all", "Go", "", "", "zlib", []int{48, -50, 64, -70, 144, -60000}, []string{"login - 1", "session 2.0 1 0"}},
	} {
		cipher, mac, compress := "aes128-ctr", "hmac-md5", "none"
		for p, v := range map[*string]string{&cipher: tc.cipher, &mac: tc.mac, &compress: tc.compress} {
			if v != "" {
				*p = v
			}
		}
		pieces := append(keys(tc.client, cipher, mac, compress), sizes(tc.sizes...)...)
		events := dissecttest.Talk([]dissect.Kind{ssh.Kind()}, dissect.TCP, 22, pieces...)
		got := brief(events)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestSession(t *testing.T) {
	events := dissecttest.Talk([]dissect.Kind{ssh.Kind()}, dissect.TCP, 22, keys("OpenSSH_9.6", "aes128-ctr", "hmac-md5", "none")...)
	if len(events) != 1 {
		t.Fatalf("%d events, want one session", len(events))
	}
	e := events[0]
	dissecttest.CheckJSON(t, e)
	got := []string{
		e.Str(event.ClientHASSH), e.Str(event.ServerHASSH), e.UnmappedStr("client_software"), e.UnmappedStr("server_software"),
		e.UnmappedStr("kex_algorithm"), e.UnmappedStr("cipher"), e.UnmappedStr("mac"), e.UnmappedStr("host_key_fingerprint"),
	}
	want := []string{
		`{"algorithm":"curve25519-sha256,ext-info-c;aes128-ctr;hmac-md5;none","fingerprint":{"algorithm":"MD5","algorithm_id":1,"value":"b7e8488b6b901e453d4a523661843af2"}}`,
		`{"algorithm":"curve25519-sha256;aes128-ctr;hmac-md5;none","fingerprint":{"algorithm":"MD5","algorithm_id":1,"value":"9b5d59d970ac05b8938c4405b0eea9ae"}}`,
		"OpenSSH_9.6", "OpenSSH_9.6", "curve25519-sha256", "aes128-ctr", "hmac-md5", "SHA256:uu1mByC78AaNmKNR3O0BzYOMvSe/1AbGewjQh1DREwA",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
}

// TestPieces cuts what is not encrypted into single bytes.
func TestPieces(t *testing.T) {
	var pieces []dissecttest.Piece
	for _, p := range keys("OpenSSH_9.6", "aes128-ctr", "hmac-md5", "none") {
		for _, b := range p.Data {
			pieces = append(pieces, dissecttest.Piece{From: p.From, Data: []byte{b}})
		}
	}
	pieces = append(pieces, sizes(48, -48, 64, -80, 144, -80, 144, -32)...)
	got := brief(dissecttest.Talk([]dissect.Kind{ssh.Kind()}, dissect.TCP, 22, pieces...))
	if diff := cmp.Diff([]string{"login - 2", "login - 1", "session 2.0 1 2"}, got); diff != "" {
		t.Errorf("byte by byte (-want +got):\n%s", diff)
	}
}

// TestTogether puts the first encrypted bytes into the segment of NEWKEYS.
func TestTogether(t *testing.T) {
	pieces := keys("PuTTY", "aes128-ctr", "hmac-md5", "none")
	last := &pieces[len(pieces)-1]
	last.Data = append(last.Data, make([]byte, 48)...)
	pieces = append(pieces, sizes(-48, 64, -80, 144, -32)...)
	got := brief(dissecttest.Talk([]dissect.Kind{ssh.Kind()}, dissect.TCP, 22, pieces...))
	if diff := cmp.Diff([]string{"login - 1", "session 2.0 1 1"}, got); diff != "" {
		t.Errorf("in one segment (-want +got):\n%s", diff)
	}
}

func TestReversed(t *testing.T) {
	var pieces []dissecttest.Piece
	for _, p := range append(keys("OpenSSH_9.6", "aes128-ctr", "hmac-md5", "none"), sizes(48, -48, 64, -80, 144, -80, 144, -32)...) {
		p.From = p.From.Other()
		pieces = append(pieces, p)
	}
	got := brief(dissecttest.Talk([]dissect.Kind{ssh.Kind()}, dissect.TCP, 22, pieces...))
	if diff := cmp.Diff([]string{"login - 2", "login - 1", "session 2.0 1 2 true"}, got); diff != "" {
		t.Errorf("who connects is the server (-want +got):\n%s", diff)
	}
}

func TestOthers(t *testing.T) {
	for _, tc := range []struct {
		name   string
		pieces []dissecttest.Piece
		want   []string
	}{
		{"version 1", []dissecttest.Piece{s("SSH-1.5-1.2.26\n"), c("SSH-1.5-1.2.26\n"), s("\x00\x00\x01\x0bxxxxx"), c("\x00\x00\x00\x9cyyyy")}, []string{"session 1.5 0"}},
		{"version 1 and 1.99", []dissecttest.Piece{s("SSH-1.99-OpenSSH_6\n"), c("SSH-1.5-OpenSSH_6\n"), s("\x00\x00\x01\x0bxxxxx")}, []string{"session 1.5 0"}},
		{"only a version", []dissecttest.Piece{s("SSH-2.0-x\r\n")}, []string{"session 2.0 0"}},
		{"lines before the version", []dissecttest.Piece{s("welcome\r\nto the server\r\n"), c("SSH-2.0-a\r\n"), s("SSH-2.0-x\r\n")}, []string{"session 2.0 0"}},
		{"a loss in the key exchange", append(append(keys("Go", "aes128-ctr", "hmac-md5", "none")[:4], dissecttest.Piece{From: dissect.Server, Lost: 9}), sizes(48, -48)...), []string{"session 2.0 0"}},
		{"a loss during the login", append(append(keys("Go", "aes128-ctr", "hmac-md5", "none"), sizes(48, -48, 64, -80)...),
			append([]dissecttest.Piece{{From: dissect.Server, Lost: 80}}, sizes(144, -80, 144, -32)...)...), []string{"session 2.0 0 0"}},
	} {
		got := brief(dissecttest.Talk([]dissect.Kind{ssh.Kind()}, dissect.TCP, 22, tc.pieces...))
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestProbe(t *testing.T) {
	for _, tc := range []struct {
		client, server string
		want           dissect.Verdict
	}{
		{"SSH-2.0-a\r\n", "", dissect.Yes},
		{"", "SSH-2.0-a\n", dissect.Yes},
		{"SSH-2.", "", dissect.More},
		{"", "welcome\r\n", dissect.More},
		{"SSH-2.0-a\r\n", "welcome\r\n", dissect.Yes},
		{"SSH-x\r\n", "", dissect.No},
		{"GET / HTTP/1.1\r\n", "SSH-2.0-a\r\n", dissect.No},
		{"\x16\x03\x01\x02", "", dissect.No},
		{"", strings.Repeat("x", 2048), dissect.No},
	} {
		got := ssh.Kind().Probe(dissect.Opening{Client: []byte(tc.client), Server: []byte(tc.server), Transport: dissect.TCP})
		if got != tc.want {
			t.Errorf("client %q, server %q: verdict %d, want %d", tc.client, tc.server, got, tc.want)
		}
	}
}

func FuzzSSH(f *testing.F) {
	var client, server string
	for _, p := range append(keys("Go", "aes128-ctr", "hmac-md5", "none"), sizes(48, -48, 64, -80, 144, -80)...) {
		if p.From == dissect.Client {
			client += string(p.Data)
		} else {
			server += string(p.Data)
		}
	}
	dissecttest.Fuzz(f, ssh.Kind(), client, server)
}
