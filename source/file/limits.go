package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// Limits bound what packed input may cost. A zero field takes its default.
type Limits struct {
	Depth   int   // packings within packings; 4
	Members int   // members of all archives of one Find; 100,000
	Unpack  int64 // bytes out of one file or member; 64 GiB
	Ratio   int64 // bytes out for one byte in, looked at once RatioFrom bytes are out; 250
	Spool   int64 // bytes of archive members that are set aside in TempDir; 16 GiB
	Memory  int64 // bytes of small members that are kept in memory instead; 64 MiB
}

// RatioFrom is how much a packed file may always give, whatever its ratio.
const RatioFrom = 256 << 20

func (l Limits) withDefaults() Limits {
	def := func(n *int64, v int64) {
		if *n <= 0 {
			*n = v
		}
	}
	if l.Depth <= 0 {
		l.Depth = 4
	}
	if l.Members <= 0 {
		l.Members = 100_000
	}
	def(&l.Unpack, 64<<30)
	def(&l.Ratio, 250)
	def(&l.Spool, 16<<30)
	def(&l.Memory, 64<<20)
	return l
}

// ErrBound says that packed input asked for more than Limits allow.
var ErrBound = errors.New("bound on packed input reached")

// meter counts the packed bytes that a stream has taken.
type meter struct {
	r   io.Reader
	ctx context.Context
	n   *atomic.Int64
}

func (m *meter) Read(b []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(b)
	m.n.Add(int64(n))
	return n, err
}

// guard ends a stream that has grown beyond the limits, and names the place
// where one is cut.
type guard struct {
	r      io.Reader
	path   string
	limits Limits
	in     *atomic.Int64 // nil where nothing is unpacked
	out    int64
	err    error
}

func (g *guard) Read(b []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.r.Read(b)
	g.out += int64(n)
	switch {
	case err != nil && err != io.EOF:
		g.err = fmt.Errorf("read %s: after %d bytes unpacked: %w", g.path, g.out, err)
		err = g.err
	case g.out > g.limits.Unpack:
		g.err = fmt.Errorf("read %s: %w: more than %s unpacked; unpack it yourself and give the files, if you trust it", g.path, ErrBound, size(g.limits.Unpack))
		err = g.err
	case g.in != nil && g.out > RatioFrom && g.out/g.limits.Ratio > g.in.Load():
		g.err = fmt.Errorf("read %s: %w: %s came out of %s, more than %d times as much, which logs and captures do not; unpack it yourself and give the files, if you trust it",
			g.path, ErrBound, size(g.out), size(g.in.Load()), g.limits.Ratio)
		err = g.err
	}
	return n, err
}

// size writes a number of bytes for people.
func size(n int64) string {
	unit, names := float64(n), []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for unit >= 1024 && i < len(names)-1 {
		unit /= 1024
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", unit, names[i])
}
