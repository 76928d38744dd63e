// Command run prints how Bongsu compares with public data sets, one line a
// suite: name, cases, passed, share.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bongsu/bongsu/internal/conformance"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", os.Getenv("BONGSU_TESTDATA"), "data folder; BONGSU_TESTDATA by default")
	only := flags.String("suite", "", "suites to run, separated by commas; all by default")
	floor := flags.String("floor", "", "file with the floors; below one, the run fails")
	asJSON := flags.Bool("json", false, "print one JSON object a suite")
	failures := flags.String("failures", "", "file for the list of failures")
	defended := flags.String("defended", "internal/conformance/defended", "folder with what is defended")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *data == "" {
		return errors.New("no data folder: give -data DIR or set BONGSU_TESTDATA")
	}
	if _, err := os.Stat(*data); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	var names []string
	if *only != "" {
		names = strings.Split(*only, ",")
	}
	suites, err := conformance.Select(all(), names)
	if err != nil {
		return err
	}
	floors := map[string]float64{}
	if *floor != "" {
		if floors, err = conformance.Floors(*floor); err != nil {
			return fmt.Errorf("floors: %w", err)
		}
	}

	var list strings.Builder
	var below []string
	for _, s := range suites {
		reasons, err := conformance.Defended(*defended, s.Name)
		if err != nil {
			return err
		}
		r, err := conformance.Run(s, *data, reasons)
		if err != nil {
			return err
		}
		show(stdout, r, *asJSON)
		for _, f := range r.Failures {
			fmt.Fprintf(&list, "%s\t%s\t%s\n", r.Suite, f.ID, strings.ReplaceAll(f.Reason, "\n", " | "))
		}
		for _, f := range r.Reasons {
			fmt.Fprintf(&list, "%s\t%s\tleft: %s\n", r.Suite, f.ID, f.Reason)
		}
		if want, ok := floors[r.Suite]; ok && (r.Cases == 0 || 100*r.Share() < want) {
			below = append(below, fmt.Sprintf("%s %.2f%% of %d cases, floor %.2f%%", r.Suite, 100*r.Share(), r.Cases, want))
		}
	}
	if *failures != "" {
		if err := os.WriteFile(*failures, []byte(list.String()), 0o644); err != nil {
			return fmt.Errorf("write failures: %w", err)
		}
	}
	if len(below) > 0 {
		return fmt.Errorf("below the floor: %s", strings.Join(below, "; "))
	}
	return nil
}

func show(w io.Writer, r conformance.Result, asJSON bool) {
	if asJSON {
		b, err := json.Marshal(struct {
			conformance.Result
			Share float64 `json:"share"`
		}{r, 100 * r.Share()})
		if err == nil {
			fmt.Fprintf(w, "%s\n", b)
		}
		return
	}
	fmt.Fprintf(w, "%s %d %d %.2f%%", r.Suite, r.Cases, r.Passed, 100*r.Share())
	if r.Defended > 0 {
		fmt.Fprintf(w, " (%d defended)", r.Defended)
	}
	if r.Left > 0 {
		fmt.Fprintf(w, " (%d left to later)", r.Left)
	}
	fmt.Fprintln(w)
}
