package statestoretest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/statestore"
)

// childVariable names the folder that a child writes to.
const childVariable = "BONGSU_STATESTORETEST_CHILD"

const (
	killWriters = 4
	kills       = 6
)

func killSource(writer int) string { return fmt.Sprintf("writer %d", writer) }

// write is the child: some writers change two nouns in one transaction each and
// say so when it is acknowledged, until the process is killed.
func write(t *testing.T, store *statestore.Store) {
	log, err := audit.Open(t.Context(), audit.Config{Store: store.Audit(), Clock: func() time.Time { return Start }})
	if err != nil {
		t.Fatal(err)
	}
	before, err := store.Ledger().Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out sync.Mutex
	var all sync.WaitGroup
	for w := range killWriters {
		all.Go(func() {
			for n := before[killSource(w)].Sequence + 1; ; n++ {
				err := store.Atomically(t.Context(), func(ctx context.Context) error {
					if err := log.Record(ctx, audit.Entry{Action: "test.write", Object: killSource(w)}); err != nil {
						return err
					}
					return store.Ledger().SetPositions(ctx, []statestore.Position{{Source: killSource(w), Position: fmt.Sprint(n), Sequence: n}})
				})
				if err != nil {
					t.Error(err)
					return
				}
				out.Lock()
				fmt.Printf("{\"writer\":%d,\"done\":%d}\n", w, n)
				out.Unlock()
			}
		})
	}
	all.Wait()
}

// What a process said to have done before it was killed is there, and every
// transaction is there as a whole or not at all.
func testKill(t *testing.T, engine Engine) {
	folder := t.TempDir()
	var done [killWriters]uint64
	for range kills {
		after := 1 + rand.IntN(200)
		child := exec.Command(os.Args[0], "-test.run=^"+top(t)+"$")
		child.Env = append(os.Environ(), childVariable+"="+folder)
		pipe, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(pipe)
		for n := 0; lines.Scan(); n++ {
			var said struct {
				Writer int
				Done   uint64
			}
			if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
				rest, _ := io.ReadAll(pipe)
				t.Fatalf("the child says %s\n%s", lines.Bytes(), rest)
			}
			done[said.Writer] = said.Done
			if n == after {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}

		store, end, err := engine.OpenAt(folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.Ledger().Positions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		entries := map[string]uint64{}
		if err := store.Audit().Walk(t.Context(), audit.Filter{}, func(e audit.Entry) error { entries[e.Object]++; return nil }); err != nil {
			t.Fatal(err)
		}
		for w, acknowledged := range done {
			kept := got[killSource(w)].Sequence
			if kept < acknowledged {
				t.Errorf("writer %d: %d were acknowledged, %d are there", w, acknowledged, kept)
			}
			if entries[killSource(w)] != kept {
				t.Errorf("writer %d: %d positions, %d audit entries", w, kept, entries[killSource(w)])
			}
		}
		if r, err := audit.Verify(t.Context(), store.Audit(), ""); err != nil || !r.Whole() {
			t.Errorf("audit log after a kill: %+v, %v", r, err)
		}
		end()
	}
	t.Logf("acknowledged: %v", done)
}

// top is the name of the test that runs the suite.
func top(t *testing.T) string {
	name := t.Name()
	for i := range name {
		if name[i] == '/' {
			return name[:i]
		}
	}
	return name
}
