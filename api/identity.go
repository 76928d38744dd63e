package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/identity"
)

type cookieOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SessionBegun
}

// SessionBegun is a session that has begun.
type SessionBegun struct {
	ID      string    `json:"id"`
	Account string    `json:"account"`
	Expires time.Time `json:"expires" doc:"at the latest; an unused session ends sooner"`
	Secret  string    `json:"secret" doc:"for programs, as a bearer token; browsers have it in a cookie"`
}

func (s *server) begun(session identity.Session, secret string) *cookieOut {
	return &cookieOut{
		SetCookie: http.Cookie{
			Name: cookieName, Value: secret, Path: "/", Expires: session.Expires,
			HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteStrictMode,
		},
		Body: SessionBegun{ID: session.ID, Account: session.Account, Expires: session.Expires, Secret: secret},
	}
}

// SetupState says whether the first account is still to be made.
type SetupState struct {
	Needed bool `json:"needed"`
}

// Whoami is who asks.
type Whoami struct {
	Account string            `json:"account"`
	Name    string            `json:"name"`
	Role    identity.Role     `json:"role"`
	Session string            `json:"session,omitempty"`
	Token   string            `json:"token,omitempty"`
	Allowed []identity.Action `json:"allowed"`
}

// Session is a session of an account.
type Session struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
	Expires time.Time `json:"expires"`
	Peer    string    `json:"peer"`
	Client  string    `json:"client"`
}

// Token is an API token, without its secret.
type Token struct {
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Scopes  []identity.Action `json:"scopes,omitempty" doc:"none: all that the account may, of what tokens may"`
	Created time.Time         `json:"created"`
	Expires time.Time         `json:"expires,omitzero"`
	Used    time.Time         `json:"used,omitzero"`
	Peer    string            `json:"peer,omitempty"`
}

func tokenOf(t identity.Token) Token {
	return Token{ID: t.ID, Name: t.Name, Scopes: t.Scopes, Created: t.Created, Expires: t.Expires, Used: t.Used, Peer: t.Peer}
}

// TokenMade is a new token with its secret.
type TokenMade struct {
	Token
	Secret string `json:"secret" doc:"shown this once; it is not kept"`
}

// Caller is what every sign-in tells of itself.
type Caller struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
}

