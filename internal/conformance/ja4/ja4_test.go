package ja4_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bongsu/bongsu/internal/conformance"
	"github.com/bongsu/bongsu/internal/conformance/ja4"
)

// TestShare keeps every published fingerprint of a client over TCP right.
func TestShare(t *testing.T) {
	data := os.Getenv("BONGSU_TESTDATA")
	if data == "" {
		t.Skip("BONGSU_TESTDATA is not set: no published fingerprints to compare with")
	}
	r, err := conformance.Run(ja4.Suite(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Failures {
		t.Errorf("%s: %s", f.ID, f.Reason)
	}
	t.Logf("%d of %d, %d left to a later issue", r.Passed, r.Cases, r.Left)
}

// A folder without data of this kind is no error, and a wrong value is found.
func TestDiscover(t *testing.T) {
	data := t.TempDir()
	if cases, err := ja4.Suite().Discover(data); err != nil || len(cases) != 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	write := func(name, text string) {
		path := filepath.Join(data, "net/ja4", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a/JA4.md", "0x0303 = TLS 1.2 = “12”\n0x0302 = TLS 1.1 = “99”\n* `0x61 0x20` would be printed as \"60\"\n002f = 000000000000\n")
	write("b/x@gone.pcap.snap", "- stream: 0\n  transport: udp\n  src: 192.0.2.1\n  ja4: q13d\n- stream: 1\n  transport: tcp\n  ja4: t13d\n- stream: 2\n  transport: tcp\n")
	r, err := conformance.Run(ja4.Suite(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Cases != 5 || r.Passed != 2 || r.Left != 2 {
		t.Errorf("%+v", r)
	}
	for _, f := range r.Failures {
		if !strings.Contains(f.Reason, "want ") {
			t.Errorf("%s: %s", f.ID, f.Reason)
		}
	}
}
