package eventstore

import (
	"cmp"
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
)

const (
	// maxInputs bounds how many segments are merged at once, and so the open
	// files and the memory of it.
	maxInputs = 64
	// crowd is how many small segments of an hour that is not over yet are
	// merged: under load there is a new one every few seconds.
	crowd = 16
	// spliceRows is how many rows the row groups of a segment have on average
	// for it to be copied as it is; those of smaller ones are built anew.
	spliceRows = 8 << 10
	// yieldRows is after how many rows compaction lets a tail be written first.
	yieldRows = 4096
)

// grace is how long after its end a part of time is left alone, for what comes
// late.
func (s *Store) grace(l level) time.Duration {
	switch l {
	case hourly:
		return s.config.TailAge + 5*time.Minute
	case daily:
		return 2 * time.Hour
	case monthly:
		return 24 * time.Hour
	case yearly:
	}
	return 7 * 24 * time.Hour
}

// Maintain does one step of tidying, if one is due, and reports whether another
// may be: small segments of one organisation, class and hour are merged when
// the hour is over, or when they have become many before; what is sparse is
// merged by day when the day is over, then by month and by year. Each step
// reads and writes at most one segment's size. The program calls it from time
// to time; it gives way to the writing of tails.
func (s *Store) Maintain(ctx context.Context) (more bool, err error) {
	unlock, err := s.lockTidy(ctx)
	if err != nil {
		return false, fmt.Errorf("compact segments: %w", err)
	}
	defer unlock()
	inputs, to := s.pick()
	if len(inputs) == 0 {
		return false, nil
	}
	defer func() {
		for _, h := range inputs {
			s.unhold(h)
		}
	}()
	if err := s.merge(ctx, inputs, to); err != nil {
		return false, fmt.Errorf("compact segments: %w", err)
	}
	return true, nil
}

func (s *Store) lockTidy(ctx context.Context) (unlock func(), err error) {
	select {
	case s.tidy <- struct{}{}:
		return func() { <-s.tidy }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.ctx.Done():
		return nil, errClosed
	}
}

// bucket is the segments that could become one.
type bucket struct {
	tenant string
	class  event.Class
	span   string
}

// pick returns segments to merge, each with a reference more, and the part of
// time that the result is for.
func (s *Store) pick() (inputs []*held, span string) {
	now := s.config.Clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := hourly; l <= yearly; l++ {
		limit := s.config.SegmentRows / 8
		if l == hourly {
			limit = s.config.SegmentRows / 2
		}
		buckets := map[bucket][]*held{}
		var keys []bucket
		for _, h := range s.order {
			if h.level() > l || h.Rows >= limit || h.Bytes >= s.config.SegmentBytes/2 {
				continue
			}
			span, _ := l.span(h.First.UnixNano())
			b := bucket{h.Tenant, h.Class, span}
			if buckets[b] == nil {
				keys = append(keys, b)
			}
			buckets[b] = append(buckets[b], h)
		}
		for _, b := range keys {
			all := buckets[b]
			_, until := l.span(all[0].First.UnixNano())
			if now.Before(timeOf(until).Add(s.grace(l))) && (l > hourly || len(all) < crowd) {
				continue
			}
			if chosen := s.choose(all); len(chosen) > len(inputs) {
				inputs, span = chosen, b.span
			}
		}
		if len(inputs) > 0 {
			break
		}
	}
	for _, h := range inputs {
		h.refs++
	}
	return inputs, span
}

// choose returns those segments whose merging costs least for what it gives:
// the smallest, but no large one that outweighs the others together, so that
// not all is copied again for every few events that come late.
func (s *Store) choose(all []*held) []*held {
	slices.SortFunc(all, func(a, b *held) int { return cmp.Or(cmp.Compare(a.Rows, b.Rows), cmp.Compare(a.Name, b.Name)) })
	var rows, bytes int64
	n := 0
	for _, h := range all[:min(len(all), maxInputs)] {
		if n > 0 && (rows+h.Rows > s.config.SegmentRows || bytes+h.Bytes > s.config.SegmentBytes || h.Rows > groupRows && h.Rows > 4*rows) {
			break
		}
		rows, bytes, n = rows+h.Rows, bytes+h.Bytes, n+1
	}
	if n < 2 {
		return nil
	}
	return slices.Clone(all[:n])
}

// level returns how long the part of time is that a segment's folder stands for.
func (s *Segment) level() level {
	switch len(path.Base(path.Dir(s.Name))) {
	case len("2006-01-02T15"):
		return hourly
	case len("2006-01-02"):
		return daily
	case len("2006-01"):
		return monthly
	}
	return yearly
}

