// Package dns follows DNS over UDP and TCP, with mDNS, LLMNR and the name
// service of NetBIOS, and joins each answer with its question in one event.
//
// It does not judge names or rhythm, and it does not see DNS inside TLS, HTTPS
// or QUIC.
package dns

import (
	"encoding/binary"
	"time"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/dns"
)

// Kind describes the protocol.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "dns", Doc: "Names asked and answers given: DNS over UDP and TCP, mDNS, LLMNR, NetBIOS names.",
		Transport: dissect.UDP | dissect.TCP,
		Ports:     []uint16{portDNS, portMDNS, portLLMNR, portNetBIOS},
		Probe:     probe,
		New:       func() dissect.Dissector { return &follower{} },
	}
}

// Ports that tell the relatives of DNS apart; recognition does not need them.
const (
	portDNS     = 53
	portNetBIOS = 137
	portMDNS    = 5353
	portLLMNR   = 5355
)

// maxPending bounds the questions of one flow that wait for an answer. A
// resolver that keeps one port for all it asks has a few dozen.
const maxPending = 256

// patience is how long an answer may take. Resolvers give up after at most
// half of it.
const patience = 30 * time.Second

type follower struct {
	msg     dns.Message
	named   bool
	mdns    bool
	netbios bool
	pending []query // by time
	scratch []byte
	records []dns.Record
}

// A query waits for its answer.
type query struct {
	id    uint16
	qtype dns.Type
	name  string
	at    time.Time
	event *event.Event
}

func (d *follower) Feed(f *dissect.Flow, from dissect.Side, data []byte) int {
	if f.Transport == dissect.UDP {
		d.message(f, from, data)
		return len(data)
	}
	used := 0
	for len(data)-used >= 2 { // RFC 1035 §4.2.2
		n := int(binary.BigEndian.Uint16(data[used:]))
		switch {
		case n < dns.HeaderSize:
			f.Stop()
			return len(data)
		case n+2 > dissect.PendingSize:
			f.Skip(from, int64(n)+2)
			return used
		case len(data)-used-2 < n:
			return used
		}
		d.message(f, from, data[used+2:used+2+n])
		used += 2 + n
	}
	return used
}

// Gap ends the following of a TCP flow, where the next length is lost with the
// bytes.
func (d *follower) Gap(f *dissect.Flow, _ dissect.Side, _ int) bool {
	return f.Transport == dissect.UDP
}

func (d *follower) End(f *dissect.Flow) {
	for i := range d.pending {
		f.Emit(d.pending[i].event)
	}
	d.pending = nil
}

func (d *follower) message(f *dissect.Flow, from dissect.Side, data []byte) {
	d.expire(f)
	m := &d.msg
	err := m.Parse(data)
	if err != nil && len(m.Questions) == 0 && len(m.Answers) == 0 {
		return
	}
	if !d.named {
		d.name(f)
	}
	if m.Response() {
		d.answer(f, from)
	} else {
		d.ask(f)
	}
}

// name tells the relatives apart. They share the grammar, so group address,
// port and the form of the name decide.
func (d *follower) name(f *dissect.Flow) {
	d.named = true
	client, server := f.ClientAddr.Port(), f.ServerAddr.Port()
	either := func(port uint16) bool { return client == port || server == port }
	group := f.ServerAddr.Addr().IsMulticast()
	m := &d.msg
	switch {
	case either(portMDNS) && (group || client == server || isLocal(m)):
		d.mdns = true
		f.SetService("mdns")
	case either(portLLMNR):
		f.SetService("llmnr")
	case isNetBIOS(m):
		d.netbios = true
		f.SetService("netbios-ns")
	}
}

// isLocal reports whether a message speaks of a name below "local", which
// belongs to mDNS (RFC 6762 §3).
func isLocal(m *dns.Message) bool {
	var room [256]byte
	var name []byte
	switch {
	case len(m.Questions) > 0:
		name = m.Questions[0].Name.Append(room[:0])
	case len(m.Answers) > 0:
		name = m.Answers[0].Name.Append(room[:0])
	}
	return len(name) >= 5 && string(name[len(name)-5:]) == "local"
}

