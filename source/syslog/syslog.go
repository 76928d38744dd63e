// Package syslog receives messages of RFC 5424 and RFC 3164 over UDP, over TCP
// with both framings of RFC 6587, and over TLS (RFC 5425).
//
// It does not read the messages; the decoders do. Syslog has no
// acknowledgement: what a sender has handed to its own kernel and this program
// never read is lost when either ends. Over UDP the kernel also drops what
// comes faster than the bus takes it; the count udp_dropped tells.
package syslog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/text"
)

// Bounds.
const (
	// MaxMessage is the longest message that is kept whole. RFC 5425 §4.3.1
	// asks for 8 KiB; a UDP datagram is never longer.
	MaxMessage = 64 << 10
	// maxBatch is how many records are handed on at once.
	maxBatch = 1000
	// gather is how long what has come waits for more.
	gather = 2 * time.Millisecond
	// drain is how long what the kernel holds is still read when the program
	// ends.
	drain = 200 * time.Millisecond
	// maxPeers bounds the names of senders that are remembered.
	maxPeers = 4096
)

// Kind describes the source.
func Kind() source.Kind {
	return source.Kind{
		Name: "syslog",
		Doc:  "syslog messages over UDP, TCP and TLS (RFC 5424, 3164, 6587, 5425)",
		Keys: []source.Key{
			{Name: "udp", Default: "127.0.0.1:5514", Doc: "address to receive on by UDP; off for none"},
			{Name: "tcp", Default: "127.0.0.1:5514", Doc: "address to receive on by TCP; off for none"},
			{Name: "tls", Default: "off", Doc: "address to receive on by TLS; needs certificate and key. The port of RFC 5425 is 6514"},
			{Name: "certificate", Doc: "PEM file with the certificate of the TLS listener and what it is signed by"},
			{Name: "key", Doc: "PEM file with its private key"},
			{Name: "client_ca", Doc: "PEM file with the authorities whose clients may connect by TLS; without it anybody may"},
			{Name: "max_connections", Default: "1000", Doc: "connections at a time, from 1 to 20000; past it the longest idle of the busiest address makes room"},
			{Name: "idle", Default: "10m", Doc: "a connection without a whole message for this long is closed"},
			{Name: "receive_buffer", Default: "8388608", Doc: "bytes that the kernel may hold for the UDP socket"},
		},
		New: open,
	}
}

type settings struct {
	udp, tcp, tls      string
	cert, key, clients string
	connections        int
	idle               time.Duration
	buffer             int
}

func open(s source.Settings, env source.Env) (source.Source, error) {
	r := s.Read()
	cfg := settings{
		udp: r.Address("udp", "127.0.0.1:5514"), tcp: r.Address("tcp", "127.0.0.1:5514"), tls: r.Address("tls", ""),
		cert: r.Text("certificate", ""), key: r.Text("key", ""), clients: r.Text("client_ca", ""),
		connections: r.Int("max_connections", 1000, 1, 20000),
		idle:        r.Duration("idle", 10*time.Minute),
		buffer:      r.Int("receive_buffer", 8<<20, 64<<10, 1<<30),
	}
	switch {
	case cfg.tls != "" && (cfg.cert == "" || cfg.key == ""):
		r.Fail("tls %q needs certificate and key", cfg.tls)
	case cfg.udp == "" && cfg.tcp == "" && cfg.tls == "":
		r.Fail("udp, tcp and tls are all off: nothing to receive on")
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return &receiver{settings: cfg, env: env}, nil
}

// receiver is the source. What it counts outlives a run.
type receiver struct {
	settings
	env      source.Env
	position atomic.Uint64 // of the record before, over all listeners

	mu    sync.Mutex
	addrs map[string]net.Addr // by network, while it listens

	counts counts
}

type counts struct {
	udpDropped  atomic.Uint64
	cut         atomic.Uint64
	cutBytes    atomic.Uint64
	malformed   atomic.Uint64
	connections atomic.Int64
	accepted    atomic.Uint64
	refused     atomic.Uint64
	evicted     atomic.Uint64
	idle        atomic.Uint64
	handshakes  atomic.Uint64
}

// Counts tells what happened beside the records.
func (r *receiver) Counts() map[string]uint64 {
	return map[string]uint64{
		"udp_dropped":           r.counts.udpDropped.Load(),
		"cut":                   r.counts.cut.Load(),
		"cut_bytes":             r.counts.cutBytes.Load(),
		"malformed_counts":      r.counts.malformed.Load(),
		"connections":           uint64(max(0, r.counts.connections.Load())),
		"connections_accepted":  r.counts.accepted.Load(),
		"connections_refused":   r.counts.refused.Load(),
		"connections_evicted":   r.counts.evicted.Load(),
		"connections_idle":      r.counts.idle.Load(),
		"tls_handshakes_failed": r.counts.handshakes.Load(),
	}
}

// Addresses returns what the source listens on at the moment, by "udp", "tcp"
// and "tls". Tests and the log ask, where port 0 was wanted.
func (r *receiver) Addresses() map[string]net.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]net.Addr, len(r.addrs))
	for name, a := range r.addrs {
		out[name] = a
	}
	return out
}

// Run receives until ctx ends. It fails when one of the listeners does.
func (r *receiver) Run(ctx context.Context, emit source.Emit) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	listeners, err := r.listen(ctx)
	if err != nil {
		return err
	}
	defer func() {
		r.mu.Lock()
		r.addrs = nil
		r.mu.Unlock()
	}()
	failed := errors.New("a listener failed")
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	start := func(name string, run func(context.Context, source.Emit) error) {
		wg.Go(func() {
			if err := run(ctx, emit); err != nil {
				once.Do(func() { first = fmt.Errorf("receive %s: %w", name, err) })
				cancel(failed)
			}
		})
	}
	if listeners.udp != nil {
		u := &udp{receiver: r, conn: listeners.udp}
		start("udp "+listeners.udp.LocalAddr().String(), u.run)
	}
	for _, l := range listeners.streams {
		s := newStream(r, l)
		start(l.Addr().Network()+" "+l.Addr().String(), s.run)
	}
	wg.Wait()
	return first
}

