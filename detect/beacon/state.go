package beacon

import "github.com/bongsu/bongsu/detect"

func (d *detector) state(s *detect.State) {
	s.Version(1)
	detect.StateSlice(s, &d.visits, func(v *visit) {
		s.Int64(&v.at)
		s.Int64(&v.out)
		s.Int64(&v.in)
	})
	s.Int(&d.total)
	s.Int(&d.judged)
	s.Time(&d.last)
	s.Int(&d.answered)
	s.Int(&d.sized)
	s.Int(&d.viaProxy)
	s.Int64(&d.tunnel)
	detect.StateSlice(s, &d.ips, s.Str)
	detect.StateMap(s, &d.ports, func(port *int64, seen *bool) {
		s.Int64(port)
		s.Bool(seen)
	})
	s.Str(&d.host)
	s.Evidence(&d.shown)
	c := &d.from
	s.Str(&c.tenant)
	s.Str(&c.src)
	s.Str(&c.dst)
	s.Int64(&c.port)
	s.Int64(&c.proto)
	s.Time(&c.at)
	s.Origin(&c.origin)

	claimed := d.f != nil
	s.Bool(&claimed)
	if claimed {
		if d.f == nil {
			d.f = &detect.Finding{}
		}
		s.Finding(d.f, direct, named, proxied)
	}
}

// Snapshot returns the state.
func (d *detector) Snapshot() ([]byte, error) { return detect.Save(d.state) }

// Restore takes up a state.
func (d *detector) Restore(state []byte) error { return detect.Load(state, d.state) }
