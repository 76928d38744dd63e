package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/bus/nats"
	"github.com/bongsu/bongsu/config"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/enrich"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/duckdb"
	"github.com/bongsu/bongsu/hunt"
	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/statestore/sqlite"
	"github.com/bongsu/bongsu/telemetry"
)

// server is everything that runs while Serve does.
type server struct {
	ServeConfig
	closers  closers
	folder   *folder
	metrics  *telemetry.Metrics
	room     *roomGuard
	state    *sqlite.DB
	audit    *audit.Log
	store    *eventstore.Store
	engine   *duckdb.Engine // nil in a build without one
	desk     *incident.Desk
	uploads  *Uploads
	gateway  *identity.Gate
	assets   *asset.Inventory
	hunts    *hunt.Service
	segments *segmentMap
	began    time.Time
	watch    *watch
	enrich   *enrichStage
	// observers learn of assets, each from one topic.
	observers []*observeStage
	bus       *nats.Bus
	ingest    *ingest
	sources   *sourceSet
	http      *inlet // of what comes by HTTP

	present    atomic.Pointer[config.Config] // the settings that hold now
	gate       sync.RWMutex                  // held by who publishes; locked while a backup makes everything stand still
	tidying    sync.Mutex                    // held while segments are merged or removed
	background background
	handler    http.Handler
	ready      atomic.Bool
	stuck      sync.Map // topic → why it cannot go on
}

// openServer opens everything in the order of the flow, from what it stands on
// upwards. What was opened is closed again when something cannot be.
func openServer(ctx context.Context, cfg ServeConfig) (*server, error) {
	s := &server{ServeConfig: cfg, metrics: telemetry.New(cfg.Version, cfg.Commit), enrich: &enrichStage{}, began: cfg.Clock()}
	s.present.Store(&cfg.Settings)
	for _, open := range []func(context.Context) error{
		s.openFolder, s.openState, s.openStore, s.openDesk, s.openModules, s.openFlow, s.openIngest, s.openUploads, s.openFaces,
	} {
		if err := open(ctx); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *server) close() error { return s.closers.close() }

// settings returns those that hold now.
func (s *server) settings() config.Config { return *s.present.Load() }

func (s *server) openFolder(context.Context) error {
	f, err := openFolder(s.Settings.Data)
	if err != nil {
		return err
	}
	s.folder = f
	s.closers.add("data folder", f.close)
	s.room = &roomGuard{free: f.free, reserve: int64(s.Settings.Limits.Reserve), log: s.Log}
	s.room.look()
	return nil
}

func (s *server) openState(ctx context.Context) error {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: s.folder.join(stateFile), Clock: s.Clock})
	if err != nil {
		return err
	}
	s.state = db
	s.closers.add("state", db.Close)
	s.audit, err = audit.Open(ctx, audit.Config{Store: db.Audit(), Clock: s.Clock, Anchor: s.folder.join(auditHead), Logger: s.Log})
	if err != nil {
		return err
	}
	if d := db.Damage(); d != nil {
		s.Log.Error("state database was damaged", "damage", d.Error())
		return s.audit.Record(ctx, audit.Entry{Action: "state.recover", Object: stateFile, Detail: audit.Detail(d)})
	}
	return nil
}

// What is kept of the newest events in memory, twice while one half is written:
// small enough that the program stays small under load, large enough that
// segments are worth a file.
const (
	tailRows  = 32 << 10
	tailBytes = 32 << 20
)

func (s *server) openStore(ctx context.Context) error {
	store, err := eventstore.Open(ctx, eventstore.Config{
		Dir: s.folder.join(segmentsDir), Catalogue: s.state.Segments(), Clock: s.Clock, Log: s.Log,
		TailRows: tailRows, TailBytes: tailBytes,
	})
	if err != nil {
		return err
	}
	s.store = store
	s.closers.add("event store", store.Close)
	engine, err := duckdb.Open(duckdb.Config{
		Store: store, Dir: s.folder.join(segmentsDir), TempDir: s.folder.join(filepath.Join(tempDir, "query")),
		Clock: s.Clock, Log: s.Log, MemoryLimit: int64(s.Settings.Limits.QueryMemory), Timeout: s.Settings.Limits.QueryTime,
	})
	if errors.Is(err, eventstore.ErrNoEngine) {
		s.Log.Warn("events are kept but cannot be searched here", "reason", err)
		return nil
	}
	if err != nil {
		return err
	}
	s.engine = engine
	s.closers.add("query engine", engine.Close)
	return nil
}

// correlateEvery is how often findings become incidents at most: somebody waits
// to hear of an attack that is under way.
const correlateEvery = time.Second / 4

