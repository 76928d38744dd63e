//go:build cgo

package duckdb_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

func column(p event.Path) eventstore.Field { return eventstore.Field{Kind: eventstore.Column, Path: p} }

// BenchmarkTenMillion asks a day of ten million events. Making them takes
// minutes: BONGSU_BENCHDIR names a folder that keeps them for the next run, and
// without it the benchmark is left out. BONGSU_BENCHPARTS is into how many
// segments each class of an hour is split.
func BenchmarkTenMillion(b *testing.B) {
	dir := os.Getenv("BONGSU_BENCHDIR")
	if dir == "" {
		b.Skip("BONGSU_BENCHDIR names no folder for ten million events")
	}
	parts, err := strconv.Atoi(cmp.Or(os.Getenv("BONGSU_BENCHPARTS"), "1"))
	if err != nil {
		b.Fatal(err)
	}
	dir = filepath.Join(dir, fmt.Sprintf("parts%d", parts))
	today := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	files, err := writeDay(dir, today, 10_000_000, parts)
	if err != nil {
		b.Fatal(err)
	}
	segments, err := segmentsOf(dir, files)
	if err != nil {
		b.Fatal(err)
	}
	dir = filepath.Join(dir, "segments")
	store := openStore(b, dir, segments...)
	engine := openEngine(b, store, dir)
	hour := today.Add(9 * time.Hour)
	queries := []struct {
		name string
		q    eventstore.Query
	}{
		{"top10DestinationsOfHour", eventstore.Query{From: hour, Until: hour.Add(time.Hour), Classes: []event.Class{event.NetworkActivity}, Top: &eventstore.Top{N: 10, By: []eventstore.Field{column(event.DstIP)}}}},
		{"top10DestinationsOfHourAllClasses", eventstore.Query{From: hour, Until: hour.Add(time.Hour), Top: &eventstore.Top{N: 10, By: []eventstore.Field{column(event.DstIP)}}}},
		{"top10DestinationsOfDay", eventstore.Query{Top: &eventstore.Top{N: 10, By: []eventstore.Field{column(event.DstIP)}}}},
		{"latest100", eventstore.Query{Limit: 100}},
		{"latest100OfClass", eventstore.Query{Limit: 100, Classes: []event.Class{event.ProcessActivity}}},
		{"latest100Before", eventstore.Query{Limit: 100, After: &eventstore.Cursor{Time: hour.Add(17 * time.Minute), ID: "evt_0_0_0"}}},
		{"latest100OfAddress", eventstore.Query{Limit: 100, Where: eventstore.Compare{Field: column(event.SrcIP), Op: eventstore.Equal, Value: eventstore.Literal{Text: "10.1.0.77"}}}},
		{"latest100Nothing", eventstore.Query{Limit: 100, Where: eventstore.Compare{Field: column(event.SrcIP), Op: eventstore.Equal, Value: eventstore.Literal{Text: "203.0.113.1"}}}},
		{"countSubstringOfDay", eventstore.Query{Count: &eventstore.Count{}, Where: eventstore.Contains{Field: column(event.ProcessCmdLine), Text: "-EncodedCommand"}}},
		{"latest100SubstringOfDay", eventstore.Query{Limit: 100, Where: eventstore.Contains{Field: column(event.ProcessCmdLine), Text: "-encodedcommand"}}},
		{"countRegexOfDay", eventstore.Query{Count: &eventstore.Count{}, Where: eventstore.Match{Field: column(event.ProcessCmdLine), Regex: regexp.MustCompile(`(?i)(encodedcommand|frombase64)`)}}},
		{"countAnywhereOfHour", eventstore.Query{Count: &eventstore.Count{}, From: hour, Until: hour.Add(time.Hour), Where: eventstore.Anywhere{Text: "encodedcommand"}}},
		{"countAnywhereOfDay", eventstore.Query{Count: &eventstore.Count{}, Where: eventstore.Anywhere{Text: "encodedcommand"}}},
		{"countWithinOfDay", eventstore.Query{Count: &eventstore.Count{}, Where: eventstore.Within{Field: column(event.DstIP), Prefixes: prefixesOf("198.51.3.0/24", "198.51.8.0/22")}}},
		{"countUnmappedOfDay", eventstore.Query{Count: &eventstore.Count{}, Classes: []event.Class{event.NetworkActivity}, Where: eventstore.Compare{Field: eventstore.Field{Kind: eventstore.Unmapped, Unmapped: "conn_state"}, Op: eventstore.Equal, Value: eventstore.Literal{Text: "REJ"}}}},
		{"distinctSourcesOfDay", eventstore.Query{Count: &eventstore.Count{By: []eventstore.Field{column(event.DstPort)}, Distinct: ptr(column(event.SrcIP))}}},
		{"distinctPairsOfDay", eventstore.Query{Count: &eventstore.Count{By: []eventstore.Field{column(event.SrcIP)}, Distinct: ptr(column(event.DstIP))}}},
		{"timelineOfDay", eventstore.Query{Timeline: &eventstore.Timeline{Step: 10 * time.Minute, By: ptr(eventstore.Field{Kind: eventstore.ClassUID})}}},
	}
	rss(b, "before")
	began := time.Now()
	if _, err := engine.Query(b.Context(), queries[0].q); err != nil {
		b.Fatal(err)
	}
	b.Logf("first query, which opens the database: %v", time.Since(began))
	rss(b, "after the first query")
	for _, q := range queries {
		b.Run(q.name, func(b *testing.B) {
			found, began := 0, cpu(b)
			for b.Loop() {
				r, err := engine.Query(b.Context(), q.q)
				if err != nil || r.Partial != "" {
					b.Fatal(err, r)
				}
				found = len(r.Events) + len(r.Groups) + len(r.Buckets)
				if q.q.Count != nil && len(q.q.Count.By) == 0 {
					found = int(r.Groups[0].Count)
				}
			}
			b.ReportMetric(float64((cpu(b)-began).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(found), "found")
		})
	}
	rss(b, "after all")
	if err := engine.Close(); err != nil {
		b.Fatal(err)
	}
	rss(b, "closed")
}
