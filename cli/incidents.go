package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/api/client"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/text"
)

// perPage is how much is asked for at once.
const perPage = 200

type incidentsCmd struct {
	List incidentsListCmd `cmd:"" default:"withargs" help:"${incidents_list}"`
	Show incidentsShowCmd `cmd:"" help:"${incidents_show}"`
	Set  incidentsSetCmd  `cmd:"" help:"${incidents_set}"`
	Note incidentsNoteCmd `cmd:"" help:"${incidents_note}"`
}

// An ocsfRecord is what commands show of an incident or a finding.
type ocsfRecord struct {
	Message     string         `json:"message"`
	Severity    event.Severity `json:"severity_id"`
	StartTime   int64          `json:"start_time"`
	EndTime     int64          `json:"end_time"`
	Count       int            `json:"count"`
	FindingInfo struct {
		UID      string `json:"uid"`
		Analytic struct {
			UID string `json:"uid"`
		} `json:"analytic"`
	} `json:"finding_info"`
	Assignee struct {
		Name string `json:"name"`
	} `json:"assignee"`
	Metadata struct {
		UID string `json:"uid"`
	} `json:"metadata"`
	Unmapped struct {
		Rank       int    `json:"rank"`
		State      string `json:"state"`
		Resolution string `json:"resolution"`
		Merged     string `json:"merged_into"`
		Recording  string `json:"recording"`
		Timeline   []struct {
			Time int64     `json:"time"`
			What text.Said `json:"what"`
		} `json:"timeline"`
		EN ocsfWords `json:"en"`
		KO ocsfWords `json:"ko"`
	} `json:"unmapped"`
}

type ocsfWords struct {
	Title   string `json:"title"`
	Account string `json:"account"`
	Why     string `json:"why"`
	Now     string `json:"now"`
	Hush    string `json:"hush"`
}

func (o *ocsfRecord) words(lang text.Lang) ocsfWords {
	if lang == text.Korean {
		return o.Unmapped.KO
	}
	return o.Unmapped.EN
}

func stateName(env Env, state string) string {
	if name := incident.State(state).Name().In(env.lang); name != "" {
		return name
	}
	return state // of a server that knows more of them
}

func millis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func readOCSF(raw json.RawMessage) (o ocsfRecord, err error) {
	if err := json.Unmarshal(raw, &o); err != nil {
		return o, fmt.Errorf("read answer: %w", err)
	}
	if o.Unmapped.State == "" {
		o.Unmapped.State = string(incident.New)
	}
	return o, nil
}

// choice is what lists of findings and incidents are narrowed by.
type choice struct {
	Severity string `placeholder:"SEVERITY" help:"${choose_severity}"`
	Text     string `name:"search" placeholder:"TEXT" help:"${choose_text}"`
	Entity   string `placeholder:"KIND:VALUE" help:"${choose_entity}"`
	Since    string `placeholder:"TIME" help:"${choose_since}"`
	Until    string `placeholder:"TIME" help:"${choose_until}"`
	Of       string `name:"recording" placeholder:"NAME" help:"${choose_recording}"`
	Limit    int    `default:"50" placeholder:"N" help:"${choose_limit}"`
}

type chosen struct {
	severity    event.Severity
	kind, value string
	from, to    time.Time
}

func (c *choice) read() (out chosen, err error) {
	if c.Severity != "" {
		if out.severity, err = parseSeverity(c.Severity); err != nil {
			return out, err
		}
	}
	if c.Entity != "" {
		var ok bool
		if out.kind, out.value, ok = strings.Cut(c.Entity, ":"); !ok {
			return out, fmt.Errorf("%w: --entity %q is not KIND:VALUE such as ip:192.0.2.10 or user:jiwoo", ErrUsage, c.Entity)
		}
	}
	if out.from, err = parseTime("--since", c.Since); err != nil {
		return out, err
	}
	out.to, err = parseTime("--until", c.Until)
	return out, err
}

type incidentsListCmd struct {
	remote
	choice
	State []string `enum:"new,open,contained,closed" help:"${incidents_state}"`
	Owner string   `placeholder:"NAME" help:"${incidents_owner}"`
}

