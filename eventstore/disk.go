package eventstore

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// disk is what the store asks of the file system when it changes something.
// Tests let single steps fail.
type disk interface {
	MkdirAll(path string) error
	Create(path string) (file, error)
	Rename(from, to string) error
	Remove(path string) error
	SyncDir(path string) error
}

type file interface {
	io.Writer
	Sync() error
	Close() error
}

// osDisk is the operating system's file system.
type osDisk struct{}

func (osDisk) MkdirAll(path string) error   { return full(os.MkdirAll(path, 0o750)) }
func (osDisk) Rename(from, to string) error { return full(os.Rename(from, to)) }
func (osDisk) Remove(path string) error     { return os.Remove(path) }
func (osDisk) Create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return nil, full(err)
	}
	return osFile{f}, nil
}

func (osDisk) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return full(errors.Join(d.Sync(), d.Close()))
}

type osFile struct{ *os.File }

func (f osFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	return n, full(err)
}

func (f osFile) Sync() error  { return full(f.File.Sync()) }
func (f osFile) Close() error { return full(f.File.Close()) }

// full marks errors that say that there is no room.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errors.Join(ErrNoSpace, err)
	}
	return err
}
