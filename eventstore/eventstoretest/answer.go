package eventstoretest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// topBuckets is into how many values a timeline is split.
const topBuckets = 10

// Answer answers a query by looking at every event. Limit 0 is no limit.
func Answer(all []*event.Event, q eventstore.Query) (*eventstore.Result, error) {
	meets, err := eventstore.Compile(q.Where)
	if err != nil {
		return nil, err
	}
	bounds := q.Bounds()
	var in []*event.Event
	for _, e := range all {
		if bounds.Has(e) && meets(e) {
			in = append(in, e)
		}
	}
	switch {
	case q.Top != nil:
		groups := groupsOf(in, q.Top.By, nil, true)
		return &eventstore.Result{Groups: groups[:min(len(groups), q.Top.N)]}, nil
	case q.Count != nil:
		out := &eventstore.Result{Groups: groupsOf(in, q.Count.By, q.Count.Distinct, false)}
		if q.Limit > 0 && len(out.Groups) > q.Limit {
			out.Groups, out.More = out.Groups[:q.Limit], true
		}
		return out, nil
	case q.Timeline != nil:
		return &eventstore.Result{Buckets: buckets(in, q.Timeline)}, nil
	}
	return latest(in, q), nil
}

// latest orders by time, then by id, both descending.
func latest(in []*event.Event, q eventstore.Query) *eventstore.Result {
	slices.SortFunc(in, func(a, b *event.Event) int {
		return cmp.Or(b.Time.Compare(a.Time), strings.Compare(b.ID(), a.ID()))
	})
	if c := q.After; c != nil {
		in = slices.DeleteFunc(in, func(e *event.Event) bool {
			return cmp.Or(e.Time.Compare(c.Time), strings.Compare(e.ID(), c.ID)) >= 0
		})
	}
	out := &eventstore.Result{Events: in}
	if q.Limit > 0 && len(in) > q.Limit {
		out.Events, out.More = in[:q.Limit], true
	}
	return out
}

// groupsOf counts combinations of values, the most frequent first, then in the
// order of their values. For a top, events that have none of the fields are left
// out. Counting by nothing gives one group, also of nothing.
func groupsOf(in []*event.Event, by []eventstore.Field, distinct *eventstore.Field, top bool) []eventstore.Group {
	groups := map[string]*eventstore.Group{}
	different := map[string]map[string]bool{}
	if len(by) == 0 {
		groups[""] = &eventstore.Group{}
	}
	for _, e := range in {
		values := make([]string, len(by))
		has := !top
		for i, f := range by {
			v, ok := f.Value(e)
			values[i], has = v, has || ok
		}
		if !has {
			continue
		}
		key := strings.Join(values, "\x00\x01\x00")
		g := groups[key]
		if g == nil {
			g = &eventstore.Group{Values: values}
			groups[key] = g
		}
		if g.First.IsZero() || e.Time.Before(g.First) {
			g.First = e.Time
		}
		if g.Last.IsZero() || e.Time.After(g.Last) {
			g.Last = e.Time
		}
		if distinct == nil {
			g.Count++
			continue
		}
		if v, ok := distinct.Value(e); ok {
			if different[key] == nil {
				different[key] = map[string]bool{}
			}
			different[key][v] = true
		}
	}
	var out []eventstore.Group
	for key, g := range groups {
		if distinct != nil {
			g.Count = int64(len(different[key]))
		}
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b eventstore.Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), slices.Compare(a.Values, b.Values))
	})
	return out
}

// buckets counts events in steps of time that begin at multiples of the step
// since 1970. Steps without events are left out. Split by a field, each step has
// a bucket for each of the ten values that are most frequent altogether, and one
// without a value for the rest and for events that do not have the field.
func buckets(in []*event.Event, line *eventstore.Timeline) []eventstore.Bucket {
	top := map[string]bool{}
	if line.By != nil {
		for _, g := range groupsOf(in, []eventstore.Field{*line.By}, nil, true) {
			if len(top) < topBuckets && g.Values[0] != "" {
				top[g.Values[0]] = true
			}
		}
	}
	type key struct {
		start int64
		value string
	}
	counts := map[key]int64{}
	for _, e := range in {
		nano, step := e.Time.UnixNano(), int64(line.Step)
		k := key{start: nano - ((nano%step)+step)%step}
		if line.By != nil {
			if v, _ := line.By.Value(e); top[v] {
				k.value = v
			}
		}
		counts[k]++
	}
	var out []eventstore.Bucket
	for k, n := range counts {
		out = append(out, eventstore.Bucket{Start: time.Unix(0, k.start).UTC(), Value: k.value, Count: n})
	}
	slices.SortFunc(out, func(a, b eventstore.Bucket) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Value, b.Value))
	})
	return out
}
