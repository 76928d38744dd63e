package dissect

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/communityid"
)

type eventPtr = *event.Event

var protocolNames = map[uint8]string{
	protoICMP: "icmp", 2: "igmp", protoTCP: "tcp", 8: "egp", 9: "igp", protoUDP: "udp", 33: "dccp",
	46: "rsvp", protoGRE: "gre", protoESP: "esp", protoAH: "ah", protoICMPv6: "ipv6-icmp", 88: "eigrp",
	89: "ospf", 94: "ipip", 103: "pim", 108: "ipcomp", 112: "vrrp", 115: "l2tp", 132: "sctp", 136: "udplite",
}

func protocolName(proto uint8) string {
	if name, ok := protocolNames[proto]; ok {
		return name
	}
	return "ip-" + strconv.Itoa(int(proto))
}

// flowEvent says how a flow went.
func (e *Engine) flowEvent(f *flow) *event.Event {
	start, end := time.Unix(0, f.start).UTC(), time.Unix(0, f.last).UTC()
	ev := event.New(event.NetworkActivity, end, event.Origin{})
	state := f.connState()
	ev.SetActivity(f.activity(state))
	ev.SetTime(event.StartTime, start)
	ev.SetTime(event.EndTime, end)
	ev.SetInt(event.Duration, end.Sub(start).Milliseconds())
	ev.SetText(event.AppProtocol, f.service())
	icmp := f.proto == protoICMP || f.proto == protoICMPv6
	ports := !icmp && (f.proto == protoTCP || f.proto == protoUDP)
	ev.SetStr(event.SrcIP, e.names.ip(&f.addrs[Client]))
	if ports {
		ev.SetInt(event.SrcPort, int64(f.ports[Client]))
	}
	e.setMACOf(ev, event.SrcMAC, f, Client)
	ev.SetStr(event.DstIP, e.names.ip(&f.addrs[Server]))
	if ports {
		ev.SetInt(event.DstPort, int64(f.ports[Server]))
	}
	e.setMACOf(ev, event.DstMAC, f, Server)
	ev.SetStr(event.ConnUID, e.uid(f))
	ev.SetStr(event.CommunityUID, f.communityID())
	ev.SetInt(event.ProtocolNum, int64(f.proto))
	ev.SetStr(event.ProtocolName, protocolName(f.proto))
	ev.SetInt(event.ProtocolVerID, f.version())
	if len(f.history) > 0 {
		ev.SetStr(event.FlagHistory, string(f.history))
	}
	out, in := f.payload(Client), f.payload(Server)
	ev.SetInt(event.BytesIn, in)
	ev.SetInt(event.BytesOut, out)
	if f.missed > 0 {
		ev.SetInt(event.BytesMissed, int64(f.missed))
	}
	ev.SetInt(event.PacketsIn, int64(f.packets[Server]))
	ev.SetInt(event.PacketsOut, int64(f.packets[Client]))
	ev.AddUnmapped("conn_state", quotedStates[state])
	ev.AddUnmapped("ip_bytes_out", strconv.FormatUint(f.ipBytes[Client], 10))
	ev.AddUnmapped("ip_bytes_in", strconv.FormatUint(f.ipBytes[Server], 10))
	if icmp {
		code := int64(0)
		if f.key.oneWay == 1 {
			code = int64(f.ports[Server])
		}
		ev.AddUnmappedInt("icmp_type", int64(f.ports[Client]))
		ev.AddUnmappedInt("icmp_code", code)
	}
	return ev
}

var quotedStates = map[string]string{
	"S0": `"S0"`, "S1": `"S1"`, "S2": `"S2"`, "S3": `"S3"`, "SF": `"SF"`, "REJ": `"REJ"`, "RSTO": `"RSTO"`, "RSTR": `"RSTR"`,
	"RSTOS0": `"RSTOS0"`, "RSTRH": `"RSTRH"`, "SH": `"SH"`, "SHR": `"SHR"`, "OTH": `"OTH"`,
}

// activity says how the flow ended, in OCSF's numbers.
func (f *flow) activity(state string) int {
	if f.proto == protoTCP {
		if f.refused && state == "S0" {
			return event.ConnRefuse
		}
		return event.ConnActivity(state)
	}
	switch {
	case f.settled:
		return event.ConnTraffic
	case f.refused:
		return event.ConnRefuse
	case f.manyListen():
		return event.ConnTraffic
	case f.proto == protoUDP, f.asks():
		return event.ConnFail
	}
	return event.ConnTraffic
}

// asks reports whether the flow began with an ICMP message that wants an
// answer.
func (f *flow) asks() bool {
	kind := f.ports[Client]
	if f.proto == protoICMP {
		return kind == icmpEcho || kind == icmpTimestamp || kind == icmpAddressMask
	}
	return f.proto == protoICMPv6 && (kind == icmp6EchoRequest || kind == icmp6NodeQuery)
}

