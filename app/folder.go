package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A folder is the data folder: everything that Bongsu keeps. One process holds
// it at a time.
type folder struct {
	path string
	lock *os.File
}

// What lies in the data folder.
const (
	lockFile     = "lock"
	stateFile    = "bongsu.db"
	auditHead    = "audit.head"
	busDir       = "bus"
	segmentsDir  = "segments"
	uploadsDir   = "uploads"
	snapshotsDir = "snapshots"
	tempDir      = "tmp"
)

// ErrLocked says that another process has the data folder.
var ErrLocked = errors.New("another bongsu uses this data folder")

// openFolder makes the folder where there is none and locks it. What a process
// that ended left in its folder for temporary files is removed.
func openFolder(path string) (*folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open data folder: %w", err)
	}
	for _, dir := range []string{"", busDir, segmentsDir, uploadsDir, snapshotsDir} {
		if err := os.MkdirAll(filepath.Join(path, dir), 0o700); err != nil {
			return nil, fmt.Errorf("open data folder: %w; give another with --data", err)
		}
	}
	lock, err := os.OpenFile(filepath.Join(path, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open data folder: %w; it must be writable by this user, or give another with --data", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer func() { _ = lock.Close() }()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("open data folder: %s: %w%s; stop it, or give another folder with --data", path, ErrLocked, holder(lock))
		}
		return nil, fmt.Errorf("open data folder: lock %s: %w", lock.Name(), err)
	}
	f := &folder{path: path, lock: lock}
	if err := f.sign(); err != nil {
		return nil, errors.Join(fmt.Errorf("open data folder: %w", err), lock.Close())
	}
	return f, nil
}

// sign writes the process id into the lock, for people, and makes the folder
// for temporary files anew.
func (f *folder) sign() error {
	if err := f.lock.Truncate(0); err != nil && !errors.Is(err, unix.ENOSPC) {
		return err
	}
	if _, err := f.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil && !errors.Is(err, unix.ENOSPC) {
		return err
	}
	if err := os.RemoveAll(f.join(tempDir)); err != nil {
		return err
	}
	return os.MkdirAll(f.join(tempDir), 0o700)
}

// holder names the process that holds the lock, where it has signed.
func holder(lock *os.File) string {
	var buf [32]byte
	n, _ := lock.ReadAt(buf[:], 0)
	if pid := strings.TrimSpace(string(buf[:n])); pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}

func (f *folder) join(name string) string { return filepath.Join(f.path, name) }

// free returns how many bytes of the disk this user may still use.
func (f *folder) free() (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(f.path, &s); err != nil {
		return 0, fmt.Errorf("look at the room on the disk of %s: %w", f.path, err)
	}
	return int64(s.Bavail) * s.Bsize, nil
}

// close gives the folder up.
func (f *folder) close() error {
	return errors.Join(os.RemoveAll(f.join(tempDir)), f.lock.Close())
}
