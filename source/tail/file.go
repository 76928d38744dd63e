package tail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/bongsu/bongsu/source"
)

// maxHead is how many of the first bytes of a file tell it from others.
const maxHead = 1024

// file is one that is followed.
type file struct {
	path   string
	handle *os.File
	info   fs.FileInfo // as it was when it was opened; says which file it is

	id     string // Origin.Source; "" until its first line is there
	head   int    // bytes that hash covers
	hash   string
	offset int64 // of the first byte that is not handed on
	skip   bool  // that byte is within a line that was cut
	size   int64
	tried  int64 // size when a whole line was last looked for in vain

	modified time.Time
	grew     time.Time
	rotated  time.Time // when its name began to stand for another; zero: it has its name
}

func openFile(path string) (*file, error) {
	h, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := h.Stat()
	if err == nil {
		err = refusePacked(h)
	}
	if err != nil {
		_ = h.Close()
		return nil, err
	}
	return &file{path: path, handle: h, info: info, size: info.Size(), modified: info.ModTime()}, nil
}

func (f *file) close() { _ = f.handle.Close() }

// errPacked says that a pattern matches what rotation has packed.
var errPacked = errors.New("the file is packed, nothing is appended to it")

func refusePacked(h *os.File) error {
	var head [4]byte
	n, err := h.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, magic := range [...]string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "\xfd7zX", "BZh", "PK\x03\x04"} {
		if bytes.HasPrefix(head[:n], []byte(magic)) {
			return errPacked
		}
	}
	return nil
}

// hashOf returns a short hash of the first n bytes, "" where there are fewer.
func (f *file) hashOf(n int) (string, error) {
	var head [maxHead]byte
	got, err := f.handle.ReadAt(head[:n], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if got < n {
		return "", nil
	}
	return digest(head[:n]), nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// is reports whether a place is one in this file.
func (f *file) is(p place) bool {
	if p.inode != inodeOf(f.info) || f.info.Size() < p.offset {
		return false
	}
	h, err := f.hashOf(p.head)
	return err == nil && h == p.hash
}

func (f *file) resume(p place) {
	f.id, f.head, f.hash, f.offset, f.skip = p.id, p.head, p.hash, p.offset, p.skip
}

// toEnd leaves out what is there by now.
func (f *file) toEnd() error {
	if f.size == 0 {
		return nil
	}
	var last [1]byte
	if _, err := f.handle.ReadAt(last[:], f.size-1); err != nil {
		return err
	}
	f.offset, f.skip = f.size, last[0] != '\n'
	f.identify(nil, true)
	return nil
}

// What a file was found to be when it was looked at again.
type freshness uint8

const (
	same freshness = iota
	replaced
)

// refresh looks how large the file is now, and whether it was truncated and
// written anew under the same inode.
func (f *file) refresh(now time.Time) (freshness, error) {
	info, err := f.handle.Stat()
	if err != nil {
		return same, err
	}
	if info.Size() == f.size && info.ModTime().Equal(f.modified) {
		return same, nil
	}
	if info.Size() != f.size {
		f.grew = now
	}
	f.size, f.modified = info.Size(), info.ModTime()
	fresh := same
	if f.size < f.offset {
		fresh = replaced
	} else if f.id != "" {
		h, err := f.hashOf(f.head)
		if err != nil {
			return same, err
		}
		if h != f.hash {
			fresh = replaced
		}
	}
	if fresh == replaced {
		f.id, f.head, f.hash, f.offset, f.skip, f.tried = "", 0, "", 0, false, 0
	}
	return fresh, nil
}

// readAt reads what is not handed on yet.
func (f *file) readAt(b []byte) (int, error) {
	n, err := f.handle.ReadAt(b, f.offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		return n, fmt.Errorf("read %s at byte %d: %w", f.path, f.offset, err)
	}
	return n, nil
}

// identify names the file once its first line is there. Later it lets the hash
// cover more, as more is there: many logs begin with the same line.
func (f *file) identify(b []byte, final bool) bool {
	if f.id != "" && f.head == maxHead {
		return true
	}
	have := int(min(maxHead, f.size))
	if f.id == "" && have < maxHead && !final && f.offset == 0 && bytes.IndexByte(b, '\n') < 0 {
		return false
	}
	if have <= f.head && f.id != "" {
		return true
	}
	h, err := f.hashOf(have)
	if err != nil || h == "" {
		return f.id != ""
	}
	f.head, f.hash = have, h
	if f.id == "" {
		f.id = digest([]byte(strconv.FormatUint(inodeOf(f.info), 16) + ":" + h))
	}
	return true
}

// split makes records of the whole lines of b, which stands at the file's
// offset, and returns how much of b is done with. Final says that the last line
// has no end and will have none.
func (t *tail) split(f *file, b []byte, final bool) (used int, skip bool) {
	t.records = t.records[:0]
	skip = f.skip
	for used < len(b) && len(t.records) < maxBatch {
		cut := false
		i := bytes.IndexByte(b[used:], '\n')
		end, next := used+i, used+i+1
		if i < 0 {
			rest := len(b) - used
			switch {
			case skip:
				return len(b), true
			case rest > MaxRecord:
				end, next, cut = used+MaxRecord, used+MaxRecord, true
			case final:
				end, next = len(b), len(b)
			default:
				return used, false
			}
		}
		if skip {
			used, skip = next, false
			continue
		}
		if end-used > MaxRecord {
			end, cut = used+MaxRecord, true
		}
		if cut {
			t.count("cut", 1)
		}
		if body := trim(b[used:end]); len(body) > 0 {
			t.records = append(t.records, source.Record{Body: body, Cut: cut, Origin: source.Origin{
				Source: f.id, Position: uint64(f.offset) + uint64(used), Received: f.modified,
			}})
		}
		skip = i < 0 && cut
		used = next
	}
	return used, skip
}

// trim takes off the line end, and everything of a line that holds nothing; a
// crash leaves NULs.
func trim(b []byte) []byte {
	b = bytes.TrimRight(b, "\r\n")
	if len(bytes.TrimLeft(b, " \t\r\n\x00")) == 0 {
		return nil
	}
	return b
}
