package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// whole makes the program with its query engine, once, and returns its path.
// BONGSU_BINARY names one that is there already.
var whole = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("BONGSU_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	other, err := build()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(filepath.Dir(other), "bongsu-whole")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "github.com/bongsu/bongsu/cmd/bongsu")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bongsu with its query engine: %w\n%s", err, out)
	}
	return binary, nil
})

// slow skips what takes too long for make test.
func slow(t *testing.T) {
	t.Helper()
	if os.Getenv("BONGSU_SLOW") == "" {
		t.Skip("takes long: set BONGSU_SLOW=1, as make test-full does")
	}
}

// patience is how long the tests wait for what must happen: on a busy machine
// everything takes long, and only what is asked for is held against the clock.
const patience = time.Minute

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// said is what a process has written so far.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// A served is a running bongsu serve.
type served struct {
	t        *testing.T
	data     string
	cmd      *exec.Cmd
	out, log *said
	ended    chan struct{}
	began    time.Time
	url      string       // of the listener
	local    *http.Client // by the socket in the data folder
}

// quiet are settings with which a server listens to nothing but its API.
var quiet = []string{
	"--listen=127.0.0.1:0", "--set=sources.capture.enabled=false", "--set=sources.host.enabled=false",
	"--set=sources.syslog.udp=", "--set=sources.syslog.tcp=",
}

// serve starts a server that only its API reaches, and waits for its address.
func serve(t *testing.T, data string, args ...string) *served {
	t.Helper()
	return serveArgs(t, data, append(slices.Clone(quiet), args...)...)
}

// serveArgs starts a server with nothing but these arguments and a folder.
func serveArgs(t *testing.T, data string, args ...string) *served {
	t.Helper()
	s := launch(t, whole, data, args...)
	eventually(t, "the server prints its address", func() bool {
		select {
		case <-s.ended:
			t.Fatalf("the server ended with %d:\n%s%s", s.cmd.ProcessState.ExitCode(), s.out, s.log)
		default:
		}
		return s.address()
	})
	return s
}

var printed = regexp.MustCompile(`Bongsu is running: (http://\S+)`)

// address takes the address that was printed up.
func (s *served) address() bool {
	m := printed.FindStringSubmatch(s.out.String())
	if m == nil {
		return false
	}
	s.url = m[1]
	return true
}

// launch starts a server without waiting for anything.
func launch(t *testing.T, binary func() (string, error), data string, args ...string) *served {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &served{t: t, data: data, out: &said{}, log: &said{}, ended: make(chan struct{})}
	s.local = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(data, "control.sock"))
		},
	}}
	s.cmd = exec.Command(path, append([]string{"serve", "--data", data}, args...)...)
	s.cmd.Env = []string{"LANG=C", "HOME=" + t.TempDir(), "TMPDIR=" + os.TempDir(), "PATH=" + os.Getenv("PATH")}
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.log
	s.began = time.Now()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(s.ended); _ = s.cmd.Wait() }()
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the server in %s said:\n%.4000s", data, tail(s.log.String(), 4000))
		}
	})
	return s
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// kill ends the server as a power cut would end the program.
func (s *served) kill() {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.ended
	s.local.CloseIdleConnections()
}

// stop asks the server to end and returns its exit code.
func (s *served) stop() int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
	s.waitEnd()
	return s.cmd.ProcessState.ExitCode()
}

func (s *served) waitEnd() {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("the server does not end:\n%s", tail(s.log.String(), 4000))
	}
	s.local.CloseIdleConnections()
}

