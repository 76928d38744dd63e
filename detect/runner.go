package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
)

// Defaults of Options.
const (
	// DefaultPartitions bounds the instances of one detector: an attacker
	// chooses the keys, so their number must not be his to choose.
	DefaultPartitions = 1 << 16
	// DefaultCadence is how far the watermark moves between two calls of
	// Advance: fine enough for a person who waits, coarse enough that a month
	// of logs does not spend its time on it.
	DefaultCadence = time.Minute
	// DefaultIdle is how long an instance without events is kept.
	DefaultIdle = time.Hour
)

// afterAll lies after every window of every detector, counted from the last
// event of a recording.
const afterAll = 10 * 365 * 24 * time.Hour

// Options bound a Runner. Zero means the default.
type Options struct {
	Partitions int           // instances of one detector at most
	Cadence    time.Duration // between two calls of Advance
	// Lateness is how far the watermark stays behind the latest event: events
	// that come later than that may find their window closed. Zero is right
	// where events come in order.
	Lateness time.Duration
}

// Stats say what a detector has done.
type Stats struct {
	Detector  string
	Events    int64 // that it has looked at
	Instances int64 // that it has made
	Expired   int64 // instances that ended because nothing came for long
	Evicted   int64 // instances that ended early because there were too many
	Findings  int64 // that it gave, each growth counted
}

// A Runner runs detectors over one stream of events. The events of one key,
// within one organisation, meet one instance. It is used by one goroutine, and
// gives the same findings for the same stream.
type Runner struct {
	runs      []*run
	cadence   time.Duration
	lateness  time.Duration
	watermark time.Time // of the latest event, less lateness, or of Advance
	swept     time.Time // when Advance was last called
	pending   int       // events since then
}

// run is one detector with its instances.
type run struct {
	kind      *Kind
	settings  Settings
	idle      time.Duration
	limit     int
	instances map[partition]*instance
	// The ring of instances by last use: root.next is the latest used,
	// root.prev the one that waits longest.
	root   instance
	stats  Stats
	latest string // name of an organisation
}

type partition struct{ tenant, key string }

type instance struct {
	partition  partition
	detector   Detector
	advancer   Advancer // nil where the detector is none
	seen       time.Time
	next, prev *instance
}

// NewRunner returns a runner of kinds. Settings are by the name of the kind.
// An error names the detector and what is wrong with its settings.
func NewRunner(kinds []Kind, settings map[string]Settings, opts Options) (*Runner, error) {
	r := &Runner{cadence: cmp.Or(opts.Cadence, DefaultCadence), lateness: opts.Lateness}
	known := make(map[string]bool, len(kinds))
	for i := range kinds {
		k := &kinds[i]
		if known[k.Name] {
			return nil, fmt.Errorf("detector %s stands twice in the list", k.Name)
		}
		known[k.Name] = true
		// A first instance shows whether the settings are right before the
		// first event does.
		if _, err := k.New(settings[k.Name]); err != nil {
			return nil, fmt.Errorf("set up detector %s: %w", k.Name, err)
		}
		u := &run{
			kind: k, settings: settings[k.Name],
			idle:      cmp.Or(k.Idle, DefaultIdle),
			limit:     cmp.Or(opts.Partitions, DefaultPartitions),
			instances: map[partition]*instance{},
			stats:     Stats{Detector: k.Name},
		}
		u.root.next, u.root.prev = &u.root, &u.root
		r.runs = append(r.runs, u)
	}
	for name := range settings {
		if !known[name] {
			return nil, fmt.Errorf("settings for unknown detector %q; known: %q", name, names(kinds))
		}
	}
	return r, nil
}

func names(kinds []Kind) []string {
	out := make([]string, len(kinds))
	for i := range kinds {
		out[i] = kinds[i].Name
	}
	slices.Sort(out)
	return out
}

// Examine shows events to the detectors, in the order of event.Compare, which
// it brings about within the batch; batches come in order. It returns what is
// new or has grown, each finding once, in the order of Latest.
func (r *Runner) Examine(events []*event.Event) []Finding {
	if !slices.IsSortedFunc(events, event.Compare) {
		events = slices.Clone(events)
		slices.SortStableFunc(events, event.Compare)
	}
	var out []Finding
	for _, e := range events {
		sure := e.Time.Add(-r.lateness)
		if r.swept.IsZero() {
			r.swept = sure
		}
		if sure.After(r.watermark) {
			r.watermark = sure
			// Calling every instance for every minute of a long quiet log
			// would cost more than the events do, so the calls are paid for
			// by events.
			if r.watermark.Sub(r.swept) >= r.cadence && r.pending >= r.live() {
				out = r.sweep(out)
			}
		}
		r.pending++
		for _, u := range r.runs {
			key := u.kind.Partition(e)
			if key == "" {
				continue
			}
			out = u.examine(e, key, out)
		}
	}
	return Latest(out)
}

