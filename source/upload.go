package source

import (
	"errors"
	"time"
)

// ErrNoUpload says that there is no upload with that id.
var ErrNoUpload = errors.New("no such upload")

// UploadState says how far an upload has come.
type UploadState string

// The states of an upload, in their order; the last two are ends.
const (
	UploadQueued  UploadState = "queued"
	UploadRunning UploadState = "running"
	UploadDone    UploadState = "done"
	UploadFailed  UploadState = "failed"
)

// An Upload is a recording that a person handed in, and what became of it.
type Upload struct {
	ID              string // upl_…
	Name            string // as the person's machine called it; never used as a path
	SHA256          string // of the bytes as received, hex
	Size            int64  // bytes
	Kind            string // what it turned out to hold: "capture", "log"
	State           UploadState
	FramesPublished uint64 // of the present run
	Events          uint64
	Findings        uint64
	Error           string // why it failed
	Actor           string // id of who handed it in
	Created         time.Time
	Updated         time.Time
}
