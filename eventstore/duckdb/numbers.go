//go:build cgo

package duckdb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// topValues is how many values of its field a timeline tells apart.
const topValues = 10

// union writes SELECTs of the fields' values as k0, k1, … and of the time as t,
// of the events of a part of time that the query is about.
func (r *reader) union(ctx context.Context, s *statement, fields []eventstore.Field, w window) (free func(), err error) {
	groups, err := r.groups(ctx, interestOf(r.query.Where, fields...), w.segments)
	if err != nil {
		return nil, err
	}
	number := r.engine.feed.put(&rows{fields: fields, events: w.tail})
	free = func() { r.engine.feed.drop(number) }
	s.add("SELECT * REPLACE (make_timestamp_ns(t) AS t) FROM bongsu_tail(?::BIGINT)", number)
	for _, g := range groups {
		where, err := g.where(r.query.Where)
		if err != nil {
			free()
			return nil, err
		}
		where = all(w.within(g), where)
		if where.is == no {
			continue
		}
		s.add(" UNION ALL SELECT ")
		for i, f := range fields {
			s.cond(g.key(f))
			s.add(" AS k" + strconv.Itoa(i) + ", ")
		}
		s.add(columnTime + " AS t")
		s.from(g, where)
	}
	return free, nil
}

// key writes the value of a field, of the type that keys have; NULL where the
// files do not have it.
func (g *group) key(f eventstore.Field) cond {
	_, name := typeOf(f)
	v, ok := g.exprOf(f)
	switch {
	case !ok:
		return cond{sql: "NULL::" + name}
	case f.Type() == event.Time:
		v.sql = "epoch_ns(" + v.sql + ")"
	}
	return v
}

// keys writes the values of fields as v0, v1, …, each followed by a comma. A
// text that is not there and an empty one are in the same group.
func keys(fields []eventstore.Field) string {
	var b strings.Builder
	for i, f := range fields {
		value := fmt.Sprintf("k%d", i)
		if _, name := typeOf(f); name == "VARCHAR" {
			value = "coalesce(" + value + ", '')"
		}
		fmt.Fprintf(&b, "%s AS v%d, ", value, i)
	}
	return b.String()
}

// order writes a key as the text that text makes of it, to sort by.
func order(f eventstore.Field, key string) string {
	switch f.Type() {
	case event.Time:
		return "bongsu_time(" + key + ")"
	case event.Int, event.Bool:
		return key + "::VARCHAR"
	case event.String, event.JSON:
	}
	return key
}

