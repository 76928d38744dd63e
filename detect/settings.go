package detect

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Settings are a detector's settings as written: name → value.
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

// Int returns a whole number of at least low.
func (r *Reader) Int(name string, fallback, low int) int {
	v, ok := r.value(name)
	if !ok {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low {
		r.fail(fmt.Errorf("%s %q is not a whole number of at least %d", name, v, low))
		return fallback
	}
	return n
}

// Float returns a number of at least low.
func (r *Reader) Float(name string, fallback, low float64) float64 {
	v, ok := r.value(name)
	if !ok {
		return fallback
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || n < low {
		r.fail(fmt.Errorf("%s %q is not a number of at least %g", name, v, low))
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
		r.fail(fmt.Errorf("%s %q is not a duration such as 90s, 10m or 2h", name, v))
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

// Err returns what is wrong with the settings, nil when nothing is.
func (r *Reader) Err() error {
	if r.err != nil || len(r.settings) == 0 {
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
	if len(r.settings) == 0 {
		return "", false // instances are made by the thousand, mostly without settings
	}
	r.known = append(r.known, name)
	v, ok := r.settings[name]
	return v, ok
}

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
