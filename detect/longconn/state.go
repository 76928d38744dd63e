package longconn

import "github.com/bongsu/bongsu/detect"

func (d *detector) state(s *detect.State) {
	s.Version(1)
	s.Finding(&d.f, held)
	s.Duration(&d.longest)
	s.Int64(&d.said)
}

// Snapshot returns the state.
func (d *detector) Snapshot() ([]byte, error) { return detect.Save(d.state) }

// Restore takes up a state.
func (d *detector) Restore(state []byte) error { return detect.Load(state, d.state) }