func (s *server) openDesk(context.Context) error {
	kinds, err := s.detectors(s.Settings)
	if err != nil {
		return err
	}
	s.desk = incident.NewDesk(incident.DeskConfig{
		Findings: s.state.Findings(), Incidents: s.state.Incidents(), Suppressions: s.state.Suppressions(),
		Transact: s.state, Audit: s.audit, Rules: rulesOf(kinds.kinds), Segments: segment.NewMap(s.Settings.Map()),
		Clock: s.Clock, Log: s.Log, Pause: correlateEvery,
	})
	s.watch = &watch{path: s.folder.join(filepath.Join(snapshotsDir, "detectors")), clock: s.Clock, log: s.Log, metrics: s.metrics, settle: s.desk.Flush, forced: make(chan chan struct{})}
	return s.watch.begin(kinds)
}

// detectors returns what the settings make of the detectors; rules that cannot
// be read are told of and left out.
func (s *server) detectors(c config.Config) (detectors, error) {
	kinds, problems, err := s.Detectors(c.Rules)
	if err != nil {
		return detectors{}, fmt.Errorf("load rules: %w", err)
	}
	for _, p := range problems {
		s.Log.Warn("rule was not loaded", "reason", p)
	}
	settings := map[string]detect.Settings{}
	for name, values := range c.Detectors {
		settings[name] = values
	}
	return detectors{kinds: kinds, settings: settings}, nil
}

func rulesOf(kinds []detect.Kind) (out []*detect.Rule) {
	for _, k := range kinds {
		out = append(out, k.Rules...)
	}
	return out
}

// openModules opens what people ask and tell.
func (s *server) openModules(ctx context.Context) error {
	var err error
	people := s.state.Identity()
	s.gateway, err = identity.Open(ctx, identity.Config{
		Accounts: people, Setups: people, Sessions: people, Tokens: people, Transact: s.state, Audit: s.audit, Clock: s.Clock,
	})
	if err != nil {
		return err
	}
	s.segments = &segmentMap{}
	s.segments.now.Store(segment.NewMap(s.Settings.Map()))
	s.assets, err = asset.New(ctx, asset.Config{
		Store: s.state.Assets(), Together: s.state, Audit: s.audit, Segments: s.segments, Clock: s.Clock,
	})
	if err != nil {
		return err
	}
	s.hunts = hunt.NewService(hunt.Config{
		Engine: queries{s.engine}, Store: s.state.Hunts(), Audit: s.audit, Transactor: s.state, Clock: s.Clock,
		Bounds: hunt.Bounds{Timeout: s.Settings.Limits.QueryTime, Rows: hunt.MaxLatest},
	})
	return nil
}

// segmentMap is a segment.Map that can be changed while it is asked.
type segmentMap struct{ now atomic.Pointer[segment.Map] }

// Of returns the name of the segment that holds an address, or "".
func (m *segmentMap) Of(a netip.Addr) string { return m.now.Load().Of(a) }

// queries is the query engine, or the lack of one.
type queries struct{ engine *duckdb.Engine }

// Query answers a query, or says that this build cannot.
func (q queries) Query(ctx context.Context, query eventstore.Query) (*eventstore.Result, error) {
	if q.engine == nil {
		return nil, eventstore.ErrNoEngine
	}
	return q.engine.Query(ctx, query)
}

func (s *server) openFlow(ctx context.Context) error {
	s.enrich.now.Store(enrich.New(s.Settings.Organisation, segment.NewMap(s.Settings.Map())))
	alone := &sync.Mutex{}
	observe := func(topic string) *observeStage {
		return &observeStage{inventory: s.assets, alone: alone, notes: s.state.Ledger(), topic: topic, clock: s.Clock}
	}
	s.observers = []*observeStage{observe(enriched.Name), observe(recorded.Name)}
	flow := liveStages{
		enrich:       s.enrich,
		keep:         &keepStage{store: s.store, stream: enriched.Name},
		detect:       s.watch,
		correlate:    sink[[]detect.Finding](s.desk.Record),
		observe:      s.observers[0],
		keepRecorded: &keepStage{store: s.store, stream: recorded.Name}, observeRecorded: s.observers[1],
	}.flow()
	b, err := nats.Open(ctx, nats.Config{
		Dir: s.folder.join(busDir), Flow: flow, Log: s.Log, Clock: s.Clock,
		Health: s.health,
		Observe: nats.Observer{
			Handled: func(stage string, took time.Duration) { s.metrics.Stage.WithLabelValues(stage).Add(took.Seconds()) },
			Dead: func(topic, stage string) {
				s.Log.Error("a frame could not be handled and is kept apart", "topic", topic, "stage", stage)
			},
		},
		FirstSequence: map[string]uint64{
			enriched.Name: s.store.Position(enriched.Name) + 1,
			recorded.Name: s.store.Position(recorded.Name) + 1,
		},
	})
	if err != nil {
		return err
	}
	s.bus = b
	s.closers.add("bus", b.Close)
	return nil
}

// health remembers which topics cannot go on, for /readyz.
func (s *server) health(topic string, err error) {
	if err == nil {
		s.stuck.Delete(topic)
		return
	}
	s.stuck.Store(topic, err.Error())
}

