// Package capture is the contract of everything that brings packets in from
// outside: files, live interfaces. It does not look into a packet; package
// dissect does.
//
// To add a kind of capture, add a folder that implements Reader and a line in
// package catalog.
package capture

import (
	"errors"
	"time"
)

// LinkType is the kind of header that a packet begins with, numbered as in
// https://www.tcpdump.org/linktypes.html.
type LinkType uint16

// Link types that packets come with in practice.
const (
	Null      LinkType = 0 // BSD loopback, host byte order
	Ethernet  LinkType = 1
	PPP       LinkType = 9
	Raw12     LinkType = 12 // raw IP as some systems write it
	Raw14     LinkType = 14
	PPPHDLC   LinkType = 50
	PPPoE     LinkType = 51
	RawIP     LinkType = 101
	IEEE80211 LinkType = 105
	Loop      LinkType = 108 // OpenBSD loopback, network byte order
	LinuxSLL  LinkType = 113
	Radiotap  LinkType = 127
	IPv4      LinkType = 228
	IPv6      LinkType = 229
	LinuxSLL2 LinkType = 276
)

// A Packet is one packet as captured.
type Packet struct {
	Number    uint64    // from 1, in the order of the capture
	Time      time.Time // when it was captured, UTC
	Data      []byte    // as captured; valid until the next call of Next
	Length    int       // its length on the wire, at least len(Data)
	Link      LinkType
	Interface int // index of the interface within the capture
}

// A Reader returns packets in the order in which they were captured.
type Reader interface {
	// Next fills p. It returns io.EOF after the last packet and
	// io.ErrUnexpectedEOF, wrapped with the place, where a capture is cut; the
	// packets before that point have been returned. A live capture has no end;
	// it returns ErrIdle from time to time while no packet comes.
	Next(p *Packet) error
}

// ErrIdle says that no packet came for a while. The caller lets its clock go on
// and calls Next again.
var ErrIdle = errors.New("no packet came")
