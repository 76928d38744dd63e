// Package ja4 measures the fingerprints of TLS clients against those that the
// authors of JA4 publish: the snapshots of their program for each capture, and
// the examples of their description.
//
// Clients over QUIC and DTLS are counted as left: nothing reads them yet.
package ja4

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bongsu/bongsu/internal/conformance"
)

// Suite returns the suite "ja4".
func Suite() conformance.Suite {
	return conformance.Suite{
		Name:     "ja4",
		Doc:      "JA4 of each TLS client over TCP against the authors' snapshots and description",
		Discover: discover,
	}
}

// folder is where a data folder keeps what the authors publish.
const folder = "net/ja4"

func discover(data string) ([]conformance.Case, error) {
	root := filepath.Join(data, filepath.FromSlash(folder))
	if _, err := os.Stat(root); err != nil {
		return nil, nil //nolint:nilerr // no data of this kind, no cases
	}
	var snapshots, pages []string
	captures := map[string]string{} // base name to path
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		switch name := entry.Name(); filepath.Ext(name) {
		case ".snap":
			snapshots = append(snapshots, path)
		case ".pcap", ".pcapng", ".cap":
			captures[name] = path
		case ".md":
			if name == "JA4.md" {
				pages = append(pages, path)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("walk %s: %w", root, err)
	}
	var cases []conformance.Case
	for _, path := range snapshots {
		more, err := snapshotCases(path, captures)
		if err != nil {
			return nil, err
		}
		cases = append(cases, more...)
	}
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		cases = append(cases, pageCases(string(text))...)
	}
	return cases, nil
}

// captureOf returns the name of the capture that a snapshot is of: what stands
// between the "@" and ".snap".
func captureOf(snapshot string) string {
	name := strings.TrimSuffix(filepath.Base(snapshot), ".snap")
	if _, after, ok := strings.Cut(name, "@"); ok {
		return after
	}
	return name
}
