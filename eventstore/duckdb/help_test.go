package duckdb_test

import (
	"net/netip"
	"os"
	"strings"
	"testing"
)

func ptr[T any](v T) *T { return &v }

func prefixesOf(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// rss logs how much memory the process has.
func rss(t testing.TB, when string) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Logf("memory %s is not known: %v", when, err)
		return
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "VmHWM") {
			t.Logf("%s: %s", when, strings.Join(strings.Fields(line), " "))
		}
	}
}
