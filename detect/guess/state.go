package guess

import (
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
)

func (d *bySourceDetector) state(s *detect.State) {
	s.Version(1)
	detect.StateMap(s, &d.services, func(key *string, p **tries) {
		s.Str(key)
		if *p == nil {
			*p = &tries{}
		}
		t := *p
		s.Str(&t.source)
		s.Str(&t.target)
		s.Str(&t.service)
		t.failed.state(s)
		if t.users == nil {
			t.users = map[string]*user{}
		}
		detect.StateMap(s, &t.users, func(name *string, p **user) {
			s.Str(name)
			if *p == nil {
				*p = &user{}
			}
			u := *p
			s.Int(&u.failed)
			s.Bool(&u.unknown)
			s.Time(&u.last)
			s.Bool(&u.won)
		})
		s.Evidence(&t.recent)
		t.talks.state(s)
		s.Bool(&t.told)
		for _, f := range []*detect.Finding{&t.guessing, &t.spraying, &t.guessed, &t.talking} {
			s.Finding(f, guessing, spraying, guessed, talking)
		}
		s.Bool(&t.grown)
	})
}

func (c *stamps) state(s *detect.State) {
	detect.StateSlice(s, &c.at, s.Time)
	detect.StateSlice(s, &c.count, s.Int)
}

// Snapshot returns the state.
func (d *bySourceDetector) Snapshot() ([]byte, error) { return detect.Save(d.state) }

// Restore takes up a state.
func (d *bySourceDetector) Restore(state []byte) error { return detect.Load(state, d.state) }

func (d *byTargetDetector) state(s *detect.State) {
	s.Version(1)
	detect.StateMap(s, &d.sources, func(address *string, p **trier) {
		s.Str(address)
		if *p == nil {
			*p = &trier{}
		}
		t := *p
		s.Int(&t.failed)
		s.Time(&t.first)
		s.Time(&t.last)
		s.Str(&t.user)
		s.Bool(&t.won)
	})
	s.Evidence(&d.recent)
	waits := d.unsaid != nil
	s.Bool(&waits)
	if waits {
		if d.unsaid == nil {
			d.unsaid = &event.Event{}
		}
		s.Event(d.unsaid)
	}
	s.Int(&d.skipped)
	s.Finding(&d.f, distributed)
	s.Str(&d.who)
	detect.StateMap(s, &d.all, func(address *string, seen *bool) {
		s.Str(address)
		s.Bool(seen)
	})
	s.Bool(&d.grown)
}

// Snapshot returns the state.
func (d *byTargetDetector) Snapshot() ([]byte, error) { return detect.Save(d.state) }

// Restore takes up a state.
func (d *byTargetDetector) Restore(state []byte) error { return detect.Load(state, d.state) }