// madeOf returns the name of a segment that takes the place of others. The same
// inputs give the same name.
func madeOf(kind string, inputs []*held, more string) string {
	names := make([]string, 0, len(inputs))
	for _, h := range inputs {
		names = append(names, h.Name)
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "\n") + "\n" + more))
	return kind + "-" + hex.EncodeToString(sum[:12])
}

// merge makes one segment of several, and gives it their place in one step.
func (s *Store) merge(ctx context.Context, inputs []*held, span string) error {
	first := inputs[0]
	o, err := s.create(segmentName(first.Tenant, first.Class, span, madeOf("merged", inputs, "")))
	if err != nil {
		return err
	}
	slices.SortFunc(inputs, func(a, b *held) int { return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Name, b.Name)) })
	var stored time.Time
	var removed []string
	var rows int64
	queue := merging{}
	defer queue.close()
	for _, h := range inputs {
		removed = append(removed, h.Name)
		rows += h.Rows
		if h.Stored.After(stored) {
			stored = h.Stored
		}
		err := s.input(ctx, o, h, &queue)
		if errors.Is(err, ErrSegment) {
			o.abort()
			return s.setAside(ctx, h, err)
		}
		if err != nil {
			o.abort()
			return err
		}
	}
	if h, err := s.drain(ctx, o, &queue); err != nil {
		o.abort()
		if errors.Is(err, ErrSegment) {
			return s.setAside(ctx, h, err)
		}
		return err
	}
	segment, err := o.finish(stored)
	if err != nil {
		return err
	}
	segment.Tenant, segment.Class = first.Tenant, first.Class
	if segment.Rows != rows {
		_ = s.disk.Remove(o.path)
		return fmt.Errorf("%d events went in, %d came out of %s", rows, segment.Rows, strings.Join(removed, ", "))
	}
	return s.replace(ctx, segment, removed)
}

// replace puts a segment, unless it is empty, in the place of others.
func (s *Store) replace(ctx context.Context, segment Segment, removed []string) error {
	change := Change{Removed: removed}
	if segment.Rows > 0 {
		if err := s.syncDirs([]Segment{segment}); err != nil {
			return err
		}
		change.Added = []Segment{segment}
	}
	return s.commit(ctx, change, nil)
}

// input copies a segment's row groups, or queues its events where the groups are
// small.
func (s *Store) input(ctx context.Context, o *output, h *held, queue *merging) error {
	name := filepath.Join(s.config.Dir, filepath.FromSlash(h.Name))
	if err := glance(name, h.Bytes); err != nil {
		return err
	}
	if spliced, err := o.w.splice(ctx, name, h.Segment); spliced || err != nil {
		return err
	}
	r, err := openSegment(name)
	if err != nil {
		return err
	}
	e, err := r.next()
	if err != nil || e == nil {
		r.close()
		return err
	}
	heap.Push(queue, merged{e, r, h})
	return nil
}

// drain writes the queued events in the order of time. An error of reading
// comes with the segment.
func (s *Store) drain(ctx context.Context, o *output, queue *merging) (*held, error) {
	for n := 1; queue.Len() > 0; n++ {
		if n%yieldRows == 0 {
			if err := s.yield(ctx); err != nil {
				return nil, err
			}
		}
		top := &(*queue)[0]
		if err := o.add(top.event); err != nil {
			return nil, err
		}
		e, err := top.reader.next()
		if err != nil {
			return top.held, err
		}
		if e == nil {
			top.reader.close()
			heap.Pop(queue)
			continue
		}
		top.event = e
		heap.Fix(queue, 0)
	}
	return nil, nil
}

// yield waits while a tail is being written.
func (s *Store) yield(ctx context.Context) error {
	select {
	case s.writer <- struct{}{}:
		<-s.writer
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ctx.Done():
		return errClosed
	}
}

// merged is a segment on its way into another, at the event that comes next.
type merged struct {
	event  *event.Event
	reader *reader
	held   *held
}

type merging []merged

func (m merging) Len() int           { return len(m) }
func (m merging) Less(i, j int) bool { return event.Compare(m[i].event, m[j].event) < 0 }
func (m merging) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merging) Push(x any)        { *m = append(*m, x.(merged)) }
func (m *merging) Pop() any {
	old := *m
	x := old[len(old)-1]
	old[len(old)-1] = merged{}
	*m = old[:len(old)-1]
	return x
}

func (m *merging) close() {
	for _, x := range *m {
		x.reader.close()
	}
}
