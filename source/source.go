// Package source is the contract of everything that brings bytes in from
// outside: files, sockets, journals. A source does not understand what it
// reads; package decode does.
//
// To add a source, see docs/adding-a-source.md.
package source

import (
	"context"
	"time"
)

// A Record is one message as received: a line, a datagram, a frame.
type Record struct {
	Body []byte // valid until emit returns; whoever keeps it copies it
	Origin
}

// Origin says where a record came from.
type Origin struct {
	Source   string    // hex of the file's content hash, or the boot id of a live source
	Peer     string    // who sent it, "" for a file
	Position uint64    // byte offset in the file after unpacking, or a counter
	Received time.Time // when it arrived; for a file, when the file was last written
}

// Emit hands records on. It returns when they are durable and blocks while the
// bus is full: that is the back-pressure.
type Emit func(ctx context.Context, records []Record) error

// A Source brings in records until ctx ends. The runner restarts, paces,
// counts and logs; a source holds none of that.
type Source interface {
	Run(ctx context.Context, emit Emit) error
}
