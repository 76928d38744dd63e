package file

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/bits"
	"time"

	"github.com/bongsu/bongsu/capture"
)

// The format is draft-ietf-opsawg-pcapng.

var sectionMagic = []byte{0x0a, 0x0d, 0x0d, 0x0a}

// Block types.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6
)

// Bounds of a damaged file.
const (
	maxBlock      = 16 << 20 // bytes of one block
	maxInterfaces = 65536    // of one section
)

// iface is what an interface description says.
type iface struct {
	link   capture.LinkType
	snap   uint32
	ticks  uint64 // per second; 0 for powers of two, which shift holds
	shift  uint
	offset int64 // seconds
}

type pcapng struct {
	order  binary.ByteOrder
	ifaces []iface
	first  int       // number of the section's first interface within the file
	last   time.Time // of the last packet that has one
}

func (c *pcapng) next(r *Reader, p *capture.Packet) error {
	for {
		b, err := r.peek(12)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return io.EOF
			}
			return r.cut("block header", err)
		}
		if b[0] == 0x0a && b[1] == 0x0d && b[2] == 0x0d && b[3] == 0x0a {
			c.order = byteOrder(b[8:12])
			c.first += len(c.ifaces)
			c.ifaces = c.ifaces[:0]
		}
		if c.order == nil {
			return r.bad("byte order mark % x of the section is unknown: the file is damaged here", b[8:12])
		}
		kind, size := c.order.Uint32(b[0:4]), c.order.Uint32(b[4:8])
		if size < 12 || size > maxBlock {
			return r.bad("block of %d bytes: the file is damaged here", size)
		}
		padded := (int(size) + 3) &^ 3
		switch kind {
		case blockInterface, blockPacket, blockSimple, blockEnhanced:
		default:
			if err := r.discard(padded); err != nil {
				return r.cut("block", err)
			}
			continue
		}
		b, err = r.take(padded)
		if err != nil && padded <= bufferSize {
			b, err = r.take(int(size)) // some writers do not pad the last block
		}
		if err != nil {
			return r.cut("block", err)
		}
		body := b[8 : size-4]
		if kind == blockInterface {
			if err := c.describe(r, body); err != nil {
				return err
			}
			if r.taken > 0 {
				if err := r.discard(r.taken); err != nil {
					return r.cut("block", err)
				}
				r.taken = 0
			}
			continue
		}
		return c.packet(r, p, kind, body)
	}
}

// describe takes an interface description in.
func (c *pcapng) describe(r *Reader, b []byte) error {
	if len(b) < 8 {
		return r.bad("interface description of %d bytes: the file is damaged here", len(b))
	}
	if len(c.ifaces) >= maxInterfaces {
		return r.bad("more than %d interfaces in one section", maxInterfaces)
	}
	f := iface{link: capture.LinkType(c.order.Uint16(b[0:2])), snap: c.order.Uint32(b[4:8]), ticks: 1e6}
	for b = b[8:]; len(b) >= 4; {
		code, size := c.order.Uint16(b[0:2]), int(c.order.Uint16(b[2:4]))
		if code == 0 || len(b) < 4+size {
			break
		}
		value := b[4 : 4+size]
		switch {
		case code == 9 && size >= 1: // if_tsresol
			f.resolution(value[0])
		case code == 14 && size >= 8: // if_tsoffset
			f.offset = int64(c.order.Uint64(value))
		}
		b = b[min((4+size+3)&^3, len(b)):]
	}
	c.ifaces = append(c.ifaces, f)
	return nil
}

// resolution reads if_tsresol: a negative power of 10, or of 2 with the upper
// bit set.
func (f *iface) resolution(v byte) {
	n := uint(v & 0x7f)
	if v&0x80 != 0 {
		f.ticks, f.shift = 0, min(n, 63)
		return
	}
	f.ticks = 1
	for range min(n, 19) {
		f.ticks *= 10
	}
}

// time turns ticks into a time.
func (f *iface) time(ticks uint64) time.Time {
	var sec, nsec uint64
	if f.ticks == 0 {
		sec = ticks >> f.shift
		hi, lo := bits.Mul64(ticks&(1<<f.shift-1), 1e9)
		nsec = lo >> f.shift
		if f.shift > 0 {
			nsec |= hi << (64 - f.shift)
		}
	} else {
		sec = ticks / f.ticks
		hi, lo := bits.Mul64(ticks%f.ticks, 1e9)
		nsec, _ = bits.Div64(hi, lo, f.ticks)
	}
	if sec > math.MaxInt32*64 {
		sec = math.MaxInt32 * 64
	}
	return at(int64(sec)+f.offset, int64(nsec))
}

// packet reads one of the three kinds of packet blocks.
func (c *pcapng) packet(r *Reader, p *capture.Packet, kind uint32, b []byte) error {
	header := 20
	if kind == blockSimple {
		header = 4
	}
	if len(b) < header {
		return r.bad("packet block of %d bytes: the file is damaged here", len(b))
	}
	var index int
	var captured, length uint32
	var ticks uint64
	switch kind {
	case blockEnhanced:
		index = int(c.order.Uint32(b[0:4]))
	case blockPacket:
		index = int(c.order.Uint16(b[0:2]))
	}
	if index >= len(c.ifaces) {
		return r.bad("interface %d is not described: the section has %d", index, len(c.ifaces))
	}
	f := &c.ifaces[index]
	if kind == blockSimple {
		length = c.order.Uint32(b[0:4])
		captured = min(length, uint32(len(b)-header))
		if f.snap > 0 {
			captured = min(captured, f.snap)
		}
	} else {
		ticks = uint64(c.order.Uint32(b[4:8]))<<32 | uint64(c.order.Uint32(b[8:12]))
		captured, length = c.order.Uint32(b[12:16]), c.order.Uint32(b[16:20])
	}
	if captured > MaxPacket || int(captured) > len(b)-header {
		return r.bad("captured length %d does not fit its block of %d bytes: the file is damaged here", captured, len(b)+12)
	}
	r.number++
	*p = capture.Packet{
		Number: r.number, Data: b[header : header+int(captured)],
		Length: max(int(length), int(captured)), Link: f.link, Interface: c.first + index,
	}
	if kind == blockSimple {
		p.Time = c.last // it has no time of its own
	} else {
		p.Time = f.time(ticks)
		c.last = p.Time
	}
	return nil
}