func isNetBIOS(m *dns.Message) bool {
	var label []byte
	switch {
	case len(m.Questions) > 0:
		if t := m.Questions[0].Type; t != dns.NB && t != dns.NBSTAT {
			return false
		}
		label = m.Questions[0].Name.FirstLabel()
	case len(m.Answers) > 0:
		if t := m.Answers[0].Type; t != dns.NB && t != dns.NBSTAT {
			return false
		}
		label = m.Answers[0].Name.FirstLabel()
	}
	_, ok := dns.NetBIOSName(label)
	return ok
}

// expire gives out the questions that nobody answered in time.
func (d *follower) expire(f *dissect.Flow) {
	n := 0
	for n < len(d.pending) && f.Now.Sub(d.pending[n].at) > patience {
		f.Emit(d.pending[n].event)
		n++
	}
	d.drop(0, n)
}

func (d *follower) drop(from, to int) {
	if from == to {
		return
	}
	kept := copy(d.pending[from:], d.pending[to:])
	clear(d.pending[from+kept:])
	d.pending = d.pending[:from+kept]
}

func (d *follower) ask(f *dissect.Flow) {
	m := &d.msg
	q := query{id: m.ID, at: f.Now}
	if len(m.Questions) > 0 {
		q.name, q.qtype = d.question(m.Questions[0])
	}
	for i := range d.pending {
		if p := &d.pending[i]; p.id == q.id && p.qtype == q.qtype && p.name == q.name {
			return // asked again for want of an answer
		}
	}
	e := f.Event(event.DNSActivity)
	e.SetActivity(activityQuery)
	d.describe(e, q.name)
	e.SetTime(event.DNSQueryTime, f.Now)
	if d.mdns { // whoever answers does so in a flow of its own
		f.Emit(e)
		return
	}
	if len(d.pending) == maxPending {
		f.Emit(d.pending[0].event)
		d.drop(0, 1)
	}
	q.event = e
	d.pending = append(d.pending, q)
}

func (d *follower) answer(f *dissect.Flow, _ dissect.Side) {
	m := &d.msg
	name, qtype := "", dns.Type(0)
	if len(m.Questions) > 0 {
		name, qtype = d.question(m.Questions[0])
	}
	var e *event.Event
	for i := range d.pending {
		p := &d.pending[i]
		if p.id != m.ID || len(m.Questions) > 0 && (p.qtype != qtype || !equalFold(p.name, name)) {
			continue
		}
		e, name = p.event, p.name
		d.drop(i, i+1)
		break
	}
	if e == nil {
		e = f.Event(event.DNSActivity)
		d.describe(e, name)
	}
	e.Time = f.Now
	e.SetActivity(activityResponse)
	e.SetTime(event.DNSResponseTime, f.Now)
	if !d.mdns { // RFC 6762 §18.11 makes it meaningless there
		e.SetRcode(int64(m.Rcode()))
	}
	if records := d.told(); len(records) > 0 {
		e.SetStr(event.DNSAnswers, d.answers(name, records))
		if n := len(records); n > maxAnswers {
			e.AddUnmappedInt("dns_answers_total", int64(n))
		}
	}
	if m.Truncated() && f.Transport == dissect.UDP {
		e.AddUnmapped("dns_truncated", "true")
	}
	f.Emit(e)
}

// question returns name and type; those of NetBIOS are decoded.
func (d *follower) question(q dns.Question) (string, dns.Type) {
	if d.netbios {
		if s, ok := dns.NetBIOSName(q.Name.FirstLabel()); ok {
			return s, q.Type
		}
	}
	return q.Name.String(), q.Type
}

// equalFold compares names as servers do that answer in lower case.
func equalFold(a, b string) bool {
	if a == b {
		return true
	}
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
