package archtest

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// checkImports holds R1 to R7 and the import limit of R8.
func (r Rules) checkImports(t *Tree, p *Package, row Row) []Problem {
	var problems []Problem
	own := map[string]bool{}
	for _, f := range p.Files {
		for _, spec := range f.Syntax.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue // the parser has refused it already
			}
			where := p.line(spec.Pos())
			if spec.Name != nil && spec.Name.Name == "." {
				problems = append(problems, Problem{where, "R9", fmt.Sprintf("dot import of %s hides where a name is from: import it by name", target)})
			}
			pkg, isOwn := strings.CutPrefix(target, t.Module+"/")
			switch {
			case isOwn && f.Test:
				// A test may stand anywhere in the flow.
			case isOwn:
				own[pkg] = true
				if !r.may(row, p.Path, pkg) {
					problems = append(problems, Problem{where, ruleOf(p.Path, pkg), fmt.Sprintf(
						"%s imports %s; row %q allows %s", p.Path, pkg, row.Path, allowed(row))})
				}
			case fromOutside(target):
				problems = append(problems, r.checkLibrary(where, p.Path, target, f.Test || row.TestsOnly)...)
			}
		}
	}
	if len(own) > maxOwnImports && !row.Wide {
		problems = append(problems, Problem{p.Path, "R8", fmt.Sprintf(
			"imports %d own packages, more than %d: split it, or take an interface instead", len(own), maxOwnImports)})
	}
	return problems
}

func (r Rules) checkLibrary(where, pkg, target string, test bool) []Problem {
	l, ok := r.library(target)
	switch {
	case !ok:
		return []Problem{{where, "R6", fmt.Sprintf(
			"library %s has no home: name its one package in libraries of internal/archtest/rules_table.go", target)}}
	case test, slices.ContainsFunc(l.Homes, func(home string) bool { return matches(home, pkg) }):
		return nil
	case len(l.Homes) == 0:
		return []Problem{{where, "R6", fmt.Sprintf("library %s is for tests only", l.Module)}}
	default:
		return []Problem{{where, "R6", fmt.Sprintf("library %s belongs to %s: use what that package offers", l.Module, strings.Join(l.Homes, ", "))}}
	}
}

// fromOutside reports whether an import path is neither ours nor the standard
// library's, whose first element never holds a dot.
func fromOutside(target string) bool {
	first, _, _ := strings.Cut(target, "/")
	return strings.Contains(first, ".")
}

// ruleOf names the rule that an import most likely breaks, for the message.
func ruleOf(from, to string) string {
	switch {
	case to == "cli" || to == "api" || to == "console" || strings.HasPrefix(to, "cmd/"):
		return "R5"
	case to == "catalog" || to == "app" || strings.HasPrefix(to, "bus/") || strings.HasPrefix(to, "eventstore/") || strings.HasPrefix(to, "statestore"):
		return "R3"
	case strings.HasPrefix(to, "internal/"):
		return "R3"
	case strings.Contains(from, "/"):
		return "R2"
	case strings.Contains(to, "/"):
		return "R3"
	default:
		return "R1"
	}
}

func allowed(row Row) string {
	if len(row.May) == 0 {
		return "no own package"
	}
	return strings.Join(row.May, ", ")
}

// checkNames holds the naming part of R8.
func checkNames(p *Package) []Problem {
	var problems []Problem
	for _, element := range strings.Split(p.Path, "/") {
		if slices.Contains(vagueNames, element) {
			problems = append(problems, Problem{p.Path, "R8", fmt.Sprintf("name %q says nothing: name the package for what it is about", element)})
		}
	}
	for _, f := range p.Files {
		name := f.Syntax.Name.Name
		if name == "main" || f.Test && strings.TrimSuffix(name, "_test") == path.Base(p.Path) {
			continue
		}
		if name != path.Base(p.Path) {
			problems = append(problems, Problem{f.Path, "R8", fmt.Sprintf("package %s lies in folder %s: give both one name", name, path.Base(p.Path))})
		}
	}
	return problems
}

// checkSize holds the line limits of R8.
func checkSize(p *Package) []Problem {
	var problems []Problem
	total := 0
	for _, f := range p.Files {
		if f.Table && !f.Generated {
			problems = append(problems, tableOnly(p, f)...)
		}
		if !f.counted() {
			continue
		}
		total += f.Lines
		if f.Lines > maxFileLines {
			problems = append(problems, Problem{f.Path, "R8", fmt.Sprintf("%d lines, more than %d: split it by subject", f.Lines, maxFileLines)})
		}
	}
	if total > maxPackageLines {
		problems = append(problems, Problem{p.Path, "R8", fmt.Sprintf("%d lines in the package, more than %d: split it by subject", total, maxPackageLines)})
	}
	return problems
}
