package incident

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/text"
)

// Bounds of what is told: more than this is a list, and lists stand below.
const (
	maxToldSteps = 5
	maxToldWhy   = 3
	maxToldNow   = 4
	maxNamed     = 3 // how many are named before they are counted
)

// A step is findings of one conduct, or of one rule where the conduct says
// nothing.
type step struct {
	conduct  conduct
	rule     *detect.Rule // of other and acted
	findings []*detect.Finding
	first    time.Time
	last     time.Time
}

// tell writes the words of an incident.
func tell(in *Incident, c course) {
	steps := stepsOf(in.Findings)
	top := slices.MaxFunc(steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.severity(), b.severity()), cmp.Compare(a.conduct.stage(), b.conduct.stage()), -a.first.Compare(b.first))
	})
	in.Title = title(steps, top, c)
	in.Account = recount(in, steps, top, c)
	in.Why = why(in, c)
	in.Now = now(in.Findings)
}

func stepsOf(group []detect.Finding) []step {
	at := map[claim]int{}
	var out []step
	for i := range group {
		f := &group[i]
		k := claimOf(f)
		j, known := at[k]
		if !known {
			j = len(out)
			at[k] = j
			out = append(out, step{conduct: k.conduct, rule: k.rule, first: f.First, last: f.Last})
		}
		s := &out[j]
		s.findings = append(s.findings, f)
		if f.Last.After(s.last) {
			s.last = f.Last
		}
	}
	return out
}

func (s *step) severity() int {
	worst := 0
	for _, f := range s.findings {
		worst = max(worst, int(f.Severity))
	}
	return worst
}

// title is a headline: of a break-in that went on, its victim and its course;
// otherwise the worst step's, which is the detector's own while there is one
// finding, and counts when there are more.
func title(steps []step, top step, c course) text.Said {
	if len(c.steps) > 1 && c.stage > entered.stage() {
		args := text.Args{"steps": c.said(", ")}
		for _, s := range steps {
			actors, targets := s.parties()
			switch {
			case s.conduct == entered && len(targets.entities) > 0 && !c.taken:
				args["where"] = targets.said(party{}, nil)
				return titleBreakIn.Say(args)
			case c.taken && len(actors.entities) > 0 && s.conduct.stage() >= acted.stage():
				args["who"] = actors.said(party{}, nil)
				return titleTaken.Say(args)
			}
		}
	}
	if len(top.findings) == 1 {
		return top.findings[0].Title
	}
	said := top.what(nil)
	return text.Said{EN: capital(said.EN), KO: said.KO}
}

// what says what happened in the step, in the past tense.
func (s *step) what(told map[detect.Entity]bool) text.Said {
	worst := slices.MaxFunc(s.findings, func(a, b *detect.Finding) int { return cmp.Compare(a.Severity, b.Severity) })
	actors, targets := s.parties()
	args := text.Args{}
	if len(actors.entities) > 0 {
		args["actors"] = actors.said(targets, told)
	}
	if len(targets.entities) > 0 {
		args["targets"] = targets.said(actors, told)
	}
	switch _, known := args["actors"]; {
	case did[s.conduct].EN == "" || len(args) == 0:
		if more := len(s.findings) - 1; more > 0 {
			return didMore.Say(text.Args{"what": inSentence(worst.Title), "more": more})
		}
		return inSentence(worst.Title)
	case len(args) == 2 && targets.entities[0].Kind == "user" && didAccounts[s.conduct].EN != "":
		return didAccounts[s.conduct].Say(args)
	case len(args) == 2:
		return did[s.conduct].Say(args)
	case known:
		return didAlone[s.conduct].Say(args)
	}
	return suffered[s.conduct].Say(args)
}

// recount tells what happened, to what and how bad it is.
func recount(in *Incident, steps []step, top step, c course) text.Said {
	var said []text.Said
	told := map[detect.Entity]bool{}
	chosen, rest := tellable(steps)
	for i, s := range chosen {
		if i == 0 {
			said = append(said, tellFirst.Say(text.Args{"when": when(s.first, s.last), "what": s.what(told)}))
			continue
		}
		if s.first.Sub(chosen[i-1].first) < time.Minute {
			said = append(said, tellSoon.Say(text.Args{"what": s.what(told)}))
			continue
		}
		said = append(said, tellNext.Say(text.Args{"later": later(in.First, s.first, s.last), "what": s.what(told)}))
	}
	if rest > 0 {
		said = append(said, tellRest.Say(text.Args{"n": rest}))
	}
	if len(c.steps) > 1 && c.stage >= entered.stage() {
		said = append(said, badCourse.Say(nil))
	}
	worst := top.conduct
	if c.reached(entered) && worst.stage() <= spread.stage() {
		worst = entered
	}
	said = append(said, bad[worst].Say(nil))
	return joined(said, " ")
}

// tellable returns the gravest steps in their order of time, so that what
// decided the matter is told even when it came last, and how many findings are
// left to the list.
func tellable(steps []step) (chosen []step, rest int) {
	byGravity := make([]int, len(steps))
	for i := range steps {
		byGravity[i] = i
	}
	slices.SortStableFunc(byGravity, func(i, j int) int {
		a, b := &steps[i], &steps[j]
		return -cmp.Or(cmp.Compare(a.severity(), b.severity()), cmp.Compare(a.conduct.stage(), b.conduct.stage()))
	})
	for _, i := range byGravity[min(len(steps), maxToldSteps):] {
		rest += len(steps[i].findings)
	}
	kept := byGravity[:min(len(steps), maxToldSteps)]
	slices.Sort(kept)
	for _, i := range kept {
		chosen = append(chosen, steps[i])
	}
	return chosen, rest
}

