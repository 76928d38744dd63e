package app

import (
	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
)

// The topics of the flow. What comes before the first one, packets and raw
// records, never travels on the bus. A topic with a codec is kept on disk by a
// durable bus: enriched events are the log of record.
var (
	events    = bus.Topic[event.Frame]{Name: "events"}
	enriched  = bus.Topic[event.Frame]{Name: "enriched", Codec: frames}
	recorded  = bus.Topic[event.Frame]{Name: "recorded", Codec: frames} // of uploads, whose detectors have run
	findings  = bus.Topic[[]detect.Finding]{Name: "findings"}
	incidents = bus.Topic[[]incident.Incident]{Name: "incidents"}
)

func frames() (bus.Codec[event.Frame], error) { return event.NewCodec(), nil }

// stages are what the flow over a recording is made of.
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

// liveStages are what the flow that does not end is made of. Here incidents
// grow with their findings, so that one stage records and correlates.
type liveStages struct {
	enrich    bus.Stage[event.Frame, event.Frame]
	keep      bus.Sink[event.Frame]
	detect    bus.Stage[event.Frame, []detect.Finding]
	correlate bus.Sink[[]detect.Finding]
	observe   bus.Sink[event.Frame]

	keepRecorded, observeRecorded bus.Sink[event.Frame]
}

// flow is the same map, live; observe learns of assets.
func (s liveStages) flow() bus.Flow {
	return bus.Flow{
		bus.Join(events, "enrich", s.enrich, enriched),
		bus.End(enriched, "keep", s.keep),
		bus.Join(enriched, "detect", s.detect, findings),
		bus.End(findings, "correlate", s.correlate),
		bus.End(enriched, "observe", s.observe),
		bus.End(recorded, "keep recorded", s.keepRecorded),
		bus.End(recorded, "observe recorded", s.observeRecorded),
	}
}
