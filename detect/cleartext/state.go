package cleartext

import "github.com/bongsu/bongsu/detect"

func (d *detector) state(s *detect.State) {
	s.Version(1)
	s.Finding(&d.f, password)
	detect.StateSlice(s, &d.users, s.Str)
	s.Bool(&d.grown)
	s.Bool(&d.loud)
}

// Snapshot returns the state.
func (d *detector) Snapshot() ([]byte, error) { return detect.Save(d.state) }

// Restore takes up a state.
func (d *detector) Restore(state []byte) error { return detect.Load(state, d.state) }
