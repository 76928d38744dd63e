package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/bongsu/bongsu/api"
	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/bus"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/file"
)

// An UploadStore keeps what is known of uploads.
type UploadStore interface {
	Add(ctx context.Context, u source.Upload) error
	Update(ctx context.Context, u source.Upload) error
	Upload(ctx context.Context, id string) (source.Upload, error)
	ByHash(ctx context.Context, sha256 string) (source.Upload, error)
	Unfinished(ctx context.Context) ([]source.Upload, error)
	List(ctx context.Context, cursor string, n int) (page []source.Upload, next string, err error)
	Remove(ctx context.Context, id string) error
}

// Uploads are recordings that people hand in. Each is kept as a file, read as
// analyze reads it, one after another, and its events, findings and incidents
// join those that were seen live. What a crash interrupts is read again from
// its beginning and gives the same, once. Safe for concurrent use.
type Uploads struct {
	UploadStore
	dir     string
	limit   int64
	keep    time.Duration // of the file, once it was read
	room    func(context.Context) error
	publish func(context.Context, event.Frame, bus.Stamp) error
	record  func(context.Context, []detect.Finding) error
	forget  func(context.Context, contentOf) error
	audit   func(ctx context.Context, action, object string, detail any) error
	clock   func() time.Time
	newID   func() string
	log     *slog.Logger

	wake chan struct{}

	mu      sync.Mutex
	analyze AnalyzeConfig // how; without paths
	reading map[string]*readingUpload
}

// A readingUpload is one that is read now.
type readingUpload struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// configure changes how uploads are read from now on.
func (u *Uploads) configure(how AnalyzeConfig) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.analyze = how
}

// how returns how the files of an upload are read.
func (u *Uploads) how(up *source.Upload) AnalyzeConfig {
	u.mu.Lock()
	defer u.mu.Unlock()
	cfg := u.analyze
	cfg.Paths, cfg.Workers = []string{filepath.Join(u.dir, up.ID, up.Name)}, 1
	return cfg
}

// incoming begins the names of files that are being taken in.
const incoming = ".incoming-"

// Errors of uploads.
var (
	errUploadSize  = fmt.Errorf("%w: the file is larger than uploads.size allows", api.ErrTooLarge)
	errUploadEmpty = fmt.Errorf("%w: the file holds nothing", api.ErrEmpty)
	errDeleted     = errors.New("the upload was deleted")
)

