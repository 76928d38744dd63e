// Command load sends records to a running server, as fast as it is let or at a
// rate, and says how many became durable: the load of docs/performance.md.
//
//	go run ./internal/load -socket bongsu-data/control.sock -by http -for 5m
//	go run ./internal/load -by syslog -to 127.0.0.1:5514 -rate 30000 -for 5m
//
// It sends to this machine only.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

type settings struct {
	by, to, socket, token string
	rate, batch, senders  int
	period                time.Duration
	hours                 int
}

func run() error {
	var s settings
	flag.StringVar(&s.by, "by", "http", "http or syslog")
	flag.StringVar(&s.to, "to", "127.0.0.1:5514", "address of the syslog listener, or of the API; loopback only")
	flag.StringVar(&s.socket, "socket", "", "http: the socket in the data folder, instead of -to and -token")
	flag.StringVar(&s.token, "token", os.Getenv("BONGSU_TOKEN"), "http: API token")
	flag.IntVar(&s.rate, "rate", 0, "records a second; 0 is as many as are taken")
	flag.IntVar(&s.batch, "batch", 2000, "http: records of a request")
	flag.IntVar(&s.senders, "senders", 4, "connections")
	flag.DurationVar(&s.period, "for", time.Minute, "how long")
	flag.IntVar(&s.hours, "hours", 0, "spread the times of the events over so many hours that have passed; 0 is now")
	flag.Parse()
	if s.socket == "" {
		ap, err := netip.ParseAddrPort(s.to)
		if err != nil || !ap.Addr().IsLoopback() {
			return fmt.Errorf("-to %s is not an address of loopback with a port", s.to)
		}
	}
	send, err := s.sender()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.period)
	defer cancel()
	var taken atomic.Int64
	began := time.Now()
	var wg sync.WaitGroup
	failed := make(chan error, s.senders)
	for i := range s.senders {
		wg.Go(func() {
			if err := send(ctx, i, &taken); err != nil && ctx.Err() == nil {
				failed <- err
				cancel()
			}
		})
	}
	go func() {
		last, at := int64(0), began
		for ctx.Err() == nil {
			time.Sleep(5 * time.Second)
			now, n := time.Now(), taken.Load()
			fmt.Fprintf(os.Stderr, "%5.0f s  %8.0f records/s\n", now.Sub(began).Seconds(), float64(n-last)/now.Sub(at).Seconds())
			last, at = n, now
		}
	}()
	wg.Wait()
	took := time.Since(began).Seconds()
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	cpu := float64(use.Utime.Nano()+use.Stime.Nano()) / 1e9
	fmt.Printf("%s: %d records in %.1f s: %.0f a second; %.1f CPU-seconds of the sender\n", s.by, taken.Load(), took, float64(taken.Load())/took, cpu)
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

type send func(ctx context.Context, number int, taken *atomic.Int64) error

func (s settings) sender() (send, error) {
	switch s.by {
	case "http":
		return s.http, nil
	case "syslog":
		return s.syslog, nil
	}
	return nil, fmt.Errorf("-by %q is neither http nor syslog", s.by)
}

// pace waits so that a sender keeps its share of the rate.
func (s settings) pace(ctx context.Context, began time.Time, sent int) {
	if s.rate == 0 {
		return
	}
	due := began.Add(time.Duration(float64(sent) * float64(s.senders) / float64(s.rate) * float64(time.Second)))
	select {
	case <-time.After(time.Until(due)):
	case <-ctx.Done():
	}
}

func (s settings) http(ctx context.Context, number int, taken *atomic.Int64) error {
	client, url := &http.Client{}, "http://"+s.to+"/api/v1/ingest"
	if s.socket != "" {
		client.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", s.socket)
		}}
		url = "http://localhost/api/v1/ingest"
	}
	made := newMaker(number, s.hours)
	began, sent := time.Now(), 0
	var buf []byte
	for ctx.Err() == nil {
		buf = buf[:0]
		for range s.batch {
			buf = made.eve(buf)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(buf))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-ndjson")
		if s.token != "" {
			req.Header.Set("Authorization", "Bearer "+s.token)
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		answer, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			return err
		}
		var counted struct {
			Accepted int64 `json:"accepted"`
		}
		if err := json.Unmarshal(answer, &counted); err != nil || res.StatusCode/100 != 2 {
			return fmt.Errorf("%s: %.300s", res.Status, answer)
		}
		taken.Add(counted.Accepted)
		sent += s.batch
		s.pace(ctx, began, sent)
	}
	return nil
}

func (s settings) syslog(ctx context.Context, number int, taken *atomic.Int64) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.to)
	if err != nil {
		return err
	}
	defer conn.Close()
	context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Now()) })
	made := newMaker(number, s.hours)
	began, sent := time.Now(), 0
	var buf []byte
	for ctx.Err() == nil {
		buf = buf[:0]
		const some = 500
		for range some {
			buf = made.line(buf)
		}
		if _, err := conn.Write(buf); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return nil
			}
			return err
		}
		sent += some
		taken.Add(some)
		s.pace(ctx, began, sent)
	}
	return nil
}

// A maker makes records that look like those of an office: many clients, some
// servers, mostly what was there before.
type maker struct {
	rand   *rand.Rand
	number int
	back   time.Duration
}

