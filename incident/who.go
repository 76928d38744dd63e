package incident

import (
	"slices"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/text"
)

// A party is those who played one role in a step.
type party struct {
	entities []detect.Entity
	capped   bool // there may be more than are known
}

// kindsNamed says which kind of entity names a party best.
var kindsNamed = []string{"ip", "host", "domain", "url", "mac", "user"}

// parties returns who acted in a step and to whom it was done, each by the one
// kind of entity that names them best.
func (s *step) parties() (actors, targets party) {
	actorKinds, targetKinds := kindsNamed, kindsNamed
	if s.conduct == called || s.conduct == leaked {
		targetKinds = []string{"domain", "url", "host", "ip", "mac", "user"}
	}
	var a, t gatherer
	for _, f := range s.findings {
		a.add(f, detect.Actor, actorKinds)
		t.add(f, detect.Target, targetKinds)
	}
	return a.party, t.party
}

type gatherer struct {
	party
	seen map[detect.Entity]bool
}

// add takes the entities of the first kind of which the finding has any.
func (g *gatherer) add(f *detect.Finding, role detect.Role, kinds []string) {
	if g.seen == nil {
		g.seen = map[detect.Entity]bool{}
	}
	many := 0
	for _, kind := range kinds {
		for _, e := range f.Entities {
			if e.Role != role || e.Kind != kind {
				continue
			}
			many++
			if !g.seen[e] {
				g.seen[e] = true
				g.entities = append(g.entities, e)
			}
		}
		if many > 0 {
			break
		}
	}
	g.capped = g.capped || len(f.Entities) >= detect.MaxEntities && many > detect.MaxEntities/2
}

// said names a party: each of a few by name, many by their number. Against is
// the other party: inside and outside are only said where they differ, and for
// each one only the first time, which told remembers.
func (p party) said(against party, told map[detect.Entity]bool) text.Said {
	n := len(p.entities)
	kind := p.entities[0].Kind
	ours, mixed := IsOurs(p.entities[0]), false
	for _, e := range p.entities[1:] {
		mixed = mixed || IsOurs(e) != ours || (e.Kind == "ip") != (kind == "ip")
	}
	place := !mixed && kind == "ip" && slices.ContainsFunc(against.entities, func(e detect.Entity) bool { return IsOurs(e) != ours })
	if !ours && slices.ContainsFunc(against.entities, func(e detect.Entity) bool { return e.Kind == "ip" && !IsOurs(e) }) {
		place = false // both are outside, or what is ours has a public address
	}
	args := text.Args{"n": n, "name": p.entities[0].Value}
	if n == 1 {
		id := unrole(p.entities[0])
		if told[id] {
			return list(p.entities)
		}
		if told != nil {
			told[id] = true
		}
	}
	switch {
	case n == 1 && kind == "user":
		return account.Say(args)
	case n == 1 && place && ours:
		return ourMachine.Say(args)
	case n == 1 && place:
		return outside.Say(args)
	case n <= maxNamed && !p.capped:
		return list(p.entities)
	case p.capped && kind != "user":
		return manyOf.Say(args)
	case !mixed && kind == "ip" && ours:
		return ourMachines.Say(args)
	case place:
		return outsides.Say(args)
	case kind == "user":
		return accounts.Say(args)
	case kind == "domain" || kind == "url":
		return sites.Say(args)
	case kind == "ip" || kind == "host" || kind == "mac":
		return machines.Say(args)
	}
	return things.Say(args)
}

func list(entities []detect.Entity) text.Said {
	values := make([]string, 0, len(entities))
	for _, e := range entities {
		values = append(values, e.Value)
	}
	return text.ListOf(values, len(values))
}

// shared names up to two entities that findings of the group share.
func shared(group []detect.Finding, entities []detect.Entity) text.Said {
	count := map[detect.Entity]int{}
	for i := range group {
		for _, e := range group[i].Entities {
			count[e]++
		}
	}
	var chosen, users []detect.Entity
	for _, e := range entities {
		n := 0
		for _, role := range []detect.Role{detect.Actor, detect.Target} {
			e.Role = role
			n += count[e]
		}
		switch {
		case n < 2 || !telling(e):
		case e.Kind == "user":
			users = append(users, e)
		case len(chosen) < 2:
			chosen = append(chosen, e)
		}
	}
	if len(chosen) == 0 {
		chosen = users[:min(len(users), 2)]
	}
	if len(chosen) == 0 {
		return text.Said{}
	}
	return list(chosen)
}