// Accept takes a file in and queues it. Bytes that were taken in before are
// recognised: the upload that they belong to is returned, with again true.
func (u *Uploads) Accept(ctx context.Context, name string, body io.Reader) (up source.Upload, again bool, err error) {
	if err := u.room(ctx); err != nil {
		return up, false, err
	}
	temp, err := os.CreateTemp(u.dir, incoming+"*")
	if err != nil {
		return up, false, fmt.Errorf("take in upload: %w", err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // fails once it has its name
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(temp, sum), io.LimitReader(&patientReader{ctx, body, u.room}, u.limit+1))
	if err == nil {
		err = temp.Sync()
	}
	err = errors.Join(err, temp.Close())
	switch {
	case err != nil:
		return up, false, fmt.Errorf("take in upload: %w", err)
	case size > u.limit:
		return up, false, fmt.Errorf("take in upload: %d bytes: %w", u.limit, errUploadSize)
	case size == 0:
		return up, false, fmt.Errorf("take in upload: %w", errUploadEmpty)
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	u.mu.Lock()
	defer u.mu.Unlock()
	switch known, err := u.ByHash(ctx, hash); {
	case err == nil:
		return known, true, nil
	case !errors.Is(err, source.ErrNoUpload):
		return up, false, err
	}
	now := u.clock()
	up = source.Upload{
		ID: u.newID(), Name: baseName(name), SHA256: hash, Size: size, State: source.UploadQueued,
		Actor: audit.ActorOf(ctx).ID, Created: now, Updated: now,
	}
	dir := filepath.Join(u.dir, up.ID)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return up, false, fmt.Errorf("take in upload: %w", err)
	}
	if err := os.Rename(temp.Name(), filepath.Join(dir, up.Name)); err != nil {
		return up, false, fmt.Errorf("take in upload: %w", err)
	}
	if err := u.Add(ctx, up); err != nil {
		return up, false, errors.Join(err, os.RemoveAll(dir))
	}
	if err := u.audit(ctx, "upload.add", up.ID, map[string]any{"name": up.Name, "sha256": hash, "size": size}); err != nil {
		return up, false, err
	}
	select {
	case u.wake <- struct{}{}:
	default:
	}
	return up, false, nil
}

// patientReader waits while the disk has no room.
type patientReader struct {
	ctx  context.Context
	body io.Reader
	room func(context.Context) error
}

func (r *patientReader) Read(p []byte) (int, error) {
	if err := r.room(r.ctx); err != nil {
		return 0, err
	}
	return r.body.Read(p)
}

// baseName makes the name of a file of what somebody else's machine calls it.
func baseName(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(name, ".")
	const longest = 200 // bytes; file systems take 255
	for len(name) > longest {
		_, size := lastRune(name)
		name = name[:len(name)-size]
	}
	if name == "" {
		return "upload"
	}
	return name
}

func lastRune(s string) (rune, int) {
	r := []rune(s)
	last := r[len(r)-1]
	return last, len(string(last))
}

// run reads uploads until ctx ends.
func (u *Uploads) run(ctx context.Context) {
	for ctx.Err() == nil {
		waiting, err := u.Unfinished(ctx)
		if err != nil && ctx.Err() == nil {
			u.log.Error("uploads cannot be listed", "error", err)
		}
		for _, up := range waiting {
			if ctx.Err() != nil {
				return
			}
			u.read(ctx, up)
		}
		if len(waiting) > 0 && err == nil {
			continue
		}
		u.tidy(ctx)
		select {
		case <-u.wake:
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
	}
}

// read reads one upload to its end.
func (u *Uploads) read(ctx context.Context, up source.Upload) {
	job, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	now := &readingUpload{cancel, make(chan struct{})}
	u.mu.Lock()
	u.reading[up.ID] = now
	u.mu.Unlock()
	defer func() {
		u.mu.Lock()
		delete(u.reading, up.ID)
		u.mu.Unlock()
		close(now.done)
	}()
	up.State = source.UploadRunning
	err := u.Update(job, u.stamped(up))
	if err == nil {
		err = u.ingest(job, &up)
	}
	switch {
	case ctx.Err() != nil:
		return // it goes on after the restart
	case errors.Is(context.Cause(job), errDeleted):
		return
	case err != nil:
		up.State, up.Error = source.UploadFailed, err.Error()
		u.log.Warn("upload was not read", "upload", up.ID, "name", up.Name, "error", err)
	default:
		up.State = source.UploadDone
		u.log.Info("upload was read", "upload", up.ID, "name", up.Name, "events", up.Events, "findings", up.Findings)
	}
	if err := u.Update(ctx, u.stamped(up)); err != nil {
		u.log.Error("upload cannot be noted", "upload", up.ID, "error", err)
		select { // it is read again: the disk may be full
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

func (u *Uploads) stamped(up source.Upload) source.Upload {
	up.Updated = u.clock()
	return up
}

// ingest publishes the events of an upload and records what was found.
func (u *Uploads) ingest(ctx context.Context, up *source.Upload) error {
	cfg := u.how(up)
	root := cfg.Paths[0]
	done := up.FramesPublished // by a run that was interrupted
	frames := uint64(0)
	up.Events = 0
	cfg.Events = func(frame event.Frame) error {
		frames++
		up.Events += uint64(len(frame))
		if frames <= done {
			return nil
		}
		if err := u.room(ctx); err != nil {
			return err
		}
		// The bus drops what it has by this name, so that a frame that was
		// published but not noted is not stored twice.
		if err := u.publish(ctx, frame, bus.Stamp{ID: fmt.Sprintf("%s/%d", up.ID, frames)}); err != nil {
			return err
		}
		up.FramesPublished = frames
		return u.Update(ctx, u.stamped(*up))
	}
	a, err := Analyze(ctx, cfg)
	if err != nil {
		return err
	}
	up.Kind, up.Findings = "", 0
	var found []detect.Finding
	var content contentOf
	for _, r := range a.Recordings {
		name := up.ID + "/" + strings.TrimPrefix(strings.TrimPrefix(r.Name, filepath.Dir(root)), "/")
		content.Recordings = append(content.Recordings, name)
		for _, f := range r.Findings {
			f.Recording = name
			found = append(found, f)
		}
		if r.Capture {
			up.Kind = "capture"
		} else if up.Kind == "" {
			up.Kind = "log"
		}
	}
	up.Findings = uint64(len(found))
	up.Error = problems(a, filepath.Dir(root))
	if len(a.Recordings) == 0 {
		return errors.New(up.Error)
	}
	if content.Sources, err = Hashes(ctx, cfg); err != nil {
		return err
	}
	if err := u.note(up, content); err != nil {
		return err
	}
	return u.record(ctx, found)
}

// contentOf says by what names the rest of Bongsu knows the content of an
// upload, so that it can be taken away again.
type contentOf struct {
	Sources    []string // content hashes that the ids of its events carry
	Recordings []string // of its findings and incidents
}

// contentFile holds them, beside the file.
const contentFile = ".content"

func (u *Uploads) note(up *source.Upload, c contentOf) error {
	return replaceFile(filepath.Join(u.dir, up.ID, contentFile), func(w io.Writer) error { return json.NewEncoder(w).Encode(c) })
}

// content returns the names of what has been read of an upload so far.
func (u *Uploads) content(ctx context.Context, up source.Upload) (c contentOf, err error) {
	raw, err := os.ReadFile(filepath.Join(u.dir, up.ID, contentFile))
	if err == nil {
		return c, json.Unmarshal(raw, &c)
	}
	// Not read to its end: it has events at most.
	c.Sources, err = Hashes(ctx, u.how(&up))
	return c, err
}

// problems tells what was not read of an upload, "" when all was.
func problems(a *Analysis, dir string) string {
	var out []string
	add := func(p Problem) {
		if p.Reason != file.Skipped && len(out) < 8 {
			out = append(out, strings.ReplaceAll(p.Err.Error(), dir+"/", ""))
		}
	}
	for _, p := range a.Problems {
		add(p)
	}
	for _, r := range a.Recordings {
		for _, p := range r.Problems {
			add(p)
		}
	}
	if len(out) == 0 && len(a.Recordings) == 0 {
		return "nothing in it is a capture or a log that Bongsu knows"
	}
	return strings.Join(out, "; ")
}

// Delete takes an upload away, with its events, findings and incidents.
func (u *Uploads) Delete(ctx context.Context, id string) error {
	up, err := u.Upload(ctx, id)
	if err != nil {
		return err
	}
	u.mu.Lock()
	now := u.reading[id]
	u.mu.Unlock()
	if now != nil {
		now.cancel(errDeleted)
		<-now.done
	}
	content, err := u.content(ctx, up)
	if err == nil {
		err = u.forget(ctx, content)
	}
	if err != nil {
		return fmt.Errorf("delete upload %s: %w", id, err)
	}
	if err := u.Remove(ctx, id); err != nil {
		return err
	}
	if err := u.audit(ctx, "upload.delete", id, map[string]any{"name": up.Name, "sha256": up.SHA256}); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(u.dir, id))
}

// sweep removes what a process that was killed left of uploads that it had not
// acknowledged, or was about to delete. Nothing else may run yet.
func (u *Uploads) sweep(ctx context.Context) error {
	entries, err := os.ReadDir(u.dir)
	if err != nil {
		return fmt.Errorf("read folder of uploads: %w", err)
	}
	for _, e := range entries {
		switch _, err := u.Upload(ctx, e.Name()); {
		case errors.Is(err, source.ErrNoUpload):
			if err := os.RemoveAll(filepath.Join(u.dir, e.Name())); err != nil {
				return fmt.Errorf("remove what is left of an upload: %w", err)
			}
		case err != nil:
			return fmt.Errorf("look for upload %s: %w", e.Name(), err)
		}
	}
	return nil
}

// tidy removes the files of uploads that were read long ago. What their events
// are known by stays.
func (u *Uploads) tidy(ctx context.Context) {
	entries, err := os.ReadDir(u.dir)
	if err != nil {
		u.log.Warn("folder of uploads cannot be read", "error", err)
		return
	}
	for _, e := range entries {
		up, err := u.Upload(ctx, e.Name())
		if err != nil || !slices.Contains([]source.UploadState{source.UploadDone, source.UploadFailed}, up.State) || u.clock().Sub(up.Updated) < u.keep {
			continue
		}
		err = os.Remove(filepath.Join(u.dir, up.ID, up.Name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			u.log.Warn("file of an upload cannot be removed", "upload", up.ID, "error", err)
		}
	}
}
