package event

import "strconv"

// other is OCSF's number for what a list of its does not name.
const other = 99

// SetMethod sets the method of an HTTP request, as the request line has it,
// and the activity of HTTP Activity that follows from it. A method that OCSF
// does not know becomes the name of an activity and an unmapped value.
func (e *Event) SetMethod(method string) {
	if activity, ok := MethodActivity(method); ok {
		e.SetActivity(activity)
		e.SetStr(HTTPMethod, method)
	} else if method != "" {
		e.SetActivity(other)
		e.SetStr(ActivityName, method)
		e.AddUnmappedStr("http_method", method)
	}
}

// MethodActivity returns the activity of HTTP Activity that stands for a
// method. OCSF takes no other methods.
func MethodActivity(method string) (activity int, ok bool) {
	for i, m := range methods {
		if m.name == method {
			return i + 1, true
		}
	}
	return other, false
}

// SetRcode sets the response code of a DNS answer, with OCSF's caption.
func (e *Event) SetRcode(code int64) {
	if code >= 0 && code < int64(len(rcodes)) && rcodes[code] != "" {
		e.SetInt(DNSRcodeID, code)
		e.SetStr(DNSRcode, rcodes[code])
		return
	}
	e.SetInt(DNSRcodeID, other)
	e.SetStr(DNSRcode, "RCODE"+strconv.FormatInt(code, 10))
}

// methodCaptions are the activities of HTTP Activity.
func methodCaptions() []string {
	out := make([]string, 1, len(methods)+1)
	for _, m := range methods {
		out = append(out, m.caption)
	}
	return out
}

// caption returns the name of an activity, "" where OCSF has none.
func caption(c Class, activity int) string {
	names := activities[c]
	switch {
	case activity == 0:
		return "Unknown"
	case activity > 0 && activity < len(names):
		return names[activity]
	}
	return ""
}
