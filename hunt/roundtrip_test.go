package hunt_test

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
)

var equal = cmp.Options{cmpopts.EquateComparable(netip.Prefix{}), cmpopts.EquateEmpty()}

// TestRoundTrip makes hunts of every form and checks that what String writes is
// read as the same hunt, written the same again, and understood by the event
// store.
func TestRoundTrip(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(1, 2))}
	seen := map[string]bool{}
	for range 4_000 {
		h := g.hunt()
		s := h.String()
		seen[s] = true
		again, err := hunt.Parse(s, opts)
		if err != nil {
			t.Fatalf("%s\n%v", s, err)
		}
		if diff := cmp.Diff(h, again, equal); diff != "" {
			t.Fatalf("%s\n(-want +got):\n%s", s, diff)
		}
		if twice := again.String(); twice != s {
			t.Fatalf("written as\n%s\nthen as\n%s", s, twice)
		}
		q, err := again.Query(now)
		if err != nil {
			t.Fatalf("%s\n%v", s, err)
		}
		if _, err := eventstore.Compile(q.Where); err != nil {
			t.Fatalf("%s\n%v", s, err)
		}
		said := again.Explain(opts)
		if said.EN == "" || said.KO == "" {
			t.Fatalf("%s\nis not explained: %q", s, said)
		}
	}
	if len(seen) < 3_500 {
		t.Errorf("only %d different hunts", len(seen))
	}
}

type generator struct{ *rand.Rand }

func pick[T any](g generator, list ...T) T { return list[g.IntN(len(list))] }

func (g generator) hunt() *hunt.Hunt {
	h := &hunt.Hunt{}
	if g.IntN(8) > 0 {
		h.Where = g.expr(3)
	}
	switch g.IntN(5) {
	case 0:
		h.When.Last = time.Duration(1+g.IntN(1000)) * pick(g, time.Second, time.Minute, time.Hour, 24*time.Hour, 7*time.Millisecond)
		h.When.Last = min(h.When.Last, 3000*24*time.Hour)
	case 1:
		h.When.Since = g.moment(-10)
	case 2:
		h.When.Since, h.When.Until = g.moment(-10), g.moment(10)
	case 3:
		h.When.Until = g.moment(10)
	}
	switch g.IntN(6) {
	case 0:
		h.Show = hunt.Show{Kind: hunt.Top, N: 1 + g.IntN(hunt.MaxTop), By: g.by(1 + g.IntN(hunt.MaxBy))}
	case 1:
		h.Show = hunt.Show{Kind: hunt.Count, By: g.by(g.IntN(hunt.MaxBy + 1))}
	case 2:
		h.Show = hunt.Show{Kind: hunt.Count, By: g.by(g.IntN(3)), Distinct: pick(g, singles...)}
	case 3:
		h.Show = hunt.Show{Kind: hunt.Timeline, By: g.by(g.IntN(2))}
		if g.IntN(2) == 0 {
			h.Show.Step = 24 * time.Hour * time.Duration(1+g.IntN(20))
		}
	case 4:
		h.Show.N = g.IntN(hunt.MaxLatest + 1)
	}
	return h
}

// moment is one that many days from now, about.
func (g generator) moment(days int) hunt.Moment {
	if days < 0 && g.IntN(3) == 0 {
		s := pick(g, "yesterday", "2h ago", "7d ago", "yesterday 09:30", "today 00:00:01", "90m ago")
		h, err := hunt.Parse("since "+s, opts)
		if err != nil {
			panic(err)
		}
		return h.When.Since
	}
	at := now.Add(time.Duration(days) * 24 * time.Hour).In(pick(g, time.UTC, seoul))
	switch g.IntN(3) {
	case 0:
		at = at.Add(time.Duration(g.IntN(1e9)))
	case 1:
		at = at.Add(time.Duration(g.IntN(86400)) * time.Second)
	}
	return hunt.Moment{At: at}
}

// singles are fields that stand for one column each.
var singles = func() []hunt.Field {
	var out []hunt.Field
	for _, p := range event.Paths() {
		if f, ok := hunt.FieldOf(p.Name()); ok {
			out = append(out, f)
		}
	}
	return append(out, "class", "id", "unmapped.conn_state", "unmapped.strange name", `unmapped.a"b\c`, "unmapped.한글", "unmapped.a=b")
}()

func (g generator) by(n int) []hunt.Field {
	var out []hunt.Field
	for _, i := range g.Perm(len(singles))[:n] {
		if len(out) == 0 || !contains(out, singles[i]) {
			out = append(out, singles[i])
		}
	}
	return out
}

func contains(list []hunt.Field, f hunt.Field) bool {
	for _, g := range list {
		if g == f {
			return true
		}
	}
	return false
}

func (g generator) expr(depth int) hunt.Expr {
	if depth > 0 {
		switch g.IntN(6) {
		case 0:
			var out hunt.All
			for range 2 + g.IntN(3) {
				e := g.expr(depth - 1)
				if inner, ok := e.(hunt.All); ok {
					out = append(out, inner...)
				} else {
					out = append(out, e)
				}
			}
			return out
		case 1:
			var out hunt.Any
			for range 2 + g.IntN(3) {
				e := g.expr(depth - 1)
				if inner, ok := e.(hunt.Any); ok {
					out = append(out, inner...)
				} else {
					out = append(out, e)
				}
			}
			return out
		case 2:
			of := g.expr(depth - 1)
			if inner, ok := of.(hunt.Not); ok {
				return inner
			}
			return hunt.Not{Of: of}
		}
	}
	if g.IntN(4) == 0 {
		return hunt.Word{Text: g.text()}
	}
	return g.test()
}

