package eventstoretest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// Begin is about when the generated events happen.
var Begin = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

var classes = []event.Class{
	event.Base, event.ProcessActivity, event.Authentication, event.NetworkActivity,
}

// Tenants are the organisations of the generated events.
var Tenants = []string{"", "office", "Plant/1 ..\x00 한글"}

// Sources are where the generated events come from.
var Sources = []string{
	"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
	"boot_7",
}

// words are the texts of which values are made, and what conditions look for.
var words = []string{
	"", "root", "Root", "ROOT", "admin", "powershell.exe -EncodedCommand SQBFAFgA", "POWERSHELL.EXE", "봉수", "봉수대 연기",
	"İstanbul", "istanbul", "K", "k", "ſ", "s", "a\x00b", "a", "b", "\xff\xfebad", "ok\xed\xa0\x80", "100%", "a_c", `back\slash`, `quo'te"s`,
	"'; DROP TABLE events; --", "line\nbreak", "tab\t", " space ", "🔥", "é", "e\u0301", "null", "true", "12", "-1",
	"192.0.2.7", "192.0.2.200", "198.51.100.3", "2001:db8::1", "2001:DB8:0:0::1", "::ffff:192.0.2.9", "fe80::1%eth0", "10.0.0.256", "010.0.0.1",
	`{"a":1}`, `["x","y"]`, "evt_boot_7_1_0", "[unclosed", "(?i)root", "a.c", "^root$",
}

var numbers = []int64{0, 1, 2, 3, 22, 53, 443, 443, 65535, -1, 1 << 40, math.MaxInt64, math.MinInt64, math.MaxInt32 + 1}

var names = []string{"conn_state", "flow.state", "key with 'quotes\"", "한글", "", "null", "\x00", "A", "a", "%"}

// paths are the columns that are used, of every type, so that values meet.
var paths = []event.Path{
	event.ActivityID, event.SeverityID, event.StatusID, event.Message, event.RawData, event.StartTime, event.EndTime,
	event.Duration, event.SrcIP, event.SrcPort, event.DstIP, event.DstPort, event.UserName, event.DeviceHostname,
	event.IsCleartext, event.IsRemote, event.TLSJA3, event.DNSAnswers, event.ProcessCmdLine, event.LogName,
}

// Generate returns n events that differ in everything, as events of the
// position first and those after it. The same seed gives the same events.
func Generate(seed uint64, first, n int) []*event.Event {
	r := rand.New(rand.NewPCG(seed, uint64(first)))
	out := make([]*event.Event, n)
	for i := range out {
		at := Begin.Add(time.Duration(r.Int64N(int64(3 * time.Hour))))
		switch r.IntN(150) {
		case 0:
			at = time.Unix(0, r.Int64N(2000)-1000).UTC()
		case 1:
			at = time.Unix(-r.Int64N(9e9), 5).UTC()
		case 2:
			at = time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(1e9)))
		case 3, 4, 5, 6, 7, 8, 9:
			at = Begin // many at one moment
		}
		e := event.New(pick(r, classes), at, event.Origin{Source: pick(r, Sources), Position: uint64(first + i), Ordinal: uint32(r.IntN(2))})
		if t := pick(r, Tenants); t != "" {
			e.SetStr(event.TenantUID, t)
		}
		for range r.IntN(12) {
			set(r, e, pick(r, paths))
		}
		if r.IntN(30) == 0 {
			all := event.Paths()
			if p := pick(r, all); p != event.TenantUID {
				set(r, e, p)
			}
		}
		for range r.IntN(4) {
			e.AddUnmapped(pick(r, names), literalOf(r))
		}
		out[i] = e
	}
	return out
}

func set(r *rand.Rand, e *event.Event, p event.Path) {
	switch p.Type() {
	case event.Int:
		e.SetInt(p, pick(r, numbers))
	case event.Bool:
		e.SetBool(p, r.IntN(2) == 0)
	case event.Time:
		e.SetTime(p, Begin.Add(time.Duration(r.IntN(5))*time.Nanosecond))
	case event.JSON:
		e.SetStr(p, pick(r, []string{`{"value":"A"}`, `[]`, `["봉수",1]`, `{"a":{"b":null}}`}))
	case event.String:
		s := pick(r, words)
		switch r.IntN(20) {
		case 0:
			s = strings.Repeat(s+"-", 1+r.IntN(200))
		case 1:
			s += pick(r, words)
		case 2:
			if r.IntN(20) == 0 {
				s = strings.Repeat("x", 300_000) + s
			}
		}
		e.SetStr(p, s)
	}
}

