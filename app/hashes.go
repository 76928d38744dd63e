package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/bongsu/bongsu/source/file"
)

// Hashes returns the content hashes of the recordings in files, folders and
// archives: what the ids of their events begin with.
func Hashes(ctx context.Context, cfg AnalyzeConfig) (out []string, err error) {
	found, err := find(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	add := func(hash string, err error) error {
		if err != nil {
			return fmt.Errorf("read hash: %w", err)
		}
		if !slices.Contains(out, hash) {
			out = append(out, hash)
		}
		return nil
	}
	for _, r := range found.Recordings {
		if r.Kind == file.Capture {
			if err := add(hashOf(ctx, r.Parts)); err != nil {
				return nil, err
			}
			continue
		}
		for _, p := range r.Parts {
			if err := add(p.Hash(ctx)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
