package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// kinds counts the findings by rule.
func (v *view) kinds(in *Input) {
	type key struct{ detector, name string }
	at := map[key]*kind{}
	lastIn := map[*kind]int{}
	var all []*kind
	for r := range in.Recordings {
		for i := range in.Recordings[r].Findings {
			f := &in.Recordings[r].Findings[i]
			if f.Rule == nil {
				continue
			}
			k := at[key{f.Rule.Detector, f.Rule.Name}]
			if k == nil {
				k = &kind{Rule: ruleName(f.Rule)}
				at[key{f.Rule.Detector, f.Rule.Name}] = k
				all = append(all, k)
			}
			if f.Severity > k.severity || k.Findings == 0 {
				k.severity = f.Severity
				k.Level, k.State, k.Example = v.level(f.Severity), stateOf(f.Severity), clean(f.Title.In(v.Lang))
			}
			k.Findings++
			if lastIn[k] != r+1 {
				lastIn[k] = r + 1
				k.Recordings++
			}
		}
	}
	slices.SortFunc(all, func(a, b *kind) int {
		return cmp.Or(-cmp.Compare(a.severity, b.severity), -cmp.Compare(a.Findings, b.Findings), strings.Compare(a.Rule, b.Rule))
	})
	for _, k := range all[:min(len(all), maxKinds)] {
		v.Kinds = append(v.Kinds, *k)
	}
	v.RestKinds = len(all) - len(v.Kinds)
}

// recordings lists all of few, of many those with something to say.
func (v *view) recordings(in *Input) {
	var chosen []*Recording
	for i := range in.Recordings {
		r := &in.Recordings[i]
		if len(in.Recordings) <= fewRecordings || len(r.Incidents) > 0 || len(r.Problems) > 0 {
			chosen = append(chosen, r)
		}
	}
	quiet := len(in.Recordings) - len(chosen)
	slices.SortStableFunc(chosen, func(a, b *Recording) int { return -cmp.Compare(worst(a), worst(b)) })
	for _, r := range chosen[:min(len(chosen), maxRecordings)] {
		row := recording{
			Name: clean(r.Name), Format: clean(strings.Join(r.Formats, ", ")), Size: size(r.Bytes),
			Events: text.Number(int64(r.Events)), Span: betweenMinutes(r.First, r.Last),
			Found: v.found(r), State: "calm",
		}
		if r.Capture {
			row.Packets = text.Number(int64(r.Packets))
		}
		if len(r.Incidents) > 0 {
			row.State = stateOf(worst(r))
		}
		v.Recordings = append(v.Recordings, row)
	}
	v.RestRecordings = quiet + len(chosen) - len(v.Recordings)
	v.RestAreQuiet = len(chosen) == len(v.Recordings)
}

func worst(r *Recording) event.Severity {
	w := event.SeverityUnknown
	for i := range r.Incidents {
		w = max(w, r.Incidents[i].Severity)
	}
	return w
}

func (v *view) found(r *Recording) string {
	if len(r.Findings) == 0 {
		return v.label("none")
	}
	return v.things(len(r.Findings), oneFinding, manyFindings) + " · " + v.level(worst(r))
}

// totals counts events by kind and protocol, and recordings by format.
func (v *view) totals(in *Input) {
	byClass, byProtocol, byFormat := map[string]int{}, map[string]int{}, map[string]int{}
	for i := range in.Recordings {
		r := &in.Recordings[i]
		for c, n := range r.Classes {
			name := strconv.Itoa(int(c))
			if m, ok := classes[c]; ok {
				name = v.say(m, nil)
			}
			byClass[name] += n
		}
		for p, n := range r.Protocols {
			byProtocol[clean(p)] += n
		}
		for _, f := range r.Formats {
			byFormat[clean(f)]++
		}
	}
	v.Classes = v.counted(byClass, len(byClass))
	v.Protocols = v.counted(byProtocol, maxProtocols)
	v.Formats = v.counted(byFormat, len(byFormat))
}

// counted lists the largest counts, and the rest as one.
func (v *view) counted(counts map[string]int, most int) []count {
	names := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(names, func(a, b string) int { return -cmp.Compare(counts[a], counts[b]) })
	var out []count
	rest := 0
	for i, n := range names {
		if i >= most {
			rest += counts[n]
			continue
		}
		out = append(out, count{Name: n, Count: text.Number(int64(counts[n])), Share: max(1000*counts[n]/max(counts[names[0]], 1), 4)})
	}
	if rest > 0 {
		out = append(out, count{Name: v.label("others"), Count: text.Number(int64(rest)), Share: min(max(1000*rest/max(counts[names[0]], 1), 4), 1000)})
	}
	return out
}

// notes says what the reader should know of the reading.
func (v *view) notes(in *Input) {
	var records, lost int
	var skipped uint64
	var evicted int64
	reasons := map[string]int{}
	for i := range in.Recordings {
		r := &in.Recordings[i]
		records += r.LogRecords
		lost += r.NotUnderstood
		evicted += r.Evicted
		for why, n := range r.Skipped {
			skipped += n
			name := clean(why)
			if m, ok := skips[why]; ok {
				name = v.say(m, nil)
			}
			reasons[name] += int(n)
		}
	}
	if lost > 0 {
		v.Notes = append(v.Notes, v.say(noteUnderstood, text.Args{"n": lost, "all": max(records, lost)}))
	}
	if skipped > 0 {
		var why []string
		for _, c := range v.counted(reasons, maxProtocols) {
			why = append(why, c.Name+" "+c.Count)
		}
		v.Notes = append(v.Notes, v.say(noteSkipped, text.Args{"n": int64(skipped), "why": strings.Join(why, ", ")}))
	}
	if evicted > 0 {
		v.Notes = append(v.Notes, v.say(noteEvicted, text.Args{"n": evicted}))
	}
}

// unread lists what was not read, the grave before the harmless.
func (v *view) unread(in *Input) {
	all := slices.Clone(in.Problems)
	for i := range in.Recordings {
		all = append(all, in.Recordings[i].Problems...)
	}
	slices.SortStableFunc(all, func(a, b Problem) int { return -cmp.Compare(a.Reason, b.Reason) })
	for _, p := range all[:min(len(all), maxProblems)] {
		reason := ""
		if m, ok := reasons[p.Reason]; ok {
			reason = v.say(m, nil)
		}
		row := unread{clean(p.Path), reason, cut(clean(p.Detail), maxDetail)}
		if row.Path == "" {
			row.Path, row.Detail = row.Detail, "" // the detail names it
		}
		v.Unread = append(v.Unread, row)
	}
	v.RestUnread = len(all) - len(v.Unread)
}

// blind says what cannot be seen in what was read.
func (v *view) blind(in *Input) {
	capture := slices.ContainsFunc(in.Recordings, func(r Recording) bool { return r.Capture })
	log := slices.ContainsFunc(in.Recordings, func(r Recording) bool { return !r.Capture })
	if capture {
		for _, m := range blindCapture {
			v.Blind = append(v.Blind, v.say(m, nil))
		}
	}
	if log {
		for _, m := range blindLog {
			v.Blind = append(v.Blind, v.say(m, nil))
		}
	}
	if len(in.Recordings) > 0 {
		v.Blind = append(v.Blind, v.say(blindAll, nil))
	}
}
