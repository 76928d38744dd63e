package file

import (
	"bufio"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// window bounds the history that an unpacker may ask for.
const window = 128 << 20

// readAhead is how much is read from packed input at once.
const readAhead = 128 << 10

// unpack returns a reader of what r holds packed, and what to call at the end.
func unpack(how packing, r io.Reader) (io.Reader, func(), error) {
	nothing := func() {}
	switch how {
	case gzipped:
		z, err := gzip.NewReader(bufio.NewReaderSize(r, readAhead))
		return z, nothing, err
	case zstdPacked:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	case xzPacked:
		buffered := bufio.NewReaderSize(r, readAhead)
		if err := checkXZ(buffered); err != nil {
			return nil, nil, err
		}
		z, err := xz.ReaderConfig{DictCap: 64 << 10}.NewReader(buffered)
		return z, nothing, err
	case bzipped:
		return bzip2.NewReader(bufio.NewReaderSize(r, readAhead)), nothing, nil
	}
	return nil, nil, fmt.Errorf("unknown packing %d", how)
}

// checkXZ refuses a first block that asks for a history beyond the window,
// before the unpacker allocates it (xz file format 1.2.1, 3.1 and 5.3.1). What
// later blocks ask for is touched only as far as they fill it, which the bound
// on the ratio ends.
func checkXZ(r *bufio.Reader) error {
	head, err := r.Peek(12 + 1024)
	if err != nil && len(head) < 24 {
		return io.ErrUnexpectedEOF
	}
	block := head[12:]
	if block[0] == 0 {
		return nil // no block at all
	}
	length := (int(block[0]) + 1) * 4
	// After the flags come sizes, if any, and then the filters: LZMA2 is
	// 0x21, one property byte, and that byte.
	for i := 2; i+2 < min(length, len(block)); i++ {
		if block[i] == 0x21 && block[i+1] == 1 {
			bits := int(block[i+2] & 0x3f)
			if bits > 30 { // 2 or 3 shifted left by bits/2+11: above 128 MiB
				return fmt.Errorf("%w: it asks for more than %s of memory", ErrBound, size(window))
			}
			return nil
		}
	}
	return nil
}

// blob is bytes that can be opened again and again.
type blob struct {
	path     string // for people; archive members behind a slash
	dir      string // the folder or archive that it lies in
	name     string // last element of the path, without the ending of its packing
	packed   int64  // size of what lies on disk or in the archive
	modified int64  // Unix nanoseconds
	depth    int    // packings around it
	layers   []packing
	raw      func() (io.ReadCloser, error)
}

// stream reads the bytes of a blob with all its packings taken off.
type stream struct {
	io.Reader
	closers []func()
	taken   atomic.Int64
}

// Close ends the stream.
func (s *stream) Close() error {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
	s.closers = nil
	return nil
}

func (b *blob) open(ctx context.Context, limits Limits) (*stream, error) {
	raw, err := b.raw()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", b.path, reason(err))
	}
	s := &stream{closers: []func(){func() { _ = raw.Close() }}}
	var r io.Reader = &meter{r: raw, ctx: ctx, n: &s.taken}
	for _, how := range b.layers {
		z, done, err := unpack(how, r)
		if err != nil {
			_ = s.Close()
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("unpack %s: %w", b.path, err)
		}
		s.closers = append(s.closers, done)
		r = &guard{r: z, path: b.path, limits: limits, in: &s.taken}
	}
	s.Reader = r
	return s, nil
}

// reason takes the path off an error of package os: ours names it already.
func reason(err error) error {
	var named *os.PathError
	if errors.As(err, &named) {
		return named.Err
	}
	return err
}
