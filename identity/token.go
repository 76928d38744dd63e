package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/text"
)

// TokenPrefix begins every token's secret, so that people and scanners of
// repositories know one when they see it.
const TokenPrefix = "bgs_"

const maxTokenName = 100 // characters

// A TokenRequest asks for a token.
type TokenRequest struct {
	Name    string    // what it is for
	Expires time.Time // zero: never
	Scopes  []Action  // none: all that the account may, of what tokens may
}

// NewToken makes a token that acts for who acts, and returns it with its
// secret, which is not kept and cannot be had again. A request that cannot be
// met is a *FieldError.
func (g *Gate) NewToken(ctx context.Context, r TokenRequest) (token Token, secret string, err error) {
	who := Of(ctx)
	if who.Account == "" {
		return Token{}, "", ErrCredentials
	}
	now := g.cfg.Clock().UTC().Round(0)
	name := strings.TrimSpace(cut(r.Name, maxTokenName*utf8.UTFMax))
	switch n := utf8.RuneCountInString(name); {
	case n == 0 || n > maxTokenName:
		return Token{}, "", &FieldError{Field: "name", Said: sayTokenName.Say(text.Args{"max": maxTokenName})}
	case !r.Expires.IsZero() && !r.Expires.After(now):
		return Token{}, "", &FieldError{Field: "expires", Said: sayTokenExpires.Say(nil)}
	}
	scopes := slices.Compact(slices.Sorted(slices.Values(r.Scopes)))
	for _, s := range scopes {
		if !forTokens(s) {
			return Token{}, "", &FieldError{Field: "scopes", Said: sayTokenScope.Say(text.Args{"scope": cut(string(s), 80), "known": tokenActions()})}
		}
	}
	secret = TokenPrefix + newSecret()
	token = Token{
		ID: newID("tok"), Account: who.Account, Name: name, Hash: hashSecret(secret), Scopes: scopes,
		Created: now, Expires: r.Expires.UTC().Round(0),
	}
	detail := map[string]any{"name": name, "scopes": scopes}
	if !token.Expires.IsZero() {
		detail["expires"] = token.Expires
	}
	err = g.change(ctx, audit.Entry{Action: "token.add", Object: token.ID, Detail: audit.Detail(detail)}, func(ctx context.Context) error {
		all, err := g.cfg.Tokens.Tokens(ctx, who.Account)
		if err != nil {
			return err
		}
		if len(all) >= maxTokens {
			return &FieldError{Field: "name", Said: sayTooManyTokens.Say(text.Args{"max": maxTokens})}
		}
		return g.cfg.Tokens.AddToken(ctx, token)
	})
	if err != nil {
		return Token{}, "", fmt.Errorf("add token: %w", err)
	}
	token.Hash = ""
	return token, secret, nil
}

func tokenActions() []string {
	var out []string
	for _, row := range allowed {
		if row.tokens {
			out = append(out, string(row.action))
		}
	}
	return out
}

// ByToken recognises the secret of a token, used from peer. ErrCredentials if
// there is none or its time has come.
func (g *Gate) ByToken(ctx context.Context, secret, peer string) (Who, error) {
	if !strings.HasPrefix(secret, TokenPrefix) || len(secret) > maxSecret {
		return Who{}, ErrCredentials
	}
	token, err := g.cfg.Tokens.TokenByHash(ctx, hashSecret(secret))
	if err != nil {
		return Who{}, unrecognised("recognise token", err)
	}
	now := g.cfg.Clock()
	if !token.Expires.IsZero() && !now.Before(token.Expires) {
		return Who{}, ErrCredentials
	}
	account, err := g.cfg.Accounts.Account(ctx, token.Account)
	if err != nil {
		return Who{}, unrecognised("recognise token", err)
	}
	if now.Sub(token.Used) >= touchAfter {
		// As with sessions, a full disk must not end what could be read.
		_ = g.cfg.Tokens.TouchToken(ctx, token.ID, now, peerName(peer))
	}
	return Who{Account: account.ID, Name: account.Name + "/" + token.Name, Role: account.Role, Token: token.ID, Scopes: token.Scopes}, nil
}

// Tokens returns the tokens of who acts, without their hashes, the newest
// first.
func (g *Gate) Tokens(ctx context.Context) ([]Token, error) {
	who := Of(ctx)
	if who.Account == "" {
		return nil, ErrCredentials
	}
	all, err := g.cfg.Tokens.Tokens(ctx, who.Account)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	for i := range all {
		all[i].Hash = ""
	}
	return all, nil
}

// RemoveToken revokes a token of who acts; it lets nobody in from then on.
// ErrNotFound also for tokens of others.
func (g *Gate) RemoveToken(ctx context.Context, id string) error {
	who := Of(ctx)
	if who.Account == "" {
		return ErrCredentials
	}
	err := g.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
		all, err := g.cfg.Tokens.Tokens(ctx, who.Account)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(t Token) bool { return t.ID == id })
		if i < 0 {
			return ErrNotFound
		}
		if err := g.cfg.Tokens.RemoveToken(ctx, id); err != nil {
			return err
		}
		return g.cfg.Audit.Record(ctx, audit.Entry{Action: "token.remove", Object: id, Detail: audit.Detail(map[string]any{"name": all[i].Name})})
	})
	if err != nil {
		return fmt.Errorf("remove token: %w", err)
	}
	return nil
}
