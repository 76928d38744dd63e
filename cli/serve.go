package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/config"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/text"
)

type serveCmd struct {
	Config string   `placeholder:"FILE" help:"${serve_config}"`
	Data   string   `placeholder:"FOLDER" help:"${serve_data}"`
	Listen string   `placeholder:"ADDRESS" help:"${serve_listen}"`
	Set    []string `placeholder:"PATH=VALUE" sep:"none" help:"${serve_set}"`
	Lang   string   `enum:"ko,en,auto" default:"auto" help:"${lang}"`
}

// settings reads the file and puts what the command line says on top.
func (c *serveCmd) settings() (config.Config, error) {
	set := c.Set
	if c.Data != "" {
		set = append(set[:len(set):len(set)], "data="+quoted(c.Data))
	}
	if c.Listen != "" {
		set = append(set[:len(set):len(set)], "listen="+quoted(c.Listen))
	}
	return config.Read(c.Config, set)
}

// quoted writes a text so that YAML reads it as that text.
func quoted(s string) string { return fmt.Sprintf("%q", s) }

// Run serves until it is told to end, and then finishes what it has begun.
func (c *serveCmd) Run(ctx context.Context, env Env) error {
	cfg, err := c.server(env)
	if err != nil {
		return err
	}
	lang := env.lang
	if cfg.Settings.Language != "" && c.Lang == "auto" {
		lang = cfg.Settings.Language
	}
	cfg.Started = func(s app.Started) { announce(env.Stdout, lang, s) }
	return app.Serve(ctx, cfg)
}

// server returns the server that the settings describe.
func (c *serveCmd) server(env Env) (cfg app.ServeConfig, err error) {
	settings, err := c.settings()
	if err != nil {
		return cfg, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return app.ServeConfig{
		Settings: settings, Reload: c.settings,
		Decoders: catalog.Decoders(), Protocols: catalog.Protocols(), Kinds: catalog.Sources(),
		Detectors: detectorsWith,
		Version:   env.Version, Commit: env.Commit,
		Log: logger(env.Stderr, settings.Log), Clock: time.Now,
	}, nil
}

// announce tells a person where to go.
func announce(w io.Writer, lang text.Lang, s app.Started) {
	fmt.Fprintln(w, msgServing.Say(text.Args{"url": s.URL}).In(lang))
	if s.Setup != "" {
		fmt.Fprintln(w, msgSetup.Say(text.Args{"url": s.URL + s.Setup}).In(lang))
	}
}

// detectorsWith returns all detectors, with the rules of files and folders.
func detectorsWith(paths []string) ([]detect.Kind, []error, error) {
	rules, err := loadRules(paths)
	if err != nil {
		return nil, nil, err
	}
	return append(catalog.Detectors(), rules.Detectors()...), rules.Problems, nil
}

// logger writes what Bongsu says about itself.
func logger(w io.Writer, c config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // config has checked it
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
