package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/api/client"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/suppress"
	"github.com/bongsu/bongsu/text"
)

type suppressCmd struct {
	Add    suppressAddCmd    `cmd:"" default:"withargs" help:"${suppress_add}"`
	List   suppressListCmd   `cmd:"" help:"${suppress_list}"`
	Remove suppressRemoveCmd `cmd:"" help:"${suppress_remove}"`
}

type suppressAddCmd struct {
	remote
	Finding       string   `placeholder:"ID" help:"${suppress_finding}"`
	Detector      string   `placeholder:"NAME" help:"${suppress_detector}"`
	Rule          string   `placeholder:"DETECTOR/RULE" help:"${suppress_rule}"`
	Source        []string `placeholder:"WHO" sep:"none" help:"${suppress_source}"`
	Target        []string `placeholder:"WHO" sep:"none" help:"${suppress_target}"`
	Related       []string `placeholder:"WHAT" sep:"none" help:"${suppress_related}"`
	Entity        []string `placeholder:"WHAT" sep:"none" help:"${suppress_entity}"`
	Port          uint16   `placeholder:"PORT" help:"${suppress_port}"`
	SourceSegment string   `placeholder:"NAME" help:"${suppress_source_segment}"`
	TargetSegment string   `placeholder:"NAME" help:"${suppress_target_segment}"`
	Pattern       string   `placeholder:"PATTERN" help:"${suppress_pattern}"`
	Tenant        string   `placeholder:"ID" help:"${tenant}"`
	Reason        string   `placeholder:"TEXT" help:"${suppress_reason}"`
	Until         string   `placeholder:"TIME|30d" help:"${suppress_until}"`
	UntilRemoved  bool     `help:"${suppress_until_removed}"`
	Review        string   `placeholder:"TIME|90d" help:"${suppress_review}"`
	ApplyToOpen   bool     `help:"${suppress_apply}"`
	DryRun        bool     `short:"n" help:"${suppress_dry_run}"`
}

// scope returns what the options say.
func (c *suppressAddCmd) scope() (s suppress.Scope, err error) {
	s = suppress.Scope{
		Detector: c.Detector, Rule: c.Rule, Port: c.Port, SourceSegment: c.SourceSegment, TargetSegment: c.TargetSegment,
		Pattern: c.Pattern, Tenant: c.Tenant,
	}
	for _, o := range []struct {
		option string
		role   detect.Role
		words  []string
	}{{"--source", detect.Actor, c.Source}, {"--target", detect.Target, c.Target}, {"--related", detect.Related, c.Related}, {"--entity", "", c.Entity}} {
		for _, word := range o.words {
			m, err := suppress.ParseMatch(o.option, o.role, word)
			if err != nil {
				return s, err
			}
			s.Entities = append(s.Entities, m)
		}
	}
	_, err = s.Compile()
	return s, err
}

// Run suppresses findings, or tells what that would do.
func (c *suppressAddCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	scope, err := c.scoped(ctx, env, speaks)
	if err != nil {
		return err
	}
	if c.DryRun {
		answer, err := speaks.PreviewSuppressionWithResponse(ctx, nil, client.PreviewSuppressionRequest{Scope: scope})
		if answer, err = ask(&c.remote, env, answer, err); err != nil {
			return err
		}
		return c.preview(env, answer.JSON200)
	}
	now := time.Now()
	until, err := endTime("--until", c.Until, now)
	if err != nil {
		return err
	}
	review, err := endTime("--review", c.Review, now)
	if err != nil {
		return err
	}
	switch {
	case c.Reason == "":
		return fmt.Errorf("%w: --reason is missing: say why these findings need no action", ErrUsage)
	case until.IsZero() && !c.UntilRemoved:
		return fmt.Errorf("%w: --until is missing: say when the reason ends, as in --until 30d; or --until-removed with --review", ErrUsage)
	}
	answer, err := speaks.AddSuppressionWithResponse(ctx, client.Suppressing{
		Reason: c.Reason, Scope: scope, Until: given(until), UntilRemoved: given(c.UntilRemoved), Review: given(review), ApplyToOpen: given(c.ApplyToOpen),
	})
	if answer, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	if c.Format == "ndjson" {
		return line(env, answer.JSON201)
	}
	fmt.Fprintln(env.Stdout, msgSuppressed.Say(text.Args{"id": answer.JSON201.ID}).In(env.lang))
	return nil
}

