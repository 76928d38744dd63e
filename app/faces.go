package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/bongsu/bongsu/api"
	"github.com/bongsu/bongsu/console"
	"github.com/bongsu/bongsu/enrich"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/statestore"
)

// openFaces lays out the listener: what machines ask for, and the API.
func (s *server) openFaces(context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", s.metrics.Handler())
	face, err := api.New(api.Config{
		Gate: s.gateway, Desk: s.desk, Hunts: s.hunts, Assets: s.assets, Audit: s.audit,
		Uploads: s.uploads, System: system{s}, Ingest: s.receiver(), BadCursor: statestore.ErrCursor,
		Metrics: s.metrics, Clock: s.Clock, Log: s.Log, Version: s.Version, Secure: s.Settings.TLS.Certificate != "",
	})
	if err != nil {
		return err
	}
	mux.Handle(api.Prefix+"/", face)
	mux.Handle("/", console.Handler())
	// What the program is busy with is for who may read its folder.
	for path, show := range map[string]http.HandlerFunc{
		"/debug/pprof/": pprof.Index, "/debug/pprof/profile": pprof.Profile, "/debug/pprof/trace": pprof.Trace,
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			if !api.IsLocal(r.Context()) {
				http.NotFound(w, r)
				return
			}
			show(w, r)
		})
	}
	s.handler = mux

	s.gauges()
	s.background.add(s.room.watch)
	s.background.add(func(ctx context.Context) { _ = s.desk.Run(ctx) }) // it logs what it cannot store, and tries again
	s.background.add(s.uploads.run)
	s.background.add(every(time.Minute, s.maintain))
	return nil
}

// A check is one thing that /readyz looks at.
type check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitempty"`
}

// readyz answers 200 while records are taken in and pass all stages, otherwise
// 503; the body says why.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	checks := s.checks(r.Context())
	code, status := http.StatusOK, "ready"
	for _, c := range checks {
		if !c.OK {
			code, status = http.StatusServiceUnavailable, "not ready"
		}
	}
	answer(w, code, map[string]any{"status": status, "checks": checks})
}

func (s *server) checks(ctx context.Context) []check {
	out := []check{{Name: "running", OK: s.ready.Load()}}
	full, left := s.room.state()
	disk := check{Name: "disk", OK: !full}
	if full {
		disk.Why = fmt.Sprintf("%d bytes left, %d are kept free (limits.reserve): sources wait, nothing is lost; make room", left, s.room.reserve)
	}
	state := check{Name: "state", OK: true}
	if err := s.state.Ping(ctx); err != nil {
		state.OK, state.Why = false, err.Error()
	}
	flow := check{Name: "flow", OK: true}
	s.stuck.Range(func(topic, why any) bool {
		flow.OK, flow.Why = false, fmt.Sprintf("%s waits: %s", topic, why)
		return false
	})
	return append(out, disk, state, flow)
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}

// gauges adds to the metrics what is asked for at each scrape.
func (s *server) gauges() {
	s.metrics.Gauge("bongsu_disk_free_bytes", "Room left on the disk of the data folder.", nil, func() float64 {
		_, left := s.room.state()
		return float64(left)
	})
	s.metrics.Gauge("bongsu_sources_waiting", "1 while sources wait for room on the disk.", nil, func() float64 {
		if full, _ := s.room.state(); full {
			return 1
		}
		return 0
	})
	for _, lag := range s.bus.Lag() {
		s.metrics.Gauge("bongsu_stage_lag", "Frames that a stage has not handled yet.", map[string]string{"stage": lag.Stage}, func() float64 {
			for _, now := range s.bus.Lag() {
				if now.Stage == lag.Stage {
					return float64(now.Last - now.Handled)
				}
			}
			return 0
		})
	}
	s.metrics.Gauge("bongsu_segments", "Segments of events.", nil, func() float64 { return float64(s.store.Stats().Segments) })
	s.metrics.Gauge("bongsu_stored_events", "Events that are kept.", nil, func() float64 { return float64(s.store.Stats().Rows) })
	s.metrics.Gauge("bongsu_stored_bytes", "Bytes of the segments.", nil, func() float64 { return float64(s.store.Stats().Bytes) })
	s.metrics.Gauge("bongsu_tail_events", "Events that are kept on the bus and not yet in a segment.", nil, func() float64 { return float64(s.store.Stats().TailRows) })
}

// maintain removes events that are past their time and merges small segments,
// step by step so that others get their turn.
func (s *server) maintain(ctx context.Context) {
	s.tidying.Lock()
	defer s.tidying.Unlock()
	c := s.settings()
	policy := eventstore.Policy{Age: time.Duration(c.Retention.Age), Bytes: int64(c.Retention.Size)}
	policies := map[string]eventstore.Policy{}
	for tenant := range s.store.Stats().Tenants {
		policies[tenant] = policy
	}
	switch gone, err := s.store.Retain(ctx, policies); {
	case err != nil && ctx.Err() == nil:
		s.Log.Error("old events cannot be removed", "error", err)
	case gone.Rows > 0:
		s.Log.Info("old events were removed", "events", gone.Rows, "bytes", gone.Bytes)
	}
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = s.store.Maintain(ctx); err != nil {
			if ctx.Err() == nil {
				s.Log.Error("segments cannot be merged", "error", err)
			}
			return
		}
	}
}

// reload reads the settings anew. Nothing changes when they are wrong.
func (s *server) reload(ctx context.Context) {
	c, err := s.Reload()
	var d detectors
	if err == nil {
		d, err = s.detectors(c)
	}
	if err == nil {
		err = s.watch.change(d)
	}
	if err != nil {
		s.Log.Error("settings were not changed", "error", err)
		return
	}
	old := s.settings()
	s.desk.SetRules(rulesOf(d.kinds))
	s.segments.now.Store(segment.NewMap(c.Map()))
	s.enrich.now.Store(enrich.New(c.Organisation, s.segments.now.Load()))
	s.configureUploads(c, d)
	s.present.Store(&c)
	if err := s.sources.change(ctx, c); err != nil {
		s.Log.Error("settings were changed, but not those of all sources", "error", err)
		return
	}
	if c.Data != old.Data || c.Listen != old.Listen || c.TLS != old.TLS || c.Limits != old.Limits {
		s.Log.Warn("data, listen, tls and limits change with the next start only")
	}
	s.Log.Info("settings were read anew")
}
