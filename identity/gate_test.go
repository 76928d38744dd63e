package identity_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/statestore/sqlite"
)

const (
	right = "beacon over nine hills"
	home  = "192.0.2.10:50123"
	away  = "198.51.100.66:4444"
)

// A place is a Gate over a database of its own.
type place struct {
	*identity.Gate
	t   *testing.T
	db  *sqlite.DB
	log *audit.Log

	mu  sync.Mutex
	now time.Time
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 5, time.UTC)}
	var err error
	if p.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "bongsu.db"), Clock: p.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.db.Close(); err != nil {
			t.Error(err)
		}
	})
	if p.log, err = audit.Open(t.Context(), audit.Config{Store: p.db.Audit(), Clock: p.clock}); err != nil {
		t.Fatal(err)
	}
	p.restart()
	return p
}

func (p *place) restart() {
	p.t.Helper()
	store := p.db.Identity()
	var err error
	p.Gate, err = identity.Open(p.t.Context(), identity.Config{
		Accounts: store, Setups: store, Sessions: store, Tokens: store, Transact: p.db.Store, Audit: p.log, Clock: p.clock,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.Cheap()
}

func (p *place) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *place) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

// administrator sets the first account up and returns a context in which it
// acts from home.
func (p *place) administrator() (context.Context, string) {
	p.t.Helper()
	link, _, err := p.NewSetup(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	_, secret, err := p.Setup(p.t.Context(), link, identity.Attempt{Password: right, Peer: home})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.as(secret), secret
}

func (p *place) as(secret string) context.Context {
	p.t.Helper()
	who, err := p.BySession(p.t.Context(), secret, home)
	if err != nil {
		p.t.Fatal(err)
	}
	return identity.With(p.t.Context(), who, home)
}

func (p *place) login(name, password, peer string) (string, error) {
	_, secret, err := p.Login(p.t.Context(), identity.Attempt{Name: name, Password: password, Peer: peer, Client: "test"})
	return secret, err
}

// actions are what the audit log holds, oldest first.
func (p *place) actions() []string {
	p.t.Helper()
	var out []string
	err := p.log.Export(p.t.Context(), writer(func(line []byte) {
		if strings.Contains(string(line), right) {
			p.t.Errorf("a secret in the audit log: %s", line)
		}
	}), audit.Filter{})
	if err != nil {
		p.t.Fatal(err)
	}
	for cursor := ""; ; {
		page, next, err := p.log.List(p.t.Context(), audit.Filter{}, cursor, 0)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, e := range page {
			out = append(out, e.Action)
		}
		if cursor = next; next == "" {
			break
		}
	}
	slices.Reverse(out)
	return out
}

type writer func(b []byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

func TestSetup(t *testing.T) {
	p := newPlace(t)
	ctx := t.Context()
	if needed, err := p.SetupNeeded(ctx); !needed || err != nil {
		t.Fatalf("setup needed: %t, %v", needed, err)
	}
	old, _, err := p.NewSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.restart()
	link, expires, err := p.NewSetup(ctx)
	if err != nil || !expires.Equal(p.clock().Add(24*time.Hour)) {
		t.Fatalf("link ends %v, %v", expires, err)
	}
	for name, secret := range map[string]string{"of the start before": old, "empty": "", "made up": strings.Repeat("A", 43), "huge": strings.Repeat("A", 1<<16)} {
		if _, _, err := p.Setup(ctx, secret, identity.Attempt{Password: right, Peer: away}); !errors.Is(err, identity.ErrCredentials) {
			t.Errorf("link %s: %v", name, err)
		}
	}
	var field *identity.FieldError
	if _, _, err := p.Setup(ctx, link, identity.Attempt{Password: "short", Peer: home}); !errors.As(err, &field) || field.Field != "password" {
		t.Errorf("a short password: %v", err)
	}
	if err := p.SetupValid(ctx, link, home); err != nil {
		t.Errorf("the link is used up by a password that was refused: %v", err)
	}

	// Of many that use the link at once, one gets in.
	var all sync.WaitGroup
	var mu sync.Mutex
	var in []identity.Session
	for range 4 {
		all.Go(func() {
			session, _, err := p.Setup(ctx, link, identity.Attempt{Name: "Admin", Password: right, Peer: home})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				in = append(in, session)
			case !errors.Is(err, identity.ErrCredentials):
				t.Error(err)
			}
		})
	}
	all.Wait()
	accounts, err := p.Accounts(ctx)
	if len(in) != 1 || len(accounts) != 1 || err != nil {
		t.Fatalf("%d got in, %d accounts, %v", len(in), len(accounts), err)
	}
	if a := accounts[0]; a.Name != "Admin" || a.Role != identity.Administrator || a.Password != "" || !strings.HasPrefix(a.ID, "usr_") {
		t.Errorf("account is %+v", a)
	}
	if _, _, err := p.NewSetup(ctx); !errors.Is(err, identity.ErrNotAllowed) {
		t.Errorf("a second setup link: %v", err)
	}
	if _, err := p.login(" aDMIN ", right, home); err != nil {
		t.Errorf("sign in: %v", err)
	}
	want := []string{"setup.link", "setup.link", "account.setup", "session.begin", "session.begin"}
	if diff := cmp.Diff(want, p.actions()); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

func TestSetupExpires(t *testing.T) {
	p := newPlace(t)
	link, _, err := p.NewSetup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.pass(24 * time.Hour)
	if _, _, err := p.Setup(t.Context(), link, identity.Attempt{Password: right, Peer: home}); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("after a day: %v", err)
	}
}

// Somebody who has the machine gets in again; sessions of before end.
func TestReset(t *testing.T) {
	p := newPlace(t)
	_, secret := p.administrator()
	if _, _, err := p.NewReset(t.Context(), "nobody"); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("reset of nobody: %v", err)
	}
	link, _, err := p.NewReset(t.Context(), "ADMIN")
	if err != nil {
		t.Fatal(err)
	}
	_, fresh, err := p.Setup(t.Context(), link, identity.Attempt{Name: "ignored", Password: "another long secret", Peer: home})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.BySession(t.Context(), secret, home); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("session of before the reset: %v", err)
	}
	if who, err := p.BySession(t.Context(), fresh, home); err != nil || who.Name != identity.FirstName {
		t.Errorf("session of the reset is %+v, %v", who, err)
	}
	if _, err := p.login("admin", right, home); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("old password: %v", err)
	}
	if all, err := p.Accounts(t.Context()); len(all) != 1 || err != nil {
		t.Errorf("%d accounts, %v", len(all), err)
	}
}

