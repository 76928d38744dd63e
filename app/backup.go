package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/backup"
	"github.com/bongsu/bongsu/eventstore"
)

// A backup is a tar archive: the state database, the segments, the state of
// the detectors and the uploads, and at the end a manifest that names every
// file with its hash. What the bus holds is brought into segments first, so
// that the archive needs no bus.

// Backup writes everything that the server keeps. Sources wait for the few
// moments in which the bus is emptied; nothing is lost.
func (s *server) backup(ctx context.Context, w io.Writer) (backup.Manifest, error) {
	m, err := s.writeBackup(ctx, w)
	if err != nil {
		return m, fmt.Errorf("back up: %w", err)
	}
	return m, nil
}

func (s *server) writeBackup(ctx context.Context, w io.Writer) (backup.Manifest, error) {
	dir, err := os.MkdirTemp(s.folder.join(tempDir), "backup-*")
	if err != nil {
		return backup.Manifest{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	view, err := s.still(ctx, dir)
	if err != nil {
		return backup.Manifest{}, err
	}
	defer view.Release()
	b := backup.NewWriter(w, s.Version, s.Clock())
	for _, name := range []string{stateFile, auditHead, filepath.Join(snapshotsDir, "detectors")} {
		if err := b.Add(filepath.Join(dir, filepath.Base(name)), name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return b.Manifest(), err
		}
	}
	for _, segment := range view.Segments() {
		b.Count(segment.Rows)
		name, err := filepath.Rel(s.folder.path, segment.Path)
		if err != nil {
			return b.Manifest(), err
		}
		if err := b.Add(segment.Path, name); err != nil {
			return b.Manifest(), err
		}
		if ctx.Err() != nil {
			return b.Manifest(), context.Cause(ctx)
		}
	}
	if err := b.AddTree(s.folder.path, uploadsDir, incoming); err != nil {
		return b.Manifest(), err
	}
	return b.Manifest(), b.Close()
}

// still brings everything to one moment: what has been taken in passes all
// stages while sources wait, and the databases are copied into dir. The view
// holds the segments of that moment.
func (s *server) still(ctx context.Context, dir string) (*eventstore.View, error) {
	s.tidying.Lock()
	defer s.tidying.Unlock()
	s.gate.Lock()
	defer s.gate.Unlock()
	for _, topic := range []string{enriched.Name, recorded.Name} {
		if err := s.settled(ctx, topic); err != nil {
			return nil, err
		}
	}
	if err := s.store.Flush(ctx); err != nil {
		return nil, err
	}
	if err := s.watch.force(ctx); err != nil {
		return nil, err
	}
	for _, o := range s.observers {
		if err := o.force(ctx, s.bus.Last(o.topic)); err != nil {
			return nil, err
		}
	}
	if err := s.desk.Flush(ctx); err != nil {
		return nil, err
	}
	if err := s.saveMarks(ctx); err != nil {
		return nil, err
	}
	if err := s.audit.Record(ctx, audit.Entry{Action: "backup.write"}); err != nil {
		return nil, err
	}
	if err := s.state.Backup(ctx, filepath.Join(dir, stateFile)); err != nil {
		return nil, err
	}
	for _, name := range []string{auditHead, filepath.Join(snapshotsDir, "detectors")} {
		if err := copyFile(filepath.Join(dir, filepath.Base(name)), s.folder.join(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return s.store.View(eventstore.Bounds{}), nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Backup writes a backup of a data folder that no server has open.
func Backup(ctx context.Context, cfg ServeConfig, w io.Writer) (m backup.Manifest, err error) {
	s, err := openServer(ctx, cfg)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	run, stop := context.WithCancel(ctx)
	flow := make(chan error, 1)
	go func() { flow <- s.bus.Run(run) }()
	m, err = s.backup(ctx, w)
	stop()
	return m, errors.Join(err, <-flow)
}

// Restore makes a data folder of a backup. The folder must hold nothing yet.
// When the backup turns out not to be whole, nothing is left there.
func Restore(ctx context.Context, data string, r io.Reader) (m backup.Manifest, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("restore: %w", err)
		}
	}()
	entries, err := os.ReadDir(data)
	switch {
	case err == nil && len(entries) > 0:
		return m, fmt.Errorf("%s is not empty; name a new folder with --data, or move what is there away", data)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return m, err
	}
	made := err != nil
	f, err := openFolder(data)
	if err != nil {
		return m, err
	}
	m, err = backup.Extract(ctx, f.path, r, mayRestore)
	err = errors.Join(err, f.close())
	if err != nil {
		for _, name := range []string{stateFile, auditHead, segmentsDir, snapshotsDir, uploadsDir, busDir, lockFile} {
			_ = os.RemoveAll(f.join(name))
		}
		if made {
			_ = os.Remove(data)
		}
	}
	return m, err
}

// mayRestore reports whether an entry is a file that a backup writes.
func mayRestore(name string) bool {
	top, _, below := strings.Cut(name, "/")
	switch top {
	case stateFile, auditHead:
		return !below
	case segmentsDir, snapshotsDir, uploadsDir:
		return below
	}
	return false
}
