// Package file finds the captures and logs among files, folders and archives,
// by what is in them and not by how they are called, and reads them. It does
// not understand packets or lines: packages capture and decode do.
//
// Packed input is hostile until it is read: depth, members, bytes and ratio
// are bounded, nothing is written outside one new directory, and names of
// archive members are only shown, never opened.
package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"time"
)

// Options say what Find looks for.
type Options struct {
	// Recognise names the log format of a text that begins with head, "" if it
	// knows none. Head holds whole lines where lines are of ordinary length; of
	// JSON that is spread over lines or in an array it holds one value a line.
	Recognise func(head []byte) string
	// Together names the formats whose logs in one folder are one recording.
	Together []string
	// TempDir is where archive members are set aside; "" is the system's.
	TempDir string
	Limits  Limits
}

// Reason says why something given is not analysed.
type Reason int

// Reasons, from harmless to grave.
const (
	Skipped      Reason = iota + 1 // a socket, a device, or a link that leads back
	Empty                          // no bytes
	Unrecognised                   // read, but no capture and no known log
	Unreadable                     // could not be read, or not to its end
	Bounded                        // asks for more than Limits allow
)

// A Problem is something given that is not analysed.
type Problem struct {
	Path   string
	Reason Reason
	Err    error // the detail, which names the path too where it is Unreadable or Bounded
}

// Kind says what a recording is.
type Kind int

// Kinds of recordings.
const (
	Capture Kind = iota + 1
	Log
)

// A Recording is one capture, one log, one rotated set of either, or the logs
// of one folder that belong together.
type Recording struct {
	Name  string // the path of a single file, of the newest of a set, or of the folder, which ends in a slash
	Kind  Kind
	Parts []*Part // oldest first; in a folder by name
}

// Size returns the bytes that reading all parts takes, as packed.
func (r Recording) Size() int64 {
	n := int64(0)
	for _, p := range r.Parts {
		n += p.Size
	}
	return n
}

// A Part is one file or archive member. It can be opened several times, but
// not after Close of its Found.
type Part struct {
	Path     string    // for people; members stand behind the name of their archive
	Name     string    // last element of the path, without the ending of its packing: conn.log
	Format   string    // pcap, pcapng, or the name of a log format
	Size     int64     // bytes as packed: what Stream.Taken reaches
	Modified time.Time // when the file or member was last written

	blob   *blob
	limits Limits
	head   captureHead

	hashing sync.Mutex
	hash    string
}

// Found is what Find found. Close it when all parts are read.
type Found struct {
	Recordings []Recording // in the order of their names
	Problems   []Problem   // in the order of their paths
	spool      *spool
}

// Close removes archive members that were set aside.
func (f *Found) Close() error { return f.spool.close() }

// A Stream is an open part, with all its packings taken off.
type Stream struct{ s *stream }

// Read reads unpacked bytes. Its errors name the part and the place; that of
// a cut file wraps io.ErrUnexpectedEOF, that of a bound ErrBound.
func (s *Stream) Read(b []byte) (int, error) { return s.s.Read(b) }

// Close ends the reading.
func (s *Stream) Close() error { return s.s.Close() }

// Taken returns how many of the part's bytes have been read, as packed. It may
// be called while another goroutine reads.
func (s *Stream) Taken() int64 { return s.s.taken.Load() }

// Open opens the part. Reading ends with ctx.
func (p *Part) Open(ctx context.Context) (*Stream, error) {
	s, err := p.blob.open(ctx, p.limits)
	if err != nil {
		return nil, err
	}
	if len(p.blob.layers) == 0 { // otherwise the last packing has one
		s.Reader = &guard{r: s.Reader, path: p.Path, limits: p.limits}
	}
	return &Stream{s}, nil
}

// Hash returns the hex SHA-256 of the unpacked bytes, of a cut file those that
// could be read. It reads the part once, the first time.
func (p *Part) Hash(ctx context.Context) (string, error) {
	p.hashing.Lock()
	defer p.hashing.Unlock()
	if p.hash != "" {
		return p.hash, nil
	}
	s, err := p.Open(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = s.Close() }()
	sum := sha256.New()
	_, err = io.CopyBuffer(struct{ io.Writer }{sum}, s, make([]byte, readAhead))
	if ctx.Err() != nil {
		return "", fmt.Errorf("hash %s: %w", p.Path, ctx.Err())
	}
	// A cut file ends in an error at the same place each time, which those who
	// read its content report.
	_ = err
	p.hash = hex.EncodeToString(sum.Sum(nil))
	return p.hash, nil
}
