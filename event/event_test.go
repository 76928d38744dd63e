package event_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
)

func sample() *event.Event {
	at := time.Date(2026, 3, 1, 9, 30, 0, 123456789, time.UTC)
	e := event.New(event.NetworkActivity, at, event.Origin{Source: "0123456789abcdef0123", Position: 42, Ordinal: 1})
	e.SetActivity(event.ConnClose)
	e.SetStr(event.DstIP, "198.51.100.7")
	e.SetInt(event.DstPort, 443)
	e.SetStr(event.SrcIP, "192.0.2.1")
	e.SetStr(event.TenantUID, "org_default")
	e.SetStr(event.TLSSubject, "CN=example.com")
	e.SetStr(event.TLSSNI, "example.com")
	e.SetTime(event.StartTime, at)
	e.SetTime(event.EndTime, at.Add(1500*time.Microsecond))
	e.AddUnmappedStr("conn_state", "S\"F\n")
	e.AddUnmappedInt("ip_bytes", 99)
	return e
}

func TestAppendJSON(t *testing.T) {
	got := string(sample().AppendJSON(nil))
	want := `{"class_uid":4001,"class_name":"Network Activity","category_uid":4,"category_name":"Network Activity","activity_id":2,"activity_name":"Close","type_uid":400102,"severity_id":1,"severity":"Informational","time":1772357400123,` +
		`"dst_endpoint":{"ip":"198.51.100.7","port":443},"end_time":1772357400124,` +
		`"metadata":{"version":"1.9.0-dev","uid":"evt_0123456789abcdef_42_1","product":{"name":"Bongsu","vendor_name":"Bongsu"},"tenant_uid":"org_default"},` +
		`"src_endpoint":{"ip":"192.0.2.1"},"start_time":1772357400123,"tls":{"certificate":{"issuer":"","serial_number":"","subject":"CN=example.com"},"sni":"example.com","version":""},` +
		`"unmapped":{"conn_state":"S\"F\n","ip_bytes":99}}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("AppendJSON (-want +got):\n%s", diff)
	}
	if !json.Valid([]byte(got)) {
		t.Errorf("not JSON: %s", got)
	}
}

// What OCSF demands and nobody knows is written as unknown.
func TestAppendJSONDemands(t *testing.T) {
	tests := []struct {
		name  string
		class event.Class
		set   func(*event.Event)
		want  string // from activity to unmapped
	}{
		{"direction", event.NetworkActivity, func(e *event.Event) { e.SetStr(event.ProtocolName, "tcp") }, `"connection_info":{"direction_id":0,"protocol_name":"tcp"},`},
		{"known direction", event.NetworkActivity, func(e *event.Event) { e.SetInt(event.DirectionID, 1) }, `"connection_info":{"direction_id":1},`},
		{"device", event.Base, func(e *event.Event) { e.SetStr(event.DeviceHostname, "h") }, `"device":{"hostname":"h","type_id":0},`},
		{"root of the DNS", event.DNSActivity, func(e *event.Event) { e.SetStr(event.DNSType, "NS") }, `"query":{"hostname":"","type":"NS"}`},
		{"program", event.Base, func(e *event.Event) { e.SetStr(event.ProcessPath, "/bin/sh") }, `"process":{"file":{"name":"","path":"/bin/sh","type_id":0}}`},
		{"mail", event.EmailActivity, func(e *event.Event) { e.SetStr(event.EmailFrom, "a@example.com") }, `"direction_id":0,"email":{"from":"a@example.com"},`},
		{"nothing", event.NetworkActivity, func(e *event.Event) { e.SetStr(event.SrcIP, "192.0.2.1") }, `"src_endpoint":{"ip":"192.0.2.1"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := event.New(tt.class, time.UnixMilli(0), event.Origin{})
			tt.set(e)
			got := string(e.AppendJSON(nil))
			if !strings.Contains(got, tt.want) || !json.Valid([]byte(got)) {
				t.Errorf("%s\ndoes not hold\n%s", got, tt.want)
			}
		})
	}
}

func TestAppendJSONProfiles(t *testing.T) {
	tests := []struct {
		columns []event.Path
		want    string
	}{
		{[]event.Path{event.SrcIP}, `"uid":"evt__0_0","product"`},
		{[]event.Path{event.DeviceHostname}, `"profiles":["host"],`},
		{[]event.Path{event.DeviceHostname, event.ActorUser}, `"profiles":["host"],`},
		{[]event.Path{event.ActorUser, event.ProxyHostname}, `"profiles":["host","network_proxy"],`},
		{[]event.Path{event.ProxyHostname}, `"profiles":["network_proxy"],`},
	}
	for _, tt := range tests {
		e := event.New(event.NetworkActivity, time.UnixMilli(0), event.Origin{})
		for _, p := range tt.columns {
			e.SetStr(p, "x")
		}
		if got := string(e.AppendJSON(nil)); !strings.Contains(got, tt.want) || !json.Valid([]byte(got)) {
			t.Errorf("%s\ndoes not hold %s", got, tt.want)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	e := sample()
	b.ReportAllocs()
	buf := e.AppendJSON(nil)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		buf = e.AppendJSON(buf[:0])
	}
}

func TestColumns(t *testing.T) {
	e := sample()
	if got, want := e.Span(), 1500*time.Microsecond; got != want {
		t.Errorf("Span = %v, want %v", got, want)
	}
	if got := e.Int(event.DstPort); got != 443 {
		t.Errorf("DstPort = %d", got)
	}
	if e.Has(event.SrcPort) {
		t.Error("SrcPort is set")
	}
	if got := e.UnmappedStr("conn_state"); got != "S\"F\n" {
		t.Errorf("conn_state = %q", got)
	}
	for _, p := range event.Paths() {
		if q, ok := event.PathOf(p.Name()); !ok || q != p || p.Type() == 0 {
			t.Errorf("path %d %q does not find itself", p, p.Name())
		}
	}
}

func FuzzAppendQuoted(f *testing.F) {
	f.Add("plain")
	f.Add("a\x00\xff\"\\\u2028한글")
	f.Fuzz(func(t *testing.T, s string) {
		lit := event.AppendQuoted(nil, s)
		var got string
		if err := json.Unmarshal(lit, &got); err != nil {
			t.Fatalf("%q gives %s: %v", s, lit, err)
		}
	})
}
