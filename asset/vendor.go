package asset

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ouiTable is written by internal/oui from the lists of the IEEE Registration
// Authority.
//
//go:embed oui.bin
var ouiTable []byte

// maxTable bounds the table once it is unpacked.
const maxTable = 4 << 20

// Vendors tells who makes an interface by the prefix of its address. It is safe
// for concurrent use.
type Vendors struct {
	names  []string
	blocks [len(blockBits)]block
}

// blockBits are the lengths of the prefixes that the IEEE gives out, the
// longest first: a block inside another belongs to whom it was given on.
var blockBits = [...]int{36, 28, 24}

type block struct {
	prefixes []uint64
	names    []uint32
}

// NewVendors reads the table that comes along; it takes about 1.5 MB and some
// milliseconds.
func NewVendors() (*Vendors, error) {
	v, err := readVendors(ouiTable)
	if err != nil {
		return nil, fmt.Errorf("read table of vendors: %w", err)
	}
	return v, nil
}

func readVendors(packed []byte) (*Vendors, error) {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxTable))
	if err != nil {
		return nil, err
	}
	head, rest, found := bytes.Cut(plain, []byte("\n\n"))
	if !found {
		return nil, io.ErrUnexpectedEOF
	}
	v := &Vendors{names: strings.Split(string(head), "\n")}
	next := func() (n uint64) {
		var size int
		if n, size = binary.Uvarint(rest); size <= 0 {
			err = io.ErrUnexpectedEOF
			return 0
		}
		rest = rest[size:]
		return n
	}
	for i := len(v.blocks) - 1; i >= 0; i-- {
		count := next()
		if count > uint64(len(rest)) {
			return nil, io.ErrUnexpectedEOF
		}
		b := &v.blocks[i]
		b.prefixes, b.names = make([]uint64, count), make([]uint32, count)
		before := uint64(0)
		for k := range b.prefixes {
			before += next()
			b.prefixes[k] = before
		}
		for k := range b.names {
			name := next()
			if name >= uint64(len(v.names)) {
				return nil, fmt.Errorf("name %d of %d", name, len(v.names))
			}
			b.names[k] = uint32(name)
		}
	}
	return v, err
}

// Of returns who makes an interface, "" where nobody knows.
func (v *Vendors) Of(mac MAC) string {
	if mac.Local() {
		return mac.software()
	}
	for i, bits := range blockBits {
		b := &v.blocks[i]
		if at, found := slices.BinarySearch(b.prefixes, uint64(mac)>>(48-bits)); found {
			return v.names[b.names[at]]
		}
	}
	return ""
}

// A MAC is the address of an interface in its lower 48 bits; 0 is none.
type MAC uint64

// ParseMAC reads six pairs of hex digits with colons or hyphens between.
func ParseMAC(s string) (MAC, bool) {
	if len(s) != 17 {
		return 0, false
	}
	var m MAC
	for i := 0; i < 17; i += 3 {
		hi, lo := digit(s[i]), digit(s[i+1])
		if hi > 15 || lo > 15 || i < 15 && s[i+2] != ':' && s[i+2] != '-' {
			return 0, false
		}
		m = m<<8 | MAC(hi)<<4 | MAC(lo)
	}
	return m, true
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// String returns the address with colons, in lower case.
func (m MAC) String() string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 17)
	for shift := 40; shift >= 0; shift -= 8 {
		if shift < 40 {
			b = append(b, ':')
		}
		c := byte(m >> shift)
		b = append(b, digits[c>>4], digits[c&15])
	}
	return string(b)
}

// Group reports whether the address is that of many, or of everybody.
func (m MAC) Group() bool { return m>>40&1 != 0 }

// Local reports whether no maker has given the address out (IEEE 802c): a
// random one of a phone, or one that software has made.
func (m MAC) Local() bool { return m>>40&2 != 0 }

// Random reports whether the address is likely to be gone tomorrow: it is local
// and not one of software that keeps its addresses.
func (m MAC) Random() bool { return m.Local() && m.software() == "" }

// software names who makes a local address that stays.
func (m MAC) software() string {
	switch {
	case m>>24 == 0x525400:
		return "QEMU/KVM"
	case m>>32 == 0x0242:
		return "Docker"
	case m>>24 == 0x0a0027:
		return "VirtualBox"
	}
	return ""
}

// virtual reports whether several machines take turns in using the address
// (VRRP, RFC 9568 §7.3; HSRP; GLBP).
func (m MAC) virtual() bool {
	return m>>8 == 0x00005e0001 || m>>8 == 0x00005e0002 || m>>8 == 0x00000c07ac || m>>12 == 0x00000c9ff || m>>16 == 0x0007b400
}

// usable reports whether the address can stand for one interface.
func (m MAC) usable() bool { return m != 0 && !m.Group() }
