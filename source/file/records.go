package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/bongsu/bongsu/source"
)

// MaxRecord is the length of the longest record that is kept whole.
const MaxRecord = 1 << 20

// ErrLong says that a record is longer than MaxRecord.
var ErrLong = errors.New("record is longer than 1 MiB and was cut there")

// chunk is how much text is split and emitted at once.
const chunk = 256 << 10

// Records is a source of the lines of one part, or of its JSON values where
// these stand in an array or spread over lines. White space around a record is
// left out, and so are empty lines.
type Records struct {
	part *Part
	hash string
	long atomic.Int64
}

// Records returns the part as a source. Hash becomes Origin.Source; see
// Part.Hash.
func (p *Part) Records(hash string) *Records { return &Records{part: p, hash: hash} }

// Long returns how many records were longer than MaxRecord.
func (r *Records) Long() int64 { return r.long.Load() }

// Run emits all records in order and returns nil at the end of the part. Of a
// part that cannot be read to its end, what comes before is emitted first.
// After records that were cut, the error wraps ErrLong and names the first.
func (r *Records) Run(ctx context.Context, emit source.Emit) error {
	s, err := r.part.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	return r.Read(ctx, s, emit)
}

// Read is Run over a stream that is already open.
func (r *Records) Read(ctx context.Context, s io.Reader, emit source.Emit) error {
	var (
		in      = newDecoded(s)
		buf     = make([]byte, 0, chunk)
		base    int64 // where buf begins
		split   source.Splitter
		skip    bool // within a record that was cut
		first   uint64
		records []source.Record
		failure error
	)
	for eof := false; !eof; {
		n, err := fill(in, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil {
			eof = true
			if !errors.Is(err, io.EOF) {
				failure = err
			}
		}
		if split == nil {
			split = source.SplitterOf(buf)
		}
		records = records[:0]
		at := 0
		for at < len(buf) {
			start, end, next := split(buf[at:], eof)
			if next < 0 {
				break
			}
			body := trim(buf[at+start : at+end])
			if len(body) > 0 && !skip {
				if len(body) > MaxRecord {
					r.cut(&first, base+int64(at+start))
					body = body[:MaxRecord]
				}
				records = append(records, r.record(body, base+int64(at+start)))
			}
			skip = false
			at += next
		}
		if at == 0 && len(buf) == cap(buf) && !eof {
			if len(buf) <= MaxRecord {
				buf = append(make([]byte, 0, 2*cap(buf)), buf...)
				continue
			}
			if !skip {
				r.cut(&first, base)
				records = append(records, r.record(buf[:MaxRecord], base))
			}
			skip, at = true, len(buf)
		}
		if len(records) > 0 {
			if err := emit(ctx, records); err != nil {
				return fmt.Errorf("hand on records of %s: %w", r.part.Path, err)
			}
		}
		base += int64(at)
		buf = append(buf[:0], buf[at:]...)
	}
	if failure == nil && r.Long() > 0 {
		return fmt.Errorf("read %s: %w: %d in all, the first at byte %d", r.part.Path, ErrLong, r.Long(), first)
	}
	return failure
}

func (r *Records) cut(first *uint64, at int64) {
	if r.long.Add(1) == 1 {
		*first = uint64(at)
	}
}

func (r *Records) record(body []byte, at int64) source.Record {
	return source.Record{Body: body, Origin: source.Origin{Source: r.hash, Position: uint64(at), Received: r.part.Modified}}
}

// trim takes off the line end, and everything of a line that holds nothing.
func trim(b []byte) []byte {
	b = bytes.TrimRight(b, "\r\n")
	if len(bytes.TrimLeft(b, " \t\r\n\x00")) == 0 {
		return nil
	}
	return b
}

// sample returns the beginning of a text as Recognise wants it.
func sample(head []byte) []byte {
	if !source.SpreadJSON(head) {
		if len(head) > sampleSize {
			head = head[:sampleSize]
			if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
				head = head[:i+1]
			}
		}
		return head
	}
	var out []byte
	for at := 0; at < len(head) && len(out) < sampleSize; {
		start, end, next := source.SplitJSON(head[at:], false)
		if next < 0 {
			start, end, next = 0, len(head)-at, len(head)-at // longer than what was read
		}
		if start < end {
			out = append(out, bytes.ReplaceAll(head[at+start:at+end], []byte("\n"), []byte(" "))...)
			out = append(out, '\n')
		}
		at += next
	}
	return out[:min(len(out), sampleSize)]
}

const sampleSize = 16 << 10

// fill reads until b is full. It returns io.EOF where the reader ends before,
// and any other error of the reader as it is: io.ReadFull would not tell an end
// from a cut packing.
func fill(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = r.Read(b[n:])
		n += m
	}
	if n == len(b) {
		err = nil
	}
	return n, err
}
