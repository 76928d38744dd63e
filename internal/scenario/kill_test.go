package scenario

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// kills is how often the program is ended without warning.
const kills = 10

// TestKilledUnderLoad ends the program ten times at random moments while
// records come by HTTP with and without a key and by syslog and uploads are
// read, and compares what is there at the end with a run that nobody disturbed.
func TestKilledUnderLoad(t *testing.T) {
	slow(t)
	base := time.Now().Add(-20 * time.Minute)
	calm := story(t, base, 0)
	wild := story(t, base, kills)
	if diff := cmp.Diff(calm, wild); diff != "" {
		t.Errorf("what is known at the end (-undisturbed +killed):\n%s", diff)
	}
	if len(calm.Findings) < 4 || len(calm.Incidents) < 3 {
		t.Errorf("the story shows too little: %+v", calm)
	}
	if len(calm.Suppressions) != 1 || calm.Suppressions[0] == "0" {
		t.Errorf("the suppression silenced nothing: %v", calm.Suppressions)
	}
}

// ending is what is known at the end, without what no two runs share.
type ending struct {
	Findings, Incidents, Suppressions []string
}

const (
	batches   = 150
	batchOf   = 40
	uploadOfN = 30_000
)

// batch is the same body in every run: harmless records, each with its number,
// and now and then some of an attack.
func batch(i int, base time.Time) []byte {
	at := base.Add(time.Duration(i) * time.Second)
	b := number("keyed", i*batchOf, batchOf, at)
	stamp := func(n int) string {
		return at.Add(time.Duration(n) * time.Millisecond).UTC().Format("2006-01-02T15:04:05.000000-0700")
	}
	for n := range 6 {
		// One machine looks for an open port, another knocks at many machines, a
		// third does what nobody minds.
		for _, from := range []struct {
			ip, to string
			port   int
		}{
			{"10.66.0.1", "10.30.0.8", 1000 + i*6 + n},
			{"10.66.0.2", fmt.Sprintf("10.40.%d.%d", i%4, 1+n+i), 445},
			{"10.66.0.3", "10.30.0.7", 2000 + i*6 + n},
		} {
			b = fmt.Appendf(b, `{"timestamp":"%s","flow_id":%d,"event_type":"flow","src_ip":"%s","src_port":%d,"dest_ip":"%s","dest_port":%d,"proto":"TCP","flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":60,"bytes_toclient":54,"start":"%s","end":"%s","age":0,"state":"closed","reason":"timeout"},"tcp":{"tcp_flags":"16","tcp_flags_ts":"02","tcp_flags_tc":"14","syn":true,"rst":true,"ack":true,"state":"closed"}}`+"\n",
				stamp(n), 500000+i*100+n, from.ip, 30000+n, from.to, from.port, stamp(n), stamp(n))
		}
		b = fmt.Appendf(b, "%s gate sshd[%d]: Failed password for root from 203.0.113.77 port %d ssh2\n", at.UTC().Format(time.RFC3339), 100+i, 40000+n)
	}
	return b
}

