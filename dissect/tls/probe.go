package tls

import (
	"encoding/binary"

	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/wire/tlshello"
)

// probe wants a hello at the beginning of either side: header of the record,
// header of the message and the version inside must agree.
func probe(o dissect.Opening) dissect.Verdict {
	client := hello(o.Client, tlshello.TypeClientHello)
	server := hello(o.Server, tlshello.TypeServerHello)
	switch {
	case client == dissect.Yes || server == dissect.Yes:
		return dissect.Yes
	case client == dissect.No && server != dissect.More, server == dissect.No && client != dissect.More:
		return dissect.No
	case client == dissect.No && len(o.Server) == 0, server == dissect.No && len(o.Client) == 0:
		return dissect.No
	}
	return dissect.More
}

// hello judges the beginning of one side; nothing seen yet is More.
func hello(b []byte, kind byte) dissect.Verdict {
	if len(b) == 0 {
		return dissect.More
	}
	if b[0]&0x80 != 0 {
		return oldHello(b, kind)
	}
	// type, version, length, type, length, version
	if b[0] != recordHandshake || len(b) > 1 && b[1] != 3 && b[1] != 0x7f {
		return dissect.No
	}
	if len(b) < 11 {
		return dissect.More
	}
	record := int(binary.BigEndian.Uint16(b[3:]))
	if !isVersion(b[1], b[2]) || record < 4 || record > maxRecord || b[5] != kind {
		return dissect.No
	}
	message := int(b[6])<<16 | int(b[7])<<8 | int(b[8])
	inside := b[9] == 3 || b[9] == 0x7f || b[9] == 0 && b[10] == 2
	if !inside || message < 38 || message > maxHandshake {
		return dissect.No
	}
	return dissect.Yes
}

func oldHello(b []byte, kind byte) dissect.Verdict {
	if len(b) < oldNeeds {
		if len(b) > 2 && (kind == tlshello.TypeClientHello && b[2] != 1 || kind == tlshello.TypeServerHello && b[2] != 4) {
			return dissect.No
		}
		return dissect.More
	}
	_, size, ok := tlshello.ParseOldHello(b, kind == tlshello.TypeServerHello)
	switch {
	case ok:
		return dissect.Yes
	case size > len(b):
		return dissect.More
	}
	return dissect.No
}
