package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds bongsu.yaml.
const maxFile = 4 << 20

// Read returns the settings of a file, "" for none, with single values set as
// path=value on top. Every error names the place (file and line, or --set), the
// key, and what is allowed.
func Read(path string, set []string) (Config, error) {
	c := Default()
	if path != "" {
		content, err := readFile(path)
		if err != nil {
			return c, fmt.Errorf("read settings: %w", err)
		}
		if err := parse(&c, path, content); err != nil {
			return c, err
		}
	}
	for _, s := range set {
		if err := override(&c, s); err != nil {
			return c, err
		}
	}
	return c, c.check(path)
}

// Parse returns the settings of a file's content; path is only named in errors.
func Parse(path string, content []byte) (Config, error) {
	c := Default()
	if err := parse(&c, path, content); err != nil {
		return c, err
	}
	return c, c.check(path)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxFile)
	}
	return content, nil
}

func parse(c *Config, path string, content []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(content))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil // nothing but comments
	case err != nil:
		return fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: line %d: a second document; settings are one", path, more.Line)
	}
	w := walker{place: func(n *yaml.Node) string { return fmt.Sprintf("%s:%d", path, n.Line) }}
	return w.root(c, &doc)
}

// override sets one value: path=value, the value in YAML.
func override(c *Config, set string) error {
	path, value, ok := strings.Cut(set, "=")
	if !ok {
		return fmt.Errorf("--set %s: write path=value, such as listen=0.0.0.0:8470", set)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(value), &doc); err != nil {
		return fmt.Errorf("--set %s: %s", set, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	leaf := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"} // nothing behind = is the empty text
	if len(doc.Content) > 0 {
		leaf = doc.Content[0]
	}
	keys := strings.Split(path, ".")
	for i := len(keys) - 1; i >= 0; i-- {
		leaf = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: keys[i], Tag: "!!str"}, leaf}}
	}
	w := walker{place: func(*yaml.Node) string { return "--set " + set }}
	return w.root(c, leaf)
}
