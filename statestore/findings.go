package statestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
)

// Findings keeps package incident's findings.
type Findings struct{ store *Store }

// Findings returns the store of findings.
func (s *Store) Findings() *Findings { return &Findings{s} }

// PutFindings stores findings in their latest state.
func (s *Findings) PutFindings(ctx context.Context, findings []detect.Finding) error {
	err := s.store.write(ctx, func(tx conn) error {
		rules := map[*detect.Rule]bool{}
		for i := range findings {
			f := &findings[i]
			if f.Rule != nil && !rules[f.Rule] {
				rules[f.Rule] = true
				if err := putRule(tx, f.Rule); err != nil {
					return err
				}
			}
			if err := putFinding(tx, f); err != nil {
				return fmt.Errorf("finding %s: %w", f.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("put findings: %w", err)
	}
	return nil
}

func putRule(tx conn, r *detect.Rule) error {
	document, err := toJSON(r)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO finding_rules (detector, name, document) VALUES (?, ?, ?)
		ON CONFLICT (detector, name) DO UPDATE SET document = excluded.document
		WHERE excluded.document <> finding_rules.document`, r.Detector, r.Name, document)
	return err
}

func putFinding(tx conn, f *detect.Finding) error {
	c := *f
	detector, rule := "", ""
	if c.Rule != nil {
		detector, rule = c.Rule.Detector, c.Rule.Name
	}
	c.Rule, c.Handling = nil, detect.Handling{}
	document, err := toJSON(&c)
	if err != nil {
		return err
	}
	entities := entityKey(f.Entities)
	before := ""
	err = tx.one(`SELECT entities FROM findings WHERE id = ?`, []any{f.ID}, &before)
	if err != nil && !noRows(err) {
		return err
	}
	_, err = tx.exec(`INSERT INTO findings (id, detector, rule, severity, first, last, tenant, recording, incident, suppression, settled, entities, words, document)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET detector = excluded.detector, rule = excluded.rule, severity = excluded.severity,
			first = excluded.first, last = excluded.last, tenant = excluded.tenant, recording = excluded.recording,
			incident = excluded.incident, suppression = excluded.suppression, settled = 0,
			entities = excluded.entities, words = excluded.words, document = excluded.document`,
		f.ID, detector, rule, int64(f.Severity), nanos(f.First), nanos(f.Last), f.Tenant, f.Recording,
		f.Handling.IncidentID, f.Handling.SuppressedBy, entities, words(f.Entities, f.Title.EN, f.Title.KO), document)
	if err != nil || entities == before {
		return err
	}
	return putEntities(tx, "finding", f.ID, f.Entities)
}

// entityKey tells whether the entities of a row have changed.
func entityKey(entities []detect.Entity) string {
	var b strings.Builder
	for _, e := range entities {
		b.WriteString(e.Kind + "\x1f" + e.Value + "\x1e")
	}
	return b.String()
}

// putEntities brings the entities of a finding or an incident up to date.
func putEntities(tx conn, noun, id string, entities []detect.Entity) error {
	if _, err := tx.exec(`DELETE FROM `+noun+`_entities WHERE `+noun+` = ?`, id); err != nil {
		return err
	}
	const portion = 100 // rows of one statement
	for part := range slices.Chunk(entities, portion) {
		args := make([]any, 0, 3*len(part))
		for _, e := range part {
			args = append(args, id, e.Kind, e.Value)
		}
		rows := strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", len(part)), ", ")
		_, err := tx.exec(`INSERT INTO `+noun+`_entities (`+noun+`, kind, value) VALUES `+rows+` ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// words is what a text is looked for in, in lower case.
func words(entities []detect.Entity, texts ...string) string {
	var b strings.Builder
	for _, t := range texts {
		b.WriteString(t + "\n")
	}
	for _, e := range entities {
		b.WriteString(e.Value + "\n")
	}
	return strings.ToLower(b.String())
}

// containing asks that column contains a text, as it stands.
func (c *conditions) containing(column, text string) {
	if text != "" {
		pattern := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text))
		c.add(column+` LIKE ? ESCAPE '\'`, "%"+pattern+"%")
	}
}

// recording asks for one recording, or, where the name ends in a slash, for all
// whose name begins so. Nil asks nothing.
func (c *conditions) recording(column string, name *string) {
	switch {
	case name == nil:
	case strings.HasSuffix(*name, "/"):
		// The character behind the slash ends what begins so; an index can be used.
		c.add(column+" >= ? AND "+column+" < ?", *name, strings.TrimSuffix(*name, "/")+"0")
	default:
		c.add(column+" = ?", *name)
	}
}

// AssignFindings changes what became of findings.
func (s *Findings) AssignFindings(ctx context.Context, assignments []incident.Assignment) error {
	err := s.store.write(ctx, func(tx conn) error {
		for _, a := range assignments {
			_, err := tx.exec(`UPDATE findings SET incident = ?, suppression = ?, settled = ? WHERE id = ?`, a.IncidentID, a.SuppressedBy, bit(a.Settled), a.FindingID)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("assign findings: %w", err)
	}
	return nil
}

const selectFindings = `SELECT f.document, f.detector, f.rule, f.incident, f.suppression, COALESCE(r.document, ''),
	COALESCE(i.state, ''), COALESCE(i.owner, ''), COALESCE(s.reason, ''), COALESCE(s.until, 0)
	FROM findings f LEFT JOIN finding_rules r ON r.detector = f.detector AND r.name = f.rule
	LEFT JOIN incidents i ON i.id = f.incident AND f.incident <> '' LEFT JOIN suppressions s ON s.id = f.suppression AND f.suppression <> ''`

// findingReader reads rows of selectFindings. Findings of one rule share it.
type findingReader struct{ rules map[string]*detect.Rule }

func (r *findingReader) read(scan func(...any) error) (detect.Finding, error) {
	var f detect.Finding
	var document, detector, name, rule, reason string
	var h detect.Handling
	var until int64
	if err := scan(&document, &detector, &name, &h.IncidentID, &h.SuppressedBy, &rule, &h.State, &h.Owner, &reason, &until); err != nil {
		return f, err
	}
	if err := fromJSON(document, &f); err != nil {
		return f, err
	}
	if h.SuppressedBy != "" {
		h.Reason, h.Until = reason, moment(until)
	}
	f.Handling = h
	if detector == "" && name == "" {
		return f, nil
	}
	key := detector + "/" + name
	if f.Rule = r.rules[key]; f.Rule == nil {
		f.Rule = &detect.Rule{Detector: detector, Name: name}
		if err := fromJSON(rule, f.Rule); err != nil {
			return f, err
		}
		if r.rules == nil {
			r.rules = map[string]*detect.Rule{}
		}
		r.rules[key] = f.Rule
	}
	return f, nil
}

func (s *Findings) each(ctx context.Context, rest string, args []any, each func(detect.Finding) error) error {
	var r findingReader
	return s.store.read(ctx).each(selectFindings+rest, args, func(scan func(...any) error) error {
		f, err := r.read(scan)
		if err != nil {
			return err
		}
		return each(f)
	})
}

// FindingsByID returns those of ids that there are.
func (s *Findings) FindingsByID(ctx context.Context, ids []string) ([]detect.Finding, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var where conditions
	where.in("f.id", ids)
	var out []detect.Finding
	err := s.each(ctx, where.sql(), where.args, func(f detect.Finding) error {
		out = append(out, f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	return out, nil
}

// UnsettledFindings calls each for every unsettled finding of a recording.
func (s *Findings) UnsettledFindings(ctx context.Context, recording string, each func(detect.Finding) error) error {
	err := s.each(ctx, ` WHERE f.recording = ? AND f.settled = 0 ORDER BY f.first, f.id`, []any{recording}, each)
	if err != nil {
		return fmt.Errorf("read unsettled findings: %w", err)
	}
	return nil
}

var (
	findingsLatest = keyset{noun: "findings", columns: []string{"f.last", "f.id"}, descending: true}
	findingsOldest = keyset{noun: "findings by first", columns: []string{"f.first", "f.id"}}
)

// ListFindings returns a page of findings.
func (s *Findings) ListFindings(ctx context.Context, filter incident.FindingFilter, page incident.Page) ([]detect.Finding, string, error) {
	list := findingsLatest
	if filter.OldestFirst {
		list = findingsOldest
	}
	where := findingConditions(filter)
	if err := list.from(&where, page.Cursor); err != nil {
		return nil, "", err
	}
	n := limit(page.Limit)
	var out []detect.Finding
	err := s.each(ctx, where.sql()+list.order()+` LIMIT ?`, append(where.args, n+1), func(f detect.Finding) error {
		out = append(out, f)
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("list findings: %w", err)
	}
	if len(out) <= n {
		return out, "", nil
	}
	out = out[:n]
	last := &out[n-1]
	if filter.OldestFirst {
		return out, list.cursor(nanos(last.First), last.ID), nil
	}
	return out, list.cursor(nanos(last.Last), last.ID), nil
}

func findingConditions(filter incident.FindingFilter) conditions {
	var where conditions
	if filter.IncidentID != "" {
		where.add("f.incident = ?", filter.IncidentID)
	}
	if filter.SuppressedBy != "" {
		where.add("f.suppression = ?", filter.SuppressedBy)
	}
	if filter.Suppressed != nil && *filter.Suppressed {
		where.add("f.suppression <> ''")
	} else if filter.Suppressed != nil {
		where.add("f.suppression = ''")
	}
	where.in("i.state", texts(filter.States))
	if filter.MinSeverity > 0 {
		where.add("f.severity >= ?", int64(filter.MinSeverity))
	}
	if filter.Detector != "" {
		where.add("f.detector = ?", filter.Detector)
	}
	if filter.Rule != "" {
		detector, rule, _ := strings.Cut(filter.Rule, "/")
		where.add("f.detector = ? AND f.rule = ?", detector, rule)
	}
	where.containing("f.words", filter.Text)
	if filter.EntityValue != "" {
		where.add("f.id IN (SELECT finding FROM finding_entities WHERE kind = ? AND value = ?)", filter.EntityKind, filter.EntityValue)
	}
	if !filter.From.IsZero() {
		where.add("f.last >= ?", nanos(filter.From))
	}
	if !filter.To.IsZero() {
		where.add("f.first < ?", nanos(filter.To))
	}
	where.recording("f.recording", filter.Recording)
	if filter.Recorded {
		where.add("f.recording <> ''")
	}
	if filter.Tenant != "" {
		where.add("f.tenant = ?", filter.Tenant)
	}
	return where
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// CountFindings counts by severity.
func (s *Findings) CountFindings(ctx context.Context, filter incident.FindingFilter) (map[event.Severity]int, error) {
	where := findingConditions(filter)
	out := map[event.Severity]int{}
	err := s.store.read(ctx).each(`SELECT f.severity, COUNT(*) FROM findings f LEFT JOIN incidents i ON i.id = f.incident AND f.incident <> ''`+where.sql()+` GROUP BY f.severity`,
		where.args, func(scan func(...any) error) error {
			var severity, n int64
			if err := scan(&severity, &n); err != nil {
				return err
			}
			out[event.Severity(severity)] = int(n)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("count findings: %w", err)
	}
	return out, nil
}

// WithdrawFindings removes the findings of a recording.
func (s *Findings) WithdrawFindings(ctx context.Context, recording string) error {
	err := s.store.write(ctx, func(tx conn) error {
		_, err := tx.exec(`DELETE FROM findings WHERE recording = ?`, recording)
		return err
	})
	if err != nil {
		return fmt.Errorf("withdraw findings: %w", err)
	}
	return nil
}

func noRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }
