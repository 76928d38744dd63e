package app

import (
	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
)

// The topics of the flow. What comes before the first one, packets and raw
// records, never travels on the bus.
var (
	events    = bus.Topic[event.Frame]{Name: "events"}
	enriched  = bus.Topic[event.Frame]{Name: "enriched"}
	findings  = bus.Topic[[]detect.Finding]{Name: "findings"}
	incidents = bus.Topic[[]incident.Incident]{Name: "incidents"}
)

// stages are what a flow is made of.
type stages struct {
	enrich    bus.Stage[event.Frame, event.Frame]
	keep      bus.Sink[event.Frame]
	detect    bus.Stage[event.Frame, []detect.Finding]
	correlate bus.Stage[[]detect.Finding, []incident.Incident]
	findings  bus.Sink[[]detect.Finding]
	incidents bus.Sink[[]incident.Incident]
}

// flow is the map: events ─ enrich ─ keep, detect ─ findings ─ correlate ─
// incidents.
func (s stages) flow() bus.Flow {
	return bus.Flow{
		bus.Join(events, "enrich", s.enrich, enriched),
		bus.End(enriched, "keep", s.keep),
		bus.Join(enriched, "detect", s.detect, findings),
		bus.End(findings, "record findings", s.findings),
		bus.Join(findings, "correlate", s.correlate, incidents),
		bus.End(incidents, "record incidents", s.incidents),
	}
}
