// Package telemetry counts what the program does, for /metrics and for the
// pages that show how it fares. It watches nobody's network and sends nothing
// anywhere.
package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the counts of one process. Safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	Records  *prometheus.CounterVec   // taken in, by source
	Bytes    *prometheus.CounterVec   // taken in, by source
	Events   prometheus.Counter       // durable
	Unread   prometheus.Counter       // records kept whole because nothing understands them
	Ahead    prometheus.Counter       // events whose time lay in the future
	Findings *prometheus.CounterVec   // by detector
	Stage    *prometheus.CounterVec   // seconds of work, by stage
	Queries  *prometheus.HistogramVec // seconds, by kind
	Requests *prometheus.CounterVec   // HTTP, by route and code
	Packets  *prometheus.CounterVec   // by interface
	Dropped  *prometheus.CounterVec   // by source: lost before Bongsu could see them
}

// New returns the counts, all zero, with those of the Go runtime and of the
// process.
func New(version, commit string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		Records:  counters("bongsu_records_total", "Records taken in.", "source"),
		Bytes:    counters("bongsu_record_bytes_total", "Bytes of records taken in.", "source"),
		Events:   counter("bongsu_events_total", "Events made durable."),
		Unread:   counter("bongsu_records_kept_whole_total", "Records that no decoder understands, kept whole."),
		Ahead:    counter("bongsu_events_ahead_total", "Events whose time lay in the future and was set to when they came."),
		Findings: counters("bongsu_findings_total", "Findings, each growth counted.", "detector"),
		Stage:    counters("bongsu_stage_seconds_total", "Time a stage has worked.", "stage"),
		Requests: counters("bongsu_http_requests_total", "HTTP requests answered.", "route", "code"),
		Packets:  counters("bongsu_packets_total", "Packets seen.", "interface"),
		Dropped:  counters("bongsu_dropped_total", "Records or packets lost before Bongsu could see them.", "source"),
		Queries: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bongsu_query_seconds", Help: "How long queries took.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"kind"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "bongsu_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version, "commit": commit},
	})
	build.Set(1)
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build,
		m.Records, m.Bytes, m.Events, m.Unread, m.Ahead, m.Findings, m.Stage, m.Queries, m.Requests, m.Packets, m.Dropped,
	)
	return m
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

// Gauge adds a value that is asked for at each scrape. Labels are constant.
// Call it once for each name and set of labels.
func (m *Metrics) Gauge(name, help string, labels map[string]string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, value))
}

// Handler serves the counts in the format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
