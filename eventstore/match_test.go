package eventstore_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

func TestMeets(t *testing.T) {
	e := event.New(event.Authentication, eventstoretest.Begin, event.Origin{Source: "boot", Position: 7})
	e.SetStr(event.UserName, "Root")
	e.SetStr(event.Message, "")
	e.SetStr(event.RawData, "Kelvin \xff K ſ 한글")
	e.SetStr(event.SrcIP, "::ffff:192.0.2.9")
	e.SetStr(event.DstIP, "fe80::1%eth0")
	e.SetInt(event.SrcPort, 22)
	e.SetBool(event.IsRemote, false)
	e.SetTime(event.StartTime, eventstoretest.Begin)
	e.AddUnmapped("state", `"S\u0046"`)
	e.AddUnmapped("state", `"second"`)
	e.AddUnmapped("n", `12`)

	column := func(p event.Path) eventstore.Field { return eventstore.Field{Kind: eventstore.Column, Path: p} }
	unmapped := func(name string) eventstore.Field {
		return eventstore.Field{Kind: eventstore.Unmapped, Unmapped: name}
	}
	text := func(s string) eventstore.Literal { return eventstore.Literal{Text: s} }
	number := func(n int64) eventstore.Literal { return eventstore.Literal{Number: n} }
	far := eventstore.Literal{Time: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)}
	within := func(f eventstore.Field, prefix string) eventstore.Expr {
		return eventstore.Within{Field: f, Prefixes: []netip.Prefix{netip.MustParsePrefix(prefix)}}
	}
	for name, c := range map[string]struct {
		where eventstore.Expr
		want  bool
	}{
		"nothing":                {nil, true},
		"no and":                 {eventstore.And{}, true},
		"no or":                  {eventstore.Or{}, false},
		"in nothing":             {eventstore.In{Field: column(event.UserName)}, false},
		"equal bytes":            {eventstore.Compare{column(event.UserName), eventstore.Equal, text("Root")}, true},
		"equal, other case":      {eventstore.Compare{column(event.UserName), eventstore.Equal, text("root")}, false},
		"empty is there":         {eventstore.Exists{Field: column(event.Message)}, true},
		"empty equals empty":     {eventstore.Compare{column(event.Message), eventstore.Equal, text("")}, true},
		"absent equals empty":    {eventstore.Compare{column(event.SrcMAC), eventstore.Equal, text("")}, false},
		"absent is not equal":    {eventstore.Compare{column(event.SrcMAC), eventstore.NotEqual, text("x")}, false},
		"not of absent":          {eventstore.Not{Of: eventstore.Compare{column(event.SrcMAC), eventstore.Equal, text("x")}}, true},
		"less":                   {eventstore.Compare{column(event.SrcPort), eventstore.Less, number(23)}, true},
		"greater":                {eventstore.Compare{column(event.SrcPort), eventstore.Greater, number(22)}, false},
		"false is set":           {eventstore.Compare{column(event.IsRemote), eventstore.Equal, number(0)}, true},
		"true is any":            {eventstore.Compare{column(event.IsRemote), eventstore.NotEqual, number(7)}, true},
		"time in":                {eventstore.In{Field: column(event.StartTime), Values: []eventstore.Literal{{Time: eventstoretest.Begin}}}, true},
		"time beyond":            {eventstore.Compare{eventstore.Field{Kind: eventstore.EventTime}, eventstore.Less, far}, true},
		"class":                  {eventstore.Compare{eventstore.Field{Kind: eventstore.ClassUID}, eventstore.Equal, number(3002)}, true},
		"id":                     {eventstore.Contains{eventstore.Field{Kind: eventstore.EventID}, eventstore.AtStart, "EVT_boot"}, true},
		"bad byte":               {eventstore.Contains{column(event.RawData), eventstore.Somewhere, "kelvin \ufffd"}, true},
		"only ASCII folds":       {eventstore.Contains{column(event.RawData), eventstore.Somewhere, "\u212a"}, false},
		"long s is no s":         {eventstore.Contains{column(event.RawData), eventstore.Somewhere, "k s"}, false},
		"at the end":             {eventstore.Contains{column(event.RawData), eventstore.AtEnd, "한글"}, true},
		"at the end, not there":  {eventstore.Contains{column(event.RawData), eventstore.AtEnd, "한"}, false},
		"empty text":             {eventstore.Contains{column(event.Message), eventstore.AtEnd, ""}, true},
		"longer than the text":   {eventstore.Contains{column(event.UserName), eventstore.AtStart, "rootroot"}, false},
		"unmapped text":          {eventstore.Compare{unmapped("state"), eventstore.Equal, text("SF")}, true},
		"unmapped second":        {eventstore.Compare{unmapped("state"), eventstore.Equal, text("second")}, false},
		"unmapped number":        {eventstore.Compare{unmapped("n"), eventstore.Equal, text("12")}, true},
		"unmapped absent":        {eventstore.Exists{Field: unmapped("m")}, false},
		"expression":             {eventstore.Match{Field: column(event.UserName), Regex: regexp.MustCompile(`(?i)^ROOT$`)}, true},
		"mapped IPv4":            {within(column(event.SrcIP), "192.0.2.0/24"), true},
		"mapped prefix":          {within(column(event.SrcIP), "::ffff:192.0.2.0/120"), true},
		"IPv4 in all IPv6":       {within(column(event.SrcIP), "::/0"), false},
		"zone":                   {within(column(event.DstIP), "fe80::/10"), true},
		"no address":             {within(column(event.UserName), "0.0.0.0/0"), false},
		"anywhere in a column":   {eventstore.Anywhere{Text: "rOOT"}, true},
		"anywhere in unmapped":   {eventstore.Anywhere{Text: "second"}, true},
		"anywhere, not in names": {eventstore.Anywhere{Text: "state"}, false},
		"anywhere, not in ids":   {eventstore.Anywhere{Text: "evt_boot"}, false},
	} {
		if got := eventstore.Meets(e, c.where); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}

