package incident

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/suppress"
)

// DeskConfig is what a Desk stands on. The stores, Transact, Audit, Clock and
// Log must be set; the rest may be zero.
type DeskConfig struct {
	Findings     FindingStore
	Incidents    IncidentStore
	Suppressions SuppressionStore
	Transact     Transactor
	Audit        Auditor
	Rules        []*detect.Rule // that detectors can claim now
	Segments     *segment.Map   // nil: suppressions by segment fit nothing
	Clock        func() time.Time
	Log          *slog.Logger
	// Notify is called with each Change after it is stored. It must not block
	// nor call the Desk. Nil is nobody.
	Notify func(Change)

	Correlate Config
	// Reach is how long after its last growth an incident is still linked to
	// new findings. Zero means 7 days.
	Reach time.Duration
	// MaxOpen bounds the live findings that new ones may be linked to; of more,
	// those of the incidents that grew least lately are settled: they stay as
	// they are. Zero means 20,000.
	MaxOpen int
	// Pause is the shortest time between two correlations. Zero means a second.
	Pause time.Duration
}

const (
	defaultReach   = 7 * 24 * time.Hour
	defaultMaxOpen = 20_000
	defaultPause   = time.Second
	// growthPause is how long growth of a finding waits to be stored: a scan
	// grows with every packet, and each time all of its words change.
	growthPause = 5 * time.Second
	// maxGrowth bounds the growth that is stored in one go, so that the
	// transaction stays short.
	maxGrowth = 500
	// share is the share of time that correlating may take, one part in share.
	share = 10
	// sweepPause is how often it is looked whether suppressions have ended and
	// incidents have settled.
	sweepPause = 30 * time.Second
)

// A Desk is where findings arrive and people decide about them. It keeps the
// incidents of live findings up to date while they grow, gives each an id that
// stays, and records what people do. It may be used by many goroutines.
//
// What the Desk has been given is stored when Record returns, except for mere
// growth of a finding, which is stored within seconds or by Flush. Incidents
// follow in Run, within about a second.
type Desk struct {
	cfg  DeskConfig
	feed *feed
	wake chan struct{}

	mu     sync.Mutex // held by whoever changes anything
	rules  map[string]*detect.Rule
	hushes []*hush // that have not ended, the oldest first
	loaded bool    // hushes and live are as the stores are
	live   *scope
	// Growth that is not stored yet, by finding.
	pending map[string]detect.Finding
	dirty   bool // live is to be correlated
	swept   time.Time
	changes uint64 // counts changes of findings in memory
}

// A scope is findings that may be linked to each other: those of one recording,
// or live ones that have not settled, the suppressed ones among them.
type scope struct {
	recording string
	findings  map[string]*held
	incidents map[string]*Incident // of these findings; without Findings
	contents  map[string]uint64    // by incident: sum of what is stored
	members   map[string]uint64    // by incident: sum of what it was built of
}

// held is a finding in memory, without its evidence.
type held struct {
	f        detect.Finding
	port     int64
	sum      uint64 // of the whole finding
	change   uint64
	touched  time.Time // when it last changed, by the clock
	stored   time.Time // when it was last stored
	returned bool      // it was suppressed until now
}

// NewDesk returns a Desk. It reads nothing yet: the first call that needs it
// does, or Run.
func NewDesk(cfg DeskConfig) *Desk {
	cfg.Reach = cmp.Or(cfg.Reach, defaultReach)
	cfg.MaxOpen = cmp.Or(cfg.MaxOpen, defaultMaxOpen)
	cfg.Pause = cmp.Or(cfg.Pause, defaultPause)
	d := &Desk{
		cfg: cfg, feed: newFeed(cfg.Clock()), wake: make(chan struct{}, 1),
		rules: map[string]*detect.Rule{}, pending: map[string]detect.Finding{},
	}
	for _, r := range cfg.Rules {
		d.rules[suppress.RuleName(r)] = r
	}
	return d
}

// Run keeps incidents up to date until ctx ends, then stores what is pending.
// It returns nil then. An error of the store, a full disk say, is logged, and
// tried again.
func (d *Desk) Run(ctx context.Context) error {
	d.poke()
	sweep := time.NewTicker(sweepPause)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			if err := d.Flush(context.WithoutCancel(ctx)); err != nil {
				return fmt.Errorf("store findings: %w", err)
			}
			return nil
		case <-sweep.C:
		case <-d.wake:
		}
		before := d.cfg.Clock()
		more, err := d.pass(ctx, false)
		if err != nil && ctx.Err() == nil {
			d.cfg.Log.Error("incidents could not be stored; trying again", "error", err)
			more = true
		}
		pause := time.NewTimer(max(d.cfg.Pause, share*d.cfg.Clock().Sub(before)))
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
		if more {
			d.poke()
		}
	}
}

