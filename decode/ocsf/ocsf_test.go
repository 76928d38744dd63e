package ocsf_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/decode/ocsf"
)

var update = decodetest.UpdateFlag()

func TestGolden(t *testing.T)      { decodetest.Golden(t, ocsf.Kind(), "testdata/*.json", *update) }
func FuzzDecode(f *testing.F)      { decodetest.Fuzz(f, ocsf.Kind(), "testdata/*.json") }
func BenchmarkDecode(b *testing.B) { decodetest.Benchmark(b, ocsf.Kind(), "testdata/own.json") }

// What Bongsu wrote is written again to the byte, however often it is read.
func TestRoundTrip(t *testing.T) {
	lines := [][]byte{
		[]byte(`{"class_uid":4001,"class_name":"Network Activity","category_uid":4,"category_name":"Network Activity","activity_id":2,"activity_name":"Close","type_uid":400102,"severity_id":1,"severity":"Informational","time":1772357401500,"app_protocol_name":"tls","connection_info":{"direction_id":0,"flag_history":"ShADadFf","protocol_name":"tcp","protocol_num":6,"uid":"CAAA1"},"dst_endpoint":{"ip":"198.51.100.7","port":443},"duration":1500,"metadata":{"version":"1.9.0-dev","uid":"evt_00c0ffee00c0ffee_445_0","product":{"name":"Zeek","vendor_name":"Zeek"},"log_name":"conn"},"raw_data":"a\tb","src_endpoint":{"ip":"192.0.2.1","port":50000},"unmapped":{"conn_state":"SF","ip_bytes_out":1037,"list":[1,"x"]}}`),
	}
	for _, line := range lines {
		got := decodetest.Decode(ocsf.Kind(), line)
		if len(got) != 1 || got[0].Err != nil || len(got[0].Events) != 1 {
			t.Fatalf("%s: %v", line, got)
		}
		if d := cmp.Diff(string(bytes.TrimSpace(line)), string(got[0].Events[0].AppendJSON(nil))); d != "" {
			t.Errorf("written again, -want +got:\n%s", d)
		}
	}
}

func TestSniff(t *testing.T) {
	for head, want := range map[string]int{
		`{"class_uid":4001,"metadata":{"version":"1.9.0"}}`:   97,
		`{"class_uid":4001,"x":1}` + "\n":                     40,
		`{"class_uid":4001,"category_uid":4,"x":"yyyyyyyyyyy`: 80,
		`{"event_type":"flow"}`:                               0,
		"plain":                                               0,
		"":                                                    0,
	} {
		if got := ocsf.Kind().Sniff([]byte(head)); got != want {
			t.Errorf("%.60q: %d, want %d", head, got, want)
		}
	}
}
