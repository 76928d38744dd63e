package main

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/bongsu/bongsu/capture"
)

// tape collects packets of many talks and gives them out in the order of time.
type tape struct {
	packets []capture.Packet
	port    uint16
}

func (t *tape) add(at time.Time, data []byte) {
	t.packets = append(t.packets, capture.Packet{Time: at, Data: data, Length: len(data), Link: capture.Ethernet})
}

func (t *tape) sorted() []capture.Packet {
	slices.SortStableFunc(t.packets, func(a, b capture.Packet) int { return a.Time.Compare(b.Time) })
	return t.packets
}

// nextPort returns the next port that a client takes.
func (t *tape) nextPort() uint16 {
	t.port++
	return 49152 + t.port%16000
}

func mac(a netip.Addr) []byte {
	b := a.As4()
	return []byte{0x02, 0, b[0], b[1], b[2], b[3]} // locally administered
}

func ethernet(dst, src []byte, kind uint16, payload []byte) []byte {
	b := slices.Concat(dst, src)
	b = binary.BigEndian.AppendUint16(b, kind)
	b = append(b, payload...)
	for len(b) < 60 {
		b = append(b, 0)
	}
	return b
}

// sum adds up the words of the internet checksum (RFC 1071).
func sum(total uint32, b []byte) uint32 {
	for i := 0; i+1 < len(b); i += 2 {
		total += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		total += uint32(b[len(b)-1]) << 8
	}
	return total
}

func checksum(total uint32) uint16 {
	for total>>16 != 0 {
		total = total&0xffff + total>>16
	}
	return ^uint16(total)
}

// ip4 wraps a transport segment, whose checksum field is at sumAt, for its way.
func ip4(src, dst netip.Addr, protocol byte, segment []byte, sumAt int) []byte {
	s, d := src.As4(), dst.As4()
	pseudo := sum(sum(sum(0, s[:]), d[:]), []byte{0, protocol, byte(len(segment) >> 8), byte(len(segment))})
	if protocol == 1 {
		pseudo = 0
	}
	binary.BigEndian.PutUint16(segment[sumAt:], checksum(sum(pseudo, segment)))
	head := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0}
	head = append(append(head, s[:]...), d[:]...)
	binary.BigEndian.PutUint16(head[2:], uint16(len(head)+len(segment)))
	binary.BigEndian.PutUint16(head[10:], checksum(sum(0, head)))
	return ethernet(mac(dst), mac(src), 0x0800, append(head, segment...))
}

// TCP flags.
const (
	fin = 1
	syn = 2
	rst = 4
	psh = 8
	ack = 16
)

// conn is one TCP connection on the tape.
type conn struct {
	t              *tape
	now            time.Time
	client, server netip.AddrPort
	seq            [2]uint32
}

// step is the time between two packets of a talk.
const step = 700 * time.Microsecond

func (t *tape) dial(at time.Time, client netip.Addr, server netip.AddrPort) *conn {
	return &conn{t: t, now: at, client: netip.AddrPortFrom(client, t.nextPort()), server: server, seq: [2]uint32{1000, 9000}}
}

func (c *conn) send(fromServer bool, flags byte, data string) {
	src, dst, side := c.client, c.server, 0
	if fromServer {
		src, dst, side = c.server, c.client, 1
	}
	seg := make([]byte, 20, 20+len(data))
	binary.BigEndian.PutUint16(seg[0:], src.Port())
	binary.BigEndian.PutUint16(seg[2:], dst.Port())
	binary.BigEndian.PutUint32(seg[4:], c.seq[side])
	if flags&ack != 0 {
		binary.BigEndian.PutUint32(seg[8:], c.seq[1-side])
	}
	seg[12], seg[13] = 5<<4, flags
	binary.BigEndian.PutUint16(seg[14:], 64240)
	seg = append(seg, data...)
	c.t.add(c.now, ip4(src.Addr(), dst.Addr(), 6, seg, 16))
	c.seq[side] += uint32(len(data))
	if flags&(syn|fin) != 0 {
		c.seq[side]++
	}
	c.now = c.now.Add(step)
}

func (c *conn) open() *conn {
	c.send(false, syn, "")
	c.send(true, syn|ack, "")
	c.send(false, ack, "")
	return c
}

const segmentSize = 1400

func (c *conn) say(fromServer bool, data string) *conn {
	for len(data) > 0 {
		n := min(len(data), segmentSize)
		c.send(fromServer, psh|ack, data[:n])
		data = data[n:]
	}
	c.send(!fromServer, ack, "")
	return c
}

func (c *conn) close() {
	c.send(false, fin|ack, "")
	c.send(true, fin|ack, "")
	c.send(false, ack, "")
}

// refused is a connection to a closed port.
func (c *conn) refused() {
	c.send(false, syn, "")
	c.send(true, rst|ack, "")
}

func (t *tape) udp(at time.Time, src, dst netip.AddrPort, data []byte) {
	seg := make([]byte, 8, 8+len(data))
	binary.BigEndian.PutUint16(seg[0:], src.Port())
	binary.BigEndian.PutUint16(seg[2:], dst.Port())
	binary.BigEndian.PutUint16(seg[4:], uint16(8+len(data)))
	t.add(at, ip4(src.Addr(), dst.Addr(), 17, append(seg, data...), 6))
}

// arp asks who has an address.
func (t *tape) arp(at time.Time, asker, target netip.Addr) {
	a, d := asker.As4(), target.As4()
	body := []byte{0, 1, 8, 0, 6, 4, 0, 1}
	body = slices.Concat(body, mac(asker), a[:], make([]byte, 6), d[:])
	t.add(at, ethernet([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mac(asker), 0x0806, body))
}
