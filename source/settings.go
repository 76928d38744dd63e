package source

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings are a source's settings as written: name → value. A list is one
// value, its items separated by line breaks, or by commas where it has none.
type Settings map[string]string

// A Reader reads settings and remembers the first that is wrong. Err reports
// it, or a setting that nobody asked for.
type Reader struct {
	settings Settings
	known    []string
	err      error
}

// Read begins reading settings.
func (s Settings) Read() *Reader { return &Reader{settings: s} }

// Int returns a whole number from low to high.
func (r *Reader) Int(name string, fallback, low, high int) int {
	v, ok := r.value(name)
	if !ok {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		r.Fail("%s %q is not a whole number from %d to %d", name, v, low, high)
		return fallback
	}
	return n
}

// Duration returns a positive duration, written as 90s, 10m or 2h.
func (r *Reader) Duration(name string, fallback time.Duration) time.Duration {
	v, ok := r.value(name)
	if !ok {
		return fallback
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		r.Fail("%s %q is not a duration such as 90s, 10m or 2h", name, v)
		return fallback
	}
	return d
}

// Text returns a setting as written.
func (r *Reader) Text(name, fallback string) string {
	if v, ok := r.value(name); ok {
		return v
	}
	return fallback
}

// Choice returns one of the words, the first where the setting is missing.
func (r *Reader) Choice(name string, words ...string) string {
	v, ok := r.value(name)
	if !ok {
		return words[0]
	}
	if !slices.Contains(words, v) {
		r.Fail("%s %q is none of %s", name, v, strings.Join(words, ", "))
		return words[0]
	}
	return v
}

// Address returns an address with a port to listen on, such as 127.0.0.1:5514
// or :5514. "" and "off" mean that nothing listens, and give "".
func (r *Reader) Address(name, fallback string) string {
	v, ok := r.value(name)
	if !ok {
		v = fallback
	}
	if v == "" || v == "off" {
		return ""
	}
	_, port, err := net.SplitHostPort(v)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
		r.Fail("%s %q is not an address with a port, such as 127.0.0.1:5514 or :5514", name, v)
		return ""
	}
	return v
}

// List returns the items of a list without empty ones.
func (r *Reader) List(name string) []string {
	v, _ := r.value(name)
	separator := ","
	if strings.Contains(v, "\n") {
		separator = "\n"
	}
	var items []string
	for item := range strings.SplitSeq(v, separator) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// Fail reports a setting that is wrong in a way that only the source knows.
func (r *Reader) Fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// Err returns what is wrong with the settings, nil when nothing is.
func (r *Reader) Err() error {
	if r.err != nil {
		return r.err
	}
	for _, name := range slices.Sorted(maps.Keys(r.settings)) {
		if !slices.Contains(r.known, name) {
			return fmt.Errorf("unknown setting %q; known: %q", name, r.known)
		}
	}
	return nil
}

func (r *Reader) value(name string) (string, bool) {
	r.known = append(r.known, name)
	v, ok := r.settings[name]
	return strings.TrimSpace(v), ok
}
