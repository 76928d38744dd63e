package http_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/http"
)

// sink keeps what is handed on.
type sink struct {
	mu      sync.Mutex
	records []source.Record
	ids     []string
	largest int
	fail    func(batch int) error
	drop    bool
	news    chan struct{}
}

func (s *sink) emit(_ context.Context, b http.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(len(s.ids)); err != nil {
			return err
		}
	}
	s.ids = append(s.ids, b.ID)
	size := 0
	for _, r := range b.Records {
		size += len(r.Body)
		r.Body = append([]byte(nil), r.Body...)
		if !s.drop {
			s.records = append(s.records, r)
		}
	}
	s.largest = max(s.largest, size)
	select {
	case s.news <- struct{}{}:
	default:
	}
	return nil
}

func (s *sink) bodies() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records {
		out = append(out, string(r.Body))
	}
	return out
}

func serve(t testing.TB, cfg http.Config) (*sink, *http.Handler, string) {
	t.Helper()
	s := &sink{news: make(chan struct{}, 1)}
	cfg.ID, cfg.Clock, cfg.Emit = "0123456789abcdef", time.Now, s.emit
	h := http.New(cfg)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return s, h, server.URL
}

func post(t testing.TB, url string, body io.Reader, headers ...string) (int, http.Answer) {
	t.Helper()
	req, err := nethttp.NewRequest(nethttp.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := nethttp.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a http.Answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatalf("answer of status %d: %v", resp.StatusCode, err)
	}
	want := "application/json"
	if resp.StatusCode != nethttp.StatusOK {
		want = "application/problem+json"
		if a.Status != resp.StatusCode || a.Title == "" || a.Detail == "" {
			t.Errorf("problem %+v", a)
		}
		if strings.Contains(a.Do.KO+a.Do.EN, "{") {
			t.Errorf("what to do: %+v", a.Do)
		}
	}
	if got := resp.Header.Get("Content-Type"); got != want {
		t.Errorf("Content-Type %q of status %d", got, resp.StatusCode)
	}
	return resp.StatusCode, a
}

func TestBodies(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"lines", "one\ntwo\r\n\n  \nthree", []string{"one", "two", "three"}},
		{"NDJSON", "{\"a\":1}\n{\"a\":2}\n", []string{`{"a":1}`, `{"a":2}`}},
		{"a JSON array", `[{"a":1}, {"a":"]}"}]`, []string{`{"a":1}`, `{"a":"]}"}`}},
		{"a JSON array over lines", "[\n  {\"a\": 1,\n   \"b\": 2},\n  {\"a\": 3}\n]\n", []string{"{\"a\": 1,\n   \"b\": 2}", `{"a": 3}`}},
		{"JSON over lines", "{\n \"a\": 1\n}\n{\n \"a\": 2\n}", []string{"{\n \"a\": 1\n}", "{\n \"a\": 2\n}"}},
		{"nothing", "", nil},
		{"line ends", "\n\n\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, piece := range []int{1, 3, 1 << 20} {
				s, _, url := serve(t, http.Config{})
				status, a := post(t, url, &slow{data: []byte(c.body), piece: piece})
				if status != 200 || a.Accepted != len(c.want) || a.Bytes != int64(len(c.body)) {
					t.Errorf("in pieces of %d: status %d, answer %+v", piece, status, a)
				}
				if diff := cmp.Diff(c.want, s.bodies()); diff != "" {
					t.Errorf("in pieces of %d (-want +got):\n%s", piece, diff)
				}
			}
		})
	}
}

// slow is a body that comes in pieces.
type slow struct {
	data  []byte
	piece int
}

func (s *slow) Read(b []byte) (int, error) {
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.data[:min(len(s.data), s.piece)])
	s.data = s.data[n:]
	return n, nil
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d of many that come in one body and are handed on in batches\n", i)
	}
	return b.String()
}

