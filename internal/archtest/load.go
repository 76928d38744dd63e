package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Tree is the source of one module, parsed.
type Tree struct {
	Module   string
	Packages []*Package // in order of path
}

// Package is one folder with Go files, its tests included.
type Package struct {
	Path  string // folder below the module's root, "." for the root itself
	Files []*File

	fset *token.FileSet
}

// File is one Go file.
type File struct {
	Path      string
	Syntax    *ast.File
	Lines     int
	Test      bool // name ends in _test.go
	Generated bool // carries the standard marker of generated code
	Table     bool // holds data only, by its name
}

// Load parses every package of the module whose go.mod lies at the root of
// fsys. Folders that are not part of the module stay out: nested modules,
// testdata, vendor, and names that begin with a dot or an underscore. Build
// tags are not looked at, so that the rules hold on every platform.
func Load(fsys fs.FS) (*Tree, error) {
	module, err := moduleName(fsys)
	if err != nil {
		return nil, err
	}
	t := &Tree{Module: module}
	byPath := map[string]*Package{}
	fset := token.NewFileSet()
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && skipped(fsys, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || path.Ext(name) != ".go" || hidden(path.Base(name)) {
			return nil
		}
		f, err := parse(fsys, fset, name)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if byPath[dir] == nil {
			byPath[dir] = &Package{Path: dir, fset: fset}
			t.Packages = append(t.Packages, byPath[dir])
		}
		byPath[dir].Files = append(byPath[dir].Files, f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read source tree: %w", err)
	}
	slices.SortFunc(t.Packages, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return t, nil
}

func moduleName(fsys fs.FS) (string, error) {
	b, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return "", fmt.Errorf("read module name: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(name), nil
		}
	}
	return "", fmt.Errorf("read module name: go.mod has no module line")
}

func skipped(fsys fs.FS, dir string) bool {
	base := path.Base(dir)
	if hidden(base) || base == "testdata" || base == "vendor" {
		return true
	}
	_, err := fs.Stat(fsys, path.Join(dir, "go.mod"))
	return err == nil
}

func hidden(base string) bool { return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") }

func parse(fsys fs.FS, fset *token.FileSet, name string) (*File, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	syntax, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	base := path.Base(name)
	return &File{
		Path:      name,
		Syntax:    syntax,
		Lines:     bytes.Count(src, []byte("\n")),
		Test:      strings.HasSuffix(base, "_test.go"),
		Generated: ast.IsGenerated(syntax),
		Table:     base == "tables.go" || strings.HasSuffix(base, "_table.go") || strings.HasPrefix(base, "catalogue_"),
	}, nil
}

// counted reports whether the file's lines are written by hand for the
// program itself; only those are limited.
func (f *File) counted() bool { return !f.Test && !f.Generated && !f.Table }

func (p *Package) line(pos token.Pos) string {
	at := p.fset.Position(pos)
	return fmt.Sprintf("%s:%d", at.Filename, at.Line)
}
