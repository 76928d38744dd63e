package hunt

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/eventstore"
)

// An Engine answers queries. It keeps to their bounds and ends early when the
// context does.
type Engine interface {
	Query(ctx context.Context, q eventstore.Query) (*eventstore.Result, error)
}

// A Recorder writes to the audit log.
type Recorder interface {
	Record(ctx context.Context, e audit.Entry) error
}

// A Transactor keeps a change and its audit entry together.
type Transactor interface {
	Atomically(ctx context.Context, do func(ctx context.Context) error) error
}

// Config is what a Service stands on. All but the bounds must be set.
type Config struct {
	Engine     Engine
	Store      Store
	Audit      Recorder
	Transactor Transactor
	Clock      func() time.Time
	Bounds     Bounds
}

// Bounds are how much one hunt may take. Zero members have defaults.
type Bounds struct {
	Timeout time.Duration // 30 s
	Memory  int64         // bytes, 512 MiB
	Rows    int           // events of one answer, 100; MaxLatest at most
	AtOnce  int           // hunts that run at the same time, 4; others wait
}

// Defaults of Bounds.
const (
	defaultTimeout = 30 * time.Second
	defaultMemory  = 512 << 20
	defaultRows    = 100
	defaultAtOnce  = 4

	// graceTime is how much longer than the bound an engine may take to give what
	// it has.
	graceTime = 5 * time.Second
)

var (
	// ErrCursor says that a cursor was not made by the hunt it was given to.
	ErrCursor = errors.New("cursor is not one of this hunt's; begin again without one")
	// ErrTimeout says that the engine gave nothing within the time that was
	// allowed.
	ErrTimeout = errors.New("the hunt took too long; ask for less time or fewer conditions on text")
)

// A Service runs hunts and keeps saved ones. It may be used by many goroutines.
type Service struct {
	config Config
	turns  chan struct{}
}

// NewService returns a Service.
func NewService(config Config) *Service {
	b := &config.Bounds
	if b.Timeout <= 0 {
		b.Timeout = defaultTimeout
	}
	if b.Memory <= 0 {
		b.Memory = defaultMemory
	}
	if b.Rows <= 0 {
		b.Rows = defaultRows
	}
	b.Rows = min(b.Rows, MaxLatest)
	if b.AtOnce <= 0 {
		b.AtOnce = defaultAtOnce
	}
	return &Service{config: config, turns: make(chan struct{}, b.AtOnce)}
}

// RunOptions say how a hunt is run. The zero RunOptions are fine.
type RunOptions struct {
	Location *time.Location // see Options
	Cursor   string         // Answer.Next of the page before
	Rows     int            // events of one answer; 0 and more than the bound are the bound
	Timeout  time.Duration  // 0 and more than the bound are the bound
}

// An Answer is what a hunt found.
type Answer struct {
	Hunt   *Hunt
	Query  eventstore.Query // as it was asked
	Result *eventstore.Result
	Next   string // cursor of the next page of events, "" after the last
}

