package duckdb_test

import (
	"os"
	"testing"
	"time"
)

func TestGen(t *testing.T) {
	if os.Getenv("GEN") == "" {
		t.Skip()
	}
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	t0 := time.Now()
	f, err := writeDay("/tmp/dx/ten", day, 10_000_000, 1)
	t.Log(len(f), err, time.Since(t0))
	f, err = writeDay("/tmp/dx/ten700", day, 10_000_000, 6)
	t.Log(len(f), err, time.Since(t0))
}