// Run lists incidents, what to look at first first.
func (c *incidentsListCmd) Run(ctx context.Context, env Env) error {
	chosen, err := c.read()
	if err != nil {
		return err
	}
	params := &client.ListIncidentsParams{
		State: c.State, Severity: given(int32(chosen.severity)), Owner: given(c.Owner), Q: given(c.Text),
		EntityKind: given(chosen.kind), Entity: given(chosen.value), From: given(chosen.from), To: given(chosen.to), Recording: given(c.Of),
	}
	list, err := listIncidents(ctx, env, &c.remote, params, c.Limit)
	if err != nil {
		return err
	}
	return showIncidents(env, &c.remote, list)
}

// listIncidents returns the first n.
func listIncidents(ctx context.Context, env Env, r *remote, params *client.ListIncidentsParams, n int) (list []client.OCSF, err error) {
	c, err := r.client(env)
	if err != nil {
		return nil, err
	}
	err = pages(ctx, func(cursor *string) (*string, bool, error) {
		params.Cursor, params.Limit = cursor, given(int64(min(n-len(list), perPage)))
		answer, err := c.ListIncidentsWithResponse(ctx, params)
		if answer, err = ask(r, env, answer, err); err != nil {
			return nil, false, err
		}
		list = append(list, answer.JSON200.Items...)
		return answer.JSON200.Next, len(list) < n, nil
	})
	return list, err
}

func showIncidents(env Env, r *remote, list []client.OCSF) error {
	rows := [][]string{headings(env, colRank, colSeverity, colState, colOwner, colLast, colID, colTitle)}
	for _, raw := range list {
		if r.Format == "ndjson" {
			if err := line(env, raw); err != nil {
				return err
			}
			continue
		}
		o, err := readOCSF(raw)
		if err != nil {
			return err
		}
		rows = append(rows, []string{
			strconv.Itoa(o.Unmapped.Rank), severity(env, o.Severity), stateName(env, o.Unmapped.State), o.Assignee.Name, stamp(millis(o.EndTime)), o.Metadata.UID, o.words(env.lang).Title,
		})
	}
	if r.Format == "ndjson" {
		return nil
	}
	if len(list) == 0 {
		fmt.Fprintln(env.Stdout, say(env.lang, msgNoIncidents))
		return nil
	}
	return table(env, rows...)
}

type incidentsShowCmd struct {
	remote
	ID string `arg:"" help:"${incident_id}"`
}

// Run shows one incident.
func (c *incidentsShowCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	answer, err := speaks.GetIncidentWithResponse(ctx, c.ID, nil)
	if answer, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	return showIncident(env, &c.remote, answer.JSON200)
}

func showIncident(env Env, r *remote, d *client.IncidentDetail) error {
	if r.Format == "ndjson" {
		return line(env, d)
	}
	o, err := readOCSF(d.Incident)
	if err != nil {
		return err
	}
	w := o.words(env.lang)
	paragraph := func(head text.Message, body string) {
		if body != "" {
			fmt.Fprintf(env.Stdout, "\n%s\n  %s\n", say(env.lang, head), strings.ReplaceAll(printable(body), "\n", "\n  "))
		}
	}
	state := stateName(env, o.Unmapped.State)
	if o.Unmapped.Resolution != "" {
		state += " (" + incident.Resolution(o.Unmapped.Resolution).Name().In(env.lang) + ")"
	}
	fmt.Fprintf(env.Stdout, "%s\n%s\n", printable(w.Title), printable(msgIncidentLine.Say(text.Args{
		"id": o.Metadata.UID, "severity": severity(env, o.Severity), "rank": strconv.Itoa(o.Unmapped.Rank), "state": state,
		"findings": int64(o.Count), "from": stamp(millis(o.StartTime)), "to": stamp(millis(o.EndTime)), "version": strconv.FormatInt(d.Version, 10),
	}).In(env.lang)))
	if o.Assignee.Name != "" {
		paragraph(colOwner, o.Assignee.Name)
	}
	if o.Unmapped.Merged != "" {
		paragraph(headMerged, o.Unmapped.Merged)
	}
	paragraph(headAccount, w.Account)
	paragraph(headWhy, w.Why)
	paragraph(headNow, w.Now)
	var moments, history, notes []string
	for _, m := range o.Unmapped.Timeline {
		moments = append(moments, stamp(millis(m.Time))+"  "+m.What.In(env.lang))
	}
	for _, h := range d.History {
		history = append(history, stamp(h.Time)+"  "+h.Actor+": "+in(env, h.What))
	}
	for _, n := range d.Notes {
		notes = append(notes, stamp(n.Time)+"  "+n.Author+": "+n.Text)
	}
	paragraph(headTimeline, strings.Join(moments, "\n"))
	paragraph(headNotes, strings.Join(notes, "\n"))
	paragraph(headHistory, strings.Join(history, "\n"))
	var hush []string
	for _, raw := range d.Findings {
		f, err := readOCSF(raw)
		if err != nil {
			return err
		}
		hush = append(hush, f.FindingInfo.UID+"  "+f.words(env.lang).Title)
	}
	paragraph(headFindings, strings.Join(hush, "\n"))
	return nil
}

