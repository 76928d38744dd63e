package zeekconn

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/bongsu/bongsu/dissect"
)

// options is what of Zeek's flags and settings matters to flows.
type options struct {
	ignoreChecksums bool
	filter          string
	all             bool     // all of Zeek's standard scripts are loaded
	loaded          []string // otherwise the protocols whose scripts are
	ports           []string // redef likely_server_ports
	timeouts        dissect.Timeouts
}

func (o options) key() string { return fmt.Sprintf("%+v", o) }

var (
	filterFlag = regexp.MustCompile(`-f\s*('[^']*'|"[^"]*")`)
	bareFlag   = regexp.MustCompile(`(^|\s)-[a-zA-Z]*b`)
	checksums  = regexp.MustCompile(`(^|\s)-[a-zA-Z]*C(\s|$|[a-z])`)
	redefine   = regexp.MustCompile(`redef\s+([A-Za-z_:]+)\s*\+?=\s*(.*)`)
	portName   = regexp.MustCompile(`(\d+)/(tcp|udp)`)
	protocol   = regexp.MustCompile(`protocols[./]([a-z0-9_-]+)`)
)

// parseFlags reads the column of flags: one part for each run, then settings,
// which hold for all of them.
func parseFlags(name string, compared []string, column string) []options {
	var runs []options
	var settings []string
	for _, part := range strings.Split(column+" ", " | ") {
		if strings.HasPrefix(strings.TrimSpace(part), "redef ") {
			settings = append(settings, strings.TrimSpace(part))
			continue
		}
		o := options{ignoreChecksums: checksums.MatchString(part), all: !bareFlag.MatchString(part)}
		if m := filterFlag.FindStringSubmatch(part); m != nil {
			o.filter = strings.Trim(m[1], `'"`)
		}
		if !o.all {
			o.loaded = loaded(name, compared, part)
		}
		runs = append(runs, o)
	}
	if len(runs) == 0 {
		runs = []options{{all: true}}
	}
	for i := range runs {
		for _, s := range settings {
			runs[i].set(s)
		}
	}
	return runs
}

// loaded guesses which protocols' scripts a bare run loads: the one that the
// test is about, those whose logs it compares, those that it names.
func loaded(name string, compared []string, flags string) (out []string) {
	for _, m := range protocol.FindAllStringSubmatch(name+" "+flags, -1) {
		out = append(out, m[1])
	}
	for _, c := range compared {
		c = c[strings.LastIndexByte(c, '/')+1:]
		out = append(out, strings.FieldsFunc(c, func(r rune) bool { return r == '.' || r == '_' })[0:1]...)
	}
	return out
}

// set takes one setting that flows depend on.
func (o *options) set(s string) {
	m := redefine.FindStringSubmatch(s)
	if m == nil {
		return
	}
	value := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(m[2]), ";"))
	interval := func(d *time.Duration) {
		var n float64
		var unit string
		if k, _ := fmt.Sscanf(value, "%g%s", &n, &unit); k < 1 {
			return
		}
		scale := time.Second
		switch {
		case strings.HasPrefix(unit, "us"):
			scale = time.Microsecond
		case strings.HasPrefix(unit, "ms"):
			scale = time.Millisecond
		case strings.HasPrefix(unit, "min"):
			scale = time.Minute
		case strings.HasPrefix(unit, "h"):
			scale = time.Hour
		case strings.HasPrefix(unit, "d"):
			scale = 24 * time.Hour
		}
		*d = time.Duration(n * float64(scale))
	}
	switch m[1] {
	case "ignore_checksums":
		o.ignoreChecksums = strings.HasPrefix(value, "T")
	case "likely_server_ports":
		o.ports = append(o.ports, portName.FindAllString(value, -1)...)
		if strings.Contains(value, "rpc_ports") {
			o.ports = append(o.ports, "111/tcp", "111/udp")
		}
	case "tcp_inactivity_timeout":
		interval(&o.timeouts.TCP)
	case "udp_inactivity_timeout":
		interval(&o.timeouts.UDP)
	case "icmp_inactivity_timeout":
		interval(&o.timeouts.ICMP)
	case "tcp_attempt_delay":
		interval(&o.timeouts.Attempt)
	case "tcp_close_delay":
		interval(&o.timeouts.Close)
	case "tcp_connection_linger":
		interval(&o.timeouts.Linger)
	case "tcp_session_timer":
		interval(&o.timeouts.Session)
	}
}

// likely answers what Zeek would with the scripts of a run.
func (o options) likely() func(t dissect.Transport, port uint16) bool {
	set := map[string]bool{}
	add := func(name string) {
		for _, p := range serverPorts[name] {
			set[p] = true
		}
	}
	if o.all {
		for name := range serverPorts {
			add(name)
		}
	}
	for _, name := range o.loaded {
		add(name)
		for _, other := range alsoLoads[name] {
			add(other)
		}
	}
	for _, p := range o.ports {
		set[p] = true
	}
	return func(t dissect.Transport, port uint16) bool {
		proto := "tcp"
		if t == dissect.UDP {
			proto = "udp"
		}
		return set[fmt.Sprintf("%d/%s", port, proto)]
	}
}
