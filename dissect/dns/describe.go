package dns

import (
	"encoding/binary"
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
	if d.netbios && d.group() {
		e.AddUnmapped("netbios_group", "true")
	}
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

// told returns the records of an answer that an event tells. In mDNS who
// answers adds what will be asked next, such as its addresses (RFC 6763 §12).
func (d *follower) told() []dns.Record {
	m := &d.msg
	if !d.mdns || len(m.Additionals) == 0 {
		return m.Answers
	}
	d.records = append(d.records[:0], m.Answers...)
	for _, r := range m.Additionals {
		if r.Type != dns.OPT && r.Type != typeNSEC {
			d.records = append(d.records, r)
		}
	}
	return d.records
}

// group reports whether a message claims a NetBIOS name that many share, such
// as that of a workgroup.
func (d *follower) group() bool {
	for _, r := range d.msg.Additionals {
		if r.Type == dns.NB && len(r.Data) >= 2 && binary.BigEndian.Uint16(r.Data)&dns.GroupName != 0 {
			return true
		}
	}
	return false
}

// data writes the data of a record. The types of NetBIOS stand for others in
// the DNS.
func (d *follower) data(dst []byte, r *dns.Record) []byte {
	switch {
	case d.netbios && r.Type == dns.NB:
		return dns.AppendNetBIOSAddresses(dst, r.Data)
	case d.netbios && r.Type == dns.NBSTAT:
		return dns.AppendNetBIOSStatus(dst, r.Data)
	}
	return r.AppendData(dst)
}

// answers returns records as OCSF's dns_answer objects. The name that an
// answer is for is told where it is not the one that was asked.
func (d *follower) answers(asked string, records []dns.Record) string {
	if d.scratch == nil {
		d.scratch = make([]byte, 0, 256)
	}
	out := append(d.scratch[:0], '[')
	var room [256]byte
	text := room[:0]
	for i := range records {
		r := &records[i]
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
		text = d.data(text[:0], r)
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

// typeNSEC is what mDNS says that it has nothing else with (RFC 6762 §6.1).
const typeNSEC = 47
