//go:build cgo

package duckdb_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

// texts are what fields hold and what is asked for: letters that fold in
// Unicode but not in ASCII, what means something to SQL, LIKE and regular
// expressions, bytes that are not UTF-8.
var texts = []string{
	"", "a", "A", "powershell -Enc", "PowerShell -ENC x", "kelvin", "\u212aelvin", "KELVIN", "straſse", "STRASSE", "é", "É", "홍길동",
	"100%", "a_b", "axb", `back\slash`, `quo"te`, "it's", "'; DROP TABLE x; --", "$1", "?", "line\nbreak", "nul\x00byte", "bad\xffbyte", "\xed\xa0\x80",
	"(?i)a", "[a]", "a.c", "abc", "10.0.0.1", "10.0.0.256", "010.0.0.1", "10.0.1.77", "192.0.2.200", "::ffff:10.0.0.1", "2001:db8::1", "2001:DB8:0:0::1", "fe80::1%eth0", "2001:db9::", "10.0.0.1:80", "12", "true", "null", "{}",
	" lead", "trail ", "\t", "\u00a0", "😀", "\U0001f600x",
}

var patterns = []string{
	`a`, `(?i)enc`, `^a`, `c$`, `a.c`, `(?s)e.b`, `e.b`, `(?m)^break`, `\bEnc\b`, `[[:alpha:]]+`, `\d+\.\d+`, `\p{Hangul}`, `\pL{3}`, `(a|b)+c?`,
	`(?i)straſse`, `(?i)k`, `[^\x00-\x7f]`, `\x00`, `^$`, ``, `\s`, `\z`, `(?U)a+`, `a{2,3}|x`, `\Q.\E`, `(?P<name>a)`, `.*`, `\S+\s`, `(?i)É`, `[\w-]+@`, `\\`, `\'`, "'",
}

var prefixes = []string{
	"10.0.0.0/8", "10.0.0.0/23", "10.0.0.0/31", "192.0.2.128/25", "0.0.0.0/0", "::/0", "2001:db8::/32", "fe80::/10", "10.0.0.1/32", "::ffff:10.0.0.0/104", "::ffff:0:0/90",
}

var fields = []eventstore.Field{
	{Kind: eventstore.Column, Path: event.SrcIP},
	{Kind: eventstore.Column, Path: event.ProcessCmdLine},
	{Kind: eventstore.Column, Path: event.RawData},
	{Kind: eventstore.Column, Path: event.DNSAnswers},
	{Kind: eventstore.Column, Path: event.SrcPort},
	{Kind: eventstore.Column, Path: event.IsRemote},
	{Kind: eventstore.Column, Path: event.StartTime},
	{Kind: eventstore.Column, Path: event.FileHashes},
	{Kind: eventstore.Unmapped, Unmapped: "one"},
	{Kind: eventstore.Unmapped, Unmapped: `o"n'e\`},
	{Kind: eventstore.Unmapped, Unmapped: "never"},
	{Kind: eventstore.EventTime},
	{Kind: eventstore.EventID},
	{Kind: eventstore.ClassUID},
}

var classes = []event.Class{event.Base, event.NetworkActivity, event.ProcessActivity}

var day = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func pick[T any](rng *rand.Rand, of []T) T { return of[rng.IntN(len(of))] }

func randomTime(rng *rand.Rand) time.Time {
	return day.Add(time.Duration(rng.IntN(40))*3*time.Minute + time.Duration(rng.IntN(3)))
}

// randomEvent sets a few columns. Which ones are likely depends on the part, so
// that segments differ in the columns that they have.
func randomEvent(rng *rand.Rand, part, n int) *event.Event {
	e := event.New(pick(rng, classes), randomTime(rng), event.Origin{Source: fmt.Sprintf("%016x", part), Position: uint64(n), Ordinal: uint32(rng.IntN(2))})
	for i, f := range fields {
		if f.Kind != eventstore.Column || (i+part)%4 == 0 || rng.IntN(2) == 0 {
			continue
		}
		switch f.Path.Type() {
		case event.Int:
			e.SetInt(f.Path, int64(rng.IntN(4)-1))
		case event.Bool:
			e.SetBool(f.Path, rng.IntN(2) == 0)
		case event.Time:
			e.SetTime(f.Path, randomTime(rng))
		default:
			e.SetStr(f.Path, pick(rng, texts))
		}
	}
	for range rng.IntN(4) {
		switch name := pick(rng, []string{"one", `o"n'e\`, "two"}); rng.IntN(4) {
		case 0:
			e.AddUnmappedInt(name, int64(rng.IntN(14)))
		case 1:
			e.AddUnmapped(name, pick(rng, []string{`true`, `{"a": "x"}`, `""`, `"\ud800"`, `"a\u0041\n"`, `null`, `1.50`}))
		default:
			e.AddUnmappedStr(name, pick(rng, texts))
		}
	}
	return e
}

