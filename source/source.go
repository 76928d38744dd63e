// Package source is the contract of everything that brings bytes in from
// outside: files, sockets, journals. A source does not understand what it
// reads; package decode does.
//
// A Runner keeps a source running: it restarts, paces, counts and logs.
//
// To add a source, see docs/adding-a-source.md.
package source

import (
	"context"
	"time"

	"github.com/bongsu/bongsu/text"
)

// A Record is one message as received: a line, a datagram, a frame.
type Record struct {
	Body []byte // valid until emit returns; whoever keeps it copies it
	Origin
	// Cut says that the end of the message is missing: it was longer than the
	// source's bound, or its sender was gone before it was all there.
	Cut bool
	// Mark says where the source goes on behind this record; see Resumer. ""
	// means that this record moves nothing. Where a source has marks, the last
	// record that it hands to emit has one.
	Mark string
}

// Origin says where a record came from.
type Origin struct {
	Source   string    // hex of the file's content hash, or the boot id of a live source
	Peer     string    // address of who sent it, "" for a file
	Position uint64    // byte offset in the file after unpacking, or a counter
	Received time.Time // when it arrived; for a file, when the file was last written
}

// Emit hands records on. It returns when they are durable and blocks while the
// bus is full: that is the back-pressure. It may be called from several
// goroutines. An error means that none, some or all of the records are kept; the
// Runner hands on the same ones again, under the same origins.
type Emit func(ctx context.Context, records []Record) error

// A Source brings in records until ctx ends, and then returns nil; what it has
// taken by then it may still hand on. Any other end is an error that names
// what was being read, a [Refusal] where only a person can help. It may be run
// again after it has returned and goes on where it was. The runner restarts,
// paces, counts and logs; a source holds none of that.
type Source interface {
	Run(ctx context.Context, emit Emit) error
}

// A Resumer is a source that reads what stays, such as a file, and so can go
// on after a restart of the program without loss and without repetition.
//
// The marks make that exact. Each is a short text that holds everything the
// source needs in order to go on behind the record that carries it. Whoever
// makes records durable stores the newest mark in one piece with them
// (bus.Mark, under the name of the source), and hands it back at the next
// start. A source emits its marks in order, from one goroutine.
type Resumer interface {
	// Resume is called once, before the first Run, with the newest mark that
	// was stored, "" for none. An error says what is wrong with the mark; the
	// source then begins as if there were none.
	Resume(mark string) error
}

// A Counter is a source that counts more than records: what was cut, refused
// or dropped, by name. Counts is safe for concurrent use.
type Counter interface {
	Counts() map[string]uint64
}

// A Complainer is a source that goes on while a part of it cannot be read.
// Problems is safe for concurrent use.
type Complainer interface {
	Problems() []Problem
}

// A Problem is a part of a source that cannot be read.
type Problem struct {
	What string    `json:"what"` // a file, an interface
	Err  string    `json:"error"`
	Do   text.Said `json:"do,omitzero"` // what a person can do about it
}

// A Kind is one kind of source.
type Kind struct {
	Name string // "syslog", "tail", …: unique
	Doc  string // one sentence: what it brings in
	Keys []Key  // the settings that New understands
	// New checks the settings and returns the source. It opens nothing: what
	// cannot be opened is found out by Run, which is tried again. An error
	// names the key and the value.
	New func(Settings, Env) (Source, error)
	// Local returns the settings by which the source reads the machine that it
	// runs on, or an error that says why it cannot. Nil: it has nothing to read
	// there.
	Local func(ctx context.Context) (Settings, error)
}

// A Key is a setting, as the docs show it.
type Key struct{ Name, Default, Doc string }

// Env is what a source needs to know about its surroundings.
type Env struct {
	// ID is 16 or more hexadecimal digits that no other source and no earlier
	// start of the program has. Live sources put it in Origin.Source.
	ID string
	// Clock is the wall clock.
	Clock func() time.Time
}

// A Refusal is an error that trying again will not heal: a permission, a
// missing program. It says what a person can do.
type Refusal struct {
	Err error
	Do  text.Said
}

func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns the error itself.
func (r *Refusal) Unwrap() error { return r.Err }

// Hint returns what a person can do.
func (r *Refusal) Hint() text.Said { return r.Do }
