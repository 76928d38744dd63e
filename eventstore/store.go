package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/bongsu/bongsu/event"
)

// Config says where a store lies and what it may use. A zero limit is its
// default.
type Config struct {
	Dir       string // of the segments; made where it is not there
	Catalogue Catalogue
	Clock     func() time.Time
	Log       *slog.Logger

	// The tail of a stream is written out when it has this many events, or they
	// take this much memory, or the first is this old. While one tail is being
	// written the next may grow as large; then Append waits.
	TailRows  int           // 65,536
	TailBytes int64         // 64 MiB
	TailAge   time.Duration // 10 minutes

	// Compaction makes segments of at most this size.
	SegmentRows  int64 // 1,000,000
	SegmentBytes int64 // 256 MiB

	disk disk // nil: the operating system's
}

// Defaults of Config.
const (
	defaultTailRows     = 64 << 10
	defaultTailBytes    = 64 << 20
	defaultTailAge      = 10 * time.Minute
	defaultSegmentRows  = 1_000_000
	defaultSegmentBytes = 256 << 20
)

// A Store holds the events of a node: the youngest in memory, the rest in
// Parquet segments. It is safe for concurrent use, except that each stream has
// one goroutine that appends to it. One process at a time opens a folder; who
// opens it sees to that.
type Store struct {
	config  Config
	disk    disk
	ctx     context.Context // ends with the store
	cancel  context.CancelFunc
	work    sync.WaitGroup
	writers sync.Pool     // of *SegmentWriter
	writer  chan struct{} // one writes a tail at a time: that bounds memory
	tidy    chan struct{} // one of compaction, retention, forgetting at a time

	mu      sync.Mutex
	streams map[string]*stream
	names   []string // of streams, in the order in which they came
	held    map[string]*held
	order   []*held // by Last descending, then by name
	damage  []Damage
}

// held is a segment and who needs its file.
type held struct {
	Segment
	refs  int
	gone  bool // no view begun from now on shows it; the last one removes the file
	aside bool // its file is no longer at its place
}

// Open opens the store in a folder. Files that the catalogue does not name were
// not finished before a crash and are removed; segments whose file is missing
// or torn are set aside, see Damage.
func Open(ctx context.Context, config Config) (*Store, error) {
	config.TailRows = cmp.Or(config.TailRows, defaultTailRows)
	config.TailBytes = cmp.Or(config.TailBytes, defaultTailBytes)
	config.TailAge = cmp.Or(config.TailAge, defaultTailAge)
	config.SegmentRows = cmp.Or(config.SegmentRows, defaultSegmentRows)
	config.SegmentBytes = cmp.Or(config.SegmentBytes, defaultSegmentBytes)
	s := &Store{
		config: config, disk: config.disk,
		writer: make(chan struct{}, 1), tidy: make(chan struct{}, 1),
		streams: map[string]*stream{}, held: map[string]*held{},
	}
	if s.disk == nil {
		s.disk = osDisk{}
	}
	if err := s.load(ctx); err != nil {
		return nil, fmt.Errorf("open event store: %w", err)
	}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

func (s *Store) load(ctx context.Context) error {
	if err := s.disk.MkdirAll(s.config.Dir); err != nil {
		return err
	}
	positions, err := s.config.Catalogue.Positions(ctx)
	if err != nil {
		return err
	}
	for name, position := range positions {
		s.stream(name).position = position
		s.stream(name).appended = position
	}
	segments, err := s.config.Catalogue.Segments(ctx)
	if err != nil {
		return err
	}
	for _, segment := range segments {
		s.hold(segment)
	}
	if err := s.sweep(); err != nil {
		return err
	}
	return s.inspect(ctx)
}

// Close writes nothing: what is in the tail comes again from the bus. It waits
// for what is being written. Call Flush before it to have less come again.
func (s *Store) Close() error {
	s.cancel()
	s.work.Wait()
	return nil
}

// stream returns a stream, made where it is not there. The caller holds mu or
// is alone.
func (s *Store) stream(name string) *stream {
	st := s.streams[name]
	if st == nil {
		st = &stream{name: name}
		s.streams[name] = st
		s.names = append(s.names, name)
	}
	return st
}

// hold takes a segment in. The caller holds mu or is alone.
func (s *Store) hold(segment Segment) {
	h := &held{Segment: segment}
	if old := s.held[segment.Name]; old != nil {
		// The file was overwritten by the same events.
		s.order = slices.DeleteFunc(s.order, func(x *held) bool { return x == old })
		h.refs = old.refs
	}
	s.held[segment.Name] = h
	at, _ := slices.BinarySearchFunc(s.order, h, newestFirst)
	s.order = slices.Insert(s.order, at, h)
}

// drop lets go of segments and returns the names of files that nobody needs any
// more. The caller holds mu or is alone.
func (s *Store) drop(names []string) (free []string) {
	for _, name := range names {
		h := s.held[name]
		if h == nil {
			continue
		}
		h.gone = true
		delete(s.held, name)
		if at, ok := slices.BinarySearchFunc(s.order, h, newestFirst); ok {
			s.order = slices.Delete(s.order, at, at+1)
		}
		if h.refs == 0 && !h.aside {
			free = append(free, name)
		}
	}
	return free
}

func newestFirst(a, b *held) int {
	return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Name, b.Name))
}

