package hunt

import (
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// Explain says in words what the hunt asks. Times are told in the zone of the
// options.
func (h *Hunt) Explain(opts Options) text.Said {
	loc := opts.Location
	if loc == nil {
		loc = time.UTC
	}
	x := explainer{loc: loc}
	events := sayAll
	args := text.Args{"when": x.when(h.When, opts.Now)}
	if h.Where != nil {
		events = sayThose
		args["where"] = text.Said{EN: x.english(h.Where, false), KO: x.korean(h.Where, endOf)}
	}
	show := text.Args{"events": events.Say(args), "n": h.Show.N}
	return x.show(h, opts.Now, show)
}

type explainer struct{ loc *time.Location }

func (x explainer) show(h *Hunt, now time.Time, args text.Args) text.Said {
	s := h.Show
	args["by"] = text.Said{EN: "", KO: ""}
	if len(s.By) > 0 {
		args["fields"] = fieldList(s.By)
		args["by"] = sayBy.Say(args)
	}
	switch s.Kind {
	case Top:
		return sayTop.Say(args)
	case Count:
		if s.Distinct != "" {
			args["field"] = s.Distinct.Label()
			return sayDistinct.Say(args)
		}
		return sayCount.Say(args)
	case Timeline:
		step := s.Step
		if step == 0 {
			from, until := h.When.Range(now)
			step = stepOf(from, until, now)
		}
		args["step"] = step
		return sayTimeline.Say(args)
	case Latest:
	}
	if s.N > 0 {
		return sayLatestN.Say(args)
	}
	return sayLatest.Say(args)
}

func fieldList(fields []Field) text.Said {
	var en, ko []string
	for _, f := range fields {
		en = append(en, f.Label().EN)
		ko = append(ko, f.Label().KO)
	}
	return text.Said{EN: text.List(en, len(en), text.English), KO: text.List(ko, len(ko), text.Korean)}
}

func (x explainer) when(w When, now time.Time) text.Said {
	args := text.Args{"span": w.Last, "from": x.moment(w.Since), "until": x.moment(w.Until)}
	switch {
	case w.Last > 0:
		args["from"] = x.moment(Moment{At: now.Add(-w.Last)})
		return sayLast.Say(args)
	case !w.Since.IsZero() && !w.Until.IsZero():
		return sayBetween.Say(args)
	case !w.Since.IsZero():
		return saySince.Say(args)
	case !w.Until.IsZero():
		return sayUntil.Say(args)
	}
	return sayEver.Say(nil)
}

// moment writes a time to the minute, or as finely as it was said.
func (x explainer) moment(m Moment) string {
	at := m.At.In(x.loc)
	layout := "2006-01-02 15:04"
	switch {
	case at.Nanosecond() != 0 && m.Said == "":
		layout += ":05.999999999"
	case at.Second() != 0:
		layout += ":05"
	}
	zone := "UTC"
	if _, offset := at.Zone(); offset != 0 {
		zone += at.Format("-07:00")
	}
	return at.Format(layout) + " " + zone
}

// ending is how a Korean clause goes on.
type ending int

const (
	endAnd ending = iota // …이고
	endOr                // …이거나
	endOf                // …인 (것)
)

// A phrase says a condition: a whole sentence part in English, and in Korean
// one without its ending.
type phrase struct {
	text.Message
	ends [3]string
}

func (x explainer) english(e Expr, inside bool) string {
	join := func(parts []Expr, word string) string {
		parts, more := few(parts)
		said := make([]string, len(parts), len(parts)+1)
		for i, part := range parts {
			said[i] = x.english(part, true)
		}
		if more > 0 {
			said = append(said, phraseOthers.Say(text.Args{"n": more}).EN)
		}
		all := strings.Join(said, word)
		if inside {
			return "(" + all + ")"
		}
		return all
	}
	switch e := e.(type) {
	case All:
		return join(e, " and ")
	case Any:
		return join(e, " or ")
	case Not:
		if t, ok := e.Of.(Test); ok && t.Op == Exists {
			p, args := phraseLacks, text.Args{"field": t.Field.Label()}
			return p.Say(args).EN
		}
		if w, ok := e.Of.(Word); ok {
			return phraseNowhere.Say(text.Args{"value": said(w.Text)}).EN
		}
		return "it is not so that " + x.english(e.Of, true)
	case Word:
		return phraseAnywhere.Say(text.Args{"value": said(e.Text)}).EN
	case Test:
		p, args := x.phrase(e)
		return p.Say(args).EN
	}
	return ""
}

// few returns the conditions that are told one by one, and how many are not.
func few(parts []Expr) (told []Expr, more int) {
	const most = 12
	if len(parts) <= most {
		return parts, 0
	}
	return parts[:most-2], len(parts) - (most - 2)
}

func (x explainer) korean(e Expr, end ending) string {
	join := func(parts []Expr, between ending) string {
		parts, more := few(parts)
		said := make([]string, len(parts), len(parts)+1)
		for i, part := range parts {
			with := between
			if i == len(parts)-1 && more == 0 {
				with = end
			}
			if _, nested := part.(All); nested {
				said[i] = "(" + x.korean(part, endOf) + " 경우)" + endIs[with]
			} else if _, nested := part.(Any); nested {
				said[i] = "(" + x.korean(part, endOf) + " 경우)" + endIs[with]
			} else {
				said[i] = x.korean(part, with)
			}
		}
		if more > 0 {
			said = append(said, phraseOthers.Say(text.Args{"n": more}).KO+phraseOthers.ends[end])
		}
		return strings.Join(said, " ")
	}
	finish := func(p phrase, args text.Args) string { return p.Say(args).KO + p.ends[end] }
	switch e := e.(type) {
	case All:
		return join(e, endAnd)
	case Any:
		return join(e, endOr)
	case Not:
		if t, ok := e.Of.(Test); ok && t.Op == Exists {
			return finish(phraseLacks, text.Args{"field": t.Field.Label()})
		}
		if w, ok := e.Of.(Word); ok {
			return finish(phraseNowhere, text.Args{"value": said(w.Text)})
		}
		return "(" + x.korean(e.Of, endOf) + " 경우)가" + endNot[end]
	case Word:
		return finish(phraseAnywhere, text.Args{"value": said(e.Text)})
	case Test:
		p, args := x.phrase(e)
		return finish(p, args)
	}
	return ""
}

// phrase chooses the words for a test.
func (x explainer) phrase(t Test) (phrase, text.Args) {
	values := make([]string, len(t.Values))
	for i, v := range t.Values {
		values[i] = x.value(t.Field, t.Op, v)
	}
	args := text.Args{"field": t.Field.Label(), "values": text.Said{EN: anyOf(values), KO: text.List(values, len(values), text.Korean)}}
	if len(values) > 0 {
		args["value"] = values[0]
	}
	op := t.Op
	network := op == In && len(t.Values) > 0 && t.Values[0].Prefix.IsValid()
	negated := 0
	if t.Negated {
		negated = 1
	}
	if network {
		return phraseWithin[negated], args
	}
	if t.Field.kind() == kindTime {
		switch op {
		case Less:
			return phraseBefore, args
		case LessEqual:
			return phraseUntil, args
		case Greater:
			return phraseAfter, args
		case GreaterEqual:
			return phraseSince, args
		default:
		}
	}
	switch op {
	case Less:
		return phraseLess, args
	case LessEqual:
		return phraseAtMost, args
	case Greater:
		return phraseMore, args
	case GreaterEqual:
		return phraseAtLeast, args
	case Contains:
		return phraseContains[negated], args
	case Starts:
		return phraseStarts[negated], args
	case Ends:
		return phraseEnds[negated], args
	case Matches:
		return phraseMatches[negated], args
	case In:
		return phraseIn[negated], args
	case Exists:
		return phraseExists, args
	case Is:
	}
	return phraseIs[negated], args
}

// anyOf lists values of which one is enough, in English.
func anyOf(values []string) string {
	if n := len(values); n > 1 && n <= 5 {
		return strings.Join(values[:n-1], ", ") + " or " + values[n-1]
	}
	return text.List(values, len(values), text.English)
}

// value writes a value for people: texts stand in quotes.
func (x explainer) value(f Field, op Op, v Value) string {
	switch op {
	case Contains, Starts, Ends:
		return said(v.Text)
	case Matches:
		return "/" + shown(v.Text) + "/"
	default:
	}
	switch f.kind() {
	case kindTime:
		return x.moment(v.Moment)
	case kindClass:
		if v.Number >= 0 && v.Number <= 0xffff {
			if name := event.Class(v.Number).Name(); name != "" {
				return name
			}
		}
		return strconv.FormatInt(v.Number, 10)
	case kindText, kindList, kindUnmapped:
		if !v.Prefix.IsValid() {
			return said(v.Text)
		}
	case kindNumber, kindActivity, kindBool, kindAddress, kindMAC:
	}
	return strings.Trim(valueText(f, op, v), `"`)
}

// said puts a text of the input into quotes, shortened.
func said(s string) string { return `"` + shown(s) + `"` }
