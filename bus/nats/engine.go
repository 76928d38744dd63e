package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Bounds of the embedded server.
const (
	maxMaxPayload = 24 << 20 // the server takes a longer record for damage
	maxInFlight   = 32       // messages on their way to the disk
	startWait     = 60 * time.Second
	askWait       = 10 * time.Second // one question to the server
	firstWait     = 50 * time.Millisecond
	longestWait   = 5 * time.Second
	restWait      = 3 * longestWait // an engine that lives longer was well
)

// subjectPrefix and streamPrefix keep the bus's names apart from the server's.
const (
	streamPrefix  = "bongsu-"
	subjectPrefix = "bongsu."
	deadStream    = "bongsu_dead"
)

// streamName derives the name of a topic's stream, which is a folder's name
// too: what may not stand in one is written in hexadecimal.
func streamName(topic string) string {
	var s strings.Builder
	s.WriteString(streamPrefix)
	for i := range len(topic) {
		switch c := topic[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-':
			s.WriteByte(c)
		default:
			fmt.Fprintf(&s, "_%02x", c)
		}
	}
	return s.String()
}

func subject(stream string) string { return subjectPrefix + stream }

// engine is one run of the embedded server. When it has failed to write it
// stores nothing more; the bus then starts another one on the same files.
type engine struct {
	srv     *server.Server
	conn    *natsgo.Conn   // for questions
	conns   []*natsgo.Conn // for publishers
	js      jetstream.JetStream
	streams map[string]jetstream.Stream
	ways    []jetstream.JetStream // publishers take turns: see publishWays
	turn    atomic.Uint64
	broken  atomic.Bool
	log     *serverLog
	acked   atomic.Int64 // when a message was stored last, Unix nanoseconds
}

// start runs the server on the files. Where a topic ends before a number that
// is known to be used up, because messages were lost or the files are older
// than what stages have stored, the numbers up to there are skipped: a stage
// would not look at a message that came with one of them.
func (b *Bus) start(ctx context.Context) (*engine, error) {
	e, err := b.boot(ctx)
	if err != nil {
		return nil, err
	}
	short := map[*topic]uint64{}
	for _, t := range b.topics {
		if t.stream == "" {
			continue
		}
		info, err := e.info(ctx, t.stream)
		if err != nil {
			e.stop()
			return nil, fmt.Errorf("start engine: %w", err)
		}
		if info.State.LastSeq < b.floor(t) {
			short[t] = info.State.LastSeq
		}
	}
	if len(short) == 0 {
		return e, nil
	}
	e.stop()
	for t, last := range short {
		floor := b.floor(t)
		if first := b.cfg.FirstSequence[t.name]; floor >= first {
			b.damaged(fmt.Sprintf("topic %s: message %s is missing at the end", t.name, span(max(last+1, first), floor)))
		}
		t.mu.Lock()
		if t.purged >= last { // nothing is left: it is all said
			t.purged = max(t.purged, floor)
		}
		t.mu.Unlock()
		if err := skipTo(b.blockDir(t.stream), t.stream, floor, b.cfg.Clock().UnixNano()); err != nil {
			return nil, fmt.Errorf("start engine: skip to message %d of %s: %w", floor, t.name, err)
		}
	}
	return b.boot(ctx)
}

