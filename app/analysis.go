package app

import (
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/source/file"
)

// Problem is something given that was not analysed, or not to its end.
type Problem = file.Problem

// Reason says why.
type Reason = file.Reason

// Reasons, from harmless to grave.
const (
	Skipped      = file.Skipped
	Empty        = file.Empty
	Unrecognised = file.Unrecognised
	Unreadable   = file.Unreadable
	Bounded      = file.Bounded
)

// An Analysis is what came out of files.
type Analysis struct {
	Recordings []Recording // in the order of their names
	Problems   []Problem
}

// A Recording is what came out of one of them.
type Recording struct {
	Name      string
	Capture   bool     // packets, rather than records of a log
	Formats   []string // pcap, eve, zeek, …
	Bytes     int64    // as packed
	Packets   uint64
	Counts    Counts
	Findings  []detect.Finding
	Incidents []incident.Incident
	Problems  []Problem // read, but not to its end, or not all understood
	Notes     Notes
}

// Notes are facts about how a recording was read.
type Notes struct {
	Skipped       map[string]uint64 // packets by why they were not looked into
	NotUnderstood int               // log records kept whole
	LogRecords    int
	Evicted       int64 // detector state given up for want of memory
}

// Counts say how many events there were.
type Counts struct {
	Events   int
	ByClass  map[event.Class]int
	First    time.Time
	Last     time.Time
	Protocol map[string]int // by app_protocol_name
}

func (c *Counts) add(e *event.Event) {
	if c.ByClass == nil {
		c.ByClass = map[event.Class]int{}
		c.Protocol = map[string]int{}
	}
	c.Events++
	c.ByClass[e.Class]++
	if p := e.Str(event.AppProtocol); p != "" && (c.Protocol[p] > 0 || len(c.Protocol) < maxProtocols) {
		c.Protocol[p]++
	}
	earlier, later := c.First.IsZero() || e.Time.Before(c.First), e.Time.After(c.Last)
	if !earlier && !later {
		return
	}
	// A record without a time has that of its file, which tells nothing of
	// when things happened.
	if _, untimed := e.Unmapped("time_missing"); untimed {
		return
	}
	if earlier {
		c.First = e.Time
	}
	if later {
		c.Last = e.Time
	}
}

// maxProtocols bounds the names that are counted: a log can hold any number.
const maxProtocols = 256

// Worst returns the highest severity of the findings, SeverityUnknown without
// any.
func (a *Analysis) Worst() event.Severity {
	worst := event.SeverityUnknown
	for _, r := range a.Recordings {
		for _, f := range r.Findings {
			worst = max(worst, f.Severity)
		}
	}
	return worst
}

// Incomplete reports whether something given was not read, or not to its end.
func (a *Analysis) Incomplete() bool {
	for _, p := range a.Problems {
		if p.Reason != Skipped {
			return true
		}
	}
	for _, r := range a.Recordings {
		if len(r.Problems) > 0 {
			return true
		}
	}
	return false
}