func TestFieldValue(t *testing.T) {
	e := event.New(event.Authentication, time.Unix(0, 1), event.Origin{Source: "s"})
	e.SetBool(event.IsRemote, true)
	e.SetInt(event.SrcPort, -5)
	e.SetStr(event.UserName, "a\xff")
	for f, want := range map[eventstore.Field]string{
		{Kind: eventstore.Column, Path: event.IsRemote}: "true",
		{Kind: eventstore.Column, Path: event.SrcPort}:  "-5",
		{Kind: eventstore.Column, Path: event.UserName}: "a\ufffd",
		{Kind: eventstore.EventTime}:                    "1970-01-01T00:00:00.000000001Z",
		{Kind: eventstore.ClassUID}:                     "3002",
		{Kind: eventstore.EventID}:                      "evt_s_0_0",
	} {
		if got, ok := f.Value(e); !ok || got != want {
			t.Errorf("%s: %q, %t; want %q", f, got, ok, want)
		}
	}
	if got, ok := (eventstore.Field{Kind: eventstore.Column, Path: event.DstPort}).Value(e); ok || got != "" {
		t.Errorf("absent column: %q, %t", got, ok)
	}
}

// FuzzContains compares with the plain way to look for a text.
func FuzzContains(f *testing.F) {
	f.Add("PowerShell.EXE", "ell.e")
	f.Add("aAaAb", "aab")
	f.Add("한글\xff", "\xff")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, s, text string) {
		e := event.New(event.Base, time.Unix(0, 0), event.Origin{})
		e.SetStr(event.Message, s)
		lower := func(s string) string {
			b := []byte(eventstore.Text(s))
			for i, c := range b {
				if 'A' <= c && c <= 'Z' {
					b[i] = c + 32
				}
			}
			return string(b)
		}
		if !utf8.ValidString(eventstore.Text(s)) {
			t.Errorf("Text(%q) is not UTF-8", s)
		}
		field := eventstore.Field{Kind: eventstore.Column, Path: event.Message}
		for where, want := range map[eventstore.Anchor]bool{
			eventstore.Somewhere: strings.Contains(lower(s), lower(text)),
			eventstore.AtStart:   strings.HasPrefix(lower(s), lower(text)),
			eventstore.AtEnd:     strings.HasSuffix(lower(s), lower(text)),
		} {
			if got := eventstore.Meets(e, eventstore.Contains{Field: field, Where: where, Text: text}); got != want {
				t.Errorf("%q contains %q at %d: %t, want %t", s, text, where, got, want)
			}
		}
	})
}

// FuzzSegment writes what it is given into an event and reads it back.
func FuzzSegment(f *testing.F) {
	f.Add("root", "raw \xff", "name", `"literal"`, int64(5), int64(22))
	f.Add("", "", "", "", int64(-1), int64(0))
	f.Fuzz(func(t *testing.T, user, raw, name, literal string, at, port int64) {
		var frame event.Frame
		for i := range 3 {
			e := event.New(event.Authentication, time.Unix(0, at).UTC(), event.Origin{Source: "s", Position: uint64(i)})
			e.SetStr(event.RawData, raw)
			if i > 0 {
				e.SetStr(event.UserName, user)
				e.SetInt(event.SrcPort, port)
				e.AddUnmapped(name, literal)
			}
			frame = append(frame, e)
		}
		got := readSegment(t, writeSegment(t, []event.Frame{frame}, []event.Path{event.RawData, event.UserName, event.SrcPort}))
		for i, e := range frame {
			if len(got) != 3 || got[i] != everything(e) {
				t.Fatalf("event %d came back as %v, want %s", i, got, everything(e))
			}
		}
	})
}