func literalOf(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return pick(r, []string{"12", "-0.5e3", "true", "null", `{"a":[1,2]}`, "[]"})
	case 1:
		return pick(r, []string{`"root"`, `"\u0041\ud83d\udd25"`, `"a\/b"`, `"\ud800"`, `"tab\tline\n"`, `"\u0000"`})
	}
	return string(event.AppendQuoted(nil, pick(r, words)))
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func field(r *rand.Rand, e *event.Event) eventstore.Field {
	switch r.IntN(10) {
	case 0:
		return eventstore.Field{Kind: eventstore.EventTime}
	case 1:
		return eventstore.Field{Kind: eventstore.ClassUID}
	case 2:
		return eventstore.Field{Kind: eventstore.EventID}
	case 3, 4:
		if all := e.AllUnmapped(); len(all) > 0 {
			return eventstore.Field{Kind: eventstore.Unmapped, Unmapped: pick(r, all).Name}
		}
		return eventstore.Field{Kind: eventstore.Unmapped, Unmapped: pick(r, names)}
	}
	return eventstore.Field{Kind: eventstore.Column, Path: pick(r, paths)}
}

func textField(r *rand.Rand, e *event.Event) eventstore.Field {
	for {
		if f := field(r, e); f.Type() == event.String || f.Type() == event.JSON {
			return f
		}
	}
}

// literal is a value to compare a field with; often one that an event has.
func literal(r *rand.Rand, f eventstore.Field, e *event.Event) eventstore.Literal {
	l := eventstore.Literal{Text: eventstore.Text(pick(r, words)), Number: pick(r, numbers), Time: Begin.Add(time.Duration(r.IntN(5)))}
	if f.Type() == event.Bool {
		l.Number &= 1
	}
	if r.IntN(2) == 0 {
		return l
	}
	v, _ := f.Value(e)
	l.Text = v
	switch f.Kind {
	case eventstore.EventTime:
		l.Time = e.Time
	case eventstore.ClassUID:
		l.Number = int64(e.Class)
	case eventstore.Column:
		if f.Type() == event.Int || f.Type() == event.Bool {
			l.Number = e.Int(f.Path)
		}
		if t := e.TimeOf(f.Path); f.Type() == event.Time && !t.IsZero() {
			l.Time = t
		}
	case eventstore.Unmapped, eventstore.EventID:
	}
	return l
}

var regexes = []*regexp.Regexp{
	regexp.MustCompile(`(?i)root`), regexp.MustCompile(`^a.b$`), regexp.MustCompile(`(?s)^a.b$`), regexp.MustCompile(`봉수.?`), regexp.MustCompile(`\d+\.\d+`),
	regexp.MustCompile(`(?i)k`), regexp.MustCompile(`^$`), regexp.MustCompile(`\bexe\b`), regexp.MustCompile(`[^\x00-\x7f]`), regexp.MustCompile(`(?m)^break`),
	regexp.MustCompile(`'`), regexp.MustCompile(`\\`), regexp.MustCompile("\ufffd"), regexp.MustCompile(`x{3,}`), regexp.MustCompile(`\p{Hangul}`),
}

var prefixes = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/25"), netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("::/0"), netip.MustParsePrefix("192.0.2.9/32"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::ffff:192.0.2.0/120"),
}

