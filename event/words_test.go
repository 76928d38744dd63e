package event_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
)

func TestSetMethod(t *testing.T) {
	tests := []struct {
		method   string
		activity int
		name     string // of the activity, where the event has to say it
		column   string
		unmapped string
	}{
		{"GET", 3, "", "GET", ""},
		{"PROPFIND", 28, "", "PROPFIND", ""},
		{"get", 99, "get", "", "get"},
		{"DESCRIBE", 99, "DESCRIBE", "", "DESCRIBE"},
		{"", 0, "", "", ""},
	}
	for _, tt := range tests {
		e := event.New(event.HTTPActivity, time.UnixMilli(0), event.Origin{})
		e.SetMethod(tt.method)
		got := []any{e.Activity(), e.Str(event.ActivityName), e.Str(event.HTTPMethod), e.UnmappedStr("http_method")}
		if diff := cmp.Diff([]any{tt.activity, tt.name, tt.column, tt.unmapped}, got); diff != "" {
			t.Errorf("SetMethod(%q) (-want +got):\n%s", tt.method, diff)
		}
	}
}

func TestSetRcode(t *testing.T) {
	tests := []struct {
		code, id int64
		name     string
	}{
		{0, 0, "NoError"},
		{3, 3, "NXDomain"},
		{12, 99, "RCODE12"},
		{23, 23, "BADCOOKIE"},
		{24, 99, "RCODE24"},
		{-1, 99, "RCODE-1"},
	}
	for _, tt := range tests {
		e := event.New(event.DNSActivity, time.UnixMilli(0), event.Origin{})
		e.SetRcode(tt.code)
		if id, name := e.Int(event.DNSRcodeID), e.Str(event.DNSRcode); id != tt.id || name != tt.name {
			t.Errorf("SetRcode(%d) = %d %q, want %d %q", tt.code, id, name, tt.id, tt.name)
		}
	}
}

func TestJSONStrings(t *testing.T) {
	for _, c := range []struct {
		list []string
		want string
	}{
		{nil, `[]`},
		{[]string{"a"}, `["a"]`},
		{[]string{`say "a"`, ""}, `["say \"a\"",""]`},
	} {
		if got := event.JSONStrings(c.list); got != c.want {
			t.Errorf("JSONStrings(%q) = %s, want %s", c.list, got, c.want)
		}
	}
}
