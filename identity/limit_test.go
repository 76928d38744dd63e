package identity_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bongsu/bongsu/identity"
)

// again returns how long a limited sign-in has to wait, 0 if it was answered.
func (p *place) again(t *testing.T, name, password, peer string) time.Duration {
	t.Helper()
	_, err := p.login(name, password, peer)
	var limited *identity.LimitedError
	switch {
	case errors.As(err, &limited):
		return limited.Again.Sub(p.clock())
	case err != nil && !errors.Is(err, identity.ErrCredentials):
		t.Fatal(err)
	}
	return 0
}

// Guessing gets slower, for names that exist as for names that do not.
func TestGuessing(t *testing.T) {
	for _, name := range []string{"admin", "nobody"} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.administrator()
			var waits []time.Duration
			for i := 0; len(waits) < 9; i++ {
				peer := fmt.Sprintf("198.51.100.%d:1", i%200) // each try from elsewhere
				if wait := p.again(t, name, "wrong wrong wrong", peer); wait > 0 {
					waits = append(waits, wait)
					p.pass(wait)
				}
			}
			want := time.Second
			for _, got := range waits {
				if got != want {
					t.Fatalf("waits are %v, want %v in place of %v", waits, want, got)
				}
				want = min(2*want, time.Minute)
			}
			// The owner, who signed in from home before, is let in at once.
			if _, err := p.login("admin", right, home); err != nil {
				t.Errorf("owner: %v", err)
			}
			p.pass(2 * time.Hour)
			if wait := p.again(t, name, "wrong wrong wrong", away); wait > 0 {
				t.Errorf("two hours later the wait is %v", wait)
			}
		})
	}
}

// One peer that tries many names gets slower too, up to a quarter of an hour;
// the machine itself, which may be a proxy, a minute.
func TestSpraying(t *testing.T) {
	for peer, longest := range map[string]time.Duration{
		"198.51.100.66:1":     15 * time.Minute,
		"[2001:db8::1]:443":   15 * time.Minute,
		"127.0.0.1:9":         time.Minute,
		"[::1]:9":             time.Minute,
		"[::ffff:127.0.0.1]:": 15 * time.Minute, // not an address with a port
	} {
		t.Run(peer, func(t *testing.T) {
			p := newPlace(t)
			var last time.Duration
			answered := 0
			for i := range 40 {
				if wait := p.again(t, fmt.Sprintf("name%d", i), "wrong wrong wrong", peer); wait > 0 {
					last = wait
					p.pass(wait)
				} else {
					answered++
				}
			}
			if last != longest || answered > 30 {
				t.Errorf("%d of 40 were answered, the last wait was %v, want %v", answered, last, longest)
			}
		})
	}
}

// Many tries at once gain nothing over one after the other.
func TestGuessingAtOnce(t *testing.T) {
	p := newPlace(t)
	p.administrator()
	var all sync.WaitGroup
	var mu sync.Mutex
	answered := 0
	for i := range 40 {
		all.Go(func() {
			_, err := p.login("admin", "wrong wrong wrong", fmt.Sprintf("198.51.100.%d:1", i))
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, identity.ErrCredentials) {
				answered++
			}
		})
	}
	all.Wait()
	if answered > 5 {
		t.Errorf("%d guesses were answered at once", answered)
	}
}

// Where people are signed in from is known over a restart.
func TestFriendsOverRestart(t *testing.T) {
	p := newPlace(t)
	p.administrator()
	p.restart()
	for i := range 20 {
		p.again(t, "admin", "wrong wrong wrong", fmt.Sprintf("198.51.100.%d:1", i))
	}
	if wait := p.again(t, "admin", right, "203.0.113.5:1"); wait == 0 {
		t.Error("guessing did not slow the account down")
	}
	if _, err := p.login("admin", right, home); err != nil {
		t.Errorf("owner: %v", err)
	}
	// A friend who guesses is limited as anybody.
	for range 20 {
		p.again(t, "admin", "wrong wrong wrong", home)
	}
	if wait := p.again(t, "admin", right, home); wait == 0 {
		t.Error("guessing from home is not slowed down")
	}
}

// Refusals are in the audit log, but guessing does not fill it.
func TestRefusalsAreRecorded(t *testing.T) {
	p := newPlace(t)
	p.administrator()
	before := len(p.actions())
	tries := 0
	for i := 0; tries < 20; i++ {
		if wait := p.again(t, "admin", "wrong wrong wrong", fmt.Sprintf("198.51.100.%d:1", i)); wait > 0 {
			p.pass(wait)
		} else {
			tries++
		}
	}
	if got := len(p.actions()) - before; got != 5 { // 1, 2, 4, 8, 16
		t.Errorf("%d tries made %d entries", tries, got)
	}
}

// A name that nobody has costs the work of a wrong password. The shortest of
// several runs in turn is compared, within a bound that other work on the
// machine does not reach and an answer without the work is far beyond.
func TestEqualWork(t *testing.T) {
	p := newPlace(t)
	store := p.db.Identity()
	var err error
	p.Gate, err = identity.Open(t.Context(), identity.Config{ // with hashes at their full price
		Accounts: store, Setups: store, Sessions: store, Tokens: store, Transact: p.db.Store, Audit: p.log, Clock: p.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.administrator()
	least := map[string]time.Duration{"admin": time.Hour, "nobody": time.Hour}
	for i := range 6 {
		for name := range least {
			p.pass(2 * time.Hour) // no limits
			start := time.Now()
			if _, err := p.login(name, "wrong wrong wrong", fmt.Sprintf("198.51.100.%d:1", i)); !errors.Is(err, identity.ErrCredentials) {
				t.Fatal(err)
			}
			least[name] = min(least[name], time.Since(start))
		}
	}
	if ratio := float64(least["admin"]) / float64(least["nobody"]); ratio < 0.2 || ratio > 5 {
		t.Errorf("the shortest times are %v", least)
	}
}
