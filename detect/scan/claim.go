package scan

import (
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// The claims that one source can give cause for, one finding each: a scan of a
// whole network is one matter, not one for each of its machines.
const (
	isVertical = iota
	isHorizontal
	isPing
	isARP
	isTrace
	claimCount
)

// maxListed bounds the targets and ports that a claim remembers.
const maxListed = 4096

type claim struct {
	live    bool
	grown   bool // since it was last given out
	f       detect.Finding
	src     string
	about   map[string]bool // targets of a vertical scan, ports of a horizontal one
	targets listing
	doors   listing
}

// listing is distinct words in the order in which they came.
type listing struct {
	words []string
	known map[string]bool
}

func (l *listing) add(word string) {
	if l.known[word] || len(l.words) >= maxListed {
		return
	}
	if l.known == nil {
		l.known = map[string]bool{}
	}
	l.known[word] = true
	l.words = append(l.words, word)
}

// counted is what a tracker tells a claim that takes over from it.
type counted interface {
	size() int
	first() time.Time
	evidence() []detect.Evidence
	words() []string
}

// claim makes the claim, or lets it grow by e. So far is the count of the
// target or the port that e adds to.
func (d *detector) claim(which int, rule *detect.Rule, e *event.Event, target string, at door, sofar counted) []detect.Finding {
	c := &d.claims[which]
	key := target
	if which == isHorizontal {
		key = at.String()
	}
	begun := !c.live
	if begun {
		c.live = true
		c.src = e.Str(event.SrcIP)
		c.about = map[string]bool{}
		c.f = rule.New(c.src, e, nil)
		c.f.Involve("ip", c.src, detect.Actor)
		if which == isARP {
			c.f.Involve("mac", e.Str(event.SrcMAC), detect.Actor)
		}
	}
	if which == isVertical || which == isHorizontal {
		if !c.about[key] && len(c.about) < maxListed {
			c.about[key] = true
			c.adopt(sofar, which)
		} else {
			c.rest(e)
		}
	} else if begun {
		c.adopt(sofar, which)
	} else {
		c.rest(e)
	}
	c.targets.add(target)
	c.f.Involve("ip", target, detect.Target)
	if which != isPing && which != isARP {
		c.doors.add(at.String())
	}
	c.grown = true
	if !begun {
		return nil // Advance tells how it grew
	}
	d.severity(c, which, e)
	return c.flush(nil)
}

// severity raises a scan from inside: there, somebody is already in.
func (d *detector) severity(c *claim, which int, e *event.Event) {
	if (which == isVertical || which == isHorizontal) && detect.FromInside(e) && detect.ToInside(e) {
		c.f.Severity = event.SeverityHigh
	}
}

// adopt takes over what was counted before the claim was made.
func (c *claim) adopt(sofar counted, which int) {
	c.f.Count += sofar.size()
	c.f.Span(sofar.first())
	for _, v := range sofar.evidence() {
		c.f.Span(v.Time)
		if len(c.f.Evidence) < detect.MaxEvidence {
			c.f.Evidence = append(c.f.Evidence, v)
		}
	}
	for _, word := range sofar.words() {
		if which == isVertical || which == isTrace {
			c.doors.add(word)
		} else {
			c.targets.add(word)
			c.f.Involve("ip", word, detect.Target)
		}
	}
}

func (c *claim) rest(e *event.Event) {
	if len(c.f.Evidence) < detect.MaxEvidence {
		c.f.Rest(e, detect.Fact(e))
		return
	}
	c.f.Span(e.Time)
	c.f.Count++
}

// flush gives the finding out if it has grown.
func (c *claim) flush(out []detect.Finding) []detect.Finding {
	if !c.grown {
		return out
	}
	c.grown = false
	c.f.Reword(text.Args{
		"src":     c.src,
		"n":       c.f.Count,
		"ports":   len(c.doors.words),
		"hosts":   len(c.targets.words),
		"doors":   text.ListOf(c.doors.words, len(c.doors.words)),
		"targets": text.ListOf(c.targets.words, len(c.targets.words)),
		"span":    c.f.Last.Sub(c.f.First),
	})
	return append(out, c.f.Clone())
}
