package app

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// An EventFile is a file that all events are written to. It appears under its
// name when it is whole.
type EventFile struct {
	path string
	file *os.File
	buf  *bufio.Writer
	put  func(event.Frame) error
	end  func() error
}

// CreateEvents begins a file of events: Parquet when its name ends in
// .parquet, otherwise one OCSF object a line.
func CreateEvents(path string) (*EventFile, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, fmt.Errorf("write events: %w", err)
	}
	f := &EventFile{path: path, file: file, buf: bufio.NewWriterSize(file, 1<<18)}
	if strings.EqualFold(filepath.Ext(path), ".parquet") {
		w := eventstore.NewSegmentWriter(f.buf, nil)
		f.put, f.end = w.Write, w.Close
		return f, nil
	}
	f.put, f.end = lines(f.buf), func() error { return nil }
	return f, nil
}

func lines(w io.Writer) func(event.Frame) error {
	var buf []byte
	return func(frame event.Frame) error {
		buf = buf[:0]
		for _, e := range frame {
			buf = append(e.AppendJSON(buf), '\n')
		}
		_, err := w.Write(buf)
		return err
	}
}

// Write appends events.
func (f *EventFile) Write(frame event.Frame) error {
	if err := f.put(frame); err != nil {
		return fmt.Errorf("write events: %s: %w", f.path, err)
	}
	return nil
}

// Close makes the file whole and gives it its name.
func (f *EventFile) Close() error {
	err := errors.Join(f.end(), f.buf.Flush(), f.file.Chmod(0o644), f.file.Close())
	if err == nil {
		err = os.Rename(f.file.Name(), f.path)
	}
	if err != nil {
		_ = os.Remove(f.file.Name())
		return fmt.Errorf("write events: %s: %w", f.path, err)
	}
	return nil
}

// Abort takes the unfinished file away.
func (f *EventFile) Abort() {
	_ = f.file.Close()
	_ = os.Remove(f.file.Name())
}