func when(first, last time.Time) text.Said {
	args := text.Args{
		"day": first.UTC().Format(time.DateOnly), "lastday": last.UTC().Format(time.DateOnly),
		"from": first.UTC().Format("15:04"), "to": last.UTC().Format("15:04"),
	}
	switch {
	case args["day"] != args["lastday"]:
		return acrossDays.Say(args)
	case args["from"] == args["to"]:
		return onDay.Say(args)
	}
	return withinDay.Say(args)
}

func later(start, first, last time.Time) text.Said {
	day := first.UTC().Format(time.DateOnly)
	args := text.Args{"day": day, "from": first.UTC().Format("15:04")}
	switch {
	case day != start.UTC().Format(time.DateOnly):
		return laterAnother.Say(args)
	case last.Sub(first) > time.Minute:
		return laterWithin.Say(args)
	}
	return laterOn.Say(args)
}

// why says what the gravest rules saw, and why their findings are one matter.
func why(in *Incident, c course) text.Said {
	var said []text.Said
	for _, f := range gravest(in.Findings, maxToldWhy) {
		if f.Why.EN != "" || f.Why.KO != "" {
			said = append(said, f.Why)
		}
	}
	if len(in.Findings) > 1 {
		args := text.Args{"n": len(in.Findings), "span": in.Last.Sub(in.First)}
		if names := shared(in.Findings, in.Entities); names.EN != "" {
			args["what"] = names
			said = append(said, whyTogether.Say(args))
		}
	}
	if len(c.steps) > 1 {
		said = append(said, whyCourse.Say(text.Args{"steps": c.said(" → ")}))
	}
	return joined(said, "\n")
}

// now says what to do, the most urgent first: what was taken before what is
// tried, what is tried before what is weak.
func now(group []detect.Finding) text.Said {
	byRule := map[*detect.Rule]*step{}
	for i := range group {
		s := byRule[group[i].Rule]
		if s == nil {
			s = &step{}
			byRule[group[i].Rule] = s
		}
		s.findings = append(s.findings, &group[i])
	}
	var said []text.Said
	chosen := gravest(group, len(group))
	for i, f := range chosen {
		if f.Now.EN == "" && f.Now.KO == "" || overtaken(f, chosen[:i]) {
			continue
		}
		if len(said) == maxToldNow {
			break
		}
		todo := f.Now
		if rest := others(f, byRule[f.Rule]); len(rest) > 0 {
			todo = joined([]text.Said{todo, nowOthers.Say(text.Args{"what": list(rest)})}, " ")
		}
		said = append(said, todo)
	}
	return joined(said, "\n")
}

// overtaken reports whether advice about an attempt is out of date: the same
// actor went further at the same target, and the advice about that comes
// first.
func overtaken(f *detect.Finding, graver []*detect.Finding) bool {
	stage := conductOf(f.Rule).stage()
	if stage == 0 || stage >= entered.stage() {
		return false
	}
	mine := concernedBy(f)
	return slices.ContainsFunc(graver, func(g *detect.Finding) bool {
		if conductOf(g.Rule).stage() <= stage {
			return false
		}
		theirs := concernedBy(g)
		return len(without(mine, theirs)) == 0
	})
}

// others are those for whom what is said about f holds as well: the actors of
// the rule's other findings, or the targets where one actor is behind them all.
func others(f *detect.Finding, s *step) []detect.Entity {
	alone := step{conduct: s.conduct, findings: []*detect.Finding{f}}
	actors, targets := s.parties()
	mine, hit := alone.parties()
	rest := without(actors.entities, mine.entities)
	if len(rest) == 0 {
		rest = without(targets.entities, hit.entities)
	}
	return rest
}

func without(all, some []detect.Entity) []detect.Entity {
	return slices.DeleteFunc(slices.Clone(all), func(e detect.Entity) bool { return slices.Contains(some, e) })
}

// gravest returns one finding of each rule, its gravest, those of the gravest
// rules first.
func gravest(group []detect.Finding, limit int) []*detect.Finding {
	urgency := func(f *detect.Finding) int { return int(f.Severity)*10 + conductOf(f.Rule).stage() }
	at := map[*detect.Rule]int{}
	var out []*detect.Finding
	for i := range group {
		f := &group[i]
		j, known := at[f.Rule]
		switch {
		case !known:
			at[f.Rule] = len(out)
			out = append(out, f)
		case urgency(f) > urgency(out[j]):
			out[j] = f
		}
	}
	slices.SortStableFunc(out, func(a, b *detect.Finding) int { return -cmp.Compare(urgency(a), urgency(b)) })
	return out[:min(len(out), limit)]
}

func joined(said []text.Said, by string) text.Said {
	var en, ko []string
	for _, s := range said {
		en, ko = append(en, s.EN), append(ko, s.KO)
	}
	return text.Said{EN: strings.Join(en, by), KO: strings.Join(ko, by)}
}

// said lists the steps of a course as nouns.
func (c course) said(by string) text.Said {
	var all []text.Said
	for _, k := range c.steps {
		all = append(all, nouns[k].Say(nil))
	}
	return joined(all, by)
}

// inSentence takes the capital off an article that a headline begins with.
func inSentence(headline text.Said) text.Said {
	for _, article := range []string{"A ", "An ", "The ", "One ", "Somebody ", "Several ", "Many "} {
		if rest, found := strings.CutPrefix(headline.EN, article); found {
			return text.Said{EN: strings.ToLower(article) + rest, KO: headline.KO}
		}
	}
	return headline
}

func capital(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
