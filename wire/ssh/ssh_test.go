package ssh_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/wire/ssh"
)

func kexInit(lists ...string) []byte {
	b := append([]byte{ssh.MsgKexInit}, make([]byte, 16)...)
	for i := range 10 {
		text := ""
		if i < len(lists) {
			text = lists[i]
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return append(b, 0, 0, 0, 0, 0)
}

func TestParseVersion(t *testing.T) {
	for in, want := range map[string]ssh.Version{
		"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3": {Protocol: "2.0", Software: "OpenSSH_9.6p1 Ubuntu-3"},
		"SSH-1.99-Cisco-1.25":            {Protocol: "1.99", Software: "Cisco-1.25"},
		"SSH-2.0-":                       {Protocol: "2.0"},
		"SSH-":                           {}, "SSH-x": {}, "SSH-3.0-x": {}, "HTTP/1.1": {},
	} {
		got, ok := ssh.ParseVersion([]byte(in))
		if diff := cmp.Diff(want, got); diff != "" || ok != (want.Protocol != "") {
			t.Errorf("ParseVersion(%q): %v (-want +got):\n%s", in, ok, diff)
		}
	}
}

func TestPacket(t *testing.T) {
	b := []byte("\x00\x00\x00\x0c\x0a\x15" + strings.Repeat("\x00", 10) + "rest")
	payload, size, err := ssh.Packet(b)
	if string(payload) != "\x15" || size != 16 || err != nil {
		t.Errorf("NEWKEYS: %x, %d, %v", payload, size, err)
	}
	for in, want := range map[string]error{
		"": ssh.ErrShort, "\x00\x00\x00\x0c": ssh.ErrShort, "\x00\x00\x00\x0c\x0a\x15": ssh.ErrShort,
		"\x00\x00\x00\x01\x00\x15": ssh.ErrPacket, "\xff\x00\x00\x01\x00\x15": ssh.ErrPacket, "\x00\x00\x00\x0c\x0b\x15": ssh.ErrPacket,
	} {
		if _, _, err := ssh.Packet([]byte(in)); !errors.Is(err, want) {
			t.Errorf("Packet(%x): %v, want %v", in, err, want)
		}
	}
}

func TestAgree(t *testing.T) {
	client, ok := ssh.ParseKexInit(kexInit("kex-strict-c-v00@openssh.com,a,b", "k1,k2", "aes256-gcm@openssh.com,c1", "c2,c1", "m1,m2", "m2,m1", "none", "none,zlib"))
	server, ok2 := ssh.ParseKexInit(kexInit("kex-strict-c-v00@openssh.com,b,a", "k2", "c1,aes256-gcm@openssh.com", "c1", "m2,m1", "m1,m2", "zlib,none", "zlib"))
	want := ssh.Agreed{Kex: "a", HostKey: "k2", CipherOut: "aes256-gcm@openssh.com", CipherIn: "c1", MACIn: "m2", CompressOut: "none", CompressIn: "zlib"}
	if diff := cmp.Diff(want, ssh.Agree(client, server)); diff != "" || !ok || !ok2 {
		t.Errorf("Agree: %v %v (-want +got):\n%s", ok, ok2, diff)
	}
	if _, text := client.HASSH(true); text != "kex-strict-c-v00@openssh.com,a,b;aes256-gcm@openssh.com,c1;m1,m2;none" {
		t.Errorf("text of a client's HASSH: %s", text)
	}
	print, text := server.HASSH(false)
	if text != "kex-strict-c-v00@openssh.com,b,a;c1;m1,m2;zlib" || len(print) != 32 {
		t.Errorf("text of a server's HASSH: %s, %s", text, print)
	}
}

// TestSize computes the sizes of RFC 4253 §6 by hand.
func TestSize(t *testing.T) {
	for _, c := range []struct {
		cipher, mac     string
		accept, success int
	}{
		{"aes128-ctr", "hmac-md5", 32 + 16, 16 + 16},
		{"aes128-cbc", "hmac-sha1", 32 + 20, 16 + 20},
		{"aes256-ctr", "hmac-sha2-256-etm@openssh.com", 4 + 32 + 32, 4 + 16 + 32},
		{"3des-cbc", "hmac-sha1-96", 32 + 12, 16 + 12},
		{"chacha20-poly1305@openssh.com", "", 4 + 24 + 16, 4 + 8 + 16},
		{"aes256-gcm@openssh.com", "", 4 + 32 + 16, 4 + 16 + 16},
	} {
		accept, ok := ssh.Size(c.cipher, c.mac, ssh.ServiceAcceptSize)
		success, _ := ssh.Size(c.cipher, c.mac, ssh.AuthSuccessSize)
		if accept != c.accept || success != c.success || !ok {
			t.Errorf("%s, %s: %d and %d, want %d and %d", c.cipher, c.mac, accept, success, c.accept, c.success)
		}
	}
	if _, ok := ssh.Size("aes128-ctr", "hmac-of-tomorrow", 1); ok {
		t.Error("the size of an unknown code is known")
	}
	if _, ok := ssh.Size("cipher-of-tomorrow", "hmac-md5", 1); ok {
		t.Error("the block of an unknown cipher is known")
	}
}

func FuzzKexInit(f *testing.F) {
	f.Add(kexInit("a,b", "c"))
	f.Fuzz(func(t *testing.T, b []byte) {
		payload, size, err := ssh.Packet(b)
		if err == nil && (size > len(b) || len(payload) > size) {
			t.Fatalf("packet of %d bytes in %d", size, len(b))
		}
		if k, ok := ssh.ParseKexInit(b); ok {
			_ = ssh.Agree(k, k)
			if print, _ := k.HASSH(true); len(print) != 32 {
				t.Errorf("fingerprint %q", print)
			}
		}
	})
}
