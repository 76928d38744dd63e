package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/bongsu/bongsu/source"
)

// taking is the work on one body: one goroutine reads it, another cuts it into
// records and hands them on meanwhile.
type taking struct {
	h    *Handler
	peer string
	key  string // hash of the Idempotency-Key, "" without one

	split   source.Splitter
	buf     []byte // what is not cut into records yet
	base    int64  // where buf begins in the unpacked body
	tried   int    // length of buf when it was last looked at in vain
	skip    bool   // within the rest of a record that was cut
	pending pending
	answer  Answer
}

// pending is the batch that is being filled.
type pending struct {
	bytes   []byte
	records []record
	end     int64 // of the last one, in the unpacked body
	cut     int
}

type record struct {
	start, end int
	at         int64
	cut        bool
}

// piece is what was read at once.
type piece struct {
	data []byte
	err  error
}

// take reads a body to its end and says how far it is durable.
func (t *taking) take(ctx context.Context, deadlines *http.ResponseController, wire io.Closer, body *unpacked) Answer {
	// The server ends a request's context as soon as its sender is slow or gone.
	// What has come by then is kept all the same.
	request := ctx
	ctx, cancel := context.WithCancel(context.WithoutCancel(request))
	defer cancel()
	stop := context.AfterFunc(request, func() {
		select {
		case <-time.After(source.Drain):
			cancel()
		case <-ctx.Done():
		}
	})
	defer stop()
	pieces := make(chan piece)
	free := make(chan []byte, 2)
	free <- make([]byte, block)
	free <- make([]byte, block)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer body.close()
		t.read(ctx, deadlines, body, pieces, free)
	}()
	failure := t.work(ctx, pieces, free)
	cancel()
	if failure == nil {
		<-done // it has read to the end
		return t.answer
	}
	// Nobody listens any more to a reader that still waits for the wire.
	_ = deadlines.SetReadDeadline(t.h.cfg.Clock())
	select {
	case <-done:
	case <-time.After(answerTime):
		_ = wire.Close()
		<-done
	}
	failure.Accepted, failure.Cut, failure.Bytes = t.answer.Accepted, t.answer.Cut, t.answer.Bytes
	failure.Detail = fmt.Sprintf("%s; %d records up to byte %d are accepted", failure.Detail, failure.Accepted, failure.Bytes)
	return *failure
}

