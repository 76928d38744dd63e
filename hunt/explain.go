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

// endings of Korean predicates, by what they are built on.
var (
	endIs   = [...]string{"이고", "이거나", "인"}
	endNot  = [...]string{" 아니고", " 아니거나", " 아닌"}
	endHas  = [...]string{" 있고", " 있거나", " 있는"}
	endLack = [...]string{" 없고", " 없거나", " 없는"}
	endDo   = [...]string{"하고", "하거나", "하는"}
	endDont = [...]string{"하지 않고", "하지 않거나", "하지 않는"}
	endEnd  = [...]string{"끝나고", "끝나거나", "끝나는"}
	endFit  = [...]string{"맞고", "맞거나", "맞는"}
	endFall = [...]string{"속하고", "속하거나", "속하는"}
	endLess = [...]string{"작고", "작거나", "작은"}
	endMore = [...]string{"크고", "크거나", "큰"}
	endSoon = [...]string{"이르고", "이르거나", "이른"}
	endLate = [...]string{"늦고", "늦거나", "늦은"}
)

// A phrase says a condition: a whole sentence part in English, and in Korean
// one without its ending.
type phrase struct {
	text.Message
	ends [3]string
}

func (x explainer) english(e Expr, inside bool) string {
	join := func(parts []Expr, word string) string {
		said := make([]string, len(parts))
		for i, part := range parts {
			said[i] = x.english(part, true)
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

func (x explainer) korean(e Expr, end ending) string {
	join := func(parts []Expr, between ending) string {
		said := make([]string, len(parts))
		for i, part := range parts {
			with := between
			if i == len(parts)-1 {
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
	args := text.Args{"field": t.Field.Label(), "values": values}
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

// What is asked.
var (
	sayAll      = text.Message{EN: "all events {when}", KO: "{when} 모든 이벤트"}
	sayThose    = text.Message{EN: "the events {when} where {where}", KO: "{when} 이벤트 가운데 {where} 것"}
	sayEver     = text.Message{EN: "that are stored", KO: "저장된"}
	sayLast     = text.Message{EN: "of the last {span} (since {from})", KO: "지난 {span} 동안의({from}부터)"}
	sayBetween  = text.Message{EN: "from {from} to {until}", KO: "{from}부터 {until} 전까지의"}
	saySince    = text.Message{EN: "since {from}", KO: "{from}부터의"}
	sayUntil    = text.Message{EN: "before {until}", KO: "{until} 전의"}
	sayLatest   = text.Message{EN: "Shows {events}, the newest first.", KO: "{events|을를} 최신순으로 보여 줍니다."}
	sayLatestN  = text.Message{EN: "Shows {events}, the newest {n}.", KO: "{events|을를} 최신순으로 {n}건까지 보여 줍니다."}
	sayTop      = text.Message{EN: "Shows the {n} most frequent values of {fields} among {events}.", KO: "{events}에서 가장 잦은 {fields} 값 {n}가지를 보여 줍니다."}
	sayBy       = text.Message{EN: " for each value of {fields}", KO: "{fields}별로 "}
	sayCount    = text.Message{EN: "Counts {events}{by}.", KO: "{events|이가} {by}몇 건인지 셉니다."}
	sayDistinct = text.Message{EN: "Counts the different values of {field}{by} among {events}.", KO: "{events}에서 서로 다른 {field} 값이 {by}몇 가지인지 셉니다."}
	sayTimeline = text.Message{EN: "Counts {events} in each step of {step}{by}.", KO: "{events|이가} {step}마다 {by}몇 건인지 셉니다."}
)

// Conditions. Of pairs, the second is the negated one, which needs the field.
var (
	phraseIs = [2]phrase{
		{text.Message{EN: "{field} is {value}", KO: "{field|이가} {value}"}, endIs},
		{text.Message{EN: "{field} is known and is not {value}", KO: "{field|이가} 있으면서 {value|이가}"}, endNot},
	}
	phraseIn = [2]phrase{
		{text.Message{EN: "{field} is one of {values}", KO: "{field|이가} {values} 중 하나"}, endIs},
		{text.Message{EN: "{field} is known and is none of {values}", KO: "{field|이가} 있으면서 {values} 중 어느 것도"}, endNot},
	}
	phraseWithin = [2]phrase{
		{text.Message{EN: "{field} lies in {values}", KO: "{field|이가} {values}에 "}, endFall},
		{text.Message{EN: "{field} is known and lies outside of {values}", KO: "{field|이가} 있으면서 {values}에 속"}, endDont},
	}
	phraseContains = [2]phrase{
		{text.Message{EN: "{field} contains {value}", KO: "{field}에 {value|이가} 들어"}, endHas},
		{text.Message{EN: "{field} is known and does not contain {value}", KO: "{field|이가} 있으면서 {value|이가}"}, endLack},
	}
	phraseStarts = [2]phrase{
		{text.Message{EN: "{field} starts with {value}", KO: "{field|이가} {value|으로} 시작"}, endDo},
		{text.Message{EN: "{field} is known and does not start with {value}", KO: "{field|이가} 있으면서 {value|으로} 시작"}, endDont},
	}
	phraseEnds = [2]phrase{
		{text.Message{EN: "{field} ends with {value}", KO: "{field|이가} {value|으로} "}, endEnd},
		{text.Message{EN: "{field} is known and does not end with {value}", KO: "{field|이가} 있으면서 끝이 {value|이가}"}, endNot},
	}
	phraseMatches = [2]phrase{
		{text.Message{EN: "{field} matches {value}", KO: "{field|이가} 정규식 {value}에 "}, endFit},
		{text.Message{EN: "{field} is known and does not match {value}", KO: "{field|이가} 있으면서 정규식 {value}에 해당"}, endDont},
	}
	phraseExists   = phrase{text.Message{EN: "there is {field}", KO: "{field|이가}"}, endHas}
	phraseLacks    = phrase{text.Message{EN: "there is not {field}", KO: "{field|이가}"}, endLack}
	phraseAnywhere = phrase{text.Message{EN: "{value} stands anywhere", KO: "어딘가에 {value|이가}"}, endHas}
	phraseNowhere  = phrase{text.Message{EN: "{value} stands nowhere", KO: "어디에도 {value|이가}"}, endLack}
	phraseLess     = phrase{text.Message{EN: "{field} is less than {value}", KO: "{field|이가} {value}보다 "}, endLess}
	phraseAtMost   = phrase{text.Message{EN: "{field} is at most {value}", KO: "{field|이가} {value} 이하"}, endIs}
	phraseMore     = phrase{text.Message{EN: "{field} is more than {value}", KO: "{field|이가} {value}보다 "}, endMore}
	phraseAtLeast  = phrase{text.Message{EN: "{field} is at least {value}", KO: "{field|이가} {value} 이상"}, endIs}
	phraseBefore   = phrase{text.Message{EN: "{field} is before {value}", KO: "{field|이가} {value}보다 "}, endSoon}
	phraseUntil    = phrase{text.Message{EN: "{field} is not after {value}", KO: "{field|이가} 늦어도 {value}"}, endIs}
	phraseAfter    = phrase{text.Message{EN: "{field} is after {value}", KO: "{field|이가} {value}보다 "}, endLate}
	phraseSince    = phrase{text.Message{EN: "{field} is not before {value}", KO: "{field|이가} 일러도 {value}"}, endIs}
)
