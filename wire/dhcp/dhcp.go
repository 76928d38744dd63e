// Package dhcp is the grammar of DHCP messages over IPv4 (RFC 2131): the fixed
// fields of BOOTP and the options behind them. It knows nothing of leases, of
// which answer belongs to which question, or of DHCPv6.
package dhcp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// FixedSize is the length of the fixed part of a message with the cookie that
// says that options follow.
const FixedSize = 240

// Cookie begins the options (RFC 2131 §3).
const Cookie = 0x63825363

// Operations of the fixed part.
const (
	Request = 1 // from a client
	Reply   = 2 // from a server
)

// Type is a kind of message (option 53).
type Type uint8

// Kinds of messages (RFC 2132 §9.6). The zero Type is a message of BOOTP.
const (
	Discover Type = iota + 1
	Offer
	Ask // DHCPREQUEST
	Decline
	Ack
	Nak
	Release
	Inform
)

// Options that this package reads (RFC 2132 and those named).
const (
	optPad           = 0
	optRouter        = 3
	optResolver      = 6
	optHostName      = 12
	optDomain        = 15
	optRequested     = 50
	optLease         = 51
	optOverload      = 52
	optType          = 53
	optServer        = 54
	optParameters    = 55
	optMessage       = 56
	optVendorClass   = 60
	optClientID      = 61
	optFQDN          = 81 // RFC 4702
	optRelay         = 82 // RFC 3046
	optEnd           = 255
	relayCircuit     = 1
	relayRemote      = 2
	relaySubscriber  = 6 // RFC 3993
	overloadFile     = 1
	overloadName     = 2
	hardwareEthernet = 1
)

// Errors that a caller may branch on; Parse wraps them with the place.
var (
	ErrShort  = errors.New("message ends early")
	ErrCookie = errors.New("no options behind the fixed part")
	ErrFixed  = errors.New("fixed part makes no sense")
)

// maxAddresses bounds the routers and the resolvers of one message that are
// looked at.
const maxAddresses = 8

// A Message is one message. Its slices are views of the bytes that were parsed,
// or copies where an option came in parts (RFC 3396). An address that is not
// given is the zero Addr.
type Message struct {
	Operation   uint8
	Type        Type
	Transaction uint32
	Broadcast   bool   // the client cannot take a unicast answer yet
	Hardware    []byte // address of the client's interface, up to 16 bytes
	Ethernet    bool   // Hardware is an Ethernet address

	Client    netip.Addr // that the client has and answers to
	Your      netip.Addr // that the server gives
	Next      netip.Addr // of the server to boot from
	Relay     netip.Addr // of the relay that passed the message on
	Requested netip.Addr // that the client would like
	Server    netip.Addr // by which the server names itself

	HasLease    bool
	Lease       uint32 // seconds; the highest number is for ever
	HostName    []byte // option 12, without the zeros that some end it with
	FQDN        []byte // option 81, as text with dots
	Domain      []byte // option 15
	VendorClass []byte // option 60: what program or device the client is
	ClientID    []byte // option 61: the first byte is a kind of hardware or 0 or 255
	Parameters  []byte // option 55: what the client would like to know, in its order
	Text        []byte // option 56: why a server refuses
	Circuit     []byte // option 82: where at the relay
	Remote      []byte // option 82: who at the relay
	Subscriber  []byte // option 82
	Routers     []netip.Addr
	Resolvers   []netip.Addr
}

// Parse reads one message, as a datagram holds it. After an error the message
// holds what came before the place that the error names; the type is 0 where
// its option was not reached.
func Parse(b []byte) (Message, error) {
	var m Message
	if len(b) < FixedSize {
		return m, fmt.Errorf("fixed part: %w", ErrShort)
	}
	m.Operation = b[0]
	size := int(b[2])
	if m.Operation != Request && m.Operation != Reply || size > 16 {
		return m, ErrFixed
	}
	m.Hardware = b[28 : 28+size]
	m.Ethernet = size == 6 && (b[1] == hardwareEthernet || b[1] == 6) // 6 is all of IEEE 802 (RFC 1700)
	m.Transaction = binary.BigEndian.Uint32(b[4:])
	m.Broadcast = b[10]&0x80 != 0
	m.Client, m.Your, m.Next, m.Relay = address(b[12:16]), address(b[16:20]), address(b[20:24]), address(b[24:28])
	if binary.BigEndian.Uint32(b[236:]) != Cookie {
		return m, ErrCookie
	}
	var o options
	err := o.read(b[FixedSize:])
	// RFC 2131 §4.1: the file first, then the name of the server.
	if where := o.one(optOverload); len(where) == 1 {
		if where[0]&overloadFile != 0 {
			err = errors.Join(err, o.read(b[108:236]))
		}
		if where[0]&overloadName != 0 {
			err = errors.Join(err, o.read(b[44:108]))
		}
	}
	m.take(&o)
	return m, err
}

