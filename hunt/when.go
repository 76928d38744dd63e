package hunt

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/text"
)

// timeRange reads last, since, until, between and on. A range holds for the
// whole hunt, so it stands outside of parentheses, and once.
func (p *parser) timeRange(t token) {
	p.take(t, SpanKeyword)
	if p.depth > 0 {
		p.fail(t.start, t.end, msgTimeInOr, nil).hint(hintTimeInOr, nil)
	}
	word := strings.ToLower(t.text)
	lastSet := p.whenSet[0]
	switch word {
	case "last":
		p.whenSet[0] = true
		p.last(t)
	case "since":
		p.once(t, 1)
		p.when.Since, _ = p.moment()
	case "until":
		p.once(t, 2)
		p.when.Until, _ = p.moment()
	case "between":
		p.once(t, 1)
		p.once(t, 2)
		var ok bool
		if p.when.Since, ok = p.moment(); !ok {
			return
		}
		and := p.next(inTerm)
		p.expect(and, expectation{what: expectAnd})
		if !and.is("and") {
			p.fail(t.start, t.end, msgBetween, nil).hint(hintBetween, nil)
			return
		}
		p.take(and, SpanKeyword)
		p.when.Until, _ = p.moment()
	case "on":
		p.once(t, 1)
		p.once(t, 2)
		p.day(t)
	}
	if lastSet || p.whenSet[0] && (p.whenSet[1] || p.whenSet[2]) {
		p.fail(t.start, t.end, msgTwoRanges, nil).hint(hintTimes, nil)
	}
}

// once notes a bound that is given again.
func (p *parser) once(t token, bound int) {
	if p.whenSet[bound] && !p.failed() {
		p.fail(t.start, t.end, msgTwoRanges, nil).hint(hintTimes, nil)
	}
	p.whenSet[bound] = true
}

// last reads a span, of which the number may be left out: last hour.
func (p *parser) last(t token) {
	next := p.next(inValue)
	p.expect(next, expectation{what: expectSpan})
	d, ok := p.span()
	if !ok {
		if next.kind == tokWord {
			t = next
			p.take(next, SpanError)
		}
		p.fail(t.start, t.end, msgNeedSpan, nil).hint(hintSpan, nil)
		return
	}
	if d > maxLast {
		p.fail(next.start, p.pos, msgLongSpan, nil).hint(hintSpan, nil)
		return
	}
	p.when.Last = d
}

// span reads a duration of one or two words.
func (p *parser) span() (time.Duration, bool) {
	return longest(p, 2, SpanTime, parseSpan)
}

// day reads a day without a time.
func (p *parser) day(t token) {
	from, ok := p.moment()
	if !ok {
		return
	}
	local := from.At
	switch {
	case from.Said == "today":
		p.when.Since, p.when.Until = from, p.named("tomorrow", "")
	case from.Said == "yesterday":
		p.when.Since, p.when.Until = from, p.named("today", "")
	case from.Said != "" || !local.Equal(midnight(local, 0)):
		p.fail(t.start, p.pos, msgNotDay, nil).hint(hintDay, nil)
	default:
		p.when.Since, p.when.Until = from, Moment{At: midnight(local, 1)}
	}
}

// moment reads a point in time of up to five words.
func (p *parser) moment() (Moment, bool) {
	t := p.next(inValue)
	p.expect(t, expectation{what: expectMoment})
	m, ok := longest(p, 5, SpanTime, p.parseMoment)
	if ok {
		if after := p.next(inValue); after.is(notZones...) {
			p.take(after, SpanError)
			p.fail(after.start, after.end, msgNoZone, text.Args{"value": after.text}).hint(hintZone, nil)
			return Moment{}, false
		}
		return m, true
	}
	if t.kind == tokWord || t.kind == tokQuoted {
		p.take(t, SpanError)
		p.fail(t.start, t.end, msgNoTime, text.Args{"value": shown(t.text)}).hint(hintTimes, nil)
	} else {
		p.fail(t.start, t.end, msgNeedTime, nil).hint(hintTimes, nil)
	}
	return Moment{}, false
}

