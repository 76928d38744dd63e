package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/live"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/telemetry"
)

// Bounds of what waits between the packets and the bus. While the bus is full
// the kernel's ring holds packets, and drops and counts them beyond.
const (
	sniffBatch = 256              // events that are handed on at once
	sniffQueue = 64               // batches that wait
	sniffPause = time.Second / 20 // an event waits that long for others at most
	// sniffAttempt is how long a SYN may go unanswered before it is told of. A
	// recording has five seconds for it; here somebody waits to hear of a scan.
	// One second is what a machine waits before it asks again (RFC 6298), and
	// answers on Earth take less. One that comes later all the same is told of
	// as the connection that it begins.
	sniffAttempt = time.Second
	// sniffClose is how long a connection that both sides have closed, or one
	// has refused, waits for stragglers before it is told of: a scan of closed
	// ports is nothing but these.
	sniffClose = time.Second / 2
)

// A sniffer follows the packets of one interface. It is a source whose records
// are events already.
type sniffer struct {
	iface   string // "" for the one of the default route
	ring    int64
	set     *dissect.Set
	source  string
	ingest  *ingest
	clock   func() time.Time
	metrics *telemetry.Metrics

	number uint64 // of the last packet, over all runs
	counts struct{ packets, dropped, events atomic.Uint64 }
}

var _ source.Counter = (*sniffer)(nil)

// Counts returns what was seen and what was lost.
func (s *sniffer) Counts() map[string]uint64 {
	return map[string]uint64{
		"packets": s.counts.packets.Load(), "dropped": s.counts.dropped.Load(), "events": s.counts.events.Load(),
	}
}

// Run follows packets until ctx ends.
func (s *sniffer) Run(ctx context.Context, _ source.Emit) error {
	reader, err := live.Open(live.Config{
		Interface: s.iface, Ring: int(s.ring), Tick: sniffPause, First: s.number + 1,
		// Who names an interface means all that passes it, as at a mirror port.
		Promiscuous: s.iface != "",
	})
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()

	batches := make(chan []*event.Event, sniffQueue)
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for batch := range batches {
			if err := s.ingest.put(context.WithoutCancel(ctx), &handover{events: batch, patient: true}); err != nil {
				failed <- err
				break
			}
		}
		for range batches {
			continue // the sender learns of it at its next batch
		}
	}()
	err = s.follow(ctx, reader, batches, failed)
	close(batches)
	return errors.Join(err, <-failed)
}

// follow feeds packets to an engine and hands its events on.
func (s *sniffer) follow(ctx context.Context, reader *live.Reader, batches chan<- []*event.Event, failed <-chan error) error {
	var batch []*event.Event
	engine := dissect.NewEngine(dissect.Config{
		Set: s.set, Source: s.source, IgnoreChecksums: true, // a sending machine leaves them to its network card
		Timeouts: dissect.Timeouts{Attempt: sniffAttempt, Close: sniffClose},
		Emit:     func(e *event.Event) { batch = append(batch, e) },
	})
	began := s.clock()
	hand := func() error {
		began = s.clock()
		if len(batch) == 0 {
			return nil
		}
		s.counts.events.Add(uint64(len(batch)))
		select {
		case batches <- batch:
			batch = make([]*event.Event, 0, sniffBatch)
			return nil
		case err := <-failed:
			return fmt.Errorf("hand on events: %w", err)
		}
	}
	var packet capture.Packet
	for ctx.Err() == nil {
		err := reader.Next(&packet)
		switch {
		case err == nil:
			s.number = packet.Number
			engine.Packet(&packet)
		case errors.Is(err, capture.ErrIdle):
			engine.Tick(s.clock())
		default:
			return err
		}
		if len(batch) >= sniffBatch || s.clock().Sub(began) >= sniffPause {
			s.count(reader)
			if err := hand(); err != nil {
				return err
			}
		}
	}
	engine.Close()
	return hand()
}

func (s *sniffer) count(reader *live.Reader) {
	name := s.iface
	if name == "" {
		name = "default"
	}
	s.metrics.Packets.WithLabelValues(name).Add(float64(s.number - s.counts.packets.Swap(s.number)))
	dropped := reader.Stats().Dropped
	s.metrics.Dropped.WithLabelValues("capture:" + name).Add(float64(dropped - s.counts.dropped.Swap(dropped)))
}
