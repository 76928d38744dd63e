package incident

import (
	"context"
	"sync"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// Kinds of Change.
const (
	FindingNew         = "finding.new"
	FindingHushed      = "finding.suppressed"
	FindingReturned    = "finding.returned" // is no longer suppressed
	IncidentNew        = "incident.new"
	IncidentChanged    = "incident.changed" // grew, or a person changed it
	IncidentReopened   = "incident.reopened"
	IncidentMerged     = "incident.merged" // into another
	IncidentRemoved    = "incident.removed"
	SuppressionNew     = "suppression.new"
	SuppressionChanged = "suppression.changed"
	SuppressionEnded   = "suppression.ended"
)

// A Change says that something is no longer as it was, with what a list shows
// of it. It is told after it is stored.
type Change struct {
	Sequence  uint64         `json:"sequence"` // rises, also over restarts
	Time      time.Time      `json:"time"`
	Kind      string         `json:"kind"`
	ID        string         `json:"id"`
	Recording string         `json:"recording,omitempty"`
	Tenant    string         `json:"tenant,omitempty"`
	State     State          `json:"state,omitempty"`
	Severity  event.Severity `json:"severity,omitempty"`
	Rank      int            `json:"rank,omitempty"`
	Findings  int            `json:"findings,omitempty"`
	Title     text.Said      `json:"title,omitzero"`
	Into      string         `json:"into,omitempty"` // of merged
}

// FeedSize is how many changes are kept for those who come back.
const FeedSize = 4096

// feed keeps the latest changes in memory. Readers hold a sequence number and
// nothing else, so that a slow or lost reader costs nothing.
type feed struct {
	mu    sync.Mutex
	ring  []Change // from first to next
	next  uint64   // sequence of the next change
	first uint64   // the oldest sequence that is kept
	news  chan struct{}
}

// newFeed begins at the time in microseconds: the numbers of a process that
// starts later are higher than those of one that ran before.
func newFeed(now time.Time) *feed {
	start := uint64(max(now.UnixMicro(), 1))
	return &feed{ring: make([]Change, 0, 64), next: start, first: start, news: make(chan struct{})}
}

func (f *feed) publish(changes []Change) []Change {
	if len(changes) == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range changes {
		changes[i].Sequence = f.next
		f.next++
		if len(f.ring) == FeedSize {
			copy(f.ring, f.ring[FeedSize/4:])
			f.ring = f.ring[:FeedSize-FeedSize/4]
			f.first += FeedSize / 4
		}
		f.ring = append(f.ring, changes[i])
	}
	close(f.news)
	f.news = make(chan struct{})
	return changes
}

// since returns what came after a sequence, and a channel that closes when
// there is more.
func (f *feed) since(after uint64) (changes []Change, missed bool, more <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	missed = after+1 < f.first || after >= f.next
	from := uint64(0)
	if !missed {
		from = after + 1 - f.first
	}
	return append([]Change(nil), f.ring[from:]...), missed, f.news
}

// Latest returns the sequence of the latest change: what to give to Changes to
// hear of everything from now on.
func (d *Desk) Latest() uint64 {
	d.feed.mu.Lock()
	defer d.feed.mu.Unlock()
	return d.feed.next - 1
}

// Changes returns the changes after a sequence and waits until there is one.
// Missed says that some in between are no longer kept, or that the sequence is
// not one of this Desk: whoever shows a list reads it anew. The error is that
// of ctx. A reader that comes back gives the sequence that it saw last, as
// Last-Event-ID of server-sent events.
func (d *Desk) Changes(ctx context.Context, after uint64) (changes []Change, missed bool, err error) {
	for {
		changes, missed, more := d.feed.since(after)
		if len(changes) > 0 || missed {
			return changes, missed, nil
		}
		select {
		case <-ctx.Done():
			return nil, false, ctx.Err()
		case <-more:
		}
	}
}
