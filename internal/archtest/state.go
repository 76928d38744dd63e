package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
)

// clockReaders are the functions of package time whose answer depends on when
// they are called.
var clockReaders = []string{"Now", "Since", "Until"}

// stateTypes are types of the standard library that exist to be changed, so
// that a package variable of one of them is mutable state by its type.
var stateTypes = map[string][]string{
	"sync":        {"Mutex", "RWMutex", "Map", "Pool", "WaitGroup", "Once", "Cond"},
	"sync/atomic": {"Bool", "Int32", "Int64", "Uint32", "Uint64", "Uintptr", "Pointer", "Value"},
}

// tableOnly keeps the files that R8 does not count free of code.
func tableOnly(p *Package, f *File) []Problem {
	for _, d := range f.Syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			return []Problem{{p.line(fn.Pos()), "R8", fmt.Sprintf("func %s in a file named as a table, which is not counted: move it to another file", fn.Name.Name)}}
		}
	}
	return nil
}

// checkState holds R9: no init, no package variable that anything assigns to,
// no clock but the one handed in.
func checkState(p *Package, row Row) []Problem {
	var problems []Problem
	for _, unit := range units(p) {
		s := stateCheck{pkg: p, row: row}
		s.resolve(unit)
		for _, f := range unit {
			s.file(f)
		}
		problems = append(problems, s.problems...)
	}
	return problems
}

// units splits a folder into what the compiler would treat as one package
// each: the package with its inner tests, and the external tests.
func units(p *Package) [][]*File {
	byName := map[string][]*File{}
	var names []string
	for _, f := range p.Files {
		name := f.Syntax.Name.Name
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = append(byName[name], f)
	}
	var out [][]*File
	for _, name := range names {
		out = append(out, byName[name])
	}
	return out
}

type stateCheck struct {
	pkg      *Package
	row      Row
	types    *types.Package
	uses     map[*ast.Ident]types.Object
	problems []Problem
}

// resolve finds out which declaration each name means. Imports are replaced
// by empty packages: what they hold is not needed to tell a local variable
// from one of the package, and reading them would take minutes.
func (s *stateCheck) resolve(unit []*File) {
	s.uses = map[*ast.Ident]types.Object{}
	var files []*ast.File
	for _, f := range unit {
		files = append(files, f.Syntax)
	}
	conf := types.Config{
		Importer:                 emptyImporter{},
		Error:                    func(error) {}, // every use of an import is one
		FakeImportC:              true,
		DisableUnusedImportCheck: true,
	}
	s.types, _ = conf.Check(s.pkg.Path, s.pkg.fset, files, &types.Info{Uses: s.uses})
}

type emptyImporter struct{}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

func (emptyImporter) Import(target string) (*types.Package, error) {
	name := path.Base(target)
	if majorVersion.MatchString(name) && strings.Contains(target, "/") {
		name = path.Base(path.Dir(target))
	}
	p := types.NewPackage(target, name)
	p.MarkComplete()
	return p, nil
}

func (s *stateCheck) report(pos token.Pos, format string, args ...any) {
	s.problems = append(s.problems, Problem{s.pkg.line(pos), "R9", fmt.Sprintf(format, args...)})
}

func (s *stateCheck) file(f *File) {
	for _, d := range f.Syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				s.report(d.Pos(), "func init runs without being called: build what it builds in a constructor")
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR && !f.Test {
				s.variables(d)
			}
		}
	}
	ast.Inspect(f.Syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					s.changed(left)
				}
			}
		case *ast.IncDecStmt:
			s.changed(n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				s.changed(n.Key)
				s.changed(n.Value)
			}
		case *ast.CallExpr:
			s.call(n)
		case *ast.SelectorExpr:
			if !f.Test && !s.row.Clock && s.imported(n.X) == "time" && slices.Contains(clockReaders, n.Sel.Name) {
				s.report(n.Pos(), "time.%s reads the wall clock: take event time, or a clock that app hands in", n.Sel.Name)
			}
		}
		return true
	})
}

// variables reports package variables whose type exists to be changed.
func (s *stateCheck) variables(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		kind := s.stateType(v.Type)
		for _, value := range v.Values {
			if kind == "" {
				kind = s.stateValue(value)
			}
		}
		if kind != "" {
			s.report(v.Pos(), "package variable %s of type %s is mutable state: keep it in a struct", v.Names[0].Name, kind)
		}
	}
}

func (s *stateCheck) stateType(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return s.stateType(e.X)
	case *ast.IndexExpr:
		return s.stateType(e.X)
	case *ast.ArrayType:
		return s.stateType(e.Elt)
	case *ast.ChanType:
		return "chan"
	case *ast.SelectorExpr:
		from := s.imported(e.X)
		if slices.Contains(stateTypes[from], e.Sel.Name) {
			return path.Base(from) + "." + e.Sel.Name
		}
	}
	return ""
}

func (s *stateCheck) stateValue(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.UnaryExpr:
		return s.stateValue(e.X)
	case *ast.CompositeLit:
		return s.stateType(e.Type)
	case *ast.CallExpr:
		if name, ok := e.Fun.(*ast.Ident); ok && (name.Name == "make" || name.Name == "new") && len(e.Args) > 0 {
			return s.stateType(e.Args[0])
		}
	}
	return ""
}

// call looks at the built-ins that change their argument, and at package
// variables whose address is handed to a function that could change them.
func (s *stateCheck) call(c *ast.CallExpr) {
	if name, ok := c.Fun.(*ast.Ident); ok && len(c.Args) > 0 {
		switch name.Name {
		case "delete", "clear", "copy":
			s.changed(c.Args[0])
		}
	}
	for _, arg := range c.Args {
		if u, ok := ast.Unparen(arg).(*ast.UnaryExpr); ok && u.Op == token.AND {
			s.changed(u.X)
		}
	}
}

// changed reports e if what it changes is, or hangs from, a package variable.
func (s *stateCheck) changed(e ast.Expr) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		s.changed(e.X)
	case *ast.StarExpr:
		s.changed(e.X)
	case *ast.IndexExpr:
		s.changed(e.X)
	case *ast.SliceExpr:
		s.changed(e.X)
	case *ast.SelectorExpr:
		if from := s.imported(e.X); from != "" {
			s.report(e.Pos(), "changes %s.%s, a variable of another package: pass the value instead", path.Base(from), e.Sel.Name)
			return
		}
		s.changed(e.X)
	case *ast.Ident:
		v, ok := s.uses[e].(*types.Var)
		if ok && s.types != nil && v.Parent() == s.types.Scope() {
			s.report(e.Pos(), "changes package variable %s: keep it in a struct, or make it a constant table", e.Name)
		}
	}
}

// imported returns the import path that e names, or nothing.
func (s *stateCheck) imported(e ast.Expr) string {
	id, ok := e.(*ast.Ident)
	if !ok {
		return ""
	}
	p, ok := s.uses[id].(*types.PkgName)
	if !ok {
		return ""
	}
	return p.Imported().Path()
}