func (d *Desk) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Flush stores all growth and brings incidents up to date. Whoever stores a
// position behind which findings do not come again calls it before.
func (d *Desk) Flush(ctx context.Context) error {
	_, err := d.pass(ctx, true)
	return err
}

// pass stores growth that is due, or all of it, ends suppressions, and
// correlates. More says that growth is left.
func (d *Desk) pass(ctx context.Context, all bool) (more bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.load(ctx); err != nil {
		return false, err
	}
	now := d.cfg.Clock()
	if err := d.expire(ctx, now); err != nil {
		return false, err
	}
	for {
		due := d.due(now, all)
		sweep := now.Sub(d.swept) >= sweepPause || len(d.live.findings) > d.cfg.MaxOpen
		if len(due) == 0 && !d.dirty && !sweep {
			break
		}
		if err := d.settle(ctx, settlement{scope: d.live, put: due, sweep: sweep}); err != nil {
			return false, err
		}
		if !all {
			break
		}
	}
	return len(d.pending) > 0, nil
}

// due returns the growth that is to be stored, that which waits longest first.
func (d *Desk) due(now time.Time, all bool) []detect.Finding {
	var ids []string
	for id := range d.pending {
		if h := d.live.findings[id]; all || h == nil || now.Sub(h.stored) >= growthPause {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		x, y := d.live.findings[a], d.live.findings[b]
		if x == nil || y == nil {
			return cmp.Compare(a, b)
		}
		return cmp.Or(x.stored.Compare(y.stored), cmp.Compare(a, b))
	})
	out := make([]detect.Finding, 0, min(len(ids), maxGrowth))
	for _, id := range ids[:min(len(ids), maxGrowth)] {
		f := d.pending[id]
		if h := d.live.findings[id]; h != nil {
			f.Handling = h.f.Handling
		}
		out = append(out, f)
	}
	return out
}

