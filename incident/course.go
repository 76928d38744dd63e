package incident

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
)

// A conduct is what somebody did, as an owner would say it: rules of many
// detectors tell of the same conduct.
type conduct int

const (
	other   conduct = iota // what no technique says more of
	exposed                // a weakness in use, no attack: passwords in the clear
	explored
	swept
	scanned
	guessed
	entered
	acted // ran, stayed, hid, collected
	called
	spread
	leaked
	harmed
	conducts // how many there are
)

// stage is how far an attack has come with a conduct, 0 if it is not part of
// one. 5 to 7 are also scanning, guessing and entering from a machine that was
// taken: the same again, one machine further.
func (c conduct) stage() int {
	return [conducts]int{explored: 1, swept: 1, scanned: 1, guessed: 2, entered: 3, acted: 4, called: 4, spread: 5, leaked: 8, harmed: 9}[c]
}

// byTechnique comes before byTactic: some techniques say more than their
// tactic.
var byTechnique = map[string]conduct{
	"T1040": exposed, // Network Sniffing
	"T1552": exposed, // Unsecured Credentials
	"T1018": swept,   // Remote System Discovery
	"T1046": scanned, // Network Service Discovery
	"T1110": guessed, // Brute Force
	"T1078": entered, // Valid Accounts
}

var byTactic = map[string]conduct{
	"TA0043": scanned, "TA0007": explored, "TA0102": explored,
	"TA0001": acted, "TA0002": acted, "TA0003": acted, "TA0004": acted, "TA0005": acted, "TA0006": acted, "TA0009": acted,
	"TA0008": spread, "TA0109": spread,
	"TA0011": called, "TA0101": called,
	"TA0010": leaked,
	"TA0040": harmed, "TA0105": harmed, "TA0106": harmed, "TA0107": harmed,
}

// conductOf returns the conduct that a rule tells of: the furthest of those
// that its techniques name, exposure before all, since what is only exposed is
// not yet attacked.
func conductOf(r *detect.Rule) conduct {
	if r == nil {
		return other
	}
	worst := other
	named := false
	for _, t := range r.Techniques {
		id, _, _ := strings.Cut(t.ID, ".")
		c, ok := byTechnique[id]
		switch {
		case c == exposed && ok:
			return exposed
		case ok:
			named, worst = true, max(worst, c)
		}
	}
	if named {
		return worst
	}
	for _, t := range r.Techniques {
		// Discovery beside others is their means: it decides only when alone.
		worst = max(worst, byTactic[t.Tactic])
	}
	return worst
}

// A course is how an attack went on: findings of rising stage that hang
// together by who acted and to whom.
type course struct {
	steps  []conduct // in the order of time
	stage  int       // of the last of them
	inside bool      // somebody with an address of ours acted in it
	taken  bool      // it began with a machine that was no longer its owner's
}

// reached reports whether the course contains a conduct.
func (c course) reached(k conduct) bool { return slices.Contains(c.steps, k) }

