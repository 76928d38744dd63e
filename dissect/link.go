package dissect

import (
	"encoding/binary"

	"github.com/bongsu/bongsu/capture"
)

// frame is what the layers around the present IP packet say.
type frame struct {
	src, dst [6]byte // MAC addresses
	hasMAC   bool
	missing  int // bytes at the end that were on the wire and not captured
	tunnels  int // how many tunnels the packet is inside of
}

// Link types that have no name in package capture.
const (
	linkFDDI    = 10
	linkCHDLC   = 104 // Cisco HDLC
	linkPFLog   = 117 // OpenBSD pflog
	linkPrism   = 119 // IEEE 802.11 behind a Prism header
	linkAVS     = 163 // IEEE 802.11 behind an AVS header
	linkPPI     = 192 // per-packet information
	linkNFLog   = 239 // netfilter log
	linkMPacket = 274 // Ethernet with its preamble
)

// EtherTypes, from the IEEE registry.
const (
	etherIPv4   = 0x0800
	etherARP    = 0x0806
	etherTEB    = 0x6558 // transparent Ethernet bridging
	etherVLAN   = 0x8100
	etherIPv6   = 0x86DD
	etherPPP    = 0x880B
	etherMPLS   = 0x8847
	etherMPLSMC = 0x8848
	etherPPPoE  = 0x8864
	etherQinQ   = 0x88A8
	etherPBB    = 0x88E7
	etherVNTag  = 0x8926
	etherQinQ2  = 0x9100
	etherCisco  = 0x8903 // FabricPath
)

// linkDepth bounds how many link headers are unwrapped in one packet.
const linkDepth = 8

// link takes a packet apart from its first header.
func (e *Engine) link(kind capture.LinkType, b []byte) {
	switch kind {
	case capture.Ethernet:
		e.ethernet(b, 0)
	case capture.RawIP, capture.Raw12, capture.Raw14, capture.IPv4, capture.IPv6:
		e.ip(b)
	case capture.LinuxSLL:
		if len(b) < 16 {
			e.skipped(skipShort)
			return
		}
		e.setMAC(b[6:12], nil, binary.BigEndian.Uint16(b[4:6]) == 6)
		e.ether(binary.BigEndian.Uint16(b[14:16]), b[16:], 0)
	case capture.LinuxSLL2:
		if len(b) < 20 {
			e.skipped(skipShort)
			return
		}
		e.setMAC(b[12:18], nil, b[11] == 6)
		e.ether(binary.BigEndian.Uint16(b[0:2]), b[20:], 0)
	case capture.Null, capture.Loop:
		e.loopback(b)
	case capture.PPP, capture.PPPHDLC:
		if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
			b = b[2:]
		}
		e.ppp(b)
	case capture.PPPoE:
		e.pppoe(b)
	case capture.IEEE80211:
		e.wireless(b)
	case capture.Radiotap:
		// https://www.radiotap.org: the length is little endian.
		if len(b) < 4 || int(binary.LittleEndian.Uint16(b[2:4])) > len(b) || b[0] != 0 {
			e.skipped(skipShort)
			return
		}
		e.wireless(b[binary.LittleEndian.Uint16(b[2:4]):])
	case linkPrism:
		if len(b) < 144 {
			e.skipped(skipShort)
			return
		}
		e.wireless(b[144:])
	case linkFDDI, linkCHDLC, linkPFLog, linkAVS, linkPPI:
		e.rareLink(kind, b)
	case linkNFLog:
		e.nflog(b)
	case linkMPacket:
		if len(b) < 8 {
			e.skipped(skipShort)
			return
		}
		e.ethernet(b[8:], 0)
	default:
		e.skipped(skipLink)
	}
}

