package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bongsu/bongsu/api/client"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/text"
)

type watchCmd struct {
	remote
	Severity string `placeholder:"SEVERITY" help:"${choose_severity}"`
	All      bool   `help:"${watch_all}"`
}

// How long a connection that broke is waited for.
const (
	backSoon = time.Second
	backLate = 30 * time.Second
)

// Run tells of changes until ctx ends. A connection that breaks is made anew and
// goes on behind the last change.
func (c *watchCmd) Run(ctx context.Context, env Env) error {
	var least event.Severity
	if c.Severity != "" {
		var err error
		if least, err = parseSeverity(c.Severity); err != nil {
			return err
		}
	}
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	var last uint64
	pause := backSoon
	for connected := false; ; {
		err := speaks.Changes(ctx, last, func(x client.Change) error {
			connected, pause = true, backSoon
			last = max(last, x.Sequence)
			return c.tell(env, x, least)
		})
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to stop
		}
		var refused *client.Problem
		if errors.As(err, &refused) || !connected && last == 0 && errors.Is(err, client.ErrUnreached) {
			return c.explain(env, err)
		}
		connected = true
		if err == nil {
			err = errors.New("EOF")
		}
		fmt.Fprintln(env.Stderr, msgAgain.Say(text.Args{"why": printable(err.Error())}).In(env.lang))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
		pause = min(2*pause, backLate)
	}
}

// tell prints one change.
func (c *watchCmd) tell(env Env, x client.Change, least event.Severity) error {
	if x.Kind == "missed" {
		fmt.Fprintln(env.Stderr, say(env.lang, msgMissed))
		return nil
	}
	var change incident.Change
	if err := json.Unmarshal(x.Data, &change); err != nil {
		return fmt.Errorf("read change: %w", err)
	}
	if change.Severity < least || !c.All && !strings.HasPrefix(change.Kind, "incident.") {
		return nil
	}
	if c.Format == "ndjson" {
		return line(env, x.Data)
	}
	words := []string{stamp(change.Time), change.Kind, severity(env, change.Severity), change.ID, change.Title.In(env.lang)}
	_, err := fmt.Fprintln(env.Stdout, printable(strings.Join(words, "  ")))
	return err
}
