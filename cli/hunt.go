package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/api/client"
	"github.com/bongsu/bongsu/text"
)

type huntCmd struct {
	remote
	Query []string `arg:"" optional:"" help:"${hunt_query}"`
	Limit int      `default:"50" placeholder:"N" help:"${hunt_limit}"`
	All   bool     `help:"${hunt_all}"`
	Zone  string   `placeholder:"ZONE" help:"${hunt_zone}"`
}

// Run asks a question about stored events.
func (c *huntCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	query := strings.Join(c.Query, " ")
	if c.All {
		_, err := speaks.ExportHunt(ctx, env.Stdout, query, c.Zone)
		return c.explain(env, err)
	}
	question := client.Question{Query: query, Limit: given(int64(c.Limit)), Zone: given(c.Zone)}
	answer, err := speaks.HuntWithResponse(ctx, question)
	if answer, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	a := answer.JSON200
	if c.Format == "ndjson" {
		return c.lines(env, a)
	}
	fmt.Fprintln(env.Stderr, printable(in(env, a.Explanation)))
	if err := c.show(env, a); err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr, msgScanned.Say(text.Args{"rows": a.Rows, "segments": a.Segments, "took": strconv.FormatFloat(a.Took, 'f', 3, 64)}).In(env.lang))
	if p := value(a.Partial); p != "" {
		fmt.Fprintln(env.Stderr, msgPartial.Say(text.Args{"why": printable(p)}).In(env.lang))
	}
	if value(a.Next) != "" {
		fmt.Fprintln(env.Stderr, say(env.lang, msgMoreEvents))
	}
	return nil
}

func (c *huntCmd) lines(env Env, a *client.HuntAnswer) error {
	for _, e := range a.Events {
		if err := line(env, e); err != nil {
			return err
		}
	}
	for _, g := range a.Groups {
		if err := line(env, g); err != nil {
			return err
		}
	}
	for _, b := range a.Buckets {
		if err := line(env, b); err != nil {
			return err
		}
	}
	return nil
}

func (c *huntCmd) show(env Env, a *client.HuntAnswer) error {
	var rows [][]string
	for _, raw := range a.Events {
		cells, err := eventCells(raw)
		if err != nil {
			return err
		}
		rows = append(rows, cells)
	}
	for _, g := range a.Groups {
		rows = append(rows, append([]string{text.Number(g.Count)}, g.Values...))
	}
	for _, b := range a.Buckets {
		rows = append(rows, []string{stamp(b.Start), value(b.Value), text.Number(b.Count)})
	}
	if len(rows) == 0 {
		fmt.Fprintln(env.Stdout, say(env.lang, msgNoEvents))
		return nil
	}
	return table(env, rows...)
}

// eventCells are what a line of a table shows of an event: when, what, between
// whom, and what it says.
func eventCells(raw json.RawMessage) ([]string, error) {
	type endpoint struct {
		IP       string `json:"ip"`
		Hostname string `json:"hostname"`
		Port     int    `json:"port"`
	}
	var e struct {
		Time     int64    `json:"time"`
		Type     string   `json:"type_name"`
		Message  string   `json:"message"`
		Src      endpoint `json:"src_endpoint"`
		Dst      endpoint `json:"dst_endpoint"`
		Metadata struct {
			UID string `json:"uid"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	name := func(p endpoint) string {
		who := p.IP
		if who == "" {
			who = p.Hostname
		}
		if p.Port != 0 {
			who += ":" + strconv.Itoa(p.Port)
		}
		if who == "" {
			return "-"
		}
		return who
	}
	return []string{stamp(millis(e.Time)), e.Type, name(e.Src), name(e.Dst), e.Message, e.Metadata.UID}, nil
}
