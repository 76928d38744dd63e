package archtest

import (
	"fmt"
	"strings"
)

// Markers fence the generated part of docs/architecture.md.
const (
	docBegin = "<!-- drawn by go test ./internal/archtest -update; change internal/archtest/rules_table.go instead -->\n"
	docEnd   = "<!-- end of the drawn part -->\n"
)

// Markdown draws the tables of r for docs/architecture.md.
func Markdown(r Rules) string {
	var b strings.Builder
	b.WriteString("| package | what it is | may import |\n|---|---|---|\n")
	for _, row := range r.Rows {
		does := row.Does
		if row.TestsOnly {
			does += " (tests only)"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", row.Path, does, names(row.May))
	}
	b.WriteString("\n| group | members | what they are |\n|---|---|---|\n")
	for _, g := range r.Groups {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", g.Name, names(g.Members), g.Does)
	}
	b.WriteString("\n| library | home | why more than one, or none |\n|---|---|---|\n")
	for _, l := range r.Libraries {
		home := names(l.Homes)
		if len(l.Homes) == 0 {
			home = "tests"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", l.Module, home, l.Reason)
	}
	return b.String()
}

// names lists packages as code and groups as plain words.
func names(list []string) string {
	if len(list) == 0 {
		return "nothing of ours"
	}
	out := make([]string, len(list))
	for i, name := range list {
		out[i] = name
		if !isGroup(name) {
			out[i] = "`" + name + "`"
		}
	}
	return strings.Join(out, " ")
}

// ReplaceDrawn returns page with its drawn part replaced by tables.
func ReplaceDrawn(page, tables string) (string, error) {
	head, rest, ok := strings.Cut(page, docBegin)
	if !ok {
		return "", fmt.Errorf("draw tables: page has no line %q", strings.TrimSpace(docBegin))
	}
	_, tail, ok := strings.Cut(rest, docEnd)
	if !ok {
		return "", fmt.Errorf("draw tables: page has no line %q", strings.TrimSpace(docEnd))
	}
	return head + docBegin + "\n" + tables + "\n" + docEnd + tail, nil
}
