// Package file reads packets from capture files: pcap of all its kinds and
// pcapng.
//
// It streams: any io.Reader will do, also one that decompresses. It does not
// find files and does not decompress; package source/file does.
package file

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bongsu/bongsu/capture"
)

// MaxPacket is the largest captured length that is believed. Writers stop at
// 256 KiB; a longer one is damage, and what follows it cannot be found.
const MaxPacket = 1 << 20

// SniffSize is how many bytes of a file Sniff needs at most.
const SniffSize = 24

const bufferSize = 256 << 10

// A Reader returns the packets of one file. It is not safe for concurrent use.
type Reader struct {
	in     *bufio.Reader
	offset int64  // of what is read next
	number uint64 // packets returned
	data   []byte // a packet that did not fit the buffer
	taken  int    // bytes of the buffer that the last packet lies in

	format format
}

// format is pcap or pcapng.
type format interface {
	next(r *Reader, p *capture.Packet) error
}

// Sniff reports whether a file begins like a capture.
func Sniff(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	if bytes.Equal(head[:4], sectionMagic) {
		return len(head) < 12 || byteOrder(head[8:12]) != nil
	}
	_, ok := pcapKindOf(head)
	return ok
}

// NewReader reads the header of a capture. It returns an error that names the
// first bytes when they are those of something else, and wraps
// io.ErrUnexpectedEOF when the file ends inside its header.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, bufferSize)}
	head, err := r.in.Peek(SniffSize)
	if len(head) < 4 {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read capture header: %d bytes: %w", len(head), err)
	}
	if bytes.Equal(head[:4], sectionMagic) {
		r.format = &pcapng{}
		return r, nil
	}
	kind, ok := pcapKindOf(head)
	if !ok {
		return nil, fmt.Errorf("read capture header: file begins with % x, which is neither pcap nor pcapng", head[:4])
	}
	if len(head) < pcapHeader {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read capture header: %d bytes: %w", len(head), err)
	}
	p := newPcap(kind, head)
	r.format = p
	return r, r.discard(pcapHeader)
}

// Next fills p with the next packet. Its data is valid until the next call.
// After the last packet it returns io.EOF; where the file is cut, an error that
// wraps io.ErrUnexpectedEOF and names the packet and the byte offset.
func (r *Reader) Next(p *capture.Packet) error {
	if r.taken > 0 {
		if err := r.discard(r.taken); err != nil {
			return err
		}
		r.taken = 0
	}
	return r.format.next(r, p)
}

// Offset returns the byte offset behind the last packet returned: how far the
// file has been read.
func (r *Reader) Offset() int64 { return r.offset + int64(r.taken) }

// peek returns the next n bytes without taking them. At the very end of the
// file it returns io.EOF, inside of something io.ErrUnexpectedEOF.
func (r *Reader) peek(n int) ([]byte, error) {
	b, err := r.in.Peek(n)
	if len(b) == n {
		return b, nil
	}
	if errors.Is(err, io.EOF) && len(b) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

func (r *Reader) discard(n int) error {
	got, err := r.in.Discard(n)
	r.offset += int64(got)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// take returns the next n bytes. They stay where they are in the buffer when
// they fit, and are copied otherwise; either way they are taken.
func (r *Reader) take(n int) ([]byte, error) {
	if n <= r.in.Size() {
		b, err := r.peek(n)
		if err != nil {
			return nil, err
		}
		r.taken = n
		return b, nil
	}
	if cap(r.data) < n {
		r.data = make([]byte, n)
	}
	b := r.data[:n]
	got, err := io.ReadFull(r.in, b)
	r.offset += int64(got)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// cut says where a capture ends that should go on.
func (r *Reader) cut(what string, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read capture: %s of packet %d at byte %d: %w", what, r.number+1, r.offset, err)
}

// bad says what is damaged, and where.
func (r *Reader) bad(format string, args ...any) error {
	return fmt.Errorf("read capture: packet %d at byte %d: %s", r.number+1, r.offset, fmt.Sprintf(format, args...))
}

func byteOrder(magic []byte) binary.ByteOrder {
	switch {
	case bytes.Equal(magic, []byte{0x1a, 0x2b, 0x3c, 0x4d}):
		return binary.BigEndian
	case bytes.Equal(magic, []byte{0x4d, 0x3c, 0x2b, 0x1a}):
		return binary.LittleEndian
	}
	return nil
}

// at turns seconds and nanoseconds into a time.
func at(sec int64, nsec int64) time.Time { return time.Unix(sec, nsec).UTC() }
