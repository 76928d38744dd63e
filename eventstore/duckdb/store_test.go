//go:build cgo

package duckdb_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// A file is one segment that a test has written.
type file struct {
	Path     string
	Class    event.Class
	Min, Max time.Time
	Rows     int
	Bytes    int64
	Columns  []event.Path
}

// writeSegment writes events, in the order of time, with the columns that they have.
func writeSegment(path string, class event.Class, events event.Frame) (file, error) {
	f := file{Path: path, Class: class, Rows: len(events), Min: events[0].Time, Max: events[0].Time}
	seen := map[event.Path]bool{}
	for _, e := range events {
		if e.Time.Before(f.Min) {
			f.Min = e.Time
		}
		if e.Time.After(f.Max) {
			f.Max = e.Time
		}
		e.Each(func(p event.Path, _ string, _ int64) bool { seen[p] = true; return true })
	}
	for p := range seen {
		f.Columns = append(f.Columns, p)
	}
	slices.Sort(f.Columns)
	if f.Columns == nil {
		f.Columns = []event.Path{}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return f, err
	}
	out, err := os.Create(path)
	if err != nil {
		return f, err
	}
	buf := bufio.NewWriterSize(out, 1<<20)
	w := eventstore.NewSegmentWriter(buf, f.Columns)
	for part := range slices.Chunk(events, event.FrameRows) {
		if err := w.Write(part); err != nil {
			return f, err
		}
	}
	if err := errors.Join(w.Close(), buf.Flush()); err != nil {
		return f, err
	}
	info, err := out.Stat()
	if err != nil {
		return f, err
	}
	f.Bytes = info.Size()
	return f, out.Close()
}

// writeDay writes a day of office events as segments of one class and hour each,
// split into parts, or takes what an earlier run has left in the folder.
func writeDay(dir string, day time.Time, rows, parts int) ([]file, error) {
	index := filepath.Join(dir, "index.json")
	var files []file
	if b, err := os.ReadFile(index); err == nil {
		return files, json.Unmarshal(b, &files)
	}
	o := newOffice(1)
	for hour := range 24 {
		for part := range parts {
			n := rows / 24 / parts
			begin := day.Add(time.Duration(hour)*time.Hour + time.Duration(part)*time.Hour/time.Duration(parts))
			step := time.Hour / time.Duration(parts*n)
			byClass := map[event.Class]event.Frame{}
			for i := range n {
				c := o.class()
				byClass[c] = append(byClass[c], o.event(c, begin.Add(time.Duration(i)*step)))
			}
			for _, s := range shares {
				name := filepath.Join(dir, "segments", "org_default", fmt.Sprint(s.class), begin.Format("2006-01-02T15"), fmt.Sprintf("%d.parquet", part))
				f, err := writeSegment(name, s.class, byClass[s.class])
				if err != nil {
					return nil, err
				}
				files = append(files, f)
			}
		}
	}
	b, err := json.Marshal(files)
	if err != nil {
		return nil, err
	}
	return files, os.WriteFile(index, b, 0o600)
}

// segments are the files as a catalogue has them.
func segmentsOf(dir string, files []file) ([]eventstore.Segment, error) {
	out := make([]eventstore.Segment, len(files))
	for i, f := range files {
		name, err := filepath.Rel(filepath.Join(dir, "segments"), f.Path)
		if err != nil {
			return nil, err
		}
		out[i] = eventstore.Segment{
			Name: filepath.ToSlash(name), Class: f.Class, Rows: int64(f.Rows), Bytes: f.Bytes,
			First: f.Min, Last: f.Max, Stored: f.Max, Columns: f.Columns,
		}
	}
	return out, nil
}
