package file

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// headSize is how much of each file is looked at.
const headSize = 64 << 10

// Find looks through files, folders and archives. What cannot be read is a
// Problem; only the end of ctx is an error. The same input gives the same
// answer. A file that is reached twice counts once.
func Find(ctx context.Context, paths []string, o Options) (*Found, error) {
	w := &walker{
		ctx: ctx, o: o, seen: map[string]bool{}, buf: make([]byte, headSize),
		found: &Found{spool: &spool{parent: o.TempDir, limits: o.Limits.withDefaults()}},
	}
	w.limits = w.found.spool.limits
	for _, p := range paths {
		w.root(p)
	}
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("find recordings: %w", err), w.found.Close())
	}
	w.found.Recordings = group(w.parts, o.Together)
	slices.SortStableFunc(w.found.Problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	return w.found, nil
}

type walker struct {
	ctx     context.Context
	o       Options
	limits  Limits
	found   *Found
	parts   []*Part
	seen    map[string]bool // real paths
	members int
	buf     []byte
}

func (w *walker) problem(path string, why Reason, err error) {
	if w.ctx.Err() != nil {
		return
	}
	if errors.Is(err, ErrBound) {
		why = Bounded
	}
	w.found.Problems = append(w.found.Problems, Problem{Path: path, Reason: why, Err: err})
}

func (w *walker) root(p string) {
	info, err := os.Stat(p)
	if err != nil {
		w.problem(p, Unreadable, fmt.Errorf("open %s: %w", p, reason(err)))
		return
	}
	w.entry(filepath.Clean(p), info)
}

// entry looks at a file or folder, whose links are resolved.
func (w *walker) entry(p string, info fs.FileInfo) {
	if w.ctx.Err() != nil {
		return
	}
	place := p
	if r, err := filepath.EvalSymlinks(p); err == nil {
		place = r
	}
	if abs, err := filepath.Abs(place); err == nil {
		place = abs
	}
	if w.seen[place] {
		return
	}
	w.seen[place] = true
	switch {
	case info.IsDir():
		w.folder(p)
	case info.Mode().IsRegular():
		w.blob(&blob{
			path: filepath.ToSlash(p), dir: path.Dir(filepath.ToSlash(p)), name: filepath.Base(p),
			packed: info.Size(), modified: info.ModTime().UnixNano(),
			raw: func() (io.ReadCloser, error) { return os.Open(p) },
		})
	default:
		w.problem(p, Skipped, fmt.Errorf("%s is no file but %s; save what comes from it to a file, and give that", p, modeName(info.Mode())))
	}
}

