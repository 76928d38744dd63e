package sigma

import (
	"github.com/bongsu/bongsu/detect"
)

func (d *detector) state(s *detect.State) {
	s.Version(1)
	rules := map[string]*Rule{}
	for _, r := range d.rules {
		rules[r.key] = r
	}
	was := d.order
	n := len(was)
	s.Int(&n)
	for i := 0; i < n && s.Ok(); i++ {
		var key, rule, who, match string
		o := &open{}
		if i < len(was) { // going out
			key, o = was[i], d.open[was[i]]
			rule, who, match = o.rule.key, o.who, o.match
		}
		s.Str(&key)
		s.Str(&rule)
		s.Str(&who)
		s.Str(&match)
		r := rules[rule]
		if r != nil {
			s.Finding(&o.finding, r.claim)
		} else {
			s.Finding(&o.finding, nil) // of a rule that is no longer there
		}
		s.Int(&o.next)
		s.Int(&o.given)
		if i >= len(was) && r != nil && s.Ok() {
			o.rule, o.who, o.match = r, who, match
			d.remember(key, o)
		}
	}
}

// Snapshot returns the state.
func (d *detector) Snapshot() ([]byte, error) { return detect.Save(d.state) }

// Restore takes up a state. What grew by a rule that is no longer there is left
// out.
func (d *detector) Restore(state []byte) error { return detect.Load(state, d.state) }
