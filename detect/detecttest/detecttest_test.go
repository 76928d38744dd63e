package detecttest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/detect/detecttest"
)

func TestParse(t *testing.T) {
	const lines = `
# a comment
09:00:00 flow 192.0.2.1:{40000..40001} > 198.51.100.7:{22,23} tcp S0 pout=3 x3 every 10s
+1s      login ssh {root,a+b} failure 192.0.2.1 > 198.51.100.7:22 is_cleartext=true dst_endpoint.hostname=web1
+1m      arp request 192.0.2.1/02:00:00:00:00:01 > 192.0.2.1
+1s      http 192.0.2.1:40000 > 198.51.100.7:80 GET http://example.com:80/a 200
+1s      flow 192.0.2.1 > 198.51.100.7 icmp SF unmapped.icmp_type=8 dur=2s
`
	events, err := detecttest.Parse(lines)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, e.Time.Format("15:04:05 ")+string(e.AppendJSON(nil)))
	}
	for i, want := range [][]string{
		{`09:00:00`, `"port":40000`, `"port":22`, `"packets_out":3`, `"conn_state":"S0"`, `"activity_name":"Fail"`},
		{`09:00:10`, `"port":40001`, `"port":23`},
		{`09:00:20`, `"port":40000`, `"port":22`},
		{`09:00:21`, `"name":"root"`, `"status_id":2`, `"is_cleartext":true`, `"hostname":"web1"`},
		{`09:01:21`, `"mac":"02:00:00:00:00:01"`, `"arp_gratuitous":true`},
		{`09:01:22`, `"hostname":"example.com"`, `"path":"/a"`, `"code":200`},
		{`09:01:25`, `"protocol_num":1`, `"icmp_type":8`, `"duration":2000`},
	} {
		for _, w := range want {
			if !strings.Contains(got[i], w) {
				t.Errorf("event %d lacks %s: %s", i, w, got[i])
			}
		}
	}
	if len(got) != 7 {
		t.Errorf("%d events, want 7", len(got))
	}
}

func TestParseJitterStays(t *testing.T) {
	const line = "09:00:00 flow 192.0.2.1 > 198.51.100.7 tcp SF x50 every 60s~5s"
	first, err := detecttest.Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	second, _ := detecttest.Parse(line)
	moved := 0
	for i := range first {
		if !first[i].Time.Equal(second[i].Time) {
			t.Fatalf("repetition %d is at %v, then at %v", i, first[i].Time, second[i].Time)
		}
		if first[i].Time.Second() != 0 {
			moved++
		}
	}
	if moved < 40 {
		t.Errorf("jitter moved %d of 50", moved)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ line, want string }{
		{"9 flow", `line 1: time "9" is not +duration or hh:mm:ss`},
		{"09:00:00", "line 1: a time without an event"},
		{"09:00:00 flaw a b c", `line 1: unknown event "flaw"; known: flow, login, arp, http, tls, event`},
		{"09:00:00 flow a b c", "line 1: flow has 3 words of at least 5"},
		{"09:00:00 flow a > b tcp SF", `line 1: "a" is not an address or address:port`},
		{"09:00:00 flow 192.0.2.1 > 192.0.2.2 tcp SF x=1", `line 1: "x" is neither a column nor a short name`},
		{"09:00:00 flow 192.0.2.{1 > 192.0.2.2 tcp SF", `line 1: "192.0.2.{1": no closing brace`},
		{"09:00:00 flow 192.0.2.1 > 192.0.2.2 tcp SF x0 every 1s", `line 1: repetition "x0" is not x1 to x100000`},
	}
	for _, tt := range tests {
		_, err := detecttest.Parse(tt.line)
		got := "no error"
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.line, diff)
		}
	}
}