func (b *Bus) boot(ctx context.Context) (*engine, error) {
	e := &engine{streams: map[string]jetstream.Stream{}}
	log := &serverLog{log: b.cfg.Log, broken: func() {
		e.broken.Store(true)
		b.tellSick(e)
	}}
	e.log = log
	log.quiet.Store(true)
	srv, err := server.NewServer(&server.Options{
		ServerName: "bongsu", DontListen: true, NoSigs: true, NoSystemAccount: true,
		JetStream: true, StoreDir: b.path(), DisableJetStreamBanner: true,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 60, // the disk is the limit, and Config.Free watches it
		SyncAlways: !b.cfg.Lazy,
		MaxPayload: int32(b.cfg.MaxPayload + maxHeader), MaxPending: int64(4 * (maxMaxPayload + maxHeader)),
		MaxControlLine: 4096, WriteDeadline: startWait,
	})
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	e.srv = srv
	srv.SetLoggerV2(log, false, false, false)
	srv.Start()
	if !srv.ReadyForConnections(startWait) {
		srv.Shutdown()
		return nil, fmt.Errorf("start engine: not ready after %v: %s", startWait, log.last())
	}
	e.conn, err = natsgo.Connect("", natsgo.InProcessServer(srv), natsgo.NoReconnect(), natsgo.Name("bongsu"))
	if err != nil {
		e.stop()
		return nil, fmt.Errorf("start engine: %w", err)
	}
	if e.js, err = jetstream.New(e.conn); err == nil {
		err = b.makeStreams(ctx, e)
	}
	for range publishWays {
		if err == nil {
			err = e.openWay()
		}
	}
	if err != nil {
		e.stop()
		return nil, fmt.Errorf("start engine: %w", err)
	}
	log.quiet.Store(false)
	return e, nil
}

// publishWays is how many connections publishers share. On a single one the
// answer to one publisher waits while another one's frame is written.
const publishWays = 4

func (e *engine) openWay() error {
	conn, err := natsgo.Connect("", natsgo.InProcessServer(e.srv), natsgo.NoReconnect(), natsgo.Name("bongsu"))
	if err != nil {
		return err
	}
	e.conns = append(e.conns, conn)
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	e.ways = append(e.ways, js)
	return nil
}

// maxHeader is what a message's headers may have, beyond its bytes: 1,000 marks
// of sources, as a rule.
const maxHeader = 256 << 10

func (b *Bus) makeStreams(ctx context.Context, e *engine) error {
	for _, t := range b.topics {
		if t.stream == "" {
			continue
		}
		cfg := jetstream.StreamConfig{
			Name: t.stream, Subjects: []string{subject(t.stream)}, Storage: jetstream.FileStorage,
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxConsumers: -1,
			AllowDirect: true, Duplicates: b.cfg.Dedupe, DenyDelete: true,
		}
		blocks, err := blockNumbers(b.blockDir(t.stream))
		if err != nil {
			return fmt.Errorf("topic %s: %w", t.name, err)
		}
		// With blocks there the setting would throw away what they hold: they may
		// stand without the file that says what stream they are.
		if floor := b.floor(t); floor > 0 && len(blocks) == 0 {
			cfg.FirstSeq = floor + 1
		}
		if err := e.makeStream(ctx, cfg); err != nil {
			return err
		}
	}
	return e.makeStream(ctx, jetstream.StreamConfig{
		Name: deadStream, Subjects: []string{subject(deadStream)}, Storage: jetstream.FileStorage,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, MaxBytes: b.cfg.DeadBytes,
		AllowDirect: true, Duplicates: b.cfg.Dedupe,
	})
}

// makeStream takes a stream as it lies on the disk, brings its settings up to
// date, or makes it.
func (e *engine) makeStream(ctx context.Context, cfg jetstream.StreamConfig) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	s, err := e.js.Stream(ctx, cfg.Name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		s, err = e.js.CreateStream(ctx, cfg)
	case err == nil && s.CachedInfo().Config.Duplicates != cfg.Duplicates || err == nil && s.CachedInfo().Config.MaxBytes != cfg.MaxBytes && cfg.MaxBytes > 0:
		changed := s.CachedInfo().Config
		changed.Duplicates, changed.MaxBytes = cfg.Duplicates, s.CachedInfo().Config.MaxBytes
		if cfg.MaxBytes > 0 {
			changed.MaxBytes = cfg.MaxBytes
		}
		s, err = e.js.UpdateStream(ctx, changed)
	}
	if err != nil {
		return fmt.Errorf("stream %s: %w", cfg.Name, err)
	}
	e.streams[cfg.Name] = s
	return nil
}

