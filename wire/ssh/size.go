package ssh

import "strings"

// Payload sizes of messages whose content is fixed (RFC 4253 §10, RFC 4252 §5.1).
const (
	ServiceAcceptSize = 1 + 4 + len("ssh-userauth")
	AuthSuccessSize   = 1
)

// macs are the sizes of message authentication codes.
var macs = map[string]int{
	"none": 0, "hmac-md5": 16, "hmac-md5-96": 12, "hmac-sha1": 20, "hmac-sha1-96": 12, "hmac-ripemd160": 20,
	"hmac-sha2-256": 32, "hmac-sha2-256-96": 12, "hmac-sha2-512": 64, "hmac-sha2-512-96": 12, "hmac-sha2-224": 28,
	"hmac-sha2-384": 48, "umac-64": 8, "umac-128": 16, "umac-32": 4, "umac-96": 12, "hmac-sha256": 32, "hmac-sha512": 64,
}

// authenticates reports whether a cipher needs no message authentication code.
func authenticates(cipher string) bool {
	return strings.HasPrefix(cipher, "chacha20-poly1305") || strings.Contains(cipher, "-gcm") || strings.HasPrefix(cipher, "AEAD_AES_")
}

// block returns the block size of a cipher, at least 8 (RFC 4253 §6).
func block(cipher string) (int, bool) {
	name, _, _ := strings.Cut(cipher, "@")
	switch {
	case strings.HasPrefix(name, "aes"), strings.HasPrefix(name, "AEAD_AES_"), strings.HasPrefix(name, "rijndael"),
		strings.HasPrefix(name, "twofish"), strings.HasPrefix(name, "serpent"), strings.HasPrefix(name, "camellia"):
		return 16, true
	case strings.HasPrefix(name, "chacha20"), strings.HasPrefix(name, "3des"), strings.HasPrefix(name, "blowfish"),
		strings.HasPrefix(name, "cast128"), strings.HasPrefix(name, "arcfour"), strings.HasPrefix(name, "idea"), name == "none":
		return 8, true
	}
	return 0, false
}

// Around returns how many bytes of a packet are not padded: the authentication
// code, and the length where it stands apart.
func Around(cipher, mac string) (n int, ok bool) {
	const length = 4
	if authenticates(cipher) {
		const tag = 16
		return length + tag, true
	}
	name, _, _ := strings.Cut(mac, "@")
	name, apart := strings.CutSuffix(name, "-etm")
	n, ok = macs[name]
	if ok && apart {
		n += length
	}
	return n, ok
}

// Size returns how many bytes a packet with a payload takes on the wire, with
// the least padding. Ok is false for algorithms that it does not know.
func Size(cipher, mac string, payload int) (n int, ok bool) {
	step, ok := block(cipher)
	if !ok {
		return 0, false
	}
	around, ok := Around(cipher, mac)
	if !ok {
		return 0, false
	}
	const length, padding, leastPadding = 4, 1, 4
	padded := padding + payload + leastPadding
	if !authenticates(cipher) && !strings.Contains(mac, "-etm") {
		padded += length
	}
	return (padded+step-1)/step*step + around, true
}
