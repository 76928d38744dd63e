package hunt_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/hunt"
)

var update = flag.Bool("update", false, "write testdata anew")

// Monday, half past noon in Seoul.
var (
	now   = time.Date(2026, 3, 2, 3, 30, 0, 0, time.UTC)
	seoul = time.FixedZone("", 9*60*60)
	opts  = hunt.Options{Now: now, Location: seoul}
)

// TestGolden reads testdata/golden.txt: a hunt a paragraph, followed by how it
// is written, what it becomes and what it means in words.
func TestGolden(t *testing.T) {
	const file = "testdata/golden.txt"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, paragraph := range strings.Split(strings.TrimSpace(string(raw)), "\n\n") {
		input, _, _ := strings.Cut(paragraph, "\n")
		if got.Len() > 0 {
			got.WriteByte('\n')
		}
		got.WriteString(input + "\n")
		if strings.HasPrefix(input, "#") {
			continue
		}
		h, err := hunt.Parse(input, opts)
		if err != nil {
			t.Errorf("%s: %v", input, err)
			continue
		}
		q, err := h.Query(now)
		if err != nil {
			t.Errorf("%s: %v", input, err)
			continue
		}
		said := h.Explain(opts)
		fmt.Fprintf(&got, "  = %s\n  > %s\n  en %s\n  ko %s\n", h, queryText(q), said.EN, said.KO)
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(raw), got.String()); diff != "" {
		t.Errorf("golden (-want +got), -update writes it:\n%s", diff)
	}
}

// queryText writes a query for people to compare.
func queryText(q eventstore.Query) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if !q.From.IsZero() {
		add("from %s", q.From.Format(time.RFC3339Nano))
	}
	if !q.Until.IsZero() {
		add("until %s", q.Until.Format(time.RFC3339Nano))
	}
	if q.Classes != nil {
		add("classes %d", q.Classes)
	}
	if q.Where != nil {
		add("where %s", exprText(q.Where))
	}
	if q.Limit > 0 {
		add("limit %d", q.Limit)
	}
	if q.Top != nil {
		add("top %d %s", q.Top.N, q.Top.By)
	}
	if q.Count != nil {
		add("count by %s", q.Count.By)
		if q.Count.Distinct != nil {
			add("distinct %s", *q.Count.Distinct)
		}
	}
	if q.Timeline != nil {
		add("timeline %s", q.Timeline.Step)
		if q.Timeline.By != nil {
			add("by %s", *q.Timeline.By)
		}
	}
	if parts == nil {
		return "all"
	}
	return strings.Join(parts, ", ")
}

func exprText(e eventstore.Expr) string {
	list := func(name string, parts []eventstore.Expr) string {
		said := make([]string, len(parts))
		for i, p := range parts {
			said[i] = exprText(p)
		}
		return name + "(" + strings.Join(said, ", ") + ")"
	}
	switch e := e.(type) {
	case eventstore.And:
		return list("and", e)
	case eventstore.Or:
		return list("or", e)
	case eventstore.Not:
		return "not(" + exprText(e.Of) + ")"
	case eventstore.Compare:
		op := map[eventstore.Op]string{eventstore.Equal: "=", eventstore.NotEqual: "!=", eventstore.Less: "<", eventstore.LessEqual: "<=", eventstore.Greater: ">", eventstore.GreaterEqual: ">="}[e.Op]
		return fmt.Sprintf("%s %s %s", e.Field, op, literalText(e.Field, e.Value))
	case eventstore.In:
		said := make([]string, len(e.Values))
		for i, v := range e.Values {
			said[i] = literalText(e.Field, v)
		}
		return fmt.Sprintf("%s in %s", e.Field, said)
	case eventstore.Contains:
		return fmt.Sprintf("%s %s %q", e.Field, [...]string{"has", "starts", "ends"}[e.Where], e.Text)
	case eventstore.Match:
		return fmt.Sprintf("%s ~ %s", e.Field, e.Regex)
	case eventstore.Within:
		return fmt.Sprintf("%s within %s", e.Field, e.Prefixes)
	case eventstore.Exists:
		return fmt.Sprintf("exists %s", e.Field)
	case eventstore.Anywhere:
		return fmt.Sprintf("anywhere %q", e.Text)
	}
	return fmt.Sprintf("%T", e)
}

func literalText(f eventstore.Field, l eventstore.Literal) string {
	switch {
	case !l.Time.IsZero():
		return l.Time.Format(time.RFC3339Nano)
	case l.Text != "":
		return fmt.Sprintf("%q", l.Text)
	}
	return fmt.Sprint(l.Number)
}
