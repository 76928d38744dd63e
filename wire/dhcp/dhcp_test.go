package dhcp_test

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/wire/dhcp"
)

// fixed returns the fixed part with its cookie.
func fixed(op byte, client, your string) []byte {
	b := make([]byte, dhcp.FixedSize)
	b[0], b[1], b[2] = op, 1, 6
	binary.BigEndian.PutUint32(b[4:], 0x01020304)
	b[10] = 0x80
	put := func(at int, s string) {
		if s != "" {
			a := netip.MustParseAddr(s).As4()
			copy(b[at:], a[:])
		}
	}
	put(12, client)
	put(16, your)
	copy(b[28:], "\x00\x00\x5e\x00\x53\x01")
	binary.BigEndian.PutUint32(b[236:], dhcp.Cookie)
	return b
}

// option returns one option.
func option(code byte, value string) string {
	return string([]byte{code, byte(len(value))}) + value
}

func TestParse(t *testing.T) {
	ethernet := []byte("\x00\x00\x5e\x00\x53\x01")
	base := dhcp.Message{Operation: dhcp.Request, Transaction: 0x01020304, Broadcast: true, Hardware: ethernet, Ethernet: true}
	with := func(change func(*dhcp.Message)) dhcp.Message {
		m := base
		change(&m)
		return m
	}
	address := netip.MustParseAddr("192.0.2.7")
	tests := []struct {
		name string
		in   string
		want dhcp.Message
		err  error
	}{
		{
			"discover", option(53, "\x01") + option(12, "pc-1") + option(50, "\xc0\x00\x02\x07") + option(55, "\x01\x03\x06") + option(60, "MSFT 5.0") + "\xff",
			with(func(m *dhcp.Message) {
				m.Type, m.HostName, m.Requested = dhcp.Discover, []byte("pc-1"), address
				m.Parameters, m.VendorClass = []byte{1, 3, 6}, []byte("MSFT 5.0")
			}), nil,
		},
		{
			"offer with where to go", option(53, "\x02") + option(51, "\x00\x00\x0e\x10") + option(54, "\xc0\x00\x02\x07") + option(3, "\xc0\x00\x02\x07\x00\x00\x00\x00") + option(6, "\xc0\x00\x02\x07"),
			with(func(m *dhcp.Message) {
				m.Type, m.Lease, m.HasLease, m.Server = dhcp.Offer, 3600, true, address
				m.Routers, m.Resolvers = []netip.Addr{address}, []netip.Addr{address}
			}), nil,
		},
		{
			"a name in two parts", option(12, "long-") + option(53, "\x03") + option(12, "name"),
			with(func(m *dhcp.Message) { m.Type, m.HostName = dhcp.Ask, []byte("long-name") }), nil,
		},
		{
			"zeros at the end", option(53, "\x03") + option(12, "name\x00\x00"),
			with(func(m *dhcp.Message) { m.Type, m.HostName = dhcp.Ask, []byte("name") }), nil,
		},
		{
			"full name as text", option(53, "\x03") + option(81, "\x00\x00\x00pc.example.com"),
			with(func(m *dhcp.Message) { m.Type, m.FQDN = dhcp.Ask, []byte("pc.example.com") }), nil,
		},
		{
			"full name as labels", option(53, "\x03") + option(81, "\x04\x00\x00\x02pc\x07example\x00"),
			with(func(m *dhcp.Message) { m.Type, m.FQDN = dhcp.Ask, []byte("pc.example") }), nil,
		},
		{
			"relay", option(53, "\x01") + option(82, "\x01\x04eth0\x02\x03who\x06\x02s1"),
			with(func(m *dhcp.Message) {
				m.Type, m.Circuit, m.Remote, m.Subscriber = dhcp.Discover, []byte("eth0"), []byte("who"), []byte("s1")
			}), nil,
		},
		{
			"an option that is cut", option(53, "\x01") + "\x0c\x20short",
			with(func(m *dhcp.Message) { m.Type = dhcp.Discover }), dhcp.ErrShort,
		},
		{"behind the end", option(53, "\x01") + "\xff" + option(12, "no"), with(func(m *dhcp.Message) { m.Type = dhcp.Discover }), nil},
		{"sizes that do not fit", option(53, "\x01\x01") + option(51, "\x01") + option(54, "abc"), base, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := dhcp.Parse(append(fixed(dhcp.Request, "", ""), tt.in...))
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// RFC 2131 §4.1 lets options go on where a file name and a server name would
// stand.
func TestOverload(t *testing.T) {
	b := fixed(dhcp.Reply, "", "192.0.2.9")
	copy(b[108:], option(12, "in-file")+"\xff")
	copy(b[44:], option(15, "example.com")+"\xff")
	m, err := dhcp.Parse(append(b, option(52, "\x03")+option(53, "\x05")+"\xff"...))
	if err != nil || string(m.HostName) != "in-file" || string(m.Domain) != "example.com" || m.Your.String() != "192.0.2.9" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestRefuses(t *testing.T) {
	none := fixed(dhcp.Request, "", "")
	none[236] = 0
	long := fixed(dhcp.Request, "", "")
	long[2] = 17
	for name, tt := range map[string]struct {
		in  []byte
		err error
	}{
		"short":     {fixed(dhcp.Request, "", "")[:239], dhcp.ErrShort},
		"no cookie": {none, dhcp.ErrCookie},
		"operation": {fixed(3, "", ""), dhcp.ErrFixed},
		"hardware":  {long, dhcp.ErrFixed},
	} {
		if _, err := dhcp.Parse(tt.in); !errors.Is(err, tt.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOwnIdentifier(t *testing.T) {
	ethernet := "\x00\x00\x5e\x00\x53\x01"
	for id, want := range map[string]bool{
		"": false, "\x01" + ethernet: false, "\x00" + ethernet: false,
		"\x00printer": true, "\xff\x00\x00\x00\x01\x00\x01\x02\x03": true,
	} {
		m, err := dhcp.Parse(append(fixed(dhcp.Request, "", ""), option(61, id)...))
		if err != nil || m.OwnIdentifier() != want {
			t.Errorf("%x: %v, %v", id, m.OwnIdentifier(), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(append(fixed(dhcp.Request, "", ""), option(53, "\x01")+option(12, "pc")+"\xff"...))
	f.Add(append(fixed(dhcp.Reply, "", "192.0.2.1"), option(52, "\x03")+option(82, "\x01\x01a")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := dhcp.Parse(b)
		if err == nil && len(b) < dhcp.FixedSize {
			t.Error("a message out of too few bytes")
		}
		if n := len(m.HostName) + len(m.FQDN) + len(m.ClientID); n > 3*len(b) {
			t.Errorf("%d bytes of names from %d", n, len(b))
		}
		if strings.HasSuffix(string(m.HostName), "\x00") {
			t.Error("a zero ends the name")
		}
	})
}
