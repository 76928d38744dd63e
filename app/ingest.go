package app

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/telemetry"
)

// Bounds of what waits between the sources and the bus.
const (
	// frameBytes closes a frame by the bytes of its records, before it has
	// event.FrameRows.
	frameBytes = 4 << 20
	// linger is how long a frame waits for more when hardly anything comes and
	// nobody waits for an answer: each frame costs the disk one flush.
	linger = 200 * time.Millisecond
	// fewRows is how many rows are hardly anything.
	fewRows = 64
	// ahead is how far in the future an event may lie. A sender whose clock is
	// wrong must not move the time that detectors go by.
	ahead = 10 * time.Minute
	// maxLanes bounds the senders of one source whose formats are remembered.
	maxLanes = 1024
)

// An ingest makes the records of sources durable: it decodes them, each
// sender's by a reader of its own, gathers the events of all sources into
// frames and publishes these. Records are handed in by Emit and Request.
type ingest struct {
	decoders []decode.Kind
	clock    func() time.Time
	metrics  *telemetry.Metrics
	publish  func(context.Context, event.Frame, bus.Stamp) error

	queue chan *handover
	end   chan struct{} // closed when nothing more is to be handed in
	ended chan struct{} // closed when what was handed in is durable
}

// errEnding says that the program ends before records became durable.
var errEnding = errors.New("the program ends; send it again after its start")

// A handover is what one source wants to be made durable.
type handover struct {
	events  []*event.Event
	bytes   int
	marks   []bus.Mark
	id      string // drops it where it was published before; "" is never dropped
	patient bool   // nobody waits for the answer
	done    chan error
}

// run publishes until it is told to end and the queue is empty. The publisher
// blocks while the bus is full; an error of it is of ctx.
func (g *ingest) run(ctx context.Context) {
	defer close(g.ended)
	var next *handover // taken from the queue, but too much for the frame before
	for {
		first := next
		next = nil
		if first == nil {
			if first = g.first(); first == nil {
				return
			}
		}
		if first.id != "" || len(first.events) > event.FrameRows {
			first.done <- g.alone(ctx, first)
			continue
		}
		var batch []*handover
		batch, next = g.gather(first)
		err := g.together(ctx, batch)
		for _, h := range batch {
			h.done <- err
		}
	}
}

// first waits for a handover; nil is the end.
func (g *ingest) first() *handover {
	select {
	case h := <-g.queue:
		return h
	case <-g.end:
	}
	select {
	case h := <-g.queue:
		return h
	default:
		return nil
	}
}

// gather takes what else waits, up to one frame, and waits a little for more
// while there is hardly anything.
func (g *ingest) gather(first *handover) (batch []*handover, next *handover) {
	batch = []*handover{first}
	rows, bytes, patient := len(first.events), first.bytes, first.patient
	var timer *time.Timer
	defer func() {
		if timer != nil {
			timer.Stop()
		}
	}()
	for rows < event.FrameRows && bytes < frameBytes {
		var h *handover
		select {
		case h = <-g.queue:
		default:
			if !patient || rows >= fewRows {
				return batch, nil
			}
			if timer == nil {
				timer = time.NewTimer(linger)
			}
			select {
			case h = <-g.queue:
			case <-timer.C:
				return batch, nil
			case <-g.end:
				patient = false
				continue
			}
		}
		if h.id != "" || rows+len(h.events) > event.FrameRows || bytes+h.bytes > frameBytes {
			return batch, h
		}
		batch = append(batch, h)
		rows, bytes, patient = rows+len(h.events), bytes+h.bytes, patient && h.patient
	}
	return batch, nil
}

// together publishes several handovers as one frame.
func (g *ingest) together(ctx context.Context, batch []*handover) error {
	if len(batch) == 1 {
		return g.send(ctx, batch[0].events, bus.Stamp{Marks: batch[0].marks})
	}
	var frame event.Frame
	var stamp bus.Stamp
	for _, h := range batch {
		frame = append(frame, h.events...)
		stamp.Marks = append(stamp.Marks, h.marks...)
	}
	return g.send(ctx, frame, stamp)
}

// alone publishes one handover as one frame or several.
func (g *ingest) alone(ctx context.Context, h *handover) error {
	for n, rest := 0, h.events; n == 0 || len(rest) > 0; n++ {
		frame := rest[:min(len(rest), event.FrameRows)]
		rest = rest[len(frame):]
		var stamp bus.Stamp
		if h.id != "" {
			stamp.ID = fmt.Sprintf("%s/%d", h.id, n)
		}
		if len(rest) == 0 {
			stamp.Marks = h.marks
		}
		if err := g.send(ctx, frame, stamp); err != nil {
			return err
		}
	}
	return nil
}

func (g *ingest) send(ctx context.Context, frame event.Frame, stamp bus.Stamp) error {
	if len(frame) == 0 && len(stamp.Marks) == 0 {
		return nil
	}
	if err := g.publish(ctx, frame, stamp); err != nil {
		return err
	}
	g.metrics.Events.Add(float64(len(frame)))
	return nil
}

