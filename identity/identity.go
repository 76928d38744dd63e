// Package identity decides who may do what: accounts with passwords, sessions
// of browsers, tokens of programs, and one table of who is allowed which
// action. It does not serve pages or read headers; package api does, and asks
// here.
//
// There is one role for now, the administrator. More roles are more columns of
// the table in allowed.go; passkeys will stand beside the password in Account;
// organisations will be a member of Account and Who.
//
// Passwords are kept as Argon2id (RFC 9106), everything else that lets somebody
// in as SHA-256 of 32 random bytes, so that a copy of the database lets nobody
// in. Every change is written to the audit log in the transaction that makes
// it.
package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/bongsu/bongsu/audit"
)

var (
	// ErrCredentials says that a name, a password, a session, a token or a setup
	// link is not right. It never says which part.
	ErrCredentials = errors.New("not recognised")
	// ErrNotAllowed says that who asks is known but may not do it.
	ErrNotAllowed = errors.New("not allowed")
	// ErrNotFound says that there is no account, session or token with that id.
	ErrNotFound = errors.New("no such account, session or token")
	// ErrNameTaken says that another account has the name.
	ErrNameTaken = errors.New("name is taken")
	// ErrBusy says that too many passwords are being checked at once.
	ErrBusy = errors.New("too many passwords are being checked")
	// ErrLast says that the last administrator cannot be removed.
	ErrLast = errors.New("the last administrator stays")
)

// A LimitedError says that too many tries went wrong. It holds for right
// passwords too, so it tells nobody anything about them.
type LimitedError struct{ Again time.Time }

func (e *LimitedError) Error() string {
	return "too many tries went wrong; try again at " + e.Again.UTC().Format(time.RFC3339)
}

// An Account is a person who may sign in.
type Account struct {
	ID       string // usr_…
	Name     string // as the person writes it; compared without regard to case
	Role     Role
	Password string    // hash, as HashPassword writes it
	Created  time.Time //
	Changed  time.Time // when the password was set
}

// A Session is one browser that signed in.
type Session struct {
	ID      string // ses_…
	Account string // id
	Hash    string // of the secret that the browser holds
	Created time.Time
	Seen    time.Time // to the minute
	Expires time.Time // at the latest, whether it is used or not
	Peer    string    // where it was last seen
	Client  string    // what the browser calls itself
}

// A Token lets a program in.
type Token struct {
	ID      string // tok_…
	Account string // id of the account that it acts for
	Name    string // what it is for
	Hash    string // of the secret that the program holds
	Scopes  []Action
	Created time.Time
	Expires time.Time // zero: never
	Used    time.Time // to the minute; zero: never
	Peer    string    // where it was last used from
}

// A Setup is the link by which the administrator's password is set.
type Setup struct {
	Account string // whose password it sets; "" makes the first account
	Hash    string
	Expires time.Time
}

// Who is somebody who was recognised. The zero value is nobody.
type Who struct {
	Account string // id
	Name    string
	Role    Role
	Session string   // id; "" for a token
	Token   string   // id; "" for a session
	Scopes  []Action // what the token is narrowed to; none: all that the role may
}

// Actor is how who did something stands in the audit log.
func (w Who) Actor(peer string) audit.Actor {
	id := w.Account
	if w.Token != "" {
		id = w.Token
	}
	return audit.Actor{ID: id, Name: w.Name, Peer: peerName(peer)}
}

type whoKey struct{}

// With returns a context in which who acts, from peer; what they change is
// recorded as theirs.
func With(ctx context.Context, who Who, peer string) context.Context {
	return audit.WithActor(context.WithValue(ctx, whoKey{}, who), who.Actor(peer))
}

// Of returns who acts in ctx; the zero Who where nobody was recognised.
func Of(ctx context.Context) Who {
	who, _ := ctx.Value(whoKey{}).(Who)
	return who
}

// secretBytes is how long what lets somebody in is, before it is written as
// text.
const secretBytes = 32

func newSecret() string {
	var b [secretBytes]byte
	rand.Read(b[:]) //nolint:errcheck // never fails, see its documentation
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// maxSecret is more than any of our secrets has, in bytes.
const maxSecret = 128

// hashSecret is how a secret is kept. It is random, so that a fast hash is
// enough, and finding it by its hash compares nothing that a clock could tell.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func newID(kind string) string { return kind + "_" + strings.ToLower(rand.Text()) }
