// Package audit keeps who did what, in a chain of hashes in which a change or a
// gap shows. It does not decide who may do what; package identity does.
//
// # What the chain can show
//
// Every entry holds the hash of the one before it, so an entry that was
// changed, taken out or put in between breaks the chain at its place. Entries
// taken off the end leave a chain that is whole; they show by the anchor, a
// file beside the database that holds the number and the hash of the newest
// entry. Somebody who can write both the database and the anchor can write a
// new chain of their own. That shows only against a number and hash kept where
// they cannot write: on paper, in another system, in a backup. Verify takes
// such heads too.
//
// # How to verify it without Bongsu
//
// Export writes one JSON object a line. The hash of an entry is SHA-256, in
// lower-case hex, over these ten members as netstrings (decimal length in
// bytes, colon, bytes, comma), without anything between them:
//
//	"bongsu audit 1", sequence in decimal, time as exported (RFC 3339, UTC, as
//	many digits of a second as are not zero), actor.id, actor.name, actor.peer,
//	action, object, detail (the bytes of the JSON object as exported), previous
//
// Sequences count from 1 without gaps; previous is the hash of the entry before,
// empty in the first.
package audit

import (
	"context"
	"encoding/json"
	"time"
)

// An Entry is one thing that was done.
type Entry struct {
	Sequence uint64          `json:"sequence"` // 1 is the first; given by Log.Record
	Time     time.Time       `json:"time"`     // given by Log.Record
	Actor    Actor           `json:"actor"`    // given by Log.Record, from the context
	Action   string          `json:"action"`   // noun.verb: "incident.state", "suppression.add", "user.password"
	Object   string          `json:"object"`   // id of what it was done to
	Detail   json.RawMessage `json:"detail"`   // an object: what changed; never a secret
	Previous string          `json:"previous"` // hash of the entry before, hex; "" of the first
	Hash     string          `json:"hash"`     // SHA-256 over the other members, hex
}

// An Actor is who did it.
type Actor struct {
	ID   string `json:"id"`   // usr_…, tok_…, or System
	Name string `json:"name"` // as shown to people
	Peer string `json:"peer"` // the address that the request came from, "" for System
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