func pack(t testing.TB, encoding string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if encoding == "zstd" {
		w, _ = zstd.NewWriter(&b)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEncodings(t *testing.T) {
	text := lines(20000)
	for _, encoding := range []string{"gzip", "zstd"} {
		s, _, url := serve(t, http.Config{})
		status, a := post(t, url, bytes.NewReader(pack(t, encoding, []byte(text))), "Content-Encoding", encoding)
		if status != 200 || a.Accepted != 20000 || a.Bytes != int64(len(text)) {
			t.Errorf("%s: status %d, answer %+v", encoding, status, a)
		}
		if got := strings.Join(s.bodies(), "\n") + "\n"; got != text {
			t.Errorf("%s: %d bytes, want %d", encoding, len(got), len(text))
		}
		if s.largest > 300<<10 {
			t.Errorf("%s: a batch has %d bytes", encoding, s.largest)
		}
	}
}

// A body that breaks off: what is whole before that is kept and told.
func TestBrokenBodies(t *testing.T) {
	text := []byte(lines(20000))
	for _, c := range []struct {
		name, encoding string
		body           []byte
		want           string
	}{
		{"gzip cut", "gzip", pack(t, "gzip", text)[:20000], "unexpected EOF"},
		{"zstd cut", "zstd", pack(t, "zstd", text)[:9000], "unexpected EOF"},
		{"not gzip", "gzip", []byte("hello, world"), "invalid header"},
		{"not zstd", "zstd", []byte("hello, world"), "magic"},
		{"no gzip at all", "gzip", nil, "unexpected EOF"},
	} {
		s, h, url := serve(t, http.Config{})
		status, a := post(t, url, bytes.NewReader(c.body), "Content-Encoding", c.encoding)
		got := s.bodies()
		if status != 400 || !strings.Contains(a.Detail, c.want) || a.Accepted != len(got) || h.Counts()["broken"] != 1 {
			t.Errorf("%s: status %d, %d records, answer %+v", c.name, status, len(got), a)
		}
		if !bytes.HasPrefix(text, []byte(strings.Join(got, "\n"))) {
			t.Errorf("%s: what is kept is not the beginning", c.name)
		}
		if a.Accepted > 0 && text[a.Bytes-1] != '\n' {
			t.Errorf("%s: byte %d is not behind a record", c.name, a.Bytes)
		}
		t.Logf("%s: %s", c.name, a.Detail)
	}
}

func TestBombs(t *testing.T) {
	zeros := make([]byte, 20<<20)
	for _, encoding := range []string{"gzip", "zstd"} {
		s, _, url := serve(t, http.Config{})
		body := pack(t, encoding, zeros)
		before := heap()
		status, a := post(t, url, bytes.NewReader(body), "Content-Encoding", encoding)
		if status != 400 || !strings.Contains(a.Detail, "unpacks to far more") {
			t.Errorf("%s of %d bytes: status %d, answer %+v", encoding, len(body), status, a)
		}
		s.mu.Lock()
		s.records = nil
		s.mu.Unlock()
		if after := heap(); after > before+16<<20 {
			t.Errorf("%s: cost %d KiB", encoding, (after-before)>>10)
		}
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

func TestLongRecords(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	s, h, url := serve(t, http.Config{})
	status, a := post(t, url, strings.NewReader("one\n"+long+"\ntwo\n"+long))
	if status != 200 || a.Accepted != 4 || a.Cut != 2 || h.Counts()["cut"] != 2 {
		t.Errorf("status %d, answer %+v", status, a)
	}
	for i, want := range []string{"one", long[:http.MaxRecord], "two", long[:http.MaxRecord]} {
		if got := s.records[i]; string(got.Body) != want || got.Cut != (len(want) == http.MaxRecord) {
			t.Errorf("record %d has %d bytes, cut %v", i, len(got.Body), got.Cut)
		}
	}
	// An endless one.
	s, _, url = serve(t, http.Config{})
	before := heap()
	if status, a = post(t, url, io.LimitReader(endless{}, 32<<20)); status != 200 || a.Accepted != 1 || a.Cut != 1 {
		t.Errorf("status %d, answer %+v", status, a)
	}
	if after := heap(); after > before+16<<20 {
		t.Errorf("32 MiB in one line cost %d KiB", (after-before)>>10)
	}
	_ = s
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

func TestAKeyMakesTheSameBatchesAgain(t *testing.T) {
	text := lines(5000)
	var first []string
	var origins [][]source.Origin
	for _, piece := range []int{1 << 20, 1000, 77} {
		s, _, url := serve(t, http.Config{})
		if status, a := post(t, url, &slow{[]byte(text), piece}, "Idempotency-Key", "1b4e28ba-2fa1-11d2-883f-0016d3cca427"); status != 200 || a.Accepted != 5000 {
			t.Fatalf("status %d, answer %+v", status, a)
		}
		if first == nil {
			first = s.ids
		}
		var o []source.Origin
		for _, r := range s.records {
			r.Received = time.Time{}
			o = append(o, r.Origin)
		}
		origins = append(origins, o)
		if len(s.ids) < 5 || !cmp.Equal(first, s.ids) || !cmp.Equal(origins[0], o) {
			t.Errorf("in pieces of %d: batches %v, want %v", piece, s.ids, first)
		}
	}
	for _, cfg := range []http.Config{{}, {Scope: func(*nethttp.Request) string { return "tok_2" }}} {
		s, _, url := serve(t, cfg)
		key := "another"
		if cfg.Scope != nil {
			key = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
		}
		post(t, url, strings.NewReader(text), "Idempotency-Key", key)
		if s.ids[0] == first[0] || s.ids[0] == "" {
			t.Errorf("another key or scope gives the same id %q", s.ids[0])
		}
	}
	s, _, url := serve(t, http.Config{})
	post(t, url, strings.NewReader(text))
	for _, id := range s.ids {
		if id != "" {
			t.Errorf("id %q without a key", id)
		}
	}
	for _, key := range []string{"a b", "ü", strings.Repeat("x", 129)} {
		if status, a := post(t, url, strings.NewReader(text), "Idempotency-Key", key); status != 400 || !strings.Contains(a.Detail, "Idempotency-Key") {
			t.Errorf("key %q: status %d, answer %+v", key, status, a)
		}
	}
}

func TestRecordsThatCannotBeKept(t *testing.T) {
	s, h, url := serve(t, http.Config{})
	s.fail = func(batch int) error {
		if batch == 2 {
			return errors.New("the disk is full")
		}
		return nil
	}
	status, a := post(t, url, strings.NewReader(lines(5000)), "Idempotency-Key", "k") // so that batches do not depend on time
	if status != 503 || a.Accepted != 2000 || len(s.records) != 2000 || !strings.Contains(a.Detail, "the disk is full") || h.Counts()["failed"] != 1 {
		t.Errorf("status %d, %d records, answer %+v", status, len(s.records), a)
	}
}

func TestLimits(t *testing.T) {
	s, _, url := serve(t, http.Config{MaxBody: 1000})
	if status, a := post(t, url, strings.NewReader(lines(100))); status != 413 || a.Accepted != len(s.records) || a.Accepted == 0 || a.Bytes > 1000 {
		t.Errorf("a large body: status %d, answer %+v", status, a)
	}
	for _, c := range []struct {
		header, value string
		status        int
	}{
		{"Content-Encoding", "br", 415},
		{"Content-Type", "multipart/form-data; boundary=x", 415},
	} {
		if status, a := post(t, url, strings.NewReader("x"), c.header, c.value); status != c.status {
			t.Errorf("%s %s: status %d, answer %+v", c.header, c.value, status, a)
		}
	}
	resp, err := nethttp.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST" {
		t.Errorf("GET: status %d", resp.StatusCode)
	}
}

// connection opens a request whose body does not end, and returns its wire.
func connection(t *testing.T, url string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
	return conn
}

func TestSlowSenders(t *testing.T) {
	s, _, url := serve(t, http.Config{Idle: 100 * time.Millisecond, Concurrent: 8})
	conn := connection(t, url)
	fmt.Fprint(conn, "one\ntwo\nthr")
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"408 Request Timeout", `"accepted":2`, "nothing came for 100ms"} {
		if !bytes.Contains(answer, []byte(want)) {
			t.Errorf("answer %s, want %q in it", answer, want)
		}
	}
	if got := s.bodies(); !cmp.Equal(got, []string{"one", "two"}) {
		t.Errorf("records %q", got)
	}

	// A byte now and then holds a request no longer than allowed, and one
	// sender holds half of the places at most.
	_, h, url := serve(t, http.Config{Idle: 10 * time.Second, Longest: 300 * time.Millisecond, Concurrent: 4})
	a, b := connection(t, url), connection(t, url)
	for late := time.Now().Add(10 * time.Second); h.Counts()["active"] != 2 && time.Now().Before(late); {
		runtime.Gosched()
	}
	if status, got := post(t, url, strings.NewReader("x")); status != 503 || !strings.Contains(got.Detail, "2 of them from this sender") {
		t.Errorf("a third request: status %d, answer %+v", status, got)
	}
	for _, conn := range []net.Conn{a, b} {
		go func() {
			for range 1000 {
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		answer := make([]byte, 64)
		n, err := io.ReadAtLeast(conn, answer, 20)
		if err != nil || !bytes.Contains(answer[:n], []byte("408")) {
			t.Errorf("answer %s, error %v", answer[:n], err)
		}
	}
}

// A stream that goes on is kept as it comes, not at its end.
func TestStream(t *testing.T) {
	s, _, url := serve(t, http.Config{})
	conn := connection(t, url)
	for i := range 3 {
		fmt.Fprintf(conn, "record %d\n", i)
		<-s.news
		if got := s.bodies(); len(got) != i+1 {
			t.Fatalf("records %q", got)
		}
	}
}

func FuzzBody(f *testing.F) {
	f.Add([]byte("one\ntwo\n"), uint8(0), false)
	f.Add([]byte(`[{"a":1},{"a":2}]`), uint8(0), true)
	f.Add(pack(f, "gzip", []byte("one\ntwo")), uint8(1), false)
	f.Add(pack(f, "zstd", []byte("one\ntwo")), uint8(2), true)
	f.Fuzz(func(t *testing.T, body []byte, encoding uint8, key bool) {
		s := &sink{news: make(chan struct{}, 1)}
		h := http.New(http.Config{ID: "0123456789abcdef", Clock: time.Now, Emit: s.emit})
		r := httptest.NewRequest(nethttp.MethodPost, "/", &slow{body, 7})
		r.Header.Set("Content-Encoding", []string{"identity", "gzip", "zstd"}[encoding%3])
		if key {
			r.Header.Set("Idempotency-Key", "k")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var a http.Answer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatalf("answer %s: %v", w.Body, err)
		}
		if a.Accepted != len(s.records) || (w.Code == 200) != (a.Status == 0) {
			t.Fatalf("status %d, %d records, answer %+v", w.Code, len(s.records), a)
		}
	})
}

func BenchmarkBody(b *testing.B) {
	const record = `{"timestamp":"2026-03-01T09:00:00.000000+0900","flow_id":1,"event_type":"dns","src_ip":"192.0.2.7","src_port":50022,"dest_ip":"198.51.100.53","dest_port":53,"proto":"UDP","dns":{"type":"query","id":1,"rrname":"example.com","rrtype":"A"}}` + "\n"
	s, _, url := serve(b, http.Config{})
	s.drop = true
	body := strings.Repeat(record, b.N)
	b.SetBytes(int64(len(record)))
	b.ResetTimer()
	if status, a := post(b, url, strings.NewReader(body)); status != 200 || a.Accepted != b.N {
		b.Fatalf("status %d, answer %+v", status, a)
	}
}

// What comes after records by the same connection finds a context that lives.
func TestConnectionGoesOn(t *testing.T) {
	kept := &sink{}
	h := http.New(http.Config{Clock: time.Now, Emit: kept.emit})
	mux := nethttp.NewServeMux()
	mux.Handle("/ingest", h)
	mux.HandleFunc("/other", func(w nethttp.ResponseWriter, r *nethttp.Request) {
		select {
		case <-r.Context().Done():
			w.WriteHeader(nethttp.StatusInternalServerError)
		case <-time.After(50 * time.Millisecond):
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	for i := range 5 {
		res, err := server.Client().Post(server.URL+"/ingest", "application/x-ndjson", strings.NewReader("one\ntwo\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res, err = server.Client().Get(server.URL + "/other"); err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != nethttp.StatusOK {
			t.Fatalf("request %d behind records: its context has ended", i)
		}
	}
}
