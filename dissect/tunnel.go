package dissect

import "encoding/binary"

// Ports of tunnels over UDP, from the IANA registry.
const (
	portGTPControl = 2123
	portGTPUser    = 2152
	portTeredo     = 3544
	portVXLAN      = 4789
	portAYIYA      = 5072
	portGeneve     = 6081
)

// maxTunnels is how many tunnels inside each other are unwrapped.
const maxTunnels = 2

// inside runs what a tunnel carries as a packet of its own.
func (e *Engine) inside(run func()) {
	outer := e.frame
	e.frame.tunnels++
	e.frame.hasMAC = false
	run()
	e.frame = outer
}

// inner takes an IP packet whose length must be that of what carries it.
func (e *Engine) inner(b []byte, exact bool) {
	size := -1
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		size = int(binary.BigEndian.Uint16(b[2:4]))
	case len(b) >= 40 && b[0]>>4 == 6:
		size = int(binary.BigEndian.Uint16(b[4:6])) + 40
	}
	if size < 0 || exact && size != len(b)+e.frame.missing {
		e.skipped(skipTunnel)
		return
	}
	e.inside(func() { e.ip(b) })
}

// tooDeep reports whether a packet is inside of as many tunnels as are looked
// into.
func (e *Engine) tooDeep() bool {
	if e.frame.tunnels < maxTunnels {
		return false
	}
	e.skipped(skipTunnelDepth)
	return true
}

// ipInIP unwraps RFC 2003 and 6in4.
func (e *Engine) ipInIP(p *packet) {
	if e.tooDeep() {
		return
	}
	b := p.captured()
	if len(b) == 0 || p.proto == protoIPv4 && b[0]>>4 != 4 || p.proto == protoIPv6 && b[0]>>4 != 6 {
		e.skipped(skipTunnel)
		return
	}
	e.inner(b, true)
}

// gre unwraps RFC 2784 with RFC 2890, PPTP (RFC 2637) and ERSPAN.
func (e *Engine) gre(p *packet) {
	if e.tooDeep() {
		return
	}
	b := p.captured()
	if len(b) < 4 {
		e.skipped(skipShort)
		return
	}
	flags, kind := binary.BigEndian.Uint16(b[0:2]), binary.BigEndian.Uint16(b[2:4])
	version := flags & 7
	if version > 1 || flags&0x4078 != 0 || version == 1 && kind != etherPPP {
		e.skipped(skipTunnel)
		return
	}
	header := 4
	for _, bit := range [...]uint16{0x8000, 0x2000, 0x1000, 0x0080} {
		if flags&bit != 0 {
			header += 4
		}
	}
	switch {
	case version == 0 && kind == 0x88be && flags&0x1000 != 0:
		header += 8
	case version == 0 && kind == 0x22eb:
		if len(b) < header+12 {
			e.skipped(skipShort)
			return
		}
		if b[header+11]&1 != 0 {
			header += 8
		}
		header += 12
	}
	if len(b) < header {
		e.skipped(skipShort)
		return
	}
	b = b[header:]
	if version == 1 {
		e.pptp(b)
		return
	}
	e.inside(func() {
		switch {
		case kind == etherTEB || kind == 0x88be || kind == 0x22eb:
			e.ethernet(b, 0)
		case kind >= 0x8200 && kind <= 0x8370 && kind&15 == 0 || kind == 0x9000:
			e.wireless(b) // Aruba
		case kind == etherPPP:
			e.ppp(b)
		default:
			e.ether(kind, b, 1)
		}
	})
}

func (e *Engine) pptp(b []byte) {
	if len(b) < 4 {
		e.skipped(skipShort)
		return
	}
	switch binary.BigEndian.Uint16(b[2:4]) {
	case 0x0021, 0x0057:
		e.inner(b[4:], true)
	default:
		e.skipped(skipNotIP)
	}
}

// udpTunnel unwraps what a datagram to the port of a tunnel carries.
func (e *Engine) udpTunnel(f *flow, b []byte) {
	var (
		unwrap func([]byte) bool
		name   string
	)
	switch f.ports[Server] {
	case portVXLAN:
		unwrap, name = e.vxlan, "vxlan"
	case portGeneve:
		unwrap, name = e.geneve, "geneve"
	case portGTPUser, portGTPControl:
		unwrap, name = e.gtp, "gtp-user"
	case portTeredo:
		unwrap, name = e.teredo, "teredo"
	case portAYIYA:
		unwrap, name = e.ayiya, "ayiya"
	default:
		return
	}
	if f.opaque {
		return
	}
	if e.tooDeep() {
		f.once(Client, onceUnknown, 'X')
		return
	}
	// Set before, because the flows inside may cost this one its place.
	f.tunnel = name
	if !unwrap(b) {
		e.skipped(skipTunnel)
		f.opaque, f.tunnel = true, ""
	}
}

// vxlan is RFC 7348.
func (e *Engine) vxlan(b []byte) bool {
	if len(b) < 8 || b[0]&8 == 0 {
		return false
	}
	e.inside(func() { e.ethernet(b[8:], 0) })
	return true
}

// geneve is RFC 8926.
func (e *Engine) geneve(b []byte) bool {
	if len(b) < 8 || b[0]>>6 != 0 {
		return false
	}
	header := 8 + int(b[0]&0x3f)*4
	if len(b) < header {
		return false
	}
	kind := binary.BigEndian.Uint16(b[2:4])
	e.inside(func() { e.ether(kind, b[header:], 1) })
	return true
}

// gtp is the user plane of GTP version 1 (3GPP TS 29.281): only a G-PDU
// carries a packet.
func (e *Engine) gtp(b []byte) bool {
	if len(b) < 8 || b[0]>>5 != 1 || b[0]&0x10 == 0 {
		return false
	}
	if b[1] != 0xff {
		return true
	}
	size := int(binary.BigEndian.Uint16(b[2:4]))
	header := 8
	if b[0]&7 != 0 {
		if len(b) < 12 {
			return false
		}
		next := b[11]
		header = 12
		for b[0]&4 != 0 && next != 0 {
			if len(b) <= header || b[header] == 0 || len(b) < header+int(b[header])*4 {
				return false
			}
			header += int(b[header]) * 4
			next = b[header-1]
		}
	}
	if len(b) <= header || size+8 < header {
		return false
	}
	e.inner(b[header:], true)
	return true
}

// teredo is RFC 4380.
func (e *Engine) teredo(b []byte) bool {
	origin, auth := false, false
	for len(b) >= 2 {
		switch {
		case b[0] == 0 && b[1] == 0:
			if origin || len(b) < 8 {
				return false
			}
			origin = true
			b = b[8:]
		case b[0] == 0 && b[1] == 1:
			if origin || auth || len(b) < 4 || len(b) < 13+int(b[2])+int(b[3]) {
				return false
			}
			auth = true
			b = b[13+int(b[2])+int(b[3]):]
		case b[0]>>4 == 6 && len(b) >= 40:
			size := int(binary.BigEndian.Uint16(b[4:6])) + 40
			if size > len(b) || size < len(b) && (b[6] != protoNone || size != 40) {
				return false
			}
			e.inner(b, false)
			return true
		default:
			return false
		}
	}
	return false
}

// ayiya is draft-massar-v6ops-ayiya-02; only a forwarded packet is unwrapped.
func (e *Engine) ayiya(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	header := 8 + 1<<(b[0]>>4) + int(b[1]>>4)*4
	if len(b) < header {
		return false
	}
	if b[2]&15 != 1 || b[3] == protoNone || len(b) == header {
		return true
	}
	e.inner(b[header:], false)
	return true
}
