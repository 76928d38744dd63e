// Package bus joins stages by topics. A stage takes what one topic carries and
// gives what the next one carries; a joint between topics of the wrong type
// does not compile. How messages travel is an engine's matter: bus/memory
// passes them on within the process.
package bus

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Topic carries messages of one type.
//
// A durable engine keeps what is published to a topic with a codec: Publish
// returns when the message would survive a crash. What a topic without a codec
// carries lives within the process; after a restart it is made anew from the
// kept topic before it.
type Topic[T any] struct {
	Name  string
	Codec func() (Codec[T], error) // nil: within the process
}

// A Codec writes messages as bytes and reads them back. It is used by one
// goroutine.
type Codec[T any] interface {
	Encode(dst []byte, message T) []byte
	Decode(src []byte) (T, error)
}

// A Checkpointer is a stage that keeps its own position in the kept topic that
// it reads, together with what it makes, so that nothing is done twice or not
// at all. Of a stage that is none the engine keeps the position: after a crash
// it may see a message again.
type Checkpointer interface {
	// Resume returns the sequence number up to which everything is done; the
	// engine begins behind it. 0 is the beginning.
	Resume(ctx context.Context) (done uint64, err error)
	// Checkpoint is called when the message with this sequence number, and
	// everything that was made of it, has been handled, and from time to time
	// while nothing comes. It returns the sequence number up to which messages
	// need never come again; the engine may forget those.
	Checkpoint(ctx context.Context, handled uint64) (done uint64, err error)
}

// ErrWait marks an error that is not the message's fault and passes: a full
// disk, a locked database. A durable engine tries again until it is gone. A
// message that fails otherwise goes to the dead letters after some tries.
var ErrWait = errors.New("cannot go on for now")

// A Stamp goes with a published message.
type Stamp struct {
	// ID lets a durable engine drop a message that was published before, within
	// its window of memory. "" is never dropped.
	ID string
	// Marks say how far sources have come with this message; they are stored in
	// one piece with it.
	Marks []Mark
}

// A Mark says how far a source has come.
type Mark struct{ Source, Position string }

// A Stage turns messages of one type into messages of another. It is used by
// one goroutine.
type Stage[In, Out any] interface {
	// Handle takes one message. An error ends the flow.
	Handle(ctx context.Context, in In) ([]Out, error)
	// Flush is called once, after the last message, where there is a last one.
	Flush(ctx context.Context) ([]Out, error)
}

// A Ticker is a stage that makes something of the passing of time: a window
// that closes although nothing comes.
type Ticker[Out any] interface {
	// Tick is called about once a second while nothing comes, by the goroutine
	// that calls Handle or while that one waits. What it gives is passed on as
	// what Handle gives; it belongs to no message, so that a crash loses it
	// unless the stage gives it again. An engine that works on what has an end
	// never calls it.
	Tick(ctx context.Context, now time.Time) ([]Out, error)
}

// A Sink is a stage that gives nothing on.
type Sink[In any] interface {
	Handle(ctx context.Context, in In) error
	Flush(ctx context.Context) error
}

// A Flow is stages joined by topics, in the order in which a record meets them.
type Flow []Joint

// A Joint is one stage at its place. Join and End make joints.
type Joint struct {
	Stage  string
	From   string
	To     string // "" for a sink
	handle func(ctx context.Context, in any) ([]any, error)
	flush  func(ctx context.Context) ([]any, error)
	tick   func(ctx context.Context, now time.Time) ([]any, error) // nil: time is nothing to it
	keeper Checkpointer                                            // nil: the engine keeps its position
	reads  func() (Codec[any], error)                              // nil: From lives within the process
	writes func() (Codec[any], error)                              // nil: To lives within the process
}

