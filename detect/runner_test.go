package detect_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/detect/longconn"
	"github.com/bongsu/bongsu/detect/scan"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func at(offset time.Duration, position uint64, src string) *event.Event {
	e := event.New(event.NetworkActivity, start.Add(offset), event.Origin{Source: "ab", Position: position})
	e.SetText(event.SrcIP, src)
	return e
}

var counted = &detect.Rule{
	Detector: "count", Name: "seen", Severity: event.SeverityLow,
	Title: text.Message{EN: "{src} was seen {n} times", KO: "{src|을를} {n}번 보았습니다"},
}

// counter claims how many events it has seen and when it was last advanced.
type counter struct {
	n    int
	f    detect.Finding
	told *[]string
}

func (c *counter) Examine(e *event.Event) []detect.Finding {
	c.n++
	if c.n == 1 {
		c.f = counted.New(e.Str(event.SrcIP), e, nil)
	}
	c.f.Rest(e, "seen")
	c.f.Reword(text.Args{"src": e.Str(event.SrcIP), "n": c.n})
	return []detect.Finding{c.f.Clone()}
}

func (c *counter) Advance(watermark time.Time) []detect.Finding {
	*c.told = append(*c.told, fmt.Sprintf("%s %s", c.f.Title.EN, watermark.Sub(start).Round(time.Second)))
	return nil
}

func countKind(told *[]string, idle time.Duration) detect.Kind {
	return detect.Kind{
		Name: "count", Rules: []*detect.Rule{counted}, Idle: idle,
		Partition: func(e *event.Event) string { return e.Str(event.SrcIP) },
		New: func(s detect.Settings) (detect.Detector, error) {
			r := s.Read()
			r.Int("n", 1, 1)
			if err := r.Err(); err != nil {
				return nil, err
			}
			return &counter{told: told}, nil
		},
	}
}

func titles(found []detect.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, f.Title.EN)
	}
	return out
}