func (s *server) identity() {
	const tag = "identity"
	type empty struct{}
	add(s, operation{id: "setup-needed", method: http.MethodGet, path: "/setup", summary: "Whether nobody has an account yet", open: true, tag: tag},
		func(ctx context.Context, _ *empty) (*body[SetupState], error) {
			needed, err := s.Gate.SetupNeeded(ctx)
			return &body[SetupState]{SetupState{needed}}, err
		})
	add(s, operation{id: "setup", method: http.MethodPost, path: "/setup", summary: "Set the administrator's password with the one-time link", open: true, tag: tag, errors: []int{401, 422, 429}},
		func(ctx context.Context, in *struct {
			Caller
			Body struct {
				Token    string `json:"token" maxLength:"256"`
				Name     string `json:"name,omitempty" maxLength:"256" doc:"admin where it is left out"`
				Password string `json:"password" maxLength:"4096"`
			}
		},
		) (*cookieOut, error) {
			session, secret, err := s.Gate.Setup(ctx, in.Body.Token, identity.Attempt{
				Name: in.Body.Name, Password: in.Body.Password, Peer: peerOf(ctx), Client: in.UserAgent,
			})
			if err != nil {
				return nil, err
			}
			return s.begun(session, secret), nil
		})
	add(s, operation{id: "sign-in", method: http.MethodPost, path: "/sessions", summary: "Sign in", open: true, tag: tag, errors: []int{401, 429, 503}},
		func(ctx context.Context, in *struct {
			Caller
			Body struct {
				Name     string `json:"name" maxLength:"256"`
				Password string `json:"password" maxLength:"4096"`
			}
		},
		) (*cookieOut, error) {
			session, secret, err := s.Gate.Login(ctx, identity.Attempt{
				Name: in.Body.Name, Password: in.Body.Password, Peer: peerOf(ctx), Client: in.UserAgent,
			})
			if err != nil {
				return nil, err
			}
			return s.begun(session, secret), nil
		})
	add(s, operation{id: "whoami", method: http.MethodGet, path: "/session", summary: "Who asks, and what they may do", action: identity.ReadStatus, tag: tag},
		func(ctx context.Context, _ *empty) (*body[Whoami], error) {
			who := identity.Of(ctx)
			out := &body[Whoami]{Whoami{Account: who.Account, Name: who.Name, Role: who.Role, Session: who.Session, Token: who.Token}}
			for _, a := range identity.Actions() {
				if identity.Allowed(who, a) {
					out.Body.Allowed = append(out.Body.Allowed, a)
				}
			}
			return out, nil
		})
	add(s, operation{id: "sign-out", method: http.MethodDelete, path: "/session", summary: "Sign out", action: identity.ChangeOwn, tag: tag, status: http.StatusNoContent},
		func(ctx context.Context, _ *empty) (*struct {
			SetCookie http.Cookie `header:"Set-Cookie"`
		}, error,
		) {
			err := s.Gate.EndSession(ctx, identity.Of(ctx).Session)
			return &struct {
				SetCookie http.Cookie `header:"Set-Cookie"`
			}{http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteStrictMode}}, err
		})
	add(s, operation{id: "list-sessions", method: http.MethodGet, path: "/sessions", summary: "One's own sessions", action: identity.ChangeOwn, tag: tag},
		func(ctx context.Context, _ *empty) (*body[Page[Session]], error) {
			all, err := s.Gate.Sessions(ctx)
			var out []Session
			for _, x := range all {
				out = append(out, Session{ID: x.ID, Created: x.Created, Seen: x.Seen, Expires: x.Expires, Peer: x.Peer, Client: x.Client})
			}
			return page(out, ""), err
		})
	add(s, operation{id: "end-session", method: http.MethodDelete, path: "/sessions/{id}", summary: "End a session", action: identity.ChangeOwn, tag: tag, status: http.StatusNoContent, errors: []int{404}},
		func(ctx context.Context, in *ByID) (*empty, error) { return nil, s.Gate.EndSession(ctx, in.ID) })
	add(s, operation{id: "change-password", method: http.MethodPost, path: "/password", summary: "Change one's own password; other sessions end", action: identity.ChangeOwn, tag: tag, status: http.StatusNoContent, errors: []int{422, 429}},
		func(ctx context.Context, in *struct {
			Body struct {
				Present string `json:"present" maxLength:"4096"`
				Next    string `json:"next" maxLength:"4096"`
			}
		},
		) (*empty, error) {
			return nil, s.Gate.ChangePassword(ctx, in.Body.Present, in.Body.Next)
		})
	add(s, operation{id: "list-tokens", method: http.MethodGet, path: "/tokens", summary: "One's own API tokens", action: identity.ChangeOwn, tag: tag},
		func(ctx context.Context, _ *empty) (*body[Page[Token]], error) {
			ctx, err := s.owner(ctx)
			if err != nil {
				return nil, err
			}
			all, err := s.Gate.Tokens(ctx)
			var out []Token
			for _, t := range all {
				out = append(out, tokenOf(t))
			}
			return page(out, ""), err
		})
	add(s, operation{id: "make-token", method: http.MethodPost, path: "/tokens", summary: "Make an API token", action: identity.ChangeOwn, tag: tag, status: http.StatusCreated, errors: []int{422}},
		func(ctx context.Context, in *struct {
			Body struct {
				Name    string            `json:"name" maxLength:"400" doc:"what it is for"`
				Expires time.Time         `json:"expires,omitempty" doc:"never, where it is left out"`
				Scopes  []identity.Action `json:"scopes,omitempty" maxItems:"64"`
			}
		},
		) (*body[TokenMade], error) {
			ctx, err := s.owner(ctx)
			if err != nil {
				return nil, err
			}
			t, secret, err := s.Gate.NewToken(ctx, identity.TokenRequest{Name: in.Body.Name, Expires: in.Body.Expires, Scopes: in.Body.Scopes})
			return &body[TokenMade]{TokenMade{tokenOf(t), secret}}, err
		})
	add(s, operation{id: "remove-token", method: http.MethodDelete, path: "/tokens/{id}", summary: "Remove an API token", action: identity.ChangeOwn, tag: tag, status: http.StatusNoContent, errors: []int{404}},
		func(ctx context.Context, in *ByID) (*empty, error) {
			ctx, err := s.owner(ctx)
			if err != nil {
				return nil, err
			}
			return nil, s.Gate.RemoveToken(ctx, in.ID)
		})
}

// owner returns a context that acts for an account. Who has the machine itself
// has none; what they make belongs to the account that was made first, and the
// audit log says that it was made here.
func (s *server) owner(ctx context.Context) (context.Context, error) {
	if !IsLocal(ctx) {
		return ctx, nil
	}
	all, err := s.Gate.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errNoAccount
	}
	first := slices.MinFunc(all, func(a, b identity.Account) int { return a.Created.Compare(b.Created) })
	who := identity.Who{Account: first.ID, Name: first.Name, Role: first.Role}
	return audit.WithActor(identity.With(ctx, who, ""), local), nil
}

// ByID names one thing by its id.
type ByID struct {
	ID string `path:"id" maxLength:"128"`
}
