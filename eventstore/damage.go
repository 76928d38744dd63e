package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// damagedDir is where torn segments go, below the store's folder. No
// organisation's folder has this name.
const damagedDir = "damaged"

// maxDamage bounds the list of Damage. What is beyond it is in the log.
const maxDamage = 1000

// Damage is a segment that was set aside because it cannot be read, or a file
// that is missing. The file lies in the folder damaged; nothing removes it.
type Damage struct {
	Segment string
	Rows    int64 // how many events the catalogue counted in it; 0 where it is not known any more
	Reason  string
	At      time.Time
}

// Damage returns what was set aside since the store was opened, and what lay in
// the folder damaged before.
func (s *Store) Damage() []Damage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.damage)
}

// sweep removes what a crash left behind: files that the catalogue does not
// name. Where the catalogue names nothing at all it may be the wrong one, so
// they are set aside instead.
func (s *Store) sweep() error {
	fresh := len(s.held) == 0 && len(s.streams) == 0
	err := filepath.WalkDir(s.config.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.config.Dir, path)
		if err != nil || d.IsDir() {
			return err
		}
		name := filepath.ToSlash(rel)
		aside, inDamaged := strings.CutPrefix(name, damagedDir+"/")
		switch {
		case inDamaged:
			info, err := d.Info()
			if err != nil {
				return err
			}
			s.note(Damage{Segment: aside, Reason: "was set aside before", At: info.ModTime().UTC()})
		case s.held[name] != nil:
		case strings.HasSuffix(name, temporary):
			return s.disk.Remove(path)
		case !strings.HasSuffix(name, ".parquet"):
		case fresh:
			s.config.Log.Error("segment is not in the catalogue, which is empty", "segment", name)
			if err := s.aside(name); err != nil {
				return err
			}
			s.note(Damage{Segment: name, Reason: "the catalogue is empty and does not name it", At: s.config.Clock()})
		default:
			s.config.Log.Info("remove segment that was not finished", "segment", name)
			s.remove([]string{name})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("sweep segments: %w", err)
	}
	return nil
}

// inspect looks whether each segment's file is there and whole, as far as its
// size and its ends tell.
func (s *Store) inspect(ctx context.Context) error {
	for _, h := range slices.Clone(s.order) {
		err := glance(filepath.Join(s.config.Dir, filepath.FromSlash(h.Name)), h.Bytes)
		if errors.Is(err, ErrSegment) {
			err = s.setAside(ctx, h, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var magic = []byte("PAR1")

// glance checks the size of a file and its first and last bytes. ErrSegment
// says that the file is damaged or missing; any other error, such as too many
// open files, says nothing of it.
func glance(path string, bytesWanted int64) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrSegment, err)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != bytesWanted {
		return fmt.Errorf("%w: it has %d bytes, not %d", ErrSegment, info.Size(), bytesWanted)
	}
	if info.Size() < 12 {
		return fmt.Errorf("%w: it has %d bytes", ErrSegment, info.Size())
	}
	var ends [8]byte
	if _, err := f.ReadAt(ends[:4], 0); err != nil {
		return err
	}
	if _, err := f.ReadAt(ends[4:], info.Size()-4); err != nil {
		return err
	}
	if !bytes.Equal(ends[:4], magic) || !bytes.Equal(ends[4:], magic) {
		return fmt.Errorf("%w: its first or last bytes are not those of a Parquet file", ErrSegment)
	}
	return nil
}

// Report tells the store that a segment could not be read. The store reads the
// file itself, all of it; when that fails too it sets the segment aside and
// returns true: the reader takes a new view and goes on without it. False: the
// file is sound or no longer needed, and the reader's error has another cause.
func (s *Store) Report(ctx context.Context, name string, cause error) (damaged bool, err error) {
	s.mu.Lock()
	h := s.held[name]
	if h != nil {
		h.refs++
	}
	s.mu.Unlock()
	if h == nil {
		return false, nil
	}
	defer s.unhold(h)
	path := filepath.Join(s.config.Dir, filepath.FromSlash(name))
	found := glance(path, h.Bytes)
	if found == nil {
		found = verify(ctx, path, h.Rows)
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if found != nil && !errors.Is(found, ErrSegment) {
		return false, fmt.Errorf("look at segment %s: %w", name, found)
	}
	if found == nil {
		s.config.Log.Warn("segment was reported as damaged and is not", "segment", name, "error", cause)
		return false, nil
	}
	return true, s.setAside(ctx, h, found)
}

// unhold undoes one count of references.
func (s *Store) unhold(h *held) {
	s.mu.Lock()
	h.refs--
	free := h.refs == 0 && h.gone && !h.aside
	s.mu.Unlock()
	if free {
		s.remove([]string{h.Name})
	}
}

// setAside takes a segment out of what is served. The file moves first: after a
// crash in between it is missing and is taken out when the store is opened.
func (s *Store) setAside(ctx context.Context, h *held, cause error) error {
	s.config.Log.Error("segment is damaged and set aside", "segment", h.Name, "rows", h.Rows, "error", cause)
	if err := s.aside(h.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("set segment aside: %w", err)
	}
	s.mu.Lock()
	h.aside = true
	s.mu.Unlock()
	if err := s.commit(ctx, Change{Removed: []string{h.Name}}, nil); err != nil {
		return err
	}
	s.note(Damage{Segment: h.Name, Rows: h.Rows, Reason: cause.Error(), At: s.config.Clock()})
	return nil
}

// aside moves a file into the folder of damaged ones.
func (s *Store) aside(name string) error {
	to := filepath.Join(s.config.Dir, damagedDir, filepath.FromSlash(name))
	if err := s.disk.MkdirAll(filepath.Dir(to)); err != nil {
		return err
	}
	return s.disk.Rename(filepath.Join(s.config.Dir, filepath.FromSlash(name)), to)
}

func (s *Store) note(d Damage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.damage, func(x Damage) bool { return x.Segment == d.Segment })
	switch {
	case at >= 0:
		s.damage[at] = d
	case len(s.damage) < maxDamage:
		s.damage = append(s.damage, d)
	}
}
