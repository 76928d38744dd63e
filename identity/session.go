package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bongsu/bongsu/audit"
)

// touchAfter is how stale "last seen" may be: a busy page writes once a minute.
const touchAfter = time.Minute

// BySession recognises the secret of a session, seen at peer, and puts its end
// off. ErrCredentials if there is none or its time has come.
func (g *Gate) BySession(ctx context.Context, secret, peer string) (Who, error) {
	if secret == "" || len(secret) > maxSecret {
		return Who{}, ErrCredentials
	}
	session, err := g.cfg.Sessions.SessionByHash(ctx, hashSecret(secret))
	if err != nil {
		return Who{}, unrecognised("recognise session", err)
	}
	now := g.cfg.Clock()
	if !now.Before(session.Expires) || now.Sub(session.Seen) >= g.cfg.Idle {
		return Who{}, ErrCredentials
	}
	account, err := g.cfg.Accounts.Account(ctx, session.Account)
	if err != nil {
		return Who{}, unrecognised("recognise session", err)
	}
	if now.Sub(session.Seen) >= touchAfter || session.Peer != peerName(peer) {
		// A full disk must not sign people out who want to see why: the end of the
		// session is then not put off, which is all that is lost.
		_ = g.cfg.Sessions.TouchSession(ctx, session.ID, now, peerName(peer))
	}
	return Who{Account: account.ID, Name: account.Name, Role: account.Role, Session: session.ID}, nil
}

// unrecognised turns what a store does not have into ErrCredentials.
func unrecognised(doing string, err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrCredentials
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Sessions returns the sessions of who acts, without their hashes, the latest
// seen first.
func (g *Gate) Sessions(ctx context.Context) ([]Session, error) {
	who := Of(ctx)
	if who.Account == "" {
		return nil, ErrCredentials
	}
	all, err := g.cfg.Sessions.Sessions(ctx, who.Account)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	now := g.cfg.Clock()
	var out []Session
	for _, s := range all {
		if now.Before(s.Expires) && now.Sub(s.Seen) < g.cfg.Idle {
			s.Hash = ""
			out = append(out, s)
		}
	}
	return out, nil
}

// EndSession ends a session of who acts: by its id, "" for the one that acts.
// ErrNotFound also for sessions of others.
func (g *Gate) EndSession(ctx context.Context, id string) error {
	who := Of(ctx)
	if who.Account == "" {
		return ErrCredentials
	}
	if id == "" {
		id = who.Session
	}
	err := g.change(ctx, audit.Entry{Action: "session.end", Object: id}, func(ctx context.Context) error {
		all, err := g.cfg.Sessions.Sessions(ctx, who.Account)
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.ID == id {
				return g.cfg.Sessions.EndSession(ctx, id)
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}
