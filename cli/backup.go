package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/text"
)

type backupCmd struct {
	Server string `placeholder:"URL" help:"${remote_server}"`
	Token  string `placeholder:"TOKEN" help:"${remote_token}"`
	Data   string `placeholder:"FOLDER" default:"bongsu-data" help:"${remote_data}"`
	Config string `placeholder:"FILE" help:"${serve_config}"`
	Out    string `short:"o" required:"" placeholder:"FILE" help:"${backup_out}"`
	Lang   string `enum:"ko,en,auto" default:"auto" help:"${lang}"`
}

// Run writes a backup: through the server that runs, otherwise of the folder.
func (c *backupCmd) Run(ctx context.Context, env Env) error {
	r := remote{Server: c.Server, Token: c.Token, Data: c.Data}
	write := func(w io.Writer) error { return c.write(ctx, env, &r, w) }
	if c.Out == "-" {
		return write(env.Stdout)
	}
	if err := replaceFile(c.Out, write); err != nil {
		return err
	}
	// It holds what lets people in, and what they did.
	if err := os.Chmod(c.Out, 0o600); err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr, msgWritten.Say(text.Args{"path": printable(c.Out)}).In(env.lang))
	return nil
}

func (c *backupCmd) write(ctx context.Context, env Env, r *remote, w io.Writer) error {
	speaks, err := r.client(env)
	if err != nil {
		return err
	}
	_, err = speaks.Backup(ctx, w)
	if !r.alone(err) || !exists(c.Data) {
		return r.explain(env, err)
	}
	settings := serveCmd{Config: c.Config, Data: c.Data}
	cfg, err := settings.server(env)
	if err != nil {
		return err
	}
	_, err = app.Backup(ctx, cfg, w)
	return err
}

type restoreCmd struct {
	File string `arg:"" type:"existingfile" help:"${restore_file}"`
	Data string `required:"" placeholder:"FOLDER" help:"${restore_data}"`
	Lang string `enum:"ko,en,auto" default:"auto" help:"${lang}"`
}

// Run makes a data folder of a backup.
func (c *restoreCmd) Run(ctx context.Context, env Env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	m, err := app.Restore(ctx, c.Data, f)
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stdout, msgRestored.Say(text.Args{
		"data": printable(c.Data), "events": m.Events, "files": int64(len(m.Files)), "when": m.Created, "version": printable(m.Version),
	}).In(env.lang))
	return nil
}