func TestSession(t *testing.T) {
	p := newPlace(t)
	ctx, first := p.administrator()
	second, err := p.login("admin", right, away)
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := p.Sessions(ctx)
	if err != nil || len(sessions) != 2 {
		t.Fatalf("sessions %+v, %v", sessions, err)
	}
	for _, s := range sessions {
		if s.Hash != "" || strings.Contains(s.Peer, ":") {
			t.Errorf("session shows %+v", s)
		}
	}

	// Use puts the end off, up to the absolute one.
	start := p.clock()
	for p.clock().Sub(start) < 7*24*time.Hour-11*time.Hour {
		p.pass(11 * time.Hour)
		if _, err := p.BySession(t.Context(), first, home); err != nil {
			t.Fatalf("after %v: %v", p.clock().Sub(start), err)
		}
	}
	if _, err := p.BySession(t.Context(), second, away); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("a session unused for days: %v", err)
	}
	if sessions, err := p.Sessions(ctx); err != nil || len(sessions) != 1 {
		t.Errorf("sessions %+v, %v", sessions, err)
	}
	p.pass(11 * time.Hour)
	if _, err := p.BySession(t.Context(), first, home); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("after %v: %v", p.clock().Sub(start), err)
	}

	third, err := p.login("admin", right, home)
	if err != nil {
		t.Fatal(err)
	}
	ctx = p.as(third)
	sessions, err = p.Sessions(ctx)
	if err != nil || len(sessions) != 1 {
		t.Fatalf("ended sessions are kept: %+v, %v", sessions, err)
	}
	for _, id := range []string{"ses_x", ""} {
		err := p.EndSession(ctx, id)
		if wrong := errors.Is(err, identity.ErrNotFound); wrong != (id != "") || !wrong && err != nil {
			t.Errorf("end session %q: %v", id, err)
		}
	}
	if _, err := p.BySession(t.Context(), third, home); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("a session that was ended: %v", err)
	}
	for _, secret := range []string{"", "x", strings.Repeat("x", 1<<20)} {
		if _, err := p.BySession(t.Context(), secret, home); !errors.Is(err, identity.ErrCredentials) {
			t.Errorf("made-up secret of %d bytes: %v", len(secret), err)
		}
	}
}