// Join places a stage between two topics.
func Join[In, Out any](from Topic[In], name string, stage Stage[In, Out], to Topic[Out]) Joint {
	j := Joint{
		Stage: name, From: from.Name, To: to.Name, reads: from.erased(), writes: to.erased(),
		handle: func(ctx context.Context, in any) ([]any, error) {
			out, err := stage.Handle(ctx, in.(In))
			return erase(out), err
		},
		flush: func(ctx context.Context) ([]any, error) {
			out, err := stage.Flush(ctx)
			return erase(out), err
		},
	}
	j.keeper, _ = any(stage).(Checkpointer)
	if t, ok := any(stage).(Ticker[Out]); ok {
		j.tick = func(ctx context.Context, now time.Time) ([]any, error) {
			out, err := t.Tick(ctx, now)
			return erase(out), err
		}
	}
	return j
}

// End places a sink behind a topic.
func End[In any](from Topic[In], name string, sink Sink[In]) Joint {
	j := Joint{
		Stage: name, From: from.Name, reads: from.erased(),
		handle: func(ctx context.Context, in any) ([]any, error) { return nil, sink.Handle(ctx, in.(In)) },
		flush:  func(ctx context.Context) ([]any, error) { return nil, sink.Flush(ctx) },
	}
	j.keeper, _ = any(sink).(Checkpointer)
	return j
}

// erased returns the topic's codec for messages whose type an engine does not
// know, nil where there is none. It panics when it is given a message of
// another type, as Joint.Handle does.
func (t Topic[T]) erased() func() (Codec[any], error) {
	if t.Codec == nil {
		return nil
	}
	return func() (Codec[any], error) {
		c, err := t.Codec()
		if err != nil {
			return nil, err
		}
		return anyCodec[T]{c}, nil
	}
}

type anyCodec[T any] struct{ of Codec[T] }

func (c anyCodec[T]) Encode(dst []byte, message any) []byte { return c.of.Encode(dst, message.(T)) }

func (c anyCodec[T]) Decode(src []byte) (any, error) {
	m, err := c.of.Decode(src)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func erase[T any](in []T) []any {
	if len(in) == 0 {
		return nil
	}
	out := make([]any, len(in))
	for i := range in {
		out[i] = in[i]
	}
	return out
}

// Handle gives a message to the joint's stage. Engines call it.
func (j Joint) Handle(ctx context.Context, in any) ([]any, error) {
	out, err := j.handle(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.Stage, err)
	}
	return out, nil
}

// Flush tells the joint's stage that nothing more comes. Engines call it.
func (j Joint) Flush(ctx context.Context) ([]any, error) {
	out, err := j.flush(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.Stage, err)
	}
	return out, nil
}

// Checkpointer returns the joint's stage where it keeps its own position.
func (j Joint) Checkpointer() (Checkpointer, bool) { return j.keeper, j.keeper != nil }

// Codecs make codecs of the topics that the joint reads and writes; nil stands
// for a topic without one. A codec panics when it is given a message of another
// type than its topic's.
func (j Joint) Codecs() (from, to func() (Codec[any], error)) { return j.reads, j.writes }

// Ticks reports whether the joint's stage is a Ticker.
func (j Joint) Ticks() bool { return j.tick != nil }

// Tick tells a joint whose stage is a Ticker what time it is. Engines call it.
func (j Joint) Tick(ctx context.Context, now time.Time) ([]any, error) {
	out, err := j.tick(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.Stage, err)
	}
	return out, nil
}

// Publisher gives messages into a flow from outside. It blocks while the flow
// is full: that is the back-pressure.
type Publisher func(ctx context.Context, topic string, message any) error

// Publish gives one message of the topic's type into a flow.
func Publish[T any](ctx context.Context, to Publisher, topic Topic[T], message T) error {
	return to(ctx, topic.Name, message)
}

// A StampedPublisher is a Publisher of a durable engine: what it says of a
// message is kept with it. With a kept topic it returns when the message would
// survive a crash; an error means that it may or may not have been kept, and
// that giving it again with the same Stamp.ID is right.
type StampedPublisher func(ctx context.Context, topic string, message any, stamp Stamp) error

// PublishStamped gives one message of the topic's type into a flow, with its
// stamp.
func PublishStamped[T any](ctx context.Context, to StampedPublisher, topic Topic[T], message T, stamp Stamp) error {
	return to(ctx, topic.Name, message, stamp)
}
