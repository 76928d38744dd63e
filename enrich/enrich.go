// Package enrich adds what is known about the world to events: the
// organisation and the segments of both ends. It judges nothing.
package enrich

import (
	"context"
	"net/netip"

	"github.com/bongsu/bongsu/event"
)

// Lookup finds the segment of an address; segment.Map is one.
type Lookup interface {
	Of(netip.Addr) string
}

// A Stage enriches the events of one organisation. It is used by one goroutine.
type Stage struct {
	tenant   string
	segments Lookup
	seen     map[string]string // address as text → segment; few addresses make up most traffic
}

// New returns a stage for an organisation.
func New(tenant string, segments Lookup) *Stage {
	return &Stage{tenant: tenant, segments: segments, seen: map[string]string{}}
}

// maxSeen bounds the memory of the cache: it starts anew when an attacker fills
// it with addresses.
const maxSeen = 1 << 16

// Handle adds columns to the events in place and gives the frame on.
func (s *Stage) Handle(_ context.Context, frame event.Frame) ([]event.Frame, error) {
	for _, e := range frame {
		if !e.Has(event.TenantUID) {
			e.SetStr(event.TenantUID, s.tenant)
		}
		s.zone(e, event.SrcIP, event.SrcZone)
		s.zone(e, event.DstIP, event.DstZone)
	}
	return []event.Frame{frame}, nil
}

// Flush gives nothing.
func (s *Stage) Flush(context.Context) ([]event.Frame, error) { return nil, nil }

func (s *Stage) zone(e *event.Event, address, zone event.Path) {
	text := e.Str(address)
	if text == "" || e.Has(zone) {
		return
	}
	name, ok := s.seen[text]
	if !ok {
		if addr, err := netip.ParseAddr(text); err == nil {
			name = s.segments.Of(addr)
		}
		if len(s.seen) >= maxSeen {
			clear(s.seen)
		}
		s.seen[text] = name
	}
	e.SetText(zone, name)
}