// do asks over the socket of the data folder.
func (s *served) do(method, path string, body io.Reader, header ...string) (int, []byte, error) {
	req, err := http.NewRequest(method, "http://localhost"+path, body)
	if err != nil {
		return 0, nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := s.local.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// get asks for JSON that must be there.
func (s *served) get(path string, into any) {
	s.t.Helper()
	code, answer, err := s.do(http.MethodGet, path, nil)
	if err != nil || code != http.StatusOK {
		s.t.Fatalf("GET %s: %d %v: %.500s", path, code, err, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		s.t.Fatalf("GET %s: %v: %.500s", path, err, answer)
	}
}

// post sends JSON and takes JSON.
func (s *served) post(method, path string, body, into any) int {
	s.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	code, answer, err := s.do(method, path, bytes.NewReader(b), "Content-Type", "application/json")
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	if into != nil && code/100 == 2 {
		if err := json.Unmarshal(answer, into); err != nil {
			s.t.Fatalf("%s %s: %v: %.500s", method, path, err, answer)
		}
	}
	if code/100 != 2 {
		s.t.Logf("%s %s: %d: %.500s", method, path, code, answer)
	}
	return code
}

// ingest hands records in and returns how many are durable.
func (s *served) ingest(lines []byte, header ...string) (int, error) {
	code, answer, err := s.do(http.MethodPost, "/api/v1/ingest", bytes.NewReader(lines), header...)
	if err != nil {
		return 0, err
	}
	var a struct {
		Accepted int `json:"accepted"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return 0, fmt.Errorf("%d: %.300s", code, answer)
	}
	if code != http.StatusOK {
		err = fmt.Errorf("%d: %.300s", code, answer)
	}
	return a.Accepted, err
}

// must hands records in, all of which must be taken.
func (s *served) must(lines []byte) {
	s.t.Helper()
	n, err := s.ingest(lines)
	if want := bytes.Count(lines, []byte("\n")); err != nil || n != want {
		s.t.Fatalf("%d of %d records were taken: %v", n, want, err)
	}
}

type statusOf struct {
	Ready  bool
	Checks []struct {
		Name, Why string
		OK        bool
	}
	Sources []struct {
		Name, State string
		LastError   string `json:"last_error"`
		Records     int
		Counts      map[string]uint64
	}
	Stages []struct {
		Stage  string
		Behind int
	}
	Stored struct{ Events, Tail, Segments int }
	Damage []string
}

func (s *served) status() (st statusOf) {
	s.t.Helper()
	s.get("/api/v1/status", &st)
	return st
}

// settled waits until every stage has handled what was taken in.
func (s *served) settled() {
	s.t.Helper()
	quiet := 0
	eventually(s.t, "the stages have handled everything", func() bool {
		quiet++
		for _, stage := range s.status().Stages {
			if stage.Behind > 0 {
				quiet = 0
			}
		}
		return quiet >= 3
	})
}

// always is a span of time that holds every event of the tests.
const always = "between 2000-01-01 and 2100-01-01"

// lines returns what a hunt finds, one OCSF object each.
func (s *served) lines(query string) []string {
	s.t.Helper()
	code, answer, err := s.do(http.MethodGet, "/api/v1/hunt/export?query="+url.QueryEscape(query), nil)
	if err != nil || code != http.StatusOK {
		s.t.Fatalf("export %q: %d %v: %.500s", query, code, err, answer)
	}
	return slices.Collect(strings.Lines(string(answer)))
}

// numbered is how the records of the tests are told apart.
var numbered = regexp.MustCompile(`no-([a-z]+)-(\d+)-`)

// counted returns how often each number of a series is stored.
func (s *served) counted() map[string]map[int]int {
	s.t.Helper()
	out := map[string]map[int]int{}
	for _, line := range s.lines(always) {
		m := numbered.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		if out[m[1]] == nil {
			out[m[1]] = map[int]int{}
		}
		out[m[1]][n]++
	}
	return out
}

// number makes records of one series that tell of harmless requests.
func number(series string, from, n int, at time.Time) []byte {
	var b []byte
	for i := from; i < from+n; i++ {
		b = fmt.Appendf(b, `{"timestamp":"%s","flow_id":%d,"event_type":"http","src_ip":"10.20.%d.%d","src_port":%d,"dest_ip":"10.30.0.9","dest_port":80,"proto":"TCP","http":{"hostname":"intra","url":"/no-%s-%d-","http_method":"GET","status":200,"length":10}}`+"\n",
			at.Add(time.Duration(i)*time.Millisecond).UTC().Format("2006-01-02T15:04:05.000000-0700"), 1000+i, i%8, 1+i%200, 20000+i%40000, series, i)
	}
	return b
}

// once checks that the records of a series up to n are stored once each.
func once(t *testing.T, got map[int]int, series string, n int) {
	t.Helper()
	wrong := 0
	for i := range n {
		if got[i] != 1 {
			if wrong++; wrong < 5 {
				t.Errorf("record %d of %s is stored %d times", i, series, got[i])
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d records of %s are not stored once", wrong, n, series)
	}
}

// list returns all pages of a list.
func list[T any](s *served, path string) []T {
	s.t.Helper()
	var out []T
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	for cursor := ""; ; {
		var page struct {
			Items []T
			Next  string
		}
		at := path + join + "limit=500"
		if cursor != "" {
			at += "&cursor=" + url.QueryEscape(cursor)
		}
		s.get(at, &page)
		out = append(out, page.Items...)
		if cursor = page.Next; cursor == "" {
			return out
		}
	}
}

// freePort returns a port of loopback that nobody has.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// upload hands a file in and returns its id.
func (s *served) upload(name string, content []byte) (string, error) {
	code, answer, err := s.do(http.MethodPost, "/api/v1/uploads?name="+url.QueryEscape(name), bytes.NewReader(content))
	if err != nil {
		return "", err
	}
	var up struct{ ID string }
	if err := json.Unmarshal(answer, &up); err != nil || up.ID == "" {
		return "", fmt.Errorf("%d: %.300s", code, answer)
	}
	return up.ID, nil
}

type uploadOf struct {
	ID, Name, State, Error string
	Events, Findings       int
}

// uploaded waits until no upload waits or is read.
func (s *served) uploaded() map[string]uploadOf {
	s.t.Helper()
	out := map[string]uploadOf{}
	eventually(s.t, "the uploads are read", func() bool {
		clear(out)
		for _, u := range list[uploadOf](s, "/api/v1/uploads") {
			if u.State != "done" && u.State != "failed" {
				return false
			}
			out[u.ID] = u
		}
		return true
	})
	return out
}
