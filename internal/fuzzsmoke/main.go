// Command fuzzsmoke runs every fuzz test of the module for a moment, so that
// a parser that a few thousand odd inputs can break does not get in.
//
// It finds the fuzz tests itself: a new one needs no list. It is not a search
// for deep faults; for that give one package an hour with make fuzz.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/bongsu/bongsu/internal/archtest"
)

// grace is how long a target may take beyond its time, for its seeds and for
// making a failing input small.
const grace = 90 * time.Second

// target is one fuzz test.
type target struct{ dir, name string }

func main() {
	each := flag.Duration("each", 2*time.Second, "time for one fuzz test")
	total := flag.Duration("total", 0, "time for all of them, builds not counted; each gets less when it is short (0: no limit)")
	match := flag.String("match", "", "only fuzz tests whose `folder.Name` matches this regular expression")
	corpus := flag.String("corpus", "", "`folder` that keeps inputs found interesting (default: thrown away)")
	flag.Parse()
	if err := run(*each, *total, *match, *corpus); err != nil {
		fmt.Fprintln(os.Stderr, "fuzzsmoke:", err)
		os.Exit(1)
	}
}

func run(each, total time.Duration, match, corpus string) error {
	only, err := regexp.Compile(match)
	if err != nil {
		return fmt.Errorf("read -match: %w", err)
	}
	tree, err := archtest.Load(os.DirFS("."))
	if err != nil {
		return err
	}
	targets := find(tree, only)
	if len(targets) == 0 {
		return fmt.Errorf("no fuzz test matches %q", match)
	}
	tmp, err := os.MkdirTemp("", "fuzzsmoke")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if corpus == "" {
		corpus = filepath.Join(tmp, "corpus")
	}
	if corpus, err = filepath.Abs(corpus); err != nil {
		return err
	}

	workers := runtime.NumCPU()
	if total > 0 {
		each = min(each, total*time.Duration(workers)/time.Duration(len(targets)))
	}
	fmt.Printf("%d fuzz tests, %v each, %d at a time\n", len(targets), each.Round(10*time.Millisecond), workers)
	binaries, err := build(targets, tmp)
	if err != nil {
		return err
	}
	return fuzz(targets, binaries, corpus, each, workers)
}

// find lists the fuzz tests of the tree that only accepts.
func find(tree *archtest.Tree, only *regexp.Regexp) []target {
	var out []target
	for _, p := range tree.Packages {
		for _, f := range p.Files {
			if !f.Test {
				continue
			}
			for _, d := range f.Syntax.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") || fn.Type.Params.NumFields() != 1 {
					continue
				}
				if only.MatchString(p.Path + "." + fn.Name.Name) {
					out = append(out, target{p.Path, fn.Name.Name})
				}
			}
		}
	}
	return out
}

// build compiles one instrumented test binary for each package.
func build(targets []target, tmp string) (map[string]string, error) {
	binaries := map[string]string{}
	for _, t := range targets {
		if binaries[t.dir] != "" {
			continue
		}
		binary := filepath.Join(tmp, strings.ReplaceAll(t.dir, "/", "_")+".test")
		out, err := exec.Command("go", "test", "-c", "-fuzz=^Fuzz", "-o", binary, "./"+t.dir).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("build fuzz tests of %s: %w\n%s", t.dir, err, out)
		}
		binaries[t.dir] = binary
	}
	return binaries, nil
}

// fuzz runs the targets, some at a time, and reports how many broke.
func fuzz(targets []target, binaries map[string]string, corpus string, each time.Duration, workers int) error {
	var (
		mu     sync.Mutex
		wg     sync.WaitGroup
		broken int
		queue  = make(chan target)
	)
	for range workers {
		wg.Go(func() {
			for t := range queue {
				out, err := fuzzOne(t, binaries[t.dir], corpus, each)
				mu.Lock()
				if err != nil {
					broken++
					fmt.Printf("FAIL %s.%s: %v\n%s", t.dir, t.name, err, out)
				} else {
					fmt.Printf("ok   %s.%s %s\n", t.dir, t.name, executions(out))
				}
				mu.Unlock()
			}
		})
	}
	for _, t := range targets {
		queue <- t
	}
	close(queue)
	wg.Wait()
	if broken > 0 {
		return fmt.Errorf("%d of %d fuzz tests broke; the input lies in testdata/fuzz beside the test: repair the code and keep the input", broken, len(targets))
	}
	return nil
}

func fuzzOne(t target, binary, corpus string, each time.Duration) ([]byte, error) {
	var (
		out []byte
		err error
	)
	for range 3 {
		out, err = fuzzOnce(t, binary, corpus, each)
		// The fuzzing engine now and then takes the end of its own time for a
		// failure of the test. A real failure names the input it wrote.
		if err == nil || !bytes.Contains(out, []byte("context deadline exceeded")) || bytes.Contains(out, []byte("Failing input written")) {
			break
		}
	}
	return out, err
}

func fuzzOnce(t target, binary, corpus string, each time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), each+grace)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary,
		// Making each new input small would eat the moment that there is.
		"-test.fuzzminimizetime=20x", "-test.run=^$", "-test.fuzz=^"+t.name+"$", "-test.fuzztime="+each.String(),
		"-test.fuzzcachedir="+filepath.Join(corpus, t.dir), "-test.parallel=1")
	cmd.Dir = t.dir
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return out, fmt.Errorf("still running %v after its time: an input may hang it", grace)
	}
	return out, err
}

// executions finds the last count that the fuzzing engine printed.
func executions(out []byte) string {
	i := bytes.LastIndex(out, []byte("execs: "))
	if i < 0 {
		return ""
	}
	count, _, _ := bytes.Cut(out[i+len("execs: "):], []byte(" "))
	return string(count) + " executions"
}
