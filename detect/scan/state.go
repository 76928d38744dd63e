package scan

import "github.com/bongsu/bongsu/detect"

func (d *detector) state(s *detect.State) {
	s.Version(1)
	d.ports.state(s, s.Str, doorState(s))
	d.hosts.state(s, doorState(s), s.Str)
	detect.StateMap(s, &d.served, func(p *place, seen *bool) {
		s.Str(&p.ip)
		doorState(s)(&p.at)
		s.Bool(seen)
	})
	detect.StateMap(s, &d.uses, func(at *door, n *int) {
		doorState(s)(at)
		s.Int(n)
	})
	d.pings.state(s, s.Str)
	d.asked.state(s, s.Str)
	d.routes.state(s, doorState(s))
	s.Str(&d.route)
	for i := range d.claims {
		c := &d.claims[i]
		s.Bool(&c.live)
		s.Bool(&c.grown)
		s.Finding(&c.f, vertical, horizontal, pingSweep, arpSweep, traceroute)
		s.Str(&c.src)
		if c.live && c.about == nil {
			c.about = map[string]bool{}
		}
		detect.StateMap(s, &c.about, func(key *string, seen *bool) {
			s.Str(key)
			s.Bool(seen)
		})
		c.targets.state(s)
		c.doors.state(s)
	}
}

func doorState(s *detect.State) func(*door) {
	return func(d *door) {
		proto, port := int(d.proto), int(d.port)
		s.Int(&proto)
		s.Int(&port)
		d.proto, d.port = uint8(proto), uint16(port)
	}
}

func (l *listing) state(s *detect.State) {
	words := l.words
	detect.StateSlice(s, &words, s.Str)
	if len(l.words) == 0 {
		for _, w := range words {
			l.add(w)
		}
	}
}

func (t *table[K, T]) state(s *detect.State, key func(*K), value func(*T)) {
	detect.StateMap(s, &t.rows, func(k *K, row **tracker[T]) {
		key(k)
		if *row == nil {
			*row = &tracker[T]{}
		}
		(*row).state(s, value)
	})
}

func (t *tracker[T]) state(s *detect.State, value func(*T)) {
	detect.StateSlice(s, &t.values, func(e *entry[T]) {
		value(&e.value)
		s.Time(&e.at)
		s.Int(&e.before)
		s.Bool(&e.talkless)
		s.Bool(&e.gone)
		var shown []detect.Evidence
		if e.evidence != nil {
			shown = []detect.Evidence{*e.evidence}
		}
		s.Evidence(&shown)
		if len(shown) > 0 {
			e.evidence = &shown[0]
		}
	})
	s.Int(&t.base)
	s.Int(&t.talkless)
	s.Int(&t.served)
	s.Int(&t.dropped)
	s.Int(&t.sum)
	if t.seen == nil {
		// The index follows from the values.
		for i := range t.values {
			if t.values[i].gone {
				continue
			}
			if t.seen == nil {
				t.seen = map[T]int{}
			}
			t.seen[t.values[i].value] = t.base + i
		}
	}
}

// Snapshot returns the state.
func (d *detector) Snapshot() ([]byte, error) { return detect.Save(d.state) }

// Restore takes up a state.
func (d *detector) Restore(state []byte) error { return detect.Load(state, d.state) }
