package statestoretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/statestore"
)

func testAudit(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	log := store.Audit()
	const total = 2345 // more than Walk reads at once
	var want []audit.Entry
	kept := 0
	err := store.Atomically(ctx, func(ctx context.Context) error {
		want, kept = nil, 0
		for i := range total {
			err := log.Append(ctx, func(head audit.Head) (audit.Entry, error) {
				e := audit.Entry{
					Sequence: head.Sequence + 1, Time: Start.Add(time.Duration(i) * time.Nanosecond),
					Actor:  audit.Actor{ID: fmt.Sprintf("usr_%d", i%3), Name: "김보안", Peer: "2001:db8::7"},
					Action: "incident.state", Object: fmt.Sprintf("inc_%d", i%5), Detail: json.RawMessage(`{"ключ":"값 \"'\\"}`),
					Previous: head.Hash, Hash: fmt.Sprintf("%064x", i),
				}
				want = append(want, e)
				return e, nil
			}, func(audit.Entry) { kept++ })
			if err != nil {
				return err
			}
		}
		if kept != 0 {
			t.Errorf("%d entries were called durable within their transaction", kept)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if kept != total {
		t.Errorf("%d entries were called durable", kept)
	}
	errNo := errors.New("no")
	err = log.Append(ctx, func(audit.Head) (audit.Entry, error) { return audit.Entry{}, errNo }, func(audit.Entry) { t.Error("kept") })
	if !errors.Is(err, errNo) {
		t.Errorf("append that was given up: %v", err)
	}
	twice := func(audit.Head) (audit.Entry, error) { return want[0], nil }
	if err := log.Append(ctx, twice, func(audit.Entry) { t.Error("kept") }); err == nil {
		t.Error("an entry was written over another")
	}

	var walked []audit.Entry
	if err := log.Walk(ctx, audit.Filter{}, func(e audit.Entry) error { walked = append(walked, e); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, walked); diff != "" {
		t.Errorf("walk (-want +got):\n%s", diff)
	}
	if err := log.Walk(ctx, audit.Filter{}, func(audit.Entry) error { return errNo }); !errors.Is(err, errNo) {
		t.Errorf("walk that was given up: %v", err)
	}
	head, err := log.Head(ctx)
	if err != nil || head != (audit.Head{Sequence: total, Hash: want[total-1].Hash}) {
		t.Errorf("head is %+v, %v", head, err)
	}
	if e, ok, err := log.Entry(ctx, 17); err != nil || !ok || e.Hash != want[16].Hash {
		t.Errorf("entry 17 is %+v, %t, %v", e, ok, err)
	}
	if _, ok, err := log.Entry(ctx, total+1); ok || err != nil {
		t.Errorf("an entry that is not there: %t, %v", ok, err)
	}
	var listed []audit.Entry
	for cursor := ""; ; {
		page, next, err := log.List(ctx, audit.Filter{Actor: "usr_1", Object: "inc_2"}, cursor, 50)
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, page...)
		if cursor = next; next == "" {
			break
		}
	}
	var filtered []audit.Entry
	for i := total - 1; i >= 0; i-- {
		if want[i].Actor.ID == "usr_1" && want[i].Object == "inc_2" {
			filtered = append(filtered, want[i])
		}
	}
	if diff := cmp.Diff(filtered, listed); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if _, _, err := log.List(ctx, audit.Filter{}, "x", 1); !errors.Is(err, statestore.ErrCursor) {
		t.Errorf("a cursor of nobody: %v", err)
	}
}
