// Package tls reads the handshake of TLS over TCP, from SSL 2.0 to TLS 1.3: what
// the client asked for, what the server chose, the certificate it showed, and
// JA4.
//
// It stops with the handshake: nothing is decrypted, and bulk data costs
// nothing. It does not judge certificates. TLS over UDP is not looked at here.
package tls

import (
	"encoding/binary"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/wire/tlshello"
)

// Kind describes the protocol.
func Kind() dissect.Kind {
	return dissect.Kind{
		Name: "tls", Doc: "Handshakes of TLS over TCP: server name, version, cipher, certificate, JA4.",
		Transport: dissect.TCP,
		Ports:     []uint16{443, 8443, 465, 636, 853, 989, 990, 993, 995, 3269, 5061, 5671, 6697, 8883},
		Probe:     probe,
		New:       func() dissect.Dissector { return &follower{} },
	}
}

// Types of records (RFC 8446 §5.1).
const (
	recordChangeCipher = 20
	recordAlert        = 21
	recordHandshake    = 22
	recordData         = 23
	recordHeartbeat    = 24
)

const (
	recordHeader = 5
	// maxRecord is what a record may hold with all that encryption adds
	// (RFC 5246 §6.2.3).
	maxRecord = 16384 + 2048
	// maxHandshake bounds the messages of one side that are put together.
	// Chains of certificates are a few thousand bytes.
	maxHandshake = 64 << 10
	// maxRecords bounds how many records a handshake may take, which ends
	// streams that never finish one.
	maxRecords = 256
)

type follower struct {
	sides     [2]side
	records   int
	event     *event.Event // of the handshake that is under way
	asked     bool
	answered  bool
	server    dissect.Side // who answered
	certified bool
	finished  bool
}

type side struct {
	message []byte // a handshake message that is not yet whole
	blind   bool   // encrypted from here on, or lost: no handshake message can be read
}

func (d *follower) Feed(f *dissect.Flow, from dissect.Side, data []byte) int {
	used := 0
	for !d.finished && len(data)-used > 0 {
		b := data[used:]
		if b[0]&0x80 != 0 {
			n := d.old(f, from, b)
			if n == 0 {
				return used
			}
			used += n
			continue
		}
		if len(b) < recordHeader {
			return used
		}
		n := int(binary.BigEndian.Uint16(b[3:]))
		if !isRecord(b) {
			d.finish(f)
			break
		}
		if b[0] == recordData {
			// Bulk data, or the encrypted end of a handshake. Either way what
			// can be read has been said, once the server has answered.
			d.sides[from].blind = true
			if d.answered || from == dissect.Server {
				d.finish(f)
				break
			}
			f.Skip(from, int64(recordHeader+n)) // early data (RFC 8446 §2.3)
			return used
		}
		if len(b) < recordHeader+n {
			return used
		}
		d.record(f, from, b[0], b[recordHeader:recordHeader+n])
		used += recordHeader + n
		if d.records++; d.records > maxRecords {
			d.finish(f)
		}
	}
	if d.finished {
		return len(data)
	}
	return used
}

// isRecord looks at the header of a record.
func isRecord(b []byte) bool {
	return b[0] >= recordChangeCipher && b[0] <= recordHeartbeat && isVersion(b[1], b[2]) &&
		int(binary.BigEndian.Uint16(b[3:])) <= maxRecord
}

// isVersion knows the versions that stand in records: 3.0 to 3.4, and the
// number of a draft or two.
func isVersion(major, minor byte) bool {
	return major == 3 && minor <= 4 || major == 0x7f && minor < 0x20
}

func (d *follower) record(f *dissect.Flow, from dissect.Side, kind byte, body []byte) {
	switch kind {
	case recordHandshake:
		d.handshake(f, from, body)
	case recordChangeCipher:
		// What this side says next is encrypted, or a second hello of the
		// client that says nothing new. A server that asked for that one has
		// not answered yet (RFC 8446 §D.4).
		if d.answered {
			d.finish(f)
		} else if from == dissect.Client {
			d.sides[from].blind = true
		}
	case recordAlert:
		d.alert(f, from, body)
	}
}

// handshake puts messages together (RFC 8446 §5.1: one may span records, and a
// record may hold several).
func (d *follower) handshake(f *dissect.Flow, from dissect.Side, body []byte) {
	s := &d.sides[from]
	if s.blind {
		return
	}
	b := body
	if len(s.message) > 0 {
		s.message = append(s.message, body...)
		b = s.message
	}
	for len(b) >= 4 && !d.finished {
		n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if n > maxHandshake {
			s.blind, s.message = true, nil
			return
		}
		if len(b) < 4+n {
			break
		}
		d.message(f, from, b[0], b[4:4+n])
		b = b[4+n:]
	}
	if len(s.message) > 0 || len(b) > 0 {
		s.message = append(s.message[:0], b...)
	}
}

func (d *follower) message(f *dissect.Flow, from dissect.Side, kind byte, body []byte) {
	switch kind {
	case tlshello.TypeClientHello:
		d.clientHello(f, body)
	case tlshello.TypeServerHello:
		d.serverHello(f, from, body)
	case tlshello.TypeCertificate:
		if d.answered && !d.certified && from == d.server { // a client may show one too
			d.certified = true
			tlshello.EachCertificate(body, func(der []byte) bool {
				setCertificate(d.open(f), der)
				return false // the rest of the chain says who signed
			})
		}
	}
}

// open returns the event of the handshake.
func (d *follower) open(f *dissect.Flow) *event.Event {
	if d.event == nil {
		d.event = f.Event(event.NetworkActivity)
		d.event.SetActivity(event.ConnOpen)
	}
	return d.event
}

// Gap ends the following: a handshake is short, and behind a hole in it there
// is no telling where the next record begins.
func (d *follower) Gap(*dissect.Flow, dissect.Side, int) bool { return false }

func (d *follower) End(f *dissect.Flow) { d.finish(f) }

// finish gives out what is known and lets go of the flow.
func (d *follower) finish(f *dissect.Flow) {
	if d.finished {
		return
	}
	d.finished = true
	if e := d.event; e != nil {
		d.event = nil
		f.Emit(e)
	}
	d.sides = [2]side{}
	f.Stop()
}
