// Package longconn detects connections that are held open unusually long: a
// line over which somebody can give orders at any time.
//
// Web pages, mail and downloads end within minutes, so an hour is long. What
// stays open for hours by design is known by its port: databases, file shares,
// controllers of plants, remote desktops, message queues, push services. Those
// count only when they lead out of the network, and then as a note.
//
// A connection is of medium severity when an hour or more passes, its protocol
// is one that nobody recognises, and hardly anything is said on it: an open
// line without traffic is what a remote control looks like while nobody uses
// it. So is any line to the Internet that holds half a day.
//
// Expected false positives: agents of monitoring, backup and remote support,
// and devices with a protocol of their own.
package longconn

import (
	"strconv"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// Kind returns the detector.
func Kind() detect.Kind {
	return detect.Kind{
		Name: name, Doc: doc, Rules: []*detect.Rule{held},
		Partition: partition, Idle: 24 * time.Hour, New: open,
	}
}

const name = "longconn"

// shortest is the least that the setting "long" may be.
const shortest = 10 * time.Minute

// littleAnHour is how many bytes an hour are hardly anything: a keep-alive of
// 32 bytes every second stays below.
const littleAnHour = 128 << 10

type settings struct{ long, halfDay time.Duration }

func open(s detect.Settings) (detect.Detector, error) {
	r := s.Read()
	d := &detector{cfg: settings{
		long:    max(shortest, r.Duration("long", time.Hour)),
		halfDay: r.Duration("very_long", 12*time.Hour),
	}}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return d, nil
}

func partition(e *event.Event) string {
	if e.Class != event.NetworkActivity || e.Span() < shortest || e.Int(event.ProtocolNum) != 6 {
		return ""
	}
	if e.Str(event.SrcIP) == "" || !detect.ToOne(e) {
		return ""
	}
	return e.Str(event.SrcIP) + "|" + e.Str(event.DstIP) + "|" + strconv.FormatInt(e.Int(event.DstPort), 10)
}

// detector sees the long connections of one client to one port of one server.
type detector struct {
	cfg     settings
	f       detect.Finding
	longest time.Duration
	said    int64
}

func (d *detector) Examine(e *event.Event) []detect.Finding {
	span := e.Span()
	severity := d.judge(e, span)
	if severity == event.SeverityUnknown {
		return nil
	}
	if d.f.Rule == nil {
		d.f = held.New(partition(e), e, nil)
		d.f.Severity = severity
		d.f.Confidence = 60
		d.f.Involve("ip", e.Str(event.SrcIP), detect.Actor)
		d.f.Involve("ip", e.Str(event.DstIP), detect.Target)
	}
	d.f.Severity = max(d.f.Severity, severity)
	d.f.Rest(e, detect.Fact(e)+" duration="+span.Round(time.Second).String())
	d.f.Span(e.Time.Add(-span))
	if span > d.longest {
		d.longest, d.said = span, e.Int(event.BytesOut)+e.Int(event.BytesIn)
	}
	port := strconv.FormatInt(e.Int(event.DstPort), 10)
	d.f.Reword(text.Args{
		"src": e.Str(event.SrcIP), "dst": e.Str(event.DstIP), "port": port,
		"span": d.longest, "bytes": d.said, "n": d.f.Count,
	})
	return []detect.Finding{d.f.Clone()}
}

func (d *detector) judge(e *event.Event, span time.Duration) event.Severity {
	if span < d.cfg.long {
		return event.SeverityUnknown
	}
	outside := !detect.FromInside(e) || !detect.ToInside(e)
	designed := lasting(e)
	hours := int64(span/time.Hour) + 1
	little := e.Int(event.BytesOut)+e.Int(event.BytesIn) < hours*littleAnHour
	unknown := e.Str(event.AppProtocol) == ""
	switch {
	case designed && !outside:
		return event.SeverityUnknown
	case unknown && little && !designed:
		return event.SeverityMedium
	case outside && span >= d.cfg.halfDay && !pushes(e):
		return event.SeverityMedium
	case outside:
		return event.SeverityLow
	}
	return event.SeverityUnknown
}

// lasting reports a service whose connections are held by design.
func lasting(e *event.Event) bool {
	switch e.Str(event.AppProtocol) {
	case "ssh", "rdp", "smb", "ldap", "mqtt", "modbus", "dnp3", "s7comm", "mysql", "postgresql", "imap", "bgp", "nfs", "xmpp", "irc", "rtsp":
		return true
	}
	switch e.Int(event.DstPort) {
	case 22, 23, 111, 139, 445, 2049, 3260, 3389, 5900, // remote work and files
		135, 389, 636, 3268, 3269, 88, // directories
		143, 993, 25, 587, // mail that waits for mail
		1433, 1521, 3306, 5432, 6379, 9042, 9200, 9300, 11211, 27017, 50000, // databases
		1883, 8883, 4222, 5671, 5672, 9092, 2181, 61616, // queues
		179, 514, 601, 6514, 2055, 10050, 10051, 5666, 8125, 9090, 1514, 1515, // routing, logs, monitoring
		102, 502, 1089, 1090, 1091, 1911, 2222, 2404, 4840, 4911, 5094, 5020, 9600, 20000, 34962, 34963, 34964, 44818, 47808, 18245, 1962, 789, // plants
		554, 1935, 5060, 5061: // cameras and calls
		return true
	}
	return pushes(e)
}

// pushes reports a service that holds a line to many devices on the Internet.
func pushes(e *event.Event) bool {
	switch e.Int(event.DstPort) {
	case 5222, 5223, 5228, 5229, 5230, 1194, 6667, 6697:
		return true
	}
	return false
}
