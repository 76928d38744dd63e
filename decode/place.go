package decode

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// Address returns an address as Bongsu writes it: an IPv4 address in an IPv6
// one is the former, zones and brackets are left out.
func Address(s string) (string, bool) {
	if len(s) < 2 || len(s) > 64 {
		return "", false
	}
	if s[0] == '[' {
		s = strings.TrimSuffix(s[1:], "]")
	}
	if strings.IndexByte(s, ':') < 0 {
		if !dotted(s) {
			return "", false
		}
		return s, true // as written: there is no second spelling
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return "", false
	}
	return a.Unmap().WithZone("").String(), true
}

// dotted reports whether s is an IPv4 address. Most names are not, and an
// error of package netip for each would cost more than all else here.
func dotted(s string) bool {
	parts, n, digits := 1, 0, 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '.':
			if digits == 0 {
				return false
			}
			parts, n, digits = parts+1, 0, 0
		case c-'0' > 9 || digits == 1 && n == 0:
			return false
		default:
			n = n*10 + int(c-'0')
			if digits++; n > 255 {
				return false
			}
		}
	}
	return parts == 4 && digits > 0
}

// SetEndpoint sets the address of an endpoint, or its name where s is none.
// Words for nothing are left out.
func SetEndpoint(e *event.Event, ip, hostname event.Path, s string) {
	if a, ok := Address(s); ok {
		e.SetStr(ip, a)
		return
	}
	e.SetText(hostname, Name(s))
}

// SetPort sets a port column if s is a port.
func SetPort(e *event.Event, port event.Path, s string) {
	if n, ok := Number(s); ok && n > 0 && n <= 65535 {
		e.SetInt(port, n)
	}
}

// Number reads a decimal number without a sign.
func Number(s string) (int64, bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	return n, true
}

// SetDevice names the machine that wrote the record, for classes whose events
// happen on a machine and not between two.
func SetDevice(e *event.Event, host string) {
	SetEndpoint(e, event.DeviceIP, event.DeviceHostname, host)
	if e.Has(event.DeviceIP) || e.Has(event.DeviceHostname) {
		e.SetInt(event.DeviceTypeID, 0) // unknown; OCSF requires it
	}
}

// SetTarget names the machine that wrote the record as the server that was
// spoken to.
func SetTarget(e *event.Event, host string) {
	SetEndpoint(e, event.DstIP, event.DstHostname, host)
}

// HostOf returns the host that a syslog line tells. Of a line that tells none it
// is who sent it (RFC 3164 §4.3.3), unless that is this machine itself.
func HostOf(m *syslog.Message, rec Record) string {
	if m.Host != "" || rec.Peer == "" {
		return m.Host
	}
	if a, err := netip.ParseAddr(rec.Peer); err != nil || a.IsLoopback() {
		return ""
	}
	return rec.Peer
}

// SetHeader adds what the header of a syslog line says besides time, host and
// text.
func SetHeader(e *event.Event, m *syslog.Message) {
	e.SetText(event.LogProvider, m.Program)
	e.SetText(event.OriginalTime, m.TimeText)
	if m.PID != 0 {
		e.AddUnmapped("pid", strconv.FormatInt(m.PID, 10))
	}
	if m.Priority >= 0 {
		e.AddUnmappedStr("facility", syslog.FacilityName(m.Facility()))
		e.AddUnmappedInt("syslog_severity", int64(m.Severity()))
	}
	e.AddUnmappedStr("msg_id", m.MsgID)
	e.AddUnmappedStr("structured_data", m.Structured)
}

// Clock returns the clock for a record's times: the reference, or the time
// when the record arrived if that is later, as it is on a connection that
// stays open over New Year.
func (o Options) Clock(rec Record) syslog.Clock {
	ref := o.Reference
	if rec.Received.After(ref) {
		ref = rec.Received
	}
	return syslog.Clock{Reference: ref, Location: o.Location}
}
