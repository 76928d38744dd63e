package file

import (
	"bytes"
	"io"
	"os"
	"sync"
)

// reopener reads a file at any place. The file is open only while somebody
// holds it or during one read, however many archives there are.
type reopener struct {
	path  string
	mu    sync.Mutex
	file  *os.File
	users int
}

func reopened(path string) *reopener { return &reopener{path: path} }

func (r *reopener) hold() (release func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		if r.file, err = os.Open(r.path); err != nil {
			r.file = nil
			return nil, err
		}
	}
	r.users++
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.users--; r.users == 0 {
			_ = r.file.Close()
			r.file = nil
		}
	}), nil
}

// ReadAt implements io.ReaderAt.
func (r *reopener) ReadAt(b []byte, off int64) (int, error) {
	release, err := r.hold()
	if err != nil {
		return 0, err
	}
	defer release()
	return r.file.ReadAt(b, off)
}

// held keeps the file of an archive open as long as one of its members is.
type held struct {
	io.ReadCloser
	release func()
}

// Close closes the member and lets go of the archive.
func (h *held) Close() error {
	defer h.release()
	return h.ReadCloser.Close()
}

func holding(at io.ReaderAt, open func() (io.ReadCloser, error)) (io.ReadCloser, error) {
	r, ok := at.(*reopener)
	if !ok {
		return open()
	}
	release, err := r.hold()
	if err != nil {
		return nil, err
	}
	m, err := open()
	if err != nil {
		release()
		return nil, err
	}
	return &held{m, release}, nil
}

func readerAtBytes(b []byte) io.ReaderAt { return bytes.NewReader(b) }
