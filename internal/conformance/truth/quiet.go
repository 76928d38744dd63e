package truth

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/internal/conformance"
)

// ordinary are the folders with captures of ordinary traffic, and where the
// truth about each capture stands beside them.
var ordinary = []struct{ captures, expected string }{
	{"net/chrissanders", ""},
	{"net/ndpi/pcap", "net/ndpi/expected"},
}

// Quiet counts the captures of ordinary traffic that give findings of medium
// severity or above.
func Quiet() conformance.Suite {
	return conformance.Suite{
		Name:     "quiet",
		Doc:      "captures of ordinary traffic: no finding of medium severity or above",
		Discover: discoverQuiet,
	}
}

func discoverQuiet(data string) ([]conformance.Case, error) {
	rows, err := readRows(data)
	if err != nil {
		return nil, fmt.Errorf("read TRUTH.tsv: %w", err)
	}
	attacks := map[string]string{}
	for _, r := range rows {
		if r.label == "benign" {
			continue
		}
		files, err := find(data, r.file)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			attacks[f] = r.what
		}
	}
	var cases []conformance.Case
	for _, o := range ordinary {
		files, err := filepath.Glob(filepath.Join(data, o.captures, "*.pcap*"))
		if err != nil {
			return nil, err
		}
		slices.Sort(files)
		for _, f := range files {
			id, err := filepath.Rel(data, f)
			if err != nil {
				return nil, err
			}
			var risks []string
			if o.expected != "" {
				if risks, err = readRisks(filepath.Join(data, o.expected, filepath.Base(f)+".out")); err != nil {
					return nil, err
				}
			}
			cases = append(cases, conformance.Case{ID: id, Run: func() error { return quiet(f, attacks[f], risks) }})
		}
	}
	return cases, nil
}

// hostile are risks by which nDPI itself says that a capture is not ordinary.
var hostile = []string{
	"RCE Injection", "SQL Injection", "XSS Attack", "Possible Exploit Attempt", "Client Contacted A Malware Host",
	"Malware",
}

// readRisks reads the risks that nDPI states for the flows of a capture.
func readRisks(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	add := func(risk string) {
		if !slices.Contains(out, risk) {
			out = append(out, risk)
		}
	}
	parts := strings.Split(string(text), "** ")
	for _, p := range parts[1:] {
		if risk, _, ok := strings.Cut(p, " **"); ok {
			add(risk)
		}
	}
	if strings.Contains(string(text), "[cat: Malware") {
		add("Malware")
	}
	return out, nil
}

func quiet(path, attack string, risks []string) error {
	if attack != "" {
		return conformance.Left{Reason: "not ordinary: " + attack}
	}
	for _, h := range hostile {
		if slices.Contains(risks, h) {
			return conformance.Left{Reason: "not ordinary: nDPI says " + h}
		}
	}
	found, err := loud(path)
	if err != nil {
		return err
	}
	if slices.Contains(risks, "Clear-Text Credentials") {
		found = slices.DeleteFunc(found, func(f detect.Finding) bool { return f.Rule.Detector == "cleartext" })
	}
	if len(found) > 0 {
		return fmt.Errorf("%d findings: %s", len(found), titles(found))
	}
	return nil
}