type incidentsSetCmd struct {
	remote
	ID         string `arg:"" help:"${incident_id}"`
	State      string `enum:"open,contained,closed," default:"" help:"${incident_state}"`
	Resolution string `enum:"true_positive,false_positive,benign,duplicate," default:"" help:"${incident_resolution}"`
	Owner      string `placeholder:"NAME" help:"${incident_owner}"`
	NoOwner    bool   `help:"${incident_no_owner}"`
	Note       string `placeholder:"TEXT" help:"${incident_note}"`
	Seen       int64  `name:"seen-version" placeholder:"N" help:"${incident_version}"`
	Undo       bool   `help:"${incident_undo}"`
}

// Run changes an incident.
func (c *incidentsSetCmd) Run(ctx context.Context, env Env) error {
	changes := c.State != "" || c.Resolution != "" || c.Owner != "" || c.NoOwner || c.Note != ""
	switch {
	case c.Undo && changes:
		return fmt.Errorf("%w: --undo goes alone", ErrUsage)
	case !c.Undo && !changes:
		return fmt.Errorf("%w: nothing to set; give --state, --owner, --note or --undo", ErrUsage)
	case c.Owner != "" && c.NoOwner:
		return fmt.Errorf("%w: --owner and --no-owner are opposites", ErrUsage)
	case c.State == "closed" && c.Resolution == "":
		return fmt.Errorf("%w: --state closed wants --resolution true_positive, false_positive, benign or duplicate", ErrUsage)
	}
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	version := c.Seen
	if version == 0 {
		now, err := speaks.GetIncidentWithResponse(ctx, c.ID, nil)
		if now, err = ask(&c.remote, env, now, err); err != nil {
			return err
		}
		version = now.JSON200.Version
	}
	if c.Undo {
		answer, err := speaks.UndoIncidentWithResponse(ctx, c.ID, nil, client.UndoIncidentRequest{Version: version})
		if answer, err = ask(&c.remote, env, answer, err); err != nil {
			return err
		}
		return showIncident(env, &c.remote, answer.JSON200)
	}
	change := client.ChangeIncidentRequest{
		Version: version, State: given(client.ChangeIncidentRequestState(c.State)),
		Resolution: given(client.ChangeIncidentRequestResolution(c.Resolution)), Owner: given(c.Owner), Note: given(c.Note),
	}
	if c.NoOwner {
		change.Owner = new(string)
	}
	answer, err := speaks.ChangeIncidentWithResponse(ctx, c.ID, nil, change)
	if answer, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	return showIncident(env, &c.remote, answer.JSON200)
}

type incidentsNoteCmd struct {
	remote
	ID   string   `arg:"" help:"${incident_id}"`
	Text []string `arg:"" help:"${incident_note}"`
}

// Run writes a note.
func (c *incidentsNoteCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	answer, err := speaks.NoteIncidentWithResponse(ctx, c.ID, nil, client.NoteIncidentRequest{Text: strings.Join(c.Text, " ")})
	if answer, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	return showIncident(env, &c.remote, answer.JSON201)
}

