package statestore

import (
	"context"
	"fmt"
	"slices"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
)

// Incidents keeps package incident's incidents, their history and notes.
type Incidents struct{ store *Store }

// Incidents returns the store of incidents.
func (s *Store) Incidents() *Incidents { return &Incidents{s} }

// SaveIncidents stores incidents, and adds steps and notes.
func (s *Incidents) SaveIncidents(ctx context.Context, w incident.Write) error {
	err := s.store.write(ctx, func(tx conn) error {
		for i := range w.Incidents {
			if err := putIncident(tx, &w.Incidents[i]); err != nil {
				return fmt.Errorf("incident %s: %w", w.Incidents[i].ID, err)
			}
		}
		for _, step := range w.Steps {
			var last int64
			if err := tx.one(`SELECT COALESCE(MAX(sequence), 0) FROM incident_steps WHERE incident = ?`, []any{step.IncidentID}, &last); err != nil {
				return err
			}
			step.Sequence = int(last) + 1
			document, err := toJSON(step)
			if err != nil {
				return err
			}
			if _, err := tx.exec(`INSERT INTO incident_steps (incident, sequence, document) VALUES (?, ?, ?)`, step.IncidentID, last+1, document); err != nil {
				return fmt.Errorf("step %d of incident %s: %w", last+1, step.IncidentID, err)
			}
		}
		for _, n := range w.Notes {
			_, err := tx.exec(`INSERT INTO incident_notes (id, incident, written, author, body) VALUES (?, ?, ?, ?, ?)`, n.ID, n.IncidentID, nanos(n.Time), n.Author, n.Text)
			if err != nil {
				return fmt.Errorf("note of incident %s: %w", n.IncidentID, err)
			}
		}
		for from, to := range w.NotesTo {
			if _, err := tx.exec(`UPDATE incident_notes SET incident = ? WHERE incident = ?`, to, from); err != nil {
				return fmt.Errorf("move notes of incident %s: %w", from, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save incidents: %w", err)
	}
	return nil
}

func putIncident(tx conn, in *incident.Incident) error {
	c := *in
	c.Findings, c.Life = nil, incident.Life{}
	document, err := toJSON(&c)
	if err != nil {
		return err
	}
	entities := entityKey(in.Entities)
	before := ""
	err = tx.one(`SELECT entities FROM incidents WHERE id = ?`, []any{in.ID}, &before)
	if err != nil && !noRows(err) {
		return err
	}
	l := in.Life
	if l.State == "" {
		l.State = incident.New
	}
	_, err = tx.exec(`INSERT INTO incidents (id, severity, incident_rank, first, last, tenant, recording, state, resolution, owner, version, opened, changed, merged_into, findings, entities, words, document)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, incident_rank = excluded.incident_rank, first = excluded.first,
			last = excluded.last, tenant = excluded.tenant, recording = excluded.recording, state = excluded.state,
			resolution = excluded.resolution, owner = excluded.owner, version = excluded.version, opened = excluded.opened,
			changed = excluded.changed, merged_into = excluded.merged_into, findings = excluded.findings,
			entities = excluded.entities, words = excluded.words, document = excluded.document`,
		in.ID, int64(in.Severity), in.Rank, nanos(in.First), nanos(in.Last), in.Tenant, in.Recording, string(l.State), string(l.Resolution),
		l.Owner, l.Version, nanos(l.Opened), nanos(l.Changed), l.MergedInto, l.Findings, entities,
		words(in.Entities, in.Title.EN, in.Title.KO, in.Account.EN, in.Account.KO), document)
	if err != nil || entities == before {
		return err
	}
	return putEntities(tx, "incident", in.ID, in.Entities)
}

const selectIncidents = `SELECT document, state, resolution, owner, version, opened, changed, merged_into, findings FROM incidents`

func readIncident(scan func(...any) error) (incident.Incident, error) {
	var in incident.Incident
	var document string
	var l incident.Life
	var opened, changed int64
	if err := scan(&document, &l.State, &l.Resolution, &l.Owner, &l.Version, &opened, &changed, &l.MergedInto, &l.Findings); err != nil {
		return in, err
	}
	if err := fromJSON(document, &in); err != nil {
		return in, err
	}
	l.Opened, l.Changed = moment(opened), moment(changed)
	in.Life = l
	return in, nil
}

func (s *Incidents) read(ctx context.Context, rest string, args []any) ([]incident.Incident, error) {
	var out []incident.Incident
	err := s.store.read(ctx).each(selectIncidents+rest, args, func(scan func(...any) error) error {
		in, err := readIncident(scan)
		out = append(out, in)
		return err
	})
	return out, err
}

// IncidentsByID returns those of ids that there are.
func (s *Incidents) IncidentsByID(ctx context.Context, ids []string) ([]incident.Incident, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var where conditions
	where.in("id", ids)
	out, err := s.read(ctx, where.sql(), where.args)
	if err != nil {
		return nil, fmt.Errorf("read incidents: %w", err)
	}
	return out, nil
}

var (
	incidentsByRank = keyset{noun: "incidents by rank", columns: []string{"incident_rank", "last", "id"}, descending: true}
	incidentsByTime = keyset{noun: "incidents by time", columns: []string{"last", "id"}, descending: true}
)

// ListIncidents returns a page of incidents.
func (s *Incidents) ListIncidents(ctx context.Context, filter incident.Filter, page incident.Page) ([]incident.Incident, string, error) {
	list := incidentsByRank
	if filter.Order == incident.ByTime {
		list = incidentsByTime
	}
	where := incidentConditions(filter)
	if err := list.from(&where, page.Cursor); err != nil {
		return nil, "", err
	}
	n := limit(page.Limit)
	out, err := s.read(ctx, where.sql()+list.order()+` LIMIT ?`, append(where.args, n+1))
	if err != nil {
		return nil, "", fmt.Errorf("list incidents: %w", err)
	}
	if len(out) <= n {
		return out, "", nil
	}
	out = out[:n]
	last := &out[n-1]
	if filter.Order == incident.ByTime {
		return out, list.cursor(nanos(last.Last), last.ID), nil
	}
	return out, list.cursor(int64(last.Rank), nanos(last.Last), last.ID), nil
}

func incidentConditions(filter incident.Filter) conditions {
	var where conditions
	where.in("state", texts(filter.States))
	where.in("resolution", texts(filter.Resolutions))
	if filter.MinSeverity > 0 {
		where.add("severity >= ?", int64(filter.MinSeverity))
	}
	switch filter.Owner {
	case "":
	case incident.Nobody:
		where.add("owner = ''")
	default:
		where.add("owner = ?", filter.Owner)
	}
	where.containing("words", filter.Text)
	if filter.EntityValue != "" {
		where.add("id IN (SELECT incident FROM incident_entities WHERE kind = ? AND value = ?)", filter.EntityKind, filter.EntityValue)
	}
	if !filter.From.IsZero() {
		where.add("last >= ?", nanos(filter.From))
	}
	if !filter.To.IsZero() {
		where.add("first < ?", nanos(filter.To))
	}
	where.recording("recording", filter.Recording)
	if filter.Tenant != "" {
		where.add("tenant = ?", filter.Tenant)
	}
	if !filter.Merged {
		where.add("merged_into = ''")
	}
	return where
}

// CountIncidents counts by state and severity.
func (s *Incidents) CountIncidents(ctx context.Context, filter incident.Filter) ([]incident.Count, error) {
	where := incidentConditions(filter)
	var out []incident.Count
	err := s.store.read(ctx).each(`SELECT state, severity, COUNT(*) FROM incidents`+where.sql()+` GROUP BY state, severity ORDER BY state, severity`,
		where.args, func(scan func(...any) error) error {
			var state string
			var severity, n int64
			if err := scan(&state, &severity, &n); err != nil {
				return err
			}
			out = append(out, incident.Count{State: incident.State(state), Severity: event.Severity(severity), N: int(n)})
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("count incidents: %w", err)
	}
	return out, nil
}

// History returns the latest steps of an incident, in their order.
func (s *Incidents) History(ctx context.Context, id string) ([]incident.Step, error) {
	var out []incident.Step
	err := s.store.read(ctx).each(`SELECT document FROM incident_steps WHERE incident = ? ORDER BY sequence DESC LIMIT ?`, []any{id, incident.MaxSteps},
		func(scan func(...any) error) error {
			var document string
			if err := scan(&document); err != nil {
				return err
			}
			var step incident.Step
			err := fromJSON(document, &step)
			out = append(out, step)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read history of incident %s: %w", id, err)
	}
	slices.Reverse(out)
	return out, nil
}

// Notes returns the notes of an incident, the oldest first.
func (s *Incidents) Notes(ctx context.Context, id string) ([]incident.Note, error) {
	var out []incident.Note
	err := s.store.read(ctx).each(`SELECT id, incident, written, author, body FROM incident_notes WHERE incident = ? ORDER BY written, id`, []any{id},
		func(scan func(...any) error) error {
			var n incident.Note
			var written int64
			err := scan(&n.ID, &n.IncidentID, &written, &n.Author, &n.Text)
			n.Time = moment(written)
			out = append(out, n)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read notes of incident %s: %w", id, err)
	}
	return out, nil
}

// WithdrawIncidents removes the incidents of a recording and returns their ids.
func (s *Incidents) WithdrawIncidents(ctx context.Context, recording string) ([]string, error) {
	var ids []string
	err := s.store.write(ctx, func(tx conn) error {
		ids = nil
		err := tx.each(`SELECT id FROM incidents WHERE recording = ? ORDER BY id`, []any{recording}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
		if err != nil {
			return err
		}
		_, err = tx.exec(`DELETE FROM incidents WHERE recording = ?`, recording)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("withdraw incidents: %w", err)
	}
	return ids, nil
}
