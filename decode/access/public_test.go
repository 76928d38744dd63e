package access_test

import (
	"regexp"
	"testing"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/decode/access"
	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/event"
)

// TestPublicLogs reads logs that others published: whatever has an address in
// front, a time in brackets, a request and a status must be understood.
func TestPublicLogs(t *testing.T) {
	looks := regexp.MustCompile(`^[0-9a-f.:]{7,39} \S+ \S+ \[\d?\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4}\] "[A-Z]+ [^" ]+ HTTP/[0-9.]+" (\d{3}) `)
	lines, missed := 0, 0
	d := access.Kind().New(decodetest.Options())
	decodetest.PublicLines(t, func(path string, line []byte) {
		events, err := d.Decode(decode.Record{Body: line}, nil)
		found := looks.FindSubmatch(line)
		if found == nil {
			return
		}
		lines++
		status, _ := decode.Number(string(found[1]))
		if err != nil || len(events) == 0 || events[0].Int(event.HTTPStatus) != status || events[0].Str(event.HTTPMethod) == "" {
			if missed++; missed <= 10 {
				t.Errorf("%s: %q gave %d events, %v", path, line, len(events), err)
			}
		}
	})
	t.Logf("%d requests, %d missed", lines, missed)
	if lines == 0 {
		t.Error("the public logs hold no requests")
	}
}
