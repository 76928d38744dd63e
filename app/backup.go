package app

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/eventstore"
)

// A backup is a tar archive: the state database, the segments, the state of
// the detectors and the uploads, and at the end a manifest that names every
// file with its hash. What the bus holds is brought into segments first, so
// that the archive needs no bus.

// manifestName is the last entry of a backup.
const manifestName = "manifest.json"

// backupFormat is the form of the archive.
const backupFormat = 1

// A Manifest says what a backup holds.
type Manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"version"` // of the program that wrote it
	Created time.Time `json:"created"`
	Events  int64     `json:"events"`
	Files   []File    `json:"files"`
}

// A File is one entry of a backup.
type File struct {
	Name   string `json:"name"` // in the data folder, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// ErrBackup says that a file is no whole backup.
var ErrBackup = errors.New("not a whole backup")

// Backup writes everything that the server keeps. Sources wait for the few
// moments in which the bus is emptied; nothing is lost.
func (s *server) backup(ctx context.Context, w io.Writer) (Manifest, error) {
	m, err := s.writeBackup(ctx, w)
	if err != nil {
		return m, fmt.Errorf("back up: %w", err)
	}
	return m, nil
}

func (s *server) writeBackup(ctx context.Context, w io.Writer) (Manifest, error) {
	dir, err := os.MkdirTemp(s.folder.join(tempDir), "backup-*")
	if err != nil {
		return Manifest{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	view, err := s.still(ctx, dir)
	if err != nil {
		return Manifest{}, err
	}
	defer view.Release()
	b := &backupWriter{tar: tar.NewWriter(w), manifest: Manifest{Format: backupFormat, Version: s.Version, Created: s.Clock().UTC()}}
	for _, name := range []string{stateFile, auditHead, filepath.Join(snapshotsDir, "detectors")} {
		if err := b.add(filepath.Join(dir, filepath.Base(name)), name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return b.manifest, err
		}
	}
	for _, segment := range view.Segments() {
		b.manifest.Events += segment.Rows
		name, err := filepath.Rel(s.folder.path, segment.Path)
		if err != nil {
			return b.manifest, err
		}
		if err := b.add(segment.Path, name); err != nil {
			return b.manifest, err
		}
		if ctx.Err() != nil {
			return b.manifest, context.Cause(ctx)
		}
	}
	if err := b.addTree(s.folder.path, uploadsDir); err != nil {
		return b.manifest, err
	}
	return b.manifest, b.close()
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

type backupWriter struct {
	tar      *tar.Writer
	manifest Manifest
}

// add writes one file.
func (b *backupWriter) add(path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	entry := File{Name: filepath.ToSlash(name), Size: info.Size()}
	header := &tar.Header{Name: entry.Name, Size: entry.Size, Mode: 0o600, ModTime: info.ModTime(), Format: tar.FormatPAX}
	if err := b.tar.WriteHeader(header); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(b.tar, sum), io.LimitReader(f, entry.Size)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	entry.SHA256 = hex.EncodeToString(sum.Sum(nil))
	b.manifest.Files = append(b.manifest.Files, entry)
	return nil
}

// addTree writes the files below a folder. Those that are being taken in are
// left out, and so are those that go meanwhile.
func (b *backupWriter) addTree(root, dir string) error {
	return filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".incoming-"):
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if err := b.add(path, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

func (b *backupWriter) close() error {
	text, err := json.MarshalIndent(b.manifest, "", "  ")
	if err != nil {
		return err
	}
	header := &tar.Header{Name: manifestName, Size: int64(len(text)), Mode: 0o600, ModTime: b.manifest.Created, Format: tar.FormatPAX}
	if err := b.tar.WriteHeader(header); err != nil {
		return err
	}
	if _, err := b.tar.Write(text); err != nil {
		return err
	}
	return b.tar.Close()
}

// Backup writes a backup of a data folder that no server has open.
func Backup(ctx context.Context, cfg ServeConfig, w io.Writer) (m Manifest, err error) {
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
func Restore(ctx context.Context, data string, r io.Reader) (m Manifest, err error) {
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
	m, err = unpack(ctx, f, tar.NewReader(r))
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

// unpack writes the files of a backup and holds them against its manifest.
func unpack(ctx context.Context, f *folder, in *tar.Reader) (m Manifest, err error) {
	found := map[string]File{}
	for {
		header, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return m, fmt.Errorf("%w: it ends before its manifest: the file was cut, or is no backup", ErrBackup)
		case err != nil:
			return m, fmt.Errorf("%w: %w", ErrBackup, err)
		case ctx.Err() != nil:
			return m, context.Cause(ctx)
		}
		if header.Name == manifestName {
			if err := json.NewDecoder(io.LimitReader(in, maxManifest)).Decode(&m); err != nil {
				return m, fmt.Errorf("%w: %s: %w", ErrBackup, manifestName, err)
			}
			return m, m.check(found)
		}
		if !mayRestore(header) {
			return m, fmt.Errorf("%w: it holds %q, which is no file of a data folder", ErrBackup, header.Name)
		}
		file, err := extract(f.join(filepath.FromSlash(header.Name)), in, sha256.New())
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: the file was cut: %w", ErrBackup, err)
		}
		if err != nil {
			return m, fmt.Errorf("%s: %w", header.Name, err)
		}
		file.Name = header.Name
		found[header.Name] = file
	}
}

// maxManifest bounds the manifest: some hundred thousand files.
const maxManifest = 256 << 20

// mayRestore reports whether an entry is a file that a backup writes: an
// archive from elsewhere must not reach out of the folder.
func mayRestore(h *tar.Header) bool {
	if h.Typeflag != tar.TypeReg || !filepath.IsLocal(filepath.FromSlash(h.Name)) {
		return false
	}
	top, _, below := strings.Cut(h.Name, "/")
	switch top {
	case stateFile, auditHead:
		return !below
	case segmentsDir, snapshotsDir, uploadsDir:
		return below
	}
	return false
}

func extract(path string, in io.Reader, sum hash.Hash) (File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return File{}, err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, err
	}
	n, err := io.Copy(io.MultiWriter(out, sum), in)
	if err == nil {
		err = out.Sync()
	}
	return File{Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, errors.Join(err, out.Close())
}

// check holds what was found against the manifest.
func (m *Manifest) check(found map[string]File) error {
	if m.Format != backupFormat {
		return fmt.Errorf("%w: format %d; this program reads %d: use the version that wrote it (%s)", ErrBackup, m.Format, backupFormat, m.Version)
	}
	for _, want := range m.Files {
		got, ok := found[want.Name]
		switch {
		case !ok:
			return fmt.Errorf("%w: %s is missing", ErrBackup, want.Name)
		case got != want:
			return fmt.Errorf("%w: %s is damaged: its hash is not that of the manifest", ErrBackup, want.Name)
		}
	}
	if len(found) != len(m.Files) {
		return fmt.Errorf("%w: it holds %d files, the manifest names %d", ErrBackup, len(found), len(m.Files))
	}
	return nil
}
