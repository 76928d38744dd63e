package statestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/bongsu/bongsu/identity"
)

// Identity keeps accounts, the setup link, sessions and tokens.
type Identity struct{ store *Store }

// Identity returns the store of package identity.
func (s *Store) Identity() *Identity { return &Identity{s} }

// change runs one statement; identity.ErrNotFound if must is set and it changes
// no row.
func (i *Identity) change(ctx context.Context, doing string, must bool, query string, args ...any) error {
	err := i.store.write(ctx, func(tx conn) error {
		n, err := tx.exec(query, args...)
		if err == nil && n == 0 && must {
			err = identity.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

const accountColumns = `id, name, role, password, created, changed`

// AddAccount implements identity.AccountStore.
func (i *Identity) AddAccount(ctx context.Context, a identity.Account) error {
	err := i.change(ctx, "add account", true, `INSERT INTO accounts (`+accountColumns+`, key) VALUES (`+marks(7)+`)`,
		a.ID, a.Name, string(a.Role), a.Password, nanos(a.Created), nanos(a.Changed), identity.NameKey(a.Name))
	if errors.Is(err, ErrExists) {
		return fmt.Errorf("add account %q: %w", a.Name, identity.ErrNameTaken)
	}
	return err
}

func (i *Identity) accounts(ctx context.Context, rest string, args ...any) ([]identity.Account, error) {
	var out []identity.Account
	err := i.store.read(ctx).each(`SELECT `+accountColumns+` FROM accounts`+rest, args, func(scan func(...any) error) error {
		var a identity.Account
		var created, changed int64
		err := scan(&a.ID, &a.Name, &a.Role, &a.Password, &created, &changed)
		a.Created, a.Changed = moment(created), moment(changed)
		out = append(out, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return out, nil
}

// Account implements identity.AccountStore.
func (i *Identity) Account(ctx context.Context, id string) (identity.Account, error) {
	return first(i.accounts(ctx, ` WHERE id = ?`, id))
}

// AccountByName implements identity.AccountStore.
func (i *Identity) AccountByName(ctx context.Context, name string) (identity.Account, error) {
	return first(i.accounts(ctx, ` WHERE key = ?`, identity.NameKey(name)))
}

// first returns the only one, or identity.ErrNotFound.
func first[T any](all []T, err error) (T, error) {
	if err == nil && len(all) > 0 {
		return all[0], nil
	}
	var none T
	if err == nil {
		err = identity.ErrNotFound
	}
	return none, err
}

// Accounts implements identity.AccountStore.
func (i *Identity) Accounts(ctx context.Context) ([]identity.Account, error) {
	return i.accounts(ctx, ` ORDER BY key`)
}

// SetPassword implements identity.AccountStore.
func (i *Identity) SetPassword(ctx context.Context, id, hash string, changed time.Time) error {
	return i.change(ctx, "set password of account "+id, true, `UPDATE accounts SET password = ?, changed = ? WHERE id = ?`, hash, nanos(changed), id)
}

// RemoveAccount implements identity.AccountStore.
func (i *Identity) RemoveAccount(ctx context.Context, id string) error {
	return i.change(ctx, "remove account "+id, true, `DELETE FROM accounts WHERE id = ?`, id)
}

// SetSetup implements identity.SetupStore.
func (i *Identity) SetSetup(ctx context.Context, s identity.Setup) error {
	return i.change(ctx, "set setup link", true, `INSERT INTO setups (one, account, hash, expires) VALUES (1, ?, ?, ?)
		ON CONFLICT (one) DO UPDATE SET account = excluded.account, hash = excluded.hash, expires = excluded.expires`,
		s.Account, s.Hash, nanos(s.Expires))
}

// Setup implements identity.SetupStore.
func (i *Identity) Setup(ctx context.Context) (identity.Setup, error) {
	var s identity.Setup
	var expires int64
	err := i.store.read(ctx).one(`SELECT account, hash, expires FROM setups`, nil, &s.Account, &s.Hash, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		err = identity.ErrNotFound
	}
	if err != nil {
		return identity.Setup{}, fmt.Errorf("read setup link: %w", err)
	}
	s.Expires = moment(expires)
	return s, nil
}

// ClearSetup implements identity.SetupStore.
func (i *Identity) ClearSetup(ctx context.Context) error {
	return i.change(ctx, "clear setup link", false, `DELETE FROM setups`)
}

const sessionColumns = `id, account, hash, created, seen, expires, peer, client`

// AddSession implements identity.SessionStore.
func (i *Identity) AddSession(ctx context.Context, s identity.Session) error {
	return i.change(ctx, "add session", true, `INSERT INTO sessions (`+sessionColumns+`) VALUES (`+marks(8)+`)`,
		s.ID, s.Account, s.Hash, nanos(s.Created), nanos(s.Seen), nanos(s.Expires), s.Peer, s.Client)
}

func (i *Identity) sessions(ctx context.Context, rest string, args ...any) ([]identity.Session, error) {
	var out []identity.Session
	err := i.store.read(ctx).each(`SELECT `+sessionColumns+` FROM sessions`+rest, args, func(scan func(...any) error) error {
		var s identity.Session
		var created, seen, expires int64
		err := scan(&s.ID, &s.Account, &s.Hash, &created, &seen, &expires, &s.Peer, &s.Client)
		s.Created, s.Seen, s.Expires = moment(created), moment(seen), moment(expires)
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	return out, nil
}

// SessionByHash implements identity.SessionStore.
func (i *Identity) SessionByHash(ctx context.Context, hash string) (identity.Session, error) {
	return first(i.sessions(ctx, ` WHERE hash = ?`, hash))
}

// Sessions implements identity.SessionStore.
func (i *Identity) Sessions(ctx context.Context, account string) ([]identity.Session, error) {
	return i.sessions(ctx, ` WHERE account = ? ORDER BY seen DESC, id`, account)
}

// TouchSession implements identity.SessionStore.
func (i *Identity) TouchSession(ctx context.Context, id string, seen time.Time, peer string) error {
	return i.change(ctx, "touch session", true, `UPDATE sessions SET seen = ?, peer = ? WHERE id = ?`, nanos(seen), peer, id)
}

// EndSession implements identity.SessionStore.
func (i *Identity) EndSession(ctx context.Context, id string) error {
	return i.change(ctx, "end session "+id, true, `DELETE FROM sessions WHERE id = ?`, id)
}

// EndSessions implements identity.SessionStore.
func (i *Identity) EndSessions(ctx context.Context, account, but string) error {
	return i.change(ctx, "end sessions", false, `DELETE FROM sessions WHERE account = ? AND id <> ?`, account, but)
}

// SweepSessions implements identity.SessionStore.
func (i *Identity) SweepSessions(ctx context.Context, unseen, now time.Time) error {
	return i.change(ctx, "sweep sessions", false, `DELETE FROM sessions WHERE seen < ? OR expires <= ?`, nanos(unseen), nanos(now))
}

const tokenColumns = `id, account, name, hash, scopes, created, expires, used, peer`

// AddToken implements identity.TokenStore.
func (i *Identity) AddToken(ctx context.Context, t identity.Token) error {
	scopes, err := toJSON(t.Scopes)
	if err != nil {
		return fmt.Errorf("add token: %w", err)
	}
	return i.change(ctx, "add token", true, `INSERT INTO tokens (`+tokenColumns+`) VALUES (`+marks(9)+`)`,
		t.ID, t.Account, t.Name, t.Hash, scopes, nanos(t.Created), nanos(t.Expires), nanos(t.Used), t.Peer)
}

func (i *Identity) tokens(ctx context.Context, rest string, args ...any) ([]identity.Token, error) {
	var out []identity.Token
	err := i.store.read(ctx).each(`SELECT `+tokenColumns+` FROM tokens`+rest, args, func(scan func(...any) error) error {
		var t identity.Token
		var scopes string
		var created, expires, used int64
		if err := scan(&t.ID, &t.Account, &t.Name, &t.Hash, &scopes, &created, &expires, &used, &t.Peer); err != nil {
			return err
		}
		t.Created, t.Expires, t.Used = moment(created), moment(expires), moment(used)
		out = append(out, t)
		return fromJSON(scopes, &out[len(out)-1].Scopes)
	})
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	return out, nil
}

// TokenByHash implements identity.TokenStore.
func (i *Identity) TokenByHash(ctx context.Context, hash string) (identity.Token, error) {
	return first(i.tokens(ctx, ` WHERE hash = ?`, hash))
}

// Tokens implements identity.TokenStore.
func (i *Identity) Tokens(ctx context.Context, account string) ([]identity.Token, error) {
	return i.tokens(ctx, ` WHERE account = ? OR ? = '' ORDER BY created DESC, id`, account, account)
}

// TouchToken implements identity.TokenStore.
func (i *Identity) TouchToken(ctx context.Context, id string, used time.Time, peer string) error {
	return i.change(ctx, "touch token", true, `UPDATE tokens SET used = ?, peer = ? WHERE id = ?`, nanos(used), peer, id)
}

// RemoveToken implements identity.TokenStore.
func (i *Identity) RemoveToken(ctx context.Context, id string) error {
	return i.change(ctx, "remove token "+id, true, `DELETE FROM tokens WHERE id = ?`, id)
}