// rareLink reads headers that are seldom met.
func (e *Engine) rareLink(kind capture.LinkType, b []byte) {
	if len(b) < 21 {
		e.skipped(skipShort)
		return
	}
	header := 0
	switch kind {
	case linkFDDI:
		e.setMAC(b[7:13], b[1:7], true)
		e.llc(b[13:], 0)
		return
	case linkCHDLC:
		e.ether(binary.BigEndian.Uint16(b[2:4]), b[4:], 0)
		return
	case linkPFLog:
		header = (int(b[0]) + 3) &^ 3
	case linkAVS:
		header = int(min(binary.BigEndian.Uint32(b[4:8]), maxPacket))
	case linkPPI:
		header = int(binary.LittleEndian.Uint16(b[2:4]))
	}
	if header < 8 || header > len(b) {
		e.skipped(skipShort)
		return
	}
	switch inner := binary.LittleEndian.Uint32(b[4:8]); {
	case kind == linkPFLog:
		e.ip(b[header:])
	case kind == linkAVS || inner == uint32(capture.IEEE80211):
		e.wireless(b[header:])
	case inner == uint32(capture.Ethernet):
		e.ethernet(b[header:], 0)
	default:
		e.skipped(skipLink)
	}
}

// setMAC remembers the ends of the first frame around a packet.
func (e *Engine) setMAC(src, dst []byte, ok bool) {
	if !ok || e.frame.hasMAC {
		return
	}
	e.frame.hasMAC = true
	copy(e.frame.src[:], src)
	copy(e.frame.dst[:], dst)
}

func (e *Engine) ethernet(b []byte, depth int) {
	if len(b) <= 16 {
		e.skipped(skipShort)
		return
	}
	kind := binary.BigEndian.Uint16(b[12:14])
	if kind == etherCisco {
		if len(b) <= 16+14 {
			e.skipped(skipShort)
			return
		}
		b = b[16:]
		kind = binary.BigEndian.Uint16(b[12:14])
	}
	e.setMAC(b[6:12], b[0:6], true)
	e.ether(kind, b[14:], depth)
}

// ether follows an EtherType; below 1501 it is the length of an IEEE 802.3
// frame.
func (e *Engine) ether(kind uint16, b []byte, depth int) {
	for ; depth < linkDepth; depth++ {
		switch kind {
		case etherIPv4, etherIPv6:
			e.ip(b)
			return
		case etherARP:
			e.arp(b)
			return
		case etherVLAN, etherQinQ, etherQinQ2:
			if len(b) < 4 {
				e.skipped(skipShort)
				return
			}
			kind, b = binary.BigEndian.Uint16(b[2:4]), b[4:]
		case etherVNTag:
			if len(b) < 6 {
				e.skipped(skipShort)
				return
			}
			kind, b = binary.BigEndian.Uint16(b[4:6]), b[6:]
		case etherPBB:
			if len(b) < 4+14 {
				e.skipped(skipShort)
				return
			}
			kind, b = binary.BigEndian.Uint16(b[16:18]), b[18:]
		case etherMPLS, etherMPLSMC:
			e.mpls(b, depth+1)
			return
		case etherPPPoE:
			e.pppoe(b)
			return
		case etherTEB:
			e.ethernet(b, depth+1)
			return
		default:
			if kind <= 1500 {
				e.llc(b, depth)
				return
			}
			e.skipped(skipNotIP)
			return
		}
	}
	e.skipped(skipTunnelDepth)
}

// llc reads IEEE 802.2; SNAP leads back to an EtherType.
func (e *Engine) llc(b []byte, depth int) {
	switch {
	case len(b) < 8:
		e.skipped(skipShort)
	case b[0] == 0xaa && b[1] == 0xaa && b[2] == 0x03 && b[3] == 0 && b[4] == 0 && b[5] == 0 &&
		binary.BigEndian.Uint16(b[6:8]) > 1500:
		e.ether(binary.BigEndian.Uint16(b[6:8]), b[8:], depth+1)
	case b[0] == 0x06 && b[1] == 0x06 && b[2] == 0x03: // the service access point of IP
		e.ip(b[3:])
	default:
		e.skipped(skipNotIP)
	}
}

