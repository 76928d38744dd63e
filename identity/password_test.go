package identity

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestCheckPassword(t *testing.T) {
	for password, good := range map[string]bool{
		"beacon over nine hills":       true,
		"correct horse battery staple": false, // everybody knows it by now
		"봉수대에서연기가오른다아":                 true,
		"xK9$mQ2!vL7p":                 true,
		"Tr0ub4dor&3&more":             true,
		"🔥 five fires at night":        true,
		"":                             false,
		"short":                        false,
		"elevenchars":                  false,
		"열한글자입니다모자라요":                  false,
		"password1234":                 false,
		"Passw0rd!2024":                false,
		"P@ssw0rd!!!!!":                false,
		"passwordpassword":             false,
		"Password!Password!":           false,
		"qwertyuiop123":                false,
		"1q2w3e4r5t6y":                 false,
		"Administrator1":               false,
		"2024!welcome!2024":            false,
		"123456789012":                 false,
		"abcdefghijklmn":               false,
		"aaaaaaaaaaaaaa":               false,
		"abcabcabcabcabc":              false,
		"010-1234-5678":                false,
		"kim.bo-an-2026":               false, // the account's name
		"비밀번호비밀번호비밀번호":                 false,
		"\xff\xfe beacon over hills":   false,
		strings.Repeat("ab c", 300):    false, // 1200 bytes
		strings.Repeat("가나다라마 바사", 16): true,
	} {
		err := checkPassword(password, "Kim.Boan")
		if good != (err == nil) {
			t.Errorf("%q: %v", password, err)
		}
		var field *FieldError
		if err != nil && (!errors.As(err, &field) || strings.ContainsAny(field.Said.EN+field.Said.KO, "{}")) {
			t.Errorf("%q is refused with %#v", password, err)
		}
	}
}

func TestHash(t *testing.T) {
	h := newHasher(present)
	ctx := context.Background()
	stored, err := h.make(ctx, "beacon over nine hills")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash is %s", stored)
	}
	if again, err := h.make(ctx, "beacon over nine hills"); err != nil || again == stored {
		t.Errorf("the same salt twice: %v", err)
	}
	for password, want := range map[string]bool{"beacon over nine hills": true, "Beacon over nine hills": false, "": false, strings.Repeat("x", maxPassword+1): false} {
		right, renew, err := h.verify(ctx, password, stored)
		if right != want || renew || err != nil {
			t.Errorf("%.30q: right %t, renew %t, %v", password, right, renew, err)
		}
	}
	if right, _, err := h.verify(ctx, "", h.stranger()); right || err != nil {
		t.Errorf("a stranger: %t, %v", right, err)
	}

	// What the reference implementation makes of "password" with the salt
	// "somesalt".
	for stored, memory := range map[string]uint32{
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4": 256,
		"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc": 256,
	} {
		right, renew, err := h.verify(ctx, "password", stored)
		if !right || !renew || err != nil {
			t.Errorf("%d KiB: right %t, renew %t, %v", memory, right, renew, err)
		}
	}
}

func TestHashesAtOnce(t *testing.T) {
	h := newHasher(params{memory: 8, time: 1, threads: 1})
	for range hashesAtOnce {
		h.room <- struct{}{}
	}
	for range hashesAltogether {
		h.line <- struct{}{}
	}
	if _, err := h.make(t.Context(), "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("with a full line: %v", err)
	}
	<-h.line
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.make(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("one that gave up waiting: %v", err)
	}
	<-h.room
	if _, err := h.make(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

// Whatever stands in the database costs bounded memory and time.
func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
	f.Add("$argon2id$v=19$m=4294967296,t=0,p=256$$")
	f.Add("$argon2i$v=16$m=+8,t=1,p=1$AAAAAAAAAAA$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err != nil {
			return
		}
		if h.memory < 8 || h.memory > maxMemory || h.time < 1 || h.time > maxTime || h.threads < 1 || h.threads > maxThreads ||
			len(h.salt) < 8 || len(h.key) < 16 || len(h.key) > 64 {
			t.Errorf("%q is read as %+v", s, h)
		}
		if h.String() != s {
			t.Errorf("%q is written as %q", s, h)
		}
	})
}

func FuzzCheckPassword(f *testing.F) {
	f.Add("beacon over nine hills", "admin")
	f.Add("\xff\x00", "")
	f.Fuzz(func(t *testing.T, password, name string) {
		if err := checkPassword(password, name); err == nil && (len(password) < minPassword || len(password) > maxPassword) {
			t.Errorf("%d bytes are taken", len(password))
		}
		peerKey(name)
		if len(NameKey(name)) > 3*4*maxName {
			t.Errorf("key of %d bytes", len(NameKey(name)))
		}
	})
}
