package config

import (
	"fmt"
	"strings"
)

// Sample returns a bongsu.yaml in which every key stands with its example, each
// behind a comment that says what it is for.
func Sample() string {
	var b strings.Builder
	b.WriteString("# Every key of bongsu.yaml, each with an example. Leave out what should stay as it is.\n")
	var open []string // the keys above the one that is written
	for _, k := range Keys() {
		parts := strings.Split(k.Path, ".")
		parents, name := parts[:len(parts)-1], parts[len(parts)-1]
		same := 0
		for same < len(parents) && same < len(open) && parents[same] == open[same] {
			same++
		}
		for i := same; i < len(parents); i++ {
			if !isList(strings.Join(parents[:i+1], ".")) {
				fmt.Fprintf(&b, "%s%s:\n", indent(parents[:i]), parents[i])
			}
		}
		first := len(parents) > 0 && isList(strings.Join(parents, ".")) && same < len(parents)
		open = parents
		pad := indent(parents)
		if len(parents) == 0 {
			b.WriteString("\n")
		}
		if k.Example == "" {
			fmt.Fprintf(&b, "%s# %s\n%s%s:\n", pad, k.Doc, pad, name)
			open = parts
			continue
		}
		if first || isList(strings.Join(parents, ".")) && firstOf(k.Path) {
			fmt.Fprintf(&b, "%s# %s\n%s- %s: %s\n", pad[2:], k.Doc, pad[2:], name, k.Example)
			continue
		}
		fmt.Fprintf(&b, "%s# %s\n%s%s: %s\n", pad, k.Doc, pad, name, k.Example)
	}
	return b.String()
}

// isList reports whether a key holds a list of keys and values.
func isList(path string) bool {
	for _, k := range Keys() {
		if k.Path == path {
			return k.Example == ""
		}
	}
	return false
}

// firstOf reports whether a key is the first of the keys beside it.
func firstOf(path string) bool {
	parent := path[:strings.LastIndexByte(path, '.')+1]
	for _, k := range Keys() {
		if strings.HasPrefix(k.Path, parent) {
			return k.Path == path
		}
	}
	return false
}

// indent returns the blanks before what stands below some keys.
func indent(keys []string) string {
	n := 2 * len(keys)
	for i := range keys {
		if isList(strings.Join(keys[:i+1], ".")) {
			n += 2
		}
	}
	return strings.Repeat(" ", n)
}
