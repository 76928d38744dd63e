package syslog_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/syslog"
)

// sink keeps what is handed on.
type sink struct {
	mu      sync.Mutex
	records []source.Record
	calls   int
	bytes   int
	keep    bool
	block   chan struct{} // nil: never
	news    chan struct{}
}

func newSink() *sink { return &sink{keep: true, news: make(chan struct{}, 1)} }

func (s *sink) emit(ctx context.Context, records []source.Record) error {
	if s.block != nil {
		select {
		case <-s.block:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	for _, r := range records {
		s.bytes += len(r.Body)
		body := r.Body
		r.Body = nil
		if s.keep {
			r.Body = append([]byte(nil), body...)
		}
		s.records = append(s.records, r)
	}
	select {
	case s.news <- struct{}{}:
	default:
	}
	return nil
}

// wait returns the records once there are n.
func (s *sink) wait(t testing.TB, n int) []source.Record {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		s.mu.Lock()
		got := s.records
		s.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-s.news:
		case <-late:
			t.Fatalf("%d of %d records came", len(got), n)
		}
	}
}

type receiver interface {
	source.Source
	source.Counter
	Addresses() map[string]net.Addr
}

// start runs the source until the test ends.
func start(t testing.TB, settings source.Settings, emit source.Emit) (receiver, context.CancelFunc) {
	t.Helper()
	s, err := syslog.Kind().New(settings, source.Env{ID: "0123456789abcdef", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	r := s.(receiver)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, emit) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	for len(r.Addresses()) == 0 {
		select {
		case err := <-done:
			done <- err
			t.Fatalf("run: %v", err)
		default:
			runtime.Gosched()
		}
	}
	return r, stop
}

func dial(t testing.TB, r receiver, name string) net.Conn {
	t.Helper()
	a := r.Addresses()[name]
	conn, err := net.Dial(a.Network(), a.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestUDP(t *testing.T) {
	s := newSink()
	r, stop := start(t, source.Settings{"udp": "127.0.0.1:0", "tcp": "off"}, s.emit)
	conn := dial(t, r, "udp")
	for i := range 100 {
		fmt.Fprintf(conn, "<34>message %d\n", i)
	}
	fmt.Fprint(conn, strings.Repeat("x", 60000))
	got := s.wait(t, 101)
	for i, rec := range got[:100] {
		if want := fmt.Sprintf("<34>message %d", i); string(rec.Body) != want {
			t.Errorf("record %d is %q, want %q", i, rec.Body, want)
		}
		if rec.Position != uint64(i+1) || rec.Source != "0123456789abcdef" || rec.Peer != "127.0.0.1" || rec.Received.IsZero() || rec.Cut || rec.Mark != "" {
			t.Errorf("record %d has origin %+v", i, rec)
		}
	}
	if len(got[100].Body) != 60000 {
		t.Errorf("the large datagram has %d bytes", len(got[100].Body))
	}
	stop()
}

func TestUDPHandsOnWhatTheKernelHeldWhenItEnds(t *testing.T) {
	s := newSink()
	s.block = make(chan struct{})
	r, stop := start(t, source.Settings{"udp": "127.0.0.1:0", "tcp": "off"}, func(ctx context.Context, records []source.Record) error {
		return s.emit(context.WithoutCancel(ctx), records)
	})
	conn := dial(t, r, "udp")
	for i := range 500 {
		fmt.Fprintf(conn, "<34>message %d\n", i)
	}
	go func() {
		time.Sleep(20 * time.Millisecond) // after stop has begun
		close(s.block)
	}()
	stop()
	if got := s.wait(t, 500); len(got) != 500 {
		t.Errorf("%d records", len(got))
	}
}

func TestTCP(t *testing.T) {
	for _, c := range []struct {
		name  string
		frame func(string) string
	}{
		{"lines", func(s string) string { return s + "\n" }},
		{"counted", func(s string) string { return fmt.Sprintf("%d %s", len(s), s) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			const senders, each = 20, 500
			s := newSink()
			r, _ := start(t, source.Settings{"udp": "off", "tcp": "127.0.0.1:0"}, s.emit)
			var wg sync.WaitGroup
			for i := range senders {
				conn := dial(t, r, "tcp")
				wg.Go(func() {
					defer conn.Close()
					for j := range each {
						fmt.Fprint(conn, c.frame(fmt.Sprintf("<34>1 - host app - - - sender %d message %d", i, j)))
					}
				})
			}
			wg.Wait()
			next := map[int]int{}
			positions := map[uint64]bool{}
			for _, rec := range s.wait(t, senders*each) {
				var i, j int
				if _, err := fmt.Sscanf(string(rec.Body), "<34>1 - host app - - - sender %d message %d", &i, &j); err != nil {
					t.Fatalf("record %q: %v", rec.Body, err)
				}
				if next[i] != j {
					t.Fatalf("sender %d: message %d, want %d", i, j, next[i])
				}
				next[i]++
				positions[rec.Position] = true
			}
			if len(positions) != senders*each {
				t.Errorf("%d positions for %d records", len(positions), senders*each)
			}
		})
	}
}

func TestTCPEndsWithWhatItHasRead(t *testing.T) {
	s := newSink()
	r, stop := start(t, source.Settings{"udp": "off", "tcp": "127.0.0.1:0"}, s.emit)
	conn := dial(t, r, "tcp")
	fmt.Fprint(conn, "<34>whole\n<34>half")
	s.wait(t, 1)
	stop()
	got := s.wait(t, 2)
	if string(got[0].Body) != "<34>whole" || string(got[1].Body) != "<34>half" {
		t.Errorf("got %q and %q", got[0].Body, got[1].Body)
	}
}

func TestIdleConnectionIsClosed(t *testing.T) {
	s := newSink()
	r, _ := start(t, source.Settings{"udp": "off", "tcp": "127.0.0.1:0", "idle": "150ms"}, s.emit)
	conn := dial(t, r, "tcp")
	fmt.Fprint(conn, "<34>one\n<34>tw")
	go func() { // a byte now and then is not a message
		for range 200 {
			if _, err := conn.Write([]byte("o")); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Fatal("the source spoke")
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the connection stays open")
	}
	if got := s.wait(t, 2); string(got[0].Body) != "<34>one" {
		t.Errorf("first record is %q", got[0].Body)
	}
	if r.Counts()["connections_idle"] != 1 {
		t.Errorf("counts %v", r.Counts())
	}
}

// heap returns how many bytes the process holds.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func TestEndlessLine(t *testing.T) {
	s := newSink()
	r, _ := start(t, source.Settings{"udp": "off", "tcp": "127.0.0.1:0"}, s.emit)
	conn := dial(t, r, "tcp")
	before := heap()
	block := []byte(strings.Repeat("A", 1<<20))
	for range 64 {
		if _, err := conn.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprint(conn, "\n<34>next\n")
	got := s.wait(t, 2)
	if !got[0].Cut || len(got[0].Body) != syslog.MaxMessage || string(got[1].Body) != "<34>next" || got[1].Cut {
		t.Errorf("got %d bytes (cut %v) and %q", len(got[0].Body), got[0].Cut, got[1].Body)
	}
	if after := heap(); after > before+8<<20 {
		t.Errorf("64 MiB in one line cost %d KiB", (after-before)>>10)
	}
	_ = conn.Close()
	late := time.Now().Add(10 * time.Second)
	for r.Counts()["cut_bytes"] != 64<<20-syslog.MaxMessage && time.Now().Before(late) {
		runtime.Gosched()
	}
	if c := r.Counts(); c["cut"] != 1 || c["cut_bytes"] != 64<<20-syslog.MaxMessage {
		t.Errorf("counts %v", c)
	}
}

func TestTenThousandConnections(t *testing.T) {
	const limit, tries = 200, 10000
	s := newSink()
	r, _ := start(t, source.Settings{"udp": "off", "tcp": "127.0.0.1:0", "max_connections": fmt.Sprint(limit)}, s.emit)
	before := heap()
	good := dial(t, r, "tcp")
	fmt.Fprint(good, "<34>before\n")
	s.wait(t, 1)
	for r.Counts()["connections"] < 1 {
		runtime.Gosched()
	}
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	address := r.Addresses()["tcp"].String()
	for range tries {
		c, err := net.Dial("tcp", address)
		if err != nil {
			continue
		}
		// Slowly, and never a whole message.
		_, _ = io.WriteString(c, "9999 <34>"+strings.Repeat("x", 100))
		if len(open) < 2*limit {
			open = append(open, c)
		} else {
			_ = c.Close()
		}
	}
	fmt.Fprint(good, "<34>after\n")
	late := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		found := false
		for _, rec := range s.records {
			found = found || string(rec.Body) == "<34>after"
		}
		s.mu.Unlock()
		if found {
			break
		}
		select {
		case <-s.news:
		case <-late:
			t.Fatal("the good sender is not heard any more")
		}
	}
	c := r.Counts()
	t.Logf("counts %v, %d KiB", c, (heap()-before)>>10)
	if c["connections"] > limit {
		t.Errorf("%d connections, allowed are %d", c["connections"], limit)
	}
	if c["connections_refused"] == 0 {
		t.Error("none was refused")
	}
	if grown := int64(heap()) - int64(before); grown > 16<<20 {
		t.Errorf("10,000 connections cost %d KiB", grown>>10)
	}
}

// Long messages that do not end: the buffers grow as far as the budget goes,
// and what does not fit is cut and counted.
func TestBudget(t *testing.T) {
	const senders, size = 800, 60000
	s := newSink()
	s.keep = false
	r, _ := start(t, source.Settings{"udp": "off", "tcp": "127.0.0.1:0"}, s.emit)
	before := heap()
	var conns []net.Conn
	half := strings.Repeat("y", size)
	for range senders {
		conn := dial(t, r, "tcp")
		fmt.Fprint(conn, half)
		conns = append(conns, conn)
	}
	for late := time.Now().Add(20 * time.Second); r.Counts()["cut"] == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("none was cut: %v", r.Counts())
		}
	}
	grown := int64(heap()) - int64(before)
	t.Logf("%d MB in %d messages that do not end cost %d KiB, %d are cut", senders*size/1_000_000, senders, grown>>10, r.Counts()["cut"])
	if grown > 48<<20 {
		t.Errorf("%d messages that do not end cost %d KiB", senders, grown>>10)
	}
	for _, conn := range conns {
		fmt.Fprint(conn, "\n")
		_ = conn.Close()
	}
	s.wait(t, senders)
	for late := time.Now().Add(20 * time.Second); r.Counts()["connections"] > 0 && time.Now().Before(late); {
		runtime.Gosched()
	}
	whole := 0
	for _, rec := range s.wait(t, senders) {
		if !rec.Cut {
			whole++
		}
	}
	c := r.Counts()
	if uint64(s.bytes)+c["cut_bytes"] != senders*size || c["cut"]+uint64(whole) != senders || whole == 0 {
		t.Errorf("%d bytes in %d whole messages, counts %v", s.bytes, whole, c)
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		settings source.Settings
		want     string
	}{
		{source.Settings{"udp": "nowhere"}, `udp "nowhere" is not an address with a port`},
		{source.Settings{"tcp": "127.0.0.1:99999"}, `tcp "127.0.0.1:99999" is not an address with a port`},
		{source.Settings{"udp": "off", "tcp": ""}, "udp, tcp and tls are all off"},
		{source.Settings{"tls": ":6514"}, `tls ":6514" needs certificate and key`},
		{source.Settings{"max_connections": "0"}, `max_connections "0" is not a whole number from 1 to 20000`},
		{source.Settings{"idle": "soon"}, `idle "soon" is not a duration`},
		{source.Settings{"port": "514"}, `unknown setting "port"`},
	} {
		if _, err := syslog.Kind().New(c.settings, source.Env{ID: "00", Clock: time.Now}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %q", c.settings, err, c.want)
		}
	}
	for _, k := range syslog.Kind().Keys {
		if k.Doc == "" {
			t.Errorf("key %s has no words", k.Name)
		}
	}
}

func TestAddressInUseSaysWhatToDo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := syslog.Kind().New(source.Settings{"udp": "off", "tcp": l.Addr().String()}, source.Env{ID: "00", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Run(t.Context(), newSink().emit)
	var refused *source.Refusal
	if !errors.As(err, &refused) {
		t.Fatalf("error %v", err)
	}
	if !strings.Contains(refused.Do.EN, l.Addr().String()) || !strings.Contains(refused.Do.KO, l.Addr().String()) || strings.Contains(refused.Do.KO, "{") {
		t.Errorf("what to do: %+v", refused.Do)
	}
}

func benchmark(b *testing.B, name string, settings source.Settings, write func(net.Conn, int)) {
	s := newSink()
	s.keep = false
	r, _ := start(b, settings, func(_ context.Context, records []source.Record) error {
		s.mu.Lock()
		s.calls += len(records)
		s.mu.Unlock()
		select {
		case s.news <- struct{}{}:
		default:
		}
		return nil
	})
	conn := dial(b, r, name)
	b.ReportAllocs()
	b.ResetTimer()
	go write(conn, b.N)
	for {
		s.mu.Lock()
		n := s.calls
		s.mu.Unlock()
		if n+int(r.Counts()["udp_dropped"]) >= b.N {
			break
		}
		select {
		case <-s.news:
		case <-time.After(time.Second):
			b.Logf("%d of %d came, counts %v", n, b.N, r.Counts())
			return
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

const sample = "<86>1 2026-03-01T09:00:00.000000+09:00 gate sshd 4711 - - Failed password for invalid user admin from 192.0.2.7 port 50022 ssh2"

func BenchmarkTCP(b *testing.B) {
	block := []byte(strings.Repeat(sample+"\n", 100))
	benchmark(b, "tcp", source.Settings{"udp": "off", "tcp": "127.0.0.1:0"}, func(c net.Conn, n int) {
		for ; n >= 100; n -= 100 {
			_, _ = c.Write(block)
		}
		_, _ = c.Write(block[:n*(len(sample)+1)])
	})
}

func BenchmarkUDP(b *testing.B) {
	benchmark(b, "udp", source.Settings{"tcp": "off", "udp": "127.0.0.1:0"}, func(c net.Conn, n int) {
		for range n {
			_, _ = io.WriteString(c, sample)
		}
	})
}