func story(t *testing.T, base time.Time, deaths int) ending {
	t.Helper()
	data := t.TempDir()
	syslog := freePort(t)
	args := []string{"--set=sources.syslog.tcp=" + syslog}
	s := serve(t, data, args...)
	if code := s.post(http.MethodPost, "/api/v1/suppressions", map[string]any{
		"reason": "a machine that looks for printers", "until": base.Add(24 * time.Hour).UTC(),
		"scope": map[string]any{"entities": []any{map[string]any{"kind": "ip", "value": "10.66.0.3", "role": "actor"}}},
	}, nil); code != http.StatusCreated {
		t.Fatalf("the suppression was not made: %d", code)
	}

	var feeding sync.WaitGroup
	var over atomic.Bool // nobody is killed any more
	plain := map[int]int{}
	feeding.Go(func() { // each body once, whatever becomes of it
		for i := 0; !over.Load(); i++ {
			n, err := s.ingest(number("plain", i*batchOf, batchOf, base))
			for k := range batchOf {
				plain[i*batchOf+k] = 0
				if k < n {
					plain[i*batchOf+k] = 1
				}
			}
			if err != nil {
				time.Sleep(20 * time.Millisecond)
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	feeding.Go(func() { spill(syslog, &over) })
	uploads := map[string][]byte{"numbers.ndjson": number("upload", 0, uploadOfN, base.Add(-48*time.Hour)), "office.pcap": read(t, office)}
	for name, content := range uploads {
		feeding.Go(func() {
			for {
				if _, err := s.upload(name, content); err == nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
	keyed := make(chan struct{})
	feeding.Go(func() { // until it is taken
		defer close(keyed)
		for i := range batches {
			for body := batch(i, base); ; time.Sleep(20 * time.Millisecond) {
				if _, err := s.ingest(body, "Idempotency-Key", fmt.Sprintf("batch-%d", i)); err == nil {
					break
				}
			}
			time.Sleep(30 * time.Millisecond)
		}
	})

	now := s
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range deaths {
		time.Sleep(100*time.Millisecond + time.Duration(random.IntN(1400))*time.Millisecond)
		now.kill()
		now = serve(t, data, args...)
		if i == deaths/2 {
			now.shut(t)
		}
	}
	<-keyed
	if deaths == 0 {
		now.shut(t)
	}
	over.Store(true)
	feeding.Wait()
	for _, u := range now.uploaded() {
		if u.State != "done" || u.Error != "" {
			t.Errorf("upload %s: %s %s", u.Name, u.State, u.Error)
		}
	}
	now.settled()

	got := now.counted()
	once(t, got["keyed"], "keyed", batches*batchOf)
	once(t, got["upload"], "upload", uploadOfN)
	wrong, open := 0, 0
	for n, acknowledged := range plain {
		open += 1 - acknowledged
		if got["plain"][n] > 1 || got["plain"][n] < acknowledged {
			if wrong++; wrong < 5 {
				t.Errorf("record %d: acknowledged %d, stored %d times", n, acknowledged, got["plain"][n])
			}
		}
	}
	for n, times := range got["syslog"] {
		if times > 1 {
			t.Errorf("line %d of syslog is stored %d times", n, times)
		}
	}
	if len(got["syslog"]) == 0 {
		t.Error("no line of syslog is stored")
	}
	t.Logf("%d kills (seed %d): keyed %d, plain %d of which %d were not acknowledged, syslog %d, upload %d", deaths, seed, len(got["keyed"]), len(plain), open, len(got["syslog"]), len(got["upload"]))
	if letters := list[any](now, "/api/v1/dead-letters"); len(letters) > 0 {
		t.Errorf("dead letters: %v", letters)
	}
	var whole struct{ Whole bool }
	now.get("/api/v1/audit/verify", &whole)
	if !whole.Whole {
		t.Error("the audit log is not whole")
	}
	out := now.ending()
	left, err := os.ReadDir(data + "/uploads")
	if err != nil || len(left) != len(uploads) {
		t.Errorf("in the folder of uploads lie %v, want those of %d: %v", left, len(uploads), err)
	}
	if now.stop() != 0 {
		t.Error("it ended badly")
	}
	return out
}

// spill sends lines of syslog, which nobody acknowledges, each once.
func spill(address string, over *atomic.Bool) {
	var conn net.Conn
	for i := 0; !over.Load(); i++ {
		time.Sleep(2 * time.Millisecond)
		if conn == nil {
			var err error
			if conn, err = net.Dial("tcp", address); err != nil {
				conn = nil
				time.Sleep(50 * time.Millisecond)
				continue
			}
		}
		if _, err := fmt.Fprintf(conn, "<13>%s host app[1]: all is well no-syslog-%d-\n", time.Now().Format(time.Stamp), i); err != nil {
			_ = conn.Close()
			conn = nil
		}
	}
	if conn != nil {
		_ = conn.Close()
	}
}

// shut closes the incident of the port scan once it is there.
func (s *served) shut(t *testing.T) {
	t.Helper()
	eventually(t, "an incident of 10.66.0.1 can be contained", func() bool {
		for _, raw := range list[json.RawMessage](s, "/api/v1/incidents?recording=live&entity_kind=ip&entity=10.66.0.1") {
			var detail struct{ Version int }
			s.get("/api/v1/incidents/"+uid(t, raw), &detail)
			if s.post(http.MethodPatch, "/api/v1/incidents/"+uid(t, raw), map[string]any{"version": detail.Version, "state": "contained", "note": "unplugged"}, nil) == http.StatusOK {
				return true
			}
		}
		return false
	})
}

// ending tells findings, incidents and suppressions without what depends on
// when the program ran.
func (s *served) ending() (e ending) {
	s.t.Helper()
	for _, raw := range list[json.RawMessage](s, "/api/v1/findings") {
		e.Findings = append(e.Findings, anonymous(raw))
	}
	for _, raw := range list[json.RawMessage](s, "/api/v1/incidents") {
		e.Incidents = append(e.Incidents, anonymous(raw))
	}
	for _, x := range list[struct{ Used int }](s, "/api/v1/suppressions") {
		e.Suppressions = append(e.Suppressions, fmt.Sprint(x.Used))
	}
	slices.Sort(e.Findings)
	slices.Sort(e.Incidents)
	return e
}

// drawn are ids that are drawn by lot: of uploads, of suppressions and of the
// events of a source that is followed live.
var drawn = regexp.MustCompile(`(upl|sup)_[0-9a-f]{20}|evt_[0-9a-f]{16}_\d+_\d+`)

func anonymous(raw []byte) string { return string(drawn.ReplaceAll(raw, []byte("…"))) }
