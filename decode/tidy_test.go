package decode_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/internal/ocsftest"
)

// loose is a decoder that says what a damaged log made it believe.
type loose struct{ make func(*event.Event) }

func (l loose) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	e := event.New(event.Class(rec.Body[0]), time.UnixMilli(1772357400123), decode.Stamp(rec, 0))
	l.make(e)
	return append(out, e), nil
}

// Whatever decoders make of damaged records, OCSF takes it, and no value is
// lost.
func TestReaderTidies(t *testing.T) {
	tests := []struct {
		name string
		make func(*event.Event)
		want map[string]string
	}{
		{
			"port without address",
			func(e *event.Event) {
				e.Class = event.NetworkActivity
				e.SetStr(event.SrcIP, "192.0.2.1")
				e.SetInt(event.DstPort, 80)
			},
			map[string]string{"src_endpoint.ip": "192.0.2.1", "~dst_endpoint.port": "80"},
		},
		{
			"no end at all",
			func(e *event.Event) {
				e.Class = event.DNSActivity
				e.SetInt(event.SrcPort, 53)
				e.SetStr(event.DNSQuery, "example.com")
			},
			map[string]string{"src_endpoint.ip": "0.0.0.0", "query.hostname": "example.com", "~src_endpoint.port": "53"},
		},
		{
			"address that is none",
			func(e *event.Event) {
				e.Class = event.NetworkActivity
				e.SetStr(event.SrcIP, "192.0.2.x")
				e.SetStr(event.DstHostname, "h")
			},
			map[string]string{"dst_endpoint.hostname": "h", "~src_endpoint.ip": `"192.0.2.x"`},
		},
		{
			"MAC",
			func(e *event.Event) {
				e.Class = event.NetworkActivity
				e.SetStr(event.SrcIP, "192.0.2.1")
				e.SetStr(event.SrcMAC, "00-00-5E-00-53-01")
				e.SetStr(event.DstHostname, "h")
				e.SetStr(event.DstMAC, "0:0:5e")
			},
			map[string]string{"src_endpoint.ip": "192.0.2.1", "src_endpoint.mac": "00:00:5e:00:53:01", "dst_endpoint.hostname": "h", "~dst_endpoint.mac": `"0:0:5e"`},
		},
		{
			"port",
			func(e *event.Event) {
				e.Class = event.NetworkActivity
				e.SetStr(event.SrcIP, "192.0.2.1")
				e.SetInt(event.SrcPort, 70000)
			},
			map[string]string{"src_endpoint.ip": "192.0.2.1", "~src_endpoint.port": "70000"},
		},
		{
			"method",
			func(e *event.Event) {
				e.Class = event.HTTPActivity
				e.SetStr(event.HTTPMethod, "HELLO")
				e.SetInt(event.HTTPStatus, 400)
			},
			map[string]string{"http_response.code": "400", "~http_request.http_method": `"HELLO"`},
		},
		{
			"answer without code",
			func(e *event.Event) {
				e.Class = event.HTTPActivity
				e.SetStr(event.HTTPMethod, "GET")
				e.SetStr(event.HTTPStatusText, "OK")
			},
			map[string]string{"http_request.http_method": "GET", "~http_response.status": `"OK"`},
		},
		{
			"exchange without either",
			func(e *event.Event) { e.Class = event.HTTPActivity; e.SetStr(event.SrcIP, "192.0.2.1") },
			map[string]string{"src_endpoint.ip": "192.0.2.1", "http_request.url.path": "/"},
		},
		{
			"address of a page without page",
			func(e *event.Event) { e.Class = event.HTTPActivity; e.SetStr(event.HTTPHost, "www.example.com") },
			map[string]string{"http_request.url.hostname": "www.example.com", "http_request.url.path": "/"},
		},
		{
			"file without name",
			func(e *event.Event) {
				e.Class = event.SMBActivity
				e.SetStr(event.SrcIP, "192.0.2.1")
				e.SetInt(event.FileSize, 3)
			},
			map[string]string{"src_endpoint.ip": "192.0.2.1", "~file.size": "3"},
		},
		{
			"finding of nothing",
			func(e *event.Event) { e.Class = event.DetectionFinding },
			map[string]string{"finding_info.uid": "evt__0_0"},
		},
		{
			"columns of another class",
			func(e *event.Event) {
				e.Class = event.DHCPActivity
				e.SetStr(event.SrcIP, "192.0.2.1")
				e.SetStr(event.UserName, "kim")
				e.SetActivity(77)
			},
			map[string]string{"activity_id": "99", "src_endpoint.ip": "192.0.2.1", "~user.name": `"kim"`, "~activity_id": "77"},
		},
		{
			"mail",
			func(e *event.Event) { e.Class = event.EmailActivity; e.SetStr(event.EmailFrom, "root") },
			map[string]string{"email.to": "[]", "~email.from": `"root"`},
		},
		{
			"login of nobody to nothing",
			func(e *event.Event) {
				e.Class = event.Authentication
				e.SetActivity(event.Logon)
				e.SetInt(event.DstPort, 22)
			},
			map[string]string{"activity_id": "1", "user.name": "-", "service.name": "-", "~dst_endpoint.port": "22"},
		},
		{
			"device",
			func(e *event.Event) { e.SetStr(event.DeviceIP, "none"); e.SetInt(event.DeviceTypeID, 0) },
			map[string]string{"~device.ip": `"none"`, "~device.type_id": "0"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind := decode.Kind{Name: "loose", New: func(decode.Options) decode.Decoder { return loose{tt.make} }}
			r, err := decode.NewReader([]decode.Kind{kind}, "loose", decode.Options{})
			if err != nil {
				t.Fatal(err)
			}
			e := r.Decode(decode.Record{Body: []byte{0}}, nil)[0]
			got := map[string]string{}
			e.Each(func(p event.Path, s string, n int64) bool {
				if got[p.Name()] = s; p.Type() == event.Int {
					got[p.Name()] = strconv.FormatInt(n, 10)
				}
				return true
			})
			for _, u := range e.AllUnmapped() {
				got["~"+u.Name] = u.Literal
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := ocsftest.Load(t).NewChecker().Check(e.AppendJSON(nil)); err != nil {
				t.Error(err)
			}
		})
	}
}
