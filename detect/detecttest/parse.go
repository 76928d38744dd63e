package detecttest

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bongsu/bongsu/event"
)

// maxRepeat bounds how many events one line stands for.
const maxRepeat = 100_000

// epoch is the day on which scenarios happen.
var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// Parse reads the events of a scenario, one a line:
//
//	09:00:00 flow 192.0.2.1:40000 > 198.51.100.7:22 tcp S0 pout=1
//	+30s     login ssh root failure 192.0.2.1 > 198.51.100.7:22
//	+1s      arp request 192.0.2.1/02:00:00:00:00:01 > 192.0.2.9
//	+1s      http 192.0.2.1:40000 > 198.51.100.7:80 GET http://example.com/a 200
//	+1s      tls 192.0.2.1:40000 > 198.51.100.7:443 example.com
//	+0s      event 4003 src_endpoint.ip=192.0.2.1 query.hostname=example.com
//
// A line begins with the time of day or with the time since the line before
// (since its last repetition). After the fixed words any column may be set by
// its OCSF path, anything else by unmapped.name; short names: out, in (payload
// bytes), pout, pin (packets), dur (duration of a flow; the event's time is its
// end), service, count, history. Values hold no spaces; a + stands for one in
// user names and agents.
//
// A line repeats with x100 every 60s, with ~2s of jitter at most if so
// written: x100 every 60s~2s. In each repetition {1..254} gives the next
// number and {a,b,c} the next word. Lines that begin with # are left out.
// Jitter is the same in every run.
func Parse(lines string) ([]*event.Event, error) {
	var out []*event.Event
	at := epoch
	n := 0
	for line := range strings.Lines(lines) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		start, err := when(words[0], at)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		words, rep, err := repetition(words[1:])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		for i := range rep.times {
			at = start.Add(time.Duration(i)*rep.every + rep.shake(i))
			expanded := make([]string, len(words))
			for j, w := range words {
				if expanded[j], err = expand(w, i); err != nil {
					return nil, fmt.Errorf("line %d: %w", n, err)
				}
			}
			e, err := build(expanded, at, uint64(len(out)+1))
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			out = append(out, e)
		}
		at = start.Add(time.Duration(rep.times-1) * rep.every)
	}
	slices.SortStableFunc(out, event.Compare)
	return out, nil
}

func when(word string, before time.Time) (time.Time, error) {
	if strings.HasPrefix(word, "+") {
		d, err := time.ParseDuration(word[1:])
		if err != nil {
			return time.Time{}, fmt.Errorf("time %q is not +duration or hh:mm:ss", word)
		}
		return before.Add(d), nil
	}
	t, err := time.Parse("15:04:05", word)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q is not +duration or hh:mm:ss", word)
	}
	return epoch.Add(t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))), nil
}

type repeat struct {
	times         int
	every, jitter time.Duration
}

// shake returns the jitter of the i-th repetition: a fixed scatter within
// ± jitter (the finaliser of MurmurHash3).
func (r repeat) shake(i int) time.Duration {
	if r.jitter == 0 {
		return 0
	}
	h := uint32(i + 1)
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	h ^= h >> 16
	return time.Duration(float64(h)/float64(1<<32)*2*float64(r.jitter)) - r.jitter
}

func repetition(words []string) ([]string, repeat, error) {
	for i, w := range words {
		if len(w) < 2 || w[0] != 'x' || i+2 >= len(words) || words[i+1] != "every" {
			continue
		}
		times, err := strconv.Atoi(w[1:])
		if err != nil || times < 1 || times > maxRepeat {
			return nil, repeat{}, fmt.Errorf("repetition %q is not x1 to x%d", w, maxRepeat)
		}
		every, jitter, _ := strings.Cut(words[i+2], "~")
		r := repeat{times: times}
		if r.every, err = time.ParseDuration(every); err != nil {
			return nil, repeat{}, fmt.Errorf("repetition every %q: %w", words[i+2], err)
		}
		if jitter != "" {
			if r.jitter, err = time.ParseDuration(jitter); err != nil {
				return nil, repeat{}, fmt.Errorf("repetition every %q: %w", words[i+2], err)
			}
		}
		return append(slices.Clone(words[:i]), words[i+3:]...), r, nil
	}
	return words, repeat{times: 1}, nil
}

