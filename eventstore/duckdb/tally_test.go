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

// TestTimeoutCountsTheNewest gives numbers more and more time: as long as it is
// not enough the answer is that of the newest events.
func TestTimeoutCountsTheNewest(t *testing.T) {
	t.Parallel()
	store, dir, all := hours(t, 700)
	o := newOffice(9)
	tail := event.Frame{o.event(event.ProcessActivity, day.AddDate(0, 0, 7)), o.event(event.ProcessActivity, day.AddDate(0, 0, 8))}
	if err := store.Append(t.Context(), "live", 2, tail); err != nil {
		t.Fatal(err)
	}
	all = append(all, tail...)
	host := column(event.DeviceHostname)
	for name, q := range map[string]eventstore.Query{
		"count":    {Count: &eventstore.Count{}},
		"by host":  {Count: &eventstore.Count{By: []eventstore.Field{host}}},
		"distinct": {Count: &eventstore.Count{By: []eventstore.Field{host}, Distinct: ptr(column(event.ProcessCmdLine))}},
		"top":      {Top: &eventstore.Top{N: 10_000, By: []eventstore.Field{host, column(event.UserName)}}},
		"timeline": {Timeline: &eventstore.Timeline{Step: time.Hour}},
		"anywhere": {Count: &eventstore.Count{}, Where: eventstore.Anywhere{Text: "powershell"}},
	} {
		for _, rows := range []int64{1, 1 << 40} {
			engine := openEngine(t, store, dir)
			engine.TallyRows(rows)
			done := false
			for timeout := time.Nanosecond; !done; timeout = max(3*timeout, time.Millisecond) {
				q.Timeout = timeout
				got, err := engine.Query(t.Context(), q)
				if err != nil {
					t.Fatalf("%s within %v: %v", name, timeout, err)
				}
				if got.Partial != "" && got.Partial != "timeout" {
					t.Fatalf("%s within %v: partial %q", name, timeout, got.Partial)
				}
				done = got.Partial == ""
				if !newestOf(t, all, q, got, done) {
					t.Fatalf("%s within %v, parts from %d rows: partial %q, %v %v is not of the newest events", name, timeout, rows, got.Partial, got.Groups, got.Buckets)
				}
			}
		}
	}
}

// newestOf reports whether numbers are those of the newest events, of all when
// they are whole, and else at least of those in memory.
func newestOf(t *testing.T, all []*event.Event, q eventstore.Query, got *eventstore.Result, whole bool) bool {
	t.Helper()
	q.Timeout = 0
	for n := len(all); n >= 2 && (!whole || n == len(all)); n-- {
		if n > 2 && n < len(all) && all[len(all)-n].Time.Minute() != 0 {
			continue // parts end with the hour
		}
		want, err := eventstoretest.Answer(all[len(all)-n:], q)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(want.Groups, want.Buckets) == fmt.Sprint(got.Groups, got.Buckets) {
			return true
		}
	}
	return false
}
