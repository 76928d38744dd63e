package event

import (
	"slices"
	"strings"
)

// A demand is an attribute without which OCSF does not accept an object that
// has any other. Where nobody knows it, AppendJSON writes it as 0, which is
// Unknown in every enum, or as an empty text. What a source always knows is
// not listed: its absence is a fault that validation shall show.
type demand struct {
	object string // dotted
	path   Path
}

var demands = [...]demand{
	{"connection_info", DirectionID},
	{"device", DeviceTypeID},
	{"file", FileTypeID},
	{"finding_info.analytic", AnalyticType},
	{"process.file", ProcessFileName},
	{"process.file", ProcessFileType},
	{"query", DNSQuery}, // the root has no name
	{"tls", TLSVersion}, // until the server has answered
	{"tls.certificate", TLSIssuer},
	{"tls.certificate", TLSSerial},
	{"", DirectionEmail}, // of Email Activity, not of an object
}

const emailDemand = len(demands) - 1

// unknown holds the fields that stand in for what nobody knows.
var unknown = func() (out [len(demands)]*field) {
	for i, d := range demands {
		out[i] = &field{path: d.path}
	}
	return out
}()

// demanded holds, as bits over demands, what each path calls for; met what it
// fulfils.
var demanded, met = func() (demanded, met [len(columns)]uint16) {
	for i, d := range demands {
		met[d.path] |= 1 << i
		for _, p := range Paths() {
			if d.object != "" && strings.HasPrefix(columns[p].name, d.object+".") {
				demanded[p] |= 1 << i
			}
		}
	}
	return demanded, met
}()

// missing returns, as bits over demands, what OCSF demands beside the columns
// that are set.
func (e *Event) missing() uint16 {
	var want, have uint16
	for i := range e.fields {
		p := e.fields[i].path
		want |= demanded[p]
		have |= met[p]
	}
	if e.Class == EmailActivity {
		want |= 1 << emailDemand
	}
	return want &^ have
}

// profiles names the OCSF profiles that add an attribute to the classes.
// Without the name in metadata.profiles the attribute is refused.
var profiles = [...]struct{ profile, attribute string }{
	{"host", "actor"},
	{"host", "device"},
	{"network_proxy", "proxy_endpoint"},
}

// appendProfiles writes metadata.profiles where the event uses any.
func (e *Event) appendProfiles(w *writer) {
	last := ""
	for _, p := range profiles {
		if p.profile == last || !slices.ContainsFunc(e.fields, func(f field) bool { return split[f.path][0] == p.attribute }) {
			continue
		}
		if last == "" {
			w.key("profiles")
			w.dst = append(w.dst, '[')
		} else {
			w.dst = append(w.dst, ',')
		}
		w.dst = AppendQuoted(w.dst, p.profile)
		last = p.profile
	}
	if last != "" {
		w.dst = append(w.dst, ']')
	}
}
