package dhcp_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/file"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/dissect/dhcp"
	"github.com/bongsu/bongsu/event"
)

// TestZeek compares with what Zeek's own tests say of the same packets. Zeek
// writes a line for each transaction, with the last value of each column, so
// what all lines of a log say together is compared: the messages by kind and
// number, and that no value is missing.
func TestZeek(t *testing.T) {
	root := os.Getenv("BONGSU_TESTDATA")
	if root == "" {
		t.Skip("BONGSU_TESTDATA is not set: nothing to compare with")
	}
	cases, err := os.ReadFile(filepath.Join(root, "net", "zeek", "cases.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for row := range strings.Lines(string(cases)) {
		cells := strings.Split(strings.TrimSpace(row), "\t")
		if len(cells) != 4 || !strings.Contains(cells[0], ".dhcp.") || !strings.Contains(cells[3], "dhcp.log") || strings.Contains(cells[1], "max_") && !strings.Contains(cells[1], "max_uids_per_log_entry=5 ") {
			continue
		}
		trace, err := os.ReadFile(filepath.Join(root, "net", "zeek", "Traces", filepath.FromSlash(cells[2])))
		if err != nil {
			continue // a trace that is made while Zeek's test runs
		}
		want, err := os.ReadFile(filepath.Join(root, "net", "zeek", "Baseline", cells[0], "dhcp.log"))
		if err != nil {
			continue // what is compared is written by several nodes
		}
		compared++
		t.Run(cells[0], func(t *testing.T) {
			want, got := said(want), seen(t, trace)
			if diff := cmp.Diff(want["msg_types"], got["msg_types"]); diff != "" {
				t.Error(diff)
			}
			for name, list := range want {
				for _, value := range list {
					if !slices.Contains(got[name], value) {
						t.Errorf("%s %s is not among %v", name, value, got[name])
					}
				}
			}
		})
	}
	if compared == 0 {
		t.Error("no case of Zeek's was found")
	}
}

// values are the different values of each column, in order; the messages are
// counted.
type values map[string][]string

func (v values) add(name, value string) {
	if value != "" && value != "-" && !slices.Contains(v[name], value) {
		v[name] = append(v[name], value)
	}
}

func (v values) sorted(counts map[string]int) values {
	for kind, n := range counts {
		v["msg_types"] = append(v["msg_types"], kind+" "+strconv.Itoa(n))
	}
	for _, name := range slices.Collect(maps.Keys(v)) {
		slices.Sort(v[name])
	}
	return v
}

func said(log []byte) values {
	out, counts := values{}, map[string]int{}
	var fields []string
	for row := range strings.Lines(string(log)) {
		cells := strings.Split(strings.TrimRight(row, "\n"), "\t")
		if cells[0] == "#fields" || cells[0] == "ts" {
			fields = slices.DeleteFunc(cells, func(s string) bool { return s == "#fields" })
			continue
		}
		if strings.HasPrefix(row, "#") {
			continue
		}
		for i, name := range fields {
			switch name {
			case "mac", "host_name", "client_fqdn", "domain", "requested_addr", "assigned_addr", "server_message", "client_message":
				out.add(name, cells[i])
			case "lease_time":
				out.add(name, strings.TrimSuffix(cells[i], ".000000"))
			case "msg_types":
				for kind := range strings.SplitSeq(cells[i], ",") {
					counts[kind]++
				}
			}
		}
	}
	return out.sorted(counts)
}

func seen(t *testing.T, trace []byte) values {
	t.Helper()
	out, counts := values{}, map[string]int{}
	in, err := file.NewReader(bytes.NewReader(trace))
	if err != nil {
		t.Fatal(err)
	}
	engine := dissect.NewEngine(dissect.Config{Set: dissect.NewSet([]dissect.Kind{dhcp.Kind()}), Source: "0123456789abcdef", Emit: func(e *event.Event) {
		if e.Class != event.DHCPActivity {
			return
		}
		counts[strings.ToUpper(kinds[e.Activity()])]++
		out.add("host_name", e.Str(event.SrcHostname))
		if e.Has(event.LeaseDuration) {
			out.add("lease_time", strconv.FormatInt(e.Int(event.LeaseDuration), 10))
		}
		for _, name := range []string{"mac", "host_name", "client_fqdn", "domain", "requested_addr", "assigned_addr", "server_message", "client_message"} {
			out.add(name, e.UnmappedStr(name))
		}
	}})
	var p capture.Packet
	for in.Next(&p) == nil {
		engine.Packet(&p)
	}
	engine.Close()
	return out.sorted(counts)
}
