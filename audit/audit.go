// Package audit keeps who did what, in a chain of hashes in which a change or a
// gap shows. It does not decide who may do what; package identity does.
package audit

import (
	"context"
	"encoding/json"
	"time"
)

// An Entry is one thing that was done.
type Entry struct {
	Sequence uint64          // 1 is the first; given by Log.Record
	Time     time.Time       // given by Log.Record
	Actor    Actor           // given by Log.Record, from the context
	Action   string          // noun.verb: "incident.state", "suppression.add", "user.password"
	Object   string          // id of what it was done to
	Detail   json.RawMessage // an object: what changed; never a secret
	Previous string          // hash of the entry before, hex; "" of the first
	Hash     string          // SHA-256 over the other members, hex
}

// An Actor is who did it.
type Actor struct {
	ID   string // usr_…, tok_…, or System
	Name string // as shown to people
	Peer string // the address that the request came from, "" for System
}

// System is the id of Bongsu itself.
const System = "system"

type actorKey struct{}

// WithActor returns a context whose entries are by actor.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf returns who acts in ctx: Bongsu itself where nobody was set.
func ActorOf(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return Actor{ID: System, Name: System}
}
