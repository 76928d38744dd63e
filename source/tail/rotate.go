package tail

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// findRenamed looks beside the patterns for files that were renamed while the
// program was away, so that they are read to their end.
func (t *tail) findRenamed() {
	for _, pattern := range t.patterns {
		if len(t.places) == 0 {
			break
		}
		dir, base := filepath.Split(pattern)
		if i := strings.IndexAny(base, `*?[`); i >= 0 {
			base = base[:i]
		}
		base = strings.TrimSuffix(base, filepath.Ext(base))
		for path, info := range regular(dir) {
			if !strings.HasPrefix(filepath.Base(path), base) || len(t.files) >= MaxFiles ||
				!slices.ContainsFunc(t.places, func(p place) bool { return p.inode == inodeOf(info) }) {
				continue
			}
			f, err := openFile(path)
			if err != nil {
				continue
			}
			p, ok := t.take(f)
			if !ok {
				f.close()
				continue
			}
			f.resume(p)
			t.files = append(t.files, f)
		}
	}
	t.count("vanished", uint64(len(t.places)))
	t.places = nil
}

// findBetween looks for files that came after a rotated one and were rotated
// too before they were ever seen: the program was away for several rotations,
// or these came in quick succession. They are read from their beginning.
func (t *tail) findBetween(after *file, now time.Time) {
	name := t.nameOf(after.path)
	if name == "" {
		return
	}
	after.path = name
	info, err := after.handle.Stat()
	if err != nil {
		return
	}
	var found []*file
	for path, other := range regular(filepath.Dir(name)) {
		if !rotatedName(filepath.Base(name), filepath.Base(path)) || other.ModTime().Before(info.ModTime()) ||
			len(t.files)+len(found) >= MaxFiles ||
			slices.ContainsFunc(t.files, func(f *file) bool { return os.SameFile(f.info, other) }) {
			continue
		}
		f, err := openFile(path)
		if err != nil {
			continue
		}
		f.rotated, f.grew = now, now
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b *file) int { return a.modified.Compare(b.modified) })
	t.count("between", uint64(len(found)))
	t.files = append(t.files, found...)
}

// nameOf returns the name that a file had before it was rotated, "" where that
// cannot be told.
func (t *tail) nameOf(path string) string {
	best := ""
	for _, p := range t.paths {
		if p == path {
			return p
		}
		if filepath.Dir(p) == filepath.Dir(path) && len(p) > len(best) && rotatedName(filepath.Base(p), filepath.Base(path)) {
			best = p
		}
	}
	return best
}

// rotatedName reports whether a file of this name may once have been called
// base: app.log.1, app.log-20260301, app-20260301.log, app.1.log.
func rotatedName(base, name string) bool {
	ext := filepath.Ext(base)
	for _, form := range [...]struct{ prefix, suffix string }{{base, ""}, {strings.TrimSuffix(base, ext), ext}} {
		rest, ok := strings.CutPrefix(name, form.prefix)
		rest, ok2 := strings.CutSuffix(rest, form.suffix)
		if ok && ok2 && len(rest) > 1 && strings.ContainsRune(".-_", rune(rest[0])) && strings.ContainsAny(rest, "0123456789") {
			return true
		}
	}
	return false
}

// regular returns the files of a folder. What cannot be read is left out.
func regular(dir string) map[string]fs.FileInfo {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	out := map[string]fs.FileInfo{}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil {
			out[filepath.Join(dir, e.Name())] = info
		}
	}
	return out
}
