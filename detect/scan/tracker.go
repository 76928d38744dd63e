package scan

import (
	"fmt"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
)

// unit is the weight of a target that counts once.
const unit = 3

// A tracker counts distinct values within a sliding window. It keeps the time
// when each was first seen; a value that returns after the slow window counts
// anew.
type tracker[T comparable] struct {
	seen     map[T]int // index into values, counted from base
	values   []entry[T]
	base     int
	talkless int // how many are connections over which nothing was said
	served   int // how many turned out to be used well
	dropped  int
	sum      int // weight of all values so far, for entries to compare with
}

type entry[T comparable] struct {
	value    T
	at       time.Time
	before   int // the tracker's sum before this entry
	talkless bool
	gone     bool
	evidence *detect.Evidence // of the first values only
}

// own returns a value that keeps no event in memory: a text of an event keeps
// all of the event's texts.
func own[T comparable](value T) T {
	if s, ok := any(value).(string); ok {
		value, _ = any(strings.Clone(s)).(T)
	}
	return value
}

// size returns how many values count.
func (t *tracker[T]) size() int { return len(t.values) - t.dropped }

// add counts a value that e shows, and reports whether it is a new one.
func (t *tracker[T]) add(value T, at time.Time, weight int, talkless bool, e *event.Event) bool {
	t.expire(at)
	if _, ok := t.seen[value]; ok || len(t.values) >= maxDistinct {
		return false
	}
	if t.seen == nil {
		t.seen = map[T]int{}
	}
	value = own(value)
	t.seen[value] = t.base + len(t.values)
	shown := entry[T]{value: value, at: at, before: t.sum, talkless: talkless}
	if len(t.values) < detect.MaxEvidence {
		shown.evidence = &detect.Evidence{
			EventID: e.ID(), Time: e.Time, Fact: detect.Fact(e),
			SrcIP: e.Str(event.SrcIP), SrcPort: e.Int(event.SrcPort),
			DstIP: e.Str(event.DstIP), DstPort: e.Int(event.DstPort),
		}
	}
	t.values = append(t.values, shown)
	t.sum += weight
	if talkless {
		t.talkless++
	}
	return true
}

// first returns when the first value that counts was seen.
func (t *tracker[T]) first() time.Time {
	for i := range t.values {
		if !t.values[i].gone {
			return t.values[i].at
		}
	}
	return time.Time{}
}

// evidence returns what the values rest on.
func (t *tracker[T]) evidence() []detect.Evidence {
	var out []detect.Evidence
	for i := range t.values {
		if v := &t.values[i]; v.evidence != nil && !v.gone {
			out = append(out, *v.evidence)
		}
	}
	return out
}

// words returns the values as the claim writes them.
func (t *tracker[T]) words() []string {
	var out []string
	for i := range t.values {
		if v := &t.values[i]; !v.gone {
			out = append(out, fmt.Sprint(v.value))
		}
	}
	return out
}

// expire forgets what lies before the slow window.
func (t *tracker[T]) expire(now time.Time) {
	n := 0
	for n < len(t.values) && now.Sub(t.values[n].at) > slowWindow {
		e := &t.values[n]
		if e.gone {
			t.dropped--
		} else {
			delete(t.seen, e.value)
			if e.talkless {
				t.talkless--
			}
		}
		n++
	}
	if n > 0 {
		t.values = append(t.values[:0], t.values[n:]...)
		t.base += n
	}
}

// drop takes a value back.
func (t *tracker[T]) drop(value T) {
	i, ok := t.seen[value]
	if !ok {
		return
	}
	i -= t.base
	delete(t.seen, value)
	if i < 0 || i >= len(t.values) {
		return
	}
	e := &t.values[i]
	weight := t.sum - e.before
	if i+1 < len(t.values) {
		weight = t.values[i+1].before - e.before
	}
	for j := i + 1; j < len(t.values); j++ {
		t.values[j].before -= weight
	}
	t.sum -= weight
	e.gone = true
	t.dropped++
	if e.talkless {
		t.talkless--
	}
}

// reaches reports whether the values of the last window weigh as much as need.
func (t *tracker[T]) reaches(now time.Time, window time.Duration, need int) bool {
	if t.size() == 0 {
		return false
	}
	low, high := 0, len(t.values)
	for low < high {
		mid := (low + high) / 2
		if now.Sub(t.values[mid].at) > window {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low < len(t.values) && t.sum-t.values[low].before >= need
}

// table holds trackers by what they are about, a bounded number of them.
type table[K, T comparable] struct{ rows map[K]*tracker[T] }

// of returns the tracker of key, nil when there is no room.
func (t *table[K, T]) of(key K) *tracker[T] {
	if row := t.rows[key]; row != nil {
		return row
	}
	if t.rows == nil {
		t.rows = map[K]*tracker[T]{}
	}
	if len(t.rows) >= maxTrackers {
		return nil
	}
	row := &tracker[T]{}
	t.rows[own(key)] = row
	return row
}
