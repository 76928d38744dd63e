package beacon

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

type settings struct {
	visits     int
	score, low float64
	span       time.Duration
}

func open(s detect.Settings, byName bool) (detect.Detector, error) {
	r := s.Read()
	d := &detector{byName: byName, cfg: settings{
		visits: r.Int("visits", 20, 6),
		score:  r.Float("score", 0.8, 0),
		low:    r.Float("low_score", 0.7, 0),
		span:   r.Duration("span", 3*time.Minute),
	}}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return d, nil
}

// detector sees the contacts of one client with one server.
type detector struct {
	cfg    settings
	byName bool

	visits []visit
	total  int
	judged int // total when it was last judged
	last   time.Time

	answered, sized int
	viaProxy        int
	tunnel          int64    // the client's port of the last request to a proxy
	ips             []string // a few of the addresses that the name had
	ports           map[int64]bool
	host            string
	shown           []detect.Evidence
	from            contact

	f *detect.Finding // nil until there is a claim
}

// visit is one call.
type visit struct {
	at      int64 // nanoseconds since 1970
	out, in int64
}

func (d *detector) Examine(e *event.Event) []detect.Finding {
	if d.total == 0 {
		d.from = contact{
			// A text of an event keeps all of the event's texts in memory.
			tenant: strings.Clone(e.Str(event.TenantUID)), src: strings.Clone(e.Str(event.SrcIP)), dst: strings.Clone(e.Str(event.DstIP)),
			port: e.Int(event.DstPort), proto: e.Int(event.ProtocolNum), at: e.Time, origin: e.Origin,
		}
	}
	at := e.Time
	if start := e.TimeOf(event.StartTime); !start.IsZero() && !d.byName {
		at = start
	}
	if e.Time.After(d.last) {
		d.last = e.Time
	}
	if d.byName && e.Class == event.NetworkActivity && d.tunnel != 0 && d.tunnel == e.Int(event.SrcPort) {
		return nil // the handshake inside a CONNECT that was counted
	}
	d.total++
	d.note(e)
	out, in := e.Int(event.BytesOut), e.Int(event.BytesIn)
	if d.byName {
		out, in = e.Int(event.HTTPRequestLen), e.Int(event.HTTPResponseLen)
	}
	if e.Has(event.BytesOut) && !d.byName {
		d.sized++
	}
	if in > 0 || e.Int(event.PacketsIn) > 0 || d.byName || e.Activity() == event.ConnClose || e.Activity() == event.ConnOpen {
		d.answered++
	}
	if len(d.visits) >= 2*maxVisits {
		d.tidy()
	}
	d.visits = append(d.visits, visit{at.UnixNano(), out, in})
	return nil
}

// shownFrom is the contact from which on contacts are kept as evidence: most
// servers are never called often enough for any to be needed.
const shownFrom = 6

// note keeps whom the client called and some of the evidence: the earliest and
// the latest.
func (d *detector) note(e *event.Event) {
	if d.total >= shownFrom {
		if len(d.shown) >= detect.MaxEvidence {
			d.shown = slices.Delete(d.shown, detect.MaxEvidence/2, detect.MaxEvidence/2+1)
		}
		d.shown = append(d.shown, detect.Evidence{
			EventID: e.ID(), Time: e.Time, Fact: detect.Fact(e),
			SrcIP: e.Str(event.SrcIP), SrcPort: e.Int(event.SrcPort),
			DstIP: e.Str(event.DstIP), DstPort: e.Int(event.DstPort),
		})
	}
	if !d.byName {
		return
	}
	if d.host == "" {
		d.host = strings.Clone(hostOf(e))
	}
	if throughProxy(e) {
		d.viaProxy++
		d.tunnel = e.Int(event.SrcPort)
	}
	if ip := e.Str(event.DstIP); len(d.ips) < 8 && !slices.Contains(d.ips, ip) {
		d.ips = append(d.ips, strings.Clone(ip))
	}
	if d.ports == nil {
		d.ports = map[int64]bool{}
	}
	if len(d.ports) < maxVisits {
		d.ports[e.Int(event.SrcPort)] = true
	}
}

// contact is what a finding needs of its first event: events are not kept.
type contact struct {
	tenant, src, dst string
	port, proto      int64
	at               time.Time
	origin           event.Origin
}

