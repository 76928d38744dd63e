package syslog_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/syslog"
)

// certificate makes a key and a certificate that signs itself.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
	return cert, key, pool
}

func TestTLS(t *testing.T) {
	cert, key, pool := certificate(t)
	s := newSink()
	r, _ := start(t, source.Settings{"udp": "off", "tcp": "off", "tls": "127.0.0.1:0", "certificate": cert, "key": key}, s.emit)
	conn, err := tls.Dial("tcp", r.Addresses()["tls"].String(), &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i := range 1000 {
		m := fmt.Sprintf("<34>1 - - - - - - message %d", i)
		fmt.Fprintf(conn, "%d %s", len(m), m)
		if i == 500 {
			s.wait(t, 501)
			time.Sleep(10 * time.Millisecond) // a wait for more has ended in between
		}
	}
	for i, rec := range s.wait(t, 1000) {
		if want := fmt.Sprintf("<34>1 - - - - - - message %d", i); string(rec.Body) != want || rec.Peer != "127.0.0.1" {
			t.Fatalf("record %d is %q of %q", i, rec.Body, rec.Peer)
		}
	}
	plain := dial(t, r, "tls")
	fmt.Fprint(plain, "<34>this is not TLS\n")
	for late := time.Now().Add(20 * time.Second); r.Counts()["tls_handshakes_failed"] != 1; {
		if time.Now().After(late) {
			t.Fatalf("counts %v", r.Counts())
		}
		runtime.Gosched()
	}
}

func TestTLSAsksClientsForACertificate(t *testing.T) {
	cert, key, pool := certificate(t)
	s := newSink()
	r, _ := start(t, source.Settings{"udp": "off", "tcp": "off", "tls": "127.0.0.1:0", "certificate": cert, "key": key, "client_ca": cert}, s.emit)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		certs []tls.Certificate
	}{{"without", nil}, {"with", []tls.Certificate{pair}}} {
		conn, err := tls.Dial("tcp", r.Addresses()["tls"].String(), &tls.Config{RootCAs: pool, Certificates: c.certs})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "<34>%s\n", c.name)
		if c.certs == nil {
			if _, err := conn.Read(make([]byte, 1)); err == nil {
				t.Error("a client without a certificate is let in")
			}
		}
		conn.Close()
	}
	if got := s.wait(t, 1); string(got[0].Body) != "<34>with" {
		t.Errorf("record %q", got[0].Body)
	}
}

func TestCertificateThatCannotBeRead(t *testing.T) {
	s, err := syslog.Kind().New(source.Settings{"udp": "off", "tcp": "off", "tls": "127.0.0.1:0", "certificate": "/nowhere/cert.pem", "key": "/nowhere/key.pem"}, source.Env{ID: "00", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var refused *source.Refusal
	if err := s.Run(t.Context(), newSink().emit); !errors.As(err, &refused) || !strings.Contains(refused.Do.KO, "/nowhere/cert.pem") {
		t.Errorf("error %v", err)
	}
}

// Nothing is lost without being counted, also when the kernel drops.
func TestUDPDropsAreCounted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	s := newSink()
	s.keep = false
	s.block = make(chan struct{})
	r, _ := start(t, source.Settings{"tcp": "off", "udp": "127.0.0.1:0", "receive_buffer": "65536"}, s.emit)
	conn := dial(t, r, "udp")
	sent := 0
	before := heap()
	for range 40000 {
		if _, err := conn.Write([]byte(strings.Repeat("x", 1000))); err == nil {
			sent++
		}
	}
	if grown := int64(heap()) - int64(before); grown > 24<<20 {
		t.Errorf("40 MB that wait for the bus cost %d KiB", grown>>10)
	}
	close(s.block)
	late := time.Now().Add(20 * time.Second)
	for {
		// The kernel tells with the next datagram.
		if _, err := conn.Write([]byte("<34>tell")); err == nil {
			sent++
		}
		time.Sleep(5 * time.Millisecond)
		s.mu.Lock()
		got := len(s.records)
		s.mu.Unlock()
		dropped := int(r.Counts()["udp_dropped"])
		if dropped > 0 && got+dropped == sent {
			t.Logf("%d came, %d were dropped and counted", got, dropped)
			return
		}
		if time.Now().After(late) {
			t.Fatalf("%d sent, %d came, %d counted as dropped", sent, got, dropped)
		}
	}
}

// The connection that makes room is the longest idle of the busiest address.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	src, err := syslog.Kind().New(source.Settings{"udp": "off", "tcp": "127.0.0.1:0", "max_connections": "3"}, source.Env{ID: "00", Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	r := src.(receiver)
	s := newSink()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, s.emit) }()
	for len(r.Addresses()) == 0 {
		runtime.Gosched()
	}
	var conns []net.Conn
	for i := range 3 {
		conns = append(conns, dial(t, r, "tcp"))
		fmt.Fprintf(conns[i], "<34>hello %d\n", i)
		s.wait(t, i+1)
	}
	fmt.Fprint(conns[0], "<34>still here\n") // so the second is the longest idle
	s.wait(t, 4)
	ahead.Store(int64(time.Minute))
	newcomer := dial(t, r, "tcp")
	for r.Counts()["connections_accepted"] < 4 {
		runtime.Gosched()
	}
	ahead.Store(0) // deadlines are those of a real clock
	fmt.Fprint(newcomer, "<34>newcomer\n")
	s.wait(t, 5)
	_ = conns[1].SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := conns[1].Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the longest idle connection is still there: %v", err)
	}
	fmt.Fprint(conns[0], "<34>and still\n")
	s.wait(t, 6)
	if c := r.Counts(); c["connections_evicted"] != 1 || c["connections_refused"] != 0 {
		t.Errorf("counts %v", c)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A sender that announces a length and sends none of it, and one that
// announces nonsense, cost what others cost.
func TestHostileCounts(t *testing.T) {
	s := newSink()
	r, _ := start(t, source.Settings{"udp": "off", "tcp": "127.0.0.1:0"}, s.emit)
	before := heap()
	for range 200 {
		fmt.Fprint(dial(t, r, "tcp"), "999999999 <34>")
	}
	nonsense := dial(t, r, "tcp")
	fmt.Fprint(nonsense, "8 <34>good-5 <34>bad\n99999999999999999999 <34>worse\n")
	got := s.wait(t, 3)
	for i, want := range []string{"<34>good", "-5 <34>bad", "99999999999999999999 <34>worse"} {
		if string(got[i].Body) != want {
			t.Errorf("record %d is %q, want %q", i, got[i].Body, want)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 8<<20 {
		t.Errorf("200 announcements of a gigabyte cost %d KiB", grown>>10)
	}
}