// condition makes a condition whose values come from an event.
func condition(r *rand.Rand, e *event.Event, depth int) eventstore.Expr {
	if depth > 0 && r.IntN(2) == 0 {
		switch r.IntN(3) {
		case 0:
			return eventstore.Not{Of: condition(r, e, depth-1)}
		case 1:
			out := eventstore.And{}
			for range r.IntN(4) {
				out = append(out, condition(r, e, depth-1))
			}
			return out
		}
		out := eventstore.Or{}
		for range r.IntN(4) {
			out = append(out, condition(r, e, depth-1))
		}
		return out
	}
	switch r.IntN(8) {
	case 0, 1:
		f := field(r, e)
		op := eventstore.Op(1 + r.IntN(6))
		if f.Type() == event.Bool {
			op = eventstore.Op(1 + r.IntN(2))
		}
		return eventstore.Compare{Field: f, Op: op, Value: literal(r, f, e)}
	case 2:
		f := field(r, e)
		in := eventstore.In{Field: f}
		for range r.IntN(4) {
			in.Values = append(in.Values, literal(r, f, e))
		}
		return in
	case 3:
		text := eventstore.Text(pick(r, words))
		f := textField(r, e)
		if v, ok := f.Value(e); ok && r.IntN(2) == 0 {
			runes := []rune(v)
			from := r.IntN(len(runes) + 1)
			text = string(runes[from:min(len(runes), from+r.IntN(20))])
		}
		if r.IntN(3) == 0 {
			text = strings.ToUpper(text)
		}
		return eventstore.Contains{Field: f, Where: eventstore.Anchor(r.IntN(3)), Text: text}
	case 4:
		return eventstore.Match{Field: textField(r, e), Regex: pick(r, regexes)}
	case 5:
		f := eventstore.Field{Kind: eventstore.Column, Path: pick(r, []event.Path{event.SrcIP, event.DstIP})}
		if r.IntN(4) == 0 {
			f = eventstore.Field{Kind: eventstore.Unmapped, Unmapped: pick(r, names)}
		}
		return eventstore.Within{Field: f, Prefixes: []netip.Prefix{pick(r, prefixes), pick(r, prefixes)}[:r.IntN(3)]}
	case 6:
		return eventstore.Exists{Field: field(r, e)}
	}
	return eventstore.Anywhere{Text: eventstore.Text(pick(r, words))}
}

// RandomQuery returns a query that may find something among the events.
func RandomQuery(r *rand.Rand, all []*event.Event) eventstore.Query {
	e := pick(r, all)
	q := eventstore.Query{}
	if r.IntN(3) == 0 {
		q.Tenant = pick(r, Tenants)
	}
	if r.IntN(3) == 0 {
		q.From = pick(r, all).Time
	}
	if r.IntN(3) == 0 {
		q.Until = pick(r, all).Time
	}
	for range r.IntN(6) - 3 {
		q.Classes = append(q.Classes, pick(r, classes))
	}
	if r.IntN(5) > 0 {
		q.Where = condition(r, e, 3)
	}
	switch r.IntN(6) {
	case 0:
		q.Top = &eventstore.Top{N: 1 + r.IntN(20), By: fields(r, e, 1+r.IntN(2))}
	case 1:
		q.Count = &eventstore.Count{By: fields(r, e, r.IntN(3))}
		if r.IntN(2) == 0 {
			f := field(r, e)
			q.Count.Distinct = &f
		}
		q.Limit = 10_000
		if r.IntN(2) == 0 {
			q.Limit = 1 + r.IntN(9)
		}
	case 2:
		q.Timeline = &eventstore.Timeline{Step: pick(r, []time.Duration{time.Minute, time.Hour, 24 * time.Hour, 7 * time.Minute})}
		if r.IntN(2) == 0 {
			f := field(r, e)
			q.Timeline.By = &f
		}
	default:
		q.Limit = 1 + r.IntN(300)
		if r.IntN(3) == 0 {
			q.After = &eventstore.Cursor{Time: e.Time, ID: e.ID()}
		}
	}
	return q
}

func fields(r *rand.Rand, e *event.Event, n int) []eventstore.Field {
	var out []eventstore.Field
	for range n {
		out = append(out, field(r, e))
	}
	return out
}

// describe says what a query asks, for a person who reads that it was answered
// wrongly.
func describe(q eventstore.Query) string {
	out := fmt.Sprintf("tenant %q from %v until %v classes %v where %#v limit %d", q.Tenant, q.From, q.Until, q.Classes, q.Where, q.Limit)
	if q.After != nil {
		out += fmt.Sprintf(" after %+v", *q.After)
	}
	if q.Top != nil {
		out += fmt.Sprintf(" top %+v", *q.Top)
	}
	if q.Count != nil {
		out += fmt.Sprintf(" count by %v", q.Count.By)
		if q.Count.Distinct != nil {
			out += fmt.Sprintf(" distinct %v", *q.Count.Distinct)
		}
	}
	if q.Timeline != nil {
		out += fmt.Sprintf(" timeline %+v by %v", q.Timeline.Step, q.Timeline.By)
	}
	return out
}
