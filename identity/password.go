package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Rules for passwords, after NIST SP 800-63B: length counts, kinds of
// characters do not, nothing expires, and what everybody tries first is
// refused. Revision 4 of it asks for 15 characters where nothing else than the
// password is asked for; 12 with limited tries is this project's middle.
const (
	minPassword = 12   // characters
	maxPassword = 1024 // bytes; 800-63B asks for at least 64 characters
	minDistinct = 5    // characters
)

// checkPassword refuses passwords that are guessed first. name is the account's.
func checkPassword(password, name string) error {
	wrong := func(m message) error { return &FieldError{Field: "password", Said: m.Say(passwordArgs)} }
	switch {
	case !utf8.ValidString(password) || len(password) > maxPassword:
		return wrong(sayPasswordLong)
	case utf8.RuneCountInString(password) < minPassword:
		return wrong(sayPasswordShort)
	}
	distinct := map[rune]bool{}
	for _, r := range password {
		distinct[r] = true
	}
	digits := strings.Trim(password, "0123456789 -./") == "" // dates, telephone numbers
	if digits || len(distinct) < minDistinct || isRun(password) {
		return wrong(sayPasswordPattern)
	}
	word := kernel(password)
	if slices.Contains(worst, word) || word != "" && word == kernel(name) {
		return wrong(sayPasswordCommon)
	}
	return nil
}

// isRun says that each character follows the one before it by the same step, or
// that the whole repeats a few characters.
func isRun(s string) bool {
	runes := []rune(s)
	steps := 0
	for i := 2; i < len(runes); i++ {
		if runes[i]-runes[i-1] == runes[1]-runes[0] {
			steps++
		}
	}
	if steps >= len(runes)-4 { // 1234567890 goes on with 0 or 12
		return true
	}
	for period := 1; period < minDistinct; period++ {
		repeats := true
		for i := period; i < len(runes) && repeats; i++ {
			repeats = runes[i] == runes[i-period]
		}
		if repeats {
			return true
		}
	}
	return false
}

// kernel takes off what people add to a bad password to please a rule: case,
// digits and signs around it, digits for letters, and saying it twice.
func kernel(s string) string {
	s = strings.ToLower(s)
	if slices.Contains(worst, s) {
		return s
	}
	s = strings.TrimFunc(unrepeated(s), func(r rune) bool { return !unicode.IsLetter(r) })
	s = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i", " ", "", "-", "", "_", "", ".", "").Replace(s)
	return unrepeated(s)
}

// unrepeated returns what s says several times.
func unrepeated(s string) string {
	for period := 1; period <= len(s)/2; period++ {
		if len(s)%period == 0 && strings.Repeat(s[:period], len(s)/period) == s {
			return s[:period]
		}
	}
	return s
}

// params are what Argon2id is computed with.
type params struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// present is what OWASP gives as the least for Argon2id; RFC 9106 §4 leaves the
// choice to the memory that there is, and here it is a small machine's.
var present = params{memory: 19 * 1024, time: 2, threads: 1}

// Bounds of what a stored hash may ask for, so that a damaged one cannot take
// all memory.
const (
	maxMemory  = 256 << 10 // KiB
	maxTime    = 16
	maxThreads = 16
	saltBytes  = 16
	keyBytes   = 32
	maxStored  = 256 // bytes
)

// A hash is a password as it is kept:
// $argon2id$v=19$m=19456,t=2,p=1$<salt>$<key>, base64 without padding.
type hash struct {
	params
	salt, key []byte
}

func (h hash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads, b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

var errHash = errors.New("not a hash of a password")

func parseHash(s string) (hash, error) {
	var h hash
	parts := strings.Split(s, "$")
	if len(s) > maxStored || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return h, errHash
	}
	settings := strings.Split(parts[3], ",")
	if len(settings) != 3 {
		return h, errHash
	}
	var numbers [3]uint64
	for i, want := range []struct {
		name     string
		min, max uint64
	}{{"m=", 8, maxMemory}, {"t=", 1, maxTime}, {"p=", 1, maxThreads}} {
		digits, ok := strings.CutPrefix(settings[i], want.name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || n < want.min || n > want.max || strconv.FormatUint(n, 10) != digits {
			return h, fmt.Errorf("%w: setting %q", errHash, settings[i])
		}
		numbers[i] = n
	}
	h.params = params{memory: uint32(numbers[0]), time: uint32(numbers[1]), threads: uint8(numbers[2])}
	b64 := base64.RawStdEncoding.Strict()
	var err error
	if h.salt, err = b64.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return h, fmt.Errorf("%w: salt", errHash)
	}
	if h.key, err = b64.DecodeString(parts[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return h, fmt.Errorf("%w: key", errHash)
	}
	return h, nil
}

// A hasher computes few hashes at once, since each takes 19 MiB.
type hasher struct {
	params params
	room   chan struct{} // holds one value for each that computes
	line   chan struct{} // and for each that waits as well
}

const (
	hashesAtOnce     = 2
	hashesInLine     = 32
	hashesAltogether = hashesAtOnce + hashesInLine
)

func newHasher(p params) *hasher {
	return &hasher{params: p, room: make(chan struct{}, hashesAtOnce), line: make(chan struct{}, hashesAltogether)}
}

// compute blocks while others compute; ErrBusy if too many wait already.
func (h *hasher) compute(ctx context.Context, password string, like hash) ([]byte, error) {
	select {
	case h.line <- struct{}{}:
		defer func() { <-h.line }()
	default:
		return nil, ErrBusy
	}
	select {
	case h.room <- struct{}{}:
		defer func() { <-h.room }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), like.salt, like.time, like.memory, like.threads, uint32(len(like.key))), nil
}

// make returns a password as it is kept.
func (h *hasher) make(ctx context.Context, password string) (string, error) {
	out := hash{params: h.params, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}
	rand.Read(out.salt) //nolint:errcheck // never fails, see its documentation
	var err error
	if out.key, err = h.compute(ctx, password, out); err != nil {
		return "", err
	}
	return out.String(), nil
}

// verify says whether a password is the one that is kept, and whether it should
// be kept anew with the present settings.
func (h *hasher) verify(ctx context.Context, password, stored string) (right, renew bool, err error) {
	kept, err := parseHash(stored)
	if err != nil {
		return false, false, err
	}
	if len(password) > maxPassword {
		password = "" // checkPassword let nobody set such a one
	}
	key, err := h.compute(ctx, password, kept)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(key, kept.key) == 1, kept.params != h.params || len(kept.key) != keyBytes, nil
}

// stranger returns a hash that no password has, to be verified for names that
// nobody has, so that it takes as long.
func (h *hasher) stranger() string {
	out := hash{params: h.params, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}
	rand.Read(out.salt) //nolint:errcheck // never fails, see its documentation
	rand.Read(out.key)  //nolint:errcheck // never fails, see its documentation
	return out.String()
}
