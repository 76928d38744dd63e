package detect

import (
	"bufio"
	"cmp"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Snapshotter is a detector whose state can be put away and taken up again,
// so that a restart makes no difference. A detector that remembers nothing from
// one event to the next needs none.
type Snapshotter interface {
	// Snapshot returns the state. Equal states give equal bytes.
	Snapshot() ([]byte, error)
	// Restore takes up a state that Snapshot of a detector with the same
	// settings gave. An error leaves the detector as it was new.
	Restore(state []byte) error
}

// The stream of a snapshot: one header, then the instances of all detectors,
// each detector's from the one that waits longest to the latest used.
type (
	snapshotHeader struct {
		Version            int
		Watermark, Swept   time.Time
		Pending, Instances int
		Settings           map[string]string // by detector, to see whether they have changed
	}
	snapshotInstance struct {
		Detector, Tenant, Key string
		Seen                  time.Time
		State                 []byte
	}
)

// snapshotVersion is of the stream; a detector tells its own states apart.
const snapshotVersion = 1

// ErrSnapshot says that bytes are not a snapshot that this program can take up.
var ErrSnapshot = errors.New("not a snapshot of detectors")

// Snapshot writes the state of all instances.
func (r *Runner) Snapshot(w io.Writer) error {
	buf := bufio.NewWriterSize(w, 1<<16)
	enc := gob.NewEncoder(buf)
	h := snapshotHeader{
		Version: snapshotVersion, Watermark: r.watermark, Swept: r.swept, Pending: r.pending,
		Instances: r.live(), Settings: map[string]string{},
	}
	for _, u := range r.runs {
		h.Settings[u.kind.Name] = u.settings.fingerprint()
	}
	if err := enc.Encode(h); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	for _, u := range r.runs {
		for i := u.root.prev; i != &u.root; i = i.prev {
			s := snapshotInstance{Detector: u.kind.Name, Tenant: i.partition.tenant, Key: i.partition.key, Seen: i.seen}
			if d, ok := i.detector.(Snapshotter); ok {
				state, err := d.Snapshot()
				if err != nil {
					return fmt.Errorf("write snapshot: %s: %w", u.kind.Name, err)
				}
				s.State = state
			}
			if err := enc.Encode(s); err != nil {
				return fmt.Errorf("write snapshot: %w", err)
			}
		}
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return nil
}

// Restore takes up what Snapshot wrote, in a runner that has seen nothing yet.
// Detectors that are gone, or whose settings have changed, begin anew; their
// names are returned. After an error the runner is not to be used.
func (r *Runner) Restore(from io.Reader) (anew []string, err error) {
	dec := gob.NewDecoder(bufio.NewReaderSize(from, 1<<16))
	var h snapshotHeader
	if err := dec.Decode(&h); err != nil {
		return nil, fmt.Errorf("read snapshot: %w: %w", ErrSnapshot, err)
	}
	if h.Version != snapshotVersion {
		return nil, fmt.Errorf("read snapshot: version %d: %w", h.Version, ErrSnapshot)
	}
	runs := map[string]*run{}
	for _, u := range r.runs {
		if h.Settings[u.kind.Name] == u.settings.fingerprint() {
			runs[u.kind.Name] = u
		}
	}
	changed := map[string]bool{}
	for range h.Instances {
		var s snapshotInstance
		if err := dec.Decode(&s); err != nil {
			return nil, fmt.Errorf("read snapshot: %w: %w", ErrSnapshot, err)
		}
		u := runs[s.Detector]
		if u == nil {
			changed[s.Detector] = true
			continue
		}
		if err := u.restore(&s); err != nil {
			return nil, fmt.Errorf("read snapshot: %s: %w: %w", s.Detector, ErrSnapshot, err)
		}
	}
	r.watermark, r.swept, r.pending = h.Watermark, h.Swept, h.Pending
	return slices.Sorted(maps.Keys(changed)), nil
}

// restore adds an instance as the latest used.
func (u *run) restore(s *snapshotInstance) error {
	d, err := u.kind.New(u.settings)
	if err != nil {
		return err
	}
	if k, ok := d.(Snapshotter); ok {
		if err := k.Restore(s.State); err != nil {
			return err
		}
	}
	i := &instance{partition: partition{s.Tenant, s.Key}, detector: d, seen: s.Seen}
	i.advancer, _ = d.(Advancer)
	i.next, i.prev = u.root.next, &u.root
	i.next.prev, u.root.next = i, i
	u.instances[i.partition] = i
	return nil
}

// fingerprint tells settings apart.
func (s Settings) fingerprint() string {
	pairs := make([]string, 0, len(s))
	for name, value := range s {
		pairs = append(pairs, fmt.Sprintf("%q=%q", name, value))
	}
	slices.SortFunc(pairs, cmp.Compare[string])
	return strings.Join(pairs, " ")
}
