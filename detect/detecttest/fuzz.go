package detecttest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
)

// maxFuzzEvents bounds the events of one fuzz input.
const maxFuzzEvents = 4096

// Fuzz shows detectors events that no sane source would give: they must not
// panic, must say the same twice, and what they say must be complete.
func Fuzz(f *testing.F, kinds ...detect.Kind) {
	f.Helper()
	f.Add([]byte("a scan is many questions of one"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 200, 255, 128, 64, 32})
	seed := make([]byte, 4096)
	for i := range seed {
		seed[i] = byte(i * 131 >> 3)
	}
	f.Add(seed)
	for class := range byte(len(fuzzClasses)) {
		steady := make([]byte, 0, 2048)
		for i := range 200 {
			steady = append(steady, class, 30, 3, 0, 0, 1, 1, byte(i), byte(i), byte(i%3))
		}
		f.Add(steady)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var shown [2]string
		for i := range shown {
			r, err := detect.NewRunner(kinds, nil, detect.Options{Partitions: 64})
			if err != nil {
				t.Fatal(err)
			}
			found := r.Examine(fuzzEvents(data))
			found = detect.Latest(append(found, r.Close()...))
			checkFindings(t, found)
			shown[i] = Render(found)
		}
		if diff := cmp.Diff(shown[0], shown[1]); diff != "" {
			t.Errorf("the same events twice give different findings:\n%s", diff)
		}
	})
}

var fuzzClasses = []event.Class{
	event.NetworkActivity, event.Authentication, event.HTTPActivity, event.NetworkActivity,
	event.DNSActivity, event.FTPActivity, event.EmailActivity, event.Base,
}

var fuzzAddresses = []string{
	"192.0.2.1", "10.0.0.1", "10.0.0.2", "198.51.100.7", "203.0.113.9", "2001:db8::1", "fd00::1", "224.0.0.251",
	"255.255.255.255", "0.0.0.0", "::", "", "no address", "10.0.0.255", "127.0.0.1", "::ffff:10.0.0.1",
}

var fuzzWords = []string{
	"", "-", "root", "admin", "tcp", "udp", "icmp", "arp", "ssh", "ftp", "http", "kerberos", "request", "reply",
	"ShADadFf", "Fr", "S", "anonymous", "www.example.com", "a\x00\xff", "관리자", "http://www.example.com/",
	"CONNECT", "GET", "6", "24", "02:00:00:00:00:01",
}

var fuzzStates = []string{`"S0"`, `"SF"`, `"REJ"`, `"RSTO"`, `"OTH"`, `"S1"`, `"SH"`, `17`, `{}`, `"`, ``}

// fuzzEvents reads events from bytes: mostly plausible ones, whose values come
// from short lists so that they meet again.
func fuzzEvents(data []byte) []*event.Event {
	at := epoch
	var out []*event.Event
	next := func() byte {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return b
	}
	for len(data) > 0 && len(out) < maxFuzzEvents {
		e := event.New(fuzzClasses[int(next())%len(fuzzClasses)], at, event.Origin{Source: "f022", Position: uint64(len(out))})
		step := next()
		at = at.Add(time.Duration(step) * time.Second * time.Duration(1+int(step>>6)*100))
		e.Time = at
		e.SetActivity(int(next()) % 8)
		e.SetStr(event.SrcIP, fuzzAddresses[int(next())%len(fuzzAddresses)])
		target := next()
		e.SetStr(event.DstIP, fuzzAddresses[int(target)%len(fuzzAddresses)])
		if target > 128 {
			e.SetStr(event.DstIP, "10.0.1."+string('0'+rune(target%10)))
		}
		e.SetInt(event.SrcPort, int64(next())<<8)
		e.SetInt(event.DstPort, int64(next()))
		e.SetInt(event.StatusID, int64(next())%3)
		e.SetInt(event.ProtocolNum, []int64{6, 17, 1, 58, 0, -1}[int(next())%6])
		e.SetTime(event.StartTime, at.Add(-time.Duration(step)*time.Second))
		e.SetTime(event.EndTime, at)
		extra := next()
		paths := event.Paths()
		for range int(extra % 4) {
			p := paths[int(next())%len(paths)]
			value := next()
			switch p.Type() {
			case event.String, event.JSON:
				e.SetStr(p, fuzzWords[int(value)%len(fuzzWords)])
			case event.Int:
				e.SetInt(p, int64(value)-2)
			case event.Bool:
				e.SetBool(p, value%2 == 0)
			case event.Time:
				e.SetTime(p, at.Add(time.Duration(int(value)-128)*time.Hour))
			}
		}
		if extra > 128 {
			e.AddUnmapped([]string{"conn_state", "arp_op", "icmp_type", "arp_gratuitous"}[int(extra)%4], fuzzStates[int(next())%len(fuzzStates)])
		}
		out = append(out, e)
	}
	return out
}
