package dns

import (
	"encoding/binary"
	"errors"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/wire/dns"
)

// probe wants one side to be a message whose header, questions and records all
// make sense. At the usual ports a message that is cut, or that somebody put
// more behind, passes as well; elsewhere it does not, because twelve bytes of
// header with small numbers are nothing rare.
func probe(o dissect.Opening) dissect.Verdict {
	data, other := o.Client, o.Server
	if len(data) == 0 {
		data, other = other, nil
	}
	if o.Transport == dissect.UDP {
		if judge(data, usual(o.ClientPort) || usual(o.ServerPort)) {
			return dissect.Yes
		}
		return dissect.No
	}
	return probeStream(data, len(other) > 0, o.ClientPort == portDNS || o.ServerPort == portDNS)
}

func usual(port uint16) bool {
	switch port {
	case portDNS, portMDNS, portLLMNR, portNetBIOS:
		return true
	}
	return false
}

func probeStream(data []byte, answered, usual bool) dissect.Verdict {
	if len(data) < 2 {
		return dissect.More
	}
	n := int(binary.BigEndian.Uint16(data))
	if n < dns.HeaderSize+5 {
		return dissect.No
	}
	data = data[2:]
	if len(data) >= 4 {
		if h := (dns.Header{Flags: binary.BigEndian.Uint16(data[2:])}); !plausibleFlags(h) {
			return dissect.No
		}
	}
	if len(data) >= n {
		if judge(data[:n], usual) {
			return dissect.Yes
		}
		return dissect.No
	}
	// A message that is not whole, such as a zone: its beginning must do.
	var m dns.Message
	err := m.Parse(data)
	switch {
	case !errors.Is(err, dns.ErrShort) || len(data) >= dns.HeaderSize && !plausibleCounts(m.Header):
		return dissect.No
	case len(m.Questions) == 0 && (usual || !answered):
		return dissect.More
	case !plausible(&m):
		return dissect.No
	case usual || len(m.Answers) > 0:
		return dissect.Yes
	}
	return dissect.More
}

// judge reports whether data is one message.
func judge(data []byte, usual bool) bool {
	if len(data) < dns.HeaderSize+5 { // not even the root as a name
		return false
	}
	h, err := dns.ParseHeader(data)
	if err != nil || !plausibleFlags(h) || !plausibleCounts(h) {
		return false
	}
	var m dns.Message
	err = m.Parse(data)
	switch {
	case err == nil && m.Size == len(data):
	case usual && len(m.Questions) > 0 && len(m.Questions) == int(h.Counts[0]):
	case usual && err == nil && len(m.Answers) > 0:
	default:
		return false
	}
	return plausible(&m) && (usual || familiar(&m))
}

// plausibleFlags knows the opcodes in use; a question has no response code.
func plausibleFlags(h dns.Header) bool {
	switch h.Opcode() {
	case 0, 1, 2, 4, 5, 6: // of the DNS
	case 7, 8, 9, 15: // NetBIOS: release, wait, refresh (RFC 1002 §4.2.1.1)
	default:
		return false
	}
	return h.Response() || h.Rcode() == 0
}

func plausibleCounts(h dns.Header) bool {
	if !h.Response() && h.Opcode() == 1 { // an inverse query asks with an answer (RFC 1035 §6.4)
		return h.Counts[0] == 0 && h.Counts[1] == 1
	}
	if h.Response() {
		return h.Counts[0] <= 1 || h.Counts[0] <= 32 && h.Counts[1] <= 128
	}
	return h.Counts[0] >= 1 && h.Counts[0] <= 64 && h.Counts[1] <= 128 && h.Counts[2] <= 128 && h.Counts[3] <= 16
}

// plausible looks at what was asked: random bytes rarely name a class.
func plausible(m *dns.Message) bool {
	for i := range m.Questions {
		if !(m.Questions[i].Class &^ unicastClass).Known() {
			return false
		}
	}
	if len(m.Questions) > 0 {
		return true
	}
	for i := range m.Answers {
		if !(m.Answers[i].Class &^ unicastClass).Known() {
			return false
		}
	}
	return len(m.Answers) > 0
}

// familiar is asked for away from the usual ports: one question, of a type
// that exists.
func familiar(m *dns.Message) bool {
	switch len(m.Questions) {
	case 1:
		return m.Questions[0].Type.Known()
	case 0:
		return m.Response() && m.Answers[0].Type.Known()
	}
	return false
}
