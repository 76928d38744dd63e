package decode_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/wire/syslog"
)

// prefixed decodes lines that begin with its prefix.
type prefixed string

func (p prefixed) Decode(rec decode.Record, out []*event.Event) ([]*event.Event, error) {
	if bytes.HasSuffix(rec.Body, []byte("panic")) {
		panic("told to")
	}
	if bytes.HasSuffix(rec.Body, []byte("wrong")) {
		return out, errors.New("field 2 is no number")
	}
	if !bytes.HasPrefix(rec.Body, []byte(p)) {
		return out, decode.ErrNotMine
	}
	return append(out, event.New(event.NetworkActivity, time.Unix(100, 0), decode.Stamp(rec, 0))), nil
}

func kind(name string, sticky bool) decode.Kind {
	return decode.Kind{
		Name: name, Sticky: sticky,
		Sniff: func(head []byte) int { return 90 * min(1, bytes.Count(head, []byte(name))) },
		New:   func(decode.Options) decode.Decoder { return prefixed(name) },
	}
}

func TestReader(t *testing.T) {
	kinds := []decode.Kind{kind("a", false), kind("b", false), kind("c", true)}
	reference := time.Unix(50, 0)
	r, err := decode.NewReader(kinds, "b", decode.Options{Reference: reference})
	if err != nil {
		t.Fatal(err)
	}
	var events []*event.Event
	for i, line := range strings.Split("zz 12|b 1|a 2|a 3|c 4|zz 99|b wrong|b panic|b 7", "|") {
		events = r.Decode(decode.Record{Body: []byte(line), Origin: decode.Record{}.Origin}, events)
		if len(events) != i+1 {
			t.Fatalf("line %d: %d events", i, len(events))
		}
	}
	if got := events[0].Time; !got.Equal(reference) {
		t.Errorf("a line before all others is at %v, want the reference %v", got, reference)
	}
	if got := events[5].Time; !got.Equal(time.Unix(100, 0)) {
		t.Errorf("a line without time is at %v, want that of its neighbour", got)
	}
	if got := events[5].Str(event.RawData); got != "zz 99" {
		t.Errorf("raw_data = %q", got)
	}
	want := decode.Counts{
		Records: 9, NotUnderstood: 5,
		Kinds: map[string]decode.KindCount{"a": {2, 2}, "b": {2, 2}},
		Shapes: map[string]decode.Shape{
			"a 0": {Count: 3, Reason: "no decoder understands this record"},
			"a a": {Count: 2, Reason: "a: field 2 is no number"},
		},
	}
	if diff := cmp.Diff(want, r.Counts()); diff != "" {
		t.Errorf("Counts (-want +got):\n%s", diff)
	}
}

func TestReaderKinds(t *testing.T) {
	kinds := []decode.Kind{kind("a", false), kind("c", true)}
	if _, err := decode.NewReader(kinds, "d", decode.Options{}); err == nil {
		t.Error("an unknown kind is accepted")
	}
	r, err := decode.NewReader(kinds, "c", decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Decode(decode.Record{Body: []byte("a 1")}, nil); got[0].Class != event.Base {
		t.Error("a sticky file hands a line to another kind")
	}
	if k, sure, ok := decode.Recognise(kinds, []byte("c here")); k.Name != "c" || sure != 90 || !ok {
		t.Errorf("Recognise = %s %d %v", k.Name, sure, ok)
	}
	if _, _, ok := decode.Recognise(kinds, []byte("nothing")); ok {
		t.Error("Recognise is sure of nothing")
	}
}

func TestReaderMarksWhatIsCut(t *testing.T) {
	r, err := decode.NewReader([]decode.Kind{kind("a", false)}, "a", decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line string
		cut  bool
	}{{"a 1", true}, {"what nobody understands", true}, {"a 2", false}} {
		events := r.Decode(decode.Record{Body: []byte(c.line), Cut: c.cut}, nil)
		if got := strings.Contains(string(events[0].AppendJSON(nil)), `"record_cut":true`); got != c.cut {
			t.Errorf("%s: marked %v, want %v", c.line, got, c.cut)
		}
	}
}

func TestHostOf(t *testing.T) {
	for _, c := range []struct{ told, peer, want string }{
		{"gate", "192.0.2.7", "gate"},
		{"", "192.0.2.7", "192.0.2.7"},
		{"", "2001:db8::7", "2001:db8::7"},
		{"", "127.0.0.1", ""},
		{"", "::1", ""},
		{"", "", ""},
	} {
		rec := decode.Record{Origin: source.Origin{Peer: c.peer}}
		if got := decode.HostOf(&syslog.Message{Host: c.told}, rec); got != c.want {
			t.Errorf("told %q by %q: %q, want %q", c.told, c.peer, got, c.want)
		}
	}
}
