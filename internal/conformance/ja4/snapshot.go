package ja4

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/file"
	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/internal/conformance"
	"github.com/bongsu/bongsu/wire/json"
)

// A record is what a snapshot says of one stream.
type record struct{ transport, src, dst, srcPort, dstPort, ja4 string }

func (r record) ends() string {
	return r.src + " " + r.srcPort + " " + r.dst + " " + r.dstPort
}

// readSnapshot reads the records of a snapshot: a list in YAML of which only the
// first level matters here.
func readSnapshot(path string) (records []record, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "- ") {
			records = append(records, record{})
		} else if len(line) < 3 || line[:2] != "  " || line[2] == ' ' || line[2] == '-' {
			continue
		}
		if len(records) == 0 {
			continue
		}
		key, value, _ := strings.Cut(line[2:], ": ")
		value = strings.Trim(strings.TrimSpace(value), `'"`)
		r := &records[len(records)-1]
		switch key {
		case "transport":
			r.transport = value
		case "src":
			r.src = value
		case "dst":
			r.dst = value
		case "src_port":
			r.srcPort = value
		case "dst_port":
			r.dstPort = value
		case "ja4":
			r.ja4 = value
		}
	}
	return records, lines.Err()
}

// snapshotCases returns a case for each fingerprint of a snapshot.
func snapshotCases(path string, captures map[string]string) ([]conformance.Case, error) {
	records, err := readSnapshot(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	name := captureOf(path)
	ours := &reading{path: captures[name]}
	seen := map[string]int{} // how many records with the same ends came before
	var cases []conformance.Case
	for _, r := range records {
		if r.ja4 == "" {
			continue
		}
		nth := seen[r.transport+r.ends()]
		seen[r.transport+r.ends()]++
		cases = append(cases, conformance.Case{
			ID: fmt.Sprintf("%s %s %s #%d", name, r.transport, r.ends(), nth+1),
			Run: func() error {
				switch {
				case strings.HasPrefix(r.ja4, "q"):
					return conformance.Left{Reason: "the client speaks QUIC, which is not read yet"}
				case strings.HasPrefix(r.ja4, "d"):
					return conformance.Left{Reason: "the client speaks DTLS, which is not read yet"}
				case ours.path == "":
					return conformance.Left{Reason: "the capture is not in the folder"}
				}
				return ours.check(r, nth)
			},
		})
	}
	return cases, nil
}

// A reading is what we make of a capture, once it is asked for.
type reading struct {
	path  string
	done  bool
	err   error
	found map[string][]string // JA4 by ends, in order
}

func (r *reading) check(want record, nth int) error {
	if !r.done {
		r.done = true
		r.found, r.err = fingerprints(r.path)
	}
	if r.err != nil {
		return r.err
	}
	list := r.found[want.ends()]
	if nth >= len(list) {
		return fmt.Errorf("want %s, have %d fingerprints of this flow", want.ja4, len(list))
	}
	if list[nth] != want.ja4 {
		return fmt.Errorf("want %s, have %s", want.ja4, list[nth])
	}
	return nil
}

// fingerprints reads a capture.
func fingerprints(path string) (found map[string][]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in, err := file.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	found = map[string][]string{}
	engine := dissect.NewEngine(dissect.Config{
		Set: dissect.NewSet(catalog.Protocols()), IgnoreChecksums: true, NoFlows: true,
		Emit: func(e *event.Event) {
			ends := fmt.Sprintf("%s %d %s %d", e.Str(event.SrcIP), e.Int(event.SrcPort), e.Str(event.DstIP), e.Int(event.DstPort))
			if value := fingerprint(e); value != "" {
				found[ends] = append(found[ends], value)
			}
		},
	})
	var p capture.Packet
	for {
		err := in.Next(&p)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		engine.Packet(&p)
	}
	engine.Close()
	return found, nil
}

// fingerprint returns the JA4 of an event, "" where it has none.
func fingerprint(e *event.Event) string {
	list := e.Str(event.JA4List)
	if list == "" {
		return ""
	}
	var doc json.Doc
	if doc.Parse([]byte(`{"list":`+list+`}`)) != nil {
		return list
	}
	value := ""
	doc.Root().Get("list").Each(func(v json.Value) bool {
		if v.Get("type").Str() == "JA4" {
			value = v.Get("value").Str()
		}
		return value == ""
	})
	return value
}
