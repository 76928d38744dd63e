package detect_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

func finding() detect.Finding {
	rule := &detect.Rule{
		Detector: "guess", Name: "success", Severity: event.SeverityHigh,
		Techniques: []detect.Technique{
			{ID: "T1110.001", Name: "Password Guessing", Tactic: "TA0006"},
			{ID: "T1078", Name: "Valid Accounts", Tactic: "TA0001"},
		},
		Title: text.Message{EN: "{src} got into <web1>", KO: "{src|이가} web1에 들어왔습니다"},
		Why:   text.Message{EN: "why", KO: "이유"}, Now: text.Message{EN: "now", KO: "조치"}, Hush: text.Message{EN: "hush", KO: "예외"},
	}
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	e := event.New(event.Authentication, at, event.Origin{Source: "abc", Position: 7})
	e.SetStr(event.TenantUID, "org")
	e.SetStr(event.SrcIP, "203.0.113.9")
	e.SetInt(event.SrcPort, 40000)
	bare := event.New(event.Authentication, at.Add(time.Minute), event.Origin{Source: "abc", Position: 8})
	named := event.New(event.Authentication, at.Add(time.Minute), event.Origin{Source: "abc", Position: 9})
	named.SetStr(event.SrcIP, "no address")
	f := rule.New("key", e, text.Args{"src": "203.0.113.9"})
	f.Rest(e, "first")
	f.Rest(bare, "second")
	f.Rest(named, "third")
	f.Involve("ip", "203.0.113.9", detect.Actor)
	f.Involve("host", "web1", detect.Target)
	f.Involve("user", "jiwoo", detect.Target)
	f.Involve("mac", "02:00:00:00:00:01", detect.Related)
	f.Involve("ip", "203.0.113.9", detect.Related)
	f.Recording = "auth.log"
	return f
}

func TestFindingAppendOCSF(t *testing.T) {
	f := finding()
	got := f.AppendOCSF([]byte("x"), text.English)
	if again := f.AppendOCSF([]byte("x"), text.English); !bytes.Equal(got, again) {
		t.Error("not the same bytes twice")
	}
	var o struct {
		Class       int    `json:"class_uid"`
		Type        int    `json:"type_uid"`
		Severity    int    `json:"severity_id"`
		Message     string `json:"message"`
		Time        int64  `json:"time"`
		Count       int    `json:"count"`
		Alert       bool   `json:"is_alert"`
		Observables []struct {
			Type  int    `json:"type_id"`
			Value string `json:"value"`
		} `json:"observables"`
		Evidences []map[string]any `json:"evidences"`
		Info      struct {
			UID     string `json:"uid"`
			Attacks []map[string]struct {
				UID, Name string
			} `json:"attacks"`
		} `json:"finding_info"`
		Metadata map[string]any `json:"metadata"`
		Unmapped map[string]any `json:"unmapped"`
	}
	if err := json.Unmarshal(got[1:], &o); err != nil {
		t.Fatal(err)
	}
	if o.Class != 2004 || o.Type != 200401 || o.Severity != 4 || o.Message != "203.0.113.9 got into <web1>" || o.Count != 3 || !o.Alert || o.Info.UID != f.ID {
		t.Errorf("wrong head: %+v", o)
	}
	if want := f.Last.UnixMilli(); o.Time != want {
		t.Errorf("time %d, want %d", o.Time, want)
	}
	types := map[string]int{}
	for _, v := range o.Observables {
		types[v.Value] = v.Type
	}
	if diff := cmp.Diff(map[string]int{"203.0.113.9": 2, "web1": 1, "jiwoo": 4, "02:00:00:00:00:01": 3}, types); diff != "" {
		t.Errorf("observables (-want +got):\n%s", diff)
	}
	if len(o.Observables) != 4 {
		t.Errorf("%d observables, want each value once", len(o.Observables))
	}
	// OCSF wants each piece of evidence to name something.
	wantEvidences := []map[string]any{
		{"uid": "evt_abc_7_0", "src_endpoint": map[string]any{"ip": "203.0.113.9", "port": 40000.0}},
		{"uid": "evt_abc_8_0", "data": map[string]any{"fact": "second"}},
		{"uid": "evt_abc_9_0", "src_endpoint": map[string]any{"hostname": "no address"}},
	}
	if diff := cmp.Diff(wantEvidences, o.Evidences); diff != "" {
		t.Errorf("evidences (-want +got):\n%s", diff)
	}
	if a := o.Info.Attacks; len(a) != 2 || a[0]["technique"].UID != "T1110" || a[0]["sub_technique"].UID != "T1110.001" || a[0]["tactic"].Name != "Credential Access" || a[1]["technique"].UID != "T1078" {
		t.Errorf("attacks: %+v", a)
	}
	if o.Metadata["tenant_uid"] != "org" || o.Unmapped["recording"] != "auth.log" {
		t.Errorf("metadata %v, unmapped %v", o.Metadata, o.Unmapped)
	}
	for _, l := range text.Langs() {
		want := map[string]any{"title": f.Title.In(l), "why": f.Why.In(l), "now": f.Now.In(l), "hush": f.Hush.In(l)}
		if diff := cmp.Diff(want, o.Unmapped[string(l)]); diff != "" {
			t.Errorf("words in %s (-want +got):\n%s", l, diff)
		}
	}
}

func TestFindingOCSFLanguage(t *testing.T) {
	f := finding()
	var o map[string]any
	if err := json.Unmarshal(f.AppendOCSF(nil, text.Korean), &o); err != nil {
		t.Fatal(err)
	}
	if o["message"] != f.Title.KO || o["remediation"].(map[string]any)["desc"] != f.Now.KO {
		t.Errorf("not Korean: %v, %v", o["message"], o["remediation"])
	}
}
