// Package sigma runs detection rules written in Sigma, the language in which
// defenders share what they look for (https://sigmahq.io).
//
// A rule is data: this package reads it, says where it is wrong, and judges
// events by it. What a rule means for the organisation is its author's to say;
// the words of a finding quote the rule. Correlation rules and aggregations
// are refused with a reason, and every other rule of the folder still loads.
//
// Expected false positives: those that the rule names itself.
package sigma

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// Name is the name of the detector.
const Name = "sigma"

// Kind returns the detector for a set of rules. All rules look at all events,
// so there is one instance for each organisation.
func Kind(rules []*Rule) detect.Kind {
	k := detect.Kind{
		Name: Name,
		Doc: text.Message{
			EN: "Judges events by Sigma rules.",
			KO: "Sigma 규칙으로 이벤트를 판단합니다.",
		},
		Partition: func(*event.Event) string { return Name },
		New: func(s detect.Settings) (detect.Detector, error) {
			if err := s.Read().Err(); err != nil {
				return nil, err
			}
			return newDetector(rules), nil
		},
	}
	for _, r := range rules {
		k.Rules = append(k.Rules, r.claim)
	}
	return k
}

// maxOpen bounds the findings that can still grow; the oldest are let go, and
// their rule then makes a new one.
const maxOpen = 4096

type detector struct {
	routes map[event.Class][]*Rule
	rules  []*Rule
	open   map[string]*open
	order  []string // keys of open, oldest first
}

// open is a finding that grows while its rule goes on matching for the same
// entity.
type open struct {
	finding detect.Finding
	rule    *Rule
	who     string
	match   string // why the first event matched
	next    int    // it is given again when its count reaches this
	given   int    // its count when it was last given
}

func newDetector(rules []*Rule) *detector {
	return &detector{rules: rules, routes: map[event.Class][]*Rule{}, open: map[string]*open{}}
}

