// Package archtest holds the architecture of the program as one table and
// checks the source tree against it: who may import whom, how long files and
// packages may grow, which names and which kinds of global state are banned.
//
// It reads source files itself and never asks the go command, because a test
// that runs another program stays green from the test cache after the tree
// has changed. It judges imports and shapes; it does not judge behaviour.
//
// To add a package, add its row to rules_table.go and run
//
//	go test ./internal/archtest -update
//
// which draws the table into docs/architecture.md.
package archtest

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Group is a named set of packages; Members may hold stars.
type Group struct {
	Name    string
	Members []string
	Does    string
}

// Row says where one package, or a family of packages, stands.
type Row struct {
	Path string   // folder below the module's root; a star stands for one folder name
	May  []string // own packages or groups that it may import
	Does string   // what it is for, in a few words

	Clock     bool // may read the wall clock
	Wide      bool // joins many packages by its nature: no limit on own imports
	TestsOnly bool // may be imported only by tests and by rows like this one
}

// Library is a module from outside. Without Homes only tests may import it.
type Library struct {
	Module string
	Homes  []string
	Reason string // required unless there is exactly one home
}

// Rules is everything that [Check] holds a tree to.
type Rules struct {
	Groups    []Group
	Rows      []Row
	Libraries []Library
}

// Project returns the rules of this program.
func Project() Rules {
	return Rules{Groups: groups, Rows: rows, Libraries: libraries}
}

// Problem is one breach of one rule, in words that say what to do about it.
type Problem struct {
	Where string // file:line, or the folder
	Rule  string // R1 to R9 as in docs/architecture.md
	Text  string
}

func (p Problem) String() string { return p.Where + ": " + p.Rule + ": " + p.Text }

// Check returns every breach of the rules in the tree, in order of place.
func Check(t *Tree, r Rules) []Problem {
	var problems []Problem
	problems = append(problems, checkRules(r)...)
	for _, p := range t.Packages {
		problems = append(problems, checkNames(p)...)
		problems = append(problems, checkSize(p)...)
		row, ok := r.row(p.Path)
		if !ok {
			problems = append(problems, Problem{p.Path, "R1", fmt.Sprintf(
				"package %s is in no row: say where it stands in rows of internal/archtest/rules_table.go, then run go test ./internal/archtest -update", p.Path)})
			continue
		}
		problems = append(problems, r.checkImports(t, p, row)...)
		problems = append(problems, checkState(p, row)...)
	}
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Where, b.Where), strings.Compare(a.Text, b.Text))
	})
	return problems
}

// checkRules finds what is wrong with the table itself.
func checkRules(r Rules) []Problem {
	var problems []Problem
	bad := func(format string, args ...any) {
		problems = append(problems, Problem{"internal/archtest/rules_table.go", "table", fmt.Sprintf(format, args...)})
	}
	seen := map[string]bool{}
	for _, row := range r.Rows {
		if seen[row.Path] {
			bad("row %s appears twice", row.Path)
		}
		seen[row.Path] = true
		for _, name := range row.May {
			if isGroup(name) && !slices.ContainsFunc(r.Groups, func(g Group) bool { return g.Name == name }) {
				bad("row %s names the unknown group %s", row.Path, name)
			}
		}
	}
	for _, l := range r.Libraries {
		if len(l.Homes) != 1 && l.Reason == "" {
			bad("library %s has %d homes and no reason", l.Module, len(l.Homes))
		}
	}
	return problems
}

func isGroup(name string) bool { return name != "" && name == strings.ToUpper(name) }

func (r Rules) row(pkg string) (Row, bool) {
	for _, row := range r.Rows {
		if matches(row.Path, pkg) {
			return row, true
		}
	}
	return Row{}, false
}

// may reports whether a package of this row may import the own package pkg.
func (r Rules) may(row Row, from, pkg string) bool {
	if rest, ok := strings.CutPrefix(pkg, from+"/internal/"); ok && rest != "" {
		return true // x/y/internal/z is private to x/y, and the compiler keeps it so
	}
	if target, ok := r.row(pkg); ok && target.TestsOnly && !row.TestsOnly {
		return false
	}
	for _, name := range row.May {
		if matches(name, pkg) {
			return true
		}
		for _, g := range r.Groups {
			if g.Name == name && slices.ContainsFunc(g.Members, func(m string) bool { return matches(m, pkg) }) {
				return true
			}
		}
	}
	return false
}

func (r Rules) library(importPath string) (Library, bool) {
	for _, l := range r.Libraries {
		if importPath == l.Module || strings.HasPrefix(importPath, l.Module+"/") {
			return l, true
		}
	}
	return Library{}, false
}

func matches(pattern, pkg string) bool {
	ok, err := path.Match(pattern, pkg)
	return err == nil && ok
}
