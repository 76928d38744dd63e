package file

import "encoding/binary"

// captureHead is what tells whether captures follow each other.
type captureHead struct {
	ok    bool
	link  uint32
	first int64 // time of the first packet: nanoseconds, as far as the format's resolution tells
}

func readCaptureHead(head []byte) captureHead {
	if captureFormat(head) == "pcap" {
		return pcapHead(head)
	}
	return pcapngHead(head)
}

func pcapHead(b []byte) captureHead {
	if len(b) < 24+16 {
		return captureHead{}
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 0xa1 {
		order = binary.BigEndian
	}
	unit := int64(1000)
	if magic := order.Uint32(b); magic == 0xa1b23c4d {
		unit = 1
	}
	return captureHead{
		ok: true, link: order.Uint32(b[20:]) & 0xffff,
		first: int64(order.Uint32(b[24:]))*1e9 + int64(order.Uint32(b[28:]))*unit,
	}
}

// pcapngHead follows blocks up to the first packet (draft-ietf-opsawg-pcapng).
// The resolution of the clock is that of the first interface.
func pcapngHead(b []byte) captureHead {
	const section, iface, enhanced = 0x0a0d0d0a, 1, 6
	var order binary.ByteOrder = binary.LittleEndian
	if b[8] == 0x1a {
		order = binary.BigEndian
	}
	var h captureHead
	perSecond := int64(1e6)
	seen := false
	for len(b) >= 12 {
		length := int(order.Uint32(b[4:]))
		if length < 12 || length%4 != 0 || length > len(b) {
			return captureHead{}
		}
		body := b[8 : length-4]
		switch order.Uint32(b) {
		case iface:
			if !seen && len(body) >= 8 {
				seen = true
				h.link = uint32(order.Uint16(body))
				perSecond = resolution(body[8:], order)
			}
		case enhanced:
			if !seen || len(body) < 20 || perSecond == 0 {
				return captureHead{}
			}
			ticks := int64(order.Uint32(body[4:]))<<32 | int64(order.Uint32(body[8:]))
			h.first = ticks/perSecond*1e9 + ticks%perSecond*(1e9/perSecond)
			h.ok = ticks >= 0
			return h
		case section:
		}
		b = b[length:]
	}
	return captureHead{}
}

// resolution reads if_tsresol, 0 for what nobody writes.
func resolution(options []byte, order binary.ByteOrder) int64 {
	const tsresol = 9
	for len(options) >= 4 {
		code, n := order.Uint16(options), int(order.Uint16(options[2:]))
		if code == 0 || 4+n > len(options) {
			break
		}
		if code == tsresol && n == 1 {
			switch v := options[4]; v {
			case 0, 3, 6, 9:
				per := int64(1)
				for range v {
					per *= 10
				}
				return per
			}
			return 0
		}
		options = options[min(len(options), 4+(n+3)&^3):]
	}
	return 1e6
}
