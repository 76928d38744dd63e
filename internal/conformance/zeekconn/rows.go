package zeekconn

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/bongsu/bongsu/event"
)

// connLog is the rows of one log that name their flow.
type connLog struct{ rows []row }

func (l *connLog) add(r row) {
	if r.values != nil && (r.tuple() != "" || r.says()) {
		l.rows = append(l.rows, r)
	}
}

// says reports whether a row without its ends has anything to compare.
func (r row) says() bool {
	return slices.ContainsFunc(compared, func(name string) bool { _, ok := r.values[name]; return ok })
}

// services lists the protocols that the log names: their scripts were loaded.
func (l *connLog) services() (out []string) {
	for _, r := range l.rows {
		for _, name := range strings.FieldsFunc(r.values["service"], func(c rune) bool { return c == ',' }) {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// row is one connection as a log has it: only the columns that it has.
type row struct{ values map[string]string }

func rowOf(fields, cols []string) row {
	r := row{map[string]string{}}
	for i, name := range fields {
		if i < len(cols) {
			r.values[name] = cols[i]
		}
	}
	return r
}

// rowOfBare reads a line without a heading: only the ends can be told by their
// form, and what stands behind them.
func rowOfBare(cols []string) row {
	for i := 0; i+3 < len(cols); i++ {
		_, err1 := netip.ParseAddr(cols[i])
		_, err2 := netip.ParseAddr(cols[i+2])
		if err1 != nil || err2 != nil || !number(cols[i+1]) || !number(cols[i+3]) {
			continue
		}
		r := row{map[string]string{
			"id.orig_h": cols[i], "id.orig_p": cols[i+1], "id.resp_h": cols[i+2], "id.resp_p": cols[i+3],
		}}
		if i+4 < len(cols) && slices.Contains([]string{"tcp", "udp", "icmp", "unknown_transport"}, cols[i+4]) {
			r.values["proto"] = cols[i+4]
		}
		return r
	}
	return row{}
}

func rowOfJSON(line string) row {
	var m map[string]any
	dec := json.NewDecoder(strings.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		return row{}
	}
	r := row{map[string]string{}}
	for k, v := range m {
		r.values[k] = fmt.Sprint(v)
	}
	return r
}

func number(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// tuple names the two ends, whoever is the client.
func (r row) tuple() string {
	return tuple(r.values["id.orig_h"], r.values["id.orig_p"], r.values["id.resp_h"], r.values["id.resp_p"])
}

func tuple(a, ap, b, bp string) string {
	if a == "" || b == "" {
		return ""
	}
	x, y := normal(a)+" "+ap, normal(b)+" "+bp
	if y < x {
		x, y = y, x
	}
	return x + " - " + y
}

func normal(addr string) string {
	if a, err := netip.ParseAddr(addr); err == nil {
		return a.Unmap().String()
	}
	return addr
}

// ours is one flow of ours, in the words of the log.
type ours struct {
	values map[string]string
	micros float64
}

// compared are the columns that are held against each other; the others are
// masked, or are not about the flow.
var compared = []string{
	"id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "duration", "orig_bytes", "resp_bytes", "conn_state",
	"missed_bytes", "history", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes", "ip_proto",
}

// diff lists the columns that differ.
func (r row) diff(o ours) (out []string) {
	for _, name := range compared {
		want, ok := r.values[name]
		if !ok {
			continue
		}
		got := o.values[name]
		switch name {
		case "id.orig_h", "id.resp_h":
			want = normal(want)
		case "duration":
			if same := durationDiffers(want, o.micros); same {
				continue
			}
			got = fmt.Sprintf("%.6f", o.micros/1e6)
		case "orig_bytes", "resp_bytes":
			// Zeek leaves the bytes out where the duration is zero.
			if want == "-" && o.micros <= 0 {
				continue
			}
		case "history":
			if want == "-" {
				want = ""
			}
		}
		if want == "XXXXXXXXXX.XXXXXX" || want == got {
			continue
		}
		out = append(out, fmt.Sprintf("%s is %s, want %s", name, got, want))
	}
	return out
}

// durationDiffers reports whether the duration is the logged one, to the
// microsecond.
func durationDiffers(want string, micros float64) bool {
	if want == "-" {
		return micros <= 0
	}
	v, err := strconv.ParseFloat(want, 64)
	return err == nil && math.Abs(v*1e6-micros) <= 1.001
}

// fromEvent puts a flow event into the words of the log.
func fromEvent(e *event.Event) ours {
	proto := e.Str(event.ProtocolName)
	sport, dport := e.Int(event.SrcPort), e.Int(event.DstPort)
	switch proto {
	case "tcp", "udp":
	case "icmp", "ipv6-icmp":
		sport, dport = icmpPorts(e, proto)
		proto = "icmp"
	default:
		proto = "unknown_transport"
	}
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	v := map[string]string{
		"id.orig_h": e.Str(event.SrcIP), "id.orig_p": text(sport),
		"id.resp_h": e.Str(event.DstIP), "id.resp_p": text(dport),
		"proto": proto, "ip_proto": text(e.Int(event.ProtocolNum)),
		"orig_bytes": text(e.Int(event.BytesOut)), "resp_bytes": text(e.Int(event.BytesIn)),
		"conn_state": e.UnmappedStr("conn_state"), "missed_bytes": text(e.Int(event.BytesMissed)),
		"history":   e.Str(event.FlagHistory),
		"orig_pkts": text(e.Int(event.PacketsOut)), "resp_pkts": text(e.Int(event.PacketsIn)),
		"orig_ip_bytes": e.UnmappedStr("ip_bytes_out"), "resp_ip_bytes": e.UnmappedStr("ip_bytes_in"),
	}
	if proto == "unknown_transport" {
		v["orig_bytes"], v["resp_bytes"] = "0", "0" // Zeek counts no payload of these
	}
	span := e.TimeOf(event.EndTime).Sub(e.TimeOf(event.StartTime))
	return ours{values: v, micros: float64(span.Nanoseconds()) / 1e3}
}

// icmpPorts are Zeek's: the type, and the type that answers it or the code.
func icmpPorts(e *event.Event, proto string) (from, to int64) {
	kind, _ := strconv.ParseInt(e.UnmappedStr("icmp_type"), 10, 64)
	code, _ := strconv.ParseInt(e.UnmappedStr("icmp_code"), 10, 64)
	answers := map[int64]int64{0: 8, 8: 0, 13: 14, 14: 13, 15: 16, 16: 15, 10: 9, 9: 10, 17: 18, 18: 17}
	if proto == "ipv6-icmp" {
		answers = map[int64]int64{
			128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 139: 140, 140: 139, 144: 145, 145: 144,
		}
	}
	if other, ok := answers[kind]; ok {
		return kind, other
	}
	return kind, code
}
