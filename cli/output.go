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
			info, err := os.Stat(in)
			if err != nil {
				continue // the analysis will name it
			}
			if os.SameFile(there, info) {
				return fmt.Errorf("%w: %s %s is to be read and would be overwritten; name another file", ErrUsage, p.flag, p.path)
			}
			if info.IsDir() && within(in, p.path) {
				return fmt.Errorf("%w: %s %s exists already, in the folder %s that is to be read; name a file elsewhere, or remove it first", ErrUsage, p.flag, p.path, in)
			}
		}
	}
	if c.Out != "" && c.Events != "" && filepath.Clean(c.Out) == filepath.Clean(c.Events) {
		return fmt.Errorf("%w: --out and --events both name %s; name two files", ErrUsage, c.Out)
	}
	return nil
}

// within reports whether a file lies below a folder, wherever links lead.
func within(folder, file string) bool {
	folder, errFolder := filepath.EvalSymlinks(folder)
	file, errFile := filepath.EvalSymlinks(file)
	if errFolder != nil || errFile != nil {
		return false
	}
	folder, errFolder = filepath.Abs(folder)
	file, errFile = filepath.Abs(file)
	if errFolder != nil || errFile != nil {
		return false
	}
	rel, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rel)
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
