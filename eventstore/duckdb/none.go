//go:build !cgo

package duckdb

import (
	"context"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// An Engine is there in builds with cgo only.
type Engine struct{}

// Open gives eventstore.ErrNoEngine.
func Open(Config) (*Engine, error) { return nil, eventstore.ErrNoEngine }

// Query gives eventstore.ErrNoEngine.
func (*Engine) Query(context.Context, eventstore.Query) (*eventstore.Result, error) {
	return nil, eventstore.ErrNoEngine
}

// Each gives eventstore.ErrNoEngine.
func (*Engine) Each(context.Context, eventstore.Query, func(*event.Event) error) error {
	return eventstore.ErrNoEngine
}

// Close does nothing.
func (*Engine) Close() error { return nil }
