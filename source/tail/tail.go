// Package tail follows log files as they are written, across both ways of
// rotation: rename and create, and copy and truncate.
//
// A file is known by its inode and its first bytes, not by its name, so that it
// is the same file after it was renamed and another one after it was replaced.
// After a restart of the program it goes on behind the last record that was
// kept, also when the file was renamed meanwhile. What was rotated and packed
// while the program was away is not read; give it to `bongsu analyze` or upload
// it. Whole files, archives and captures are package source/file's.
package tail

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/text"
)

// Bounds.
const (
	// MaxRecord is the length of the longest line that is kept whole.
	MaxRecord = 1 << 20
	// MaxFiles is how many files are followed at a time.
	MaxFiles = 100
	// maxBatch is how many records are handed on at once.
	maxBatch = 1000
	// chunk is how much of a file is read at once; a longer line makes it grow.
	chunk = 256 << 10
	// turn is how much of one file is read before the next has its turn.
	turn = 4 << 20
)

// Times.
const (
	// settle is how long the last line of a rotated file may stay without an
	// end.
	settle = 5 * time.Second
	// linger is how long a rotated file is still read: its program writes to it
	// until it is told of the rotation.
	linger = time.Minute
	// expand is how often patterns are expanded.
	expand = 2 * time.Second
)

// Kind describes the source.
func Kind() source.Kind {
	return source.Kind{
		Name: "tail",
		Doc:  "log files as they are written, across rotation",
		Keys: []source.Key{
			{Name: "paths", Doc: "a file, or several with * and ?; a list of them"},
			{Name: "from", Default: "end", Doc: "where to begin in files that are there at the very first start: end or beginning. Later it goes on where it was"},
			{Name: "poll", Default: "250ms", Doc: "how often files are looked at"},
		},
		New:   open,
		Local: local,
	}
}

// authLogs are where logins are written on Debian and Ubuntu, and on Red Hat
// and SUSE.
var authLogs = [...]string{"/var/log/auth.log", "/var/log/secure"}

// local reads the machine's own log of logins.
func local(context.Context) (source.Settings, error) {
	var denied error
	for _, path := range authLogs {
		f, err := os.Open(path)
		switch {
		case err == nil:
			_ = f.Close()
			return source.Settings{"paths": path}, nil
		case !errors.Is(err, fs.ErrNotExist):
			denied = &source.Refusal{Err: fmt.Errorf("read log of logins: %w", err), Do: advice(path, err)}
		}
	}
	if denied != nil {
		return nil, denied
	}
	return nil, fmt.Errorf("read log of logins: neither %s exists", strings.Join(authLogs[:], " nor "))
}

func open(s source.Settings, env source.Env) (source.Source, error) {
	r := s.Read()
	t := &tail{
		env:       env,
		patterns:  r.List("paths"),
		beginning: r.Choice("from", "end", "beginning") == "beginning",
		poll:      r.Duration("poll", 250*time.Millisecond),
	}
	if len(t.patterns) == 0 {
		r.Fail("paths is missing: name a file to follow, such as /var/log/auth.log")
	}
	for _, p := range t.patterns {
		if _, err := filepath.Match(p, ""); err != nil {
			r.Fail("paths %q: %w", p, err)
		}
		if !filepath.IsAbs(p) {
			r.Fail("paths %q is not absolute", p)
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return t, nil
}

// tail is the source. Run, Resume and what they call are used by one
// goroutine.
type tail struct {
	env       source.Env
	patterns  []string
	beginning bool
	poll      time.Duration

	files    []*file
	places   []place // of files that are not found again yet
	resumed  bool    // there was a mark: a file that is not in it is new
	scanned  bool
	expanded time.Time
	paths    []string
	buf      []byte
	records  []source.Record

	mu       sync.Mutex
	problems map[string]source.Problem
	counts   map[string]uint64
}

// Resume takes up where a mark says.
func (t *tail) Resume(mark string) error {
	if mark == "" {
		return nil
	}
	places, err := parseMark(mark)
	if err != nil {
		return err
	}
	t.places, t.resumed = places, true
	return nil
}

// Problems returns the files that cannot be read.
func (t *tail) Problems() []source.Problem {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []source.Problem
	for _, p := range t.problems {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b source.Problem) int { return strings.Compare(a.What, b.What) })
	return out
}

// Counts tells what happened beside the records.
func (t *tail) Counts() map[string]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string]uint64{"files": 0, "rotated": 0, "truncated": 0, "cut": 0, "vanished": 0}
	for name, n := range t.counts {
		out[name] = n
	}
	return out
}

