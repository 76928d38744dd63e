package dhcp_test

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dhcp"
	"github.com/bongsu/bongsu/dissect/dissecttest"
	"github.com/bongsu/bongsu/event"
)

// message returns a message with the addresses that the client has and that
// the server gives.
func message(op byte, client, your string, options ...string) string {
	b := make([]byte, 240)
	b[0], b[1], b[2] = op, 1, 6
	binary.BigEndian.PutUint32(b[4:], 0xcafe0001)
	copy(b[12:], client)
	copy(b[16:], your)
	copy(b[28:], "\x00\x00\x5e\x00\x53\x01")
	copy(b[236:], "\x63\x82\x53\x63")
	return string(b) + strings.Join(options, "") + "\xff"
}

func option(code byte, value string) string {
	return string([]byte{code, byte(len(value))}) + value
}

// kinds are the activities of OCSF's DHCP Activity.
var kinds = [...]string{"Unknown", "Discover", "Offer", "Request", "Decline", "Ack", "Nak", "Release", "Inform"}

// line says what matters of an event.
func line(e *event.Event) string {
	kind := e.Str(event.ActivityName)
	if kind == "" {
		kind = kinds[e.Activity()]
	}
	out := []string{kind, e.Str(event.SrcHostname)}
	for _, name := range []string{"mac", "client_addr", "assigned_addr", "requested_addr", "server_addr", "host_name", "client_fqdn", "vendor_class", "client_id", "client_id_own", "parameters", "server_message", "lease_forever"} {
		if s := e.UnmappedStr(name); s != "" {
			out = append(out, name+"="+s)
		}
	}
	return strings.Join(out, " ")
}

const mac = "mac=00:00:5e:00:53:01"

func TestDHCP(t *testing.T) {
	c, s := dissecttest.C, dissecttest.S
	const given, server = "\xc0\x00\x02\x07", "\xc0\x00\x02\x01"
	tests := []struct {
		name string
		port uint16
		talk []dissecttest.Piece
		want []string
	}{
		{
			"a lease", 67,
			[]dissecttest.Piece{
				c(message(1, "", "", option(53, "\x01"), option(12, "pc-1"), option(60, "MSFT 5.0"), option(55, "\x01\x03"))),
				s(message(2, "", given, option(53, "\x02"), option(54, server))),
				c(message(1, "", "", option(53, "\x03"), option(50, given), option(54, server), option(81, "\x00\x00\x00pc-1.example.com"))),
				s(message(2, "", given, option(53, "\x05"), option(54, server), option(51, "\x00\x00\x0e\x10"), option(12, "named"))),
			},
			[]string{
				"Discover pc-1 " + mac + " vendor_class=MSFT 5.0 parameters=1,3",
				"Offer  " + mac + " assigned_addr=192.0.2.7 server_addr=192.0.2.1",
				"Request  " + mac + " requested_addr=192.0.2.7 server_addr=192.0.2.1 client_fqdn=pc-1.example.com",
				"Ack  " + mac + " assigned_addr=192.0.2.7 server_addr=192.0.2.1 host_name=named",
			},
		},
		{
			"refused", 67,
			[]dissecttest.Piece{s(message(2, "", "", option(53, "\x06"), option(56, "not here")))},
			[]string{"Nak  " + mac + " server_message=not here"},
		},
		{
			"given back", 67,
			[]dissecttest.Piece{c(message(1, given, "", option(53, "\x07")))},
			[]string{"Release  " + mac + " client_addr=192.0.2.7"},
		},
		{
			"an identifier of its own, for ever", 67,
			[]dissecttest.Piece{c(message(1, "", "", option(53, "\x03"), option(61, "\x00me"), option(51, "\xff\xff\xff\xff")))},
			[]string{"Request  " + mac + " client_id=006d65 client_id_own=true lease_forever=true"},
		},
		{
			"a hostile name", 67,
			[]dissecttest.Piece{c(message(1, "", "", option(53, "\x01"), option(12, "a\x1b[2J\nb\xff\\")))},
			[]string{`Discover a\027[2J\010b\255\092 ` + mac},
		},
		{"BOOTP", 67, []dissecttest.Piece{c(message(1, "", ""))}, []string{"BOOTP request  " + mac}},
		{"a kind that nobody knows", 67, []dissecttest.Piece{c(message(1, "", "", option(53, "\x63")))}, []string{"DHCP message 99  " + mac}},
		{"another port", 9967, []dissecttest.Piece{c(message(1, "", "", option(53, "\x01")))}, []string{"Discover  " + mac}},
		{"cut behind the type", 67, []dissecttest.Piece{c(message(1, "", "", option(53, "\x01"), "\x0c\x20cut"))}, []string{"Discover  " + mac}},
		{"too short", 67, []dissecttest.Piece{c(message(1, "", "")[:239])}, nil},
		{"something else at the port", 67, []dissecttest.Piece{c(strings.Repeat("GET / HTTP/1.1\r\n", 20))}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range dissecttest.Talk([]dissect.Kind{dhcp.Kind()}, dissect.UDP, tt.port, tt.talk...) {
				dissecttest.CheckJSON(t, e)
				if e.Class != event.DHCPActivity || e.Str(event.AppProtocol) != "dhcp" {
					t.Errorf("class %d, protocol %s", e.Class, e.Str(event.AppProtocol))
				}
				got = append(got, line(e))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLease(t *testing.T) {
	e := dissecttest.Talk([]dissect.Kind{dhcp.Kind()}, dissect.UDP, 67, dissecttest.S(message(2, "", "", option(53, "\x05"), option(51, "\x00\x00\x0e\x10"))))[0]
	if e.Int(event.LeaseDuration) != 3600 {
		t.Errorf("lease of %d s", e.Int(event.LeaseDuration))
	}
}

func TestProbeRefusesNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	probe := dhcp.Kind().Probe
	for range 50_000 {
		b := make([]byte, r.IntN(600))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		if probe(dissect.Opening{Client: b, ServerPort: 67, ClientPort: 68, Transport: dissect.UDP}) == dissect.Yes {
			t.Fatalf("noise is taken for DHCP: %x", b)
		}
	}
}

func FuzzTalk(f *testing.F) {
	dissecttest.Fuzz(f, dhcp.Kind(), message(1, "", "", option(53, "\x01"), option(12, "pc")), message(2, "", "\xc0\x00\x02\x07", option(53, "\x05"), option(82, "\x01\x01a")))
}
