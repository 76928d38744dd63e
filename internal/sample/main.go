// Command sample writes the capture that make run analyses: a morning in a
// small office whose accountant has opened the wrong attachment. Every packet
// is made here; the same program writes the same bytes.
//
// 192.168.10.0/24 is the office. The PC 192.168.10.23 calls 203.0.113.50 every
// minute, looks around the office, finds the file server 192.168.10.5, and
// guesses a password there. Everybody else just works.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/file"
)

func main() {
	out := flag.String("o", "docs/sample/office.pcap", "capture to write")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(1)
	}
}

func write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w, err := file.NewWriter(f, capture.Ethernet, 1<<16)
	if err != nil {
		return err
	}
	for _, p := range story() {
		if err := w.Write(&p); err != nil {
			return err
		}
	}
	return f.Close()
}

var (
	resolver   = netip.MustParseAddrPort("192.168.10.1:53")
	fileServer = netip.MustParseAddr("192.168.10.5")
	infected   = netip.MustParseAddr("192.168.10.23")
	caller     = netip.MustParseAddrPort("203.0.113.50:8080")
)

func story() []capture.Packet {
	t := &tape{}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same morning every time
	morning := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	t.office(r, morning)
	t.beacon(r, morning.Add(70*time.Minute))
	t.lookAround(r, morning.Add(100*time.Minute))
	t.guess(r, morning.Add(104*time.Minute))
	return t.sorted()
}

// office is what everybody does: names are looked up, pages are read.
func (t *tape) office(r *rand.Rand, morning time.Time) {
	sites := []struct {
		name string
		addr string
	}{
		{"www.example.com", "198.51.100.10"},
		{"news.example.net", "198.51.100.20"},
		{"mail.example.org", "198.51.100.30"},
		{"intranet.example.com", "192.168.10.6"},
	}
	for pc := 21; pc <= 28; pc++ {
		client := netip.AddrFrom4([4]byte{192, 168, 10, byte(pc)})
		for range 22 {
			at := morning.Add(time.Duration(r.Int64N(int64(3 * time.Hour))))
			site := sites[r.IntN(len(sites))]
			server := netip.MustParseAddr(site.addr)
			t.lookUp(at, client, site.name, server, uint16(r.Uint32()))
			at = at.Add(20 * time.Millisecond)
			body := strings.Repeat("<p>Nothing of note.</p>\n", 5+r.IntN(60))
			c := t.dial(at, client, netip.AddrPortFrom(server, 80)).open()
			c.say(false, "GET /"+fmt.Sprint(r.IntN(40))+".html HTTP/1.1\r\nHost: "+site.name+"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\nAccept: text/html\r\n\r\n")
			c.say(true, fmt.Sprintf("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
			c.close()
		}
	}
}

// lookUp is a question to the resolver and its answer.
func (t *tape) lookUp(at time.Time, client netip.Addr, name string, answer netip.Addr, id uint16) {
	question := binary.BigEndian.AppendUint16(nil, id)
	question = append(question, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for _, label := range strings.Split(name, ".") {
		question = append(append(question, byte(len(label))), label...)
	}
	question = append(question, 0, 0, 1, 0, 1)
	from := netip.AddrPortFrom(client, t.nextPort())
	t.udp(at, from, resolver, question)
	reply := append([]byte(nil), question...)
	reply[2], reply[3], reply[7] = 0x81, 0x80, 1
	a := answer.As4()
	reply = append(append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4), a[:]...)
	t.udp(at.Add(4*time.Millisecond), resolver, from, reply)
}

// beacon calls home once a minute, a little early or late.
func (t *tape) beacon(r *rand.Rand, from time.Time) {
	for i := range 100 {
		at := from.Add(time.Duration(i)*time.Minute + time.Duration(r.IntN(1500))*time.Millisecond)
		c := t.dial(at, infected, caller).open()
		c.say(false, "POST /status HTTP/1.1\r\nHost: 203.0.113.50:8080\r\nUser-Agent: Mozilla/4.0\r\nContent-Length: 16\r\n\r\nid=23&state=idle")
		c.say(true, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		c.close()
	}
}

// lookAround asks for every address of the office, then tries the ports of the
// file server.
func (t *tape) lookAround(r *rand.Rand, from time.Time) {
	at := from
	for host := 1; host < 255; host++ {
		t.arp(at, infected, netip.AddrFrom4([4]byte{192, 168, 10, byte(host)}))
		at = at.Add(time.Duration(20+r.IntN(10)) * time.Millisecond)
	}
	at = at.Add(20 * time.Second)
	for port := uint16(1); port <= 300; port++ {
		c := t.dial(at, infected, netip.AddrPortFrom(fileServer, port))
		if port == 21 || port == 139 {
			c.open()
			c.send(false, rst, "")
		} else {
			c.refused()
		}
		at = at.Add(time.Duration(8+r.IntN(6)) * time.Millisecond)
	}
}

// guess tries passwords of the backup account until one is right.
func (t *tape) guess(r *rand.Rand, from time.Time) {
	at := from
	const tries = 45
	for i := range tries {
		c := t.dial(at, infected, netip.AddrPortFrom(fileServer, 21)).open()
		c.say(true, "220 files.example.com FTP server ready\r\n")
		c.say(false, "USER backup\r\n")
		c.say(true, "331 Password required for backup\r\n")
		c.say(false, fmt.Sprintf("PASS backup%d\r\n", 1980+i))
		if i < tries-1 {
			c.say(true, "530 Login incorrect\r\n")
		} else {
			c.say(true, "230 User backup logged in\r\n")
			c.say(false, "CWD /accounting\r\n")
			c.say(true, "250 CWD command successful\r\n")
		}
		c.say(false, "QUIT\r\n")
		c.say(true, "221 Goodbye\r\n")
		c.close()
		at = at.Add(time.Duration(900+r.IntN(400)) * time.Millisecond)
	}
}