func TestSessionsAreBounded(t *testing.T) {
	p := newPlace(t)
	_, first := p.administrator()
	var last string
	for range 32 {
		p.pass(time.Second)
		var err error
		if last, err = p.login("admin", right, home); err != nil {
			t.Fatal(err)
		}
	}
	if sessions, err := p.Sessions(p.as(last)); err != nil || len(sessions) != 32 {
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
	if _, err := p.BySession(t.Context(), first, home); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("the session unused longest: %v", err)
	}
}

func TestChangePassword(t *testing.T) {
	p := newPlace(t)
	ctx, own := p.administrator()
	other, err := p.login("admin", right, away)
	if err != nil {
		t.Fatal(err)
	}
	const next = "seven beacons by the sea"
	for _, test := range []struct{ present, next, field string }{
		{"wrong wrong wrong", next, "present"},
		{right, "short", "password"},
		{right, right, "password"},
		{right, "password123456", "password"},
	} {
		var field *identity.FieldError
		if err := p.ChangePassword(ctx, test.present, test.next); !errors.As(err, &field) || field.Field != test.field {
			t.Errorf("%q to %q: %v", test.present, test.next, err)
		}
	}
	if err := p.ChangePassword(t.Context(), right, next); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("nobody changed a password: %v", err)
	}
	if err := p.ChangePassword(ctx, right, next); err != nil {
		t.Fatal(err)
	}
	if _, err := p.BySession(t.Context(), own, home); err != nil {
		t.Errorf("own session: %v", err)
	}
	if _, err := p.BySession(t.Context(), other, away); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("other session: %v", err)
	}
	if _, err := p.login("admin", next, home); err != nil {
		t.Errorf("new password: %v", err)
	}
}

