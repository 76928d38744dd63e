package ocsftest_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/internal/ocsftest"
)

// classes are those that Bongsu writes as events.
var classes = []event.Class{
	event.Base, event.FileActivity, event.ProcessActivity, event.DetectionFinding, event.AccountChange,
	event.Authentication, event.NetworkActivity, event.HTTPActivity, event.DNSActivity, event.DHCPActivity,
	event.RDPActivity, event.SMBActivity, event.SSHActivity, event.FTPActivity, event.EmailActivity,
	event.NTPActivity, event.TunnelActivity, event.WebResources, event.APIActivity,
}

// The names that AppendJSON writes have to be the captions of the schema, for
// each activity of each class.
func TestNames(t *testing.T) {
	schema := ocsftest.Load(t)
	checker := schema.NewChecker()
	named := 0
	for _, class := range classes {
		for _, activity := range append(numbers(45), 99) {
			e := event.New(class, time.UnixMilli(1772357400123), event.Origin{Source: "0123456789abcdef", Position: 1})
			e.SetActivity(activity)
			for severity := event.SeverityUnknown; severity <= event.SeverityFatal; severity++ {
				if activity > 1 && severity > 0 {
					break // they do not depend on each other
				}
				e.SetInt(event.SeverityID, int64(severity))
				named++
				var violations ocsftest.Violations
				errors.As(checker.Check(e.AppendJSON(nil)), &violations)
				for _, v := range violations {
					switch v.Path {
					case "class_uid", "class_name", "category_uid", "category_name", "activity_name", "type_uid", "severity", "severity_id", "time", "metadata", "metadata.uid", "metadata.product":
						t.Errorf("class %d activity %d: %s", class, activity, v)
					}
				}
			}
		}
	}
	if named == 0 {
		t.Error("nothing was checked")
	}
}

// numbers returns the numbers from 0 to n-1.
func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestEvents(t *testing.T) {
	schema := ocsftest.Load(t)
	flow := func(change func(*event.Event)) *event.Event {
		e := event.New(event.NetworkActivity, time.UnixMilli(1772357400123), event.Origin{Source: "0123456789abcdef", Position: 42})
		e.SetActivity(event.ConnClose)
		e.SetStr(event.SrcIP, "192.0.2.1")
		e.SetInt(event.SrcPort, 50000)
		e.SetStr(event.DstIP, "2001:db8::7")
		e.SetInt(event.DstPort, 443)
		e.SetStr(event.SrcMAC, "00:00:5e:00:53:01")
		e.SetInt(event.ProtocolNum, 6)
		e.SetStr(event.TenantUID, "org_default")
		e.AddUnmapped("deep.value", `{"a":[null]}`)
		if change != nil {
			change(e)
		}
		return e
	}
	tests := []struct {
		name   string
		change func(*event.Event)
		want   string
	}{
		{"flow", nil, ""},
		{"host", func(e *event.Event) { e.SetStr(event.DeviceHostname, "web1"); e.SetInt(event.DeviceTypeID, 1) }, ""},
		{"device without type", func(e *event.Event) { e.SetStr(event.DeviceHostname, "web1") }, ""},
		{"proxy", func(e *event.Event) { e.SetStr(event.ProxyIP, "192.0.2.9") }, ""},
		{"address", func(e *event.Event) { e.SetStr(event.SrcIP, "192.0.2.256") }, `src_endpoint.ip: "192.0.2.256" is no ip_t`},
		{"port", func(e *event.Event) { e.SetInt(event.DstPort, 70000) }, "dst_endpoint.port: 70000 is not within 0 to 65535 of port_t"},
		{"MAC", func(e *event.Event) { e.SetStr(event.SrcMAC, "00005e005301") }, `src_endpoint.mac: "00005e005301" is no mac_t`},
		{"class without the attribute", func(e *event.Event) { e.SetStr(event.FTPCommand, "USER") }, "command: network_activity has no such attribute"},
		{"status", func(e *event.Event) { e.SetStatus(3) }, "status_id: 3 is not in the enum"},
		{"JSON column", func(e *event.Event) { e.SetStr(event.JA4List, `{"value":"t13d"}`) }, "ja4_fingerprint_list: is an object, not an array"},
	}
	checker := schema.NewChecker()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			object := flow(tt.change).AppendJSON(nil)
			if got := text(checker.Check(object)); got != tt.want {
				t.Errorf("%s\ngot  %s\nwant %s", object, got, tt.want)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	schema := ocsftest.Load(b)
	e := event.New(event.NetworkActivity, time.UnixMilli(1772357400123), event.Origin{Source: "0123456789abcdef", Position: 42})
	e.SetActivity(event.ConnClose)
	for i, p := range []event.Path{event.SrcIP, event.DstIP} {
		e.SetStr(p, "192.0.2."+strconv.Itoa(i+1))
	}
	object := e.AppendJSON(nil)
	checker := schema.NewChecker()
	b.SetBytes(int64(len(object)))
	b.ReportAllocs()
	for b.Loop() {
		if err := checker.Check(object); err != nil {
			b.Fatal(err)
		}
	}
}
