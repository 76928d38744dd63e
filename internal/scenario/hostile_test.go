package scenario

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// rss returns the memory of the process that is in use, in MB.
func (s *served) rss() int {
	s.t.Helper()
	for line := range strings.Lines(string(read(s.t, fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid)))) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kb, err := strconv.Atoi(f[1])
			if err != nil {
				s.t.Fatal(err)
			}
			return kb / 1024
		}
	}
	s.t.Fatal("VmRSS is not in /proc")
	return 0
}

// Clients that mean harm cost bounded memory, and others are served meanwhile.
func TestHostileClients(t *testing.T) {
	slow(t)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	connections := min(10_000, (int(limit.Max)-500)/2)
	if connections < 10_000 {
		t.Logf("only %d connections each: ulimit -n is %d", connections, limit.Max)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	syslog := freePort(t)
	s := serve(t, t.TempDir(), "--set=sources.syslog.tcp="+syslog, "--set=limits.reserve=16MiB")
	web := strings.TrimPrefix(s.url, "http://")
	// Who comes from another address than the hostile ones. Each address of
	// 127.0.0.0/8 is a sender of its own.
	other := &http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext,
	}}
	idle := s.rss()
	worst, served := idle, 0
	check := func(what string) {
		t.Helper()
		began := time.Now()
		res, err := other.Get(s.url + "/healthz")
		if err != nil {
			t.Fatalf("%s: nobody is served: %v", what, err)
		}
		_ = res.Body.Close()
		s.must(number("honest", served, 100, time.Now()))
		served += 100
		now := s.rss()
		worst = max(worst, now)
		t.Logf("%-40s %4d MB, others served in %.2f s", what, now, time.Since(began).Seconds())
	}
	check("at rest")

	open := func(address, say string) (conns []net.Conn) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				for range connections / 50 {
					c, err := net.DialTimeout("tcp", address, 5*time.Second)
					if err != nil {
						continue // it may refuse
					}
					_ = c.SetDeadline(time.Now().Add(5 * time.Second))
					_, _ = io.WriteString(c, say)
					mu.Lock()
					conns = append(conns, c)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return conns
	}
	closeAll := func(conns []net.Conn) {
		for _, c := range conns {
			_ = c.Close()
		}
	}
	conns := open(web, "POST /api/v1/ingest HTTP/1.1\r\nHost: localhost\r\nX-Slow: ") // never goes on
	check(fmt.Sprintf("%d connections that begin a request", len(conns)))
	closeAll(conns)
	conns = open(syslog, "<13>half a line")
	check(fmt.Sprintf("%d connections of syslog", len(conns)))
	line := 0
	eventually(t, "a line of somebody else is there", func() bool {
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 3)}}).Dial("tcp", syslog)
		if err != nil {
			return false // the queue of the listener is full for a moment
		}
		defer c.Close()
		_, _ = fmt.Fprintf(c, "<13>%s host app[1]: all is well no-line-%d-\n", time.Now().Format(time.Stamp), line)
		line++
		time.Sleep(300 * time.Millisecond)
		return len(s.counted()["line"]) > 0
	})
	closeAll(conns)

	endless := func(address, head string) {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(c, head)
		block := bytes.Repeat([]byte("A"), 1<<20)
		for range 200 {
			if _, err := c.Write(block); err != nil {
				return // it was cut off, which it may be
			}
		}
	}
	endless(syslog, "<13>Nov 21 10:00:00 host app: ")
	check("a line of 200 MB by syslog")
	endless(syslog, "99999999999999999999 ")
	check("a count of 20 digits by syslog")
	endless(web, "GET /"+strings.Repeat("a", 1000))
	check("an endless request line")

	long, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	post := func(path string, body io.Reader, header ...string) int {
		req, err := http.NewRequestWithContext(long, http.MethodPost, "http://localhost"+path, body)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := s.local.Do(req)
		if err != nil {
			return 0 // it was cut off
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode
	}
	post("/api/v1/ingest", io.LimitReader(forever{}, 200<<20))
	check("a record of 200 MB by HTTP")
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = io.Copy(z, io.LimitReader(forever{}, 1<<30))
	_ = z.Close()
	if code := post("/api/v1/ingest", bytes.NewReader(bomb.Bytes()), "Content-Encoding", "gzip"); code == http.StatusOK {
		t.Error("1 GB in a small body was taken")
	}
	check("1 GB in a small body")
	for path, body := range map[string]string{
		"/api/v1/hunt":         `{"query":"` + strings.Repeat("(", 8000) + `"}`,
		"/api/v1/suppressions": `{"reason":`,
		"/api/v1/ingest":       "\x00\xff\xfe\n{\n[[[[[[\n" + strings.Repeat("[", 1<<16) + "\n",
		"/api/v1/sessions":     strings.Repeat("{", 1<<20),
	} {
		if code := post(path, strings.NewReader(body), "Content-Type", "application/json"); code >= 500 {
			t.Errorf("POST %s: %d", path, code)
		}
	}
	if code := post("/api/v1/hunt", io.LimitReader(forever{}, 200<<20), "Content-Type", "application/json"); code == http.StatusOK {
		t.Error("a question of 200 MB was answered")
	}
	check("malformed and oversized questions")
	s.settled()
	once(t, s.counted()["honest"], "honest", served)
	t.Logf("memory: %d MB at rest, %d MB at worst", idle, worst)
	if worst > idle+200 {
		t.Errorf("%d MB at worst, %d at rest", worst, idle)
	}
	if strings.Contains(s.log.String(), "panic") {
		t.Error("something panicked")
	}
	if s.stop() != 0 {
		t.Error("it ended badly")
	}
}

