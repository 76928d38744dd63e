package statestoretest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/statestore"
)

func testIdentity(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	s := store.Identity()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	absent := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	same := func(what string, want, got any, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
		}
	}

	kim := identity.Account{ID: "usr_1", Name: "김보안", Role: identity.Administrator, Password: "$a", Created: Start, Changed: Start}
	ada := identity.Account{ID: "usr_2", Name: "Ada", Role: "reader", Password: "$b", Created: Start.Add(1), Changed: Start}
	must(s.AddAccount(ctx, kim))
	must(s.AddAccount(ctx, ada))
	for _, name := range []string{"ADA", " ada "} {
		if err := s.AddAccount(ctx, identity.Account{ID: "usr_3", Name: name}); !errors.Is(err, identity.ErrNameTaken) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	all, err := s.Accounts(ctx)
	same("accounts", []identity.Account{ada, kim}, all, err)
	got, err := s.AccountByName(ctx, "aDa")
	same("account by name", ada, got, err)
	ada.Password, ada.Changed = "$c", Start.Add(time.Hour)
	must(s.SetPassword(ctx, ada.ID, ada.Password, ada.Changed))
	got, err = s.Account(ctx, ada.ID)
	same("account", ada, got, err)
	_, err = s.Account(ctx, "usr_x")
	absent("account", err)
	_, err = s.AccountByName(ctx, "x")
	absent("account by name", err)
	absent("set password", s.SetPassword(ctx, "usr_x", "", Start))
	absent("remove account", s.RemoveAccount(ctx, "usr_x"))

	_, err = s.Setup(ctx)
	absent("setup", err)
	for _, want := range []identity.Setup{{Hash: "h1", Expires: Start}, {Account: kim.ID, Hash: "h2", Expires: Start.Add(1)}} {
		must(s.SetSetup(ctx, want))
		got, err := s.Setup(ctx)
		same("setup", want, got, err)
	}
	must(s.ClearSetup(ctx))
	must(s.ClearSetup(ctx))
	_, err = s.Setup(ctx)
	absent("setup", err)

	sessions := make([]identity.Session, 4)
	for i := range sessions {
		id := string(rune('a' + i))
		sessions[i] = identity.Session{
			ID: "ses_" + id, Account: ada.ID, Hash: "hash " + id, Created: Start, Seen: Start.Add(time.Duration(-i) * time.Hour),
			Expires: Start.Add(time.Duration(i+1) * time.Minute), Peer: "2001:db8::1", Client: "브라우저",
		}
		must(s.AddSession(ctx, sessions[i]))
	}
	found, err := s.SessionByHash(ctx, "hash b")
	same("session by hash", sessions[1], found, err)
	_, err = s.SessionByHash(ctx, "hash x")
	absent("session by hash", err)
	list, err := s.Sessions(ctx, ada.ID)
	same("sessions", sessions, list, err)
	sessions[1].Seen, sessions[1].Peer = Start.Add(time.Second), "192.0.2.1"
	must(s.TouchSession(ctx, "ses_b", sessions[1].Seen, sessions[1].Peer))
	list, err = s.Sessions(ctx, ada.ID)
	same("sessions", []identity.Session{sessions[1], sessions[0], sessions[2], sessions[3]}, list, err)
	must(s.SweepSessions(ctx, Start.Add(-2*time.Hour), sessions[0].Expires)) // d was not seen, a has expired
	list, err = s.Sessions(ctx, ada.ID)
	same("sessions after a sweep", []identity.Session{sessions[1], sessions[2]}, list, err)
	must(s.EndSessions(ctx, ada.ID, "ses_c"))
	must(s.EndSessions(ctx, kim.ID, ""))
	list, err = s.Sessions(ctx, ada.ID)
	same("sessions but one", []identity.Session{sessions[2]}, list, err)
	absent("end session", s.EndSession(ctx, "ses_b"))
	absent("touch session", s.TouchSession(ctx, "ses_b", Start, ""))
	if err := s.AddSession(ctx, identity.Session{ID: "ses_z", Account: "usr_x", Hash: "z"}); err == nil {
		t.Error("a session of nobody was added")
	}

	narrow := identity.Token{
		ID: "tok_1", Account: ada.ID, Name: "센서", Hash: "t1", Scopes: []identity.Action{identity.SendEvents}, Created: Start, Expires: Start.Add(time.Hour),
	}
	wide := identity.Token{ID: "tok_2", Account: kim.ID, Name: "wide", Hash: "t2", Created: Start.Add(1)}
	must(s.AddToken(ctx, narrow))
	must(s.AddToken(ctx, wide))
	token, err := s.TokenByHash(ctx, "t1")
	same("token by hash", narrow, token, err)
	_, err = s.TokenByHash(ctx, "tx")
	absent("token by hash", err)
	tokens, err := s.Tokens(ctx, "")
	same("all tokens", []identity.Token{wide, narrow}, tokens, err)
	wide.Used, wide.Peer = Start.Add(time.Minute), "192.0.2.9"
	must(s.TouchToken(ctx, wide.ID, wide.Used, wide.Peer))
	tokens, err = s.Tokens(ctx, kim.ID)
	same("tokens of one", []identity.Token{wide}, tokens, err)
	must(s.RemoveToken(ctx, wide.ID))
	absent("remove token", s.RemoveToken(ctx, wide.ID))
	absent("touch token", s.TouchToken(ctx, wide.ID, Start, ""))

	// An account takes what is its own with it.
	must(s.RemoveAccount(ctx, ada.ID))
	_, err = s.SessionByHash(ctx, "hash c")
	absent("session of a removed account", err)
	_, err = s.TokenByHash(ctx, "t1")
	absent("token of a removed account", err)
}
