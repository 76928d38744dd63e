// Package dhcp dissects DHCP over IPv4: who asks for an address, by which name,
// and what a server gives. Each message becomes an event, as question and
// answer often travel in flows of their own, to everybody.
//
// It keeps no leases; package asset learns from its events. DHCPv6 is not
// dissected.
package dhcp

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/dhcp"
)

// Kind describes the protocol.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "dhcp", Doc: "Addresses asked for and given: DHCP over IPv4.",
		Transport: dissect.UDP,
		Ports:     []uint16{67}, // the server's; who is at 68 is never one
		Probe:     probe,
		New:       func() dissect.Dissector { return follower{} },
	}
}

// probe wants the cookie of the options at its place, and a fixed part that
// makes sense. That is enough at any port.
func probe(o dissect.Opening) dissect.Verdict {
	data := o.Client
	if len(data) == 0 {
		data = o.Server
	}
	if len(data) < dhcp.FixedSize || data[0] != dhcp.Request && data[0] != dhcp.Reply || data[2] > 16 ||
		binary.BigEndian.Uint32(data[dhcp.FixedSize-4:]) != dhcp.Cookie {
		return dissect.No
	}
	return dissect.Yes
}

// Bounds of what an event tells, in bytes.
const (
	maxText = 255
	maxID   = 64
)

// activityOther stands for what OCSF has no activity for.
const activityOther = 99

type follower struct{}

func (follower) Feed(f *dissect.Flow, _ dissect.Side, data []byte) int {
	m, err := dhcp.Parse(data)
	if err != nil && m.Type == 0 {
		return len(data)
	}
	f.Emit(describe(f, &m))
	return len(data)
}

func (follower) Gap(*dissect.Flow, dissect.Side, int) bool { return true }

func (follower) End(*dissect.Flow) {}

// describe tells one message. The names of unmapped values are Zeek's where it
// has one.
func describe(f *dissect.Flow, m *dhcp.Message) *event.Event {
	e := f.Event(event.DHCPActivity)
	asks := m.Operation == dhcp.Request
	switch {
	case m.Type >= dhcp.Discover && m.Type <= dhcp.Inform:
		e.SetActivity(int(m.Type)) // OCSF numbers them as DHCP does
	case m.Type == 0 && asks:
		other(e, "BOOTP request")
	case m.Type == 0:
		other(e, "BOOTP reply")
	default:
		other(e, "DHCP message "+strconv.Itoa(int(m.Type)))
	}
	name := clean(m.HostName)
	if asks {
		e.SetText(event.SrcHostname, name)
	} else {
		e.AddUnmappedStr("host_name", name)
	}
	switch {
	case !m.HasLease:
	case m.Lease > math.MaxInt32: // for ever, or as good as that
		e.AddUnmapped("lease_forever", "true")
	default:
		e.SetInt(event.LeaseDuration, int64(m.Lease))
	}
	e.AddUnmappedStr("transaction_uid", strconv.FormatUint(uint64(m.Transaction), 16))
	if m.Ethernet {
		e.AddUnmappedStr("mac", ethernet(m.Hardware))
	} else if len(m.Hardware) > 0 {
		e.AddUnmappedStr("hardware", hex.EncodeToString(m.Hardware))
	}
	address(e, "client_addr", m.Client)
	address(e, "assigned_addr", m.Your)
	address(e, "requested_addr", m.Requested)
	address(e, "server_addr", m.Server)
	address(e, "relay_addr", m.Relay)
	addresses(e, "routers", m.Routers)
	addresses(e, "resolvers", m.Resolvers)
	e.AddUnmappedStr("client_fqdn", clean(m.FQDN))
	e.AddUnmappedStr("domain", clean(m.Domain))
	e.AddUnmappedStr("vendor_class", clean(m.VendorClass))
	if len(m.ClientID) > 0 {
		e.AddUnmappedStr("client_id", hex.EncodeToString(m.ClientID[:min(len(m.ClientID), maxID)]))
		if m.OwnIdentifier() {
			e.AddUnmapped("client_id_own", "true")
		}
	}
	if len(m.Parameters) > 0 {
		e.AddUnmappedStr("parameters", numbers(m.Parameters))
	}
	e.AddUnmappedStr("circuit_id", clean(m.Circuit))
	e.AddUnmappedStr("agent_remote_id", clean(m.Remote))
	e.AddUnmappedStr("subscriber_id", clean(m.Subscriber))
	if asks {
		e.AddUnmappedStr("client_message", clean(m.Text))
	} else {
		e.AddUnmappedStr("server_message", clean(m.Text))
	}
	return e
}

func other(e *event.Event, name string) {
	e.SetActivity(activityOther)
	e.SetStr(event.ActivityName, name)
}

func address(e *event.Event, name string, a netip.Addr) {
	if a.IsValid() {
		e.AddUnmappedStr(name, a.String())
	}
}

func addresses(e *event.Event, name string, list []netip.Addr) {
	if len(list) == 0 {
		return
	}
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.String()
	}
	e.AddUnmapped(name, event.JSONStrings(out))
}

func ethernet(b []byte) string {
	out := make([]byte, 0, 17)
	for i := range b {
		if i > 0 {
			out = append(out, ':')
		}
		out = hex.AppendEncode(out, b[i:i+1])
	}
	return string(out)
}

// numbers writes the options that a client asks for, in its order, which tells
// one implementation from another.
func numbers(b []byte) string {
	var out []byte
	for i, n := range b {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendUint(out, uint64(n), 10)
	}
	return string(out)
}

// clean keeps what can be shown. Everything else is written as \ and three
// digits, as package dns does.
func clean(b []byte) string {
	var out []byte
	for len(b) > 0 && len(out) < maxText {
		r, n := utf8.DecodeRune(b)
		if r == '\\' || r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) {
			for _, c := range b[:n] {
				out = append(out, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
			}
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return string(out)
}
