package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// Bounds of a report: what is more is counted, and the ndjson format lists it.
const (
	maxFull       = 20 // matters told in full
	maxAlike      = 3  // of them, of one kind
	maxShort      = 100
	maxFindings   = 12 // of one matter
	maxEvidence   = 8  // of one finding
	maxMoments    = 24
	maxRecordings = 40
	fewRecordings = 12 // up to so many are listed even when nothing was found
	maxProblems   = 60
	maxKinds      = 40
	maxProtocols  = 16
	maxDetail     = 300 // columns of a technical detail
)

// A view is a report in one language, ready to be laid out.
type view struct {
	Lang    text.Lang
	Version string
	Schema  string

	State   string // calm, watch, act, broken
	Fires   int
	Level   string
	Verdict string
	Caveat  string   // what the verdict does not rest on, "" if it rests on all
	Facts   []string // what was looked at, in sentences

	Matters     []matter
	Short       []matter // told in one line
	RestMatters int
	Kinds       []kind
	RestKinds   int

	Recordings     []recording
	RestRecordings int
	RestAreQuiet   bool
	Formats        []count
	Classes        []count
	Protocols      []count
	Notes          []string

	Unread     []unread
	RestUnread int

	Checked []string
	Blind   []string
}

// A matter is an incident in words.
type matter struct {
	Number     int
	Title      string
	Severity   int
	State      string
	Level      string
	When       string
	Recording  string
	Account    string
	Parties    []party
	HowBad     string
	Score      string
	Why, Now   []string
	Moments    []moment
	RestMoment int
	Begin, End string // of the timeline
	Techniques []technique
	Findings   []finding
	RestFind   int
	Rank       int
	ID         string
}

type party struct{ Role, Who string }

type moment struct {
	Time  string
	What  string
	Start int // of 1000, in the span of the matter
	Width int
}

type technique struct{ ID, Name, Tactic string }

type finding struct {
	Title, Level, State, Rule, ID, When, Hush string
	Count                                     string
	Confidence                                int
	Evidence                                  []evidence
	RestEvidence                              int
}

type evidence struct{ Time, Fact, ID string }

type kind struct {
	Rule, Level, State, Example string
	Findings, Recordings        int
	severity                    event.Severity
}

type recording struct {
	Name, Format, Size, Packets, Events, Span, Found, State string
}

type count struct {
	Name  string
	Count string
	Share int // of 1000 of the largest
}

type unread struct{ Path, Reason, Detail string }

// say returns a message without values in the language of the view.
func (v *view) say(m message, args text.Args) string { return m.Say(args).In(v.Lang) }

// label returns a heading or label.
func (v *view) label(name string) string { return v.say(labels[name], nil) }

// build makes the view of an input.
func build(in *Input, lang text.Lang) *view {
	if lang != text.Korean {
		lang = text.English
	}
	v := &view{Lang: lang, Version: clean(in.Version), Schema: event.SchemaVersion}
	v.judge(in)
	v.matters(in)
	v.kinds(in)
	v.recordings(in)
	v.totals(in)
	v.notes(in)
	v.unread(in)
	for _, m := range in.Checked {
		if len(in.Recordings) == 0 {
			break // nothing was looked at
		}
		v.Checked = append(v.Checked, v.say(m, nil))
	}
	v.blind(in)
	return v
}

// things counts things in words.
func (v *view) things(n int, one, many message) string {
	if n == 1 {
		return v.say(one, nil)
	}
	return v.say(many, text.Args{"n": n})
}

// amount counts what the sentence before has named.
func (v *view) amount(n int) string {
	if v.Lang == text.Korean {
		return v.things(n, oneThing, manyThings)
	}
	return text.Number(int64(n))
}

