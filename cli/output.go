package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// checkOutputs refuses, before any work is done, a place that cannot be
// written to and one that would destroy what is to be read.
func (c *analyzeCmd) checkOutputs() error {
	places := []struct{ flag, path string }{{"--out", c.Out}, {"--events", c.Events}}
	for _, p := range places {
		if p.path == "" {
			continue
		}
		folder := filepath.Dir(p.path)
		if info, err := os.Stat(folder); os.IsNotExist(err) {
			return fmt.Errorf("%w: %s %s: there is no folder %s; make it first", ErrUsage, p.flag, p.path, folder)
		} else if err == nil && !info.IsDir() {
			return fmt.Errorf("%w: %s %s: %s is no folder", ErrUsage, p.flag, p.path, folder)
		}
		there, err := os.Stat(p.path)
		if err != nil {
			continue
		}
		if there.IsDir() {
			return fmt.Errorf("%w: %s %s is a folder; name a file in it", ErrUsage, p.flag, p.path)
		}
		if !there.Mode().IsRegular() {
			return fmt.Errorf("%w: %s %s is no ordinary file and would be replaced by one; name another, or leave %s out", ErrUsage, p.flag, p.path, p.flag)
		}
		for _, in := range c.Paths {
			if info, err := os.Stat(in); err == nil && os.SameFile(there, info) {
				return fmt.Errorf("%w: %s %s is to be read and would be overwritten; name another file", ErrUsage, p.flag, p.path)
			}
		}
	}
	if c.Out != "" && c.Events != "" && filepath.Clean(c.Out) == filepath.Clean(c.Events) {
		return fmt.Errorf("%w: --out and --events both name %s; name two files", ErrUsage, c.Out)
	}
	return nil
}

// printable makes what came from outside, such as a file's name, harmless for
// a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