// options are the values by number. An option that comes again continues the
// first one.
type options struct{ values [256][]byte }

func (o *options) one(code int) []byte { return o.values[code] }

func (o *options) read(b []byte) error {
	for at := 0; at < len(b); {
		code := b[at]
		if code == optPad {
			at++
			continue
		}
		if code == optEnd {
			return nil
		}
		if at+2 > len(b) || at+2+int(b[at+1]) > len(b) {
			return fmt.Errorf("option %d: %w", code, ErrShort)
		}
		value := b[at+2 : at+2+int(b[at+1])]
		at += 2 + len(value)
		if before := o.values[code]; before != nil {
			value = append(before[:len(before):len(before)], value...)
		}
		o.values[code] = value
	}
	return nil
}

func (m *Message) take(o *options) {
	if v := o.one(optType); len(v) == 1 {
		m.Type = Type(v[0])
	}
	if v := o.one(optLease); len(v) == 4 {
		m.Lease, m.HasLease = binary.BigEndian.Uint32(v), true
	}
	m.Requested, m.Server = address(o.one(optRequested)), address(o.one(optServer))
	m.HostName, m.Domain = text(o.one(optHostName)), text(o.one(optDomain))
	m.VendorClass, m.Text = text(o.one(optVendorClass)), text(o.one(optMessage))
	m.ClientID, m.Parameters = o.one(optClientID), o.one(optParameters)
	m.FQDN = fqdn(o.one(optFQDN))
	m.Routers, m.Resolvers = addresses(o.one(optRouter)), addresses(o.one(optResolver))
	for v := o.one(optRelay); len(v) >= 2 && 2+int(v[1]) <= len(v); v = v[2+int(v[1]):] {
		value := v[2 : 2+int(v[1])]
		switch v[0] {
		case relayCircuit:
			m.Circuit = value
		case relayRemote:
			m.Remote = value
		case relaySubscriber:
			m.Subscriber = value
		}
	}
}

// address reads an address; "this host" counts as none.
func address(b []byte) netip.Addr {
	if len(b) != 4 || b[0]|b[1]|b[2]|b[3] == 0 {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte(b))
}

func addresses(b []byte) []netip.Addr {
	var out []netip.Addr
	for ; len(b) >= 4 && len(out) < maxAddresses; b = b[4:] {
		if a := address(b[:4]); a.IsValid() {
			out = append(out, a)
		}
	}
	return out
}

// text leaves out the zeros that some senders end a text with, against
// RFC 2132 §2.
func text(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

// fqdn reads the client's name, which stands behind three bytes as text or,
// where the flag E says so, as labels (RFC 4702 §2).
func fqdn(b []byte) []byte {
	if len(b) <= 3 {
		return nil
	}
	name := b[3:]
	if b[0]&4 == 0 {
		return text(name)
	}
	var out []byte
	for len(name) > 0 && name[0] != 0 {
		n := int(name[0])
		if n > 63 || 1+n > len(name) {
			return nil
		}
		if len(out) > 0 {
			out = append(out, '.')
		}
		out = append(out, name[1:1+n]...)
		name = name[1+n:]
	}
	return out
}

// OwnIdentifier reports whether the client's identifier says more than its
// hardware address does, and so outlives a change of it (RFC 4361).
func (m *Message) OwnIdentifier() bool {
	id := m.ClientID
	if len(id) < 3 || id[0] == hardwareEthernet && len(id) == 7 {
		return false
	}
	return string(id[1:]) != string(m.Hardware)
}
