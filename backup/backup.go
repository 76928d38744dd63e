// Package backup writes files into one archive and brings them back: a tar file
// with a manifest at its end that names every file with its hash, so that an
// archive that was cut or changed is told from a whole one. It does not know
// what must be brought to a standstill before it is copied; package app does.
package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// manifestName is the last entry of an archive.
const manifestName = "manifest.json"

// format is the form of the archive.
const format = 1

// maxManifest bounds the manifest: some hundred thousand files.
const maxManifest = 256 << 20

// A Manifest says what an archive holds.
type Manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"version"` // of the program that wrote it
	Created time.Time `json:"created"`
	Events  int64     `json:"events"`
	Files   []File    `json:"files"`
}

// A File is one entry of an archive.
type File struct {
	Name   string `json:"name"` // with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// ErrDamaged says that a file is no whole archive.
var ErrDamaged = errors.New("not a whole backup")

// A Writer writes an archive. It is used by one goroutine.
type Writer struct {
	tar      *tar.Writer
	manifest Manifest
}

// NewWriter begins an archive.
func NewWriter(w io.Writer, version string, created time.Time) *Writer {
	return &Writer{tar: tar.NewWriter(w), manifest: Manifest{Format: format, Version: version, Created: created.UTC()}}
}

// Count adds to how many events the archive is said to hold.
func (w *Writer) Count(events int64) { w.manifest.Events += events }

// Manifest returns what has been written so far.
func (w *Writer) Manifest() Manifest { return w.manifest }

// Add writes the file at path as name. The error is fs.ErrNotExist where there
// is none.
func (w *Writer) Add(path, name string) error {
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
	if err := w.tar.WriteHeader(header); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w.tar, sum), io.LimitReader(f, entry.Size)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	entry.SHA256 = hex.EncodeToString(sum.Sum(nil))
	w.manifest.Files = append(w.manifest.Files, entry)
	return nil
}

// AddTree writes the files below a folder of root. Those whose name begins with
// skip are left out, and so are those that go meanwhile.
func (w *Writer) AddTree(root, dir, skip string) error {
	return filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), skip):
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if err := w.Add(path, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

// Close writes the manifest. The archive is not whole before.
func (w *Writer) Close() error {
	text, err := json.MarshalIndent(w.manifest, "", "  ")
	if err != nil {
		return err
	}
	header := &tar.Header{Name: manifestName, Size: int64(len(text)), Mode: 0o600, ModTime: w.manifest.Created, Format: tar.FormatPAX}
	if err := w.tar.WriteHeader(header); err != nil {
		return err
	}
	if _, err := w.tar.Write(text); err != nil {
		return err
	}
	return w.tar.Close()
}

// Extract writes the files of an archive below dir and holds them against the
// manifest. Only names that may allows are written: an archive from elsewhere
// must not reach where it has no business. After an error some files may be
// there.
func Extract(ctx context.Context, dir string, r io.Reader, may func(name string) bool) (m Manifest, err error) {
	in := tar.NewReader(r)
	found := map[string]File{}
	for {
		header, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return m, fmt.Errorf("%w: it ends before its manifest: the file was cut, or is no backup", ErrDamaged)
		case err != nil:
			return m, fmt.Errorf("%w: %w", ErrDamaged, err)
		case ctx.Err() != nil:
			return m, context.Cause(ctx)
		}
		if header.Name == manifestName {
			if err := json.NewDecoder(io.LimitReader(in, maxManifest)).Decode(&m); err != nil {
				return m, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
			}
			return m, m.check(found)
		}
		if header.Typeflag != tar.TypeReg || !filepath.IsLocal(filepath.FromSlash(header.Name)) || !may(header.Name) {
			return m, fmt.Errorf("%w: it holds %q, which is no file of a data folder", ErrDamaged, header.Name)
		}
		file, err := extract(filepath.Join(dir, filepath.FromSlash(header.Name)), in)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: the file was cut: %w", ErrDamaged, err)
		}
		if err != nil {
			return m, fmt.Errorf("%s: %w", header.Name, err)
		}
		file.Name = header.Name
		found[header.Name] = file
	}
}

func extract(path string, in io.Reader) (File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return File{}, err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), in)
	if err == nil {
		err = out.Sync()
	}
	return File{Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, errors.Join(err, out.Close())
}

// check holds what was found against the manifest.
func (m *Manifest) check(found map[string]File) error {
	if m.Format != format {
		return fmt.Errorf("%w: format %d; this program reads %d: use the version that wrote it (%s)", ErrDamaged, m.Format, format, m.Version)
	}
	for _, want := range m.Files {
		got, ok := found[want.Name]
		switch {
		case !ok:
			return fmt.Errorf("%w: %s is missing", ErrDamaged, want.Name)
		case got != want:
			return fmt.Errorf("%w: %s is damaged: its hash is not that of the manifest", ErrDamaged, want.Name)
		}
	}
	if len(found) != len(m.Files) {
		return fmt.Errorf("%w: it holds %d files, the manifest names %d", ErrDamaged, len(found), len(m.Files))
	}
	return nil
}