var letters = []string{
	"a", "B", "admin", " ", "\\", `"`, "'", "/", "*", "(", ")", ",", "|", "=", "<", "!", ":", "&", "한글", "é", "\n", "\t", "\x00", "\x7f", "-", ".", "1", "and", "user", "last", "in", "“", "”", "\u200b", "\u00a0", "#", "%", "//", `\/`, "not", "contains",
}

func (g generator) text() string {
	var b strings.Builder
	for range 1 + g.IntN(4) {
		b.WriteString(pick(g, letters...))
	}
	return b.String()
}

func (g generator) texts() []hunt.Value {
	n := 2 + g.IntN(3)
	seen := map[string]bool{}
	var out []hunt.Value
	for len(out) < n {
		if s := g.text(); !seen[s] {
			seen[s] = true
			out = append(out, hunt.Value{Text: s})
		}
	}
	return out
}

func (g generator) numbers(max int64) []hunt.Value {
	a := g.Int64N(max)
	return []hunt.Value{{Number: a}, {Number: a + 1}, {Number: a + 2}}
}

func (g generator) address() netip.Prefix {
	if g.IntN(3) == 0 {
		a := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(g.IntN(256))})
		return netip.PrefixFrom(a, 128)
	}
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(g.IntN(256)), 0, byte(g.IntN(256))}), 32)
}

func (g generator) test() hunt.Expr {
	t := hunt.Test{Negated: g.IntN(3) == 0}
	ordered := func() hunt.Op {
		t.Negated = false
		return pick(g, hunt.Less, hunt.LessEqual, hunt.Greater, hunt.GreaterEqual)
	}
	onText := func() {
		t.Op = pick(g, hunt.Is, hunt.Contains, hunt.Starts, hunt.Ends, hunt.In, hunt.Matches)
		switch t.Op {
		case hunt.In:
			t.Values = g.texts()
		case hunt.Matches:
			t.Values = []hunt.Value{{Text: pick(g, `^a+$`, `a/b`, `"x" 'y'`, `\d{3}|(?i)x`, `[/]`, `\/x`, `\\/`, `김.*`, ` a b `, `\Q/\E`)}}
		default:
			t.Values = []hunt.Value{{Text: g.text()}}
		}
	}
	switch g.IntN(12) {
	case 0:
		return hunt.Test{Field: pick(g, append(singles, "ip", "host", "proto", "time")...), Op: hunt.Exists}
	case 1:
		t.Field = pick[hunt.Field](g, "src", "ip", "dst", "proxy_endpoint.ip")
		if g.IntN(2) == 0 {
			t.Op, t.Values = hunt.Is, []hunt.Value{{Prefix: g.address()}}
		} else {
			t.Op, t.Values = hunt.In, []hunt.Value{{Prefix: netip.MustParsePrefix(pick(g, "10.0.0.0/8", "fc00::/7", "0.0.0.0/0"))}}
			if g.IntN(2) == 0 {
				t.Values = append(t.Values, hunt.Value{Prefix: g.address()})
			}
		}
	case 2:
		t.Field = pick[hunt.Field](g, "dport", "port", "code", "connection_info.protocol_num")
		t.Op, t.Values = pick(g, hunt.Is, ordered()), []hunt.Value{{Number: g.Int64N(65535)}}
		if t.Op == hunt.Is && g.IntN(2) == 0 {
			t.Op, t.Values = hunt.In, g.numbers(65000)
		}
	case 3:
		t.Field = pick[hunt.Field](g, "severity", "status", "rcode", "logontype", "device.type_id")
		t.Op, t.Values = pick(g, hunt.Is, ordered()), []hunt.Value{{Number: pick[int64](g, 0, 1, 2, 5, 14, 99, 1000)}}
	case 4:
		t.Field = "class"
		t.Op, t.Values = hunt.Is, []hunt.Value{{Number: pick[int64](g, 0, 3002, 4001, 9999)}}
	case 5:
		t.Field = "activity"
		t.Op, t.Values = hunt.In, []hunt.Value{{Text: "open"}, {Text: "file create"}, {Number: 99}, {}, {Number: 77}}
	case 6:
		t.Field = pick[hunt.Field](g, "is_mfa", "tls.certificate.is_self_signed")
		t.Op, t.Values = hunt.Is, []hunt.Value{{Number: g.Int64N(2)}}
	case 7:
		t.Field = pick[hunt.Field](g, "time", "start_time")
		t.Op, t.Values = ordered(), []hunt.Value{{Moment: g.moment(-10)}}
	case 8:
		t.Field, t.Op, t.Values = "mac", hunt.Is, []hunt.Value{{Text: "02:00:5e:10:00:01"}}
	case 9:
		t.Field = "unmapped.peer addr"
		t.Op, t.Values = hunt.In, []hunt.Value{{Prefix: g.address()}}
	case 10:
		t.Field = pick[hunt.Field](g, "ja4", "answer", "hash", "unmapped.x", "id")
		onText()
	default:
		t.Field = pick[hunt.Field](g, "user", "cmd", "url", "domain", "host", "raw")
		onText()
	}
	return t
}
