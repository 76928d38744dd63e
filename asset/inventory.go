package asset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/org"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/wire/json"
)

// Config is what an Inventory stands on. Store, Segments and Clock must be set.
type Config struct {
	Store Store
	// Together runs what belongs in one piece: a person's change and its entry in
	// the audit log, what has changed and how far the events were read. nil: one
	// after the other.
	Together Transactor
	Audit    Recorder // nil: nothing is recorded
	Segments Lookup
	Clock    func() time.Time // for what people do; events bring their own time
	// Changes is told by Flush what has changed, before it is stored, so after a
	// crash again. nil: nobody is told.
	Changes func(ctx context.Context, changes []Change) error
	Limit   int      // of assets in memory and store; 0: Limit
	Vendors *Vendors // nil: those of NewVendors
}

// An Inventory learns from events and answers what is known. It is safe for
// concurrent use; Observe and Flush are called by one goroutine.
type Inventory struct {
	config  Config
	vendors *Vendors

	mu        sync.Mutex
	byID      map[string]*record
	byMAC     map[macKey]*record
	byAddress map[addressKey]*binding
	byText    map[textKey]*record   // identifiers and names that are all that is known
	named     map[textKey][]*record // by what machines call themselves
	behind    map[macKey][]netip.Addr
	routers   map[macKey]*record
	cache     map[endpointKey]*endpoint
	told      map[toldKey]int64 // minute
	age       uint64            // of what cache and told rest on
	dirty     []*record
	changes   []Change
	refused   uint64
	roomAt    int64 // minute before which nothing makes room

	sight sight
	doc   json.Doc
}

type macKey struct {
	tenant string
	mac    MAC
}

type addressKey struct {
	tenant, segment string
	ip              netip.Addr
}

type textKey struct{ tenant, kind, value string }

// A binding says whose an address is, and whose it was before.
type binding struct {
	rec    *record
	since  time.Time
	until  time.Time // zero: it still is
	last   int64     // minute
	before *binding
}

// maxBefore is how many machines are remembered that had an address before.
const maxBefore = 4

func (b *binding) holds(t time.Time) bool {
	return !t.Before(b.since) && (b.until.IsZero() || !t.After(b.until))
}

// at returns who had the address at a time, nil where nobody is known.
func (b *binding) at(t time.Time) *binding {
	for ; b != nil; b = b.before {
		if b.holds(t) {
			return b
		}
	}
	return nil
}

// shorten forgets who had the address long ago.
func (b *binding) shorten() {
	for n := 0; b != nil; n, b = n+1, b.before {
		if n == maxBefore {
			b.before = nil
		}
	}
}

// without leaves out an earlier time of the same record: an Address tells the
// latest only.
func (b *binding) without(r *record) *binding {
	for b != nil && b.rec == r {
		b = b.before
	}
	for x := b; x != nil; x = x.before {
		for x.before != nil && x.before.rec == r {
			x.before = x.before.before
		}
	}
	return b
}

// follow puts in a time before that of b.
func (b *binding) follow(earlier *binding) {
	top := b
	for b.before != nil && b.before.since.After(earlier.since) {
		b = b.before
	}
	earlier.before, b.before = b.before, earlier
	top.shorten()
}

type endpointKey struct{ tenant, zone, ip, mac string }

// An endpoint is what an address together with a MAC address led to.
type endpoint struct {
	rec    *record // nil: nobody's
	bound  *binding
	ip     netip.Addr
	strong bool // by evidence of the link
	via    Via
	age    uint64
	minute int64
}

type toldKey struct {
	rec         *record
	kind, value string
}

// Bounds of the caches; full ones start anew.
const (
	maxCache   = 1 << 16
	maxTold    = 1 << 16
	maxNamed   = 8       // machines of one name that are compared
	maxChanges = 1 << 14 // between two Flush
)

