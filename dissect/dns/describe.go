package dns

import (
	"strconv"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/dns"
)

// Activities of DNS Activity (4003).
const (
	activityQuery    = 1
	activityResponse = 2
)

const (
	maxAnswers   = 100     // of one message that an event tells
	maxMore      = 16      // further questions of one message that an event tells
	maxDataText  = 4 << 10 // of one answer
	unicastClass = 0x8000  // the bit that mDNS adds to a class
)

// describe writes what was asked.
func (d *follower) describe(e *event.Event, name string) {
	m := &d.msg
	e.SetInt(event.DNSTransaction, int64(m.ID))
	if len(m.Questions) == 0 {
		return
	}
	q := m.Questions[0]
	e.SetStr(event.DNSQuery, name)
	e.SetStr(event.DNSType, d.typeName(q.Type))
	e.SetStr(event.DNSClass, d.className(q.Class))
	opcode := m.Opcode()
	if opcode > 6 {
		opcode = otherID
	}
	e.SetInt(event.DNSOpcodeID, int64(opcode))
	if len(m.Questions) > 1 {
		e.AddUnmapped("dns_more_questions", d.more())
	}
}

func (d *follower) typeName(t dns.Type) string {
	if d.netbios {
		if t == dns.NB {
			return "NB"
		}
		if t == dns.NBSTAT {
			return "NBSTAT"
		}
	}
	return t.String()
}

func (d *follower) className(c dns.Class) string {
	if d.mdns {
		c &^= unicastClass
	}
	return c.String()
}

// more returns the further questions as a JSON array of "name type".
func (d *follower) more() string {
	out := append(d.scratch[:0], '[')
	var text []byte
	for i, q := range d.msg.Questions[1:] {
		if i == maxMore {
			break
		}
		if i > 0 {
			out = append(out, ',')
		}
		text = q.Name.Append(text[:0])
		text = append(text, ' ')
		text = append(text, d.typeName(q.Type)...)
		out = event.AppendQuoted(out, text)
	}
	out = append(out, ']')
	d.scratch = out
	return string(out)
}

// answers returns the answers as OCSF's dns_answer objects. The name that an
// answer is for is told where it is not the one that was asked.
func (d *follower) answers(asked string) string {
	if d.scratch == nil {
		d.scratch = make([]byte, 0, 256)
	}
	out := append(d.scratch[:0], '[')
	var room [256]byte
	text := room[:0]
	for i := range d.msg.Answers {
		r := &d.msg.Answers[i]
		if i == maxAnswers {
			break
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"class":`...)
		out = event.AppendQuoted(out, d.className(r.Class))
		text = r.Name.Append(text[:0])
		if string(text) != asked && !d.netbios {
			out = append(out, `,"hostname":`...)
			out = event.AppendQuoted(out, text)
		}
		out = append(out, `,"rdata":`...)
		text = r.AppendData(text[:0])
		out = event.AppendQuoted(out, text[:min(len(text), maxDataText)])
		out = append(out, `,"ttl":`...)
		out = strconv.AppendUint(out, uint64(r.TTL), 10)
		out = append(out, `,"type":`...)
		out = event.AppendQuoted(out, d.typeName(r.Type))
		out = append(out, '}')
	}
	out = append(out, ']')
	d.scratch = out
	return string(out)
}

// otherID is OCSF's number for what its list does not name.
const otherID = 99