// follow finds the longest course in findings that are in the order of their
// time. Findings below medium prove no stage.
func follow(group []detect.Finding) course {
	type link struct {
		length, previous, stage int
	}
	chain := make([]link, len(group))
	// The furthest chains that an entity takes part in, by stage: the index of
	// their last finding, plus one.
	type reach [10]int
	at := map[detect.Entity]*reach{}
	best := -1
	for i := range group {
		f := &group[i]
		stage := conductOf(f.Rule).stage()
		if stage == 0 || f.Severity < event.SeverityMedium {
			continue
		}
		concerned := concernedBy(f)
		var past []*reach
		for _, e := range concerned {
			r := at[unrole(e)]
			if r == nil {
				r = &reach{}
				at[unrole(e)] = r
			}
			past = append(past, r)
			if e.Role == detect.Actor && stage <= entered.stage() && slices.ContainsFunc(r[entered.stage():], func(n int) bool { return n > 0 }) {
				stage += acted.stage()
			}
		}
		chain[i] = link{1, -1, stage}
		for _, r := range past {
			for _, n := range r[:stage] {
				if n > 0 && chain[n-1].length+1 > chain[i].length {
					chain[i] = link{chain[n-1].length + 1, n - 1, stage}
				}
			}
		}
		for _, r := range past {
			if n := r[stage]; n == 0 || chain[n-1].length < chain[i].length {
				r[stage] = i + 1
			}
		}
		if best < 0 || chain[i].length > chain[best].length {
			best = i
		}
	}
	var c course
	if best >= 0 {
		c.stage = chain[best].stage
	}
	for i := best; i >= 0; i = chain[i].previous {
		c.steps = append(c.steps, conductOf(group[i].Rule))
		for _, e := range group[i].Entities {
			c.inside = c.inside || e.Role == detect.Actor && IsOurs(e)
		}
	}
	slices.Reverse(c.steps)
	c.taken = len(c.steps) > 0 && c.steps[0].stage() >= acted.stage()
	return c
}

// concernedBy are the actors of a finding and those to whom it surely
// happened.
func concernedBy(f *detect.Finding) []detect.Entity {
	out := aims(f)
	for _, e := range f.Entities {
		if e.Role == detect.Actor && telling(e) {
			out = append(out, e)
		}
	}
	return out
}

func unrole(e detect.Entity) detect.Entity { return detect.Entity{Kind: e.Kind, Value: e.Value} }

// IsOurs reports whether an entity is of the inside. It goes by the address:
// private ones are ours, as a finding does not say in which segment an entity
// is.
func IsOurs(e detect.Entity) bool {
	switch e.Kind {
	case "ip":
		a, err := netip.ParseAddr(e.Value)
		if err != nil {
			return false
		}
		a = a.Unmap()
		return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()
	case "mac":
		return true // a network card is seen only on its own network
	}
	return false
}

// rank returns how bad an incident is and, from 0 to 100, when to look at it.
//
// Severity is that of the worst finding. It rises by one, to high at least and
// to critical at most, when an attack went on past its beginning (somebody got
// in, or what was attacked began to act); a machine of ours that scans and
// then guesses is high.
//
// Rank is
//
//	severity    low 10, medium 30, high 50, critical 65, fatal 75
//	confidence  up to 10: a tenth of that of the surest of the worst findings
//	success     10 if somebody got in, a machine reports to a master, or harm was done
//	breadth     3 for each kind of conduct after the first, up to 9
//	ours        6 if a machine of ours acts in it, 3 if one is only a target
func rank(group []detect.Finding, c course) (event.Severity, int) {
	worst := event.SeverityUnknown
	for i := range group {
		worst = max(worst, group[i].Severity)
	}
	confidence, success, ours := 0, false, 0
	done := map[conduct]bool{}
	for i := range group {
		f := &group[i]
		done[conductOf(f.Rule)] = true
		if f.Severity == worst {
			confidence = max(confidence, f.Confidence)
		}
		if f.Severity >= event.SeverityMedium && conductOf(f.Rule).stage() >= entered.stage() {
			success = true
		}
		for _, e := range f.Entities {
			switch {
			case !IsOurs(e):
			case e.Role == detect.Actor:
				ours = 6
			case e.Role == detect.Target:
				ours = max(ours, 3)
			}
		}
	}
	severity := worst
	if len(c.steps) > 1 {
		switch {
		case c.stage >= entered.stage():
			severity = max(worst, min(max(worst+1, event.SeverityHigh), event.SeverityCritical))
		case c.inside:
			severity = max(worst, event.SeverityHigh)
		}
	}

	points := [...]int{0, 0, 10, 30, 50, 65, 75}[min(severity, event.SeverityFatal)]
	points += min(confidence, 100) / 10
	if success {
		points += 10
	}
	points += 3 * min(max(len(done)-1, 0), 3)
	return severity, min(points+ours, 100)
}