// New returns an inventory with what the store holds.
func New(ctx context.Context, config Config) (*Inventory, error) {
	vendors := config.Vendors
	if vendors == nil {
		var err error
		if vendors, err = NewVendors(); err != nil {
			return nil, err
		}
	}
	if config.Limit <= 0 {
		config.Limit = Limit
	}
	v := &Inventory{
		config: config, vendors: vendors,
		byID: map[string]*record{}, byMAC: map[macKey]*record{}, byAddress: map[addressKey]*binding{},
		byText: map[textKey]*record{}, named: map[textKey][]*record{}, behind: map[macKey][]netip.Addr{},
		routers: map[macKey]*record{}, cache: map[endpointKey]*endpoint{}, told: map[toldKey]int64{},
	}
	err := config.Store.Assets(ctx, func(a Asset) error {
		v.byID[a.ID] = &record{Asset: a, first: a.First.UnixNano(), last: minuteOf(a.Last)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	v.index()
	return v, nil
}

// index makes the indexes anew from the records.
func (v *Inventory) index() {
	for _, r := range v.sorted() {
		if into := v.byID[r.MergedInto]; into != nil && into != r {
			r.into = into
			into.parts = append(into.parts, r)
		}
	}
	type held struct {
		key addressKey
		binding
	}
	var all []held
	type claim struct {
		rec  *record
		name Fact
	}
	var claims []claim
	type hint struct {
		key   macKey
		ip    netip.Addr
		first time.Time
	}
	var hints []hint
	for _, r := range v.sorted() {
		v.keep(r)
		for _, f := range r.Names {
			if f.Via.own() {
				claims = append(claims, claim{r, f})
			}
		}
		for _, i := range r.Interfaces {
			if mac, ok := ParseMAC(i.Value); ok && i.Via == ViaFlow && len(r.Addresses) > 0 {
				hints = append(hints, hint{macKey{r.Tenant, mac}, r.Addresses[0].IP, i.First})
			}
		}
		for _, a := range r.Addresses {
			all = append(all, held{addressKey{r.Tenant, a.Segment, a.IP}, binding{rec: r, since: a.Since, until: a.Until, last: minuteOf(a.Last)}})
		}
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return a.name.First.Compare(b.name.First) })
	slices.SortStableFunc(hints, func(a, b hint) int { return a.first.Compare(b.first) })
	for _, h := range hints {
		v.notice(h.key, h.ip)
	}
	for _, c := range claims {
		v.called(c.rec, c.name.Value)
	}
	// Who has an address now comes last.
	slices.SortStableFunc(all, func(a, b held) int {
		if a.until.IsZero() != b.until.IsZero() {
			if b.until.IsZero() {
				return -1
			}
			return 1
		}
		return a.since.Compare(b.since)
	})
	for i := range all {
		b := &all[i].binding
		b.before = v.byAddress[all[i].key]
		b.shorten()
		v.byAddress[all[i].key] = b
	}
}

func (v *Inventory) sorted() []*record {
	out := make([]*record, 0, len(v.byID))
	for _, r := range v.byID {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *record) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// keep puts what tells a record apart into the indexes.
func (v *Inventory) keep(r *record) {
	for _, i := range r.Interfaces {
		mac, ok := ParseMAC(i.Value)
		if !ok {
			continue
		}
		if i.Via != ViaFlow {
			v.byMAC[macKey{r.Tenant, mac}] = r
			if slices.ContainsFunc(r.Roles, func(f Fact) bool { return f.Value == RoleRouter }) {
				v.routers[macKey{r.Tenant, mac}] = r
			}
		}
	}
	for _, f := range r.Identifiers {
		v.byText[textKey{r.Tenant, "identifier", f.Value}] = r
	}
	if name, ok := strings.CutPrefix(r.Key, keyName); ok {
		v.byText[textKey{r.Tenant, "name", name}] = r
	}
}

// What an asset is told apart by begins with one of these.
const (
	keyMAC     = "mac "
	keyAddress = "address "
	keyName    = "name "
	keySplit   = "split "
)

// create makes a record. It returns nil where there is no room.
func (v *Inventory) create(key string, s *sight) *record {
	id := assetID(s.tenant, key)
	if r := v.byID[id]; r != nil {
		return r
	}
	if len(v.byID) >= v.config.Limit && !v.makeRoom(s) {
		v.refused++
		return nil
	}
	r := &record{Asset: Asset{ID: id, Tenant: s.tenant, Key: key, First: s.at, Last: s.clock()}, first: s.at.UnixNano(), last: s.minute}
	v.byID[id] = r
	v.touch(r)
	v.change(Change{Kind: Appeared, Asset: Asset{ID: id}, Time: s.at, Event: s.uid()})
	return r
}

// assetID derives an id from what tells the asset apart, so that the same
// events give the same ids wherever they are seen.
func assetID(tenant, key string) string {
	sum := sha256.Sum256([]byte(tenant + "\x00" + key))
	return "ast_" + hex.EncodeToString(sum[:10])
}

// change keeps what Flush tells. The assets are filled in there.
func (v *Inventory) change(c Change) {
	if v.config.Changes != nil && len(v.changes) < maxChanges {
		v.changes = append(v.changes, c)
	}
}

// makeRoom forgets the assets that were silent for longest, if that is long
// enough and nobody has said anything of them. It forgets many at once, so that
// a flood of invented machines does not make each of them dear.
func (v *Inventory) makeRoom(s *sight) bool {
	if s.minute < v.roomAt {
		return false
	}
	var old []*record
	v.roomAt = s.minute + int64(fleetingFor/time.Minute)
	for _, r := range v.byID {
		if r.into == nil && len(r.parts) == 0 && !r.decided() && s.minute-r.last >= r.patience() {
			old = append(old, r)
		}
	}
	slices.SortFunc(old, func(a, b *record) int {
		if a.last != b.last {
			return cmp.Compare(a.last, b.last)
		}
		return strings.Compare(a.ID, b.ID)
	})
	old = old[:min(len(old), max(v.config.Limit/20, 1))]
	v.drop(old)
	if len(old) > 0 {
		v.roomAt = 0
	}
	return len(old) > 0
}

// patience is for how many minutes a record may be silent before it makes room:
// one that showed little, and for a moment only, does so soon.
func (r *record) patience() int64 {
	if r.Last.Sub(r.First) < fleeting && len(r.Services)+len(r.Names) == 0 {
		return int64(fleetingFor / time.Minute)
	}
	return int64(staleAfter / time.Minute)
}

// drop takes records out of everything. Flush tells the store.
func (v *Inventory) drop(old []*record) {
	gone := make(map[*record]bool, len(old))
	for _, r := range old {
		gone[r] = true
		delete(v.byID, r.ID)
		v.touch(r)
	}
	maps.DeleteFunc(v.byMAC, func(_ macKey, r *record) bool { return gone[r] })
	maps.DeleteFunc(v.routers, func(_ macKey, r *record) bool { return gone[r] })
	maps.DeleteFunc(v.byText, func(_ textKey, r *record) bool { return gone[r] })
	maps.DeleteFunc(v.byAddress, func(_ addressKey, b *binding) bool {
		for before := b; before != nil; before = before.before {
			for before.before != nil && gone[before.before.rec] {
				before.before = before.before.before
			}
		}
		return gone[b.rec]
	})
	for key, list := range v.named {
		if list = slices.DeleteFunc(list, func(r *record) bool { return gone[r] }); len(list) == 0 {
			delete(v.named, key)
		} else {
			v.named[key] = list
		}
	}
	clear(v.behind)
	v.renew()
}

// renew makes every cached answer void.
func (v *Inventory) renew() {
	v.age++
	clear(v.told)
}

// touch marks a record as changed since the last Flush.
func (v *Inventory) touch(r *record) {
	if !r.dirty {
		r.dirty = true
		v.dirty = append(v.dirty, r)
	}
}

// see says that a machine was active.
func (v *Inventory) see(r *record, s *sight) {
	if r.last < s.minute {
		r.last, r.Last = s.minute, s.clock()
		v.touch(r)
	}
	if n := s.at.UnixNano(); n < r.first {
		r.first, r.First = n, s.at
		v.touch(r)
	}
}

// Flush writes what has changed since the last Flush, and tells Changes first.
// What also does, such as storing how far the events were read, is kept with
// it in one piece: a reader that begins there after a crash gives exactly the
// inventory that it would have given. Where the position is stored later, what
// is read again is mostly known already; only who had an address that changes
// hands within that time may come out otherwise.
func (v *Inventory) Flush(ctx context.Context, also ...func(ctx context.Context) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.tell(ctx); err != nil {
		return fmt.Errorf("tell changes of assets: %w", err)
	}
	if len(v.dirty)+len(also) == 0 {
		return nil
	}
	var save []Asset
	var forget []string
	for _, r := range v.dirty {
		switch v.byID[r.ID] {
		case r:
			save = append(save, r.Asset)
		case nil:
			forget = append(forget, r.ID)
		}
	}
	err := v.together(ctx, func(ctx context.Context) error {
		if len(forget) > 0 {
			if err := v.config.Store.ForgetAssets(ctx, forget); err != nil {
				return err
			}
		}
		if len(save) > 0 {
			if err := v.config.Store.SaveAssets(ctx, save); err != nil {
				return err
			}
		}
		for _, f := range also {
			if err := f(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("flush assets: %w", err)
	}
	for _, r := range v.dirty {
		r.dirty = false
	}
	clear(v.dirty)
	v.dirty = v.dirty[:0]
	return nil
}

func (v *Inventory) tell(ctx context.Context) error {
	if len(v.changes) == 0 {
		return nil
	}
	told := make([]Change, 0, len(v.changes))
	for _, c := range v.changes {
		if r := v.byID[c.Asset.ID]; r != nil {
			c.Asset = r.root().view()
			told = append(told, c)
		}
	}
	if err := v.config.Changes(ctx, told); err != nil {
		return err
	}
	v.changes = v.changes[:0]
	return nil
}

func (v *Inventory) together(ctx context.Context, do func(ctx context.Context) error) error {
	if v.config.Together == nil {
		return do(ctx)
	}
	return v.config.Together.Atomically(ctx, do)
}

// Counts are figures of an inventory.
type Counts struct {
	Assets  int
	Unsaved int
	Refused uint64 // machines that there was no room for
}

// Counts returns figures.
func (v *Inventory) Counts() Counts {
	v.mu.Lock()
	defer v.mu.Unlock()
	return Counts{Assets: len(v.byID), Unsaved: len(v.dirty), Refused: v.refused}
}

// Observe learns from events. It does no input or output and keeps nothing of
// the frame. An error is never the events' fault.
func (v *Inventory) Observe(ctx context.Context, frame event.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range frame {
		if e.Time.IsZero() || e.Class == event.DetectionFinding {
			continue
		}
		v.sight = sight{event: e, tenant: e.Str(event.TenantUID), at: e.Time, minute: minuteOf(e.Time)}
		if v.sight.tenant == "" {
			v.sight.tenant = org.Default
		}
		v.observe(&v.sight)
	}
	v.sight.event = nil
	return nil
}

// inside reports whether machines of a segment belong into the inventory.
func inside(name string) bool { return name != "" && name != segment.External }
