package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/bongsu/bongsu/text"
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var styleCSS string

// A document is a view with what only HTML needs.
type document struct {
	*view
	Style     template.CSS
	StyleHash string // names the one style sheet that a browser may apply
}

// HTML writes the report as one file that loads nothing: no script, no font,
// no picture from elsewhere. Its content security policy forbids the rest, in
// case that data of an attacker should get past the escaping.
func HTML(w io.Writer, in Input, o Options) error {
	v := build(&in, o.Lang)
	t, err := template.New("page").Funcs(v.functions()).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	sum := sha256.Sum256([]byte(styleCSS))
	out := bufio.NewWriter(w)
	doc := document{
		view: v,
		// The style sheet is ours and holds no data.
		Style:     template.CSS(styleCSS), //nolint:gosec // our own embedded style, nothing from outside
		StyleHash: "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
	}
	if err := t.Execute(out, doc); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// functions are what the page may ask the view.
func (v *view) functions() template.FuncMap {
	return template.FuncMap{
		"label":  v.label,
		"number": func(n int) string { return text.Number(int64(n)) },
		"rest":   func(name string, n int) string { return v.say(labels[name], text.Args{"n": n}) },
		"by": func() string {
			return v.say(labels["by"], text.Args{"version": v.Version, "schema": v.Schema})
		},
		"beacons": func() string {
			return v.say(labels["beacons"], text.Args{"n": v.Fires, "level": v.Level})
		},
		"counts": func(name string, rows []count) counted { return counted{v.label(name), rows} },
	}
}

type counted struct {
	Name string
	Rows []count
}

// A tower is one of the five beacons.
type tower struct {
	X   int
	Lit bool
}

// Towers places the beacons, the lit ones first.
func (v *view) Towers() []tower {
	const apart = 52
	out := make([]tower, 5)
	for i := range out {
		out[i] = tower{X: i * apart, Lit: i < v.Fires}
	}
	return out
}

// Listed reports whether there is enough for a list of contents.
func (v *view) Listed() bool { return len(v.Matters) > 1 }

// Several reports whether matters need the names of their recordings.
func (v *view) Several() bool {
	return slices.ContainsFunc(v.Matters, func(m matter) bool { return m.Recording != v.Matters[0].Recording })
}

// AllShort counts what is told in one line or not at all.
func (v *view) AllShort() int { return len(v.Short) + v.RestMatters }

// Total counts the findings of a matter.
func (m matter) Total() int { return len(m.Findings) + m.RestFind }
