package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// smallMember is the size up to which a member may be kept in memory.
const smallMember = 1 << 20

// spool sets members of archives aside that can be read in order only. It
// writes into one new directory, under names of its own.
type spool struct {
	parent string // where the directory is made
	dir    string
	limits Limits
	memory int64 // bytes in memory
	disk   int64 // bytes on disk
	next   int
}

// member is what was set aside: in memory, or in a file.
type member struct {
	data []byte
	path string
	size int64
}

func (m *member) open() (io.ReadCloser, error) {
	if m.path == "" {
		return io.NopCloser(bytes.NewReader(m.data)), nil
	}
	return os.Open(m.path)
}

// put reads r to its end. What a cut input gave before an error is kept; the
// error comes back with it.
func (s *spool) put(r io.Reader) (*member, error) {
	var small bytes.Buffer
	room := min(smallMember, s.limits.Memory-s.memory)
	_, err := io.CopyN(&small, r, max(room, 0)+1)
	if err != nil || int64(small.Len()) <= room {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		s.memory += int64(small.Len())
		return &member{data: small.Bytes(), size: int64(small.Len())}, err
	}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp(s.parent, "bongsu-"); err != nil {
			return nil, fmt.Errorf("make room for archive members: %w", err)
		}
	}
	s.next++
	path := filepath.Join(s.dir, strconv.Itoa(s.next))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("set archive member aside: %w", err)
	}
	left := s.limits.Spool - s.disk
	n, err := io.Copy(f, io.LimitReader(io.MultiReader(&small, r), left+1))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if n > left {
		_ = os.Remove(path)
		return nil, fmt.Errorf("%w: members of archives need more than %s in %s; unpack the archive yourself and give the files",
			ErrBound, size(s.limits.Spool), s.dir)
	}
	s.disk += n
	return &member{path: path, size: n}, err
}

func (s *spool) drop(m *member) {
	if m.path == "" {
		s.memory -= m.size
		m.data = nil
		return
	}
	s.disk -= m.size
	_ = os.Remove(m.path)
}

// close removes all that was set aside on disk.
func (s *spool) close() error {
	if s.dir == "" {
		return nil
	}
	dir := s.dir
	s.dir = ""
	if err := os.RemoveAll(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove archive members set aside: %w", err)
	}
	return nil
}