// Run asks a hunt about the events of a tenant, "" for all. It blocks until the
// answer is there, at most for the bound of time and a little; ending ctx ends
// the hunt. Errors are *Error for a hunt that cannot be read, ErrCursor,
// ErrTimeout, the context's, and those of the engine.
func (s *Service) Run(ctx context.Context, tenant, input string, opts RunOptions) (*Answer, error) {
	now := s.config.Clock()
	place := cursor{left: -1}
	if opts.Cursor != "" {
		var err error
		if place, err = parseCursor(opts.Cursor); err != nil {
			return nil, err
		}
		now = place.now // the range of time does not move from page to page
	}
	h, err := Parse(input, Options{Now: now, Location: opts.Location})
	if err != nil {
		return nil, err
	}
	q, err := h.Query(now)
	if err != nil {
		return nil, err
	}
	q.Tenant = tenant
	q.Timeout, q.Memory = s.config.Bounds.Timeout, s.config.Bounds.Memory
	if opts.Timeout > 0 {
		q.Timeout = min(q.Timeout, opts.Timeout)
	}
	if h.Show.Kind == Latest {
		left := h.Show.N
		if place.left >= 0 {
			left = place.left
		}
		if q.Limit = s.rows(opts.Rows); left > 0 {
			q.Limit = min(q.Limit, left)
		}
		if opts.Cursor != "" {
			q.After = &eventstore.Cursor{Time: place.at, ID: place.id}
		}
		result, err := s.ask(ctx, q)
		if err != nil {
			return nil, err
		}
		a := &Answer{Hunt: h, Query: q, Result: result}
		n := len(result.Events)
		more := left == 0 || left > n
		if n > 0 && result.More && more {
			last := result.Events[n-1]
			a.Next = cursor{now: now, at: last.Time, id: last.ID(), left: max(0, left-n)}.String()
		}
		return a, nil
	}
	if opts.Cursor != "" {
		return nil, fmt.Errorf("%w: only events have pages", ErrCursor)
	}
	result, err := s.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	return &Answer{Hunt: h, Query: q, Result: result}, nil
}

func (s *Service) rows(asked int) int {
	if asked <= 0 {
		return s.config.Bounds.Rows
	}
	return min(asked, s.config.Bounds.Rows)
}

// ask waits for a turn and asks the engine.
func (s *Service) ask(ctx context.Context, q eventstore.Query) (*eventstore.Result, error) {
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return nil, fmt.Errorf("run hunt: wait for a turn: %w", context.Cause(ctx))
	}
	inner, cancel := context.WithTimeoutCause(ctx, q.Timeout+graceTime, ErrTimeout)
	defer cancel()
	result, err := s.config.Engine.Query(inner, q)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("run hunt: %w", context.Cause(ctx))
	case err != nil && inner.Err() != nil:
		return nil, fmt.Errorf("run hunt: %w", ErrTimeout)
	case err != nil:
		return nil, fmt.Errorf("run hunt: %w", err)
	}
	return result, nil
}

// Pages runs a hunt page by page, each when it is wanted: the newest events
// first, until there are no more, as many as latest says, or the loop ends.
// Hunts that give numbers give one page. After an error there is no more.
func (s *Service) Pages(ctx context.Context, tenant, input string, opts RunOptions) iter.Seq2[*Answer, error] {
	return func(yield func(*Answer, error) bool) {
		for {
			a, err := s.Run(ctx, tenant, input, opts)
			if !yield(a, err) || err != nil || a.Next == "" {
				return
			}
			opts.Cursor = a.Next
		}
	}
}

// A cursor is where the next page begins.
type cursor struct {
	now  time.Time // at which the hunt was first asked
	at   time.Time
	id   string
	left int // events still wanted, 0 for all
}

const maxCursor = 512 // bytes

// String writes a cursor for others to hand back.
func (c cursor) String() string {
	raw := strings.Join([]string{
		strconv.FormatInt(c.now.UnixNano(), 10), strconv.FormatInt(c.at.UnixNano(), 10), strconv.Itoa(c.left), c.id,
	}, " ")
	return base64.RawURLEncoding.EncodeToString([]byte(raw))
}

func parseCursor(s string) (cursor, error) {
	if len(s) > maxCursor {
		return cursor{}, fmt.Errorf("%w: %d bytes", ErrCursor, len(s))
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	parts := strings.SplitN(string(raw), " ", 4)
	if err != nil || len(parts) != 4 || parts[3] == "" {
		return cursor{}, fmt.Errorf("%w: %q", ErrCursor, s)
	}
	now, err1 := strconv.ParseInt(parts[0], 10, 64)
	at, err2 := strconv.ParseInt(parts[1], 10, 64)
	left, err3 := strconv.Atoi(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || left < 0 || left > MaxLatest {
		return cursor{}, fmt.Errorf("%w: %q", ErrCursor, s)
	}
	return cursor{now: time.Unix(0, now).UTC(), at: time.Unix(0, at).UTC(), id: parts[3], left: left}, nil
}
