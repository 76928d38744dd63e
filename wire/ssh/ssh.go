// Package ssh reads what the Secure Shell says before it is encrypted (RFC 4253):
// version strings and key exchange. It also tells how large an encrypted packet
// of a known message is. It decrypts nothing.
package ssh

import (
	"crypto/md5" //nolint:gosec // HASSH is defined with it
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
)

// Reasons why there is no packet. ErrShort alone may be cured by more bytes.
var (
	ErrShort  = errors.New("packet goes on beyond the bytes at hand")
	ErrPacket = errors.New("length of packet or padding is not possible")
)

// MaxPacket is the largest packet that everybody must take (RFC 4253 §6.1).
const MaxPacket = 35000

// Message numbers (RFC 4250 §4.1.2, RFC 4419 §5, RFC 5656 §7.1).
const (
	MsgDisconnect = 1
	MsgKexInit    = 20
	MsgNewKeys    = 21
	MsgKexFirst   = 30 // KEXDH_INIT, KEX_ECDH_INIT, KEX_DH_GEX_REQUEST_OLD: of the client
	MsgKexReply   = 31 // KEXDH_REPLY, KEX_ECDH_REPLY, but KEX_DH_GEX_GROUP
	MsgGexInit    = 32 // of the client
	MsgGexReply   = 33
	MsgGexRequest = 34 // of the client
)

// A Version is a version string.
type Version struct {
	Protocol string // "2.0", "1.99"
	Software string // with its comment: "OpenSSH_9.6p1 Ubuntu-3"
}

// ParseVersion reads a line SSH-protoversion-softwareversion (RFC 4253 §4.2).
func ParseVersion(line []byte) (Version, bool) {
	rest, ok := strings.CutPrefix(string(line[:min(len(line), 255)]), "SSH-")
	if !ok {
		return Version{}, false
	}
	protocol, software, ok := strings.Cut(rest, "-")
	if !ok || len(protocol) < 3 || len(protocol) > 8 || protocol[0] < '1' || protocol[0] > '2' || protocol[1] != '.' {
		return Version{}, false
	}
	return Version{protocol, strings.TrimSpace(software)}, true
}

// Two reports whether a side speaks version 2, alone or besides version 1.
func (v Version) Two() bool { return v.Protocol == "1.99" || strings.HasPrefix(v.Protocol, "2") }

// Packet returns the payload of the first unencrypted packet of b and how many
// bytes the packet takes.
func Packet(b []byte) (payload []byte, size int, err error) {
	if len(b) < 5 {
		return nil, 0, ErrShort
	}
	n := binary.BigEndian.Uint32(b)
	padding := int(b[4])
	if n < 2 || n > MaxPacket || padding+1 >= int(n) {
		return nil, 0, ErrPacket
	}
	size = 4 + int(n)
	if len(b) < size {
		return nil, 0, ErrShort
	}
	return b[5 : size-padding], size, nil
}

// A KexInit is what one side offers (RFC 4253 §7.1), comma-separated, the best
// first. Out is from client to server, In the other way.
type KexInit struct {
	Kex, HostKey             string
	CipherOut, CipherIn      string
	MACOut, MACIn            string
	CompressOut, CompressIn  string
	LanguagesOut, LanguageIn string
}

// ParseKexInit reads the payload of SSH_MSG_KEXINIT.
func ParseKexInit(payload []byte) (KexInit, bool) {
	var k KexInit
	const cookie = 16
	if len(payload) < 1+cookie || payload[0] != MsgKexInit {
		return k, false
	}
	b := payload[1+cookie:]
	for _, p := range []*string{
		&k.Kex, &k.HostKey, &k.CipherOut, &k.CipherIn, &k.MACOut, &k.MACIn,
		&k.CompressOut, &k.CompressIn, &k.LanguagesOut, &k.LanguageIn,
	} {
		text, rest, ok := String(b)
		if !ok {
			return KexInit{}, false
		}
		*p, b = string(text), rest
	}
	return k, true
}

// String returns the first string of b (RFC 4251 §5) and what follows it.
func String(b []byte) (text, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// HASSH returns the fingerprint of who offers k, and the text that it is made of
// (https://github.com/salesforce/hassh).
func (k KexInit) HASSH(client bool) (fingerprint, algorithms string) {
	list := []string{k.Kex, k.CipherIn, k.MACIn, k.CompressIn}
	if client {
		list = []string{k.Kex, k.CipherOut, k.MACOut, k.CompressOut}
	}
	algorithms = strings.Join(list, ";")
	sum := md5.Sum([]byte(algorithms)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:]), algorithms
}

// Agreed are the algorithms that two sides use with each other, "" where they
// have none in common.
type Agreed struct {
	Kex, HostKey            string
	CipherOut, CipherIn     string
	MACOut, MACIn           string // "" with a cipher that authenticates itself
	CompressOut, CompressIn string
}

// Agree returns what client and server settle on: the first that the client
// offers and the server has too (RFC 4253 §7.1).
func Agree(client, server KexInit) Agreed {
	a := Agreed{
		Kex: choose(client.Kex, server.Kex), HostKey: choose(client.HostKey, server.HostKey),
		CipherOut: choose(client.CipherOut, server.CipherOut), CipherIn: choose(client.CipherIn, server.CipherIn),
		MACOut: choose(client.MACOut, server.MACOut), MACIn: choose(client.MACIn, server.MACIn),
		CompressOut: choose(client.CompressOut, server.CompressOut), CompressIn: choose(client.CompressIn, server.CompressIn),
	}
	if authenticates(a.CipherOut) {
		a.MACOut = ""
	}
	if authenticates(a.CipherIn) {
		a.MACIn = ""
	}
	return a
}

func choose(client, server string) string {
	has := make(map[string]bool, strings.Count(server, ",")+1)
	for name := range strings.SplitSeq(server, ",") {
		has[name] = true
	}
	for name := range strings.SplitSeq(client, ",") {
		if has[name] && name != "" && !strings.HasPrefix(name, "ext-info-") && !strings.HasPrefix(name, "kex-strict-") {
			return name
		}
	}
	return ""
}