// Examine judges one event by every rule whose log source it fits.
func (d *detector) Examine(e *event.Event) []detect.Finding {
	rules, ok := d.routes[e.Class]
	if !ok {
		for _, r := range d.rules {
			if r.source.class(e.Class) {
				rules = append(rules, r)
			}
		}
		d.routes[e.Class] = rules
	}
	var out []detect.Finding
	view := view{event: e}
	for _, r := range rules {
		if r.source.fits(e) && r.matches(&view) {
			if f, ok := d.claim(r, &view); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// claim adds a match to the finding of its rule and entity. It is given out
// when it is new and each time that it has doubled, so that a rule that matches
// a million events does not make a million findings.
func (d *detector) claim(r *Rule, v *view) (detect.Finding, bool) {
	e := v.event
	who, kind := entity(e)
	key := r.key + "\x00" + who
	o := d.open[key]
	if o == nil {
		o = &open{rule: r, who: who, match: r.explain(v), next: 1}
		o.finding = r.claim.New(key, e, o.args())
		o.finding.Confidence = 70
		o.finding.Involve(kind, who, detect.Actor)
		d.remember(key, o)
	}
	o.finding.Rest(e, r.explain(v))
	o.finding.Involve("ip", e.Str(event.DstIP), detect.Target)
	o.finding.Involve("host", e.Str(event.DeviceHostname), detect.Target)
	o.finding.Involve("user", e.Str(event.UserName), detect.Related)
	if o.finding.Count < o.next {
		return detect.Finding{}, false
	}
	o.next *= 2
	return o.give(), true
}

// give returns the finding as it is now.
func (o *open) give() detect.Finding {
	o.given = o.finding.Count
	o.finding.Reword(o.args())
	return o.finding.Clone()
}

func (o *open) args() text.Args {
	return text.Args{
		"title": o.rule.Title, "who": o.who, "level": o.rule.Level, "id": o.rule.ID, "count": o.finding.Count,
		"desc": strings.TrimSpace(o.rule.Description), "benign": o.rule.FalsePositives, "match": o.match,
	}
}

// Advance gives the findings that have grown since they were last given.
func (d *detector) Advance(time.Time) []detect.Finding {
	var out []detect.Finding
	for _, key := range d.order {
		if o := d.open[key]; o.given < o.finding.Count {
			out = append(out, o.give())
		}
	}
	return out
}

func (d *detector) remember(key string, o *open) {
	if len(d.order) >= maxOpen {
		delete(d.open, d.order[0])
		d.order = d.order[1:]
	}
	d.open[key] = o
	d.order = append(d.order, key)
}

// entity names whom a match is about.
func entity(e *event.Event) (value, kind string) {
	for _, c := range []struct {
		path event.Path
		kind string
	}{
		{event.SrcIP, "ip"}, {event.DeviceHostname, "host"}, {event.ActorUser, "user"}, {event.UserName, "user"}, {event.SrcHostname, "host"},
	} {
		if v := e.Str(c.path); v != "" {
			return v, c.kind
		}
	}
	if v := e.UnmappedStr("Computer"); v != "" {
		return v, "host"
	}
	return "-", "host"
}

var (
	msgTitle = text.Message{EN: "{title} ({who})", KO: "{title} ({who})"}
	msgWhy   = text.Message{
		EN: "The Sigma rule “{title}” matched {count} {count|event|events} of {who}. First match: {match}.",
		KO: "Sigma 규칙 “{title}”에 {who}의 이벤트 {count}건이 일치했습니다. 첫 번째 일치: {match}.",
	}
	msgNow = text.Message{
		EN: "Look at the evidence below and ask whoever is responsible for {who} whether it was intended. If it was not, take {who} off the network until it has been checked.",
		KO: "아래 근거를 보고 {who} 담당자에게 의도한 일인지 확인하십시오. 아니라면 점검을 마칠 때까지 {who|을를} 네트워크에서 분리하십시오.",
	}
	msgDesc = text.Message{
		EN: " What the rule looks for, in its author's words: {desc}",
		KO: " 규칙 작성자의 설명: {desc}",
	}
	msgHush = text.Message{
		EN: "Suppress rule sigma/{id} for source {who} only, with the reason and an end date.",
		KO: "규칙 sigma/{id|을를} 출발지 {who}에 한해 예외로 등록하고, 사유와 종료일을 적으십시오.",
	}
	msgBenign = text.Message{
		EN: " Harmless causes that the rule names: {benign}",
		KO: " 규칙에 적힌 정상 사례: {benign}",
	}
)

// claimOf makes the detector's rule of a Sigma rule.
func claimOf(r *Rule) *detect.Rule {
	claim := &detect.Rule{
		Detector: Name, Name: r.ID, Severity: r.severity(), Techniques: r.techniques(),
		Title: msgTitle, Why: msgWhy, Now: msgNow, Hush: msgHush, HushBy: []detect.HushPart{detect.BySource},
	}
	if strings.TrimSpace(r.Description) != "" {
		claim.Why = both(msgWhy, msgDesc)
	}
	if len(r.FalsePositives) > 0 {
		claim.Hush = both(msgHush, msgBenign)
	}
	return claim
}

func both(a, b text.Message) text.Message {
	return text.Message{EN: a.EN + b.EN, KO: a.KO + b.KO}
}

func (r *Rule) severity() event.Severity {
	i := slices.Index(levels, r.Level)
	if i < 0 {
		return event.SeverityMedium // Sigma leaves level optional
	}
	return event.Severity(i + 1)
}

// levels in the order of OCSF's severities, from informational.
var levels = []string{"informational", "low", "medium", "high", "critical"}

// tactics are ATT&CK's, by their names in Sigma's tags.
var tactics = map[string]string{
	"reconnaissance": "TA0043", "resource-development": "TA0042", "initial-access": "TA0001", "execution": "TA0002",
	"persistence": "TA0003", "privilege-escalation": "TA0004", "defense-evasion": "TA0005", "credential-access": "TA0006",
	"discovery": "TA0007", "lateral-movement": "TA0008", "collection": "TA0009", "command-and-control": "TA0011",
	"exfiltration": "TA0010", "impact": "TA0040",
}

// techniques reads the tags attack.t1059.001 and attack.execution.
func (r *Rule) techniques() []detect.Technique {
	tactic := ""
	var out []detect.Technique
	for _, tag := range r.Tags {
		name, ok := strings.CutPrefix(strings.ToLower(tag), "attack.")
		if !ok {
			continue
		}
		if id := tactics[strings.ReplaceAll(name, "_", "-")]; id != "" && tactic == "" {
			tactic = id
		}
		if len(name) >= 5 && name[0] == 't' && name[1] >= '0' && name[1] <= '9' {
			id := strings.ToUpper(name)
			out = append(out, detect.Technique{ID: id, Name: id})
		}
	}
	for i := range out {
		out[i].Tactic = tactic
	}
	return out
}

// A Problem is a rule that could not be loaded.
type Problem struct {
	Path string
	Line int // 0 when the whole file is meant
	Err  error
}

func (p Problem) Error() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %v", p.Path, p.Line, p.Err)
	}
	return fmt.Sprintf("%s: %v", p.Path, p.Err)
}

// Unwrap returns the reason.
func (p Problem) Unwrap() error { return p.Err }