// mpls leaves out the labels. What follows names itself: IPv4, IPv6, or an
// Ethernet pseudo-wire behind a control word (RFC 4448).
func (e *Engine) mpls(b []byte, depth int) {
	for {
		if len(b) < 4 {
			e.skipped(skipShort)
			return
		}
		bottom := b[2]&1 != 0
		b = b[4:]
		if bottom {
			break
		}
	}
	switch {
	case len(b) == 0:
		e.skipped(skipShort)
	case b[0]>>4 == 4 || b[0]>>4 == 6:
		e.ip(b)
	case b[0]>>4 == 0 && len(b) > 4 && depth < linkDepth:
		e.ethernet(b[4:], depth)
	default:
		e.skipped(skipNotIP)
	}
}

// pppoe reads a PPPoE session (RFC 2516).
func (e *Engine) pppoe(b []byte) {
	if len(b) < 8 || b[1] != 0 {
		e.skipped(skipNotIP)
		return
	}
	e.ppp(b[6:])
}

// ppp follows a PPP protocol number, which may be compressed to one byte
// (RFC 1661).
func (e *Engine) ppp(b []byte) {
	if len(b) < 2 {
		e.skipped(skipShort)
		return
	}
	kind, rest := binary.BigEndian.Uint16(b[:2]), b[2:]
	if b[0]&1 != 0 {
		kind, rest = uint16(b[0]), b[1:]
	}
	switch kind {
	case 0x0021, 0x0057, etherIPv4, etherIPv6: // the last two as Cisco HDLC has them
		e.ip(rest)
	case 0x0281, 0x0283:
		e.mpls(rest, 0)
	default:
		e.skipped(skipNotIP)
	}
}

// loopback reads the address family of BSD; its byte order is that of the
// machine that wrote it.
func (e *Engine) loopback(b []byte) {
	if len(b) < 4 {
		e.skipped(skipShort)
		return
	}
	family := binary.LittleEndian.Uint32(b)
	if family > 0xffff {
		family = binary.BigEndian.Uint32(b)
	}
	switch family {
	case 2, 10, 24, 28, 30:
		e.ip(b[4:])
	default:
		e.skipped(skipNotIP)
	}
}

// nflog reads the packet out of a netfilter log record.
func (e *Engine) nflog(b []byte) {
	if len(b) < 4 || b[1] != 0 {
		e.skipped(skipShort)
		return
	}
	for b = b[4:]; len(b) >= 4; {
		size := int(binary.LittleEndian.Uint16(b[:2]))
		kind := binary.LittleEndian.Uint16(b[2:4])
		if size < 4 || size > len(b) {
			break
		}
		if kind == 9 {
			e.ip(b[4:size])
			return
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	e.skipped(skipNotIP)
}

// wireless reads data frames of IEEE 802.11 that are not encrypted.
func (e *Engine) wireless(b []byte) {
	header := 24
	if len(b) <= header || b[0]>>2&3 != 2 || b[0]>>4&4 != 0 || b[1]&0x40 != 0 {
		e.skipped(skipWireless)
		return
	}
	direction := b[1] & 3
	if direction == 3 {
		header += 6
	}
	aggregated := false
	if b[0]>>4&8 != 0 {
		if len(b) <= header+2 {
			e.skipped(skipShort)
			return
		}
		aggregated = b[header]&0x80 != 0
		header += 2
	}
	if len(b) <= header {
		e.skipped(skipShort)
		return
	}
	switch direction {
	case 0:
		e.setMAC(b[10:16], b[4:10], true)
	case 1:
		e.setMAC(b[10:16], b[16:22], true)
	case 2:
		e.setMAC(b[16:22], b[4:10], true)
	case 3:
		e.setMAC(b[24:30], b[16:22], true)
	}
	b = b[header:]
	if !aggregated {
		e.wirelessPayload(b)
		return
	}
	for len(b) >= 14 {
		size := int(binary.BigEndian.Uint16(b[12:14]))
		if len(b) < 14+size {
			break
		}
		e.wirelessPayload(b[14 : 14+size])
		b = b[min((14+size+3)&^3, len(b)):]
	}
}

func (e *Engine) wirelessPayload(b []byte) {
	if len(b) < 8 || b[0] != 0xaa || b[1] != 0xaa || b[2] != 0x03 || b[3]|b[4]|b[5] != 0 {
		e.skipped(skipNotIP)
		return
	}
	e.ether(binary.BigEndian.Uint16(b[6:8]), b[8:], 1)
}