type forever struct{}

func (forever) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'A'
	}
	return len(b), nil
}

// A disk that is full makes sources wait and says so; nothing that was
// acknowledged is lost, and all goes on when there is room again.
func TestFullDisk(t *testing.T) {
	slow(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount a small disk")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=200m"); err != nil {
		t.Skipf("a tmpfs cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	data := disk + "/data"
	s := serve(t, data, "--set=limits.reserve=24MiB")
	t.Cleanup(s.kill) // before the disk goes
	s.must(number("full", 0, 2000, time.Now()))
	s.settled()
	ready := func() (int, string) {
		res, err := http.Get(s.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	if code, answer := ready(); code != http.StatusOK {
		t.Fatalf("before: %d %s", code, answer)
	}

	// Something else fills the disk, to the last byte, while records come.
	acknowledged := make(chan int)
	stop := make(chan struct{})
	go func() {
		n := 2000
		for {
			select {
			case <-stop:
				acknowledged <- n
				return
			default:
			}
			// The same body under the same key, until it is taken.
			if took, err := s.ingest(number("full", n, 500, time.Now()), "Idempotency-Key", fmt.Sprint("full-", n)); err == nil && took == 500 {
				n += 500
			}
		}
	}()
	ballast, err := os.Create(disk + "/ballast")
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for {
		if _, err := ballast.Write(block); err != nil {
			break
		}
	}
	eventually(t, "readyz says that the disk is full", func() bool {
		code, answer := ready()
		return code == http.StatusServiceUnavailable && strings.Contains(answer, "limits.reserve")
	})
	contains(t, "the log", s.log.String(), "disk is nearly full")
	time.Sleep(2 * time.Second) // in which nothing may go wrong
	select {
	case <-s.ended:
		t.Fatal("the server ended on a full disk")
	default:
	}
	if err := ballast.Truncate(0); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server is ready again", func() bool { code, _ := ready(); return code == http.StatusOK })
	close(stop)
	n := <-acknowledged
	s.settled()
	once(t, s.counted()["full"], "full", n)
	t.Logf("%d records were acknowledged, before, during and after", n)
	s.must(number("roomy", 0, 500, time.Now()))
	s.settled()
	once(t, s.counted()["roomy"], "roomy", 500)
	if letters := list[any](s, "/api/v1/dead-letters"); len(letters) > 0 {
		t.Errorf("dead letters: %v", letters)
	}
	if s.stop() != 0 {
		t.Error("it ended badly")
	}
	s = serve(t, data, "--set=limits.reserve=24MiB")
	t.Cleanup(s.kill)
	s.settled()
	once(t, s.counted()["full"], "full", n)
}
