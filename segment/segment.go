// Package segment describes the parts of a network: each has one purpose and
// one data grade.
package segment

import (
	"cmp"
	"net/netip"
	"slices"
)

// Grade is the grade of the data that a segment may hold, as in Korea's
// national network security framework (N2SF).
type Grade string

// Grades.
const (
	Classified Grade = "C"
	Sensitive  Grade = "S"
	Open       Grade = "O"
)

// Segment is a part of the network.
type Segment struct {
	Name     string
	Purpose  string
	Grade    Grade
	Prefixes []netip.Prefix
}

// Names of the segments that hold when nothing is configured.
const (
	Internal = "internal"
	External = "external"
)

// Defaults returns the segments of an unconfigured installation: private,
// shared, link-local and loopback space is internal, the rest external.
func Defaults() []Segment {
	internal := []string{
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // RFC 1918
		"100.64.0.0/10",          // RFC 6598
		"169.254.0.0/16",         // RFC 3927
		"127.0.0.0/8", "::1/128", // RFC 1122, RFC 4291
		"fc00::/7", "fe80::/10", // RFC 4193, RFC 4291
	}
	s := Segment{Name: Internal, Purpose: "private address space", Grade: Sensitive}
	for _, p := range internal {
		s.Prefixes = append(s.Prefixes, netip.MustParsePrefix(p))
	}
	return []Segment{s, Rest()}
}

// Rest returns the segment of everything that no other holds.
func Rest() Segment {
	return Segment{Name: External, Purpose: "everything else", Grade: Open, Prefixes: []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"),
	}}
}

// A Map finds the segment of an address; the longest prefix wins. It is safe
// for concurrent use.
type Map struct{ entries []entry }

type entry struct {
	prefix netip.Prefix
	name   string
}

// NewMap returns a map over segments.
func NewMap(segments []Segment) *Map {
	m := &Map{}
	for _, s := range segments {
		for _, p := range s.Prefixes {
			m.entries = append(m.entries, entry{p.Masked(), s.Name})
		}
	}
	slices.SortStableFunc(m.entries, func(a, b entry) int { return cmp.Compare(b.prefix.Bits(), a.prefix.Bits()) })
	return m
}

// Of returns the name of the segment that holds addr, or "".
func (m *Map) Of(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	for i := range m.entries {
		if m.entries[i].prefix.Contains(addr) {
			return m.entries[i].name
		}
	}
	return ""
}
