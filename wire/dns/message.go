// Package dns is the grammar of DNS messages: it splits the bytes of one message
// into header, questions and records, and writes names and record data as text.
//
// It knows nothing of flows, of which answer belongs to which question, or of
// resolving; package dissect/dns does the former. mDNS, LLMNR and the name
// service of NetBIOS share the grammar.
package dns

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// HeaderSize is the length of the fixed part of a message (RFC 1035 §4.1.1).
const HeaderSize = 12

// MaxRecords bounds the questions and records of one message that are looked at.
const MaxRecords = 1024

// Errors that a caller may branch on; Parse wraps them with the place.
var (
	ErrShort = errors.New("message ends early")
	ErrName  = errors.New("name is malformed")
	ErrMany  = errors.New("more records than are looked at")
)

// A Header is the fixed part of a message.
type Header struct {
	ID    uint16
	Flags uint16
	// Counts as the message claims them: questions, answers, authorities,
	// additional records.
	Counts [4]uint16
}

// Response reports whether the message answers one.
func (h Header) Response() bool { return h.Flags&0x8000 != 0 }

// Opcode returns the kind of query, 0 for a standard one.
func (h Header) Opcode() int { return int(h.Flags>>11) & 15 }

// Truncated reports that the sender cut the message.
func (h Header) Truncated() bool { return h.Flags&0x0200 != 0 }

// Rcode returns the four bits of the header; Message.Rcode knows them all.
func (h Header) Rcode() int { return int(h.Flags) & 15 }

// A Name is a view of a domain name inside its message. It is valid as long as
// the bytes of the message are.
type Name struct {
	msg []byte
	at  int
}

// A Question asks for the records of one type of one name.
type Question struct {
	Name  Name
	Type  Type
	Class Class // in mDNS the top bit asks for a unicast answer (RFC 6762 §5.4)
}

// A Record is one resource record.
type Record struct {
	Name  Name
	Type  Type
	Class Class // in mDNS the top bit says that the caches be flushed (RFC 6762 §10.2)
	TTL   uint32
	Data  []byte // a view of the message

	msg []byte
	at  int // of Data in msg, for names inside it
}

// A Message is one message. Its slices are used again by the next Parse, and
// what they hold are views of the bytes that were parsed.
type Message struct {
	Header
	Questions   []Question
	Answers     []Record
	Authorities []Record
	Additionals []Record
	// Size is how many bytes the message took; what follows in a datagram is
	// not part of it.
	Size int
}

// ParseHeader reads the fixed part. The error is ErrShort.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize {
		return Header{}, ErrShort
	}
	h := Header{ID: binary.BigEndian.Uint16(b), Flags: binary.BigEndian.Uint16(b[2:])}
	for i := range h.Counts {
		h.Counts[i] = binary.BigEndian.Uint16(b[4+2*i:])
	}
	return h, nil
}

// Parse reads a message. After an error m holds what came before the place that
// the error names.
func (m *Message) Parse(b []byte) error {
	m.Questions, m.Answers, m.Authorities, m.Additionals = m.Questions[:0], m.Answers[:0], m.Authorities[:0], m.Additionals[:0]
	m.Size = 0
	h, err := ParseHeader(b)
	m.Header = h
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	at := HeaderSize
	left := MaxRecords
	for i := range int(h.Counts[0]) {
		if left--; left < 0 {
			return fmt.Errorf("question %d: %w", i+1, ErrMany)
		}
		end, err := skipName(b, at)
		if err == nil && end+4 > len(b) {
			err = ErrShort
		}
		if err != nil {
			return fmt.Errorf("question %d: %w", i+1, err)
		}
		m.Questions = append(m.Questions, Question{
			Name: Name{b, at}, Type: Type(binary.BigEndian.Uint16(b[end:])), Class: Class(binary.BigEndian.Uint16(b[end+2:])),
		})
		at = end + 4
		m.Size = at
	}
	for s, section := range []*[]Record{&m.Answers, &m.Authorities, &m.Additionals} {
		for i := range int(h.Counts[s+1]) {
			if left--; left < 0 {
				return fmt.Errorf("record %d of section %d: %w", i+1, s+1, ErrMany)
			}
			r, end, err := parseRecord(b, at)
			if err != nil {
				return fmt.Errorf("record %d of section %d: %w", i+1, s+1, err)
			}
			*section = append(*section, r)
			at = end
			m.Size = at
		}
	}
	m.Size = at
	return nil
}

func parseRecord(b []byte, at int) (Record, int, error) {
	end, err := skipName(b, at)
	if err != nil {
		return Record{}, 0, err
	}
	if end+10 > len(b) {
		return Record{}, 0, ErrShort
	}
	r := Record{
		Name: Name{b, at}, Type: Type(binary.BigEndian.Uint16(b[end:])), Class: Class(binary.BigEndian.Uint16(b[end+2:])),
		TTL: binary.BigEndian.Uint32(b[end+4:]), msg: b, at: end + 10,
	}
	n := int(binary.BigEndian.Uint16(b[end+8:]))
	if r.at+n > len(b) {
		return Record{}, 0, ErrShort
	}
	r.Data = b[r.at : r.at+n]
	return r, r.at + n, nil
}

// Rcode returns the response code with the upper bits that EDNS adds
// (RFC 6891 §6.1.3).
func (m *Message) Rcode() int {
	code := m.Header.Rcode()
	for i := range m.Additionals {
		if m.Additionals[i].Type == OPT {
			return int(m.Additionals[i].TTL>>24)<<4 | code
		}
	}
	return code
}

// maxName is the longest name in its wire form (RFC 1035 §2.3.4).
const maxName = 255

// skipName checks the name that begins at b[at] and returns where it ends.
// Every pointer must go back, which also ends any loop of them.
func skipName(b []byte, at int) (end int, err error) {
	end = -1
	size := 0
	for limit := at; ; {
		if at >= len(b) {
			return 0, ErrShort
		}
		n := int(b[at])
		switch {
		case n == 0:
			if end < 0 {
				end = at + 1
			}
			return end, nil
		case n < 0x40:
			if size += n + 1; size >= maxName {
				return 0, ErrName
			}
			if at+1+n > len(b) {
				return 0, ErrShort
			}
			at += 1 + n
		case n >= 0xc0:
			if at+1 >= len(b) {
				return 0, ErrShort
			}
			to := (n&0x3f)<<8 | int(b[at+1])
			if end < 0 {
				end = at + 2
			}
			if to >= limit || to < HeaderSize {
				return 0, ErrName
			}
			at, limit = to, to
		default:
			return 0, ErrName // extended label types are gone (RFC 6891 §5)
		}
	}
}
