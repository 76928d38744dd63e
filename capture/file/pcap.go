package file

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/bongsu/bongsu/capture"
)

const (
	pcapHeader = 24
	pcapRecord = 16 // header of a packet
)

// pcapKind is one of the kinds that share the magic number's place
// (https://www.tcpdump.org/manpages/pcap-savefile.5.html).
type pcapKind struct {
	order binary.ByteOrder
	nano  bool
	extra int // bytes behind the 16 of a packet's header
}

func pcapKindOf(head []byte) (pcapKind, bool) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(head) {
		case 0xa1b2c3d4:
			return pcapKind{order: order}, true
		case 0xa1b23c4d:
			return pcapKind{order: order, nano: true}, true
		case 0xa1b2cd34: // Kuznetzov's: interface, protocol, packet type
			return pcapKind{order: order, extra: 8}, true
		}
	}
	return pcapKind{}, false
}

type pcap struct {
	pcapKind
	link capture.LinkType
}

func newPcap(kind pcapKind, head []byte) *pcap {
	// The upper bits tell of a frame check sequence; the link type is below.
	return &pcap{pcapKind: kind, link: capture.LinkType(kind.order.Uint32(head[20:24]))}
}

func (c *pcap) next(r *Reader, p *capture.Packet) error {
	size := pcapRecord + c.extra
	b, err := r.peek(size)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		return r.cut("header", err)
	}
	sec, frac := c.order.Uint32(b[0:4]), c.order.Uint32(b[4:8])
	captured, length := c.order.Uint32(b[8:12]), c.order.Uint32(b[12:16])
	if captured > MaxPacket {
		return r.bad("captured length %d is more than %d: the file is damaged here", captured, MaxPacket)
	}
	nsec := int64(frac)
	if !c.nano {
		nsec *= 1000
	}
	iface := 0
	if c.extra > 0 {
		iface = int(c.order.Uint32(b[16:20]))
	}
	b, err = r.take(size + int(captured))
	if err != nil {
		return r.cut("data", err)
	}
	r.number++
	*p = capture.Packet{
		Number: r.number, Time: at(int64(sec), nsec), Data: b[size:],
		Length: max(int(length), int(captured)), Link: c.link, Interface: iface,
	}
	return nil
}
