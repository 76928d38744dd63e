package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
)

// A Policy says how long and how much is kept of one organisation. A zero
// member sets no bound.
type Policy struct {
	// Age is how long an event is kept after it happened, or after it came into
	// the store when that was later: an old recording that is uploaded today
	// lives as long as what happened today. Whole segments go, so an event may
	// stay longer by as much as its segment spans.
	Age time.Duration
	// Bytes is how much the segments take on disk. The oldest go first.
	Bytes int64
}

// Retain removes the segments that the policies of organisations do not keep,
// and returns how much that was. Organisations without a policy keep all.
func (s *Store) Retain(ctx context.Context, policies map[string]Policy) (Amount, error) {
	unlock, err := s.lockTidy(ctx)
	if err != nil {
		return Amount{}, fmt.Errorf("retain segments: %w", err)
	}
	defer unlock()
	now := s.config.Clock()
	tenants := map[string][]Segment{}
	s.mu.Lock()
	for _, h := range s.order {
		if _, ok := policies[h.Tenant]; ok {
			tenants[h.Tenant] = append(tenants[h.Tenant], h.Segment)
		}
	}
	s.mu.Unlock()
	var out Amount
	var removed []string
	for tenant, all := range tenants {
		policy := policies[tenant]
		slices.SortFunc(all, func(a, b Segment) int { return cmp.Or(a.age().Compare(b.age()), cmp.Compare(a.Name, b.Name)) })
		var bytes int64
		for i := range all {
			bytes += all[i].Bytes
		}
		for i := range all {
			old := policy.Age > 0 && now.Sub(all[i].age()) > policy.Age
			if !old && (policy.Bytes <= 0 || bytes <= policy.Bytes) {
				break // all others are younger
			}
			bytes -= all[i].Bytes
			out.add(&all[i])
			removed = append(removed, all[i].Name)
		}
	}
	if len(removed) == 0 {
		return out, nil
	}
	if err := s.commit(ctx, Change{Removed: removed}, nil); err != nil {
		return Amount{}, fmt.Errorf("retain segments: %w", err)
	}
	return out, nil
}

// age is the moment from which a segment's age counts.
func (s *Segment) age() time.Time {
	if s.Stored.After(s.Last) {
		return s.Stored
	}
	return s.Last
}

// Forget removes all events of one source, such as an upload, and returns how
// many there were. The source is as in the origin of its events; sources that
// begin with the same 16 letters are one. Nothing of the source may come in
// meanwhile. After an error some segments may still hold such events, each
// event in one place; forgetting again removes them.
func (s *Store) Forget(ctx context.Context, source string) (rows int64, err error) {
	// Everything goes into segments first: what is in the tail alone would come
	// again from the bus after a crash.
	if err := s.Flush(ctx); err != nil {
		return 0, fmt.Errorf("forget source: %w", err)
	}
	unlock, err := s.lockTidy(ctx)
	if err != nil {
		return 0, fmt.Errorf("forget source: %w", err)
	}
	defer unlock()
	prefix := Source(source)
	s.mu.Lock()
	var affected []*held
	for _, h := range s.order {
		if h.Sources == nil || slices.Contains(h.Sources, prefix) {
			h.refs++
			affected = append(affected, h)
		}
	}
	s.mu.Unlock()
	defer func() {
		for _, h := range affected {
			s.unhold(h)
		}
	}()
	for _, h := range affected {
		n, err := s.without(ctx, h, prefix)
		if errors.Is(err, ErrSegment) {
			err = s.setAside(ctx, h, err)
		}
		if err != nil {
			return rows, fmt.Errorf("forget source: %s: %w", h.Name, err)
		}
		rows += n
	}
	return rows, nil
}

// without writes a segment anew without the events whose ids begin so.
func (s *Store) without(ctx context.Context, h *held, prefix string) (rows int64, err error) {
	span := strings.Split(h.Name, "/")[2]
	o, err := s.create(segmentName(h.Tenant, h.Class, span, madeOf("kept", []*held{h}, prefix)))
	if err != nil {
		return 0, err
	}
	kept := 0
	err = ReadSegment(ctx, filepath.Join(s.config.Dir, filepath.FromSlash(h.Name)), func(e *event.Event) error {
		if strings.HasPrefix(Text(e.ID()), prefix) {
			rows++
			return nil
		}
		kept++
		return o.add(e)
	})
	if err != nil || rows == 0 {
		o.abort()
		return 0, err
	}
	segment := Segment{}
	if kept == 0 {
		o.abort()
	} else if segment, err = o.finish(h.Stored); err != nil {
		return 0, err
	}
	segment.Tenant, segment.Class = h.Tenant, h.Class
	return rows, s.replace(ctx, segment, []string{h.Name})
}