// expand replaces {1..9} and {a,b} by their i-th value, from the start again
// at the end.
func expand(word string, i int) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(word, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("%q: no closing brace", word)
		}
		if low, high, ok := strings.Cut(inner, ".."); ok {
			lo, err1 := strconv.Atoi(low)
			hi, err2 := strconv.Atoi(high)
			if err1 != nil || err2 != nil || hi < lo {
				return "", fmt.Errorf("%q is not {low..high}", inner)
			}
			b.WriteString(strconv.Itoa(lo + i%(hi-lo+1)))
		} else {
			list := strings.Split(inner, ",")
			b.WriteString(list[i%len(list)])
		}
		word = after
	}
}

func build(words []string, at time.Time, position uint64) (*event.Event, error) {
	if len(words) == 0 {
		return nil, fmt.Errorf("a time without an event")
	}
	origin := event.Origin{Source: "5ce0a7105ce0a710", Position: position}
	form, words := words[0], words[1:]
	need := map[string]int{"flow": 5, "login": 6, "arp": 4, "http": 6, "tls": 4, "event": 1}[form]
	if need == 0 {
		return nil, fmt.Errorf("unknown event %q; known: flow, login, arp, http, tls, event", form)
	}
	if len(words) < need {
		return nil, fmt.Errorf("%s has %d words of at least %d", form, len(words), need)
	}
	var e *event.Event
	var err error
	switch form {
	case "flow":
		e, err = flow(words, at, origin)
	case "login":
		e, err = login(words, at, origin)
	case "arp":
		e, err = arp(words, at, origin)
	case "http":
		e, err = http(words, at, origin)
	case "tls":
		e = event.New(event.NetworkActivity, at, origin)
		e.SetActivity(event.ConnOpen)
		e.SetStr(event.AppProtocol, "tls")
		e.SetInt(event.ProtocolNum, 6)
		e.SetStr(event.ProtocolName, "tcp")
		e.SetStr(event.TLSSNI, words[3])
		err = endpoints(e, words[0], words[1], words[2])
	case "event":
		class, bad := strconv.ParseUint(words[0], 10, 16)
		if bad != nil {
			return nil, fmt.Errorf("class %q is not a number", words[0])
		}
		e = event.New(event.Class(class), at, origin)
	}
	if err != nil {
		return nil, err
	}
	for _, w := range words[need:] {
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not name=value", w)
		}
		if err := set(e, name, value); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func flow(words []string, at time.Time, origin event.Origin) (*event.Event, error) {
	e := event.New(event.NetworkActivity, at, origin)
	proto, state := words[3], words[4]
	num, ok := map[string]int64{"tcp": 6, "udp": 17, "icmp": 1, "ipv6-icmp": 58}[proto]
	if !ok {
		return nil, fmt.Errorf("unknown protocol %q; known: tcp, udp, icmp, ipv6-icmp", proto)
	}
	e.SetActivity(event.ConnActivity(state))
	if num != 6 && state != "S0" {
		e.SetActivity(event.ConnTraffic)
	}
	e.SetInt(event.ProtocolNum, num)
	e.SetStr(event.ProtocolName, proto)
	e.AddUnmappedStr("conn_state", state)
	e.SetTime(event.StartTime, at)
	e.SetTime(event.EndTime, at)
	e.SetInt(event.PacketsOut, 1)
	e.SetInt(event.PacketsIn, 0)
	e.SetInt(event.BytesOut, 0)
	e.SetInt(event.BytesIn, 0)
	if state == "SF" {
		e.SetInt(event.PacketsIn, 1)
	}
	return e, endpoints(e, words[0], words[1], words[2])
}

func login(words []string, at time.Time, origin event.Origin) (*event.Event, error) {
	e := event.New(event.Authentication, at, origin)
	e.SetActivity(event.Logon)
	e.SetStr(event.ServiceName, words[0])
	e.SetStr(event.UserName, strings.ReplaceAll(words[1], "+", " "))
	switch words[2] {
	case "success":
		e.SetStatus(event.Success)
	case "failure":
		e.SetStatus(event.Failure)
	case "unknown":
	default:
		return nil, fmt.Errorf("outcome %q is not success, failure or unknown", words[2])
	}
	return e, endpoints(e, words[3], words[4], words[5])
}

func arp(words []string, at time.Time, origin event.Origin) (*event.Event, error) {
	e := event.New(event.NetworkActivity, at, origin)
	e.SetActivity(event.ConnTraffic)
	e.SetStr(event.ProtocolName, "arp")
	e.AddUnmappedStr("arp_op", words[0])
	if words[2] != ">" {
		return nil, fmt.Errorf("%q stands where > belongs", words[2])
	}
	for i, p := range []struct{ ip, mac event.Path }{{event.SrcIP, event.SrcMAC}, {event.DstIP, event.DstMAC}} {
		ip, mac, _ := strings.Cut(words[1+2*i], "/")
		e.SetStr(p.ip, ip)
		e.SetText(p.mac, mac)
	}
	if e.Str(event.SrcIP) == e.Str(event.DstIP) {
		e.AddUnmapped("arp_gratuitous", "true")
	}
	return e, nil
}

func http(words []string, at time.Time, origin event.Origin) (*event.Event, error) {
	e := event.New(event.HTTPActivity, at, origin)
	method, url := words[3], words[4]
	e.SetActivity(map[string]int{"CONNECT": 1, "GET": 3, "POST": 6}[method])
	e.SetStr(event.AppProtocol, "http")
	e.SetInt(event.ProtocolNum, 6)
	e.SetStr(event.ProtocolName, "tcp")
	e.SetStr(event.HTTPMethod, method)
	e.SetStr(event.HTTPURL, url)
	rest := strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://")
	host, path, found := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	e.SetText(event.HTTPHost, host)
	if found {
		e.SetStr(event.HTTPPath, "/"+path)
	}
	status, err := strconv.ParseInt(words[5], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("status %q is not a number", words[5])
	}
	e.SetInt(event.HTTPStatus, status)
	return e, endpoints(e, words[0], words[1], words[2])
}

func endpoints(e *event.Event, src, arrow, dst string) error {
	if arrow != ">" {
		return fmt.Errorf("%q stands where > belongs", arrow)
	}
	for _, p := range []struct {
		word     string
		ip, port event.Path
	}{{src, event.SrcIP, event.SrcPort}, {dst, event.DstIP, event.DstPort}} {
		if p.word == "-" {
			continue
		}
		if a, err := netip.ParseAddrPort(p.word); err == nil {
			e.SetStr(p.ip, a.Addr().String())
			e.SetInt(p.port, int64(a.Port()))
			continue
		}
		a, err := netip.ParseAddr(p.word)
		if err != nil {
			return fmt.Errorf("%q is not an address or address:port", p.word)
		}
		e.SetStr(p.ip, a.String())
	}
	return nil
}

var short = map[string]event.Path{
	"out": event.BytesOut, "in": event.BytesIn, "pout": event.PacketsOut, "pin": event.PacketsIn,
	"service": event.AppProtocol, "count": event.Count, "history": event.FlagHistory,
}

func set(e *event.Event, name, value string) error {
	value = strings.ReplaceAll(value, "+", " ")
	if name == "dur" {
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("dur %q: %w", value, err)
		}
		e.SetTime(event.StartTime, e.Time)
		e.Time = e.Time.Add(d)
		e.SetTime(event.EndTime, e.Time)
		e.SetInt(event.Duration, d.Milliseconds())
		return nil
	}
	if rest, ok := strings.CutPrefix(name, "unmapped."); ok {
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			e.AddUnmappedInt(rest, n)
		} else {
			e.AddUnmappedStr(rest, value)
		}
		return nil
	}
	p, ok := short[name]
	if !ok {
		p, ok = event.PathOf(name)
	}
	if !ok {
		return fmt.Errorf("%q is neither a column nor a short name", name)
	}
	switch p.Type() {
	case event.Int:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return fmt.Errorf("%s %q is not a number", name, value)
		}
		e.SetInt(p, n)
	case event.Bool:
		e.SetBool(p, value == "true")
	case event.Time:
		t, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return fmt.Errorf("%s %q: %w", name, value, err)
		}
		e.SetTime(p, t)
	case event.String, event.JSON:
		e.SetStr(p, value)
	}
	return nil
}
