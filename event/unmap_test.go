package event_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
)

func TestFit(t *testing.T) {
	e := event.New(event.Authentication, time.UnixMilli(0), event.Origin{})
	e.SetActivity(event.Logon)
	e.SetStr(event.SrcIP, "192.0.2.1")
	e.SetStr(event.ProtocolName, "tcp")
	e.SetStr(event.DeviceHostname, "web1")
	e.SetStr(event.DNSQuery, "example.com")
	e.SetStr(event.Observables, `{}`)
	e.Fit()
	var got []string
	e.Each(func(p event.Path, _ string, _ int64) bool {
		got = append(got, p.Name())
		return true
	})
	if diff := cmp.Diff([]string{"activity_id", "device.hostname", "src_endpoint.ip"}, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	want := []event.Unmapped{{Name: "connection_info.protocol_name", Literal: `"tcp"`}, {Name: "query.hostname", Literal: `"example.com"`}, {Name: "observables", Literal: "{}"}}
	if diff := cmp.Diff(want, e.AllUnmapped()); diff != "" {
		t.Errorf("unmapped (-want +got):\n%s", diff)
	}
	if event.Class(9999).Has(event.SrcIP) {
		t.Error("an unknown class has columns")
	}
}

func TestUnmap(t *testing.T) {
	e := event.New(event.NetworkActivity, time.UnixMilli(0), event.Origin{})
	e.SetStr(event.SrcIP, "x\"")
	e.SetInt(event.SrcPort, 70000)
	e.SetBool(event.IsRemote, true)
	e.SetTime(event.StartTime, time.UnixMilli(1500))
	e.SetStr(event.JA4List, `[1]`)
	e.SetStr(event.DstIP, "192.0.2.1")
	for _, p := range []event.Path{event.SrcIP, event.SrcPort, event.IsRemote, event.StartTime, event.JA4List, event.DstMAC} {
		e.Unmap(p)
		if e.Has(p) {
			t.Errorf("%s is still there", p.Name())
		}
	}
	want := []event.Unmapped{
		{Name: "src_endpoint.ip", Literal: `"x\""`},
		{Name: "src_endpoint.port", Literal: "70000"},
		{Name: "is_remote", Literal: "true"},
		{Name: "start_time", Literal: "1500"},
		{Name: "ja4_fingerprint_list", Literal: "[1]"},
	}
	if diff := cmp.Diff(want, e.AllUnmapped()); diff != "" {
		t.Errorf("unmapped (-want +got):\n%s", diff)
	}
	if got := e.Str(event.DstIP); got != "192.0.2.1" {
		t.Errorf("dst_endpoint.ip = %q", got)
	}
}
