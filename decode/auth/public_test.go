package auth_test

import (
	"bytes"
	"testing"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/decode/auth"
	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/event"
)

// TestPublicLogs reads logs that others published: what sshd says about an
// attempt must become one, with its client.
func TestPublicLogs(t *testing.T) {
	attempts, missed := 0, 0
	file := ""
	var d decode.Decoder
	decodetest.PublicLines(t, func(path string, line []byte) {
		if path != file {
			file, d = path, auth.Kind().New(decodetest.Options())
		}
		events, err := d.Decode(decode.Record{Body: line}, nil)
		_, said, ok := bytes.Cut(line, []byte("]: "))
		if !ok || !bytes.Contains(line[:len(line)-len(said)], []byte(" sshd")) || len(said) > 300 {
			return
		}
		tells := false
		for _, words := range [...]string{"Failed password for ", "Accepted ", "Invalid user "} {
			tells = tells || bytes.HasPrefix(said, []byte(words))
		}
		if !tells || !bytes.Contains(said, []byte(" from ")) {
			return
		}
		attempts++
		if err != nil || len(events) != 1 || events[0].Class != event.Authentication ||
			events[0].Str(event.SrcIP)+events[0].Str(event.SrcHostname) == "" {
			if missed++; missed <= 10 {
				t.Errorf("%s: %q gave %d events, %v", path, line, len(events), err)
			}
		}
	})
	t.Logf("%d attempts, %d missed", attempts, missed)
	if attempts == 0 {
		t.Error("the public logs hold no attempts of sshd")
	}
}