type findingsCmd struct {
	List findingsListCmd `cmd:"" default:"withargs" help:"${findings_list}"`
	Show findingsShowCmd `cmd:"" help:"${findings_show}"`
}

type findingsListCmd struct {
	remote
	choice
	Detector   string `placeholder:"NAME" help:"${findings_detector}"`
	Rule       string `placeholder:"DETECTOR/RULE" help:"${findings_rule}"`
	Suppressed string `enum:"yes,no,both" default:"no" help:"${findings_suppressed}"`
}

// Run lists findings, the latest first.
func (c *findingsListCmd) Run(ctx context.Context, env Env) error {
	chosen, err := c.read()
	if err != nil {
		return err
	}
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	params := &client.ListFindingsParams{
		Detector: given(c.Detector), Rule: given(c.Rule), Severity: given(int32(chosen.severity)), Q: given(c.Text),
		EntityKind: given(chosen.kind), Entity: given(chosen.value), From: given(chosen.from), To: given(chosen.to), Recording: given(c.Of),
	}
	switch c.Suppressed {
	case "yes":
		params.Suppressed = given(client.ListFindingsParamsSuppressed("true"))
	case "no":
		params.Suppressed = given(client.ListFindingsParamsSuppressed("false"))
	}
	rows := [][]string{headings(env, colSeverity, colLast, colRule, colID, colTitle)}
	shown := 0
	err = pages(ctx, func(cursor *string) (*string, bool, error) {
		params.Cursor, params.Limit = cursor, given(int64(min(c.Limit-shown, perPage)))
		answer, err := speaks.ListFindingsWithResponse(ctx, params)
		if answer, err = ask(&c.remote, env, answer, err); err != nil {
			return nil, false, err
		}
		for _, raw := range answer.JSON200.Items {
			shown++
			if c.Format == "ndjson" {
				if err := line(env, raw); err != nil {
					return nil, false, err
				}
				continue
			}
			o, err := readOCSF(raw)
			if err != nil {
				return nil, false, err
			}
			rows = append(rows, []string{severity(env, o.Severity), stamp(millis(o.EndTime)), o.FindingInfo.Analytic.UID, o.FindingInfo.UID, o.words(env.lang).Title})
		}
		return answer.JSON200.Next, shown < c.Limit, nil
	})
	if err != nil || c.Format == "ndjson" {
		return err
	}
	if shown == 0 {
		fmt.Fprintln(env.Stdout, say(env.lang, msgNoFindings))
		return nil
	}
	return table(env, rows...)
}

type findingsShowCmd struct {
	remote
	ID string `arg:"" help:"${finding_id}"`
}

// Run shows one finding.
func (c *findingsShowCmd) Run(ctx context.Context, env Env) error {
	speaks, err := c.client(env)
	if err != nil {
		return err
	}
	answer, err := speaks.GetFindingWithResponse(ctx, c.ID, nil)
	if answer, err = ask(&c.remote, env, answer, err); err != nil {
		return err
	}
	if c.Format == "ndjson" {
		return line(env, *answer.JSON200)
	}
	o, err := readOCSF(*answer.JSON200)
	if err != nil {
		return err
	}
	w := o.words(env.lang)
	fmt.Fprintf(env.Stdout, "%s\n%s  %s  %s – %s\n", printable(w.Title), o.FindingInfo.UID, severity(env, o.Severity), stamp(millis(o.StartTime)), stamp(millis(o.EndTime)))
	for _, p := range []struct {
		head text.Message
		body string
	}{{headWhy, w.Why}, {headNow, w.Now}, {headHush, w.Hush}} {
		if p.body != "" {
			fmt.Fprintf(env.Stdout, "\n%s\n  %s\n", say(env.lang, p.head), strings.ReplaceAll(printable(p.body), "\n", "\n  "))
		}
	}
	suggested, err := speaks.SuggestSuppressionWithResponse(ctx, c.ID)
	if client.Err(suggested, err) == nil { // where it names too many, a person decides
		fmt.Fprintf(env.Stdout, "  bongsu suppress %s --until 30d --reason '…'\n", printable(suggested.JSON200.Options))
	}
	return nil
}
