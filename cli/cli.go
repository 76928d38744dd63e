// Package cli is the face for people at a terminal and for scripts. It reads
// arguments, calls app and prints; it decides nothing about events.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/bongsu/bongsu/text"
)

// Exit codes of every command.
const (
	ExitOK         = 0
	ExitIncomplete = 1 // it could not be done, or not all of it
	ExitUsage      = 2
	ExitFound      = 3 // --fail-on was reached; the audit log is not whole
)

// Env is what a command may touch of the world.
type Env struct {
	Args            []string
	Stdout, Stderr  io.Writer
	Getenv          func(string) string
	Version, Commit string

	lang text.Lang
}

// ErrUsage is the kind of error that the command line itself is at fault for.
var ErrUsage = errors.New("usage")

type commands struct {
	Analyze   analyzeCmd   `cmd:"" help:"${analyze}"`
	Serve     serveCmd     `cmd:"" help:"${serve}"`
	Status    statusCmd    `cmd:"" help:"${status}"`
	Incidents incidentsCmd `cmd:"" help:"${incidents}"`
	Watch     watchCmd     `cmd:"" help:"${watch}"`
	Findings  findingsCmd  `cmd:"" help:"${findings}"`
	Suppress  suppressCmd  `cmd:"" help:"${suppress}"`
	Hunt      huntCmd      `cmd:"" help:"${hunt}"`
	Upload    uploadCmd    `cmd:"" help:"${upload}"`
	Assets    assetsCmd    `cmd:"" help:"${assets}"`
	Audit     auditCmd     `cmd:"" help:"${audit}"`
	Backup    backupCmd    `cmd:"" help:"${backup}"`
	Restore   restoreCmd   `cmd:"" help:"${restore}"`
	Token     tokenCmd     `cmd:"" help:"${token}"`
	Version   versionCmd   `cmd:"" help:"${version}"`
}

// Main runs one command and returns its exit code.
func Main(ctx context.Context, env Env) int {
	env.lang = language(env)
	var cmds commands
	code := ExitOK
	exited := false
	parser, err := kong.New(&cmds,
		kong.Name("bongsu"),
		kong.Description(say(env.lang, msgProgram)),
		vars(env.lang),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(c int) { code, exited = c, true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(env),
	)
	if err != nil {
		fmt.Fprintln(env.Stderr, "bongsu:", err)
		return ExitUsage
	}
	args := env.Args
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		fmt.Fprintf(env.Stderr, "bongsu: %s\n%s\n", printable(err.Error()), say(env.lang, msgHelpHint))
		return ExitUsage
	}
	switch err := parsed.Run(); {
	case err == nil:
		return ExitOK
	case errors.Is(err, ErrUsage):
		fmt.Fprintf(env.Stderr, "bongsu: %s\n%s\n", printable(strings.TrimPrefix(err.Error(), "usage: ")), say(env.lang, msgHelpHint))
		return ExitUsage
	default:
		var status exitStatus
		if errors.As(err, &status) {
			return int(status)
		}
		fmt.Fprintln(env.Stderr, "bongsu:", printable(err.Error()))
		return ExitIncomplete
	}
}

// exitStatus ends a command with a code when everything has been said.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// language follows --lang where it is given, otherwise the locale.
func language(env Env) text.Lang {
	for i, a := range env.Args {
		v, ok := strings.CutPrefix(a, "--lang=")
		if !ok && a == "--lang" && i+1 < len(env.Args) {
			v, ok = env.Args[i+1], true
		}
		if ok {
			return text.Lang(v)
		}
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env.Getenv(name); v != "" {
			if strings.HasPrefix(v, "ko") {
				return text.Korean
			}
			return text.English
		}
	}
	return text.English
}

type versionCmd struct{}

// Run prints the version, the commit and what it was built with.
func (versionCmd) Run(env Env) error {
	fmt.Fprintf(env.Stdout, "bongsu %s (%s) %s %s/%s\n", env.Version, env.Commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && env.Version == "dev" {
		fmt.Fprintf(env.Stdout, "module %s\n", info.Main.Version)
	}
	return nil
}

// terminal returns the width of a terminal, 0 for anything else.
func terminal(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}
