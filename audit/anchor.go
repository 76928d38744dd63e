package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The anchor is a file of one line: the sequence number and the hash of the
// newest entry, with a blank between them.
const maxAnchor = 128 // bytes

func parseAnchor(text string) (Head, error) {
	number, hash, ok := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
	sequence, err := strconv.ParseUint(number, 10, 63)
	if !ok || err != nil || sequence == 0 {
		return Head{}, fmt.Errorf("%w: %q", errAnchor, text)
	}
	if sum, err := hex.DecodeString(hash); err != nil || len(sum) != 32 || strings.ToLower(hash) != hash {
		return Head{}, fmt.Errorf("%w: %q", errAnchor, text)
	}
	return Head{Sequence: sequence, Hash: hash}, nil
}

func readAnchor(path string) (Head, error) {
	file, err := os.Open(path)
	if err != nil {
		return Head{}, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxAnchor))
	if err != nil {
		return Head{}, err
	}
	return parseAnchor(string(text))
}

// writeAnchor replaces the file in one step.
func writeAnchor(path string, head Head) error {
	part := path + ".part"
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%d %s\n", head.Sequence, head.Hash)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, path)
}

// setAside renames the anchor, so that what it said is not lost.
func setAside(path string, now time.Time) (aside string, err error) {
	aside = path + ".was-" + now.UTC().Format("20060102T150405.000000000Z")
	return filepath.Base(aside), os.Rename(path, aside)
}

// AnchorState says how the anchor and the entries go together.
type AnchorState string

// States of the anchor.
const (
	AnchorHolds      AnchorState = "holds"      // the entry that it names is there; newer ones may be
	AnchorMissing    AnchorState = "missing"    // there is no such file
	AnchorUnreadable AnchorState = "unreadable" // the file does not hold a head
	AnchorAhead      AnchorState = "ahead"      // it names an entry that is not there: the end was taken off, or a backup put back
	AnchorDiffers    AnchorState = "differs"    // the entry that it names has another hash
	AnchorNone       AnchorState = "none"       // no anchor is kept
)

// Anchor is what an anchor was found to hold.
type Anchor struct {
	State AnchorState `json:"state"`
	Found Head        `json:"found"` // what the anchor holds
	Head  Head        `json:"head"`  // what the chain ends with
}

// compare holds the anchor against the entries.
func compare(ctx context.Context, store Store, path string) (Anchor, error) {
	if path == "" {
		head, err := store.Head(ctx)
		return Anchor{State: AnchorNone, Head: head}, err
	}
	// Read first: entries that are recorded meanwhile are then newer than it.
	found, err := readAnchor(path)
	a := Anchor{Found: found}
	switch {
	case errors.Is(err, os.ErrNotExist):
		a.State = AnchorMissing
	case errors.Is(err, errAnchor):
		a.State = AnchorUnreadable
	case err != nil:
		return a, fmt.Errorf("read anchor: %w", err)
	}
	if a.Head, err = store.Head(ctx); err != nil || a.State != "" {
		return a, err
	}
	a.State, err = holds(ctx, store, found)
	return a, err
}

// holds says how a head that was noted somewhere goes with the entries.
func holds(ctx context.Context, store Store, noted Head) (AnchorState, error) {
	entry, ok, err := store.Entry(ctx, noted.Sequence)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return AnchorAhead, nil
	case entry.Hash != noted.Hash:
		return AnchorDiffers, nil
	}
	return AnchorHolds, nil
}
