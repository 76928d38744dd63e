package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// bus is an in-process JetStream with a file store and SyncAlways.
type bus struct {
	dir  string
	srv  *server.Server
	conn *nats.Conn
	js   jetstream.JetStream
	cons jetstream.Consumer
	last jetstream.Msg
}

func openBus(ctx context.Context) (*bus, error) {
	dir, err := os.MkdirTemp("", "batch-experiment")
	if err != nil {
		return nil, err
	}
	b := &bus{dir: dir}
	b.srv, err = server.NewServer(&server.Options{JetStream: true, StoreDir: dir, SyncAlways: true, DontListen: true, MaxPayload: 16 << 20, NoLog: true, NoSigs: true})
	if err != nil {
		return nil, fmt.Errorf("start bus: %w", err)
	}
	b.srv.Start()
	if !b.srv.ReadyForConnections(10 * time.Second) {
		return nil, fmt.Errorf("start bus: not ready after 10 s")
	}
	if b.conn, err = nats.Connect("", nats.InProcessServer(b.srv)); err != nil {
		return nil, fmt.Errorf("connect bus: %w", err)
	}
	if b.js, err = jetstream.New(b.conn); err != nil {
		return nil, err
	}
	s, err := b.js.CreateStream(ctx, jetstream.StreamConfig{Name: "events", Subjects: []string{"events"}, Storage: jetstream.FileStorage})
	if err != nil {
		return nil, fmt.Errorf("create stream: %w", err)
	}
	b.cons, err = s.CreateConsumer(ctx, jetstream.ConsumerConfig{Durable: "segment", AckPolicy: jetstream.AckAllPolicy, MaxAckPending: -1})
	if err != nil {
		return nil, fmt.Errorf("create consumer: %w", err)
	}
	return b, nil
}

func (b *bus) publish(ctx context.Context, frame []byte) error {
	_, err := b.js.Publish(ctx, "events", frame)
	return err
}

func (b *bus) consume(n int) ([][]byte, error) {
	var out [][]byte
	for len(out) < n {
		got, err := b.cons.Fetch(min(64, n-len(out)))
		if err != nil {
			return nil, err
		}
		for m := range got.Messages() {
			out = append(out, m.Data())
			b.last = m
		}
		if got.Error() != nil {
			return nil, got.Error()
		}
	}
	return out, nil
}

func (b *bus) ack(ctx context.Context) error { return b.last.DoubleAck(ctx) }

func (b *bus) close() {
	b.conn.Close()
	b.srv.Shutdown()
	b.srv.WaitForShutdown()
	os.RemoveAll(b.dir)
}
