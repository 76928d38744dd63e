package access_test

import (
	"testing"

	"github.com/bongsu/bongsu/decode/access"
	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/event"
)

var update = decodetest.UpdateFlag()

func TestGolden(t *testing.T)      { decodetest.Golden(t, access.Kind(), "testdata/*.log", *update) }
func FuzzDecode(f *testing.F)      { decodetest.Fuzz(f, access.Kind(), "testdata/*.log") }
func BenchmarkDecode(b *testing.B) { decodetest.Benchmark(b, access.Kind(), "testdata/combined.log") }

// TestRequestIsFound shows that nothing a client sends moves the status.
func TestRequestIsFound(t *testing.T) {
	for _, c := range []struct {
		request, url string
		status       int64
	}{
		{`GET /a"b" 404 "c HTTP/1.0" 200 196`, `/a"b" 404 "c`, 200}, // the server did not escape
		{`GET /a"b" 404 196`, `/a"b`, 404},
		{`GET /a\" 404 \"c HTTP/1.0" 200 196`, `/a" 404 "c`, 200},
		{`GET /a\\ HTTP/1.0" 200 196`, `/a\`, 200},
		{`GET /a b c HTTP/1.0" 200 196`, `/a b c`, 200},
	} {
		line := `192.0.2.1 - - [07/Feb/2026:09:00:01 +0900] "` + c.request
		got := decodetest.Decode(access.Kind(), []byte(line))
		if got[0].Err != nil {
			t.Errorf("%s: %v", line, got[0].Err)
			continue
		}
		e := got[0].Events[0]
		if e.Str(event.HTTPURL) != c.url || e.Int(event.HTTPStatus) != c.status {
			t.Errorf("%s: url %q, status %d, want %q, %d", line, e.Str(event.HTTPURL), e.Int(event.HTTPStatus), c.url, c.status)
		}
	}
}

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		head     string
		low, top int
	}{
		{`192.0.2.1 - - [07/Feb/2026:09:00:01 +0900] "GET / HTTP/1.0" 200 1` + "\n", 90, 100},
		{"<190>Feb  7 09:00:04 web1 nginx: " + `192.0.2.10 - - [07/Feb/2026:09:00:04 +0900] "GET / HTTP/1.1" 200 5` + "\n", 90, 100},
		{"Feb  7 09:00:01 h kernel: a\n", 0, 0},
		{"", 0, 0},
	} {
		if got := access.Kind().Sniff([]byte(c.head)); got < c.low || got > c.top {
			t.Errorf("Sniff(%q) = %d, want %d to %d", c.head, got, c.low, c.top)
		}
	}
}