// Record stores findings in their latest state. Live findings may come again
// as they grow, and as often as one likes: a state that is known, or older than
// the known one, changes nothing. The findings of a recording (Recording is
// set) come all at once when it is read, and their incidents are stored with
// them; they may come again too. Record does not keep what it is given.
func (d *Desk) Record(ctx context.Context, findings []detect.Finding) error {
	var live []detect.Finding
	recordings := map[string][]detect.Finding{}
	var names []string
	for i := range findings {
		f := findings[i].Clone()
		f.Handling = detect.Handling{}
		if f.Recording == "" {
			live = append(live, f)
			continue
		}
		if _, known := recordings[f.Recording]; !known {
			names = append(names, f.Recording)
		}
		recordings[f.Recording] = append(recordings[f.Recording], f)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.load(ctx); err != nil {
		return err
	}
	if len(live) > 0 {
		if err := d.recordLive(ctx, live); err != nil {
			return fmt.Errorf("record findings: %w", err)
		}
	}
	for _, name := range names {
		s, err := d.scopeOf(ctx, name)
		if err != nil {
			return err
		}
		in := intake{now: d.cfg.Clock(), uses: map[string]int64{}}
		for _, f := range detect.Latest(recordings[name]) {
			d.take(s, f, &in)
		}
		if err := d.settle(ctx, settlement{scope: s, put: append(in.put, in.grown...), uses: in.uses, changes: in.changes}); err != nil {
			return fmt.Errorf("record findings of recording %q: %w", name, err)
		}
	}
	return nil
}

func (d *Desk) recordLive(ctx context.Context, findings []detect.Finding) error {
	apart, err := d.recall(ctx, findings)
	if err != nil {
		return err
	}
	in := intake{now: d.cfg.Clock(), uses: map[string]int64{}}
	var settled []detect.Finding
	var stay []Assignment
	for _, f := range detect.Latest(findings) {
		known, is := apart[f.ID]
		if !is {
			d.take(d.live, f, &in)
			continue
		}
		d.intern(&f)
		if sumOf(&f) != sumOf(&known) && !older(&f, &known) {
			f.Handling = known.Handling
			settled = append(settled, f)
			stay = append(stay, Assignment{FindingID: f.ID, IncidentID: f.Handling.IncidentID, SuppressedBy: f.Handling.SuppressedBy, Settled: true})
		}
	}
	for _, f := range in.grown {
		d.pending[f.ID] = f
	}
	if len(in.put)+len(settled) > 0 {
		err := d.cfg.Transact.Atomically(ctx, func(ctx context.Context) error {
			if err := d.cfg.Findings.PutFindings(ctx, slices.Concat(in.put, settled)); err != nil {
				return err
			}
			if len(stay) > 0 {
				if err := d.cfg.Findings.AssignFindings(ctx, stay); err != nil {
					return err
				}
			}
			if len(in.uses) == 0 {
				return nil
			}
			return d.cfg.Suppressions.UseSuppressions(ctx, in.uses, in.now)
		})
		if err != nil {
			d.loaded = false
			return err
		}
		for _, f := range in.put {
			delete(d.pending, f.ID)
			d.live.findings[f.ID].stored = in.now
		}
		d.used(in.uses, in.now)
	}
	d.tell(in.changes)
	if len(in.put)+len(in.grown) > 0 {
		d.dirty = true
		d.poke()
	}
	return nil
}

// An intake is what a call of Record brings.
type intake struct {
	now        time.Time
	put, grown []detect.Finding
	uses       map[string]int64
	changes    []Change
}

// take puts one finding into a scope.
func (d *Desk) take(s *scope, f detect.Finding, in *intake) {
	d.intern(&f)
	sum, port := sumOf(&f), suppress.OnePort(&f)
	h := s.findings[f.ID]
	if h == nil {
		by := d.hushedBy(&f, port, in.now, "", true)
		f.Handling.SuppressedBy = by
		h = &held{port: port, sum: sum}
		s.findings[f.ID] = h
		if by != "" {
			in.uses[by]++
		} else {
			in.changes = append(in.changes, d.changeOf(FindingNew, &f))
		}
		in.put = append(in.put, f)
	} else {
		if h.sum == sum || s.recording == "" && older(&f, &h.f) {
			return
		}
		was := h.f.Handling.SuppressedBy
		f.Handling = h.f.Handling
		by := d.hushedBy(&f, port, in.now, was, false)
		f.Handling.SuppressedBy = by
		switch {
		case was != "" && by == "":
			h.returned = true
			in.changes = append(in.changes, d.changeOf(FindingReturned, &f))
		case by != "" && by != was:
			in.uses[by]++
			in.changes = append(in.changes, d.changeOf(FindingHushed, &f))
		}
		if by == was && merelyGrown(&h.f, &f) {
			in.grown = append(in.grown, f)
		} else {
			in.put = append(in.put, f)
		}
		h.port, h.sum = port, sum
	}
	d.changes++
	h.change, h.touched = d.changes, in.now
	h.f = light(f)
}

// older reports whether a state of a finding comes before the known one. A
// stream that is read again after a crash brings such states.
func older(f, known *detect.Finding) bool {
	return f.Last.Before(known.Last) || f.Last.Equal(known.Last) && f.Count < known.Count
}

// merelyGrown reports whether nothing but the amount differs: no rise, nobody
// new.
func merelyGrown(old, f *detect.Finding) bool {
	return old.Severity == f.Severity && old.Confidence == f.Confidence && old.First.Equal(f.First) &&
		old.Rule == f.Rule && slices.Equal(old.Entities, f.Entities)
}

// light returns a finding without what correlation does not look at.
func light(f detect.Finding) detect.Finding {
	f.Evidence = nil
	f.Hush.EN, f.Hush.KO = "", ""
	return f
}

// sumOf sums up all that a finding says, apart from what became of it.
func sumOf(f *detect.Finding) uint64 {
	c := *f
	c.Rule, c.Handling = nil, detect.Handling{}
	c.First, c.Last = c.First.UTC(), c.Last.UTC()
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(&c) // text, numbers and times always encode
	_, _ = h.Write([]byte(suppress.RuleName(f.Rule)))
	return h.Sum64()
}

// intern makes equal rules the same rule, as correlation tells claims apart by
// it. A rule that is no longer there is the one that was stored.
func (d *Desk) intern(f *detect.Finding) {
	if f.Rule == nil {
		return
	}
	name := suppress.RuleName(f.Rule)
	if r := d.rules[name]; r != nil {
		f.Rule = r
		return
	}
	d.rules[name] = f.Rule
}

// SetRules tells which rules detectors can claim now, after they were loaded
// anew.
func (d *Desk) SetRules(rules []*detect.Rule) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range rules {
		d.rules[suppress.RuleName(r)] = r
	}
	d.loaded = false // so that what is in memory has the new ones
	d.dirty = true
	d.poke()
}
