package eventstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
)

// temporary ends the name of a file that is being written.
const temporary = ".tmp"

// maxSpans is into how many files one tail is split for one organisation and
// class. A tail that spans more hours, such as an old log that was uploaded, is
// split by days instead, or months, or years.
const maxSpans = 24

// level is how long a part of time is that has a folder of its own.
type level int

const (
	hourly level = iota
	daily
	monthly
	yearly
)

// span returns the name of the part of time that a moment lies in, and where
// the next begins.
func (l level) span(nano int64) (name string, until int64) {
	t := timeOf(nano)
	y, m, d := t.Date()
	var end time.Time
	switch l {
	case hourly:
		name, end = t.Format("2006-01-02T15"), time.Date(y, m, d, t.Hour()+1, 0, 0, 0, time.UTC)
	case daily:
		name, end = t.Format("2006-01-02"), time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
	case monthly:
		name, end = t.Format("2006-01"), time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)
	default:
		name, end = t.Format("2006"), time.Date(y+1, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if end.After(lastTime) {
		return name, math.MaxInt64
	}
	return name, end.UnixNano()
}

// lastTime is the end of the years that nanoseconds reach.
var lastTime = timeOf(math.MaxInt64)

// levelOf returns the finest level that splits events into at most maxSpans
// files. They are ascending by time.
func levelOf(rows []row) level {
	for l := hourly; l < yearly; l++ {
		parts := 0
		until := int64(math.MinInt64)
		for _, r := range rows {
			if r.time < until {
				continue
			}
			parts++
			_, until = l.span(r.time)
		}
		if parts <= maxSpans {
			return l
		}
	}
	return yearly
}

// segmentName returns the name of a segment. An organisation is any text, so
// what could mean something to a file system is written as % and its code.
func segmentName(tenant string, class event.Class, span, name string) string {
	return fmt.Sprintf("%s/%d/%s/%s.parquet", folder(tenant), class, span, name)
}

// maxFolder bounds the name of an organisation's folder; a longer one is cut and
// told from others by its hash.
const maxFolder = 100

func folder(tenant string) string {
	switch tenant {
	case "":
		return "_"
	case damagedDir:
		return "%64amaged"
	}
	var b strings.Builder
	for _, c := range []byte(tenant) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_' && tenant != "_":
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	if name := b.String(); len(name) <= maxFolder {
		return name
	}
	sum := sha256.Sum256([]byte(tenant))
	return b.String()[:maxFolder-33] + "%" + hex.EncodeToString(sum[:16])
}

// row is an event on its way into a file.
type row struct {
	tenant string
	class  event.Class
	time   int64
	event  *event.Event
}

// tenantOf returns the organisation of an event, as queries compare texts.
func tenantOf(e *event.Event) string { return Text(e.Str(event.TenantUID)) }

func compareRows(a, b row) int {
	return cmp.Or(
		strings.Compare(a.tenant, b.tenant), cmp.Compare(a.class, b.class),
		cmp.Compare(a.time, b.time), event.Compare(a.event, b.event))
}

// writeEvents writes events as segments, one for each organisation, class and
// part of time, one after another. All of them are durable on return, or none
// is there.
func (s *Store) writeEvents(ctx context.Context, name string, frames []event.Frame) (added []Segment, err error) {
	var rows []row
	for _, f := range frames {
		for _, e := range f {
			rows = append(rows, row{tenantOf(e), e.Class, e.Time.UnixNano(), e})
		}
	}
	slices.SortFunc(rows, compareRows)
	defer func() {
		if err != nil {
			for _, segment := range added {
				s.remove([]string{segment.Name})
			}
			added = nil
		}
	}()
	for len(rows) > 0 {
		end := next(rows, func(a, b row) bool { return a.tenant == b.tenant && a.class == b.class })
		class := rows[:end]
		rows = rows[end:]
		level := levelOf(class)
		for len(class) > 0 {
			if err := ctx.Err(); err != nil {
				return added, err
			}
			span, until := level.span(class[0].time)
			end, _ := slices.BinarySearchFunc(class, until, func(r row, until int64) int { return cmp.Compare(r.time, until) })
			if until == math.MaxInt64 {
				end = len(class)
			}
			segment, err := s.writeSegment(segmentName(class[0].tenant, class[0].class, span, name), class[:end])
			if err != nil {
				return added, err
			}
			added = append(added, segment)
			class = class[end:]
		}
	}
	return added, s.syncDirs(added)
}

// next returns how many rows at the beginning belong together.
func next(rows []row, same func(a, b row) bool) int {
	n := 1
	for n < len(rows) && same(rows[0], rows[n]) {
		n++
	}
	return n
}

// writeSegment writes rows of one organisation, class and part of time under a
// name, durable but for the folder it is in.
func (s *Store) writeSegment(name string, rows []row) (Segment, error) {
	o, err := s.create(name)
	if err != nil {
		return Segment{}, fmt.Errorf("write segment %s: %w", name, err)
	}
	for _, r := range rows {
		if err := o.add(r.event); err != nil {
			o.abort()
			return Segment{}, fmt.Errorf("write segment %s: %w", name, err)
		}
	}
	segment, err := o.finish(s.config.Clock())
	if err != nil {
		return Segment{}, fmt.Errorf("write segment %s: %w", name, err)
	}
	segment.Tenant, segment.Class = rows[0].tenant, rows[0].class
	return segment, nil
}

// output is a segment that is being written. It has its name when it is whole.
type output struct {
	store *Store
	name  string
	path  string
	file  file
	w     *SegmentWriter
}

func (s *Store) create(name string) (*output, error) {
	o := &output{store: s, name: name, path: filepath.Join(s.config.Dir, filepath.FromSlash(name))}
	for try := 0; ; try++ {
		err := s.disk.MkdirAll(filepath.Dir(o.path))
		if err == nil {
			o.file, err = s.disk.Create(o.path + temporary)
		}
		if err == nil {
			break
		}
		// An empty folder may be taken away in between.
		if try == 3 || !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	o.w = s.spare()
	o.w.reset(o.file)
	return o, nil
}

func (o *output) add(e *event.Event) error { return o.w.add(e) }

// spare returns a writer, one used before if there is any.
func (s *Store) spare() *SegmentWriter {
	if w, ok := s.writers.Get().(*SegmentWriter); ok {
		return w
	}
	return &SegmentWriter{}
}

// keep puts a writer back.
func (s *Store) keep(w *SegmentWriter) {
	w.free()
	s.writers.Put(w)
}

// abort takes an unfinished file away.
func (o *output) abort() {
	o.store.keep(o.w)
	_ = o.file.Close()
	_ = o.store.disk.Remove(o.path + temporary)
}

// finish makes the file whole and durable and gives it its name.
func (o *output) finish(stored time.Time) (Segment, error) {
	segment, err := o.w.end()
	if err == nil {
		err = o.file.Sync()
	}
	if err != nil {
		o.abort()
		return Segment{}, err
	}
	o.store.keep(o.w)
	if err = o.file.Close(); err == nil {
		err = o.store.disk.Rename(o.path+temporary, o.path)
	}
	if err != nil {
		_ = o.store.disk.Remove(o.path + temporary)
		return Segment{}, err
	}
	segment.Name, segment.Stored = o.name, stored.UTC()
	return segment, nil
}

// syncDirs makes the names of files durable: their folders and those above,
// which may be new.
func (s *Store) syncDirs(added []Segment) error {
	var dirs []string
	for _, segment := range added {
		for name := segment.Name; name != "."; {
			name = path.Dir(name)
			dirs = append(dirs, name)
		}
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		if err := s.disk.SyncDir(filepath.Join(s.config.Dir, filepath.FromSlash(dir))); err != nil {
			return fmt.Errorf("write segments: %w", err)
		}
	}
	return nil
}
