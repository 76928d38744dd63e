package syslog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/bongsu/bongsu/source"
)

// Datagrams that wait for the bus lie in batches: one or two while the bus
// keeps up, at most maxBatches while it does not. Past that the kernel's buffer
// fills, and then it drops.
const (
	batchSize   = 256 << 10
	maxBatches  = 32
	maxDatagram = 64 << 10
)

// batch is what is handed on at once.
type batch struct {
	buf     []byte
	records []source.Record
}

// udp receives datagrams.
type udp struct {
	*receiver
	conn *net.UDPConn
	// dropped is the kernel's own count for this socket, as told last.
	dropped uint32
	control []byte
	peers   names
}

func (u *udp) run(ctx context.Context, emit source.Emit) error {
	defer func() { _ = u.conn.Close() }()
	// What blocks in a read wakes up; what the kernel holds is still read.
	stop := context.AfterFunc(ctx, func() { _ = u.conn.SetReadDeadline(u.env.Clock()) })
	defer stop()
	u.peers = names{}
	u.control = make([]byte, controlSize)
	full := make(chan *batch, maxBatches)
	free := make(chan *batch, 2)
	failed := make(chan error, 1)
	go func() { failed <- deliver(ctx, full, free, emit) }()
	err := u.read(ctx, full, free, failed)
	close(full)
	if err != nil {
		return errors.Join(err, <-failed)
	}
	return <-failed
}

// deliver hands batches on, in their order, until there are no more or one
// cannot be handed on.
func deliver(ctx context.Context, full <-chan *batch, free chan<- *batch, emit source.Emit) error {
	for b := range full {
		if err := emit(ctx, b.records); err != nil {
			return err
		}
		select {
		case free <- b:
		default: // there are enough: this one goes back to the heap
		}
	}
	return nil
}

// read fills batches until ctx ends or deliver does.
func (u *udp) read(ctx context.Context, full chan<- *batch, free <-chan *batch, failed chan error) error {
	for {
		var b *batch
		select {
		case b = <-free:
		default:
			b = &batch{buf: make([]byte, batchSize), records: make([]source.Record, 0, 64)}
		}
		ended := false
		select {
		case <-ctx.Done():
			ended = true
		default:
		}
		if err := u.fill(ctx, b); err != nil {
			return err
		}
		if len(b.records) > 0 {
			select {
			case full <- b:
			case why := <-failed:
				failed <- why // for run
				return nil
			}
			continue
		}
		if ended {
			return nil
		}
	}
}

// fill waits for a datagram and takes what comes within a moment after it.
func (u *udp) fill(ctx context.Context, b *batch) error {
	b.records = b.records[:0]
	used := 0
	var deadline, now time.Time
	for len(b.records) < maxBatch && len(b.buf)-used >= maxDatagram {
		if len(b.records) == 0 {
			deadline = time.Time{}
			if ctx.Err() != nil {
				deadline = u.env.Clock().Add(gather)
			}
			if err := u.conn.SetReadDeadline(deadline); err != nil {
				return fmt.Errorf("set deadline: %w", err)
			}
			if ctx.Err() != nil && deadline.IsZero() {
				continue // it ended in between
			}
		}
		n, control, _, from, err := u.conn.ReadMsgUDPAddrPort(b.buf[used:used+maxDatagram], u.control)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if d, ok := kernelDrops(u.control[:control]); ok {
			u.counts.udpDropped.Add(uint64(d - u.dropped)) // it may wrap around
			u.dropped = d
		}
		if len(b.records) == 0 {
			now = u.env.Clock()
			if err := u.conn.SetReadDeadline(now.Add(gather)); err != nil {
				return fmt.Errorf("set deadline: %w", err)
			}
		}
		body := trim(b.buf[used : used+n])
		if len(body) == 0 {
			continue
		}
		used += n
		b.records = append(b.records, source.Record{Body: body, Origin: source.Origin{
			Source: u.env.ID, Peer: u.peers.of(from.Addr()), Position: u.position.Add(1), Received: now,
		}})
	}
	return nil
}
