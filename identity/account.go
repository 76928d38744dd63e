package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/text"
)

// setupLife is how long a setup link works.
const setupLife = 24 * time.Hour

// FirstName is what the first account is called unless it is given another
// name.
const FirstName = "admin"

// SetupNeeded says that nobody has an account yet.
func (g *Gate) SetupNeeded(ctx context.Context) (bool, error) {
	all, err := g.cfg.Accounts.Accounts(ctx)
	if err != nil {
		return false, fmt.Errorf("look for accounts: %w", err)
	}
	return len(all) == 0, nil
}

// NewSetup makes the secret of a link by which the first administrator sets a
// password: once, within a day. It ends the one made before, so each start that
// needs one shows its own. ErrNotAllowed if there are accounts already.
func (g *Gate) NewSetup(ctx context.Context) (secret string, expires time.Time, err error) {
	needed, err := g.SetupNeeded(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	if !needed {
		return "", time.Time{}, fmt.Errorf("make setup link: %w", ErrNotAllowed)
	}
	return g.newSetup(ctx, Setup{})
}

// NewReset makes the secret of a link by which an account's password is set
// anew, for somebody who forgot it and has the machine itself; no face offers
// it over the network. ErrNotFound if nobody has the name.
func (g *Gate) NewReset(ctx context.Context, name string) (secret string, expires time.Time, err error) {
	account, err := g.cfg.Accounts.AccountByName(ctx, name)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("make reset link for %q: %w", name, err)
	}
	return g.newSetup(ctx, Setup{Account: account.ID})
}