// Advance says that no event before watermark will come any more. It returns
// like Examine.
func (r *Runner) Advance(watermark time.Time) []Finding {
	if watermark.Before(r.watermark) {
		return nil
	}
	r.watermark = watermark
	return Latest(r.sweep(nil))
}

// Close ends the stream: every window closes, every instance ends. It returns
// like Examine. The runner is not to be used afterwards.
func (r *Runner) Close() []Finding {
	var out []Finding
	for _, u := range r.runs {
		for u.root.prev != &u.root {
			out = u.end(u.root.prev, r.watermark.Add(afterAll), out)
		}
	}
	return Latest(out)
}

// Stats returns what each detector has done, in the order of the kinds.
func (r *Runner) Stats() []Stats {
	out := make([]Stats, len(r.runs))
	for i, u := range r.runs {
		out[i] = u.stats
	}
	return out
}

// live returns how many instances there are.
func (r *Runner) live() int {
	n := 0
	for _, u := range r.runs {
		n += len(u.instances)
	}
	return n
}

// sweep ends the instances for which nothing came for long and advances the
// others.
func (r *Runner) sweep(out []Finding) []Finding {
	r.swept, r.pending = r.watermark, 0
	for _, u := range r.runs {
		for i := u.root.prev; i != &u.root; {
			waiting := i
			i = i.prev
			switch {
			case r.watermark.Sub(waiting.seen) >= u.idle:
				out = u.end(waiting, r.watermark, out)
				u.stats.Expired++
			case waiting.advancer != nil:
				out = u.gather(out, waiting.advancer.Advance(r.watermark))
			}
		}
	}
	return out
}

func (u *run) examine(e *event.Event, key string, out []Finding) []Finding {
	p := partition{e.Str(event.TenantUID), key}
	i := u.instances[p]
	if i != nil && e.Time.Sub(i.seen) >= u.idle {
		// Whether it was swept meanwhile must make no difference.
		out = u.end(i, i.seen.Add(u.idle), out)
		u.stats.Expired++
		i = nil
	}
	if i == nil {
		if len(u.instances) >= u.limit {
			oldest := u.root.prev
			out = u.end(oldest, oldest.seen.Add(u.idle), out)
			u.stats.Evicted++
		}
		d, err := u.kind.New(u.settings)
		if err != nil {
			return out // NewRunner has seen that it is right
		}
		// A text of an event keeps all of the event's texts in memory.
		p.key = strings.Clone(p.key)
		p.tenant = u.tenant(p.tenant)
		i = &instance{partition: p, detector: d}
		i.advancer, _ = d.(Advancer)
		u.instances[p] = i
		u.stats.Instances++
	} else {
		i.unlink()
	}
	if e.Time.After(i.seen) {
		i.seen = e.Time
	}
	i.next, i.prev = u.root.next, &u.root
	i.next.prev, u.root.next = i, i
	u.stats.Events++
	return u.gather(out, i.detector.Examine(e))
}

// tenant returns one copy of the name of an organisation for all instances.
func (u *run) tenant(name string) string {
	if name != u.latest {
		u.latest = strings.Clone(name)
	}
	return u.latest
}

// end gives an instance its last word and forgets it.
func (u *run) end(i *instance, watermark time.Time, out []Finding) []Finding {
	if i.advancer != nil {
		out = u.gather(out, i.advancer.Advance(watermark))
	}
	i.unlink()
	delete(u.instances, i.partition)
	return out
}

func (u *run) gather(out, found []Finding) []Finding {
	u.stats.Findings += int64(len(found))
	return append(out, found...)
}

func (i *instance) unlink() {
	i.prev.next, i.next.prev = i.next, i.prev
}

// Latest keeps the last of the findings with the same id and orders what is
// left by first event, then id.
func Latest(findings []Finding) []Finding {
	if len(findings) == 0 {
		return nil
	}
	at := make(map[string]int, len(findings))
	out := make([]Finding, 0, len(findings))
	for _, f := range findings {
		if i, ok := at[f.ID]; ok {
			out[i] = f
			continue
		}
		at[f.ID] = len(out)
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.ID, b.ID))
	})
	return out
}