// stop ends the server; everything it has accepted is on the disk on return.
func (e *engine) stop() {
	if e.conn != nil {
		e.conn.Close()
	}
	for _, c := range e.conns {
		c.Close()
	}
	e.srv.Shutdown()
	e.srv.WaitForShutdown()
}

func (b *Bus) tellSick(e *engine) {
	select {
	case b.sick <- e:
	default: // somebody has told already
	}
}

// keepEngine replaces an engine that stores nothing more by a new one. NATS
// answers a failed write by never writing again, and that would make a full
// disk of one minute a standstill until somebody restarts the program.
func (b *Bus) keepEngine() {
	var before time.Time
	wait := firstWait
	for {
		var e *engine
		select {
		case <-b.life.Done():
			return
		case e = <-b.sick:
		}
		if b.engine.Load() != e {
			continue // replaced already
		}
		// One that has just been started and has failed already: the disk is still
		// full. Starting costs something, so that the next one is given time; what
		// is on the disk can be read meanwhile.
		now := b.cfg.Clock()
		if now.Sub(before) > restWait {
			wait = firstWait
			b.cfg.Log.Warn("bus cannot write, starts again", "reason", e.log.last())
		} else if !b.rest(wait) {
			return
		}
		wait = longer(wait)
		b.engine.Store(nil)
		e.stop()
		for {
			fresh, err := b.restart()
			if err == nil {
				b.engine.Store(fresh)
				break
			}
			b.cfg.Log.Warn("bus does not start", "error", err, "again_in", wait)
			if !b.rest(wait) {
				return
			}
			wait = longer(wait)
		}
		before = b.cfg.Clock()
	}
}

// rest waits; false is the end of the bus.
func (b *Bus) rest(d time.Duration) bool {
	return scope{b.life, b.life}.wait(d)
}

func (b *Bus) restart() (*engine, error) {
	ctx, cancel := context.WithTimeout(b.life, startWait)
	defer cancel()
	e, err := b.start(ctx)
	if err != nil {
		return nil, err
	}
	// Room comes first: what every stage is done with goes, whatever its age.
	if err := b.purge(ctx, e, true); err != nil {
		b.cfg.Log.Warn("bus cannot forget handled messages", "error", err)
	}
	return e, nil
}

func longer(wait time.Duration) time.Duration { return min(2*wait, longestWait) }

// serverLog passes the server's own log on. What it says while it reads its
// files is not news, as checkBlocks has told what is damaged, nor is what it
// says after it has failed: Health tells that, and why.
type serverLog struct {
	log    *slog.Logger
	broken func()
	quiet  atomic.Bool
	worst  atomic.Pointer[string]
}

func (l *serverLog) last() string {
	if s := l.worst.Load(); s != nil {
		return *s
	}
	return "no answer"
}

func (l *serverLog) say(level slog.Level, format string, v []any) {
	text := fmt.Sprintf(format, v...)
	if level > slog.LevelDebug {
		l.worst.Store(&text)
		if l.quiet.Load() {
			level = slog.LevelDebug
		}
	}
	l.log.Log(context.Background(), level, "bus engine says", "text", text)
}

func (l *serverLog) Noticef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.say(slog.LevelWarn, format, v) }
func (l *serverLog) Fatalf(format string, v ...any)  { l.say(slog.LevelError, format, v) }

// Errorf also listens for the server's word that it writes no more. Publishers
// find that out by themselves, after Config.AckWait; the word saves the wait.
func (l *serverLog) Errorf(format string, v ...any) {
	text := strings.ToLower(format)
	if !strings.Contains(text, "write error") && !strings.Contains(text, "disabl") {
		l.say(slog.LevelWarn, format, v)
		return
	}
	if !l.quiet.Swap(true) {
		said := fmt.Sprintf(format, v...)
		l.worst.Store(&said)
	}
	l.say(slog.LevelDebug, format, v)
	l.broken()
}
