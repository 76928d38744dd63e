//go:build !cgo

package duckdb_test

import (
	"errors"
	"testing"

	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/duckdb"
)

func TestNoEngine(t *testing.T) {
	if _, err := duckdb.Open(duckdb.Config{}); !errors.Is(err, eventstore.ErrNoEngine) {
		t.Errorf("open without cgo: %v, want %v", err, eventstore.ErrNoEngine)
	}
}
