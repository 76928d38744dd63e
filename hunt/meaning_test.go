package hunt_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
)

// some are the events that TestMeaning asks about, by name.
var some = func() map[string]*event.Event {
	out := map[string]*event.Event{}
	add := func(name string, class event.Class, set func(*event.Event)) {
		e := event.New(class, now.Add(-time.Duration(len(out))*time.Hour), event.Origin{Source: name})
		set(e)
		out[name] = e
	}
	add("logon", event.Authentication, func(e *event.Event) {
		e.SetActivity(event.Logon)
		e.SetStatus(event.Failure)
		e.SetInt(event.SeverityID, int64(event.SeverityMedium))
		e.SetStr(event.SrcIP, "192.0.2.7")
		e.SetStr(event.UserName, "Root")
		e.SetStr(event.DeviceHostname, "회계-pc")
		e.SetStr(event.RawData, "sshd: Failed password for Root, 실패")
		e.AddUnmappedStr("peer", "10.1.2.3")
	})
	add("flow", event.NetworkActivity, func(e *event.Event) {
		e.SetActivity(event.ConnFail)
		e.SetStr(event.SrcIP, "10.0.0.5")
		e.SetStr(event.DstIP, "2001:0db8:0:0::1")
		e.SetInt(event.DstPort, 22)
		e.SetInt(event.Duration, 95_000)
		e.SetStr(event.ProtocolName, "tcp")
		e.SetStr(event.AppProtocol, "ssh")
	})
	add("dns", event.DNSActivity, func(e *event.Event) {
		e.SetStr(event.SrcIP, "10.0.0.6")
		e.SetStr(event.DstIP, "10.0.0.5")
		e.SetInt(event.DstPort, 53)
		e.SetStr(event.DNSQuery, "WWW.example.com")
		e.SetStr(event.DNSAnswers, `[{"rdata":"192.0.2.7","ttl":300,"type":"A"},{"rdata":"a \"quoted\" text","type":"TXT"}]`)
		e.SetRcode(0)
		e.SetInt(event.SeverityID, int64(event.SeverityInformational))
	})
	add("tls", event.NetworkActivity, func(e *event.Event) {
		e.SetStr(event.TLSSNI, "www.example.com")
		e.SetStr(event.JA4List, `[{"type_id":1,"type":"JA4","value":"t13d1516h2_8daaf6152771_b0da82dd1658"}]`)
		e.SetBool(event.TLSSelfSigned, false)
		e.SetTime(event.TLSNotAfter, now.Add(48*time.Hour))
	})
	add("file", event.FileActivity, func(e *event.Event) {
		e.SetActivity(1)
		e.SetStr(event.FilePath, `C:\Temp\a.exe`)
		e.SetStr(event.FTPCodes, `[220, 331]`)
	})
	return out
}()

func TestMeaning(t *testing.T) {
	const all = "dns file flow logon tls"
	tests := []struct{ input, want string }{
		{"", all},
		{"user = Root", "logon"},
		{"user = root", ""},
		{"user contains root", "logon"},
		{"user != root", "logon"},
		{"not user = root", all},
		{"user != Root", ""},
		{"user not in (Root, admin)", ""},
		{"user not contains x", "logon"},
		{"exists user", "logon"},
		{"user not exists", "dns file flow tls"},
		{"failed", "logon"},
		{"실패", "logon"},
		{"host starts 회계", "logon"},
		{"ip = 10.0.0.5", "dns flow"},
		{"ip != 10.0.0.5", "logon"},
		{"not ip = 10.0.0.5", "file logon tls"},
		{"src in 10.0.0.0/8", "dns flow"},
		{"src not in 10.0.0.0/8", "logon"},
		{"dst = 2001:db8::1", "flow"},
		{"dst != 2001:db8::1", "dns"},
		{"src in (192.0.2.7, 10.0.0.6)", "dns logon"},
		{"unmapped.peer in 10.0.0.0/8", "logon"},
		{"unmapped.peer = 10.1.2.3", "logon"},
		{"port in (22, 53)", "dns flow"},
		{"dport > 22", "dns"},
		{"duration >= 95s", "flow"},
		{"duration > 95s", ""},
		{"proto = tcp proto = ssh", "flow"},
		{"severity >= medium", "logon"},
		{"severity = info", "dns file flow tls"},
		{"severity != info", "logon"},
		{"severity < medium", "dns file flow tls"},
		{"severity in (info, medium)", all},
		{"exists severity", all},
		{"not exists severity", ""},
		{"status = failure", "logon"},
		{"class = dns", "dns"},
		{"class in (dns, auth) and not class = dns", "logon"},
		{"class = dns and class = auth", ""},
		{"class != dns", "file flow logon tls"},
		{"activity = fail", "flow"},
		{"activity = logon", "logon"},
		{"activity = create", "file"},
		{"activity = create and class = network", ""},
		{"activity != create", "dns flow logon tls"},
		{"activity = unknown", "dns tls"},
		{"activity in (fail, logon)", "flow logon"},
		{"domain ends example.com", "dns tls"},
		{"domain = www.example.com", "tls"},
		{"domain != www.example.com", "dns"},
		{"answer = 192.0.2.7", "dns"},
		{"answer = 192.0.2", ""},
		{"answer = rdata", ""},
		{`answer = 'a "quoted" text'`, "dns"},
		{`answer contains '"QUOTED"'`, "dns"},
		{"answer starts 192.", "dns"},
		{"answer starts rd", ""},
		{"answer ends TEXT", "dns"},
		{"answer in (x, 192.0.2.7)", "dns"},
		{"answer != 192.0.2.8", "dns"},
		{"answer = 300", "dns"},
		{"codes = 331", "file"},
		{"codes = 33", ""},
		{"ja4 = t13d1516h2_8daaf6152771_b0da82dd1658", "tls"},
		{"ja4 starts t13", "tls"},
		{"tls.certificate.is_self_signed = no", "tls"},
		{"tls.certificate.is_self_signed != yes", "tls"},
		{"tls.certificate.expiration_time < tomorrow", ""},
		{"tls.certificate.expiration_time > now", "tls"},
		{`filepath = "C:\Temp\a.exe"`, "file"},
		{`filepath contains '\temp\'`, "file"},
		{`filepath matches /^c:\\temp\\/i`, "file"},
		{"last 90m", "flow logon"},
		{"since 3h until 1h", "dns tls"},
		{"time >= 10:30 and time < 12:30", "dns flow"},
		{"id starts evt_dns_", "dns"},
		{"(user = Root or class = dns) and not 실패", "dns"},
		{"user = Root or class = dns and 실패", "logon"},
	}
	for _, tt := range tests {
		h, err := hunt.Parse(tt.input, opts)
		if err != nil {
			t.Errorf("%s: %v", tt.input, err)
			continue
		}
		q, err := h.Query(now)
		if err != nil {
			t.Errorf("%s: %v", tt.input, err)
			continue
		}
		if diff := cmp.Diff(tt.want, strings.Join(found(t, q), " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.input, diff)
		}
	}
}

// found returns the names of the events that a query asks for.
func found(t *testing.T, q eventstore.Query) []string {
	t.Helper()
	where, err := eventstore.Compile(q.Where)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for name, e := range some {
		if asks(q, e) && where(e) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func asks(q eventstore.Query, e *event.Event) bool {
	return (q.From.IsZero() || !e.Time.Before(q.From)) && (q.Until.IsZero() || e.Time.Before(q.Until)) &&
		(q.Classes == nil || slices.Contains(q.Classes, e.Class))
}
