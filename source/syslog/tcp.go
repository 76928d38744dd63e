package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bongsu/bongsu/source"
)

// Memory of connections. Each has a small buffer. It grows while its sender is
// fast, out of a budget that all connections share; when that is used up, the
// others stay small, and a message that does not fit is cut.
const (
	smallBuffer = 4 << 10
	largeBuffer = 256 << 10
	budget      = 32 << 20
	// maxEmits is how many connections hand records on at a time; the others
	// wait with what they have read.
	maxEmits = 32
)

// Times of connections.
const (
	handshake = 10 * time.Second
	// evictable is how long a connection must have said nothing before it may
	// make room for another.
	evictable = 10 * time.Second
	// quiet is how long a connection keeps its large buffer without data.
	quiet = time.Second
)

// stream accepts the connections of one listener.
type stream struct {
	*receiver
	listener net.Listener
	room     atomic.Int64 // of the budget
	emits    chan struct{}

	mu    sync.Mutex
	conns map[*connection]struct{}
}

func newStream(r *receiver, l net.Listener) *stream {
	s := &stream{receiver: r, listener: l, emits: make(chan struct{}, maxEmits), conns: map[*connection]struct{}{}}
	s.room.Store(budget)
	return s
}

// connection is one sender.
type connection struct {
	conn net.Conn
	peer netip.Addr
	name string
	last atomic.Int64 // when its last whole message came, or it came itself
}

// acceptTries is how often in a row accepting may fail, as when the process has
// too many files open, before the listener is opened anew.
const acceptTries = 50

// run accepts until ctx ends.
func (s *stream) run(ctx context.Context, emit source.Emit) error {
	stop := context.AfterFunc(ctx, func() { _ = s.listener.Close() })
	defer stop()
	outer := ctx // ends before its children do
	ctx, cancel := context.WithCancel(outer)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	failed := make(chan error, 1)
	for tries := 0; ; {
		conn, err := s.listener.Accept()
		select {
		case err := <-failed:
			if conn != nil {
				_ = conn.Close()
			}
			_ = s.listener.Close()
			return err
		default:
		}
		if err != nil {
			if outer.Err() != nil {
				return nil
			}
			if tries++; tries >= acceptTries || errors.Is(err, net.ErrClosed) {
				_ = s.listener.Close()
				return fmt.Errorf("accept: %w", err)
			}
			pause(ctx, 100*time.Millisecond)
			continue
		}
		tries = 0
		c := s.admit(conn)
		if c == nil {
			continue
		}
		wg.Go(func() {
			defer s.leave(c)
			if err := s.serve(ctx, c, emit); err != nil {
				select {
				case failed <- err:
				default:
				}
				_ = s.listener.Close() // wakes Accept
			}
		})
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// admit takes a connection in, or closes it and returns nil.
func (s *stream) admit(conn net.Conn) *connection {
	now := s.env.Clock()
	c := &connection{conn: conn}
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		c.peer = a.AddrPort().Addr().Unmap()
		c.name = c.peer.String()
	}
	c.last.Store(now.UnixNano())
	s.mu.Lock()
	if len(s.conns) >= s.connections {
		victim := s.victim(now)
		if victim == nil {
			s.mu.Unlock()
			s.counts.refused.Add(1)
			abort(conn)
			return nil
		}
		delete(s.conns, victim)
		s.counts.evicted.Add(1)
		abort(victim.conn)
	}
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	s.counts.accepted.Add(1)
	s.counts.connections.Add(1)
	return c
}

// victim returns the connection that makes room: of the address that has most,
// the one that has said nothing for longest. So who opens thousands only
// pushes out their own.
func (s *stream) victim(now time.Time) *connection {
	perPeer := map[netip.Addr]int{}
	most := 0
	for c := range s.conns {
		perPeer[c.peer]++
		most = max(most, perPeer[c.peer])
	}
	var oldest *connection
	for c := range s.conns {
		if perPeer[c.peer] == most && (oldest == nil || c.last.Load() < oldest.last.Load()) {
			oldest = c
		}
	}
	if oldest == nil || now.UnixNano()-oldest.last.Load() < int64(evictable) {
		return nil
	}
	return oldest
}

// abort closes a connection without waiting for what its sender still sends.
func abort(conn net.Conn) {
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	if t, ok := conn.(*tls.Conn); ok {
		_ = t.NetConn().Close() // Close would send a farewell and wait for it
		return
	}
	_ = conn.Close()
}

func (s *stream) leave(c *connection) {
	_ = c.conn.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.counts.connections.Add(-1)
}

// reader is what serving one connection needs.
type reader struct {
	s       *stream
	c       *connection
	emit    source.Emit
	frame   framer
	buf     []byte    // what is not cut into messages yet
	charged int       // taken from the budget
	stuck   bool      // buf is full and may not grow
	end     time.Time // of the drain, once it has begun
}

// serve reads one connection to its end. It returns an error only where records
// cannot be handed on.
func (s *stream) serve(ctx context.Context, c *connection, emit source.Emit) error {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetReadDeadline(s.env.Clock().Add(drain)) })
	defer stop()
	if t, ok := c.conn.(*tls.Conn); ok {
		hello, cancel := context.WithTimeout(ctx, handshake)
		err := t.HandshakeContext(hello)
		cancel()
		if err != nil {
			s.counts.handshakes.Add(1)
			return nil
		}
	}
	r := &reader{s: s, c: c, emit: emit, buf: make([]byte, 0, smallBuffer)}
	defer func() {
		s.counts.malformed.Add(r.frame.malformed)
		s.counts.cutBytes.Add(r.frame.skipped)
		r.resize(0)
	}()
	for {
		last, err := r.fill(ctx)
		if handed := r.hand(ctx, last); handed != nil {
			return handed
		}
		if last {
			if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
				s.counts.idle.Add(1)
			}
			return nil
		}
	}
}

