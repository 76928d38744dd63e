package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/api/client"
	"github.com/bongsu/bongsu/app"
	"github.com/bongsu/bongsu/text"
)

type assetsCmd struct {
	remote
	Text    string `arg:"" optional:"" help:"${assets_text}"`
	Segment string `placeholder:"NAME" help:"${assets_segment}"`
	Prefix  string `placeholder:"PREFIX" help:"${assets_prefix}"`
	Role    string `placeholder:"ROLE" help:"${assets_role}"`
	Owner   string `placeholder:"NAME" help:"${assets_owner}"`
	New     string `name:"new-since" placeholder:"TIME" help:"${assets_new}"`
	Similar bool   `help:"${assets_similar}"`
	CSV     bool   `name:"csv" help:"${assets_csv}"`
	Limit   int    `default:"50" placeholder:"N" help:"${choose_limit}"`
}

// Run lists the machines seen.
func (c *assetsCmd) Run(ctx context.Context, env Env) error {
	since, err := parseTime("--new-since", c.New)
	if err != nil {
		return err
	}
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	if c.CSV {
		_, err := speaks.ExportAssets(ctx, env.Stdout)
		return c.explain(env, err)
	}
	params := &client.ListAssetsParams{
		Q: given(c.Text), Segment: given(c.Segment), Prefix: given(c.Prefix), Role: given(c.Role), Owner: given(c.Owner), NewSince: given(since), Similar: given(c.Similar),
	}
	rows := [][]string{headings(env, colName, colAddresses, colVendor, colRoles, colLast, colID)}
	shown := 0
	err = pages(ctx, func(cursor *string) (*string, bool, error) {
		params.Cursor, params.Limit = cursor, given(int64(min(c.Limit-shown, perPage)))
		answer, err := speaks.ListAssetsWithResponse(ctx, params)
		if answer, err = ask(&c.remote, env, answer, err); err != nil {
			return nil, false, err
		}
		for i := range answer.JSON200.Items {
			shown++
			a := &answer.JSON200.Items[i]
			if c.Format != "ndjson" {
				rows = append(rows, assetCells(a))
			} else if err := line(env, a); err != nil {
				return nil, false, err
			}
		}
		return answer.JSON200.Next, shown < c.Limit, nil
	})
	if err != nil || c.Format == "ndjson" {
		return err
	}
	if shown == 0 {
		fmt.Fprintln(env.Stdout, say(env.lang, msgNoAssets))
		return nil
	}
	return table(env, rows...)
}

func assetCells(a *client.Asset) []string {
	var addresses, roles []string
	for _, x := range a.Addresses {
		if x.Until == nil && len(addresses) < 4 {
			addresses = append(addresses, x.IP)
		}
	}
	for _, x := range a.Roles {
		roles = append(roles, x.Value)
	}
	return []string{a.Label, strings.Join(addresses, " "), value(a.Vendor), strings.Join(roles, " "), stamp(a.LastSeen), a.ID}
}

type statusCmd struct{ remote }

// Run tells how the server and its sources fare; exit 1 where it is not ready.
func (c *statusCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	answer, err := speaks.StatusWithResponse(ctx)
	if answer, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	s := answer.JSON200
	if c.Format == "ndjson" {
		err = line(env, s)
	} else {
		err = c.show(env, s)
	}
	if err == nil && !s.Ready {
		return exitStatus(ExitIncomplete)
	}
	return err
}

func (c *statusCmd) show(env Env, s *client.Status) error {
	fmt.Fprintln(env.Stdout, msgStatus.Say(text.Args{
		"version": s.Version, "since": s.Started, "events": s.Stored.Events + s.Stored.Tail, "bytes": size(s.Stored.Bytes), "free": size(s.DiskFree),
	}).In(env.lang))
	for _, check := range s.Checks {
		if !check.Ok {
			fmt.Fprintf(env.Stdout, "! %s: %s\n", check.Name, printable(value(check.Why)))
		}
	}
	for _, d := range s.Damage {
		fmt.Fprintf(env.Stdout, "! %s\n", printable(d))
	}
	if !s.Engine {
		fmt.Fprintln(env.Stdout, say(env.lang, msgNoEngine))
	}
	rows := [][]string{headings(env, colSource, colState, colRecords, colLast, colNote)}
	for _, x := range s.Sources {
		note := value(x.LastError)
		if do := value(x.Do); do.En != "" {
			note = in(env, do)
		}
		rows = append(rows, []string{x.Name, x.State, text.Number(x.Records), stamp(value(x.LastRecord)), note})
	}
	if err := table(env, rows...); err != nil {
		return err
	}
	behind := [][]string{}
	for _, st := range s.Stages {
		if st.Behind > 0 {
			behind = append(behind, []string{st.Topic + " → " + st.Stage, msgBehind.Say(text.Args{"n": st.Behind}).In(env.lang)})
		}
	}
	return table(env, behind...)
}

