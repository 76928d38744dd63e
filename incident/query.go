package incident

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/suppress"
)

// Incidents returns a page of incidents without their findings, and the cursor
// of the next page, "" at the end.
func (d *Desk) Incidents(ctx context.Context, filter Filter, page Page) ([]Incident, string, error) {
	return d.cfg.Incidents.ListIncidents(ctx, filter, page)
}

// MaxDetail bounds the findings that Incident returns with an incident. The
// rest is listed by Findings.
const MaxDetail = 500

// A Detail is all that is known of an incident.
type Detail struct {
	Incident          // with its first MaxDetail findings
	Notes      []Note // the oldest first
	History    []Step // the oldest first
	Suppressed int    // findings that were part of it and are suppressed
}

// Incident returns an incident, also one that was merged into another: then it
// has no findings, and Life.MergedInto says where it goes on. ErrNotFound.
func (d *Desk) Incident(ctx context.Context, id string) (Detail, error) {
	found, err := d.cfg.Incidents.IncidentsByID(ctx, []string{id})
	if err != nil {
		return Detail{}, err
	}
	if len(found) == 0 {
		return Detail{}, fmt.Errorf("incident %q: %w", id, ErrNotFound)
	}
	out := Detail{Incident: found[0]}
	no, yes := false, true
	out.Findings, _, err = d.cfg.Findings.ListFindings(ctx, FindingFilter{IncidentID: id, Suppressed: &no, OldestFirst: true}, Page{Limit: MaxDetail})
	if err != nil {
		return Detail{}, err
	}
	if out.Notes, err = d.cfg.Incidents.Notes(ctx, id); err != nil {
		return Detail{}, err
	}
	if out.History, err = d.cfg.Incidents.History(ctx, id); err != nil {
		return Detail{}, err
	}
	counts, err := d.cfg.Findings.CountFindings(ctx, FindingFilter{IncidentID: id, Suppressed: &yes})
	if err != nil {
		return Detail{}, err
	}
	for _, n := range counts {
		out.Suppressed += n
	}
	return out, nil
}

// Findings returns a page of findings and the cursor of the next page, "" at
// the end. Growth of the last seconds may be missing.
func (d *Desk) Findings(ctx context.Context, filter FindingFilter, page Page) ([]detect.Finding, string, error) {
	return d.cfg.Findings.ListFindings(ctx, filter, page)
}

// Finding returns one finding. ErrNotFound.
func (d *Desk) Finding(ctx context.Context, id string) (detect.Finding, error) {
	found, err := d.cfg.Findings.FindingsByID(ctx, []string{id})
	if err != nil {
		return detect.Finding{}, err
	}
	if len(found) == 0 {
		return detect.Finding{}, fmt.Errorf("finding %q: %w", id, ErrNotFound)
	}
	return found[0], nil
}

// Headline is what to know at a glance.
type Headline struct {
	Incidents map[State]int          // by state; merged ones are not counted
	Waiting   map[event.Severity]int // new and open ones, by severity
	Unowned   int                    // new and open ones that nobody owns
	Worst     event.Severity         // of new and open ones
}

// Headline counts the incidents of an organisation, "" for all.
func (d *Desk) Headline(ctx context.Context, tenant string) (Headline, error) {
	h := Headline{Incidents: map[State]int{}, Waiting: map[event.Severity]int{}}
	counts, err := d.cfg.Incidents.CountIncidents(ctx, Filter{Tenant: tenant})
	if err != nil {
		return h, err
	}
	for _, c := range counts {
		h.Incidents[c.State] += c.N
		if c.State == New || c.State == Open {
			h.Waiting[c.Severity] += c.N
			h.Worst = max(h.Worst, c.Severity)
		}
	}
	unowned, err := d.cfg.Incidents.CountIncidents(ctx, Filter{Tenant: tenant, States: []State{New, Open}, Owner: Nobody})
	if err != nil {
		return h, err
	}
	for _, c := range unowned {
		h.Unowned += c.N
	}
	return h, nil
}

// Suppressions returns a page of suppressions, the latest first: those that
// have not ended, or all.
func (d *Desk) Suppressions(ctx context.Context, ended bool, page Page) ([]Suppression, string, error) {
	return d.cfg.Suppressions.ListSuppressions(ctx, ended, page)
}

// Suppression returns one suppression. ErrNotFound.
func (d *Desk) Suppression(ctx context.Context, id string) (Suppression, error) {
	return d.cfg.Suppressions.SuppressionByID(ctx, id)
}

// Bounds of a Preview.
const (
	MaxExamples  = 10
	MaxPreviewed = 20_000 // the latest findings, which it looks at
)

// A Preview says what a suppression would have silenced.
type Preview struct {
	Looked    int              // findings looked at, the latest MaxPreviewed
	Since     time.Time        // the last event of the oldest of them
	Count     int              // those that fit, suppressed ones not counted
	Incidents int              // that they are part of
	Whole     int              // incidents that would have no finding left
	Worst     event.Severity   // of those that fit
	Examples  []detect.Finding // the latest of them
}

// Preview tells what a suppression would silence, by the findings that are
// stored. It changes nothing. Errors: *FieldError.
func (d *Desk) Preview(ctx context.Context, s Suppression) (Preview, error) {
	m, err := s.Scope.Compile()
	if err != nil {
		return Preview{}, err
	}
	var p Preview
	hit := map[string]int{}
	no := false
	err = d.eachFinding(ctx, FindingFilter{Suppressed: &no, Tenant: s.Scope.Tenant}, func(f *detect.Finding) bool {
		p.Looked++
		p.Since = f.Last
		if m.Fits(f, suppress.OnePort(f), d.cfg.Segments) {
			p.Count++
			p.Worst = max(p.Worst, f.Severity)
			if f.Handling.IncidentID != "" {
				hit[f.Handling.IncidentID]++
			}
			if len(p.Examples) < MaxExamples {
				p.Examples = append(p.Examples, *f)
			}
		}
		return p.Looked < MaxPreviewed
	})
	if err != nil {
		return Preview{}, err
	}
	p.Incidents = len(hit)
	ids := map[string]bool{}
	for id := range hit {
		ids[id] = true
	}
	incidents, err := d.incidentsByID(ctx, ids)
	if err != nil {
		return Preview{}, err
	}
	p.Whole = len(slices.DeleteFunc(incidents, func(in Incident) bool { return hit[in.ID] < in.Life.Findings }))
	return p, nil
}
