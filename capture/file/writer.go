package file

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/bongsu/bongsu/capture"
)

// A Writer writes pcap with nanoseconds.
type Writer struct {
	out  io.Writer
	link capture.LinkType
	buf  []byte
}

// NewWriter writes the header of a capture whose packets all have one link
// type. Snap is the length at which packets are cut, for the header only.
func NewWriter(out io.Writer, link capture.LinkType, snap int) (*Writer, error) {
	h := make([]byte, 0, pcapHeader)
	h = binary.LittleEndian.AppendUint32(h, 0xa1b23c4d)
	h = binary.LittleEndian.AppendUint16(h, 2)
	h = binary.LittleEndian.AppendUint16(h, 4)
	h = append(h, make([]byte, 8)...)
	h = binary.LittleEndian.AppendUint32(h, uint32(snap))
	h = binary.LittleEndian.AppendUint32(h, uint32(link))
	if _, err := out.Write(h); err != nil {
		return nil, fmt.Errorf("write capture header: %w", err)
	}
	return &Writer{out: out, link: link}, nil
}

// Write writes one packet: its time, its data and its length on the wire.
func (w *Writer) Write(p *capture.Packet) error {
	if p.Link != w.link {
		return fmt.Errorf("write packet %d: link type %d in a capture of link type %d", p.Number, p.Link, w.link)
	}
	b := w.buf[:0]
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Time.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Time.Nanosecond()))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.Data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(max(p.Length, len(p.Data))))
	b = append(b, p.Data...)
	w.buf = b
	if _, err := w.out.Write(b); err != nil {
		return fmt.Errorf("write packet %d: %w", p.Number, err)
	}
	return nil
}