func (c *contact) event() *event.Event {
	e := event.New(event.Base, c.at, c.origin)
	e.SetText(event.TenantUID, c.tenant)
	return e
}

// tidy sorts the visits, merges contacts of one visit and keeps the latest.
func (d *detector) tidy() {
	slices.SortFunc(d.visits, func(a, b visit) int { return cmp.Compare(a.at, b.at) })
	merged := d.visits[:0]
	for _, v := range d.visits {
		if n := len(merged); n > 0 && v.at-merged[n-1].at < int64(sameVisit) {
			merged[n-1].out += v.out
			merged[n-1].in += v.in
			continue
		}
		merged = append(merged, v)
	}
	if extra := len(merged) - maxVisits; extra > 0 {
		merged = slices.Delete(merged, 0, extra)
	}
	d.visits = merged
}

// Advance judges the rhythm when enough has been added, or when no more may
// come.
func (d *detector) Advance(watermark time.Time) []detect.Finding {
	fresh := d.total - d.judged
	if fresh == 0 || d.total < 8 {
		return nil
	}
	if fresh < max(8, d.judged/4) && watermark.Sub(d.last) < time.Hour {
		return nil
	}
	d.judged = d.total
	d.tidy()
	r := measure(d.visits, d.sized*2 > d.total)
	severity := d.severity(r)
	if severity == event.SeverityUnknown {
		return nil
	}
	return []detect.Finding{d.claim(r, severity)}
}

// severity decides whether a rhythm is a claim, and how grave: 0 is none.
func (d *detector) severity(r rhythm) event.Severity {
	need := d.cfg.visits
	switch {
	case r.median < 5*time.Second:
		need *= 3
	case r.score >= 0.93:
		need = need * 3 / 5
	}
	score := d.cfg.score
	if d.byName && !d.proxied() {
		// Straight to a server: the other detector sees that, unless the name
		// moves between addresses or all calls share a connection.
		if len(d.ips) < 2 && len(d.ports)*2 > r.visits {
			return event.SeverityUnknown
		}
		need += need / 2
		score += 0.05
	}
	if r.visits < need || r.span < d.cfg.span || r.score < d.cfg.low {
		return event.SeverityUnknown
	}
	switch {
	case r.score < score,
		d.from.proto == 17,     // games, calls and measurements do this
		d.answered*4 < d.total, // nobody answers
		r.typicalIn > bulky,    // films and radio come in regular pieces
		slices.Contains(pushing, d.from.port),
		quietHost(d.host):
		return event.SeverityLow
	}
	return event.SeverityMedium
}

// proxied reports that the name is called through a proxy.
func (d *detector) proxied() bool { return d.viaProxy*4 > d.total }

// bulky is an answer that carries more than orders.
const bulky = 200_000

func (d *detector) claim(r rhythm, severity event.Severity) detect.Finding {
	rule := direct
	if d.byName {
		rule = named
		if d.proxied() {
			rule = proxied
		}
	}
	c := &d.from
	if d.f == nil || d.f.Rule != rule {
		f := rule.New(c.src+" "+c.dst+" "+d.host, c.event(), nil)
		d.f = &f
		d.f.Involve("ip", c.src, detect.Actor)
		if _, err := netip.ParseAddr(d.host); err != nil {
			d.f.Involve("domain", d.host, detect.Target)
		}
	}
	for _, ip := range d.ips {
		role := detect.Target
		if rule == proxied {
			role = detect.Related // the proxy only passes it on
		}
		d.f.Involve("ip", ip, role)
	}
	if !d.byName {
		d.f.Involve("ip", c.dst, detect.Target)
	}
	d.f.Severity = severity
	d.f.Confidence = max(1, min(99, int(r.score*100)))
	d.f.Count = d.total
	d.f.Evidence = slices.Clone(d.shown)
	d.f.Span(time.Unix(0, d.visits[0].at).UTC())
	d.f.Span(d.last)
	dst := net.JoinHostPort(c.dst, strconv.FormatInt(c.port, 10))
	if d.byName {
		dst = d.host
	}
	d.f.Reword(text.Args{
		"src": c.src, "dst": dst, "proxy": text.ListOf(d.ips, len(d.ips)),
		"n": r.visits, "every": r.median, "jitter": r.scatter, "span": r.span, "share": int(r.steady*100 + 0.5),
		"score": strconv.FormatFloat(r.score, 'f', 2, 64),
	})
	return d.f.Clone()
}