// longest takes as many words as make sense together, or one quoted text.
func longest[T any](p *parser, words int, kind SpanKind, parse func(string) (T, bool)) (T, bool) {
	start := p.pos
	var best T
	var said []string
	found, end, first := false, start, -1
	for len(said) < words {
		t := p.next(inValue)
		if t.kind != tokWord && (t.kind != tokQuoted || len(said) > 0 || t.open) {
			break
		}
		if first < 0 {
			first = t.start
		}
		said = append(said, t.text)
		p.pos = t.end
		if v, ok := parse(strings.Join(said, " ")); ok {
			best, found, end = v, true, t.end
		}
		if t.kind == tokQuoted {
			break
		}
	}
	p.pos = start
	if found {
		p.take(token{start: first, end: end}, kind)
	}
	return best, found
}

// spanUnits are the units of durations, in the words that people type.
var spanUnits = map[string]time.Duration{
	"ms": time.Millisecond, "밀리초": time.Millisecond,
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second, "초": time.Second,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute, "분": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour, "시간": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour, "일": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour, "주": 7 * 24 * time.Hour,
}

// parseSpan reads 24h, 1h30m, "24 hours", "hour".
func parseSpan(s string) (time.Duration, bool) {
	s = strings.ToLower(s)
	if d, ok := spanUnits[s]; ok && len(s) > 2 {
		return d, true
	}
	var sum time.Duration
	for s != "" {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		if digits == 0 {
			return 0, false
		}
		n, err := strconv.ParseInt(s[:digits], 10, 64)
		s = strings.TrimPrefix(s[digits:], " ")
		letters := strings.IndexAny(s, "0123456789 ")
		if letters < 0 {
			letters = len(s)
		}
		unit, ok := spanUnits[s[:letters]]
		if err != nil || !ok || n > int64(math.MaxInt64/2/unit) || sum > math.MaxInt64/2 {
			return 0, false
		}
		sum += time.Duration(n) * unit
		s = s[letters:]
	}
	return sum, sum > 0
}

// spanText writes a duration in its largest whole unit.
func spanText(d time.Duration) string {
	for _, u := range [...]struct {
		name string
		size time.Duration
		from time.Duration // below it, the next unit is what people say
	}{
		{"d", 24 * time.Hour, 48 * time.Hour}, {"h", time.Hour, time.Hour}, {"m", time.Minute, time.Minute}, {"s", time.Second, time.Second},
	} {
		if d >= u.from && d%u.size == 0 {
			return strconv.FormatInt(int64(d/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/time.Millisecond), 10) + "ms"
}

func midnight(t time.Time, days int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}

// dayWords are the days that have a name.
var dayWords = map[string]string{"today": "today", "yesterday": "yesterday", "tomorrow": "tomorrow", "오늘": "today", "어제": "yesterday", "내일": "tomorrow"}

// named returns a moment of a day that is said relative to now.
func (p *parser) named(day, clock string) Moment {
	shift := map[string]int{"yesterday": -1, "tomorrow": 1}[day]
	at := midnight(p.now.In(p.loc), shift)
	if clock == "" {
		return Moment{At: at.UTC(), Said: day}
	}
	c, layout, ok := parseClock(clock)
	if !ok {
		return Moment{}
	}
	at = time.Date(at.Year(), at.Month(), at.Day(), c.Hour(), c.Minute(), c.Second(), c.Nanosecond(), p.loc)
	return Moment{At: at.UTC(), Said: day + " " + c.Format(layout)}
}

func parseClock(s string) (time.Time, string, bool) {
	for _, layout := range [...]string{"15:04", "15:04:05", "15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, layout, true
		}
	}
	return time.Time{}, "", false
}

// layouts are the ways to write a time, as the program, logs and people do.
// Those without a zone are read in the zone of the options.
var layouts = func() []string {
	var out []string
	for _, date := range [...]string{"2006-01-02", "2006/01/02", "2006.01.02", "2006-1-2", "2006/1/2", "2006.1.2"} {
		out = append(out, date)
		for _, clock := range [...]string{"15:04", "15:04:05"} {
			for _, zone := range [...]string{"", "Z07:00", "Z0700", " Z07:00", " Z0700", " MST"} {
				out = append(out, date+" "+clock+zone)
				if date == "2006-01-02" {
					out = append(out, date+"T"+clock+zone)
				}
			}
		}
	}
	return append(out, "02/Jan/2006:15:04:05", "02/Jan/2006:15:04:05 -0700", "Jan 2 2006 15:04:05", "Jan 2 2006", "2 Jan 2006", "2 Jan 2006 15:04:05")
}()

// parseMoment reads one way to say a point in time.
func (p *parser) parseMoment(s string) (Moment, bool) {
	lower := strings.ToLower(s)
	if lower == "now" || lower == "지금" {
		return Moment{At: p.now, Said: "now"}, true
	}
	word, rest, _ := strings.Cut(lower, " ")
	if day, ok := dayWords[word]; ok {
		m := p.named(day, rest)
		return m, !m.IsZero()
	}
	if _, _, ok := parseClock(s); ok {
		return p.named("today", s), true
	}
	ago := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(lower, "-"), " ago"), " 전")
	if d, ok := parseSpan(strings.TrimSuffix(ago, "전")); ok && d <= maxLast {
		return Moment{At: p.now.Add(-d), Said: spanText(d) + " ago"}, true
	}
	if len(s) > 0 && s[0] >= '0' && s[0] <= '9' && len(s) >= 10 && !strings.ContainsAny(s, "-/: ") {
		if m, ok := epoch(s); ok {
			return m, true
		}
	}
	return p.parseDate(s)
}