// scoped returns the scope of the options, or that which a finding suggests.
func (c *suppressAddCmd) scoped(ctx context.Context, env Env, speaks *client.Client) (out client.SuppressScope, err error) {
	if c.Finding != "" {
		answer, err := speaks.SuggestSuppressionWithResponse(ctx, c.Finding)
		if answer, err = ask(&c.remote, env, answer, err); err != nil {
			return out, err
		}
		return answer.JSON200.Scope, nil
	}
	scope, err := c.scope()
	if err != nil {
		return out, usageIn(env, err)
	}
	return convert[client.SuppressScope](scope)
}

// usageIn says what is wrong with an option in the reader's language.
func usageIn(env Env, err error) error {
	var field *suppress.FieldError
	if errors.As(err, &field) {
		return fmt.Errorf("%w: %s: %s", ErrUsage, field.Field, field.Said.In(env.lang))
	}
	return fmt.Errorf("%w: %w", ErrUsage, err)
}

// convert makes what the client sends of what a package of this program has:
// both are the same JSON.
func convert[T any](v any) (out T, err error) {
	text, err := json.Marshal(v)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(text, &out)
}

func (c *suppressAddCmd) preview(env Env, p *client.Preview) error {
	if c.Format == "ndjson" {
		return line(env, p)
	}
	fmt.Fprintln(env.Stdout, msgPreview.Say(text.Args{
		"looked": p.Looked, "count": p.Count, "incidents": p.Incidents, "whole": p.Whole, "worst": p.Worst,
	}).In(env.lang))
	for _, raw := range p.Examples {
		o, err := readOCSF(raw)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "  %s  %s\n", o.FindingInfo.UID, printable(o.words(env.lang).Title))
	}
	return nil
}

// endTime reads a time, or how long from now: 30d, 12h.
func endTime(flag, s string, now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return time.Time{}, fmt.Errorf("%w: %s %q is not a number of days such as 30d", ErrUsage, flag, s)
		}
		return now.UTC().AddDate(0, 0, int(n)), nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.UTC().Add(d), nil
	}
	return parseTime(flag, s)
}

type suppressListCmd struct {
	remote
	Ended bool `help:"${suppress_ended}"`
}

// Run lists suppressions.
func (c *suppressListCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	rows := [][]string{headings(env, colID, colUsed, colUntil, colScope, colReason)}
	err = pages(ctx, func(cursor *string) (*string, bool, error) {
		answer, err := speaks.ListSuppressionsWithResponse(ctx, &client.ListSuppressionsParams{Cursor: cursor, Limit: given(int64(perPage)), Ended: given(c.Ended)})
		if answer, err = ask(&c.remote, env, answer, err); err != nil {
			return nil, false, err
		}
		for _, s := range answer.JSON200.Items {
			if c.Format == "ndjson" {
				if err := line(env, s); err != nil {
					return nil, false, err
				}
				continue
			}
			scope, err := convert[suppress.Scope](s.Scope)
			if err != nil {
				return nil, false, err
			}
			until := stamp(value(s.Until))
			if value(s.UntilRemoved) {
				until = msgReview.Say(text.Args{"when": stamp(value(s.Review))}).In(env.lang)
			}
			if s.Ended != nil {
				until = msgEnded.Say(text.Args{"when": stamp(*s.Ended)}).In(env.lang)
			}
			rows = append(rows, []string{s.ID, strconv.FormatInt(s.Used, 10), until, scope.Line(), s.Reason})
		}
		return answer.JSON200.Next, true, nil
	})
	if err != nil || c.Format == "ndjson" {
		return err
	}
	if len(rows) == 1 {
		fmt.Fprintln(env.Stdout, say(env.lang, msgNoSuppressions))
		return nil
	}
	return table(env, rows...)
}

type suppressRemoveCmd struct {
	remote
	ID        string `arg:"" help:"${suppression_id}"`
	BringBack bool   `help:"${suppress_bring_back}"`
}

// Run ends a suppression.
func (c *suppressRemoveCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	now, err := speaks.GetSuppressionWithResponse(ctx, c.ID)
	if now, err = ask(&c.remote, env, now, err); err != nil {
		return err
	}
	answer, err := speaks.RemoveSuppressionWithResponse(ctx, c.ID, &client.RemoveSuppressionParams{Version: now.JSON200.Version, BringBack: given(c.BringBack)})
	if _, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr, msgRemoved.Say(text.Args{"id": c.ID}).In(env.lang))
	return nil
}