// commit makes a change durable and then visible.
func (s *Store) commit(ctx context.Context, change Change, visible func()) error {
	if err := s.config.Catalogue.Commit(ctx, change); err != nil {
		return fmt.Errorf("commit segments: %w", err)
	}
	s.mu.Lock()
	for _, segment := range change.Added {
		s.hold(segment)
	}
	free := s.drop(change.Removed)
	if visible != nil {
		visible()
	}
	s.mu.Unlock()
	s.remove(free)
	return nil
}

// remove takes files away that no view needs. What cannot be removed now is
// removed when the store is opened again: the catalogue does not name it.
func (s *Store) remove(names []string) {
	for _, name := range names {
		path := filepath.Join(s.config.Dir, filepath.FromSlash(name))
		if err := s.disk.Remove(path); err != nil {
			s.config.Log.Warn("remove segment", "segment", name, "error", err)
			continue
		}
		// Folders that have become empty go too; one that is not stays.
		for dir := filepath.Dir(path); dir != filepath.Clean(s.config.Dir); dir = filepath.Dir(dir) {
			if s.disk.Remove(dir) != nil {
				break
			}
		}
	}
}

// Stats say how much a store holds.
type Stats struct {
	Amount
	TailRows  int   // of all streams, also those that are being written
	TailBytes int64 // of memory, estimated
	Tenants   map[string]Amount
}

// Amount is how much lies in segments.
type Amount struct {
	Segments    int
	Rows, Bytes int64
}

func (a *Amount) add(s *Segment) {
	a.Segments++
	a.Rows += s.Rows
	a.Bytes += s.Bytes
}

// Stats returns how much the store holds now.
func (s *Store) Stats() Stats {
	out := Stats{Tenants: map[string]Amount{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.order {
		out.add(&h.Segment)
		a := out.Tenants[h.Tenant]
		a.add(&h.Segment)
		out.Tenants[h.Tenant] = a
	}
	for _, st := range s.streams {
		out.TailRows += st.active.rows
		out.TailBytes += st.active.bytes
		if st.frozen != nil {
			out.TailRows += st.frozen.rows
			out.TailBytes += st.frozen.bytes
		}
	}
	return out
}

// errClosed says that the store was closed.
var errClosed = errors.New("event store is closed")

// size estimates the memory of an event.
func size(e *event.Event) int64 {
	n := int64(160) // the event, its id's source, the slices
	e.Each(func(_ event.Path, text string, _ int64) bool {
		n += 32 + int64(len(text))
		return true
	})
	for _, u := range e.AllUnmapped() {
		n += 32 + int64(len(u.Name)+len(u.Literal))
	}
	return n
}
