//go:build cgo

package duckdb_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/duckdb"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

// server is a store with its engine.
type server struct {
	*eventstore.Store
	engine *duckdb.Engine
}

func (s server) Query(ctx context.Context, q eventstore.Query) (*eventstore.Result, error) {
	return s.engine.Query(ctx, q)
}

func (s server) Close() error { return errors.Join(s.engine.Close(), s.Store.Close()) }

func TestSuite(t *testing.T) {
	eventstoretest.Run(t, func(t *testing.T, setup eventstoretest.Setup) eventstoretest.Engine {
		store, err := eventstore.Open(t.Context(), eventstore.Config{
			Dir: setup.Dir, Catalogue: setup.Catalogue, Clock: setup.Clock, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		engine, err := duckdb.Open(duckdb.Config{Store: store, Dir: setup.Dir, TempDir: filepath.Join(t.TempDir(), "tmp"), Clock: setup.Clock})
		if err != nil {
			t.Fatal(err)
		}
		return server{store, engine}
	})
}
