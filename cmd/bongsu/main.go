// Command bongsu is the whole of Bongsu: one program for sensors, nodes and the
// person at the terminal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/bongsu/bongsu/cli"
)

// Set by the linker; see the Makefile.
var (
	version = "dev"
	commit  = "unknown"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := cli.Main(ctx, cli.Env{
		Args: os.Args[1:], Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv,
		Version: version, Commit: commit,
	})
	stop()
	os.Exit(code)
}