// read hands the unpacked body on in pieces. Each read may take a while, all of
// them not too long.
func (t *taking) read(ctx context.Context, deadlines *http.ResponseController, body *unpacked, pieces chan<- piece, free <-chan []byte) {
	defer close(pieces)
	var total int64
	longest := t.h.cfg.Clock().Add(t.h.cfg.Longest)
	for {
		var b []byte
		select {
		case b = <-free:
		case <-ctx.Done():
			return
		}
		now := t.h.cfg.Clock()
		at := now.Add(t.h.cfg.Idle)
		if longest.Before(at) {
			at = longest
		}
		// Not every server has deadlines; then its own hold.
		_ = deadlines.SetReadDeadline(at)
		n, err := body.Read(b[:block])
		total += int64(n)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && !t.h.cfg.Clock().Before(longest), err == nil && now.After(longest):
			err = errLasts
		case t.h.cfg.MaxBody > 0 && total > t.h.cfg.MaxBody:
			n -= int(total - t.h.cfg.MaxBody)
			err = errLarge
		case body.packed != nil && total > freely && total/maxRatio > body.packed.n.Load():
			err = errExpands
		}
		select {
		case pieces <- piece{b[:max(n, 0)], err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// work cuts pieces into records and hands these on, until the body ends. It
// returns why it ended too early, nil where it did not.
func (t *taking) work(ctx context.Context, pieces <-chan piece, free chan<- []byte) *Answer {
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for waiting := false; ; {
		var p piece
		var open bool
		if len(t.pending.records) == 0 || t.key != "" {
			// What goes with a key is cut by what came, never by when, so that
			// it is cut in the same way if it comes again.
			p, open = <-pieces
			waiting = false
		} else {
			if !waiting {
				timer.Reset(gather)
				waiting = true
			}
			select {
			case p, open = <-pieces:
			case <-timer.C:
				waiting = false
				if err := t.flush(ctx); err != nil {
					return t.unkept(err)
				}
				continue
			}
		}
		if !open {
			return t.unkept(context.Cause(ctx))
		}
		t.buf = append(t.buf, p.data...)
		last := errors.Is(p.err, io.EOF)
		if err := t.cut(ctx, last, p.err != nil); err != nil {
			return t.unkept(err)
		}
		if p.err == nil {
			free <- p.data[:cap(p.data)]
			continue
		}
		if err := t.flush(ctx); err != nil {
			return t.unkept(err)
		}
		if last {
			t.answer.Bytes = t.base + int64(len(t.buf))
			return nil
		}
		t.h.broken.Add(1)
		return t.h.why(p.err)
	}
}

func (t *taking) unkept(err error) *Answer {
	t.h.failed.Add(1)
	return refusal(http.StatusServiceUnavailable, "keep records: "+err.Error(), busy.Say(nil))
}

// enough is how much of a text must be there to tell how it is split.
const enough = 4 << 10

// cut makes records of what is whole. Last says that the body ends here as it
// should, over that it ends here at all.
func (t *taking) cut(ctx context.Context, last, over bool) error {
	if t.split == nil {
		head := bytes.TrimLeft(t.buf, " \t\r\n")
		known := len(head) > 0 && head[0] != '[' && bytes.IndexByte(head, '\n') >= 0 ||
			len(head) > 0 && head[0] == '[' && len(bytes.TrimLeft(head[1:], " \t\r\n")) > 0
		if !known && len(t.buf) < enough && !over {
			return nil
		}
		t.split = source.SplitterOf(t.buf)
	}
	// A long record is not looked through again for each packet.
	if len(t.buf) > block && len(t.buf) < t.tried+t.tried/4 && len(t.buf) <= MaxRecord && !over {
		return nil
	}
	at := 0
	for at < len(t.buf) {
		start, end, next := t.split(t.buf[at:], last)
		if next < 0 {
			break
		}
		if !t.skip {
			if err := t.add(ctx, at+start, at+end, at+next); err != nil {
				return err
			}
		}
		t.skip = false
		at += next
	}
	t.tried = len(t.buf) - at
	if t.tried > MaxRecord {
		if !t.skip {
			if err := t.add(ctx, at, len(t.buf), len(t.buf)); err != nil {
				return err
			}
		}
		t.skip, at, t.tried = true, len(t.buf), 0
	}
	t.base += int64(at)
	t.buf = t.buf[:copy(t.buf, t.buf[at:])]
	if cap(t.buf) > 2*MaxRecord {
		t.buf = append([]byte(nil), t.buf...)
	}
	return nil
}

// add puts a record into the batch and hands the batch on when it is full.
func (t *taking) add(ctx context.Context, start, end, next int) error {
	body := bytes.TrimRight(t.buf[start:end], "\r\n")
	if len(bytes.TrimLeft(body, " \t\r\n\x00")) == 0 {
		return nil
	}
	p := &t.pending
	cut := len(body) > MaxRecord
	if cut {
		body = body[:MaxRecord]
		p.cut++
	}
	from := len(p.bytes)
	p.bytes = append(p.bytes, body...)
	p.records = append(p.records, record{from, len(p.bytes), t.base + int64(start), cut})
	p.end = t.base + int64(next)
	if len(p.records) >= maxBatch || len(p.bytes) >= batchBytes {
		return t.flush(ctx)
	}
	return nil
}

// flush makes the batch durable.
func (t *taking) flush(ctx context.Context) error {
	p := &t.pending
	if len(p.records) == 0 {
		return nil
	}
	now := t.h.cfg.Clock()
	b := Batch{Records: make([]source.Record, len(p.records))}
	if t.key != "" {
		b.ID = fmt.Sprintf("%s/%d", t.key, p.records[0].at)
	}
	first := t.h.position.Add(uint64(len(p.records))) - uint64(len(p.records))
	for i, r := range p.records {
		o := source.Origin{Source: t.h.cfg.ID, Peer: t.peer, Position: first + uint64(i) + 1, Received: now}
		if t.key != "" {
			o.Source, o.Position = t.key, uint64(r.at)
		}
		b.Records[i] = source.Record{Body: p.bytes[r.start:r.end:r.end], Cut: r.cut, Origin: o}
	}
	if err := t.h.cfg.Emit(ctx, b); err != nil {
		return err
	}
	t.answer.Accepted += len(p.records)
	t.answer.Cut += p.cut
	t.answer.Bytes = p.end
	t.h.records.Add(uint64(len(p.records)))
	t.h.bytes.Add(uint64(len(p.bytes)))
	t.h.cut.Add(uint64(p.cut))
	if cap(p.bytes) > 4*batchBytes {
		p.bytes = nil // a long record is rare
	}
	p.bytes, p.records, p.cut = p.bytes[:0], p.records[:0], 0
	return nil
}