func newMaker(number, hours int) *maker {
	return &maker{rand: rand.New(rand.NewPCG(uint64(number), 7)), back: time.Duration(hours) * time.Hour}
}

func (m *maker) time() time.Time {
	now := time.Now()
	if m.back > 0 {
		now = now.Add(-time.Duration(m.rand.Int64N(int64(m.back))))
	}
	return now
}

func (m *maker) client() string {
	return "10.20." + strconv.Itoa(m.rand.IntN(8)) + "." + strconv.Itoa(1+m.rand.IntN(250))
}

func (m *maker) server() string {
	// Most traffic goes to few servers.
	n := m.rand.IntN(2000)
	if m.rand.IntN(4) > 0 {
		n %= 40
	}
	return "198.51." + strconv.Itoa(100+n/250) + "." + strconv.Itoa(1+n%250)
}

func (m *maker) host() string {
	return [...]string{"www", "mail", "files", "intra", "update", "cdn", "api", "login"}[m.rand.IntN(8)] + strconv.Itoa(m.rand.IntN(60)) + ".example.com"
}

// eve appends one record of EVE JSON.
func (m *maker) eve(b []byte) []byte {
	m.number++
	b = append(b, `{"timestamp":"`...)
	b = m.time().AppendFormat(b, "2006-01-02T15:04:05.000000-0700")
	b = append(b, `","flow_id":`...)
	b = strconv.AppendInt(b, 1e15+int64(m.number), 10)
	b = append(b, `,"in_iface":"eth0","event_type":"`...)
	kind := m.rand.IntN(10)
	switch {
	case kind < 5:
		b = append(b, "flow"...)
	case kind < 8:
		b = append(b, "dns"...)
	default:
		b = append(b, "http"...)
	}
	b = fmt.Appendf(b, `","src_ip":"%s","src_port":%d,"dest_ip":"%s","dest_port":%d,"proto":"%s",`,
		m.client(), 20000+m.rand.IntN(40000), m.server(), [...]int{443, 443, 443, 53, 53, 53, 53, 53, 80, 80}[kind], [...]string{"TCP", "TCP", "TCP", "TCP", "TCP", "UDP", "UDP", "UDP", "TCP", "TCP"}[kind])
	switch {
	case kind < 5:
		out, in := 1+m.rand.IntN(60), 1+m.rand.IntN(90)
		start := time.Now().Add(-time.Duration(m.rand.IntN(60)) * time.Second).Format("2006-01-02T15:04:05.000000-0700")
		b = fmt.Appendf(b, `"app_proto":"tls","flow":{"pkts_toserver":%d,"pkts_toclient":%d,"bytes_toserver":%d,"bytes_toclient":%d,"start":"%s","end":"%s","age":3,"state":"closed","reason":"timeout","alerted":false},"tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true,"fin":true,"psh":true,"ack":true,"state":"closed"}}`,
			out, in, out*220, in*900, start, start)
	case kind < 8:
		b = fmt.Appendf(b, `"dns":{"version":2,"type":"answer","id":%d,"flags":"8180","qr":true,"rd":true,"ra":true,"rrname":"%s","rrtype":"A","rcode":"NOERROR","answers":[{"rrname":"%s","rrtype":"A","ttl":300,"rdata":"%s"}]}}`,
			m.rand.IntN(65536), m.host(), m.host(), m.server())
	default:
		b = fmt.Appendf(b, `"tx_id":0,"http":{"hostname":"%s","url":"/page/%d?session=%d","http_user_agent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0","http_content_type":"text/html","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":%d}}`,
			m.host(), m.rand.IntN(500), m.rand.IntN(1e6), 500+m.rand.IntN(20000))
	}
	return append(b, '\n')
}

// line appends one line of syslog, as the machines of an office write them.
func (m *maker) line(b []byte) []byte {
	m.number++
	b = append(b, "<38>"...)
	b = m.time().AppendFormat(b, time.Stamp)
	host := "host" + strconv.Itoa(m.rand.IntN(40))
	switch m.rand.IntN(10) {
	case 0:
		b = fmt.Appendf(b, " %s sshd[%d]: Failed password for user%d from %s port %d ssh2", host, m.rand.IntN(30000), m.rand.IntN(200), m.client(), 20000+m.rand.IntN(40000))
	case 1, 2, 3:
		b = fmt.Appendf(b, " %s sshd[%d]: Accepted publickey for user%d from %s port %d ssh2: ED25519 SHA256:abcdefghijklmnop", host, m.rand.IntN(30000), m.rand.IntN(200), m.client(), 20000+m.rand.IntN(40000))
	case 4, 5:
		b = fmt.Appendf(b, " %s sudo: user%d : TTY=pts/0 ; PWD=/home/user%d ; USER=root ; COMMAND=/usr/bin/systemctl restart service%d", host, m.rand.IntN(200), m.rand.IntN(200), m.rand.IntN(90))
	case 6:
		b = fmt.Appendf(b, " %s CRON[%d]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", host, m.rand.IntN(30000))
	default:
		b = fmt.Appendf(b, " %s systemd[1]: Started session-%d.scope - Session %d of user user%d.", host, m.rand.IntN(9000), m.rand.IntN(9000), m.rand.IntN(200))
	}
	return append(b, '\n')
}