// put hands events over and returns when they are durable.
func (g *ingest) put(ctx context.Context, h *handover) error {
	h.done = make(chan error, 1)
	select {
	case g.queue <- h:
	case <-g.end:
		return errEnding
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-h.done:
		return err
	case <-g.ended:
		select {
		case err := <-h.done:
			return err
		default:
			return errEnding
		}
	case <-ctx.Done():
		return context.Cause(ctx) // it may still become durable: the sender was told nothing
	}
}

// A lane reads the records of one sender. A reader of some formats reads only
// these, so a sender of several has several readers.
type lane struct {
	mu      sync.Mutex
	readers map[string]*decode.Reader // by the format that it began with
	present string                    // the one that understood last
}

// decode appends the events of one record. Understood is false when no format
// fits it.
func (l *lane) decode(in *inlet, rec source.Record, out []*event.Event) (events []*event.Event, understood bool, err error) {
	before := len(out)
	for tried := false; ; tried = true {
		reader := l.readers[l.present]
		if reader == nil {
			if reader, err = in.reader(l.present); err != nil {
				return out, false, err
			}
			l.readers[l.present] = reader
		}
		unread := reader.Unread()
		out = reader.Decode(rec, out)
		if reader.Unread() == unread {
			return out, true, nil
		}
		kind, _, ok := decode.Recognise(in.ingest.decoders, rec.Body)
		if tried || !ok || kind.Name == l.present {
			return out, false, nil
		}
		clear(out[before:])
		out, l.present = out[:before], kind.Name
	}
}

// An inlet takes in the records of one source. Safe for concurrent use; the
// records of one sender are decoded in their order.
type inlet struct {
	ingest  *ingest
	name    string // of the source, as it is counted
	path    string // hint for formats whose records do not say what they are
	patient bool

	mu    sync.Mutex
	lanes map[string]*list.Element // by sender
	order list.List                // of lanes, the latest used first
}

type sender struct {
	name string
	lane *lane
}

// inlet returns the way in for a source.
func (g *ingest) inlet(name, path string, patient bool) *inlet {
	return &inlet{ingest: g, name: name, path: path, patient: patient, lanes: map[string]*list.Element{}}
}

// emit makes records durable. Marks and id go with them.
func (in *inlet) emit(ctx context.Context, records []source.Record, marks []bus.Mark, id string) error {
	h := &handover{marks: marks, id: id, patient: in.patient}
	size := 0
	for i := range records {
		size += len(records[i].Body)
		if err := in.decode(records[i], h); err != nil {
			return err
		}
		if h.bytes > frameBytes && h.id == "" && i < len(records)-1 {
			// A bounded part at a time, so that long records do not pile up.
			full := &handover{events: h.events, bytes: h.bytes, patient: in.patient}
			if err := in.ingest.put(ctx, full); err != nil {
				return err
			}
			h.events, h.bytes = nil, 0
		}
	}
	in.ingest.metrics.Records.WithLabelValues(in.name).Add(float64(len(records)))
	in.ingest.metrics.Bytes.WithLabelValues(in.name).Add(float64(size))
	if len(h.events) == 0 && len(marks) == 0 {
		return nil
	}
	return in.ingest.put(ctx, h)
}

// decode appends the events of one record.
func (in *inlet) decode(rec source.Record, h *handover) error {
	l := in.lane(rec)
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(h.events)
	events, understood, err := l.decode(in, rec, h.events)
	if err != nil {
		return err
	}
	h.events = events
	if !understood {
		in.ingest.metrics.Unread.Inc()
	}
	h.bytes += len(rec.Body)
	latest := rec.Received.Add(ahead)
	for _, e := range h.events[before:] {
		if e.Time.After(latest) {
			e.AddUnmappedStr("time_ahead", e.Time.UTC().Format(time.RFC3339Nano))
			e.Time = rec.Received
			in.ingest.metrics.Ahead.Inc()
		}
	}
	return nil
}

// lane returns the reader for the sender of a record. Its first record decides
// which format is tried first.
func (in *inlet) lane(rec source.Record) *lane {
	in.mu.Lock()
	defer in.mu.Unlock()
	name := rec.Peer + " " + rec.Source // a peer for what is sent, a source for each file that is followed
	if at, ok := in.lanes[name]; ok {
		in.order.MoveToFront(at)
		return at.Value.(*sender).lane
	}
	kind, _, ok := decode.Recognise(in.ingest.decoders, rec.Body)
	if !ok {
		kind = in.ingest.decoders[len(in.ingest.decoders)-1] // the least particular
	}
	l := &lane{readers: map[string]*decode.Reader{}, present: kind.Name}
	in.lanes[name] = in.order.PushFront(&sender{name, l})
	if in.order.Len() > maxLanes {
		oldest := in.order.Back()
		delete(in.lanes, in.order.Remove(oldest).(*sender).name)
	}
	return l
}

func (in *inlet) reader(kind string) (*decode.Reader, error) {
	return decode.NewReader(in.ingest.decoders, kind, decode.Options{Location: time.Local, Path: in.path})
}