// fill waits for data and takes what comes within a moment after it. Last says
// that nothing more will come.
func (r *reader) fill(ctx context.Context) (last bool, err error) {
	r.stuck = len(r.buf) == cap(r.buf) && !r.resize(min(4*cap(r.buf), largeBuffer))
	got := 0
	for len(r.buf) < cap(r.buf) {
		switch {
		case got == 0:
			err = r.wait(ctx)
		case got < smallBuffer/2:
			err = r.deadline(ctx, r.s.env.Clock().Add(gather))
		default:
			return false, nil
		}
		if err != nil {
			return true, err
		}
		var n int
		n, err = r.c.conn.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		got += n
		if err == nil {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return true, err
		}
		switch {
		case ctx.Err() != nil && n == 0:
			return true, err // drained
		case got > 0:
			return false, nil
		case r.s.env.Clock().UnixNano()-r.c.last.Load() >= int64(r.s.idle):
			return true, err
		case len(r.buf) <= smallBuffer:
			r.resize(smallBuffer) // quiet
		}
	}
	return false, nil
}

// wait sets how long the first byte may take.
func (r *reader) wait(ctx context.Context) error {
	now := r.s.env.Clock()
	at := time.Unix(0, r.c.last.Load()).Add(r.s.idle)
	if r.charged > 0 && len(r.buf) <= smallBuffer {
		if q := now.Add(quiet); q.Before(at) {
			at = q
		}
	}
	return r.deadline(ctx, at)
}

func (r *reader) deadline(ctx context.Context, at time.Time) error {
	if err := r.c.conn.SetReadDeadline(at); err != nil {
		return err
	}
	if ctx.Err() == nil {
		return nil
	}
	if r.end.IsZero() {
		r.end = r.s.env.Clock().Add(drain)
	}
	return r.c.conn.SetReadDeadline(r.end)
}

// resize gives the buffer another size, as far as the budget goes, and reports
// whether it did; 0 gives all back. The size is at least what the buffer holds.
func (r *reader) resize(size int) bool {
	want := max(0, size-smallBuffer)
	grow := int64(want - r.charged)
	if left := r.s.room.Add(-grow); grow > 0 && left < 0 {
		r.s.room.Add(grow)
		return false
	}
	r.charged = want
	if size > 0 && size != cap(r.buf) {
		r.buf = append(make([]byte, 0, size), r.buf...)
	}
	return true
}

// hand cuts what is there into messages and hands them on.
func (r *reader) hand(ctx context.Context, last bool) error {
	limit := MaxMessage
	if r.stuck {
		limit = min(limit, len(r.buf)-2*maxDigits) // this is all that fits
	}
	body, cut, used, ok := r.frame.next(r.buf, limit, last)
	if !ok {
		r.keep(used)
		return nil
	}
	select {
	case r.s.emits <- struct{}{}:
	case <-ctx.Done():
		// The others have the drain time too, so this one may go first.
		r.s.emits <- struct{}{}
	}
	defer func() { <-r.s.emits }()
	now := r.s.env.Clock()
	records := make([]source.Record, 0, min(maxBatch, 1+len(r.buf)/64))
	for ok {
		if len(body) > 0 {
			if cut {
				r.s.counts.cut.Add(1)
			}
			records = append(records, source.Record{Body: body, Cut: cut, Origin: source.Origin{
				Source: r.s.env.ID, Peer: r.c.name, Position: r.s.position.Add(1), Received: now,
			}})
		}
		if len(records) == maxBatch {
			if err := r.emit(ctx, records); err != nil {
				return err
			}
			records = records[:0]
		}
		at := used
		var n int
		body, cut, n, ok = r.frame.next(r.buf[at:], limit, last)
		used = at + n
	}
	if len(records) > 0 {
		if err := r.emit(ctx, records); err != nil {
			return err
		}
	}
	r.c.last.Store(r.s.env.Clock().UnixNano())
	r.keep(used)
	return nil
}

// keep forgets the first bytes of the buffer.
func (r *reader) keep(used int) {
	r.buf = r.buf[:copy(r.buf, r.buf[used:])]
}
