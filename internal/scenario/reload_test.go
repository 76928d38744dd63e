package scenario

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Settings that are read anew take effect while records come in, and none of
// these is lost; settings that are wrong change nothing.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	file, rules := filepath.Join(dir, "bongsu.yaml"), filepath.Join(dir, "rules")
	if err := os.Mkdir(rules, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(rules, "other.yml"), []byte("title: Asks for a page that nobody has\nid: r-0\nlevel: high\nlogsource: {category: webserver}\ndetection:\n  s: {cs-uri-stem|contains: nobody-has-this}\n  condition: s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, second := freePort(t), freePort(t)
	settings := func(syslog, segment string, threshold int) string {
		return fmt.Sprintf("sources:\n  syslog: {udp: \"\", tcp: %q}\n  host: {enabled: false}\n  capture: {enabled: false}\nsegments:\n  - name: %s\n    prefixes: [10.20.0.0/16]\nrules: [%s]\ndetectors: {guess: {failures: %d, burst_failures: %d}}\n", syslog, segment, rules, threshold, threshold)
	}
	put := func(content string) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(settings(first, "desks", 500))
	s := serveArgs(t, filepath.Join(dir, "data"), "--listen=127.0.0.1:0", "--config="+file)
	reload := func(say string) {
		t.Helper()
		before := strings.Count(s.log.String(), say)
		if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the log says "+say, func() bool { return strings.Count(s.log.String(), say) > before })
	}
	line := func(address string, n int) {
		t.Helper()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "<13>%s host app[1]: all is well no-line-%d-\n", time.Now().Format(time.Stamp), n)
	}
	guesses := func(from string) {
		t.Helper()
		var b []byte
		for i := range 20 {
			b = fmt.Appendf(b, "%s gate sshd[1]: Failed password for root from %s port %d ssh2\n", time.Now().Add(time.Duration(i)*time.Millisecond).UTC().Format(time.RFC3339Nano), from, 40000+i)
		}
		s.must(b)
	}
	found := func(what string) int {
		n := 0
		for _, raw := range list[map[string]any](s, "/api/v1/findings") {
			if strings.Contains(fmt.Sprint(raw), what) {
				n++
			}
		}
		return n
	}

	// Records come all the time.
	stop, steady := make(chan struct{}), 0
	var feeding sync.WaitGroup
	end := sync.OnceFunc(func() { close(stop); feeding.Wait() })
	t.Cleanup(end)
	feeding.Go(func() {
		for ; ; steady += 20 {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			if _, err := s.ingest(number("steady", steady, 20, time.Now())); err != nil {
				t.Errorf("records were not taken: %v", err)
				return
			}
		}
	})
	line(first, 0)
	guesses("203.0.113.1")
	s.settled()
	if n := found("203.0.113.1"); n != 0 {
		t.Errorf("%d findings below the threshold", n)
	}

	// Wrong settings: the line is named, and everything stays.
	put(settings(second, "floor", 5) + "detektors: {}\n")
	reload("settings were not changed")
	contains(t, "the log", s.log.String(), "bongsu.yaml:10", "detektors")
	line(first, 1)
	put(settings(second, "floor", 5) + "  wrong\n")
	reload("settings were not changed")
	put(strings.Replace(settings(second, "floor", 5), "failures: 5", "fallures: 5", 1))
	reload("settings were not changed")
	contains(t, "the log", s.log.String(), "fallures")
	line(first, 2)
	guesses("203.0.113.2")

	// A rule that cannot be read is told of, and the others hold.
	if err := os.WriteFile(filepath.Join(rules, "wrong.yml"), []byte("title: Wrong\nlogsource: {category: webserver}\ndetection:\n  s: {cs-method|contans: a}\n  condition: s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(rules, "right.yml"), []byte("title: Asks for the secret page\nid: r-1\nlevel: high\nlogsource: {category: webserver}\ndetection:\n  s:\n    cs-uri-stem|contains: secret\n  condition: s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(settings(second, "floor", 5))
	reload("settings were read anew")
	contains(t, "the log", s.log.String(), "wrong.yml:4")
	line(second, 3)
	eventually(t, "the old port is closed", func() bool {
		conn, err := net.Dial("tcp", first)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	guesses("203.0.113.3")
	s.must([]byte(strings.Replace(string(number("secret", 0, 1, time.Now())), "/no-", "/secret/no-", 1)))
	eventually(t, "the detector goes by its new setting", func() bool { return found("203.0.113.3") > 0 })
	eventually(t, "the new rule finds something", func() bool { return found("Asks for the secret page") > 0 })
	if n := found("203.0.113.2"); n != 0 {
		t.Errorf("%d findings by settings that were wrong", n)
	}

	end()
	s.settled()
	got := s.counted()
	once(t, got["steady"], "steady", steady)
	eventually(t, "the lines of syslog are there", func() bool { got = s.counted(); return len(got["line"]) == 4 })
	once(t, got["line"], "line", 4)
	zones := map[string]bool{}
	for _, l := range s.lines("src in 10.20.0.0/16 " + always) {
		for _, zone := range []string{"desks", "floor"} {
			if strings.Contains(l, `"zone":"`+zone+`"`) {
				zones[zone] = true
			}
		}
	}
	if !zones["desks"] || !zones["floor"] {
		t.Errorf("segments of the events: %v, want the old and the new", zones)
	}
	if s.stop() != 0 {
		t.Error("it ended badly")
	}
}
