package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/config"
	"github.com/bongsu/bongsu/source"
)

// sourceSet runs the sources that the settings name.
type sourceSet struct {
	kinds  []source.Kind
	ingest *ingest
	boot   string // random, of this start of the program
	clock  func() time.Time
	log    *slog.Logger
	// mark returns how far a source had come, "" at the beginning.
	mark func(name string) string
	// sniff returns a source that follows the packets of an interface, "" for
	// the one of the default route.
	sniff func(iface string, settings config.Capture) source.Source

	mu      sync.Mutex
	running map[string]*runningSource
	ended   bool
}

type runningSource struct {
	wanted wantedSource
	runner *source.Runner
	stop   context.CancelFunc
	done   chan struct{}
}

// A wantedSource is a source that the settings name.
type wantedSource struct {
	kind     string
	settings source.Settings
	path     string // hint for the decoders
	capture  *config.Capture
}

func (w wantedSource) same(other wantedSource) bool {
	return w.kind == other.kind && maps.Equal(w.settings, other.settings) &&
		(w.capture == nil) == (other.capture == nil) && (w.capture == nil || w.capture.Ring == other.capture.Ring)
}

// change starts and stops sources so that those of the settings run. One that
// stays as it was goes on undisturbed.
func (s *sourceSet) change(ctx context.Context, settings config.Config) error {
	wanted := s.wanted(ctx, settings)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	for name, r := range s.running {
		if w, ok := wanted[name]; !ok || !w.same(r.wanted) {
			r.stop()
			<-r.done
			delete(s.running, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if s.running[name] != nil {
			continue
		}
		if err := s.start(ctx, name, wanted[name]); err != nil {
			return fmt.Errorf("start source %s: %w", name, err)
		}
	}
	return nil
}

// wanted lists the sources that the settings name.
func (s *sourceSet) wanted(ctx context.Context, c config.Config) map[string]wantedSource {
	out := map[string]wantedSource{}
	// One source each, so that a port that is taken does not stop the other.
	if udp := c.Sources.Syslog.UDP; udp != "" {
		out["syslog-udp"] = wantedSource{kind: "syslog", settings: source.Settings{"udp": udp, "tcp": "off"}}
	}
	if tcp := c.Sources.Syslog.TCP; tcp != "" {
		out["syslog-tcp"] = wantedSource{kind: "syslog", settings: source.Settings{"udp": "off", "tcp": tcp}}
	}
	for _, t := range c.Sources.Tail {
		out["tail:"+t.Path] = wantedSource{kind: "tail", settings: source.Settings{"paths": t.Path}, path: filepath.Base(t.Path)}
	}
	if c.Sources.Host.Enabled {
		s.host(ctx, out)
	}
	if c.Sources.Capture.Enabled {
		interfaces := c.Sources.Capture.Interfaces
		if len(interfaces) == 0 {
			interfaces = []string{""}
		}
		for _, name := range interfaces {
			out["capture:"+name] = wantedSource{kind: "capture", settings: source.Settings{"interface": name}, capture: &c.Sources.Capture}
		}
	}
	return out
}

// host adds the source that reads this machine's own logons.
func (s *sourceSet) host(ctx context.Context, out map[string]wantedSource) {
	var reasons []error
	for _, k := range s.kinds {
		if k.Local == nil {
			continue
		}
		settings, err := k.Local(ctx)
		if err != nil {
			reasons = append(reasons, fmt.Errorf("%s: %w", k.Name, err))
			continue
		}
		out["host"] = wantedSource{kind: k.Name, settings: settings}
		return
	}
	s.log.Warn("logons of this machine are not read", "reason", errors.Join(reasons...))
}

func (s *sourceSet) start(ctx context.Context, name string, w wantedSource) error {
	var src source.Source
	if w.capture != nil {
		src = s.sniff(w.settings["interface"], *w.capture)
	} else {
		at := slices.IndexFunc(s.kinds, func(k source.Kind) bool { return k.Name == w.kind })
		if at < 0 {
			return fmt.Errorf("unknown kind %q", w.kind)
		}
		var err error
		if src, err = s.kinds[at].New(w.settings, source.Env{ID: s.id(name), Clock: s.clock}); err != nil {
			return err
		}
	}
	in := s.ingest.inlet(name, w.path, true)
	r := &runningSource{wanted: w, done: make(chan struct{})}
	r.runner = source.NewRunner(source.RunnerConfig{
		Name: name, Kind: w.kind, Source: src, Mark: s.mark(name), Clock: s.clock, Log: s.log,
		Emit: func(ctx context.Context, records []source.Record) error {
			return in.emit(ctx, records, marksOf(name, records), "")
		},
	})
	run, stop := context.WithCancel(ctx)
	r.stop = stop
	s.running[name] = r
	go func() {
		defer close(r.done)
		r.runner.Run(run)
	}()
	return nil
}

// marksOf returns the newest mark of some records.
func marksOf(name string, records []source.Record) []bus.Mark {
	for i := len(records) - 1; i >= 0; i-- {
		if records[i].Mark != "" {
			return []bus.Mark{{Source: name, Position: records[i].Mark}}
		}
	}
	return nil
}

// id returns the name by which the events of a live source are known. No other
// source, and no other start of the program, has it.
func (s *sourceSet) id(name string) string {
	sum := sha256.Sum256([]byte(s.boot + "\x00" + name))
	return hex.EncodeToString(sum[:16])
}

// stop ends all sources; what they have taken in is handed on first.
func (s *sourceSet) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for _, r := range s.running {
		r.stop()
	}
	for _, r := range s.running {
		<-r.done
	}
}

// status returns how each source is, by name.
func (s *sourceSet) status() []source.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]source.Status, 0, len(s.running))
	for _, name := range slices.Sorted(maps.Keys(s.running)) {
		out = append(out, s.running[name].runner.Status())
	}
	return out
}
