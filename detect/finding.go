package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// New returns a finding of this rule that rests on first so far. Key tells it
// from other findings of the rule that begin with the same event; args fill in
// the words and may be given again with Reword when the finding grows.
func (r *Rule) New(key string, first *event.Event, args text.Args) Finding {
	sum := sha256.Sum256([]byte(r.Detector + "\x00" + r.Name + "\x00" + key + "\x00" + first.ID()))
	f := Finding{
		ID:         "fnd_" + hex.EncodeToString(sum[:10]),
		Rule:       r,
		Severity:   r.Severity,
		Confidence: 80,
		First:      first.Time,
		Last:       first.Time,
		Tenant:     first.Str(event.TenantUID),
	}
	f.Reword(args)
	return f
}

// Reword fills in the words of the finding anew.
func (f *Finding) Reword(args text.Args) {
	f.Title, f.Why, f.Now, f.Hush = f.Rule.Title.Say(args), f.Rule.Why.Say(args), f.Rule.Now.Say(args), f.Rule.Hush.Say(args)
}

// Rest counts an event that the finding rests on, widens its span and keeps it
// as evidence while there is room. Fact says in one line what the event shows.
func (f *Finding) Rest(e *event.Event, fact string) {
	f.Span(e.Time)
	f.Count++
	if len(f.Evidence) < MaxEvidence {
		f.Evidence = append(f.Evidence, Evidence{
			EventID: e.ID(), Time: e.Time, Fact: fact,
			SrcIP: e.Str(event.SrcIP), SrcPort: e.Int(event.SrcPort),
			DstIP: e.Str(event.DstIP), DstPort: e.Int(event.DstPort),
		})
	}
}

// Span widens the time of the finding to t.
func (f *Finding) Span(t time.Time) {
	if t.Before(f.First) {
		f.First = t
	}
	if t.After(f.Last) {
		f.Last = t
	}
}

// Involve adds an entity once, while there is room. An empty value is left out.
func (f *Finding) Involve(kind, value string, role Role) {
	e := Entity{Kind: kind, Value: value, Role: role}
	if value != "" && len(f.Entities) < MaxEntities && !slices.Contains(f.Entities, e) {
		f.Entities = append(f.Entities, e)
	}
}

// Clone returns a copy that shares nothing that grows.
func (f *Finding) Clone() Finding {
	c := *f
	c.Entities = slices.Clone(f.Entities)
	c.Evidence = slices.Clone(f.Evidence)
	return c
}
