package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bongsu/bongsu/audit"
)

// Bounds of what is kept.
const (
	maxName     = 64 // characters
	maxAccounts = 1000
	maxSessions = 32 // an account; a further one ends the one that was unused longest
	maxTokens   = 100
	maxClient   = 256 // bytes
)

// An AccountStore keeps accounts and the setup link. Names are unique without
// regard to case.
type AccountStore interface {
	// AddAccount returns ErrNameTaken if another account has the name.
	AddAccount(ctx context.Context, account Account) error
	// Account and AccountByName return ErrNotFound.
	Account(ctx context.Context, id string) (Account, error)
	AccountByName(ctx context.Context, name string) (Account, error)
	// Accounts returns all, by name.
	Accounts(ctx context.Context) ([]Account, error)
	SetPassword(ctx context.Context, id, hash string, changed time.Time) error
	// RemoveAccount removes its sessions and tokens too.
	RemoveAccount(ctx context.Context, id string) error
}

// A SetupStore keeps at most one setup link.
type SetupStore interface {
	SetSetup(ctx context.Context, setup Setup) error
	// Setup returns ErrNotFound if there is none.
	Setup(ctx context.Context) (Setup, error)
	ClearSetup(ctx context.Context) error
}

// A SessionStore keeps sessions.
type SessionStore interface {
	AddSession(ctx context.Context, session Session) error
	// SessionByHash returns ErrNotFound.
	SessionByHash(ctx context.Context, hash string) (Session, error)
	// Sessions returns those of an account, the latest seen first.
	Sessions(ctx context.Context, account string) ([]Session, error)
	TouchSession(ctx context.Context, id string, seen time.Time, peer string) error
	// EndSession returns ErrNotFound.
	EndSession(ctx context.Context, id string) error
	// EndSessions ends those of an account but one; "" ends all.
	EndSessions(ctx context.Context, account, but string) error
	// SweepSessions ends those that were last seen before unseen or expire before
	// now.
	SweepSessions(ctx context.Context, unseen, now time.Time) error
}

// A TokenStore keeps tokens.
type TokenStore interface {
	AddToken(ctx context.Context, token Token) error
	// TokenByHash returns ErrNotFound.
	TokenByHash(ctx context.Context, hash string) (Token, error)
	// Tokens returns those of an account, the newest first; "" those of all.
	Tokens(ctx context.Context, account string) ([]Token, error)
	TouchToken(ctx context.Context, id string, used time.Time, peer string) error
	// RemoveToken returns ErrNotFound.
	RemoveToken(ctx context.Context, id string) error
}

// A Transactor runs what belongs together in one transaction: every store that
// is called with the context that do is given takes part. do may run more than
// once.
type Transactor interface {
	Atomically(ctx context.Context, do func(ctx context.Context) error) error
}

// A Recorder writes to the audit log, in the transaction of ctx.
type Recorder interface {
	Record(ctx context.Context, e audit.Entry) error
}

// Config is what a Gate stands on. All but Idle and Absolute must be set.
type Config struct {
	Accounts AccountStore
	Setups   SetupStore
	Sessions SessionStore
	Tokens   TokenStore
	Transact Transactor
	Audit    Recorder
	Clock    func() time.Time
	Idle     time.Duration // after which an unused session ends; 0 is 12 hours
	Absolute time.Duration // after which every session ends; 0 is 7 days
}

// A Gate recognises people and programs. It may be used by many goroutines.
type Gate struct {
	cfg      Config
	hasher   *hasher
	limiter  *limiter
	stranger string // a hash that no password has

	mu      sync.Mutex
	strange int // tries with names that nobody has, for the audit log
}

// Open returns a Gate and ends the sessions whose time has come.
func Open(ctx context.Context, cfg Config) (*Gate, error) {
	if cfg.Idle == 0 {
		cfg.Idle = 12 * time.Hour
	}
	if cfg.Absolute == 0 {
		cfg.Absolute = 7 * 24 * time.Hour
	}
	g := &Gate{cfg: cfg, hasher: newHasher(present), limiter: newLimiter(cfg.Clock)}
	g.stranger = g.hasher.stranger()
	if err := g.sweep(ctx); err != nil {
		return nil, fmt.Errorf("open identity: %w", err)
	}
	if err := g.befriend(ctx); err != nil {
		return nil, fmt.Errorf("open identity: %w", err)
	}
	return g, nil
}

// befriend remembers from where people are signed in, so that guessing which
// goes on over a restart does not keep them out.
func (g *Gate) befriend(ctx context.Context) error {
	accounts, err := g.cfg.Accounts.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		sessions, err := g.cfg.Sessions.Sessions(ctx, a.ID)
		if err != nil {
			return err
		}
		for _, s := range sessions {
			g.limiter.befriend(a.ID, s.Peer)
		}
	}
	return nil
}

func (g *Gate) sweep(ctx context.Context) error {
	now := g.cfg.Clock()
	return g.cfg.Sessions.SweepSessions(ctx, now.Add(-g.cfg.Idle), now)
}

// change runs do and records the entry in one transaction.
func (g *Gate) change(ctx context.Context, e audit.Entry, do func(ctx context.Context) error) error {
	return g.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		return g.cfg.Audit.Record(ctx, e)
	})
}

// An Attempt is somebody who wants to sign in.
type Attempt struct {
	Name, Password string
	Peer           string // address, with or without port
	Client         string // what the browser calls itself
}

// Login signs in and returns the session and its secret, which is not kept and
// cannot be had again. It returns ErrCredentials for a wrong name as for a
// wrong password, after the same work, or a *LimitedError.
func (g *Gate) Login(ctx context.Context, a Attempt) (session Session, secret string, err error) {
	account, t, err := g.check(ctx, a)
	if err != nil {
		return Session{}, "", err
	}
	t.right()
	return g.begin(ctx, account, a)
}

// check tells whose name and password they are.
func (g *Gate) check(ctx context.Context, a Attempt) (Account, *try, error) {
	account, err := g.cfg.Accounts.AccountByName(ctx, a.Name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Account{}, nil, fmt.Errorf("sign in: %w", err)
	}
	stored := account.Password
	if account.ID == "" {
		stored = g.stranger
	}
	t, err := g.limiter.begin(a.Name, account.ID, a.Peer)
	if err != nil {
		return Account{}, nil, err
	}
	right, renew, err := g.hasher.verify(ctx, a.Password, stored)
	if err != nil {
		t.undone()
		return Account{}, nil, fmt.Errorf("sign in: %w", err)
	}
	if !right || account.ID == "" {
		if err := g.refused(ctx, account, a.Peer, t.wrong); err != nil {
			return Account{}, nil, fmt.Errorf("sign in: %w", err)
		}
		return Account{}, nil, ErrCredentials
	}
	if renew {
		if account, err = g.renew(ctx, account, a.Password); err != nil {
			t.undone()
			return Account{}, nil, fmt.Errorf("sign in: %w", err)
		}
	}
	return account, t, nil
}

// refused records tries that went wrong: the 1st, 2nd, 4th, 8th and so on of an
// account, so that guessing does not fill the disk. Names that nobody has are
// not written down, since people type passwords there by mistake.
func (g *Gate) refused(ctx context.Context, account Account, peer string, wrong int) error {
	object := account.ID
	if object == "" {
		g.mu.Lock()
		g.strange++
		wrong, object = g.strange, "unknown"
		g.mu.Unlock()
	}
	if wrong&(wrong-1) != 0 {
		return nil
	}
	ctx = audit.WithActor(ctx, audit.Actor{ID: audit.System, Name: audit.System, Peer: peerName(peer)})
	return g.cfg.Audit.Record(ctx, audit.Entry{Action: "session.refuse", Object: object, Detail: audit.Detail(map[string]any{"tries": wrong})})
}

// renew keeps the password anew with the present settings.
func (g *Gate) renew(ctx context.Context, account Account, password string) (Account, error) {
	hash, err := g.hasher.make(ctx, password)
	if err != nil {
		return account, err
	}
	err = g.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
		if err := g.unchanged(ctx, account); err != nil {
			return err
		}
		return g.cfg.Accounts.SetPassword(ctx, account.ID, hash, account.Changed)
	})
	account.Password = hash
	return account, err
}

// unchanged returns nil if the account still has the password that was checked
// before this transaction began.
func (g *Gate) unchanged(ctx context.Context, account Account) error {
	now, err := g.cfg.Accounts.Account(ctx, account.ID)
	if err != nil {
		return unrecognised("read account", err)
	}
	if now.Password != account.Password {
		return ErrCredentials
	}
	return nil
}

// begin begins a session of an account.
func (g *Gate) begin(ctx context.Context, account Account, a Attempt) (Session, string, error) {
	now := g.cfg.Clock().UTC().Round(0)
	secret := newSecret()
	session := Session{
		ID: newID("ses"), Account: account.ID, Hash: hashSecret(secret), Created: now, Seen: now,
		Expires: now.Add(g.cfg.Absolute), Peer: peerName(a.Peer), Client: cut(a.Client, maxClient),
	}
	who := Who{Account: account.ID, Name: account.Name, Role: account.Role, Session: session.ID}
	err := g.change(With(ctx, who, a.Peer), audit.Entry{
		Action: "session.begin", Object: session.ID, Detail: audit.Detail(map[string]any{"client": session.Client}),
	}, func(ctx context.Context) error {
		if err := g.unchanged(ctx, account); err != nil {
			return err
		}
		if err := g.sweep(ctx); err != nil {
			return err
		}
		others, err := g.cfg.Sessions.Sessions(ctx, account.ID)
		if err != nil {
			return err
		}
		for i := maxSessions - 1; i < len(others); i++ {
			if err := g.cfg.Sessions.EndSession(ctx, others[i].ID); err != nil {
				return err
			}
		}
		return g.cfg.Sessions.AddSession(ctx, session)
	})
	if err != nil {
		return Session{}, "", fmt.Errorf("begin session: %w", err)
	}
	return session, secret, nil
}

// checkName returns the name as it is kept.
func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	bad := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("._-@", r)
	}
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, bad) {
		return "", &FieldError{Field: "name", Said: sayName.Say(map[string]any{"max": maxName})}
	}
	return name, nil
}

// cut bounds a text that a client sent.
func cut(s string, limit int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
