package eventstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

// plain are events of one class and hour.
func plain(first, n int) event.Frame {
	var out event.Frame
	for i := first; i < first+n; i++ {
		e := event.New(event.Authentication, eventstoretest.Begin.Add(time.Duration(i)*time.Millisecond), event.Origin{Source: "boot", Position: uint64(i)})
		e.SetInt(event.SrcPort, int64(i))
		out = append(out, e)
	}
	return out
}

func appendTo(t *testing.T, s *eventstore.Store, sequence uint64, f event.Frame) {
	t.Helper()
	if err := s.Append(t.Context(), "enriched", sequence, f); err != nil {
		t.Fatal(err)
	}
}

func config(t *testing.T) eventstore.Config {
	return eventstore.Config{
		Dir: t.TempDir(), Catalogue: eventstoretest.NewCatalogue(), Log: quiet(),
		Clock: func() time.Time { return eventstoretest.Begin },
	}
}

func checkpoint(t *testing.T, s *eventstore.Store, handled, want uint64) {
	t.Helper()
	done, err := s.Checkpoint(t.Context(), "enriched", handled)
	if err != nil || done != want {
		t.Errorf("checkpoint at %d: done %d, %v; want %d", handled, done, err, want)
	}
}

// TestCheckpoint follows a tail until it is ten minutes old.
func TestCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(t)
		c.Clock = time.Now
		s := open(t, c)
		defer s.Close()
		checkpoint(t, s, 3, 3) // nothing came of them
		appendTo(t, s, 4, plain(0, 5))
		checkpoint(t, s, 4, 0)
		appendTo(t, s, 5, nil)
		checkpoint(t, s, 5, 0)
		time.Sleep(9 * time.Minute)
		appendTo(t, s, 6, plain(5, 5))
		checkpoint(t, s, 6, 0)
		time.Sleep(time.Minute)
		checkpoint(t, s, 7, 0) // due: the writing begins
		synctest.Wait()
		checkpoint(t, s, 7, 7)
		if got := s.Stats(); got.Segments != 1 || got.Rows != 10 || got.TailRows != 0 || got.Tenants[""].Rows != 10 {
			t.Errorf("stats %+v, want 10 events in one segment", got)
		}
		appendTo(t, s, 8, plain(10, 1))
		checkpoint(t, s, 8, 7)
		if got := s.Stats(); got.TailRows != 1 || got.TailBytes <= 0 {
			t.Errorf("stats %+v, want one event in the tail", got)
		}
	})
}