// text returns a key as eventstore.Field.Value writes it, "" for NULL.
func text(f eventstore.Field, key any) string {
	switch v := key.(type) {
	case string:
		return v
	case int64:
		if f.Type() == event.Time {
			return timeOf(v).Format(time.RFC3339Nano)
		}
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// top counts combinations of values. An event that has none of the fields is in
// no group.
func (r *reader) top(ctx context.Context, to *eventstore.Result) error {
	t := r.query.Top
	n := t.N
	if n <= 0 || n > maxRows {
		n = maxRows
	}
	var has []string
	for i := range t.By {
		has = append(has, fmt.Sprintf("k%d IS NOT NULL", i))
	}
	err := r.counted(ctx, to, counting{by: t.By, where: strings.Join(has, " OR "), limit: n})
	to.More = false // it was asked for no more
	return err
}

func (r *reader) count(ctx context.Context, to *eventstore.Result) error {
	c := r.query.Count
	return r.counted(ctx, to, counting{by: c.By, of: c.Distinct, limit: r.limit()})
}

// counting is what to count for each combination of fields: events, or the
// values of a field.
type counting struct {
	by    []eventstore.Field
	of    *eventstore.Field
	where string
	limit int
}

// counted counts, the most frequent first.
func (r *reader) counted(ctx context.Context, to *eventstore.Result, c counting) error {
	by := c.by
	t := tally{fields: by[:len(by):len(by)], head: "SELECT " + keys(by)}
	for i, f := range by {
		_, name := typeOf(f)
		t.columns += fmt.Sprintf("v%d %s, ", i, name)
	}
	keys := names("v", len(by))
	grouped, number := keys, "coalesce(sum(n), 0)::BIGINT"
	if c.of != nil {
		_, name := typeOf(*c.of)
		t.fields = append(t.fields, *c.of)
		t.head += fmt.Sprintf("k%d AS d, ", len(by))
		t.columns += "d " + name + ", "
		grouped, number = append(keys[:len(keys):len(keys)], "d"), "count(DISTINCT d)"
	}
	t.columns += "n BIGINT, f BIGINT, l BIGINT"
	t.head += "count(*) AS n, epoch_ns(min(t)) AS f, epoch_ns(max(t)) AS l FROM ("
	t.rest = ")"
	if c.where != "" {
		t.rest += " WHERE " + c.where
	}
	t.rest += groupBy(grouped)
	var s strings.Builder
	s.WriteString("SELECT ")
	for _, k := range keys {
		s.WriteString(k + ", ")
	}
	s.WriteString(number + " AS number, min(f), max(l) FROM counted" + groupBy(keys) + " ORDER BY number DESC")
	for i, k := range keys {
		s.WriteString(", " + order(by[i], k) + " NULLS FIRST")
	}
	s.WriteString(" LIMIT ?")
	t.answer, t.answerArgs = s.String(), []any{int64(c.limit) + 1}
	rows, err := r.tally(ctx, &t)
	if len(rows) > c.limit {
		to.More, rows = true, rows[:c.limit]
	}
	for _, row := range rows {
		g := eventstore.Group{Values: make([]string, len(by))}
		for i, f := range by {
			g.Values[i] = text(f, row[i])
		}
		g.Count, _ = row[len(by)].(int64)
		if at, ok := row[len(by)+1].(int64); ok {
			g.First = timeOf(at)
		}
		if at, ok := row[len(by)+2].(int64); ok {
			g.Last = timeOf(at)
		}
		to.Groups = append(to.Groups, g)
	}
	return err
}

// names are a letter with the numbers from 0 to n-1.
func names(letter string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = letter + strconv.Itoa(i)
	}
	return out
}

func groupBy(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " GROUP BY " + strings.Join(names, ", ")
}

// timeMacro writes nanoseconds as Go's RFC3339Nano does.
const timeMacro = `CREATE OR REPLACE MACRO bongsu_time(ns) AS
	strftime(make_timestamp_ns(ns), '%Y-%m-%dT%H:%M:%S') ||
	rtrim(rtrim('.' || lpad((((ns % 1000000000) + 1000000000) % 1000000000)::VARCHAR, 9, '0'), '0'), '.') || 'Z'`

func (r *reader) timeline(ctx context.Context, to *eventstore.Result) error {
	step := int64(r.query.Timeline.Step)
	if step <= 0 {
		return fmt.Errorf("%w: step %d of a timeline is not above 0", eventstore.ErrCondition, step)
	}
	var fields []eventstore.Field
	value, valueType, tie := "NULL::VARCHAR", "VARCHAR", "v"
	if by := r.query.Timeline.By; by != nil {
		fields, value = []eventstore.Field{*by}, "k0"
		tie = order(*by, "v")
		if _, valueType = typeOf(*by); valueType == "VARCHAR" {
			value = "nullif(k0, '')"
		}
	}
	t := tally{fields: fields, columns: "b BIGINT, v " + valueType + ", n BIGINT"}
	t.head = "SELECT ns - ((ns % ?::BIGINT) + ?::BIGINT) % ?::BIGINT AS b, v, count(*) AS n FROM (SELECT epoch_ns(t) AS ns, " + value + " AS v FROM ("
	t.headArgs = []any{step, step, step}
	t.rest = ")) GROUP BY b, v"
	t.answer = "SELECT b, CASE WHEN v IN (SELECT v FROM (SELECT v, sum(n) AS m FROM counted WHERE v IS NOT NULL GROUP BY v ORDER BY m DESC, " + tie + " LIMIT ?)) THEN v END AS w, sum(n)::BIGINT" +
		" FROM counted GROUP BY b, w ORDER BY b LIMIT ?"
	t.answerArgs = []any{int64(topValues), int64(maxBuckets) + 1}
	rows, err := r.tally(ctx, &t)
	if len(rows) > maxBuckets {
		to.More, rows = true, rows[:maxBuckets]
	}
	for _, row := range rows {
		var b eventstore.Bucket
		at, _ := row[0].(int64)
		b.Start = timeOf(at)
		if len(fields) > 0 {
			b.Value = text(fields[0], row[1])
		}
		b.Count, _ = row[2].(int64)
		to.Buckets = append(to.Buckets, b)
	}
	slices.SortFunc(to.Buckets, func(a, b eventstore.Bucket) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Value, b.Value))
	})
	return err
}
