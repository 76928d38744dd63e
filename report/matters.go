package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/text"
)

// matters puts the incidents of all recordings in the order in which to look
// at them.
func (v *view) matters(in *Input) {
	type told struct {
		i  *incident.Incident
		in string
	}
	var all []told
	for r := range in.Recordings {
		rec := &in.Recordings[r]
		for i := range rec.Incidents {
			all = append(all, told{&rec.Incidents[i], rec.Name})
		}
	}
	slices.SortStableFunc(all, func(a, b told) int {
		return cmp.Or(incident.Compare(*a.i, *b.i), strings.Compare(a.in, b.in))
	})
	// What is of little weight is told in full only where there is little, and
	// of what happened again and again a few.
	alike := map[string]int{}
	var rest []told
	for _, t := range all {
		kind := kindOf(t.i)
		switch {
		case len(v.Matters) >= maxFull, len(all) > 5 && t.i.Severity < event.SeverityMedium, len(all) > maxFull && alike[kind] >= maxAlike:
			rest = append(rest, t)
		default:
			alike[kind]++
			v.Matters = append(v.Matters, v.matter(len(v.Matters)+1, t.i, t.in))
		}
	}
	for _, t := range rest[:min(len(rest), maxShort)] {
		v.Short = append(v.Short, v.brief(len(v.Matters)+len(v.Short)+1, t.i, t.in))
	}
	v.RestMatters = len(rest) - len(v.Short)
}

// kindOf names what happened: the rules and the level. Of grave matters each
// is of its own kind.
func kindOf(i *incident.Incident) string {
	if i.Severity >= event.SeverityHigh {
		return i.ID
	}
	var rules []string
	for f := range i.Findings {
		if r := ruleName(i.Findings[f].Rule); !slices.Contains(rules, r) {
			rules = append(rules, r)
		}
	}
	slices.Sort(rules)
	return strings.Join(rules, " ") + i.Severity.String()
}

// brief tells an incident in one line.
func (v *view) brief(number int, i *incident.Incident, name string) matter {
	return matter{
		Number: number, Title: clean(i.Title.In(v.Lang)), Severity: int(i.Severity), State: stateOf(i.Severity),
		Level: v.level(i.Severity), When: between(i.First, i.Last), Recording: clean(name), Rank: i.Rank, ID: i.ID,
	}
}

func (v *view) matter(number int, i *incident.Incident, name string) matter {
	m := v.brief(number, i, name)
	m.Account = clean(strings.ReplaceAll(i.Account.In(v.Lang), "\n", " "))
	m.Why, m.Now = cleanLines(i.Why.In(v.Lang)), cleanLines(i.Now.In(v.Lang))
	confidence := 0
	for f := range i.Findings {
		confidence = max(confidence, i.Findings[f].Confidence)
	}
	m.HowBad = v.say(meant[min(m.Severity, len(meant)-1)], nil)
	m.Score = v.say(labels["cansay"], text.Args{"confidence": confidence, "rank": i.Rank})
	m.Parties = v.parties(i)
	v.timeline(&m, i)
	for _, t := range i.Techniques {
		m.Techniques = append(m.Techniques, technique{clean(t.ID), clean(t.Name), v.say(detect.TacticName(t.Tactic), nil)})
	}
	order := slices.Clone(i.Findings)
	slices.SortStableFunc(order, func(a, b detect.Finding) int { return -cmp.Compare(a.Severity, b.Severity) })
	for f := range order[:min(len(order), maxFindings)] {
		m.Findings = append(m.Findings, v.finding(&order[f]))
	}
	m.RestFind = len(order) - len(m.Findings)
	return m
}

// parties says who did something, to whom, and who was first attacked and
// then acted.
func (v *view) parties(i *incident.Incident) []party {
	type name struct{ kind, value string }
	did, suffered := map[name]bool{}, map[name]bool{}
	for f := range i.Findings {
		for _, e := range i.Findings[f].Entities {
			switch e.Role {
			case detect.Actor:
				did[name{e.Kind, e.Value}] = true
			case detect.Target:
				suffered[name{e.Kind, e.Value}] = true
			case detect.Related:
			}
		}
	}
	who := map[string][]string{}
	for _, e := range i.Entities {
		role := string(detect.Related)
		switch n := (name{e.Kind, e.Value}); {
		case e.Kind == "service" || e.Kind == "user" && !did[n]:
			role = e.Kind
		case did[n] && suffered[n]:
			role = "both"
		case did[n]:
			role = string(detect.Actor)
		case suffered[n]:
			role = string(detect.Target)
		}
		who[role] = append(who[role], clean(e.Value))
	}
	var out []party
	for _, role := range []string{string(detect.Actor), "both", string(detect.Target), "user", "service", string(detect.Related)} {
		if list := who[role]; len(list) > 0 {
			out = append(out, party{v.label(role), text.List(list, len(list), v.Lang)})
		}
	}
	return out
}

// timeline places the moments of an incident within its span.
func (v *view) timeline(m *matter, i *incident.Incident) {
	const whole = 1000
	span := max(i.Last.Sub(i.First), time.Second)
	for _, t := range i.Timeline[:min(len(i.Timeline), maxMoments)] {
		start := int(whole * float64(t.Time.Sub(i.First)) / float64(span))
		width := int(whole * float64(t.Last.Sub(t.Time)) / float64(span))
		width = max(width, whole/100) // a moment is seen too
		start = max(min(start, whole-width), 0)
		m.Moments = append(m.Moments, moment{Time: second(t.Time), What: clean(t.What.In(v.Lang)), Start: start, Width: min(width, whole)})
	}
	m.RestMoment = len(i.Timeline) - len(m.Moments)
	m.Begin, m.End = second(i.First), second(i.Last)
}

func (v *view) finding(f *detect.Finding) finding {
	out := finding{
		Title: clean(f.Title.In(v.Lang)), Level: v.level(f.Severity), State: stateOf(f.Severity),
		Rule: ruleName(f.Rule), ID: f.ID, When: between(f.First, f.Last), Hush: clean(f.Hush.In(v.Lang)),
		Count: v.things(f.Count, oneEvent, manyEvents), Confidence: f.Confidence,
	}
	for _, e := range f.Evidence[:min(len(f.Evidence), maxEvidence)] {
		out.Evidence = append(out.Evidence, evidence{second(e.Time), cut(clean(e.Fact), maxDetail), clean(e.EventID)})
	}
	out.RestEvidence = max(f.Count, len(f.Evidence)) - len(out.Evidence)
	return out
}

func ruleName(r *detect.Rule) string {
	if r == nil {
		return ""
	}
	return clean(r.Detector + "/" + r.Name)
}