// TestBackPressure holds the disk up: one tail more is taken, then Append waits,
// and everything is visible all the time.
func TestBackPressure(t *testing.T) {
	c := config(t)
	c.TailRows = 100
	d := &sick{hold: make(chan struct{})}
	c.SetDisk(d)
	s := open(t, c)
	defer s.Close()
	for i := range 20 {
		appendTo(t, s, uint64(i+1), plain(i*10, 10))
	}
	if got := len(contents(t, s)); got != 200 {
		t.Errorf("%d events are visible, want 200", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- s.Append(ctx, "enriched", 21, plain(200, 10)) }()
	select {
	case err := <-result:
		t.Fatalf("append did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v, want %v", err, context.Canceled)
	}
	close(d.hold)
	appendTo(t, s, 21, plain(200, 10)) // the message was not taken before
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(contents(t, s)); got != 210 {
		t.Errorf("%d events, want 210", got)
	}
}

func TestTailBytes(t *testing.T) {
	c := config(t)
	c.TailBytes = 10_000
	s := open(t, c)
	defer s.Close()
	for i := range 50 {
		f := plain(i, 1)
		f[0].SetStr(event.RawData, strings.Repeat("x", 1000))
		appendTo(t, s, uint64(i+1), f)
		if got := s.Stats().TailBytes; got > 25_000 {
			t.Fatalf("the tails take %d bytes", got)
		}
	}
	if s.Position("enriched") == 0 {
		t.Error("no tail was written")
	}
}

func TestStreamName(t *testing.T) {
	s := open(t, config(t))
	defer s.Close()
	for _, name := range []string{"", "../x", "A", "a/b", strings.Repeat("a", 33), "a-1"} {
		if err := s.Append(t.Context(), name, 1, plain(0, 1)); err == nil {
			t.Errorf("stream %q was taken", name)
		}
	}
}

// TestWide writes an old log over years: the files are as many as are of use.
func TestWide(t *testing.T) {
	c := config(t)
	s := open(t, c)
	defer s.Close()
	var f event.Frame
	for i := range 5000 {
		e := event.New(event.Base, eventstoretest.Begin.Add(-time.Duration(i)*7*time.Hour), event.Origin{Source: "old", Position: uint64(i)})
		f = append(f, e)
	}
	for i := range 48 { // two days of another class
		f = append(f, event.New(event.Authentication, eventstoretest.Begin.Add(time.Duration(i)*time.Hour), event.Origin{Source: "two", Position: uint64(i)}))
	}
	appendTo(t, s, 1, f)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := map[string]int{}
	for _, name := range onDisk(t, c.Dir) {
		parts := strings.Split(name, "/")
		spans[fmt.Sprint(parts[1], " ", len(parts[2]))]++
	}
	if diff := cmp.Diff(map[string]int{"0 4": 5, "3002 10": 3}, spans); diff != "" {
		t.Errorf("files by class and length of the part of time (-want +got):\n%s", diff)
	}
	if got := len(contents(t, s)); got != len(f) {
		t.Errorf("%d events of %d", got, len(f))
	}
}

// TestView keeps a view while the segments that it shows are merged and removed.
func TestView(t *testing.T) {
	c := config(t)
	now := eventstoretest.Begin
	c.Clock = func() time.Time { return now }
	s := open(t, c)
	defer s.Close()
	for i := range 3 {
		appendTo(t, s, uint64(i+1), plain(i*10, 10))
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	appendTo(t, s, 4, plain(30, 10))
	bounds := eventstore.Bounds{From: eventstoretest.Begin.Add(15 * time.Millisecond), Until: eventstoretest.Begin.Add(35 * time.Millisecond)}
	v := s.View(bounds)
	segments := v.Segments()
	if len(segments) != 2 || !segments[0].Last.After(segments[1].Last) {
		t.Fatalf("segments %+v, want the two that meet the bounds, newest first", segments)
	}
	now = now.Add(3 * time.Hour)
	for more := true; more; {
		var err error
		if more, err = s.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Retain(t.Context(), map[string]eventstore.Policy{"": {Age: time.Hour}}); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Segments != 0 {
		t.Errorf("stats %+v, want no segments", got)
	}
	var got []string
	for _, segment := range v.Segments() {
		if err := eventstore.ReadSegment(t.Context(), segment.Path, func(e *event.Event) error { got = append(got, e.ID()); return nil }); err != nil {
			t.Error(err)
		}
	}
	if len(got) != 20 {
		t.Errorf("%d events of the segments of the view, want 20", len(got))
	}
	tail := v.Tail()
	if len(tail) != 1 || len(tail[0]) != 5 {
		t.Errorf("the view's tail %v, want the five within the bounds", tail)
	}
	if left := onDisk(t, c.Dir); len(left) != 2 {
		t.Errorf("on the disk while the view is held: %v", left)
	}
	v.Release()
	v.Release()
	if left := onDisk(t, c.Dir); len(left) != 0 {
		t.Errorf("on the disk after the view: %v", left)
	}
	if entries, err := os.ReadDir(c.Dir); err != nil || len(entries) != 0 {
		t.Errorf("folders left: %v, %v", entries, err)
	}
}

// TestSplice merges large segments: their row groups are copied as they are,
// those of small ones built anew.
func TestSplice(t *testing.T) {
	c := config(t)
	c.Clock = func() time.Time { return eventstoretest.Begin.Add(5 * time.Hour) }
	s := open(t, c)
	defer s.Close()
	var want []string
	for i, n := range []int{20_000, 30, 9_000, 70_000, 500} {
		f := plain(i*100_000, n)
		for k, e := range f {
			e.Time = eventstoretest.Begin.Add(time.Duration(i*1000+k) * time.Microsecond)
			switch i { // columns that the others do not have
			case 0:
				e.SetStr(event.UserName, fmt.Sprint("user", k%5))
			case 1:
				e.SetStr(event.RawData, "\xff")
			case 2:
				e.SetStr(event.RawData, "\xfe")
				e.AddUnmappedInt("n", int64(k))
			case 3:
				e.SetBool(event.IsRemote, k%2 == 0)
			}
			want = append(want, everything(e))
		}
		appendTo(t, s, uint64(i+1), f)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for more := true; more; {
		var err error
		if more, err = s.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	v := s.View(eventstore.Bounds{})
	defer v.Release()
	segments := v.Segments()
	if len(segments) != 1 {
		t.Fatalf("%d segments, want one", len(segments))
	}
	raw, err := os.ReadFile(segments[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	checkIndex(t, raw)
	file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var groups []int64
	for _, g := range file.RowGroups() {
		groups = append(groups, g.NumRows())
	}
	if diff := cmp.Diff([]int64{20_000, 9_000, 65_536, 4_464, 530}, groups); diff != "" {
		t.Errorf("rows of the row groups (-want +got):\n%s", diff)
	}
	got := readSegment(t, segments[0].Path)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want[:min(len(want), 99_530)], got[:min(len(got), 99_530)]); diff != "" {
		t.Errorf("%d events, want %d (-want +got):\n%.3000s", len(got), len(want), diff)
	}
	if first, last := eventstoretest.Begin, eventstoretest.Begin.Add(72_999*time.Microsecond); !segments[0].First.Equal(first) || !segments[0].Last.Equal(last) {
		t.Errorf("from %v to %v, want %v to %v", segments[0].First, segments[0].Last, first, last)
	}
	if !segments[0].Exact || !slices.Equal(segments[0].Sources, []string{"evt_boot_"}) {
		t.Errorf("segment %+v", segments[0])
	}
}

// TestDamage tears, changes, removes and adds files.
func TestDamage(t *testing.T) {
	c := config(t)
	s := open(t, c)
	for i := range 6 {
		f := plain(i*10, 10)
		for _, e := range f {
			e.Class = event.Class(i)
		}
		appendTo(t, s, uint64(i+1), f)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	names := onDisk(t, c.Dir)
	if len(names) != 6 {
		t.Fatalf("%d segments, want 6", len(names))
	}
	at := func(i int) string { return filepath.Join(c.Dir, names[i]) }
	if found, err := s.Report(t.Context(), names[5], errors.New("out of memory")); found || err != nil {
		t.Errorf("a sound segment is damaged: %t, %v", found, err)
	}
	raw, err := os.ReadFile(at(4))
	if err != nil {
		t.Fatal(err)
	}
	raw[20] ^= 0xff // within a page: only reading all of it tells
	write := func(path string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(at(4), raw)
	if found, err := s.Report(t.Context(), names[4], errors.New("bad page")); !found || err != nil {
		t.Errorf("a damaged segment is sound: %t, %v", found, err)
	}
	if got := len(contents(t, s)); got != 50 {
		t.Errorf("%d events are served, want 50", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	whole, err := os.ReadFile(at(0))
	if err != nil {
		t.Fatal(err)
	}
	write(at(0), whole[:len(whole)/2])
	write(at(1), append(make([]byte, 4), whole[4:]...))
	if err := os.Remove(at(2)); err != nil {
		t.Fatal(err)
	}
	stray := filepath.Join(filepath.Dir(at(3)), "enriched-7-9.parquet")
	write(stray, whole)
	write(at(3)+".tmp", whole)
	s = open(t, c)
	defer s.Close()
	if got := len(contents(t, s)); got != 20 {
		t.Errorf("%d events are served, want 20", got)
	}
	var damaged []string
	for _, d := range s.Damage() {
		damaged = append(damaged, d.Segment)
	}
	slices.Sort(damaged)
	if diff := cmp.Diff([]string{names[0], names[1], names[2], names[4]}, damaged); diff != "" {
		t.Errorf("damage (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(catalogued(t, c.Catalogue), onDisk(t, c.Dir)); diff != "" {
		t.Errorf("files (-catalogue +disk):\n%s", diff)
	}
	for _, i := range []int{0, 1, 4} {
		if _, err := os.Stat(filepath.Join(c.Dir, "damaged", names[i])); err != nil {
			t.Errorf("the damaged file is not kept: %v", err)
		}
	}
}

// TestForeignCatalogue opens a folder with a catalogue that knows nothing of it.
func TestForeignCatalogue(t *testing.T) {
	c := config(t)
	s := open(t, c)
	appendTo(t, s, 1, plain(0, 10))
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	names := onDisk(t, c.Dir)
	c.Catalogue = eventstoretest.NewCatalogue()
	s = open(t, c)
	defer s.Close()
	if d := s.Damage(); len(d) != 1 || d[0].Segment != names[0] {
		t.Errorf("damage %+v, want %v", d, names)
	}
	if got := len(readSegment(t, filepath.Join(c.Dir, "damaged", names[0]))); got != 10 {
		t.Errorf("%d events are kept aside, want 10", got)
	}
}

// TestTwoStreams keeps their positions apart.
func TestTwoStreams(t *testing.T) {
	s := open(t, config(t))
	defer s.Close()
	for i, stream := range []string{"enriched", "recorded", "recorded", "enriched", "recorded"} {
		if err := s.Append(t.Context(), stream, uint64(i+1), plain(i*10, 10)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, b := s.Position("enriched"), s.Position("recorded"); a != 4 || b != 5 {
		t.Errorf("positions %d and %d, want 4 and 5", a, b)
	}
	if got := len(contents(t, s)); got != 50 {
		t.Errorf("%d events, want 50", got)
	}
}
