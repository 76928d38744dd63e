package dissect_test

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

var (
	alice = netip.MustParseAddrPort("192.0.2.1:50000")
	web   = netip.MustParseAddrPort("198.51.100.1:80")
	alic6 = netip.MustParseAddrPort("[2001:db8::1]:50000")
	web6  = netip.MustParseAddrPort("[2001:db8::2]:80")
)

// sum is the checksum of RFC 1071, written apart from the code under test.
func sum(parts ...[]byte) uint16 {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	if len(all)%2 == 1 {
		all = append(all, 0)
	}
	var s uint32
	for i := 0; i < len(all); i += 2 {
		s += uint32(binary.BigEndian.Uint16(all[i:]))
		if s > 0xffff {
			s = s&0xffff + 1
		}
	}
	return ^uint16(s)
}

func pseudo(src, dst netip.Addr, proto byte, n int) []byte {
	b := append(src.AsSlice(), dst.AsSlice()...)
	return append(b, 0, 0, byte(n>>8), byte(n), 0, 0, 0, proto)
}

// ipPacket wraps a payload in IPv4 or IPv6.
func ipPacket(src, dst netip.Addr, proto byte, payload []byte) []byte {
	if src.Is4() {
		h := []byte{0x45, 0, 0, 0, 0, 1, 0, 0, 64, proto, 0, 0}
		h = append(append(h, src.AsSlice()...), dst.AsSlice()...)
		binary.BigEndian.PutUint16(h[2:], uint16(20+len(payload)))
		binary.BigEndian.PutUint16(h[10:], sum(h))
		return append(h, payload...)
	}
	h := []byte{0x60, 0, 0, 0, 0, 0, proto, 64}
	h = append(append(h, src.AsSlice()...), dst.AsSlice()...)
	binary.BigEndian.PutUint16(h[4:], uint16(len(payload)))
	return append(h, payload...)
}

const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

func tcpSegment(src, dst netip.AddrPort, seq, ackNo uint32, flags byte, data string) []byte {
	b := binary.BigEndian.AppendUint16(nil, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint32(b, seq)
	b = binary.BigEndian.AppendUint32(b, ackNo)
	b = append(b, 5<<4, flags, 0xff, 0xff, 0, 0, 0, 0)
	b = append(b, data...)
	binary.BigEndian.PutUint16(b[16:], sum(pseudo(src.Addr(), dst.Addr(), 6, len(b)), b))
	return b
}

func udpDatagram(src, dst netip.AddrPort, data string) []byte {
	b := binary.BigEndian.AppendUint16(nil, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(data)))
	b = append(append(b, 0, 0), data...)
	binary.BigEndian.PutUint16(b[6:], sum(pseudo(src.Addr(), dst.Addr(), 17, len(b)), b))
	return b
}

func icmpMessage(kind, code byte, rest string) []byte {
	b := append([]byte{kind, code, 0, 0}, rest...)
	binary.BigEndian.PutUint16(b[2:], sum(b))
	return b
}

func tcpPacket(src, dst netip.AddrPort, seq, ackNo uint32, flags byte, data string) []byte {
	return ipPacket(src.Addr(), dst.Addr(), 6, tcpSegment(src, dst, seq, ackNo, flags, data))
}

func udpPacket(src, dst netip.AddrPort, data string) []byte {
	return ipPacket(src.Addr(), dst.Addr(), 17, udpDatagram(src, dst, data))
}

// ether puts an Ethernet header in front; tags are EtherTypes with what stands
// between.
func ether(kind uint16, payload []byte) []byte {
	b := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}
	return append(binary.BigEndian.AppendUint16(b, kind), payload...)
}

// recorder feeds an engine and keeps what it gives out.
type recorder struct {
	engine *dissect.Engine
	events []*event.Event
	number uint64
	now    time.Time
	step   time.Duration
	link   capture.LinkType
}

func record(cfg dissect.Config) *recorder {
	r := &recorder{now: start, step: time.Millisecond, link: capture.RawIP}
	cfg.Emit = func(e *event.Event) { r.events = append(r.events, e) }
	if cfg.Source == "" {
		cfg.Source = "0123456789abcdef"
	}
	r.engine = dissect.NewEngine(cfg)
	return r
}

func (r *recorder) packet(data []byte) *recorder {
	r.number++
	r.engine.Packet(&capture.Packet{Number: r.number, Time: r.now, Data: data, Length: len(data), Link: r.link})
	r.now = r.now.Add(r.step)
	return r
}

func (r *recorder) wait(d time.Duration) *recorder {
	r.now = r.now.Add(d)
	return r
}

// flow is what the tests look at of a flow event.
type flow struct {
	From, To       string
	Proto, State   string
	History        string
	Out, In        int64 // bytes
	POut, PIn      int64 // packets
	Missed         int64
	Activity       int
	Milliseconds   int64
	IPOut, IPIn    string
	ICMPType, Code string
	App            string
}

func (r *recorder) flows() (out []flow) {
	r.engine.Close()
	for _, e := range r.events {
		if !e.Has(event.StartTime) {
			continue
		}
		out = append(out, flow{
			From: end(e, event.SrcIP, event.SrcPort), To: end(e, event.DstIP, event.DstPort),
			Proto: e.Str(event.ProtocolName), State: e.UnmappedStr("conn_state"), History: e.Str(event.FlagHistory),
			Out: e.Int(event.BytesOut), In: e.Int(event.BytesIn), POut: e.Int(event.PacketsOut), PIn: e.Int(event.PacketsIn),
			Missed: e.Int(event.BytesMissed), Activity: e.Activity(), Milliseconds: e.Int(event.Duration),
			IPOut: e.UnmappedStr("ip_bytes_out"), IPIn: e.UnmappedStr("ip_bytes_in"),
			ICMPType: e.UnmappedStr("icmp_type"), Code: e.UnmappedStr("icmp_code"), App: e.Str(event.AppProtocol),
		})
	}
	return out
}

func end(e *event.Event, ip, port event.Path) string {
	a := netip.MustParseAddr(e.Str(ip))
	if !e.Has(port) {
		return a.String()
	}
	return netip.AddrPortFrom(a, uint16(e.Int(port))).String()
}