// judge says in one sentence what is so.
func (v *view) judge(in *Input) {
	worst := event.SeverityUnknown
	var act, watch, low, events, partly int
	for _, r := range in.Recordings {
		events += r.Events
		partly += min(len(r.Problems), 1)
		for _, i := range r.Incidents {
			worst = max(worst, i.Severity)
			switch {
			case i.Severity >= event.SeverityHigh:
				act++
			case i.Severity == event.SeverityMedium:
				watch++
			default:
				low++
			}
		}
	}
	unknown := 0
	for _, p := range in.Problems {
		switch p.Reason {
		case Unrecognised:
			unknown++
		case Ignored, Empty, BadRule:
		case Unreadable, Bounded:
			partly++
		}
	}
	thing := func(n int) string { return v.things(n, oneThing, manyThings) }
	v.Fires, v.Level = fires(worst), v.level(worst)
	switch {
	case act > 0:
		v.State = "act"
		also := ""
		if watch > 0 {
			also = v.say(saysAlso, text.Args{"watch": v.amount(watch)})
		}
		v.Verdict = v.say(either(act, saysAct, saysActMany), text.Args{"act": thing(act), "also": also})
	case watch > 0:
		v.State = "watch"
		v.Verdict = v.say(saysWatch, text.Args{"watch": thing(watch)})
	case low > 0:
		v.State = "calm"
		v.Verdict = v.say(either(low, saysCalm, saysCalmMany), text.Args{"low": thing(low)})
	case len(in.Recordings) == 0:
		v.State, v.Fires, v.Level = "broken", 0, ""
		v.Verdict = v.say(saysNothing, nil)
	case len(in.Checked) == 0:
		v.State, v.Fires, v.Level = "broken", 0, ""
		v.Verdict = v.say(saysUnjudged, nil)
	case events == 0:
		v.State, v.Fires, v.Level = "broken", 0, ""
		v.Verdict = v.say(saysNoEvents, nil)
	default:
		v.State, v.Fires, v.Level = "calm", 1, v.say(peace, nil)
		v.Verdict = v.say(saysPeace, nil)
	}
	if len(in.Recordings) > 0 {
		var caveats []string
		if partly > 0 {
			caveats = append(caveats, v.say(saysPartly, text.Args{"n": v.things(partly, oneFile, manyFiles)}))
		}
		if unknown > 0 {
			caveats = append(caveats, v.say(either(unknown, saysUnknown, saysUnknownMany), text.Args{"n": v.things(unknown, oneFile, manyFiles)}))
		}
		v.Caveat = strings.Join(caveats, " ")
	}
	v.facts(in, events)
}

// facts says what was looked at.
func (v *view) facts(in *Input, events int) {
	if len(in.Recordings) == 0 {
		return
	}
	var packets uint64
	var first, last time.Time
	for _, r := range in.Recordings {
		packets += r.Packets
		if r.Last.Year() <= 1970 {
			continue // nothing with a time, or written by a device without a clock
		}
		if first.IsZero() || r.First.Before(first) {
			first = r.First
		}
		if r.Last.After(last) {
			last = r.Last
		}
	}
	what := []string{v.things(len(in.Recordings), oneRecording, recordings)}
	if packets > 0 {
		what = append(what, v.things(int(packets), onePacket, manyPackets))
	}
	what = append(what, v.things(events, oneEvent, manyEvents))
	v.Facts = append(v.Facts, v.say(checkedWhat, text.Args{"what": what}))
	if !first.IsZero() {
		args := text.Args{"first": minute(first), "last": minute(last), "zone": "UTC"}
		m := checkedSpan
		if minute(first) == minute(last) {
			m = checkedMoment
		}
		v.Facts = append(v.Facts, v.say(m, args))
	}
}

func either(n int, one, many message) message {
	if n == 1 {
		return one
	}
	return many
}

// fires is how many of the five beacons a level lights: one burns in peace.
func fires(s event.Severity) int {
	switch {
	case s <= event.SeverityInformational:
		return 1
	case s >= event.SeverityCritical:
		return 5
	}
	return int(s)
}

func (v *view) level(s event.Severity) string {
	return v.say(levels[min(int(s), len(levels)-1)], nil)
}

func stateOf(s event.Severity) string {
	switch {
	case s >= event.SeverityHigh:
		return "act"
	case s == event.SeverityMedium:
		return "watch"
	}
	return "calm"
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
func second(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// between writes a span of time, its day once where it is the same.
func between(first, last time.Time) string {
	if first.IsZero() {
		return ""
	}
	return apart(second(first), second(last))
}

// betweenMinutes is between where seconds do not matter.
func betweenMinutes(first, last time.Time) string {
	if first.IsZero() {
		return ""
	}
	return apart(minute(first), minute(last))
}

func apart(a, b string) string {
	const day = len("2006-01-02")
	switch {
	case a == b:
		return a
	case len(a) > day && len(b) > day && a[:day] == b[:day]:
		return a + " – " + b[day+1:]
	}
	return a + " – " + b
}

// size writes bytes as people read them.
func size(n int64) string {
	units := [...]string{"kB", "MB", "GB", "TB"}
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f := float64(n)
	for i, u := range units {
		f /= 1000
		if f < 1000 || i == len(units)-1 {
			return strconv.FormatFloat(f, 'f', 1, 64) + " " + u
		}
	}
	return ""
}