func (s *server) openIngest(ctx context.Context) error {
	s.ingest = &ingest{
		decoders: s.Decoders, clock: s.Clock, metrics: s.metrics, queue: make(chan *handover, 64),
		end: make(chan struct{}), ended: make(chan struct{}),
		publish: func(ctx context.Context, frame event.Frame, stamp bus.Stamp) error {
			if err := s.room.wait(ctx); err != nil {
				return err
			}
			s.pace(ctx)
			s.gate.RLock()
			defer s.gate.RUnlock()
			return bus.PublishStamped(ctx, s.bus.Publish, events, frame, stamp)
		},
	}
	s.http = s.ingest.inlet("http", "", false)
	marks, err := s.marks(ctx)
	if err != nil {
		return err
	}
	set := dissect.NewSet(s.Protocols)
	boot := newID("")
	s.sources = &sourceSet{
		kinds: s.Kinds, ingest: s.ingest, boot: boot, clock: s.Clock, log: s.Log,
		running: map[string]*runningSource{},
		mark:    func(name string) string { return marks[name] },
	}
	s.sources.sniff = func(iface string, c config.Capture) source.Source {
		return &sniffer{
			iface: iface, ring: int64(c.Ring), set: set, source: s.sources.id("capture:" + iface),
			ingest: s.ingest, clock: s.Clock, metrics: s.metrics,
		}
	}
	return nil
}

// newID returns a random name behind a prefix.
func newID(prefix string) string {
	var random [10]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return prefix + hex.EncodeToString(random[:])
}

func (s *server) openUploads(ctx context.Context) error {
	s.uploads = &Uploads{
		UploadStore: s.state.Uploads(), dir: s.folder.join(uploadsDir),
		limit: int64(s.Settings.Uploads.Size), keep: time.Duration(s.Settings.Uploads.Keep),
		room: s.room.wait,
		publish: func(ctx context.Context, frame event.Frame, stamp bus.Stamp) error {
			s.gate.RLock()
			defer s.gate.RUnlock()
			return bus.PublishStamped(ctx, s.bus.Publish, recorded, frame, stamp)
		},
		record: func(ctx context.Context, found []detect.Finding) error {
			if err := s.desk.Record(ctx, found); err != nil {
				return err
			}
			return s.desk.Flush(ctx)
		},
		forget: s.forget,
		audit: func(ctx context.Context, action, object string, detail any) error {
			return s.audit.Record(ctx, audit.Entry{Action: action, Object: object, Detail: audit.Detail(detail)})
		},
		clock: s.Clock, newID: func() string { return newID("upl_") }, log: s.Log,
		wake: make(chan struct{}, 1), reading: map[string]*readingUpload{},
	}
	if err := s.uploads.sweep(ctx); err != nil {
		return err
	}
	d, err := s.detectors(s.Settings)
	if err != nil {
		return err
	}
	s.configureUploads(s.Settings, d)
	return nil
}

// configureUploads makes uploads be read as the settings say.
func (s *server) configureUploads(c config.Config, d detectors) {
	s.uploads.configure(AnalyzeConfig{
		Decoders: s.Decoders, Protocols: s.Protocols, Detectors: d.kinds, Settings: d.settings,
		Tenant: c.Organisation, Segments: c.Map(), TempDir: s.folder.join(tempDir),
	})
}

// forget takes the events, findings and incidents of an upload away.
func (s *server) forget(ctx context.Context, content contentOf) error {
	// What is still on its way to the store would come in after it was
	// forgotten.
	if err := s.settled(ctx, recorded.Name); err != nil {
		return err
	}
	for _, hash := range content.Sources {
		if _, err := s.store.Forget(ctx, hash); err != nil {
			return err
		}
	}
	for _, name := range content.Recordings {
		if err := s.desk.Withdraw(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// settled waits until every stage has handled what a topic holds now.
func (s *server) settled(ctx context.Context, topic string) error {
	last := s.bus.Last(topic)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		behind := false
		for _, lag := range s.bus.Lag() {
			behind = behind || lag.Topic == topic && lag.Handled < last
		}
		if !behind {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// started tells that everything runs.
func (s *server) started(ctx context.Context, l net.Listener) {
	s.ready.Store(true)
	scheme := "http"
	if s.Settings.TLS.Certificate != "" {
		scheme = "https"
	}
	address := l.Addr().String()
	s.Log.Info("serving", "address", address, "data", s.folder.path)
	if s.Started != nil {
		s.Started(Started{Address: address, URL: scheme + "://" + address, Setup: s.setup(ctx)})
	}
}

// setup returns the path of the page that sets the administrator's password,
// "" when there is an account.
func (s *server) setup(ctx context.Context) string {
	needed, err := s.gateway.SetupNeeded(ctx)
	if err == nil && !needed {
		return ""
	}
	var secret string
	if err == nil {
		secret, _, err = s.gateway.NewSetup(ctx)
	}
	if err != nil {
		s.Log.Error("a link to set the administrator's password cannot be made", "error", err)
		return ""
	}
	return "/setup#" + secret
}