type listeners struct {
	udp     *net.UDPConn
	streams []net.Listener
}

// listen opens all listeners or none.
func (r *receiver) listen(ctx context.Context) (l listeners, err error) {
	defer func() {
		if err != nil {
			if l.udp != nil {
				_ = l.udp.Close()
			}
			for _, s := range l.streams {
				_ = s.Close()
			}
		}
	}()
	addrs := map[string]net.Addr{}
	var lc net.ListenConfig
	if r.udp != "" {
		p, err := lc.ListenPacket(ctx, "udp", r.udp)
		if err != nil {
			return l, refuse("udp", r.udp, err)
		}
		l.udp = p.(*net.UDPConn)
		tune(l.udp, r.buffer)
		addrs["udp"] = p.LocalAddr()
	}
	for _, s := range []struct{ name, address string }{{"tcp", r.tcp}, {"tls", r.tls}} {
		if s.address == "" {
			continue
		}
		var secret *tls.Config
		if s.name == "tls" {
			if secret, err = r.secret(); err != nil {
				return l, err
			}
		}
		t, err := lc.Listen(ctx, "tcp", s.address)
		if err != nil {
			return l, refuse(s.name, s.address, err)
		}
		addrs[s.name] = t.Addr()
		if secret != nil {
			t = tls.NewListener(t, secret)
		}
		l.streams = append(l.streams, t)
	}
	r.mu.Lock()
	r.addrs = addrs
	r.mu.Unlock()
	return l, nil
}

// secret reads the certificate anew at each run, so that a renewed one is
// taken up by a restart of the source.
func (r *receiver) secret() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(r.cert, r.key)
	if err != nil {
		return nil, &source.Refusal{
			Err: fmt.Errorf("read certificate %s and key %s: %w", r.cert, r.key, err),
			Do:  badCertificate.Say(text.Args{"cert": r.cert, "key": r.key}),
		}
	}
	c := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if r.clients != "" {
		pem, err := os.ReadFile(r.clients)
		if err != nil {
			return nil, &source.Refusal{Err: fmt.Errorf("read client_ca: %w", err), Do: badAuthorities.Say(text.Args{"file": r.clients})}
		}
		c.ClientCAs = x509.NewCertPool()
		if !c.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, &source.Refusal{Err: fmt.Errorf("read client_ca: %s holds no certificate", r.clients), Do: badAuthorities.Say(text.Args{"file": r.clients})}
		}
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// refuse says what to do about an address that cannot be listened on.
func refuse(name, address string, err error) error {
	args := text.Args{"key": name, "address": address}
	wrapped := fmt.Errorf("listen on %s %s: %w", name, address, err)
	switch {
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return &source.Refusal{Err: wrapped, Do: mayNot.Say(args)}
	case errors.Is(err, syscall.EADDRINUSE):
		return &source.Refusal{Err: wrapped, Do: inUse.Say(args)}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return &source.Refusal{Err: wrapped, Do: notOurs.Say(args)}
	}
	return wrapped
}

var (
	mayNot = text.Message{
		EN: "Ports below 1024 need a permission. Set {key} to a port such as 5514, or allow it: AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit.",
		KO: "1024보다 작은 포트는 권한이 필요합니다. {key|을를} 5514 같은 포트로 바꾸거나, systemd 유닛에 AmbientCapabilities=CAP_NET_BIND_SERVICE를 넣어 허용해 주세요.",
	}
	inUse = text.Message{
		EN: "Another program listens on {address}; often it is rsyslog or syslog-ng. Stop it, let it forward to another port, or set {key} to a free one. `ss -lnp` shows who it is.",
		KO: "다른 프로그램이 {address}에서 이미 받고 있습니다. rsyslog나 syslog-ng인 경우가 많습니다. 그 프로그램을 멈추거나 다른 포트로 전달하게 하거나, {key|을를} 비어 있는 포트로 바꿔 주세요. `ss -lnp`로 확인할 수 있습니다.",
	}
	notOurs = text.Message{
		EN: "This machine has no address {address}. Set {key} to one that `ip address` shows, or to :PORT for all of them.",
		KO: "이 장비에는 {address} 주소가 없습니다. {key|을를} `ip address`에 나오는 주소로, 또는 모든 주소를 뜻하는 :포트로 바꿔 주세요.",
	}
	badCertificate = text.Message{
		EN: "Give a PEM certificate and its PEM key that this program may read: {cert}, {key}.",
		KO: "이 프로그램이 읽을 수 있는 PEM 인증서와 그 개인 키를 지정해 주세요: {cert}, {key}.",
	}
	badAuthorities = text.Message{
		EN: "Give a PEM file with certificates of authorities that this program may read: {file}.",
		KO: "이 프로그램이 읽을 수 있는, 인증 기관 인증서가 담긴 PEM 파일을 지정해 주세요: {file}.",
	}
)

// names remembers how senders are written. It is used by one goroutine.
type names map[netip.Addr]string

func (n names) of(a netip.Addr) string {
	a = a.Unmap()
	if s, ok := n[a]; ok {
		return s
	}
	if len(n) >= maxPeers {
		clear(n)
	}
	s := a.String()
	n[a] = s
	return s
}