// size writes bytes with a unit of a thousand.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	v, i := float64(n), 0
	for v >= 1000 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + units[i]
}

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"${audit_verify}"`
	List   auditListCmd   `cmd:"" help:"${audit_list}"`
}

type auditVerifyCmd struct{ remote }

// Run verifies the chain of the audit log, through the server or, where none
// runs, in the folder. Exit 3 says that it is not whole.
func (c *auditVerifyCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	answer, err := speaks.VerifyAuditWithResponse(ctx)
	if err = client.Err(answer, err); c.alone(err) && exists(c.Data) {
		verdict, err := app.VerifyAudit(ctx, c.Data)
		if err != nil {
			return err
		}
		out, err := convert[client.AuditVerdict](verdict)
		if err != nil {
			return err
		}
		return c.show(env, &out)
	}
	if err != nil {
		return c.explain(env, err)
	}
	return c.show(env, answer.JSON200)
}

func (c *auditVerifyCmd) show(env Env, v *client.AuditVerdict) error {
	if c.Format == "ndjson" {
		if err := line(env, v); err != nil {
			return err
		}
	} else {
		for _, s := range v.Say {
			fmt.Fprintln(env.Stdout, printable(in(env, s)))
		}
	}
	if !v.Whole {
		return exitStatus(ExitFound)
	}
	return nil
}

type auditListCmd struct {
	remote
	Actor  string `placeholder:"ID" help:"${audit_actor}"`
	Action string `placeholder:"ACTION" help:"${audit_action}"`
	Object string `placeholder:"ID" help:"${audit_object}"`
	Since  string `placeholder:"TIME" help:"${choose_since}"`
	Until  string `placeholder:"TIME" help:"${choose_until}"`
	Limit  int    `default:"50" placeholder:"N" help:"${choose_limit}"`
	All    bool   `help:"${audit_all}"`
}

// Run lists who did what, the latest first.
func (c *auditListCmd) Run(ctx context.Context, env Env) error {
	from, err1 := parseTime("--since", c.Since)
	to, err2 := parseTime("--until", c.Until)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	if c.All {
		_, err := speaks.ExportAudit(ctx, env.Stdout)
		return c.explain(env, err)
	}
	params := &client.ListAuditParams{Actor: given(c.Actor), Action: given(c.Action), Object: given(c.Object), From: given(from), To: given(to)}
	rows := [][]string{headings(env, colNumber, colTime, colWho, colFrom, colAction, colObject)}
	shown := 0
	err = pages(ctx, func(cursor *string) (*string, bool, error) {
		params.Cursor, params.Limit = cursor, given(int64(min(c.Limit-shown, perPage)))
		answer, err := speaks.ListAuditWithResponse(ctx, params)
		if answer, err = ask(&c.remote, env, answer, err); err != nil {
			return nil, false, err
		}
		for _, e := range answer.JSON200.Items {
			shown++
			if c.Format != "ndjson" {
				rows = append(rows, []string{strconv.FormatInt(e.Sequence, 10), stamp(e.Time), e.Name, value(e.Peer), e.Action, e.Object})
			} else if err := line(env, e); err != nil {
				return nil, false, err
			}
		}
		return answer.JSON200.Next, shown < c.Limit, nil
	})
	if err != nil || c.Format == "ndjson" {
		return err
	}
	return table(env, rows...)
}

type tokenCmd struct {
	Make   tokenMakeCmd   `cmd:"" help:"${token_make}"`
	List   tokenListCmd   `cmd:"" help:"${token_list}"`
	Remove tokenRemoveCmd `cmd:"" help:"${token_remove}"`
}

type tokenMakeCmd struct {
	remote
	Name    string   `arg:"" help:"${token_name}"`
	Scope   []string `placeholder:"ACTION" help:"${token_scope}"`
	Expires string   `placeholder:"TIME|90d" help:"${token_expires}"`
}

// Run makes a token. Only its secret goes to standard output, so that a script
// can take it.
func (c *tokenMakeCmd) Run(ctx context.Context, env Env) error {
	expires, err := endTime("--expires", c.Expires, time.Now())
	if err != nil {
		return err
	}
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	answer, err := speaks.MakeTokenWithResponse(ctx, client.MakeTokenRequest{Name: c.Name, Scopes: c.Scope, Expires: given(expires)})
	if answer, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	if c.Format == "ndjson" {
		return line(env, answer.JSON201)
	}
	fmt.Fprintln(env.Stdout, answer.JSON201.Secret)
	fmt.Fprintln(env.Stderr, msgTokenMade.Say(text.Args{"id": answer.JSON201.ID}).In(env.lang))
	return nil
}

type tokenListCmd struct{ remote }

// Run lists tokens.
func (c *tokenListCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	answer, err := speaks.ListTokensWithResponse(ctx)
	if answer, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	rows := [][]string{headings(env, colID, colName, colUsed, colUntil, colScope)}
	for _, t := range answer.JSON200.Items {
		if c.Format == "ndjson" {
			if err := line(env, t); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{t.ID, t.Name, stamp(value(t.Used)), stamp(value(t.Expires)), strings.Join(t.Scopes, " ")})
	}
	if c.Format == "ndjson" {
		return nil
	}
	return table(env, rows...)
}

type tokenRemoveCmd struct {
	remote
	ID string `arg:"" help:"${token_id}"`
}

// Run removes a token.
func (c *tokenRemoveCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	answer, err := speaks.RemoveTokenWithResponse(ctx, c.ID)
	if _, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr, msgRemoved.Say(text.Args{"id": c.ID}).In(env.lang))
	return nil
}
