// Package syslog keeps the lines of syslog that no more special decoder
// understands: time, host, program, process and text in their columns, the
// text unread. Lines about logins, access logs, CEF and LEEF inside syslog are
// left to their decoders.
package syslog

import (
	"strings"
	"time"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/syslog"
)

// Kind describes the format.
func Kind() decode.Kind {
	return decode.Kind{
		Name:  "syslog",
		Doc:   "syslog lines of any program (RFC 3164, RFC 5424, files, journalctl): header in columns, text unread",
		Tier:  decode.Fields,
		Sniff: sniff,
		New:   func(o decode.Options) decode.Decoder { return &decoder{opts: o} },
	}
}

// most is how sure a header can make: less than any decoder that understands
// the text behind it.
const most = 60

func sniff(head []byte) int {
	clock := syslog.Clock{Reference: time.Date(2000, 12, 31, 0, 0, 0, 0, time.UTC)}
	return decode.SniffLines(head, 32, 0, most, func(line string) bool {
		var m syslog.Message
		return syslog.Parse(line, clock, &m) && sure(&m)
	})
}

// sure tells syslog from other texts that begin with a time: a priority, a
// program's tag, an address in the place of the host, or the way in which only
// syslog writes times.
func sure(m *syslog.Message) bool {
	if m.Priority >= 0 || m.Program != "" {
		return true
	}
	if m.Host == "" {
		return false
	}
	_, numeric := decode.Address(m.Host)
	return numeric || len(m.TimeText) == len("Feb  7 09:00:01") && m.TimeText[3] == ' '
}

type decoder struct {
	opts decode.Options
	last time.Time // of the line before
	// What the line before was, because "last message repeated" is about it.
	lastProgram, lastText, lastHost string
}

func (d *decoder) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	raw := decode.Text(rec.Body)
	if isJournalMark(raw) {
		return out, nil
	}
	var m syslog.Message
	clock := d.opts.Clock(rec)
	if !syslog.Parse(raw, clock, &m) || !sure(&m) && m.Host == "" || others(&m) {
		d.lastText = ""
		return out, decode.ErrNotMine
	}
	m.Host = decode.HostOf(&m, rec)
	times := 1
	if n, inner, ok := syslog.Repeated(m.Text); ok {
		switch {
		case inner != "":
			m.Text = inner
			if syslog.AboutLogin(&m) {
				d.lastText = ""
				return out, decode.ErrNotMine
			}
		case d.lastText == "" || d.lastHost != m.Host:
			// The message before was another decoder's, or is not in the file.
			if d.lastText == "" {
				return out, decode.ErrNotMine
			}
		default:
			m.Program, m.Text = d.lastProgram, d.lastText
		}
		times = n
	}
	if m.Time.IsZero() {
		// RFC 3164 §4.3.2: a line without a time happened when it arrived.
		switch {
		case !d.last.IsZero():
			m.Time = d.last
		case !rec.Received.IsZero():
			m.Time = rec.Received
		default:
			m.Time = clock.Reference
		}
		if m.Time.IsZero() {
			return out, decode.ErrNotMine
		}
	}
	d.last, d.lastProgram, d.lastText, d.lastHost = m.Time, m.Program, m.Text, m.Host
	e := event.New(event.Base, m.Time, decode.Stamp(rec, 0))
	if s := m.Severity(); s >= 0 {
		e.SetInt(event.SeverityID, int64(severities[s]))
	}
	e.SetStr(event.Message, m.Text)
	e.SetStr(event.RawData, raw)
	if times > 1 {
		e.SetInt(event.Count, int64(times))
	}
	e.SetStr(event.ProductName, product(m.Program))
	decode.SetHeader(e, &m)
	decode.SetDevice(e, m.Host)
	return append(out, e), nil
}

// product returns the program's name; routers put a message's id in its place.
func product(program string) string {
	if program == "" || program[0] == '%' {
		return "syslog"
	}
	return program
}

// severities are OCSF's for those of RFC 5424 §6.2.1.
var severities = [8]event.Severity{
	event.SeverityFatal, event.SeverityCritical, event.SeverityCritical, event.SeverityHigh,
	event.SeverityMedium, event.SeverityLow, event.SeverityInformational, event.SeverityInformational,
}

// isJournalMark recognises the lines that journalctl writes between messages.
func isJournalMark(s string) bool {
	return strings.HasPrefix(s, "-- ") && (strings.HasPrefix(s, "-- Logs begin at") || strings.HasPrefix(s, "-- Journal begins at") ||
		strings.HasPrefix(s, "-- Boot ") || s == "-- Reboot --" || s == "-- No entries --")
}

// others reports whether the text behind the header is for another decoder.
func others(m *syslog.Message) bool {
	if syslog.AboutLogin(m) || m.Program == "CEF" || m.Program == "LEEF" {
		return true
	}
	t := m.Text
	if m.Host == "pid" { // vsftpd's own log: "Sat Feb  7 09:00:22 2026 [pid 2] CONNECT: …"
		return true
	}
	if strings.HasPrefix(t, "CEF:") || strings.HasPrefix(t, "LEEF:") ||
		strings.Contains(t, " CEF:0|") || strings.Contains(t, "LEEF:1.0|") || strings.Contains(t, "LEEF:2.0|") {
		return true
	}
	// An access log: a time in brackets and a request in quotes.
	if i := strings.IndexByte(t, '['); i >= 0 && i < 200 && len(t) > i+30 && (t[i+3] == '/' && t[i+7] == '/' || t[i+2] == '/' && t[i+6] == '/') {
		return strings.Contains(t[i:], "] \"")
	}
	return false
}