func randomLiteral(rng *rand.Rand, t event.Type) (l eventstore.Literal) {
	switch t {
	case event.Int, event.Bool:
		l.Number = int64(rng.IntN(4) - 1)
		if rng.IntN(4) == 0 {
			l.Number = int64(pick(rng, classes))
		}
	case event.Time:
		l.Time = randomTime(rng)
		if rng.IntN(10) == 0 {
			l.Time = pick(rng, []time.Time{{}, day.AddDate(5000, 0, 0)})
		}
	default:
		l.Text = pick(rng, texts)
	}
	return l
}

func randomExpr(rng *rand.Rand, depth int) eventstore.Expr {
	if depth > 0 && rng.IntN(3) > 0 {
		of := make([]eventstore.Expr, rng.IntN(4))
		for i := range of {
			of[i] = randomExpr(rng, depth-1)
		}
		switch rng.IntN(3) {
		case 0:
			return eventstore.And(of)
		case 1:
			return eventstore.Or(of)
		}
		return eventstore.Not{Of: randomExpr(rng, depth-1)}
	}
	for {
		f := pick(rng, fields)
		t := f.Type()
		text := t == event.String || t == event.JSON
		switch rng.IntN(7) {
		case 0:
			op := eventstore.Op(1 + rng.IntN(6))
			if t == event.Bool {
				op = eventstore.Op(1 + rng.IntN(2))
			}
			return eventstore.Compare{Field: f, Op: op, Value: randomLiteral(rng, t)}
		case 1:
			in := eventstore.In{Field: f}
			for range rng.IntN(4) {
				in.Values = append(in.Values, randomLiteral(rng, t))
			}
			return in
		case 2:
			if text {
				return eventstore.Contains{Field: f, Where: eventstore.Anchor(rng.IntN(3)), Text: pick(rng, texts)}
			}
		case 3:
			if text {
				return eventstore.Match{Field: f, Regex: regexp.MustCompile(pick(rng, patterns))}
			}
		case 4:
			if t == event.String && f.Kind != eventstore.EventID {
				w := eventstore.Within{Field: f}
				for range rng.IntN(3) {
					w.Prefixes = append(w.Prefixes, netip.MustParsePrefix(pick(rng, prefixes)))
				}
				return w
			}
		case 5:
			return eventstore.Exists{Field: f}
		case 6:
			return eventstore.Anywhere{Text: pick(rng, texts)}
		}
	}
}

func randomStore(t testing.TB, rng *rand.Rand) (stored [][]*event.Event, tail, all []*event.Event) {
	t.Helper()
	for part := range 6 {
		var events []*event.Event
		for n := range 60 {
			events = append(events, randomEvent(rng, part, n))
		}
		all = append(all, events...)
		if part == 5 {
			return stored, events, all
		}
		stored = append(stored, events)
	}
	return stored, nil, all
}

func TestRandomQueries(t *testing.T) {
	for seed := range uint64(2) {
		rng := rand.New(rand.NewPCG(seed, 1))
		stored, tail, all := randomStore(t, rng)
		engine := both(t, stored, tail)
		for n := range 150 {
			engine.TallyRows([]int64{1, 100, 1000}[n%3])
			q := eventstore.Query{Where: randomExpr(rng, 3)}
			if rng.IntN(6) == 0 {
				q.Where = nil
			}
			if rng.IntN(3) == 0 {
				q.From = randomTime(rng)
			}
			if rng.IntN(3) == 0 {
				q.Until = randomTime(rng)
			}
			if rng.IntN(4) == 0 {
				q.Classes = []event.Class{pick(rng, classes)}
			}
			switch rng.IntN(6) {
			case 5:
				q.Timeline = &eventstore.Timeline{Step: time.Duration(1+rng.IntN(30)) * time.Minute}
				if f := pick(rng, fields); rng.IntN(3) > 0 {
					q.Timeline.By = &f
				}
			case 0:
				q.Top = &eventstore.Top{N: 1 + rng.IntN(20), By: []eventstore.Field{pick(rng, fields), pick(rng, fields)}}
			case 1:
				q.Count = &eventstore.Count{}
				if rng.IntN(2) == 0 {
					q.Count.By = []eventstore.Field{pick(rng, fields)}
				}
				if rng.IntN(2) == 0 {
					f := pick(rng, fields)
					q.Count.Distinct = &f
				}
			default:
				q.Limit = 1 + rng.IntN(80)
				if rng.IntN(3) == 0 {
					e := pick(rng, all)
					q.After = &eventstore.Cursor{Time: e.Time, ID: e.ID()}
				}
			}
			what := fmt.Sprintf("seed %d query %d: %#v", seed, n, q)
			got, err := engine.Query(t.Context(), q)
			if err != nil {
				t.Errorf("%s: %v", what, err)
				continue
			}
			want, err := eventstoretest.Answer(all, q)
			if err != nil {
				t.Fatal(err)
			}
			same(t, what, want, got)
			if t.Failed() {
				return
			}
		}
	}
}
