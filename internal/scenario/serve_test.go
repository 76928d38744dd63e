package scenario

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestServeStarts(t *testing.T) {
	data := t.TempDir()
	s := serveArgs(t, data, "--listen=127.0.0.1:0") // nothing else: everything that is on without settings
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		res, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("GET %s: %s", path, res.Status)
		}
		if path == "/healthz" {
			t.Logf("first answer %.2f s after the start", time.Since(s.began).Seconds())
		}
	}
	if n := strings.Count(s.out.String(), s.url+"/setup#"); n != 1 {
		t.Errorf("the link to set the password was printed %d times:\n%s", n, s.out)
	}
	res, err := http.Get(s.url + "/api/v1/incidents")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without an account the API answers %s", res.Status)
	}

	second := launch(t, whole, data, quiet...)
	second.waitEnd()
	if code := second.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("a second process on the same folder ends with %d", code)
	}
	contains(t, "the second process", second.log.String(), "another bongsu uses this data folder", "process "+strconv.Itoa(s.cmd.Process.Pid), "--data")

	if code := s.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

// What was acknowledged just before the end is there after it; clients that
// hang on do not hold the end up.
func TestServeDrains(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	changes, err := s.local.Get("http://localhost/api/v1/changes")
	if err != nil {
		t.Fatal(err)
	}
	defer changes.Body.Close()
	const n = 3000
	s.must(number("drain", 0, n, time.Now()))
	began := time.Now()
	if code := s.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
	took := time.Since(began)
	t.Logf("ended after %.2f s", took.Seconds())
	if took > 10*time.Second {
		t.Errorf("one client that follows the changes holds the end up for %s", took)
	}
	if strings.Contains(s.log.String(), "panic") {
		t.Error("something panicked")
	}
	s = serve(t, data)
	s.settled()
	once(t, s.counted()["drain"], "drain", n)
	if s.stop() != 0 {
		t.Error("the second end")
	}
}

// The first signal drains; the second does not wait.
func TestServeSecondSignal(t *testing.T) {
	s := serve(t, t.TempDir())
	// A request that never ends keeps the drain busy.
	res := make(chan struct{})
	body, feed := io.Pipe()
	go func() {
		defer close(res)
		_, _, _ = s.do(http.MethodPost, "/api/v1/ingest", body) // it is cut
	}()
	if _, err := feed.Write(number("open", 0, 1, time.Now())); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	eventually(t, "the server says that it stops", func() bool { return strings.Contains(s.log.String(), "stopping") })
	began := time.Now()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	s.waitEnd()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the second signal took %s", took)
	}
	_ = feed.Close()
	<-res
}

func TestServeWithoutEngine(t *testing.T) {
	s := launch(t, build, t.TempDir(), quiet...)
	eventually(t, "the server prints its address", s.address)
	s.must(number("plain", 0, 10, time.Now()))
	code, answer, err := s.do(http.MethodPost, "/api/v1/hunt", strings.NewReader(`{"query":""}`), "Content-Type", "application/json")
	if err != nil || code != http.StatusNotImplemented {
		t.Errorf("a hunt: %d %v: %s", code, err, answer)
	}
	contains(t, "the answer", string(answer), "no query engine", "Parquet")
	contains(t, "the log", s.log.String(), "events are kept but cannot be searched here")
	s.settled()
	if st := s.status(); st.Stored.Events+st.Stored.Tail != 10 {
		t.Errorf("%+v are stored, want 10", st.Stored)
	}
	if s.stop() != 0 {
		t.Error("it ended badly")
	}
}