// manyListen reports whether the flow went to a group or to everybody.
func (f *flow) manyListen() bool {
	a := netip.AddrFrom16(f.addrs[Server]).Unmap()
	return a.IsMulticast() || broadcast(&f.addrs[Server]) || f.hasMAC && f.macs[Server][0]&1 != 0
}

// service is the protocol that was recognised, "" for none.
func (f *flow) service() string {
	if f.view != nil && f.view.service != "" {
		return f.view.service
	}
	return f.tunnel
}

func (f *flow) payload(side Side) int64 {
	if f.proto == protoTCP {
		return int64(f.size(side))
	}
	return max(f.sent[side], 0)
}

func (f *flow) version() int64 {
	if f.v6 {
		return 6
	}
	return 4
}

func (e *Engine) setMACOf(ev *event.Event, p event.Path, f *flow, side Side) {
	if mac := &f.macs[side]; f.hasMAC && *mac != [6]byte{} {
		ev.SetStr(p, e.names.mac(mac))
	}
}

// names keeps the texts of addresses that come again and again. Each slot
// holds the last address that fell into it, so its size is fixed.
type names struct {
	ips [nameSlots]struct {
		addr [16]byte
		text string
	}
	macs [nameSlots]struct {
		addr [6]byte
		text string
	}
}

const nameSlots = 1 << 10

func (n *names) ip(a *[16]byte) string {
	h := binary.LittleEndian.Uint64(a[8:])*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(a[:8])*0xc2b2ae3d27d4eb4f
	slot := &n.ips[h>>54]
	if slot.addr != *a || slot.text == "" {
		slot.addr = *a
		slot.text = netip.AddrFrom16(*a).Unmap().String()
	}
	return slot.text
}

func (n *names) mac(a *[6]byte) string {
	h := (uint64(binary.LittleEndian.Uint32(a[2:]))<<16 | uint64(a[1])<<8 | uint64(a[0])) * 0x9e3779b97f4a7c15
	slot := &n.macs[h>>54]
	if slot.addr != *a || slot.text == "" {
		slot.addr = *a
		slot.text = macString(a[:])
	}
	return slot.text
}

func macString(mac []byte) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 17)
	for i, v := range mac {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[v>>4], digits[v&15])
	}
	return string(b)
}

// prepare adds what only the engine knows to the event of a dissector.
func (e *Engine) prepare(f *flow, ev *event.Event) {
	e.setMACOf(ev, event.SrcMAC, f, Client)
	e.setMACOf(ev, event.DstMAC, f, Server)
	if ev.Class/1000 != 4 || ev.Class == event.EmailActivity { // which has no connection_info
		return
	}
	ev.SetStr(event.ConnUID, e.uid(f))
	ev.SetStr(event.CommunityUID, f.communityID())
	ev.SetInt(event.ProtocolVerID, f.version())
}

// uid names the flow within its source: by how many flows began before it.
func (e *Engine) uid(f *flow) string {
	if f.uid == "" {
		src := e.cfg.Source[:min(len(e.cfg.Source), 12)]
		var space [36]byte
		b := append(space[:0], 'C')
		b = append(b, src...)
		b = append(b, '.')
		f.uid = string(strconv.AppendUint(b, f.serial+1, 10))
	}
	return f.uid
}

func (f *flow) communityID() string {
	if f.cid == "" {
		src, dst := f.addr(Client), f.addr(Server)
		f.cid = communityid.Of(f.proto, src.Addr(), dst.Addr(), src.Port(), dst.Port())
	}
	return f.cid
}

// arp reads ARP for IPv4 over Ethernet (RFC 826).
func (e *Engine) arp(b []byte) {
	if len(b) < 28 || binary.BigEndian.Uint16(b[2:4]) != etherIPv4 || b[4] != 6 || b[5] != 4 {
		e.skipped(skipNotIP)
		return
	}
	op := binary.BigEndian.Uint16(b[6:8])
	if op != 1 && op != 2 {
		e.skipped(skipNotIP)
		return
	}
	e.stats.ARP++
	if e.cfg.NoFlows {
		return
	}
	ev := event.New(event.NetworkActivity, e.time.UTC(), event.Origin{})
	ev.SetActivity(event.ConnTraffic)
	sender, target := netip.AddrFrom4([4]byte(b[14:18])), netip.AddrFrom4([4]byte(b[24:28]))
	ev.SetStr(event.SrcIP, sender.String())
	ev.SetStr(event.SrcMAC, macString(b[8:14]))
	ev.SetStr(event.DstIP, target.String())
	ev.SetStr(event.DstMAC, macString(b[18:24]))
	ev.SetStr(event.ProtocolName, "arp")
	name := `"request"`
	if op == 2 {
		name = `"reply"`
	}
	ev.AddUnmapped("arp_op", name)
	if sender == target && sender != netip.IPv4Unspecified() {
		ev.AddUnmapped("arp_gratuitous", "true")
	}
	e.emit(ev)
}
