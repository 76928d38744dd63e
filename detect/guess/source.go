package guess

import (
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

type sourceSettings struct {
	failures, slow, burst, users, names, talks int
	window, sprayWindow                        time.Duration
}

func openSource(s detect.Settings) (detect.Detector, error) {
	r := s.Read()
	d := &bySourceDetector{cfg: sourceSettings{
		failures:    r.Int("failures", 10, 2),
		slow:        r.Int("failures_a_day", 40, 2),
		burst:       r.Int("burst_failures", 6, 2),
		talks:       r.Int("conversations", 30, 5),
		users:       r.Int("accounts", 5, 2),
		names:       r.Int("spray_failures", 8, 2),
		window:      r.Duration("window", 5*time.Minute),
		sprayWindow: r.Duration("spray_window", 10*time.Minute),
	}}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return d, nil
}

// bySourceDetector sees all that one source tries.
type bySourceDetector struct {
	cfg      sourceSettings
	services map[string]*tries
}

// tries are those of one source at one service of one machine.
type tries struct {
	source, target, service string
	failed                  stamps
	users                   map[string]*user
	recent                  []detect.Evidence // the latest failures, before there is a finding

	talks stamps
	told  bool // how logons went, so that conversations need not be counted

	guessing, spraying, guessed, talking detect.Finding
	grown                                bool
}

type user struct {
	failed  int
	unknown bool
	last    time.Time
	won     bool
}

func (d *bySourceDetector) Examine(e *event.Event) []detect.Finding {
	o, unknown := judge(e)
	if o == nothing {
		return nil
	}
	t := d.at(e)
	if t == nil {
		return nil
	}
	if o == talk {
		return d.talk(t, e)
	}
	t.told = true
	who := e.Str(event.UserName)
	if who == "" {
		who = "-"
	}
	if o == success {
		return d.succeed(t, e, who)
	}
	return d.fail(t, e, who, unknown)
}

func (d *bySourceDetector) at(e *event.Event) *tries {
	at, svc := target(e), service(e)
	key := svc + " " + at
	if t := d.services[key]; t != nil {
		return t
	}
	if len(d.services) >= maxServices {
		return nil
	}
	if d.services == nil {
		d.services = map[string]*tries{}
	}
	// A text of an event keeps all of the event's texts in memory.
	t := &tries{source: strings.Clone(source(e)), target: strings.Clone(at), service: strings.Clone(svc), users: map[string]*user{}}
	d.services[key] = t
	return t
}

func (d *bySourceDetector) fail(t *tries, e *event.Event, who string, unknown bool) []detect.Finding {
	n := times(e)
	u := t.users[who]
	if unknown && t.service == "kerberos" && u != nil && u.unknown && e.Time.Sub(u.last) < slowWindow {
		return nil // no password is tried before Kerberos knows the name; asked again, it tells nothing new
	}
	t.failed.add(e.Time, n, slowWindow)
	if u == nil && len(t.users) < maxUsers {
		u = &user{}
		t.users[strings.Clone(who)] = u
	}
	if u != nil {
		if e.Time.Sub(u.last) > slowWindow {
			u.failed = 0
		}
		u.failed += n
		u.last = e.Time
		u.unknown = u.unknown || unknown
	}
	if len(t.recent) < detect.MaxEvidence {
		t.recent = append(t.recent, evidence(e))
	} else if t.guessing.Rule == nil && t.spraying.Rule == nil {
		t.recent = append(slices.Delete(t.recent, 0, 1), evidence(e))
	}
	for _, f := range []*detect.Finding{&t.guessing, &t.spraying} {
		if f.Rule != nil {
			f.Rest(e, detect.Fact(e))
			f.Count += n - 1
			f.Involve("user", named(who), detect.Target)
			t.grown = true
		}
	}
	if t.spraying.Rule == nil && t.guessing.Rule == nil && d.sprays(t, e.Time) {
		return d.begin(t, &t.spraying, spraying, e)
	}
	if t.guessing.Rule == nil && t.spraying.Rule == nil && d.guesses(t, e) {
		return d.begin(t, &t.guessing, guessing, e)
	}
	return nil
}

func (d *bySourceDetector) guesses(t *tries, e *event.Event) bool {
	if names := len(t.names()); names >= d.cfg.users && t.failed.within(e.Time, d.cfg.window) <= 3*names {
		return false // few tries for each of many: spraying, or nothing
	}
	if t.failed.within(e.Time, d.cfg.window) >= d.cfg.failures {
		return true
	}
	outside := e.Has(event.SrcIP) && !detect.FromInside(e)
	if (outside || len(t.names()) > 1) && t.failed.within(e.Time, burstWindow) >= d.cfg.burst {
		return true
	}
	return outside && t.failed.within(e.Time, slowWindow) >= d.cfg.slow
}

// burstWindow is the time in which nobody types that many passwords.
const burstWindow = 30 * time.Second

// talk counts a conversation whose outcome nobody tells.
func (d *bySourceDetector) talk(t *tries, e *event.Event) []detect.Finding {
	if t.told {
		return nil
	}
	t.talks.add(e.Time, 1, d.cfg.window)
	if len(t.recent) < detect.MaxEvidence {
		t.recent = append(t.recent, evidence(e))
	}
	if t.talking.Rule != nil {
		t.talking.Rest(e, detect.Fact(e))
		t.grown = true
		return nil
	}
	if n := t.talks.within(e.Time, d.cfg.window); n >= d.cfg.talks {
		out := d.begin(t, &t.talking, talking, e)
		t.talking.Confidence = 60
		return out
	}
	return nil
}

func (d *bySourceDetector) sprays(t *tries, now time.Time) bool {
	if len(t.users) < d.cfg.users {
		return false
	}
	accounts, failed, weight := 0, 0, 0
	for name, u := range t.users {
		if u.failed == 0 || u.won || name == "-" || now.Sub(u.last) > d.cfg.sprayWindow {
			continue
		}
		accounts++
		failed += u.failed
		weight++
		if u.unknown {
			weight++
		}
	}
	return accounts >= d.cfg.users && weight >= d.cfg.names && failed <= 3*accounts
}

// begin makes a claim from the failures so far.
func (d *bySourceDetector) begin(t *tries, f *detect.Finding, rule *detect.Rule, e *event.Event) []detect.Finding {
	*f = rule.New(t.source+" "+t.service+" "+t.target, e, nil)
	f.Involve(kindOf(t.source), t.source, detect.Actor)
	f.Involve(kindOf(t.target), t.target, detect.Target)
	f.Involve("service", t.service, detect.Related)
	for _, v := range t.recent {
		if v.Time.Before(f.First) {
			f.First = v.Time
		}
	}
	f.Evidence = slices.Clone(t.recent)
	f.Count = max(t.failed.within(e.Time, slowWindow), t.talks.within(e.Time, slowWindow), len(f.Evidence))
	for _, who := range t.names() {
		f.Involve("user", named(who), detect.Target)
	}
	t.grown = true
	return t.flush(nil)
}

// succeed looks at a logon that worked.
func (d *bySourceDetector) succeed(t *tries, e *event.Event, who string) []detect.Finding {
	u := t.users[who]
	before := t.failed.within(e.Time, d.cfg.sprayWindow)
	tried := u != nil && u.failed > 0
	if u == nil && len(t.users) < maxUsers {
		u = &user{}
		t.users[strings.Clone(who)] = u
	}
	won := u != nil && u.won
	if u != nil {
		u.won = true
		u.last = e.Time
	}
	claimed := t.guessing.Rule != nil || t.spraying.Rule != nil
	switch {
	case t.guessed.Rule != nil:
		return nil
	case claimed && before > 0 && !won && (tried || t.spraying.Rule != nil || who == "-"):
	default:
		if !claimed && tried {
			u.failed = 0 // a person who remembered
			if len(t.names()) == 0 {
				t.failed, t.recent = stamps{}, nil
			}
		}
		return nil
	}
	t.guessed = guessed.New(t.source+" "+t.service+" "+t.target, e, nil)
	f := &t.guessed
	f.Involve(kindOf(t.source), t.source, detect.Actor)
	f.Involve(kindOf(t.target), t.target, detect.Target)
	f.Involve("user", named(who), detect.Target)
	f.Involve("service", t.service, detect.Related)
	f.Rest(e, detect.Fact(e))
	for _, v := range t.recent[max(0, len(t.recent)-5):] {
		f.Span(v.Time)
		f.Evidence = append(f.Evidence, v)
	}
	f.Count += before
	f.Reword(t.words(who, before))
	return []detect.Finding{f.Clone()}
}

// names returns the accounts with failures, most tried first.
func (t *tries) names() []string {
	var out []string
	for name, u := range t.users {
		if u.failed > 0 {
			out = append(out, name)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		if x, y := t.users[a].failed, t.users[b].failed; x != y {
			return y - x
		}
		if a < b {
			return -1
		}
		return 1
	})
	return out
}

// Advance gives out what has grown.
func (d *bySourceDetector) Advance(time.Time) []detect.Finding {
	keys := make([]string, 0, len(d.services))
	for key, t := range d.services {
		if t.grown {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var out []detect.Finding
	for _, key := range keys {
		out = d.services[key].flush(out)
	}
	return out
}

func (t *tries) flush(out []detect.Finding) []detect.Finding {
	if !t.grown {
		return out
	}
	t.grown = false
	for _, f := range []*detect.Finding{&t.guessing, &t.spraying, &t.talking} {
		if f.Rule != nil {
			f.Reword(t.words("", f.Count))
			out = append(out, f.Clone())
		}
	}
	return out
}

func (t *tries) words(who string, failures int) text.Args {
	names := slices.DeleteFunc(t.names(), func(s string) bool { return s == "-" })
	unknown := 0
	for _, n := range names {
		if t.users[n].unknown {
			unknown++
		}
	}
	f := &t.guessing
	if t.spraying.Rule != nil {
		f = &t.spraying
	} else if t.guessing.Rule == nil {
		f = &t.talking
	}
	args := text.Args{
		"src": t.source, "dst": machine(t.target), "service": serviceName(t.service), "rawservice": t.service,
		"n": failures, "accounts": len(names), "unknown": unknown,
		"users":   text.ListOf(names, len(names)),
		"span":    f.Last.Sub(f.First),
		"user":    text.Message{EN: "an unknown account", KO: "알 수 없는 계정"},
		"account": text.Message{EN: "{user}", KO: "이름을 알 수 없는 계정"},
	}
	if named(who) != "" {
		args["user"] = named(who)
		args["account"] = text.Message{EN: "{user}", KO: "{user} 계정"}
	}
	if len(names) == 0 {
		args["users"] = text.Message{EN: "names not seen", KO: "이름은 확인되지 않음"}
	}
	return args
}

// machine returns what the words call a target, which not every log names.
func machine(target string) any {
	if target == "" {
		return text.Message{EN: "the machine that wrote the log", KO: "로그를 남긴 장비"}
	}
	return target
}

// named returns a user's name, "" where the source tells none.
func named(user string) string {
	if user == "-" {
		return ""
	}
	return user
}