func modeName(m fs.FileMode) string {
	switch {
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

func (w *walker) folder(p string) {
	entries, err := os.ReadDir(p)
	if err != nil {
		w.problem(p, Unreadable, fmt.Errorf("list folder %s: %w", p, reason(err)))
	}
	for _, e := range entries {
		child := filepath.Join(p, e.Name())
		info, err := os.Stat(child)
		if err != nil {
			w.problem(child, Unreadable, fmt.Errorf("open %s: %w", child, reason(err)))
			continue
		}
		w.entry(child, info)
	}
}

// blob looks at bytes, through all their packings. It reports whether they are
// kept, so that the caller knows whether to set them aside.
func (w *walker) blob(b *blob) (kept bool) {
	head, err := w.head(b)
	if err != nil && (len(head) == 0 || errors.Is(err, ErrBound)) {
		w.problem(b.path, Unreadable, err)
		return false
	}
	if len(head) == 0 {
		w.problem(b.path, Empty, fmt.Errorf("%s is empty", b.path))
		return false
	}
	how := packingOf(head)
	if how != plain && b.depth >= w.limits.Depth {
		w.problem(b.path, Bounded, fmt.Errorf("unpack %s: %w: packed more than %d times", b.path, ErrBound, w.limits.Depth))
		return false
	}
	switch how {
	case plain:
		return w.content(b, head, err)
	case zipArchive:
		return w.zip(b)
	case tarArchive:
		return w.tar(b)
	}
	inner := *b
	inner.depth++
	inner.layers = append(slices.Clone(b.layers), how)
	inner.name = withoutEnding(b.name)
	return w.blob(&inner)
}

func (w *walker) head(b *blob) ([]byte, error) {
	s, err := b.open(w.ctx, w.limits)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	n, err := fill(s, w.buf)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil && len(b.layers) == 0 {
		err = fmt.Errorf("read %s: %w", b.path, reason(err))
	}
	return w.buf[:n], err
}

// withoutEnding takes off the ending that names a packing.
func withoutEnding(name string) string {
	for _, end := range [...]string{".gz", ".zst", ".xz", ".bz2", ".zstd"} {
		if short, ok := strings.CutSuffix(name, end); ok && short != "" {
			return short
		}
	}
	if short, ok := strings.CutSuffix(name, ".tgz"); ok && short != "" {
		return short + ".tar"
	}
	return name
}

// content decides what unpacked bytes are.
func (w *walker) content(b *blob, head []byte, cut error) (kept bool) {
	p := &Part{
		Path: b.path, Name: b.name, Size: b.packed, Modified: time.Unix(0, b.modified).UTC(), blob: b, limits: w.limits,
	}
	if p.Format = w.format(head); p.Format != "" {
		if isCapture(p) {
			p.head = readCaptureHead(head)
		}
		w.parts = append(w.parts, p)
		return true
	}
	name := ""
	if encodingOf(head) == utf8Text {
		name = binaryName(head)
	}
	if name == "" {
		name = textName(toUTF8(head))
	}
	w.problem(b.path, Unrecognised, errors.Join(fmt.Errorf("%s is no capture and no log that Bongsu knows, but %s", b.path, name), cut))
	return false
}

// format names what unpacked bytes are, "" if they are nothing to analyse.
func (w *walker) format(head []byte) string {
	if f := captureFormat(head); f != "" {
		return f
	}
	if w.o.Recognise == nil || encodingOf(head) == utf8Text && binaryName(head) != "" {
		return ""
	}
	return w.o.Recognise(sample(toUTF8(head)))
}

// sparse reports whether a member has holes: few bytes of the archive can then
// stand for any number.
func sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// cleanMember makes the name of an archive member fit to be shown.
func cleanMember(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == '\ufffd' {
			return '_'
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(name, "_"), `\`, "/"))
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		return "(no name)"
	}
	return name
}

func (w *walker) member(archive *blob, name string, packed int64, modified time.Time, raw func() (io.ReadCloser, error)) *blob {
	full := archive.path + "/" + cleanMember(name)
	at := modified.UnixNano()
	if modified.Unix() <= 0 {
		at = archive.modified
	}
	return &blob{
		path: full, dir: path.Dir(full), name: path.Base(full), packed: packed, modified: at,
		depth: archive.depth + 1, raw: raw,
	}
}

func (w *walker) count(archive *blob) bool {
	if w.members == w.limits.Members {
		w.problem(archive.path, Bounded, fmt.Errorf("unpack %s: %w: archives with more than %d members; the rest of this one is left out: unpack it yourself and give the files",
			archive.path, ErrBound, w.limits.Members))
		return false
	}
	w.members++
	return w.ctx.Err() == nil
}

// tar goes through an archive once. Members are set aside, because a tar is
// read in order only.
func (w *walker) tar(b *blob) (kept bool) {
	s, err := b.open(w.ctx, w.limits)
	if err != nil {
		w.problem(b.path, Unreadable, err)
		return false
	}
	defer func() { _ = s.Close() }()
	archive := tar.NewReader(s)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return kept
		}
		if err != nil {
			w.problem(b.path, Unreadable, fmt.Errorf("unpack %s: %w", b.path, err))
			return kept
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeGNUSparse {
			continue
		}
		if !w.count(b) {
			return kept
		}
		if sparse(h) {
			name := b.path + "/" + cleanMember(h.Name)
			w.problem(name, Unreadable, fmt.Errorf("unpack %s: it is stored with holes, which can be of any size; unpack the archive yourself and give the files", name))
			continue
		}
		r := bufio.NewReaderSize(archive, headSize)
		if head, err := r.Peek(headSize); len(head) > 0 && errors.Is(err, io.EOF) || err == nil {
			if child := w.member(b, h.Name, h.Size, h.ModTime, nil); packingOf(head) == plain && w.format(head) == "" {
				w.content(child, head, nil) // names it; nothing is set aside
				continue
			}
		}
		m, err := w.found.spool.put(r)
		if m == nil || errors.Is(err, ErrBound) {
			name := b.path + "/" + cleanMember(h.Name)
			w.problem(name, Unreadable, fmt.Errorf("unpack %s: %w", name, err))
			return kept
		}
		child := w.member(b, h.Name, m.size, h.ModTime, m.open)
		if err != nil {
			w.problem(child.path, Unreadable, fmt.Errorf("unpack %s: %w", child.path, err))
		}
		if w.blob(child) {
			kept = true
		} else {
			w.found.spool.drop(m)
		}
	}
}

// zip goes through an archive whose members can be opened one by one.
func (w *walker) zip(b *blob) (kept bool) {
	at, n, done, err := w.readerAt(b)
	if err != nil {
		w.problem(b.path, Unreadable, err)
		return false
	}
	defer func() { done(kept) }()
	archive, err := zip.NewReader(at, n)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		w.problem(b.path, Unreadable, fmt.Errorf("unpack %s: %w", b.path, err))
		return false
	}
	if name := documentName(archive); name != "" {
		w.problem(b.path, Unrecognised, fmt.Errorf("%s is no capture and no log that Bongsu knows, but %s", b.path, name))
		return false
	}
	files := slices.Clone(archive.File)
	slices.SortStableFunc(files, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	for _, f := range files {
		if f.FileInfo().IsDir() {
			continue
		}
		if !w.count(b) {
			return kept
		}
		child := w.member(b, f.Name, int64(min(f.UncompressedSize64, 1<<62)), f.Modified, nil)
		if f.Flags&1 != 0 {
			w.problem(child.path, Unreadable, fmt.Errorf("unpack %s: it is locked by a password; unpack it yourself and give the file", child.path))
			continue
		}
		child.raw = func() (io.ReadCloser, error) {
			return holding(at, func() (io.ReadCloser, error) { return openZipped(f, w.limits.Ratio) })
		}
		if w.blob(child) {
			kept = true
		}
	}
	return kept
}

// openZipped opens a member under the bound on its ratio.
func openZipped(f *zip.File, ratio int64) (io.ReadCloser, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	return &zipped{ReadCloser: r, packed: int64(min(f.CompressedSize64, 1<<62)), ratio: ratio}, nil
}

type zipped struct {
	io.ReadCloser
	packed, out, ratio int64
}

func (z *zipped) Read(b []byte) (int, error) {
	n, err := z.ReadCloser.Read(b)
	z.out += int64(n)
	if z.out > RatioFrom && z.out/z.ratio > z.packed {
		return n, fmt.Errorf("%w: %s came out of %s, more than %d times as much, which logs and captures do not; unpack it yourself and give the file, if you trust it",
			ErrBound, size(z.out), size(z.packed), z.ratio)
	}
	return n, err
}

// readerAt gives access to any place of a blob: of a plain file to the file
// itself, of packed bytes by setting them aside. Done is told whether somebody
// will still read from it.
func (w *walker) readerAt(b *blob) (at io.ReaderAt, n int64, done func(kept bool), err error) {
	if len(b.layers) == 0 {
		raw, err := b.raw()
		if err != nil {
			return nil, 0, nil, fmt.Errorf("open %s: %w", b.path, reason(err))
		}
		if f, ok := raw.(*os.File); ok {
			_ = f.Close()
			return reopened(f.Name()), b.packed, func(bool) {}, nil
		}
		_ = raw.Close()
	}
	s, err := b.open(w.ctx, w.limits)
	if err != nil {
		return nil, 0, nil, err
	}
	defer func() { _ = s.Close() }()
	m, err := w.found.spool.put(s)
	if err != nil {
		if m != nil {
			w.found.spool.drop(m)
		}
		return nil, 0, nil, err
	}
	done = func(kept bool) {
		if !kept {
			w.found.spool.drop(m)
		}
	}
	if m.path != "" {
		return reopened(m.path), m.size, done, nil
	}
	return readerAtBytes(m.data), m.size, done, nil
}

// documentName names zip archives that are one document or program.
func documentName(a *zip.Reader) string {
	for _, f := range a.File {
		switch {
		case f.Name == "[Content_Types].xml":
			return "an Office document"
		case f.Name == "META-INF/MANIFEST.MF":
			return "a Java archive"
		case f.Name == "AndroidManifest.xml":
			return "an Android program"
		case f.Name == "mimetype" && f.UncompressedSize64 < 100:
			return "an OpenDocument file"
		case strings.HasSuffix(f.Name, ".npy"):
			return "NumPy arrays"
		}
	}
	return ""
}