func TestAccounts(t *testing.T) {
	p := newPlace(t)
	ctx, _ := p.administrator()
	me := identity.Of(ctx).Account
	if err := p.RemoveAccount(ctx, me); !errors.Is(err, identity.ErrLast) {
		t.Errorf("remove the last: %v", err)
	}
	for name, want := range map[string]error{"ADMIN": identity.ErrNameTaken, "": nil, "a b": nil, "x\x00": nil, strings.Repeat("가", 65): nil, "\xff": nil} {
		_, err := p.AddAccount(ctx, name, right)
		var field *identity.FieldError
		if want != nil && !errors.Is(err, want) || want == nil && !errors.As(err, &field) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	kim, err := p.AddAccount(ctx, "김보안", right)
	if err != nil || kim.Password != "" {
		t.Fatalf("account %+v, %v", kim, err)
	}
	secret, err := p.login("김보안", right, away)
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := p.NewToken(p.as(secret), identity.TokenRequest{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.RemoveAccount(ctx, kim.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := p.BySession(t.Context(), secret, away); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("session of a removed account: %v", err)
	}
	if _, err := p.ByToken(t.Context(), token, away); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("token of a removed account: %v", err)
	}
	if err := p.RemoveAccount(ctx, kim.ID); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

func TestToken(t *testing.T) {
	p := newPlace(t)
	ctx, _ := p.administrator()
	_, all, err := p.NewToken(ctx, identity.TokenRequest{Name: " backup job "})
	if err != nil {
		t.Fatal(err)
	}
	narrow, sends, err := p.NewToken(ctx, identity.TokenRequest{
		Name: "sensor", Expires: p.clock().Add(time.Hour), Scopes: []identity.Action{identity.SendEvents, identity.SendEvents},
	})
	if err != nil || !strings.HasPrefix(sends, "bgs_") || len(narrow.Scopes) != 1 {
		t.Fatalf("token %+v, %v", narrow, err)
	}
	who, err := p.ByToken(t.Context(), sends, away)
	if err != nil || who.Name != "admin/sensor" || who.Actor(away).Peer != "198.51.100.66" {
		t.Fatalf("token is %+v, %v", who, err)
	}
	for action, want := range map[identity.Action]bool{identity.SendEvents: true, identity.ReadEvents: false, identity.ChangeAccounts: false} {
		if got := identity.Allowed(who, action); got != want {
			t.Errorf("a narrow token may %s: %t", action, got)
		}
	}
	wide, err := p.ByToken(t.Context(), all, away)
	if err != nil || !identity.Allowed(wide, identity.ReadEvents) || identity.Allowed(wide, identity.ChangeOwn) {
		t.Errorf("a wide token is %+v, %v", wide, err)
	}
	tokens, err := p.Tokens(ctx)
	if err != nil || len(tokens) != 2 || tokens[0].Hash != "" || tokens[0].Used.IsZero() {
		t.Fatalf("tokens %+v, %v", tokens, err)
	}
	p.pass(time.Hour)
	if _, err := p.ByToken(t.Context(), sends, away); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("after its end: %v", err)
	}
	for _, id := range []string{"tok_x", wide.Token} {
		if err := p.RemoveToken(ctx, id); errors.Is(err, identity.ErrNotFound) != (id == "tok_x") {
			t.Errorf("remove token %s: %v", id, err)
		}
	}
	if _, err := p.ByToken(t.Context(), all, away); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("after it was removed: %v", err)
	}
	for field, r := range map[string]identity.TokenRequest{
		"name":    {Name: " "},
		"expires": {Name: "x", Expires: p.clock()},
		"scopes":  {Name: "x", Scopes: []identity.Action{identity.ChangeOwn}},
	} {
		var wrong *identity.FieldError
		if _, _, err := p.NewToken(ctx, r); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for n := 0; ; n++ {
		var wrong *identity.FieldError
		if _, _, err := p.NewToken(ctx, identity.TokenRequest{Name: fmt.Sprint(n)}); errors.As(err, &wrong) {
			break
		} else if err != nil || n > 100 {
			t.Fatalf("token %d: %v", n, err)
		}
	}
}

func TestAllowed(t *testing.T) {
	administrator := identity.Who{Account: "usr_1", Role: identity.Administrator, Session: "ses_1"}
	for _, action := range identity.Actions() {
		for name, who := range map[string]identity.Who{
			"nobody": {}, "another role": {Account: "usr_1", Role: "reader"}, "scoped away": {Account: "usr_1", Role: identity.Administrator, Token: "tok_1", Scopes: []identity.Action{"x.y"}},
		} {
			if identity.Allowed(who, action) {
				t.Errorf("%s may %s", name, action)
			}
		}
		if !identity.Allowed(administrator, action) {
			t.Errorf("the administrator may not %s", action)
		}
	}
	if identity.Allowed(administrator, "x.y") {
		t.Error("an action that is not in the table is allowed")
	}
	ctx := t.Context()
	if err := identity.Require(ctx, identity.ReadEvents); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("nobody: %v", err)
	}
	if err := identity.Require(identity.With(ctx, administrator, home), "x.y"); !errors.Is(err, identity.ErrNotAllowed) {
		t.Errorf("unknown action: %v", err)
	}
	if err := identity.Require(identity.With(ctx, administrator, home), identity.ReadEvents); err != nil {
		t.Error(err)
	}
}

// Every error of the package has words in both languages, with its values.
func TestWords(t *testing.T) {
	for _, err := range []error{
		identity.ErrCredentials, identity.ErrNotAllowed, identity.ErrNotFound, identity.ErrNameTaken, identity.ErrBusy, identity.ErrLast,
		&identity.LimitedError{Again: time.Unix(0, 0)}, fmt.Errorf("x: %w", identity.ErrLast),
	} {
		said, ok := identity.Words(err)
		if !ok || said.EN == "" || said.KO == "" || strings.ContainsAny(said.EN+said.KO, "{}") {
			t.Errorf("%v is said as %+v, %t", err, said, ok)
		}
	}
	if _, ok := identity.Words(errors.New("x")); ok {
		t.Error("an error of somebody else has words")
	}
}
