package event_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
)

func TestParseOwn(t *testing.T) {
	own := sample()
	own.SetStr(event.JA4List, `[{"type_id":1,"value":"t13d\u0031"}]`)
	own.SetBool(event.IsRemote, false)
	own.SetInt(event.SeverityID, int64(event.SeverityHigh))
	own.SetActivity(99)
	own.SetStr(event.ActivityName, "weird")
	own.AddUnmapped("deep.list", `[1,{"a":null}]`)
	foreign := event.New(event.Authentication, own.Time, own.Origin)
	foreign.SetStr(event.ProductName, "Suricata")
	foreign.SetStr(event.ProductVendor, "OISF")
	foreign.SetStr(event.OriginalUID, "17")
	hosted := event.New(event.NetworkActivity, own.Time, own.Origin)
	hosted.SetStr(event.DeviceHostname, "web1")
	hosted.SetStr(event.ProxyIP, "192.0.2.9")
	hosted.SetStr(event.ProtocolName, "tcp")
	for _, e := range []*event.Event{own, foreign, hosted, sample(), event.New(event.Base, own.Time, event.Origin{})} {
		want := string(e.AppendJSON(nil))
		back, err := event.Parse([]byte(want))
		if err != nil {
			t.Fatalf("parse %s: %v", want, err)
		}
		if diff := cmp.Diff(want, string(back.AppendJSON(nil))); diff != "" {
			t.Errorf("written again (-want +got):\n%s", diff)
		}
		if got := back.ID(); got != e.ID() {
			t.Errorf("id %s, want %s", got, e.ID())
		}
	}
}

func TestParseForeign(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{
			"known class", `{"class_uid":3002,"class_name":"Authentication","activity_id":1,"severity_id":3,"time":1772357400123,"type_name":"Authentication: Logon",
			 "metadata":{"version":"1.3.0","uid":"7f-1","product":{"name":"Gate","version":"2"}},"user":{"name":"kim","groups":[{"name":"dev"}],"uid":501},"src_endpoint":{"ip":"192.0.2.1","port":"x"},"device":null}`,
			`{"class_uid":3002,"class_name":"Authentication","category_uid":3,"category_name":"Identity & Access Management","activity_id":1,"activity_name":"Logon","type_uid":300201,"severity_id":3,"severity":"Medium","time":1772357400123,` +
				`"metadata":{"version":"1.9.0-dev","uid":"evt__0_0","product":{"name":"Gate"},"original_event_uid":"7f-1"},"src_endpoint":{"ip":"192.0.2.1"},"user":{"name":"kim","uid":"501"},` +
				`"unmapped":{"metadata.version":"1.3.0","metadata.product.version":"2","user.groups":[{"name":"dev"}],"src_endpoint.port":"x","device":null}}`,
		},
		{
			"unknown class", `{"class_uid":5001,"activity_id":2,"time_dt":"2026-03-01T18:30:00.5+09:00","message":"seen","device":{"ip":"192.0.2.9"}}`,
			`{"class_uid":0,"class_name":"Base Event","category_uid":0,"category_name":"Uncategorized","activity_id":0,"activity_name":"Unknown","type_uid":0,"severity_id":1,"severity":"Informational","time":1772357400500,"message":"seen",` +
				`"metadata":{"version":"1.9.0-dev","uid":"evt__0_0","product":{"name":"unknown"}},"unmapped":{"class_uid":5001,"activity_id":2,"device.ip":"192.0.2.9"}}`,
		},
	}
	for _, tt := range tests {
		e, err := event.Parse([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(tt.want, string(e.AppendJSON(nil))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if _, err := event.Parse([]byte(`{"a":1}`)); !errors.Is(err, event.ErrNotOCSF) {
		t.Errorf("an object without class gives %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample().AppendJSON(nil))
	f.Add([]byte(`{"class_uid":4001,"time":1,"metadata":{"uid":"evt_a_1_0"},"unmapped":{"a.b":[ 1,"\ud800"]},"tls":{"ja3_hash":{"value":"x"}},"answers":"no","duration":1.5}`))
	f.Add([]byte(`{"class_uid":99999,"time":-9e18,"activity_name":"x","unmapped":3}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := event.Parse(b)
		if err != nil {
			return
		}
		once := e.AppendJSON(nil)
		again, err := event.Parse(once)
		if err != nil {
			t.Fatalf("%q is written as %q, which cannot be read: %v", b, once, err)
		}
		if twice := again.AppendJSON(nil); string(once) != string(twice) {
			t.Fatalf("%q is written as\n%s\nand then as\n%s", b, once, twice)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	line := sample().AppendJSON(nil)
	var p event.Parser
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Parse(line); err != nil {
			b.Fatal(err)
		}
	}
}
