package incident

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
)

// links joins findings into groups: a forest, whose roots name the groups.
type links struct{ parent []int }

func (l *links) find(i int) int {
	for l.parent[i] != i {
		l.parent[i] = l.parent[l.parent[i]]
		i = l.parent[i]
	}
	return i
}

// join makes the earlier root the root of both.
func (l *links) join(a, b int) {
	a, b = l.find(a), l.find(b)
	if a > b {
		a, b = b, a
	}
	l.parent[b] = a
}

// A name is an entity without its role, within the recording and organisation
// of the findings.
type name struct{ tenant, recording, kind, value string }

// A place is what findings say about one name: who acted, and to whom
// something was done, as indices of findings in the order of their time.
type place struct {
	acts, suffers []int
	actors        map[string]bool // of the findings in suffers, up to Hub
	claims        map[claim]bool
}

// A claim is what findings say alike: the same conduct, or the same rule where
// the conduct says too little.
type claim struct {
	conduct conduct
	rule    *detect.Rule
}

func claimOf(f *detect.Finding) claim {
	c := claim{conduct: conductOf(f.Rule)}
	if did[c.conduct].EN == "" {
		c.rule = f.Rule
	}
	return c
}

// link joins findings that are sorted by time.
func (c Config) link(sorted []detect.Finding) *links {
	l := &links{parent: make([]int, len(sorted))}
	places := map[name]*place{}
	var names []name
	placeOf := func(n name) *place {
		p := places[n]
		if p == nil {
			p = &place{actors: map[string]bool{}, claims: map[claim]bool{}}
			places[n] = p
			names = append(names, n)
		}
		return p
	}
	for i := range sorted {
		l.parent[i] = i
		f := &sorted[i]
		actor, targets := "", aims(f)
		for _, e := range f.Entities {
			if e.Role == detect.Actor {
				actor = e.Value
				break
			}
		}
		for _, e := range f.Entities {
			if e.Role == detect.Related || !telling(e) {
				continue
			}
			p := placeOf(name{f.Tenant, f.Recording, e.Kind, e.Value})
			if e.Role == detect.Actor {
				p.acts = append(p.acts, i)
				continue
			}
			if len(p.actors) < c.Hub {
				p.actors[actor] = true
			}
			p.claims[claimOf(f)] = true
			if slices.Contains(targets, e) {
				p.suffers = append(p.suffers, i)
			}
		}
		if actor != "" && !namesTarget(f) {
			// A log that does not name its machine: all that it tells happened
			// to that one.
			p := placeOf(name{f.Tenant, f.Recording, unnamed, ""})
			if len(p.actors) < c.Hub {
				p.actors[actor] = true
			}
			p.claims[claimOf(f)] = true
			p.suffers = append(p.suffers, i)
		}
	}
	for _, n := range names {
		c.linkPlace(l, sorted, places[n])
	}
	return l
}

// unnamed is the kind of the machine that a log does not name.
const unnamed = "unnamed"

// namesTarget reports whether a finding names anything but accounts to which
// something was done.
func namesTarget(f *detect.Finding) bool {
	return slices.ContainsFunc(f.Entities, func(e detect.Entity) bool { return e.Role == detect.Target && e.Kind != "user" })
}

// linkPlace joins the findings that share one name.
func (c Config) linkPlace(l *links, sorted []detect.Finding, p *place) {
	hub := len(p.actors) >= c.Hub && len(p.claims) > 1
	spans := c.runs(l, sorted, p.acts, c.Window)

	var suffers []int // those that may link to other claims
	alike := map[claim][]int{}
	for _, i := range p.suffers {
		f := &sorted[i]
		alike[claimOf(f)] = append(alike[claimOf(f)], i)
		if !hub || f.Severity >= event.SeverityHigh || conductOf(f.Rule) == entered {
			suffers = append(suffers, i)
		}
	}
	for _, i := range p.suffers {
		if same := alike[claimOf(&sorted[i])]; same != nil {
			c.runs(l, sorted, same, c.Window)
			delete(alike, claimOf(&sorted[i]))
		}
	}
	if !hub {
		attacks := slices.DeleteFunc(slices.Clone(suffers), func(i int) bool { return conductOf(sorted[i].Rule) == exposed })
		c.runs(l, sorted, attacks, c.Near)
	}
	// Attacked, then acting.
	for _, i := range suffers {
		f := &sorted[i]
		for _, s := range spans {
			if !f.First.After(s.last) && s.first.Sub(f.Last) <= c.Window && f.Last.Sub(s.last) <= c.Window {
				l.join(i, s.any)
			}
		}
	}
}

// A span is findings that follow each other without a long pause.
type span struct {
	first, last time.Time
	any         int // one of them
}

// runs joins findings that follow each other without a pause longer than
// window, and returns what they span. They are in the order of their time.
func (c Config) runs(l *links, sorted []detect.Finding, at []int, window time.Duration) []span {
	var out []span
	for _, i := range at {
		f := &sorted[i]
		if n := len(out); n > 0 && f.First.Sub(out[n-1].last) <= window {
			s := &out[n-1]
			l.join(s.any, i)
			if f.Last.After(s.last) {
				s.last = f.Last
			}
			continue
		}
		out = append(out, span{f.First, f.Last, i})
	}
	return out
}

// aims are the targets that a finding says something about. Where it names
// sites (a domain, a URL), these are what it is about, and the address that
// they were reached through, perhaps a proxy that everybody shares, is not.
func aims(f *detect.Finding) []detect.Entity {
	count := map[string]int{}
	for _, e := range f.Entities {
		if e.Role == detect.Target && telling(e) {
			count[e.Kind]++
		}
	}
	sites := count["domain"]+count["url"] > 0
	var out []detect.Entity
	for _, e := range f.Entities {
		site := e.Kind == "domain" || e.Kind == "url"
		if e.Role == detect.Target && telling(e) && count[e.Kind] <= fewTargets && site == sites {
			out = append(out, e)
		}
	}
	return out
}

// telling reports whether an entity tells one matter from another.
func telling(e detect.Entity) bool {
	switch e.Kind {
	case "ip":
		a, err := netip.ParseAddr(e.Value)
		if err != nil {
			return e.Value != ""
		}
		a = a.Unmap()
		return !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && (!a.Is4() || a.As4()[3] != 255)
	case "mac":
		return e.Value != "" && !strings.EqualFold(e.Value, "ff:ff:ff:ff:ff:ff") && e.Value != "00:00:00:00:00:00"
	case "user":
		return e.Value != "" && !anybody[strings.ToLower(e.Value)]
	case "host":
		return e.Value != "" && !strings.EqualFold(e.Value, "localhost")
	case "service":
		return false
	}
	return e.Value != ""
}

// anybody are user names that exist on so many machines that sharing one says
// nothing.
var anybody = map[string]bool{
	"-": true, "root": true, "admin": true, "administrator": true, "user": true, "guest": true, "test": true,
	"anonymous": true, "ftp": true, "mysql": true, "postgres": true, "oracle": true, "sa": true, "ubuntu": true,
	"pi": true, "git": true, "nobody": true, "www-data": true, "system": true, "nagios": true, "support": true,
	"operator": true, "backup": true, "info": true, "web": true, "webmaster": true, "student": true, "default": true,
}
