package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/bongsu/bongsu/api"
	"github.com/bongsu/bongsu/config"
	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/source"
)

// ServeConfig is what a server needs. Everything but Reload is required.
type ServeConfig struct {
	Settings config.Config
	// Reload reads the settings anew, for SIGHUP.
	Reload func() (config.Config, error)

	Decoders  []decode.Kind
	Protocols []dissect.Kind
	Kinds     []source.Kind // of live sources
	// Detectors returns the detectors with the rules of files and folders.
	// Problems are rules that were left out.
	Detectors func(rules []string) (kinds []detect.Kind, problems []error, err error)

	Version, Commit string
	Log             *slog.Logger
	Clock           func() time.Time
	// Started is told once everything runs.
	Started func(Started)
}

// Started says what a server that has started is reached by.
type Started struct {
	Address string // of the listener, with its port
	URL     string
	Setup   string // path of the page on which the administrator's password is set, "" when it is
}

// drainFor bounds how long a server that is told to end takes to finish what
// it has begun.
const drainFor = 15 * time.Second

// answerFor is the part of it that is left to requests that have begun.
const answerFor = 5 * time.Second

// Serve runs a server until ctx ends, then finishes what it has begun.
func Serve(ctx context.Context, cfg ServeConfig) (err error) {
	if limit := int64(cfg.Settings.Limits.Memory); limit > 0 {
		debug.SetMemoryLimit(limit)
	}
	s, err := openServer(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	listener, err := net.Listen("tcp", cfg.Settings.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w; another program may have the port: choose one with --listen", err)
	}
	return s.serve(ctx, listener)
}

// serve runs the flow, the sources and the listener until ctx ends.
func (s *server) serve(ctx context.Context, listener net.Listener) error {
	stop, halt := context.WithCancelCause(context.WithoutCancel(ctx))
	defer halt(nil)
	flow := make(chan error, 1)
	go func() { flow <- s.bus.Run(stop) }()

	go s.ingest.run(stop)

	local, err := s.localListener()
	if err != nil {
		s.Log.Warn("commands on this machine need an API token", "reason", err)
	}
	ending, end := context.WithCancel(stop)
	defer end()
	web := &http.Server{
		Handler:           endless(ending, s.handler),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext: func(l net.Listener) context.Context {
			if l == local {
				return api.Local(stop)
			}
			return stop
		},
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	web.RegisterOnShutdown(end)
	served := make(chan error, 2)
	go func() { served <- s.listen(web, bound(listener)) }()
	if local != nil {
		go func() { served <- s.plain(web, local) }()
	}

	s.background.start(ctx)
	if err := s.sources.change(ctx, s.Settings); err != nil {
		return err
	}
	s.started(ctx, listener)
	s.reloads(ctx)

	var failed error
	select {
	case <-ctx.Done():
	case failed = <-flow:
		failed = fmt.Errorf("run flow: %w", failed)
		flow <- nil
	case failed = <-served:
		failed = fmt.Errorf("serve: %w", failed)
	}
	s.Log.Info("stopping: what was begun is finished first")
	s.ready.Store(false)
	// From the left to the right: nothing new comes in, then what has come in
	// passes every stage.
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	s.room.open()
	s.sources.stop()
	s.background.stop()
	asked, enough := context.WithTimeout(drain, answerFor)
	defer enough()
	_ = web.Shutdown(asked)
	_ = web.Close()
	close(s.ingest.end)
	<-s.ingest.ended
	drained := s.bus.Drain(drain)
	halt(nil)
	failed = errors.Join(failed, <-flow)
	if drained != nil && failed == nil {
		s.Log.Warn("some events wait for the next start", "reason", drained)
	}
	return failed
}

// endless lets those go who follow changes when ctx ends: their answers have
// no end that could be waited for.
func endless(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == api.Prefix+"/changes" {
			following, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			r = r.WithContext(following)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) listen(web *http.Server, l net.Listener) error {
	if s.Settings.TLS.Certificate == "" {
		return s.plain(web, l)
	}
	err := web.ServeTLS(l, s.Settings.TLS.Certificate, s.Settings.TLS.Key)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *server) plain(web *http.Server, l net.Listener) error {
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// localListener listens on a socket in the data folder: who may open the
// folder may do everything, and needs no password.
func (s *server) localListener() (net.Listener, error) {
	path := s.folder.join(LocalSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// LocalSocket is the socket in the data folder by which commands on the same
// machine reach the server.
const LocalSocket = "control.sock"

// reloads reads the settings anew on each SIGHUP until ctx ends.
func (s *server) reloads(ctx context.Context) {
	if s.Reload == nil {
		return
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	s.background.wait.Go(func() {
		defer signal.Stop(hup)
		for {
			select {
			case <-hup:
				s.reload(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
}

// closers close what was opened, the last first.
type closers []struct {
	name  string
	close func() error
}

func (c *closers) add(name string, f func() error) {
	*c = append(*c, struct {
		name  string
		close func() error
	}{name, f})
}

func (c *closers) close() error {
	var errs []error
	for i := len(*c) - 1; i >= 0; i-- {
		if err := (*c)[i].close(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", (*c)[i].name, err))
		}
	}
	*c = nil
	return errors.Join(errs...)
}
