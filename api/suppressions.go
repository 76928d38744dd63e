package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/bongsu/bongsu/identity"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/suppress"
)

// Suppressing is what a new suppression is given.
type Suppressing struct {
	Reason       string         `json:"reason" minLength:"1" maxLength:"2048"`
	Scope        incident.Scope `json:"scope" doc:"everything given must hold; something must be given"`
	Until        time.Time      `json:"until,omitempty" doc:"when it ends, within a year"`
	UntilRemoved bool           `json:"until_removed,omitempty" doc:"it ends by hand only; then review is needed"`
	Review       time.Time      `json:"review,omitempty"`
	ApplyToOpen  bool           `json:"apply_to_open,omitempty" doc:"also to findings of incidents that are not closed"`
}

func (x Suppressing) suppression() incident.Suppression {
	return incident.Suppression{
		Reason: x.Reason, Scope: x.Scope, Until: x.Until, UntilRemoved: x.UntilRemoved, Review: x.Review, ApplyToOpen: x.ApplyToOpen,
	}
}

// Suggestion is the narrowest suppression that a finding's own words describe.
type Suggestion struct {
	Scope   incident.Scope `json:"scope"`
	Options string         `json:"options" doc:"the same as options of bongsu suppress, quoted for a shell"`
}

// Preview says what a suppression would silence.
type Preview struct {
	Looked    int       `json:"looked" doc:"findings looked at, the latest"`
	Since     time.Time `json:"since,omitzero"`
	Count     int       `json:"count" doc:"those that it would silence"`
	Incidents int       `json:"incidents" doc:"that they are part of"`
	Whole     int       `json:"whole" doc:"incidents that would have no finding left"`
	Worst     string    `json:"worst" doc:"severity"`
	Examples  []OCSF    `json:"examples"`
}

func (s *server) suppressions() {
	const tag = "suppressions"
	add(s, operation{id: "list-suppressions", method: http.MethodGet, path: "/suppressions", summary: "Suppressions, the latest first", action: identity.ReadSuppressions, tag: tag},
		func(ctx context.Context, in *struct {
			Paging
			Ended bool `query:"ended" doc:"also those that have ended"`
		},
		) (*body[Page[incident.Suppression]], error) {
			list, next, err := s.Desk.Suppressions(ctx, in.Ended, incident.Page{Cursor: in.Cursor, Limit: in.Limit})
			return page(list, next), err
		})
	add(s, operation{id: "get-suppression", method: http.MethodGet, path: "/suppressions/{id}", summary: "One suppression", action: identity.ReadSuppressions, tag: tag, errors: []int{404}},
		func(ctx context.Context, in *ByID) (*body[incident.Suppression], error) {
			x, err := s.Desk.Suppression(ctx, in.ID)
			return &body[incident.Suppression]{x}, err
		})
	add(s, operation{id: "add-suppression", method: http.MethodPost, path: "/suppressions", summary: "Suppress findings, with a reason and an end", action: identity.ChangeSuppressions, tag: tag, status: http.StatusCreated, errors: []int{409, 422}},
		func(ctx context.Context, in *body[Suppressing]) (*body[incident.Suppression], error) {
			x, err := s.Desk.Suppress(ctx, in.Body.suppression())
			return &body[incident.Suppression]{x}, err
		})
	add(s, operation{id: "suggest-suppression", method: http.MethodGet, path: "/findings/{id}/suppression", summary: "What to suppress so that the like of this finding is not told of again; nothing changes. 404 also where the finding names too many to narrow by", action: identity.ReadSuppressions, tag: tag, errors: []int{404}},
		func(ctx context.Context, in *ByID) (*body[Suggestion], error) {
			f, err := s.Desk.Finding(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			scope, ok := suppress.Suggest(&f)
			if !ok {
				return nil, fmt.Errorf("%w: the finding names too many to narrow a suppression by; choose a scope by hand", ErrNotFound)
			}
			return &body[Suggestion]{Suggestion{Scope: scope, Options: scope.Line()}}, nil
		})
	add(s, operation{id: "preview-suppression", method: http.MethodPost, path: "/suppressions/preview", summary: "What a suppression would silence; nothing changes", action: identity.ReadSuppressions, tag: tag, errors: []int{422}},
		func(ctx context.Context, in *struct {
			Spoken
			Body struct {
				Scope incident.Scope `json:"scope"`
			}
		},
		) (*body[Preview], error) {
			p, err := s.Desk.Preview(ctx, incident.Suppression{Scope: in.Body.Scope})
			return &body[Preview]{Preview{
				Looked: p.Looked, Since: p.Since, Count: p.Count, Incidents: p.Incidents, Whole: p.Whole,
				Worst: p.Worst.String(), Examples: ocsf(p.Examples, in.lang()),
			}}, err
		})
	add(s, operation{id: "extend-suppression", method: http.MethodPatch, path: "/suppressions/{id}", summary: "Change when a suppression ends", action: identity.ChangeSuppressions, tag: tag, errors: []int{404, 409, 422}},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Version      int       `json:"version"`
				Until        time.Time `json:"until,omitempty"`
				UntilRemoved bool      `json:"until_removed,omitempty"`
				Review       time.Time `json:"review,omitempty"`
				Reason       string    `json:"reason,omitempty" maxLength:"2048"`
			}
		},
		) (*body[incident.Suppression], error) {
			x, err := s.Desk.Extend(ctx, in.ID, in.Body.Version, incident.Extension{
				Until: in.Body.Until, UntilRemoved: in.Body.UntilRemoved, Review: in.Body.Review, Reason: in.Body.Reason,
			})
			return &body[incident.Suppression]{x}, err
		})
	add(s, operation{id: "remove-suppression", method: http.MethodDelete, path: "/suppressions/{id}", summary: "End a suppression", action: identity.ChangeSuppressions, tag: tag, status: http.StatusNoContent, errors: []int{404, 409}},
		func(ctx context.Context, in *struct {
			ByID
			Version   int  `query:"version" required:"true"`
			BringBack bool `query:"bring_back" doc:"also bring back what it has silenced"`
		},
		) (*struct{}, error) {
			return nil, s.Desk.Unsuppress(ctx, in.ID, in.Version, in.BringBack)
		})
}