// epoch reads seconds (with a fraction, as Zeek has them) or milliseconds since
// 1970.
func epoch(s string) (Moment, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(frac) > 9 || strings.Trim(frac, "0123456789") != "" {
		return Moment{}, false
	}
	switch len(whole) {
	case 10:
		nanos, err := strconv.ParseInt(frac+"000000000"[len(frac):], 10, 64)
		if err != nil {
			return Moment{}, false
		}
		return Moment{At: time.Unix(n, nanos).UTC()}, true
	case 13:
		return Moment{At: time.UnixMilli(n).UTC()}, frac == ""
	}
	return Moment{}, false
}

// notZones are what people write behind a time that is not taken: several zones
// share most abbreviations.
var notZones = []string{
	"am", "pm", "오전", "오후", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "cet", "cest", "eet", "eest", "wet", "west", "bst", "ist", "jst", "hkt", "sgt", "aest", "msk",
}

// Years that a stored time can have.
const (
	firstYear = 1678
	lastYear  = 2261
)

func (p *parser) parseDate(s string) (Moment, bool) {
	if len(s) < len("2006.1.2") || len(s) > 48 {
		return Moment{}, false
	}
	for _, layout := range layouts {
		t, err := time.ParseInLocation(layout, s, p.loc)
		if err != nil {
			continue
		}
		if strings.HasSuffix(layout, " MST") {
			switch t.Location().String() {
			case "UTC", "GMT", "Z":
			case "KST":
				t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.FixedZone("KST", 9*60*60))
			default:
				return Moment{}, false // another abbreviation may mean several zones
			}
		}
		if t.Year() < firstYear || t.Year() > lastYear {
			return Moment{}, false
		}
		return Moment{At: t}, true
	}
	return Moment{}, false
}

// text writes a moment such that it is read the same.
func (m Moment) text() string {
	if m.Said != "" {
		return m.Said
	}
	if m.At.Second() == 0 && m.At.Nanosecond() == 0 {
		return m.At.Format("2006-01-02T15:04Z07:00")
	}
	return m.At.Format(time.RFC3339Nano)
}

// checkRange notes a range in which nothing can lie, and a timeline of too many
// steps.
func (p *parser) checkRange(h *Hunt) {
	from, until := h.When.Range(p.now)
	if !from.IsZero() && !until.IsZero() && !from.Before(until) {
		p.fail(0, len(p.in), msgEmptyRange, text.Args{"from": from, "until": until}).hint(hintRange, nil)
	}
	if !from.IsZero() && from.After(p.now) {
		p.note(0, len(p.in), msgFuture, text.Args{"from": from}, true)
	}
	if h.Show.Kind == Timeline && h.Show.Step > 0 && !from.IsZero() {
		end := until
		if end.IsZero() {
			end = p.now
		}
		if end.Sub(from)/h.Show.Step > MaxSteps {
			p.fail(0, len(p.in), msgManySteps, text.Args{"max": MaxSteps}).hint(hintSteps, text.Args{"step": spanText(nextStep(end.Sub(from) / MaxSteps))})
		}
	}
}
