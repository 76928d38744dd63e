package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/bongsu/bongsu/api/client"
	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/text"
)

type uploadCmd struct {
	remote
	Paths  []string `arg:"" type:"existingfile" help:"${upload_paths}"`
	NoWait bool     `help:"${upload_no_wait}"`
	Quiet  bool     `short:"q" help:"${quiet}"`
}

// How often an upload is asked after.
const (
	askSoon = 100 * time.Millisecond
	askLate = 2 * time.Second
)

// Run hands files in, waits until they are read and shows what was found.
func (c *uploadCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	handed, err := c.hand(ctx, env, speaks)
	if err != nil {
		return err
	}
	failed := false
	for _, u := range handed {
		if !c.NoWait {
			if u, err = c.wait(ctx, env, speaks, u); err != nil {
				return err
			}
		}
		failed = failed || u.State == string(source.UploadFailed)
		if err := c.show(ctx, env, u); err != nil {
			return err
		}
	}
	if failed {
		return exitStatus(ExitIncomplete)
	}
	return nil
}

// hand sends the files, one after another.
func (c *uploadCmd) hand(ctx context.Context, env Env, speaks *client.Client) (out []client.Upload, err error) {
	var total int64
	for _, path := range c.Paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		total += info.Size()
	}
	bar := newProgress(env, c.Quiet)
	bar.what = msgSending
	defer bar.end()
	sent := int64(0)
	for _, path := range c.Paths {
		u, err := c.send(ctx, speaks, path, func(n int) {
			sent += int64(n)
			bar.set(app.Progress{Bytes: sent, Total: total})
		})
		if err != nil {
			return out, fmt.Errorf("%s: %w", path, c.explain(env, err))
		}
		out = append(out, u)
	}
	return out, nil
}

func (c *uploadCmd) send(ctx context.Context, speaks *client.Client, path string, count func(int)) (client.Upload, error) {
	f, err := os.Open(path)
	if err != nil {
		return client.Upload{}, err
	}
	defer func() { _ = f.Close() }()
	return speaks.Upload(ctx, filepath.Base(path), &counted{f, count})
}

// counted tells how much was read.
type counted struct {
	io.Reader
	count func(int)
}

// Read reads.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.count(n)
	return n, err
}

// wait returns an upload once it is read.
func (c *uploadCmd) wait(ctx context.Context, env Env, speaks *client.Client, u client.Upload) (client.Upload, error) {
	for pause := askSoon; u.State == string(source.UploadQueued) || u.State == string(source.UploadRunning); pause = min(2*pause, askLate) {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return u, errors.New(say(env.lang, msgStillReading))
		}
		answer, err := speaks.GetUploadWithResponse(ctx, u.ID)
		if answer, err = ask(&c.remote, env, answer, err); err != nil {
			return u, err
		}
		again := u.Again
		u = *answer.JSON200
		u.Again = again
	}
	return u, nil
}

// show tells what became of an upload, and the incidents in it.
func (c *uploadCmd) show(ctx context.Context, env Env, u client.Upload) error {
	if c.Format == "ndjson" {
		if err := line(env, u); err != nil {
			return err
		}
	} else {
		message := msgUploaded
		switch {
		case u.State == string(source.UploadFailed):
			message = msgUploadFailed
		case u.State != string(source.UploadDone):
			message = msgUploadWaits
		case value(u.Again):
			message = msgUploadAgain
		}
		fmt.Fprintln(env.Stdout, message.Say(text.Args{
			"name": printable(u.Name), "id": u.ID, "events": u.Events, "findings": u.Findings, "why": printable(value(u.Error)),
		}).In(env.lang))
		if u.State == string(source.UploadDone) && value(u.Error) != "" {
			fmt.Fprintln(env.Stderr, msgPartly.Say(text.Args{"what": printable(value(u.Error))}).In(env.lang))
		}
	}
	if u.State != string(source.UploadDone) || u.Findings == 0 {
		return nil
	}
	list, err := listIncidents(ctx, env, &c.remote, &client.ListIncidentsParams{Recording: given(u.ID + "/")}, mostShown)
	if err != nil {
		return err
	}
	return showIncidents(env, &c.remote, list)
}

// mostShown is how many incidents of an upload are shown.
const mostShown = 100
