package incident

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
)

// Config says when findings concern one matter. The zero Config is the one
// that Correlate uses.
type Config struct {
	// Window is the longest pause between two findings that share an entity and
	// still concern one matter. Zero means a day: an intruder who scans, guesses
	// and gets in does the next thing within a working day, and after a day an
	// address handed out by DHCP may belong to somebody else.
	Window time.Duration
	// Near is the pause for the weakest link: different claims about one target
	// by different actors. Zero means an hour.
	Near time.Duration
	// Hub is by how many actors an entity is concerned, with more than one kind
	// of claim, before it counts as what everything shares (a resolver, a gateway,
	// a proxy) and links nothing that is not grave. Zero means 5.
	Hub int
}

// Bounds of an incident.
const (
	// MaxEntities bounds the entities of an incident.
	MaxEntities = 256
	// MaxMoments bounds its timeline. Findings of one rule in a row are one
	// moment, so that few incidents come near.
	MaxMoments = 200
	// fewTargets is up to how many targets a finding says something about each
	// of them. A scan of a network says nothing about one machine in it.
	fewTargets = 4
)

// Correlate gathers findings of one recording or organisation, each in its
// latest state, into incidents, the highest rank first. It is pure: equal
// findings give equal incidents, in whatever order they come.
func Correlate(findings []detect.Finding) []Incident { return Config{}.Correlate(findings) }

// Correlate gathers findings as this Config says.
//
// Two findings are of one matter if no more than Window lies between them and
//   - one actor is behind both; or
//   - the target of the earlier one is the actor of the later one: what was
//     attacked now attacks, or reports to its new master; or
//   - both make the same claim about the same target, or about the machine that
//     a log does not name: a hundred addresses that guess at one server are one
//     matter to its owner; or
//   - different claims were made about one target within Near.
//
// Addresses that stand for many (broadcast, multicast), names that everybody
// uses (root, admin) and hubs link nothing.
func (c Config) Correlate(findings []detect.Finding) []Incident {
	groups := c.groups(findings)
	out := make([]Incident, 0, len(groups))
	for _, group := range groups {
		out = append(out, build(group))
	}
	slices.SortFunc(out, Compare)
	return out
}

// filled returns the Config with its defaults.
func (c Config) filled() Config {
	return Config{Window: cmp.Or(c.Window, 24*time.Hour), Near: cmp.Or(c.Near, time.Hour), Hub: cmp.Or(c.Hub, 5)}
}

// groups returns the findings that concern one matter each, in the order of
// their time; the groups stand in the order of their first finding.
func (c Config) groups(findings []detect.Finding) [][]detect.Finding {
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, compareFindings)
	l := c.filled().link(sorted)
	at := map[int]int{}
	var out [][]detect.Finding
	for i := range sorted {
		root := l.find(i)
		j, known := at[root]
		if !known {
			j = len(out)
			at[root] = j
			out = append(out, nil)
		}
		out[j] = append(out[j], sorted[i])
	}
	return out
}

// Compare orders incidents by what to look at first: rank, severity, then
// time.
func Compare(a, b Incident) int {
	return cmp.Or(-cmp.Compare(a.Rank, b.Rank), -cmp.Compare(a.Severity, b.Severity), a.First.Compare(b.First), cmp.Compare(a.ID, b.ID))
}

func compareFindings(a, b detect.Finding) int {
	return cmp.Or(a.First.Compare(b.First), a.Last.Compare(b.Last), cmp.Compare(a.ID, b.ID))
}

// idOf returns the id of the incident that begins with a finding.
func idOf(findingID string) string {
	sum := sha256.Sum256([]byte("incident\x00" + findingID))
	return "inc_" + hex.EncodeToString(sum[:10])
}

// build makes one incident of findings in the order of their time.
func build(group []detect.Finding) Incident {
	first := group[0]
	in := Incident{
		ID:        idOf(first.ID),
		First:     first.First,
		Last:      first.Last,
		Findings:  group,
		Tenant:    first.Tenant,
		Recording: first.Recording,
	}
	for i := range group {
		if group[i].Last.After(in.Last) {
			in.Last = group[i].Last
		}
	}
	in.Entities = entities(group)
	in.Techniques = techniques(group)
	course := follow(group)
	in.Severity, in.Rank = rank(group, course)
	in.Timeline = timeline(group)
	tell(&in, course)
	return in
}

// entities lists what the findings are about: those of the most findings
// first, actors before targets before others, one of few before one of many.
func entities(group []detect.Finding) []detect.Entity {
	type weight struct {
		entity detect.Entity
		points int
	}
	type name struct{ kind, value string }
	at := map[name]int{}
	var all []weight
	const whole = 1 << 10 // shared by those who play one role in a finding
	for i := range group {
		alike := map[detect.Entity]int{}
		for _, e := range group[i].Entities {
			alike[detect.Entity{Kind: e.Kind, Role: e.Role}]++
		}
		for _, e := range group[i].Entities {
			k := name{e.Kind, e.Value}
			j, known := at[k]
			if !known {
				j = len(all)
				at[k] = j
				all = append(all, weight{entity: e})
			}
			all[j].points += whole * points(e.Role) / alike[detect.Entity{Kind: e.Kind, Role: e.Role}]
			if points(e.Role) > points(all[j].entity.Role) {
				all[j].entity.Role = e.Role
			}
		}
	}
	slices.SortFunc(all, func(a, b weight) int {
		return cmp.Or(-cmp.Compare(a.points, b.points), compareNames(a.entity, b.entity))
	})
	out := make([]detect.Entity, 0, min(len(all), MaxEntities))
	for _, w := range all[:min(len(all), MaxEntities)] {
		out = append(out, w.entity)
	}
	return out
}

func compareNames(a, b detect.Entity) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Value, b.Value))
}

func points(r detect.Role) int {
	switch r {
	case detect.Actor:
		return 3
	case detect.Target:
		return 2
	case detect.Related:
	}
	return 1
}

// techniques lists those of all findings, in the order in which they were
// first seen.
func techniques(group []detect.Finding) []detect.Technique {
	var out []detect.Technique
	seen := map[string]bool{}
	for i := range group {
		if group[i].Rule == nil {
			continue
		}
		for _, t := range group[i].Rule.Techniques {
			if !seen[t.ID+t.Tactic] {
				seen[t.ID+t.Tactic] = true
				out = append(out, t)
			}
		}
	}
	return out
}

// timeline tells the findings in order. Findings of one rule in a row are one
// moment.
func timeline(group []detect.Finding) []Moment {
	var out []Moment
	for i := 0; i < len(group); {
		j := i + 1
		for j < len(group) && group[j].Rule == group[i].Rule {
			j++
		}
		m := Moment{Time: group[i].First, Last: group[i].Last, FindingID: group[i].ID, What: group[i].Title}
		for _, f := range group[i:j] {
			if f.Last.After(m.Last) {
				m.Last = f.Last
			}
		}
		if more := j - i - 1; more > 0 {
			m.What = momentMore.Say(map[string]any{"what": m.What, "more": more})
		}
		out = append(out, m)
		i = j
	}
	if len(out) > MaxMoments {
		// The beginning and the end say how it came and where it led.
		head, tail := out[:MaxMoments/2], out[len(out)-MaxMoments/2:]
		out = append(slices.Clone(head), tail...)
	}
	return out
}
