package ocsf_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/incident"
	"github.com/bongsu/bongsu/internal/conformance"
	"github.com/bongsu/bongsu/internal/conformance/ocsf"
	"github.com/bongsu/bongsu/internal/ocsftest"
	"github.com/bongsu/bongsu/text"
)

// logins is a log of a guessed password.
var logins = strings.Repeat("Mar  1 09:30:00 web1 sshd[100]: Failed password for root from 192.0.2.7 port 40022 ssh2\n", 30) +
	"Mar  1 09:30:10 web1 sshd[100]: Accepted password for root from 192.0.2.7 port 40022 ssh2\n"

func TestSuite(t *testing.T) {
	tests := []struct {
		name   string
		schema string
		want   map[string]string // case to what its reason begins with
	}{
		{"no schema", "", map[string]string{}},
		{"another schema", "../../ocsftest/testdata/schema", map[string]string{"logs/web1/auth.log": "class 3002 class_uid: the schema has no class 3002 (31 times, first evt_"}},
		{"the schema", filepath.Join(os.Getenv("BONGSU_TESTDATA"), filepath.FromSlash(ocsftest.Folder)), map[string]string{"logs/web1/auth.log": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := t.TempDir()
			if tt.name == "the schema" && os.Getenv("BONGSU_TESTDATA") == "" {
				t.Skip("BONGSU_TESTDATA is not set: the OCSF schema is not at hand")
			}
			if tt.schema != "" {
				if err := os.CopyFS(filepath.Join(data, filepath.FromSlash(ocsftest.Folder)), os.DirFS(tt.schema)); err != nil {
					t.Fatal(err)
				}
			}
			write(t, filepath.Join(data, "logs", "web1", "auth.log"), logins)
			write(t, filepath.Join(data, "net", "readme"), "nothing that is a log")
			cases, err := ocsf.Suite().Discover(data)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, c := range cases {
				got[c.ID] = ""
				var left conformance.Left
				if err := c.Run(); errors.As(err, &left) {
					t.Errorf("%s is left: %s", c.ID, left.Reason)
				} else if err != nil {
					got[c.ID], _, _ = strings.Cut(err.Error(), "\n")
				}
			}
			for id, reason := range tt.want {
				if strings.HasPrefix(got[id], reason) && reason != "" {
					got[id] = reason
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("cases (-want +got):\n%s", diff)
			}
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every claim that a detector can make, about every kind of entity, has to be
// valid, and so has the incident that holds it.
func TestFindings(t *testing.T) {
	checker := ocsftest.Load(t).NewChecker()
	at := time.UnixMilli(1772357400123)
	first := event.New(event.NetworkActivity, at, event.Origin{Source: "0123456789abcdef", Position: 1})
	first.SetStr(event.SrcIP, "192.0.2.1")
	first.SetInt(event.SrcPort, 50000)
	first.SetStr(event.TenantUID, "org_default")
	bare := event.New(event.Base, at, event.Origin{Source: "0123456789abcdef", Position: 2})
	entities := []detect.Entity{
		{Kind: "ip", Value: "192.0.2.1", Role: detect.Actor},
		{Kind: "ip", Value: "2001:db8::1", Role: detect.Target},
		{Kind: "ip", Value: "somewhere", Role: detect.Related},
		{Kind: "host", Value: "web1"},
		{Kind: "domain", Value: "example.com"},
		{Kind: "user", Value: "김"},
		{Kind: "url", Value: "http://example.com/"},
		{Kind: "mac", Value: "00:00:5e:00:53:01"},
		{Kind: "mac", Value: "x"},
		{Kind: "service", Value: "tcp/22"},
	}
	rules := 0
	for _, kind := range catalog.Detectors() {
		for _, rule := range kind.Rules {
			rules++
			for severity := event.SeverityUnknown; severity <= event.SeverityFatal; severity++ {
				f := rule.New("key", first, nil)
				f.Severity = severity
				f.Confidence = int(severity) * 16
				f.Rest(first, "a fact")
				f.Rest(bare, "another")
				f.Recording = "net/a.pcap"
				for _, e := range entities {
					f.Involve(e.Kind, e.Value, e.Role)
				}
				in := incident.Incident{
					ID: "inc_1", Severity: severity, Rank: 100, First: at, Last: at, Findings: []detect.Finding{f},
					Entities: f.Entities, Techniques: rule.Techniques, Tenant: "org_default", Recording: f.Recording,
					Timeline: []incident.Moment{{Time: at, FindingID: f.ID}},
				}
				for _, lang := range text.Langs() {
					if err := checker.Check(f.AppendOCSF(nil, lang)); err != nil {
						t.Fatalf("finding %s.%s of severity %d in %s: %v", rule.Detector, rule.Name, severity, lang, err)
					}
					if err := checker.Check(in.AppendOCSF(nil, lang)); err != nil {
						t.Fatalf("incident of %s.%s of severity %d in %s: %v", rule.Detector, rule.Name, severity, lang, err)
					}
				}
			}
		}
	}
	if rules == 0 {
		t.Error("no detector has rules")
	}
}
