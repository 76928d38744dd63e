package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

type analyzeCmd struct {
	Paths    []string `arg:"" name:"path" help:"${paths}"`
	Format   string   `enum:"text,ndjson,html" default:"text" help:"${format}"`
	Out      string   `short:"o" placeholder:"FILE" help:"${out}"`
	Events   string   `placeholder:"FILE" help:"${events}"`
	Rules    []string `placeholder:"PATH" sep:"none" help:"${rules}"`
	NoDetect bool     `help:"${no_detect}"`
	Together bool     `help:"${together}"`
	Since    string   `placeholder:"TIME" help:"${since}"`
	Until    string   `placeholder:"TIME" help:"${until}"`
	FailOn   string   `placeholder:"SEVERITY" help:"${fail_on}"`
	Lang     string   `enum:"ko,en,auto" default:"auto" help:"${lang}"`
	Tenant   string   `help:"${tenant}"`
	Jobs     int      `help:"${jobs}"`
	Quiet    bool     `short:"q" help:"${quiet}"`

	rules     *catalog.Rules
	detectors []detect.Kind
}

// Run analyses and prints.
func (c *analyzeCmd) Run(ctx context.Context, env Env) error {
	cfg, failOn, err := c.config()
	if err != nil {
		return err
	}
	events, err := openEvents(c.Events)
	if err != nil {
		return err
	}
	if events != nil {
		cfg.Events = events.Write
	}
	bar := newProgress(env, c.Quiet)
	cfg.Progress = bar.set
	a, err := app.Analyze(ctx, cfg)
	bar.end()
	if err != nil {
		if events != nil {
			events.Abort()
		}
		if ctx.Err() != nil {
			fmt.Fprintln(env.Stderr, "bongsu:", say(env.lang, msgInterrupt))
			return exitStatus(ExitIncomplete)
		}
		return err
	}
	if events != nil {
		if err := events.Close(); err != nil {
			return err
		}
	}
	if err := c.print(env, a); err != nil {
		return err
	}
	c.summarise(env, a)
	switch {
	case failOn > 0 && a.Worst() >= failOn:
		return exitStatus(ExitFound)
	case a.Incomplete(), len(a.Recordings) == 0, len(c.rules.Problems) > 0:
		return exitStatus(ExitIncomplete)
	}
	return nil
}

func (c *analyzeCmd) config() (app.AnalyzeConfig, event.Severity, error) {
	cfg := app.AnalyzeConfig{
		Paths: c.Paths, Together: c.Together, Tenant: c.Tenant, Workers: c.Jobs,
		Decoders: catalog.Decoders(), Protocols: catalog.Protocols(),
	}
	rules, err := loadRules(c.Rules)
	if err != nil {
		return cfg, 0, err
	}
	c.rules = rules
	if !c.NoDetect {
		cfg.Detectors = append(catalog.Detectors(), rules.Detectors()...)
		c.detectors = cfg.Detectors
	}
	if cfg.Since, err = parseTime("--since", c.Since); err != nil {
		return cfg, 0, err
	}
	if cfg.Until, err = parseTime("--until", c.Until); err != nil {
		return cfg, 0, err
	}
	if !cfg.Since.IsZero() && !cfg.Until.IsZero() && !cfg.Since.Before(cfg.Until) {
		return cfg, 0, fmt.Errorf("%w: --since %s is not before --until %s", ErrUsage, c.Since, c.Until)
	}
	failOn, err := parseSeverity(c.FailOn)
	if err != nil {
		return cfg, 0, err
	}
	return cfg, failOn, c.checkOutputs()
}

// layouts that a time may be written in, most exact first.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

func parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: %s %q is not a time such as 2026-03-01, 2026-03-01T09:00 or 2026-03-01T09:00:00+09:00", ErrUsage, flag, s)
}

func parseSeverity(s string) (event.Severity, error) {
	if s == "" {
		return 0, nil
	}
	for v := event.SeverityInformational; v <= event.SeverityFatal; v++ {
		if strings.EqualFold(v.String(), s) {
			return v, nil
		}
	}
	return 0, fmt.Errorf("%w: --fail-on %q is not one of informational, low, medium, high, critical, fatal", ErrUsage, s)
}

// print writes the result where it was asked for. A file appears whole or not
// at all.
func (c *analyzeCmd) print(env Env, a *app.Analysis) (err error) {
	if c.Out == "" {
		w := bufio.NewWriterSize(env.Stdout, 1<<16)
		if err := c.write(w, env, a, terminal(env.Stdout)); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		return nil
	}
	return replaceFile(c.Out, func(w io.Writer) error { return c.write(w, env, a, 0) })
}

func (c *analyzeCmd) write(w io.Writer, env Env, a *app.Analysis, width int) error {
	if c.Format == "ndjson" {
		return writeNDJSON(w, env.lang, a)
	}
	return c.writeReport(w, env, a, width)
}

// writeNDJSON prints all findings, then all incidents.
func writeNDJSON(w io.Writer, lang text.Lang, a *app.Analysis) error {
	var buf []byte
	for _, r := range a.Recordings {
		for _, f := range r.Findings {
			buf = append(f.AppendOCSF(buf[:0], lang), '\n')
			if _, err := w.Write(buf); err != nil {
				return fmt.Errorf("write findings: %w", err)
			}
		}
	}
	for _, r := range a.Recordings {
		for _, i := range r.Incidents {
			buf = append(i.AppendOCSF(buf[:0], lang), '\n')
			if _, err := w.Write(buf); err != nil {
				return fmt.Errorf("write incidents: %w", err)
			}
		}
	}
	return nil
}

// summarise tells on standard error what does not belong into the result: in
// the formats for people the report itself says it.
func (c *analyzeCmd) summarise(env Env, a *app.Analysis) {
	if c.Format != "text" || c.Out != "" {
		for _, p := range a.Problems {
			fmt.Fprintln(env.Stderr, msgUnread.Say(text.Args{"what": printable(named(p))}).In(env.lang))
		}
		for _, r := range a.Recordings {
			for _, p := range r.Problems {
				fmt.Fprintln(env.Stderr, msgPartly.Say(text.Args{"what": printable(named(p))}).In(env.lang))
			}
		}
	}
	for _, err := range c.rules.Problems {
		fmt.Fprintln(env.Stderr, msgRule.Say(text.Args{"reason": printable(err.Error())}).In(env.lang))
	}
	if len(a.Recordings) == 0 {
		fmt.Fprintln(env.Stderr, say(env.lang, msgNothing))
		return
	}
	if c.Quiet {
		return
	}
	var packets, events, findings, incidents int64
	for _, r := range a.Recordings {
		packets += int64(r.Packets)
		events += int64(r.Counts.Events)
		findings += int64(len(r.Findings))
		incidents += int64(len(r.Incidents))
	}
	fmt.Fprintln(env.Stderr, msgSummary.Say(text.Args{
		"recordings": int64(len(a.Recordings)), "packets": packets, "events": events,
		"findings": findings, "incidents": incidents,
	}).In(env.lang))
	if c.Out != "" {
		fmt.Fprintln(env.Stderr, msgWritten.Say(text.Args{"path": printable(c.Out)}).In(env.lang))
	}
}

// named says what is wrong with an input, with its path once.
func named(p app.Problem) string {
	if detail := p.Err.Error(); strings.Contains(detail, p.Path) {
		return detail
	}
	return p.Path + ": " + p.Err.Error()
}

// replaceFile writes a file beside its place and moves it there when it is
// whole.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	if err := errors.Join(w.Flush(), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
