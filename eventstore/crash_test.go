package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

var errDead = errors.New("the process was killed")

// mortal is a file system and a catalogue that do a number of steps and nothing
// after them, as a process that is killed. The step that kills may have been
// done in part.
type mortal struct {
	eventstore.OSDisk
	mu        sync.Mutex
	left      int
	dead      bool
	catalogue *eventstoretest.Catalogue
}

// step reports whether a step is done, and whether half of the one that kills
// is.
func (m *mortal) step() (ok, half bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return false, false
	}
	m.left--
	m.dead = m.left < 0
	return !m.dead, m.dead && m.left%2 != 0
}

func (m *mortal) do(step func() error) error {
	ok, half := m.step()
	if ok {
		return step()
	}
	if half {
		_ = step()
	}
	return errDead
}

func (m *mortal) MkdirAll(path string) error {
	return m.do(func() error { return m.OSDisk.MkdirAll(path) })
}

func (m *mortal) Rename(a, b string) error {
	return m.do(func() error { return m.OSDisk.Rename(a, b) })
}

func (m *mortal) Remove(path string) error {
	return m.do(func() error { return m.OSDisk.Remove(path) })
}

func (m *mortal) SyncDir(path string) error {
	return m.do(func() error { return m.OSDisk.SyncDir(path) })
}

func (m *mortal) Create(path string) (f eventstore.File, err error) {
	err = m.do(func() error { f, err = m.OSDisk.Create(path); return err })
	if err != nil {
		return nil, err
	}
	return &mortalFile{File: f, m: m}, nil
}

type mortalFile struct {
	eventstore.File
	m      *mortal
	writes int
}

// Write counts the first and the fourth write of a file as steps.
func (f *mortalFile) Write(b []byte) (n int, err error) {
	if f.writes++; f.writes != 1 && f.writes != 4 {
		return f.File.Write(b)
	}
	ok, half := f.m.step()
	if half {
		b = b[:len(b)/2]
	}
	if ok || half {
		n, err = f.File.Write(b)
	}
	if !ok {
		err = errDead
	}
	return n, err
}

func (f *mortalFile) Sync() error { return f.m.do(func() error { return nil }) }

func (m *mortal) Commit(ctx context.Context, change eventstore.Change) error {
	return m.do(func() error { return m.catalogue.Commit(ctx, change) })
}

func (m *mortal) Segments(ctx context.Context) ([]eventstore.Segment, error) {
	return m.catalogue.Segments(ctx)
}

func (m *mortal) Positions(ctx context.Context) (map[string]uint64, error) {
	return m.catalogue.Positions(ctx)
}

// office are small messages of two organisations, two classes and two hours.
func office() []event.Frame {
	var out []event.Frame
	for i := range 4 {
		var f event.Frame
		for n := range 8 {
			e := event.New([]event.Class{event.Authentication, event.NetworkActivity}[n%2],
				eventstoretest.Begin.Add(time.Duration(i*n)*time.Minute), event.Origin{Source: eventstoretest.Sources[i%2], Position: uint64(i*100 + n)})
			e.SetText(event.TenantUID, eventstoretest.Tenants[n/4])
			e.SetStr(event.Message, fmt.Sprint("message ", i, " ", n))
			if n == 3 {
				e.SetStr(event.RawData, "bad \xff bytes")
			}
			f = append(f, e)
		}
		out = append(out, f)
	}
	return out
}

// contents returns the ids of all events that the store shows, sorted.
func contents(t *testing.T, s *eventstore.Store) []string {
	t.Helper()
	v := s.View(eventstore.Bounds{})
	defer v.Release()
	out := []string{}
	for _, f := range v.Tail() {
		for _, e := range f {
			out = append(out, e.ID())
		}
	}
	for _, segment := range v.Segments() {
		rows := int64(0)
		err := eventstore.ReadSegment(t.Context(), segment.Path, func(e *event.Event) error {
			rows++
			out = append(out, e.ID())
			return nil
		})
		if err != nil || rows != segment.Rows {
			t.Errorf("segment %s: %d rows of %d, %v", segment.Name, rows, segment.Rows, err)
		}
	}
	slices.Sort(out)
	return out
}

func ids(messages []event.Frame, keep func(*event.Event) bool) []string {
	out := []string{}
	for _, f := range messages {
		for _, e := range f {
			if keep == nil || keep(e) {
				out = append(out, e.ID())
			}
		}
	}
	slices.Sort(out)
	return out
}

// onDisk returns the files below a folder, without those set aside.
func onDisk(t *testing.T, dir string) []string {
	t.Helper()
	out := []string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if !strings.HasPrefix(name, "damaged") {
			out = append(out, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func catalogued(t *testing.T, c eventstore.Catalogue) []string {
	t.Helper()
	all, err := c.Segments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, s := range all {
		out = append(out, s.Name)
	}
	slices.Sort(out)
	return out
}

// TestCrash kills the store at every step of what it does to files and to the
// catalogue, opens it again, delivers again what the catalogue does not say is
// done, and looks for every event exactly once.
func TestCrash(t *testing.T) {
	messages := office()
	notForgotten := ids(messages, func(e *event.Event) bool { return e.Origin.Source != eventstoretest.Sources[0] })
	survived := map[bool]int{}
	for steps := 0; ; steps++ {
		dir := t.TempDir()
		m := &mortal{left: steps, catalogue: eventstoretest.NewCatalogue()}
		now := atomic.Int64{}
		now.Store(eventstoretest.Begin.UnixNano())
		config := eventstore.Config{
			Dir: dir, Catalogue: m, Log: quiet(), TailRows: 24,
			Clock: func() time.Time { return time.Unix(0, now.Load()).UTC() },
		}
		config.SetDisk(m)
		forgetting := false
		live := func() error {
			s, err := eventstore.Open(t.Context(), config)
			if err != nil {
				return err
			}
			defer s.Close()
			for i, f := range messages {
				if err := s.Append(t.Context(), "enriched", uint64(i+1), f); err != nil {
					return err
				}
				if _, err := s.Checkpoint(t.Context(), "enriched", uint64(i+1)); err != nil {
					return err
				}
				if i%4 == 1 {
					if err := s.Flush(t.Context()); err != nil {
						return err
					}
				}
			}
			if err := s.Flush(t.Context()); err != nil {
				return err
			}
			now.Store(eventstoretest.Begin.Add(72 * time.Hour).UnixNano())
			for more := true; more; {
				if more, err = s.Maintain(t.Context()); err != nil {
					return err
				}
			}
			forgetting = true
			_, err = s.Forget(t.Context(), eventstoretest.Sources[0])
			return err
		}
		err := live()
		if err == nil && !m.dead {
			break
		}
		m.mu.Lock()
		m.dead, m.left = false, 1<<30 // the machine is on again
		m.mu.Unlock()
		s, err := eventstore.Open(t.Context(), config)
		if err != nil {
			t.Fatalf("killed at step %d: open: %v", steps, err)
		}
		positions, _ := m.Positions(t.Context())
		done := positions["enriched"]
		if s.Position("enriched") != done {
			t.Errorf("killed at step %d: position %d, the catalogue says %d", steps, s.Position("enriched"), done)
		}
		for i, f := range messages {
			if uint64(i) >= done {
				if err := s.Append(t.Context(), "enriched", uint64(i+1), f); err != nil {
					t.Fatal(err)
				}
			}
		}
		survived[forgetting]++
		if !forgetting {
			if diff := cmp.Diff(ids(messages, nil), contents(t, s)); diff != "" {
				t.Fatalf("killed at step %d (-want +got):\n%s", steps, diff)
			}
		} else {
			if got := contents(t, s); len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Fatalf("killed at step %d: events are there twice", steps)
			}
			if _, err := s.Forget(t.Context(), eventstoretest.Sources[0]); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(notForgotten, contents(t, s)); diff != "" {
				t.Fatalf("killed at step %d (-want +got):\n%s", steps, diff)
			}
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(catalogued(t, m), onDisk(t, dir)); diff != "" {
			t.Fatalf("killed at step %d: files (-catalogue +disk):\n%s", steps, diff)
		}
		if d := s.Damage(); len(d) > 0 {
			// Only where the catalogue had nothing at all may files be set aside.
			if done > 0 || !strings.Contains(d[0].Reason, "the catalogue is empty") {
				t.Fatalf("killed at step %d: damage %+v", steps, d)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if survived[false] < 50 || survived[true] < 12 {
		t.Errorf("killed %v times, which is too few to have met every step", survived)
	}
	t.Logf("killed %v times", survived)
}

// sick fails single operations with an error, and is well again.
type sick struct {
	eventstore.OSDisk
	mu   sync.Mutex
	fail map[string]error // by operation
	hold chan struct{}    // writing waits for it
}

func (d *sick) set(operation string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail == nil {
		d.fail = map[string]error{}
	}
	d.fail[operation] = err
}

func (d *sick) of(operation string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fail[operation]
}

func (d *sick) MkdirAll(path string) error {
	return errors.Join(eventstore.Full(d.of("mkdir")), d.OSDisk.MkdirAll(path))
}

func (d *sick) Rename(a, b string) error {
	if err := d.of("rename"); err != nil {
		return eventstore.Full(err)
	}
	return d.OSDisk.Rename(a, b)
}

func (d *sick) SyncDir(path string) error {
	return errors.Join(eventstore.Full(d.of("syncdir")), d.OSDisk.SyncDir(path))
}

func (d *sick) Create(path string) (eventstore.File, error) {
	if err := d.of("create"); err != nil {
		return nil, eventstore.Full(err)
	}
	f, err := d.OSDisk.Create(path)
	if err != nil {
		return nil, err
	}
	return sickFile{f, d}, nil
}

type sickFile struct {
	eventstore.File
	d *sick
}

func (f sickFile) Write(b []byte) (int, error) {
	if f.d.hold != nil {
		<-f.d.hold
	}
	if err := f.d.of("write"); err != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, eventstore.Full(err)
	}
	return f.File.Write(b)
}

func (f sickFile) Sync() error {
	return errors.Join(eventstore.Full(f.d.of("sync")), f.File.Sync())
}

// TestNoSpace fills the disk at each operation: nothing half written stays,
// everything is found meanwhile, and all is well when there is room.
func TestNoSpace(t *testing.T) {
	messages := office()
	for _, operation := range []string{"mkdir", "create", "write", "sync", "rename", "syncdir"} {
		t.Run(operation, func(t *testing.T) {
			d := &sick{}
			catalogue := eventstoretest.NewCatalogue()
			config := eventstore.Config{
				Dir: t.TempDir(), Catalogue: catalogue, Log: quiet(), TailRows: 8,
				Clock: func() time.Time { return eventstoretest.Begin },
			}
			config.SetDisk(d)
			s, err := eventstore.Open(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			d.set(operation, syscall.ENOSPC)
			taken, refused := 0, 0
			for taken < len(messages) {
				err := s.Append(t.Context(), "enriched", uint64(taken+1), messages[taken])
				if err == nil {
					taken++
					continue
				}
				if !errors.Is(err, eventstore.ErrNoSpace) {
					t.Fatalf("append: %v, want %v", err, eventstore.ErrNoSpace)
				}
				if refused++; refused == 3 {
					break
				}
			}
			if refused == 0 || taken > 4 {
				t.Errorf("%d messages were taken with no room, %d refused", taken, refused)
			}
			if diff := cmp.Diff(ids(messages[:taken], nil), contents(t, s)); diff != "" {
				t.Errorf("events while there is no room (-want +got):\n%s", diff)
			}
			if err := s.Flush(t.Context()); !errors.Is(err, eventstore.ErrNoSpace) {
				t.Errorf("flush: %v, want %v", err, eventstore.ErrNoSpace)
			}
			if left := onDisk(t, config.Dir); len(left) > 0 {
				t.Errorf("left on the disk: %v", left)
			}
			if _, err := s.Checkpoint(t.Context(), "enriched", uint64(taken)); !errors.Is(err, eventstore.ErrNoSpace) {
				t.Errorf("checkpoint: %v, want %v", err, eventstore.ErrNoSpace)
			}
			d.set(operation, nil)
			for ; taken < len(messages); taken++ {
				for {
					err := s.Append(t.Context(), "enriched", uint64(taken+1), messages[taken])
					if err == nil {
						break
					}
					if !errors.Is(err, eventstore.ErrNoSpace) { // of the try before
						t.Fatal(err)
					}
				}
			}
			for {
				err := s.Flush(t.Context())
				if err == nil {
					break
				}
				if !errors.Is(err, eventstore.ErrNoSpace) {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(ids(messages, nil), contents(t, s)); diff != "" {
				t.Errorf("events when there is room again (-want +got):\n%s", diff)
			}
			if done, err := s.Checkpoint(t.Context(), "enriched", uint64(taken)); err != nil || done != uint64(taken) {
				t.Errorf("checkpoint: %d, %v; want %d", done, err, taken)
			}
			if diff := cmp.Diff(catalogued(t, catalogue), onDisk(t, config.Dir)); diff != "" {
				t.Errorf("files (-catalogue +disk):\n%s", diff)
			}
		})
	}
}
