package eventstore

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/bongsu/bongsu/event"
)

// A stream is one kept topic whose events the store takes. What is appended
// goes into the active buffer; a buffer that is due is frozen, written in the
// background, and gone when the catalogue has its segments.
type stream struct {
	name     string
	position uint64 // everything up to it is in segments
	appended uint64 // the last message taken
	handled  uint64 // the last message that the reader is done with
	active   buffer
	frozen   *buffer
	writing  chan struct{} // closed when the write of frozen ends; nil while none runs
	err      error         // of the last write, until it is told
}

type buffer struct {
	frames []event.Frame
	rows   int
	bytes  int64
	since  time.Time // when its first event came
	from   uint64    // sequence numbers
	to     uint64
	added  []Segment // once they are written
}

// maxStream bounds the name of a stream, which is part of file names.
const maxStream = 32

// Append takes the events of one message of a stream; queries see them when it
// returns. The events must not be changed afterwards. A message that was taken
// before, here or before a restart, is taken once: sequence numbers of a stream
// ascend from 1, and each message is one call.
//
// Append waits while the tail is full and the one before it is being written.
// When writing fails it returns the error with the tail still full and the
// message not taken; ErrNoSpace among them passes.
func (s *Store) Append(ctx context.Context, name string, sequence uint64, frame event.Frame) error {
	if err := checkStream(name); err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	var bytes int64
	for _, e := range frame {
		bytes += size(e)
	}
	for {
		wait, err := s.take(name, sequence, frame, bytes)
		if err != nil {
			return fmt.Errorf("append events: %w", err)
		}
		if wait == nil {
			return nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return fmt.Errorf("append events: %w", ctx.Err())
		}
	}
}

// take puts a frame into the tail, or returns what to wait for.
func (s *Store) take(name string, sequence uint64, frame event.Frame, bytes int64) (wait <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, errClosed
	}
	st := s.stream(name)
	if sequence <= st.appended {
		return nil, nil
	}
	if s.full(&st.active) {
		s.freeze(st)
		if s.full(&st.active) { // the one before is still there
			if err := s.failed(st); err != nil {
				return nil, err
			}
			return st.writing, nil
		}
	}
	st.appended = sequence
	if len(frame) == 0 {
		return nil, nil
	}
	if b := &st.active; b.rows == 0 {
		b.since, b.from = s.config.Clock(), sequence
	}
	st.active.to = sequence
	st.active.frames = append(st.active.frames, frame)
	st.active.rows += len(frame)
	st.active.bytes += bytes
	if s.full(&st.active) {
		s.freeze(st)
	}
	return nil, nil
}

// full reports whether a buffer takes no more. The message that fills it may go
// beyond the bound.
func (s *Store) full(b *buffer) bool {
	return b.rows >= s.config.TailRows || b.bytes >= s.config.TailBytes
}

// due reports whether a buffer is to be written.
func (s *Store) due(b *buffer) bool {
	return b.rows > 0 && (s.full(b) || s.config.Clock().Sub(b.since) >= s.config.TailAge)
}

// freeze hands the active buffer to the writer, if the writer is free and there
// is anything in it. The caller holds mu.
func (s *Store) freeze(st *stream) {
	if st.frozen != nil || st.active.rows == 0 || s.ctx.Err() != nil {
		return
	}
	b := st.active
	b.to = max(b.to, st.handled, st.appended) // messages without events are done with it
	st.frozen, st.active = &b, buffer{}
	s.start(st)
}

// start writes the frozen buffer in the background. The caller holds mu.
func (s *Store) start(st *stream) {
	st.err, st.writing = nil, make(chan struct{})
	s.work.Go(func() {
		err := s.write(st)
		s.mu.Lock()
		defer s.mu.Unlock()
		st.err = err
		close(st.writing)
		st.writing = nil
	})
}

// failed returns the error of the last write and begins another try. The caller
// holds mu.
func (s *Store) failed(st *stream) error {
	if st.writing != nil || st.frozen == nil {
		return nil
	}
	err := st.err
	s.start(st)
	return err
}

// write makes segments of the frozen buffer and lets go of it.
func (s *Store) write(st *stream) error {
	select {
	case s.writer <- struct{}{}:
		defer func() { <-s.writer }()
	case <-s.ctx.Done():
		return errClosed
	}
	b := st.frozen // only write takes it away, and one write runs at a time
	if b.added == nil {
		name := fmt.Sprintf("%s-%020d-%020d", st.name, b.from, b.to)
		added, err := s.writeEvents(s.ctx, name, b.frames)
		if err != nil {
			return err
		}
		b.added = added
	}
	// When a commit fails it is not known whether the change was made: the
	// files stay as they are, and the next try commits them again.
	return s.commit(s.ctx, Change{Stream: st.name, Position: b.to, Added: b.added}, func() {
		st.frozen, st.position = nil, b.to
	})
}

// Checkpoint notes that the message with this sequence number is handled, and
// begins to write the tail when it is due. It returns the sequence number up to
// which everything is in segments. It does not wait for writing; an error is
// that of a write that was begun before, and another try is under way.
func (s *Store) Checkpoint(_ context.Context, name string, handled uint64) (done uint64, err error) {
	if err := checkStream(name); err != nil {
		return 0, fmt.Errorf("write tail: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return 0, fmt.Errorf("write tail: %w", errClosed)
	}
	st := s.stream(name)
	st.handled = max(st.handled, handled)
	if err := s.failed(st); err != nil {
		return st.position, fmt.Errorf("write tail: %w", err)
	}
	if s.due(&st.active) {
		s.freeze(st)
	}
	if st.frozen == nil && st.active.rows == 0 {
		// Nothing came of the messages since: they may come again for nothing.
		return max(st.position, st.handled), nil
	}
	return st.position, nil
}

// Position returns the sequence number up to which everything of a stream is in
// segments.
func (s *Store) Position(name string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.streams[name]; st != nil {
		return st.position
	}
	return 0
}

// Flush writes the tails of all streams and waits for it.
func (s *Store) Flush(ctx context.Context) error {
	s.mu.Lock()
	limit := make(map[string]uint64, len(s.names))
	for _, name := range s.names {
		limit[name] = s.streams[name].appended
	}
	names := s.names[:len(s.names):len(s.names)]
	s.mu.Unlock()
	for _, name := range names {
		if err := s.flush(ctx, name, limit[name]); err != nil {
			return fmt.Errorf("flush tail: %w", err)
		}
	}
	return nil
}

// flush writes the tail of a stream up to a sequence number.
func (s *Store) flush(ctx context.Context, name string, limit uint64) error {
	for tried := false; ; {
		s.mu.Lock()
		st := s.streams[name]
		first := uint64(math.MaxUint64)
		switch {
		case st.frozen != nil:
			first = st.frozen.from
		case st.active.rows > 0:
			first = st.active.from
		}
		if first > limit {
			s.mu.Unlock()
			return nil
		}
		if s.ctx.Err() != nil {
			s.mu.Unlock()
			return errClosed
		}
		switch {
		case st.frozen == nil:
			s.freeze(st)
			tried = true
		case st.writing == nil && tried:
			err := st.err
			s.mu.Unlock()
			return err
		case st.writing == nil:
			s.start(st)
			tried = true
		}
		wait := st.writing
		s.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func checkStream(name string) error {
	if name == "" || len(name) > maxStream {
		return fmt.Errorf("stream %.40q: its name has 1 to %d letters", name, maxStream)
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return fmt.Errorf("stream %q: its name may have a–z, 0–9 and _", name)
		}
	}
	return nil
}
