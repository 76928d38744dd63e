package guess

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

type targetSettings struct {
	accountSources, accountFailures int
	serviceSources, serviceFailures int
	window                          time.Duration
}

func openTarget(s detect.Settings) (detect.Detector, error) {
	r := s.Read()
	d := &byTargetDetector{cfg: targetSettings{
		accountSources:  r.Int("account_sources", 6, 2),
		accountFailures: r.Int("account_failures", 12, 2),
		serviceSources:  r.Int("service_sources", 10, 2),
		serviceFailures: r.Int("service_failures", 20, 2),
		window:          r.Duration("window", time.Hour),
	}}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return d, nil
}

// byTargetDetector sees all who try one service of one machine.
type byTargetDetector struct {
	cfg     targetSettings
	sources map[string]*trier
	recent  []detect.Evidence
	unsaid  *event.Event // the latest failure that no count has looked at
	skipped int          // how many there are

	f     detect.Finding
	who   string // the one account that is tried, "" for many
	all   map[string]bool
	grown bool
}

// trier is one source.
type trier struct {
	failed int
	first  time.Time
	last   time.Time
	user   string // the account that it tries, "" for several
	won    bool
}

func (d *byTargetDetector) Examine(e *event.Event) []detect.Finding {
	o, _ := judge(e)
	src := e.Str(event.SrcIP)
	if o == nothing || src == "" {
		return nil
	}
	t := d.sources[src]
	if t == nil {
		if len(d.sources) >= maxSources {
			d.forget(e.Time)
			if len(d.sources) >= maxSources {
				return nil
			}
		}
		if d.sources == nil {
			d.sources = map[string]*trier{}
		}
		t = &trier{first: e.Time, user: strings.Clone(e.Str(event.UserName))}
		d.sources[strings.Clone(src)] = t
	}
	if o == success {
		t.won = true // somebody who may enter, whatever went wrong before
		return nil
	}
	if e.Time.Sub(t.last) > d.cfg.window {
		t.failed, t.user = 0, e.Str(event.UserName)
	}
	t.failed += times(e)
	t.last = e.Time
	if t.user != e.Str(event.UserName) {
		t.user = ""
	}
	d.note(e)
	if d.f.Rule != nil {
		d.grow(e, src)
		return nil
	}
	// A count walks through all sources; with many of them not every failure is
	// worth one.
	if d.skipped++; d.skipped*countShare < len(d.sources) {
		d.unsaid = e
		return nil
	}
	d.unsaid, d.skipped = nil, 0
	return d.claim(e)
}

// countShare is how many sources a failure pays for.
const countShare = 16

// note keeps the latest failures, one of each source in a row.
func (d *byTargetDetector) note(e *event.Event) {
	v := evidence(e)
	if n := len(d.recent); n > 0 && d.recent[n-1].SrcIP == v.SrcIP {
		d.recent[n-1] = v
		return
	}
	if len(d.recent) >= detect.MaxEvidence {
		d.recent = slices.Delete(d.recent, 0, 1)
	}
	d.recent = append(d.recent, v)
}

// forget drops sources that the window has left behind.
func (d *byTargetDetector) forget(now time.Time) {
	maps.DeleteFunc(d.sources, func(_ string, t *trier) bool { return now.Sub(t.last) > d.cfg.window })
}

// count returns how many sources tried within the window and never got in,
// and how often; with a name, only those who try that account alone.
func (d *byTargetDetector) count(now time.Time, account string) (sources, failures int) {
	for _, t := range d.sources {
		if t.won || t.failed == 0 || now.Sub(t.last) > d.cfg.window || (account != "" && t.user != account) {
			continue
		}
		sources++
		failures += t.failed
	}
	return sources, failures
}

func (d *byTargetDetector) claim(e *event.Event) []detect.Finding {
	if len(d.sources) < d.cfg.accountSources {
		return nil
	}
	who := named(e.Str(event.UserName))
	sources, failures := 0, 0
	if who != "" {
		sources, failures = d.count(e.Time, who)
	}
	if sources < d.cfg.accountSources || failures < d.cfg.accountFailures {
		who = ""
		sources, failures = d.count(e.Time, "")
		if sources < d.cfg.serviceSources || failures < d.cfg.serviceFailures || d.winners(e.Time)*2 > sources {
			return nil
		}
	}
	d.who = who
	d.all = map[string]bool{}
	d.f = distributed.New(service(e)+" "+target(e), e, nil)
	d.f.Involve(kindOf(target(e)), target(e), detect.Target)
	d.f.Involve("user", who, detect.Target)
	d.f.Involve("service", service(e), detect.Related)
	for _, v := range d.recent {
		d.f.Span(v.Time)
	}
	d.f.Evidence = slices.Clone(d.recent)
	d.f.Count = max(failures, len(d.f.Evidence))
	for _, src := range d.busiest(e.Time) {
		if t := d.sources[src]; who == "" || t.user == who {
			d.all[src] = true
			d.f.Span(t.first)
			d.f.Involve("ip", src, detect.Actor)
		}
	}
	d.grown = true
	return d.flush()
}

// winners returns how many sources of the window got in: where most do,
// failures are those of people.
func (d *byTargetDetector) winners(now time.Time) int {
	n := 0
	for _, t := range d.sources {
		if t.won && now.Sub(t.last) <= d.cfg.window {
			n++
		}
	}
	return n
}

// busiest returns the sources of the window that never got in, those with the
// most failures first.
func (d *byTargetDetector) busiest(now time.Time) []string {
	var out []string
	for src, t := range d.sources {
		if !t.won && t.failed > 0 && now.Sub(t.last) <= d.cfg.window {
			out = append(out, src)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(d.sources[b].failed-d.sources[a].failed, cmp.Compare(a, b))
	})
	return out
}

func (d *byTargetDetector) grow(e *event.Event, src string) {
	if d.who != "" && e.Str(event.UserName) != d.who {
		return
	}
	d.f.Span(e.Time)
	d.f.Count += times(e)
	if len(d.all) < maxSources {
		d.all[src] = true
	}
	d.f.Involve("ip", src, detect.Actor)
	d.grown = true
}

// Advance gives out what has grown.
func (d *byTargetDetector) Advance(time.Time) []detect.Finding {
	if e := d.unsaid; e != nil && d.f.Rule == nil {
		d.unsaid, d.skipped = nil, 0
		return d.claim(e)
	}
	return d.flush()
}

func (d *byTargetDetector) flush() []detect.Finding {
	if !d.grown {
		return nil
	}
	d.grown = false
	at, svc := "", ""
	for _, n := range d.f.Entities {
		switch {
		case n.Role == detect.Target && n.Kind != "user":
			at = n.Value
		case n.Kind == "service":
			svc = n.Value
		}
	}
	args := text.Args{
		"dst": at, "service": serviceName(svc), "sources": len(d.all), "n": d.f.Count, "span": d.f.Last.Sub(d.f.First),
		"what": text.Message{EN: "accounts", KO: "여러 계정"},
	}
	if d.who != "" {
		args["user"] = d.who
		args["what"] = text.Message{EN: "account {user}", KO: "계정 {user}"}
	}
	d.f.Reword(args)
	return []detect.Finding{d.f.Clone()}
}
