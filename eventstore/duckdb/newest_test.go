//go:build cgo

package duckdb_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

// TestPagesOfLatest walks back through events of which many have the same time,
// page by page, as a person does.
func TestPagesOfLatest(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]func(i int) time.Time{
		"seconds":   func(i int) time.Time { return day.Add(time.Duration(i/300) * time.Second) },
		"one time":  func(int) time.Time { return day },
		"backwards": func(i int) time.Time { return day.Add(-time.Duration(i) * time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []*event.Event
			var stored [][]*event.Event
			for part := range 4 {
				var events []*event.Event
				for i := range 700 {
					e := event.New(classes[i%2], at(part*500+i), event.Origin{Source: fmt.Sprint("s", part), Position: uint64(i * 7919 % 1000)})
					e.SetInt(event.SrcPort, int64(i))
					events = append(events, e)
				}
				stored, all = append(stored, events), append(all, events...)
			}
			engine := both(t, stored[:3], stored[3])
			for _, limit := range []int{1, 97, 1000} {
				q := eventstore.Query{Limit: limit}
				for page := 0; page < 40; page++ {
					want, err := eventstoretest.Answer(all, q)
					if err != nil {
						t.Fatal(err)
					}
					got, err := engine.Query(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					same(t, fmt.Sprintf("limit %d, page %d", limit, page), want, got)
					if t.Failed() {
						return
					}
					if len(got.Events) == 0 {
						break
					}
					last := got.Events[len(got.Events)-1]
					q.After = &eventstore.Cursor{Time: last.Time, ID: last.ID()}
				}
			}
		})
	}
}

// TestTies asks for the newest of more events of one time than are looked at
// without SQL.
func TestTies(t *testing.T) {
	t.Parallel()
	var all []*event.Event
	for i := range 20_000 {
		all = append(all, event.New(event.Base, day, event.Origin{Source: "s", Position: uint64(i * 7919 % 100_003)}))
	}
	engine := both(t, [][]*event.Event{all}, nil)
	for _, after := range []*eventstore.Cursor{nil, {Time: day, ID: "evt_s_5_0"}} {
		q := eventstore.Query{Limit: 10, After: after}
		want, err := eventstoretest.Answer(all, q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := engine.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprint(after), want, got)
	}
}
