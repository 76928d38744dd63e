package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/text"
)

func peerOf(ctx context.Context) string { return audit.ActorOf(ctx).Peer }

// Spoken is the language that an answer's words are wanted in.
type Spoken struct {
	Lang   string `query:"lang" enum:"ko,en" doc:"language of OCSF's own members; both stand in unmapped. Without it Accept-Language decides"`
	Accept string `header:"Accept-Language" hidden:"true"`
}

func (l Spoken) lang() text.Lang {
	if l.Lang != "" {
		return text.Lang(l.Lang)
	}
	if strings.HasPrefix(strings.ToLower(l.Accept), "ko") {
		return text.Korean
	}
	return text.English
}

// OCSF is one object of the Open Cybersecurity Schema Framework.
type OCSF json.RawMessage

// MarshalJSON writes the object as it is.
func (o OCSF) MarshalJSON() ([]byte, error) { return json.RawMessage(o).MarshalJSON() }

// Schema describes the object.
func (OCSF) Schema(r huma.Registry) *huma.Schema {
	const name = "OCSF"
	if r.Map()[name] == nil {
		r.Map()[name] = &huma.Schema{
			Type: huma.TypeObject, AdditionalProperties: true,
			Description: "An object of the Open Cybersecurity Schema Framework: https://schema.ocsf.io",
		}
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

// IncidentDetail is an incident with all that is known of it.
type IncidentDetail struct {
	Incident OCSF            `json:"incident" doc:"OCSF Incident Finding (2005)"`
	Version  int             `json:"version" doc:"to be given with a change"`
	Findings []OCSF          `json:"findings" doc:"OCSF Detection Findings (2004)"`
	Notes    []Note          `json:"notes"`
	History  []incident.Step `json:"history"`
}

// Note is what somebody wrote down.
type Note struct {
	ID     string    `json:"id"`
	Time   time.Time `json:"time"`
	Author string    `json:"author"`
	Text   string    `json:"text"`
}

// Headline is what to know at a glance.
type Headline struct {
	Incidents map[incident.State]int `json:"incidents" doc:"by state"`
	Waiting   map[string]int         `json:"waiting" doc:"new and open ones by severity"`
	Unowned   int                    `json:"unowned"`
	Worst     string                 `json:"worst" doc:"severity of new and open ones"`
}

func (s *server) incidents() {
	const tag = "incidents"
	add(s, operation{id: "headline", method: http.MethodGet, path: "/headline", summary: "What to know at a glance", action: identity.ReadIncidents, tag: tag},
		func(ctx context.Context, _ *struct{}) (*body[Headline], error) {
			h, err := s.Desk.Headline(ctx, "")
			out := &body[Headline]{Headline{Incidents: h.Incidents, Waiting: map[string]int{}, Unowned: h.Unowned, Worst: h.Worst.String()}}
			for severity, n := range h.Waiting {
				out.Body.Waiting[severity.String()] = n
			}
			return out, err
		})
	add(s, operation{id: "list-incidents", method: http.MethodGet, path: "/incidents", summary: "Incidents, what to look at first first", action: identity.ReadIncidents, tag: tag},
		func(ctx context.Context, in *struct {
			Paging
			Spoken
			State    []incident.State `query:"state,explode" doc:"new, open, contained, closed"`
			Severity event.Severity   `query:"severity" minimum:"0" maximum:"6" doc:"at least, as OCSF counts"`
			Owner    string           `query:"owner" maxLength:"128"`
			Text     string           `query:"q" maxLength:"256" doc:"in title, account or an entity"`
			Kind     string           `query:"entity_kind" maxLength:"32"`
			Value    string           `query:"entity" maxLength:"256"`
			From     time.Time        `query:"from"`
			To       time.Time        `query:"to"`
			Upload   string           `query:"recording" maxLength:"512" doc:"of this recording; of an upload: its id and a slash; live for none"`
			Order    incident.Order   `query:"order" enum:"rank,time" default:"rank"`
		},
		) (*body[Page[OCSF]], error) {
			f := incident.Filter{
				States: in.State, MinSeverity: in.Severity, Owner: in.Owner, Text: in.Text,
				EntityKind: in.Kind, EntityValue: in.Value, From: in.From, To: in.To, Recording: recording(in.Upload), Order: in.Order,
			}
			list, next, err := s.Desk.Incidents(ctx, f, incident.Page{Cursor: in.Cursor, Limit: in.Limit})
			var out []OCSF
			for i := range list {
				out = append(out, list[i].AppendOCSF(nil, in.lang()))
			}
			return page(out, next), err
		})
	add(s, operation{id: "get-incident", method: http.MethodGet, path: "/incidents/{id}", summary: "One incident, with findings, notes and history", action: identity.ReadIncidents, tag: tag, errors: []int{404}},
		func(ctx context.Context, in *struct {
			ByID
			Spoken
		},
		) (*body[IncidentDetail], error) {
			return s.incident(ctx, in.ID, in.lang())
		})
	add(s, operation{id: "change-incident", method: http.MethodPatch, path: "/incidents/{id}", summary: "Change state, resolution or owner, with a note if wanted", action: identity.ChangeIncidents, tag: tag, errors: []int{404, 409, 422}},
		func(ctx context.Context, in *struct {
			ByID
			Spoken
			Body struct {
				Version    int                 `json:"version" doc:"that was seen; a change by somebody else since is a conflict"`
				State      incident.State      `json:"state,omitempty" enum:"open,contained,closed"`
				Resolution incident.Resolution `json:"resolution,omitempty" enum:"true_positive,false_positive,benign,duplicate"`
				Owner      *string             `json:"owner,omitempty" maxLength:"128" doc:"empty: nobody"`
				Note       string              `json:"note,omitempty" maxLength:"8192"`
			}
		},
		) (*body[IncidentDetail], error) {
			_, err := s.Desk.Edit(ctx, in.ID, incident.Edit{
				Version: in.Body.Version, State: in.Body.State, Resolution: in.Body.Resolution, Owner: in.Body.Owner, Note: in.Body.Note,
			})
			if err != nil {
				return nil, err
			}
			return s.incident(ctx, in.ID, in.lang())
		})
	add(s, operation{id: "note-incident", method: http.MethodPost, path: "/incidents/{id}/notes", summary: "Write a note", action: identity.ChangeIncidents, tag: tag, status: http.StatusCreated, errors: []int{404, 422}},
		func(ctx context.Context, in *struct {
			ByID
			Spoken
			Body struct {
				Text string `json:"text" minLength:"1" maxLength:"8192"`
			}
		},
		) (*body[IncidentDetail], error) {
			if _, err := s.Desk.Edit(ctx, in.ID, incident.Edit{Note: in.Body.Text}); err != nil {
				return nil, err
			}
			return s.incident(ctx, in.ID, in.lang())
		})
	add(s, operation{id: "undo-incident", method: http.MethodPost, path: "/incidents/{id}/undo", summary: "Take the last change of state back", action: identity.ChangeIncidents, tag: tag, errors: []int{404, 409}},
		func(ctx context.Context, in *struct {
			ByID
			Spoken
			Body struct {
				Version int `json:"version"`
			}
		},
		) (*body[IncidentDetail], error) {
			if _, err := s.Desk.Undo(ctx, in.ID, in.Body.Version); err != nil {
				return nil, err
			}
			return s.incident(ctx, in.ID, in.lang())
		})
	s.findings()
}

func recording(asked string) *string {
	switch asked {
	case "":
		return nil
	case "live":
		asked = ""
	}
	return &asked
}

func (s *server) incident(ctx context.Context, id string, lang text.Lang) (*body[IncidentDetail], error) {
	d, err := s.Desk.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &body[IncidentDetail]{IncidentDetail{
		Incident: d.AppendOCSF(nil, lang), Version: d.Life.Version, Findings: []OCSF{}, Notes: []Note{}, History: d.History,
	}}
	for i := range d.Findings {
		out.Body.Findings = append(out.Body.Findings, d.Findings[i].AppendOCSF(nil, lang))
	}
	for _, n := range d.Notes {
		out.Body.Notes = append(out.Body.Notes, Note{n.ID, n.Time, n.Author, n.Text})
	}
	return out, nil
}

func (s *server) findings() {
	const tag = "findings"
	add(s, operation{id: "list-findings", method: http.MethodGet, path: "/findings", summary: "Findings, the latest first", action: identity.ReadFindings, tag: tag},
		func(ctx context.Context, in *struct {
			Paging
			Spoken
			Detector   string         `query:"detector" maxLength:"64"`
			Rule       string         `query:"rule" maxLength:"256" doc:"detector/rule"`
			Severity   event.Severity `query:"severity" minimum:"0" maximum:"6" doc:"at least, as OCSF counts"`
			Text       string         `query:"q" maxLength:"256"`
			Kind       string         `query:"entity_kind" maxLength:"32"`
			Value      string         `query:"entity" maxLength:"256"`
			From       time.Time      `query:"from"`
			To         time.Time      `query:"to"`
			Upload     string         `query:"recording" maxLength:"512" doc:"of this recording; of an upload: its id and a slash; live for none"`
			Suppressed string         `query:"suppressed" enum:"true,false" doc:"both, where it is left out"`
		},
		) (*body[Page[OCSF]], error) {
			f := incident.FindingFilter{
				Detector: in.Detector, Rule: in.Rule, MinSeverity: in.Severity, Text: in.Text,
				EntityKind: in.Kind, EntityValue: in.Value, From: in.From, To: in.To, Recording: recording(in.Upload),
			}
			if in.Suppressed != "" {
				yes := in.Suppressed == "true"
				f.Suppressed = &yes
			}
			list, next, err := s.Desk.Findings(ctx, f, incident.Page{Cursor: in.Cursor, Limit: in.Limit})
			return page(ocsf(list, in.lang()), next), err
		})
	add(s, operation{id: "get-finding", method: http.MethodGet, path: "/findings/{id}", summary: "One finding", action: identity.ReadFindings, tag: tag, errors: []int{404}},
		func(ctx context.Context, in *struct {
			ByID
			Spoken
		},
		) (*body[OCSF], error) {
			f, err := s.Desk.Finding(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &body[OCSF]{f.AppendOCSF(nil, in.lang())}, nil
		})
}

func ocsf(list []detect.Finding, lang text.Lang) []OCSF {
	out := make([]OCSF, 0, len(list))
	for i := range list {
		out = append(out, list[i].AppendOCSF(nil, lang))
	}
	return out
}
