package syslog

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// journalTime is the field that every entry of systemd's journal has, and
// hardly anything else.
const journalTime = `"__REALTIME_TIMESTAMP"`

// entry is an entry of systemd's journal as journalctl -o json writes it
// (https://systemd.io/JOURNAL_EXPORT_FORMATS). Fields are texts, arrays of
// bytes where they are not UTF-8, or arrays of texts where they repeat.
type entry struct {
	Time       string          `json:"__REALTIME_TIMESTAMP"`
	Sent       string          `json:"_SOURCE_REALTIME_TIMESTAMP"`
	Message    json.RawMessage `json:"MESSAGE"`
	Identifier json.RawMessage `json:"SYSLOG_IDENTIFIER"`
	Command    json.RawMessage `json:"_COMM"`
	Host       json.RawMessage `json:"_HOSTNAME"`
	PID        json.RawMessage `json:"_PID"`
	SyslogPID  json.RawMessage `json:"SYSLOG_PID"`
	Priority   json.RawMessage `json:"PRIORITY"`
	Facility   json.RawMessage `json:"SYSLOG_FACILITY"`
}

// journal reads an entry of systemd's journal.
func (m *Message) journal(s string) bool {
	var e entry
	if json.Unmarshal([]byte(s), &e) != nil || !isNumber(e.Time) {
		return false
	}
	stamp := e.Time
	if isNumber(e.Sent) {
		stamp = e.Sent // when the program spoke, not when the journal heard it
	}
	m.Time, m.TimeText = time.UnixMicro(number(stamp)).UTC(), stamp
	m.Host, m.Program, m.Text = journalText(e.Host), journalText(e.Identifier), journalText(e.Message)
	if m.Program == "" {
		m.Program = journalText(e.Command)
	}
	if m.PID = number(journalText(e.SyslogPID)); m.PID == 0 {
		m.PID = number(journalText(e.PID))
	}
	if p := journalText(e.Priority); len(p) == 1 && p[0] >= '0' && p[0] <= '7' {
		facility := int64(1) // user, which is what RFC 3164 takes when none is told
		if f := journalText(e.Facility); isNumber(f) && number(f) <= maxPriority>>3 {
			facility = number(f)
		}
		m.Priority = int(facility<<3 | number(p))
	}
	return true
}

// journalText returns a field's text, of one that repeats the first.
func journalText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var texts []string
	if json.Unmarshal(raw, &texts) == nil && len(texts) > 0 {
		return texts[0]
	}
	var codes []uint16
	if json.Unmarshal(raw, &codes) != nil {
		return ""
	}
	b := make([]byte, 0, len(codes))
	for _, c := range codes {
		if c > 0xff {
			return ""
		}
		b = append(b, byte(c))
	}
	if !utf8.Valid(b) {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(b)
}