func (t *tail) count(name string, n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[string]uint64{}
	}
	if name == "files" {
		t.counts[name] = n
		return
	}
	t.counts[name] += n
}

// Run follows the files until ctx ends. It is refused when none of them may be
// read.
func (t *tail) Run(ctx context.Context, emit source.Emit) error {
	defer t.leave()
	ticker := time.NewTicker(t.poll)
	defer ticker.Stop()
	for {
		if err := t.scan(); err != nil {
			return err
		}
		busy, err := t.read(ctx, emit)
		if err != nil {
			return err
		}
		if busy && ctx.Err() == nil {
			continue
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// leave closes the files, and remembers the places for another run.
func (t *tail) leave() {
	for _, f := range t.files {
		f.close()
		if f.id != "" {
			t.places = append(t.places, f.place())
		}
	}
	if t.scanned {
		t.files, t.scanned, t.resumed = nil, false, true
	}
}

// scan brings what is followed in line with what the names stand for now.
func (t *tail) scan() error {
	now := t.env.Clock()
	if t.paths == nil || now.Sub(t.expanded) >= expand {
		t.paths, t.expanded = t.expand(), now
	}
	problems := map[string]source.Problem{}
	var denied error
	named := map[*file]bool{}
	for _, path := range t.paths {
		f, err := t.look(path)
		if err != nil {
			problems[path] = source.Problem{What: path, Err: err.Error(), Do: advice(path, err)}
			if errors.Is(err, fs.ErrPermission) {
				denied = &source.Refusal{Err: fmt.Errorf("follow %s: %w", path, err), Do: advice(path, err)}
			}
			continue
		}
		named[f] = true
	}
	if !t.scanned {
		if len(named) == 0 && denied != nil {
			return denied
		}
		t.scanned = true
		t.findRenamed()
	}
	var rotated []*file
	for _, f := range t.files {
		if f.rotated.IsZero() && !named[f] {
			f.rotated, f.grew = now, now
			rotated = append(rotated, f)
		}
		if named[f] {
			f.rotated = time.Time{}
		}
	}
	for _, f := range rotated {
		t.count("rotated", 1)
		t.findBetween(f, now)
	}
	t.files = slices.DeleteFunc(t.files, func(f *file) bool {
		over := !f.rotated.IsZero() && now.Sub(f.grew) >= linger && f.offset >= f.size
		if over {
			f.close()
		}
		return over
	})
	t.mu.Lock()
	t.problems = problems
	t.mu.Unlock()
	t.count("files", uint64(len(t.files)))
	return nil
}

// expand returns the paths that the patterns stand for. A pattern without
// wildcards stands for itself, so that a missing file is told.
func (t *tail) expand() []string {
	var paths []string
	for _, p := range t.patterns {
		if !strings.ContainsAny(p, `*?[`) {
			paths = append(paths, p)
			continue
		}
		found, _ := filepath.Glob(p) // the pattern was checked
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// errTooMany says that a file waits for another to go.
var errTooMany = fmt.Errorf("more than %d files match; this one is not followed", MaxFiles)

// look returns the file that a path stands for now.
func (t *tail) look(path string) (*file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is %s and not a file", path, kindOf(info.Mode()))
	}
	for _, f := range t.files {
		if os.SameFile(f.info, info) {
			f.path = path
			return f, nil
		}
	}
	if len(t.files) >= MaxFiles {
		return nil, errTooMany
	}
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	switch p, ok := t.take(f); {
	case ok:
		f.resume(p)
	case !t.scanned && !t.resumed && !t.beginning:
		if err := f.toEnd(); err != nil {
			f.close()
			return nil, err
		}
	}
	t.files = append(t.files, f)
	return f, nil
}

// take returns the place in a file that the mark tells, and forgets it.
func (t *tail) take(f *file) (place, bool) {
	for i, p := range t.places {
		if f.is(p) {
			t.places = slices.Delete(t.places, i, i+1)
			return p, true
		}
	}
	return place{}, false
}

// read hands on what is new in the files. Busy says that there is more.
func (t *tail) read(ctx context.Context, emit source.Emit) (busy bool, err error) {
	// Rotated files first: what stands in them is older.
	slices.SortStableFunc(t.files, func(a, b *file) int {
		switch {
		case a.rotated.IsZero() == b.rotated.IsZero():
			return 0
		case b.rotated.IsZero():
			return -1
		}
		return 1
	})
	for _, f := range t.files {
		for done := int64(0); ; {
			n, err := t.step(ctx, f, emit)
			if err != nil {
				return false, err
			}
			if n == 0 || ctx.Err() != nil {
				break
			}
			if done += n; done >= turn {
				busy = true
				break
			}
		}
	}
	return busy, nil
}

// step reads a piece of a file and returns how much of it is done with.
func (t *tail) step(ctx context.Context, f *file, emit source.Emit) (int64, error) {
	now := t.env.Clock()
	fresh, err := f.refresh(now)
	if err != nil {
		t.complain(f.path, err)
		return 0, nil
	}
	if fresh == replaced {
		t.count("truncated", 1)
	}
	// A line that waits for its end is read again only when more of it is there.
	final := !f.rotated.IsZero() && now.Sub(f.grew) >= settle
	if f.size <= f.offset || f.size == f.tried && !final {
		return 0, nil
	}
	if t.buf == nil {
		t.buf = make([]byte, chunk)
	}
	n, err := f.readAt(t.buf)
	if err != nil {
		t.complain(f.path, err)
		return 0, nil
	}
	if !f.identify(t.buf[:n], final) {
		f.tried = f.size
		return 0, nil
	}
	used, skip := t.split(f, t.buf[:n], final && f.offset+int64(n) >= f.size)
	if used == 0 && n == len(t.buf) && len(t.buf) <= MaxRecord {
		t.buf = make([]byte, 2*len(t.buf))
		return t.step(ctx, f, emit)
	}
	if used == 0 {
		f.tried = f.size
		return 0, nil
	}
	was, wasSkipping := f.offset, f.skip
	f.offset, f.skip = f.offset+int64(used), skip
	if len(t.records) > 0 {
		t.records[len(t.records)-1].Mark = t.mark()
		if err := emit(ctx, t.records); err != nil {
			f.offset, f.skip = was, wasSkipping
			return 0, fmt.Errorf("hand on records of %s from byte %d: %w", f.path, was, err)
		}
	}
	if len(t.buf) > chunk {
		t.buf = nil // a long line is rare
	}
	return int64(used), nil
}

func (t *tail) complain(path string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.problems[path] = source.Problem{What: path, Err: err.Error(), Do: advice(path, err)}
}

// advice says what to do about a file that cannot be read.
func advice(path string, err error) text.Said {
	switch {
	case errors.Is(err, fs.ErrPermission):
		if group := groupOf(path); group != "" {
			return joinGroup.Say(text.Args{"path": path, "group": group})
		}
		return mayNot.Say(text.Args{"path": path})
	case errors.Is(err, fs.ErrNotExist):
		return missing.Say(text.Args{"path": path})
	case errors.Is(err, errPacked):
		return packed.Say(nil)
	case errors.Is(err, errTooMany):
		return tooMany.Say(text.Args{"n": MaxFiles})
	}
	return text.Said{}
}

var (
	joinGroup = text.Message{
		EN: "Let the account that Bongsu runs as into the group that may read it, then start Bongsu again: `usermod -aG {group} ACCOUNT`, or SupplementaryGroups={group} in the systemd unit.",
		KO: "봉수를 실행하는 계정을 이 파일을 읽을 수 있는 그룹에 넣고 봉수를 다시 시작해 주세요: `usermod -aG {group} 계정`, 또는 systemd 유닛의 SupplementaryGroups={group}.",
	}
	mayNot = text.Message{
		EN: "Let the account that Bongsu runs as read it: `setfacl -m u:ACCOUNT:r {path}`, and x on the folders above.",
		KO: "봉수를 실행하는 계정이 읽을 수 있게 해 주세요: `setfacl -m u:계정:r {path}`. 위쪽 폴더에는 x 권한이 필요합니다.",
	}
	missing = text.Message{
		EN: "Nothing to do if {path} is yet to come: it is followed from its first line. Otherwise correct the path.",
		KO: "{path|이가} 곧 생길 파일이라면 그대로 두셔도 됩니다. 첫 줄부터 읽습니다. 그렇지 않으면 경로를 고쳐 주세요.",
	}
	packed = text.Message{
		EN: "Make the pattern narrower, so that it leaves out packed files. To read them, give them to `bongsu analyze` or upload them.",
		KO: "압축된 파일이 빠지도록 패턴을 좁혀 주세요. 그 내용을 보려면 `bongsu analyze`로 분석하거나 올려 주세요.",
	}
	tooMany = text.Message{
		EN: "At most {n} files are followed at a time. Make the pattern narrower, so that it leaves out rotated files.",
		KO: "한 번에 {n}개까지만 따라 읽습니다. 순환된 파일이 빠지도록 패턴을 좁혀 주세요.",
	}
)

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "a " + m.Type().String()
}
