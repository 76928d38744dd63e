package hunt_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
)

var seeds = []string{
	"", "*", "src in 10.0.0.0/8 and dport = 22 last 24h | top 10 user", `not (user = "a\"b" or cmd matches /a\/b/i) since yesterday 09:00`,
	`unmapped."a b" in (1, '2', “3”) | count distinct dst by src`, "time >= 2026-03-01 and class in (dns, 4002) until 1772327400.5 | timeline 5m by class",
	"severity >= high || activity != open && !exists sni", "between 01/Mar/2026:09:00:00 +0900 and now", "ip != ::1 ja4 starts t13 | latest 5", "실패 on 오늘",
}

// FuzzParse checks that whatever is read is written such that it is read the
// same, and can be asked of the event store.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, input string) {
		h, err := hunt.Parse(input, opts)
		if err != nil {
			var e *hunt.Error
			if !errors.As(err, &e) || e.Text.EN == "" || e.Text.KO == "" || e.Start < 0 || e.End < e.Start || e.End > len(input) || e.Column < 1 {
				t.Fatalf("error %#v", err)
			}
			return
		}
		s := h.String()
		again, err := hunt.Parse(s, opts)
		if err != nil {
			if len(s) > hunt.MaxInput {
				return // written longer than it was said
			}
			t.Fatalf("%q is written as %q: %v", input, s, err)
		}
		if diff := cmp.Diff(h, again, equal); diff != "" {
			t.Fatalf("%q is written as %q (-want +got):\n%s", input, s, diff)
		}
		q, err := h.Query(now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := eventstore.Compile(q.Where); err != nil && len(input) < 500 {
			t.Fatalf("%q: %v", input, err)
		}
		if said := h.Explain(opts); said.EN == "" || said.KO == "" {
			t.Fatalf("%q is not explained", input)
		}
	})
}

// FuzzCheck checks that help never fails, agrees with Parse, and speaks of
// places that exist.
func FuzzCheck(f *testing.F) {
	for i, s := range seeds {
		f.Add(s, i*3)
		f.Add(s, len(s))
	}
	f.Fuzz(func(t *testing.T, input string, cursor int) {
		got := hunt.Check(input, cursor, hunt.CheckOptions{Options: opts, Values: func(hunt.Field) []string { return []string{"a b", `"`} }})
		_, err := hunt.Parse(input, opts)
		wrong := false
		for _, p := range got.Problems {
			wrong = wrong || !p.Warning
			if p.Start < 0 || p.End < p.Start || p.End > len(input) {
				t.Fatalf("problem at %d to %d of %d", p.Start, p.End, len(input))
			}
		}
		if wrong != (err != nil) || wrong != (got.Explanation.EN == "") {
			t.Fatalf("Check says %v, Parse %v", got.Problems, err)
		}
		end := 0
		for _, s := range got.Spans {
			if s.Start < end || s.End <= s.Start || s.End > len(input) || s.Kind == 0 {
				t.Fatalf("spans %v of %d bytes", got.Spans, len(input))
			}
			end = s.End
		}
		for _, c := range got.Completions {
			if c.Start < 0 || c.End < c.Start || c.End > len(input) || c.Insert == "" || c.Kind == 0 {
				t.Fatalf("completion %+v of %d bytes", c, len(input))
			}
			if utf8.ValidString(input) && !utf8.ValidString(input[:c.Start]+c.Insert+input[c.End:]) {
				t.Fatalf("completion %+v cuts a letter", c)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	input := seeds[2]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hunt.Parse(input, opts); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	inputs := map[string]string{
		"usual":   "class = auth and status = failure and src not in (10.0.0.0/8, 192.168.0.0/16) last 24h | top 10 us",
		"unknown": "source_endpoint.addresss = 10.0.0.1 and dst_endpont.ip = 10.0.0.1 and usr = x",
		"longest": strings.Repeat("src = 10.0.0.1 or ", 299) + "user = roo",
		"words":   strings.Repeat("a ", 299) + "(" + strings.Repeat("b,", 3000),
		"time":    "since " + strings.Repeat("2026-03-01 09:00:00x ", 6),
	}
	for name, input := range inputs {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				hunt.Check(input, len(input), hunt.CheckOptions{Options: opts})
			}
		})
	}
}