func (g *Gate) newSetup(ctx context.Context, setup Setup) (string, time.Time, error) {
	secret := newSecret()
	setup.Hash, setup.Expires = hashSecret(secret), g.cfg.Clock().UTC().Round(0).Add(setupLife)
	detail := audit.Detail(map[string]any{"expires": setup.Expires})
	err := g.change(ctx, audit.Entry{Action: "setup.link", Object: setup.Account, Detail: detail}, func(ctx context.Context) error {
		return g.cfg.Setups.SetSetup(ctx, setup)
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("make setup link: %w", err)
	}
	return secret, setup.Expires, nil
}

// SetupValid says whether the secret of a setup link still works, so that a
// page can say so before it asks for a password.
func (g *Gate) SetupValid(ctx context.Context, secret, peer string) error {
	t, err := g.limiter.begin("setup link "+peerKey(peer), "", peer)
	if err != nil {
		return err
	}
	_, err = g.setup(ctx, secret)
	if err == nil {
		t.right()
	} else if !errors.Is(err, ErrCredentials) {
		t.undone()
	}
	return err
}

func (g *Gate) setup(ctx context.Context, secret string) (Setup, error) {
	if secret == "" || len(secret) > maxSecret {
		return Setup{}, ErrCredentials
	}
	setup, err := g.cfg.Setups.Setup(ctx)
	if err != nil {
		return Setup{}, unrecognised("recognise setup link", err)
	}
	if subtle.ConstantTimeCompare([]byte(setup.Hash), []byte(hashSecret(secret))) != 1 || !g.cfg.Clock().Before(setup.Expires) {
		return Setup{}, ErrCredentials
	}
	return setup, nil
}

// Setup sets the password that the setup link is for, makes the account if it
// is the first (a.Name "" is FirstName), ends the link and signs in.
func (g *Gate) Setup(ctx context.Context, secret string, a Attempt) (Session, string, error) {
	if err := g.SetupValid(ctx, secret, a.Peer); err != nil {
		return Session{}, "", err
	}
	setup, err := g.setup(ctx, secret)
	if err != nil {
		return Session{}, "", err
	}
	now := g.cfg.Clock().UTC().Round(0)
	account := Account{ID: newID("usr"), Role: Administrator, Created: now}
	if setup.Account != "" {
		if account, err = g.cfg.Accounts.Account(ctx, setup.Account); err != nil {
			return Session{}, "", unrecognised("set password", err)
		}
	} else {
		if a.Name == "" {
			a.Name = FirstName
		}
		if account.Name, err = checkName(a.Name); err != nil {
			return Session{}, "", err
		}
	}
	if err := checkPassword(a.Password, account.Name); err != nil {
		return Session{}, "", err
	}
	account.Changed = now
	if account.Password, err = g.hasher.make(ctx, a.Password); err != nil {
		return Session{}, "", fmt.Errorf("set password: %w", err)
	}
	who := Who{Account: account.ID, Name: account.Name, Role: account.Role}
	entry := audit.Entry{Action: "account.setup", Object: account.ID, Detail: audit.Detail(map[string]any{"name": account.Name, "reset": setup.Account != ""})}
	err = g.change(With(ctx, who, a.Peer), entry, func(ctx context.Context) error {
		// Of two that come at once the second finds no link any more.
		if again, err := g.setup(ctx, secret); err != nil || again.Account != setup.Account {
			return errors.Join(err, ErrCredentials)
		}
		if err := g.cfg.Setups.ClearSetup(ctx); err != nil {
			return err
		}
		if setup.Account == "" {
			return g.cfg.Accounts.AddAccount(ctx, account)
		}
		if err := g.cfg.Sessions.EndSessions(ctx, account.ID, ""); err != nil {
			return err
		}
		return g.cfg.Accounts.SetPassword(ctx, account.ID, account.Password, account.Changed)
	})
	if err != nil {
		return Session{}, "", fmt.Errorf("set password: %w", err)
	}
	return g.begin(ctx, account, a)
}

// ChangePassword sets a new password for who acts, who proves to know the
// present one, and ends all their other sessions. Tokens stay.
func (g *Gate) ChangePassword(ctx context.Context, present, next string) error {
	who := Of(ctx)
	if who.Session == "" {
		return ErrCredentials
	}
	account, err := g.cfg.Accounts.Account(ctx, who.Account)
	if err != nil {
		return unrecognised("change password", err)
	}
	if err := checkPassword(next, account.Name); err != nil {
		return err
	}
	if next == present {
		return &FieldError{Field: "password", Said: sayPasswordSame.Say(nil)}
	}
	account, t, err := g.check(ctx, Attempt{Name: account.Name, Password: present, Peer: audit.ActorOf(ctx).Peer})
	if errors.Is(err, ErrCredentials) {
		return &FieldError{Field: "present", Said: sayPasswordWrong.Say(nil)}
	}
	if err != nil {
		return err
	}
	t.right()
	hash, err := g.hasher.make(ctx, next)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	err = g.change(ctx, audit.Entry{Action: "account.password", Object: account.ID}, func(ctx context.Context) error {
		if err := g.unchanged(ctx, account); err != nil {
			return err
		}
		if err := g.cfg.Sessions.EndSessions(ctx, account.ID, who.Session); err != nil {
			return err
		}
		return g.cfg.Accounts.SetPassword(ctx, account.ID, hash, g.cfg.Clock())
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return nil
}

// Accounts returns all accounts by name, without their hashes.
func (g *Gate) Accounts(ctx context.Context) ([]Account, error) {
	all, err := g.cfg.Accounts.Accounts(ctx)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	for i := range all {
		all[i].Password = ""
	}
	return all, nil
}

// AddAccount makes an account. A name or password that cannot be taken is a
// *FieldError or ErrNameTaken.
func (g *Gate) AddAccount(ctx context.Context, name, password string) (Account, error) {
	name, err := checkName(name)
	if err != nil {
		return Account{}, err
	}
	if err := checkPassword(password, name); err != nil {
		return Account{}, err
	}
	now := g.cfg.Clock().UTC().Round(0)
	account := Account{ID: newID("usr"), Name: name, Role: Administrator, Created: now, Changed: now}
	if account.Password, err = g.hasher.make(ctx, password); err != nil {
		return Account{}, fmt.Errorf("add account: %w", err)
	}
	detail := audit.Detail(map[string]any{"name": name, "role": account.Role})
	err = g.change(ctx, audit.Entry{Action: "account.add", Object: account.ID, Detail: detail}, func(ctx context.Context) error {
		all, err := g.cfg.Accounts.Accounts(ctx)
		if err != nil {
			return err
		}
		if len(all) >= maxAccounts {
			return &FieldError{Field: "name", Said: sayTooManyAccounts.Say(text.Args{"max": maxAccounts})}
		}
		return g.cfg.Accounts.AddAccount(ctx, account)
	})
	if err != nil {
		return Account{}, fmt.Errorf("add account: %w", err)
	}
	account.Password = ""
	return account, nil
}

// RemoveAccount removes an account with its sessions and tokens. The last
// administrator stays: ErrLast.
func (g *Gate) RemoveAccount(ctx context.Context, id string) error {
	err := g.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
		account, err := g.cfg.Accounts.Account(ctx, id)
		if err != nil {
			return err
		}
		all, err := g.cfg.Accounts.Accounts(ctx)
		if err != nil {
			return err
		}
		others := 0
		for _, a := range all {
			if a.ID != id && a.Role == Administrator {
				others++
			}
		}
		if others == 0 {
			return ErrLast
		}
		if err := g.cfg.Accounts.RemoveAccount(ctx, id); err != nil {
			return err
		}
		return g.cfg.Audit.Record(ctx, audit.Entry{Action: "account.remove", Object: id, Detail: audit.Detail(map[string]any{"name": account.Name})})
	})
	if err != nil {
		return fmt.Errorf("remove account: %w", err)
	}
	return nil
}