func TestRunnerPartitions(t *testing.T) {
	var told []string
	r, err := detect.NewRunner([]detect.Kind{countKind(&told, 0)}, nil, detect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other := at(3*time.Second, 9, "10.0.0.1")
	other.SetStr(event.TenantUID, "org_other")
	// Out of order within the batch; one of no interest; one of another
	// organisation with the same key.
	found := r.Examine([]*event.Event{
		at(2*time.Second, 3, "10.0.0.1"), at(0, 1, "10.0.0.1"), at(time.Second, 2, "10.0.0.2"), at(time.Second, 4, ""), other,
	})
	want := []string{"10.0.0.1 was seen 2 times", "10.0.0.2 was seen 1 times", "10.0.0.1 was seen 1 times"}
	if diff := cmp.Diff(want, titles(found)); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if found[0].First != start || found[0].Evidence[0].EventID != "evt_ab_1_0" {
		t.Errorf("first event is %v %s, want the earliest", found[0].First, found[0].Evidence[0].EventID)
	}
	if got := r.Stats()[0]; got != (detect.Stats{Detector: "count", Events: 4, Instances: 3, Findings: 4}) {
		t.Errorf("stats = %+v", got)
	}
	if len(r.Close()) != 0 || len(told) != 3 {
		t.Errorf("at the end %d instances had their last word, want 3", len(told))
	}
}

func TestRunnerBounds(t *testing.T) {
	var told []string
	r, err := detect.NewRunner([]detect.Kind{countKind(&told, 0)}, nil, detect.Options{Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	r.Examine([]*event.Event{
		at(0, 1, "a"), at(1*time.Second, 2, "b"), at(2*time.Second, 3, "a"), at(3*time.Second, 4, "c"), at(4*time.Second, 5, "b"),
	})
	// b waited longest when c came, then a.
	want := []string{"b was seen 1 times 1h0m1s", "a was seen 2 times 1h0m2s"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	if got := r.Stats()[0].Evicted; got != 2 {
		t.Errorf("evicted = %d, want 2", got)
	}
}

func TestRunnerIdle(t *testing.T) {
	for _, batch := range []int{1, 3} {
		var told []string
		r, err := detect.NewRunner([]detect.Kind{countKind(&told, 10*time.Minute)}, nil, detect.Options{})
		if err != nil {
			t.Fatal(err)
		}
		events := []*event.Event{at(0, 1, "a"), at(9*time.Minute, 2, "a"), at(20*time.Minute, 3, "a")}
		var found []detect.Finding
		for i := 0; i < len(events); i += batch {
			found = append(found, r.Examine(events[i:i+batch])...)
		}
		// After 11 minutes without an event the instance starts anew, whether
		// anybody swept meanwhile or not.
		if diff := cmp.Diff([]string{"a was seen 2 times", "a was seen 1 times"}, titles(detect.Latest(found))); diff != "" {
			t.Errorf("batches of %d (-want +got):\n%s", batch, diff)
		}
		if got := r.Stats()[0].Expired; got != 1 {
			t.Errorf("batches of %d: expired = %d, want 1", batch, got)
		}
	}
}

func TestRunnerAdvance(t *testing.T) {
	var told []string
	r, err := detect.NewRunner([]detect.Kind{countKind(&told, time.Hour)}, nil, detect.Options{Cadence: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		r.Examine([]*event.Event{at(time.Duration(i)*40*time.Second, uint64(i), "a")})
	}
	want := []string{"a was seen 2 times 1m20s", "a was seen 4 times 2m40s"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("advanced (-want +got):\n%s", diff)
	}
	r.Advance(start) // a watermark that goes back tells nothing
	r.Advance(start.Add(10 * time.Minute))
	r.Advance(start.Add(2 * time.Hour))
	if diff := cmp.Diff([]string{"a was seen 5 times 10m0s", "a was seen 5 times 2h0m0s"}, told[2:]); diff != "" {
		t.Errorf("advanced from outside (-want +got):\n%s", diff)
	}
	if got := r.Stats()[0].Expired; got != 1 {
		t.Errorf("expired = %d, want 1", got)
	}
}

func TestNewRunnerRefuses(t *testing.T) {
	var told []string
	kind := countKind(&told, 0)
	tests := []struct {
		name     string
		kinds    []detect.Kind
		settings map[string]detect.Settings
		want     string
	}{
		{"twice", []detect.Kind{kind, kind}, nil, "detector count stands twice in the list"},
		{"value", []detect.Kind{kind}, map[string]detect.Settings{"count": {"n": "0"}}, `set up detector count: n "0" is not a whole number of at least 1`},
		{"setting", []detect.Kind{kind}, map[string]detect.Settings{"count": {"m": "0"}}, `set up detector count: unknown setting "m"; known: ["n"]`},
		{"detector", []detect.Kind{kind}, map[string]detect.Settings{"cuont": {"n": "1"}}, `settings for unknown detector "cuont"; known: ["count"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := detect.NewRunner(tt.kinds, tt.settings, detect.Options{})
			if err == nil || err.Error() != tt.want {
				t.Errorf("NewRunner: %v, want %s", err, tt.want)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	tests := []struct {
		ip, zone    string
		inside, one bool
	}{
		{"10.1.2.3", "", true, true},
		{"100.64.0.1", "", true, true},
		{"fe80::1", "", true, true},
		{"::ffff:192.168.1.1", "", true, true},
		{"203.0.113.9", "", false, true},
		{"203.0.113.9", "office", true, true},
		{"10.1.2.3", "external", false, true},
		{"10.1.2.255", "", true, false},
		{"224.0.0.251", "", false, false},
		{"ff02::fb", "", false, false},
		{"0.0.0.0", "", false, false},
		{"", "", false, false},
		{"host", "", false, false},
	}
	for _, tt := range tests {
		e := event.New(event.NetworkActivity, start, event.Origin{})
		e.SetStr(event.DstIP, tt.ip)
		e.SetText(event.DstZone, tt.zone)
		if got := detect.ToInside(e); got != tt.inside {
			t.Errorf("%q in %q: inside = %v", tt.ip, tt.zone, got)
		}
		if got := detect.ToOne(e); got != tt.one {
			t.Errorf("%q: one machine = %v", tt.ip, got)
		}
	}
}

func TestFact(t *testing.T) {
	flow := at(0, 1, "10.0.0.1")
	flow.SetInt(event.SrcPort, 40000)
	flow.SetStr(event.DstIP, "2001:db8::1")
	flow.SetInt(event.DstPort, 443)
	flow.SetStr(event.ProtocolName, "tcp")
	flow.SetInt(event.BytesOut, 12)
	flow.AddUnmappedStr("conn_state", "SF")
	logon := event.New(event.Authentication, start, event.Origin{})
	logon.SetStr(event.SrcHostname, "desk")
	logon.SetStr(event.ServiceName, "ssh")
	logon.SetStr(event.UserName, strings.Repeat("관", 100))
	logon.SetStatus(event.Failure)
	tests := []struct {
		e    *event.Event
		want string
	}{
		{flow, "tcp 10.0.0.1:40000 → [2001:db8::1]:443 SF out=12"},
		{logon, "ssh desk user=" + strings.Repeat("관", 40) + "… failure"},
		{event.New(event.Base, start, event.Origin{}), ""},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, detect.Fact(tt.e)); diff != "" {
			t.Errorf("Fact (-want +got):\n%s", diff)
		}
	}
}

func BenchmarkRunner(b *testing.B) {
	var told []string
	r, err := detect.NewRunner([]detect.Kind{countKind(&told, 0)}, nil, detect.Options{})
	if err != nil {
		b.Fatal(err)
	}
	events := make([]*event.Event, 1000)
	for i := range events {
		events[i] = at(time.Duration(i)*time.Millisecond, uint64(i), fmt.Sprintf("10.0.0.%d", i%200))
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Examine(events)
	}
}

func FuzzRestore(f *testing.F) {
	kinds := []detect.Kind{scan.Kind(), longconn.Kind()}
	r, err := detect.NewRunner(kinds, nil, detect.Options{})
	if err != nil {
		f.Fatal(err)
	}
	for i := range 40 {
		e := event.New(event.NetworkActivity, time.Unix(int64(i), 0), event.Origin{Source: "a", Position: uint64(i)})
		e.SetStr(event.SrcIP, "192.0.2.1")
		e.SetStr(event.DstIP, "192.0.2.2")
		e.SetInt(event.DstPort, int64(i+1))
		e.SetInt(event.ProtocolNum, 6)
		e.SetInt(event.PacketsOut, 1)
		e.SetActivity(event.ConnRefuse)
		r.Examine([]*event.Event{e})
	}
	var snapshot bytes.Buffer
	if err := r.Snapshot(&snapshot); err != nil {
		f.Fatal(err)
	}
	f.Add(snapshot.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := detect.NewRunner(kinds, nil, detect.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Restore(bytes.NewReader(data)); err != nil {
			return
		}
		r.Close()
	})
}
