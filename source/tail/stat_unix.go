//go:build unix

package tail

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// inodeOf returns the number by which the file system knows a file.
func inodeOf(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino
	}
	return 0
}

// groupOf returns the group that may read a file, "" where none may or the
// file cannot be looked at.
func groupOf(path string) string {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o040 == 0 {
		return ""
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || s.Gid == 0 {
		return "" // nobody should be in root's group for a log
	}
	id := strconv.FormatUint(uint64(s.Gid), 10)
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}
